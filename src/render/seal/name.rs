//! The characters of a name seal, stretched to fill their ring or square as a seal cutter does.

use krilla::color::Color;
use krilla::geom::{Path, PathBuilder, Point, Transform};
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::{Area, Style};
use crate::render::Error;
use crate::render::fonts::{Fonts, Typeface};

/// Of a character's em square, the part that ideographs fill: left and right margin, and top and bottom margin.
const EM_MARGIN: f32 = 0.045;
/// Where a round seal's circle is drawn by four cubic curves.
const CIRCLE: f32 = 0.552_284_8;
/// Font size in which characters are set before they are stretched, in points.
const SET_PT: f32 = 10.0;

/// A seal ready to be drawn.
pub(super) struct Seal {
    columns: Vec<Vec<char>>,
    style: Style,
    face: Typeface,
}

impl Seal {
    /// White space is dropped; what remains must be 1 to `style.max_characters()` characters that the font has.
    pub(super) fn new(text: &str, style: Style, fonts: &Fonts) -> Result<Self, Error> {
        let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let max_characters = style.max_characters();
        if characters.is_empty() || characters.len() > max_characters {
            return Err(Error::SealText { max_characters });
        }
        let face = Typeface::load(&fonts.mincho_bold)?;
        face.covers(&characters.iter().collect::<String>())?;
        let columns = columns(&characters, style);
        Ok(Self { columns, style, face })
    }

    /// Draws into the largest square of `area`, centred.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, area: Area, colour: Color) {
        let side = area.width.min(area.height);
        let (cx, cy) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        surface.set_fill(None);
        // Half of a stroke lies outside its path; a little more is kept free so that no viewer cuts the edge.
        let (border, inner) = match self.style {
            Style::Round => (side * 0.042, round_text_area(&self.columns)),
            Style::Square => (side * 0.046, (0.84, 0.84)),
        };
        surface.set_stroke(Some(Stroke {
            paint: colour.clone().into(),
            width: border,
            ..Stroke::default()
        }));
        let reach = side / 2.0 - border / 2.0 - side * 0.005;
        let outline = match self.style {
            Style::Round => circle(cx, cy, reach),
            Style::Square => rounded_square(cx, cy, reach, side * 0.03),
        };
        if let Some(path) = outline {
            surface.draw_path(&path);
        }
        surface.set_stroke(None);
        surface.set_fill(Some(Fill {
            paint: colour.into(),
            rule: FillRule::NonZero,
            ..Fill::default()
        }));
        let text = Area {
            x: cx - side * inner.0 / 2.0,
            y: cy - side * inner.1 / 2.0,
            width: side * inner.0,
            height: side * inner.1,
        };
        self.characters(surface, text);
    }

    fn characters(&self, surface: &mut Surface<'_>, text: Area) {
        let column_width = text.width / self.columns.len() as f32;
        for (column, characters) in self.columns.iter().enumerate() {
            let height = text.height / characters.len() as f32;
            let x = text.x + text.width - column_width * (column + 1) as f32;
            for (row, character) in characters.iter().enumerate() {
                let cell = Area {
                    x,
                    y: text.y + height * row as f32,
                    width: column_width,
                    height,
                };
                self.character(surface, cell, *character);
            }
        }
    }

    /// One character: its inked part is stretched over the cell, with a hair's breadth to its neighbours.
    fn character(&self, surface: &mut Surface<'_>, cell: Area, character: char) {
        let air = 0.025;
        let inked = SET_PT * (1.0 - 2.0 * EM_MARGIN);
        let (sx, sy) = (
            cell.width * (1.0 - 2.0 * air) / inked,
            cell.height * (1.0 - 2.0 * air) / inked,
        );
        let left = cell.x + cell.width * air - SET_PT * EM_MARGIN * sx;
        let top = cell.y + cell.height * air - SET_PT * EM_MARGIN * sy;
        surface.push_transform(&Transform::from_row(sx, 0.0, 0.0, sy, left, top));
        // Set vertically, so that ー and brackets take their vertical forms; the origin is the middle of the em square's top edge.
        surface.draw_text(
            Point::from_xy(SET_PT / 2.0, 0.0),
            self.face.font(),
            SET_PT,
            character.encode_utf8(&mut [0; 4]),
            false,
            TextDirection::TopToBottom,
        );
        surface.pop();
    }
}

