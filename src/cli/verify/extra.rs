//! What `hankod verify` makes beside its answer: pictures of changed pages, a PDF report, its signature. Judges nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::runtime::Runtime;

use crate::app::batch::Batch;
use crate::app::compare::{self, Comparison, Kept, Prepared};
use crate::app::desk::{CertificateSelector, DocumentRequest, Level, SigningChoice};
use crate::app::extend::Sources;
use crate::app::failure::{Failure, FailureKind};
use crate::app::files::{FileRequest, FilesRequest, Place};
use crate::app::paper;
use crate::app::period::Period;
use crate::cli::context::with_tokens;
use crate::cli::{Format, Global};
use crate::clock::Day;
use crate::config::Config;
use crate::daemon::control::Told;
use crate::render::Pages;
use crate::text::Lang;
use crate::verify::report::FileReport;

/// Most files of which pictures are drawn.
const MAX_PICTURED_FILES: usize = 200;

/// More options.
#[derive(clap::Args, Debug)]
pub(super) struct Extra {
    /// File with a path a line: more files and folders to verify
    #[arg(long, value_name = "FILE")]
    pub(super) list: Vec<PathBuf>,
    /// Where the PDF report goes (--format pdf)
    #[arg(short, long, value_name = "REPORT.pdf")]
    pub(super) output: Option<PathBuf>,
    /// Folder for pictures of changed pages, before and after
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Verify the timestamps of a period: signature and document timestamps whose time lies on the days from --from to --to (days in Japan)
    #[arg(long, requires_all = ["from", "to"])]
    timestamps: bool,
    /// First day of the period, in Japan
    #[arg(long, value_name = "YYYY-MM-DD", requires = "timestamps", value_parser = day)]
    from: Option<Day>,
    /// Last day of the period, in Japan; it belongs to it
    #[arg(long, value_name = "YYYY-MM-DD", requires = "timestamps", value_parser = day)]
    to: Option<Day>,
    /// Sign the PDF report with a token
    #[arg(long, requires = "output")]
    sign: bool,
    /// Token that signs the report, by label or serial number
    #[arg(long, value_name = "LABEL|SERIAL", requires = "sign")]
    token: Option<String>,
    /// Certificate that signs the report, by its SHA-256 (hexadecimal) or label
    #[arg(long, value_name = "SHA256|LABEL", requires = "sign")]
    certificate: Option<String>,
    /// PKCS#11 module instead of the configured ones
    #[arg(long, value_name = "PATH", requires = "sign")]
    module: Option<PathBuf>,
    /// File that holds the PIN; readable by you alone
    #[arg(long, value_name = "FILE", requires = "sign")]
    pin_file: Option<PathBuf>,
    /// Timestamping authority for the report's signature (level B-T)
    #[arg(long, value_name = "URL", requires = "sign")]
    tsa: Vec<String>,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "a day such as 2026-04-01".to_owned())
}

impl Extra {
    /// The period whose timestamps are asked for.
    pub(super) fn period(&self) -> Result<Option<Period>, Failure> {
        match (self.timestamps, self.from, self.to) {
            (true, Some(from), Some(to)) if from <= to => Ok(Some(Period { from, to })),
            (true, ..) => Err(Failure::new(FailureKind::Usage, "period_backwards")),
            _ => Ok(None),
        }
    }

