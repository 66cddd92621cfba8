//! A witness signer's revisions: the operator's key signs each document for the person whose identity was confirmed, one document a step; then the
//! contract knows that this signer has signed, and the next ones are asked.
//!
//! A revision is made from the newest one and kept only while that one still is the newest, so that nobody's signature is lost. A contract that was
//! taken back meanwhile keeps what it was.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ACTOR, Answer, Job, Next, conclude};
use crate::app::App;
use crate::app::contracts::{happened, kept, letters, stamped_revision};
use crate::app::failure::{Failure, FailureKind};
use crate::audit::AuditError;
use crate::clock::Timestamp;
use crate::contract::field::Field;
use crate::contract::progress::{Identity, Turn};
use crate::contract::{Contract, State};
use crate::store::{Consent, ContractRow, Tx, Version, VersionKind};

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Until the next look at a document that is being stamped.
const PAUSE: Duration = Duration::from_secs(1);

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The next document gets this signer's signature.
    Sign,
    /// The contract knows it.
    Finish,
}

/// Whose signatures. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The contract.
    contract: String,
    /// The signer's number.
    signer: u16,
    /// Of which request.
    request: u32,
}

impl Step {
    const ALL: [Self; 2] = [Self::Sign, Self::Finish];

    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Finish => "finish",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Payload {
    /// The job of this signer's consent.
    pub(crate) fn of(contract: &str, signer: u16, request: u32) -> Self {
        Self {
            contract: contract.to_owned(),
            signer,
            request,
        }
    }

    /// Names the work: the same consent is carried out once.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}", self.contract, self.signer, self.request)
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
        Next::Step(Box::new(Job::Witness(step, self)))
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
    match step {
        Step::Sign => sign(app, payload, row, consent).await,
        Step::Finish => finish(app, payload, row, consent),
    }
}

/// Why there is nothing to sign any more.
pub(super) fn is_over(contract: &Contract, signer: u16, request: u32) -> Option<&'static str> {
    let one = contract.progress.iter().find(|one| one.signer == signer);
    let open = one.is_some_and(|one| one.request == request && matches!(one.turn, Turn::Asked | Turn::Opened));
    match (contract.state, open) {
        (State::Sent, true) => None,
        _ => Some("contract_moved_on"),
    }
}

/// The contract knows that this signer has signed everything: the next are asked, or it is concluded.
///
/// # Errors
/// What the state refused.
pub(super) async fn signed(
    tx: &mut Tx,
    contract: &str,
    (signer, identity): (u16, Identity),
    consent: Consent,
    (public_url, now): (&str, Timestamp),
) -> Result<(), AuditError> {
    let Some(mut row) = tx.contract(contract).await? else {
        return Ok(());
    };
    // What the pure table refuses now was refused while we signed: the contract stays as it is.
    let Ok((event, asked)) = row.contract.sign(signer, identity, consent.who, consent.at) else {
        return Ok(());
    };
    happened(tx, &mut row, &event, ACTOR).await?;
    letters::ask(tx, &row, &asked, public_url, now).await?;
    if row.contract.state == State::Completing {
        let job = Job::Conclude(conclude::Step::Complete, conclude::Payload::of(contract));
        super::put(tx, &job, contract, ACTOR, (now, now)).await?;
    }
    Ok(())
}

async fn sign(app: &App, payload: Payload, row: ContractRow, consent: Consent) -> Result<Answer, Failure> {
    let versions = app.store().versions(&payload.contract).await?;
    let signs = |field: &&Field| field.kind.is_signature();
    let mut fields = row.contract.terms.fields_of(payload.signer).filter(signs).cloned();
    let signed = |field: &Field| {
        let of_ours = |one: &Version| one.document == field.document && one.signer == Some(payload.signer);
        versions.iter().any(of_ours)
    };
    let Some(field) = fields.find(|field| !signed(field)) else {
        return Ok(payload.at(Step::Finish).into());
    };
    let of_document = versions.iter().filter(|one| one.document == field.document);
    let newest = of_document.max_by_key(|one| one.revision).cloned();
    let newest = newest.ok_or(Failure::new(FailureKind::NotFound, "contract_document_missing"))?;
    if newest.kind == VersionKind::Received {
        let until = app.now().plus(PAUSE);
        let why = Failure::new(FailureKind::Unavailable, "document_being_stamped");
        return Ok(Next::Wait(Box::new(Job::Witness(Step::Sign, payload)), until, why).into());
    }
    let draft = stamped_revision(app, &row.contract, (&field, &newest), &consent).await?;
    let blob = kept(app, draft).await?;
    let version = Version {
        revision: newest.revision + 1,
        kind: VersionKind::Signed,
        signer: Some(payload.signer),
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: app.now(),
        ..newest
    };
    let contract = payload.contract.clone();
    Ok(Answer {
        // The same step finds the next document, or this one again when somebody else was first.
        next: payload.at(Step::Sign),
        details: vec![("output", (&blob.sha256).into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                let now = tx.newest_version(&contract, version.document).await?;
                if now.is_none_or(|now| now.revision + 1 == version.revision) {
                    tx.add_blob(&blob, version.at).await?;
                    tx.add_version(&contract, &version).await?;
                }
                Ok(())
            })
        })),
    })
}

fn finish(app: &App, payload: Payload, row: ContractRow, consent: Consent) -> Result<Answer, Failure> {
    let signer = row.contract.terms.signer(payload.signer)?.clone();
    let identity = Identity::Witness {
        organisation: signer.organisation,
        name: signer.name,
        reach: signer.reach,
        factors: consent.factors.clone(),
    };
    let public_url = app.public_url()?;
    let now = app.now();
    Ok(Answer {
        next: Next::Done,
        details: Vec::new(),
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
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
        let written = "{\"contract\":\"0123\",\"signer\":2,\"request\":1}";
        let payload = Payload::of("0123", 2, 1);
        assert_eq!(Payload::parse(1, written), Some(payload.clone()));
        assert_eq!(
            Job::Witness(Step::Sign, payload.clone()).payload(),
            (1, written.to_owned())
        );
        assert_eq!(payload.key(), "0123/2/1");
        assert_eq!(
            ["sign", "finish", "x"].map(|name| Step::parse(name).is_some()),
            [true, true, false]
        );
    }
}
