//! What a prompt says, fitted to what pinentry bears: one `SETDESC` line under 900 bytes, at most 12 lines on the screen.
//!
//! Names are neutralised and shortened in the middle; an origin keeps its end, which is what tells whose it is. Nothing here talks to a program.

use super::assuan::escaped_len;
use crate::text::{Lang, plain, say};
use zeroize::Zeroize;

/// Longest description after Assuan's escaping, in bytes; with the command before it the line stays under 900.
pub(super) const MAX_DESCRIPTION_BYTES: usize = 880;
/// Names of documents that are listed; the rest is a number.
const MAX_LISTED_NAMES: usize = 3;
const MAX_ORIGIN_SHOWN_BYTES: usize = 130;
const MAX_HOLDER_BYTES: usize = 72;
const MAX_ADDRESS_BYTES: usize = 110;
const MAX_CHECK_BYTES: usize = 24;
const MAX_REASON_BYTES: usize = 66;
const MAX_LOCATION_BYTES: usize = 48;

/// Who wants the signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A web site, by its origin.
    Site(String),
    /// A desktop program, by the name it was allowed under.
    Program(String),
    /// The person, at the daemon's page or the command line.
    Person,
}

/// How many pages the documents have together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pages {
    /// Counted in every document.
    Counted(u64),
    /// At least one document could not be counted.
    Unknown,
    /// Only digests of the documents came; nobody can look at them here.
    Unseen,
}

/// What a certified document may still take afterwards (DocMDP, ISO 32000-2, 12.8.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certified {
    /// P 1
    NoChanges,
    /// P 2
    Form,
    /// P 3
    Annotations,
}

/// What stands in the prompt for a PIN: what will be signed, by whom, and how many tries are left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinPrompt {
    /// The person's language.
    pub lang: Lang,
    /// Who asks.
    pub asked: Asked,
    /// Names of the documents, in order. Empty when the PIN is not for a signature.
    pub names: Vec<String>,
    /// Pages of all documents.
    pub pages: Pages,
    /// `/Reason`, as it will stand in the signature.
    pub reason: Option<String>,
    /// `/Location`, as it will stand in the signature.
    pub location: Option<String>,
    /// The signature certifies the documents.
    pub certified: Option<Certified>,
    /// The holder's name, or the token's label where the card shows no name yet.
    pub holder: String,
    /// Tries left, where the token tells the number.
    pub tries_left: Option<u32>,
    /// The next wrong PIN blocks the card.
    pub last_try: bool,
    /// A wrong PIN was given since the last right one.
    pub wrong_before: bool,
    /// Number that also stands on the page with all documents.
    pub check: String,
    /// Address of that page; empty where there is none.
    pub address: String,
}

/// What stands in the prompt that lets a site in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairingPrompt {
    /// The person's language.
    pub lang: Lang,
    /// The site.
    pub origin: String,
    /// The six digits that the site's page shows too.
    pub code: String,
}

/// What the person must agree to before the work goes on. It may hold what a certificate says of a person: wiped when it is dropped, and never printed.
pub struct Notice {
    pub(super) lang: Lang,
    lines: Vec<String>,
    pub(super) agree: &'static str,
}

impl Notice {
    /// `lines` are shown each on its own, shortened where all together are too long; `agree` is the message on the button that goes on.
    pub fn new(lang: Lang, agree: &'static str, lines: Vec<String>) -> Self {
        Self { lang, lines, agree }
    }

    pub(super) fn description(&self) -> String {
        // Three bytes for a line's escaped end.
        let each = MAX_DESCRIPTION_BYTES / self.lines.len().max(1) - 3;
        let whole: usize = self.lines.iter().map(|line| escaped_len(line) + 3).sum();
        let room = if whole <= MAX_DESCRIPTION_BYTES {
            MAX_DESCRIPTION_BYTES
        } else {
            each
        };
        let lines: Vec<String> = self.lines.iter().map(|line| shorten(line, room)).collect();
        lines.join("\n")
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.lines.zeroize();
    }
}

impl PinPrompt {
    /// What the prompt says, without a final line break.
    pub fn words(&self) -> String {
        self.description()
    }

