//! Verifying files: a private copy is made and hashed on the way, once for itself and all its signatures, then judged. Blocks.
//!
//! Missing issuers and revocation data are fetched unless the person works offline. Nothing is signed or recorded here. The caller's file is read once and never mapped, because whoever owns it may cut it short.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use super::collect::{self, Pieces, Subject};
use super::desk::UploadedDocument;
use super::draft::Draft;
use super::failure::Failure;
use super::files::password;
use super::{App, anchors};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::der::Certificate;
use crate::fetch::{Failed, Requests, RevocationCache};
use crate::net::Client;
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::{Explain, Lang};
use crate::trust::revocation::Freshness;
use crate::trust::{Anchors, Checks, Use};
use crate::verify::Finding;
use crate::verify::chain::Chain;
use crate::verify::file::{self, Examination};
use crate::verify::judge::{Basis, Judgement, RevocationRule};
use crate::verify::report::{FileReport, NotFetched};

/// How often data is fetched for one file: what proves a time opens questions about that time.
const MAX_ROUNDS: usize = 3;

/// What the report calls a document that came without a name.
pub(super) const UPLOAD: &str = "document.pdf";

/// The reports of several files.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// In the order of the request.
    pub files: Vec<FileReport>,
}

/// By what files are judged, as a person says it.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Files and folders of anchors in place of the configured ones; empty: those.
    pub trust: Vec<PathBuf>,
    /// Certificates of roots on tokens, DER, for signers; beside the configured anchors.
    pub token_roots: Vec<Vec<u8>>,
    /// What is demanded about revocation.
    pub revocation: RevocationRule,
    /// The moment of the judgement; `None`: now.
    pub at: Option<Timestamp>,
    /// A file with the password of encrypted files.
    pub password_file: Option<PathBuf>,
    /// Asks nobody: only what the file holds counts.
    pub offline: bool,
    /// `HOST:PORT` of private places, besides the configured ones, that addresses in certificates may lead to.
    pub allow_private: Vec<String>,
}

/// By what files are judged.
pub struct Asked {
    /// Whom the organisation trusts.
    pub anchors: Anchors,
    /// The moment of the judgement.
    pub at: Timestamp,
    /// What is demanded about revocation.
    pub revocation: RevocationRule,
    /// Opens encrypted files.
    pub password: Option<Password>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Language of the report.
    pub lang: Lang,
    /// Where missing data comes from; `None`: from nowhere.
    pub online: Option<Online>,
}

/// Fetches issuers and revocation data that a file lacks, and keeps them for the next file.
pub struct Online {
    client: Client,
    cache: Mutex<RevocationCache>,
}

impl Wish {
    /// Reads the files that it names; what it leaves open is the configuration's, but for what stands on tokens. Blocks.
    ///
    /// # Errors
    /// Those of [`anchors`] and of a root's certificate, `input_unreadable`, `password_too_long`, `net_address`.
    pub fn read(&self, config: &Config, lang: Lang) -> Result<Asked, Failure> {
        let mut anchors = match self.trust.is_empty() {
            true => anchors::of_config(&config.trust)?,
            false => anchors::of_paths(&self.trust)?,
        };
        for der in &self.token_roots {
            anchors.add(Certificate::parse(der)?, &[Use::Signers]);
        }
        self.with(anchors, config, lang)
    }

    /// As [`Wish::read`], with these anchors.
    pub(super) fn with(&self, anchors: Anchors, config: &Config, lang: Lang) -> Result<Asked, Failure> {
        Ok(Asked {
            anchors,
            at: self.at.unwrap_or_else(|| Timestamp::from_system(SystemTime::now())),
            revocation: self.revocation,
            password: self.password_file.as_deref().map(password).transpose()?,
            max_bytes: config.limits.max_document_bytes,
            lang,
            online: match self.offline {
                true => None,
                false => Some(Online::new(&config.network.allow_private, &self.allow_private)?),
            },
        })
    }
}

impl Online {
    fn new(configured: &BTreeSet<String>, more: &[String]) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(collect::places(configured, more)?, Vec::new(), None),
            cache: Mutex::default(),
        })
    }

    /// Everything at hand with what could be fetched for these chains, and the addresses that gave nothing. Blocks; called off the async threads.
    fn fetch(
        &self,
        (requests, checks): (&mut Requests<'_>, &Checks),
        open: &[Chain],
        known: &Pieces,
        asked: &Asked,
    ) -> (Pieces, Vec<Failed>) {
        let now = Timestamp::from_system(SystemTime::now());
        let subject = |chain: &Chain| Subject {
            certificate: chain.certificate.clone(),
            use_: chain.use_,
            at: chain.at.min(now),
            // What was issued after the moment can lack nothing; at the present there is nothing later.
            freshness: match chain.at < asked.at {
                true => Freshness::IssuedAfter,
                false => Freshness::Current,
            },
        };
        let subjects: Vec<Subject> = open.iter().map(subject).collect();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return (known.clone(), Vec::new());
        };
        runtime.block_on(collect::gather(
            (requests, checks),
            &subjects,
            known,
            &asked.anchors,
            (&mut cache, now),
        ))
    }
}

