//! The seal's picture read, and judged against the PDF/A part that the document claims. Nothing here knows where it will stand.

use super::request::Picture;
use super::{Error, PdfaBreak};
use crate::pdf;
use crate::pdf::RevisionWriter;
use crate::pdf::appearance::{Drawing, Refused};
use crate::pdf::archive::{Archive, Intent};
use crate::pdf::image::{Colour, Pixels};
use crate::pdf::import::Imported;

/// A picture that may be drawn.
pub(super) enum Seal {
    /// From a PNG.
    Image(Pixels, Colour),
    /// From a PDF.
    Page(Imported),
}

impl Seal {
    /// Reads `picture` for a document that claims `archive`.
    pub(super) fn read(picture: &Picture, archive: Option<Archive>) -> Result<Self, Error> {
        let refused = |refused| error(refused, archive);
        match picture {
            Picture::Png(png) => {
                let pixels = Pixels::decode(png).map_err(refused)?;
                Ok(match archive {
                    None => Self::Image(pixels, Colour::Device),
                    Some(archive) => {
                        // ISO 19005-1, 6.4: no soft masks; later parts allow them where the output intent gives a blending space.
                        let opaque = archive.part == 1 || archive.intent.is_none();
                        let pixels = if opaque { pixels.flattened() } else { pixels };
                        let is_rgb = archive.intent == Some(Intent::Rgb);
                        Self::Image(pixels, if is_rgb { Colour::Device } else { Colour::Calibrated })
                    }
                })
            }
            Picture::Pdf(source) => {
                let page = Imported::read(source).map_err(refused)?;
                if let Some(archive) = archive {
                    page.check(archive).map_err(refused)?;
                }
                Ok(Self::Page(page))
            }
        }
    }

    /// Writes it into `revision`.
    pub(super) fn write(self, revision: &mut RevisionWriter<'_, '_>) -> Result<Drawing, pdf::Error> {
        match self {
            Self::Image(pixels, colour) => pixels.write(revision, colour),
            Self::Page(page) => page.write(revision),
        }
    }
}

fn error(refused: Refused, archive: Option<Archive>) -> Error {
    let part = archive.map_or(0, |a| a.part);
    let would_break = |why| Error::PdfaWouldBreak { part, why };
    match refused {
        Refused::Invalid => Error::PictureInvalid,
        Refused::TooLarge => Error::PictureTooLarge,
        Refused::Transparency => would_break(PdfaBreak::Transparency),
        Refused::Colour => would_break(PdfaBreak::Colour),
        Refused::Font => would_break(PdfaBreak::Font),
    }
}
