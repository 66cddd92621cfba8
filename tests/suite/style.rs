//! The house's habits as tests: files stay short, people are not met with insiders' words, documents name commands that exist.

use crate::support::{repository, run};
use hankod::text::Lang;
use std::path::Path;
use std::process::Command;

/// A hand-written file above this is two files.
const MAX_FILE_LINES: usize = 600;

/// Words that staff and signers must never read, as they stand in text (whole words; letters in either case).
const INSIDER_WORDS: &[&str] = &[
    "token",
    "tokens",
    "pairing",
    "pairings",
    "manifest",
    "credential",
    "credentials",
    "loopback",
    "B-LTA",
    "DocMDP",
];
/// The same in katakana, where words have no borders.
const INSIDER_KATAKANA: &[&str] = &[
    "トークン",
    "ペアリング",
    "マニフェスト",
    "クレデンシャル",
    "ループバック",
];

/// Programs whose commands the README may show without the repository holding them.
const OUTSIDE_COMMANDS: &[&str] = &[
    "git",
    "cd",
    "sudo",
    "apt-get",
    "curl",
    "pdfsig",
    "cargo",
    "cat",
    "systemctl",
];

#[test]
fn files_stay_short() {
    for path in tracked() {
        let hand_written = [".rs", ".mjs", ".js", ".css", ".html", ".py", ".sh", ".sql"];
        if hand_written.iter().any(|end| path.ends_with(end)) {
            let lines = read(&path).lines().count();
            assert!(
                lines <= MAX_FILE_LINES,
                "{path} has {lines} lines; {MAX_FILE_LINES} is the limit"
            );
        }
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let homes = ["/root/", "/work/", "/opt/"];
    for path in tracked() {
        let Ok(text) = std::fs::read_to_string(repository(&path)) else {
            continue;
        };
        if path == file!() {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let named = homes.iter().find(|home| names_path(line, home));
            assert!(named.is_none(), "{path}:{}: {line}", number + 1);
        }
    }
}

#[test]
fn the_lock_files_name_no_host() {
    let lock = read("tests/browser/package-lock.json");
    assert!(!lock.contains("\"resolved\""), "npm wrote hosts into package-lock.json");
    let lock = read("Cargo.lock");
    let sources = lock.lines().filter(|line| line.starts_with("source = "));
    for source in sources {
        assert_eq!(
            source,
            "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        );
    }
}

#[test]
fn people_are_not_met_with_insiders_words() {
    for path in tracked() {
        let catalogue = ["console.ftl", "office.ftl", "signer.ftl"]
            .iter()
            .any(|name| path.ends_with(name));
        let page = path.starts_with("src/console/") && (path.ends_with(".html") || path.ends_with(".htm"));
        if !catalogue && !page {
            continue;
        }
        let text = read(&path);
        let shown = if page {
            text_of_page(&text)
        } else {
            text_of_catalogue(&text)
        };
        let found = insider_words(&shown);
        assert!(found.is_empty(), "{path} shows {found:?}");
    }
}

#[test]
fn insiders_words_are_found_where_people_read() {
    let page = "<p class=token data-pairing=1>カードを<!-- token -->置く</p><script>let token;</script>";
    assert_eq!(insider_words(&text_of_page(page)), [""; 0]);
    assert_eq!(
        insider_words(&text_of_page("<button title=\"Token\">ペアリング</button>")),
        ["token", "ペアリング"]
    );
    let catalogue = "# token\ntoken-title = カード { $token }\n    の Token-list\nlevel = B-LTA\n";
    assert_eq!(insider_words(&text_of_catalogue(catalogue)), ["token", "B-LTA"]);
    assert_eq!(insider_words("tokenize, B-LTAX"), [""; 0]);
}

#[test]
fn every_code_has_its_message() {
    let mut known = 0;
    for path in tracked() {
        if !path.starts_with("src/") || !path.ends_with(".rs") {
            continue;
        }
        for code in codes_of(&read(&path)) {
            let id = code.replace('_', "-");
            assert!(hankod::text::has(Lang::Ja, &id), "{path}: `{code}` has no message");
            known += 1;
        }
    }
    assert!(known > 0);
}

#[test]
fn codes_are_found() {
    let text =
        "x(\"no\"); fn code(&self) -> &'static str {\n match self {\n A => \"a_b\",\n B => \"c\",\n }\n    }\n\"no\"";
    assert_eq!(codes_of(text), ["a_b", "c"]);
}

#[test]
fn the_readmes_name_commands_that_exist() {
    let makefile = read("Makefile");
    for path in tracked() {
        if !path.starts_with("README") {
            continue;
        }
        for line in commands_of(&read(&path)) {
            let words: Vec<&str> = without_assignment(&line).split_whitespace().collect();
            let exists = match words[..] {
                ["make", target, ..] => makefile.lines().any(|l| l.starts_with(&format!("{target}:"))),
                ["hankod", ..] => hankod_knows(&words[1..]),
                [program, ..] if program.contains('/') => {
                    repository(program).exists() || (program.ends_with("/hankod") && hankod_knows(&words[1..]))
                }
                [program, ..] => OUTSIDE_COMMANDS.contains(&program),
                [] => true,
            };
            assert!(exists, "{path}: `{line}` does not exist");
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let guide = read("CONTRIBUTING.md");
    let names = dependencies_of(&manifest);
    assert!(names.len() > 40, "{names:?}");
    for name in &names {
        assert!(
            guide.contains(&format!("\n| `{name}` | ")),
            "CONTRIBUTING.md gives no reason for {name}"
        );
    }
    let rows = guide.split("## Dependencies").nth(1).unwrap_or("").lines();
    for row in rows.filter_map(|line| line.strip_prefix("| `")) {
        let name = row.split('`').next().unwrap_or("");
        assert!(
            names.contains(&name),
            "CONTRIBUTING.md gives a reason for {name}, which is no dependency"
        );
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut known = 0;
    for path in tracked().iter().filter(|path| path.ends_with(".md")) {
        let folder = Path::new(path).parent().unwrap();
        for target in read(path).split("](").skip(1) {
            let target = target.split([')', '#']).next().unwrap_or("");
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let there = repository("").join(folder).join(target).exists();
            assert!(there, "{path} links to {target}, which does not exist");
            known += 1;
        }
    }
    assert!(known > 20);
}

/// The names in `[dependencies]` and `[dev-dependencies]`.
fn dependencies_of(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && let Some((name, _)) = line.split_once(" = ") {
            names.push(name);
        }
    }
    names
}

/// Every file that git knows; in an unpacked archive without git the test has nothing to say and fails.
pub(crate) fn tracked() -> Vec<String> {
    let said = run(
        Command::new("git").args(["ls-files", "-z"]).current_dir(repository("")),
        "",
    );
    assert!(said.ok, "{}", said.stderr);
    let files = said.stdout.split_terminator('\0').map(str::to_owned);
    let there: Vec<String> = files.filter(|path| repository(path).is_file()).collect();
    assert!(
        there.iter().any(|path| path == file!()),
        "git does not list {}",
        file!()
    );
    there
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// `home` at the start of a path, not inside one (`/work/` in `a/work/b`) and not in an address.
fn names_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"/._-}~:)*$%".contains(c))
    })
}

/// What a browser would show of a page: no tags, comments, styles or scripts; titles, labels, placeholders and alternative texts.
fn text_of_page(page: &str) -> String {
    let mut rest = page.to_owned();
    for (open, close) in [("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")] {
        while let Some(start) = rest.find(open) {
            let end = rest[start..]
                .find(close)
                .map_or(rest.len(), |end| start + end + close.len());
            rest.replace_range(start..end, " ");
        }
    }
    let mut shown = String::new();
    for piece in rest.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        for attribute in ["title=\"", "aria-label=\"", "placeholder=\"", "alt=\""] {
            let value = tag.split_once(attribute).and_then(|(_, v)| v.split('"').next());
            shown.push_str(value.unwrap_or(""));
            shown.push('\n');
        }
        shown.push_str(text);
        shown.push('\n');
    }
    shown
}

