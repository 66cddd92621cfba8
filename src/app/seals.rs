//! Seals: those that a person keeps on this machine, name seals as they will look, and pictures that come as SVG, which are drawn in the page worker at once: from
//! there on every picture is a PNG.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::desk::{Appearance, MAX_SEAL_BYTES, MAX_TEXT_CHARS, Seal};
use super::failure::{Failure, FailureKind};
use crate::audit::AuditError;
use crate::pdf::image::Pixels;
use crate::render::Source;
use crate::render::seal::{Colours, name_seal};
use crate::store::{KeptMark, KeptSeal};
use crate::text::plain;

pub use crate::render::seal::Style;

/// Most seals of one state folder.
const MAX_SEALS: u32 = 50;
/// Width of a name seal's picture in pixels.
const PICTURE_WIDTH_PX: u32 = 240;

/// A kept seal on the daemon's page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SealView {
    /// What `{"kept": id}` names.
    pub id: String,
    /// Whose it is.
    pub holder: String,
    /// Hexadecimal SHA-256 of the certificate with which it is offered; absent: with every one.
    pub certificate: Option<String>,
    /// The words of a name seal.
    pub words: Option<String>,
    /// Address of its PNG.
    pub picture: String,
}

/// `POST /v1/seals`: a seal to keep.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeal {
    /// Hexadecimal SHA-256 of the certificate with which it is offered.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Whose it is.
    pub holder: String,
    /// What is drawn.
    pub mark: NewMark,
}

/// What a new seal shows.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NewMark {
    /// A ring (丸印) with 1 to 6 characters.
    Round(String),
    /// A square (角印) with 1 to 25 characters.
    Square(String),
    /// A PNG or SVG in Base64.
    Picture(String),
}

