//! A signed file gets the evidence that could not be had when it was signed: its timestamp, once an authority gives one, then the data of its level.
//!
//! The file is ours alone until it is delivered; what went out before stays where it is until it is replaced. Nothing here signs.

mod payload;

use std::time::Duration;

use super::super::collect::Outlook;
use super::super::desk::Level;
use super::super::draft::Draft;
use super::super::extend::raise::{Raise, Raised};
use super::super::failure::{Failure, FailureKind};
use super::super::{release, renewal};
use super::deliver::{self, Delivered, PathText};
use super::settle::{MAX_BACK_OFF, MIN_BACK_OFF};
use super::{Answer, Job, Kind, Next};
use crate::app::App;
use crate::audit::{AuditError, Value};
use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::pdf::Document;
use crate::sign;
use crate::store::blob::{Blob, TempFile};
use crate::store::{self, KeptFile, Put, Tx};
use crate::tsa::Imprint;
use crate::verify::release::Original;
pub(super) use payload::VERSION;
#[cfg(test)]
pub(super) use payload::tests;
pub(crate) use payload::{Missing, Payload, Step};

/// The longest time between two looks for revocation data that is fresh enough.
const MAX_LOOK: Duration = Duration::from_secs(24 * 60 * 60);

/// What a signing that could not reach its level leaves to a job.
pub(crate) struct Later {
    /// The signed file among the documents.
    pub(crate) blob: Blob,
    /// Everything else.
    pub(crate) payload: Payload,
    /// What is to be done first.
    pub(crate) step: Step,
}

impl Later {
    /// When the first step is tried: not at once, for the file is about to appear and no authority has just answered.
    pub(crate) fn first_try(&self, at: Timestamp) -> Timestamp {
        let fresh = self.payload.fresh_from().filter(|_| self.step == Step::Complete);
        fresh.unwrap_or(at).max(at.plus(MIN_BACK_OFF))
    }

    /// Writes the job of a document in the transaction of its release.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn put(&self, tx: &mut Tx, actor: &str, at: Timestamp) -> Result<(), AuditError> {
        let job = Job::Augment(self.step, Box::new(self.payload.clone()));
        tx.add_blob(&self.blob, at).await?;
        let key = key(&self.payload.operation, self.payload.item);
        if let Put::New(id) = super::put(tx, &job, &key, actor, (at, self.first_try(at))).await? {
            tx.hold_blob(&id, &self.blob.sha256).await?;
        }
        Ok(())
    }
}

/// Names the work: the signing and the document in it.
fn key(operation: &str, item: u32) -> String {
    format!("{operation}/{item}")
}

/// Does a step's work.
pub(super) async fn run(app: &App, id: &str, step: Step, payload: Payload) -> Result<Answer, Failure> {
    match step {
        Step::Stamp => stamp(app, id, payload).await,
        Step::Deliver => deliver(app, id, payload).await,
        Step::Complete => complete(app, id, payload).await,
    }
}

/// Puts a timestamp into the signature, where room was left for it.
async fn stamp(app: &App, id: &str, payload: Payload) -> Result<Answer, Failure> {
    let source = app.store().blob_path(&payload.document);
    let (folder, max) = (app.uploads().to_owned(), app.max_document_bytes());
    let field = payload.field.clone();
    let (mut draft, value) = app
        .blocking(move || {
            let draft = Draft::copy(&source, &folder, max)?;
            let map = draft.map()?;
            let value = sign::signature_value(&Document::open(map.data(), None)?, &field)?;
            drop(map);
            Ok((draft, value))
        })
        .await?;
    if draft.sha256() != payload.document {
        return Err(Failure::new(FailureKind::Internal, "state_damaged").with("what", "document"));
    }
    let imprint = Imprint::of(DigestAlgorithm::Sha256, &value);
    let supply = payload.supply(app, Level::BT).await?;
    let checked = app.timestamp(imprint, &supply).await?.checked;
    let (token, time) = (checked.token, checked.info.time);
    let (field, signer) = (payload.field.clone(), payload.certificate);
    let original = Original {
        bytes: payload.input_bytes,
        sha256: payload.input_sha256,
    };
    let refused = app.refused_copies();
    let finish = move || {
        let map = draft.map()?;
        let patch = sign::stamp(&Document::open(map.data(), None)?, &field, &token)?;
        drop(map);
        draft.overwrite(patch.at, &patch.bytes)?;
        release::inspect(&draft, &original, (&field, &signer), None, &refused)?;
        Ok(draft)
    };
    let draft = app.blocking(finish).await?;
    let payload = Payload {
        stamped: Some(time.micros()),
        ..payload
    };
    let details = vec![("timestamps", Value::from(vec![time.rfc3339()]))];
    improved(app, id, payload, (draft, Level::BT), details).await
}

