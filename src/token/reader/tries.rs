//! How many tries a PIN has left, asked of the card itself: VERIFY without a PIN costs none (ISO/IEC 7816-4, 11.6.6).
//!
//! Only while no login is open: to select the applet ends one. PKCS#11 knows no numbers, only warnings.

use super::kind::{CardKind, select};
use pcsc::Transaction;

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 264;

/// Where the PIN of a token is on its card.
struct Place {
    /// The token's label, as OpenSC gives it.
    label: &'static str,
    /// The applet.
    kind: CardKind,
    /// The file of the PIN (SELECT under the applet), where it has one.
    file: &'static [u8],
    /// VERIFY without data.
    verify: &'static [u8],
}

const PLACES: &[Place] = &[
    Place {
        label: "JPKI (Digital Signature PIN)",
        kind: CardKind::Jpki,
        file: &[0x00, 0xa4, 0x02, 0x0c, 0x02, 0x00, 0x1b],
        verify: &[0x00, 0x20, 0x00, 0x80],
    },
    Place {
        label: "JPKI (User Authentication PIN)",
        kind: CardKind::Jpki,
        file: &[0x00, 0xa4, 0x02, 0x0c, 0x02, 0x00, 0x18],
        verify: &[0x00, 0x20, 0x00, 0x80],
    },
];

/// Tries left of the PIN of the token with this label; `None` where the card does not tell.
pub(super) fn ask(card: &Transaction<'_>, label: &str) -> Option<u32> {
    let place = PLACES.iter().find(|place| place.label == label)?;
    let mut answer = [0; MAX_ANSWER_BYTES];
    for command in [select(place.kind)?.as_slice(), place.file] {
        let told = card.transmit(command, &mut answer).ok()?;
        told.ends_with(&[0x90, 0x00]).then_some(())?;
    }
    left(card.transmit(place.verify, &mut answer).ok()?)
}

/// 63Cx: x tries; 6983 and 6984: blocked.
fn left(answer: &[u8]) -> Option<u32> {
    match answer {
        [0x63, low] if low & 0xf0 == 0xc0 => Some(u32::from(low & 0x0f)),
        [0x69, 0x83 | 0x84] => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_tries_is_read_as_a_number() {
        assert_eq!((left(&[0x63, 0xc5]), left(&[0x63, 0xc0])), (Some(5), Some(0)));
        assert_eq!((left(&[0x69, 0x83]), left(&[0x69, 0x84])), (Some(0), Some(0)));
        for other in [&[0x90, 0x00][..], &[0x63, 0x00], &[0x63], &[], &[1, 0x63, 0xc3]] {
            assert_eq!(left(other), None, "{other:02x?}");
        }
    }
}
