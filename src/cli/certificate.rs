//! `hankod certificate`: the certificates that can sign, and why the others cannot.

use std::process::ExitCode;

use super::context::with_tokens;
use super::{Format, Global, exit, output};
use crate::app::desk::{CertificateSelector, CertificateUsage, CertificateView};
use crate::text::{Lang, say};

/// What to do with certificates.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// List certificates on all tokens, fit ones first
    List {
        /// Those that can sign now, or all with the reason why not
        #[arg(long, value_name = "signing|all", default_value = "signing")]
        usage: Usage,
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
}

/// Which certificates.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Usage {
    /// That can sign now.
    Signing,
    /// All.
    All,
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let Action::List { usage, format } = action;
    let usage = match usage {
        Usage::Signing => CertificateUsage::Signing,
        Usage::All => CertificateUsage::All,
    };
    with_tokens(global, None, *format, async |tokens, lang| {
        let certificates = tokens.certificates(usage, lang).await?;
        match format {
            Format::Json => output::json(&certificates),
            Format::Text if certificates.is_empty() => output::line(&say(lang, "cli-no-certificate", &[])),
            Format::Text => certificates.iter().for_each(|c| output::line(&describe(c, lang))),
        }
        Ok(exit::DONE)
    })
}

fn describe(certificate: &CertificateView, lang: Lang) -> String {
    let name = match certificate.name.is_empty() {
        true => say(lang, "cli-name-after-pin", &[]),
        false => certificate.name.clone(),
    };
    let organization = certificate.organization.as_deref().unwrap_or_default();
    let mut text = format!(
        "{name}  {organization}\n    {}  {}",
        certificate.token_label, certificate.key
    );
    if let Some(until) = &certificate.not_after {
        text += &format!("  {}", say(lang, "cli-valid-until", &[("date", until)]));
    }
    if let CertificateSelector::Sha256(sha256) = &certificate.select {
        text += &format!("\n    {sha256}");
    }
    if let Some(days) = certificate.days_left {
        text += &format!(
            "\n    {}",
            say(lang, "cli-expires-soon", &[("days", &days.to_string())])
        );
    }
    for reason in &certificate.reasons {
        text += &format!("\n    {}", reason.message);
    }
    text
}
