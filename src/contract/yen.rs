//! Money: whole yen, never a fraction, never a floating-point number.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;
use super::words::fold_width;

/// An amount of 0 to [`MAX_YEN`] yen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Yen(i64);

/// Most yen: a thousand trillion, and exact in every program that reads JSON.
pub const MAX_YEN: i64 = 1_000_000_000_000_000;

impl Yen {
    /// Checks `amount`.
    ///
    /// # Errors
    /// [`Error::Yen`].
    pub fn new(amount: i64) -> Result<Self, Error> {
        (0..=MAX_YEN)
            .contains(&amount)
            .then_some(Self(amount))
            .ok_or(Error::Yen)
    }

    /// Reads what people write: `1,234,567`, `￥１２３４５６７`, `1234567円`.
    ///
    /// # Errors
    /// [`Error::Yen`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let folded = fold_width(text);
        let bare = folded.trim().trim_start_matches(['¥', '\u{ffe5}', '\\']);
        let bare = bare.strip_suffix('円').unwrap_or(bare).trim();
        let groups: Vec<&str> = bare.split(',').collect();
        let grouped =
            groups.len() == 1 || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
        let digits: String = groups.concat();
        let sane = grouped && (1..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let amount = sane.then(|| digits.parse().ok()).flatten();
        amount.ok_or(Error::Yen).and_then(Self::new)
    }

    /// The amount.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// `1,234,567円`
impl fmt::Display for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        f.write_str("円")
    }
}

impl TryFrom<i64> for Yen {
    type Error = Error;

    fn try_from(amount: i64) -> Result<Self, Error> {
        Self::new(amount)
    }
}

impl From<Yen> for i64 {
    fn from(yen: Yen) -> Self {
        yen.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for text in [
            "1234567",
            "1,234,567",
            "￥１，２３４，５６７",
            "¥1234567",
            "1,234,567円",
            " 1234567円 ",
        ] {
            assert_eq!(Yen::parse(text), Ok(Yen(1_234_567)), "{text}");
        }
        for text in [
            "",
            "円",
            "-1",
            "1.5",
            "1,23",
            "12,3456",
            ",123",
            "1e6",
            "1000000000000001",
            "99999999999999999",
        ] {
            assert_eq!(Yen::parse(text), Err(Error::Yen), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_in_groups() {
        for (amount, text) in [
            (0, "0円"),
            (999, "999円"),
            (1_000, "1,000円"),
            (1_234_567, "1,234,567円"),
        ] {
            let yen = Yen::new(amount).unwrap();
            assert_eq!(yen.to_string(), text);
            assert_eq!(Yen::parse(text), Ok(yen));
        }
        assert_eq!(serde_json::to_string(&Yen(5)).unwrap(), "5");
        assert!(serde_json::from_str::<Yen>("-5").is_err());
    }
}
