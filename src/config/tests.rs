//! The configuration as a whole: the example, what is refused and on which line, and thousands of broken files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::raw::Raw;
use super::{Config, ConfigError, Environment, PinSource, TokenName, ValueError};
use crate::text::{Explain, Lang};

const EXAMPLE: &str = include_str!("../../hankod.example.toml");

fn environment() -> Environment {
    Environment {
        home: Some("/var/people/kono".into()),
        ..Environment::default()
    }
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/hankod/hankod.toml"), &environment())
}

/// The example with its defaults, and with its examples too, as they would be without the comment signs.
fn example(also_added: bool) -> String {
    let line = |line: &str| match line.strip_prefix("#+") {
        Some(added) => if also_added { added } else { "" }.to_owned(),
        None => match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest.to_owned(),
            _ => String::new(),
        },
    };
    EXAMPLE.lines().map(|l| line(l) + "\n").collect()
}

#[test]
fn the_example_states_the_defaults() {
    let stated = parse(&example(false)).unwrap();
    let defaults = Config::defaults(&environment()).unwrap();
    assert_eq!(Config { file: None, ..stated }, defaults);
}

#[test]
fn the_example_names_every_key() {
    let raw: Raw = toml::from_str(&example(true)).unwrap();
    let mut missing = Vec::new();
    find_missing(&serde_json::to_value(&raw).unwrap(), "", &mut missing);
    // A token is named by one of two keys and has one of two PINs; the example shows two tokens that together show all. So it does for TSAs.
    missing.sort();
    assert_eq!(
        missing,
        [
            ".policy.0.certificate",
            ".policy.1.digests",
            ".policy.1.four_eyes",
            ".policy.1.hours",
            ".policy.1.label",
            ".policy.1.max_signatures",
            ".policy.1.period_ms",
            ".token.0.pin_credential",
            ".token.0.serial",
            ".token.1.label",
            ".token.1.pin_file",
            ".tsa.0.bearer_file",
            ".tsa.1.client_certificate_file",
            ".tsa.1.client_key_file",
            ".tsa.1.deadline_ms",
            ".tsa.1.password_file",
            ".tsa.1.policy",
            ".tsa.1.quota_requests",
            ".tsa.1.quota_window_ms",
            ".tsa.1.user"
        ]
    );
}

