//! Pictures: a contract's pages with their text, and the seals (印影) that stand in a visible signature.
//!
//! Nothing here decides what may be signed: the strict reader in [`crate::pdf`] does. Nothing here reads a path that a document names, opens a socket, or holds a key.
//!
//! # When a picture is not what is signed
//!
//! A signer approves what the picture shows; the signature covers bytes. A hostile file tries to make the two differ:
//!
//! | attempt | what meets it |
//! |---|---|
//! | a cross-reference table broken on purpose, so that the drawing library rebuilds it from junk (an older revision, bytes after `%%EOF`) | a tell-tale object that only a rebuilt table reaches is put behind the worker's copy; if it is ever found the page is refused ([`Error::Rebuilt`]) |
//! | a page tree that two readers walk differently | the caller says how many pages the strict reader counted; another count is [`Error::Mismatch`] |
//! | a Japanese font that is not embedded: the library draws nothing, the signer sees a blank | the CJK font stands in, and [`Warning::FontSubstituted`] says so |
//! | glyphs that the font lacks, images that do not decode, annotations without appearance | a [`Warning`] each |
//! | layers switched off, annotations hidden on the screen but printed | [`Warning::Layers`], [`Warning::AnnotationHidden`] |
//! | text that is not painted (rendering mode 3), or glyphs whose `ToUnicode` says something else | unpainted text is left out of the text and warned of; the text is a help beside the picture, never a proof of it |
//! | loops, bombs, crashes | a worker process of its own with limits and a deadline; the next document goes on |
//!
//! Scripts, XFA and encrypted wrappers never come this far: the strict reader refuses them or they do not draw.

mod draw;
mod fonts;
mod host;
mod page;
pub mod qr;
pub mod seal;
pub mod sheet;
pub mod svg;
pub(crate) mod tagged;
pub mod wire;
pub mod worker;
mod wrap;

pub use fonts::{Fonts, MAX_FONT_BYTES, Typeface};
pub use host::{Document, Limits, Pages, Source};
pub use page::{PagePicture, Warning};

use std::time::Duration;

use crate::process;
use crate::text::Explain;

/// The subcommand that makes this binary a page worker.
pub const SUBCOMMAND: &str = "page-worker";
/// Longest document that is drawn, in bytes. Longer ones can be signed, not shown.
pub const MAX_DOCUMENT_BYTES: u64 = 256 << 20;

/// For each step of handing a document to the worker.
const LOAD_DEADLINE: Duration = Duration::from_secs(10);

/// Why a seal or a page could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No Japanese font file was found.
    #[error("no Japanese font found")]
    FontMissing,
    /// A font file exists but cannot be read as a font.
    #[error("font file {path} is unusable")]
    FontUnusable {
        /// The file.
        path: String,
    },
    /// The font has no glyph for a character.
    #[error("the font lacks {character:?}")]
    CharacterMissing {
        /// The character that cannot be drawn.
        character: char,
    },
    /// A seal's text has no character or more than its style holds.
    #[error("a seal of this style takes 1 to {max_characters} characters")]
    SealText {
        /// Most characters that the style takes.
        max_characters: usize,
    },
    /// The rectangle is too small, too large, or the lines do not fit at the smallest size.
    #[error("the seal does not fit its rectangle")]
    SealSize,
    /// The seal's picture is no PNG, or too large.
    #[error("the seal's picture is not a usable PNG")]
    SealPicture,
    /// The seal's SVG is refused.
    #[error(transparent)]
    SealSvg(#[from] svg::Refused),
    /// A generated document would have more pages than [`sheet::MAX_PAGES`].
    #[error("the document has too many pages")]
    SheetTooLong,
    /// The document's bytes cannot be read.
    #[error("the document cannot be read")]
    Unreadable,
    /// The document is longer than [`MAX_DOCUMENT_BYTES`].
    #[error("the document is too large to be shown")]
    TooLarge,
    /// The document is encrypted and the password is missing or wrong, or the encryption is unknown.
    #[error("the document is encrypted")]
    Encrypted,
    /// The drawing library had to guess the file's structure: its picture may not be what is signed.
    #[error("the picture would rest on a rebuilt file structure")]
    Rebuilt,
    /// The drawing library counts other pages than the strict reader.
    #[error("{expected} pages expected, {found} found")]
    Mismatch {
        /// Pages that the strict reader counted.
        expected: u64,
        /// Pages that the drawing library counts.
        found: u64,
    },
    /// The document has no such page.
    #[error("no such page")]
    NoPage,
    /// The page, or the document, makes the drawing library fail.
    #[error("the page cannot be drawn")]
    Undrawable,
    /// The page was not drawn within its deadline.
    #[error("the page takes too long to draw")]
    Timeout,
    /// The worker does not start, or is asked too much.
    #[error(transparent)]
    Worker(#[from] process::Error),
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::FontMissing => "font_missing",
            Self::FontUnusable { .. } => "font_unusable",
            Self::CharacterMissing { .. } => "seal_character_missing",
            Self::SealText { .. } => "seal_text",
            Self::SealSize => "seal_size",
            Self::SealPicture => "seal_picture",
            Self::SealSvg(svg::Refused::Malformed) => "seal_svg_malformed",
            Self::SealSvg(svg::Refused::TooLarge) => "seal_svg_too_large",
            Self::SealSvg(svg::Refused::Active { .. }) => "seal_svg_active",
            Self::SealSvg(svg::Refused::Unsupported { .. }) => "seal_svg_unsupported",
            Self::SheetTooLong => "sheet_too_long",
            Self::Unreadable => "page_unreadable",
            Self::TooLarge => "page_document_too_large",
            Self::Encrypted => "page_encrypted",
            Self::Rebuilt => "page_rebuilt",
            Self::Mismatch { .. } => "page_mismatch",
            Self::NoPage => "page_not_found",
            Self::Undrawable => "page_undrawable",
            Self::Timeout => "page_timeout",
            Self::Worker(error) => error.code(),
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::FontUnusable { path } => vec![("path", path.clone())],
            Self::CharacterMissing { character } => vec![
                ("character", character.to_string()),
                ("code", format!("U+{:04X}", u32::from(*character))),
            ],
            Self::SealText { max_characters } => vec![("max", max_characters.to_string())],
            Self::Mismatch { expected, found } => {
                vec![("expected", expected.to_string()), ("found", found.to_string())]
            }
            Self::SealSvg(svg::Refused::Active { name } | svg::Refused::Unsupported { name }) => {
                vec![("name", name.clone())]
            }
            Self::SheetTooLong => vec![("max", sheet::MAX_PAGES.to_string())],
            Self::Worker(error) => error.args(),
            _ => Vec::new(),
        }
    }
}
