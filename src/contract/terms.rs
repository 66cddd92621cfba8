//! What is written down before a contract is sent: documents, signers, fields, checklist, dates. Sending fixes it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Error;
use super::field::Field;
use super::signer::Signer;
use super::words::{Line, Lines, Name};
use super::yen::Yen;
use crate::clock::Day;

/// Most documents of a contract.
pub const MAX_DOCUMENTS: usize = 50;
/// Most signers.
pub const MAX_SIGNERS: usize = 50;
/// Most fields.
pub const MAX_FIELDS: usize = 1_000;
/// Most items of the checklist.
pub const MAX_ITEMS: usize = 200;
/// Most reminders.
pub const MAX_REMINDERS: usize = 10;
/// Most counterparties.
const MAX_COUNTERPARTIES: usize = 20;

/// What is done with a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is signed.
    Sign,
    /// It is only shown, such as a cover letter (送付状).
    View,
}

impl Action {
    /// The name that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::View => "view",
        }
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Sign, Self::View]
            .into_iter()
            .find(|action| action.name() == name)
    }
}

/// One document; their order is that of [`Terms::documents`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Document {
    /// Unique in the contract; kept for ever.
    pub number: u16,
    /// What it is called.
    pub name: Name,
    /// What is done with it.
    pub action: Action,
    /// SHA-256 of the file as it was uploaded, 64 hexadecimal digits.
    pub sha256: Line<64>,
    /// Width and height of each page in points, as it is shown.
    pub pages: Vec<(f32, f32)>,
}

/// Something to be looked at before signing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Unique in the contract.
    pub number: u16,
    /// In which document.
    pub document: u16,
    /// Where it jumps to; pages count from 1.
    pub page: u32,
    /// What is to be checked.
    pub text: Line<200>,
}

/// What the contract is found by (電子帳簿保存法 施行規則): dates, amount and counterparty are the tax rules' own keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The other sides.
    pub counterparties: Vec<Name>,
    /// 取引年月日: the day of the transaction, entered by a person.
    pub contract_date: Option<Day>,
    /// Amount; blank for a contract of unit prices.
    pub amount: Option<Yen>,
    /// From when it holds.
    pub valid_from: Option<Day>,
    /// Until when.
    pub valid_until: Option<Day>,
    /// The organisation's own number.
    pub local_id: Option<Line<100>>,
    /// Anything else.
    pub note: Lines<2_000>,
}

/// The terms of a contract.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// 文書名 of the whole.
    pub title: Name,
    /// What the sender tells the signers.
    pub message: Lines<2_000>,
    /// In order.
    pub documents: Vec<Document>,
    /// Who signs.
    pub signers: Vec<Signer>,
    /// What they fill in.
    pub fields: Vec<Field>,
    /// What they tick off.
    pub checklist: Vec<Item>,
    /// The last day on which it can be signed.
    pub due: Option<Day>,
    /// Days before the due date on which those who have not signed are reminded.
    pub reminders: Vec<u16>,
    /// By what it is found.
    pub record: Record,
}

impl Terms {
    /// Checks what any draft must hold: counts, numbers that name something, fields on their pages.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), Error> {
        count("documents", self.documents.len(), 0, MAX_DOCUMENTS)?;
        count("signers", self.signers.len(), 0, MAX_SIGNERS)?;
        count("fields", self.fields.len(), 0, MAX_FIELDS)?;
        count("checklist", self.checklist.len(), 0, MAX_ITEMS)?;
        count("reminders", self.reminders.len(), 0, MAX_REMINDERS)?;
        count(
            "counterparties",
            self.record.counterparties.len(),
            0,
            MAX_COUNTERPARTIES,
        )?;
        once("document", self.documents.iter().map(|d| d.number))?;
        once("signer", self.signers.iter().map(|s| s.number))?;
        once("field", self.fields.iter().map(|f| f.number))?;
        once("checklist", self.checklist.iter().map(|i| i.number))?;
        for field in &self.fields {
            let document = self.document(field.document)?;
            self.signer(field.signer)?;
            field.check(&document.pages)?;
        }
        for item in &self.checklist {
            let pages = self.document(item.document)?.pages.len();
            if item.page == 0 || usize::try_from(item.page).is_ok_and(|page| page > pages) {
                return Err(Error::Reference {
                    part: "page",
                    number: item.number,
                });
            }
        }
        Ok(())
    }

    /// Checks what a contract that is sent must hold besides: something to sign, by everybody, once each. `today` in Japan.
    ///
    /// # Errors
    /// The first fault.
    pub fn check_for_sending(&self, today: Day) -> Result<(), Error> {
        self.check()?;
        let signed = self.documents.iter().filter(|d| d.action == Action::Sign).count();
        count("documents to sign", signed, 1, MAX_DOCUMENTS)?;
        count("signers", self.signers.len(), 1, MAX_SIGNERS)?;
        if self.due.is_some_and(|due| due < today) {
            return Err(Error::DuePast);
        }
        let mut signatures = BTreeSet::new();
        for field in self.fields.iter().filter(|field| field.kind.is_signature()) {
            let (signer, document) = (field.signer, field.document);
            if self.document(document)?.action == Action::View {
                return Err(Error::Reference {
                    part: "document to sign",
                    number: document,
                });
            }
            if !signatures.insert((signer, document)) {
                return Err(Error::TwoSignatures { signer, document });
            }
        }
        for document in self.documents.iter().filter(|d| d.action == Action::Sign) {
            if !signatures.iter().any(|(_, of)| *of == document.number) {
                return Err(Error::NobodySigns(document.number));
            }
        }
        for signer in &self.signers {
            if !signatures.iter().any(|(by, _)| *by == signer.number) {
                return Err(Error::NothingToSign(signer.number));
            }
        }
        Ok(())
    }

    /// The document of that number.
    ///
    /// # Errors
    /// [`Error::Reference`].
    pub fn document(&self, number: u16) -> Result<&Document, Error> {
        let found = self.documents.iter().find(|document| document.number == number);
        found.ok_or(Error::Reference {
            part: "document",
            number,
        })
    }

    /// The signer of that number.
    ///
    /// # Errors
    /// [`Error::Reference`].
    pub fn signer(&self, number: u16) -> Result<&Signer, Error> {
        let found = self.signers.iter().find(|signer| signer.number == number);
        found.ok_or(Error::Reference { part: "signer", number })
    }

    /// What a signer fills in.
    pub fn fields_of(&self, signer: u16) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.signer == signer)
    }
}

fn count(part: &'static str, found: usize, min: usize, max: usize) -> Result<(), Error> {
    let good = (min..=max).contains(&found);
    good.then_some(()).ok_or(Error::Count { part, found, min, max })
}

fn once(part: &'static str, numbers: impl Iterator<Item = u16>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for number in numbers {
        if number == 0 || !seen.insert(number) {
            return Err(Error::Reference { part, number });
        }
    }
    Ok(())
}
