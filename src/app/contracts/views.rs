//! Contracts as whoever may see them sees them: plain data for JSON, times RFC 3339.

use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Asker, newest, not_found};
use crate::app::desk::Level;
use crate::app::failure::{Failure, FailureKind};
use crate::contract::field::Field;
use crate::contract::progress::{Progress, Sender};
use crate::contract::signer::Signer;
use crate::contract::terms::{Item, Record};
use crate::store::{CERTIFICATE, ContractArchive, ContractRow, EventRow, Mail, Version};

/// Most events of one answer.
const MAX_EVENTS: u32 = 1_000;

/// A contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContractView {
    /// Opaque.
    pub id: String,
    /// Counts its changes; also the ETag.
    pub version: i64,
    /// draft, in_review, sent, completing, concluded, declined, expired, withdrawn.
    pub state: &'static str,
    /// 管理番号, zero-padded; given when it is sent.
    pub number: Option<String>,
    /// 締結証明書ID; given when it is sent.
    pub certificate_id: Option<String>,
    /// Who sends it.
    #[schema(value_type = Object)]
    pub sender: Sender,
    /// 文書名.
    pub title: String,
    /// What the sender tells the signers.
    pub message: String,
    /// In order.
    pub documents: Vec<DocumentView>,
    /// Who signs, and how far they are.
    pub signers: Vec<SignerView>,
    /// What they fill in.
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Field>,
    /// What they tick off.
    #[schema(value_type = Vec<Object>)]
    pub checklist: Vec<Item>,
    /// `YYYY-MM-DD` in Japan.
    pub due: Option<String>,
    /// Days before the due date.
    pub reminders: Vec<u16>,
    /// By what it is found.
    #[schema(value_type = Object)]
    pub record: Record,
    /// Somebody else than the drafter agreed to sending.
    pub approved: bool,
    /// Why it is not concluded yet: a code.
    pub delay_reason: Option<String>,
    /// When that is tried again.
    pub next_try: Option<String>,
    /// When it was made.
    pub created: String,
    /// Its last change.
    pub updated: String,
    /// When it was concluded.
    pub concluded: Option<String>,
    /// The level that the evidence of every file reaches (b-t, b-lt, b-lta); none before it is completed.
    pub level: Option<String>,
    /// The certificate of conclusion, once it is concluded.
    pub certificate: Option<FileView>,
}

/// A file that hankod made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Its SHA-256.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// The level that its evidence reaches.
    pub level: Option<String>,
}

/// A document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// Unique in the contract.
    pub number: u16,
    /// What it is called.
    pub name: String,
    /// sign or view.
    pub action: &'static str,
    /// Width and height of each page in points, as it is shown.
    pub pages: Vec<(f32, f32)>,
    /// Newest revision, from 0 on.
    pub revision: u32,
    /// uploaded, prepared, signed, completed.
    pub kind: &'static str,
    /// SHA-256 of the newest revision.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// The level that its evidence reaches; none before it is completed.
    pub level: Option<String>,
}

/// A signer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignerView {
    /// As the draft says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub signer: Signer,
    /// waiting, asked, opened, signed, declined; none before it is sent.
    pub turn: Option<&'static str>,
    /// The last mail came back.
    pub bounced: bool,
    /// When the signature arrived.
    pub signed_at: Option<String>,
    /// From where.
    pub signed_ip: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Ascending.
    pub seq: i64,
    /// The contract's version after it.
    pub version: i64,
    /// What.
    pub act: String,
    /// When.
    pub at: String,
    /// Who.
    pub name: String,
    /// Who, when it was a signer: the number.
    pub as_signer: Option<u16>,
    /// From where.
    pub ip: Option<String>,
    /// What their program calls itself.
    pub agent: Option<String>,
    /// About which signer.
    pub signer: Option<u16>,
    /// What a person said.
    pub said: String,
}

/// A mail about a contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailView {
    /// request, code, completed, declined.
    pub kind: String,
    /// To which signer; none: the sender.
    pub signer: Option<u16>,
    /// The address.
    pub recipient: String,
    /// waiting, handing, sent, failed, unknown.
    pub state: &'static str,
    /// Why it stands there: a code.
    pub reason: Option<String>,
    /// When it was written down.
    pub created: String,
    /// Its last change.
    pub updated: String,
}

impl App {
    /// A contract of the asker's.
    ///
    /// # Errors
    /// `contract_not_found`.
    pub async fn contract(&self, asker: &Asker, id: &str) -> Result<ContractView, Failure> {
        let row = self.own_contract(asker, id).await?;
        self.view_of_row(&row).await
    }

    /// Where the newest revision of a document lies, and its length.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_document_missing`.
    pub async fn contract_file(&self, asker: &Asker, id: &str, number: u16) -> Result<(PathBuf, u64), Failure> {
        self.own_contract(asker, id).await?;
        let versions = self.store().versions(id).await?;
        let newest = newest(&versions, number).filter(|one| one.document != CERTIFICATE);
        let newest = newest.ok_or(Failure::new(FailureKind::NotFound, "contract_document_missing"))?;
        Ok((self.store().blob_path(&newest.sha256), newest.bytes))
    }

