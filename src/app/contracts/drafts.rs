//! Drafts: made, changed as long as nobody was asked, their documents added and taken out.
//!
//! A document is opened by the strict reader before it is kept; what is signed already is refused, because its signatures would not survive
//! the certificate ID that every page gets.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{App, Asker, Conditions, ContractView, once_key, record, repeated};
use crate::app::desk::UploadedDocument;
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::contract::field::Field;
use crate::contract::progress::{Sender, Who};
use crate::contract::signer::Signer;
use crate::contract::terms::{Action, Document, Item, MAX_DOCUMENTS, Record};
use crate::contract::words::{Line, Lines, Name};
use crate::contract::{Act, Contract, Event, Terms};
use crate::pdf::appearance::displayed_size;
use crate::pdf::{self, signatures};
use crate::store::blob::{Blob, TempFile};
use crate::store::{ContractRow, Tx, Version, VersionKind, new_contract_row};

/// Most pages of one document.
const MAX_PAGES: u64 = 2_000;

/// A draft as it is asked for: everything but the documents' files. What is left out of a change becomes empty.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftWanted {
    /// Who sends it; demanded when it is made, and fixed from then on.
    #[schema(value_type = Option<Object>)]
    pub sender: Option<Sender>,
    /// 文書名 of the whole.
    #[schema(value_type = String)]
    pub title: Name,
    /// What the sender tells the signers.
    #[serde(default)]
    #[schema(value_type = String)]
    pub message: Lines<2_000>,
    /// The documents that stay, in their order; left out: all, as they are.
    pub documents: Option<Vec<DocumentWanted>>,
    /// Who signs.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub signers: Vec<Signer>,
    /// What they fill in.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Field>,
    /// What they tick off.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub checklist: Vec<Item>,
    /// The last day on which it can be signed, `YYYY-MM-DD` in Japan.
    #[schema(value_type = Option<String>)]
    pub due: Option<crate::clock::Day>,
    /// Days before the due date on which those who have not signed are reminded.
    #[serde(default)]
    pub reminders: Vec<u16>,
    /// By what it is found.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub record: Record,
}

/// A document that stays in a draft.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentWanted {
    /// Its number.
    pub number: u16,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Name,
    /// `sign`, or `view`: only shown.
    #[schema(value_type = String)]
    pub action: Action,
}

impl App {
    /// Makes a draft.
    ///
    /// # Errors
    /// `sender_missing`; what is wrong with the terms.
    pub async fn create_contract(
        &self,
        asker: &Asker,
        wanted: DraftWanted,
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        let sender = asker.sender.clone().or_else(|| wanted.sender.clone());
        let sender = sender.ok_or(Failure::new(FailureKind::Invalid, "sender_missing"))?;
        let (asker, now) = (asker.clone(), self.now());
        let mut contract = Contract::draft(super::super::new_id(), sender, merged(wanted, &[])?)?;
        contract.written_by(&asker.who)?;
        let once = once_key(&asker, terms.once)?;
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                if let Some(known) = repeated(tx, once.as_ref()).await? {
                    return Ok::<_, Failure>(known);
                }
                let row = new_contract_row(contract, asker.owner.clone(), now);
                tx.add_contract(&row).await?;
                let event = Event {
                    act: Act::Change,
                    who: asker.who,
                    at: now,
                    signer: None,
                    text: Lines::default(),
                };
                record(tx, &row, &event, &asker.actor).await?;
                if let Some(once) = &once {
                    tx.answer_once(once, &row.contract.id, now).await?;
                }
                Ok(row.contract.id)
            })
        });
        let id = done.await?;
        self.view_of(&id).await
    }

    /// Writes a draft's terms anew; an approval is void.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_changed`, the state that allows no change, what is wrong with the terms.
    pub async fn change_contract(
        &self,
        asker: &Asker,
        id: &str,
        wanted: DraftWanted,
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        self.act(asker, id, terms, move |tx, row, who, now| {
            Box::pin(change(tx, row, wanted, who, now))
        })
        .await
    }

    /// Writes only the signers of a draft anew.
    ///
    /// # Errors
    /// As [`App::change_contract`].
    pub async fn change_signers(
        &self,
        asker: &Asker,
        id: &str,
        signers: Vec<Signer>,
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        self.act_alone(asker, id, terms, move |contract, who, now| {
            let changed = Terms {
                signers,
                ..contract.terms.clone()
            };
            contract.change(changed, who, now)
        })
        .await
    }

    /// Writes only the fields of a draft anew.
    ///
    /// # Errors
    /// As [`App::change_contract`].
    pub async fn change_fields(
        &self,
        asker: &Asker,
        id: &str,
        fields: Vec<Field>,
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        self.act_alone(asker, id, terms, move |contract, who, now| {
            let changed = Terms {
                fields,
                ..contract.terms.clone()
            };
            contract.change(changed, who, now)
        })
        .await
    }

    /// Adds a document to a draft, behind the others.
    ///
    /// # Errors
    /// As [`App::change_contract`]; `pdf_damaged` and whatever else the strict reader finds, `document_encrypted`, `document_signed`, `document_pages`.
    pub async fn add_contract_document(
        &self,
        asker: &Asker,
        id: &str,
        (name, action): (&str, Action),
        upload: UploadedDocument,
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        self.own_contract(asker, id).await?;
        let name = Name::new(name, "name")?;
        let looked = self.blocking(move || look(Draft::adopt(upload))).await?;
        let temp = TempFile::adopt(looked.0)?;
        let blob = self.store().keep_blob(temp, self.max_document_bytes()).await?;
        let pages = looked.1;
        self.act(asker, id, terms, move |tx, row, who, now| {
            Box::pin(add(tx, row, (name, action, pages, blob), who, now))
        })
        .await
    }
}

