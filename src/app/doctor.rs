//! What is missing on this machine, and the command that mends it. Looks, loads each module in a worker of its own, and changes nothing.

use std::path::{Path, PathBuf};

use super::modules;
use crate::config::{Config, Role};
use crate::process::Program;
use crate::render::Fonts;
use crate::text::{Explain, Lang, say};
use crate::token::{Error, Listing, Tokens};

/// Where pcscd listens unless the environment says otherwise.
const PCSCD_SOCKET: &str = "/run/pcscd/pcscd.comm";
/// Libraries that serve cards in readers, whatever else is to be said of them, with the packages that bring them.
const CARD_MODULES: [(&str, &str); 3] = [
    ("opensc-pkcs11.so", "opensc-pkcs11"),
    ("onepin-opensc-pkcs11.so", "opensc-pkcs11"),
    ("libykcs11.so", "ykcs11"),
];
/// Libraries that serve no cards.
const OTHER_MODULES: [(&str, &str); 1] = [("libsofthsm2.so", "softhsm2")];

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
    pub mend: Option<String>,
}

/// What to look at, as the configuration and the environment name it.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// What each PKCS#11 module showed when it was loaded.
    pub modules: Vec<Loaded>,
    /// The pinentry program; `None` where no person is ever asked.
    pub pinentry: Option<PathBuf>,
    /// Where Japanese fonts were found.
    pub cjk_font: Option<PathBuf>,
    /// Folders that hold programs.
    pub path: Vec<PathBuf>,
    /// The PC/SC daemon's socket.
    pub pcscd_socket: PathBuf,
}

/// A module that was loaded, or could not be.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its library.
    pub path: PathBuf,
    /// What it said.
    pub outcome: Result<Shown, Error>,
}

/// What a module shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its slots.
    pub slots: usize,
    /// Those that are card readers.
    pub readers: usize,
    /// Tokens in them.
    pub tokens: usize,
}

impl Machine {
    /// What this configuration needs, on the machine of this process. `program` runs the workers.
    pub async fn of(config: &Config, program: &Program) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let socket = std::env::var_os("PCSCLITE_CSOCK_NAME").map_or_else(|| PCSCD_SOCKET.into(), PathBuf::from);
        let asks = config.role == Role::Desk;
        let mut loaded = Vec::new();
        for spec in modules::named(config, &[]) {
            let path = spec.path.clone();
            // Each by itself: what one does to its process is none of the others' business.
            let tokens = Tokens::new(program, vec![spec], modules::limits(config));
            let listing = tokens.list().await;
            tokens.stop().await;
            let outcome = Shown::of(listing);
            loaded.push(Loaded { path, outcome });
        }
        Self {
            modules: loaded,
            pinentry: asks.then(|| config.prompt.pinentry.clone().into()),
            cjk_font: Fonts::find(config.font.as_deref()).ok().map(|fonts| fonts.gothic),
            path: std::env::split_paths(&path).collect(),
            pcscd_socket: socket,
        }
    }

    /// Readers are used here, or may be: everything that works serves HSMs alone, or not.
    fn wants_readers(&self) -> bool {
        self.modules.is_empty() || self.modules.iter().any(Loaded::wants_readers)
    }
}

impl Loaded {
    fn wants_readers(&self) -> bool {
        match &self.outcome {
            Ok(shown) => shown.readers > 0 || shown.slots == 0,
            Err(_) => package_in(&CARD_MODULES, &self.path).is_some(),
        }
    }

    fn check(&self, lang: Lang) -> Check {
        let what = self.path.display().to_string();
        match &self.outcome {
            Ok(shown) => {
                let (slots, tokens) = (shown.slots.to_string(), shown.tokens.to_string());
                let values = [("what", what.as_str()), ("slots", &slots), ("tokens", &tokens)];
                Check {
                    name: "module",
                    good: true,
                    found: say(lang, "doctor-module-works", &values),
                    mend: None,
                }
            }
            Err(error) => {
                let why = error.explain(lang);
                Check {
                    name: "module",
                    good: false,
                    found: say(lang, "doctor-module-fails", &[("what", &what), ("why", &why)]),
                    mend: remedy(&self.path, error),
                }
            }
        }
    }
}

