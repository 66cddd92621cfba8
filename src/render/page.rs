//! A drawn page as it travels from the worker to whoever shows it. Nothing here draws.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Explain;

/// Most warnings that name a font, per page.
pub(super) const MAX_FONT_WARNINGS: usize = 32;

/// One page, drawn.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PagePicture {
    /// RGB, 8 bits a sample, on white.
    #[serde(skip)]
    pub png: Vec<u8>,
    /// Width and height of the picture in pixels.
    pub size_px: (u32, u32),
    /// Width and height of the page in points (1/72 inch) as shown, after rotation and cropping.
    pub size_pt: (f32, f32),
    /// Clockwise rotation that the page asks for: 0, 90, 180 or 270 degrees. Already applied.
    pub rotation: u16,
    /// The visible text, a line a line, in reading order as far as positions tell.
    pub text: String,
    /// What the person must know before trusting the picture.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for PagePicture {
    /// Without the picture's bytes and the page's words, which have no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagePicture")
            .field("size_px", &self.size_px)
            .field("size_pt", &self.size_pt)
            .field("rotation", &self.rotation)
            .field("png_bytes", &self.png.len())
            .field("text_bytes", &self.text.len())
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Why a picture may show something else than other programs do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Warning {
    /// A font is not embedded; another one stands in, the characters are the right ones.
    FontSubstituted {
        /// The font's name as the document gives it.
        font: String,
    },
    /// A font is not embedded and the document names glyphs by number: the characters may be wrong ones.
    FontGuessed {
        /// The font's name as the document gives it.
        font: String,
    },
    /// Text in a font that cannot be read is not shown.
    FontUnreadable,
    /// Characters for which the font has no glyph.
    GlyphsMissing {
        /// How many.
        count: u32,
    },
    /// An image that cannot be decoded is not shown.
    ImageUndrawn,
    /// An annotation or form field that has no drawing of its own is not shown.
    AnnotationUndrawn,
    /// An annotation is hidden on the screen.
    AnnotationHidden,
    /// The document has layers; those switched off are not shown.
    Layers,
    /// Text that the picture does not show (invisible, covered, white on white, outside the page) was left out of the text.
    TextHidden,
    /// The text is incomplete: some glyphs do not say which character they are, or there are too many.
    TextIncomplete,
    /// There is no text at all, only a drawing or a scan.
    TextAbsent,
}

impl Explain for Warning {
    fn code(&self) -> &'static str {
        match self {
            Self::FontSubstituted { .. } => "page_font_substituted",
            Self::FontGuessed { .. } => "page_font_guessed",
            Self::FontUnreadable => "page_font_unreadable",
            Self::GlyphsMissing { .. } => "page_glyphs_missing",
            Self::ImageUndrawn => "page_image_undrawn",
            Self::AnnotationUndrawn => "page_annotation_undrawn",
            Self::AnnotationHidden => "page_annotation_hidden",
            Self::Layers => "page_layers",
            Self::TextHidden => "page_text_hidden",
            Self::TextIncomplete => "page_text_incomplete",
            Self::TextAbsent => "page_text_absent",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::FontSubstituted { font } | Self::FontGuessed { font } => vec![("font", font.clone())],
            Self::GlyphsMissing { count } => vec![("count", count.to_string())],
            _ => Vec::new(),
        }
    }
}
