//! Texts that people write into a contract: one line or several, without characters that deceive the eye.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Error;

/// One line of at most `MAX` characters, in NFC, without control and bidirectional characters, without space around it; never empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MAX: usize>(String);

/// Several lines of at most `MAX` characters together; the same rules, and may be empty.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lines<const MAX: usize>(String);

/// The name of a document, a person, an organisation.
pub type Name = Line<200>;

impl<const MAX: usize> Line<MAX> {
    /// Checks `text`; `part` is what the error names.
    ///
    /// # Errors
    /// [`Error::Text`].
    pub fn new(text: &str, part: &'static str) -> Result<Self, Error> {
        let line: String = text.trim().nfc().collect();
        let good = !line.is_empty() && line.chars().count() <= MAX && line.chars().all(is_plain);
        good.then_some(Self(line)).ok_or(Error::Text { part, max: MAX })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Lines<MAX> {
    /// Checks `text`; `part` is what the error names. Line ends become `\n`.
    ///
    /// # Errors
    /// [`Error::Text`].
    pub fn new(text: &str, part: &'static str) -> Result<Self, Error> {
        let lines: String = text.replace("\r\n", "\n").trim().nfc().collect();
        let good = lines.chars().count() <= MAX && lines.chars().all(|c| c == '\n' || is_plain(c));
        good.then_some(Self(lines)).ok_or(Error::Text { part, max: MAX })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(&text, "text")
    }
}

impl<const MAX: usize> TryFrom<String> for Lines<MAX> {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(&text, "text")
    }
}

impl<const MAX: usize> From<Line<MAX>> for String {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}

impl<const MAX: usize> From<Lines<MAX>> for String {
    fn from(lines: Lines<MAX>) -> Self {
        lines.0
    }
}

/// Full-width letters, digits and signs of ASCII as ASCII, as staff type them with a Japanese input method.
pub fn fold_width(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => '-',
        _ => c,
    };
    text.chars().map(fold).collect()
}

fn is_plain(c: char) -> bool {
    let bidi = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    !c.is_control() && !bidi && !unseen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_what_the_eye_sees() {
        assert_eq!(Name::new(" 甲野　太郎 ", "name").unwrap().as_str(), "甲野　太郎");
        for text in [
            "",
            "  ",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{0}b",
            &"x".repeat(201),
        ] {
            let error = Error::Text { part: "name", max: 200 };
            assert_eq!(Name::new(text, "name"), Err(error), "{text:?}");
        }
        // Composed: か + ゛ is が.
        assert_eq!(Name::new("か\u{3099}", "name").unwrap().as_str(), "が");
    }

    #[test]
    fn lines_may_be_several_or_none() {
        assert_eq!(Lines::<10>::new("a\r\nb", "note").unwrap().as_str(), "a\nb");
        assert_eq!(Lines::<10>::new("", "note").unwrap().as_str(), "");
        assert!(Lines::<3>::new("abcd", "note").is_err());
        assert!(Lines::<10>::new("a\tb", "note").is_err());
    }

    #[test]
    fn stored_text_is_checked_again() {
        assert!(serde_json::from_str::<Name>(r#""甲""#).is_ok());
        assert!(serde_json::from_str::<Name>(r#""a\u202eb""#).is_err());
    }

    #[test]
    fn full_width_is_folded() {
        assert_eq!(fold_width("０９０ー１２３４−５６７８"), "090-1234-5678");
        assert_eq!(fold_width("ＡＢＣ＠ｅｘａｍｐｌｅ．ｊｐ"), "ABC@example.jp");
    }
}
