//! Evidence added to signed files, also to those signed elsewhere: timestamps, validation data, renewal of archive timestamps.
//!
//! The input is never changed: the output begins with its very bytes and appears whole or not at all. The level that is told is the level that the evidence
//! reaches; what is missing is named for each certificate. No signature is made here, and no token is touched.

pub(crate) mod end;
pub(crate) mod raise;
pub(crate) mod survey;

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::desk::{Level, Revocation, Said};
use super::draft::{self, Draft, parent};
use super::failure::{Failure, FailureKind};
use super::refused::Refused;
use super::{App, anchors, collect, files, renewal};
use crate::access::Principal;
use crate::audit::{self, AuditError, Event, Kind};
use crate::net::HostPort;
use crate::pdf::Document;
use crate::secret::Password;
use crate::store::KeptFile;
use crate::text::{Explain, Lang};
use crate::trust::Anchors;
use crate::trust::revocation::Freshness;
use crate::verify::hashing::Hashing;
use crate::verify::release::Original;
use crate::verify::{Finding, extension};
use raise::{Raise, Raised};
use survey::Survey;

/// What `hankod extend` asks for. Paths are absolute.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtendRequest {
    /// The signed PDF; never changed.
    pub input: OsString,
    /// Where the extended file appears; may be the input itself, which is then replaced in one step.
    pub output: OsString,
    /// The level wanted. A file that has it already gets a new archive timestamp for [`Level::BLta`], and nothing for the others.
    pub level: Level,
    /// What the evidence is checked against and where it comes from.
    pub sources: Sources,
    /// Password of an encrypted document.
    pub password_file: Option<OsString>,
    /// Language of messages.
    pub english: bool,
}

/// Where evidence comes from and what it is checked against. The default is what is configured.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// Addresses of TSAs in place of the configured ones.
    pub tsas: Vec<String>,
    /// Files and folders of certificates in place of the configured anchors.
    pub trust: Vec<OsString>,
    /// `HOST:PORT` of private places that addresses in certificates may lead to, beside the configured ones.
    pub allow_private: Vec<String>,
    /// How fresh revocation data must be; `None`: as configured.
    pub revocation: Option<Revocation>,
}

/// Sources, read.
#[derive(Clone)]
pub(crate) struct Supply {
    /// TSAs in place of the configured ones; empty: those.
    pub(crate) tsas: Vec<String>,
    /// Whom the organisation trusts.
    pub(crate) anchors: Arc<Anchors>,
    /// Private places that addresses in certificates may lead to.
    pub(crate) places: HashSet<HostPort>,
    /// How fresh revocation data of signers must be.
    pub(crate) freshness: Freshness,
}

/// What became of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExtendReport {
    /// Id of the operation in the audit log.
    pub operation: String,
    /// As asked; bytes outside of UTF-8 are replaced, as they are in `output`.
    pub input: String,
    /// Where the extended file is.
    pub output: String,
    /// Hexadecimal SHA-256 of the extended file.
    pub sha256: String,
    /// The level that the evidence reaches.
    pub level: Level,
    /// Document timestamps that were added, in their order.
    pub timestamps: Vec<TimestampReport>,
    /// Validation data was added.
    pub validation_data: bool,
    /// What keeps the file from the level wanted; empty when it has it.
    pub missing: Vec<Said>,
}

/// A timestamp that was added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimestampReport {
    /// RFC 3339.
    pub time: String,
    /// Host and port of the TSA.
    pub tsa: String,
}

