//! What a signer does behind their link: open, be known by a code, fill in and agree, or refuse.
//!
//! Reading changes nothing and is no event: scanners open links. A link is good for one request; the one after it makes it void. Codes and
//! sessions are kept as hashes, with few tries and a short life.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::{App, happened, letters, not_found, said, who};
use crate::app::failure::{Failure, FailureKind};
use crate::app::jobs::{self, Job, witness};
use crate::clock::Timestamp;
use crate::contract::field::{Field, Value};
use crate::contract::progress::{Progress, Turn, Who};
use crate::contract::signer::{Factor, Method, Signer};
use crate::contract::terms::{Action, Item};
use crate::contract::{self, Act};
use crate::mail;
use crate::store::{CodeRow, Consent, ContractRow, LinkRow, Put, Tx};

/// Longest secret of a link, in characters.
const MAX_SECRET_CHARS: usize = 100;
/// How long a code is good, in minutes.
const CODE_MINUTES: u64 = 10;
/// Between two codes.
const CODE_PAUSE: Duration = Duration::from_secs(30);
/// The same for each wrong try at the last one: whoever has the link alone would guess a code of six digits within weeks otherwise.
const TRY_PAUSE: Duration = Duration::from_secs(120);
/// Wrong codes until a new one is needed.
const MAX_TRIES: u32 = 5;
/// How long somebody who gave the right code is known.
const SESSION_LIFE: Duration = Duration::from_secs(3600);

/// A caller who has a link.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// What stands behind `/s/`.
    pub link: String,
    /// From where.
    pub ip: Option<IpAddr>,
    /// What their browser calls itself.
    pub agent: Option<String>,
}

/// What a signer sees.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SigningView {
    /// sent, completing, concluded, declined, expired, withdrawn.
    pub state: &'static str,
    /// Organisation and section.
    pub sender: String,
    /// 文書名.
    pub title: String,
    /// What the sender tells.
    pub message: String,
    /// 管理番号.
    pub number: Option<String>,
    /// `YYYY-MM-DD` in Japan.
    pub due: Option<String>,
    /// The signer's number.
    pub signer: u16,
    /// The signer's name.
    pub name: String,
    /// party or witness.
    pub method: &'static str,
    /// asked, opened, signed, declined.
    pub turn: &'static str,
    /// A witness signer has agreed, and the signatures are being made.
    pub signing: bool,
    /// In order (文書1(1/3)).
    pub documents: Vec<SigningDocument>,
    /// What this signer fills in.
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Field>,
    /// What is to be looked at before.
    #[schema(value_type = Vec<Object>)]
    pub checklist: Vec<Item>,
}

/// A document as a signer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SigningDocument {
    /// Its number.
    pub number: u16,
    /// What it is called.
    pub name: String,
    /// sign or view.
    pub action: &'static str,
    /// How many pages.
    pub pages: usize,
}

/// What a signer filled in and agrees to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// What the right code opened.
    pub session: String,
    /// By number of the field: what was written; `on` for a box.
    #[serde(default)]
    pub values: std::collections::BTreeMap<u16, String>,
    /// Numbers of the checklist's items that were looked at.
    #[serde(default)]
    pub checked: Vec<u16>,
}

/// Whose link it is.
pub(super) struct Behind {
    pub(super) row: ContractRow,
    pub(super) link: LinkRow,
    pub(super) who: Who,
}

impl Behind {
    pub(super) fn signer(&self) -> Result<&Signer, Failure> {
        Ok(self.row.contract.terms.signer(self.link.signer)?)
    }

