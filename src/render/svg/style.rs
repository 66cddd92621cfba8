//! Numbers, transforms and the presentation of shapes. What would change the look and is not drawn here is refused by name.

use super::xml::Tag;
use super::{MAX_COORDINATE, Refused};

/// Most transforms in one list.
const MAX_TRANSFORMS: usize = 32;

/// Attributes that change no look.
const SILENT: &[&str] = &[
    "id",
    "class",
    "version",
    "baseProfile",
    "xmlns",
    "lang",
    "role",
    "tabindex",
    "transform",
    "style",
    "color",
    "overflow",
    "shape-rendering",
    "color-rendering",
    "image-rendering",
    "text-rendering",
    "pointer-events",
    "cursor",
    "vector-effect",
    "paint-order",
    "color-interpolation",
    "solid-color",
    "solid-opacity",
    "enable-background",
    "isolation",
    "mix-blend-mode",
    "white-space",
    "direction",
    "line-height",
    "letter-spacing",
    "word-spacing",
    "writing-mode",
    "text-anchor",
];
/// Of these, values that are the same as leaving them out.
const DEFAULTS: &[(&str, &str)] = &[
    ("vector-effect", "none"),
    ("paint-order", "normal"),
    ("mix-blend-mode", "normal"),
    ("stroke-dasharray", "none"),
    ("stroke-dashoffset", "0"),
    ("display", "inline"),
    ("visibility", "visible"),
    ("clip-path", "none"),
    ("mask", "none"),
    ("filter", "none"),
    ("marker", "none"),
    ("marker-start", "none"),
    ("marker-mid", "none"),
    ("marker-end", "none"),
    ("clip-rule", "nonzero"),
    ("clip-rule", "evenodd"),
    ("isolation", "auto"),
];

/// How a shape is painted (SVG 1.1, chapter 11).
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Style {
    pub(super) fill: Option<[u8; 3]>,
    pub(super) fill_opacity: f32,
    pub(super) even_odd: bool,
    pub(super) stroke: Option<[u8; 3]>,
    pub(super) stroke_opacity: f32,
    pub(super) stroke_width: f32,
    pub(super) cap: Cap,
    pub(super) join: Join,
    pub(super) miter_limit: f32,
    /// Of this element alone.
    pub(super) opacity: f32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cap {
    Butt,
    Round,
    Square,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Join {
    Miter,
    Round,
    Bevel,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            fill: Some([0; 3]),
            fill_opacity: 1.0,
            even_odd: false,
            stroke: None,
            stroke_opacity: 1.0,
            stroke_width: 1.0,
            cap: Cap::Butt,
            join: Join::Miter,
            miter_limit: 4.0,
            opacity: 1.0,
        }
    }
}

impl Style {
    /// The style of an element inside this one; `own` are its geometry's attributes.
    pub(super) fn with(mut self, tag: &Tag<'_>, own: &[&str]) -> Result<Self, Refused> {
        for (name, value) in &tag.attributes {
            if !own.contains(name) && !is_foreign(name) {
                self.set(name, value.trim())?;
            }
        }
        for declaration in tag.get("style").into_iter().flat_map(|style| style.split(';')) {
            if declaration.trim().is_empty() {
                continue;
            }
            let (name, value) = declaration.split_once(':').ok_or(Refused::Malformed)?;
            let (name, value) = (name.trim(), value.trim());
            if !name.starts_with('-') && !own.contains(&name) {
                self.set(name, value)?;
            }
        }
        Ok(self)
    }

    /// What children get.
    pub(super) fn inherited(self) -> Self {
        Self { opacity: 1.0, ..self }
    }

