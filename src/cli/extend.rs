//! `hankod extend`: timestamps and validation data for signed files, also for those signed elsewhere. What the files become is `app`'s business.

mod due;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::sign::{absolute_path, not_a_file};
use super::sources::SourceOptions;
use super::{Format, Global, context, output};
use crate::access::Principal;
use crate::app::desk::Level;
use crate::app::extend::{ExtendReport, ExtendRequest};
use crate::app::failure::{Failure, FailureKind};
use crate::cli::exit;
use crate::text::{Lang, say};

/// Add evidence to signed PDF files, or renew it.
///
/// One file: `hankod extend IN.pdf -o OUT.pdf --level b-lta`. Several files: `hankod extend A.pdf B.pdf --out-dir DIR --level b-lta`.
/// The output appears complete or not at all, and begins with the very bytes of the input. A file that has an archive timestamp
/// already gets a further one with `--level b-lta`, before the old one ages.
///
/// `hankod extend --due` tries everything that waits: timestamps and data that could not be had when a file was signed, archives that near their end.
/// Beside a running daemon, the daemon does it. Ends with 0 when nothing is left to do, 69 when something still waits, 1 when something failed.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The signed PDF files
    #[arg(required_unless_present = "due", value_name = "IN.pdf")]
    inputs: Vec<PathBuf>,
    /// Where the extended file goes (one input only); it is replaced if it exists
    #[arg(
        short,
        long,
        value_name = "OUT.pdf",
        conflicts_with = "out_dir",
        required_unless_present_any = ["out_dir", "due"]
    )]
    output: Option<PathBuf>,
    /// Folder for the extended files, which keep their names
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Level of the evidence
    #[arg(long, value_name = "b-t|b-lt|b-lta", required_unless_present = "due")]
    level: Option<Wanted>,
    /// Everything that waits or is due, instead of files
    #[arg(long, conflicts_with_all = ["inputs", "output", "out_dir", "level", "password_file", "tsa", "trust", "allow_private", "evidence"])]
    due: bool,
    /// Only tell what waits and is due
    #[arg(long, requires = "due")]
    list: bool,
    /// Call off the work with this number, as --list tells it; the file keeps the level that it has
    #[arg(long, value_name = "ID", requires = "due", conflicts_with = "list")]
    cancel: Option<String>,
    #[command(flatten)]
    sources: SourceOptions,
    /// File that holds the password of encrypted PDF files
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

/// Levels of ETSI EN 319 142-1 that evidence makes of a signature.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Wanted {
    /// B-T: a timestamp
    #[value(name = "b-t")]
    BT,
    /// B-LT: and what shows that no certificate was revoked
    #[value(name = "b-lt")]
    BLt,
    /// B-LTA: and a timestamp over all of it
    #[value(name = "b-lta")]
    BLta,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    if options.due {
        return match &options.cancel {
            Some(id) => due::call_off(global, id, options.format),
            None => due::run(global, options.list, options.format),
        };
    }
    context::with_app(global, options.format, async |context| {
        let lang = context.lang;
        let requests = options.requests(lang)?;
        let progress = output::progress(requests.len());
        let mut reports = Vec::new();
        for request in requests {
            let report = context.app.extend_file(&Principal::Cli, request).await?;
            if options.format == Format::Text {
                progress.suspend(|| tell(&report, lang));
            }
            reports.push(report);
            progress.inc(1);
        }
        progress.finish_and_clear();
        if options.format == Format::Json {
            output::json(&serde_json::json!({ "files": reports }));
        }
        Ok(exit::DONE)
    })
}

fn tell(report: &ExtendReport, lang: Lang) {
    let level = report.level.name().to_uppercase();
    output::line(&say(
        lang,
        "cli-extended",
        &[("file", &report.output), ("level", &level)],
    ));
    for missing in &report.missing {
        output::line(&format!("    {}", missing.message));
    }
}

impl Options {
    fn requests(&self, lang: Lang) -> Result<Vec<ExtendRequest>, Failure> {
        let password_file = self.password_file.as_deref().map(absolute_path).transpose()?;
        let sources = self.sources.sources()?;
        let request = |input: &PathBuf| {
            Ok(ExtendRequest {
                input: absolute_path(input)?,
                output: absolute_path(&self.output_of(input)?)?,
                level: match self.level {
                    None | Some(Wanted::BT) => Level::BT,
                    Some(Wanted::BLt) => Level::BLt,
                    Some(Wanted::BLta) => Level::BLta,
                },
                sources: sources.clone(),
                password_file: password_file.clone(),
                english: lang == Lang::En,
            })
        };
        self.inputs.iter().map(request).collect()
    }

    fn output_of(&self, input: &Path) -> Result<PathBuf, Failure> {
        let name = input.file_name().ok_or_else(|| not_a_file(input))?;
        match (&self.output, &self.out_dir) {
            (Some(output), _) if self.inputs.len() == 1 => Ok(output.clone()),
            (_, Some(folder)) => Ok(folder.join(name)),
            _ => Err(Failure::new(FailureKind::Usage, "one_output_for_many")),
        }
    }
}
