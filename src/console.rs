//! The pages that hankod shows in a browser, embedded: HTML in the reader's language, CSS, ES modules.
//!
//! Words come from `text/*/console.ftl`, `office.ftl` and `signer.ftl`, for the HTML by `{{message}}` and for scripts as one JSON file a language. Nothing here knows requests or state.

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
    /// `/receipts`: what the person signed.
    Receipts,
    /// `/seals`: the seals that the person keeps.
    Seals,
    /// `/console` of a server: the section's contracts.
    Office,
    /// `/console/sign-in`.
    SignIn,
    /// `/console/join`: an invitation is taken up.
    Join,
    /// `/console/people`: who may do what.
    People,
    /// `/console/contracts/{id}`: one contract.
    Contract,
    /// `/console/contracts/{id}/edit`: a draft is written.
    Edit,
    /// `/pairing/{id}`: a site asks to be allowed.
    Pairing,
    /// `/s/{link}` of a server: what a signer is asked to sign.
    Signer,
    /// `/verify` of a server: anybody checks a file and which contract it belongs to.
    Verifier,
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
    "desk.css" CSS,
    "confirm.css" CSS,
    "verify.css" CSS,
    "verifier.css" CSS,
    "receipts.css" CSS,
    "seals.css" CSS,
    "office.css" CSS,
    "office-edit.css" CSS,
    "pairing.css" CSS,
    "signer.css" CSS,
    "desk.js" JS,
    "confirm.js" JS,
    "verify.js" JS,
    "verifier.js" JS,
    "receipts.js" JS,
    "seals.js" JS,
    "report.js" JS,
    "sheet.js" JS,
    "office.js" JS,
    "office-api.js" JS,
    "office-contract.js" JS,
    "office-acts.js" JS,
    "office-edit.js" JS,
    "office-signers.js" JS,
    "office-fields.js" JS,
    "office-frame.js" JS,
    "office-join.js" JS,
    "office-people.js" JS,
    "office-sign-in.js" JS,
    "pairing.js" JS,
    "signer.js" JS,
    "signer-api.js" JS,
    "signer-card.js" JS,
    "signer-documents.js" JS,
    "signer-done.js" JS,
    "signer-elsewhere.js" JS,
    "signer-inputs.js" JS,
    "signer-known.js" JS,
    "place.js" JS,
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
    "time.js" JS,
    "return.js" JS,
    "hankod.js" JS,
    "signer-party.js" JS,
    "hankod.d.ts" TS,
);

/// The words of the pages.
const JA: &str = concat!(
    include_str!("text/ja/console.ftl"),
    include_str!("text/ja/office.ftl"),
    include_str!("text/ja/signer.ftl")
);
const EN: &str = concat!(
    include_str!("text/en/console.ftl"),
    include_str!("text/en/office.ftl"),
    include_str!("text/en/signer.ftl")
);

/// What every page has around its own part.
const FRAME: &str = include_str!("console/frame.html");

/// The head of the pages of a person's own hankod: its ways.
const OWN_HEAD: &str = include_str!("console/head-own.html");

/// The head of a server's pages for staff: who is signed in, and their ways.
const OFFICE_HEAD: &str = include_str!("console/head-office.html");

/// The head of a server's pages for those who have no account: nowhere else to go.
const GUEST_HEAD: &str = include_str!("console/head-guest.html");

/// The part of a page that says why there is no other.
const REFUSED: &str = include_str!("console/refused.html");

/// What makes one page.
struct Part {
    /// Of its script.
    name: &'static str,
    /// Its style sheets.
    styles: &'static [&'static str],
    /// What stands above it.
    head: &'static str,
    /// The message that is its title.
    title: &'static str,
    /// Its `<main>`.
    main: &'static str,
}

impl Page {
    const ALL: [Self; 14] = [
        Self::Desk,
        Self::Confirm,
        Self::Verify,
        Self::Receipts,
        Self::Seals,
        Self::Office,
        Self::SignIn,
        Self::Join,
        Self::People,
        Self::Contract,
        Self::Edit,
        Self::Pairing,
        Self::Signer,
        Self::Verifier,
    ];

    const fn part(self) -> Part {
        let (name, title, main) = match self {
            Self::Desk => ("desk", "console-choose-title", include_str!("console/desk.html")),
            Self::Confirm => ("confirm", "console-confirm-title", include_str!("console/confirm.html")),
            Self::Verify => ("verify", "console-verify-title", include_str!("console/verify.html")),
            Self::Receipts => (
                "receipts",
                "console-receipts-title",
                include_str!("console/receipts.html"),
            ),
            Self::Seals => ("seals", "console-seals-title", include_str!("console/seals.html")),
            Self::Office => ("office", "console-office-title", include_str!("console/office.html")),
            Self::SignIn => (
                "office-sign-in",
                "console-sign-in-title",
                include_str!("console/office-sign-in.html"),
            ),
            Self::Join => (
                "office-join",
                "console-join-title",
                include_str!("console/office-join.html"),
            ),
            Self::People => (
                "office-people",
                "console-people-title",
                include_str!("console/office-people.html"),
            ),
            Self::Contract => (
                "office-contract",
                "console-contract-title",
                include_str!("console/office-contract.html"),
            ),
            Self::Edit => (
                "office-edit",
                "console-edit-title",
                include_str!("console/office-edit.html"),
            ),
            Self::Pairing => ("pairing", "console-ask-title", include_str!("console/pairing.html")),
            Self::Signer => ("signer", "console-signer-title", include_str!("console/signer.html")),
            Self::Verifier => (
                "verifier",
                "console-verifier-title",
                include_str!("console/verifier.html"),
            ),
        };
        Part {
            name,
            styles: self.styles(),
            head: match self {
                Self::Desk | Self::Confirm | Self::Verify | Self::Receipts | Self::Seals | Self::Pairing => OWN_HEAD,
                Self::Office | Self::SignIn | Self::Join | Self::People | Self::Contract | Self::Edit => OFFICE_HEAD,
                Self::Signer | Self::Verifier => GUEST_HEAD,
            },
            title,
            main,
        }
    }