    /// A group that is painted as one is not drawn here.
    pub(super) fn whole_group(&self) -> Result<(), Refused> {
        if self.opacity < 1.0 {
            Err(Refused::unsupported("g opacity"))
        } else {
            Ok(())
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        let told = || Refused::unsupported(&format!("{name}=\"{value}\""));
        match name {
            "fill" => self.fill = paint(value).ok_or_else(told)?,
            "stroke" => self.stroke = paint(value).ok_or_else(told)?,
            "fill-opacity" => self.fill_opacity = share(value).ok_or_else(told)?,
            "stroke-opacity" => self.stroke_opacity = share(value).ok_or_else(told)?,
            "opacity" => self.opacity = share(value).ok_or_else(told)?,
            "fill-rule" => self.even_odd = chosen(value, &[("nonzero", false), ("evenodd", true)]).ok_or_else(told)?,
            "stroke-width" => self.stroke_width = length(value)?,
            "stroke-miterlimit" => self.miter_limit = length(value)?.max(1.0),
            "stroke-linecap" => {
                let caps = [("butt", Cap::Butt), ("round", Cap::Round), ("square", Cap::Square)];
                self.cap = chosen(value, &caps).ok_or_else(told)?;
            }
            "stroke-linejoin" => {
                let joins = [("miter", Join::Miter), ("round", Join::Round), ("bevel", Join::Bevel)];
                self.join = chosen(value, &joins).ok_or_else(told)?;
            }
            _ if DEFAULTS.contains(&(name, value)) => {}
            _ if DEFAULTS.iter().any(|(known, _)| *known == name) => return Err(told()),
            _ if SILENT.contains(&name) || name.starts_with("font") || name.starts_with("text-") => {}
            _ => return Err(told()),
        }
        Ok(())
    }
}

/// Of another namespace, or for other readers.
fn is_foreign(name: &str) -> bool {
    name.contains(':') || name.starts_with("data-") || name.starts_with("aria-")
}

fn chosen<T: Copy>(value: &str, among: &[(&str, T)]) -> Option<T> {
    among.iter().find(|(name, _)| *name == value).map(|(_, chosen)| *chosen)
}

fn share(value: &str) -> Option<f32> {
    let number: f32 = match value.strip_suffix('%') {
        Some(percent) => percent.parse::<f32>().ok()? / 100.0,
        None => value.parse().ok()?,
    };
    number.is_finite().then_some(number.clamp(0.0, 1.0))
}

/// `Some(None)`: nothing is painted; `None`: not a colour that is known here.
fn paint(value: &str) -> Option<Option<[u8; 3]>> {
    let value = value.to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        let long: String = match hex.len() {
            3 if hex.is_ascii() => hex.chars().flat_map(|c| [c, c]).collect(),
            6 => hex.to_owned(),
            _ => return None,
        };
        let bytes = hex::decode(long).ok()?;
        return Some(Some(bytes.try_into().ok()?));
    }
    if let Some(list) = value.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
        let parts: Vec<u8> = list
            .split(',')
            .map(|part| part.trim().parse().ok())
            .collect::<Option<_>>()?;
        return Some(Some(parts.try_into().ok()?));
    }
    let named = [
        ("none", None),
        ("transparent", None),
        ("currentcolor", Some([0; 3])),
        ("black", Some([0; 3])),
        ("white", Some([0xff; 3])),
        ("gray", Some([0x80; 3])),
        ("silver", Some([0xc0; 3])),
        ("red", Some([0xff, 0, 0])),
        ("maroon", Some([0x80, 0, 0])),
        ("darkred", Some([0x8b, 0, 0])),
        ("firebrick", Some([0xb2, 0x22, 0x22])),
        ("crimson", Some([0xdc, 0x14, 0x3c])),
        ("orangered", Some([0xff, 0x45, 0])),
        ("green", Some([0, 0x80, 0])),
        ("blue", Some([0, 0, 0xff])),
        ("navy", Some([0, 0, 0x80])),
        ("purple", Some([0x80, 0, 0x80])),
        ("yellow", Some([0xff, 0xff, 0])),
    ];
    chosen(&value, &named)
}

