//! What every call about contracts brings: who asks and from where, the conditions in its headers, its JSON body.

use super::super::Service;
use super::super::body::{self, header};
use super::super::guard::{self, Caller};
use crate::app::contracts::{Asker, Conditions};
use crate::app::sign_in::Staff;
use crate::http::error::{HttpError, Refusal};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{IF_MATCH, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderName, Uri};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who asks, and under which conditions.
pub(super) struct Asking {
    pub(super) asker: Asker,
    version: Option<i64>,
    key: Option<String>,
    target: String,
}

/// The same with a JSON body.
pub(super) struct Asked<T> {
    pub(super) asking: Asking,
    pub(super) body: T,
    digest: [u8; 32],
}

impl Asking {
    /// The conditions of a call whose body has this digest.
    pub(super) fn conditions(&self, body: &[u8]) -> Conditions {
        let digest = Sha256::new().chain_update(&self.target).chain_update(body).finalize();
        Conditions {
            version: self.version,
            once: self.key.clone().map(|key| (key, digest.into())),
        }
    }

    /// The same for a change, which must say what it changes.
    ///
    /// # Errors
    /// `if_match_missing`.
    pub(super) fn change(&self, body: &[u8]) -> Result<Conditions, Refusal> {
        let conditions = self.conditions(body);
        conditions.version.map(|_| conditions).ok_or(Refusal::NoIfMatch)
    }
}

impl<T> Asked<T> {
    /// As [`Asking::conditions`].
    pub(super) fn conditions(&self) -> Conditions {
        self.asking.conditions(&self.digest)
    }

    /// As [`Asking::change`].
    ///
    /// # Errors
    /// `if_match_missing`.
    pub(super) fn change(&self) -> Result<Conditions, Refusal> {
        self.asking.change(&self.digest)
    }
}

impl FromRequestParts<Service> for Asking {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &Service) -> Result<Self, HttpError> {
        let (ip, agent) = (guard::ip(parts), header(parts, &USER_AGENT)?);
        let asker = match (parts.extensions.get::<Staff>(), parts.extensions.get::<Caller>()) {
            (Some(staff), _) => Asker::staff(staff, ip, agent)?,
            (None, Some(caller)) => Asker::client(&caller.client.id, &caller.client.name, ip, agent)?,
            (None, None) => return Err(Refusal::MissingKey.into()),
        };
        let version = header(parts, &IF_MATCH)?.map(version).transpose()?;
        Ok(Self {
            asker,
            version,
            key: header(parts, &IDEMPOTENCY_KEY)?.map(str::to_owned),
            target: format!("{} {}\n", parts.method, target(&parts.uri)),
        })
    }
}

impl<T: DeserializeOwned> FromRequest<Service> for Asked<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, HttpError> {
        let (mut parts, body) = request.into_parts();
        let asking = Asking::from_request_parts(&mut parts, service).await?;
        let (said, bytes) = body::json(service, &parts, body).await?;
        Ok(Self {
            asking,
            body: said,
            digest: Sha256::digest(&bytes).into(),
        })
    }
}

/// `"7"`, as an ETag of ours; `*` means any version.
fn version(text: &str) -> Result<i64, Refusal> {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.and_then(|digits| digits.parse().ok()).ok_or(Refusal::BadHeader)
}

fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |whole| whole.as_str())
}
