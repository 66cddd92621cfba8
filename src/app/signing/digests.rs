//! Digests of documents that stay with whoever asks: a detached CMS signature for each, by the same login, intents and grant as documents get.
//!
//! No bare signature value is given out: it would say nothing of its certificate, and whoever gets it chose every byte that was signed. Here the signed
//! attributes are always hankod's own. A server's CSC API serves clients that must have bare values.

use std::io::Write;
use std::path::Path;

use tempfile::Builder;

use super::{Run, Signed, Step};
use crate::app::choose::Signer;
use crate::app::consent::{Shown, input_of};
use crate::app::desk::{DetachedFormat, DocumentRequest, Level, OwnFile};
use crate::app::draft::not_stored;
use crate::app::failure::{Failure, FailureKind};
use crate::app::journal::Intent;
use crate::clock::Timestamp;
use crate::cms::{self, SignedAttributes, SignedData};
use crate::der::DigestAlgorithm;
use crate::token::Login;

/// One digest of a [`super::Work`].
pub(crate) struct Digested {
    /// Its name.
    pub(crate) request: DocumentRequest,
    /// The digest's own algorithm; one for all of a set.
    algorithm: DigestAlgorithm,
    /// The digest.
    pub(crate) value: Vec<u8>,
    format: DetachedFormat,
}

/// A signature that nobody has looked at yet.
pub(super) struct Detached {
    intent: Intent,
    digest: Vec<u8>,
    /// SHA-256 of the certificate that was to sign.
    signer: [u8; 32],
    cms: Vec<u8>,
}

impl Digested {
    /// From a request that was checked.
    ///
    /// # Errors
    /// `manifest_bad_digest`.
    pub(crate) fn of(request: DocumentRequest) -> Result<Self, Failure> {
        let bad = || Failure::new(FailureKind::Invalid, "manifest_bad_digest");
        let digest = request.digest.as_ref().ok_or_else(bad)?;
        Ok(Self {
            algorithm: digest.algorithm.algorithm(),
            value: digest.bytes().ok_or_else(bad)?,
            format: digest.format,
            request,
        })
    }

    /// What a consent binds of it.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            request: &self.request,
            sha256: input_of(&self.value),
            seal: None,
        }
    }

    fn attributes(&self, signer: &Signer, now: Timestamp) -> Result<SignedAttributes, cms::Error> {
        let (digest, value, certificate) = (self.algorithm, &self.value, &signer.certificate);
        match self.format {
            DetachedFormat::Cades => SignedAttributes::cades(digest, value, certificate, now),
            DetachedFormat::Pades => SignedAttributes::new(digest, value, certificate),
        }
    }
}

impl Run<'_> {
    /// Signs each digest under `login`.
    pub(super) async fn sign_digests(
        &self,
        login: &Login,
        mut signer: Signer,
        items: Vec<Digested>,
    ) -> Result<Vec<Detached>, Failure> {
        if let Some(first) = items.first() {
            let fitting = signer.algorithm.with_digest(first.algorithm);
            signer.algorithm = fitting.ok_or(Failure::new(FailureKind::Invalid, "algorithm_not_for_key"))?;
        }
        let now = self.app.now();
        let attributes = items.iter().map(|item| item.attributes(&signer, now));
        let attributes: Vec<SignedAttributes> = attributes.collect::<Result<_, _>>()?;
        let digests = attributes.iter().map(|one| signer.to_sign_digest(one)).collect();
        let (intents, grant) = self.granted(&signer, digests).await?;
        let mut made = Vec::with_capacity(items.len());
        for ((item, attributes), intent) in items.into_iter().zip(&attributes).zip(intents) {
            let cms = self.cms(login, &grant, &signer, intent, attributes).await?;
            made.push(Detached {
                intent,
                digest: item.value,
                signer: *signer.certificate.sha256(),
                cms,
            });
            self.step(Step::Signed(intent.item))?;
        }
        Ok(made)
    }

    /// Checks each signature, writes its outcome, and lets it out.
    pub(super) async fn release_detached(&self, made: Vec<Detached>) -> Result<(), Failure> {
        let last = made.last().map(|detached| detached.intent.item);
        for detached in made {
            let n = detached.intent.item;
            detached.check()?;
            self.step(Step::Checked(n))?;
            let sha256: [u8; 32] = input_of(&DigestAlgorithm::Sha256.digest(&detached.cms));
            let folder = self.app.uploads().to_owned();
            let (cms, signer, intent) = (detached.cms, detached.signer, detached.intent);
            let file = self.app.blocking(move || stored(&folder, &cms)).await?;
            let released = (sha256, Level::BB);
            self.journal
                .release(intent, released, (None, None), self.app.now())
                .await?;
            let signed = Signed {
                sha256,
                field: String::new(),
                certificate: signer,
                level: Level::BB,
                missing: Vec::new(),
                later: None,
                kept: Some(file),
            };
            self.hand_out(n, signed, Some(n) == last)?;
        }
        Ok(())
    }
}

impl Detached {
    /// Reads the signature as a stranger would: it is whole, over this digest, and by the certificate that was meant.
    fn check(&self) -> Result<(), Failure> {
        let parsed = SignedData::parse(&self.cms)?;
        let certificate = parsed.verify_signer(&self.digest)?;
        match *certificate.sha256() == self.signer {
            true => Ok(()),
            false => Err(cms::Error::SigningCertificateMismatch.into()),
        }
    }
}

fn stored(folder: &Path, bytes: &[u8]) -> Result<OwnFile, Failure> {
    let written = Builder::new()
        .prefix("signature-")
        .tempfile_in(folder)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file.into_temp_path())
        });
    Ok(written.map_err(|error| not_stored(&error))?.into())
}
