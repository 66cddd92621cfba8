//! A contract on its way: each act checked against the state and the signers' order, each leaving an event.
//!
//! An act that is refused changes nothing. Whoever calls stores contract and events together.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::signer::{Factor, Signer};
use super::terms::Terms;
use super::words::{Line, Lines, Name};
use super::{Act, Error, State};
use crate::clock::{Day, Timestamp};
use crate::contract::address::Reach;

/// Digits of a control number (管理番号, S43).
const NUMBER_DIGITS: usize = 7;

/// Who sends: as it stands in mails and on the certificate of conclusion (S17, S37).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sender {
    /// The organisation.
    pub organisation: Name,
    /// The section, such as 総務課(起案用).
    pub section: Option<Name>,
    /// Where questions go: a person.
    pub contact: Option<Name>,
    /// Their telephone number, as it is printed.
    pub telephone: Option<Line<40>>,
    /// The drafting account's address.
    pub address: super::address::MailAddress,
}

/// Who did something, and from where (S44).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Who {
    /// The person, or `hankod` for what happens by itself.
    pub name: Name,
    /// The account of a person of the sender's who signed in.
    #[serde(default)]
    pub account: Option<Line<100>>,
    /// The signer's number, when it was one.
    pub signer: Option<u16>,
    /// The address that the request came from.
    pub ip: Option<IpAddr>,
    /// What their browser calls itself.
    pub agent: Option<Line<300>>,
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// What.
    pub act: Act,
    /// By whom.
    pub who: Who,
    /// When.
    pub at: Timestamp,
    /// About which signer.
    pub signer: Option<u16>,
    /// Comment, reason, new address: what a person said.
    pub text: Lines<2_000>,
}

/// How far a signer is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Others come first.
    Waiting,
    /// The request was sent.
    Asked,
    /// The person opened it.
    Opened,
    /// Done.
    Signed,
    /// Refused.
    Declined,
}

/// Who signed, frozen at that moment: what the certificate of conclusion shows in ten years.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// With an own certificate.
    Party {
        /// The subject's attributes as they stand in the certificate: short name and value. A JPKI signer: CN is the name of the SAN.
        subject: Vec<(String, String)>,
        /// SHA-256 of the certificate, hexadecimal.
        sha256: Line<64>,
    },
    /// By mail address or telephone number.
    Witness {
        /// For whom.
        organisation: Option<Name>,
        /// The person.
        name: Name,
        /// Where the link went.
        reach: Reach,
        /// How the person was known.
        factors: Vec<Factor>,
    },
}

/// A signature that is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// When it arrived.
    pub at: Timestamp,
    /// From where.
    pub ip: Option<IpAddr>,
    /// By whom.
    pub identity: Identity,
}

/// How far one signer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The signer's number.
    pub signer: u16,
    /// How far.
    pub turn: Turn,
    /// Links of earlier requests are void: each request has the next number.
    pub request: u32,
    /// The last mail came back.
    pub bounced: bool,
    /// The signature, once it is in.
    pub signed: Option<Signed>,
}

/// A contract.
#[derive(Clone, PartialEq, Debug)]
pub struct Contract {
    /// Opaque.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Who sends it.
    pub sender: Sender,
    /// What is agreed.
    pub terms: Terms,
    /// Who wrote it: accounts, or names where an application says them. None of them approves it.
    pub drafters: Vec<Name>,
    /// Somebody else than the drafter agreed to sending.
    pub approved: bool,
    /// 管理番号, given when it is sent.
    pub number: Option<u64>,
    /// 締結証明書ID, given when it is sent: 32 hexadecimal digits, printed on each page.
    pub certificate_id: Option<Line<32>>,
    /// One for each signer, once it is sent.
    pub progress: Vec<Progress>,
    /// Why it is not concluded yet, and when that is tried again.
    pub delay: Option<(Line<100>, Timestamp)>,
}

impl Who {
    /// What tells one person from another: the account, else the name.
    fn identity(&self) -> Result<Name, Error> {
        let account = self.account.as_ref().map(Line::as_str);
        Name::new(account.unwrap_or(self.name.as_str()), "by")
    }
}

impl Turn {
    const ALL: [Self; 5] = [Self::Waiting, Self::Asked, Self::Opened, Self::Signed, Self::Declined];

    /// The name that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Opened => "opened",
            Self::Signed => "signed",
            Self::Declined => "declined",
        }
    }

    /// The turn of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.name() == name)
    }
}

