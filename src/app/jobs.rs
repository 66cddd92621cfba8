//! Work that outlasts the process: kinds of jobs, their steps, and what a step may answer.
//!
//! A step does its work outside, then answers; the answer, what belongs to it and its audit entry are one transaction. A step may run again
//! after a crash, so each is written to do no harm when its work is done already. Payloads and steps are promised in `docs/jobs.md`.

mod augment;
pub(crate) mod conclude;
mod deliver;
mod keep;
pub(crate) mod party;
pub(crate) mod post;
mod renew;
mod settle;
mod sources;
pub(crate) mod witness;
mod work;

use super::desk::Said;
use super::failure::Failure;
use super::{App, contracts};
use crate::audit::{self, AuditError, Event, Value};
use crate::clock::Timestamp;
use crate::contract::progress::Who;
use crate::contract::{self, Contract};
use crate::store::{self, JobState, Moved, NewJob, Put, Tx};
use crate::text::Lang;

pub(crate) use augment::{Later, Missing, Payload, Step as AugmentStep, of_document, of_signing};
pub(crate) use deliver::{PathText, digest};
pub(crate) use keep::job as keeping;
pub(crate) use renew::job as renewal;
pub(crate) use sources::Kept;
pub(crate) use work::ACTOR;
pub use work::{Moment, WorkCheckpoint, WorkStep};

/// What sort of work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A signed file gets the evidence that could not be had when it was signed.
    Augment,
    /// A file gets a new archive timestamp before the old one ends.
    Renew,
    /// A mail is handed over.
    Post,
    /// A witness signer's revisions are made.
    Witness,
    /// A party signer's document gets its timestamp.
    Party,
    /// A contract gets its evidence and is concluded.
    Conclude,
    /// A concluded contract's file gets a new archive timestamp.
    Keep,
}

/// A job between two steps.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Job {
    /// [`Kind::Augment`]
    Augment(augment::Step, Box<augment::Payload>),
    /// [`Kind::Renew`]
    Renew(renew::Step, renew::Payload),
    /// [`Kind::Post`]
    Post(post::Step, post::Payload),
    /// [`Kind::Witness`]
    Witness(witness::Step, witness::Payload),
    /// [`Kind::Party`]
    Party(party::Step, party::Payload),
    /// [`Kind::Conclude`]
    Conclude(conclude::Step, conclude::Payload),
    /// [`Kind::Keep`]
    Keep(keep::Step, keep::Payload),
}

/// What a step answers.
pub(crate) struct Answer {
    /// What becomes of the job.
    pub(crate) next: Next,
    /// What else is written in the same transaction.
    pub(crate) also: Option<Also>,
    /// Told in the audit entry.
    pub(crate) details: Vec<(&'static str, Value)>,
}

/// What becomes of a job.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Next {
    /// It goes on with this, at once.
    Step(Box<Job>),
    /// The same step again with what is known now, at that time, for this reason.
    Wait(Box<Job>, Timestamp, Failure),
    /// The same step again with what is known now, as after an error that time may mend.
    Again(Box<Job>, Failure),
    /// All is done.
    Done,
    /// All is done that can be; this tells why it is less than was asked for.
    Short(Box<Job>, Failure),
    /// It ends with this code.
    Failed(&'static str),
}

/// A write that belongs to an answer.
pub(crate) type Also = Box<dyn for<'t> FnOnce(&'t mut Tx) -> store::Work<'t, (), AuditError> + Send>;

