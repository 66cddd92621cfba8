//! Parameters of a CSC call, each read with the specification's own text for what is missing or wrong.

use super::CscError;
use crate::app::sign_hash::MAX_HASHES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Longest text, in bytes.
const MAX_TEXT_BYTES: usize = 4096;

/// The parameters.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, CscError> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        let object = serde_json::from_slice(body);
        object
            .map(Self)
            .map_err(|_| CscError::invalid("The request is not a JSON object"))
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, CscError> {
        let missing = || CscError::invalid(format!("Missing (or invalid type) string parameter {name}"));
        self.optional(name)?.ok_or_else(missing)
    }

    /// A text that may be there.
    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() <= MAX_TEXT_BYTES => Ok(Some(text)),
            Some(_) => Err(CscError::invalid(format!(
                "Missing (or invalid type) string parameter {name}"
            ))),
        }
    }

    /// Whether something stands there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|value| !value.is_null() && *value != Value::Bool(false))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(CscError::invalid(format!("Invalid parameter {name}"))),
        }
    }

    /// A list of objects that may be there.
    pub(super) fn objects(&self, name: &str, max: usize) -> Result<Option<Vec<Self>>, CscError> {
        let wrong = || CscError::invalid(format!("Missing (or invalid type) array parameter {name}"));
        let list = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(list)) if (1..=max).contains(&list.len()) => list,
            Some(_) => return Err(wrong()),
        };
        let object = |value: &Value| match value {
            Value::Object(map) => Ok(Self(map.clone())),
            _ => Err(wrong()),
        };
        list.iter().map(object).collect::<Result<_, _>>().map(Some)
    }

    /// Base64 of any length that must be there.
    pub(super) fn document(&self, name: &str) -> Result<Vec<u8>, CscError> {
        let missing = || CscError::invalid(format!("Missing (or invalid type) string parameter {name}"));
        let text = self.0.get(name).and_then(Value::as_str).ok_or_else(missing)?;
        let decoded = STANDARD.decode(text);
        decoded.map_err(|_| CscError::invalid(format!("Invalid Base64 {name} string parameter")))
    }

    /// A number that may be there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let wrong = || CscError::invalid(format!("Missing (or invalid type) integer parameter {name}"));
                value.as_u64().map(Some).ok_or_else(wrong)
            }
        }
    }

    /// The hashes under `hashes` (version 2) or `hash` (version 1); `None` when neither is there.
    pub(super) fn hashes(&self) -> Result<Option<Vec<Vec<u8>>>, CscError> {
        let Some((name, value)) = ["hashes", "hash"]
            .iter()
            .find_map(|name| Some((name, self.0.get(*name)?)))
        else {
            return Ok(None);
        };
        let Value::Array(list) = value else {
            return Err(CscError::invalid(format!(
                "Missing (or invalid type) array parameter {name}"
            )));
        };
        if list.is_empty() {
            return Err(CscError::invalid(format!("Empty {name} array")));
        }
        if list.len() > MAX_HASHES {
            return Err(CscError::invalid(format!(
                "Invalid parameter {name}: more than {MAX_HASHES}"
            )));
        }
        let decode = |value: &Value| {
            let text = value.as_str().filter(|text| text.len() <= 128);
            let hash = text.and_then(|text| STANDARD.decode(text).ok());
            hash.ok_or_else(|| CscError::invalid(format!("Invalid Base64 {name} string parameter")))
        };
        list.iter().map(decode).collect::<Result<_, _>>().map(Some)
    }

    /// The digest under `hashAlgorithmOID` (version 2) or `hashAlgo` (version 1).
    pub(super) fn hash_algorithm(&self) -> Result<Option<&str>, CscError> {
        match self.optional("hashAlgorithmOID")? {
            Some(oid) => Ok(Some(oid)),
            None => self.optional("hashAlgo"),
        }
    }

    /// Base64 that may be there.
    pub(super) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, CscError> {
        let wrong = || CscError::invalid(format!("Invalid parameter {name}"));
        let text = self.optional(name)?;
        text.map(|text| STANDARD.decode(text).map_err(|_| wrong())).transpose()
    }

    /// The certificate that `credentialID` names.
    pub(super) fn credential(&self) -> Result<[u8; 32], CscError> {
        let mut sha256 = [0; 32];
        let decoded = hex::decode_to_slice(self.text("credentialID")?, &mut sha256);
        decoded.map_err(|_| CscError::invalid("Invalid parameter credentialID"))?;
        Ok(sha256)
    }
}
