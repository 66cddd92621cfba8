//! Which module shows which card, where several see it: the one whose configuration names it, else the first of the configuration.
//!
//! A card is shown by one module only. What is no card, an HSM's token, is shown by whoever shows it.

use crate::config::Cards;
use crate::token::names_reader;
use crate::token::reader::Reader;
use crate::token::slot::{Slot, SlotState};
use std::collections::HashMap;

/// What a module has to say of a reader; the first word counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    /// A card that the configuration names for it.
    Named,
    /// A card.
    Shown,
    /// Why it cannot be read.
    Unreadable,
    /// Nothing.
    Empty,
}

/// The slots of all modules without what is shown twice. `shown` and `rules` go by module.
pub(super) fn shared(mut shown: Vec<Vec<Slot>>, rules: &[&Cards], seen: &[Reader]) -> Vec<Slot> {
    let mut first: HashMap<String, (Word, usize)> = HashMap::new();
    for (module, slots) in shown.iter().enumerate() {
        for slot in slots.iter().filter(|slot| slot.removable) {
            let (name, word) = word(slot, rules[module], seen);
            if let Some(word) = word {
                let best = first.entry(name).or_insert((word, module));
                *best = (word, module).min(*best);
            }
        }
    }
    for (module, slots) in shown.iter_mut().enumerate() {
        slots.retain(|slot| {
            let (name, word) = word(slot, rules[module], seen);
            !slot.removable || word.is_some_and(|word| first.get(&name) == Some(&(word, module)))
        });
    }
    shown.into_iter().flatten().collect()
}

/// The reader's name, and what the module has to say of it: nothing, where the card is not its own.
fn word(slot: &Slot, rule: &Cards, seen: &[Reader]) -> (String, Option<Word>) {
    let reader = seen.iter().find(|reader| names_reader(&slot.reader, &reader.name));
    let name = reader.map_or(&slot.reader, |reader| &reader.name).clone();
    let atr = reader
        .and_then(|reader| reader.card.as_ref())
        .map(|card| card.atr.as_slice());
    let word = match &slot.state {
        SlotState::Present(info) if !rule.serves(atr.unwrap_or_default(), &info.token.label) => None,
        SlotState::Present(_) if rule.is_empty() => Some(Word::Shown),
        SlotState::Present(_) => Some(Word::Named),
        SlotState::Unreadable(_) => Some(Word::Unreadable),
        SlotState::Empty => Some(Word::Empty),
    };
    (name, word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::reader::{Card, CardKind};
    use crate::token::{Error, PinState, TokenInfo, TokenRef};

    fn token(module: usize, label: &str, removable: bool) -> Slot {
        let token = TokenRef {
            module,
            slot: 1,
            label: label.to_owned(),
            serial: "1".to_owned(),
        };
        let info = TokenInfo {
            token,
            reader: "R 00".to_owned(),
            removable,
            manufacturer: String::new(),
            model: String::new(),
            initialised: true,
            login_required: true,
            protected_authentication_path: false,
            pin: PinState::Ok,
            pin_bytes: (4, 8),
        };
        slot(removable, SlotState::Present(info))
    }

    fn slot(removable: bool, state: SlotState) -> Slot {
        Slot {
            id: 1,
            reader: "R 00".to_owned(),
            removable,
            state,
        }
    }

    fn rule(atr: &[&str], labels: &[&str]) -> Cards {
        Cards {
            atrs: atr.iter().map(|atr| atr.parse().unwrap()).collect(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        }
    }

    fn seen() -> [Reader; 1] {
        let card = Card {
            atr: vec![0x3b, 0xe0],
            kind: CardKind::Unknown,
        };
        [Reader {
            name: "R 00".to_owned(),
            count: 1,
            taken: false,
            card: Some(card),
        }]
    }

    fn labels(slots: &[Slot]) -> Vec<&str> {
        fn label(slot: &Slot) -> Option<&str> {
            match &slot.state {
                SlotState::Present(info) => Some(info.token.label.as_str()),
                SlotState::Empty | SlotState::Unreadable(_) => None,
            }
        }
        slots.iter().filter_map(label).collect()
    }

    #[test]
    fn a_card_that_two_modules_see_is_the_named_ones_else_the_firsts() {
        let (any, ours) = (Cards::default(), rule(&["3b .."], &[]));
        let both = || {
            vec![
                vec![token(0, "a", true)],
                vec![token(1, "b", true), token(1, "c", true)],
            ]
        };
        assert_eq!(labels(&shared(both(), &[&any, &any], &seen())), ["a"]);
        assert_eq!(labels(&shared(both(), &[&any, &ours], &seen())), ["b", "c"]);
        let by_label = rule(&[], &["C*"]);
        assert_eq!(labels(&shared(both(), &[&any, &by_label], &seen())), ["c"]);
        let other = rule(&["3b ff"], &[]);
        assert_eq!(labels(&shared(both(), &[&other, &any], &seen())), ["b", "c"]);
        assert_eq!(labels(&shared(both(), &[&other, &other], &seen())), Vec::<&str>::new());
    }

    #[test]
    fn what_is_no_card_is_shown_by_everybody() {
        let both = vec![vec![token(0, "a", false)], vec![token(1, "a", false)]];
        assert_eq!(shared(both, &[&Cards::default(), &Cards::default()], &seen()).len(), 2);
    }

    #[test]
    fn an_empty_reader_is_one_row_and_none_beside_a_card_or_a_reason() {
        let any = Cards::default();
        let (empty, sick) = (
            slot(true, SlotState::Empty),
            slot(true, SlotState::Unreadable(Error::Timeout)),
        );
        let of = |a: &Slot, b: &Slot| shared(vec![vec![a.clone()], vec![b.clone()]], &[&any, &any], &seen());
        assert_eq!(of(&empty, &empty), std::slice::from_ref(&empty));
        assert_eq!(of(&empty, &sick), std::slice::from_ref(&sick));
        assert_eq!(labels(&of(&sick, &token(1, "b", true))), ["b"]);
        assert_eq!(of(&sick, &token(1, "b", true)).len(), 1);
    }
}
