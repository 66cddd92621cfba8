//! What a concluded contract leaves in people's hands: its certificate of conclusion, for the sender and for whoever holds a signer's link.

use std::path::PathBuf;

use super::{App, Asker, Visitor};
use crate::app::failure::{Failure, FailureKind};
use crate::contract::{Contract, State};
use crate::store::{CERTIFICATE, Version};

impl App {
    /// Where the certificate of conclusion lies, and its length.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_not_concluded`.
    pub async fn contract_certificate(&self, asker: &Asker, id: &str) -> Result<(PathBuf, u64), Failure> {
        let row = self.own_contract(asker, id).await?;
        self.certificate_of(&row.contract).await
    }

    /// The same for whoever holds a signer's link: no account, no code.
    ///
    /// # Errors
    /// `link_void`, `contract_not_concluded`.
    pub async fn signing_certificate(&self, visitor: &Visitor) -> Result<(PathBuf, u64), Failure> {
        let contract = self.contract_behind(visitor).await?;
        self.certificate_of(&contract).await
    }

    async fn certificate_of(&self, contract: &Contract) -> Result<(PathBuf, u64), Failure> {
        concluded(contract)?;
        let versions = self.store().versions(&contract.id).await?;
        let newest = newest(&versions, CERTIFICATE);
        let newest = newest.ok_or(Failure::new(FailureKind::NotFound, "contract_document_missing"))?;
        Ok((self.store().blob_path(&newest.sha256), newest.bytes))
    }
}

/// Whether there is a certificate.
fn concluded(contract: &Contract) -> Result<(), Failure> {
    match contract.state {
        State::Concluded => Ok(()),
        _ => Err(Failure::new(FailureKind::Conflict, "contract_not_concluded")),
    }
}

/// The newest revision of a document.
pub(crate) fn newest(versions: &[Version], document: u16) -> Option<&Version> {
    let of_document = versions.iter().filter(|one| one.document == document);
    of_document.max_by_key(|one| one.revision)
}
