//! What every command begins with: configuration, language, and an `App` on a runtime of its own.

use std::path::Path;
use std::process::ExitCode;

use super::{Global, exit};
use crate::app::failure::Failure;
use crate::app::{App, Opening};
use crate::config::{Config, Environment};
use crate::text::{Explain, Lang};

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
/// The exit code, after the reason was told.
pub(super) fn configuration(global: &Global) -> Result<(Config, Lang), ExitCode> {
    let environment = Environment::of_process();
    let lang = global.lang.unwrap_or_else(|| environment.lang());
    match Config::load(global.config.as_deref(), &environment) {
        Ok(mut config) => {
            if let Some(state) = &global.state {
                config.state_dir.clone_from(state);
            }
            if let Some(lang) = global.lang {
                config.lang = lang;
            }
            let lang = config.lang;
            Ok((config, lang))
        }
        Err(error) => {
            super::output::complain(&error.explain(lang), error.code());
            Err(ExitCode::from(exit::FAILED))
        }
    }
}

/// Runs a command that needs the use cases.
pub(super) fn with_app(global: &Global, command: impl AsyncFnOnce(Context) -> Result<u8, Failure>) -> ExitCode {
    with_module(global, None, command)
}

/// The same with one PKCS#11 module instead of the configured ones.
pub(super) fn with_module(
    global: &Global,
    module: Option<&Path>,
    command: impl AsyncFnOnce(Context) -> Result<u8, Failure>,
) -> ExitCode {
    let (config, lang) = match configuration(global) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            super::output::complain(&error.to_string(), "internal_error");
            return ExitCode::from(exit::FAILED);
        }
    };
    let opening = Opening {
        modules: module.into_iter().map(Path::to_owned).collect(),
        address: None,
    };
    let result = runtime.block_on(async {
        let app = App::open(config, opening).await?;
        let result = command(Context { app: app.clone(), lang }).await;
        app.close().await;
        result
    });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => exit::fail(&failure, lang),
    }
}
