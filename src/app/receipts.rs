//! The receipt of a signature: who asked, which file became which, with which certificate, when, and what the prompt said. For the person alone.
//!
//! The audit chain holds the SHA-256 of a receipt; its words stand beside the chain, because they name documents and people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::failure::{Failure, FailureKind};
use crate::access::Principal;

/// Receipts of one answer.
const MAX_PAGE: u32 = 20;

/// A receipt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// When the signed file was released, RFC 3339.
    pub at: String,
    /// The site or program that asked; absent where the person began it.
    pub origin: Option<String>,
    /// The signing that it was a part of, as in the audit log.
    pub operation: String,
    /// Number of the document in it, from 1.
    pub item: u32,
    /// The file's name, as the prompt gave it; absent where nobody was asked.
    pub name: Option<String>,
    /// Hexadecimal SHA-256 of the document before it was signed.
    pub input: String,
    /// Hexadecimal SHA-256 of the signed file.
    pub output: String,
    /// Hexadecimal SHA-256 of the certificate.
    pub certificate: String,
    /// The level that the evidence reached.
    pub level: String,
    /// The number that prompt and page showed.
    pub check: String,
    /// What the prompt said; absent where nobody was asked on this computer's screen.
    pub prompt: Option<String>,
}

/// A receipt with its place in the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Number of the audit entry that holds its digest.
    pub seq: u64,
    /// What it says.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// `GET /v1/receipts`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReceiptPage {
    /// Newest first.
    pub receipts: Vec<ReceiptView>,
    /// What `before` takes for the next ones; absent at the end.
    pub next: Option<u64>,
}

/// Who asked, as a receipt says it.
pub(crate) fn origin_of(who: &Principal) -> Option<String> {
    match who {
        Principal::Site { origin } => Some(origin.to_string()),
        Principal::Program { name } | Principal::Client { id: name } | Principal::Person { id: name } => {
            Some(name.clone())
        }
        Principal::OwnPage | Principal::Cli | Principal::Jobs | Principal::Signer { .. } => None,
    }
}

impl App {
    /// The newest receipts before entry `before`; with `digest` (hexadecimal SHA-256) those of that file, signed or not.
    ///
    /// # Errors
    /// `receipt_bad_digest`; what the state refused.
    pub async fn receipts(&self, before: Option<u64>, digest: Option<&str>) -> Result<ReceiptPage, Failure> {
        let bad = || Failure::new(FailureKind::Invalid, "receipt_bad_digest");
        let parsed = digest.map(|hex| <[u8; 32]>::try_from(hex::decode(hex).map_err(|_| bad())?).map_err(|_| bad()));
        let digest = parsed.transpose()?;
        let mut stored = self.store().receipts(before, digest.as_ref(), MAX_PAGE + 1).await?;
        let more = stored.len() > MAX_PAGE as usize;
        stored.truncate(MAX_PAGE as usize);
        let damaged = || Failure::from(crate::store::StoreError::Damaged { what: "receipt" });
        let view = |stored: &crate::store::StoredReceipt| {
            let receipt = serde_json::from_str(&stored.body).map_err(|_| damaged())?;
            Ok(ReceiptView {
                seq: stored.seq,
                receipt,
            })
        };
        Ok(ReceiptPage {
            receipts: stored.iter().map(view).collect::<Result<_, Failure>>()?,
            next: stored.last().filter(|_| more).map(|last| last.seq),
        })
    }
}
