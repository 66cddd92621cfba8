//! What readers that do not see the page are told of a sheet: headings, paragraphs, tables, figures, in their order.

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagTree};

use super::Sheet;
use super::setting::{Set, Setting};
use super::table::Cell;

/// A piece of a block's content on a page.
pub(super) enum Mark {
    /// Text.
    Text(Identifier),
    /// A picture and what it is called.
    Figure(Identifier, String),
}

/// The logical structure of the blocks, whose marks these are.
pub(super) fn tree(sheet: &Sheet, setting: &Setting<'_>, marks: Vec<Vec<Mark>>) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some(sheet.lang.tag().to_owned()));
    let mut table: Vec<Row> = Vec::new();
    for (block, marks) in setting.blocks.iter().zip(marks) {
        if !table.is_empty() && block.cell.is_none_or(|cell| cell.is_first()) {
            tree.push(closed(std::mem::take(&mut table)));
        }
        let mut words = Vec::new();
        for mark in marks {
            match mark {
                Mark::Text(mark) => words.push(Node::Leaf(mark)),
                Mark::Figure(mark, called) => {
                    let figure = vec![Node::Leaf(mark)];
                    tree.push(TagGroup::with_children(Tag::Figure(Some(called)), figure));
                }
            }
        }
        match block.cell {
            Some(cell) => put(&mut table, cell, words),
            None if words.is_empty() => {}
            None => tree.push(paragraph(block, words)),
        }
    }
    if !table.is_empty() {
        tree.push(closed(table));
    }
    tree
}

fn paragraph(block: &Set<'_>, words: Vec<Node>) -> TagGroup {
    match block.level.and_then(NonZeroU16::new) {
        Some(level) => TagGroup::with_children(Tag::Hn(level, Some(block.text())), words),
        None => TagGroup::with_children(Tag::P, words),
    }
}

/// The cells of a row, each with its head or not and its paragraphs.
type Row = Vec<(bool, Vec<Node>)>;

fn put(table: &mut Vec<Row>, cell: Cell, words: Vec<Node>) {
    if cell.line == 0 && cell.column == 0 {
        table.push(Row::new());
    }
    let Some(row) = table.last_mut() else { return };
    if cell.line == 0 {
        row.push((cell.row == 0, Vec::new()));
    }
    if let Some((_, paragraphs)) = row.last_mut().filter(|_| !words.is_empty()) {
        paragraphs.push(Node::Group(TagGroup::with_children(Tag::P, words)));
    }
}

fn closed(rows: Vec<Row>) -> TagGroup {
    let cell = |(is_head, words)| match is_head {
        true => Node::Group(TagGroup::with_children(Tag::TH(TableHeaderScope::Column), words)),
        false => Node::Group(TagGroup::with_children(Tag::TD, words)),
    };
    let row = |cells: Row| Node::Group(TagGroup::with_children(Tag::TR, cells.into_iter().map(cell).collect()));
    TagGroup::with_children(Tag::Table, rows.into_iter().map(row).collect())
}
