//! What each mail says (S19, S30): the words stand in `text/ja/mail.ftl`; here they become plain text and HTML.
//!
//! Everything that a person wrote is escaped in HTML, and no picture or address of others is ever named: nobody is tracked.

use super::Letter;
use crate::text::{Lang, say};

/// A request to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// Organisation and section, as S19 shows them.
    pub sender: &'a str,
    /// 文書名.
    pub title: &'a str,
    /// To whom.
    pub name: &'a str,
    /// What the sender tells.
    pub message: &'a str,
    /// 管理番号.
    pub number: &'a str,
    /// The last day, in Japanese; empty for none.
    pub due: &'a str,
    /// Whom to ask: person and telephone number; empty for none.
    pub contact: &'a str,
    /// The signer's link.
    pub link: &'a str,
}

/// Everybody has signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completed<'a> {
    /// Organisation and section.
    pub sender: &'a str,
    /// 文書名.
    pub title: &'a str,
    /// To whom.
    pub name: &'a str,
    /// 管理番号.
    pub number: &'a str,
    /// When, in Japan.
    pub at: &'a str,
    /// Where the documents can be looked at; empty for none.
    pub link: &'a str,
}

/// 署名依頼 (S19).
pub fn request(what: &Request<'_>) -> Letter {
    let values = [
        ("sender", what.sender),
        ("title", what.title),
        ("name", what.name),
        ("number", what.number),
        ("due", what.due),
        ("contact", what.contact),
    ];
    let mut parts = vec![Part::Text(word("mail-request-body", &values))];
    if !what.message.is_empty() {
        parts.push(Part::Text(what.message.to_owned()));
    }
    parts.push(Part::Link(word("mail-request-link", &[]), what.link.to_owned()));
    parts.push(Part::Text(word("mail-request-facts", &values)));
    for (id, value) in [("mail-due", what.due), ("mail-contact", what.contact)] {
        if !value.is_empty() {
            parts.push(Part::Text(word(id, &values)));
        }
    }
    parts.push(Part::Text(word("mail-request-foot", &values)));
    letter(word("mail-request-subject", &values), &parts)
}

/// 電子署名完了のお知らせ (S30).
pub fn completed(what: &Completed<'_>) -> Letter {
    let values = [
        ("sender", what.sender),
        ("title", what.title),
        ("name", what.name),
        ("number", what.number),
        ("at", what.at),
    ];
    let mut parts = vec![Part::Text(word("mail-completed-body", &values))];
    if !what.link.is_empty() {
        parts.push(Part::Link(word("mail-completed-link", &[]), what.link.to_owned()));
    }
    parts.push(Part::Text(word("mail-completed-facts", &values)));
    letter(word("mail-completed-subject", &values), &parts)
}

/// A code, used once.
pub fn code(sender: &str, title: &str, code: &str, minutes: &str) -> Letter {
    let values = [
        ("sender", sender),
        ("title", title),
        ("code", code),
        ("minutes", minutes),
    ];
    let parts = [Part::Text(word("mail-code-body", &values))];
    letter(word("mail-code-subject", &values), &parts)
}

/// A signer refused: to the sender.
pub fn declined(title: &str, number: &str, name: &str, reason: &str) -> Letter {
    let values = [("title", title), ("number", number), ("name", name), ("reason", reason)];
    let mut parts = vec![Part::Text(word("mail-declined-body", &values))];
    if !reason.is_empty() {
        parts.push(Part::Text(word("mail-declined-reason", &values)));
    }
    letter(word("mail-declined-subject", &values), &parts)
}

/// A piece of a mail.
pub(super) enum Part {
    Text(String),
    Link(String, String),
}

pub(super) fn word(id: &str, values: &[(&str, &str)]) -> String {
    say(Lang::Ja, id, values)
}

pub(super) fn letter(subject: String, parts: &[Part]) -> Letter {
    let (mut text, mut html) = (Vec::new(), String::new());
    for part in parts {
        match part {
            Part::Text(words) => {
                text.push(words.clone());
                html += &format!("<p>{}</p>", escaped(words).replace('\n', "<br>"));
            }
            Part::Link(words, address) => {
                text.push(format!("{words}\n{address}"));
                let (words, address) = (escaped(words), escaped(address));
                html += &format!("<p>{words}<br><a href=\"{address}\">{address}</a></p>");
            }
        }
    }
    let head = "<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"></head><body style=\"font-family:sans-serif;line-height:1.7\">";
    Letter {
        subject,
        text: text.join("\n\n") + "\n",
        html: format!("{head}{html}</body></html>"),
    }
}

fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S19: the subject as the reference service has it.
    #[test]
    fn a_request_has_the_subject_that_people_know() {
        let made = request(&Request {
            sender: "見本市総務課(起案用)",
            title: "業務委託契約書",
            name: "甲野太郎",
            message: "よろしく<b>お願い</b>します。",
            number: "0000015",
            due: "2026年12月31日",
            contact: "",
            link: "https://keiyaku.example.jp/s/abc",
        });
        assert_eq!(
            made.subject,
            "見本市総務課(起案用)様より業務委託契約書への署名依頼が届いています"
        );
        assert!(
            made.text.contains("https://keiyaku.example.jp/s/abc\n"),
            "{}",
            made.text
        );
        assert!(
            made.text.contains("0000015") && made.text.contains("2026年12月31日"),
            "{}",
            made.text
        );
        assert!(
            made.html.contains("&lt;b&gt;") && !made.html.contains("<b>"),
            "{}",
            made.html
        );
    }

    /// S30.
    #[test]
    fn a_completion_has_the_subject_that_people_know() {
        let made = completed(&Completed {
            sender: "見本市",
            title: "業務委託契約書",
            name: "甲野太郎",
            number: "0000015",
            at: "2026/11/23 21:00(JST)",
            link: "",
        });
        assert!(made.subject.starts_with("電子署名完了のお知らせ"), "{}", made.subject);
        assert!(!made.html.contains("<a "), "{}", made.html);
    }
}
