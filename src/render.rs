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

mod fonts;
pub mod seal;

pub use fonts::{Fonts, MAX_FONT_BYTES, Typeface};

use crate::text::Explain;

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
            _ => Vec::new(),
        }
    }
}
