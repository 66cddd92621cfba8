//! What is missing on this machine, and the command that mends it. Looks, and changes nothing.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::render::Fonts;
use crate::text::{Lang, say};

/// Where pcscd listens unless the environment says otherwise.
const PCSCD_SOCKET: &str = "/run/pcscd/pcscd.comm";

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Name of the check, stable.
    pub name: &'static str,
    /// `true`: nothing to do.
    pub good: bool,
    /// What was found, for people.
    pub found: String,
    /// A command that mends it, where one does.
    pub mend: Option<&'static str>,
}

/// What to look at: paths from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// PKCS#11 modules, as configured.
    pub modules: Vec<PathBuf>,
    /// The pinentry program.
    pub pinentry: PathBuf,
    /// Where Japanese fonts were found.
    pub cjk_font: Option<PathBuf>,
    /// Folders that hold programs.
    pub path: Vec<PathBuf>,
    /// The PC/SC daemon's socket.
    pub pcscd_socket: PathBuf,
}

impl Machine {
    /// What this configuration needs, on the machine of this process.
    pub fn of(config: &Config) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let socket = std::env::var_os("PCSCLITE_CSOCK_NAME").map_or_else(|| PCSCD_SOCKET.into(), PathBuf::from);
        Self {
            modules: config.modules.iter().map(|module| module.path.clone()).collect(),
            pinentry: config.prompt.pinentry.clone().into(),
            cjk_font: Fonts::find(config.font.as_deref()).ok().map(|fonts| fonts.gothic),
            path: std::env::split_paths(&path).collect(),
            pcscd_socket: socket,
        }
    }
}

/// Looks at everything.
pub fn examine(machine: &Machine, lang: Lang) -> Vec<Check> {
    let mut checks = Vec::new();
    if machine.modules.is_empty() {
        checks.push(check(
            lang,
            "modules",
            false,
            "doctor-no-module",
            "",
            Some("apt install opensc-pkcs11"),
        ));
    }
    for module in &machine.modules {
        let (good, id) = match module.is_file() {
            true => (true, "doctor-module-found"),
            false => (false, "doctor-module-missing"),
        };
        let mend = (!good).then(|| package_of(module)).flatten();
        checks.push(check(lang, "module", good, id, &module.display().to_string(), mend));
    }
    let pinentry = find(&machine.pinentry, &machine.path);
    let shown = pinentry.as_ref().unwrap_or(&machine.pinentry).display().to_string();
    let id = if pinentry.is_some() {
        "doctor-pinentry-found"
    } else {
        "doctor-pinentry-missing"
    };
    checks.push(check(
        lang,
        "pinentry",
        pinentry.is_some(),
        id,
        &shown,
        Some("apt install pinentry-gtk2"),
    ));
    let font = machine.cjk_font.as_ref().map(|f| f.display().to_string());
    let id = if font.is_some() {
        "doctor-font-found"
    } else {
        "doctor-font-missing"
    };
    let (good, shown) = (font.is_some(), font.unwrap_or_default());
    checks.push(check(
        lang,
        "font",
        good,
        id,
        &shown,
        Some("apt install fonts-noto-cjk"),
    ));
    let pcscd = machine.pcscd_socket.exists();
    let id = if pcscd {
        "doctor-pcscd-found"
    } else {
        "doctor-pcscd-missing"
    };
    let shown = machine.pcscd_socket.display().to_string();
    checks.push(check(
        lang,
        "pcscd",
        pcscd,
        id,
        &shown,
        Some("apt install pcscd && systemctl start pcscd.socket"),
    ));
    checks
}

fn check(lang: Lang, name: &'static str, good: bool, id: &str, what: &str, mend: Option<&'static str>) -> Check {
    let found = say(lang, id, &[("what", what)]);
    Check {
        name,
        good,
        found,
        mend: mend.filter(|_| !good),
    }
}

fn package_of(module: &Path) -> Option<&'static str> {
    match module.file_name()?.to_str()? {
        "libsofthsm2.so" => Some("apt install softhsm2"),
        "opensc-pkcs11.so" | "onepin-opensc-pkcs11.so" => Some("apt install opensc-pkcs11"),
        "libykcs11.so" => Some("apt install ykcs11"),
        _ => None,
    }
}

fn find(program: &Path, folders: &[PathBuf]) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    folders.iter().map(|f| f.join(program)).find(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_remedy() {
        let machine = Machine {
            modules: vec!["/nowhere/libsofthsm2.so".into()],
            ..Machine::default()
        };
        let checks = examine(&machine, Lang::En);
        let module = checks.iter().find(|c| c.name == "module").unwrap();
        assert!(!module.good && module.found.contains("/nowhere/libsofthsm2.so"));
        assert_eq!(module.mend, Some("apt install softhsm2"));
    }

    #[test]
    fn what_is_there_needs_no_remedy() {
        let here = std::env::current_exe().unwrap();
        let machine = Machine {
            pinentry: here.clone(),
            cjk_font: Some(here),
            ..Machine::default()
        };
        let checks = examine(&machine, Lang::Ja);
        for name in ["pinentry", "font"] {
            let check = checks.iter().find(|c| c.name == name).unwrap();
            assert!(check.good && check.mend.is_none());
        }
    }
}
