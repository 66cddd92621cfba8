//! What a signer fills in: where it stands on the page, what may be written, whether it must be.

use serde::{Deserialize, Serialize};

use super::Error;
use super::words::{Line, Lines, Name, fold_width};
use crate::clock::Day;

/// Most characters of a value.
pub const MAX_VALUE_CHARS: usize = 2_000;

/// Side of the largest page of PDF in points (ISO 32000-2, Annex C: 200 inches by a user unit of one).
const MAX_PAGE_POINTS: f32 = 14_400.0;

/// Smallest side of a field, in points.
const MIN_SIDE_POINTS: f32 = 4.0;

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 印影: the signature's own place, visible.
    Seal,
    /// 不可視署名: a signature without a picture; has no place.
    Invisible,
    /// The signer's name.
    Name,
    /// A day.
    Date,
    /// Any text.
    Text,
    /// A box to tick.
    Checkbox,
    /// A number.
    Number,
}

/// Where a field stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// By its rectangle: points from the upper left corner of the page as it is shown, pages count from 1.
    At {
        /// Page, from 1.
        page: u32,
        /// From the left edge.
        x: f32,
        /// From the upper edge.
        y: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
    },
    /// Beside a text of the document, found when the version is fixed.
    Anchor {
        /// The text; its first occurrence from the first page on.
        text: Line<100>,
        /// From the text's lower left corner to the right.
        dx: f32,
        /// And down.
        dy: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
    },
}

/// A field of a document, for one signer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Unique in the contract.
    pub number: u16,
    /// In which document.
    pub document: u16,
    /// Who fills it.
    pub signer: u16,
    /// What it takes.
    pub kind: Kind,
    /// What it is called; a screen reader says it.
    pub label: Name,
    /// Whether the signer must fill it. Signatures always are.
    pub required: bool,
    /// Where; `None` for [`Kind::Invisible`] alone.
    pub place: Option<Place>,
}

/// What a signer wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Of [`Kind::Text`] and [`Kind::Name`].
    Text(Lines<MAX_VALUE_CHARS>),
    /// Of [`Kind::Date`].
    Date(Day),
    /// Of [`Kind::Checkbox`].
    Ticked(bool),
    /// Of [`Kind::Number`]: digits with at most one point and a sign before them.
    Number(Line<40>),
}

impl Kind {
    /// A signature stands here.
    pub const fn is_signature(self) -> bool {
        matches!(self, Self::Seal | Self::Invisible)
    }
}

impl Field {
    /// Checks the field's own shape. `page_sizes`: width and height in points of each page of its document.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn check(&self, page_sizes: &[(f32, f32)]) -> Result<(), Error> {
        let good = match (&self.place, self.kind) {
            (None, kind) => kind == Kind::Invisible,
            (Some(_), Kind::Invisible) => false,
            (Some(Place::At { page, x, y, w, h }), _) => {
                let page = usize::try_from(*page)
                    .ok()
                    .and_then(|page| page_sizes.get(page.checked_sub(1)?));
                let inside = |from: f32, side: f32, edge: f32| from >= 0.0 && from + side <= edge + 0.5;
                page.is_some_and(|(width, height)| {
                    is_side(*w) && is_side(*h) && inside(*x, *w, *width) && inside(*y, *h, *height)
                })
            }
            (Some(Place::Anchor { dx, dy, w, h, .. }), _) => {
                let near = |shift: f32| shift.is_finite() && shift.abs() <= MAX_PAGE_POINTS;
                is_side(*w) && is_side(*h) && near(*dx) && near(*dy)
            }
        };
        good.then_some(()).ok_or(Error::Place(self.number))
    }

    /// Checks what a signer wrote, as text from a form: `on` and empty for a box, full width folded for days and numbers. Empty is `None`.
    ///
    /// # Errors
    /// [`Error::ValueWrong`]; [`Error::ValueMissing`] for an empty one that is required.
    pub fn read(&self, text: &str) -> Result<Option<Value>, Error> {
        let wrong = || Error::ValueWrong(self.number);
        let value = match (self.kind, text.trim()) {
            (Kind::Seal | Kind::Invisible, _) => return Err(wrong()),
            (Kind::Checkbox, "" | "off" | "false") => None,
            (Kind::Checkbox, "on" | "true") => Some(Value::Ticked(true)),
            (Kind::Checkbox, _) => return Err(wrong()),
            (_, "") => None,
            (Kind::Name | Kind::Text, text) => Some(Value::Text(Lines::new(text, "value").map_err(|_| wrong())?)),
            (Kind::Date, text) => Some(Value::Date(
                fold_width(text).replace('/', "-").parse().map_err(|_| wrong())?,
            )),
            (Kind::Number, text) => Some(Value::Number(number(text).ok_or_else(wrong)?)),
        };
        match value {
            None if self.required => Err(Error::ValueMissing(self.number)),
            value => Ok(value),
        }
    }
}