/// The values of a Fluent file without names, comments and placeables.
fn text_of_catalogue(catalogue: &str) -> String {
    let lines = catalogue.lines().filter(|line| !line.starts_with('#'));
    let values = lines.map(|line| match line.split_once(" =") {
        Some((_, value)) if !line.starts_with(' ') => value,
        _ => line,
    });
    let mut shown = String::new();
    for value in values {
        let mut depth = 0;
        for c in value.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if depth == 0 => shown.push(c),
                _ => {}
            }
        }
        shown.push('\n');
    }
    shown
}

fn insider_words(shown: &str) -> Vec<&'static str> {
    let lower = shown.to_lowercase();
    let whole = |word: &str| {
        let word = word.to_lowercase();
        lower.match_indices(&word).any(|(at, _)| {
            let border = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
            border(lower[..at].chars().next_back()) && border(lower[at + word.len()..].chars().next())
        })
    };
    let latin = INSIDER_WORDS.iter().filter(|word| whole(word));
    let kana = INSIDER_KATAKANA.iter().filter(|word| lower.contains(**word));
    latin.chain(kana).copied().collect()
}

/// The string literals of every `fn code(&self)` that stands in an `impl`.
pub(crate) fn codes_of(source: &str) -> Vec<String> {
    let bodies = source.split("fn code(&self) -> &'static str {").skip(1);
    let bodies = bodies.map(|rest| rest.split("\n    }").next().unwrap_or(""));
    bodies
        .flat_map(|body| body.split('"').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// The lines of fenced `sh`, `console` and `bash` blocks, without prompt, comment and continuation.
fn commands_of(readme: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut inside, mut shell, mut continued) = (false, false, false);
    for line in readme.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            inside = !inside;
            shell = inside && ["sh", "bash", "console"].contains(&kind.trim());
            continue;
        }
        let command = line.trim().trim_start_matches("$ ");
        let command = command.split(" #").next().unwrap_or("");
        if shell && !continued && !command.is_empty() && !command.starts_with('#') {
            found.push(command.to_owned());
        }
        continued = line.ends_with('\\');
    }
    found
}

/// The command that a line runs: of `NAME=$(command ...)` the one inside, of `NAME=value` none.
fn without_assignment(line: &str) -> &str {
    match line.split_once('=') {
        Some((name, value)) if name.bytes().all(|b| b.is_ascii_uppercase()) => value
            .strip_prefix("$(")
            .map_or("", |command| command.trim_end_matches(')')),
        _ => line,
    }
}

#[test]
fn the_command_inside_an_assignment_is_looked_at() {
    assert_eq!(without_assignment("KEY=$(hankod site allow)"), "hankod site allow");
    assert_eq!(without_assignment("NAME=value"), "");
    assert_eq!(without_assignment("make demo ARGS=--once"), "make demo ARGS=--once");
}

/// `hankod SUBCOMMAND... --help` succeeds for the leading words of the command line.
fn hankod_knows(words: &[&str]) -> bool {
    let names = words
        .iter()
        .take_while(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !w.starts_with('-'));
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_hankod")));
    run(command.args(names).arg("--help"), "").ok
}
