//! Patterns that people write for names: `*` stands for anything, case and character width do not matter. No regular expressions.

use unicode_normalization::UnicodeNormalization;

/// Most stars in a pattern; whoever takes one in counts them.
pub const MAX_STARS: usize = 8;

/// `*` stands for any characters; the rest must be equal but for case and width.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (folded(pattern), folded(text));
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    // The leftmost place for each part leaves the most room for the next.
    let after = |rest: &str, part: &&str| rest.find(part).map(|at| at + part.len());
    let mut rest = rest;
    middle.iter().all(|part| match after(rest, part) {
        Some(at) => {
            rest = &rest[at..];
            true
        }
        None => false,
    })
}

fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_anything_and_nothing_else_does() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "甲"),
            ("*LGPKI*", "Local Government PKI (lgpki) CA"),
            ("市長*", "市長室"),
            ("*長", "市長"),
            ("a*b*c", "a-b-b-c"),
            ("ＬＧＰＫＩ", "lgpki"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("LGPKI", "LGPKI CA"),
            ("ab*ba", "aba"),
            ("a*b*c", "a-c-b"),
            ("市長", "副市長"),
            ("a.c", "abc"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_made_from_a_text_matches_it(parts in prop::collection::vec("[a-z甲乙]{0,4}", 1..6), between in "[a-z]{0,3}") {
            let text = parts.join(&between);
            prop_assert!(matches(&parts.join("*"), &text));
            prop_assert!(matches(&text, &text));
        }
    }
}
