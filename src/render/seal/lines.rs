//! Lines of text in a rectangle, at the largest size that fits. Words are not hyphenated: Japanese breaks between any two characters.

use krilla::color::Color;
use krilla::geom::Point;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::Area;
use crate::render::Error;
use crate::render::fonts::Typeface;

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

/// Breaks `line` into pieces no wider than `limit` thousandths of the size: before any Japanese character, before a word of other
/// letters, and within a word only where the word alone is too wide.
fn wrap(line: &str, face: &Typeface, limit: f32) -> Vec<String> {
    let mut pieces = vec![(String::new(), 0.0)];
    for (word, width) in words(line, face) {
        if pieces
            .last()
            .is_some_and(|(_, used)| *used > 0.0 && used + width > limit)
        {
            pieces.push((String::new(), 0.0));
        }
        for (character, advance) in word.chars().zip(face.widths(&word)) {
            if pieces
                .last()
                .is_some_and(|(_, used)| *used > 0.0 && used + advance > limit)
            {
                pieces.push((String::new(), 0.0));
            }
            if let Some((piece, used)) = pieces.last_mut() {
                piece.push(character);
                *used += advance;
            }
        }
    }
    pieces.into_iter().map(|(piece, _)| piece).collect()
}

/// The unbreakable parts of a line with their widths: single Japanese characters, and words with the space that follows.
fn words(line: &str, face: &Typeface) -> Vec<(String, f32)> {
    let mut words: Vec<(String, f32)> = Vec::new();
    for (character, width) in line.chars().zip(face.widths(line)) {
        match words.last_mut() {
            Some((word, used)) if character.is_ascii() && word.ends_with(|c: char| c.is_ascii() && c != ' ') => {
                word.push(character);
                *used += width;
            }
            _ => words.push((character.to_string(), width)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Fonts;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let face = Typeface::load(&Fonts::find(None).unwrap().gothic).unwrap();
        assert_eq!(
            wrap("場所: Tokyo 千代田", &face, 5000.0),
            ["場所: ", "Tokyo 千", "代田"]
        );
        assert_eq!(wrap("abcdefghij", &face, 2000.0).concat(), "abcdefghij");
        assert_eq!(wrap("", &face, 2000.0), [""]);
    }
}
