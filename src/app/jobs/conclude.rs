//! A contract that everybody signed gets its evidence, document by document, then its certificate of conclusion with evidence of its own, and is
//! concluded when all timestamps are in; not before.
//!
//! What cannot be had now puts the conclusion off, with the reason and the next try; nothing is passed off as more than it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ACTOR, Answer, Job, Next};
use crate::app::App;
use crate::app::contracts::{certificate, happened, itself, kept, letters, newest};
use crate::app::desk::Level;
use crate::app::extend::Sources;
use crate::app::extend::raise::{Raise, Raised};
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::contract::State;
use crate::contract::terms::Action;
use crate::contract::words::Line;
use crate::store::blob::Blob;
use crate::store::{CERTIFICATE, ContractArchive, ContractRow, Version, VersionKind};
use crate::text::Explain;

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;
/// Until the next try.
const PAUSE: Duration = Duration::from_secs(30);

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The next document gets its evidence.
    Complete,
    /// The certificate of conclusion is drawn and signed, once; it gets its evidence as a document does.
    Certify,
    /// It is concluded.
    Conclude,
}

/// Which contract. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The contract.
    contract: String,
}

impl Step {
    const ALL: [Self; 3] = [Self::Complete, Self::Certify, Self::Conclude];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Certify => "certify",
            Self::Conclude => "conclude",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Payload {
    /// The job of this contract.
    pub(crate) fn of(contract: &str) -> Self {
        Self {
            contract: contract.to_owned(),
        }
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
        Next::Step(Box::new(Job::Conclude(step, self)))
    }
}

/// Does a step's work.
pub(super) async fn run(app: &App, step: Step, payload: Payload) -> Result<Answer, Failure> {
    let unreadable = Failure::new(FailureKind::Internal, "job_unreadable");
    let row = app.store().contract(&payload.contract).await?.ok_or(unreadable)?;
    if row.contract.state != State::Completing {
        return Ok(Next::Done.into());
    }
    let versions = app.store().versions(&payload.contract).await?;
    let done = match step {
        Step::Complete => complete(app, payload.clone(), &row, &versions).await,
        Step::Certify => certify(app, payload.clone(), &row, &versions).await,
        Step::Conclude => conclude(app, payload.clone()),
    };
    // Whatever keeps it can be mended, and everybody has signed.
    done.or_else(|failure| put_off(app, (step, payload), &row, failure))
}

/// The newest revision of the first file whose evidence is not complete; the certificate comes last.
fn open_file(row: &ContractRow, versions: &[Version]) -> Option<Version> {
    let documents = row.contract.terms.documents.iter();
    let signed = documents.filter(|one| one.action == Action::Sign).map(|one| one.number);
    let files = signed
        .chain([CERTIFICATE])
        .filter_map(|number| newest(versions, number));
    files
        .into_iter()
        .find(|one| one.kind != VersionKind::Completed)
        .cloned()
}

async fn complete(app: &App, payload: Payload, row: &ContractRow, versions: &[Version]) -> Result<Answer, Failure> {
    let Some(open) = open_file(row, versions) else {
        return Ok(payload.at(Step::Certify).into());
    };
    let level = match app.anchors().await?.is_empty() {
        true => Level::BT,
        false => Level::BLta,
    };
    let supply = app.supply(level, &Sources::default()).await?;
    let how = Raise {
        level,
        field: None,
        supply: &supply,
        password: None,
    };
    let (draft, raised) = app.extend_copy(app.store().blob_path(&open.sha256), &how).await?;
    for finding in &raised.missing {
        let (contract, missing) = (payload.contract.as_str(), finding.code());
        log::warn!(code = "conclusion_incomplete", contract, missing; "a contract is concluded with what evidence there is");
    }
    let blob = kept(app, draft).await?;
    let archive = evidence(&payload.contract, open.document, &blob, &raised, app.now());
    let version = Version {
        revision: open.revision + 1,
        kind: VersionKind::Completed,
        signer: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: archive.updated,
        ..open
    };
    let contract = payload.contract.clone();
    Ok(Answer {
        next: payload.at(Step::Complete),
        details: vec![("output", (&blob.sha256).into()), ("level", raised.level.name().into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, version.at).await?;
                tx.add_version(&contract, &version).await?;
                Ok(tx.put_archive(&archive).await?)
            })
        })),
    })
}