impl App {
    /// Adds the evidence that `request` wants.
    ///
    /// # Errors
    /// `no_signature`, what is wrong with the file or keeps it from being added to, `fetch_no_timestamp`; then nothing appears. Revocation data that cannot
    /// be had is no error: the report names it.
    pub async fn extend_file(&self, who: &Principal, request: ExtendRequest) -> Result<ExtendReport, Failure> {
        let output = PathBuf::from(&request.output);
        let about = |failure: Failure| failure.about(&Path::new(&request.input).display().to_string());
        let supply = self.supply(request.level, &request.sources).await?;
        let (app, loading) = (self.clone(), request.clone());
        let loaded = self.blocking(move || load(&app, &loading)).await;
        let (draft, password) = loaded.map_err(about)?;
        let journal = Journal::begin(self, &who.to_string(), &draft, request.level).await?;
        let how = Raise {
            level: request.level,
            field: None,
            supply: &supply,
            password,
        };
        let extended = self.extended(draft, &how).await;
        let (draft, raised) = match extended {
            Ok(extended) => extended,
            Err(failure) => {
                journal.failed(failure.code()).await?;
                return Err(about(failure));
            }
        };
        let sha256 = draft.present_sha256();
        let kept = raised.end.map(|end| renewal::kept(&output, sha256, end, self.now()));
        journal.released(sha256, &raised, kept).await?;
        let place = output.clone();
        let delivered = self.blocking(move || draft.release(&place)).await;
        if let Err(failure) = delivered {
            journal.failed(failure.code()).await?;
            return Err(failure);
        }
        let lang = if request.english { Lang::En } else { Lang::Ja };
        Ok(ExtendReport {
            operation: journal.operation,
            input: request.input.to_string_lossy().into_owned(),
            output: output.display().to_string(),
            sha256: hex::encode(sha256),
            level: raised.level,
            timestamps: raised
                .stamps
                .iter()
                .map(|stamp| TimestampReport {
                    time: stamp.time.rfc3339(),
                    tsa: stamp.tsa.clone(),
                })
                .collect(),
            validation_data: raised.has_data,
            missing: raised.missing.iter().map(|finding| Said::of(finding, lang)).collect(),
        })
    }

    /// A copy of `input` with the evidence that is wanted, in the folder for uploads; the input's SHA-256 is the draft's. Whoever calls keeps the record.
    ///
    /// # Errors
    /// As [`App::extend_file`].
    pub(crate) async fn extend_copy(&self, input: PathBuf, how: &Raise<'_>) -> Result<(Draft, Raised), Failure> {
        let (folder, max) = (self.uploads().to_owned(), self.max_document_bytes());
        let copy = move || Draft::copy(&input, &folder, max);
        let draft = self.blocking(copy).await?;
        self.extended(draft, how).await
    }

    /// What the sources give, before any work is done for a level.
    ///
    /// # Errors
    /// `fetch_no_tsa`, `levels_without_anchors`, and what is wrong with an address or a file of anchors.
    pub(crate) async fn supply(&self, level: Level, sources: &Sources) -> Result<Supply, Failure> {
        let paths: Vec<PathBuf> = sources.trust.iter().map(PathBuf::from).collect();
        let anchors = match paths.is_empty() {
            true => None,
            false => Some(self.blocking(move || anchors::of_paths(&paths)).await?),
        };
        let freshness = self.freshness(sources.revocation);
        self.supply_of(level, (&sources.tsas, &sources.allow_private), anchors, freshness)
            .await
    }

    /// The same for sources that were read before. `anchors`: in place of the configured ones.
    ///
    /// # Errors
    /// As [`App::supply`].
    pub(crate) async fn supply_of(
        &self,
        level: Level,
        (tsas, allow_private): (&[String], &[String]),
        anchors: Option<Anchors>,
        freshness: Freshness,
    ) -> Result<Supply, Failure> {
        self.check_tsas(tsas).await?;
        let anchors = match anchors {
            Some(anchors) => anchors,
            None => self.anchors().await?,
        };
        if level >= Level::BLt && anchors.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "levels_without_anchors"));
        }
        Ok(Supply {
            tsas: tsas.to_vec(),
            anchors: Arc::new(anchors),
            places: collect::places(&self.config().network.allow_private, allow_private)?,
            freshness,
        })
    }

    /// The draft with its evidence, checked by code that did not add it.
    pub(super) async fn extended(&self, draft: Draft, how: &Raise<'_>) -> Result<(Draft, Raised), Failure> {
        let (opened, password) = (how.password.clone(), how.password.clone());
        let survey = move || {
            let survey = Survey::of(&draft, opened.as_deref())?;
            Ok((draft, survey))
        };
        let (draft, survey) = self.blocking(survey).await?;
        let (draft, raised) = self.raise(draft, survey, how).await?;
        if !raised.has_data && raised.stamps.is_empty() {
            return Ok((draft, raised));
        }
        let refused = self.refused_copies();
        let check = move || {
            check(&draft, password.as_deref(), &refused)?;
            Ok((draft, raised))
        };
        self.blocking(check).await
    }
}