impl Kind {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Augment,
        Self::Renew,
        Self::Post,
        Self::Witness,
        Self::Party,
        Self::Conclude,
        Self::Keep,
    ];

    /// What stands in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Augment => "augment",
            Self::Renew => "renew",
            Self::Post => "post",
            Self::Witness => "witness",
            Self::Party => "party",
            Self::Conclude => "conclude",
            Self::Keep => "keep",
        }
    }

    /// The newest shape of payloads that is understood; older ones are too.
    const fn version(self) -> u32 {
        match self {
            Self::Augment => augment::VERSION,
            Self::Renew => renew::VERSION,
            Self::Post => post::VERSION,
            Self::Witness => witness::VERSION,
            Self::Party => party::VERSION,
            Self::Conclude => conclude::VERSION,
            Self::Keep => keep::VERSION,
        }
    }

    /// Jobs that run at once in one process.
    const fn at_once(self) -> usize {
        match self {
            Self::Augment | Self::Post | Self::Party | Self::Conclude => 4,
            // One after the other, so that two signers of a document need not be signed twice.
            Self::Renew | Self::Witness | Self::Keep => 1,
        }
    }

    /// Higher goes first.
    const fn priority(self) -> i32 {
        match self {
            Self::Post | Self::Witness | Self::Party | Self::Conclude => 20,
            Self::Augment => 10,
            Self::Renew | Self::Keep => 0,
        }
    }
}

impl Job {
    const fn kind(&self) -> Kind {
        match self {
            Self::Augment(..) => Kind::Augment,
            Self::Renew(..) => Kind::Renew,
            Self::Post(..) => Kind::Post,
            Self::Witness(..) => Kind::Witness,
            Self::Party(..) => Kind::Party,
            Self::Conclude(..) => Kind::Conclude,
            Self::Keep(..) => Kind::Keep,
        }
    }

    const fn step(&self) -> &'static str {
        match self {
            Self::Augment(step, _) => step.name(),
            Self::Renew(step, _) => step.name(),
            Self::Post(step, _) => step.name(),
            Self::Witness(step, _) => step.name(),
            Self::Party(step, _) => step.name(),
            Self::Conclude(step, _) => step.name(),
            Self::Keep(step, _) => step.name(),
        }
    }

    /// Version and JSON.
    #[expect(
        clippy::expect_used,
        reason = "text, numbers and lists under text names always serialize"
    )]
    fn payload(&self) -> (u32, String) {
        let json = match self {
            Self::Augment(_, payload) => serde_json::to_string(payload),
            Self::Renew(_, payload) => serde_json::to_string(payload),
            Self::Post(_, payload) => serde_json::to_string(payload),
            Self::Witness(_, payload) => serde_json::to_string(payload),
            Self::Party(_, payload) => serde_json::to_string(payload),
            Self::Conclude(_, payload) => serde_json::to_string(payload),
            Self::Keep(_, payload) => serde_json::to_string(payload),
        };
        (self.kind().version(), json.expect("a payload is plain data"))
    }

    /// `None` for what no version of hankod wrote.
    pub(crate) fn read(kind: Kind, row: &store::Job) -> Option<Self> {
        Some(match kind {
            Kind::Augment => Self::Augment(
                augment::Step::parse(&row.step)?,
                Box::new(augment::Payload::parse(row.version, &row.payload)?),
            ),
            Kind::Renew => Self::Renew(
                renew::Step::parse(&row.step)?,
                renew::Payload::parse(row.version, &row.payload)?,
            ),
            Kind::Post => Self::Post(
                post::Step::parse(&row.step)?,
                post::Payload::parse(row.version, &row.payload)?,
            ),
            Kind::Witness => Self::Witness(
                witness::Step::parse(&row.step)?,
                witness::Payload::parse(row.version, &row.payload)?,
            ),
            Kind::Party => Self::Party(
                party::Step::parse(&row.step)?,
                party::Payload::parse(row.version, &row.payload)?,
            ),
            Kind::Conclude => Self::Conclude(
                conclude::Step::parse(&row.step)?,
                conclude::Payload::parse(row.version, &row.payload)?,
            ),
            Kind::Keep => Self::Keep(
                keep::Step::parse(&row.step)?,
                keep::Payload::parse(row.version, &row.payload)?,
            ),
        })
    }

    /// The file that it is about, for people.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::Augment(_, payload) => payload.file(),
            Self::Renew(_, payload) => payload.file(),
            Self::Post(_, payload) => payload.file(),
            Self::Witness(_, payload) => payload.file(),
            Self::Party(_, payload) => payload.file(),
            Self::Conclude(_, payload) => payload.file(),
            Self::Keep(_, payload) => payload.file(),
        }
    }

    /// What keeps its file from the level wanted, in words.
    pub(crate) fn missing(&self, lang: Lang) -> Vec<Said> {
        match self {
            Self::Augment(_, payload) => payload.missing(lang),
            Self::Renew(..)
            | Self::Post(..)
            | Self::Witness(..)
            | Self::Party(..)
            | Self::Conclude(..)
            | Self::Keep(..) => Vec::new(),
        }
    }

    async fn run(self, app: &App, id: &str) -> Result<Answer, Failure> {
        match self {
            Self::Augment(step, payload) => augment::run(app, id, step, *payload).await,
            Self::Renew(step, payload) => renew::run(app, id, step, payload).await,
            Self::Post(post::Step::Send, payload) => post::run(app, payload).await,
            Self::Witness(step, payload) => witness::run(app, step, payload).await,
            Self::Party(step, payload) => party::run(app, step, payload).await,
            Self::Conclude(step, payload) => conclude::run(app, step, payload).await,
            Self::Keep(keep::Step::Renew, payload) => keep::run(app, payload).await,
        }
    }
}

