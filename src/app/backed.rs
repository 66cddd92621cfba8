//! Requests that the site's own server must have signed, because the administrator demands it (`backend_key` of `[[site]]`): a page that was
//! tampered with has nothing signed, and a request that somebody overheard is not made twice.
//!
//! Who is not such a site is asked for nothing. The keys are read anew each time, so that one that was taken out opens nothing from then on.

use super::App;
use super::desk::SigningUpload;
use super::draft::small_file;
use super::failure::{Failure, FailureKind};
use super::forms::{Form, ReturnUrl};
use crate::access::{AccessError, BackendProof, Principal, SiteRequest, backend_algorithm};
use crate::der::{DigestAlgorithm, parse_public_keys};

/// Largest file of a server's keys.
const MAX_KEYS_BYTES: usize = 64 * 1024;

impl App {
    /// Goes on where the site's server signed this request, or need not.
    ///
    /// # Errors
    /// `backend_signature_missing`, `backend_signature_wrong`, `backend_time`, `backend_nonce_used`, `nonce_invalid`; `input_unreadable`,
    /// `public_keys_malformed`, `backend_key_unfit` for the configured keys; what the state refused.
    pub(super) async fn hold_to_server(
        &self,
        who: &Principal,
        upload: &SigningUpload,
        form: Option<&Form>,
    ) -> Result<(), Failure> {
        let Principal::Site { origin } = who else { return Ok(()) };
        let site = self.config().sites.iter().find(|site| site.origin == *origin);
        let Some(path) = site.and_then(|site| site.backend_key.clone()) else {
            return Ok(());
        };
        let refused = |error: AccessError| {
            log::warn!(code = "site_request_refused", site = origin.as_str(), error:%; "a request of a site was not good for its server's key");
            Failure::from(error)
        };
        let says = upload.backend.as_ref();
        let says = says.ok_or_else(|| refused(AccessError::BackendMissing))?;
        let proof = BackendProof::parse(&says.nonce, &says.time, &says.signature).map_err(refused)?;
        let keys = self
            .blocking(move || {
                let keys = parse_public_keys(&small_file(&path, MAX_KEYS_BYTES)?)?;
                match keys.iter().all(|spki| backend_algorithm(spki).is_some()) {
                    true => Ok(keys),
                    false => Err(Failure::new(FailureKind::Internal, "backend_key_unfit")
                        .with("file", path.display().to_string())),
                }
            })
            .await?;
        let sha256 = |bytes: &Vec<u8>| super::consent::input_of(&DigestAlgorithm::Sha256.digest(bytes));
        let request = SiteRequest {
            target: if form.is_some() {
                "POST /confirm"
            } else {
                "POST /v1/signings"
            },
            origin,
            manifest: upload.manifest_sha256,
            return_url: form.and_then(|form| form.return_url.as_ref().map(ReturnUrl::as_str)),
            seal: upload.seal.as_ref().map(sha256),
            documents: upload
                .documents
                .iter()
                .map(|document| document.running.sha256())
                .collect(),
        };
        let now = self.now();
        proof.check(&request, &keys, now).map_err(refused)?;
        let (origin, expires) = (origin.to_string(), proof.expires());
        let taken = self.store().write(move |tx| {
            Box::pin(async move {
                let first = tx.take_nonce(&origin, proof.nonce(), expires, now).await?;
                Ok::<_, Failure>(first)
            })
        });
        match taken.await? {
            true => Ok(()),
            false => Err(refused(AccessError::BackendNonce)),
        }
    }
}