impl Shown {
    fn of(mut listing: Listing) -> Result<Self, Error> {
        match listing.problems.pop() {
            Some(problem) => Err(problem.error),
            None => Ok(Self {
                slots: listing.slots.len(),
                readers: listing.slots.iter().filter(|slot| slot.removable).count(),
                tokens: listing.tokens().count(),
            }),
        }
    }
}

/// Looks at everything.
pub fn examine(machine: &Machine, lang: Lang) -> Vec<Check> {
    let mut checks = Vec::new();
    if machine.modules.is_empty() {
        let mend = Some("apt install opensc-pkcs11");
        checks.push(check(lang, "modules", false, "doctor-no-module", "", mend));
    }
    checks.extend(machine.modules.iter().map(|module| module.check(lang)));
    if let Some(wanted) = &machine.pinentry {
        let found = find(wanted, &machine.path);
        let shown = found.as_ref().unwrap_or(wanted).display().to_string();
        let id = match found {
            Some(_) => "doctor-pinentry-found",
            None => "doctor-pinentry-missing",
        };
        let mend = Some("apt install pinentry-gtk2");
        checks.push(check(lang, "pinentry", found.is_some(), id, &shown, mend));
    }
    let (id, shown) = match &machine.cjk_font {
        Some(font) => ("doctor-font-found", font.display().to_string()),
        None => ("doctor-font-missing", String::new()),
    };
    let mend = Some("apt install fonts-noto-cjk");
    checks.push(check(lang, "font", machine.cjk_font.is_some(), id, &shown, mend));
    checks.push(pcscd(machine, lang));
    checks
}

fn pcscd(machine: &Machine, lang: Lang) -> Check {
    let is_there = machine.pcscd_socket.exists();
    let id = match (is_there, machine.wants_readers()) {
        (true, _) => "doctor-pcscd-found",
        (false, true) => "doctor-pcscd-missing",
        (false, false) => "doctor-pcscd-unneeded",
    };
    let good = is_there || !machine.wants_readers();
    let shown = machine.pcscd_socket.display().to_string();
    let mend = Some("apt install pcscd && systemctl start pcscd.socket");
    check(lang, "pcscd", good, id, &shown, mend)
}

fn check(lang: Lang, name: &'static str, good: bool, id: &str, what: &str, mend: Option<&str>) -> Check {
    let found = say(lang, id, &[("what", what)]);
    Check {
        name,
        good,
        found,
        mend: mend.filter(|_| !good).map(str::to_owned),
    }
}

/// What mends a module, or shows more of what is wrong with it.
fn remedy(path: &Path, error: &Error) -> Option<String> {
    let package = package_in(&CARD_MODULES, path).or(package_in(&OTHER_MODULES, path));
    let quoted = shell_word(path);
    match error {
        Error::ModuleMissing { .. } => Some(match package {
            Some(package) => format!("apt install {package}"),
            None => "find /usr/lib /usr/local /opt -name '*pkcs11*.so*'".to_owned(),
        }),
        // The library is there, and one that it needs is not.
        Error::ModuleNotPkcs11 { reason, .. } if reason.contains("cannot open shared object file") => {
            Some(format!("ldd {quoted} | grep 'not found'"))
        }
        Error::ModuleNotPkcs11 { .. } | Error::ModuleCrashed => Some(match package {
            Some(package) => format!("apt install --reinstall {package}"),
            None => format!("file -L {quoted}"),
        }),
        // Debian's SoftHSM keeps its tokens where its group alone may look.
        Error::Refused { .. } if package == Some("softhsm2") => Some("adduser $USER softhsm".to_owned()),
        Error::Timeout if package_in(&CARD_MODULES, path).is_some() => Some("systemctl restart pcscd".to_owned()),
        _ => None,
    }
}

