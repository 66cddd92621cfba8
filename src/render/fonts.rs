//! Where Japanese fonts stand on this machine, and one of them loaded. No font is shipped, and none is fetched.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use krilla::text::Font;

use super::Error;

/// Longest font file read, in bytes. Noto Serif CJK is 27 MB.
pub const MAX_FONT_BYTES: u64 = 64 << 20;

/// The first that exists is taken; Noto has the most characters, IPAex is the usual other one.
const MINCHO: &[&str] = &[
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-mincho/ipaexm.ttf",
];
const MINCHO_BOLD: &[&str] = &[
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/opentype/ipaexfont-mincho/ipaexm.ttf",
];
const GOTHIC: &[&str] = &[
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
];

/// The font files that stand for Japanese type. In a collection (`.ttc`) the first face is taken, which is the Japanese one in Noto CJK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fonts {
    /// 明朝体: contracts, and the stand-in for mincho fonts that a document does not embed.
    pub mincho: PathBuf,
    /// 明朝体 bold: the characters of a seal.
    pub mincho_bold: PathBuf,
    /// ゴシック体: small print beside a seal, and the stand-in for all other fonts that a document does not embed.
    pub gothic: PathBuf,
}

impl Fonts {
    /// The configured file for every use, else what Debian's fonts-noto-cjk or fonts-ipaexfont installs.
    ///
    /// # Errors
    /// [`Error::FontMissing`] when there is none; the file itself is read only when it is needed.
    pub fn find(configured: Option<&Path>) -> Result<Self, Error> {
        if let Some(path) = configured {
            let path = path.to_path_buf();
            return if path.is_file() {
                Ok(Self {
                    mincho: path.clone(),
                    mincho_bold: path.clone(),
                    gothic: path,
                })
            } else {
                Err(Error::FontUnusable {
                    path: path.display().to_string(),
                })
            };
        }
        let first = |list: &[&str]| list.iter().map(PathBuf::from).find(|path| path.is_file());
        let (mincho, bold, gothic) = (first(MINCHO), first(MINCHO_BOLD), first(GOTHIC));
        let any = mincho.clone().or_else(|| gothic.clone()).or_else(|| bold.clone());
        let any = any.ok_or(Error::FontMissing)?;
        Ok(Self {
            mincho: mincho.clone().unwrap_or_else(|| any.clone()),
            mincho_bold: bold.or(mincho).unwrap_or_else(|| any.clone()),
            gothic: gothic.unwrap_or(any),
        })
    }
}

/// A font in memory, for measuring and for writing into generated pages.
pub struct Typeface {
    font: Font,
    bytes: Arc<Vec<u8>>,
}

impl Typeface {
    /// Reads a font file, at most [`MAX_FONT_BYTES`].
    ///
    /// # Errors
    /// [`Error::FontUnusable`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let unusable = || Error::FontUnusable {
            path: path.display().to_string(),
        };
        let bytes = Arc::new(read_font(path).ok_or_else(unusable)?);
        let font = Font::new(Arc::clone(&bytes).into(), 0).ok_or_else(unusable)?;
        ttf_parser::Face::parse(&bytes, 0).map_err(|_| unusable())?;
        Ok(Self { font, bytes })
    }

    /// For drawing; cheap to clone.
    pub fn font(&self) -> Font {
        self.font.clone()
    }

    /// Whether every character can be drawn.
    ///
    /// # Errors
    /// [`Error::CharacterMissing`] names the first that cannot.
    pub fn covers(&self, text: &str) -> Result<(), Error> {
        let face = self.face();
        match text
            .chars()
            .find(|c| face.as_ref().is_none_or(|face| face.glyph_index(*c).is_none()))
        {
            Some(character) => Err(Error::CharacterMissing { character }),
            None => Ok(()),
        }
    }

    /// Whether it has a glyph for the character.
    pub fn has(&self, character: char) -> bool {
        self.face().is_some_and(|face| face.glyph_index(character).is_some())
    }

    /// Advance widths of the characters set horizontally, in thousandths of the font size.
    pub fn widths(&self, text: &str) -> Vec<f32> {
        let Some(face) = self.face() else { return Vec::new() };
        let scale = 1000.0 / f32::from(face.units_per_em());
        text.chars()
            .map(|c| face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph)))
            .map(|advance| f32::from(advance.unwrap_or(0)) * scale)
            .collect()
    }

    fn face(&self) -> Option<ttf_parser::Face<'_>> {
        ttf_parser::Face::parse(&self.bytes, 0).ok()
    }
}

/// The bytes of a font file; `None` when it cannot be read or is longer than [`MAX_FONT_BYTES`].
pub(super) fn read_font(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    if length > MAX_FONT_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    file.take(MAX_FONT_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_font_that_is_missing_is_named() {
        let error = Fonts::find(Some(Path::new("/nowhere/font.ttf"))).unwrap_err();
        assert!(matches!(error, Error::FontUnusable { path } if path == "/nowhere/font.ttf"));
    }

    #[test]
    fn what_is_no_font_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("font.ttf");
        std::fs::write(&path, b"not a font").unwrap();
        assert!(matches!(Typeface::load(&path), Err(Error::FontUnusable { .. })));
    }

    #[test]
    fn a_character_that_no_font_has_is_named() {
        let face = Typeface::load(&Fonts::find(None).unwrap().mincho_bold).unwrap();
        assert!(face.covers("甲野太郎髙﨑𠮷").is_ok());
        assert!(matches!(
            face.covers("甲\u{10FFFD}"),
            Err(Error::CharacterMissing {
                character: '\u{10FFFD}'
            })
        ));
    }
}
