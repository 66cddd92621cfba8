//! What kind of card it is: by its answer to reset, else by the applets that it lets us select.
//!
//! A table, so that another card is another row. An applet is looked for only while nobody else is connected: selecting one ends what another program has opened.

use serde::{Deserialize, Serialize};

use pcsc::{Context, Disposition, Protocols, ShareMode};
use std::ffi::CStr;

/// Longest answer to SELECT that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 264;

/// What a card is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// A My Number card with the JPKI applet (公的個人認証).
    Jpki,
    /// A card with the PIV applet (NIST SP 800-73).
    Piv,
    /// Something else, or a card that another program held when it was put in.
    Unknown,
}

/// How a kind is recognised.
struct Mark {
    kind: CardKind,
    /// Whole answers to reset.
    atrs: &'static [&'static [u8]],
    /// The applet's name (ISO/IEC 7816-4, 12.2.3).
    aid: &'static [u8],
    /// Whether the applet introduces itself when it is selected (P2 of SELECT).
    introduces: u8,
}

const MARKS: &[Mark] = &[
    Mark {
        kind: CardKind::Jpki,
        // The contact interface; over the air every card answers as its reader makes it.
        atrs: &[&[0x3b, 0xe0, 0x00, 0xff, 0x81, 0x31, 0xfe, 0x45, 0x14]],
        aid: &[0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
        introduces: 0x0c,
    },
    Mark {
        kind: CardKind::Piv,
        atrs: &[],
        aid: &[0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00],
        introduces: 0x00,
    },
];

impl CardKind {
    /// By the answer to reset alone.
    pub(super) fn of_atr(atr: &[u8]) -> Option<Self> {
        MARKS.iter().find(|mark| mark.atrs.contains(&atr)).map(|mark| mark.kind)
    }

    /// By the applets that the card in `reader` has. Somebody else's connection is left alone.
    pub(super) fn of_applets(context: &Context, reader: &CStr) -> Option<Self> {
        let card = context.connect(reader, ShareMode::Exclusive, Protocols::ANY).ok()?;
        let mut answer = [0; MAX_ANSWER_BYTES];
        let kind = MARKS.iter().find(|mark| {
            let selected = card.transmit(&select_mark(mark), &mut answer);
            selected.is_ok_and(accepted)
        });
        // Whoever comes next finds the card as it was put in.
        let _ = card.disconnect(Disposition::ResetCard);
        kind.map(|mark| mark.kind)
    }
}

/// SELECT of the kind's applet.
pub(super) fn select(kind: CardKind) -> Option<Vec<u8>> {
    MARKS.iter().find(|mark| mark.kind == kind).map(select_mark)
}

/// SELECT by name, first occurrence (ISO/IEC 7816-4, 11.2.2).
fn select_mark(mark: &Mark) -> Vec<u8> {
    let mut command = vec![0x00, 0xa4, 0x04, mark.introduces];
    // An AID has at most 16 bytes.
    command.push(u8::try_from(mark.aid.len()).unwrap_or(0));
    command.extend_from_slice(mark.aid);
    command
}

/// `true` for 9000 and 61xx.
fn accepted(answer: &[u8]) -> bool {
    matches!(answer, [.., 0x90, 0x00] | [.., 0x61, _])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_my_number_card_is_known_by_its_answer_to_reset() {
        let atr = hex::decode("3be000ff8131fe4514").unwrap();
        assert_eq!(CardKind::of_atr(&atr), Some(CardKind::Jpki));
        assert_eq!(CardKind::of_atr(&atr[..8]), None);
        assert_eq!(CardKind::of_atr(&[]), None);
    }

    #[test]
    fn a_card_that_refuses_the_name_is_not_of_that_kind() {
        assert!(accepted(&[0x90, 0x00]) && accepted(&[0x61, 0x20]) && accepted(&[1, 2, 0x90, 0x00]));
        for refusal in [&[0x6a, 0x82][..], &[0x90], &[], &[0x00, 0x90]] {
            assert!(!accepted(refusal));
        }
        assert_eq!(select(CardKind::Jpki).unwrap()[..5], [0x00, 0xa4, 0x04, 0x0c, 10]);
    }
}
