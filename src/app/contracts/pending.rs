//! 署名待ち: every open request to the mail address that a signer has proven, so that many are reviewed and signed with one PIN.
//!
//! Each gets a link and the session of the one that was proven, for as long as a session lasts. Nothing here signs or changes a contract.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::link::{Behind, check_session};
use super::{App, Visitor, letters};
use crate::app::failure::Failure;
use crate::contract::address::Reach;
use crate::contract::progress::Turn;
use crate::contract::signer::{Factor, Method};
use crate::store::{CodeRow, ContractRow, LinkRow, Tx};

/// Most requests that are shown at once, which is also as many as are signed with one PIN.
const MAX_PENDING: u32 = 200;

/// One open request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PendingView {
    /// The secret of a link to it: what stands behind `/s/`.
    pub link: String,
    /// 文書名.
    pub title: String,
    /// Organisation and section.
    pub sender: String,
    /// 管理番号.
    pub number: Option<String>,
    /// `YYYY-MM-DD` in Japan.
    pub due: Option<String>,
    /// party or witness.
    pub method: &'static str,
    /// asked or opened.
    pub turn: &'static str,
    /// The signer fills nothing in and ticks nothing off: it can be signed with others.
    pub only_signs: bool,
    /// The documents' names, in order.
    pub documents: Vec<String>,
}

impl App {
    /// The open requests to the address of a signer who is known, oldest first. The session is good for each of their links.
    ///
    /// # Errors
    /// `link_void`, `session_over`.
    pub async fn pending_requests(&self, visitor: &Visitor, session: &str) -> Result<Vec<PendingView>, Failure> {
        self.check_signer(visitor, session).await?;
        let behind = self.behind(visitor).await?;
        let Reach::Mail(address) = &behind.signer()?.reach else {
            return Ok(Vec::new());
        };
        let address = address.smtp_path();
        let open = self.store().requests_to(&address, MAX_PENDING).await?;
        let (session, now) = (session.to_owned(), self.now());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let code = check_session(tx, &behind.link, &session, now).await?;
                let mut views = Vec::new();
                for (contract, signer) in open {
                    let Some(row) = tx.contract(&contract).await? else {
                        continue;
                    };
                    views.extend(invite(tx, &behind, (&row, signer), &address, &code).await?);
                }
                Ok::<_, Failure>(views)
            })
        });
        done.await
    }
}

/// A link for the same person to another request, unless it asks for more than is proven.
async fn invite(
    tx: &mut Tx,
    behind: &Behind,
    (row, number): (&ContractRow, u16),
    address: &str,
    proven: &CodeRow,
) -> Result<Option<PendingView>, Failure> {
    let terms = &row.contract.terms;
    let signer = terms.signer(number)?;
    let same = matches!(&signer.reach, Reach::Mail(known) if known.smtp_path() == address);
    let known = signer.factors.iter().all(|factor| *factor == Factor::MailCode);
    let open = |turn: Turn| matches!(turn, Turn::Asked | Turn::Opened);
    let progress = row
        .contract
        .progress
        .iter()
        .find(|one| one.signer == number && open(one.turn));
    let (Some(progress), true, true) = (progress, same, known) else {
        return Ok(None);
    };
    let session = proven.session;
    let ends = session.map_or(proven.expires, |(_, ends)| ends);
    let expires = terms.due.map_or(ends, |due| ends.min(due.end_jst()));
    let (secret, contract) = (letters::secret(), row.contract.id.clone());
    let is_own = contract == behind.link.contract && number == behind.link.signer;
    let link = LinkRow {
        contract: contract.clone(),
        signer: number,
        request: progress.request,
        expires,
    };
    tx.add_link(&Sha256::digest(&secret).into(), &link).await?;
    if !is_own {
        let code = CodeRow {
            request: progress.request,
            ..proven.clone()
        };
        tx.put_code(&contract, number, &code).await?;
    }
    Ok(Some(PendingView {
        link: secret,
        title: terms.title.as_str().to_owned(),
        sender: letters::sender_name(&row.contract.sender),
        number: row.contract.printed_number(),
        due: terms.due.map(|day| day.to_string()),
        method: match signer.method {
            Method::Party => "party",
            Method::Witness => "witness",
        },
        turn: progress.turn.name(),
        only_signs: terms.checklist.is_empty() && terms.fields_of(number).all(|field| field.kind.is_signature()),
        documents: terms.documents.iter().map(|one| one.name.as_str().to_owned()).collect(),
    }))
}