/// Numbers between spaces and commas, each within the largest coordinate.
pub(super) fn numbers(list: &str) -> Result<Vec<f32>, Refused> {
    let parts = list.split([' ', ',', '\t', '\n', '\r']).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|_| Refused::Malformed).and_then(within))
        .collect()
}

/// A length that is not negative, in user units of 1/96 inch (CSS 2.1, 4.3.2).
pub(super) fn length(value: &str) -> Result<f32, Refused> {
    let value = value.trim();
    let units = [
        ("px", 1.0),
        ("pt", 96.0 / 72.0),
        ("mm", 96.0 / 25.4),
        ("cm", 96.0 / 2.54),
        ("in", 96.0),
    ];
    let found = units
        .iter()
        .find_map(|(unit, scale)| Some((value.strip_suffix(unit)?, *scale)));
    let (number, scale) = found.unwrap_or((value, 1.0));
    let number: f32 = number.trim().parse().map_err(|_| Refused::unsupported(value))?;
    within(number * scale).and_then(|n| if n < 0.0 { Err(Refused::Malformed) } else { Ok(n) })
}

/// The number, if it is one that may be drawn with.
pub(super) fn within(number: f32) -> Result<f32, Refused> {
    if number.is_finite() && number.abs() <= MAX_COORDINATE {
        Ok(number)
    } else {
        Err(Refused::TooLarge)
    }
}

/// `[a b c d e f]` (SVG 1.1, 7.4).
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Matrix(pub(super) [f32; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// `inner` first, then `self`.
    pub(super) fn then(self, inner: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, inner.0);
        Self([
            a * g + c * h,
            b * g + d * h,
            a * i + c * j,
            b * i + d * j,
            a * k + c * l + e,
            b * k + d * l + f,
        ])
    }

    /// A `transform` attribute.
    pub(super) fn parse(list: &str) -> Result<Self, Refused> {
        let mut whole = Self::IDENTITY;
        let mut rest = list.trim();
        for _ in 0..=MAX_TRANSFORMS {
            if rest.is_empty() {
                return match whole.0.iter().all(|n| n.is_finite()) {
                    true => Ok(whole),
                    false => Err(Refused::TooLarge),
                };
            }
            let (name, after) = rest.split_once('(').ok_or(Refused::Malformed)?;
            let (arguments, after) = after.split_once(')').ok_or(Refused::Malformed)?;
            whole = whole.then(Self::one(name.trim(), &numbers(arguments)?)?);
            rest = after.trim_start_matches([' ', ',', '\t', '\n', '\r']);
        }
        Err(Refused::TooLarge)
    }

    fn one(name: &str, arguments: &[f32]) -> Result<Self, Refused> {
        let moved = |x, y| Self([1.0, 0.0, 0.0, 1.0, x, y]);
        let turned = |degrees: f32| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            Self([cos, sin, -sin, cos, 0.0, 0.0])
        };
        Ok(match (name, arguments) {
            ("matrix", [a, b, c, d, e, f]) => Self([*a, *b, *c, *d, *e, *f]),
            ("translate", [x]) => moved(*x, 0.0),
            ("translate", [x, y]) => moved(*x, *y),
            ("scale", [s]) => Self([*s, 0.0, 0.0, *s, 0.0, 0.0]),
            ("scale", [x, y]) => Self([*x, 0.0, 0.0, *y, 0.0, 0.0]),
            ("rotate", [angle]) => turned(*angle),
            ("rotate", [angle, x, y]) => moved(*x, *y).then(turned(*angle)).then(moved(-x, -y)),
            ("skewX", [angle]) => Self([1.0, 0.0, angle.to_radians().tan(), 1.0, 0.0, 0.0]),
            ("skewY", [angle]) => Self([1.0, angle.to_radians().tan(), 0.0, 1.0, 0.0, 0.0]),
            _ => return Err(Refused::Malformed),
        })
    }
}