async fn change(
    tx: &mut Tx,
    row: &mut ContractRow,
    wanted: DraftWanted,
    who: Who,
    now: Timestamp,
) -> Result<Event, Failure> {
    let before = row.contract.terms.documents.clone();
    let terms = merged(wanted, &before)?;
    let event = row.contract.change(terms, who, now)?;
    let kept = |number| row.contract.terms.document(number).is_ok();
    for gone in before.iter().filter(|document| !kept(document.number)) {
        tx.drop_versions(&row.contract.id, gone.number).await?;
    }
    Ok(event)
}

async fn add(
    tx: &mut Tx,
    row: &mut ContractRow,
    (name, action, pages, blob): (Name, Action, Vec<(f32, f32)>, Blob),
    who: Who,
    now: Timestamp,
) -> Result<Event, Failure> {
    let mut terms = row.contract.terms.clone();
    if terms.documents.len() >= MAX_DOCUMENTS {
        let (part, found, min, max) = ("documents", MAX_DOCUMENTS + 1, 0, MAX_DOCUMENTS);
        return Err(crate::contract::Error::Count { part, found, min, max }.into());
    }
    // Numbers are never given twice: fields and events may still speak of one that is gone.
    let number = terms
        .documents
        .iter()
        .map(|document| document.number)
        .max()
        .unwrap_or(0)
        + 1;
    terms.documents.push(Document {
        number,
        name,
        action,
        sha256: Line::new(&hex::encode(blob.sha256), "sha256")?,
        pages,
    });
    let event = row.contract.change(terms, who, now)?;
    tx.add_blob(&blob, now).await?;
    // A number that was taken out and came again has no file left, so this is its first revision.
    let version = Version {
        document: number,
        revision: 0,
        kind: VersionKind::Uploaded,
        signer: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: now,
    };
    tx.add_version(&row.contract.id, &version).await?;
    Ok(event)
}

/// The terms that are asked for, with the documents that are there.
fn merged(wanted: DraftWanted, before: &[Document]) -> Result<Terms, Failure> {
    let documents = match wanted.documents {
        None => before.to_vec(),
        Some(kept) => {
            let mut documents = Vec::with_capacity(kept.len());
            for one in kept {
                let known = before.iter().find(|document| document.number == one.number);
                let part = "document";
                let missing = crate::contract::Error::Reference {
                    part,
                    number: one.number,
                };
                documents.push(Document {
                    name: one.name,
                    action: one.action,
                    ..known.ok_or(missing)?.clone()
                });
            }
            documents
        }
    };
    Ok(Terms {
        title: wanted.title,
        message: wanted.message,
        documents,
        signers: wanted.signers,
        fields: wanted.fields,
        checklist: wanted.checklist,
        due: wanted.due,
        reminders: wanted.reminders,
        record: wanted.record,
    })
}

/// Opens what came, strictly; the file and the size of each page as it is shown. Blocks.
fn look(draft: Draft) -> Result<(std::path::PathBuf, Vec<(f32, f32)>), Failure> {
    let map = draft.map()?;
    let document = pdf::Document::open(map.data(), None)?;
    if document.encryption().is_some() {
        return Err(Failure::new(FailureKind::Invalid, "document_encrypted"));
    }
    if signatures::read(&document)?.signed().next().is_some() {
        return Err(Failure::new(FailureKind::Invalid, "document_signed"));
    }
    let count = document.page_count()?;
    if !(1..=MAX_PAGES).contains(&count) {
        return Err(Failure::new(FailureKind::Invalid, "document_pages").with("max", MAX_PAGES.to_string()));
    }
    let mut pages = Vec::new();
    for index in 0..count {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "points on a page are far below the limits of f32"
        )]
        let [width, height] = displayed_size(&document.page(index)?.inherited).map(|side| side as f32);
        pages.push((width, height));
    }
    drop(map);
    let kept = draft.into_path().keep();
    kept.map(|path| (path, pages))
        .map_err(|error| crate::app::not_stored(&error.error))
}
