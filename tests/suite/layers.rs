//! The walls of the house: who may import whom, what every file must say, where `unsafe` may stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Bottom first. A module may use itself and the rows before its own, never a neighbour.
const ROWS: &[&[&str]] = &[
    &["clock", "secret", "text"],
    &["der", "config", "console", "process"],
    &["cms", "pdf", "net", "token", "render"],
    &["tsa", "trust"],
    &["sign", "verify", "fetch"],
    &["contract"],
    &["store"],
    &["audit", "access", "mail", "hook"],
    &["app"],
    &["http"],
    &["daemon"],
    &["demo"],
    &["cli"],
];

/// What the rows would allow and the design does not: bytes are prepared and judged without hardware or network, and the skins speak to `app`.
const NEVER: &[(&str, &[&str])] = &[
    ("tsa", &["token", "net"]),
    ("trust", &["token", "net"]),
    ("sign", &["token", "net"]),
    ("verify", &["token", "net"]),
    ("contract", &["token", "net", "fetch"]),
    ("http", &["token", "net", "fetch", "store", "mail", "cms", "pdf"]),
    ("cli", &["token", "net", "fetch", "store", "mail", "cms", "pdf"]),
];

/// The two files that may say `unsafe`: the raw `C_Sign`, and the map of our own private copy.
const UNSAFE_FILES: &[&str] = &["src/pdf/map.rs", "src/token/raw.rs"];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &str) -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(dir), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// The top-level module that a file under `src/` belongs to; `None` for `lib.rs` and `main.rs`.
fn module_of(path: &str) -> Option<String> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let module = first.trim_end_matches(".rs");
    (!["lib", "main"].contains(&module)).then(|| module.to_owned())
}

/// Every top-level module named by a `crate::` path outside comments.
fn named(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or("").to_owned() + "\n")
        .collect();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            continue;
        };
        let (mut depth, mut name, mut taken) = (0, String::new(), false);
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.insert(std::mem::take(&mut name));
                    taken = false;
                }
                c if depth == 0 && !taken && (c.is_alphanumeric() || c == '_') => name.push(c),
                _ => taken |= !name.is_empty(),
            }
        }
        found.insert(name);
    }
    found.remove("");
    found
}

#[test]
fn modules_import_downwards_only() {
    let mut bad = Vec::new();
    for (path, text) in sources("src") {
        let Some(here) = module_of(&path) else { continue };
        let Some(own) = row(&here) else {
            bad.push(format!("{path}: module `{here}` has no row"));
            continue;
        };
        for used in named(&text) {
            let Some(other) = row(&used) else { continue };
            let forbidden = NEVER
                .iter()
                .any(|(module, list)| *module == here && list.contains(&used.as_str()));
            if used != here && (other >= own || forbidden) {
                bad.push(format!("{path}: `{here}` may not use `{used}`"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn the_wall_sees_every_form_of_import() {
    let text = "use crate::{pdf::{a, token}, net, sign as s};\n// crate::store\nlet x = crate::mail::y();";
    let names: Vec<String> = named(text).into_iter().collect();
    assert_eq!(names, ["mail", "net", "pdf", "sign"]);
}

#[test]
fn a_grant_is_minted_in_one_place() {
    for (path, text) in sources("src") {
        let may = path.starts_with("src/token") || path == "src/app/authorise.rs";
        assert!(
            may || !text.contains("Grant::mint"),
            "{path} mints a grant; only app::authorise may"
        );
    }
}

#[test]
fn every_file_says_what_it_is() {
    for dir in ["src", "tests", "benches"] {
        if !root().join(dir).exists() {
            continue;
        }
        for (path, text) in sources(dir) {
            assert!(text.starts_with("//! "), "{path} does not open with `//!`");
        }
    }
}

#[test]
fn unsafe_stands_in_two_files() {
    for (path, text) in sources("src") {
        let excepted = text.contains("expect(unsafe_code") || text.contains("allow(unsafe_code");
        assert!(
            !excepted || UNSAFE_FILES.contains(&path.as_str()),
            "{path} makes an exception for unsafe code"
        );
    }
}

#[test]
fn the_clock_is_read_in_app_and_above() {
    let app = row("app").unwrap();
    for (path, text) in sources("src") {
        let Some(module) = module_of(&path) else { continue };
        let below = row(&module).is_some_and(|r| r < app);
        assert!(!below || !text.contains("SystemTime::now"), "{path} reads the clock");
    }
}
