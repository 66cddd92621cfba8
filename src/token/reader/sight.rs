//! What one look at the readers shows, and what happened between two looks. No PC/SC call stands here.

use super::kind::CardKind;
use pcsc::{PNP_NOTIFICATION, ReaderState, State};

/// A reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    /// pcscd's name for it; whoever shows it makes it safe.
    pub name: String,
    /// How often a card came or went, modulo 2^16: a swap between two looks is seen by it.
    pub count: u32,
    /// Another program holds the reader for itself.
    pub taken: bool,
    /// The card in it.
    pub card: Option<Card>,
}

/// A card in a reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Its answer to reset (ISO/IEC 7816-3, 8.2). Empty: it does not answer (upside down, damaged).
    pub atr: Vec<u8>,
    /// What it is.
    pub kind: CardKind,
}

impl Reader {
    /// As a state tells it, before anybody has asked the card what it is; `None` for what is no reader (any more).
    pub(super) fn of(state: &ReaderState) -> Option<Self> {
        let told = state.event_state();
        let is_none = told.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE);
        (state.name() != PNP_NOTIFICATION() && !is_none).then(|| Self {
            name: state.name().to_string_lossy().into_owned(),
            count: state.event_count(),
            taken: told.contains(State::EXCLUSIVE),
            card: told.contains(State::PRESENT).then(|| Card {
                atr: state.atr().to_vec(),
                kind: CardKind::of_atr(state.atr()).unwrap_or(CardKind::Unknown),
            }),
        })
    }
}

/// What happened at the readers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// pcscd answers, or has stopped to.
    Service {
        /// It answers.
        up: bool,
    },
    /// A reader was plugged in.
    ReaderCame {
        /// Its name.
        reader: String,
    },
    /// A reader was unplugged.
    ReaderLeft {
        /// Its name.
        reader: String,
    },
    /// A card was put in.
    CardCame {
        /// The reader's name.
        reader: String,
        /// What it is.
        card: Card,
    },
    /// A card was pulled out, perhaps with its reader.
    CardLeft {
        /// The reader's name.
        reader: String,
    },
}

/// What happened between two looks, in an order in which it can have happened.
pub(super) fn between(before: &[Reader], now: &[Reader]) -> Vec<Happening> {
    let mut happened = Vec::new();
    for old in before {
        let new = now.iter().find(|new| new.name == old.name);
        let reader = || old.name.clone();
        if old.card.is_some() && !new.is_some_and(|new| same_card(old, new)) {
            happened.push(Happening::CardLeft { reader: reader() });
        }
        if new.is_none() {
            happened.push(Happening::ReaderLeft { reader: reader() });
        }
    }
    for new in now {
        let old = before.iter().find(|old| old.name == new.name);
        let reader = || new.name.clone();
        if old.is_none() {
            happened.push(Happening::ReaderCame { reader: reader() });
        }
        if let Some(card) = &new.card
            && !old.is_some_and(|old| same_card(old, new))
        {
            happened.push(Happening::CardCame {
                reader: reader(),
                card: card.clone(),
            });
        }
    }
    happened
}

/// The same card has been in the reader all the time.
pub(super) fn same_card(old: &Reader, new: &Reader) -> bool {
    let atr = |reader: &Reader| reader.card.as_ref().map(|card| card.atr.clone());
    old.count == new.count && atr(old) == atr(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reader(name: &str, count: u32, atr: Option<&[u8]>) -> Reader {
        Reader {
            name: name.to_owned(),
            count,
            taken: false,
            card: atr.map(|atr| Card {
                atr: atr.to_vec(),
                kind: CardKind::Unknown,
            }),
        }
    }

    fn left(name: &str) -> Happening {
        Happening::CardLeft {
            reader: name.to_owned(),
        }
    }

    #[test]
    fn a_swap_of_two_cards_of_one_make_is_seen_by_the_count() {
        let (before, now) = (reader("A", 1, Some(b"\x3b")), reader("A", 3, Some(b"\x3b")));
        let card = now.card.clone().unwrap();
        let came = Happening::CardCame {
            reader: "A".to_owned(),
            card,
        };
        let before = [before];
        assert_eq!(between(&before, &[now]), [left("A"), came]);
        assert_eq!(between(&before, &before), []);
    }

    #[test]
    fn a_card_leaves_before_its_reader_does() {
        let gone = Happening::ReaderLeft { reader: "A".to_owned() };
        assert_eq!(between(&[reader("A", 1, Some(b""))], &[]), [left("A"), gone]);
    }

    #[test]
    fn in_and_out_between_two_looks_is_nothing() {
        assert_eq!(between(&[reader("A", 0, None)], &[reader("A", 2, None)]), []);
    }

    fn seen() -> impl Strategy<Value = Vec<Reader>> {
        let one = (0..4_u8, 0..3_u32, prop::option::of(0..2_u8));
        prop::collection::vec(one, 0..5).prop_map(|seen| {
            let mut readers: Vec<Reader> = Vec::new();
            for (name, count, atr) in seen {
                let name = name.to_string();
                if !readers.iter().any(|reader| reader.name == name) {
                    readers.push(reader(&name, count, atr.map(|byte| [byte]).as_ref().map(|b| &b[..])));
                }
            }
            readers
        })
    }

    proptest! {
        #[test]
        fn whoever_follows_what_happened_knows_what_is_there(before in seen(), now in seen()) {
            let mut there: Vec<(String, Option<Card>)> =
                before.iter().map(|reader| (reader.name.clone(), reader.card.clone())).collect();
            let at = |there: &Vec<(String, Option<Card>)>, name: &str| there.iter().position(|(n, _)| n == name);
            for happening in between(&before, &now) {
                match happening {
                    Happening::ReaderCame { reader } => {
                        prop_assert!(at(&there, &reader).is_none());
                        there.push((reader, None));
                    }
                    Happening::ReaderLeft { reader } => {
                        let place = at(&there, &reader).unwrap();
                        prop_assert_eq!(&there.remove(place).1, &None);
                    }
                    Happening::CardCame { reader, card } => {
                        let place = at(&there, &reader).unwrap();
                        prop_assert_eq!(there[place].1.replace(card), None);
                    }
                    Happening::CardLeft { reader } => {
                        let place = at(&there, &reader).unwrap();
                        prop_assert!(there[place].1.take().is_some());
                    }
                    Happening::Service { .. } => prop_assert!(false),
                }
            }
            there.sort_by(|a, b| a.0.cmp(&b.0));
            let mut expected: Vec<(String, Option<Card>)> =
                now.iter().map(|reader| (reader.name.clone(), reader.card.clone())).collect();
            expected.sort_by(|a, b| a.0.cmp(&b.0));
            prop_assert_eq!(there, expected);
        }
    }
}
