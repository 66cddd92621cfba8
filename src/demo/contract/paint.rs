//! Paints the contract's pages: title, lines, the parties' entries with places for seals, page numbers.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder};
use krilla::paint::{Paint, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, Identifier};

use super::SealPlace;
use super::setting::{Cursor, PAGE, SIDE, SIZE, Set, broken};
use super::words::{CLOSING, NOTICE, NUMBER, SIGNATORIES, TITLE};
use crate::render::Typeface;
use crate::render::seal::{ROUND_PT, SQUARE_PT};
use crate::render::tagged::{Brush, grey, rectangle};

const TITLE_SIZE: f32 = 21.0;
const TITLE_BASELINE: f32 = 126.0;
const LEADING: f32 = 18.4;
/// Left edge of the parties' entries, of their values, and of the seals' places.
const ENTRY_X: f32 = 190.0;
const VALUE_X: f32 = ENTRY_X + SIZE * 4.2;
const SEAL_RIGHT: f32 = PAGE.0 - SIDE;

/// The contract's type.
pub(super) struct Faces {
    pub(super) mincho: Typeface,
    pub(super) bold: Typeface,
    pub(super) gothic: Typeface,
}

/// The end of the contract, set: its page, its lines with their tag group, and the seals' places (centre and side).
pub(super) struct Closing {
    pub(super) page: usize,
    groups: Vec<Vec<(f32, f32, String)>>,
    seals: [(f32, f32, f32); 2],
}

/// Sets the end below `cursor`, on the next page where it would be torn.
pub(super) fn closing(cursor: &mut Cursor, faces: &Faces, date: &str) -> Closing {
    cursor.down(LEADING, 285.0);
    let mut y = cursor.baseline;
    let mut groups = Vec::new();
    let mut group = Vec::new();
    for line in broken(CLOSING, &faces.mincho, PAGE.0 - 2.0 * SIDE - SIZE) {
        group.push((SIDE + SIZE, y, line));
        y += LEADING;
    }
    groups.push(std::mem::take(&mut group));
    y += LEADING * 0.6;
    groups.push(vec![(SIDE + SIZE, y, date.to_owned())]);
    y += LEADING * 1.6;
    let mut seals = [(0.0, 0.0, ROUND_PT), (0.0, 0.0, SQUARE_PT)];
    for (signatory, seal) in SIGNATORIES.iter().zip(&mut seals) {
        group.push((ENTRY_X, y, signatory.role.to_owned()));
        for (label, value) in signatory.lines {
            y += LEADING * 1.15;
            group.push((ENTRY_X + SIZE, y, (*label).to_owned()));
            group.push((VALUE_X + SIZE, y, (*value).to_owned()));
        }
        (seal.0, seal.1) = (SEAL_RIGHT - SQUARE_PT / 2.0, y - SIZE * 0.38);
        y += LEADING * 2.6;
        groups.push(std::mem::take(&mut group));
    }
    Closing {
        page: cursor.page,
        groups,
        seals,
    }
}

impl Closing {
    /// Where the seals go, in the coordinates of PDF.
    pub(super) fn seal_places(&self) -> [SealPlace; 2] {
        self.seals.map(|(x, y, side)| SealPlace {
            page: u32::try_from(self.page + 1).unwrap_or(1),
            rect_pt: [x - side / 2.0, PAGE.1 - y - side / 2.0, side, side],
        })
    }
}

/// One page being painted.
pub(super) struct Painter<'a> {
    brush: Brush<'a>,
    faces: &'a Faces,
}

impl<'a> Painter<'a> {
    pub(super) fn new(surface: Surface<'a>, faces: &'a Faces) -> Self {
        Self {
            brush: Brush::new(surface),
            faces,
        }
    }

    pub(super) fn finish(self) {
        self.brush.finish();
    }