fn load(app: &App, request: &ExtendRequest) -> Result<(Draft, Option<Arc<Password>>), Failure> {
    let (input, output) = (Path::new(&request.input), Path::new(&request.output));
    let password = request.password_file.as_deref();
    let password = password.map(|path| files::password(Path::new(path))).transpose()?;
    BTreeSet::from([parent(output)]).into_iter().for_each(draft::sweep);
    files::not_a_folder(output)?;
    let draft = Draft::copy(input, parent(output), app.max_document_bytes())?;
    Ok((draft, password.map(Arc::new)))
}

/// The release check over the bytes as they lie on the disk. Blocks.
fn check(draft: &Draft, password: Option<&Password>, refused: &Refused) -> Result<(), Failure> {
    let map = draft.map()?;
    let original = Original {
        bytes: draft.original_bytes(),
        sha256: draft.sha256(),
    };
    let opened = Document::open(map.data(), password).map_err(Finding::from);
    let plan = match opened.and_then(|document| extension::plan(&document, &original)) {
        Ok(plan) => plan,
        Err(finding) => return Err(refused.keep(draft, &original, vec![finding])),
    };
    let mut hashing = Hashing::new(plan.requests());
    draft.read(0..Hashing::needed(plan.requests()), &mut |block| hashing.update(block))?;
    let checked = extension::check(&original, &plan, &hashing.finish());
    checked.map_err(|findings| refused.keep(draft, &original, findings))
}

/// The record of one extension: the intent before anybody is asked, the outcome before anybody gets the file.
struct Journal<'a> {
    app: &'a App,
    operation: String,
    actor: String,
}

impl<'a> Journal<'a> {
    async fn begin(app: &'a App, actor: &str, draft: &Draft, level: Level) -> Result<Self, Failure> {
        let (operation, actor) = (super::new_id(), actor.to_owned());
        let journal = Self { app, operation, actor };
        let event = journal.event(Kind::ExtensionBegun);
        let event = event.with("input", &draft.sha256()).with("level", level.name());
        journal.write(event).await?;
        Ok(journal)
    }

    /// `kept`: the file is watched over from now on.
    async fn released(&self, output: [u8; 32], raised: &Raised, kept: Option<KeptFile>) -> Result<(), Failure> {
        let times: Vec<String> = raised.stamps.iter().map(|stamp| stamp.time.rfc3339()).collect();
        let tsas: Vec<String> = raised.stamps.iter().map(|stamp| stamp.tsa.clone()).collect();
        let event = self.event(Kind::ExtensionReleased).with("output", &output);
        let event = event.with("level", raised.level.name());
        self.write_with(event.with("timestamps", times).with("tsas", tsas), kept)
            .await
    }

    async fn failed(&self, code: &'static str) -> Result<(), Failure> {
        self.write(self.event(Kind::ExtensionFailed).with("error", code)).await
    }

    fn event(&self, kind: Kind) -> Event {
        Event::new(self.app.now(), kind, &*self.actor, &*self.operation)
    }

    async fn write(&self, event: Event) -> Result<(), Failure> {
        self.write_with(event, None).await
    }

    async fn write_with(&self, event: Event, kept: Option<KeptFile>) -> Result<(), Failure> {
        let written = self.app.store().write(move |tx| {
            Box::pin(async move {
                audit::append(tx, &event).await?;
                if let Some(kept) = kept {
                    tx.keep_file(&kept).await?;
                }
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }
}
