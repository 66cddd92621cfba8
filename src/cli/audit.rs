//! `hankod audit`: whether the log is whole, and the log itself.

use std::io::Write as _;
use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::app::logbook;
use crate::text::{Explain, say};

/// What to do with the audit log.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// Check that no entry was changed, removed, reordered or cut off
    Verify {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Write the log to standard output
    Export {
        /// JSON Lines or CSV
        #[arg(long, value_name = "jsonl|csv", default_value = "jsonl")]
        format: ExportFormat,
    },
}

/// How the log is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum ExportFormat {
    /// One JSON document a line, the entries' very bytes among them.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    match action {
        Action::Verify { format } => verify(global, *format),
        Action::Export { format } => export(global, *format),
    }
}

fn verify(global: &Global, format: Format) -> ExitCode {
    with_app(global, format, async |context: Context| {
        let (report, lang) = (context.app.verify_audit().await?, context.lang);
        let whole = report.is_sound();
        match format {
            Format::Json => output::json(&serde_json::json!({
                "whole": whole,
                "entries": report.entries,
                "head": { "seq": report.head.seq, "hash": hex::encode(report.head.hash) },
                "witnessed": report.witnessed,
                "anchored": report.anchored,
                "tail": report.tail(),
                "findings": report.findings.iter().map(|f| {
                    serde_json::json!({ "code": f.code(), "message": f.explain(lang) })
                }).collect::<Vec<_>>(),
                "more_findings": report.more_findings,
            })),
            Format::Text => {
                let id = if whole { "cli-audit-whole" } else { "cli-audit-broken" };
                let (entries, witnessed) = (report.entries.to_string(), report.witnessed.to_string());
                output::line(&say(lang, id, &[("entries", &entries), ("witnessed", &witnessed)]));
                if report.anchored > 0 {
                    let (anchored, tail) = (report.anchored.to_string(), report.tail().to_string());
                    let stamped = say(lang, "cli-audit-anchored", &[("anchored", &anchored), ("tail", &tail)]);
                    output::line(&stamped);
                }
                report
                    .findings
                    .iter()
                    .for_each(|finding| output::line(&finding.explain(lang)));
            }
        }
        Ok(if whole { exit::DONE } else { exit::FAILED })
    })
}

fn export(global: &Global, format: ExportFormat) -> ExitCode {
    let format = match format {
        ExportFormat::Jsonl => logbook::Format::JsonLines,
        ExportFormat::Csv => logbook::Format::Csv,
    };
    with_app(global, Format::Text, async |context: Context| {
        let mut out = std::io::stdout().lock();
        context
            .app
            .export_audit(format, |piece| out.write_all(piece.as_bytes()))
            .await?;
        Ok(exit::DONE)
    })
}
