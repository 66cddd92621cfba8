//! A contract's documents for those of the sender who may read it: each page as picture and text, each signature as our verifier judges it now (S31, S32).
//!
//! What is shown is the newest revision, byte for byte what was stored.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Asker, blank};
use crate::app::desk::Said;
use crate::app::failure::{Failure, FailureKind};
use crate::app::verify::{Wish, verify_file};
use crate::text::Lang;
use crate::verify::report::FileReport;

/// A page.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct PageView {
    /// Width and height as shown, in points.
    pub size: [f64; 2],
    /// The text in reading order, as the file gives it.
    pub text: String,
    /// Substituted fonts, parts that could not be drawn.
    #[schema(value_type = Vec<Object>)]
    pub warnings: Vec<Said>,
    /// PNG, Base64.
    pub picture: String,
}

/// What the verifier says of a document, and whose each signature is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Judged {
    /// The report, as docs/verification.md describes it.
    #[schema(value_type = Object)]
    pub file: FileReport,
    /// By signature field: the signer's number.
    pub signers: BTreeMap<String, u16>,
}

impl App {
    /// One page of the newest revision; pages count from 1.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_document_missing`, and every reason of the page worker.
    pub async fn contract_page(
        &self,
        asker: &Asker,
        id: &str,
        (number, page): (u16, u32),
        lang: Lang,
    ) -> Result<PageView, Failure> {
        let row = self.own_contract(asker, id).await?;
        let (path, _) = self.contract_file(asker, id, number).await?;
        let pages = row.contract.terms.document(number)?.pages.len();
        self.stored_page(path, (page, pages), lang).await
    }

    /// Page `page`, from 1, of a stored document that has so many.
    ///
    /// # Errors
    /// `contract_document_missing`, and every reason of the page worker.
    pub(super) async fn stored_page(
        &self,
        path: PathBuf,
        (page, pages): (u32, usize),
        lang: Lang,
    ) -> Result<PageView, Failure> {
        let missing = || Failure::new(FailureKind::NotFound, "contract_document_missing");
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        let index = page.checked_sub(1).filter(|index| *index < pages).ok_or_else(missing)?;
        let file = self.blocking(move || File::open(path).map_err(|_| missing())).await?;
        let shown = self.draw_page(file, (index, pages), None, lang).await?;
        Ok(PageView {
            size: shown.size,
            text: shown.text,
            warnings: shown.warnings,
            picture: STANDARD.encode(shown.png),
        })
    }

    /// What the verifier says of the newest revision, by the configured anchors, now.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_document_missing`; those of the anchors.
    pub async fn contract_judged(&self, asker: &Asker, id: &str, number: u16, lang: Lang) -> Result<Judged, Failure> {
        let row = self.own_contract(asker, id).await?;
        let (path, _) = self.contract_file(asker, id, number).await?;
        let terms = &row.contract.terms;
        let name = terms.document(number)?.name.as_str().to_owned();
        let certificate = row.contract.certificate_id.as_ref().map_or("", |id| id.as_str());
        let fields = terms.fields.iter().filter(|field| field.document == number);
        let signers = fields
            .map(|field| (blank::field_name(certificate, field), field.signer))
            .collect();
        let (anchors, config, folder) = (self.anchors().await?, self.config().clone(), self.uploads().to_owned());
        let judge = move || {
            let asked = Wish::default().with(anchors, &config, lang)?;
            let file = verify_file(&path, &folder, &asked)?;
            Ok(FileReport { name, ..file })
        };
        Ok(Judged {
            file: self.judging(judge).await?,
            signers,
        })
    }
}
