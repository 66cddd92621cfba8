//! What every command begins with: configuration, language, and an `App` on a runtime of its own.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Format, Global, exit};
use crate::app::ceremony::{CeremonyReport, CeremonyRequest};
use crate::app::desk::{CertificateUsage, CertificateView, Event, TokenView};
use crate::app::due::DueReport;
use crate::app::failure::{Failure, FailureKind};
use crate::app::files::{FilesReport, FilesRequest, Step};
use crate::app::{App, Opening};
use crate::config::{Config, Environment};
use crate::daemon::control::{ChangePin, Client, Told};
use crate::text::Lang;

/// What a command works with.
pub(super) struct Context {
    /// The use cases.
    pub(super) app: App,
    /// Language of the answer.
    pub(super) lang: Lang,
}

/// The configuration with the global options laid over it, and the language of messages.
///
/// # Errors
/// What is wrong with the configuration.
pub(super) fn configuration(global: &Global) -> Result<(Config, Lang), Told> {
    let environment = Environment::of_process();
    let lang = global.lang.unwrap_or_else(|| environment.lang());
    match Config::load(global.config.as_deref(), &environment) {
        Ok(mut config) => {
            if let Some(state) = &global.state {
                config.state_dir.clone_from(state);
            }
            if let Some(lang) = global.lang {
                config.lang = lang;
                config.prompt.lang = Some(lang);
            }
            let lang = config.lang;
            Ok((config, lang))
        }
        Err(error) => Err(Told::of(&Failure::of(FailureKind::Internal, &error), lang)),
    }
}

/// Runs a command that needs the use cases and no token.
pub(super) fn with_app(
    global: &Global,
    format: Format,
    command: impl AsyncFnOnce(Context) -> Result<u8, Failure>,
) -> ExitCode {
    with_configuration(global, format, async |config, lang| {
        let app = App::open(config, Opening::default())
            .await
            .map_err(|e| Told::of(&e, lang))?;
        let result = command(Context { app: app.clone(), lang }).await;
        app.close().await;
        result.map_err(|e| Told::of(&e, lang))
    })
}

/// Runs a command that needs tokens: those of the daemon that serves the state folder, or our own when there is none.
///
/// `module` is used here unless the daemon has it too.
pub(super) fn with_tokens(
    global: &Global,
    module: Option<&Path>,
    format: Format,
    command: impl AsyncFnOnce(&mut Tokens, Lang) -> Result<u8, Told>,
) -> ExitCode {
    with_configuration(global, format, async |config, lang| {
        let mut tokens = Tokens::open(config, module, lang).await?;
        let result = command(&mut tokens, lang).await;
        tokens.close().await;
        result
    })
}

/// The certificates of roots on tokens, DER, where the configuration takes them for anchors.
///
/// # Errors
/// What keeps the tokens from being read.
pub(super) fn token_roots(config: &Config, lang: Lang) -> Result<Vec<Vec<u8>>, Told> {
    if !config.trust.tokens {
        return Ok(Vec::new());
    }
    let failed = |_| Told::of(&Failure::new(FailureKind::Internal, "internal_error"), lang);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(failed)?.block_on(async {
        let mut tokens = Tokens::open(config.clone(), None, lang).await?;
        let roots = match &mut tokens {
            Tokens::Here(app) => Ok(app.token_roots().await.iter().map(|root| root.der().to_vec()).collect()),
            Tokens::There(client) => client.roots(lang).await,
        };
        tokens.close().await;
        roots
    })
}

/// Runs a command on what the state folder keeps: in the daemon that serves it, or here when there is none.
pub(super) fn with_state(
    global: &Global,
    format: Format,
    command: impl AsyncFnOnce(&mut Tokens, Lang) -> Result<u8, Told>,
) -> ExitCode {
    with_configuration(global, format, async |config, lang| {
        let mut place = match Client::connect(&config.state_dir).await {
            Some(client) => Tokens::There(client),
            None => {
                let app = App::open(config, Opening::default()).await;
                Tokens::Here(app.map_err(|e| Told::of(&e, lang))?)
            }
        };
        let result = command(&mut place, lang).await;
        if let Tokens::Here(app) = place {
            app.close().await;
        }
        result
    })
}

/// Where the tokens and the state are.
pub(super) enum Tokens {
    /// In this process.
    Here(App),
    /// In the daemon that serves the state folder.
    There(Client),
}

impl Tokens {
    /// Those of the daemon that serves the state folder, or our own. `module` is used here unless the daemon has it too.
    async fn open(config: Config, module: Option<&Path>, lang: Lang) -> Result<Self, Told> {
        // Two spellings of one library are one module.
        let same = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let served = module.is_none_or(|path| config.modules.iter().any(|module| same(&module.path) == same(path)));
        let client = match served {
            true => Client::connect(&config.state_dir).await,
            false => None,
        };
        if let Some(client) = client {
            return Ok(Self::There(client));
        }
        let opening = Opening {
            modules: module.into_iter().map(Path::to_owned).collect(),
            ..Opening::default()
        };
        let app = App::open(config, opening).await.map_err(|e| Told::of(&e, lang))?;
        app.take_tokens().await.map_err(|e| Told::of(&e, lang))?;
        Ok(Self::Here(app))
    }

