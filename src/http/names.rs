//! File names from outside: fit for a header, never a path.
//!
//! Display is the business of `text::plain`; this file only writes `Content-Disposition`.

use crate::text::plain;
use axum::http::HeaderValue;

/// Longest name offered for saving, in bytes of UTF-8: what Linux file systems take.
const MAX_SAVED_NAME_BYTES: usize = 255;

/// `attachment` with the name in both forms of RFC 6266: ASCII for old programs, RFC 8187 for all others.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let name = saved_name(name);
    let ascii: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        // attr-char of RFC 8187.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// The name without what a file system or a shell would take amiss, its end (with the extension) kept.
fn saved_name(name: &str) -> String {
    let name: String = plain(name)
        .chars()
        .map(|c| {
            if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{fffd}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() {
        return "document.pdf".to_owned();
    }
    let mut from = name.len().saturating_sub(MAX_SAVED_NAME_BYTES);
    while !name.is_char_boundary(from) {
        from += 1;
    }
    name[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn japanese_names_survive() {
        let value = attachment("業務委託契約書.signed.pdf");
        let value = value.to_str().unwrap();
        assert!(
            value.starts_with("attachment; filename=\"_______.signed.pdf\"; filename*=UTF-8''%E6%A5%AD"),
            "{value}"
        );
    }

    #[test]
    fn hostile_names_are_harmless() {
        assert_eq!(saved_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(saved_name("a\r\nSet-Cookie: x=1"), "a__Set-Cookie_ x=1");
        assert_eq!(saved_name("cod\u{202e}fdp.exe"), "cod_fdp.exe");
        assert_eq!(saved_name(" .. "), "document.pdf");
        let long = saved_name(&format!("{}.pdf", "契".repeat(200)));
        assert!(long.len() <= MAX_SAVED_NAME_BYTES && long.ends_with(".pdf"));
    }

    proptest! {
        #[test]
        fn any_name_makes_one_header(name in ".*") {
            let value = attachment(&name);
            let value = value.to_str().unwrap();
            prop_assert!(value.starts_with("attachment; filename=\""));
            prop_assert_eq!(value.matches('"').count(), 2);
        }
    }
}
