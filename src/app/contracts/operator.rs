//! The operator's signature on a contract's file: a witness signer's revision, the certificate of conclusion. Stamped where a TSA answers, checked by
//! code that did not make it.
//!
//! The intent is written before the key is asked, the outcome before anybody has the file. A stamp that cannot be had now follows as a document
//! timestamp before the contract is concluded.

use std::sync::Arc;

use crate::access::Principal;
use crate::app::App;
use crate::app::authorise;
use crate::app::choose;
use crate::app::consent;
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::extend::Sources;
use crate::app::failure::{Failure, FailureKind};
use crate::app::journal::{Intent, Journal};
use crate::app::keyring::Key;
use crate::app::prepare::Ready;
use crate::app::release;
use crate::app::sign_hash::is_over;
use crate::cms::{self, SignedAttributes, SignedData};
use crate::der::{Certificate, DigestAlgorithm, Preference, SignatureAlgorithm};
use crate::pdf::Document;
use crate::sign::{self, Request};
use crate::store::blob::{Blob, TempFile};
use crate::text::Explain;
use crate::token::Signable;
use crate::tsa::Imprint;
use crate::verify::release::Original;

/// The operator's key, open and allowed to sign once.
pub(crate) struct Operator {
    key: Arc<Key>,
    algorithm: SignatureAlgorithm,
    chain: Vec<Certificate>,
    contents_bytes: usize,
}

impl Operator {
    /// Opens the configured key and asks its policy.
    ///
    /// # Errors
    /// `operator_certificate_missing`; what the token and the key's policy say.
    pub(crate) async fn open(app: &App) -> Result<Self, Failure> {
        let key = app.key(&app.operator_certificate()?).await?;
        let entries = key.login.objects().await?;
        let algorithm = SignatureAlgorithm::for_key(key.certificate.key(), Preference::Auto)?;
        // What the key's policy forbids now may be allowed later, and the signer's act stands.
        let admitted = app.admit(key.named(), algorithm, 1).await;
        admitted.map_err(|failure| Failure::of(FailureKind::Unavailable, &failure))?;
        let chain = choose::chain(&key.certificate, &entries);
        let contents_bytes = cms::estimate_bytes(&chain, algorithm, app.token_room(&[]).await?)?;
        Ok(Self {
            key,
            algorithm,
            chain,
            contents_bytes,
        })
    }

    /// Its holder, as the certificate names them.
    pub(crate) fn name(&self) -> String {
        self.key.certificate.subject().display()
    }

