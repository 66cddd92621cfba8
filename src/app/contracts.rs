//! Contracts: drafts, sending, signing, conclusion, search; the same for every skin.
//!
//! Each act is decided by [`crate::contract`] inside one transaction, which keeps the contract, the event and the audit entry together. What is
//! not the asker's is not there. Nothing here draws, and no key is touched: jobs sign.

mod admission;
mod blank;
pub(crate) mod certificate;
mod copies;
mod course;
mod drafts;
mod evidence;
mod finding;
mod keeping;
pub(crate) mod letters;
mod link;
mod looking;
mod operator;
mod papers;
pub(crate) mod party;
mod pending;
mod reminding;
mod revision;
mod sending;
mod shown;
mod views;

use std::net::IpAddr;

use super::App;
use super::failure::{Failure, FailureKind};
use super::sign_in::Staff;
use crate::access::Principal;
use crate::audit::{self, AuditError, Kind};
use crate::clock::Timestamp;
use crate::contract::address::MailAddress;
use crate::contract::progress::{Sender, Who};
use crate::contract::words::{Line, Lines, Name};
use crate::contract::{self, Act, Contract, Event};
use crate::store::{ContractRow, OnceKey, Tx, Work};

pub use course::Saying;
pub use drafts::{DocumentWanted, DraftWanted};
pub use finding::{FoundPage, FoundView, SearchWanted};
pub use link::{Agreement, SigningDocument, SigningView, Visitor};
pub(crate) use operator::kept;
pub use papers::KnownFile;
pub(crate) use papers::newest;
pub use party::{PartyDocument, PartyManifest};
pub use pending::PendingView;
pub(crate) use revision::stamped_revision;
pub use shown::{Judged, PageView};
pub use views::{ContractView, DocumentView, EventView, FileView, MailView, SignerView};

/// Longest key of a request that is answered once.
const MAX_KEY_CHARS: usize = 200;

/// Who asks for something about contracts, and from where.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Whose contracts these are: the principal's text, `section:ID` for people.
    pub(crate) owner: String,
    /// As the audit log tells it: the principal's text.
    pub(crate) actor: String,
    /// As events tell it.
    pub(crate) who: Who,
    /// In whose name it sends, where that is not the asker's to say (S17).
    pub(crate) sender: Option<Sender>,
}

/// Under which conditions an act is done.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Only when the contract has this version.
    pub version: Option<i64>,
    /// Once, whatever is repeated under this key: the key, and SHA-256 of what is asked.
    pub once: Option<(String, [u8; 32])>,
}

impl Asker {
    /// The same, acting for a person whom the application has authenticated; somebody who is signed in speaks for themselves alone.
    ///
    /// # Errors
    /// `contract_text_invalid`.
    pub fn speaking_for(mut self, person: Option<&str>) -> Result<Self, Failure> {
        if let Some(person) = person.filter(|_| self.who.account.is_none()) {
            self.who.name = Name::new(person, "by")?;
        }
        Ok(self)
    }

    /// A client of a server.
    ///
    /// # Errors
    /// `internal_error` for a name that no event can hold.
    pub fn client(id: &str, name: &str, ip: Option<IpAddr>, agent: Option<&str>) -> Result<Self, Failure> {
        let owner = Principal::Client { id: id.to_owned() }.to_string();
        Ok(Self {
            actor: owner.clone(),
            owner,
            who: who(name, None, ip, agent)?,
            sender: None,
        })
    }

    /// A person who is signed in: the contracts are the section's and go out in its name, events tell the person.
    ///
    /// # Errors
    /// `contract_text_invalid` for a name that no event can hold.
    pub fn staff(staff: &Staff, ip: Option<IpAddr>, agent: Option<&str>) -> Result<Self, Failure> {
        let mut who = who(&staff.name, None, ip, agent)?;
        let actor = staff.principal().to_string();
        who.account = Some(Line::new(&actor, "by")?);
        let section = &staff.section;
        let telephone = section.telephone.as_deref();
        Ok(Self {
            owner: format!("section:{}", section.id),
            actor,
            who,
            sender: Some(Sender {
                organisation: Name::new(&section.organisation, "organisation")?,
                section: Some(Name::new(&section.name, "section")?),
                contact: Some(Name::new(&staff.name, "contact")?),
                telephone: telephone.map(|text| Line::new(text, "telephone")).transpose()?,
                address: MailAddress::parse(&section.address)?,
            }),
        })
    }
}

/// A person or program as events tell it. What a browser calls itself is cut, not refused.
pub(crate) fn who(name: &str, signer: Option<u16>, ip: Option<IpAddr>, agent: Option<&str>) -> Result<Who, Failure> {
    let agent: Option<String> = agent.map(|text| text.chars().filter(|c| !c.is_control()).take(300).collect());
    Ok(Who {
        name: Name::new(name, "name")?,
        account: None,
        signer,
        ip,
        agent: agent.and_then(|text| Line::new(&text, "agent").ok()),
    })
}

