//! Signatures that a job completes, as their callers see them: which level the document has by now, what is missing, when it is tried again. The work can be
//! called off; the document keeps the level that it has.
//!
//! A job outlives the signing that left it, which lives in memory: what it knows is told as long as it is remembered. Nothing is completed here.

use super::App;
use super::desk::{LaterView, SignedFile, SigningDocument, SigningState, SigningView};
use super::due::{self, WorkState};
use super::failure::{Failure, FailureKind};
use super::jobs::{self, Payload};
use super::signings::{opened, signed_name};
use crate::access::Principal;
use crate::audit::{self, AuditError, Event};
use crate::store::{self, JobState};
use crate::text::{Lang, plain};

impl App {
    /// Adds to the view of a signing what its jobs know.
    ///
    /// # Errors
    /// What the state refused.
    pub(super) async fn tell_later(&self, mut view: SigningView, lang: Lang) -> Result<SigningView, Failure> {
        for (row, payload) in jobs::of_signing(self, &view.id).await? {
            let found = view.documents.iter_mut().find(|document| document.n == payload.item);
            if let Some(document) = found {
                tell(document, (&row, &payload), lang);
            }
        }
        Ok(view)
    }

    /// What the jobs of a signing know that is forgotten itself; `None`: nothing that `who` may know.
    ///
    /// # Errors
    /// What the state refused.
    pub(super) async fn remembered(
        &self,
        who: &Principal,
        id: &str,
        lang: Lang,
    ) -> Result<Option<SigningView>, Failure> {
        let mut jobs = self.left_by(who, id).await?;
        jobs.sort_by_key(|(_, payload)| payload.item);
        let documents: Vec<SigningDocument> = jobs.iter().map(|job| document(id, job, lang)).collect();
        Ok((!documents.is_empty()).then(|| SigningView {
            id: id.to_owned(),
            state: SigningState::Done,
            check: String::new(),
            confirm: String::new(),
            documents,
            seconds_left: None,
            error: None,
        }))
    }

    /// The newest file of document `n` by its job; `None`: no job knows it.
    ///
    /// # Errors
    /// What the state refused.
    pub(super) async fn completed_file(
        &self,
        who: &Principal,
        id: &str,
        n: u32,
    ) -> Result<Option<SignedFile>, Failure> {
        let job = jobs::of_document(self, id, n).await?;
        let Some((_, payload)) = job.filter(|(_, payload)| is_fetched(payload) && may_know(who, payload)) else {
            return Ok(None);
        };
        let (file, bytes) = opened(self.store().blob_path(&payload.document)).await?;
        Ok(Some(SignedFile {
            name: signed_name(&payload.name),
            media_type: "application/pdf",
            file,
            bytes,
        }))
    }

    /// Calls off what is still to come for a signing's documents. Returns for how many; `None`: no job knows the signing.
    ///
    /// # Errors
    /// What the state refused.
    pub(super) async fn call_off_later(&self, who: &Principal, id: &str) -> Result<Option<usize>, Failure> {
        let jobs = self.left_by(who, id).await?;
        if jobs.is_empty() {
            return Ok(None);
        }
        let mut count = 0;
        for (row, _) in jobs.into_iter().filter(|(row, _)| row.state == JobState::Open) {
            count += usize::from(self.call_off(who, row).await?);
        }
        Ok(Some(count))
    }

    /// Calls off the work with this id, for the daemon's user. Returns the file that keeps the level it has.
    ///
    /// # Errors
    /// `work_not_found` for work that is unknown or over, `renewal_not_called_off`.
    pub async fn call_off_work(&self, id: &str) -> Result<String, Failure> {
        let unknown = || Failure::new(FailureKind::NotFound, "work_not_found");
        let row = self.store().job(id).await?.ok_or_else(unknown)?;
        let kind = jobs::Kind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        if kind == Some(jobs::Kind::Renew) {
            return Err(Failure::new(FailureKind::Conflict, "renewal_not_called_off"));
        }
        let file = kind.and_then(|kind| jobs::Job::read(kind, &row)).map(|job| job.file());
        match self.call_off(&Principal::Cli, row).await? {
            true => Ok(file.unwrap_or_default()),
            false => Err(unknown()),
        }
    }

    /// `false`: it was over already.
    async fn call_off(&self, who: &Principal, row: store::Job) -> Result<bool, Failure> {
        let at = self.now();
        let event = Event::new(at, audit::Kind::JobEnded, who.to_string(), &*row.id)
            .with("kind", &*row.kind)
            .with("step", &*row.step)
            .with("state", JobState::Cancelled.name())
            .with("error", "");
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                match tx.cancel_job(&row.id, at).await {
                    Err(error) if error.is_unknown() => return Ok(false),
                    other => other?,
                }
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(true)
            })
        });
        Ok(written.await?)
    }

    async fn left_by(&self, who: &Principal, id: &str) -> Result<Vec<(store::Job, Payload)>, Failure> {
        let mut jobs = jobs::of_signing(self, id).await?;
        jobs.retain(|(_, payload)| is_fetched(payload) && may_know(who, payload));
        Ok(jobs)
    }
}

/// A document that went to a place of the caller's is no business of the API.
fn is_fetched(payload: &Payload) -> bool {
    payload.output.is_none()
}

/// As for signings: who asked, and the person.
fn may_know(who: &Principal, payload: &Payload) -> bool {
    *who == Principal::OwnPage || who.to_string() == payload.caller
}

fn document(id: &str, (row, payload): &(store::Job, Payload), lang: Lang) -> SigningDocument {
    let n = payload.item;
    let mut document = SigningDocument {
        n,
        name: plain(&payload.name),
        bytes: Some(payload.input_bytes),
        sha256: Some(hex::encode(payload.input_sha256)),
        digest: None,
        signed: Some(format!("/v1/signings/{id}/documents/{n}")),
        level: None,
        missing: Vec::new(),
        later: None,
    };
    tell(&mut document, (row, payload), lang);
    document
}

fn tell(document: &mut SigningDocument, (row, payload): (&store::Job, &Payload), lang: Lang) {
    document.level = Some(payload.reached);
    document.missing = payload.missing(lang);
    document.later = Some(LaterView {
        level: payload.level,
        state: WorkState::of(row),
        reason: due::reason(row, lang),
        next_try: due::next_try(row),
    });
}
