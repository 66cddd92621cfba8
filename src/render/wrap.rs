//! Lines broken where Japanese and other words may break. Draws nothing, hyphenates nothing.

use super::fonts::Typeface;

/// Never at the beginning of a line.
const NOT_FIRST: &str = "、。，．）」』】〉》〕・：；？！ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";
/// Never at the end of a line.
const NOT_LAST: &str = "（「『【〈《〔";

/// Breaks `line` into pieces no wider than `limit` thousandths of the size: before any Japanese character, before a word of other
/// letters, and within a word only where the word alone is too wide.
pub(super) fn wrap(line: &str, face: &Typeface, limit: f32) -> Vec<String> {
    let mut pieces = vec![(String::new(), 0.0)];
    for (word, width) in words(line, face) {
        if pieces
            .last()
            .is_some_and(|(_, used)| *used > 0.0 && used + width > limit)
        {
            pieces.push((String::new(), 0.0));
        }
        for (character, advance) in word.chars().zip(face.widths(&word)) {
            if pieces
                .last()
                .is_some_and(|(_, used)| *used > 0.0 && used + advance > limit)
            {
                pieces.push((String::new(), 0.0));
            }
            if let Some((piece, used)) = pieces.last_mut() {
                piece.push(character);
                *used += advance;
            }
        }
    }
    pieces.into_iter().map(|(piece, _)| piece).collect()
}

/// The unbreakable parts of a line with their widths: single Japanese characters, and words with the space that follows.
fn words(line: &str, face: &Typeface) -> Vec<(String, f32)> {
    let mut words: Vec<(String, f32)> = Vec::new();
    for (character, width) in line.chars().zip(face.widths(line)) {
        match words.last_mut() {
            Some((word, used)) if holds(word, character) => {
                word.push(character);
                *used += width;
            }
            _ => words.push((character.to_string(), width)),
        }
    }
    words
}

/// Whether no line may end between `word` and `next`: within a word of other letters, before closing and after opening marks (行頭・行末禁則).
fn holds(word: &str, next: char) -> bool {
    let letters = next.is_ascii() && word.ends_with(|c: char| c.is_ascii() && c != ' ');
    letters || NOT_FIRST.contains(next) || word.ends_with(|c| NOT_LAST.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Fonts;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let face = Typeface::load(&Fonts::find(None).unwrap().gothic).unwrap();
        assert_eq!(
            wrap("場所: Tokyo 千代田", &face, 5000.0),
            ["場所: ", "Tokyo 千", "代田"]
        );
        assert_eq!(wrap("abcdefghij", &face, 2000.0).concat(), "abcdefghij");
        assert_eq!(wrap("", &face, 2000.0), [""]);
        assert_eq!(wrap("甲乙丙。「丁」", &face, 3000.0), ["甲乙", "丙。", "「丁」"]);
    }
}
