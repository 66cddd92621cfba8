//! Which certificates a request lets sign: "only the mayor's card of LGPKI" is an issuer and an organisational unit.
//!
//! A filter only takes away: it never makes a certificate fit that is not. What it is held against is what the certificate says, not whether that is trusted.

use super::failure::{Failure, FailureKind};
use crate::contract::party::CertificateRule;
use crate::der::{Certificate, Name, ObjectIdentifier, oid};
use crate::text::pattern::{MAX_STARS, matches};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest pattern, in characters.
const MAX_PATTERN_CHARS: usize = 200;
/// Most thumbprints.
const MAX_THUMBPRINTS: usize = 100;

/// What a certificate must be to sign: all that is given. In a pattern `*` stands for anything, case and character width do not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CertificateFilter {
    /// Pattern for an attribute of the issuer's name, such as `*LGPKI*`, or for the whole name as RFC 4514 writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// A certificate policy, dotted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// A key usage by its name in RFC 5280, such as `nonRepudiation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_usage: Option<String>,
    /// Pattern for an organisational unit (OU) of the holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizational_unit: Option<String>,
    /// Pattern for the holder's name (CN).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// Hexadecimal SHA-256 of the certificates that may sign; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sha256: Vec<String>,
}

impl CertificateFilter {
    /// `true` when it takes nothing away.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Holds the shapes against their limits.
    ///
    /// # Errors
    /// `manifest_bad_filter`
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let patterns = [&self.issuer, &self.organizational_unit, &self.common_name];
        let pattern =
            |text: &String| text.chars().count() <= MAX_PATTERN_CHARS && text.matches('*').count() <= MAX_STARS;
        let policy = |text: &String| text.parse::<ObjectIdentifier>().is_ok();
        let usage = |text: &String| crate::der::KEY_USAGE_NAMES.contains(&text.as_str());
        let thumbprint = |text: &String| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let sane = patterns.into_iter().flatten().all(pattern)
            && self.policy.as_ref().is_none_or(policy)
            && self.key_usage.as_ref().is_none_or(usage)
            && self.sha256.len() <= MAX_THUMBPRINTS
            && self.sha256.iter().all(thumbprint);
        sane.then_some(())
            .ok_or(Failure::new(FailureKind::Invalid, "manifest_bad_filter"))
    }

    /// Whether the certificate may sign.
    pub(crate) fn admits(&self, certificate: &Certificate) -> bool {
        let extensions = certificate.extensions();
        let policy = |wanted: &String| extensions.policies.iter().any(|policy| policy.to_string() == *wanted);
        let usage = |wanted: &String| {
            extensions
                .key_usage
                .is_some_and(|usage| usage.names().contains(&wanted.as_str()))
        };
        let hex = certificate.sha256_hex();
        let subject = certificate.subject();
        self.issuer
            .as_ref()
            .is_none_or(|wanted| issuer(certificate.issuer(), wanted))
            && self.policy.as_ref().is_none_or(policy)
            && self.key_usage.as_ref().is_none_or(usage)
            && self
                .organizational_unit
                .as_ref()
                .is_none_or(|wanted| any(subject, oid::ORGANIZATIONAL_UNIT, wanted))
            && self
                .common_name
                .as_ref()
                .is_none_or(|wanted| any(subject, oid::COMMON_NAME, wanted))
            && (self.sha256.is_empty() || self.sha256.iter().any(|wanted| wanted.eq_ignore_ascii_case(&hex)))
    }
}

impl From<&CertificateRule> for CertificateFilter {
    fn from(rule: &CertificateRule) -> Self {
        Self {
            issuer: rule.issuer.as_ref().map(|line| line.as_str().to_owned()),
            policy: rule.policy.as_ref().map(|line| line.as_str().to_owned()),
            key_usage: rule.key_usage.as_ref().map(|line| line.as_str().to_owned()),
            organizational_unit: rule.unit.as_ref().map(|line| line.as_str().to_owned()),
            common_name: rule.common_name.as_ref().map(|line| line.as_str().to_owned()),
            sha256: rule.sha256.iter().map(|line| line.as_str().to_owned()).collect(),
        }
    }
}

fn issuer(name: &Name, wanted: &str) -> bool {
    let attribute = name
        .attributes()
        .iter()
        .any(|attribute| matches(wanted, &attribute.value));
    attribute || matches(wanted, &name.rfc4514())
}

fn any(name: &Name, kind: ObjectIdentifier, wanted: &str) -> bool {
    let mut named = name.attributes().iter().filter(|attribute| attribute.oid == kind);
    named.any(|attribute| matches(wanted, &attribute.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_out_of_shape_is_refused() {
        let of = |change: &dyn Fn(&mut CertificateFilter)| {
            let mut filter = CertificateFilter::default();
            change(&mut filter);
            filter
        };
        assert!(
            of(&|f| f.policy = Some("1.2.392.200110.10.8.5.1.3.30".to_owned()))
                .check()
                .is_ok()
        );
        assert!(of(&|f| f.key_usage = Some("nonRepudiation".to_owned())).check().is_ok());
        for bad in [
            of(&|f| f.policy = Some("1.2.x".to_owned())),
            of(&|f| f.key_usage = Some("signing".to_owned())),
            of(&|f| f.issuer = Some("*".repeat(9))),
            of(&|f| f.common_name = Some("甲".repeat(201))),
            of(&|f| f.sha256 = vec!["00".to_owned()]),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