/// What happens by itself.
pub(crate) fn itself() -> Result<Who, Failure> {
    who("hankod", None, None, None)
}

/// What a person says, checked.
pub(crate) fn said(text: &str) -> Result<Lines<2_000>, Failure> {
    Ok(Lines::new(text, "text")?)
}

impl App {
    /// A contract of the asker's.
    pub(crate) async fn own_contract(&self, asker: &Asker, id: &str) -> Result<ContractRow, Failure> {
        let row = self.store().contract(id).await?;
        row.filter(|row| row.owner == asker.owner).ok_or_else(not_found)
    }

    /// Does one act on a contract: `work` gets the row inside the transaction, and what it returns happened.
    pub(crate) async fn act<F>(
        &self,
        asker: &Asker,
        id: &str,
        terms: Conditions,
        work: F,
    ) -> Result<ContractView, Failure>
    where
        F: for<'t> FnOnce(&'t mut Tx, &'t mut ContractRow, Who, Timestamp) -> Work<'t, Event, Failure> + Send + 'static,
    {
        let (asker, wanted, now) = (asker.clone(), id.to_owned(), self.now());
        let once = once_key(&asker, terms.once)?;
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                if let Some(known) = repeated(tx, once.as_ref()).await? {
                    return Ok::<_, Failure>(known);
                }
                let row = tx.contract(&wanted).await?;
                let mut row = row.filter(|row| row.owner == asker.owner).ok_or_else(not_found)?;
                check_version(&row, terms.version)?;
                let event = work(tx, &mut row, asker.who, now).await?;
                happened(tx, &mut row, &event, &asker.actor).await?;
                if let Some(once) = &once {
                    tx.answer_once(once, &row.contract.id, now).await?;
                }
                Ok(row.contract.id)
            })
        });
        let id: String = done.await?;
        self.wake_workers();
        self.view_of(&id).await
    }

    /// An act that the contract alone decides and that touches nothing else.
    pub(crate) async fn act_alone<F>(
        &self,
        asker: &Asker,
        id: &str,
        terms: Conditions,
        work: F,
    ) -> Result<ContractView, Failure>
    where
        F: FnOnce(&mut Contract, Who, Timestamp) -> Result<Event, contract::Error> + Send + 'static,
    {
        self.act(asker, id, terms, move |_, row, who, now| {
            Box::pin(async move { Ok(work(&mut row.contract, who, now)?) })
        })
        .await
    }
}

/// Writes what happened: the contract with its next version, the event, the audit entry.
///
/// # Errors
/// What the state refused.
pub(crate) async fn happened(tx: &mut Tx, row: &mut ContractRow, event: &Event, actor: &str) -> Result<(), AuditError> {
    row.version += 1;
    row.updated = event.at;
    if event.act == Act::Conclude {
        row.concluded = Some(event.at);
    }
    tx.put_contract(row).await?;
    record(tx, row, event, actor).await
}

/// The event and the audit entry of an act.
async fn record(tx: &mut Tx, row: &ContractRow, event: &Event, actor: &str) -> Result<(), AuditError> {
    let id = &row.contract.id;
    tx.add_contract_event(id, row.version, event).await?;
    let mut entry = audit::Event::new(event.at, Kind::ContractActed, actor, &**id)
        .with("act", event.act.name())
        .with("state", row.contract.state.name())
        .with("version", row.version);
    if let Some(signer) = event.signer {
        entry = entry.with("signer", u32::from(signer));
    }
    if let Some(ip) = event.who.ip {
        entry = entry.with("ip", ip.to_string());
    }
    audit::append(tx, &entry).await?;
    Ok(())
}

/// The contract that this very request was answered with before.
async fn repeated(tx: &mut Tx, once: Option<&OnceKey>) -> Result<Option<String>, Failure> {
    let Some(once) = once else { return Ok(None) };
    match tx.answered(once).await? {
        None => Ok(None),
        Some((contract, request)) if request == once.request => Ok(Some(contract)),
        Some(_) => Err(Failure::new(FailureKind::Conflict, "idempotency_key_reused")),
    }
}

fn once_key(asker: &Asker, once: Option<(String, [u8; 32])>) -> Result<Option<OnceKey>, Failure> {
    let Some((name, request)) = once else { return Ok(None) };
    let good = (1..=MAX_KEY_CHARS).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
    let key = OnceKey {
        caller: asker.actor.clone(),
        name,
        request,
    };
    let wrong = || Failure::new(FailureKind::Invalid, "idempotency_key_invalid").with("max", MAX_KEY_CHARS.to_string());
    good.then_some(Some(key)).ok_or_else(wrong)
}

fn check_version(row: &ContractRow, wanted: Option<i64>) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if wanted != row.version => Err(changed()),
        _ => Ok(()),
    }
}

/// Somebody else was first.
pub(crate) fn changed() -> Failure {
    Failure::new(FailureKind::Conflict, "contract_changed")
}

fn not_found() -> Failure {
    Failure::new(FailureKind::NotFound, "contract_not_found")
}
