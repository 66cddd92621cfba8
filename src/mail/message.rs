//! A letter as a message (RFC 5322, MIME): text and HTML side by side, an identity that stays the same however often it is built.

use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::{Error, Letter};
use crate::clock::Timestamp;

/// From whom to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The fixed sender's name, as it is shown.
    pub from_name: Option<String>,
    /// The fixed sender's address.
    pub from: String,
    /// The recipient's address, as an SMTP path.
    pub to: String,
    /// Names the mail for ever.
    pub id: String,
    /// Its date.
    pub at: Timestamp,
}

/// RFC 3834: nobody's holiday notice answers.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Envelope {
    /// The message, ready to be handed over.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn message(&self, letter: &Letter) -> Result<Message, Error> {
        let from: Address = self.from.parse().map_err(|_| Error::Unwritable)?;
        let id = format!("<{}@{}>", self.id, from.domain());
        let seconds = u64::try_from(self.at.seconds()).unwrap_or(0);
        let body = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        Message::builder()
            .from(Mailbox::new(self.from_name.clone(), from))
            .to(Mailbox::new(None, self.to.parse().map_err(|_| Error::Unwritable)?))
            .subject(letter.subject.clone())
            .message_id(Some(id))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .header(AutoSubmitted)
            .multipart(body)
            .map_err(|_| Error::Unwritable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_who_what_and_when_and_breaks_out_of_no_header() {
        let envelope = Envelope {
            from_name: Some("見本市 電子契約".to_owned()),
            from: "keiyaku@city.example.lg.jp".to_owned(),
            to: "taro@example.jp".to_owned(),
            id: "0123".to_owned(),
            at: Timestamp::parse_rfc3339("2026-11-23T12:00:00Z").unwrap(),
        };
        let letter = Letter {
            subject: "件名\r\nBcc: x@example.jp".to_owned(),
            text: "本文".to_owned(),
            html: "<p>本文</p>".to_owned(),
        };
        let bytes = envelope.message(&letter).unwrap().formatted();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("Message-ID: <0123@city.example.lg.jp>\r\n"), "{text}");
        assert!(text.contains("Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(!text.contains("\r\nBcc:"), "{text}");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let envelope = Envelope {
            from_name: None,
            from: "keiyaku@city.example.lg.jp".to_owned(),
            to: "taro@example.jp, x@example.jp".to_owned(),
            id: "0123".to_owned(),
            at: Timestamp::from_seconds(0),
        };
        let letter = Letter {
            subject: String::new(),
            text: String::new(),
            html: String::new(),
        };
        assert_eq!(envelope.message(&letter).map(drop), Err(Error::Unwritable));
    }
}