    pub(super) fn description(&self) -> String {
        let lang = self.lang;
        let mut head = vec![match &self.asked {
            Asked::Site(origin) => say(
                lang,
                "prompt-asked-by-site",
                &[("who", &keep_end(origin, MAX_ORIGIN_SHOWN_BYTES))],
            ),
            Asked::Program(name) => say(
                lang,
                "prompt-asked-by-program",
                &[("who", &shorten(name, MAX_HOLDER_BYTES))],
            ),
            Asked::Person => say(lang, "prompt-asked-by-person", &[]),
        }];
        let count = self.names.len().to_string();
        match self.pages {
            Pages::Counted(pages) => head.push(say(
                lang,
                "prompt-documents",
                &[("count", &count), ("pages", &pages.to_string())],
            )),
            Pages::Unknown => head.push(say(lang, "prompt-documents-uncounted", &[("count", &count)])),
            Pages::Unseen => head.push(say(lang, "prompt-documents-unseen", &[("count", &count)])),
        }
        let mut tail = Vec::new();
        if self.names.len() > MAX_LISTED_NAMES {
            let rest = (self.names.len() - MAX_LISTED_NAMES).to_string();
            tail.push(say(lang, "prompt-more-documents", &[("count", &rest)]));
        }
        tail.extend(self.terms());
        tail.push(say(
            lang,
            "prompt-holder",
            &[("holder", &shorten(&self.holder, MAX_HOLDER_BYTES))],
        ));
        tail.push(say(
            lang,
            "prompt-check",
            &[("check", &shorten(&self.check, MAX_CHECK_BYTES))],
        ));
        if !self.address.is_empty() {
            tail.push(say(
                lang,
                "prompt-address",
                &[("address", &shorten(&self.address, MAX_ADDRESS_BYTES))],
            ));
        }
        match (self.last_try, self.tries_left) {
            (true, _) => tail.push(say(lang, "prompt-last-try", &[])),
            (false, Some(tries)) => tail.push(say(lang, "prompt-tries-left", &[("tries", &tries.to_string())])),
            (false, None) if self.wrong_before => tail.push(say(lang, "prompt-wrong-before", &[])),
            (false, None) => {}
        }
        with_names(head, &self.names, tail)
    }

    /// Reason and place on one line, the certification on the next.
    fn terms(&self) -> Vec<String> {
        let short = |text: &Option<String>, max| text.as_deref().map(|text| shorten(text, max));
        let reason = short(&self.reason, MAX_REASON_BYTES);
        let location = short(&self.location, MAX_LOCATION_BYTES);
        let first = match (&reason, &location) {
            (Some(reason), Some(location)) => Some(say(
                self.lang,
                "prompt-reason-location",
                &[("reason", reason), ("location", location)],
            )),
            (Some(reason), None) => Some(say(self.lang, "prompt-reason", &[("reason", reason)])),
            (None, Some(location)) => Some(say(self.lang, "prompt-location", &[("location", location)])),
            (None, None) => None,
        };
        let second = self.certified.map(|certified| {
            let id = match certified {
                Certified::NoChanges => "prompt-certify-no-changes",
                Certified::Form => "prompt-certify-form",
                Certified::Annotations => "prompt-certify-annotations",
            };
            say(self.lang, id, &[])
        });
        first.into_iter().chain(second).collect()
    }
}

impl PairingPrompt {
    pub(super) fn description(&self) -> String {
        let origin = keep_end(&self.origin, MAX_ORIGIN_SHOWN_BYTES);
        let code = shorten(&self.code, MAX_CHECK_BYTES);
        say(self.lang, "prompt-allow-site", &[("origin", &origin)])
            + "\n"
            + &say(self.lang, "prompt-allow-code", &[("code", &code)])
    }
}

/// Joins the lines; the listed names share the room that the others leave.
fn with_names(head: Vec<String>, names: &[String], tail: Vec<String>) -> String {
    let listed = &names[..names.len().min(MAX_LISTED_NAMES)];
    let fixed: usize = head.iter().chain(&tail).map(|line| escaped_len(line) + 3).sum();
    // Three bytes for a line's escaped end, five for the mark before a name.
    let each = MAX_DESCRIPTION_BYTES.saturating_sub(fixed) / listed.len().max(1);
    let names = listed
        .iter()
        .map(|name| format!("・ {}", shorten(name, each.saturating_sub(8))));
    head.into_iter().chain(names).chain(tail).collect::<Vec<_>>().join("\n")
}

/// Neutralises `text` and cuts its middle out until it takes at most `max` escaped bytes.
fn shorten(text: &str, max: usize) -> String {
    let text = plain(text);
    if escaped_len(&text) <= max {
        return text;
    }
    let half = max.saturating_sub(3) / 2;
    head_of(&text, half) + "…" + &tail_of(&text, half)
}