    pub(super) fn progress(&self) -> Result<&Progress, Failure> {
        let of_link = |one: &&Progress| one.signer == self.link.signer;
        self.row.contract.progress.iter().find(of_link).ok_or_else(void)
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Failure> {
        let in_time = self.link.expires > now;
        in_time
            .then_some(())
            .ok_or(Failure::new(FailureKind::NotFound, "link_expired"))
    }
}

impl App {
    /// What a signer sees; changes nothing. What ended is told also to those who come late.
    ///
    /// # Errors
    /// `link_void`, `link_expired`.
    pub async fn signing_view(&self, visitor: &Visitor) -> Result<SigningView, Failure> {
        let behind = self.behind_any(visitor).await?;
        let (contract, signer, progress) = (&behind.row.contract, behind.signer()?, behind.progress()?);
        if !(contract.state.is_over() && behind.row.concluded.is_none()) {
            behind.check_time(self.now())?;
        }
        let consent = self.store().consent(&contract.id, signer.number).await?;
        let agreed = consent.is_some_and(|consent| consent.request == behind.link.request);
        let terms = &contract.terms;
        Ok(SigningView {
            state: contract.state.name(),
            sender: letters::sender_name(&contract.sender),
            title: terms.title.as_str().to_owned(),
            message: terms.message.as_str().to_owned(),
            number: contract.printed_number(),
            due: terms.due.map(|day| day.to_string()),
            signer: signer.number,
            name: signer.name.as_str().to_owned(),
            method: match signer.method {
                Method::Party => "party",
                Method::Witness => "witness",
            },
            turn: progress.turn.name(),
            signing: agreed && signer.method == Method::Witness && progress.turn == Turn::Opened,
            documents: terms
                .documents
                .iter()
                .map(|document| SigningDocument {
                    number: document.number,
                    name: document.name.as_str().to_owned(),
                    action: document.action.name(),
                    pages: document.pages.len(),
                })
                .collect(),
            fields: terms.fields_of(signer.number).cloned().collect(),
            checklist: terms.checklist.clone(),
        })
    }

    /// A person opened the request (S20).
    ///
    /// # Errors
    /// `link_void`; the state or turn that does not allow it.
    pub async fn open_request(&self, visitor: &Visitor) -> Result<SigningView, Failure> {
        self.signer_acts(visitor, Act::Open, "").await?;
        self.signing_view(visitor).await
    }

    /// A signer refuses; the contract ends, and the sender is told.
    ///
    /// # Errors
    /// As [`App::open_request`].
    pub async fn decline_request(&self, visitor: &Visitor, reason: &str) -> Result<SigningView, Failure> {
        self.signer_acts(visitor, Act::Decline, reason).await?;
        self.signing_view(visitor).await
    }

    /// 心当たりがない: the addressee knows nothing of it.
    ///
    /// # Errors
    /// As [`App::open_request`].
    pub async fn disown_request(&self, visitor: &Visitor, text: &str) -> Result<SigningView, Failure> {
        self.signer_acts(visitor, Act::Disown, text).await?;
        self.signing_view(visitor).await
    }

    async fn signer_acts(&self, visitor: &Visitor, act: Act, text: &str) -> Result<(), Failure> {
        let (behind, text, now) = (self.behind(visitor).await?, said(text)?, self.now());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let mut row = again(tx, &behind.link).await?;
                let actor = actor(&behind.link);
                let event = row
                    .contract
                    .act(act, Some(behind.link.signer), text.clone(), behind.who, now)?;
                happened(tx, &mut row, &event, &actor).await?;
                if act == Act::Decline {
                    let name = row.contract.terms.signer(behind.link.signer)?.name.as_str().to_owned();
                    letters::tell_declined(tx, &row, (&name, text.as_str()), now).await?;
                }
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        self.wake_workers();
        Ok(())
    }

    /// Sends the signer a code, used once.
    ///
    /// # Errors
    /// `link_void`, `code_too_soon`; the turn that is not theirs.
    pub async fn send_code(&self, visitor: &Visitor) -> Result<(), Failure> {
        let (behind, now) = (self.behind(visitor).await?, self.now());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let link = &behind.link;
                let row = again(tx, link).await?;
                may_sign(&row, link)?;
                let last = tx.code(&link.contract, link.signer).await?;
                let too_soon = |last: &CodeRow| last.sent.plus(code_pause(last.tries)) > now;
                if last.is_some_and(|last| last.request == link.request && too_soon(&last)) {
                    return Err(Failure::new(FailureKind::TooMany, "code_too_soon"));
                }
                let (digits, salt) = (six_digits(), letters::secret().into_bytes());
                let code = CodeRow {
                    request: link.request,
                    sha256: hashed(&salt, &digits),
                    salt,
                    sent: now,
                    expires: now.plus(Duration::from_secs(CODE_MINUTES * 60)),
                    tries: 0,
                    session: None,
                };
                tx.put_code(&link.contract, link.signer, &code).await?;
                let contract = &row.contract;
                let sender = letters::sender_name(&contract.sender);
                let title = contract.terms.title.as_str();
                let letter = mail::code(&sender, title, &digits, &CODE_MINUTES.to_string());
                let signer = contract.terms.signer(link.signer)?;
                letters::put(tx, contract, Some(signer), ("code", letter), now).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        self.wake_workers();
        Ok(())
    }

