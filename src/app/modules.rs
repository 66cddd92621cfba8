//! The PKCS#11 modules that a configuration names, as their workers are started. Nothing here loads one.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Config;
use crate::token::{Limits, ModuleSpec, opensc};

/// Those of the configuration, or `instead` of them the ones named here.
pub(super) fn named(config: &Config, instead: &[PathBuf]) -> Vec<ModuleSpec> {
    if !instead.is_empty() {
        return instead
            .iter()
            .map(|path| ModuleSpec::new(path, env::vars_os()))
            .collect();
    }
    let spec = |module: &crate::config::Module| {
        let mut spec = ModuleSpec::new(&module.path, env::vars_os());
        let mut given: HashMap<_, _> = spec.env.into_iter().collect();
        given.extend(module.env.iter().map(|(name, value)| (name.into(), value.into())));
        spec.env = given.into_iter().collect();
        spec.threads = module.threads;
        spec.cards = module.cards.clone();
        spec
    };
    config.modules.iter().map(spec).collect()
}

/// Gives OpenSC a worker for each reader, and a configuration of ours where nobody has given it another. Without it OpenSC works, but lets others use a card between two calls.
pub(super) fn prepared(mut specs: Vec<ModuleSpec>, state_dir: &Path) -> Vec<ModuleSpec> {
    let ours = specs.iter_mut().filter(|spec| opensc::is_opensc(&spec.path));
    for (n, spec) in ours.enumerate() {
        let theirs = spec.env.iter().find(|(name, _)| name == opensc::VARIABLE);
        let text = match theirs {
            None => Ok(opensc::CONFIGURATION.to_owned()),
            Some((_, file)) => std::fs::read_to_string(file),
        };
        match text {
            Ok(text) => {
                spec.per_reader = Some(opensc::PerReader {
                    folder: state_dir.to_owned(),
                    name: match n {
                        0 => "opensc".to_owned(),
                        n => format!("opensc{n}"),
                    },
                    text,
                    locks: theirs.is_none(),
                });
            }
            // OpenSC then goes by what it finds itself, or nothing.
            Err(error) => log::warn!(code = "opensc_not_configured", error:%; "OpenSC's configuration cannot be read"),
        }
    }
    specs
}

/// How long their calls may take.
pub(super) fn limits(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        read: Duration::from_millis(limits.token_read_deadline_ms),
        login: Duration::from_millis(limits.token_login_deadline_ms),
        pinpad: Duration::from_millis(limits.token_pinpad_deadline_ms),
        sign: Duration::from_millis(limits.token_sign_deadline_ms),
        ..Limits::default()
    }
}