fn find_missing(value: &serde_json::Value, at: &str, missing: &mut Vec<String>) {
    match value {
        serde_json::Value::Null => missing.push(at.to_owned()),
        serde_json::Value::Object(map) => map
            .iter()
            .for_each(|(k, v)| find_missing(v, &format!("{at}.{k}"), missing)),
        serde_json::Value::Array(list) => {
            assert!(!list.is_empty(), "{at} has no example");
            list.iter()
                .enumerate()
                .for_each(|(n, v)| find_missing(v, &format!("{at}.{n}"), missing));
        }
        _ => {}
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, line, code) in [
        ("lang = \"ja\"\nlisten_ = 1", 2, "config_syntax"),
        ("\n[limits]\nmax_documents = \"3\"", 3, "config_syntax"),
        ("\n[limits]\nmax_documents = 0", 3, "config_range"),
        ("[limits]\nidle_deadline_ms = -1", 2, "config_range"),
        ("x = [", 1, "config_syntax"),
        ("role = \"server\"\nlisten = \"0.0.0.0:10806\"", 2, "config_plain_http"),
        ("role = \"server\"\n[admin]\nlisten = \"0.0.0.0:1\"", 3, "config_listen"),
        ("[admin]\nlisten = \"127.0.0.1:1\"", 2, "config_server_only"),
        ("role = \"server\"\n[tls]\nclient_ca_file = \"a\"", 3, "config_one_of"),
        ("role = \"server\"\n[tls]\ncertificate_file = \"a\"", 3, "config_one_of"),
        (
            "role = \"server\"\n[tls]\ncertificate_file = \"a\"\nkey_file = \"/nonexistent/k\"",
            4,
            "config_secret_file",
        ),
        ("role = \"both\"", 1, "config_choice"),
        ("\nlisten = \"0.0.0.0:10805\"", 2, "config_listen"),
        ("listen = \"192.168.1.2:1\"", 1, "config_listen"),
        ("listen = \"127.0.0.1\"", 1, "config_listen"),
        ("lang = \"fr\"", 1, "config_choice"),
        ("log = { level = \"trace\" }", 1, "config_choice"),
        ("[[site]]\norigin = \"https://a.jp/\"", 2, "config_origin"),
        (
            "[[site]]\norigin = \"https://a.jp\"\n[[site]]\norigin = \"https://A.jp:443\"",
            4,
            "config_twice",
        ),
        (
            "[[token]]\nlabel = \"a\"\nserial = \"1\"\npin_file = \"p\"",
            2,
            "config_one_of",
        ),
        ("[[token]]\nlabel = \"a\"", 2, "config_one_of"),
        ("[[token]]\nlabel = \"a\"\npin_credential = \"../p\"", 3, "config_text"),
        (
            "[[token]]\nlabel = \"a\"\npin_file = \"/nonexistent/p\"",
            3,
            "config_pin_file_missing",
        ),
        ("[[token]]\nlabel = \"a\"\npin = \"1234\"", 3, "config_secret_inline"),
        ("\nPIN = 1234", 2, "config_secret_inline"),
        ("x = { y = [ { api-key = \"k\" } ] }", 1, "config_secret_inline"),
        ("[[module]]\npath = \"\"", 2, "config_text"),
        ("[[tsa]]\nurl = \"ldap://a\"", 2, "config_url"),
        ("[[tsa]]\nurl = \"https://u@a/\"", 2, "config_url"),
        ("[[tsa]]\nurl = \"http://a\"\npolicy = \"1..2\"", 3, "config_oid"),
        ("[[tsa]]\nurl = \"http://a\"\nuser = \"u\"", 2, "config_one_of"),
        ("[timestamp]\nclock_tolerance_ms = 999", 2, "config_range"),
        ("[[tsa]]\nurl = \"http://a\"\nquota_requests = 2", 2, "config_one_of"),
        (
            "[[tsa]]\nurl = \"http://a\"\nbearer_file = \"/nonexistent/p\"",
            3,
            "config_secret_file",
        ),
        (
            "[[tsa]]\nurl = \"http://a\"\n[[tsa]]\nurl = \"http://a\"",
            4,
            "config_twice",
        ),
        ("[network]\nallow_private = [\"pki.example.jp\"]", 2, "config_place"),
        ("[trust]\nanchors = [\"\"]", 2, "config_text"),
        ("[trust]\nsystem = true", 2, "config_syntax"),
        ("[timestamp]\naccredited = [\"00\"]", 2, "config_sha256"),
        ("[timestamp]\naccredited_only = true", 2, "config_nothing_accredited"),
        ("[appearance]\nreason = \"a\\u202eb\"", 2, "config_text"),
        ("[[module]]\npath = \"/m.so\"\nthreads = 65", 3, "config_range"),
    ] {
        let error = parse(text).unwrap_err();
        let found = error.args().into_iter().find(|(name, _)| *name == "line").unwrap().1;
        assert_eq!((error.code(), found), (code, line.to_string()), "{text}");
        assert!(
            !error.to_string().contains("1234") && !error.explain(Lang::Ja).contains("1234"),
            "{error}"
        );
    }
}

#[test]
fn a_pin_file_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let pin = dir.path().join("p");
    fs::write(&pin, "1234\n").unwrap();
    let text = "[[token]]\nlabel = \"a\"\npin_file = \"p\"";
    let load = || Config::parse(text, &dir.path().join("hankod.toml"), &environment());
    for mode in [0o604, 0o640, 0o660] {
        fs::set_permissions(&pin, Permissions::from_mode(mode)).unwrap();
        let refused = matches!(load(), Err(ConfigError::Value { value: ValueError::PinFileOpen(p), .. }) if p == pin);
        assert!(refused, "{mode:o}");
    }
    fs::set_permissions(&pin, Permissions::from_mode(0o600)).unwrap();
    let tokens = load().unwrap().tokens;
    assert_eq!(
        (&tokens[0].name, &tokens[0].pin),
        (&TokenName::Label("a".to_owned()), &PinSource::File(pin))
    );
}