    /// The secret of a session, for the right code.
    ///
    /// # Errors
    /// `link_void`, `code_wrong`, `code_over` after five wrong ones or ten minutes.
    pub async fn confirm_code(&self, visitor: &Visitor, digits: &str) -> Result<String, Failure> {
        let (behind, now) = (self.behind(visitor).await?, self.now());
        let digits = contract::words::fold_width(digits).trim().to_owned();
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let link = &behind.link;
                let row = again(tx, link).await?;
                may_sign(&row, link)?;
                let over = || Failure::new(FailureKind::Forbidden, "code_over");
                let found = tx.code(&link.contract, link.signer).await?;
                let mut code = found.filter(|code| code.request == link.request).ok_or_else(over)?;
                // One code opens one session.
                if code.expires <= now || code.tries >= MAX_TRIES || code.session.is_some() {
                    return Err(over());
                }
                let right = bool::from(hashed(&code.salt, &digits).ct_eq(&code.sha256));
                let secret = right.then(letters::secret);
                match &secret {
                    None => code.tries += 1,
                    Some(secret) => code.session = Some((Sha256::digest(secret).into(), now.plus(SESSION_LIFE))),
                }
                tx.put_code(&link.contract, link.signer, &code).await?;
                Ok(secret)
            })
        });
        // A wrong code counts, so that its answer comes after the transaction and not instead of it.
        done.await?.ok_or(Failure::new(FailureKind::Forbidden, "code_wrong"))
    }

    /// A witness signer who is known agrees; a job makes the signatures.
    ///
    /// # Errors
    /// `link_void`, `session_over`, `request_not_opened`, `signs_with_certificate`; values and checklist that are not as the contract wants them.
    pub async fn agree(&self, visitor: &Visitor, agreement: Agreement) -> Result<SigningView, Failure> {
        let (behind, now) = (self.behind(visitor).await?, self.now());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let Behind { link, who, .. } = behind;
                let row = again(tx, &link).await?;
                let one = may_sign(&row, &link)?;
                if one.turn == Turn::Asked {
                    return Err(Failure::new(FailureKind::Conflict, "request_not_opened"));
                }
                if row.contract.terms.signer(link.signer)?.method == Method::Party {
                    return Err(Failure::new(FailureKind::Conflict, "signs_with_certificate"));
                }
                check_session(tx, &link, &agreement.session, now).await?;
                let values = values(&row, link.signer, &agreement)?;
                let payload = witness::Payload::of(&link.contract, link.signer, link.request);
                let (key, job) = (payload.key(), Job::Witness(witness::Step::Sign, payload));
                // What was agreed to once is what is signed, however often it is sent.
                if let Put::New(_) = jobs::put(tx, &job, &key, &actor(&link), (now, now)).await? {
                    let consent = Consent {
                        request: link.request,
                        values,
                        who,
                        factors: vec![Factor::MailCode],
                        at: now,
                    };
                    tx.put_consent(&link.contract, link.signer, &consent).await?;
                }
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        self.wake_workers();
        self.signing_view(visitor).await
    }

    /// The contract behind a link that is good.
    ///
    /// # Errors
    /// `link_void`, `link_expired`.
    pub(super) async fn contract_behind(&self, visitor: &Visitor) -> Result<contract::Contract, Failure> {
        Ok(self.behind(visitor).await?.row.contract)
    }

    /// The contract and signer behind a link that is good.
    pub(super) async fn behind(&self, visitor: &Visitor) -> Result<Behind, Failure> {
        let behind = self.behind_any(visitor).await?;
        behind.check_time(self.now())?;
        Ok(behind)
    }

    /// The same, though the link's time may be over.
    async fn behind_any(&self, visitor: &Visitor) -> Result<Behind, Failure> {
        if visitor.link.len() > MAX_SECRET_CHARS {
            return Err(void());
        }
        let link = self.store().link(&Sha256::digest(&visitor.link).into()).await?;
        let link = link.ok_or_else(void)?;
        let row = self.store().contract(&link.contract).await?.ok_or_else(not_found)?;
        let name = row.contract.terms.signer(link.signer)?.name.as_str().to_owned();
        let who = who(&name, Some(link.signer), visitor.ip, visitor.agent.as_deref())?;
        let behind = Behind { row, link, who };
        match behind.progress()?.request == behind.link.request {
            true => Ok(behind),
            false => Err(void()),
        }
    }
}

