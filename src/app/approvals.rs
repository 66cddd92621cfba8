//! Four eyes: a set that wants a key of this kind is written down and waits, another person looks at it and agrees under a passphrase of their own, and
//! whoever asked asks again; then it is used up, once.
//!
//! What is approved is a digest over the whole set: documents, placement, certificate, caller. Durable and in the audit log at each step. Nothing here
//! knows whether two people are one in truth: the PIN and the passphrase must be kept by two.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::App;
use super::failure::{Failure, FailureKind};
use super::pins::rest_until;
use super::signing::{Set, Work};
use crate::access::Principal;
use crate::access::approver::{knows, new};
use crate::audit::{self, Event, Kind};
use crate::secret::Pin;
use crate::store::{Approval, ApprovalState, Approver};
use crate::text::{Lang, plain, say};
use crate::token::pin::{Notice, PinSource, Place};

/// How long a set waits, and how long an approval is good.
const APPROVAL_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Most approvals that a list shows.
const MAX_LISTED: u32 = 1_000;
/// Who manages approvers, in the audit log.
const ACTOR: &str = "cli";

/// That a second person agreed to the use of one certificate's key; only this file makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Approved {
    certificate: [u8; 32],
}

/// One document, or one hash, of a set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About {
    /// The document's name; empty for a hash.
    pub name: String,
    /// SHA-256 of the document, or the hash itself; hexadecimal.
    pub digest: String,
}

/// A set that somebody wants signed.
pub(crate) struct AskedSet<'a> {
    /// Who.
    pub(crate) who: &'a Principal,
    /// SHA-256 of the certificate.
    pub(crate) certificate: [u8; 32],
    /// Digest over all of it.
    pub(crate) shown: [u8; 32],
    /// What is in it.
    pub(crate) about: Vec<About>,
}

/// A set of documents as it is approved: the same whenever the same is asked for.
pub(crate) struct Whole {
    shown: [u8; 32],
    about: Vec<About>,
}

impl Whole {
    /// Of this work.
    pub(crate) fn of(work: &Work, set: &Set) -> Self {
        let consent = work.consent("", &set.who, &set.choice);
        let about = work.requests().zip(consent.inputs()).map(|(request, input)| About {
            name: request.name.clone(),
            digest: hex::encode(input),
        });
        Self {
            shown: *consent.digest(),
            about: about.collect(),
        }
    }

    /// With this certificate.
    pub(crate) fn asked<'a>(&self, who: &'a Principal, certificate: [u8; 32]) -> AskedSet<'a> {
        AskedSet {
            who,
            certificate,
            shown: self.shown,
            about: self.about.clone(),
        }
    }
}

/// A set, as the second person sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApprovalView {
    /// Opaque.
    pub id: String,
    /// Who asks.
    pub asker: String,
    /// SHA-256 of the certificate.
    pub certificate: String,
    /// What is in it.
    pub items: Vec<About>,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339; void from then on.
    pub expires: String,
}

/// A person who may agree, as the administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApproverView {
    /// Opaque.
    pub id: String,
    /// Its name.
    pub name: String,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339.
    pub revoked: Option<String>,
}

/// What a person does about approvals at the command line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequest {
    /// What.
    pub act: Act,
    /// File with the passphrase, else it is asked for.
    pub passphrase_file: Option<PathBuf>,
    /// Language of prompts and messages.
    pub english: bool,
    /// Where the person sits.
    pub place: Place,
}

/// What a person does about approvals.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Lets a person agree, under a passphrase.
    Add {
        /// Name of the person.
        name: String,
    },
    /// Agrees to a set, or does not.
    Answer {
        /// The set.
        id: String,
        /// Who.
        name: String,
        /// To which.
        agrees: bool,
    },
}

impl Approved {
    /// Whether it is for this certificate.
    pub(crate) fn covers(&self, certificate: &[u8; 32]) -> bool {
        self.certificate == *certificate
    }
}

impl App {
    /// Whether this set has its approval; gives its id and uses nothing up. Without one the set waits for it from now on.
    ///
    /// # Errors
    /// `approval_needed` with the set's id, `approval_refused`; what the state refused.
    pub(crate) async fn look_for_approval(&self, set: &AskedSet<'_>) -> Result<String, Failure> {
        let asker = set.who.to_string();
        let found = self
            .store()
            .approval_of(&asker, &set.certificate, &set.shown, self.now())
            .await?;
        match found.map(|found| (found.state, found.id)) {
            Some((ApprovalState::Given, id)) => Ok(id),
            Some((ApprovalState::Waiting, id)) => Err(needed(&id)),
            Some((ApprovalState::Refused, id)) => Err(refused(&id)),
            Some((ApprovalState::Used, _)) | None => Err(self.let_wait(set, asker).await?),
        }
    }

