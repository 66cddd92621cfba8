//! A signed file gets the evidence that could not be had when it was signed: its timestamp, once an authority gives one, then the data of its level.
//!
//! The file is ours alone until it is delivered; what went out before stays where it is until it is replaced. Nothing here signs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::desk::Level;
use super::super::draft::Draft;
use super::super::extend::{ExtendRequest, Sources, Watch};
use super::super::failure::{Failure, FailureKind};
use super::super::{release, renewal};
use super::deliver::{self, Delivered, PathText};
use super::settle::MIN_BACK_OFF;
use super::{Answer, Job, Kind, Next};
use crate::app::App;
use crate::audit::AuditError;
use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::pdf::Document;
use crate::sign;
use crate::store::blob::{Blob, TempFile};
use crate::store::{KeptFile, Put, Sha256, Tx};
use crate::tsa::Imprint;
use crate::verify::release::Original;

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The signature gets its timestamp.
    Stamp,
    /// The file goes where the signed one went.
    Deliver,
    /// The file gets the validation data and archive timestamp of its level.
    Complete,
}

/// What is known of the file. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The signing.
    pub(crate) operation: String,
    /// The document in it, from 1.
    pub(crate) item: u32,
    /// Who asked: the principal's text.
    pub(crate) caller: String,
    /// The document's name as it was given.
    pub(crate) name: String,
    /// Full name of the signature field.
    pub(crate) field: String,
    /// SHA-256 of the certificate that signed.
    #[serde(with = "super::hexadecimal")]
    pub(crate) certificate: Sha256,
    /// The level that `document` has.
    pub(crate) reached: Level,
    /// The level that was asked for.
    pub(crate) level: Level,
    /// Addresses of TSAs in place of the configured ones.
    pub(crate) tsas: Vec<String>,
    /// Length of the unsigned document.
    pub(crate) input_bytes: u64,
    /// Its SHA-256.
    #[serde(with = "super::hexadecimal")]
    pub(crate) input_sha256: Sha256,
    /// SHA-256 of the file that went out last.
    #[serde(with = "super::hexadecimal")]
    pub(crate) released: Sha256,
    /// SHA-256 of the newest file; it lies among the documents.
    #[serde(with = "super::hexadecimal")]
    pub(crate) document: Sha256,
    /// Where the signed file went; nothing when it is fetched.
    pub(crate) output: Option<PathText>,
}

/// What a signing that could not reach its level leaves to a job.
pub(crate) struct Later {
    /// The signed file among the documents.
    pub(crate) blob: Blob,
    /// Everything else.
    pub(crate) payload: Payload,
}

