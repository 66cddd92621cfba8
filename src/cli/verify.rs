//! `hankod verify`: one first line a file for people, or the whole report as JSON. Reads files only: no token, no network, no state.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Format, Global, context, exit, output};
use crate::app::verify::{Report, verify_file};
use crate::daemon::control::Told;
use crate::text::{Lang, say};
use crate::verify::judge::Verdict;
use crate::verify::report::{FileReport, SignatureReport};

/// What to verify.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The PDF files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    let (config, lang) = match context::configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, options.format),
    };
    let progress = output::progress(options.files.len());
    let mut report = Report { files: Vec::new() };
    for path in &options.files {
        let folder = std::env::temp_dir();
        match verify_file(path, &folder, config.limits.max_document_bytes, None, lang) {
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
