//! `hankod verify`: one first line a file for people, or the whole report as JSON or PDF; for folders and lists one summary. No token but to sign the report, or where the configuration trusts
//! roots on tokens; no state.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use super::{Format, Global, context, exit, output};
use crate::app::batch::Batch;
use crate::app::compare::{Comparison, Kept};
use crate::app::failure::Failure;
use crate::app::folders::{self, Found};
use crate::app::paper::{self, Paper};
use crate::app::verify::{Asked, Wish, verify_file};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::daemon::control::Told;
use crate::text::Lang;
use crate::verify::judge::{RevocationRule, Verdict};

mod extra;
mod tell;

use extra::{Artist, Extra};

/// What to verify.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The PDF files, and folders whose PDF files are verified
    #[arg(value_name = "FILE|DIR", required_unless_present = "list")]
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
    /// text, json or pdf
    #[arg(
        long,
        value_name = "text|json|pdf",
        default_value = "text",
        requires_if("pdf", "output")
    )]
    format: ReportFormat,
    #[command(flatten)]
    extra: Extra,
}

/// How the report is written.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum ReportFormat {
    /// For people
    Text,
    /// One JSON document on standard output
    Json,
    /// A PDF/A file; text on standard output
    Pdf,
}

/// What a JSON report has beside the files.
#[derive(serde::Serialize)]
struct Printed<'r> {
    #[serde(flatten)]
    batch: &'r Batch,
    pictures: &'r [Kept],
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
    let format = match options.format {
        ReportFormat::Json => Format::Json,
        ReportFormat::Text | ReportFormat::Pdf => Format::Text,
    };
    let (config, lang) = match context::configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, format),
    };
    let roots = match options.trust.is_empty() {
        true => context::token_roots(&config, lang),
        false => Ok(Vec::new()),
    };
    let roots = match roots {
        Ok(roots) => roots,
        Err(told) => return exit::fail(&told, format),
    };
    match options.work(global, (&config, roots), lang) {
        Ok(code) => code,
        Err(failure) => exit::fail(&Told::of(&failure, lang), format),
    }
}

impl Options {
    fn work(&self, global: &Global, (config, roots): (&Config, Vec<Vec<u8>>), lang: Lang) -> Result<ExitCode, Failure> {
        let made = Timestamp::from_system(SystemTime::now());
        let (period, asked) = (self.extra.period()?, self.wish(roots).read(config, lang)?);
        let found = folders::find(&self.files, &self.extra.list, lang)?;
        let is_batch = found.is_batch;
        let artist = self.extra.artist(self.format == ReportFormat::Pdf, config)?;
        let (batch, pictures) = verified(found, &asked, artist)?;
        let kept = self.extra.keep(&batch, &pictures)?;
        let report = period.map(|period| period.of(&batch, lang));
        match (self.format, &report) {
            (ReportFormat::Json, Some(report)) => output::json(report),
            (ReportFormat::Json, None) => output::json(&Printed {
                batch: &batch,
                pictures: &kept,
            }),
            (_, Some(report)) => tell::period(report, lang),
            (_, None) => tell::batch(&batch, is_batch, lang),
        }
        let code = match &report {
            Some(report) => code(report.verdict(), false),
            None => code(batch.verdict(), batch.has_unreadable()),
        };
        let (ReportFormat::Pdf, Some(output)) = (self.format, &self.extra.output) else {
            return Ok(ExitCode::from(code));
        };
        let paper = Paper {
            batch: &batch,
            pictures: &pictures,
            anchors: &asked.anchors,
            at: self.at.unwrap_or(made),
            made,
            lang,
        };
        let sheet = report
            .as_ref()
            .map_or_else(|| paper.verification(), |report| paper.period(report));
        Ok(self
            .extra
            .deliver(global, &paper::pdf(&sheet, config)?, output, lang, code))
    }

    fn wish(&self, token_roots: Vec<Vec<u8>>) -> Wish {
        Wish {
            trust: self.trust.clone(),
            token_roots,
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

/// The exit code of a verdict.
fn code(verdict: Option<Verdict>, has_unreadable: bool) -> u8 {
    match verdict {
        Some(Verdict::TotalFailed) => exit::FAILED,
        _ if has_unreadable => exit::UNREADABLE,
        Some(Verdict::TotalPassed) => exit::DONE,
        _ => exit::INDETERMINATE,
    }
}

/// Verifies every file; in a run over many one that cannot be read is left out and told.
fn verified(found: Found, asked: &Asked, mut artist: Option<Artist>) -> Result<(Batch, Vec<Comparison>), Failure> {
    let lang = asked.lang;
    let mut batch = Batch {
        skipped: found.skipped,
        ..Batch::default()
    };
    let mut pictures = Vec::new();
    let progress = output::progress(found.files.len());
    for path in &found.files {
        progress.set_message(folders::shown(path));
        match verify_file(path, &std::env::temp_dir(), asked) {
            Ok(report) => {
                let drawn = artist
                    .as_mut()
                    .map(|artist| artist.draw(path, &report, lang))
                    .transpose()?;
                pictures.extend(drawn);
                batch.add(path, report, found.is_batch);
            }
            Err(failure) if found.is_batch => batch.skip(path, &failure, lang),
            Err(failure) => return Err(failure.about(&path.display().to_string())),
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if let Some(artist) = artist {
        artist.end();
    }
    batch.sum();
    Ok((batch, pictures))
}