/// Columns from right to left, each read downwards; the earlier columns are the fuller ones.
fn columns(characters: &[char], style: Style) -> Vec<Vec<char>> {
    let count = characters.len();
    let columns = match style {
        Style::Round if count <= 3 => 1,
        Style::Round => 2,
        Style::Square => (1..=5).find(|n| n * n >= count).unwrap_or(5),
    };
    // 2 characters in a square stand one under the other, not side by side.
    let columns = if style == Style::Square && count == 2 {
        1
    } else {
        columns
    };
    let mut rest = characters;
    (0..columns)
        .map(|column| {
            let take = rest.len().div_ceil(columns - column);
            let (head, tail) = rest.split_at(take);
            rest = tail;
            head.to_vec()
        })
        .collect()
}

/// Width and height, as parts of the diameter, that the characters fill so that their corners stay inside the ring.
fn round_text_area(columns: &[Vec<char>]) -> (f32, f32) {
    match (columns.len(), columns.first().map_or(1, Vec::len)) {
        (1, 1) => (0.64, 0.66),
        (1, 2) => (0.50, 0.80),
        (1, _) => (0.40, 0.86),
        _ => (0.68, 0.70),
    }
}

fn circle(cx: f32, cy: f32, r: f32) -> Option<Path> {
    let k = r * CIRCLE;
    let mut path = PathBuilder::new();
    path.move_to(cx + r, cy);
    path.cubic_to(cx + r, cy + k, cx + k, cy + r, cx, cy + r);
    path.cubic_to(cx - k, cy + r, cx - r, cy + k, cx - r, cy);
    path.cubic_to(cx - r, cy - k, cx - k, cy - r, cx, cy - r);
    path.cubic_to(cx + k, cy - r, cx + r, cy - k, cx + r, cy);
    path.close();
    path.finish()
}

fn rounded_square(cx: f32, cy: f32, reach: f32, corner: f32) -> Option<Path> {
    let (left, top, right, bottom) = (cx - reach, cy - reach, cx + reach, cy + reach);
    let k = corner * (1.0 - CIRCLE);
    let mut path = PathBuilder::new();
    path.move_to(left + corner, top);
    path.line_to(right - corner, top);
    path.cubic_to(right - k, top, right, top + k, right, top + corner);
    path.line_to(right, bottom - corner);
    path.cubic_to(right, bottom - k, right - k, bottom, right - corner, bottom);
    path.line_to(left + corner, bottom);
    path.cubic_to(left + k, bottom, left, bottom - k, left, bottom - corner);
    path.line_to(left, top + corner);
    path.cubic_to(left, top + k, left + k, top, left + corner, top);
    path.close();
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, style: Style) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        columns(&characters, style)
            .into_iter()
            .map(|c| c.into_iter().collect())
            .collect()
    }

    #[test]
    fn columns_run_from_right_to_left_and_the_first_is_fullest() {
        assert_eq!(read("甲野", Style::Round), ["甲野"]);
        assert_eq!(read("長谷川", Style::Round), ["長谷川"]);
        assert_eq!(read("勅使河原", Style::Round), ["勅使", "河原"]);
        assert_eq!(read("甲野太郎印", Style::Round), ["甲野太", "郎印"]);
        assert_eq!(read("株式会社見本商事", Style::Square), ["株式会", "社見本", "商事"]);
        assert_eq!(read("見本", Style::Square), ["見本"]);
        assert_eq!(read("見本之印", Style::Square), ["見本", "之印"]);
    }
}