impl Step {
    const ALL: [Self; 3] = [Self::Stamp, Self::Deliver, Self::Complete];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stamp => "stamp",
            Self::Deliver => "deliver",
            Self::Complete => "complete",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Payload {
    /// `None` for what is no payload of that version.
    pub(super) fn parse(version: u32, json: &str) -> Option<Self> {
        match version {
            VERSION => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Where the signed file went, or the document's name.
    pub(super) fn file(&self) -> String {
        let went = self.output.as_ref().map(|output| output.path().display().to_string());
        went.unwrap_or_else(|| self.name.clone())
    }

    fn at(self, step: Step) -> Next {
        Next::Step(Box::new(Job::Augment(step, self)))
    }
}

impl Later {
    /// Writes the job of a document in the transaction of its release.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn put(&self, tx: &mut Tx, actor: &str, at: Timestamp) -> Result<(), AuditError> {
        let job = Job::Augment(Step::Stamp, self.payload.clone());
        tx.add_blob(&self.blob, at).await?;
        let key = key(&self.payload.operation, self.payload.item);
        // Not at once: the file is about to appear, and no authority has just answered.
        let first = at.plus(MIN_BACK_OFF);
        if let Put::New(id) = super::put(tx, &job, &key, actor, (at, first)).await? {
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
    let sources = Sources {
        tsas: payload.tsas.clone(),
        ..Sources::default()
    };
    let supply = app.supply(Level::BT, &sources).await?;
    let token = app.timestamp(imprint, &supply).await?.checked.token;
    let (field, signer) = (payload.field.clone(), payload.certificate);
    let original = Original {
        bytes: payload.input_bytes,
        sha256: payload.input_sha256,
    };
    let finish = move || {
        let map = draft.map()?;
        let patch = sign::stamp(&Document::open(map.data(), None)?, &field, &token)?;
        drop(map);
        draft.overwrite(patch.at, &patch.bytes)?;
        release::inspect(&draft, &original, (&field, &signer), None)?;
        Ok(draft.into_path())
    };
    let path = app.blocking(finish).await?;
    improved(app, id, payload, path.to_path_buf(), Level::BT).await
}

/// Gathers the data of the level; what is missing may be there later.
async fn complete(app: &App, id: &str, payload: Payload) -> Result<Answer, Failure> {
    let output = app.uploads().join(format!("{id}.pdf"));
    let request = ExtendRequest {
        input: app.store().blob_path(&payload.document).into_os_string(),
        output: output.clone().into_os_string(),
        level: payload.level,
        sources: Sources {
            tsas: payload.tsas.clone(),
            ..Sources::default()
        },
        password_file: None,
        english: true,
    };
    let report = app.extend_as(&payload.caller, request, Watch::No).await?.report;
    if report.level < payload.level {
        // Nobody needs the file; one that cannot be removed is swept with the folder.
        let _ = std::fs::remove_file(&output);
        let missing = report.missing.into_iter().map(|said| said.message);
        let missing = missing.collect::<Vec<_>>().join(" ");
        return Err(Failure::new(FailureKind::Unavailable, "evidence_incomplete").with("missing", missing));
    }
    improved(app, id, payload, output, report.level).await
}

/// Keeps the file at `path` as the newest one, to be delivered.
async fn improved(app: &App, id: &str, payload: Payload, path: PathBuf, reached: Level) -> Result<Answer, Failure> {
    let temp = app.blocking(move || Ok(TempFile::adopt(path)?)).await?;
    let blob = app.store().keep_blob(temp, u64::MAX).await?;
    let (job, at) = (id.to_owned(), app.now());
    Ok(Answer {
        next: Payload {
            document: blob.sha256,
            reached,
            ..payload
        }
        .at(Step::Deliver),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, at).await?;
                tx.hold_blob(&job, &blob.sha256).await?;
                tx.drop_blobs(&job, Some(&blob.sha256)).await
            })
        })),
        details: vec![("output", (&blob.sha256).into())],
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
            next: payload.at(Step::Complete),
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
                tx.drop_blobs(&job, fetched.as_ref()).await
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

/// The newest file of a document whose signing left it to a job.
///
/// # Errors
/// What the state refused.
pub(crate) async fn newest(app: &App, operation: &str, item: u32) -> Result<Option<PathBuf>, Failure> {
    let row = app.store().job_of(Kind::Augment.name(), &key(operation, item)).await?;
    let payload = row.and_then(|row| Payload::parse(row.version, &row.payload));
    Ok(payload.map(|payload| app.store().blob_path(&payload.document)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Any job of this kind.
    pub(in super::super) fn job() -> Job {
        Job::Augment(Step::Deliver, payload())
    }

    fn payload() -> Payload {
        Payload {
            operation: "0123".into(),
            item: 1,
            caller: "cli".into(),
            name: "契約書.pdf".into(),
            field: "Signature1".into(),
            certificate: [4; 32],
            reached: Level::BB,
            level: Level::BT,
            tsas: vec!["http://tsa.example/".into()],
            input_bytes: 1_000,
            input_sha256: [1; 32],
            released: [2; 32],
            document: [3; 32],
            output: Some(PathText::of(std::path::Path::new("/tmp/b.pdf"))),
        }
    }

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod. Never change it; add the next version's beside it.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        let [one, two, three, four] = ["01", "02", "03", "04"].map(|byte| byte.repeat(32));
        let written = format!(
            "{{\"operation\":\"0123\",\"item\":1,\"caller\":\"cli\",\"name\":\"契約書.pdf\",\"field\":\"Signature1\",\"certificate\":\"{four}\",\"reached\":\"b-b\",\"level\":\"b-t\",\
             \"tsas\":[\"http://tsa.example/\"],\"input_bytes\":1000,\"input_sha256\":\"{one}\",\"released\":\"{two}\",\
             \"document\":\"{three}\",\"output\":\"/tmp/b.pdf\"}}"
        );
        assert_eq!(Payload::parse(1, &written), Some(payload()));
        assert_eq!(job().payload(), (1, written.clone()));
        assert_eq!(Payload::parse(2, &written), None);
        assert_eq!(Payload::parse(1, "{}"), None);
        assert_eq!(
            [Step::parse("stamp"), Step::parse("deliver")],
            [Some(Step::Stamp), Some(Step::Deliver)]
        );
        assert_eq!(Step::parse("other"), None);
    }
}
