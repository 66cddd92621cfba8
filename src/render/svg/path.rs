//! Geometry: path data (SVG 1.1, 8.3) and basic shapes (chapter 9) as lines and cubic curves in absolute coordinates.

use std::f32::consts::{FRAC_PI_2, TAU};

use super::Refused;
use super::style::{length, numbers, within};
use super::xml::Tag;

/// A piece of a path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Segment {
    Move([f32; 2]),
    Line([f32; 2]),
    Cubic([[f32; 2]; 3]),
    Close,
}

/// Where a quarter of a circle is drawn by one cubic curve.
const QUARTER: f32 = 0.552_284_8;

/// The attributes that give an element its shape; `None` for elements that are not drawn here.
pub(super) fn geometry(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "g" => &[],
        "path" => &["d", "pathLength"],
        "rect" => &["x", "y", "width", "height", "rx", "ry"],
        "circle" => &["cx", "cy", "r"],
        "ellipse" => &["cx", "cy", "rx", "ry"],
        "line" => &["x1", "y1", "x2", "y2"],
        "polyline" | "polygon" => &["points"],
        _ => return None,
    })
}

/// The segments of a shape, at most `room`.
pub(super) fn segments(tag: &Tag<'_>, room: usize) -> Result<Vec<Segment>, Refused> {
    let at = |name| tag.get(name).map_or(Ok(0.0), signed);
    let side = |name| tag.get(name).map_or(Ok(0.0), length);
    let found = match tag.name {
        "path" => Data::new(tag.get("d").unwrap_or_default(), room).read()?,
        "rect" => {
            let (x, y, width, height) = (at("x")?, at("y")?, side("width")?, side("height")?);
            let radius = |one: &str, other: &str| tag.get(one).or(tag.get(other)).map_or(Ok(0.0), length);
            let (rx, ry) = (
                radius("rx", "ry")?.min(width / 2.0),
                radius("ry", "rx")?.min(height / 2.0),
            );
            rounded([x, y, width, height], rx, ry)
        }
        "circle" => round([at("cx")?, at("cy")?], side("r")?, side("r")?),
        "ellipse" => round([at("cx")?, at("cy")?], side("rx")?, side("ry")?),
        "line" => vec![
            Segment::Move([at("x1")?, at("y1")?]),
            Segment::Line([at("x2")?, at("y2")?]),
        ],
        _ => polygon(tag)?,
    };
    if found.len() > room {
        Err(Refused::TooLarge)
    } else {
        Ok(found)
    }
}

fn signed(value: &str) -> Result<f32, Refused> {
    match value.trim().strip_prefix('-') {
        Some(value) => length(value).map(|n| -n),
        None => length(value),
    }
}

fn polygon(tag: &Tag<'_>) -> Result<Vec<Segment>, Refused> {
    let points = numbers(tag.get("points").unwrap_or_default())?;
    if points.len() % 2 != 0 {
        return Err(Refused::Malformed);
    }
    let corners = points.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let lines = corners.enumerate().map(|(n, point)| {
        if n == 0 {
            Segment::Move(point)
        } else {
            Segment::Line(point)
        }
    });
    let end = (tag.name == "polygon" && !points.is_empty()).then_some(Segment::Close);
    Ok(lines.chain(end).collect())
}

fn round([cx, cy]: [f32; 2], rx: f32, ry: f32) -> Vec<Segment> {
    rounded([cx - rx, cy - ry, 2.0 * rx, 2.0 * ry], rx, ry)
}

/// A rectangle whose corners are quarters of an ellipse.
fn rounded([x, y, width, height]: [f32; 4], rx: f32, ry: f32) -> Vec<Segment> {
    if width <= 0.0 || height <= 0.0 {
        return Vec::new();
    }
    let (right, bottom) = (x + width, y + height);
    if rx <= 0.0 || ry <= 0.0 {
        let corners = [[right, y], [right, bottom], [x, bottom]];
        let lines = corners.into_iter().map(Segment::Line);
        return std::iter::once(Segment::Move([x, y]))
            .chain(lines)
            .chain([Segment::Close])
            .collect();
    }
    let (kx, ky) = (rx * (1.0 - QUARTER), ry * (1.0 - QUARTER));
    vec![
        Segment::Move([x + rx, y]),
        Segment::Line([right - rx, y]),
        Segment::Cubic([[right - kx, y], [right, y + ky], [right, y + ry]]),
        Segment::Line([right, bottom - ry]),
        Segment::Cubic([[right, bottom - ky], [right - kx, bottom], [right - rx, bottom]]),
        Segment::Line([x + rx, bottom]),
        Segment::Cubic([[x + kx, bottom], [x, bottom - ky], [x, bottom - ry]]),
        Segment::Line([x, y + ry]),
        Segment::Cubic([[x, y + ky], [x + kx, y], [x + rx, y]]),
        Segment::Close,
    ]
}

