//! A file gets validation data for its last document timestamp and a new one over all of it, before the old one ends.
//!
//! Only the very file that is known is replaced, in one step, by one that begins with its bytes. A moved or changed one is told and left alone.

use serde::{Deserialize, Serialize};

use super::super::desk::Level;
use super::super::draft::Draft;
use super::super::extend::Sources;
use super::super::extend::raise::{Raise, Raised};
use super::super::failure::{Failure, FailureKind};
use super::deliver::{self, PathText};
use super::{Answer, Job, Next, augment};
use crate::app::App;
use crate::clock::Timestamp;
use crate::store::blob::TempFile;
use crate::store::{KeptFile, Sha256};
use crate::text::Explain;

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The renewed file is made.
    Renew,
    /// It takes the place of the old one.
    Replace,
}

/// What is known of the file. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// Where it lies.
    path: PathText,
    /// Its SHA-256.
    #[serde(with = "super::hexadecimal")]
    sha256: Sha256,
    /// When its archive ends, microseconds UTC.
    ends: i64,
    /// The renewed file, once there is one.
    renewed: Option<Renewed>,
}

/// A renewed file that waits among the documents.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewed {
    /// Its SHA-256.
    #[serde(with = "super::hexadecimal")]
    document: Sha256,
    /// When its archive ends, microseconds UTC.
    ends: i64,
    /// What ends first.
    cause: String,
}

/// The job that renews this file.
pub(crate) fn job(file: &KeptFile, path: &std::path::Path) -> Job {
    let payload = Payload {
        path: PathText::of(path),
        sha256: file.sha256,
        ends: file.ends.micros(),
        renewed: None,
    };
    Job::Renew(Step::Renew, payload)
}

impl Step {
    const ALL: [Self; 2] = [Self::Renew, Self::Replace];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Replace => "replace",
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

    /// Where it lies.
    pub(super) fn file(&self) -> String {
        self.path.path().display().to_string()
    }
}

/// Does a step's work.
pub(super) async fn run(app: &App, id: &str, step: Step, payload: Payload) -> Result<Answer, Failure> {
    match step {
        Step::Renew => renew(app, id, payload).await,
        Step::Replace => replace(app, id, payload).await,
    }
}

/// Makes the renewed file; the old one is not touched.
async fn renew(app: &App, id: &str, payload: Payload) -> Result<Answer, Failure> {
    if Timestamp::from_micros(payload.ends) <= app.now() {
        return Ok(left(app, id, payload, "renewal_too_late"));
    }
    let path = payload.path.path();
    let looking = path.clone();
    if app.blocking(move || Ok(deliver::digest(&looking))).await? != Some(payload.sha256) {
        return Ok(missed(app, id, payload));
    }
    let supply = app.supply(Level::BLta, &Sources::default()).await?;
    let how = Raise {
        level: Level::BLta,
        field: None,
        supply: &supply,
        password: None,
    };
    let (draft, raised) = app.extend_copy(path, &how).await?;
    if draft.sha256() != payload.sha256 {
        return Ok(missed(app, id, payload));
    }
    renewed(app, id, payload, (draft, raised)).await
}

async fn renewed(app: &App, id: &str, payload: Payload, (draft, raised): (Draft, Raised)) -> Result<Answer, Failure> {
    let lang = app.config().lang;
    let missing: Vec<String> = raised.missing.iter().map(|finding| finding.explain(lang)).collect();
    let missing = missing.join(" ");
    if !missing.is_empty() {
        log::warn!(code = "renewal_incomplete", job = id, missing; "a file is renewed with what evidence there is");
    }
    let Some(end) = raised.end.filter(|_| !raised.stamps.is_empty()) else {
        return Err(Failure::new(FailureKind::Unavailable, "evidence_incomplete"));
    };
    // Removed at the end, where it has not become a document.
    let made = draft.into_path();
    let output = made.to_path_buf();
    let temp = app.blocking(move || Ok(TempFile::adopt(output)?)).await?;
    let blob = app.store().keep_blob(temp, u64::MAX).await?;
    let (job, at) = (id.to_owned(), app.now());
    let mut details = augment::evidence(&raised);
    details.push(("output", (&blob.sha256).into()));
    let payload = Payload {
        renewed: Some(Renewed {
            document: blob.sha256,
            ends: end.at.micros(),
            cause: end.cause.name().to_owned(),
        }),
        ..payload
    };
    Ok(Answer {
        next: Next::Step(Box::new(Job::Renew(Step::Replace, payload))),
        details,
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, at).await?;
                Ok(tx.hold_blob(&job, &blob.sha256).await?)
            })
        })),
    })
}

/// Puts the renewed file in the place of the one that it begins with.
async fn replace(app: &App, id: &str, payload: Payload) -> Result<Answer, Failure> {
    let unreadable = Failure::new(FailureKind::Internal, "job_unreadable");
    let renewed = payload.renewed.clone().ok_or(unreadable)?;
    let source = app.store().blob_path(&renewed.document);
    let (place, new, old) = (payload.path.path(), renewed.document, payload.sha256);
    let put = move || deliver::replace(&source, &new, &place, &old);
    if !app.blocking(put).await? {
        return Ok(missed(app, id, payload));
    }
    let kept = KeptFile {
        path: payload.path.bytes(),
        sha256: renewed.document,
        ends: Timestamp::from_micros(renewed.ends),
        cause: renewed.cause,
        problem: None,
        updated: app.now(),
    };
    let job = id.to_owned();
    Ok(Answer {
        next: Next::Done,
        details: vec![("output", (&renewed.document).into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.keep_file(&kept).await?;
                Ok(tx.drop_blobs(&job, None).await?)
            })
        })),
    })
}

/// The file is not where it was, or not what it was.
fn missed(app: &App, id: &str, payload: Payload) -> Answer {
    let code = match payload.path.path().symlink_metadata() {
        Ok(_) => "renewal_changed",
        Err(_) => "renewal_moved",
    };
    left(app, id, payload, code)
}

/// Leaves the file alone, and says why as long as nobody has mended it.
fn left(app: &App, id: &str, payload: Payload, code: &'static str) -> Answer {
    log::warn!(code = "renewal_left", job = id, reason = code, file = payload.file(); "a file cannot be renewed and is left alone");
    let (job, at) = (id.to_owned(), app.now());
    Answer {
        next: Next::Failed(code),
        details: Vec::new(),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                let path = payload.path.bytes();
                tx.note_kept_problem(&path, &payload.sha256, Some(code), at).await?;
                Ok(tx.drop_blobs(&job, None).await?)
            })
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod. Never change it; add the next version's beside it.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        let [one, two] = ["01", "02"].map(|byte| byte.repeat(32));
        let written = format!(
            "{{\"path\":\"/srv/契約.pdf\",\"sha256\":\"{one}\",\"ends\":5,\
             \"renewed\":{{\"document\":\"{two}\",\"ends\":9,\"cause\":\"certificate_ends\"}}}}"
        );
        let payload = Payload {
            path: PathText::of(std::path::Path::new("/srv/契約.pdf")),
            sha256: [1; 32],
            ends: 5,
            renewed: Some(Renewed {
                document: [2; 32],
                ends: 9,
                cause: "certificate_ends".into(),
            }),
        };
        assert_eq!(Payload::parse(1, &written), Some(payload.clone()));
        assert_eq!(Job::Renew(Step::Replace, payload).payload(), (1, written));
        assert_eq!(Payload::parse(1, "{}"), None);
        assert_eq!(
            ["renew", "replace", "x"].map(|name| Step::parse(name).is_some()),
            [true, true, false]
        );
    }
}
