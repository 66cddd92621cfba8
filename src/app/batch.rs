//! Many files verified: their reports in the order of the request, what was left out, and one summary at the end. Blocks.
//!
//! One bad file ends nothing here; whether a run goes on after one that cannot be read is for whoever asked for it.

use std::path::Path;

use serde::Serialize;

use super::failure::Failure;
use super::folders::{Skipped, shown};
use crate::text::{Lang, say};
use crate::verify::judge::Verdict;
use crate::verify::report::FileReport;

/// Most names that a summary lists.
const MAX_NAMES: usize = 1_000;

/// The reports of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Batch {
    /// In the order in which the files were found.
    pub files: Vec<FileReport>,
    /// What was not verified, and why.
    pub skipped: Vec<Skipped>,
    /// The sum; as long as [`Batch::sum`] was not called, nothing.
    pub summary: Option<Summary>,
}

/// How the files came out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// Files that were verified.
    pub files: usize,
    /// TOTAL-PASSED.
    pub valid: usize,
    /// INDETERMINATE.
    pub open: usize,
    /// TOTAL-FAILED.
    pub bad: usize,
    /// What was left out.
    pub skipped: usize,
    /// Names of the files that are not valid, worst first; at most 1,000.
    pub not_valid: Vec<String>,
}

impl Batch {
    /// Adds a file's report under the path by which it was named: below a folder many files bear one name.
    pub fn add(&mut self, path: &Path, mut report: FileReport, is_batch: bool) {
        if is_batch {
            report.name = shown(path);
        }
        self.files.push(report);
    }

    /// Leaves a file out.
    pub fn skip(&mut self, path: &Path, failure: &Failure, lang: Lang) {
        self.skipped.push(Skipped::new(path, failure, lang));
    }

    /// The worst verdict; `None` without files.
    pub fn verdict(&self) -> Option<Verdict> {
        self.files.iter().map(|file| file.verdict).max()
    }

    /// Something was left out, or could not be opened for what it should be while nothing speaks of tampering.
    pub fn has_unreadable(&self) -> bool {
        let unopened = |file: &FileReport| file.revisions == 0 && file.verdict == Verdict::Indeterminate;
        !self.skipped.is_empty() || self.files.iter().any(unopened)
    }

    /// Counts.
    pub fn sum(&mut self) -> &Summary {
        let count = |verdict| self.files.iter().filter(|file| file.verdict == verdict).count();
        let named = |verdict| self.files.iter().filter(move |file| file.verdict == verdict);
        let not_valid = named(Verdict::TotalFailed).chain(named(Verdict::Indeterminate));
        let summary = Summary {
            files: self.files.len(),
            valid: count(Verdict::TotalPassed),
            open: count(Verdict::Indeterminate),
            bad: count(Verdict::TotalFailed),
            skipped: self.skipped.len(),
            not_valid: not_valid.take(MAX_NAMES).map(|file| file.name.clone()).collect(),
        };
        self.summary.insert(summary)
    }
}

impl Summary {
    /// One line for people.
    pub fn words(&self, lang: Lang) -> String {
        let [files, valid, open, bad, skipped] =
            [self.files, self.valid, self.open, self.bad, self.skipped].map(|count| count.to_string());
        let values = [
            ("files", files.as_str()),
            ("valid", &valid),
            ("open", &open),
            ("bad", &bad),
            ("skipped", &skipped),
        ];
        say(lang, "batch-summary", &values)
    }
}
