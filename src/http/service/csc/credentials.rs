//! `credentials/list` and `credentials/info`: which certificates a client may sign with, and how.

use super::{Body, CscError};
use crate::app::clients::ClientView;
use crate::app::sign_hash::{CredentialView, MAX_HASHES};
use crate::der::KeyKind;
use crate::http::service::Service;
use crate::http::service::guard::Caller;
use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Which certificates an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    None,
    Single,
    Chain,
}

/// `POST /csc/{version}/credentials/list`
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<Json<Value>, CscError> {
    // Whose credentials these are, the key says; another user's are not to be had.
    if fields.optional("userID")?.is_some() {
        return Err(CscError::invalid("userID parameter must not be present"));
    }
    let (wanted, info) = (wanted(fields.optional("certificates")?)?, fields.flag("certInfo")?);
    let with_infos = fields.flag("credentialInfo")?;
    let found = service.app.credentials(&caller.client).await?;
    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    let mut answer = json!({ "credentialIDs": ids });
    if with_infos && let Value::Object(map) = &mut answer {
        let described = |one: &CredentialView| {
            let mut described = describe(one, wanted, info);
            described.insert("credentialID".to_owned(), json!(one.id));
            Value::Object(described)
        };
        map.insert("credentialInfos".to_owned(), found.iter().map(described).collect());
    }
    Ok(Json(answer))
}

/// `POST /csc/{version}/credentials/info`
pub(super) async fn info(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<Json<Value>, CscError> {
    let id = hex::encode(fields.credential()?);
    let (wanted, info) = (wanted(fields.optional("certificates")?)?, fields.flag("certInfo")?);
    let found = find(&service, &caller.client, &id).await?;
    Ok(Json(Value::Object(describe(&found, wanted, info))))
}

/// The client's credential of this id.
pub(super) async fn find(service: &Service, client: &ClientView, id: &str) -> Result<CredentialView, CscError> {
    let found = service
        .app
        .credentials(client)
        .await?
        .into_iter()
        .find(|one| one.id == id);
    found.ok_or_else(|| CscError::invalid("Invalid parameter credentialID"))
}

fn wanted(text: Option<&str>) -> Result<Wanted, CscError> {
    match text {
        Some("none") => Ok(Wanted::None),
        None | Some("single") => Ok(Wanted::Single),
        Some("chain") => Ok(Wanted::Chain),
        Some(_) => Err(CscError::invalid("Invalid parameter certificates")),
    }
}

fn describe(one: &CredentialView, wanted: Wanted, info: bool) -> Map<String, Value> {
    let count = match wanted {
        Wanted::None => 0,
        Wanted::Single => 1,
        Wanted::Chain => one.chain.len(),
    };
    // The signer's own certificate comes first; clients rely on it.
    let certificates: Vec<String> = one.chain.iter().take(count).map(|der| STANDARD.encode(der)).collect();
    let mut cert = Map::new();
    cert.insert("status".to_owned(), json!("valid"));
    if wanted != Wanted::None {
        cert.insert("certificates".to_owned(), json!(certificates));
    }
    if info {
        let generalized = |time: &str| time.replace(['-', ':', 'T'], "");
        cert.insert("issuerDN".to_owned(), json!(one.issuer));
        cert.insert("serialNumber".to_owned(), json!(one.serial));
        cert.insert("subjectDN".to_owned(), json!(one.subject));
        cert.insert("validFrom".to_owned(), json!(generalized(&one.not_before)));
        cert.insert("validTo".to_owned(), json!(generalized(&one.not_after)));
    }
    let mut map = Map::new();
    map.insert("description".to_owned(), json!(one.name));
    map.insert("key".to_owned(), key(one.key));
    map.insert("cert".to_owned(), Value::Object(cert));
    map.insert("auth".to_owned(), json!({ "mode": "implicit" }));
    map.insert("authMode".to_owned(), json!("implicit"));
    map.insert("SCAL".to_owned(), json!("2"));
    map.insert("multisign".to_owned(), json!(MAX_HASHES));
    map.insert("lang".to_owned(), json!("ja-JP"));
    map
}

fn key(kind: KeyKind) -> Value {
    let mut key = json!({ "status": "enabled", "algo": algorithms(kind), "len": kind.bits().unwrap_or(256) });
    if let (KeyKind::Ec(curve), Value::Object(map)) = (kind, &mut key) {
        map.insert("curve".to_owned(), json!(curve.oid().to_string()));
    }
    key
}

/// The combined identifiers; clients look for these and not for the key's own.
fn algorithms(kind: KeyKind) -> Vec<&'static str> {
    match kind {
        KeyKind::Rsa { .. } => vec![
            "1.2.840.113549.1.1.11",
            "1.2.840.113549.1.1.12",
            "1.2.840.113549.1.1.13",
            "1.2.840.113549.1.1.10",
        ],
        KeyKind::Ec(_) => vec!["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"],
        _ => Vec::new(),
    }
}
