//! Which font stands in for one that a document does not embed. Without this hayro draws nothing for Japanese text, and a signer would approve a blank.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use hayro::hayro_interpret::font::{FallbackFontQuery, FontData};
use hayro::hayro_interpret::hayro_cmap::CidFamily;

use crate::render::fonts::{Fonts, MAX_FONT_BYTES};

/// Longest font name told, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Two Japanese fonts, opened when the worker starts (later it can open nothing) and read when first needed.
pub(in crate::render) struct StandIns {
    mincho: Lazy,
    gothic: Lazy,
}

struct Lazy {
    file: Option<File>,
    data: OnceLock<Option<FontData>>,
}

/// How sure it is that the stand-in shows the right characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// The document names characters.
    Characters,
    /// The document names glyphs by their number in a font that is not here.
    GlyphNumbers,
}

impl StandIns {
    /// Opens the files; one that cannot be opened stands in for nothing.
    pub(in crate::render) fn open(fonts: &Fonts) -> Arc<Self> {
        let lazy = |path| Lazy {
            file: File::open(path).ok(),
            data: OnceLock::new(),
        };
        Arc::new(Self {
            mincho: lazy(&fonts.mincho),
            gothic: lazy(&fonts.gothic),
        })
    }

    /// The font for `query`, the face in its file, and how far to trust it.
    pub(super) fn resolve(&self, query: &FallbackFontQuery) -> (Option<(FontData, u32)>, Trust) {
        let family = query.character_collection.as_ref().map(|collection| &collection.family);
        let numbers = matches!(family, Some(CidFamily::AdobeIdentity | CidFamily::Custom { .. }));
        let trust = if numbers {
            Trust::GlyphNumbers
        } else {
            Trust::Characters
        };
        if family.is_none() && !has_japanese_name(query) {
            return (Some(query.pick_standard_font().get_font_data()), trust);
        }
        let lazy = if is_mincho(query) { &self.mincho } else { &self.gothic };
        (lazy.data().map(|data| (data, 0)), trust)
    }
}

impl Lazy {
    fn data(&self) -> Option<FontData> {
        self.data
            .get_or_init(|| {
                let file = self.file.as_ref()?;
                let length = file.metadata().ok()?.len();
                if length > MAX_FONT_BYTES {
                    return None;
                }
                let mut bytes = vec![0; usize::try_from(length).ok()?];
                file.read_exact_at(&mut bytes, 0).ok()?;
                let data: FontData = Arc::new(bytes);
                Some(data)
            })
            .clone()
    }
}

/// The name that the document gives the font, cut to a length that can be told.
pub(super) fn name(query: &FallbackFontQuery) -> String {
    let known = query.post_script_name.as_deref().or(query.font_name.as_deref());
    known.unwrap_or("?").chars().take(MAX_NAME_CHARS).collect()
}

fn names(query: &FallbackFontQuery) -> impl Iterator<Item = String> {
    let all = [&query.post_script_name, &query.font_name, &query.font_family];
    all.into_iter().flatten().map(|name| name.to_lowercase())
}

fn is_mincho(query: &FallbackFontQuery) -> bool {
    let hints = [
        "mincho",
        "明朝",
        "heiseimin",
        "ryumin",
        "kozmin",
        "kozukamin",
        "hiramin",
        "serif",
        "song",
        "batang",
    ];
    query.is_serif || names(query).any(|name| hints.iter().any(|hint| name.contains(hint)) && !name.contains("sans"))
}

fn has_japanese_name(query: &FallbackFontQuery) -> bool {
    let hints = [
        "mincho",
        "gothic",
        "明朝",
        "ゴシック",
        "meiryo",
        "heisei",
        "kozmin",
        "kozgo",
        "hira",
        "ipa",
        "yugo",
        "yumin",
        "noto",
    ];
    let latin = ["franklin", "century", "copperplate", "letter"];
    names(query)
        .any(|name| hints.iter().any(|hint| name.contains(hint)) && !latin.iter().any(|hint| name.contains(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> FallbackFontQuery {
        FallbackFontQuery {
            post_script_name: Some(name.to_owned()),
            ..FallbackFontQuery::default()
        }
    }

    #[test]
    fn japanese_fonts_are_known_by_name() {
        for (name, japanese, mincho) in [
            ("MS-Mincho", true, true),
            ("HeiseiMin-W3", true, true),
            ("MS-PGothic", true, false),
            ("Meiryo", true, false),
            ("FranklinGothic-Book", false, false),
            ("Arial", false, false),
        ] {
            assert_eq!(has_japanese_name(&named(name)), japanese, "{name}");
            assert_eq!(is_mincho(&named(name)), mincho, "{name}");
        }
    }
}
