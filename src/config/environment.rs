//! What the process was told by its environment, read once by whoever starts it. Everything below is handed this and reads no variable itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::text::Lang;

/// The variables that matter to the configuration and the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `HOME`
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`
    pub config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`
    pub state_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`
    pub data_home: Option<PathBuf>,
    /// `STATE_DIRECTORY`: what systemd made for the unit.
    pub state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`: systemd's credentials of the unit.
    pub credentials_directory: Option<PathBuf>,
    /// The locale of messages: `LC_ALL`, `LC_MESSAGES` or `LANG`.
    pub locale: Option<String>,
}

impl Environment {
    /// Reads this process's environment.
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var_os(name))
    }

    /// Takes variables from `get`. Relative paths are no paths (XDG Base Directory Specification, "Basics"), empty values no values.
    pub fn read(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| get(name).filter(|value| !value.is_empty());
        let path = |name: &str| text(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let locale = |name: &str| text(name)?.into_string().ok();
        // systemd separates several folders by colons; the first is ours.
        let state_directory = text("STATE_DIRECTORY").and_then(|value| {
            let first = value.to_str()?.split(':').next()?;
            Some(PathBuf::from(first)).filter(|path| path.is_absolute())
        });
        Self {
            home: path("HOME"),
            config_home: path("XDG_CONFIG_HOME"),
            state_home: path("XDG_STATE_HOME"),
            data_home: path("XDG_DATA_HOME"),
            state_directory,
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            locale: locale("LC_ALL")
                .or_else(|| locale("LC_MESSAGES"))
                .or_else(|| locale("LANG")),
        }
    }

    /// The language of the locale; Japanese for none and for others.
    pub fn lang(&self) -> Lang {
        self.locale.as_deref().and_then(Lang::from_tag).unwrap_or_default()
    }

    /// Where a configuration is looked for, the first that exists counts.
    pub fn config_files(&self) -> Vec<PathBuf> {
        let own = self.under(self.config_home.as_deref(), ".config");
        let system = PathBuf::from("/etc");
        own.into_iter()
            .chain([system])
            .map(|dir| dir.join("hankod/hankod.toml"))
            .collect()
    }

    /// The state folder when nothing is configured; `None` without a home.
    pub fn state_dir(&self) -> Option<PathBuf> {
        let own = || Some(self.under(self.state_home.as_deref(), ".local/state")?.join("hankod"));
        self.state_directory.clone().or_else(own)
    }

    /// Where data of a person's programs goes, as `XDG_DATA_HOME` is defined; `None` without a home.
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.under(self.data_home.as_deref(), ".local/share")
    }

    fn under(&self, given: Option<&Path>, otherwise: &str) -> Option<PathBuf> {
        given
            .map(Path::to_owned)
            .or_else(|| Some(self.home.as_ref()?.join(otherwise)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()))
    }

    #[test]
    fn folders_come_from_systemd_then_xdg_then_home() {
        let home = of(&[
            ("HOME", "/var/people/kono"),
            ("XDG_STATE_HOME", "relative"),
            ("LANG", "en_US.UTF-8"),
        ]);
        assert_eq!(home.state_dir(), Some("/var/people/kono/.local/state/hankod".into()));
        assert_eq!(
            home.config_files(),
            ["/var/people/kono/.config/hankod/hankod.toml", "/etc/hankod/hankod.toml"].map(PathBuf::from)
        );
        assert_eq!(home.lang(), Lang::En);
        let unit = of(&[
            ("HOME", "/root"),
            ("STATE_DIRECTORY", "/var/lib/hankod:/var/lib/x"),
            ("LC_ALL", "C.UTF-8"),
        ]);
        assert_eq!(unit.state_dir(), Some("/var/lib/hankod".into()));
        assert_eq!(unit.lang(), Lang::Ja);
        assert_eq!(of(&[]).state_dir(), None);
    }
}