#[test]
fn a_password_for_a_tsa_goes_over_tls_or_stays_on_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("p");
    fs::write(&secret, "geheim\n").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let load = |url: &str, login: &str| {
        let text = format!("\n[[tsa]]\nurl = {url:?}\n{login}");
        Config::parse(&text, &dir.path().join("hankod.toml"), &environment())
    };
    for login in ["user = \"u\"\npassword_file = \"p\"", "bearer_file = \"p\""] {
        for url in [
            "http://tsa.example.jp/",
            "http://localhost.example.jp/",
            "http://10.0.0.1:8080/tsa",
        ] {
            let error = load(url, login).unwrap_err();
            let line = error.args().into_iter().find(|(name, _)| *name == "line").unwrap().1;
            assert_eq!((error.code(), &*line), ("config_tsa_plain_http", "3"), "{url}");
        }
        for url in ["https://tsa.example.jp/", "http://127.0.0.1:8080/tsa", "http://[::1]/"] {
            assert!(load(url, login).unwrap().tsas[0].login.is_some(), "{url}");
        }
    }
    assert!(load("http://tsa.example.jp/", "").unwrap().tsas[0].login.is_none());
}

#[test]
fn two_spellings_of_one_module_are_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.so"), "").unwrap();
    std::os::unix::fs::symlink("m.so", dir.path().join("n.so")).unwrap();
    let load = |second: &str| {
        let text = format!("[[module]]\npath = \"m.so\"\n[[module]]\npath = {second:?}");
        Config::parse(&text, &dir.path().join("hankod.toml"), &environment())
    };
    for second in ["./m.so", "n.so"] {
        assert_eq!(load(second).unwrap_err().code(), "config_twice", "{second}");
    }
    assert_eq!(load("other.so").unwrap().modules.len(), 2);
}

#[test]
fn a_credential_is_missed_where_systemd_gives_others_and_by_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[[token]]\nlabel = \"a\"\npin_credential = \"p\"";
    let load = |environment: &Environment| Config::parse(text, &dir.path().join("hankod.toml"), environment);
    assert_eq!(load(&environment()).unwrap().tokens[0].pin, PinSource::Credential(None));
    let unit = Environment {
        credentials_directory: Some(dir.path().to_owned()),
        ..environment()
    };
    assert_eq!(load(&unit).unwrap_err().code(), "config_pin_file_missing");
    let credential = dir.path().join("p");
    fs::write(&credential, "1234").unwrap();
    assert_eq!(
        load(&unit).unwrap().tokens[0].pin,
        PinSource::Credential(Some(credential))
    );
}

#[test]
fn the_file_is_found_and_must_be_ours_alone_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hankod/hankod.toml");
    let environment = Environment {
        config_home: Some(dir.path().to_owned()),
        ..environment()
    };
    let unreadable = Config::load(Some(&file), &environment);
    assert!(
        matches!(unreadable, Err(ConfigError::Unreadable { .. })),
        "{unreadable:?}"
    );
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "listen = \"[::1]:0\"\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let config = Config::load(None, &environment).unwrap();
    assert_eq!(
        (config.file, config.listen.to_string()),
        (Some(file.clone()), "[::1]:0".to_owned())
    );
    fs::set_permissions(&file, Permissions::from_mode(0o646)).unwrap();
    assert!(matches!(
        Config::load(None, &environment),
        Err(ConfigError::WritableByOthers { .. })
    ));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "#".repeat(super::MAX_CONFIG_BYTES + 1)).unwrap();
    assert!(matches!(
        Config::load(None, &environment),
        Err(ConfigError::TooLong { .. })
    ));
}

#[test]
fn five_thousand_broken_files_are_read_or_refused() {
    let whole = example(true).into_bytes();
    let (mut state, mut refused) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..5_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(4) {
            let (at, length) = (random(bytes.len()), random(40));
            match random(5) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.drain(at..(at + length).min(bytes.len() - 1).max(at))),
                3 => bytes
                    .splice(at..at, whole[at.min(whole.len() - 1)..].iter().copied().take(length))
                    .for_each(drop),
                _ => bytes[at] = b"[]{}\"'=.#\n\\0"[random(12)],
            }
        }
        refused += u32::from(parse(&String::from_utf8_lossy(&bytes)).is_err());
    }
    assert!(refused > 1_000, "only {refused} were refused");
    assert!(parse(&"[".repeat(100_000)).is_err() && parse(&format!("a = {}", "[".repeat(100_000))).is_err());
}
