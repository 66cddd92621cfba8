//! Which changes the signatures before them allow (ISO 32000-2, 12.8.2; EN 319 142-1). Only judges what `changes` found.

use super::changes::{Change, What};
use super::evidence::{Lock, Signature};

/// What may still be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// 1: evidence and document timestamps only; 2: also forms and signatures; 3: also annotations (Table 257).
    pub level: u8,
    /// Fields that are locked.
    pub locks: Vec<Lock>,
    /// A certification is among them: whoever certified did not leave room for fields that show something.
    pub certified: bool,
    /// Whether a signature may still certify: only the first may.
    pub may_certify: bool,
}

impl Rules {
    /// After these signatures. Without DocMDP the level is 2.
    pub fn after<'s>(signatures: impl Iterator<Item = &'s Signature>) -> Self {
        let mut rules = Self {
            level: 2,
            locks: Vec::new(),
            certified: false,
            may_certify: true,
        };
        let mut level = None;
        for signature in signatures {
            rules.may_certify = false;
            rules.certified |= signature.certifies;
            rules.locks.extend(signature.locks.iter().cloned());
            level = [level, signature.docmdp].into_iter().flatten().min();
        }
        rules.level = level.unwrap_or(2);
        rules
    }

    /// Evidence and document timestamps, nothing else.
    pub fn evidence_only() -> Self {
        Self {
            level: 1,
            locks: Vec::new(),
            certified: false,
            may_certify: false,
        }
    }

    /// Whether this change is allowed.
    pub fn allow(&self, change: &Change) -> bool {
        let locked = change
            .field
            .as_ref()
            .is_some_and(|field| self.locks.iter().any(|lock| lock.holds(field)));
        match change.what {
            What::Evidence | What::TimestampAdded | What::Metadata => true,
            What::FieldStamped => !locked,
            What::SignatureAdded | What::FieldAdded | What::FieldFilled | What::FieldUnread => {
                self.level >= 2 && !locked
            }
            What::Annotation => self.level >= 3,
            What::Certification => self.may_certify,
            What::SealAdded => self.level >= 2 && !locked && !self.certified,
            What::Covered | What::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::value::ObjectId;

    fn change(what: What, field: &str) -> Change {
        Change {
            what,
            object: ObjectId {
                number: 1,
                generation: 0,
            },
            page: None,
            field: Some(field.to_owned()),
            part: String::new(),
            old: None,
            new: None,
            look: None,
        }
    }

    #[test]
    fn levels_allow_what_table_257_says() {
        let allowed = |level, what| {
            let rules = Rules {
                level,
                locks: Vec::new(),
                certified: false,
                may_certify: false,
            };
            rules.allow(&change(what, "甲"))
        };
        for (what, from) in [
            (What::Evidence, 1),
            (What::TimestampAdded, 1),
            (What::FieldStamped, 1),
            (What::Metadata, 1),
            (What::SealAdded, 2),
            (What::Covered, 4),
            (What::SignatureAdded, 2),
            (What::FieldAdded, 2),
            (What::FieldFilled, 2),
            (What::FieldUnread, 2),
            (What::Annotation, 3),
            (What::Certification, 4),
            (What::Other, 4),
        ] {
            for level in 1..=3 {
                assert_eq!(allowed(level, what), level >= from, "{what:?} at {level}");
            }
        }
    }

    #[test]
    fn locked_fields_stay() {
        let rules = Rules {
            level: 3,
            locks: vec![Lock::Include(vec!["甲".to_owned()])],
            certified: true,
            may_certify: true,
        };
        assert!(!rules.allow(&change(What::SealAdded, "乙")), "a certified file");
        assert!(!rules.allow(&change(What::FieldFilled, "甲")));
        assert!(!rules.allow(&change(What::SignatureAdded, "甲.印")));
        assert!(rules.allow(&change(What::FieldFilled, "乙")));
        assert!(rules.allow(&change(What::TimestampAdded, "甲")));
        assert!(!rules.allow(&change(What::FieldStamped, "甲")));
    }
}
