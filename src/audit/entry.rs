//! One entry: its canonical bytes and its hash, as `docs/audit-format.md` promises them.
//!
//! The bytes are RFC 8785 JSON restricted to what cannot be written in two ways: names of `a-z 0-9 _`, text, whole numbers, booleans, lists of text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{AuditError, Kind};
use crate::clock::Timestamp;
use crate::store::{HASH_BYTES, Head, Sealed};

/// Largest entry, in bytes.
pub const MAX_ENTRY_BYTES: usize = 64 * 1024;

/// The format's number, in every entry.
const FORMAT: u64 = 1;

/// Numbers beyond this are not exact in every JSON reader (RFC 8785, 3.2.2.3).
const MAX_NUMBER: i64 = (1 << 53) - 1;

/// What an event adds: name -> value.
pub type Details = BTreeMap<String, Value>;

/// A detail's value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`
    Flag(bool),
    /// A whole number between -(2^53-1) and 2^53-1.
    Number(i64),
    /// Text.
    Text(String),
    /// A list of text.
    List(Vec<String>),
}

/// Something that happened and is to be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    at: Timestamp,
    kind: Kind,
    actor: String,
    subject: String,
    details: Details,
}

/// An entry as it stands in the chain; the fields are the format's, in its order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Who did it: a principal's text.
    pub actor: String,
    /// More, by kind.
    pub details: Details,
    /// [`Kind::name`]; kinds of later versions are read too.
    pub kind: String,
    /// From 1.
    pub seq: u64,
    /// To what: an id.
    pub subject: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The format's number: 1.
    pub v: u64,
}

impl Event {
    /// Something that `actor` (a principal's text) did to `subject` (an id; empty when there is none).
    pub fn new(at: Timestamp, kind: Kind, actor: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            actor: actor.into(),
            subject: subject.into(),
            details: Details::new(),
        }
    }

    /// Adds a detail. Names are `a-z 0-9 _`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Refuses what has no canonical form or no room.
    pub(super) fn check(&self) -> Result<(), AuditError> {
        let plain = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let in_range = |n: i64| (-MAX_NUMBER..=MAX_NUMBER).contains(&n);
        let numbers = self.details.values().all(|v| match v {
            Value::Number(n) => in_range(*n),
            Value::Flag(_) | Value::Text(_) | Value::List(_) => true,
        });
        let reason = match () {
            () if !self.details.keys().all(|name| plain(name)) => "name of a detail",
            () if !numbers || !in_range(self.at.micros()) => "number out of range",
            () if self.entry(u64::MAX).bytes().len() > MAX_ENTRY_BYTES => "too large",
            () => return Ok(()),
        };
        Err(AuditError::Format { reason })
    }

    /// The entry that follows `before`.
    pub(super) fn seal(&self, before: &Head) -> Sealed {
        let bytes = self.entry(before.seq + 1).bytes();
        Sealed {
            at: self.at,
            kind: self.kind.name(),
            hash: chain_hash(&before.hash, &bytes),
            bytes,
        }
    }

    fn entry(&self, seq: u64) -> Entry {
        Entry {
            actor: self.actor.clone(),
            details: self.details.clone(),
            kind: self.kind.name().to_owned(),
            seq,
            subject: self.subject.clone(),
            time: self.at.micros(),
            v: FORMAT,
        }
    }
}

impl Entry {
    /// Reads canonical bytes; `None` for bytes that are not exactly what [`Self::bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return None;
        }
        let entry: Self = serde_json::from_slice(bytes).ok()?;
        (entry.v == FORMAT && entry.bytes() == bytes).then_some(entry)
    }

    /// The canonical bytes.
    #[expect(
        clippy::expect_used,
        reason = "text and whole numbers under text names always serialize"
    )]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an entry is text and whole numbers")
    }
}

/// The hash of an entry: SHA-256 over the 32 bytes of the previous entry's hash (zeros before the first) and the entry's bytes.
pub fn chain_hash(prev: &[u8; HASH_BYTES], bytes: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::new().chain_update(prev).chain_update(bytes).finalize().into()
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// A digest, as lower-case hexadecimal text.
impl From<&[u8; 32]> for Value {
    fn from(digest: &[u8; 32]) -> Self {
        Self::Text(hex::encode(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> Event {
        Event::new(
            Timestamp::from_micros(1_795_399_200_000_001),
            Kind::PairingCreated,
            "site:https://a.example",
            "p1",
        )
        .with("unattended", false)
        .with("count", 3_u32)
        .with("text", "契約\"\\\n\u{1}\u{7f}")
        .with("list", vec!["b".to_owned(), "a".to_owned()])
    }

    #[test]
    fn the_bytes_are_those_that_were_promised() {
        let sealed = event().seal(&Head::EMPTY);
        assert_eq!(
            String::from_utf8(sealed.bytes).unwrap(),
            "{\"actor\":\"site:https://a.example\",\"details\":{\"count\":3,\"list\":[\"b\",\"a\"],\
             \"text\":\"契約\\\"\\\\\\n\\u0001\u{7f}\",\"unattended\":false},\"kind\":\"pairing_created\",\"seq\":1,\
             \"subject\":\"p1\",\"time\":1795399200000001,\"v\":1}"
        );
        // Computed apart from this code: printf '%064d' 0 | xxd -r -p | cat - bytes | sha256sum
        assert_eq!(
            hex::encode(sealed.hash),
            "f8afee003d18acbf1f4376785f3644ed63ef7de8f5fde4176b3ace8d8ea01ecf"
        );
    }

    #[test]
    fn what_has_no_canonical_form_is_refused() {
        let reason = |event: Event| match event.check() {
            Err(AuditError::Format { reason }) => reason,
            other => panic!("{other:?}"),
        };
        assert!(event().check().is_ok());
        assert_eq!(reason(event().with("Name", 1_u32)), "name of a detail");
        assert_eq!(reason(event().with("", 1_u32)), "name of a detail");
        assert_eq!(reason(event().with("n", MAX_NUMBER + 1)), "number out of range");
        assert_eq!(reason(event().with("n", "x".repeat(MAX_ENTRY_BYTES))), "too large");
    }

    #[test]
    fn other_bytes_for_the_same_content_are_no_entry() {
        let bytes = event().entry(7).bytes();
        assert_eq!(Entry::parse(&bytes).unwrap().seq, 7);
        let text = String::from_utf8(bytes).unwrap();
        for other in [
            text.replace("\"seq\":7", "\"seq\": 7"),
            text.replace("契", "\\u5951"),
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("\"v\":1", "\"v\":1,\"w\":1"),
        ] {
            assert_eq!(Entry::parse(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_event_is_read_back(actor in ".*", subject in ".*", text in ".*", number in -MAX_NUMBER..=MAX_NUMBER, at in 0..MAX_NUMBER) {
            let event = Event::new(Timestamp::from_micros(at), Kind::LoginDone, actor, subject).with("t", text).with("n", number);
            let entry = event.entry(3);
            prop_assert_eq!(Entry::parse(&entry.bytes()), Some(entry));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::parse(&bytes);
        }
    }
}