    /// Uses the approval of this set up. Without one the set waits for it from now on.
    ///
    /// # Errors
    /// As [`App::look_for_approval`].
    pub(crate) async fn second_person(&self, set: &AskedSet<'_>) -> Result<Approved, Failure> {
        let id = self.look_for_approval(set).await?;
        self.use_up(id, &set.who.to_string(), set.certificate).await
    }

    /// The same for a client that comes back with the id of its set; with what is in it.
    ///
    /// # Errors
    /// `approval_not_found`, `approval_needed`, `approval_refused`.
    pub(crate) async fn second_person_by_id(
        &self,
        who: &Principal,
        id: &str,
    ) -> Result<(Approved, [u8; 32], Vec<About>), Failure> {
        let now = self.now();
        let found = self.store().approval(id).await?;
        let found = found.filter(|found| found.asker == who.to_string() && found.expires > now);
        let found = found.ok_or(not_found())?;
        match found.state {
            ApprovalState::Given => {
                let about = about(&found)?;
                let approved = self.use_up(found.id, &found.asker, found.certificate).await?;
                Ok((approved, found.certificate, about))
            }
            ApprovalState::Waiting => Err(needed(&found.id)),
            ApprovalState::Refused => Err(refused(&found.id)),
            ApprovalState::Used => Err(not_found()),
        }
    }