impl Contract {
    /// A draft.
    ///
    /// # Errors
    /// As [`Terms::check`].
    pub fn draft(id: String, sender: Sender, terms: Terms) -> Result<Self, Error> {
        terms.check()?;
        Ok(Self {
            id,
            state: State::Draft,
            sender,
            terms,
            drafters: Vec::new(),
            approved: false,
            number: None,
            certificate_id: None,
            progress: Vec::new(),
            delay: None,
        })
    }

    /// Writes the terms anew; an approval is void.
    ///
    /// # Errors
    /// [`Error::NotNow`]; as [`Terms::check`].
    pub fn change(&mut self, terms: Terms, who: Who, at: Timestamp) -> Result<Event, Error> {
        self.state.after(Act::Change)?;
        terms.check()?;
        self.terms = terms;
        self.approved = false;
        self.written_by(&who)?;
        self.did(Act::Change, who, at, None, Lines::default())
    }

    /// Remembers who wrote it.
    ///
    /// # Errors
    /// None for a person whose name or account is one.
    pub fn written_by(&mut self, who: &Who) -> Result<(), Error> {
        let drafter = who.identity()?;
        if !self.drafters.contains(&drafter) {
            self.drafters.push(drafter);
        }
        Ok(())
    }

    /// Acts that say something and change no more than the state: review, comments, opening, bounces, reminders, withdrawal, expiry.
    ///
    /// # Errors
    /// [`Error::NotNow`]; [`Error::OwnDraft`]; for acts of a signer [`Error::NotTheirTurn`] and [`Error::SignedAlready`].
    pub fn act(
        &mut self,
        act: Act,
        signer: Option<u16>,
        text: Lines<2_000>,
        who: Who,
        at: Timestamp,
    ) -> Result<Event, Error> {
        self.state.after(act)?;
        if act == Act::Approve && self.drafters.contains(&who.identity()?) {
            return Err(Error::OwnDraft);
        }
        if let Some(signer) = signer {
            let one = self.turn_of(signer)?;
            match act {
                Act::Open if one.turn == Turn::Asked => one.turn = Turn::Opened,
                Act::Decline => one.turn = Turn::Declined,
                Act::Bounce => one.bounced = true,
                _ => {}
            }
        }
        match act {
            Act::Approve => self.approved = true,
            Act::AskCorrection => self.approved = false,
            _ => {}
        }
        self.did(act, who, at, signer, text)
    }

    /// Fixes the version and asks the first group; these are returned.
    ///
    /// # Errors
    /// [`Error::NotNow`]; as [`Terms::check_for_sending`] and [`super::policy::Policy::check`].
    pub fn send(
        &mut self,
        policy: &super::policy::Policy,
        number: u64,
        certificate_id: Line<32>,
        who: Who,
        at: Timestamp,
    ) -> Result<(Event, Vec<u16>), Error> {
        self.state.after(Act::Send)?;
        self.terms.check_for_sending(Day::of_jst(at).ok_or(Error::DuePast)?)?;
        policy.check(&self.terms, self.approved)?;
        self.number = Some(number);
        self.certificate_id = Some(certificate_id);
        let waiting = |signer: &Signer| Progress {
            signer: signer.number,
            turn: Turn::Waiting,
            request: 0,
            bounced: false,
            signed: None,
        };
        self.progress = self.terms.signers.iter().map(waiting).collect();
        let asked = self.ask_next();
        Ok((self.did(Act::Send, who, at, None, Lines::default())?, asked))
    }

    /// A signer's signature is in; returned with whom to ask next.
    ///
    /// # Errors
    /// [`Error::NotNow`], [`Error::NotTheirTurn`], [`Error::SignedAlready`].
    pub fn sign(
        &mut self,
        signer: u16,
        identity: Identity,
        who: Who,
        at: Timestamp,
    ) -> Result<(Event, Vec<u16>), Error> {
        let others = |one: &&Progress| one.signer != signer && one.signed.is_none();
        let act = if self.progress.iter().any(|one| others(&one)) {
            Act::Sign
        } else {
            Act::SignLast
        };
        self.state.after(act)?;
        let one = self.turn_of(signer)?;
        one.turn = Turn::Signed;
        one.signed = Some(Signed {
            at,
            ip: who.ip,
            identity,
        });
        let asked = self.ask_next();
        Ok((self.did(act, who, at, Some(signer), Lines::default())?, asked))
    }

