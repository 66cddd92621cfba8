//! The sample contract that the demonstration signs: 業務委託契約書, marked 見本, as PDF/A-2a and PDF/UA-1.
//!
//! The same time gives the same bytes. It has no form fields: the places for seals are drawn, and the caller is told where they are.

use std::num::NonZeroU16;

use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{Identifier, Node, Tag, TagGroup, TagTree};

use crate::clock::Timestamp;
use crate::render::tagged::{self, Properties};
use crate::render::{Error, Fonts, Typeface};
use crate::text::Lang;

mod paint;
mod setting;
mod words;

use paint::Painter;
use setting::{PAGE, Set, set};
use words::{PARTS, Part, TITLE};

/// The finished file and where its seals go.
pub struct Sample {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// The place for 甲's round seal, then for 乙's square one.
    pub seals: [SealPlace; 2],
}

/// A rectangle for a visible signature.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SealPlace {
    /// Page, counted from 1.
    pub page: u32,
    /// X, Y of the lower left corner, width and height, in points from the page's lower left corner.
    pub rect_pt: [f32; 4],
}

/// The contract as made at `at`, whose day (in Japan) is its date.
///
/// # Errors
/// The fonts' errors of [`crate::render`].
pub fn sample(at: Timestamp, fonts: &Fonts) -> Result<Sample, Error> {
    let faces = paint::Faces {
        mincho: Typeface::load(&fonts.mincho)?,
        bold: Typeface::load(&fonts.mincho_bold)?,
        gothic: Typeface::load(&fonts.gothic)?,
    };
    let (lines, mut end) = set(&faces.mincho, &faces.bold)?;
    let closing = paint::closing(&mut end, &faces, &date(at));
    let pages = end.page + 1;

    let mut document = tagged::document(Properties {
        title: format!("{TITLE}（見本）"),
        lang: Lang::Ja,
        creator: "hankod demo".to_owned(),
        kind: "sample",
        at,
    })?;
    let mut tags = vec![Vec::new(); PARTS.len()];
    let mut title = Vec::new();
    let mut last = Vec::new();
    for number in 0..pages {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(Error::Undrawable)?;
        let mut page = document.start_page_with(size);
        let mut painter = Painter::new(page.surface(), &faces);
        if number == 0 {
            title.extend(painter.head());
        }
        for (part, own) in tags.iter_mut().enumerate() {
            let here: Vec<&Set> = lines.iter().filter(|l| l.page == number && l.part == part).collect();
            if !here.is_empty() {
                own.push(painter.lines(&here));
            }
        }
        if number == closing.page {
            last = painter.closing(&closing);
        }
        painter.foot(number + 1, pages);
        painter.finish();
        page.finish();
    }
    document.set_outline(outline(&lines));
    document.set_tag_tree(tree(title, tags, last));
    let pdf = document.finish().map_err(|_| Error::Undrawable)?;
    Ok(Sample {
        pdf,
        seals: closing.seal_places(),
    })
}

/// `2026年11月23日`, in Japan.
fn date(at: Timestamp) -> String {
    let c = at.civil_jst();
    format!("{}年{}月{}日", c.year, c.month, c.day)
}

/// A bookmark for each article.
fn outline(lines: &[Set]) -> Outline {
    let mut outline = Outline::new();
    for line in lines.iter().filter(|line| line.caption) {
        let place = Point::from_xy(line.x, line.baseline - setting::SIZE * 2.0);
        outline.push_child(OutlineNode::new(
            line.text.clone(),
            XyzDestination::new(line.page, place),
        ));
    }
    outline
}

/// The logical structure: a first-level heading, second-level headings for articles, paragraphs for everything else.
fn tree(title: Vec<Identifier>, parts: Vec<Vec<Identifier>>, closing: Vec<Identifier>) -> TagTree {
    let nodes = |marks: Vec<Identifier>| marks.into_iter().map(Node::Leaf).collect::<Vec<_>>();
    let heading =
        |level: u16, text: &str| Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(text.to_owned()));
    let mut tree = TagTree::new().with_lang(Some("ja".to_owned()));
    tree.push(TagGroup::with_children(heading(1, TITLE), nodes(title)));
    for (part, marks) in PARTS.iter().zip(parts) {
        tree.push(match part {
            Part::Article(text) => TagGroup::with_children(heading(2, text), nodes(marks)),
            _ => TagGroup::with_children(Tag::P, nodes(marks)),
        });
    }
    for mark in closing {
        tree.push(TagGroup::with_children(Tag::P, vec![Node::Leaf(mark)]));
    }
    tree
}