fn package_in(known: &[(&str, &'static str)], module: &Path) -> Option<&'static str> {
    let name = module.file_name()?.to_str()?;
    known
        .iter()
        .find(|(file, _)| *file == name)
        .map(|(_, package)| *package)
}

fn shell_word(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
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

    fn with(modules: Vec<Loaded>) -> Vec<Check> {
        let machine = Machine {
            modules,
            pcscd_socket: "/nowhere/pcscd".into(),
            ..Machine::default()
        };
        examine(&machine, Lang::En)
    }

    fn named(checks: &[Check], name: &str) -> Check {
        checks.iter().find(|c| c.name == name).unwrap().clone()
    }

    fn loaded(path: &str, outcome: Result<(usize, usize), Error>) -> Loaded {
        let outcome = outcome.map(|(slots, readers)| Shown {
            slots,
            readers,
            tokens: 0,
        });
        Loaded {
            path: path.into(),
            outcome,
        }
    }

    #[test]
    fn a_machine_without_cards_needs_no_card_service() {
        let hsm = || loaded("/usr/lib/hsm/lib.so", Ok((2, 0)));
        let missing = || loaded("/usr/lib/hsm/lib.so", Err(Error::ModuleCrashed));
        for modules in [vec![hsm()], vec![hsm(), hsm()], vec![missing()]] {
            assert!(named(&with(modules), "pcscd").good);
        }
        let card = |outcome| loaded("/usr/lib/opensc-pkcs11.so", outcome);
        // Without its service a card module shows no slots at all.
        for modules in [
            vec![],
            vec![hsm(), card(Ok((0, 0)))],
            vec![card(Ok((1, 1)))],
            vec![card(Err(Error::Timeout))],
        ] {
            let checks = with(modules);
            let pcscd = named(&checks, "pcscd");
            assert!(
                !pcscd.good && pcscd.mend.unwrap().contains("apt install pcscd"),
                "{checks:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_module_is_named_with_its_remedy() {
        let not = |reason: &str| Error::ModuleNotPkcs11 {
            path: "/x".to_owned(),
            reason: reason.to_owned(),
        };
        let missing = || Error::ModuleMissing { path: "/x".to_owned() };
        let refused = Error::Refused {
            function: "C_Initialize".to_owned(),
            code: "CKR_GENERAL_ERROR".to_owned(),
        };
        let rows = [
            ("/usr/lib/libsofthsm2.so", missing(), "apt install softhsm2"),
            ("/usr/lib/it's/p11.so", missing(), "find /usr/lib"),
            (
                "/usr/lib/it's/p11.so",
                not("libfoo.so.1: cannot open shared object file: No such file or directory"),
                "ldd '/usr/lib/it'\\''s/p11.so'",
            ),
            (
                "/usr/lib/p11.so",
                not("invalid ELF header"),
                "file -L '/usr/lib/p11.so'",
            ),
            (
                "/usr/lib/opensc-pkcs11.so",
                Error::ModuleCrashed,
                "apt install --reinstall opensc-pkcs11",
            ),
            ("/usr/lib/libsofthsm2.so", refused, "adduser $USER softhsm"),
        ];
        for (path, error, mend) in rows {
            let words = error.explain(Lang::En);
            let module = named(&with(vec![loaded(path, Err(error))]), "module");
            assert!(
                !module.good && module.found.contains(path) && module.found.contains(&words),
                "{module:?}"
            );
            assert!(module.mend.as_ref().unwrap().starts_with(mend), "{module:?}");
        }
    }

    #[test]
    fn what_is_there_needs_no_remedy() {
        let here = std::env::current_exe().unwrap();
        let machine = Machine {
            pinentry: Some(here.clone()),
            cjk_font: Some(here),
            ..Machine::default()
        };
        let checks = examine(&machine, Lang::Ja);
        for name in ["pinentry", "font"] {
            let check = named(&checks, name);
            assert!(check.good && check.mend.is_none());
        }
    }
}
