//! A party signer's document after it was taken: its timestamp goes into the room that is left in the signature, then the contract knows that it is
//! signed, and the next signers are asked.
//!
//! Until the stamp is in, or cannot be had now, nobody signs that document after it. Where there is no room, or no TSA answers, a document
//! timestamp follows before the conclusion.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::witness::{is_over, signed};
use super::{Answer, Job, Next};
use crate::app::App;
use crate::app::contracts::kept;
use crate::app::contracts::party::{identity, own_signature, signature_name};
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::extend::Sources;
use crate::app::failure::{Failure, FailureKind};
use crate::der::{Certificate, DigestAlgorithm};
use crate::pdf::Document;
use crate::sign;
use crate::store::blob::Blob;
use crate::store::{Consent, ContractRow, Version, VersionKind};
use crate::text::Explain;
use crate::tsa::Imprint;
use crate::verify::file;

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The document gets its timestamp.
    Stamp,
    /// The contract knows it.
    Finish,
}

/// Whose signature in which document. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The contract.
    contract: String,
    /// The signer's number.
    signer: u16,
    /// Of which request.
    request: u32,
    /// The document's number.
    document: u16,
}

impl Step {
    const ALL: [Self; 2] = [Self::Stamp, Self::Finish];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stamp => "stamp",
            Self::Finish => "finish",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Payload {
    /// The job of this document.
    pub(crate) fn of(contract: &str, signer: u16, request: u32, document: u16) -> Self {
        Self {
            contract: contract.to_owned(),
            signer,
            request,
            document,
        }
    }

    /// Names the work: a document is taken from a signer once.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.contract, self.signer, self.request, self.document)
    }

    /// `None` for what is no payload of that version.
    pub(super) fn parse(version: u32, json: &str) -> Option<Self> {
        match version {
            VERSION => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Which contract, for people.
    pub(super) fn file(&self) -> String {
        self.contract.clone()
    }

    fn at(self, step: Step) -> Next {
        Next::Step(Box::new(Job::Party(step, self)))
    }
}

/// Does a step's work.
pub(super) async fn run(app: &App, step: Step, payload: Payload) -> Result<Answer, Failure> {
    let unreadable = || Failure::new(FailureKind::Internal, "job_unreadable");
    let row = app.store().contract(&payload.contract).await?.ok_or_else(unreadable)?;
    let consent = app.store().consent(&payload.contract, payload.signer).await?;
    let consent = consent.ok_or_else(unreadable)?;
    if let Some(code) = is_over(&row.contract, payload.signer, payload.request) {
        return Ok(Next::Failed(code).into());
    }
    let field = own_signature(&row.contract, payload.signer, payload.document).ok_or_else(unreadable)?;
    let field = signature_name(&row.contract, field);
    match step {
        Step::Stamp => stamp(app, payload, field).await,
        Step::Finish => finish(app, payload, (row, consent), field).await,
    }
}

async fn stamp(app: &App, payload: Payload, field: String) -> Result<Answer, Failure> {
    let versions = app.store().versions(&payload.contract).await?;
    let received = |one: &&Version| one.document == payload.document && one.signer == Some(payload.signer);
    let received = versions.iter().filter(received).max_by_key(|one| one.revision);
    let Some(received) = received.filter(|one| one.kind == VersionKind::Received).cloned() else {
        return Ok(payload.at(Step::Finish).into());
    };
    let blob = match stamped(app, app.store().blob_path(&received.sha256), field).await {
        Ok(draft) => kept(app, draft).await?,
        // Whatever it is: the signature was taken, and nobody may be kept waiting for ever by what stands in it.
        Err(failure) => {
            log::warn!(code = "timestamp_follows", reason = failure.code(); "a signature has no timestamp yet; a document timestamp follows before the conclusion");
            Blob {
                sha256: received.sha256,
                bytes: received.bytes,
            }
        }
    };
    let version = Version {
        revision: received.revision + 1,
        kind: VersionKind::Signed,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: app.now(),
        ..received
    };
    let contract = payload.contract.clone();
    Ok(Answer {
        next: payload.at(Step::Finish),
        details: vec![("output", (&blob.sha256).into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, version.at).await?;
                Ok(tx.add_version(&contract, &version).await?)
            })
        })),
    })
}