impl Value {
    /// As it is drawn on the page.
    pub fn drawn(&self) -> String {
        match self {
            Self::Text(text) => text.as_str().to_owned(),
            Self::Date(day) => day.in_japanese(),
            Self::Ticked(ticked) => if *ticked { "✓" } else { "" }.to_owned(),
            Self::Number(number) => number.as_str().to_owned(),
        }
    }
}

fn is_side(side: f32) -> bool {
    (MIN_SIDE_POINTS..=MAX_PAGE_POINTS).contains(&side)
}

fn number(text: &str) -> Option<Line<40>> {
    let folded: String = fold_width(text).chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    let bare = folded.strip_prefix('-').unwrap_or(&folded);
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let line = Line::new(&folded, "value").ok()?;
    (digits(whole) && digits(fraction)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A4: (f32, f32) = (595.3, 841.9);

    fn field(kind: Kind, place: Option<Place>) -> Field {
        Field {
            number: 7,
            document: 1,
            signer: 1,
            kind,
            label: Name::new("印", "label").unwrap(),
            required: true,
            place,
        }
    }

    fn at(page: u32, x: f32, y: f32, w: f32, h: f32) -> Option<Place> {
        Some(Place::At { page, x, y, w, h })
    }

    #[test]
    fn a_field_lies_on_its_page() {
        for place in [at(1, 0.0, 0.0, 60.0, 60.0), at(2, 535.3, 781.9, 60.0, 60.0)] {
            assert_eq!(field(Kind::Seal, place).check(&[A4, A4]), Ok(()));
        }
        for place in [
            None,
            at(0, 0.0, 0.0, 60.0, 60.0),
            at(3, 0.0, 0.0, 60.0, 60.0),
            at(1, -1.0, 0.0, 60.0, 60.0),
            at(1, 560.0, 0.0, 60.0, 60.0),
            at(1, 0.0, 0.0, 0.0, 60.0),
            at(1, f32::NAN, 0.0, 60.0, 60.0),
            at(1, 0.0, 0.0, f32::INFINITY, 60.0),
        ] {
            assert_eq!(
                field(Kind::Seal, place.clone()).check(&[A4, A4]),
                Err(Error::Place(7)),
                "{place:?}"
            );
        }
        assert_eq!(field(Kind::Invisible, None).check(&[A4]), Ok(()));
        assert!(
            field(Kind::Invisible, at(1, 0.0, 0.0, 60.0, 60.0))
                .check(&[A4])
                .is_err()
        );
    }

    #[test]
    fn values_are_of_their_kind() {
        let read = |kind, text| field(kind, None).read(text);
        assert_eq!(
            read(Kind::Date, "２０２６/１１/２３").unwrap().unwrap().drawn(),
            "2026年11月23日"
        );
        assert_eq!(
            read(Kind::Number, "－１，２３４．５").unwrap().unwrap().drawn(),
            "-1234.5"
        );
        assert_eq!(read(Kind::Checkbox, "on"), Ok(Some(Value::Ticked(true))));
        for (kind, text) in [
            (Kind::Date, "2026-02-30"),
            (Kind::Number, "1.2.3"),
            (Kind::Number, "abc"),
            (Kind::Number, "."),
            (Kind::Checkbox, "maybe"),
            (Kind::Text, "a\u{202e}b"),
            (Kind::Seal, "x"),
        ] {
            assert_eq!(read(kind, text), Err(Error::ValueWrong(7)), "{kind:?} {text}");
        }
    }

    #[test]
    fn what_is_required_may_not_be_empty() {
        for kind in [Kind::Name, Kind::Date, Kind::Text, Kind::Checkbox, Kind::Number] {
            let mut one = field(kind, None);
            assert_eq!(one.read("  "), Err(Error::ValueMissing(7)), "{kind:?}");
            one.required = false;
            assert_eq!(one.read(""), Ok(None));
        }
    }
}
