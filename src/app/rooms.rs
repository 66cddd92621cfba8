//! What the use cases stand on: state, tokens, pages, prompts, each opened once and those that cost something on first use.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::App;
use super::access_token::AccessTokens;
use super::desk::{Appearance, Event, SigningChoice};
use super::failure::{Failure, FailureKind};
use super::keyring::Keyring;
use super::modules;
use super::prepare::FontSource;
use super::returns::Returns;
use super::sad::Sads;
use super::signings::Desk;
use super::spool::SpoolRoom;
use crate::config::{Config, PinSource as ConfiguredPin, TokenName};
use crate::process::Program;
use crate::render::{self, Fonts, Pages};
use crate::store::{StateDir, Store, StoreError, TokenLock};
use crate::text::Lang;
use crate::token::pin::{PinSource, Pinentry, Prompter};
use crate::token::reader::Readers;
use crate::token::{TokenRef, Tokens};

/// Work on files at once; more would only wait for the disk.
const MAX_BLOCKING: usize = 4;
/// Files of others judged at once.
const MAX_JUDGING: usize = 2;
/// What a set gets to come to its next step.
const LAST_STEP: Duration = Duration::from_secs(2);
/// How long a process waits for another that uses the tokens.
const TOKEN_PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at their lock.
const TOKEN_PERIOD: Duration = Duration::from_millis(50);
/// How long a job that ended is remembered.
const JOB_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Jobs that one start forgets.
const MAX_FORGOTTEN: u32 = 10_000;
/// Events that a slow listener may lag behind before it loses some.
const EVENT_BACKLOG: usize = 256;

/// How an [`App`] is opened.
pub struct Opening {
    /// What worker processes run.
    pub program: Program,
    /// PKCS#11 modules instead of the configured ones.
    pub modules: Vec<PathBuf>,
    /// Address of the daemon's own pages, once the listener is bound.
    pub address: Option<std::net::SocketAddr>,
    /// The daemon's own page signs with the configured PIN instead of asking.
    pub unattended_page: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            program: Program::this(),
            modules: Vec::new(),
            address: None,
            unattended_page: false,
        }
    }
}

/// The rooms.
pub(crate) struct Rooms {
    program: Program,
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) desk: Desk,
    /// Open keys of a server.
    pub(super) keyring: Keyring,
    /// Access tokens of clients.
    pub(super) access_tokens: AccessTokens,
    /// Rights to sign hashes that clients hold.
    pub(super) sads: Sads,
    /// Sites that asked by a form to be allowed, and wait.
    pub(super) returns: Returns,
    pub(super) spool: SpoolRoom,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) workers: Arc<Semaphore>,
    pub(super) judges: Arc<Semaphore>,
    pub(super) unattended_page: bool,
    /// Wakes the workers of jobs.
    pub(super) wake: tokio::sync::Notify,
    /// Told whenever a worker of this process wrote an answer.
    pub(super) worked: tokio::sync::Notify,
    /// One try at a token's PIN at a time, by the name under which it is remembered.
    pub(super) pin_turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Sets that run.
    pub(super) sets: TaskTracker,
    /// Cancelled when the process is about to end.
    pub(super) stopping: CancellationToken,
    token_lock: OnceLock<TokenLock>,
    address: OnceLock<std::net::SocketAddr>,
    uploads: PathBuf,
    fonts: Arc<FontSource>,
    pages: OnceLock<Pages>,
    prompter: OnceLock<Prompter>,
    /// The watch over PC/SC, where the process follows it.
    pub(super) readers: OnceLock<Readers>,
    /// The last look showed tokens of which PC/SC tells nothing.
    pub(super) by_clock: AtomicBool,
}

impl Rooms {
    pub(super) fn uploads(&self) -> &Path {
        &self.uploads
    }
}

