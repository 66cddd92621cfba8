//! Mails about a contract, written down in the transaction of what they tell about, each with the job that hands it over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::app::failure::{Failure, FailureKind};
use crate::app::jobs::{self, Job, post};
use crate::app::{App, files};
use crate::audit::AuditError;
use crate::clock::Timestamp;
use crate::config::MailSecurity;
use crate::contract::Contract;
use crate::contract::address::Reach;
use crate::contract::progress::Sender;
use crate::contract::signer::Signer;
use crate::contract::words::Name;
use crate::mail::{self, Letter};
use crate::store::{ContractRow, LinkRow, NewMail, StoreError, Tx};

/// How long a link is good where no due date ends it before.
const LINK_LIFE: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3600);

/// Organisation and section, as S17 and S19 show them.
pub(crate) fn sender_name(sender: &Sender) -> String {
    let section = sender.section.as_ref().map_or("", Name::as_str);
    format!("{}{section}", sender.organisation.as_str())
}

/// Asks these signers: each gets a new link, and the mail with it.
///
/// # Errors
/// What the state refused.
pub(crate) async fn ask(
    tx: &mut Tx,
    row: &ContractRow,
    signers: &[u16],
    public_url: &str,
    at: Timestamp,
) -> Result<(), AuditError> {
    let contract = &row.contract;
    for number in signers {
        let Ok(signer) = contract.terms.signer(*number) else {
            continue;
        };
        let expires = contract.terms.due.map_or(at.plus(LINK_LIFE), |due| due.end_jst());
        let link = new_link(tx, contract, *number, (public_url, expires)).await?;
        let letter = request_letter(contract, signer, &link);
        put(tx, contract, Some(signer), ("request", letter), at).await?;
    }
    Ok(())
}

/// A link for a signer's present request, as it stands in a mail.
pub(super) async fn new_link(
    tx: &mut Tx,
    contract: &Contract,
    signer: u16,
    (public_url, expires): (&str, Timestamp),
) -> Result<String, AuditError> {
    let progress = contract.progress.iter().find(|one| one.signer == signer);
    let secret = secret();
    let link = LinkRow {
        contract: contract.id.clone(),
        signer,
        request: progress.map_or(0, |one| one.request),
        expires,
    };
    tx.add_link(&Sha256::digest(&secret).into(), &link).await?;
    Ok(format!("{public_url}/s/{secret}"))
}

/// Tells everybody that all have signed.
///
/// # Errors
/// What the state refused.
pub(crate) async fn tell_completed(
    tx: &mut Tx,
    row: &ContractRow,
    public_url: &str,
    at: Timestamp,
) -> Result<(), AuditError> {
    let contract = &row.contract;
    let (sender, number) = (sender_name(&contract.sender), contract.printed_number());
    let when = at.jst_minutes();
    let letter = |name: &str, link: &str| {
        mail::completed(&mail::Completed {
            sender: &sender,
            title: contract.terms.title.as_str(),
            name,
            number: number.as_deref().unwrap_or_default(),
            at: &when,
            link,
        })
    };
    for signer in &contract.terms.signers {
        // The link of the request may be over; this one leads to what became of it.
        let link = new_link(tx, contract, signer.number, (public_url, at.plus(LINK_LIFE))).await?;
        let letter = letter(signer.name.as_str(), &link);
        put(tx, contract, Some(signer), ("completed", letter), at).await?;
    }
    put(tx, contract, None, ("completed", letter(&sender, "")), at).await
}

/// Tells the sender that a signer refused.
///
/// # Errors
/// What the state refused.
pub(crate) async fn tell_declined(
    tx: &mut Tx,
    row: &ContractRow,
    (signer, reason): (&str, &str),
    at: Timestamp,
) -> Result<(), AuditError> {
    let contract = &row.contract;
    let number = contract.printed_number().unwrap_or_default();
    let letter = mail::declined(contract.terms.title.as_str(), &number, signer, reason);
    put(tx, contract, None, ("declined", letter), at).await
}

/// Writes a mail to a signer, or to the sender, with its job.
///
/// # Errors
/// What the state refused.
pub(crate) async fn put(
    tx: &mut Tx,
    contract: &Contract,
    signer: Option<&Signer>,
    (kind, letter): (&'static str, Letter),
    at: Timestamp,
) -> Result<(), AuditError> {
    let recipient = match signer.map(|signer| &signer.reach) {
        None => contract.sender.address.smtp_path(),
        Some(Reach::Mail(address)) => address.smtp_path(),
        // Sending refuses those who are reached otherwise.
        Some(Reach::Phone(_)) => return Ok(()),
    };
    let mail = NewMail {
        id: crate::app::new_id(),
        contract: contract.id.clone(),
        signer: signer.map(|signer| signer.number),
        kind,
        recipient,
        letter: serde_json::to_string(&letter).map_err(|_| StoreError::Damaged { what: "mail" })?,
    };
    tx.add_mail(&mail, at).await?;
    let job = Job::Post(post::Step::Send, post::Payload::of(&mail.id));
    jobs::put(tx, &job, &mail.id, jobs::ACTOR, (at, at)).await?;
    Ok(())
}

/// Whom to ask: the person and their telephone number, as far as they are given.
pub(crate) fn contact(sender: &Sender) -> String {
    let person = sender.contact.as_ref().map(Name::as_str);
    let telephone = sender.telephone.as_ref().map(|telephone| telephone.as_str());
    let known: Vec<&str> = [person, telephone].into_iter().flatten().collect();
    known.join(" ")
}

fn request_letter(contract: &Contract, signer: &Signer, link: &str) -> Letter {
    let sender = &contract.sender;
    mail::request(&mail::Request {
        sender: &sender_name(sender),
        title: contract.terms.title.as_str(),
        name: signer.name.as_str(),
        message: contract.terms.message.as_str(),
        number: &contract.printed_number().unwrap_or_default(),
        due: &contract.terms.due.map(|due| due.in_japanese()).unwrap_or_default(),
        contact: &contact(sender),
        link,
    })
}

/// 256 random bits that fit into an address.
pub(crate) fn secret() -> String {
    let halves = [crate::app::new_id(), crate::app::new_id()].concat();
    URL_SAFE_NO_PAD.encode(hex::decode(halves).unwrap_or_default())
}

impl App {
    /// The configured SMTP server, with its password as it is now.
    ///
    /// # Errors
    /// `mail_not_configured`; a password file that cannot be read.
    pub(crate) async fn post(&self) -> Result<mail::Post, Failure> {
        let settings = self.config().mail.clone();
        let settings = settings.ok_or(Failure::new(FailureKind::Unavailable, "mail_not_configured"))?;
        let login = match settings.login {
            None => None,
            Some(login) => {
                let file = login.password_file;
                let password = self.blocking(move || files::password(&file)).await?;
                Some((login.user, password))
            }
        };
        Ok(mail::Post {
            host: settings.host,
            port: settings.port,
            security: match settings.security {
                MailSecurity::None => mail::Security::None,
                MailSecurity::StartTls => mail::Security::StartTls,
                MailSecurity::Tls => mail::Security::Tls,
            },
            login,
        })
    }
}
