//! Sets the contract: lines broken as Japanese type demands (行頭・行末禁則), pages filled, each line in its place. Draws nothing.

use super::words::{PARTS, Part};
use crate::render::{Error, Typeface};

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right margin: 25 mm.
pub(super) const SIDE: f32 = 70.87;
/// Size of the text.
pub(super) const SIZE: f32 = 10.5;
/// First baseline below the title on page one, and on the pages after it.
const FIRST_TOP: f32 = 178.0;
const TOP: f32 = 92.0;
/// Lowest baseline.
const BOTTOM: f32 = 770.0;
const LEADING: f32 = 18.4;
/// Space above an article's caption.
const ARTICLE_GAP: f32 = 8.5;

/// Never at the beginning of a line.
const NOT_FIRST: &str = "、。，．）」』】・：；ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.)";
/// Never at the end of a line.
const NOT_LAST: &str = "（「『【(";

/// A line in its place.
pub(super) struct Set {
    pub(super) page: usize,
    pub(super) x: f32,
    pub(super) baseline: f32,
    pub(super) text: String,
    /// A caption, in bold.
    pub(super) caption: bool,
    /// Which part of the contract it belongs to.
    pub(super) part: usize,
}

/// Where the next line goes.
pub(super) struct Cursor {
    pub(super) page: usize,
    pub(super) baseline: f32,
}

impl Cursor {
    /// Moves down by `distance`, onto the next page when less than `room` is left there.
    pub(super) fn down(&mut self, distance: f32, room: f32) {
        self.baseline += distance;
        if self.baseline + room > BOTTOM {
            self.page += 1;
            self.baseline = TOP;
        }
    }
}

/// All parts, set; and the place below the last.
pub(super) fn set(face: &Typeface, bold: &Typeface) -> Result<(Vec<Set>, Cursor), Error> {
    let mut lines = Vec::new();
    let mut cursor = Cursor {
        page: 0,
        baseline: FIRST_TOP,
    };
    for (part, words) in PARTS.iter().enumerate() {
        let (caption, label, text, indent) = match words {
            Part::Article(text) => (true, "", *text, 0.0),
            Part::Plain(text) => (false, "", *text, SIZE),
            Part::Paragraph(label, text) => (false, *label, *text, SIZE),
            Part::Item(label, text) => (false, *label, *text, SIZE * 2.0),
        };
        face.covers(text)?;
        if caption {
            bold.covers(text)?;
            // A caption never stands alone at the foot of a page.
            cursor.down(ARTICLE_GAP, LEADING * 2.0);
        }
        let hanging = if label.is_empty() { 0.0 } else { SIZE * 1.5 };
        let x = SIDE + indent + hanging;
        for (row, line) in broken(text, face, PAGE.0 - SIDE - x).into_iter().enumerate() {
            cursor.down(0.0, 0.0);
            let labelled = row == 0 && !label.is_empty();
            let text = if labelled { format!("{label}　{line}") } else { line };
            let x = if labelled {
                x - label.chars().count() as f32 * SIZE - SIZE
            } else {
                x
            };
            lines.push(Set {
                page: cursor.page,
                x,
                baseline: cursor.baseline,
                text,
                caption,
                part,
            });
            cursor.baseline += LEADING;
        }
    }
    Ok((lines, cursor))
}

/// `text` in lines of at most `width` points; 、 and 。 may hang over the edge.
pub(super) fn broken(text: &str, face: &Typeface, width: f32) -> Vec<String> {
    let limit = width / SIZE * 1000.0;
    let characters: Vec<(char, f32)> = text.chars().zip(face.widths(text)).collect();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        let mut used = 0.0;
        let fits = characters[start..].iter().take_while(|(_, w)| {
            used += w;
            used <= limit + 1.0
        });
        let end = start + fits.count().max(1);
        let end = permitted(&characters, start, end);
        lines.push(characters[start..end].iter().map(|(c, _)| c).collect());
        start = end;
    }
    lines
}

/// The nearest place to `end` where a line may end.
fn permitted(characters: &[(char, f32)], start: usize, end: usize) -> usize {
    let at = |i: usize| characters.get(i).map(|(c, _)| *c);
    let hangs = |i: usize| at(i).is_some_and(|c| "、。".contains(c));
    let good = |i: usize| {
        let first = at(i).is_none_or(|c| !NOT_FIRST.contains(c));
        let last = i == 0 || at(i - 1).is_none_or(|c| !NOT_LAST.contains(c));
        let number = at(i).is_some_and(|c| c.is_ascii_digit() || c == ',')
            && i > 0
            && at(i - 1).is_some_and(|c| c.is_ascii_digit() || c == ',');
        first && last && !number
    };
    if hangs(end) && good(end + 1) {
        return end + 1;
    }
    (start + 1..=end).rev().find(|i| good(*i)).unwrap_or(end)
}
