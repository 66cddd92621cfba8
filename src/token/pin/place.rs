//! Where the person of a command sits: the few variables by which a prompt program finds a screen or terminal.
//!
//! It crosses the control socket, so names outside the list and long values are refused. Language is no part of it: that comes with the request.

use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;

/// Longest value, in bytes.
const MAX_VALUE_BYTES: usize = 1024;
/// What may be handed over; the first three are places by themselves.
const NAMES: &[&str] = &[
    "GPG_TTY",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "TERM",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "DBUS_SESSION_BUS_ADDRESS",
];
const PLACES: usize = 3;

/// A screen or terminal; the default is nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<(String, OsString)>", into = "Vec<(String, OsString)>")]
pub struct Place(Vec<(String, OsString)>);

impl Place {
    /// Where this process was started; its terminal is found also without `GPG_TTY`.
    pub fn of_process() -> Self {
        let terminal = || {
            let terminal = std::io::stdin().is_terminal();
            let name = terminal.then(|| std::fs::read_link("/proc/self/fd/0").ok())?;
            Some(name?.into_os_string())
        };
        let value = |name: &str| match std::env::var_os(name).filter(|value| !value.is_empty()) {
            None if name == NAMES[0] => terminal(),
            given => given,
        };
        let found = NAMES.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?)));
        // What cannot be handed over is left out rather than failing the command.
        Self(found.filter(|(_, value)| fits(value)).collect())
    }

    /// `true` when there is neither screen nor terminal.
    pub fn is_nowhere(&self) -> bool {
        !self.0.iter().any(|(name, _)| NAMES[..PLACES].contains(&name.as_str()))
    }

    /// `true` for a variable that belongs to a place.
    pub(super) fn names(name: &OsStr) -> bool {
        NAMES.iter().any(|known| *known == name)
    }

    pub(super) fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> {
        self.0.iter().map(|(name, value)| (name.into(), value.clone()))
    }
}

impl TryFrom<Vec<(String, OsString)>> for Place {
    type Error = &'static str;

    fn try_from(given: Vec<(String, OsString)>) -> Result<Self, Self::Error> {
        let known = |(name, value): &(String, OsString)| NAMES.contains(&name.as_str()) && fits(value);
        match given.len() <= NAMES.len() && given.iter().all(known) {
            true => Ok(Self(given)),
            false => Err("a variable that no place has, or too long a value"),
        }
    }
}

impl From<Place> for Vec<(String, OsString)> {
    fn from(place: Place) -> Self {
        place.0
    }
}

fn fits(value: &OsStr) -> bool {
    value.len() <= MAX_VALUE_BYTES && !value.as_bytes().iter().any(u8::is_ascii_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> Result<Place, &'static str> {
        let given = variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        given.collect::<Vec<_>>().try_into()
    }

    #[test]
    fn only_places_cross_the_socket() {
        let terminal = place(&[("GPG_TTY", "/dev/pts/7"), ("TERM", "xterm")]).unwrap();
        let text = serde_json::to_string(&terminal).unwrap();
        assert_eq!(serde_json::from_str::<Place>(&text).unwrap(), terminal);
        assert!(!terminal.is_nowhere());
        assert!(place(&[("TERM", "xterm")]).unwrap().is_nowhere());
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        for faulty in [
            ("LD_PRELOAD", "/tmp/x.so"),
            ("PATH", "/tmp"),
            ("DISPLAY", long.as_str()),
            ("GPG_TTY", "/dev/pts/7\nOPTION no-grab"),
        ] {
            assert!(place(&[faulty]).is_err(), "{faulty:?}");
        }
        assert!(place(&[("TERM", "x"); 9]).is_err());
    }
}
