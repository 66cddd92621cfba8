//! Mails about the last day (S49): a reminder before it, and word to the sender when it has passed.

use super::Letter;
use super::templates::{Part, letter, word};

/// A request that is still open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reminder<'a> {
    /// Organisation and section.
    pub sender: &'a str,
    /// 文書名.
    pub title: &'a str,
    /// To whom.
    pub name: &'a str,
    /// 管理番号.
    pub number: &'a str,
    /// The last day, in Japanese.
    pub due: &'a str,
    /// Whom to ask: person and telephone number; empty for none.
    pub contact: &'a str,
    /// The signer's link.
    pub link: &'a str,
}

/// 署名期限のお知らせ: to a signer who was asked and has not signed.
pub fn reminder(what: &Reminder<'_>) -> Letter {
    let values = [
        ("sender", what.sender),
        ("title", what.title),
        ("name", what.name),
        ("number", what.number),
        ("due", what.due),
        ("contact", what.contact),
    ];
    let mut parts = vec![
        Part::Text(word("mail-reminder-body", &values)),
        Part::Link(word("mail-request-link", &[]), what.link.to_owned()),
        Part::Text(word("mail-request-facts", &values)),
        Part::Text(word("mail-due", &values)),
    ];
    if !what.contact.is_empty() {
        parts.push(Part::Text(word("mail-contact", &values)));
    }
    parts.push(Part::Text(word("mail-request-foot", &values)));
    letter(word("mail-reminder-subject", &values), &parts)
}

/// The last day has passed: to the sender. `open`: who had not signed.
pub fn expired(title: &str, number: &str, due: &str, open: &str) -> Letter {
    let values = [("title", title), ("number", number), ("due", due), ("open", open)];
    let parts = [Part::Text(word("mail-expired-body", &values))];
    letter(word("mail-expired-subject", &values), &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S49.
    #[test]
    fn a_reminder_says_by_when_and_whom_to_ask() {
        let made = reminder(&Reminder {
            sender: "見本市総務課(起案用)",
            title: "業務委託契約書",
            name: "甲野太郎",
            number: "0000015",
            due: "2026年12月31日",
            contact: "丙川三郎 0123-45-6789",
            link: "https://keiyaku.example.jp/s/abc",
        });
        assert_eq!(
            made.subject,
            "【再通知】見本市総務課(起案用)様より業務委託契約書への署名依頼が届いています"
        );
        for wanted in [
            "2026年12月31日",
            "0000015",
            "丙川三郎 0123-45-6789",
            "https://keiyaku.example.jp/s/abc\n",
        ] {
            assert!(made.text.contains(wanted), "{}", made.text);
        }
        let told = expired("業務委託契約書", "0000015", "2026年12月31日", "甲野太郎");
        assert!(
            told.text.contains("甲野太郎") && told.subject.contains("業務委託契約書"),
            "{told:?}"
        );
    }
}
