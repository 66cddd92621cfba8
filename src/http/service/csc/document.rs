//! `signatures/signDoc`: whole documents, as PAdES. Digests of documents and other formats are refused with CSC's words.

use super::fields::Fields;
use super::{CscError, LargeBody};
use crate::app::desk::Level;
use crate::app::sign_document::{DocumentSet, MAX_DOCUMENTS};
use crate::app::sign_hash::algorithm;
use crate::http::service::Service;
use crate::http::service::guard::Caller;
use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// `POST /csc/{version}/signatures/signDoc`
pub(super) async fn sign_doc(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    LargeBody(fields): LargeBody,
) -> Result<Json<Value>, CscError> {
    let (certificate, sad) = (fields.credential()?, fields.text("SAD")?.to_owned());
    match fields.optional("operationMode")? {
        None | Some("S") => {}
        Some(_) => return Err(CscError::invalid("Invalid parameter operationMode")),
    }
    for refused in ["documentDigests", "returnValidationInfo"] {
        if fields.has(refused) {
            return Err(CscError::invalid(format!("Invalid parameter {refused}")));
        }
    }
    let missing = || CscError::invalid("Missing (or invalid type) array parameter documents");
    let given = fields.objects("documents", MAX_DOCUMENTS)?.ok_or_else(missing)?;
    let (level, named) = how(&given[0])?;
    let mut documents = Vec::with_capacity(given.len());
    for one in &given {
        // One login, one level, one algorithm: what differs belongs into another call.
        if how(one)? != (level, named) {
            return Err(CscError::invalid("Invalid parameter documents"));
        }
        documents.push(one.document("document")?);
    }
    let set = DocumentSet {
        certificate,
        algorithm: named,
        level,
        documents,
    };
    let signed = service.app.sign_documents_activated(&caller.client, &sad, set).await?;
    let signed: Vec<String> = signed.iter().map(|one| STANDARD.encode(one)).collect();
    Ok(Json(json!({ "DocumentWithSignature": signed })))
}

fn how(document: &Fields) -> Result<(Level, crate::der::SignatureAlgorithm), CscError> {
    if document.text("signature_format")? != "P" {
        return Err(CscError::invalid("Invalid parameter signature_format"));
    }
    let level = match document
        .optional("conformance_level")?
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("ades-b-b" | "ades-b") => Level::BB,
        Some("ades-b-t") => Level::BT,
        Some("ades-b-lt") => Level::BLt,
        Some("ades-b-lta") => Level::BLta,
        Some(_) => return Err(CscError::invalid("Invalid parameter conformance_level")),
    };
    match document.optional("signed_envelope_property")? {
        None | Some("Revision") => {}
        Some(_) => return Err(CscError::invalid("Invalid parameter signed_envelope_property")),
    }
    let parameters = document.bytes("signAlgoParams")?;
    let named = algorithm(
        document.text("signAlgo")?,
        parameters.as_deref(),
        document.hash_algorithm()?,
    )?;
    Ok((level, named))
}