impl App {
    /// The kept seals, oldest first.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn seals(&self) -> Result<Vec<SealView>, Failure> {
        Ok(self.store().seals().await?.iter().map(view).collect())
    }

    /// Keeps a seal that can be drawn.
    ///
    /// # Errors
    /// `seal_text`, `seal_character_missing`, `seal_svg_*`, `seal_picture_*`, `manifest_bad_certificate`, `manifest_text_too_long`, `seals_too_many`.
    pub async fn keep_seal(&self, new: NewSeal) -> Result<SealView, Failure> {
        let invalid = |code| Failure::new(FailureKind::Invalid, code);
        if new.holder.chars().count() > MAX_TEXT_CHARS {
            return Err(invalid("manifest_text_too_long").with("max", MAX_TEXT_CHARS.to_string()));
        }
        let hash = |hex: String| hex::decode(hex).ok()?.try_into().ok();
        let certificate = new
            .certificate
            .map(|hex| hash(hex).ok_or(invalid("manifest_bad_certificate")));
        let mark = match new.mark {
            NewMark::Round(words) => KeptMark::Round(self.cut(words, Style::Round).await?),
            NewMark::Square(words) => KeptMark::Square(self.cut(words, Style::Square).await?),
            NewMark::Picture(base64) => KeptMark::Picture(self.checked_picture(&base64).await?),
        };
        let seal = KeptSeal {
            id: super::new_id(),
            certificate: certificate.transpose()?,
            holder: plain(new.holder.trim()),
            mark,
            created: self.now(),
        };
        let shown = view(&seal);
        let kept = self
            .store()
            .write(move |tx| Box::pin(async move { Ok::<_, AuditError>(tx.keep_seal(&seal, MAX_SEALS).await?) }));
        match kept.await? {
            true => Ok(shown),
            false => Err(Failure::new(FailureKind::TooMany, "seals_too_many").with("max", MAX_SEALS.to_string())),
        }
    }

    /// Forgets a seal.
    ///
    /// # Errors
    /// `seal_not_found`.
    pub async fn forget_seal(&self, id: &str) -> Result<(), Failure> {
        let known = self.kept_seal(id).await?.id;
        let forgotten = self
            .store()
            .write(move |tx| Box::pin(async move { Ok::<_, AuditError>(tx.forget_seal(&known).await?) }));
        Ok(forgotten.await?)
    }

    /// A kept seal as PNG.
    ///
    /// # Errors
    /// `seal_not_found`, and those of [`App::name_seal_picture`].
    pub async fn kept_seal_picture(&self, id: &str) -> Result<Vec<u8>, Failure> {
        match self.kept_seal(id).await?.mark {
            KeptMark::Picture(png) => Ok(png),
            KeptMark::Round(words) => self.name_seal_picture(&words, Style::Round).await,
            KeptMark::Square(words) => self.name_seal_picture(&words, Style::Square).await,
        }
    }

    /// A name seal as PNG, as it will stand in a document.
    ///
    /// # Errors
    /// `seal_text`, `seal_character_missing`, `font_missing`, and every reason of the page worker.
    pub async fn name_seal_picture(&self, words: &str, style: Style) -> Result<Vec<u8>, Failure> {
        let (words, fonts) = (words.to_owned(), self.fonts());
        let drawn = move || Ok(name_seal(&words, style, Colours::Rgb, &*fonts()?)?);
        let pdf = self.blocking(drawn).await?;
        let pages = self.page_room()?;
        let document = pages.open(Source::Bytes(pdf.into()), 1, None).await?;
        Ok(pages.page(&document, 0, PICTURE_WIDTH_PX).await?.png)
    }

    /// Puts what was kept in the place of its name; the picture, where it is one.
    ///
    /// # Errors
    /// `seal_not_found`.
    pub(crate) async fn take_kept(&self, appearance: &mut Appearance) -> Result<Option<Arc<[u8]>>, Failure> {
        let Seal::Kept(id) = &appearance.seal else {
            return Ok(None);
        };
        let (seal, picture) = match self.kept_seal(id).await?.mark {
            KeptMark::Round(words) => (Seal::Round(words), None),
            KeptMark::Square(words) => (Seal::Square(words), None),
            KeptMark::Picture(png) => (Seal::Image {}, Some(png.into())),
        };
        appearance.seal = seal;
        Ok(picture)
    }

    /// The seal as a PNG; one that comes as a PNG stays as it is and is judged where it is drawn.
    ///
    /// # Errors
    /// `seal_svg_*`, `page_timeout` and the like.
    pub(crate) async fn seal_png(&self, picture: Arc<[u8]>) -> Result<Arc<[u8]>, Failure> {
        match is_svg(&picture) {
            true => Ok(self.page_room()?.seal(&picture).await?.into()),
            false => Ok(picture),
        }
    }

    async fn kept_seal(&self, id: &str) -> Result<KeptSeal, Failure> {
        let found = self.store().seal(id).await?;
        found.ok_or(Failure::new(FailureKind::NotFound, "seal_not_found"))
    }

    /// The words of a seal, once they have been cut.
    async fn cut(&self, words: String, style: Style) -> Result<String, Failure> {
        let fonts = self.fonts();
        self.blocking(move || {
            name_seal(&words, style, Colours::Rgb, &*fonts()?)?;
            Ok(words)
        })
        .await
    }

    async fn checked_picture(&self, base64: &str) -> Result<Vec<u8>, Failure> {
        let invalid = || Failure::from(crate::sign::Error::PictureInvalid);
        let bytes = STANDARD.decode(base64).map_err(|_| invalid())?;
        if bytes.len() > MAX_SEAL_BYTES {
            return Err(crate::sign::Error::PictureTooLarge.into());
        }
        let png = self.seal_png(bytes.into()).await?;
        self.blocking(move || {
            Pixels::decode(&png).map_err(|refused| match refused {
                crate::pdf::appearance::Refused::TooLarge => Failure::from(crate::sign::Error::PictureTooLarge),
                _ => invalid(),
            })?;
            Ok(png.to_vec())
        })
        .await
    }
}

fn view(seal: &KeptSeal) -> SealView {
    SealView {
        id: seal.id.clone(),
        holder: seal.holder.clone(),
        certificate: seal.certificate.map(hex::encode),
        words: match &seal.mark {
            KeptMark::Round(words) | KeptMark::Square(words) => Some(plain(words)),
            KeptMark::Picture(_) => None,
        },
        picture: format!("/v1/seals/{}/picture", seal.id),
    }
}

/// Text that begins as XML does; a PNG begins otherwise.
fn is_svg(picture: &[u8]) -> bool {
    let text = picture.strip_prefix(b"\xef\xbb\xbf").unwrap_or(picture);
    text.trim_ascii_start().starts_with(b"<")
}