    /// Number, the mark 見本, title and the rule below it.
    pub(super) fn head(&mut self) -> Vec<Identifier> {
        self.sample_mark();
        self.brush.artifact(ArtifactType::Header, |brush| {
            brush.ink(grey(0x55));
            brush.text(&self.faces.gothic, 8.5, (SIDE, 62.0), NUMBER);
        });
        let width = TITLE.chars().count() as f32 * TITLE_SIZE;
        let mark = self.brush.content(|brush| {
            brush.ink(grey(0x00));
            brush.text(
                &self.faces.bold,
                TITLE_SIZE,
                ((PAGE.0 - width) / 2.0, TITLE_BASELINE),
                TITLE,
            );
        });
        let half = width / 2.0 + 18.0;
        self.brush.artifact(ArtifactType::Layout, |brush| {
            for (below, thick) in [(12.0, 1.1), (14.6, 0.4)] {
                let y = TITLE_BASELINE + below;
                brush.stroke(
                    grey(0x22),
                    thick,
                    None,
                    line(PAGE.0 / 2.0 - half, PAGE.0 / 2.0 + half, y),
                );
            }
        });
        vec![mark]
    }

    /// Lines of one part, as one piece of its structure.
    pub(super) fn lines(&mut self, lines: &[&Set]) -> Identifier {
        self.brush.content(|brush| {
            brush.ink(grey(0x00));
            for line in lines {
                let face = if line.caption {
                    &self.faces.bold
                } else {
                    &self.faces.mincho
                };
                brush.text(face, SIZE, (line.x, line.baseline), &line.text);
            }
        })
    }

    /// The closing words and the parties' entries; the places for seals are decoration.
    pub(super) fn closing(&mut self, closing: &Closing) -> Vec<Identifier> {
        let mut marks = Vec::new();
        for group in &closing.groups {
            marks.push(self.brush.content(|brush| {
                brush.ink(grey(0x00));
                for (x, baseline, text) in group {
                    brush.text(&self.faces.mincho, SIZE, (*x, *baseline), text);
                }
            }));
        }
        let [round, square] = closing.seals;
        self.seal_place(round, circle(round.0, round.1, round.2 / 2.0));
        self.seal_place(
            square,
            rectangle([square.0 - square.2 / 2.0, square.1 - square.2 / 2.0, square.2, square.2]),
        );
        marks
    }

    /// Page number and notice.
    pub(super) fn foot(&mut self, number: usize, pages: usize) {
        self.brush.artifact(ArtifactType::Footer, |brush| {
            brush.ink(grey(0x55));
            let text = format!("{number} / {pages}");
            brush.text(&self.faces.gothic, 8.5, (PAGE.0 / 2.0 - 10.0, 796.0), &text);
            brush.ink(grey(0x88));
            let width = NOTICE.chars().count() as f32 * 6.5;
            brush.text(&self.faces.gothic, 6.5, ((PAGE.0 - width) / 2.0, 812.0), NOTICE);
        });
    }

    fn sample_mark(&mut self) {
        let (x, y, width, height) = (PAGE.0 - SIDE - 52.0, 47.0, 52.0, 24.0);
        let red: Paint = rgb::Color::new(0xc0, 0x3a, 0x2b).into();
        self.brush.artifact(ArtifactType::Header, |brush| {
            brush.stroke(red.clone(), 1.0, None, rectangle([x, y, width, height]));
            brush.ink(red.clone());
            brush.text(&self.faces.gothic, 14.0, (x + 8.0, y + 17.2), "見");
            brush.text(&self.faces.gothic, 14.0, (x + 30.0, y + 17.2), "本");
        });
    }

    fn seal_place(&mut self, (x, y, _): (f32, f32, f32), outline: Option<Path>) {
        self.brush.artifact(ArtifactType::Layout, |brush| {
            let dash = StrokeDash {
                array: vec![2.0, 2.0],
                offset: 0.0,
            };
            brush.stroke(grey(0xb0), 0.5, Some(dash), outline);
            brush.ink(grey(0xb8));
            brush.text(&self.faces.mincho, 9.0, (x - 4.5, y + 3.4), "印");
        });
    }
}

fn line(from: f32, to: f32, y: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(from, y);
    path.line_to(to, y);
    path.finish()
}

/// A circle of four cubic curves.
fn circle(cx: f32, cy: f32, r: f32) -> Option<Path> {
    let k = r * 0.552_284_8;
    let mut path = PathBuilder::new();
    path.move_to(cx + r, cy);
    path.cubic_to(cx + r, cy + k, cx + k, cy + r, cx, cy + r);
    path.cubic_to(cx - k, cy + r, cx - r, cy + k, cx - r, cy);
    path.cubic_to(cx - r, cy - k, cx - k, cy - r, cx, cy - r);
    path.cubic_to(cx + k, cy - r, cx + r, cy - k, cx + r, cy);
    path.close();
    path.finish()
}
