//! The pages that hankod shows in a browser, embedded: HTML in the reader's language, CSS, ES modules.
//!
//! Words come from `text/*/console.ftl`, for the HTML by `{{message}}` and for scripts as one JSON file a language. Nothing here knows requests or state.

use crate::text::{Lang, say};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// `/`: cards, and signing a PDF of one's own.
    Desk,
    /// `/confirm/{id}`: what will be signed.
    Confirm,
    /// `/verify`: a signed PDF, and what changed since.
    Verify,
}

/// A file that pages load.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub content: &'static [u8],
}

const JS: &str = "text/javascript; charset=utf-8";
const TS: &str = "text/plain; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JSON: &str = "application/json";

macro_rules! files {
    ($($name:literal $kind:expr),* $(,)?) => {
        const FILES: &[(&str, &str, &str)] = &[$(($name, $kind, include_str!(concat!("console/", $name)))),*];
    };
}

files!(
    "icon.svg" SVG,
    "page.css" CSS,
    "layout.css" CSS,
    "verify.css" CSS,
    "desk.js" JS,
    "confirm.js" JS,
    "verify.js" JS,
    "changes.js" JS,
    "api.js" JS,
    "words.js" JS,
    "dom.js" JS,
    "cards.js" JS,
    "certificates.js" JS,
    "documents.js" JS,
    "pages.js" JS,
    "seal.js" JS,
    "progress.js" JS,
    "return.js" JS,
    "hankod.js" JS,
    "hankod.d.ts" TS,
);

/// The page's HTML in `lang`.
pub fn page(page: Page, lang: Lang) -> &'static str {
    static PAGES: [OnceLock<String>; 6] = [const { OnceLock::new() }; 6];
    let (cell, template) = match (page, lang) {
        (Page::Desk, Lang::Ja) => (&PAGES[0], include_str!("console/desk.html")),
        (Page::Desk, Lang::En) => (&PAGES[1], include_str!("console/desk.html")),
        (Page::Confirm, Lang::Ja) => (&PAGES[2], include_str!("console/confirm.html")),
        (Page::Confirm, Lang::En) => (&PAGES[3], include_str!("console/confirm.html")),
        (Page::Verify, Lang::Ja) => (&PAGES[4], include_str!("console/verify.html")),
        (Page::Verify, Lang::En) => (&PAGES[5], include_str!("console/verify.html")),
    };
    cell.get_or_init(|| filled(template, lang))
}

/// A file under `/assets/`.
pub fn asset(name: &str) -> Option<Asset> {
    let words = |content: &'static str| Asset {
        content_type: JSON,
        content: content.as_bytes(),
    };
    match name {
        "words-ja.json" => return Some(words(catalogue(Lang::Ja))),
        "words-en.json" => return Some(words(catalogue(Lang::En))),
        _ => {}
    }
    FILES
        .iter()
        .find(|(file, ..)| *file == name)
        .map(|(_, content_type, content)| Asset {
            content_type,
            content: content.as_bytes(),
        })
}

/// Puts the words in: `{{console-title}}`, and `{{lang}}` for the language's tag.
fn filled(template: &str, lang: Lang) -> String {
    let mut html = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        html.push_str(before);
        let (id, after) = after.split_once("}}").unwrap_or((after, ""));
        match id {
            "lang" => html.push_str(lang.tag()),
            _ => html.push_str(&escaped(&say(lang, id, &[]))),
        }
        rest = after;
    }
    html + rest
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// All messages of the console as JSON, their places still open: `{"console-pages":"{ $count } ページ"}`.
fn catalogue(lang: Lang) -> &'static str {
    static WORDS: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
    let (cell, source) = match lang {
        Lang::Ja => (&WORDS[0], include_str!("text/ja/console.ftl")),
        Lang::En => (&WORDS[1], include_str!("text/en/console.ftl")),
    };
    cell.get_or_init(|| serde_json::to_string(&messages(source)).unwrap_or_default())
}

/// One message a line; the console's catalogue uses no other form, and a test holds it to that.
fn messages(source: &str) -> BTreeMap<&str, &str> {
    source
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has;

    const TEMPLATES: [&str; 3] = [
        include_str!("console/desk.html"),
        include_str!("console/confirm.html"),
        include_str!("console/verify.html"),
    ];

    #[test]
    fn every_word_of_the_pages_stands_in_the_catalogue() {
        let mut used = Vec::new();
        for template in TEMPLATES {
            used.extend(
                template
                    .split("{{")
                    .skip(1)
                    .filter_map(|s| s.split_once("}}"))
                    .map(|(id, _)| id),
            );
        }
        for (name, _, script) in FILES {
            for (at, _) in script.match_indices("console-") {
                let id = &script[at..];
                let end = id
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                    .unwrap_or(id.len());
                assert!(
                    !id[..end].ends_with('-'),
                    "{name} builds an id from pieces: {}",
                    &id[..end]
                );
                used.push(&id[..end]);
            }
        }
        for id in used.iter().filter(|id| **id != "lang") {
            assert!(has(Lang::Ja, id) && has(Lang::En, id), "{id}");
        }
        for id in messages(include_str!("text/ja/console.ftl")).keys() {
            assert!(used.contains(id), "{id} stands in the catalogue and on no page");
        }
    }

    #[test]
    fn the_catalogue_has_one_line_a_message() {
        for source in [include_str!("text/ja/console.ftl"), include_str!("text/en/console.ftl")] {
            for line in source.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
                assert!(line.split_once(" = ").is_some(), "{line}");
                let plain = line.replace("{ $", "").matches(['{', '[', '*']).count();
                assert_eq!(plain, 0, "only plain places are filled in the browser: {line}");
            }
        }
    }

    #[test]
    fn pages_obey_their_own_policy_and_are_filled() {
        for lang in [Lang::Ja, Lang::En] {
            for html in [
                page(Page::Desk, lang),
                page(Page::Confirm, lang),
                page(Page::Verify, lang),
            ] {
                assert!(!html.contains("{{") && html.contains(&format!("<html lang=\"{}\"", lang.tag())));
                for forbidden in ["<style", " style=", " onclick=", "javascript:", "http://", "https://"] {
                    assert!(!html.contains(forbidden), "{forbidden}");
                }
                for script in html.split("<script").skip(1) {
                    assert!(script.starts_with(" type=\"module\" src=\"/assets/"), "{script}");
                }
                for (at, _) in html.match_indices("/assets/") {
                    let name = html[at + 8..].split('"').next().unwrap_or_default();
                    assert!(asset(name).is_some(), "{name}");
                }
            }
        }
        assert!(asset("../console.rs").is_none() && asset("").is_none());
    }

    #[test]
    fn scripts_import_only_what_is_served_and_never_write_html() {
        for (name, _, script) in FILES.iter().filter(|(_, kind, _)| *kind == JS) {
            for line in script
                .lines()
                .filter(|l| l.starts_with("import ") || l.starts_with("} from "))
            {
                let from = line.split('"').nth(1).unwrap_or_default();
                let file = from.strip_prefix("./").unwrap_or_default();
                assert!(asset(file).is_some(), "{name}: {line}");
            }
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!script.contains(forbidden), "{name} uses {forbidden}");
            }
        }
    }
}