/// What is noted of a file's evidence, which is watched over from then on.
pub(super) fn evidence(
    contract: &str,
    document: u16,
    blob: &Blob,
    raised: &Raised,
    updated: Timestamp,
) -> ContractArchive {
    ContractArchive {
        contract: contract.to_owned(),
        document,
        sha256: blob.sha256,
        level: raised.level.name().to_owned(),
        ends: raised.end.map(|end| (end.at, end.cause.name().to_owned())),
        updated,
    }
}

/// Draws and signs the certificate of conclusion, where there is none yet.
async fn certify(app: &App, payload: Payload, row: &ContractRow, versions: &[Version]) -> Result<Answer, Failure> {
    if newest(versions, CERTIFICATE).is_some() {
        return Ok(payload.at(Step::Conclude).into());
    }
    let draft = certificate::signed(app, &row.contract, versions).await?;
    let blob = kept(app, draft).await?;
    let version = Version {
        document: CERTIFICATE,
        revision: 0,
        kind: VersionKind::Signed,
        signer: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: app.now(),
    };
    let contract = payload.contract.clone();
    Ok(Answer {
        next: payload.at(Step::Complete),
        details: vec![("output", (&blob.sha256).into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, version.at).await?;
                Ok(tx.add_version(&contract, &version).await?)
            })
        })),
    })
}

/// The reason and the next try stand at the contract; a new reason is an event.
fn put_off(
    app: &App,
    (step, payload): (Step, Payload),
    row: &ContractRow,
    failure: Failure,
) -> Result<Answer, Failure> {
    let (now, code) = (app.now(), failure.code());
    let until = now.plus(PAUSE);
    let reason = Line::new(code, "reason")?;
    let who = itself()?;
    let again = Job::Conclude(step, payload.clone());
    let is_known = row.contract.delay.as_ref().is_some_and(|(known, _)| *known == reason);
    Ok(Answer {
        next: Next::Wait(Box::new(again), until, failure),
        details: Vec::new(),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                let Some(mut row) = tx.contract(&payload.contract).await? else {
                    return Ok(());
                };
                if is_known {
                    row.contract.delay = Some((reason, until));
                    return Ok(tx.put_contract(&row).await?);
                }
                match row.contract.put_off(reason, until, who, now) {
                    Ok(event) => happened(tx, &mut row, &event, ACTOR).await,
                    Err(_) => Ok(()),
                }
            })
        })),
    })
}

fn conclude(app: &App, payload: Payload) -> Result<Answer, Failure> {
    let (now, who, public_url) = (app.now(), itself()?, app.public_url()?);
    Ok(Answer {
        next: Next::Done,
        details: Vec::new(),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                let Some(mut row) = tx.contract(&payload.contract).await? else {
                    return Ok(());
                };
                let Ok(event) = row.contract.conclude(who, now) else {
                    return Ok(());
                };
                happened(tx, &mut row, &event, ACTOR).await?;
                letters::tell_completed(tx, &row, &public_url, now).await
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
        let payload = Payload::of("0123");
        let written = "{\"contract\":\"0123\"}";
        assert_eq!(Payload::parse(1, written), Some(payload.clone()));
        assert_eq!(
            Job::Conclude(Step::Complete, payload).payload(),
            (1, written.to_owned())
        );
        assert_eq!(
            ["complete", "certify", "conclude", "x"].map(|name| Step::parse(name).is_some()),
            [true, true, true, false]
        );
    }
}
