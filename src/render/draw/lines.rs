//! Glyphs with places become lines in reading order: lines from top to bottom, within a line along the writing; vertical columns from right to left.
//!
//! Only positions are looked at. Columns of a newspaper come out line by line across; a table comes out row by row.

use std::cmp::Ordering;

use hayro::kurbo::{Point, Rect, Vec2};

/// Of the type size: a gap this wide is a space.
const SPACE: f64 = 0.3;
/// Of the type size: baselines this close are one line.
const SAME_LINE: f64 = 0.4;

/// A glyph on the page; points, y downwards.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Its characters.
    pub(super) text: String,
    /// White space only.
    pub(super) blank: bool,
    /// Origin on the baseline.
    pub(super) origin: Point,
    /// To where the next glyph begins.
    pub(super) along: Vec2,
    /// One em upwards from the baseline.
    pub(super) up: Vec2,
    /// The glyph's own width, also where the writing runs downwards.
    pub(super) right: Vec2,
    /// Drawn as an outline; other glyphs (Type 3) are small drawings of any extent.
    pub(super) outline: bool,
}

impl Placed {
    /// Whether every number can be reckoned with.
    pub(super) fn is_finite(&self) -> bool {
        let all = [
            self.origin.x,
            self.origin.y,
            self.along.x,
            self.along.y,
            self.up.x,
            self.up.y,
            self.right.x,
            self.right.y,
        ];
        all.iter().all(|n| n.is_finite() && n.abs() < 1e9)
    }

    fn size(&self) -> f64 {
        self.up.hypot().max(0.01)
    }

    /// The way the writing runs, as quarter turns.
    fn heading(&self) -> Heading {
        match (
            self.along.x.abs() >= self.along.y.abs(),
            self.along.x >= 0.0,
            self.along.y >= 0.0,
        ) {
            (true, true, _) => Heading::Right,
            (true, false, _) => Heading::Left,
            (false, _, true) => Heading::Down,
            (false, _, false) => Heading::Up,
        }
    }

    /// Where its ink is to be expected on the page.
    pub(super) fn area(&self) -> Rect {
        let inset = self.right * 0.05;
        let descent = self.up * 0.2;
        let (from, to) = (
            self.origin + inset - descent,
            self.origin + self.right - inset - descent,
        );
        let side = self.up * 1.1;
        [from + side, to + side]
            .iter()
            .fold(Rect::from_points(from, to), |area, corner| area.union_pt(*corner))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Heading {
    Right,
    Down,
    Left,
    Up,
}

impl Heading {
    /// Place along the writing, and place of the line in reading order.
    fn turn(self, point: Point) -> (f64, f64) {
        match self {
            Self::Right => (point.x, point.y),
            Self::Down => (point.y, -point.x),
            Self::Left => (-point.x, -point.y),
            Self::Up => (-point.y, point.x),
        }
    }
}

struct Turned {
    start: f64,
    end: f64,
    line: f64,
    glyph: Placed,
}

/// The lines of a page.
pub(super) fn in_reading_order(placed: Vec<Placed>) -> Vec<String> {
    let mut by_heading: [(Heading, Vec<Turned>); 4] =
        [Heading::Right, Heading::Down, Heading::Left, Heading::Up].map(|heading| (heading, Vec::new()));
    for glyph in placed {
        let heading = glyph.heading();
        let (start, line) = heading.turn(glyph.origin);
        let (end, _) = heading.turn(glyph.origin + glyph.along);
        if let Some((_, group)) = by_heading.iter_mut().find(|(h, _)| *h == heading) {
            group.push(Turned {
                start,
                end,
                line,
                glyph,
            });
        }
    }
    by_heading.into_iter().flat_map(|(_, group)| lines_of(group)).collect()
}

fn lines_of(mut glyphs: Vec<Turned>) -> Vec<String> {
    glyphs.sort_by(|a, b| order(a.line, b.line));
    let mut lines: Vec<Vec<Turned>> = Vec::new();
    for glyph in glyphs {
        let near = |line: &Vec<Turned>| {
            line.last().is_some_and(|last| {
                (glyph.line - last.line).abs() <= SAME_LINE * glyph.glyph.size().min(last.glyph.size())
            })
        };
        match lines.last_mut() {
            Some(line) if near(line) => line.push(glyph),
            _ => lines.push(vec![glyph]),
        }
    }
    lines.into_iter().filter_map(join).collect()
}

/// One line's glyphs in order, a space where there is a gap; the same glyph painted twice (for bold) is told once.
fn join(mut glyphs: Vec<Turned>) -> Option<String> {
    glyphs.sort_by(|a, b| order(a.start, b.start));
    let mut text = String::new();
    let mut last: Option<&Turned> = None;
    for glyph in &glyphs {
        let size = glyph.glyph.size();
        if let Some(last) = last {
            if last.glyph.text == glyph.glyph.text && (glyph.start - last.start).abs() < size * 0.1 {
                continue;
            }
            if glyph.start - last.end > size * SPACE && !text.ends_with(char::is_whitespace) && !glyph.glyph.blank {
                text.push(' ');
            }
        }
        text.push_str(&glyph.glyph.text);
        last = Some(glyph);
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(text: &str, x: f64, y: f64) -> Placed {
        Placed {
            text: text.to_owned(),
            blank: false,
            origin: Point::new(x, y),
            along: Vec2::new(10.0, 0.0),
            up: Vec2::new(0.0, -10.0),
            right: Vec2::new(10.0, 0.0),
            outline: true,
        }
    }

    fn down(text: &str, x: f64, y: f64) -> Placed {
        Placed {
            along: Vec2::new(0.0, 10.0),
            ..glyph(text, x, y)
        }
    }

    fn read(glyphs: Vec<Placed>) -> Vec<String> {
        in_reading_order(glyphs)
    }

    #[test]
    fn lines_run_down_the_page_however_they_were_painted() {
        let glyphs = vec![
            glyph("二", 0.0, 40.0),
            glyph("本", 20.0, 20.5),
            glyph("甲", 0.0, 20.0),
            glyph("野", 10.0, 20.0),
        ];
        assert_eq!(read(glyphs), ["甲野本", "二"]);
    }

    #[test]
    fn gaps_are_spaces_and_bold_is_told_once() {
        let glyphs = vec![glyph("甲", 0.0, 0.0), glyph("甲", 0.3, 0.0), glyph("乙", 20.0, 0.0)];
        assert_eq!(read(glyphs), ["甲 乙"]);
    }

    #[test]
    fn columns_run_from_right_to_left() {
        let glyphs = vec![down("二", 50.0, 0.0), down("一", 70.0, 0.0), down("行", 70.0, 10.0)];
        assert_eq!(read(glyphs), ["一行", "二"]);
    }
}