/// A copy whose last signature, in `field`, bears a timestamp. What is signed stays, and that is looked at again.
async fn stamped(app: &App, source: PathBuf, field: String) -> Result<Draft, Failure> {
    let folder = app.uploads().to_owned();
    let (max, name) = (app.max_document_bytes(), field.clone());
    let read = move || {
        let draft = Draft::copy(&source, &folder, max)?;
        let map = draft.map()?;
        let value = sign::signature_value(&Document::open(map.data(), None)?, &name)?;
        Ok((draft, value))
    };
    let (mut draft, value) = app.blocking(read).await?;
    let supply = app.supply(Level::BT, &Sources::default()).await?;
    let imprint = Imprint::of(DigestAlgorithm::Sha256, &value);
    let token = app.timestamp(imprint, &supply).await?.checked.token;
    let write = move || {
        let map = draft.map()?;
        let patch = sign::stamp(&Document::open(map.data(), None)?, &field, &token)?;
        drop(map);
        draft.overwrite(patch.at, &patch.bytes)?;
        intact(&draft, &field)?;
        Ok(draft)
    };
    app.blocking(write).await
}

/// The certificate of the signature in `field`, when every signature of the file is intact.
fn intact(draft: &Draft, field: &str) -> Result<Certificate, Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), None)?;
    let examination = file::examine(&document)?;
    let digests = draft.digests(examination.requests())?;
    let found = examination.signers(&digests);
    let broken = || Failure::new(FailureKind::Internal, "internal_error");
    let all: Vec<(&str, &Certificate)> = found.into_iter().collect::<Option<_>>().ok_or_else(broken)?;
    let own = all.iter().find(|(name, _)| *name == field);
    own.map(|(_, certificate)| (*certificate).clone()).ok_or_else(broken)
}

async fn finish(
    app: &App,
    payload: Payload,
    (row, consent): (ContractRow, Consent),
    field: String,
) -> Result<Answer, Failure> {
    let versions = app.store().versions(&payload.contract).await?;
    let own = |one: &&Version| one.document == payload.document && one.signer == Some(payload.signer);
    let missing = || Failure::new(FailureKind::NotFound, "contract_document_missing");
    let landed = versions.iter().rfind(own).ok_or_else(missing)?;
    let (source, folder) = (app.store().blob_path(&landed.sha256), app.uploads().to_owned());
    let max = app.max_document_bytes();
    let certificate = app
        .blocking(move || intact(&Draft::copy(&source, &folder, max)?, &field))
        .await?;
    let identity = identity(&certificate)?;
    let (public_url, now) = (app.public_url()?, app.now());
    let of_signer = row.contract.terms.fields_of(payload.signer);
    let documents: Vec<u16> = of_signer
        .filter(|field| field.kind.is_signature())
        .map(|field| field.document)
        .collect();
    Ok(Answer {
        next: Next::Done,
        details: Vec::new(),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                for document in documents {
                    if !tx.has_signed(&payload.contract, document, payload.signer).await? {
                        // The job of the last document tells the contract.
                        return Ok(());
                    }
                }
                let by = (payload.signer, identity);
                signed(tx, &payload.contract, by, consent, (&public_url, now)).await
            })
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        let written = "{\"contract\":\"0123\",\"signer\":2,\"request\":1,\"document\":3}";
        let payload = Payload::of("0123", 2, 1, 3);
        assert_eq!(Payload::parse(1, written), Some(payload.clone()));
        assert_eq!(
            Job::Party(Step::Stamp, payload.clone()).payload(),
            (1, written.to_owned())
        );
        assert_eq!(payload.key(), "0123/2/1/3");
        assert_eq!(
            ["stamp", "finish", "x"].map(|name| Step::parse(name).is_some()),
            [true, true, false]
        );
    }
}
