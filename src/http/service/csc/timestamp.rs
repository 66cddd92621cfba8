//! `signatures/timestamp`: a timestamp (RFC 3161) from the configured authorities, checked before it is handed on.

use super::{Body, CscError};
use crate::app::sign_hash::digest_of;
use crate::http::service::Service;
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Longest nonce, in bytes.
const NONCE_BYTES: usize = 8;

/// `POST /csc/{version}/signatures/timestamp`
pub(super) async fn timestamp(State(service): State<Service>, Body(fields): Body) -> Result<Json<Value>, CscError> {
    let wrong = |name: &str| CscError::invalid(format!("Invalid parameter {name}"));
    let hash = STANDARD.decode(fields.text("hash")?);
    let hash = hash.map_err(|_| CscError::invalid("Invalid Base64 hash string parameter"))?;
    let digest = digest_of(fields.text("hashAlgo")?).ok_or_else(|| wrong("hashAlgo"))?;
    if hash.len() != digest.bytes() {
        return Err(CscError::invalid("Invalid digest value length"));
    }
    let nonce = fields.optional("nonce")?;
    let nonce = nonce
        .map(|text| nonce_of(text).ok_or_else(|| wrong("nonce")))
        .transpose()?;
    let token = service.app.timestamp_of(digest, hash, nonce).await?;
    Ok(Json(json!({ "timestamp": STANDARD.encode(token) })))
}

/// A number in hexadecimal.
fn nonce_of(text: &str) -> Option<[u8; NONCE_BYTES]> {
    let digits = (1..=2 * NONCE_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let number = u64::from_str_radix(text, 16).ok().filter(|_| digits)?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_a_number_in_hexadecimal() {
        assert_eq!(nonce_of("ff01"), Some([0, 0, 0, 0, 0, 0, 0xff, 1]));
        assert_eq!(nonce_of("ffffffffffffffff"), Some([0xff; 8]));
        for wrong in ["", "+1", "0x1", "fffffffffffffffff", "g"] {
            assert_eq!(nonce_of(wrong), None, "{wrong}");
        }
    }
}