    /// Signs the draft in one revision as `request` says, which gets the document and the room for its `/Contents`. `who`: for whom it signs.
    ///
    /// # Errors
    /// What the key's token, the document and the state say; a TSA that does not answer is none.
    pub(crate) async fn sign(
        &self,
        app: &App,
        who: &Principal,
        draft: Draft,
        request: impl FnOnce(&Document<'_>, usize) -> Result<Request, Failure> + Send + 'static,
    ) -> Result<Draft, Failure> {
        let original = Original {
            bytes: draft.original_bytes(),
            sha256: draft.sha256(),
        };
        let (algorithm, contents_bytes) = (self.algorithm, self.contents_bytes);
        let certificate = self.key.certificate.clone();
        let prepare = move || {
            prepare(draft, &certificate, algorithm, |document| {
                request(document, contents_bytes)
            })
        };
        let (draft, ready) = app.blocking(prepare).await?;
        let operation = crate::app::new_id();
        let inputs = [original.sha256.to_vec()];
        let shown = consent::Consent::of_hashes(&operation, who, self.key.certificate.sha256(), &inputs);
        let journal = Journal::begin(app.store(), &operation, who, &shown, app.now()).await?;
        let result = self.signed(app, &journal, (draft, original), ready).await;
        journal.close(&result, app.now()).await;
        result
    }

    async fn signed(
        &self,
        app: &App,
        journal: &Journal,
        (mut draft, original): (Draft, Original),
        mut ready: Ready,
    ) -> Result<Draft, Failure> {
        let certificate = *self.key.certificate.sha256();
        let (intent, cms) = self.value(app, journal, &ready).await?;
        ready.prepared.put_contents(&cms)?;
        let level = match stamp(app, &mut ready, &cms).await {
            Ok(()) => Level::BT,
            Err(failure) if failure.may_pass() || failure.code() == "contents_too_small" => {
                log::warn!(code = "timestamp_follows", reason = failure.code(); "a signature has no timestamp yet; a document timestamp follows before the conclusion");
                Level::BB
            }
            Err(failure) => return Err(failure),
        };
        let refused = app.refused_copies();
        let finish = move || {
            draft.append(&ready.prepared.update)?;
            let meant = (&*ready.prepared.field_name, &certificate);
            release::inspect(&draft, &original, meant, None, &refused)?;
            Ok(draft)
        };
        let draft = app.blocking(finish).await?;
        let sha256 = draft.present_sha256();
        journal
            .release(intent, (sha256, level), (None, None), app.now())
            .await?;
        Ok(draft)
    }

    /// The intent and the SignedData over what is ready.
    async fn value(&self, app: &App, journal: &Journal, ready: &Ready) -> Result<(Intent, Vec<u8>), Failure> {
        let key = &self.key;
        let digest = self.algorithm.digest().digest(ready.attributes.to_sign());
        let intents = journal
            .intend(*key.certificate.sha256(), vec![(1, digest.clone())], app.now())
            .await?;
        let intent = *intents
            .first()
            .ok_or(Failure::new(FailureKind::Internal, "internal_error"))?;
        let grant = authorise::grant(&key.certificate, self.algorithm, vec![digest]);
        let to_sign = Signable::Message(ready.attributes.to_sign());
        let value = key.login.sign(&grant, &key.info, to_sign).await.map_err(|error| {
            journal.not_signed(intent, &error);
            if is_over(&error) {
                app.drop_login(key);
            }
            Failure::from(error)
        })?;
        journal.signed(intent);
        let cms = cms::signed_data(&ready.attributes, self.algorithm, &value, &self.chain)?;
        Ok((intent, cms))
    }
}

/// Keeps a finished file of ours among the documents; its row is the caller's.
///
/// # Errors
/// `state_io`, `state_disk_full`.
pub(crate) async fn kept(app: &App, draft: Draft) -> Result<Blob, Failure> {
    // Removed at the end, where it has not become a document.
    let made = draft.into_path();
    let path = made.to_path_buf();
    let temp = app.blocking(move || Ok(TempFile::adopt(path)?)).await?;
    Ok(app.store().keep_blob(temp, u64::MAX).await?)
}

async fn stamp(app: &App, ready: &mut Ready, cms: &[u8]) -> Result<(), Failure> {
    let supply = app.supply(Level::BT, &Sources::default()).await?;
    let value = SignedData::parse(cms)?.signer()?.signature.clone();
    let stamped = app
        .timestamp(Imprint::of(DigestAlgorithm::Sha256, &value), &supply)
        .await?;
    let stamped = cms::with_timestamp(cms, &stamped.checked.token)?;
    Ok(ready.prepared.put_contents(&stamped)?)
}

fn prepare(
    mut draft: Draft,
    certificate: &Certificate,
    algorithm: SignatureAlgorithm,
    request: impl FnOnce(&Document<'_>) -> Result<Request, Failure>,
) -> Result<(Draft, Ready), Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), None)?;
    let prepared = sign::prepare(&document, &request(&document)?)?;
    let (before, after) = prepared.signed_parts();
    let digest = algorithm.digest();
    let message_digest = draft.digest(digest, [before, after])?;
    let attributes = SignedAttributes::new(digest, &message_digest, certificate)?;
    drop(document);
    drop(map);
    Ok((draft, Ready { prepared, attributes }))
}