/// Path data as it is read.
struct Data<'a> {
    rest: &'a str,
    room: usize,
    at: [f32; 2],
    begin: [f32; 2],
    /// The last curve's control point, mirrored by `S` (cubic) and `T` (quadratic).
    cubic: Option<[f32; 2]>,
    quadratic: Option<[f32; 2]>,
    out: Vec<Segment>,
}

impl<'a> Data<'a> {
    fn new(rest: &'a str, room: usize) -> Self {
        Self {
            rest,
            room,
            at: [0.0; 2],
            begin: [0.0; 2],
            cubic: None,
            quadratic: None,
            out: Vec::new(),
        }
    }

    fn read(mut self) -> Result<Vec<Segment>, Refused> {
        let mut command = None;
        loop {
            self.rest = self.rest.trim_start_matches([' ', ',', '\t', '\n', '\r']);
            let Some(next) = self.rest.chars().next() else {
                return Ok(self.out);
            };
            let given = next.is_ascii_alphabetic();
            if given {
                self.rest = &self.rest[1..];
                command = Some(next);
            }
            // Only the first command may be a move, and only after one may numbers stand alone.
            let now = command.ok_or(Refused::Malformed)?;
            let first_is_move = !self.out.is_empty() || matches!(now, 'M' | 'm');
            if !first_is_move || (!given && matches!(now, 'Z' | 'z')) {
                return Err(Refused::Malformed);
            }
            self.command(now)?;
            // After a move, further pairs are lines (8.3.2).
            command = match now {
                'M' => Some('L'),
                'm' => Some('l'),
                other => Some(other),
            };
            if self.out.len() > self.room {
                return Err(Refused::TooLarge);
            }
        }
    }

    fn command(&mut self, command: char) -> Result<(), Refused> {
        let from = if command.is_ascii_lowercase() {
            self.at
        } else {
            [0.0; 2]
        };
        let (cubic, quadratic) = (self.cubic.take(), self.quadratic.take());
        match command.to_ascii_uppercase() {
            'M' => {
                self.at = self.point(from)?;
                self.begin = self.at;
                self.out.push(Segment::Move(self.at));
            }
            'L' => {
                let to = self.point(from)?;
                self.line(to);
            }
            'H' => {
                let to = [within(from[0] + self.number()?)?, self.at[1]];
                self.line(to);
            }
            'V' => {
                let to = [self.at[0], within(from[1] + self.number()?)?];
                self.line(to);
            }
            'C' => {
                let points = [self.point(from)?, self.point(from)?, self.point(from)?];
                self.curve(points);
            }
            'S' => {
                let points = [mirrored(cubic, self.at), self.point(from)?, self.point(from)?];
                self.curve(points);
            }
            'Q' => {
                let (control, to) = (self.point(from)?, self.point(from)?);
                self.quadratic(control, to);
            }
            'T' => {
                let (control, to) = (mirrored(quadratic, self.at), self.point(from)?);
                self.quadratic(control, to);
            }
            'A' => self.arc(from)?,
            'Z' => {
                self.at = self.begin;
                self.out.push(Segment::Close);
            }
            other => return Err(Refused::unsupported(&other.to_string())),
        }
        Ok(())
    }

    fn line(&mut self, to: [f32; 2]) {
        self.at = to;
        self.out.push(Segment::Line(to));
    }

    fn curve(&mut self, points: [[f32; 2]; 3]) {
        (self.cubic, self.at) = (Some(points[1]), points[2]);
        self.out.push(Segment::Cubic(points));
    }

    fn quadratic(&mut self, control: [f32; 2], to: [f32; 2]) {
        let near = |end: [f32; 2]| [0, 1].map(|i| end[i] + (control[i] - end[i]) * 2.0 / 3.0);
        self.out.push(Segment::Cubic([near(self.at), near(to), to]));
        (self.quadratic, self.at) = (Some(control), to);
    }

