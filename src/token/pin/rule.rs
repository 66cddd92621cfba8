//! What a PIN must look like before it may cost a try, and what a Japanese keyboard makes of one.
//!
//! A card counts a PIN in the wrong case or width as a wrong one; so what cannot be right never leaves here. No PIN is kept.

use super::PinError;
use crate::secret::Pin;
use zeroize::Zeroizing;

/// From the first full-width character that has a half-width one (U+FF01) to that one.
const FULL_WIDTH: std::ops::RangeInclusive<u32> = 0xff01..=0xff5e;
const TO_HALF_WIDTH: u32 = 0xfee0;

/// The shape of a token's PIN, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinRule {
    /// 署名用パスワード of a My Number card: 6 to 16 upper-case letters and digits, at least one of each.
    JpkiSignature,
    /// 利用者証明用の暗証番号 of a My Number card: 4 digits.
    JpkiAuthentication,
    /// Whatever the token takes.
    Unknown,
}

/// How OpenSC names the tokens of a My Number card.
const KNOWN: &[(&str, PinRule)] = &[
    ("JPKI (Digital Signature PIN)", PinRule::JpkiSignature),
    ("JPKI (User Authentication PIN)", PinRule::JpkiAuthentication),
];

impl PinRule {
    /// By the token's label.
    pub fn of(label: &str) -> Self {
        let known = KNOWN.iter().find(|(name, _)| *name == label);
        known.map_or(Self::Unknown, |(_, rule)| *rule)
    }

    /// Holds a PIN against the rule. Nothing is sent anywhere.
    ///
    /// # Errors
    /// [`PinError::JpkiPassword`], [`PinError::JpkiDigits`]
    pub fn check(self, pin: &Pin) -> Result<(), PinError> {
        let pin = pin.expose();
        match self {
            Self::Unknown => Ok(()),
            Self::JpkiAuthentication if pin.len() == 4 && pin.iter().all(u8::is_ascii_digit) => Ok(()),
            Self::JpkiAuthentication => Err(PinError::JpkiDigits),
            Self::JpkiSignature => {
                let shaped = (6..=16).contains(&pin.len())
                    && pin.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
                    && pin.iter().any(u8::is_ascii_digit)
                    && pin.iter().any(u8::is_ascii_uppercase);
                shaped.then_some(()).ok_or(PinError::JpkiPassword)
            }
        }
    }
}

/// The PIN in half-width characters, when some were full-width: what an input method makes of letters and digits.
pub fn half_width(pin: &Pin) -> Option<Pin> {
    let text = std::str::from_utf8(pin.expose()).ok()?;
    if !text.chars().any(|c| FULL_WIDTH.contains(&u32::from(c))) {
        return None;
    }
    // Never grows: no half-width character is longer.
    let mut folded = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        let half = FULL_WIDTH
            .contains(&u32::from(c))
            .then(|| char::from_u32(u32::from(c) - TO_HALF_WIDTH));
        folded.push(half.flatten().unwrap_or(c));
    }
    Pin::new(std::mem::take(&mut *folded).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pin(text: &str) -> Pin {
        Pin::new(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_signing_password_is_held_against_what_the_card_takes() {
        let rule = PinRule::of("JPKI (Digital Signature PIN)");
        for good in ["ABC123", "A1B2C3D4E5F6G7H8"] {
            assert_eq!(rule.check(&pin(good)), Ok(()));
        }
        for bad in [
            "abc123",
            "ABC12",
            "ABCDEF",
            "123456",
            "ABC-123",
            "ＡＢＣ１２３",
            "A1B2C3D4E5F6G7H8I",
            "",
        ] {
            assert_eq!(rule.check(&pin(bad)), Err(PinError::JpkiPassword), "{bad}");
        }
        let rule = PinRule::of("JPKI (User Authentication PIN)");
        assert_eq!(rule.check(&pin("0123")), Ok(()));
        for bad in ["012", "01234", "012A", "０１２３"] {
            assert_eq!(rule.check(&pin(bad)), Err(PinError::JpkiDigits), "{bad}");
        }
        assert_eq!(PinRule::of("another card").check(&pin("ａ")), Ok(()));
    }

    #[test]
    fn full_width_becomes_half_width_and_nothing_else_changes() {
        assert_eq!(
            half_width(&pin("ＡＢＣ１２３!甲")).unwrap().expose(),
            "ABC123!甲".as_bytes()
        );
        assert!(half_width(&pin("ABC123")).is_none());
        assert!(half_width(&pin("あいう")).is_none());
    }

    proptest! {
        #[test]
        fn folding_is_done_once(text in "\\PC{0,40}") {
            if let Some(folded) = half_width(&pin(&text)) {
                prop_assert!(half_width(&folded).is_none());
                prop_assert_eq!(std::str::from_utf8(folded.expose()).unwrap().chars().count(), text.chars().count());
            }
        }
    }
}