impl App {
    /// Verifies a document that came over HTTP, by the configured anchors, now.
    ///
    /// # Errors
    /// Those of the anchors; `output_unwritable` when the copy cannot be read.
    pub async fn verify(&self, upload: UploadedDocument, offline: bool, lang: Lang) -> Result<Report, Failure> {
        let (anchors, config) = (self.anchors().await?, self.config().clone());
        let wish = Wish {
            offline,
            ..Wish::default()
        };
        self.judging(move || {
            let asked = wish.with(anchors, &config, lang)?;
            let file = verify_draft(&Draft::adopt(upload), UPLOAD, &asked)?;
            Ok(Report { files: vec![file] })
        })
        .await
    }
}

/// Whether more data could change anything: something is sound, somebody is trusted, and revocation matters.
fn wants_data(judgement: &Judgement<'_>, asked: &Asked, checks: &Checks) -> bool {
    !checks.have_ended()
        && !judgement.open.is_empty()
        && !asked.anchors.is_empty()
        && asked.revocation != RevocationRule::None
}

/// Verifies the file at `path`. `folder`: where the private copy may lie for as long as this takes.
///
/// # Errors
/// `input_unreadable`, `input_too_large`, `output_unwritable`; a file that is no PDF gets a report that says so.
pub fn verify_file(path: &Path, folder: &Path, asked: &Asked) -> Result<FileReport, Failure> {
    let draft = Draft::copy(path, folder, asked.max_bytes)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    verify_draft(&draft, &name, asked)
}

/// Verifies a copy that is ours already.
///
/// # Errors
/// `output_unwritable` when it cannot be read.
pub(super) fn verify_draft(draft: &Draft, name: &str, asked: &Asked) -> Result<FileReport, Failure> {
    let sha256 = Some(hex::encode(draft.sha256()));
    let map = draft.map()?;
    let opened = Document::open(map.data(), asked.password.as_ref()).map_err(Finding::from);
    let examined = opened.and_then(|document| Ok((file::examine(&document)?, document)));
    let (examination, document) = match examined {
        Ok(found) => found,
        Err(finding) => {
            log::info!(code = finding.code(); "a file could not be examined");
            let report = FileReport::unexamined(name, &finding, asked.lang);
            return Ok(FileReport { sha256, ..report });
        }
    };
    let digests = draft.digests(examination.requests())?;
    let (judgement, failed) = judged(&examination, &digests, asked);
    let not_fetched = failed
        .into_iter()
        .map(|(address, cause)| NotFetched::new(&address, cause.to_string(), asked.lang));
    let report = FileReport::new(name, &document, &judgement, asked.lang);
    Ok(FileReport {
        sha256,
        not_fetched: not_fetched.collect(),
        ..report
    })
}

/// Judges by what the file holds, then with what is fetched for the questions that this leaves open, all of it within one measure of requests, checks and
/// time. Gives also the addresses that gave nothing.
fn judged<'e>(
    examination: &'e Examination<'_>,
    digests: &[Option<Vec<u8>>],
    asked: &Asked,
) -> (Judgement<'e>, Vec<Failed>) {
    let fetched_by = Instant::now() + collect::FETCHING;
    let checks = Checks::until(fetched_by + collect::JUDGING);
    let mut sources = asked
        .online
        .as_ref()
        .map(|one| (one, Requests::new(&one.client, fetched_by)));
    let (mut pieces, mut failed, mut rounds) = (Pieces::default(), Vec::new(), 0);
    loop {
        let judgement = examination.judge(
            digests,
            &Basis {
                anchors: &asked.anchors,
                at: asked.at,
                revocation: asked.revocation,
                pieces: &pieces,
                asked: rounds > 0,
                checks: &checks,
            },
        );
        let wanted = rounds < MAX_ROUNDS && wants_data(&judgement, asked, &checks);
        let Some((online, requests)) = sources.as_mut().filter(|_| wanted) else {
            return (judgement, failed);
        };
        let mut known = examination.pieces().clone();
        known.extend(&pieces);
        let (more, news) = online.fetch((requests, &checks), &judgement.open, &known, asked);
        failed.extend(news.into_iter().filter(|one| !failed.contains(one)).collect::<Vec<_>>());
        // Nothing new: judged once more, so that what is missing is said to be not to be had.
        rounds = if more.counts() == known.counts() {
            MAX_ROUNDS
        } else {
            rounds + 1
        };
        pieces = more;
    }
}
