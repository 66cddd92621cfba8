//! `credentials/authorize`, `credentials/extendTransaction` and `signatures/signHash`: activation data bound to hashes (SCAL2), then the signatures.

use super::fields::Fields;
use super::{Body, CscError};
use crate::app::sad::{Activation, SAD_LIFE};
use crate::app::sign_hash::{HashRequest, algorithm};
use crate::http::service::Service;
use crate::http::service::guard::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// `POST /csc/{version}/credentials/authorize`
pub(super) async fn authorize(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<(StatusCode, Json<Value>), CscError> {
    let certificate = fields.credential()?;
    let number = fields.number("numSignatures")?;
    let number =
        number.ok_or_else(|| CscError::invalid("Missing (or invalid type) integer parameter numSignatures"))?;
    // SCAL2: a right without its hashes is none.
    let hashes = fields.hashes()?.ok_or_else(missing_hashes)?;
    if number != hashes.len() as u64 {
        return Err(CscError::invalid("Invalid value for parameter numSignatures"));
    }
    let activation = service.app.activate(&caller.client, certificate, hashes).await?;
    Ok(told(activation))
}

/// `POST /csc/v2/credentials/authorizeCheck`: whether a second person has agreed to what `authorize` was asked for.
pub(super) async fn authorize_check(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<(StatusCode, Json<Value>), CscError> {
    let handle = fields.text("handle")?;
    let activation = service.app.activate_approved(&caller.client, handle).await?;
    Ok(told(activation))
}

/// `POST /csc/{version}/credentials/extendTransaction`
pub(super) async fn extend(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<Json<Value>, CscError> {
    let (certificate, sad) = (fields.credential()?, fields.text("SAD")?);
    let hashes = fields.hashes()?;
    let next = service
        .app
        .extend_activation(&caller.client, sad, &certificate, hashes.as_deref())?;
    Ok(activated(next))
}

/// `POST /csc/{version}/signatures/signHash`
pub(super) async fn sign_hash(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Body(fields): Body,
) -> Result<Json<Value>, CscError> {
    let (request, sad) = (request(&fields)?, fields.text("SAD")?);
    match fields.optional("operationMode")? {
        None | Some("S") => {}
        Some(_) => return Err(CscError::invalid("Invalid parameter operationMode")),
    }
    let signatures = service.app.sign_activated(&caller.client, sad, request).await?;
    let signatures: Vec<String> = signatures.iter().map(|one| STANDARD.encode(one)).collect();
    Ok(Json(json!({ "signatures": signatures })))
}

fn request(fields: &Fields) -> Result<HashRequest, CscError> {
    let certificate = fields.credential()?;
    let hashes = fields.hashes()?.ok_or_else(missing_hashes)?;
    let parameters = fields.bytes("signAlgoParams")?;
    let algorithm = algorithm(
        fields.text("signAlgo")?,
        parameters.as_deref(),
        fields.hash_algorithm()?,
    )?;
    let bytes = algorithm.digest().bytes();
    match hashes.iter().all(|hash| hash.len() == bytes) {
        true => Ok(HashRequest {
            certificate,
            algorithm,
            hashes,
        }),
        false => Err(CscError::invalid("Invalid digest value length")),
    }
}

fn missing_hashes() -> CscError {
    CscError::invalid("Missing (or invalid type) array parameter hash")
}

fn told(activation: Activation) -> (StatusCode, Json<Value>) {
    match activation {
        Activation::Ready(sad) => (StatusCode::OK, activated(sad)),
        Activation::Waits(handle) => (StatusCode::ACCEPTED, Json(json!({ "handle": handle }))),
    }
}

fn activated(sad: String) -> Json<Value> {
    Json(json!({ "SAD": sad, "expiresIn": SAD_LIFE.as_secs() }))
}
