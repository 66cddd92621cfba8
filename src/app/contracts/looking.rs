//! What a signer who has opened the request looks at: the newest revision of each document, as a file and page by page. Changes nothing and is no event.

use std::path::PathBuf;

use super::link::Behind;
use super::{App, PageView, Visitor, newest};
use crate::app::failure::{Failure, FailureKind};
use crate::contract::progress::Turn;
use crate::store::{CERTIFICATE, Version};
use crate::text::Lang;

impl App {
    /// Where the newest revision of a document lies, and its length.
    ///
    /// # Errors
    /// `link_void`, `link_expired`, `request_not_opened`, `contract_document_missing`.
    pub async fn signing_document(&self, visitor: &Visitor, number: u16) -> Result<(PathBuf, u64), Failure> {
        let (_, newest) = self.looked_at(visitor, number).await?;
        Ok((self.store().blob_path(&newest.sha256), newest.bytes))
    }

    /// One page of the newest revision; pages count from 1.
    ///
    /// # Errors
    /// As [`App::signing_document`], and every reason of the page worker.
    pub async fn signing_page(
        &self,
        visitor: &Visitor,
        (number, page): (u16, u32),
        lang: Lang,
    ) -> Result<PageView, Failure> {
        let (behind, newest) = self.looked_at(visitor, number).await?;
        let pages = behind.row.contract.terms.document(number)?.pages.len();
        let path = self.store().blob_path(&newest.sha256);
        self.stored_page(path, (page, pages), lang).await
    }

    async fn looked_at(&self, visitor: &Visitor, number: u16) -> Result<(Behind, Version), Failure> {
        let behind = self.behind(visitor).await?;
        if behind.progress()?.turn == Turn::Asked {
            return Err(Failure::new(FailureKind::Conflict, "request_not_opened"));
        }
        let versions = self.store().versions(&behind.row.contract.id).await?;
        let newest = newest(&versions, number).filter(|one| one.document != CERTIFICATE);
        let newest = newest.ok_or(Failure::new(FailureKind::NotFound, "contract_document_missing"))?;
        Ok((behind, newest.clone()))
    }
}
