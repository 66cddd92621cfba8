//! Lines of text in a rectangle, at the largest size that fits. Words are not hyphenated: Japanese breaks between any two characters.

use krilla::color::Color;
use krilla::geom::Point;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::Area;
use crate::render::Error;
use crate::render::fonts::Typeface;
use crate::render::wrap::wrap;

/// Longest text of one line as given, in characters.
const MAX_LINE_CHARS: usize = 200;
/// Most lines as given.
const MAX_LINES: usize = 12;

const LARGEST_PT: f32 = 9.0;
const SMALLEST_PT: f32 = 4.0;
const STEP_PT: f32 = 0.5;
/// Distance of two baselines, as a multiple of the size.
const LEADING: f32 = 1.35;
/// Of the size, the part above the baseline.
const ASCENT: f32 = 0.88;

/// Wrapped lines and the size at which they fit.
pub(super) struct Block {
    lines: Vec<String>,
    size_pt: f32,
    area: Area,
    face: Typeface,
}

impl Block {
    /// Finds the largest size between 9 and 4 points at which the lines, wrapped, stay within `area`.
    pub(super) fn fit(lines: &[String], area: Area, face: Typeface) -> Result<Self, Error> {
        if lines.len() > MAX_LINES || lines.iter().any(|line| line.chars().count() > MAX_LINE_CHARS) {
            return Err(Error::SealSize);
        }
        for line in lines {
            face.covers(line)?;
        }
        let mut size_pt = LARGEST_PT;
        while size_pt >= SMALLEST_PT {
            let wrapped: Vec<String> = lines
                .iter()
                .flat_map(|line| wrap(line, &face, area.width / size_pt * 1000.0))
                .collect();
            if wrapped.len() as f32 * size_pt * LEADING <= area.height {
                return Ok(Self {
                    lines: wrapped,
                    size_pt,
                    area,
                    face,
                });
            }
            size_pt -= STEP_PT;
        }
        Err(Error::SealSize)
    }

    /// Draws the lines from the left edge, centred vertically.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, colour: Color) {
        surface.set_stroke(None);
        surface.set_fill(Some(Fill {
            paint: colour.into(),
            ..Fill::default()
        }));
        let leading = self.size_pt * LEADING;
        let height = leading * self.lines.len() as f32;
        let top = self.area.y + (self.area.height - height) / 2.0 + (leading - self.size_pt) / 2.0;
        for (row, line) in self.lines.iter().enumerate() {
            let baseline = top + leading * row as f32 + self.size_pt * ASCENT;
            let start = Point::from_xy(self.area.x, baseline);
            surface.draw_text(
                start,
                self.face.font(),
                self.size_pt,
                line,
                false,
                TextDirection::LeftToRight,
            );
        }
    }
}
