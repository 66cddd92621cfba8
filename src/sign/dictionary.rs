//! The signature dictionary (ISO 32000-2, table 255; ETSI EN 319 142-1, clause 5.3) without `/ByteRange` and `/Contents`, and its references to transforms.
//!
//! `/DigestMethod` and `/DigestValue` are left out of references: PDF/A forbids them (ISO 19005-2, 6.1.12).

use super::request::Request;
use crate::pdf::signatures::FieldLock;
use crate::pdf::value::{Dict, ObjectId, Value};

/// `/Filter` of every signature made here.
pub(super) const FILTER: &str = "Adobe.PPKLite";
/// `/SubFilter` of document timestamps.
const TIMESTAMP_SUB_FILTER: &str = "ETSI.RFC3161";
/// `/SubFilter` of PAdES.
pub(super) const SUB_FILTER: &str = "ETSI.CAdES.detached";

/// The dictionary of a document timestamp (ETSI EN 319 142-1, 5.4.3): its time stands in the token alone.
pub(super) fn timestamp() -> Dict {
    Dict::from_pairs([
        ("Type", Value::name("DocTimeStamp")),
        ("Filter", Value::name(FILTER)),
        ("SubFilter", Value::name(TIMESTAMP_SUB_FILTER)),
    ])
}

/// The dictionary for `request`. `level`: the DocMDP level it sets; `lock`: the fields it locks; `root`: the catalog, which both transforms are about.
pub(super) fn signature(request: &Request, level: Option<u8>, lock: Option<&FieldLock>, root: ObjectId) -> Dict {
    let mut dict = Dict::from_pairs([
        ("Type", Value::name("Sig")),
        ("Filter", Value::name(FILTER)),
        ("SubFilter", Value::name(SUB_FILTER)),
    ]);
    let texts = [
        ("Name", &request.signer_name),
        ("Reason", &request.reason),
        ("Location", &request.location),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            dict.set(key, Value::text(text));
        }
    }
    dict.set("M", Value::text(&request.time.pdf_date()));
    let level = level.map(|p| {
        let parameters = Dict::from_pairs([("P", Value::int(i64::from(p)))]);
        reference("DocMDP", parameters, root)
    });
    let lock = lock.map(|lock| reference("FieldMDP", lock.entries(), root));
    let references: Vec<Value> = level.into_iter().chain(lock).collect();
    if !references.is_empty() {
        dict.set("Reference", Value::Array(references));
    }
    dict
}

fn reference(method: &str, mut parameters: Dict, root: ObjectId) -> Value {
    parameters.set("Type", Value::name("TransformParams"));
    parameters.set("V", Value::name("1.2"));
    Value::Dict(Dict::from_pairs([
        ("Type", Value::name("SigRef")),
        ("TransformMethod", Value::name(method)),
        ("TransformParams", Value::Dict(parameters)),
        ("Data", Value::Ref(root)),
    ]))
}
