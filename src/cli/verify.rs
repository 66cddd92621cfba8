//! `hankod verify`: one first line a file for people, or the whole report as JSON. No token, no state.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Format, Global, context, exit, output};
use crate::app::verify::{Report, Wish, verify_file};
use crate::clock::Timestamp;
use crate::daemon::control::Told;
use crate::text::{Lang, say};
use crate::verify::judge::{RevocationRule, Verdict};
use crate::verify::report::{FileReport, SignatureReport, TimestampKind};

/// What to verify.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The PDF files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Certificates of authorities to trust, for signers, timestamps and OCSP answers, instead of the configured ones
    #[arg(long, value_name = "FILE|DIR")]
    trust: Vec<PathBuf>,
    /// What must be known about revocation
    #[arg(long, value_name = "require|if-present|none", default_value = "require")]
    revocation: Revocation,
    /// Judge as of this moment instead of now, such as 2031-04-01T00:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = moment)]
    at: Option<Timestamp>,
    /// Ask no server for revocation data or issuers' certificates: what the file holds must do
    #[arg(long)]
    offline: bool,
    /// Private place that addresses in certificates may lead to, besides the configured ones
    #[arg(long, value_name = "HOST:PORT")]
    allow_private: Vec<String>,
    /// File that holds the password of encrypted PDF files
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

/// What must be known about revocation.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Revocation {
    /// Of every certificate, that it was not revoked
    Require,
    /// What is known must not say "revoked"
    IfPresent,
    /// Nothing
    None,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    let (config, lang) = match context::configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, options.format),
    };
    let asked = match options.wish().read(&config, lang) {
        Ok(asked) => asked,
        Err(failure) => return exit::fail(&Told::of(&failure, lang), options.format),
    };
    let progress = output::progress(options.files.len());
    let mut report = Report { files: Vec::new() };
    for path in &options.files {
        match verify_file(path, &std::env::temp_dir(), &asked) {
            Ok(file) => report.files.push(file),
            Err(failure) => {
                let failure = failure.about(&path.display().to_string());
                return exit::fail(&Told::of(&failure, lang), options.format);
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    match options.format {
        Format::Json => output::json(&report),
        Format::Text => report.files.iter().for_each(|file| tell(file, lang)),
    }
    ExitCode::from(match report.verdict() {
        Some(Verdict::TotalFailed) => exit::FAILED,
        _ if report.has_unreadable() => exit::UNREADABLE,
        Some(Verdict::TotalPassed) => exit::DONE,
        _ => exit::INDETERMINATE,
    })
}

impl Options {
    fn wish(&self) -> Wish {
        Wish {
            trust: self.trust.clone(),
            revocation: match self.revocation {
                Revocation::Require => RevocationRule::Require,
                Revocation::IfPresent => RevocationRule::IfPresent,
                Revocation::None => RevocationRule::None,
            },
            at: self.at,
            password_file: self.password_file.clone(),
            offline: self.offline,
            allow_private: self.allow_private.clone(),
        }
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| "RFC 3339, such as 2031-04-01T00:00:00Z".to_owned())
}

fn tell(file: &FileReport, lang: Lang) {
    let first = match lang {
        Lang::Ja => &file.headline.ja,
        Lang::En => &file.headline.en,
    };
    output::line(&format!("{}: {first}", file.name));
    for problem in &file.problems {
        output::line(&format!("    {}", problem.message));
    }
    for signature in &file.signatures {
        tell_signature(signature, lang);
    }
}

fn tell_signature(signature: &SignatureReport, lang: Lang) {
    let signer = signature.signer.as_ref().map_or("", |signer| {
        let named = signer.subject.get("CN").or(signer.subject.get("O"));
        named.map_or("", String::as_str)
    });
    let values = [
        ("field", signature.field.as_str()),
        ("signer", signer),
        ("time", signature.claimed_time.as_deref().unwrap_or("-")),
    ];
    output::line(&format!("    {}", say(lang, "verify-signature", &values)));
    for stamp in &signature.timestamps {
        let id = match (stamp.kind, stamp.trusted) {
            (TimestampKind::SignatureTimestamp, true) => "verify-timestamp",
            (TimestampKind::DocumentTimestamp, true) => "verify-document-timestamp",
            (_, false) => "verify-timestamp-open",
        };
        let values = [("time", stamp.time.as_str()), ("tsa", stamp.tsa.as_str())];
        output::line(&format!("        {}", say(lang, id, &values)));
    }
    for finding in &signature.findings {
        output::line(&format!("        {}", finding.message));
    }
    let etsi = serde_json::json!([signature.verdict, signature.sub_indication, signature.level]);
    let words: Vec<&str> = etsi
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|word| word.as_str())
        .collect();
    output::line(&format!("        {}", words.join(" / ")));
}
