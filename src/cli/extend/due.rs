//! `hankod extend --due`: everything that waits is tried now, one line each.

use std::process::ExitCode;

use super::super::context::with_state;
use super::super::{Format, Global, exit, output};
use crate::app::due::{DueReport, WorkState, WorkView};
use crate::text::{Lang, say};

pub(super) fn run(global: &Global, list: bool, format: Format) -> ExitCode {
    with_state(global, format, async |place, lang| {
        let report = place.due(!list, lang).await?;
        match format {
            Format::Json => output::json(&report),
            Format::Text => tell(&report, lang),
        }
        Ok(if list { exit::DONE } else { code(&report) })
    })
}

/// Calls one work off.
pub(super) fn call_off(global: &Global, id: &str, format: Format) -> ExitCode {
    with_state(global, format, async |place, lang| {
        let file = place.call_off(id, lang).await?;
        match format {
            Format::Json => output::json(&serde_json::json!({ "cancelled": id, "file": file })),
            Format::Text => output::line(&say(lang, "cli-due-cancelled", &[("file", &file)])),
        }
        Ok(exit::DONE)
    })
}

fn tell(report: &DueReport, lang: Lang) {
    if report.work.is_empty() && report.files.is_empty() {
        output::line(&say(lang, "cli-due-nothing", &[]));
    }
    for work in &report.work {
        let reason = work.reason.as_ref().map_or("", |reason| &*reason.message);
        let next = work.next_try.as_deref().unwrap_or_default();
        let values = [
            ("file", &*work.file),
            ("reason", reason),
            ("next", next),
            ("id", &work.id),
        ];
        output::line(&say(lang, sentence(work), &values));
        for missing in &work.missing {
            output::line(&format!("    {}", missing.message));
        }
    }
    for due in &report.files {
        let problem = due.problem.as_ref().map_or("", |problem| &*problem.message);
        let values = [
            ("file", &*due.file),
            ("ends", &due.ends),
            ("cause", &due.cause.message),
            ("problem", problem),
        ];
        let sentence = due.problem.as_ref().map_or("cli-due-file", |_| "cli-due-file-problem");
        output::line(&say(lang, sentence, &values));
    }
}

fn sentence(work: &WorkView) -> &'static str {
    match work.state {
        WorkState::Waiting if work.reason.is_none() => "cli-due-open",
        WorkState::Waiting => "cli-due-waits",
        WorkState::Working => "cli-due-working",
        WorkState::Done if work.reason.is_some() => "cli-due-short",
        WorkState::Done => "cli-due-done",
        WorkState::Failed => "cli-due-failed",
        WorkState::Cancelled => "cli-due-cancelled",
    }
}

fn code(report: &DueReport) -> u8 {
    let any = |state| report.work.iter().any(|work| work.state == state);
    match () {
        () if any(WorkState::Failed) || report.files.iter().any(|due| due.problem.is_some()) => exit::FAILED,
        () if any(WorkState::Waiting) || any(WorkState::Working) => exit::UNAVAILABLE,
        () => exit::DONE,
    }
}