impl From<Next> for Answer {
    fn from(next: Next) -> Self {
        Self {
            next,
            also: None,
            details: Vec::new(),
        }
    }
}

/// Digests in payloads: 64 hexadecimal digits.
mod hexadecimal {
    use crate::store::Sha256;
    use serde::de::Error;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(digest: &Sha256, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(digest))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(text: D) -> Result<Sha256, D::Error> {
        let text = String::deserialize(text)?;
        let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| D::Error::custom("64 hexadecimal digits"))
    }
}

/// Writes a job with its audit entry, in the transaction of what makes it necessary. The same work is not put twice.
///
/// # Errors
/// What the state refused.
pub(crate) async fn put(
    tx: &mut Tx,
    job: &Job,
    key: &str,
    actor: &str,
    (at, not_before): (Timestamp, Timestamp),
) -> Result<Put, AuditError> {
    let (version, payload) = job.payload();
    let new = NewJob {
        id: super::new_id(),
        kind: job.kind().name(),
        key: key.to_owned(),
        version,
        payload,
        step: job.step(),
        priority: job.kind().priority(),
        at,
        not_before,
    };
    let put = tx.put_job(&new).await?;
    if let Put::New(_) = put {
        let event = Event::new(at, audit::Kind::JobPut, actor, &*new.id);
        audit::append(tx, &event.with("kind", new.kind).with("key", key)).await?;
    }
    Ok(put)
}

/// An act that belongs to a job's answer; one that the contract does not allow any more changes nothing.
///
/// # Errors
/// What the state refused.
pub(crate) async fn happened_in_job(
    tx: &mut Tx,
    contract: &str,
    act: impl FnOnce(&mut Contract, Who) -> Result<contract::Event, contract::Error>,
) -> Result<(), AuditError> {
    let (Some(mut row), Ok(who)) = (tx.contract(contract).await?, contracts::itself()) else {
        return Ok(());
    };
    match act(&mut row.contract, who) {
        Ok(event) => contracts::happened(tx, &mut row, &event, ACTOR).await,
        Err(_) => Ok(()),
    }
}

/// The audit entry of an answer; a job that only waits has none.
fn record(row: &store::Job, moved: &Moved, details: Vec<(&'static str, Value)>, actor: &str) -> Option<Event> {
    let kind = match (moved.state, &moved.next) {
        (JobState::Open, Some((step, ..))) if *step != row.step => audit::Kind::JobStepDone,
        (JobState::Open, _) => return None,
        _ => audit::Kind::JobEnded,
    };
    let mut event = Event::new(moved.at, kind, actor, &*row.id)
        .with("kind", &*row.kind)
        .with("step", &*row.step);
    if kind == audit::Kind::JobEnded {
        event = event
            .with("state", moved.state.name())
            .with("error", moved.reason.unwrap_or_default());
    }
    let with = |event: Event, (name, value)| event.with(name, value);
    Some(details.into_iter().fold(event, with))
}