    /// Another person takes a signer's place, or the same is asked at another address; the earlier links are void.
    ///
    /// # Errors
    /// [`Error::NotNow`], [`Error::NotTheirTurn`], [`Error::SignedAlready`].
    pub fn ask_again(
        &mut self,
        act: Act,
        signer: u16,
        name: Name,
        reach: Reach,
        who: Who,
        at: Timestamp,
    ) -> Result<Event, Error> {
        self.state.after(act)?;
        let one = self.turn_of(signer)?;
        one.turn = Turn::Asked;
        one.request += 1;
        one.bounced = false;
        let text = Lines::new(&format!("{} {reach}", name.as_str()), "name")?;
        for known in self.terms.signers.iter_mut().filter(|known| known.number == signer) {
            (known.name, known.reach) = (name.clone(), reach.clone());
        }
        self.did(act, who, at, Some(signer), text)
    }

    /// Evidence is not complete: why, and when it is tried again.
    ///
    /// # Errors
    /// [`Error::NotNow`].
    pub fn put_off(&mut self, reason: Line<100>, next: Timestamp, who: Who, at: Timestamp) -> Result<Event, Error> {
        self.state.after(Act::Delay)?;
        let text = Lines::new(reason.as_str(), "reason")?;
        self.delay = Some((reason, next));
        self.did(Act::Delay, who, at, None, text)
    }

    /// All evidence is in.
    ///
    /// # Errors
    /// [`Error::NotNow`].
    pub fn conclude(&mut self, who: Who, at: Timestamp) -> Result<Event, Error> {
        let event = self.did(Act::Conclude, who, at, None, Lines::default())?;
        self.delay = None;
        Ok(event)
    }

    /// It was sent and its last day has passed in Japan.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == State::Sent && self.terms.due.is_some_and(|due| now >= due.end_jst())
    }

    /// Whom to remind on this day: those who were asked and have not signed.
    pub fn to_remind(&self, today: Day) -> Vec<u16> {
        let Some(due) = self.terms.due.filter(|_| self.state == State::Sent) else {
            return Vec::new();
        };
        let on = |days: &u16| due.plus_days(-i32::from(*days)) == Some(today);
        if !self.terms.reminders.iter().any(on) {
            return Vec::new();
        }
        let open = |one: &&Progress| matches!(one.turn, Turn::Asked | Turn::Opened);
        self.progress.iter().filter(open).map(|one| one.signer).collect()
    }

    /// 管理番号 as it is printed: `0000015`.
    pub fn printed_number(&self) -> Option<String> {
        self.number.map(|number| format!("{number:0NUMBER_DIGITS$}"))
    }

    /// The signer's progress, when it is their turn.
    fn turn_of(&mut self, signer: u16) -> Result<&mut Progress, Error> {
        let part = "signer";
        let found = self.progress.iter_mut().find(|one| one.signer == signer);
        let one = found.ok_or(Error::Reference { part, number: signer })?;
        match one.turn {
            Turn::Asked | Turn::Opened => Ok(one),
            Turn::Signed => Err(Error::SignedAlready(signer)),
            Turn::Waiting | Turn::Declined => Err(Error::NotTheirTurn(signer)),
        }
    }

    /// Asks the next group once nobody of an earlier one is open.
    fn ask_next(&mut self) -> Vec<u16> {
        let order = |number: u16| self.terms.signer(number).map_or(u16::MAX, |signer| signer.order);
        let open = self.progress.iter().filter(|one| one.turn != Turn::Signed);
        let Some(next) = open.map(|one| order(one.signer)).min() else {
            return Vec::new();
        };
        let group = |one: &&Progress| one.turn == Turn::Waiting && order(one.signer) == next;
        let asked: Vec<u16> = self.progress.iter().filter(group).map(|one| one.signer).collect();
        for one in self.progress.iter_mut().filter(|one| asked.contains(&one.signer)) {
            one.turn = Turn::Asked;
            one.request += 1;
        }
        asked
    }

    fn did(
        &mut self,
        act: Act,
        who: Who,
        at: Timestamp,
        signer: Option<u16>,
        text: Lines<2_000>,
    ) -> Result<Event, Error> {
        self.state = self.state.after(act)?;
        Ok(Event {
            act,
            who,
            at,
            signer,
            text,
        })
    }
}

#[cfg(test)]
mod tests;