/// Gathers the data of the level. What is missing may be there later, or never.
async fn complete(app: &App, id: &str, payload: Payload) -> Result<Answer, Failure> {
    let now = app.now();
    let fresh_from = payload.fresh_from();
    if let Some(from) = fresh_from.filter(|from| now < *from) {
        let why = Failure::new(FailureKind::Unavailable, "grace_period").with("until", from.rfc3339());
        return Ok(Next::Wait(payload.job(Step::Complete), from, why).into());
    }
    let supply = payload.supply(app, payload.level).await?;
    let how = Raise {
        level: payload.level,
        field: Some(&payload.field),
        supply: &supply,
        password: None,
    };
    let (draft, raised) = app.extend_copy(app.store().blob_path(&payload.document), &how).await?;
    if draft.sha256() != payload.document {
        return Err(Failure::new(FailureKind::Internal, "state_damaged").with("what", "document"));
    }
    let payload = payload.clone().lacking(&raised.missing);
    if raised.level >= payload.level {
        let details = evidence(&raised);
        return improved(app, id, payload, (draft, raised.level), details).await;
    }
    Ok(match raised.outlook {
        Outlook::Never => short(id, payload),
        Outlook::NotYet => {
            let waited = fresh_from.map_or(Duration::ZERO, |from| now.since(from));
            let until = now.plus((waited / 4).clamp(MAX_BACK_OFF, MAX_LOOK));
            let why = Failure::new(FailureKind::Unavailable, "evidence_not_fresh");
            Next::Wait(payload.job(Step::Complete), until, why).into()
        }
        Outlook::Whole | Outlook::Perhaps => {
            let why = Failure::new(FailureKind::Unavailable, "evidence_incomplete");
            Next::Again(payload.job(Step::Complete), why).into()
        }
    })
}

/// What was added, for the audit log.
pub(super) fn evidence(raised: &Raised) -> Vec<(&'static str, Value)> {
    let times: Vec<String> = raised.stamps.iter().map(|stamp| stamp.time.rfc3339()).collect();
    let tsas: Vec<String> = raised.stamps.iter().map(|stamp| stamp.tsa.clone()).collect();
    vec![("timestamps", times.into()), ("tsas", tsas.into())]
}

/// Nothing more can be had: the document keeps the level that it has.
fn short(id: &str, payload: Payload) -> Answer {
    let (level, job) = (payload.reached.name(), id.to_owned());
    let fetched = payload.output.is_none().then_some(payload.document);
    let why = Failure::new(FailureKind::Unavailable, "evidence_unobtainable").with("level", level.to_uppercase());
    Answer {
        next: Next::Short(payload.job(Step::Complete), why),
        also: Some(Box::new(move |tx| {
            Box::pin(async move { Ok(tx.drop_blobs(&job, fetched.as_ref()).await?) })
        })),
        details: vec![("level", level.into())],
    }
}

