//! Verifying files: a private copy is made and hashed on the way, once for itself and all its signatures, then judged. Blocks.
//!
//! Missing issuers and revocation data are fetched unless the person works offline. Nothing is signed or recorded here. The caller's file is read once and never mapped, because whoever owns it may cut it short.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::collect::{self, Pieces, Subject};
use super::desk::UploadedDocument;
use super::draft::Draft;
use super::failure::Failure;
use super::files::password;
use super::{App, anchors};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::fetch::RevocationCache;
use crate::net::{Client, HostPort};
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::{Explain, Lang};
use crate::trust::Anchors;
use crate::trust::revocation::Freshness;
use crate::verify::chain::Chain;
use crate::verify::judge::{Basis, Judgement, RevocationRule};
use crate::verify::report::FileReport;
use crate::verify::{Finding, file};

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
    /// Reads the files that it names; what it leaves open is the configuration's. Anchors on tokens are not among them. Blocks.
    ///
    /// # Errors
    /// Those of [`anchors`], `input_unreadable`, `password_too_long`, `net_address`.
    pub fn read(&self, config: &Config, lang: Lang) -> Result<Asked, Failure> {
        let anchors = match self.trust.is_empty() {
            true => anchors::of_config(&config.trust)?,
            false => anchors::of_paths(&self.trust)?,
        };
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
        let places = configured.iter().chain(more).map(|place| HostPort::parse(place));
        Ok(Self {
            client: Client::new(places.collect::<Result<_, _>>()?, Vec::new(), None),
            cache: Mutex::default(),
        })
    }

    /// Everything at hand with what could be fetched for these chains. Blocks; called off the async threads.
    fn fetch(&self, open: &[Chain], known: &Pieces, asked: &Asked) -> Pieces {
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
            return known.clone();
        };
        runtime.block_on(collect::gather(
            &self.client,
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
fn wants_data(judgement: &Judgement<'_>, asked: &Asked) -> bool {
    !judgement.open.is_empty() && !asked.anchors.is_empty() && asked.revocation != RevocationRule::None
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
    let (mut pieces, mut rounds) = (Pieces::default(), 0);
    let judgement = loop {
        let basis = Basis {
            anchors: &asked.anchors,
            at: asked.at,
            revocation: asked.revocation,
            pieces: &pieces,
        };
        let judgement = examination.judge(&digests, &basis);
        let online = asked
            .online
            .as_ref()
            .filter(|_| rounds < MAX_ROUNDS && wants_data(&judgement, asked));
        let Some(online) = online else { break judgement };
        let mut known = examination.pieces();
        known.extend(&pieces);
        let more = online.fetch(&judgement.open, &known, asked);
        if more.counts() == known.counts() {
            break judgement;
        }
        (pieces, rounds) = (more, rounds + 1);
    };
    let report = FileReport::new(name, &document, &judgement, asked.lang);
    Ok(FileReport { sha256, ..report })
}
