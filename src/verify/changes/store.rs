//! The document security store (ETSI EN 319 142-1, 5.4.2): it may grow at any time. What stands in it is judged elsewhere.

use super::{Compare, What};
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
            if open && (before.contains(&id) || self.is_new(id)?) {
                self.explained.insert(id);
                grew.get_or_insert(id);
            }
        }
        if let Some(id) = grew {
            self.note(What::Evidence, id, None, "/DSS");
        }
        Ok(())
    }
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
