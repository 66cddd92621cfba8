//! The document security store (ISO 32000-2, 12.8.4.3; ETSI EN 319 142-1, 5.4.2): certificates, OCSP responses and CRLs that outlive their servers.
//!
//! VRI dictionaries of others are read and never written: what they hold is found without them. Nothing here judges what is stored.

use super::document::Document;
use super::error::Error;
use super::field::entry;
use super::revision::{Place, RevisionWriter};
use super::value::{Dict, ObjectId, Value};

/// Most entries of one kind that are read.
pub const MAX_ENTRIES: usize = 1_000;
/// Most bytes of all entries together that are read or written.
pub const MAX_TOTAL_BYTES: usize = 64 * 1024 * 1024;

/// Names in the DSS and, for the same kinds, in a VRI dictionary.
const KINDS: [(&str, &str); 3] = [("Certs", "Cert"), ("OCSPs", "OCSP"), ("CRLs", "CRL")];

/// Validation data, each piece once, DER as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dss {
    /// X.509 certificates.
    pub certificates: Vec<Vec<u8>>,
    /// OCSPResponses (RFC 6960).
    pub ocsps: Vec<Vec<u8>>,
    /// CertificateLists (RFC 5280).
    pub crls: Vec<Vec<u8>>,
}

impl Dss {
    fn kinds(&self) -> [&Vec<Vec<u8>>; 3] {
        [&self.certificates, &self.ocsps, &self.crls]
    }

    fn kinds_mut(&mut self) -> [&mut Vec<Vec<u8>>; 3] {
        [&mut self.certificates, &mut self.ocsps, &mut self.crls]
    }
}

/// Everything in the document's DSS; empty when there is none.
///
/// # Errors
/// [`Error::TooLarge`] beyond [`MAX_ENTRIES`] or [`MAX_TOTAL_BYTES`], and what is damaged.
pub fn read(document: &Document<'_>) -> Result<Dss, Error> {
    let mut found = Dss::default();
    let Value::Dict(store) = entry(document, &document.catalog()?, "DSS")? else {
        return Ok(found);
    };
    let mut reader = Reader {
        document,
        total_bytes: 0,
        seen: Vec::new(),
    };
    for ((key, _), list) in KINDS.iter().zip(found.kinds_mut()) {
        reader.take(&entry(document, &store, key)?, list)?;
    }
    if let Value::Dict(related) = entry(document, &store, "VRI")? {
        if related.iter().count() > MAX_ENTRIES {
            return Err(Error::TooLarge { what: "DSS" });
        }
        for (_, one) in related.iter() {
            let Value::Dict(one) = document.resolve(one)? else {
                continue;
            };
            for ((_, key), list) in KINDS.iter().zip(found.kinds_mut()) {
                reader.take(&entry(document, &one, key)?, list)?;
            }
        }
    }
    Ok(found)
}

/// The update that adds to the document's DSS what of `wanted` is not in it; `None` when all of it is. Entries that are there stay.
///
/// # Errors
/// As [`read`], and what cannot be written.
pub fn update(document: &Document<'_>, wanted: &Dss) -> Result<Option<Vec<u8>>, Error> {
    let present = read(document)?;
    let total: usize = wanted.kinds().iter().flat_map(|list| list.iter()).map(Vec::len).sum();
    if total > MAX_TOTAL_BYTES {
        return Err(Error::TooLarge { what: "DSS" });
    }
    let mut revision = RevisionWriter::new(document);
    let catalog = Place::object(document.root_id());
    // Everything that will change is read before a number is given away.
    let mut store = revision.enter(&catalog, "DSS")?;
    for (key, _) in KINDS {
        revision.enter(&store, key)?;
    }
    if revision.value(&store)?.as_dict().is_none() {
        let made = revision.add(Value::Dict(Dict::from_pairs([("Type", Value::name("DSS"))])))?;
        revision.edit(&catalog)?.set("DSS", Value::Ref(made));
        store = Place::object(made);
    }
    let mut added = false;
    for ((key, _), (wanted, present)) in KINDS.iter().zip(wanted.kinds().into_iter().zip(present.kinds())) {
        let list = revision.enter(&store, key)?;
        for (at, one) in wanted.iter().enumerate() {
            if present.contains(one) || wanted[..at].contains(one) {
                continue;
            }
            let id = revision.fresh()?;
            revision.put_stream(id, Dict::new(), one.clone())?;
            revision.append(&list, Value::Ref(id))?;
            added = true;
        }
    }
    match added {
        true => Ok(Some(revision.finish()?.bytes)),
        false => Ok(None),
    }
}

struct Reader<'d, 'a> {
    document: &'d Document<'a>,
    total_bytes: usize,
    seen: Vec<ObjectId>,
}

impl Reader<'_, '_> {
    fn take(&mut self, streams: &Value, list: &mut Vec<Vec<u8>>) -> Result<(), Error> {
        for id in streams.as_array().unwrap_or_default().iter().filter_map(Value::as_ref) {
            if self.seen.contains(&id) {
                continue;
            }
            self.seen.push(id);
            let loaded = self.document.get(id)?;
            if loaded.stream.is_none() {
                continue;
            }
            let data = self.document.stream_data(id, &loaded)?;
            self.total_bytes += data.len();
            if list.len() == MAX_ENTRIES || self.total_bytes > MAX_TOTAL_BYTES {
                return Err(Error::TooLarge { what: "DSS" });
            }
            if !list.contains(&data) {
                list.push(data);
            }
        }
        Ok(())
    }
}