/// The contract inside the transaction, when the link is still its signer's newest.
pub(super) async fn again(tx: &mut Tx, link: &LinkRow) -> Result<ContractRow, Failure> {
    let row = tx.contract(&link.contract).await?.ok_or_else(not_found)?;
    let newest = |one: &Progress| one.signer == link.signer && one.request == link.request;
    match row.contract.progress.iter().any(newest) {
        true => Ok(row),
        false => Err(void()),
    }
}

/// The signer's progress, when it is their turn.
pub(super) fn may_sign<'r>(row: &'r ContractRow, link: &LinkRow) -> Result<&'r Progress, Failure> {
    row.contract.state.after(Act::Open)?;
    let one = row.contract.progress.iter().find(|one| one.signer == link.signer);
    let one = one.ok_or_else(void)?;
    match one.turn {
        Turn::Asked | Turn::Opened => Ok(one),
        Turn::Signed => Err(contract::Error::SignedAlready(link.signer).into()),
        Turn::Waiting | Turn::Declined => Err(contract::Error::NotTheirTurn(link.signer).into()),
    }
}

/// Whether this session was opened by the right code; the code that opened it.
pub(super) async fn check_session(
    tx: &mut Tx,
    link: &LinkRow,
    session: &str,
    now: Timestamp,
) -> Result<CodeRow, Failure> {
    let code = tx.code(&link.contract, link.signer).await?;
    let code = code.filter(|code| code.request == link.request);
    let digest: [u8; 32] = Sha256::digest(session).into();
    let opened = |code: &CodeRow| {
        let open = code.session.filter(|(_, ends)| *ends > now);
        open.is_some_and(|(known, _)| bool::from(known.ct_eq(&digest)))
    };
    code.filter(opened)
        .ok_or(Failure::new(FailureKind::Forbidden, "session_over"))
}

/// What was written, field by field, and every item of the checklist looked at.
pub(super) fn values(row: &ContractRow, signer: u16, agreement: &Agreement) -> Result<Vec<(u16, Value)>, Failure> {
    let terms = &row.contract.terms;
    if let Some(open) = terms
        .checklist
        .iter()
        .find(|item| !agreement.checked.contains(&item.number))
    {
        return Err(contract::Error::ChecklistOpen(open.number).into());
    }
    let signs = |document| terms.document(document).is_ok_and(|one| one.action == Action::Sign);
    let mut values = Vec::new();
    for field in terms
        .fields_of(signer)
        .filter(|field| !field.kind.is_signature() && signs(field.document))
    {
        let text = agreement.values.get(&field.number).map_or("", String::as_str);
        values.extend(field.read(text)?.map(|value| (field.number, value)));
    }
    let known = |number: &&u16| !terms.fields_of(signer).any(|field| field.number == **number);
    match agreement.values.keys().find(known) {
        Some(number) => Err(contract::Error::ValueWrong(*number).into()),
        None => Ok(values),
    }
}

/// From a code with so many wrong tries to the next one.
fn code_pause(tries: u32) -> Duration {
    CODE_PAUSE.max(TRY_PAUSE * tries)
}

fn hashed(salt: &[u8], digits: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(digits).finalize().into()
}

/// Six digits, each equally likely.
fn six_digits() -> String {
    let number = u128::from_str_radix(&crate::app::new_id(), 16).unwrap_or_default();
    format!("{:06}", number % 1_000_000)
}

pub(super) fn actor(link: &LinkRow) -> String {
    crate::access::Principal::Signer {
        contract: link.contract.clone(),
        number: link.signer,
    }
    .to_string()
}

fn void() -> Failure {
    Failure::new(FailureKind::NotFound, "link_void")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_tries_many_codes_in_a_day() {
        assert_eq!(code_pause(0), CODE_PAUSE);
        for tries in 1..=MAX_TRIES {
            let codes = 24 * 3600 / code_pause(tries).as_secs();
            assert!(codes * u64::from(tries) <= 720, "{tries}");
        }
    }
}
