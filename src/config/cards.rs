//! Which cards a module serves: by answer to reset and by the token's label. Patterns of people, not of programs.

use crate::text::pattern::matches;
use std::str::FromStr;

/// Longest answer to reset (ISO/IEC 7816-3, 8.2.1), in bytes.
const MAX_ATR_BYTES: usize = 33;
/// Stands for any byte.
const ANY: &str = "..";

/// The cards of a module: all that is given. Without anything it serves those that no other module names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cards {
    /// Answers to reset.
    pub atrs: Vec<AtrPattern>,
    /// Patterns of labels of tokens; `*` stands for anything.
    pub labels: Vec<String>,
}

/// An answer to reset, with places for any byte: `3b e0 .. ff`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtrPattern(Vec<Option<u8>>);

impl Cards {
    /// `true` when no card is named.
    pub fn is_empty(&self) -> bool {
        self.atrs.is_empty() && self.labels.is_empty()
    }

    /// `true` when a card with this answer to reset is named.
    pub fn names(&self, atr: &[u8]) -> bool {
        self.atrs.iter().any(|pattern| pattern.matches(atr))
    }

    /// `true` when the token with this label on a card with this answer to reset is served.
    pub fn serves(&self, atr: &[u8], label: &str) -> bool {
        let labelled = || self.labels.iter().any(|pattern| matches(pattern, label));
        (self.atrs.is_empty() || self.names(atr)) && (self.labels.is_empty() || labelled())
    }
}

impl AtrPattern {
    fn matches(&self, atr: &[u8]) -> bool {
        let is = |(wanted, byte): (&Option<u8>, &u8)| wanted.is_none_or(|wanted| wanted == *byte);
        self.0.len() == atr.len() && self.0.iter().zip(atr).all(is)
    }
}

impl FromStr for AtrPattern {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | ':')).collect();
        let byte = |pair: &[char]| {
            let pair: String = pair.iter().collect();
            match pair.as_str() {
                ANY => Ok(None),
                hex if hex.chars().all(|c| c.is_ascii_hexdigit()) && hex.len() == 2 => {
                    u8::from_str_radix(hex, 16).map(Some).map_err(drop)
                }
                _ => Err(()),
            }
        };
        let bytes: Vec<Option<u8>> = digits.chunks(2).map(byte).collect::<Result<_, ()>>()?;
        (1..=MAX_ATR_BYTES)
            .contains(&bytes.len())
            .then_some(Self(bytes))
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_reset_is_matched_whole_and_byte_by_byte() {
        let pattern: AtrPattern = "3B E0:..ff".parse().unwrap();
        assert!(pattern.matches(&[0x3b, 0xe0, 7, 0xff]));
        for other in [
            &[0x3b, 0xe0, 7][..],
            &[0x3b, 0xe0, 7, 0xff, 0],
            &[0x3b, 0xe1, 7, 0xff],
            &[],
        ] {
            assert!(!pattern.matches(other), "{other:x?}");
        }
        for bad in ["", "3", "3b.", "3b e", "xy", "+1", &"3b".repeat(34), "甲乙"] {
            assert!(bad.parse::<AtrPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_card_is_served_when_all_that_is_given_fits() {
        let both = Cards {
            atrs: vec!["3be0".parse().unwrap()],
            labels: vec!["JPKI (*".to_owned()],
        };
        assert!(both.serves(&[0x3b, 0xe0], "JPKI (Digital Signature PIN)"));
        assert!(!both.serves(&[0x3b, 0xe0], "PIV") && !both.serves(&[0x3b], "JPKI (Digital Signature PIN)"));
        assert!(Cards::default().serves(&[], "") && !Cards::default().names(&[0x3b]));
    }
}
