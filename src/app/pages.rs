//! What a person can look at before signing: each document's facts, and each page as picture and as text.
//!
//! The strict reader decides how many pages there are; the drawing worker must agree or draws nothing.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use super::App;
use super::desk::{
    Appearance, DocumentDigest, PagePicture, Preview, PreviewDocument, PreviewField, Said, Seal, SigningState,
};
use super::failure::{Failure, FailureKind};
use super::fill;
use super::signing::{Digested, Item, Work};
use crate::access::Principal;
use crate::pdf::{Document, signatures};
use crate::render;
use crate::secret::Password;
use crate::text::{Lang, plain};

/// Width of a page's picture in pixels: legible for small print on an A4 page.
const PICTURE_WIDTH_PX: u32 = 1_200;

/// One document as it can be looked at.
pub(crate) struct Sight {
    /// As given.
    pub(crate) name: String,
    /// Length of the input.
    pub(crate) bytes: Option<u64>,
    /// SHA-256 of the input.
    pub(crate) sha256: Option<[u8; 32]>,
    /// What came in place of the input.
    pub(crate) digest: Option<DocumentDigest>,
    field: Option<String>,
    appearance: Option<Appearance>,
    fields: Vec<PreviewField>,
    seal: Option<Arc<[u8]>>,
    /// The copy; it is opened for each picture, so that many waiting documents hold no file open.
    path: PathBuf,
    password: Option<Arc<Password>>,
    facts: Result<Facts, Failure>,
}

#[derive(Clone, Copy)]
struct Facts {
    pages: u32,
    signatures: u32,
}

impl Sight {
    /// Looks at everything that can be looked at, and tells the items how many pages they have.
    /// A document that does not open keeps its reason.
    pub(crate) fn of_all(mut work: Work) -> (Work, Vec<Self>) {
        let sights = match &mut work {
            Work::Documents(items) => items.iter_mut().map(Self::of).collect(),
            Work::Digests(items) => items.iter().map(Self::of_digest).collect(),
        };
        (work, sights)
    }

    /// Nothing can be looked at; the page says so.
    fn of_digest(item: &Digested) -> Self {
        Self {
            name: item.request.name.clone(),
            bytes: None,
            sha256: item.value.as_slice().try_into().ok(),
            digest: item.request.digest.clone(),
            field: None,
            appearance: None,
            fields: Vec::new(),
            seal: None,
            path: PathBuf::new(),
            password: None,
            facts: Err(Failure::new(FailureKind::Invalid, "document_not_shown")),
        }
    }

    fn of(item: &mut Item) -> Self {
        let facts = facts(item);
        item.pages = facts.as_ref().ok().map(|f| u64::from(f.pages));
        Self {
            name: item.request.name.clone(),
            bytes: Some(item.draft.original_bytes()),
            sha256: Some(item.draft.sha256()),
            digest: None,
            field: item.request.field.clone(),
            appearance: item.request.appearance.clone(),
            fields: fill::shown(item).unwrap_or_default(),
            seal: item.seal.clone(),
            path: item.draft.path().to_owned(),
            password: item.password.clone(),
            facts,
        }
    }

    /// The PNG, if this document's seal shows it.
    fn picture(&self) -> Option<&Arc<[u8]>> {
        let shows = self
            .appearance
            .as_ref()
            .is_some_and(|a| matches!(a.seal, Seal::Image {}));
        self.seal.as_ref().filter(|_| shows)
    }

    fn shown(&self, id: &str, n: u32, lang: Lang) -> PreviewDocument {
        let facts = self.facts.as_ref().ok();
        let warning = self.facts.as_ref().err();
        PreviewDocument {
            n,
            name: plain(&self.name),
            bytes: self.bytes,
            sha256: self.sha256.map(hex::encode),
            digest: self.digest.clone(),
            pages: facts.map(|f| f.pages),
            signatures: facts.map_or(0, |f| f.signatures),
            field: self.field.as_deref().map(plain),
            appearance: self.appearance.clone(),
            fields: self.fields.clone(),
            seal: self.picture().map(|_| format!("/v1/signings/{id}/documents/{n}/seal")),
            warnings: warning.into_iter().map(|e| Said::of(e, lang)).collect(),
        }
    }
}