impl App {
    /// Opens the state folder and looks at nothing else: tokens, fonts and prompts begin when they are first needed.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn open(config: Config, opening: Opening) -> Result<Self, Failure> {
        let store = Store::open(StateDir::open(&config.state_dir)?).await?;
        Self::with_store(config, store, opening)
    }

    /// The same over a state that is open already.
    ///
    /// # Errors
    /// `output_unwritable` when the upload folder cannot be made.
    pub fn with_store(config: Config, store: Store, opening: Opening) -> Result<Self, Failure> {
        let uploads = upload_folder(&config.state_dir)?;
        let rooms = Rooms {
            tokens: Tokens::new(
                &opening.program,
                modules::prepared(modules::named(&config, &opening.modules), &config.state_dir),
                modules::limits(&config),
            ),
            program: opening.program,
            fonts: fonts(config.font.clone()),
            spool: SpoolRoom::new(config.limits.max_spooled_bytes),
            config,
            store,
            desk: Desk::default(),
            keyring: Keyring::default(),
            access_tokens: AccessTokens::default(),
            sads: Sads::default(),
            returns: Returns::default(),
            events: broadcast::channel(EVENT_BACKLOG).0,
            workers: Arc::new(Semaphore::new(MAX_BLOCKING)),
            judges: Arc::new(Semaphore::new(MAX_JUDGING)),
            unattended_page: opening.unattended_page,
            wake: tokio::sync::Notify::new(),
            worked: tokio::sync::Notify::new(),
            pin_turns: Mutex::default(),
            sets: TaskTracker::new(),
            stopping: CancellationToken::new(),
            token_lock: OnceLock::new(),
            address: opening.address.map_or_else(OnceLock::new, OnceLock::from),
            uploads,
            pages: OnceLock::new(),
            prompter: OnceLock::new(),
            readers: OnceLock::new(),
            by_clock: AtomicBool::new(true),
        };
        Ok(Self(Arc::new(rooms)))
    }

    /// Takes the folder's tokens for this process, waiting for another to finish with them, and ends what a killed one left open.
    ///
    /// # Errors
    /// `state_in_use` when the other keeps them longer than [`TOKEN_PATIENCE`]; what the state refused.
    pub async fn take_tokens(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let lock = loop {
            match self.0.store.dir().lock_for_tokens() {
                Err(StoreError::InUse { .. }) if begun.elapsed() < TOKEN_PATIENCE => {
                    tokio::time::sleep(TOKEN_PERIOD).await;
                }
                lock => break lock?,
            }
        };
        // A second lock of the same process cannot be: the first would have refused it.
        let _ = self.0.token_lock.set(lock);
        self.end_interrupted().await
    }

    /// Throws away what an earlier daemon left: uploads that nobody can fetch any more, documents without a row.
    ///
    /// Only for the daemon that holds the folder's lock.
    ///
    /// # Errors
    /// What the state refused, `output_unwritable`.
    pub async fn tidy(&self) -> Result<(), Failure> {
        let folder = self.0.uploads.clone();
        let emptied = tokio::task::spawn_blocking(move || {
            std::fs::read_dir(folder)?.try_for_each(|entry| std::fs::remove_file(entry?.path()))
        });
        match emptied.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                log::warn!(code = "uploads_not_tidied", error:%; "an upload of an earlier run could not be removed")
            }
            Err(error) => log::warn!(code = "uploads_not_tidied", error:%; "the upload folder was not tidied"),
        }
        let (now, before) = (self.now(), self.now().minus(JOB_LIFE));
        let forgotten = self
            .0
            .store
            .write(move |tx| Box::pin(async move { tx.forget_jobs(before, MAX_FORGOTTEN).await }));
        let _: usize = forgotten.await.map_err(Failure::from)?;
        self.0.store.sweep(now).await?;
        Ok(())
    }

    /// Takes back what waits for a person, lets what signs finish until `patience` is over, and stops the rest at its next step.
    pub async fn drain(&self, patience: Duration) {
        self.0.desk.cancel_waiting();
        self.0.sets.close();
        if tokio::time::timeout(patience, self.0.sets.wait()).await.is_err() {
            self.0.stopping.cancel();
            // A step that hangs is ended with its worker.
            let _ = tokio::time::timeout(LAST_STEP, self.0.sets.wait()).await;
        }
        self.0.stopping.cancel();
        self.close_keys();
    }

    /// Cancelled when the process is about to end.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.child_token()
    }

    /// Ends the workers and closes the state.
    pub async fn close(&self) {
        self.0.tokens.stop().await;
        if let Some(pages) = self.0.pages.get() {
            pages.stop().await;
        }
        self.0.store.close().await;
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn tokens_room(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The room for uploads.
    pub fn spool_room(&self) -> &SpoolRoom {
        &self.0.spool
    }

    pub(crate) fn fonts(&self) -> Arc<FontSource> {
        self.0.fonts.clone()
    }

    pub(crate) fn max_document_bytes(&self) -> u64 {
        self.0.config.limits.max_document_bytes
    }

    /// Where a signing can be looked at.
    pub(crate) fn confirm_address(&self, id: &str) -> String {
        let address = self.0.address.get().copied().unwrap_or(self.0.config.listen);
        format!("http://{address}/confirm/{id}")
    }

    /// Lays the configured look under what a request leaves open.
    pub(crate) fn fill_in<'a>(
        &self,
        choice: &mut SigningChoice,
        appearances: impl Iterator<Item = &'a mut Option<Appearance>>,
    ) {
        let look = &self.0.config.appearance;
        choice.reason = choice.reason.take().or_else(|| look.reason.clone());
        choice.location = choice.location.take().or_else(|| look.location.clone());
        appearances
            .flatten()
            .for_each(|appearance| appearance.date |= look.date);
    }

    pub(crate) fn page_room(&self) -> Result<&Pages, Failure> {
        if let Some(pages) = self.0.pages.get() {
            return Ok(pages);
        }
        let fonts = (self.0.fonts)()?;
        let limits = render::Limits {
            page_deadline_ms: self.0.config.limits.page_deadline_ms,
        };
        Ok(self
            .0
            .pages
            .get_or_init(|| Pages::new(self.0.program.clone(), &fonts, limits)))
    }

    pub(crate) fn prompter(&self) -> Result<Prompter, Failure> {
        if let Some(prompter) = self.0.prompter.get() {
            return Ok(prompter.clone());
        }
        let pinentry = Pinentry::from_environment(&self.0.config.prompt.pinentry);
        let started = Prompter::start(pinentry).map_err(|error| {
            let reason = error.to_string();
            Failure::new(FailureKind::Pin, "pin_prompt_failed")
                .with("reason", reason)
                .with("program", "pinentry")
        })?;
        Ok(self.0.prompter.get_or_init(|| started).clone())
    }

    /// The language of prompts: as configured, else that of the page that asks.
    pub(crate) fn prompt_lang(&self, asked: Lang) -> Lang {
        self.0.config.prompt.lang.unwrap_or(asked)
    }

    /// The PIN's place as the administrator configured it for this token.
    ///
    /// # Errors
    /// `pin_credential_absent` when systemd handed this process no credentials.
    pub(crate) fn configured_pin(&self, token: &TokenRef) -> Result<Option<PinSource>, Failure> {
        let named = |name: &TokenName| match name {
            TokenName::Label(label) => *label == token.label,
            TokenName::Serial(serial) => *serial == token.serial,
        };
        let found = self.0.config.tokens.iter().find(|configured| named(&configured.name));
        let absent = || Failure::new(FailureKind::Pin, "pin_credential_absent").with("token", &token.label);
        let source = found.map(|found| match &found.pin {
            ConfiguredPin::File(path) => Ok(PinSource::File(path.clone())),
            ConfiguredPin::Credential(path) => path.clone().map(PinSource::Credential).ok_or_else(absent),
        });
        source.transpose()
    }
}

/// A folder for uploads.
fn upload_folder(state_dir: &Path) -> Result<PathBuf, Failure> {
    let folder = state_dir.join("uploads");
    let made = std::fs::create_dir_all(&folder);
    made.map_err(|error| {
        let file = folder.display().to_string();
        Failure::new(FailureKind::Internal, "output_unwritable")
            .with("file", file)
            .with("cause", error.to_string())
    })?;
    Ok(folder)
}

fn fonts(configured: Option<PathBuf>) -> Arc<FontSource> {
    let found: OnceLock<Arc<Fonts>> = OnceLock::new();
    Arc::new(move || {
        if let Some(fonts) = found.get() {
            return Ok(fonts.clone());
        }
        let fonts = Arc::new(Fonts::find(configured.as_deref())?);
        Ok(found.get_or_init(|| fonts).clone())
    })
}