    /// Sets that wait for a second person, oldest first.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn approvals(&self) -> Result<Vec<ApprovalView>, Failure> {
        let waiting = self.store().waiting_approvals(self.now(), MAX_LISTED).await?;
        let view = |approval: &Approval| {
            Ok(ApprovalView {
                id: approval.id.clone(),
                asker: approval.asker.clone(),
                certificate: hex::encode(approval.certificate),
                items: about(approval)?,
                created: approval.created.rfc3339(),
                expires: approval.expires.rfc3339(),
            })
        };
        waiting.iter().map(view).collect()
    }

    /// People who may agree, revoked ones too.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn approvers(&self) -> Result<Vec<ApproverView>, Failure> {
        let view = |approver: &Approver| ApproverView {
            id: approver.id.clone(),
            name: approver.name.clone(),
            created: approver.created.rfc3339(),
            revoked: approver.revoked.map(|at| at.rfc3339()),
        };
        Ok(self.store().approvers().await?.iter().map(view).collect())
    }

    /// Ends a person's right to agree; what nobody has used yet is void.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn revoke_approver(&self, id: &str) -> Result<(), Failure> {
        let (now, id) = (self.now(), id.to_owned());
        let event = Event::new(now, Kind::ApproverRevoked, ACTOR, &*id);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.revoke_approver(&id, now).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    /// Adds an approver, or answers in the name of one.
    ///
    /// # Errors
    /// `approver_invalid`, `pin_new_differs`, `approver_unknown`, `approval_not_found`, `pin_cooling_down`, `passphrase_wrong`, and what the prompt says.
    pub async fn attend(&self, request: ApprovalRequest) -> Result<(), Failure> {
        match &request.act {
            Act::Add { name } => self.add_approver(name, &request).await,
            Act::Answer { id, name, agrees } => self.answer(id, name, *agrees, &request).await,
        }
    }

    async fn add_approver(&self, name: &str, request: &ApprovalRequest) -> Result<(), Failure> {
        let passphrase = self.passphrase(request, name, "prompt-passphrase-new").await?;
        if request.passphrase_file.is_none() {
            let again = self.passphrase(request, name, "prompt-passphrase-again").await?;
            if !passphrase.matches(again.expose()) {
                return Err(Failure::new(FailureKind::Pin, "pin_new_differs"));
            }
        }
        let (now, name) = (self.now(), name.to_owned());
        let made = self.blocking(move || Ok(new(&name, &passphrase, now)?)).await?;
        let event = Event::new(now, Kind::ApproverAdded, ACTOR, &*made.id).with("name", &*made.name);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.add_approver(&made).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    async fn answer(&self, id: &str, name: &str, agrees: bool, request: &ApprovalRequest) -> Result<(), Failure> {
        let found = self.store().approvers().await?.into_iter();
        let approver = found.filter(|one| one.revoked.is_none()).find(|one| one.name == name);
        let approver = approver.ok_or(Failure::new(FailureKind::NotFound, "approver_unknown"))?;
        let waiting = self.store().approval(id).await?;
        let waits = |one: &Approval| one.state == ApprovalState::Waiting && one.expires > self.now();
        waiting.filter(waits).ok_or(not_found())?;
        self.check_passphrase(&approver, request).await?;
        let (now, id, by) = (self.now(), id.to_owned(), approver.id.clone());
        let kind = if agrees {
            Kind::ApprovalGiven
        } else {
            Kind::ApprovalRefused
        };
        let event = Event::new(now, kind, format!("approver:{by}"), &*id).with("name", approver.name);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.answer_approval(&id, &by, agrees, now).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    /// One try at a time; after some wrong ones the person rests, as a token does.
    async fn check_passphrase(&self, approver: &Approver, request: &ApprovalRequest) -> Result<(), Failure> {
        let name = format!("approver/{}", approver.id);
        let turn = self.pin_turn(&name);
        let _turn = turn.lock().await;
        self.may_try(&name).await?;
        let passphrase = self.passphrase(request, &approver.name, "prompt-passphrase").await?;
        let known = approver.clone();
        if self.blocking(move || Ok(knows(&known, &passphrase))).await? {
            return self.welcome(&name).await;
        }
        let failures = self
            .store()
            .pin_failures(&name)
            .await?
            .map_or(0, |known| known.failures);
        let now = self.now();
        let event = Event::new(now, Kind::PassphraseRefused, ACTOR, &*approver.id);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.count_pin_failure(&name, now, rest_until(failures + 1, now)).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        Err(Failure::new(FailureKind::Pin, "passphrase_wrong"))
    }

    async fn passphrase(&self, request: &ApprovalRequest, name: &str, words: &str) -> Result<Pin, Failure> {
        if let Some(path) = &request.passphrase_file {
            let stored = PinSource::File(path.clone()).stored().await?;
            return stored.ok_or(Failure::new(FailureKind::Pin, "pin_empty"));
        }
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let lines = vec![plain(name), say(lang, words, &[])];
        let notice = Notice::new(lang, "prompt-continue", lines);
        let patience = Duration::from_millis(self.config().prompt.deadline_ms);
        Ok(self.prompter()?.at(&request.place).enter(notice, patience).await?)
    }

    /// Writes that the set waits; gives what whoever asked is told.
    async fn let_wait(&self, set: &AskedSet<'_>, asker: String) -> Result<Failure, Failure> {
        let now = self.now();
        let id = super::new_id();
        let items = u32::try_from(set.about.len()).unwrap_or(u32::MAX);
        let approval = Approval {
            id: id.clone(),
            asker: asker.clone(),
            certificate: set.certificate,
            shown: set.shown,
            items,
            about: serde_json::to_string(&set.about)
                .map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))?,
            state: ApprovalState::Waiting,
            approver: None,
            created: now,
            expires: now.plus(APPROVAL_LIFE),
            decided: None,
        };
        let event = Event::new(now, Kind::ApprovalAsked, asker, &*id)
            .with("certificate", &set.certificate)
            .with("shown", &set.shown)
            .with("count", items);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.ask_approval(&approval).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        log::info!(code = "approval_asked", id = id.as_str(); "a set waits for a second person");
        Ok(needed(&id))
    }

    async fn use_up(&self, id: String, asker: &str, certificate: [u8; 32]) -> Result<Approved, Failure> {
        let now = self.now();
        let event = Event::new(now, Kind::ApprovalUsed, asker, &*id);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.use_approval(&id, now).await?;
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        Ok(Approved { certificate })
    }
}

fn about(approval: &Approval) -> Result<Vec<About>, Failure> {
    serde_json::from_str(&approval.about).map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))
}

fn needed(id: &str) -> Failure {
    Failure::new(FailureKind::Conflict, "approval_needed").with("id", id)
}

fn refused(id: &str) -> Failure {
    Failure::new(FailureKind::Forbidden, "approval_refused").with("id", id)
}

fn not_found() -> Failure {
    Failure::new(FailureKind::NotFound, "approval_not_found")
}