/// Neutralises `text` and cuts its beginning off until it takes at most `max` escaped bytes.
fn keep_end(text: &str, max: usize) -> String {
    let text = plain(text);
    if escaped_len(&text) <= max {
        return text;
    }
    "…".to_owned() + &tail_of(&text, max.saturating_sub(3))
}

fn head_of(text: &str, max: usize) -> String {
    let mut room = max;
    text.chars().take_while(|c| fits(*c, &mut room)).collect()
}

fn tail_of(text: &str, max: usize) -> String {
    let mut room = max;
    let kept: Vec<char> = text.chars().rev().take_while(|c| fits(*c, &mut room)).collect();
    kept.into_iter().rev().collect()
}

fn fits(c: char, room: &mut usize) -> bool {
    let size = escaped_len(c.encode_utf8(&mut [0; 4]));
    let fits = size <= *room;
    *room = room.saturating_sub(size);
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// More make a window taller than a laptop's screen.
    const MAX_DESCRIPTION_LINES: usize = 12;

    fn prompt(lang: Lang, origin: String, names: Vec<String>, holder: String) -> PinPrompt {
        PinPrompt {
            lang,
            asked: Asked::Site(origin),
            names,
            pages: Pages::Counted(u64::MAX),
            reason: None,
            location: None,
            certified: None,
            holder,
            tries_left: Some(3),
            last_try: false,
            wrong_before: true,
            check: "1234 5678".to_owned(),
            address: "http://127.0.0.1:10805/confirm/0123456789abcdef0123456789abcdef".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn any_prompt_stays_within_what_pinentry_bears(
            origin in ".{0,300}", names in prop::collection::vec(".{0,255}", 0..40), holder in ".{0,300}",
            reason in ".{0,200}", location in ".{0,200}", ja: bool
        ) {
            let lang = if ja { Lang::Ja } else { Lang::En };
            let terms = PinPrompt {
                reason: Some(reason),
                location: Some(location),
                certified: Some(Certified::Annotations),
                ..prompt(lang, origin, names, holder)
            };
            let text = terms.description();
            prop_assert!(escaped_len(&text) <= MAX_DESCRIPTION_BYTES, "{}", escaped_len(&text));
            prop_assert!(text.lines().count() <= MAX_DESCRIPTION_LINES);
        }
    }

    #[test]
    fn long_japanese_names_are_cut_in_the_middle_and_stay_recognisable() {
        let name = format!("業務委託基本契約書{}最終版.pdf", "あ".repeat(80));
        let text = prompt(
            Lang::Ja,
            "https://keiyaku.example.jp".into(),
            vec![name; 5],
            "甲野 太郎".into(),
        )
        .description();
        assert!(
            text.contains("・ 業務委託基本契約書") && text.contains("最終版.pdf"),
            "{text}"
        );
        assert!(
            text.contains("https://keiyaku.example.jp") && text.contains("1234 5678"),
            "{text}"
        );
    }

    #[test]
    fn a_long_origin_shows_whose_it_is() {
        let origin = format!("https://bank.example.{}.evil.test", "a".repeat(200));
        assert!(keep_end(&origin, MAX_ORIGIN_SHOWN_BYTES).ends_with(".evil.test"));
        assert!(!keep_end(&origin, MAX_ORIGIN_SHOWN_BYTES).contains("bank"));
    }

    #[test]
    fn the_terms_of_the_signature_stand_in_the_prompt() {
        let bare = prompt(
            Lang::Ja,
            "https://a.test".into(),
            vec!["契約書.pdf".into()],
            "甲".into(),
        );
        let terms = PinPrompt {
            reason: Some("契約の締結".into()),
            location: Some("東京都\n残り".into()),
            certified: Some(Certified::NoChanges),
            ..bare.clone()
        };
        let text = terms.description();
        assert!(
            text.contains("\n理由: 契約の締結 / 場所: 東京都\u{fffd}残り\n"),
            "{text}"
        );
        assert!(text.contains("一切変更できなくなります"), "{text}");
        let text = bare.description();
        assert!(
            !text.contains("理由") && !text.contains("場所") && !text.contains("変更"),
            "{text}"
        );
    }

    #[test]
    fn a_name_cannot_write_lines_of_its_own() {
        let text = prompt(
            Lang::Ja,
            "https://a.test".into(),
            vec!["契約書\n残り 99 回\u{202e}.pdf".into()],
            "甲".into(),
        )
        .description();
        assert!(text.contains("契約書\u{fffd}残り 99 回\u{fffd}.pdf"), "{text}");
    }
}