    /// An elliptical arc as cubic curves (SVG 1.1, F.6.5).
    fn arc(&mut self, from: [f32; 2]) -> Result<(), Refused> {
        let (mut rx, mut ry) = (self.number()?.abs(), self.number()?.abs());
        let turn = self.number()?.to_radians();
        let (large, sweep) = (self.flag()?, self.flag()?);
        let to = self.point(from)?;
        if rx == 0.0 || ry == 0.0 || to == self.at {
            self.line(to);
            return Ok(());
        }
        let (sin, cos) = turn.sin_cos();
        let half = [(self.at[0] - to[0]) / 2.0, (self.at[1] - to[1]) / 2.0];
        let (x, y) = (cos * half[0] + sin * half[1], cos * half[1] - sin * half[0]);
        let stretch = (x / rx).powi(2) + (y / ry).powi(2);
        if stretch > 1.0 {
            (rx, ry) = (rx * stretch.sqrt(), ry * stretch.sqrt());
        }
        let below = (rx * y).powi(2) + (ry * x).powi(2);
        let root = (((rx * ry).powi(2) - below) / below).max(0.0).sqrt() * if large == sweep { -1.0 } else { 1.0 };
        let (cx, cy) = (root * rx * y / ry, -root * ry * x / rx);
        let angle = |x: f32, y: f32| (y / ry).atan2(x / rx);
        let start = angle(x - cx, y - cy);
        let mut span = angle(-x - cx, -y - cy) - start;
        match sweep {
            true if span < 0.0 => span += TAU,
            false if span > 0.0 => span -= TAU,
            _ => {}
        }
        let middle = [(self.at[0] + to[0]) / 2.0, (self.at[1] + to[1]) / 2.0];
        let place = |x: f32, y: f32| {
            [
                cos * (cx + rx * x) - sin * (cy + ry * y) + middle[0],
                sin * (cx + rx * x) + cos * (cy + ry * y) + middle[1],
            ]
        };
        let pieces = (span.abs() / FRAC_PI_2).ceil().clamp(1.0, 4.0);
        let step = span / pieces;
        let reach = 4.0 / 3.0 * (step / 4.0).tan();
        for n in 0..pieces as usize {
            let ((s1, c1), (s2, c2)) = (
                (start + step * n as f32).sin_cos(),
                (start + step * (n + 1) as f32).sin_cos(),
            );
            let points = [
                place(c1 - reach * s1, s1 + reach * c1),
                place(c2 + reach * s2, s2 - reach * c2),
                place(c2, s2),
            ];
            if points.iter().flatten().any(|n| within(*n).is_err()) {
                return Err(Refused::TooLarge);
            }
            self.out.push(Segment::Cubic(points));
        }
        self.at = to;
        Ok(())
    }

    fn point(&mut self, from: [f32; 2]) -> Result<[f32; 2], Refused> {
        Ok([within(from[0] + self.number()?)?, within(from[1] + self.number()?)?])
    }

    /// `0` or `1`, which need nothing between them and what follows.
    fn flag(&mut self) -> Result<bool, Refused> {
        self.rest = self.rest.trim_start_matches([' ', ',', '\t', '\n', '\r']);
        let flag = self
            .rest
            .chars()
            .next()
            .filter(|c| matches!(c, '0' | '1'))
            .ok_or(Refused::Malformed)?;
        self.rest = &self.rest[1..];
        Ok(flag == '1')
    }

    /// A number ends where no number can go on: `1.5.5-2` are three.
    fn number(&mut self) -> Result<f32, Refused> {
        self.rest = self.rest.trim_start_matches([' ', ',', '\t', '\n', '\r']);
        let bytes = self.rest.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(usize::from(matches!(bytes.first(), Some(b'+' | b'-'))));
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let power = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(power) > power {
                end = digits(power);
            }
        }
        let number: f32 = self.rest[..end].parse().map_err(|_| Refused::Malformed)?;
        self.rest = &self.rest[end..];
        within(number)
    }
}

fn mirrored(control: Option<[f32; 2]>, at: [f32; 2]) -> [f32; 2] {
    control.map_or(at, |control| [2.0 * at[0] - control[0], 2.0 * at[1] - control[1]])
}
