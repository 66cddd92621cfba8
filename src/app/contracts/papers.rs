//! What a concluded contract leaves in people's hands: its certificate of conclusion, for the sender and for whoever holds a signer's link.

use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Asker, Visitor};
use crate::app::failure::{Failure, FailureKind};
use crate::contract::{Contract, State};
use crate::store::{CERTIFICATE, Version, VersionKind};

/// Which file of a contract something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownFile {
    /// A document as it was concluded, or with renewed evidence.
    Concluded,
    /// The certificate of conclusion.
    Certificate,
    /// A document as it was uploaded, without a signature.
    Attachment,
    /// A state before the conclusion: signatures or their evidence are missing.
    Unfinished,
    /// No file of the contract with this ID, or no contract has it.
    Unknown,
}

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

    /// Which file of the contract with this 締結証明書ID has this digest (hexadecimal). Tells no name, and of an unknown ID no more than of a strange file.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn known_file(&self, certificate_id: &str, sha256: &str) -> Result<KnownFile, Failure> {
        let mut digest = [0; 32];
        if hex::decode_to_slice(sha256, &mut digest).is_err() {
            return Ok(KnownFile::Unknown);
        }
        let found = self.store().file_of_certificate(certificate_id.trim(), &digest).await?;
        let Some((version, is_newest)) = found else {
            return Ok(KnownFile::Unknown);
        };
        Ok(match version.kind {
            VersionKind::Completed if version.document == CERTIFICATE => KnownFile::Certificate,
            VersionKind::Completed => KnownFile::Concluded,
            VersionKind::Uploaded if is_newest => KnownFile::Attachment,
            _ => KnownFile::Unfinished,
        })
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
pub(super) fn concluded(contract: &Contract) -> Result<(), Failure> {
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
