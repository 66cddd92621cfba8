//! Printed matter made of headings, paragraphs, entries, tables and pictures: set on A4, written as tagged PDF/A-2a and PDF/UA-1. Decides no words.
//!
//! The same sheet gives the same bytes. A character that the font lacks becomes 〓: a report about a hostile file must still be written.

use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;

use super::tagged::{self, Properties};
use super::{Error, Fonts, Typeface};
use crate::clock::Timestamp;
use crate::text::Lang;

mod paint;
mod setting;
mod structure;
mod table;

use paint::Painter;
use setting::{PAGE, Setting};
use structure::Mark;

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
    /// Rows under a head.
    Table(Table),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
}

/// Rows under a head; every row has as many cells as the head.
pub struct Table {
    /// What each column is called, and its part of the width; the parts make 1.
    pub head: Vec<(String, f32)>,
    /// Row by row, cell by cell, line by line.
    pub rows: Vec<Vec<Vec<String>>>,
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
    /// Its width in points; `None`: as large as there is room.
    pub width_pt: Option<f32>,
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
    document.set_tag_tree(structure::tree(sheet, &setting, marks));
    document.finish().map_err(|_| Error::Undrawable)
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
            width_pt: None,
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
                Block::Table(Table {
                    head: vec![(hostile.to_owned(), 0.3), (String::new(), 0.7)],
                    rows: vec![vec![vec![hostile.to_owned(), "甲".repeat(500)], Vec::new()]; 40],
                }),
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