impl App {
    /// What will be signed. The person may look at every signing, a site at its own.
    ///
    /// # Errors
    /// `signing_not_found`.
    pub async fn preview(&self, who: &Principal, id: &str, lang: Lang) -> Result<Preview, Failure> {
        let entry = self.desk().find(who, id)?;
        Ok(Preview {
            id: entry.id().to_owned(),
            state: entry.state(),
            origin: entry.origin(),
            check: entry.check(),
            by_form: entry.form.is_some(),
            return_url: entry
                .form
                .as_ref()
                .and_then(|form| Some(form.return_url.as_ref()?.as_str().to_owned())),
            seconds_left: entry.time_left(&self.config().limits).map(|left| left.as_secs()),
            sign: entry.choice.clone(),
            documents: entry
                .sights
                .iter()
                .zip(1..)
                .map(|(sight, n)| sight.shown(entry.id(), n, lang))
                .collect(),
        })
    }

    /// The PNG that document `n`, from 1, is asked to show as its seal.
    ///
    /// # Errors
    /// `signing_not_found`, `document_not_found` also when it shows none.
    pub async fn seal_picture(&self, who: &Principal, id: &str, n: u32) -> Result<Vec<u8>, Failure> {
        let entry = self.desk().find(who, id)?;
        let missing = || Failure::new(FailureKind::NotFound, "document_not_found");
        Ok(entry.sight(n)?.picture().ok_or_else(missing)?.to_vec())
    }

    /// One page of document `n`; pages and documents count from 1.
    ///
    /// # Errors
    /// `signing_not_found`, `signing_over`, `document_not_found`, and every reason of `render`.
    pub async fn page(&self, who: &Principal, id: &str, n: u32, page: u32, lang: Lang) -> Result<PagePicture, Failure> {
        let entry = self.desk().find(who, id)?;
        // From the login on the copy grows, in the end it goes; what was shown was shown.
        let over = || Failure::new(FailureKind::Conflict, "signing_over");
        if entry.state() == SigningState::Signing || entry.state().is_final() {
            return Err(over());
        }
        let missing = || Failure::new(FailureKind::NotFound, "document_not_found");
        let sight = entry.sight(n)?;
        let facts = sight.facts.clone()?;
        let index = page.checked_sub(1).filter(|p| *p < facts.pages).ok_or_else(missing)?;
        let path = sight.path.clone();
        // The end may have come since.
        let file = self.blocking(move || File::open(path).map_err(|_| over())).await?;
        self.draw_page(file, (index, facts.pages), sight.password.clone(), lang)
            .await
    }

    /// Draws page `index`, from 0, of a file that has so many pages.
    ///
    /// # Errors
    /// Every reason of `render`.
    pub(crate) async fn draw_page(
        &self,
        file: File,
        (index, pages): (u32, u32),
        password: Option<Arc<Password>>,
        lang: Lang,
    ) -> Result<PagePicture, Failure> {
        let rooms = self.page_room()?;
        let source = render::Source::File(Arc::new(file));
        let document = rooms.open(source, u64::from(pages), password).await?;
        let picture = rooms.page(&document, index, PICTURE_WIDTH_PX).await?;
        let (width, height) = picture.size_pt;
        Ok(PagePicture {
            png: picture.png,
            size: [f64::from(width), f64::from(height)],
            text: picture.text,
            warnings: picture.warnings.iter().map(|w| Said::of(w, lang)).collect(),
        })
    }
}

fn facts(item: &Item) -> Result<Facts, Failure> {
    let map = item.draft.map()?;
    let document = Document::open(map.data(), item.password.as_deref())?;
    let pages = u32::try_from(document.page_count()?).unwrap_or(u32::MAX);
    let signed = signatures::read(&document)?.signed().count();
    Ok(Facts {
        pages,
        signatures: u32::try_from(signed).unwrap_or(u32::MAX),
    })
}
