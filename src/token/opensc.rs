//! How OpenSC is told to work for us: which cards it looks for first, and that a card belongs to one process from the PIN to the logout.
//!
//! Without `lock_login` another program could sign between two of our calls; with it the card's transaction lasts as long as the login, and where the worker ends without a logout, until pcscd resets the card.
//! OpenSC could end each transaction with a reset (`transaction_end_action`), which would leave no moment between; but its driver for My Number cards does not find its applet again after one.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The variable that names OpenSC's configuration file.
pub const VARIABLE: &str = "OPENSC_CONF";
/// Libraries that read it.
const LIBRARIES: &[&str] = &["opensc-pkcs11.so", "onepin-opensc-pkcs11.so"];
/// What stands in the file. Fewer drivers ask a card for fewer applets before its own is found.
pub const CONFIGURATION: &str = "\
# Written by hankod for its own processes; changes are overwritten.
# A file of your own: env = { OPENSC_CONF = \"/path\" } at the [[module]].
app default {
    card_drivers = jpki, PIV-II, default;
    reader_driver pcsc {
        disconnect_action = unpower;
    }
}
app opensc-pkcs11 {
    pkcs11 {
        lock_login = true;
    }
}
";

/// How a worker of OpenSC is told to see one reader alone: by a configuration file of its own that has it ignore the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PerReader {
    /// Where the files are written.
    pub folder: PathBuf,
    /// What their names begin with, another one for each module.
    pub name: String,
    /// What stands in each, but for the readers.
    pub text: String,
    /// With it a card belongs to one process from the PIN on.
    pub locks: bool,
}

impl PerReader {
    /// The file of the reader with this number; without one, that of the worker which sees no reader.
    pub(super) fn file(&self, number: Option<u32>) -> PathBuf {
        let number = number.map(|number| format!("-{number:06x}")).unwrap_or_default();
        self.folder.join(format!("{}{number}.conf", self.name))
    }

    /// Writes the file of a reader, which the worker sees among `readers`; without one, of the worker that sees none. What stands there already is left alone.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write(&self, reader: Option<(u32, &str)>, readers: &BTreeSet<String>) -> io::Result<()> {
        let file = self.file(reader.map(|(number, _)| number));
        let ignored = match reader {
            // Every reader's name has one.
            None => vec![" "],
            Some((_, own)) => readers
                .iter()
                .map(String::as_str)
                .filter(|other| hides(other, own))
                .collect(),
        };
        let text = ignoring(&self.text, &ignored);
        if std::fs::read(&file).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(());
        }
        let mut new = tempfile::NamedTempFile::new_in(&self.folder)?;
        new.write_all(text.as_bytes())?;
        new.persist(file)?;
        Ok(())
    }
}

/// `true` when the other reader's name can stand in the list: OpenSC ignores every reader in whose name it is found.
fn hides(other: &str, own: &str) -> bool {
    !own.contains(other) && !other.contains(['"', '\\']) && !other.contains(char::is_control)
}

/// The configuration with a list of readers to ignore. OpenSC reads the first block of a name and no other.
fn ignoring(text: &str, readers: &[&str]) -> String {
    if readers.is_empty() {
        return text.to_owned();
    }
    let quoted: Vec<String> = readers.iter().map(|name| format!("\"{name}\"")).collect();
    let line = format!("    ignored_readers = {};\n", quoted.join(", "));
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let opens = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.starts_with(&["app", "default", "{"])
    };
    let Some(block) = lines.iter().position(opens) else {
        return format!("app default {{\n{line}}}\n{text}");
    };
    let (head, rest) = lines[block].split_once('{').unwrap_or((lines[block], ""));
    let opened = format!("{head}{{\n{line}{rest}");
    lines[block] = &opened;
    lines.concat()
}

/// `true` for OpenSC's PKCS#11 libraries.
pub fn is_opensc(module: &Path) -> bool {
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| LIBRARIES.contains(&name))
    };
    named(module) || module.canonicalize().is_ok_and(|path| named(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_kept_from_the_other_readers_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let per = |text: &str| PerReader {
            folder: folder.path().to_owned(),
            name: "opensc".to_owned(),
            text: text.to_owned(),
            locks: true,
        };
        let readers = ["A 00", "A 00 01", "B \"x\"", "C 00"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let written = |text: &str, reader| {
            per(text).write(reader, &readers).unwrap();
            std::fs::read_to_string(per(text).file(reader.map(|(number, _)| number))).unwrap()
        };
        let own = written(CONFIGURATION, Some((7, "A 00 01")));
        assert!(
            own.contains("app default {\n    ignored_readers = \"C 00\";\n"),
            "{own}"
        );
        assert_eq!(
            own.replace("    ignored_readers = \"C 00\";\n", ""),
            CONFIGURATION.replace("default {\n", "default {\n\n")
        );
        let theirs = written(
            "# app default {\napp x { }\napp default { debug = 0; }\n",
            Some((7, "C 00")),
        );
        assert!(
            theirs.contains("app default {\n    ignored_readers = \"A 00\", \"A 00 01\";\n debug = 0; }"),
            "{theirs}"
        );
        assert!(written("", None).starts_with("app default {\n    ignored_readers = \" \";\n}"));
    }

    #[test]
    fn the_library_is_known_by_its_name_wherever_it_lies() {
        assert!(is_opensc(Path::new("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")));
        assert!(!is_opensc(Path::new("/usr/lib/softhsm/libsofthsm2.so")));
    }
}