    /// What happened to a contract of the asker's, oldest first, after the event numbered `after`.
    ///
    /// # Errors
    /// `contract_not_found`.
    pub async fn contract_events(&self, asker: &Asker, id: &str, after: i64) -> Result<Vec<EventView>, Failure> {
        self.own_contract(asker, id).await?;
        let rows = self.store().contract_events(id, after, MAX_EVENTS).await?;
        Ok(rows.into_iter().map(event).collect())
    }

    /// The mails about a contract of the asker's, oldest first.
    ///
    /// # Errors
    /// `contract_not_found`.
    pub async fn contract_mails(&self, asker: &Asker, id: &str) -> Result<Vec<MailView>, Failure> {
        self.own_contract(asker, id).await?;
        let mails = self.store().mails(id).await?;
        let view = |mail: Mail| MailView {
            kind: mail.kind,
            signer: mail.signer,
            recipient: mail.recipient,
            state: mail.state.name(),
            reason: mail.reason,
            created: mail.created.rfc3339(),
            updated: mail.updated.rfc3339(),
        };
        Ok(mails.into_iter().map(view).collect())
    }

    /// The contract of this id, whoever asks: for those who were let in already.
    pub(crate) async fn view_of(&self, id: &str) -> Result<ContractView, Failure> {
        let row = self.store().contract(id).await?.ok_or_else(not_found)?;
        self.view_of_row(&row).await
    }

    async fn view_of_row(&self, row: &ContractRow) -> Result<ContractView, Failure> {
        let files = Files {
            versions: self.store().versions(&row.contract.id).await?,
            archives: self.store().archives(&row.contract.id).await?,
        };
        Ok(view(row, &files))
    }
}

/// The files of a contract.
struct Files {
    versions: Vec<Version>,
    archives: Vec<ContractArchive>,
}

impl Files {
    fn newest(&self, document: u16) -> Option<(&Version, Option<String>)> {
        let newest = newest(&self.versions, document)?;
        let archive = self.archives.iter().find(|one| one.sha256 == newest.sha256);
        Some((newest, archive.map(|one| one.level.clone())))
    }

    /// The lowest level of all.
    fn level(&self) -> Option<String> {
        let levels = self.archives.iter().filter_map(|one| Level::named(&one.level));
        levels.min().map(|level| level.name().to_owned())
    }

    fn certificate(&self) -> Option<FileView> {
        let (newest, level) = self.newest(CERTIFICATE)?;
        Some(FileView {
            sha256: hex::encode(newest.sha256),
            bytes: newest.bytes,
            level,
        })
    }
}

fn view(row: &ContractRow, files: &Files) -> ContractView {
    let contract = &row.contract;
    let terms = &contract.terms;
    let delay = contract.delay.as_ref();
    let signer = |signer: &Signer| {
        let progress = contract.progress.iter().find(|one| one.signer == signer.number);
        signer_view(signer, progress)
    };
    ContractView {
        id: contract.id.clone(),
        version: row.version,
        state: contract.state.name(),
        number: contract.printed_number(),
        certificate_id: contract.certificate_id.as_ref().map(|id| id.as_str().to_owned()),
        sender: contract.sender.clone(),
        title: terms.title.as_str().to_owned(),
        message: terms.message.as_str().to_owned(),
        documents: terms
            .documents
            .iter()
            .filter_map(|document| {
                let (newest, level) = files.newest(document.number)?;
                Some(DocumentView {
                    number: document.number,
                    name: document.name.as_str().to_owned(),
                    action: document.action.name(),
                    pages: document.pages.clone(),
                    revision: newest.revision,
                    kind: newest.kind.name(),
                    sha256: hex::encode(newest.sha256),
                    bytes: newest.bytes,
                    level,
                })
            })
            .collect(),
        signers: terms.signers.iter().map(signer).collect(),
        fields: terms.fields.clone(),
        checklist: terms.checklist.clone(),
        due: terms.due.map(|day| day.to_string()),
        reminders: terms.reminders.clone(),
        record: terms.record.clone(),
        approved: contract.approved,
        delay_reason: delay.map(|(reason, _)| reason.as_str().to_owned()),
        next_try: delay.map(|(_, next)| next.rfc3339()),
        created: row.created.rfc3339(),
        updated: row.updated.rfc3339(),
        concluded: row.concluded.map(|at| at.rfc3339()),
        level: row.concluded.and_then(|_| files.level()),
        certificate: row.concluded.and_then(|_| files.certificate()),
    }
}

fn signer_view(signer: &Signer, progress: Option<&Progress>) -> SignerView {
    let signed = progress.and_then(|one| one.signed.as_ref());
    SignerView {
        signer: signer.clone(),
        turn: progress.map(|one| one.turn.name()),
        bounced: progress.is_some_and(|one| one.bounced),
        signed_at: signed.map(|signed| signed.at.rfc3339()),
        signed_ip: signed.and_then(|signed| signed.ip).map(|ip| ip.to_string()),
    }
}

fn event(row: EventRow) -> EventView {
    EventView {
        seq: row.seq,
        version: row.version,
        act: row.act,
        at: row.at.rfc3339(),
        name: row.name,
        as_signer: row.as_signer,
        ip: row.ip,
        agent: row.agent,
        signer: row.signer,
        said: row.said,
    }
}
