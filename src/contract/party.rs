//! 当事者型 (実印タイプ): which certificates a signer may sign with, such as "only the mayor's LGPKI card".
//!
//! Compares names and digests alone; whether a certificate is good is `trust`'s to say.

use serde::{Deserialize, Serialize};

use super::Error;
use super::words::Line;

/// What is compared of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// SHA-256 of its DER.
    pub sha256: [u8; 32],
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// Every CN of the subject.
    pub common_names: Vec<String>,
    /// Every OU of the subject.
    pub units: Vec<String>,
    /// Its policies, dotted.
    pub policies: Vec<String>,
    /// Its key usages by their names in RFC 5280.
    pub key_usages: Vec<String>,
}

/// One kind of certificate that is allowed: everything that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateRule {
    /// Exactly this certificate: SHA-256 of its DER, 64 hexadecimal digits.
    pub sha256: Option<Line<64>>,
    /// A pattern for the issuer's name; `*` stands for anything.
    pub issuer: Option<Line<500>>,
    /// A policy that it must name, dotted.
    pub policy: Option<Line<100>>,
    /// A pattern for a CN.
    pub common_name: Option<Line<200>>,
    /// A pattern for an OU.
    pub unit: Option<Line<200>>,
    /// A key usage that it must have, by its name in RFC 5280, such as `nonRepudiation`.
    pub key_usage: Option<Line<40>>,
}

impl CertificateRule {
    /// Whether a certificate is one of these.
    pub fn allows(&self, shown: &Shown) -> bool {
        let pattern = |wanted: &str, texts: &[String]| texts.iter().any(|text| matches_pattern(wanted, text));
        let digest = |wanted: &Line<64>| wanted.as_str().eq_ignore_ascii_case(&hex::encode(shown.sha256));
        self.sha256.as_ref().is_none_or(digest)
            && (self.issuer.as_ref()).is_none_or(|wanted| matches_pattern(wanted.as_str(), &shown.issuer))
            && (self.policy.as_ref()).is_none_or(|wanted| shown.policies.iter().any(|policy| policy == wanted.as_str()))
            && (self.common_name.as_ref()).is_none_or(|wanted| pattern(wanted.as_str(), &shown.common_names))
            && (self.unit.as_ref()).is_none_or(|wanted| pattern(wanted.as_str(), &shown.units))
            && (self.key_usage.as_ref())
                .is_none_or(|wanted| shown.key_usages.iter().any(|usage| usage == wanted.as_str()))
    }
}

/// Whether a certificate is one that the rules allow; no rules allow every certificate.
///
/// # Errors
/// [`Error::CertificateNotAllowed`].
pub fn check(rules: &[CertificateRule], shown: &Shown) -> Result<(), Error> {
    let allowed = rules.is_empty() || rules.iter().any(|rule| rule.allows(shown));
    allowed.then_some(()).ok_or(Error::CertificateNotAllowed)
}

/// Whether `text` is `pattern`, where each `*` stands for any characters. Case counts.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or("")) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mayor() -> Shown {
        Shown {
            sha256: [0xab; 32],
            issuer: "OU=LGPKI,O=Example,C=JP".to_owned(),
            common_names: vec!["見本市長".to_owned()],
            units: vec!["見本市".to_owned(), "総務部".to_owned()],
            policies: vec!["1.2.392.200110.10.8.5.1".to_owned()],
            key_usages: vec!["nonRepudiation".to_owned()],
        }
    }

    fn rule(json: &str) -> CertificateRule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn everything_that_a_rule_names_must_hold() {
        for json in [
            "{}",
            r#"{"issuer":"*OU=LGPKI*","common_name":"*市長"}"#,
            r#"{"policy":"1.2.392.200110.10.8.5.1","unit":"総務部"}"#,
            r#"{"key_usage":"nonRepudiation"}"#,
            &format!(r#"{{"sha256":"{}"}}"#, "AB".repeat(32)),
        ] {
            assert!(rule(json).allows(&mayor()), "{json}");
        }
        for json in [
            r#"{"issuer":"*OU=LGPKI*","common_name":"副市長"}"#,
            r#"{"policy":"1.2.392.200110.10.8.5"}"#,
            r#"{"unit":"総務"}"#,
            r#"{"key_usage":"digitalSignature"}"#,
            &format!(r#"{{"sha256":"{}"}}"#, "ac".repeat(32)),
        ] {
            assert!(!rule(json).allows(&mayor()), "{json}");
        }
    }

    #[test]
    fn one_of_several_rules_is_enough_and_none_means_any() {
        let (deputy, head) = (
            rule(r#"{"common_name":"副市長"}"#),
            rule(r#"{"common_name":"見本市長"}"#),
        );
        assert_eq!(check(&[deputy.clone(), head], &mayor()), Ok(()));
        assert_eq!(check(&[deputy], &mayor()), Err(Error::CertificateNotAllowed));
        assert_eq!(check(&[], &mayor()), Ok(()));
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, is) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "aXbYc", true),
            ("a*b", "ab", true),
            ("a*ba", "aba", true),
            ("aba*aba", "aba", false),
            ("abc", "abcd", false),
            ("a**c", "abc", true),
            ("", "a", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), is, "{pattern} {text}");
        }
    }
}
