//! A contract that everybody signed gets its evidence, document by document, and is concluded when all timestamps are in; not before.
//!
//! What cannot be had now puts the conclusion off, with the reason and the next try; nothing is passed off as more than it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ACTOR, Answer, Job, Next};
use crate::app::App;
use crate::app::contracts::{happened, itself, letters};
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::extend::Sources;
use crate::app::extend::raise::Raise;
use crate::app::failure::{Failure, FailureKind};
use crate::contract::State;
use crate::contract::terms::Action;
use crate::contract::words::Line;
use crate::store::blob::TempFile;
use crate::store::{ContractRow, Version, VersionKind};
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
    const ALL: [Self; 2] = [Self::Complete, Self::Conclude];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
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
    match step {
        Step::Complete => match complete(app, payload.clone(), &row).await {
            Err(failure) if failure.may_pass() => put_off(app, payload, &row, failure),
            answer => answer,
        },
        Step::Conclude => conclude(app, payload),
    }
}

async fn complete(app: &App, payload: Payload, row: &ContractRow) -> Result<Answer, Failure> {
    let versions = app.store().versions(&payload.contract).await?;
    let newest = |number: u16| {
        let of_document = versions.iter().filter(move |one| one.document == number);
        of_document.max_by_key(|one| one.revision)
    };
    let signed = row
        .contract
        .terms
        .documents
        .iter()
        .filter(|one| one.action == Action::Sign);
    let open = signed.filter_map(|document| newest(document.number));
    let Some(newest) = open.into_iter().find(|one| one.kind != VersionKind::Completed).cloned() else {
        return Ok(payload.at(Step::Conclude).into());
    };
    let level = match app.anchors().await?.is_empty() {
        true => Level::BT,
        false => Level::BLta,
    };
    let supply = app.supply(level, &Sources::default()).await?;
    let (source, folder) = (app.store().blob_path(&newest.sha256), app.uploads().to_owned());
    let max = app.max_document_bytes();
    let draft = app.blocking(move || Draft::copy(&source, &folder, max)).await?;
    let how = Raise {
        level,
        field: None,
        supply: &supply,
        password: None,
    };
    let (draft, raised) = app.extended(draft, &how).await?;
    for finding in &raised.missing {
        let (contract, missing) = (payload.contract.as_str(), finding.code());
        log::warn!(code = "conclusion_incomplete", contract, missing; "a contract is concluded with what evidence there is");
    }
    let keep = move || {
        let kept = draft.into_path().keep();
        Ok(TempFile::adopt(
            kept.map_err(|error| crate::app::not_stored(&error.error))?,
        )?)
    };
    let temp = app.blocking(keep).await?;
    let blob = app.store().keep_blob(temp, u64::MAX).await?;
    let version = Version {
        revision: newest.revision + 1,
        kind: VersionKind::Completed,
        signer: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: app.now(),
        ..newest
    };
    let contract = payload.contract.clone();
    Ok(Answer {
        next: payload.at(Step::Complete),
        details: vec![("output", (&blob.sha256).into()), ("level", raised.level.name().into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, version.at).await?;
                Ok(tx.add_version(&contract, &version).await?)
            })
        })),
    })
}

/// The reason and the next try stand at the contract; a new reason is an event.
fn put_off(app: &App, payload: Payload, row: &ContractRow, failure: Failure) -> Result<Answer, Failure> {
    let (now, code) = (app.now(), failure.code());
    let until = now.plus(PAUSE);
    let reason = Line::new(code, "reason")?;
    let who = itself()?;
    let again = Job::Conclude(Step::Complete, payload.clone());
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
    let (now, who) = (app.now(), itself()?);
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
                letters::tell_completed(tx, &row, now).await
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
            ["complete", "conclude", "x"].map(|name| Step::parse(name).is_some()),
            [true, true, false]
        );
    }
}