/// Keeps the draft, which has that level, as the newest file, to be delivered.
async fn improved(
    app: &App,
    id: &str,
    payload: Payload,
    (draft, reached): (Draft, Level),
    mut details: Vec<(&'static str, Value)>,
) -> Result<Answer, Failure> {
    // Removed at the end, where it has not become a document.
    let path = draft.into_path();
    let adopted = path.to_path_buf();
    let temp = app.blocking(move || Ok(TempFile::adopt(adopted)?)).await?;
    let blob = app.store().keep_blob(temp, u64::MAX).await?;
    let (job, at) = (id.to_owned(), app.now());
    details.push(("output", (&blob.sha256).into()));
    details.push(("level", reached.name().into()));
    let payload = Payload {
        document: blob.sha256,
        reached,
        ..payload
    };
    Ok(Answer {
        next: Next::Step(payload.job(Step::Deliver)),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, at).await?;
                tx.hold_blob(&job, &blob.sha256).await?;
                Ok(tx.drop_blobs(&job, Some(&blob.sha256)).await?)
            })
        })),
        details,
    })
}

/// Puts the file where the signed one went; what is fetched stays among the documents. Then there may be more to do.
async fn deliver(app: &App, id: &str, mut payload: Payload) -> Result<Answer, Failure> {
    let mut details = vec![("output", (&payload.document).into())];
    if let Some(place) = &payload.output {
        let (source, place) = (app.store().blob_path(&payload.document), place.path());
        let (new, old, level) = (payload.document, payload.released, payload.reached);
        let put = move || deliver::deliver(&source, &new, &place, &old, level.name());
        let delivered = app.blocking(put).await?;
        details.push(("delivered", delivered.name().into()));
        if let Delivered::Beside(path) = &delivered {
            log::warn!(code = "file_written_beside", job = id, path:% = path.display(); "a file was changed or moved, so the new one stands beside it");
            payload.output = Some(PathText::of(path));
        }
    }
    payload.released = payload.document;
    if payload.reached < payload.level {
        return Ok(Answer {
            next: Next::Step(payload.job(Step::Complete)),
            also: None,
            details,
        });
    }
    let kept = archive(app, &payload).await?;
    // Who fetches the file finds it as long as the job is remembered.
    let fetched = payload.output.is_none().then_some(payload.document);
    let job = id.to_owned();
    Ok(Answer {
        next: Next::Done,
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                if let Some(kept) = kept {
                    tx.keep_file(&kept).await?;
                }
                Ok(tx.drop_blobs(&job, fetched.as_ref()).await?)
            })
        })),
        details,
    })
}

/// What is noted of a delivered archive, which is watched over from now on.
async fn archive(app: &App, payload: &Payload) -> Result<Option<KeptFile>, Failure> {
    let Some(place) = payload.output.as_ref().filter(|_| payload.reached == Level::BLta) else {
        return Ok(None);
    };
    let (looking, source) = (app.clone(), app.store().blob_path(&payload.document));
    let end = app.blocking(move || renewal::end_of(&looking, &source)).await?;
    Ok(end.map(|end| renewal::kept(&place.path(), payload.document, end, app.now())))
}

/// The job of a document, with what stands in it; `None`: there is none.
///
/// # Errors
/// What the state refused.
pub(crate) async fn of_document(
    app: &App,
    operation: &str,
    item: u32,
) -> Result<Option<(store::Job, Payload)>, Failure> {
    let row = app.store().job_of(Kind::Augment.name(), &key(operation, item)).await?;
    Ok(row.and_then(read))
}

/// The jobs of a signing's documents, in no order.
///
/// # Errors
/// What the state refused.
pub(crate) async fn of_signing(app: &App, operation: &str) -> Result<Vec<(store::Job, Payload)>, Failure> {
    let rows = app.store().jobs_under(Kind::Augment.name(), operation).await?;
    Ok(rows.into_iter().filter_map(read).collect())
}

fn read(row: store::Job) -> Option<(store::Job, Payload)> {
    let payload = Payload::parse(row.version, &row.payload)?;
    Some((row, payload))
}
