//! Where a person is reached: a mail address (RFC 5321) or a telephone number (E.164). Checked for shape alone; whether anybody is there, mail tells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;
use super::words::fold_width;

/// A mail address of ASCII, `local@domain`, the domain in lower case.
///
/// Dots in a row or before the `@` are let through: Japanese carriers gave out such addresses, and they are in use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(String);

/// A telephone number in E.164 form, `+819012345678`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// How a person is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// By mail.
    Mail(MailAddress),
    /// By SMS.
    Phone(Phone),
}

const MAX_ADDRESS_CHARS: usize = 254;
const MAX_LOCAL_CHARS: usize = 64;
const MAX_LABEL_CHARS: usize = 63;

impl MailAddress {
    /// Checks an address; full-width letters are folded.
    ///
    /// # Errors
    /// [`Error::MailAddress`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = fold_width(text);
        let (local, domain) = text.trim().rsplit_once('@').ok_or(Error::MailAddress)?;
        let domain = domain.to_ascii_lowercase();
        let good = local.len() + 1 + domain.len() <= MAX_ADDRESS_CHARS && is_local(local) && is_domain(&domain);
        good.then(|| Self(format!("{local}@{domain}")))
            .ok_or(Error::MailAddress)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as an SMTP path: a local part that is no dot-string stands in quotes (RFC 5321, 4.1.2).
    pub fn smtp_path(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let dot_string = local.split('.').all(|atom| !atom.is_empty());
        match dot_string {
            true => self.0.clone(),
            false => format!("\"{local}\"@{domain}"),
        }
    }
}

impl Phone {
    /// Checks a number: `090-1234-5678` is one in Japan, `+81 90 1234 5678` says it.
    ///
    /// # Errors
    /// [`Error::Phone`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let folded = fold_width(text);
        let bare: String = folded.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = match (bare.strip_prefix('+'), bare.strip_prefix('0')) {
            (Some(international), _) => international.to_owned(),
            (None, Some(national)) if (9..=10).contains(&national.len()) && !national.starts_with('0') => {
                format!("81{national}")
            }
            _ => return Err(Error::Phone),
        };
        let good =
            (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        good.then(|| Self(format!("+{digits}"))).ok_or(Error::Phone)
    }

    /// The number, E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address or number itself.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mail(address) => address.as_str(),
            Self::Phone(number) => number.as_str(),
        })
    }
}

impl TryFrom<String> for MailAddress {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for Phone {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

fn is_local(local: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    (1..=MAX_LOCAL_CHARS).contains(&local.len()) && !local.starts_with('.') && local.bytes().all(atom)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=MAX_LABEL_CHARS).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let mut labels = domain.split('.');
    let top = labels.next_back().unwrap_or("");
    let beneath: Vec<&str> = labels.collect();
    let numeric = top.bytes().all(|b| b.is_ascii_digit());
    !beneath.is_empty() && beneath.iter().all(|part| label(part)) && label(top) && !numeric
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_in_use_are_addresses() {
        for (text, kept) in [
            ("Taro.Kono@Example.JP", "Taro.Kono@example.jp"),
            (" taro+keiyaku@city.example.lg.jp ", "taro+keiyaku@city.example.lg.jp"),
            ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "taro@example.jp"),
            ("taro..kono.@mobile.example.ne.jp", "taro..kono.@mobile.example.ne.jp"),
            ("a@xn--wgv71a.example", "a@xn--wgv71a.example"),
        ] {
            assert_eq!(MailAddress::parse(text).unwrap().as_str(), kept);
        }
        let odd = MailAddress::parse("taro..kono.@mobile.example.ne.jp").unwrap();
        assert_eq!(odd.smtp_path(), "\"taro..kono.\"@mobile.example.ne.jp");
    }

    #[test]
    fn nothing_that_could_be_more_than_an_address() {
        for text in [
            "",
            "@",
            "taro",
            "taro@",
            "@example.jp",
            "taro@localhost",
            "taro@127.0.0.1",
            "taro@[127.0.0.1]",
            "taro@example..jp",
            "taro@-example.jp",
            "taro kono@example.jp",
            "taro@example.jp\r\nBcc: x@example.jp",
            "taro@example.jp,x@example.jp",
            "<taro@example.jp>",
            "太郎@example.jp",
            "\"a b\"@example.jp",
            "a\u{202e}@example.jp",
        ] {
            assert_eq!(MailAddress::parse(text), Err(Error::MailAddress), "{text:?}");
        }
        let long = format!("{}@example.jp", "a".repeat(65));
        assert!(MailAddress::parse(&long).is_err());
    }

    #[test]
    fn numbers_become_international() {
        for text in [
            "090-1234-5678",
            "０９０ー１２３４ー５６７８",
            "+81 90 1234 5678",
            "(090)12345678",
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+819012345678", "{text}");
        }
        assert_eq!(Phone::parse("03-1234-5678").unwrap().as_str(), "+81312345678");
        for text in [
            "",
            "0",
            "12345",
            "110",
            "00 81 90 1234 5678",
            "+0123456789",
            "090-1234-567a",
            "+1234567890123456",
        ] {
            assert_eq!(Phone::parse(text), Err(Error::Phone), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_again(text in "\\PC{0,40}(@\\PC{0,40})?") {
            if let Ok(address) = MailAddress::parse(&text) {
                prop_assert_eq!(MailAddress::parse(address.as_str()), Ok(address.clone()));
                prop_assert!(!address.as_str().contains(['\r', '\n', ' ', '<', '>', ',', '"']));
            }
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone.clone()));
            }
        }
    }
}