    /// Whoever draws the pictures, where some are wanted.
    pub(super) fn artist(&self, for_paper: bool, config: &Config) -> Result<Option<Artist>, Failure> {
        if self.pictures.is_none() && (!for_paper || self.timestamps) {
            return Ok(None);
        }
        if let Some(folder) = &self.pictures {
            std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Some(Artist {
            runtime: runtime.map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))?,
            pages: compare::worker(config)?,
            max_bytes: config.limits.max_document_bytes,
            drawn: 0,
        }))
    }

    /// Keeps the pictures where they are wanted.
    pub(super) fn keep(&self, batch: &Batch, pictures: &[Comparison]) -> Result<Vec<Kept>, Failure> {
        let mut kept = Vec::new();
        if let Some(folder) = &self.pictures {
            for (at, (file, comparison)) in batch.files.iter().zip(pictures).enumerate() {
                kept.extend(comparison.keep(at + 1, &file.name, folder)?);
            }
        }
        Ok(kept)
    }

    /// Writes the PDF report, signed where that is wished, and ends with `code`.
    pub(super) fn deliver(&self, global: &Global, pdf: &[u8], output: &Path, lang: Lang, code: u8) -> ExitCode {
        let fail = |failure: &Failure| crate::cli::exit::fail(&Told::of(failure, lang), Format::Text);
        if !self.sign {
            return match paper::save(pdf, output) {
                Ok(()) => ExitCode::from(code),
                Err(failure) => fail(&failure),
            };
        }
        // Beside the output: a daemon that holds the token may not see our temporary folder.
        let folder = output
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let unsigned = tempfile::Builder::new()
            .prefix(".hankod-report-")
            .suffix(".pdf")
            .tempfile_in(folder);
        let unsigned = match unsigned {
            Ok(file) => file.into_temp_path(),
            Err(error) => return fail(&unwritable(output, &error)),
        };
        let request = paper::save(pdf, &unsigned).and_then(|()| self.request(&unsigned, output, lang));
        match request {
            Err(failure) => fail(&failure),
            Ok(request) => with_tokens(global, self.module.as_deref(), Format::Text, async |tokens, lang| {
                tokens.sign(request, lang, &|_| {}).await?;
                Ok(code)
            }),
        }
    }

    fn request(&self, unsigned: &Path, output: &Path, lang: Lang) -> Result<FilesRequest, Failure> {
        let absolute = |path: &Path| {
            let made = std::path::absolute(path).map_err(|error| unwritable(path, &error));
            made.map(PathBuf::into_os_string)
        };
        let named = self.certificate.as_deref();
        let sha256 = named.filter(|c| c.len() == 64 && c.bytes().all(|b| b.is_ascii_hexdigit()));
        let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(FilesRequest {
            sign: SigningChoice {
                certificate: sha256.map(|c| CertificateSelector::Sha256(c.to_ascii_lowercase())),
                level: if self.tsa.is_empty() { Level::BB } else { Level::BT },
                ..SigningChoice::default()
            },
            token: self.token.clone(),
            certificate_label: named.filter(|_| sha256.is_none()).map(str::to_owned),
            pin_file: self.pin_file.as_deref().map(absolute).transpose()?,
            password_file: None,
            seal_file: None,
            sources: Sources {
                tsas: self.tsa.clone(),
                ..Sources::default()
            },
            documents: vec![FileRequest {
                input: absolute(unsigned)?,
                output: absolute(output)?,
                request: DocumentRequest {
                    name,
                    ..DocumentRequest::default()
                },
            }],
            place: Place::of_process(),
            english: lang == Lang::En,
        })
    }
}

/// Draws pages through a worker of the command's own.
pub(super) struct Artist {
    runtime: Runtime,
    pages: Pages,
    max_bytes: u64,
    drawn: usize,
}

impl Artist {
    /// Pages of a changed file before and after; nothing when the file is another by now.
    pub(super) fn draw(&mut self, path: &Path, report: &FileReport, lang: Lang) -> Result<Comparison, Failure> {
        let changed = report
            .signatures
            .iter()
            .any(|s| !s.change_list.is_empty() || !s.findings.is_empty());
        if !changed || self.drawn == MAX_PICTURED_FILES {
            return Ok(Comparison::default());
        }
        self.drawn += 1;
        let prepared = Prepared::of(path, &std::env::temp_dir(), self.max_bytes)?;
        if report.sha256.as_ref() != Some(&prepared.sha256_hex()) {
            return Ok(Comparison::default());
        }
        Ok(self.runtime.block_on(prepared.draw(&self.pages, lang)))
    }

    /// Ends the worker.
    pub(super) fn end(self) {
        self.runtime.block_on(self.pages.stop());
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Internal, "output_unwritable")
        .with("file", path.display().to_string())
        .with("cause", error.to_string())
}
