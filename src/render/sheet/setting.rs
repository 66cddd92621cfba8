//! Sets a sheet: every line and picture in its place on its page. Draws nothing.

use std::io::Cursor as Bytes;

use super::table::Cell;
use super::{Block, Error, MAX_PAGES, Picture, Sheet, Tone};
use crate::render::Typeface;
use crate::render::wrap::wrap;

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right margin: 20 mm.
pub(super) const SIDE: f32 = 56.7;
pub(super) const TOP: f32 = 62.0;
pub(super) const BOTTOM: f32 = 782.0;
pub(super) const SIZE: f32 = 9.0;
const SMALL: f32 = 7.5;
/// Distance of two baselines, as a multiple of the size.
pub(super) const LEADING: f32 = 1.55;
/// Width of the labels before entries.
const LABEL: f32 = 120.0;
/// Between two pictures.
const GUTTER: f32 = 14.0;
/// Highest a picture may be.
const PICTURE_HEIGHT: f32 = 330.0;
/// Most characters of one paragraph; what is longer is cut with an ellipsis.
const MAX_CHARS: usize = 20_000;
/// Stands for a character that the font lacks.
const MISSING: char = '〓';

/// All of a sheet in its place.
pub(super) struct Setting<'s> {
    pub(super) blocks: Vec<Set<'s>>,
    pub(super) pages: usize,
}

/// One block in its place.
pub(super) struct Set<'s> {
    pub(super) level: Option<u16>,
    pub(super) cell: Option<Cell>,
    pub(super) lines: Vec<Line>,
    pub(super) figures: Vec<Figure<'s>>,
    pub(super) bars: Vec<Bar>,
}

/// A line of text.
pub(super) struct Line {
    pub(super) page: usize,
    pub(super) x: f32,
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) is_faint: bool,
    pub(super) text: String,
}

/// A picture: left, top, width, height in points from the page's upper left corner.
pub(super) struct Figure<'s> {
    pub(super) page: usize,
    pub(super) rect: [f32; 4],
    pub(super) picture: &'s Picture,
    pub(super) called: String,
    /// Points for one of its pixels.
    pub(super) scale: f32,
}

/// A bar of colour beside text, or a rule below a heading.
pub(super) struct Bar {
    pub(super) page: usize,
    pub(super) rect: [f32; 4],
    pub(super) tone: Option<Tone>,
}

impl<'s> Setting<'s> {
    pub(super) fn of(sheet: &'s Sheet, face: &Typeface) -> Result<Self, Error> {
        let mut setter = Setter { face, page: 0, y: TOP };
        let mut blocks = vec![setter.heading(1, &sheet.title)];
        for block in &sheet.blocks {
            if let Block::Table(table) = block {
                blocks.extend(setter.table(table));
            }
            blocks.extend(match block {
                Block::Table(_) => None,
                Block::Heading(level, text) => Some(setter.heading(*level, text)),
                Block::Lead(tone, text) => Some(setter.lead(*tone, text)),
                Block::Text(text) => Some(setter.text(text, SIZE, false)),
                Block::Note(text) => Some(setter.text(text, SMALL, true)),
                Block::Entry(label, value) => Some(setter.entry(label, value)),
                Block::Pictures(pictures) => Some(setter.pictures(pictures)?),
            });
            if setter.page >= MAX_PAGES {
                return Err(Error::SheetTooLong);
            }
        }
        Ok(Self {
            blocks,
            pages: setter.page + 1,
        })
    }
}

impl Set<'_> {
    pub(super) fn new(level: Option<u16>) -> Self {
        Self {
            level,
            cell: None,
            lines: Vec::new(),
            figures: Vec::new(),
            bars: Vec::new(),
        }
    }

    /// Its words in one line.
    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }
}

pub(super) struct Setter<'f> {
    face: &'f Typeface,
    pub(super) page: usize,
    /// Lower edge of what is set.
    pub(super) y: f32,
}

