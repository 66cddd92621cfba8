//! Printed matter made of headings, paragraphs, entries and pictures: set on A4, written as tagged PDF/A-2a and PDF/UA-1. Decides no words.
//!
//! The same sheet gives the same bytes. A character that the font lacks becomes 〓: a report about a hostile file must still be written.

use std::num::NonZeroU16;

use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{Identifier, Node, Tag, TagGroup, TagTree};

use super::tagged::{self, Properties};
use super::{Error, Fonts, Typeface};
use crate::clock::Timestamp;
use crate::text::Lang;

mod paint;
mod setting;

use paint::Painter;
use setting::{PAGE, Setting};

/// Most pages of a sheet.
pub const MAX_PAGES: usize = 3_000;

/// A document to be printed.
pub struct Sheet {
    /// Its title, also in its properties.
    pub title: String,
    /// Its language.
    pub lang: Lang,
    /// When it is made.
    pub at: Timestamp,
    /// What stands in it, from top to bottom.
    pub blocks: Vec<Block>,
}

/// One piece of a sheet.
pub enum Block {
    /// A heading of level 2 to 4; the title is the only one of level 1. No level may be left out.
    Heading(u16, String),
    /// The sentence that matters, with a bar in its tone.
    Lead(Tone, String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small print.
    Note(String),
    /// A label and what stands beside it.
    Entry(String, String),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
}

/// What a bar's colour says beside its words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Good.
    Good,
    /// Open.
    Open,
    /// Bad.
    Bad,
}

/// A picture with its caption, which is also what it is called where it is not seen.
pub struct Picture {
    /// PNG.
    pub png: Vec<u8>,
    /// Below it.
    pub caption: String,
    /// A frame in red: left, top, width, height in the picture's pixels.
    pub frame: Option<[u32; 4]>,
}

/// Writes the sheet.
///
/// # Errors
/// The fonts' errors; [`Error::SheetTooLong`]; [`Error::Undrawable`] for a picture that is none.
pub fn write(sheet: &Sheet, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    let face = Typeface::load(&fonts.gothic)?;
    let setting = Setting::of(sheet, &face)?;
    let mut document = tagged::document(Properties {
        title: sheet.title.clone(),
        lang: sheet.lang,
        creator: concat!("hankod ", env!("CARGO_PKG_VERSION")).to_owned(),
        kind: "sheet",
        at: sheet.at,
    })?;
    let mut marks: Vec<Vec<Mark>> = (0..setting.blocks.len()).map(|_| Vec::new()).collect();
    for number in 0..setting.pages {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(Error::Undrawable)?;
        let mut page = document.start_page_with(size);
        let mut painter = Painter::new(page.surface(), &face);
        for (block, marks) in setting.blocks.iter().zip(&mut marks) {
            painter.block(block, number, marks)?;
        }
        painter.foot(&sheet.title, number + 1, setting.pages);
        painter.finish();
        page.finish();
    }
    document.set_outline(outline(&setting));
    document.set_tag_tree(tree(sheet, &setting, marks));
    document.finish().map_err(|_| Error::Undrawable)
}

/// A piece of a block's content on a page.
enum Mark {
    /// Text.
    Text(Identifier),
    /// A picture and what it is called.
    Figure(Identifier, String),
}

/// A bookmark for each heading of level 2.
fn outline(setting: &Setting) -> Outline {
    let mut outline = Outline::new();
    for block in setting.blocks.iter().filter(|block| block.level == Some(2)) {
        if let Some(line) = block.lines.first() {
            let place = Point::from_xy(line.x, line.baseline - line.size);
            outline.push_child(OutlineNode::new(block.text(), XyzDestination::new(line.page, place)));
        }
    }
    outline
}

/// The logical structure: headings, paragraphs, figures.
fn tree(sheet: &Sheet, setting: &Setting, marks: Vec<Vec<Mark>>) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some(sheet.lang.tag().to_owned()));
    for (block, marks) in setting.blocks.iter().zip(marks) {
        let mut words = Vec::new();
        for mark in marks {
            match mark {
                Mark::Text(mark) => words.push(Node::Leaf(mark)),
                Mark::Figure(mark, called) => {
                    tree.push(TagGroup::with_children(
                        Tag::Figure(Some(called)),
                        vec![Node::Leaf(mark)],
                    ));
                }
            }
        }
        let level = block.level.and_then(NonZeroU16::new);
        match level {
            _ if words.is_empty() => {}
            Some(level) => tree.push(TagGroup::with_children(Tag::Hn(level, Some(block.text())), words)),
            None => tree.push(TagGroup::with_children(Tag::P, words)),
        }
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_of_anything_is_written_and_the_same_twice() {
        let fonts = Fonts::find(None).unwrap();
        let hostile = "a\u{0}\u{202e}\u{e000}\u{10fffd}\u{feff}\u{fffe}甲 e\u{301}\u{1f600}";
        let long = "長い値".repeat(4_000);
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 2, 2);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[9; 12]).unwrap();
        let picture = || Picture {
            png: png.clone(),
            caption: hostile.to_owned(),
            frame: Some([0, 0, 9, 9]),
        };
        let sheet = Sheet {
            title: hostile.to_owned(),
            lang: Lang::Ja,
            at: Timestamp::from_seconds(1_800_000_000),
            blocks: vec![
                Block::Heading(2, hostile.to_owned()),
                Block::Lead(Tone::Bad, hostile.to_owned()),
                Block::Entry(hostile.to_owned(), long.clone()),
                Block::Entry(long, String::new()),
                Block::Pictures(vec![picture(), picture()]),
                Block::Note(String::new()),
            ],
        };
        let one = write(&sheet, &fonts).unwrap();
        assert!(one.starts_with(b"%PDF-") && one == write(&sheet, &fonts).unwrap());
    }

    #[test]
    fn a_sheet_without_end_is_refused() {
        let sheet = Sheet {
            title: "t".to_owned(),
            lang: Lang::En,
            at: Timestamp::from_seconds(0),
            blocks: (0..MAX_PAGES * 60).map(|_| Block::Text("x".to_owned())).collect(),
        };
        assert!(matches!(
            write(&sheet, &Fonts::find(None).unwrap()),
            Err(Error::SheetTooLong)
        ));
    }
}
