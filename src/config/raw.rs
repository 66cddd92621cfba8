//! The file as TOML has it: every key optional, none unknown, values that are checked later with their place.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A value and where it stands.
pub(super) type At<T> = Option<Spanned<T>>;

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) role: At<String>,
    pub(super) listen: At<String>,
    pub(super) lang: At<String>,
    pub(super) state_dir: At<String>,
    #[serde(default)]
    pub(super) admin: Admin,
    #[serde(default)]
    pub(super) appearance: Appearance,
    #[serde(default)]
    pub(super) contracts: Contracts,
    #[serde(default)]
    pub(super) evidence: Evidence,
    #[serde(default)]
    pub(super) audit: Audit,
    #[serde(default)]
    pub(super) fonts: Fonts,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) log: Log,
    #[serde(default)]
    pub(super) mail: Mail,
    #[serde(default)]
    pub(super) module: Vec<Module>,
    #[serde(default)]
    pub(super) network: Network,
    #[serde(default)]
    pub(super) certificates: Certificates,
    #[serde(default)]
    pub(super) policy: Vec<Policy>,
    #[serde(default)]
    pub(super) issuer: Vec<Issuer>,
    #[serde(default)]
    pub(super) prompt: Prompt,
    #[serde(default)]
    pub(super) renewal: Renewal,
    #[serde(default)]
    pub(super) site: Vec<Site>,
    #[serde(default)]
    pub(super) timestamp: Timestamps,
    #[serde(default)]
    pub(super) tls: Tls,
    #[serde(default)]
    pub(super) token: Vec<Token>,
    #[serde(default)]
    pub(super) trust: Trust,
    #[serde(default)]
    pub(super) tsa: Vec<Tsa>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Timestamps {
    pub(super) accredited_only: At<bool>,
    pub(super) clock_tolerance_ms: At<i64>,
    pub(super) accredited: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    pub(super) revocation: At<String>,
    pub(super) grace_hours: At<i64>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Renewal {
    pub(super) folders: Option<Vec<Spanned<String>>>,
    pub(super) margin_days: At<i64>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Trust {
    pub(super) anchors: Option<Vec<Spanned<String>>>,
    pub(super) signers: Option<Vec<Spanned<String>>>,
    pub(super) timestamp_authorities: Option<Vec<Spanned<String>>>,
    pub(super) responders: Option<Vec<Spanned<String>>>,
    pub(super) tokens: Option<bool>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) allow_private: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Tsa {
    pub(super) url: Spanned<String>,
    pub(super) policy: At<String>,
    pub(super) user: At<String>,
    pub(super) password_file: At<String>,
    pub(super) bearer_file: At<String>,
    pub(super) client_certificate_file: At<String>,
    pub(super) client_key_file: At<String>,
    pub(super) quota_requests: At<i64>,
    pub(super) quota_window_ms: At<i64>,
    pub(super) deadline_ms: At<i64>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Appearance {
    pub(super) reason: At<String>,
    pub(super) location: At<String>,
    pub(super) date: Option<bool>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Audit {
    pub(super) head_interval_ms: At<i64>,
    pub(super) anchor_interval_ms: At<i64>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Fonts {
    pub(super) japanese: At<String>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) max_document_bytes: At<i64>,
    pub(super) max_documents: At<i64>,
    pub(super) max_upload_bytes: At<i64>,
    pub(super) max_spooled_bytes: At<i64>,
    pub(super) max_connections: At<i64>,
    pub(super) max_requests_per_caller: At<i64>,
    pub(super) max_open_signings: At<i64>,
    pub(super) header_deadline_ms: At<i64>,
    pub(super) idle_deadline_ms: At<i64>,
    pub(super) drain_deadline_ms: At<i64>,
    pub(super) consent_deadline_ms: At<i64>,
    pub(super) result_life_ms: At<i64>,
    pub(super) token_read_deadline_ms: At<i64>,
    pub(super) token_login_deadline_ms: At<i64>,
    pub(super) token_pinpad_deadline_ms: At<i64>,
    pub(super) token_sign_deadline_ms: At<i64>,
    pub(super) page_deadline_ms: At<i64>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: At<String>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Module {
    pub(super) path: Spanned<String>,
    pub(super) env: Option<BTreeMap<String, String>>,
    pub(super) threads: At<i64>,
    pub(super) atr: Option<Vec<Spanned<String>>>,
    pub(super) label: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Certificates {
    pub(super) warn_days: At<i64>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Issuer {
    pub(super) name: Spanned<String>,
    pub(super) audience: Spanned<String>,
    pub(super) keys_file: Spanned<String>,
    pub(super) clients: BTreeMap<String, String>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) label: At<String>,
    pub(super) certificate: At<String>,
    pub(super) digests: Option<Vec<Spanned<String>>>,
    pub(super) hours: At<String>,
    pub(super) max_signatures: At<i64>,
    pub(super) period_ms: At<i64>,
    pub(super) four_eyes: Option<bool>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Prompt {
    pub(super) pinentry: At<String>,
    pub(super) deadline_ms: At<i64>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    pub(super) origin: Spanned<String>,
    pub(super) unattended: Option<bool>,
    pub(super) backend_key: At<String>,
}

#[derive(Deserialize, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub(super) label: At<String>,
    pub(super) serial: At<String>,
    pub(super) pin_file: At<String>,
    pub(super) pin_credential: At<String>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate_file: At<String>,
    pub(super) key_file: At<String>,
    pub(super) client_ca_file: At<String>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Admin {
    pub(super) listen: At<String>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Contracts {
    pub(super) public_url: At<String>,
    pub(super) operator_certificate: At<String>,
    pub(super) party_from_yen: At<i64>,
    pub(super) party_counterparties: Option<Vec<Spanned<String>>>,
    pub(super) approval_from_yen: At<i64>,
    pub(super) remind_from_hour: At<i64>,
    pub(super) certificate_title: At<String>,
    pub(super) operator_name: At<String>,
}

#[derive(Deserialize, Default, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    pub(super) server: At<String>,
    pub(super) security: At<String>,
    pub(super) user: At<String>,
    pub(super) password_file: At<String>,
    pub(super) from: At<String>,
    pub(super) from_name: At<String>,
}