impl Setter<'_> {
    /// On the next page when less than `room` is left on this one.
    pub(super) fn need(&mut self, room: f32) {
        if self.y + room > BOTTOM {
            self.page += 1;
            self.y = TOP;
        }
    }

    /// Lines below each other, at most `width` wide.
    pub(super) fn lines(&mut self, text: &str, x: f32, width: f32, size: f32, is_faint: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for text in self.wrapped(text, width, size) {
            self.need(size * LEADING);
            lines.push(Line {
                page: self.page,
                x,
                baseline: self.y + size * 1.15,
                size,
                is_faint,
                text,
            });
            self.y += size * LEADING;
        }
        lines
    }

    /// The lines that a text of at most `width` makes.
    pub(super) fn wrapped(&self, text: &str, width: f32, size: f32) -> Vec<String> {
        wrap(&self.drawable(text), self.face, width / size * 1000.0)
    }

    fn heading<'s>(&mut self, level: u16, text: &str) -> Set<'s> {
        let size = match level {
            1 => 18.0,
            2 => 13.0,
            3 => 11.0,
            _ => 9.5,
        };
        if self.y > TOP {
            self.y += size;
        }
        // A heading never stands alone at the foot of a page.
        self.need(size * LEADING + 5.0 * SIZE * LEADING);
        let mut set = Set::new(Some(level));
        set.lines = self.lines(text, SIDE, PAGE.0 - 2.0 * SIDE, size, false);
        if level <= 2 {
            self.y += 3.0;
            let rect = [SIDE, self.y, PAGE.0 - 2.0 * SIDE, if level == 1 { 1.2 } else { 0.5 }];
            set.bars.push(Bar {
                page: self.page,
                rect,
                tone: None,
            });
            self.y += 4.0;
        }
        self.y += 2.0;
        set
    }

    fn lead<'s>(&mut self, tone: Tone, text: &str) -> Set<'s> {
        self.y += 4.0;
        let size = 10.5;
        self.need(size * LEADING * 3.0);
        let mut set = Set::new(None);
        set.lines = self.lines(text, SIDE + 12.0, PAGE.0 - 2.0 * SIDE - 12.0, size, false);
        for line in &set.lines {
            let rect = [SIDE, line.baseline - size * 1.15, 4.0, size * LEADING];
            set.bars.push(Bar {
                page: line.page,
                rect,
                tone: Some(tone),
            });
        }
        self.y += 6.0;
        set
    }

    fn text<'s>(&mut self, text: &str, size: f32, is_faint: bool) -> Set<'s> {
        let mut set = Set::new(None);
        set.lines = self.lines(text, SIDE, PAGE.0 - 2.0 * SIDE, size, is_faint);
        self.y += 2.0;
        set
    }

    fn entry<'s>(&mut self, label: &str, value: &str) -> Set<'s> {
        self.need(SIZE * LEADING);
        let mut set = Set::new(None);
        let (page, y) = (self.page, self.y);
        set.lines = self.lines(label, SIDE, LABEL - 8.0, SIZE, true);
        let (label_page, label_y) = (self.page, self.y);
        (self.page, self.y) = (page, y);
        set.lines
            .extend(self.lines(value, SIDE + LABEL, PAGE.0 - 2.0 * SIDE - LABEL, SIZE, false));
        if (label_page, label_y) > (self.page, self.y) {
            (self.page, self.y) = (label_page, label_y);
        }
        self.y += 1.0;
        set
    }

    fn pictures<'s>(&mut self, pictures: &'s [Picture]) -> Result<Set<'s>, Error> {
        let mut set = Set::new(None);
        let count = pictures.len().max(1) as f32;
        let column = (PAGE.0 - 2.0 * SIDE - GUTTER * (count - 1.0)) / count;
        let mut sizes = Vec::new();
        for picture in pictures {
            let (width, height) = size(&picture.png).ok_or(Error::Undrawable)?;
            let widest = picture.width_pt.unwrap_or(column).min(column);
            sizes.push((width, height, (widest / width).min(PICTURE_HEIGHT / height)));
        }
        let tallest = sizes
            .iter()
            .fold(0.0_f32, |most, (_, height, scale)| most.max(height * scale));
        self.y += 4.0;
        self.need(tallest + SMALL * LEADING * 3.0);
        let (page, top) = (self.page, self.y);
        let mut end = (page, top);
        for (at, (picture, (width, height, scale))) in pictures.iter().zip(sizes).enumerate() {
            let x = SIDE + (column + GUTTER) * at as f32;
            set.figures.push(Figure {
                page,
                rect: [x, top, width * scale, height * scale],
                picture,
                called: self.drawable(&picture.caption),
                scale,
            });
            (self.page, self.y) = (page, top + tallest + 3.0);
            set.lines.extend(self.lines(&picture.caption, x, column, SMALL, true));
            if (self.page, self.y) > end {
                end = (self.page, self.y);
            }
        }
        (self.page, self.y) = (end.0, end.1 + 6.0);
        Ok(set)
    }

    /// The text with 〓 for what the font lacks or PDF/A forbids, and no longer than [`MAX_CHARS`].
    fn drawable(&self, text: &str) -> String {
        let private = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}');
        let fits = |c: char| !c.is_control() && !private(c) && self.face.has(c);
        let shown = |c: char| if fits(c) { c } else { MISSING };
        let mut line: String = text.chars().take(MAX_CHARS).map(shown).collect();
        if text.chars().nth(MAX_CHARS).is_some() {
            line.push('…');
        }
        line
    }
}

fn size(png: &[u8]) -> Option<(f32, f32)> {
    let reader = png::Decoder::new(Bytes::new(png)).read_info().ok()?;
    let info = reader.info();
    let is_small = info.width <= 20_000 && info.height <= 20_000 && info.width > 0 && info.height > 0;
    is_small.then_some((info.width as f32, info.height as f32))
}