    /// Closes what was opened here.
    async fn close(self) {
        if let Self::Here(app) = self {
            app.close().await;
        }
    }

    /// Every reader and token.
    pub(super) async fn tokens(&mut self, lang: Lang) -> Result<Vec<TokenView>, Told> {
        match self {
            Self::Here(app) => app.tokens(lang).await.map_err(|e| Told::of(&e, lang)),
            Self::There(client) => client.tokens(lang).await,
        }
    }

    /// Certificates, fit ones first.
    pub(super) async fn certificates(
        &mut self,
        usage: CertificateUsage,
        lang: Lang,
    ) -> Result<Vec<CertificateView>, Told> {
        match self {
            Self::Here(app) => app.certificates(usage, lang).await.map_err(|e| Told::of(&e, lang)),
            Self::There(client) => client.certificates(usage, lang).await,
        }
    }

    /// Hands what happens at readers and tokens to `happened`, until Ctrl-C or the daemon's end.
    pub(super) async fn watch(&mut self, lang: Lang, happened: &(dyn Fn(&Event) + Send + Sync)) -> Result<(), Told> {
        let interrupted = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match self {
            Self::Here(app) => {
                let mut events = app.events();
                let mut happenings = app.follow_readers().map_err(|e| Told::of(&e, lang))?;
                let follow = async {
                    while let Some(happening) = happenings.recv().await {
                        app.happened(happening).await;
                        while let Ok(event) = events.try_recv() {
                            happened(&event);
                        }
                    }
                };
                tokio::select! {
                    () = follow => Ok(()),
                    () = interrupted => Ok(()),
                }
            }
            Self::There(client) => tokio::select! {
                ended = client.watch(lang, happened) => ended,
                () = interrupted => Ok(()),
            },
        }
    }

    /// Work that is due: what is open, or with `now` what became of it. Ctrl-C ends it after the steps under way.
    pub(super) async fn due(&mut self, now: bool, lang: Lang) -> Result<DueReport, Told> {
        let report = match self {
            Self::Here(app) if now => {
                let ending = CancellationToken::new();
                let stop = ending.clone();
                let watch = tokio::spawn(async move {
                    // Without signals there is no stopping.
                    if tokio::signal::ctrl_c().await.is_ok() {
                        stop.cancel();
                    }
                });
                let report = app.work_due(Arc::new(|_| Ok(())), ending, lang).await;
                watch.abort();
                report
            }
            Self::Here(app) => app.list_due(lang).await,
            Self::There(client) => return client.due(now, lang).await,
        };
        report.map_err(|e| Told::of(&e, lang))
    }

    /// Calls one work off; gives the file that it was about.
    pub(super) async fn call_off(&mut self, id: &str, lang: Lang) -> Result<String, Told> {
        match self {
            Self::Here(app) => app.call_off_work(id).await.map_err(|e| Told::of(&e, lang)),
            Self::There(client) => client.call_off(id, lang).await,
        }
    }

    /// Changes a PIN, asking for it.
    pub(super) async fn change_pin(&mut self, request: &ChangePin, lang: Lang) -> Result<(), Told> {
        match self {
            Self::Here(app) => {
                let changed = app.change_pin(&request.token, lang, &request.place).await;
                changed.map_err(|e| Told::of(&e, lang))
            }
            Self::There(client) => client.change_pin(request).await,
        }
    }

    /// Holds a ceremony of a token's operator.
    pub(super) async fn hold(&mut self, request: CeremonyRequest, lang: Lang) -> Result<CeremonyReport, Told> {
        match self {
            Self::Here(app) => app.hold(request).await.map_err(|e| Told::of(&e, lang)),
            Self::There(client) => client.hold(&request).await,
        }
    }

    /// Signs files; Ctrl-C stops at the next step.
    pub(super) async fn sign(
        &mut self,
        request: FilesRequest,
        lang: Lang,
        progress: &(dyn Fn(u32) + Send + Sync),
    ) -> Result<FilesReport, Told> {
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let interrupted = async move {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            stop.cancel();
        };
        match self {
            Self::Here(app) => {
                let watch = tokio::spawn(interrupted);
                let at = |step: Step| {
                    step.finished().into_iter().for_each(progress);
                    Ok(())
                };
                let report = app.sign_files(request, cancel, &at).await;
                watch.abort();
                report.map_err(|e| Told::of(&e, lang))
            }
            Self::There(client) => tokio::select! {
                report = client.sign(&request, &progress) => report,
                () = interrupted => Err(Told::of(&Failure::new(FailureKind::Cancelled, "signing_cancelled"), lang)),
            },
        }
    }
}

/// Runs a command that needs the configuration alone.
pub(super) fn with_configuration(
    global: &Global,
    format: Format,
    command: impl AsyncFnOnce(Config, Lang) -> Result<u8, Told>,
) -> ExitCode {
    let (config, lang) = match configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, format),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            super::output::complain(&error.to_string(), "internal_error");
            return ExitCode::from(exit::FAILED);
        }
    };
    match runtime.block_on(command(config, lang)) {
        Ok(code) => ExitCode::from(code),
        Err(told) => exit::fail(&told, format),
    }
}
