//! Tables of a sheet: cells set side by side, a rule below each row, a row on the next page when it does not fit on this one. Draws nothing.

use super::Table;
use super::setting::{BOTTOM, Bar, LEADING, PAGE, SIDE, SIZE, Set, Setter, TOP};

/// Between the text of two columns.
const GUTTER: f32 = 10.0;
/// Above and below the text of a row.
const PADDING: f32 = 3.0;

/// The place of one line in its table; row 0 is the head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) line: usize,
}

impl Cell {
    /// Whether a table begins with it.
    pub(super) fn is_first(self) -> bool {
        self.row == 0 && self.column == 0 && self.line == 0
    }
}

impl Setter<'_> {
    /// A set for each line of each cell, row by row.
    pub(super) fn table<'s>(&mut self, table: &Table) -> Vec<Set<'s>> {
        let widths: Vec<f32> = table
            .head
            .iter()
            .map(|(_, part)| part * (PAGE.0 - 2.0 * SIDE))
            .collect();
        let head: Vec<Vec<String>> = table.head.iter().map(|(name, _)| vec![name.clone()]).collect();
        self.y += 2.0;
        let mut sets = self.row(0, &head, &widths);
        for (at, row) in table.rows.iter().enumerate() {
            sets.extend(self.row(at + 1, row, &widths));
        }
        self.y += 4.0;
        sets
    }

    fn row<'s>(&mut self, row: usize, cells: &[Vec<String>], widths: &[f32]) -> Vec<Set<'s>> {
        let height = self.height(cells, widths);
        // What is higher than a page breaks where it must.
        self.need(height.min(BOTTOM - TOP));
        let begin = (self.page, self.y);
        let (mut end, mut x, mut sets) = (begin, SIDE, Vec::new());
        for (column, width) in widths.iter().enumerate() {
            (self.page, self.y) = (begin.0, begin.1 + PADDING);
            // An empty cell is a cell too.
            let cell = cells.get(column).filter(|cell| !cell.is_empty());
            let nothing = [String::new()];
            for (line, text) in cell.map_or(&nothing[..], Vec::as_slice).iter().enumerate() {
                let mut set = Set::new(None);
                set.cell = Some(Cell { row, column, line });
                if !text.is_empty() {
                    set.lines = self.lines(text, x, width - GUTTER, SIZE, row == 0);
                }
                sets.push(set);
            }
            if (self.page, self.y) > end {
                end = (self.page, self.y);
            }
            x += width;
        }
        (self.page, self.y) = (end.0, end.1 + PADDING);
        if let Some(last) = sets.last_mut() {
            last.bars.push(Bar {
                page: self.page,
                rect: [SIDE, self.y, PAGE.0 - 2.0 * SIDE, if row == 0 { 0.9 } else { 0.3 }],
                tone: None,
            });
        }
        self.y += 1.0;
        sets
    }

    fn height(&self, cells: &[Vec<String>], widths: &[f32]) -> f32 {
        let lines = |(cell, width): (&Vec<String>, &f32)| {
            let wrapped = cell.iter().map(|line| self.wrapped(line, width - GUTTER, SIZE).len());
            wrapped.sum::<usize>()
        };
        let most = cells.iter().zip(widths).map(lines).max().unwrap_or(0);
        most as f32 * SIZE * LEADING + 2.0 * PADDING
    }
}
