//! `info`: what the service is and which calls it has. Anybody may ask.

use super::{Body, CscError};
use axum::Json;
use axum::http::{HeaderMap, Uri, header};
use serde_json::{Value, json};

const METHODS: [&str; 9] = [
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "credentials/authorizeCheck",
    "credentials/extendTransaction",
    "signatures/signHash",
    "signatures/signDoc",
    "signatures/timestamp",
    "oauth2/token",
];

const SIGN_ALGORITHMS: [&str; 9] = [
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.2.840.113549.1.1.10",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.2.840.10045.4.3.4",
    "1.2.840.113549.1.1.1",
    "1.2.840.10045.2.1",
];

/// `POST /csc/{version}/info`
pub(super) async fn info(uri: Uri, headers: HeaderMap, Body(fields): Body) -> Result<Json<Value>, CscError> {
    let lang = fields.optional("lang")?.unwrap_or("ja-JP");
    let lang = if lang.starts_with("en") { "en-US" } else { "ja-JP" };
    let second = uri.path().starts_with("/csc/v2/");
    let mut answer = json!({
        "specs": if second { "2.0.0.2" } else { "1.0.4.0" },
        "name": "hankod",
        "logo": "",
        "region": "JP",
        "lang": lang,
        "description": "PAdES and raw signatures with keys in an HSM",
        "authType": ["oauth2client"],
        "oauth2": base(&headers),
        "methods": METHODS,
    });
    if second && let Value::Object(map) = &mut answer {
        map.insert("signAlgorithms".to_owned(), json!({ "algos": SIGN_ALGORITHMS }));
        map.insert(
            "signature_formats".to_owned(),
            json!({ "formats": ["P"], "envelope_properties": [["Revision"]] }),
        );
        map.insert(
            "conformance_levels".to_owned(),
            json!(["AdES-B-B", "AdES-B-T", "AdES-B-LT", "AdES-B-LTA"]),
        );
        map.insert("asynchronousOperationMode".to_owned(), json!(false));
        map.insert("validationInfo".to_owned(), json!(false));
    }
    Ok(Json(answer))
}

/// Where `/oauth2/token` is: at the name under which the client reached us. It alone reads what it said itself.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.map(|host| format!("https://{host}")).unwrap_or_default()
}
