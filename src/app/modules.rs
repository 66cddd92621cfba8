//! The PKCS#11 modules that a configuration names, as their workers are started. Nothing here loads one.

use std::collections::HashMap;
use std::env;
use std::io::Write;
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
        spec
    };
    config.modules.iter().map(spec).collect()
}

/// Gives OpenSC a configuration of ours where nobody has given it another. Without it OpenSC works, but lets others use a card between two calls.
pub(super) fn prepared(mut specs: Vec<ModuleSpec>, state_dir: &Path) -> Vec<ModuleSpec> {
    let theirs = |spec: &ModuleSpec| spec.env.iter().any(|(name, _)| name == opensc::VARIABLE);
    for spec in specs
        .iter_mut()
        .filter(|spec| opensc::is_opensc(&spec.path) && !theirs(spec))
    {
        let file = state_dir.join("opensc.conf");
        let current = std::fs::read(&file).is_ok_and(|bytes| bytes == opensc::CONFIGURATION.as_bytes());
        let written = current
            || tempfile::NamedTempFile::new_in(state_dir).is_ok_and(|mut new| {
                let whole = new.write_all(opensc::CONFIGURATION.as_bytes());
                whole.is_ok() && new.persist(&file).is_ok()
            });
        match written {
            true => spec.env.push((opensc::VARIABLE.into(), file.into())),
            false => log::warn!(code = "opensc_not_configured"; "OpenSC's configuration could not be written"),
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