    const fn styles(self) -> &'static [&'static str] {
        match self {
            Self::Desk => &["desk"],
            Self::Confirm => &["confirm"],
            Self::Verify => &["verify"],
            Self::Receipts => &["receipts"],
            Self::Seals => &["seals"],
            Self::Pairing => &["pairing"],
            Self::Office | Self::SignIn | Self::Join | Self::People => &["office"],
            Self::Contract => &["verify", "office"],
            Self::Edit => &["office", "office-edit"],
            Self::Signer => &["confirm", "signer"],
            Self::Verifier => &["verify", "verifier"],
        }
    }
}

/// The page's HTML in `lang`.
pub fn page(page: Page, lang: Lang) -> &'static str {
    static PAGES: [OnceLock<String>; 2 * Page::ALL.len()] = [const { OnceLock::new() }; 2 * Page::ALL.len()];
    let cell = &PAGES[2 * page as usize + usize::from(lang == Lang::En)];
    cell.get_or_init(|| {
        let Part {
            name,
            styles,
            head,
            title,
            main,
        } = page.part();
        let styles = styles
            .iter()
            .map(|style| format!("<link rel=\"stylesheet\" href=\"/assets/{style}.css\">\n  "));
        let files = format!(
            "{}<script type=\"module\" src=\"/assets/{name}.js\"></script>",
            styles.collect::<String>()
        );
        let title = escaped(&say(lang, title, &[]));
        let (head, main) = (filled(head, lang, &[]), filled(main, lang, &[]));
        filled(
            FRAME,
            lang,
            &[("title", &title), ("files", &files), ("head", &head), ("main", &main)],
        )
    })
}

/// What a person reads in place of the page that they wanted: the code for those who help, the message for them.
pub fn refused(lang: Lang, code: &str, message: &str) -> String {
    let said = [("code", &*escaped(code)), ("message", &*escaped(message))];
    let main = filled(REFUSED, lang, &said);
    let title = escaped(&say(lang, "console-refused-title", &[]));
    let head = filled(OWN_HEAD, lang, &[]);
    filled(
        FRAME,
        lang,
        &[("title", &title), ("files", ""), ("head", &head), ("main", &main)],
    )
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

/// Puts the words in: `{{console-title}}`, `{{lang}}` for the language's tag, and what stands in `parts` as it is.
fn filled(template: &str, lang: Lang, parts: &[(&str, &str)]) -> String {
    let mut html = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        html.push_str(before);
        let (id, after) = after.split_once("}}").unwrap_or((after, ""));
        let part = parts.iter().find(|(name, _)| *name == id);
        match (part, id) {
            (Some((_, part)), _) => html.push_str(part),
            (None, "lang") => html.push_str(lang.tag()),
            (None, _) => html.push_str(&escaped(&say(lang, id, &[]))),
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
        Lang::Ja => (&WORDS[0], JA),
        Lang::En => (&WORDS[1], EN),
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

    #[test]
    fn every_word_of_the_pages_stands_in_the_catalogue() {
        let mut used = Vec::new();
        let shared = [FRAME, REFUSED, OWN_HEAD, OFFICE_HEAD, GUEST_HEAD];
        for template in Page::ALL.map(|page| page.part().main).iter().chain(&shared) {
            used.extend(
                template
                    .split("{{")
                    .skip(1)
                    .filter_map(|s| s.split_once("}}"))
                    .map(|(id, _)| id),
            );
        }
        used.extend(Page::ALL.map(|page| page.part().title));
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
        for id in used
            .iter()
            .filter(|id| !["lang", "title", "files", "head", "main", "code", "message"].contains(id))
        {
            assert!(has(Lang::Ja, id) && has(Lang::En, id), "{id}");
        }
        for id in messages(JA).keys() {
            assert!(used.contains(id), "{id} stands in the catalogue and on no page");
        }
    }

    #[test]
    fn the_catalogue_has_one_line_a_message() {
        for source in [JA, EN] {
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
            for html in Page::ALL.map(|each| page(each, lang)) {
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
    fn a_refusal_is_readable_and_writes_no_html() {
        let html = refused(Lang::En, "bad_upload", "a part <script>alert(1)</script> & more");
        assert!(html.contains("bad_upload") && html.contains("&lt;script>alert(1)&lt;/script> &amp; more"));
        assert!(!html.contains("<script") && !html.contains("{{"));
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
