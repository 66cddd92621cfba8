//! The document security store (ETSI EN 319 142-1, 5.4.2): it may grow at any time. What stands in it is judged elsewhere.

use super::{Compare, What, differing};
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{Document, Error};
use crate::verify::evidence;
use std::collections::BTreeSet;

const LISTS: &[&str] = &["Certs", "OCSPs", "CRLs", "Cert", "OCSP", "CRL"];

impl Compare<'_, '_> {
    pub(super) fn store(&mut self) -> Result<(), Error> {
        let (before, after) = (objects(self.old)?, objects(self.new)?);
        let root = self.new.root_id();
        let had = self.old.catalog()?.get("DSS").is_some();
        if had && self.new.catalog()?.get("DSS").is_none() {
            self.other(root, "/DSS removed");
        }
        let mut grew = None;
        for id in after {
            let open = self.changed.contains(&id) && !self.explained.contains(&id);
            if open && (before.contains(&id) && self.only_grew(id)? || self.is_new(id)?) {
                self.explained.insert(id);
                self.once(Some(id), 1)?;
                grew.get_or_insert(id);
            }
        }
        if let Some(id) = grew {
            self.note(What::Evidence, id, None, "/DSS");
        }
        Ok(())
    }

    /// An object of the store may get entries of a store; what it holds stays.
    fn only_grew(&self, id: ObjectId) -> Result<bool, Error> {
        let (before, after) = (self.old.get_plain(id)?, self.new.get_plain(id)?);
        if before.stream.is_some() || after.stream.is_some() {
            return self.same(id);
        }
        Ok(match (&before.value, &after.value) {
            (Value::Array(_), Value::Array(_)) => true,
            (Value::Dict(before), Value::Dict(after)) => differing(before, after).iter().all(|key| {
                LISTS.contains(&key.as_str()) || ["VRI", "TU", "TS", "Type"].contains(&key.as_str()) || is_digest(key)
            }),
            _ => false,
        })
    }
}

/// A key of /VRI: the SHA-1 of a signature in hexadecimal.
fn is_digest(key: &str) -> bool {
    key.len() == 40 && key.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The objects that the store consists of.
fn objects(document: &Document<'_>) -> Result<BTreeSet<ObjectId>, Error> {
    let mut found = BTreeSet::new();
    let catalog = document.catalog()?;
    let Some(store) = dictionary(document, &catalog, "DSS", &mut found)? else {
        return Ok(found);
    };
    lists(document, &store, &mut found)?;
    if let Some(by_signature) = dictionary(document, &store, "VRI", &mut found)? {
        for (_, entry) in by_signature.iter() {
            found.extend(entry.as_ref());
            if let Value::Dict(entry) = document.resolve(entry)? {
                lists(document, &entry, &mut found)?;
                found.extend(entry.get("TS").and_then(Value::as_ref));
            }
        }
    }
    Ok(found)
}

fn dictionary(
    document: &Document<'_>,
    dict: &Dict,
    key: &str,
    found: &mut BTreeSet<ObjectId>,
) -> Result<Option<Dict>, Error> {
    found.extend(dict.get(key).and_then(Value::as_ref));
    Ok(evidence::entry(document, dict, key)?.as_dict().cloned())
}

fn lists(document: &Document<'_>, dict: &Dict, found: &mut BTreeSet<ObjectId>) -> Result<(), Error> {
    for key in LISTS {
        found.extend(dict.get(key).and_then(Value::as_ref));
        let list = evidence::entry(document, dict, key)?;
        found.extend(list.as_array().unwrap_or_default().iter().filter_map(Value::as_ref));
    }
    Ok(())
}
