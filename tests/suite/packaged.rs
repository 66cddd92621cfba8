//! What is installed with the program: units that systemd accepts and holds in a sandbox, a Debian package with all of it, a menu entry that finds the page, a polkit rule for the service's user alone.

use crate::support::dir::TestDir;
use crate::support::http::Request;
use crate::support::{repository, run};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap()
}

/// systemd's own check, where this machine has systemd: every complaint about the units themselves.
fn complaints(user: bool, units: &[(&str, String)]) -> Vec<String> {
    let dir = TestDir::new("units");
    for (name, unit) in units {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // The program of the build stands where the installed one will.
        std::fs::write(path, unit.replace("/usr/bin/hankod", env!("CARGO_BIN_EXE_hankod"))).unwrap();
    }
    let mut command = Command::new("systemd-analyze");
    command.arg(if user { "--user" } else { "--system" }).arg("verify");
    command.args(["--man=no", "--recursive-errors=no"]);
    for (name, _) in units.iter().filter(|(name, _)| !name.contains('/')) {
        command.arg(dir.join(name));
    }
    command.env("XDG_RUNTIME_DIR", &*dir);
    let Ok(said) = command.output() else { return Vec::new() };
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    said.lines()
        .filter(|line| line.contains("hankod"))
        .map(str::to_owned)
        .collect()
}

fn has_systemd() -> bool {
    Command::new("systemd-analyze").arg("--version").output().is_ok()
}

#[test]
fn systemd_accepts_the_units() {
    let socket = || ("hankod.socket", text("systemd/hankod.socket"));
    let user = ("hankod.service", text("systemd/hankod.service"));
    let per_user = ("hankod.socket.d/port-per-user.conf", text("systemd/port-per-user.conf"));
    assert_eq!(complaints(true, &[user.clone(), socket()]), [""; 0]);
    assert_eq!(complaints(true, &[user.clone(), socket(), per_user]), [""; 0]);
    let system = ("hankod.service", text("systemd/hankod-system.service"));
    assert_eq!(complaints(false, &[system, socket()]), [""; 0]);
    if has_systemd() {
        let wrong = ("hankod.service", user.1.replace("Type=notify", "Type=nonsense"));
        assert_ne!(complaints(true, &[wrong, socket()]), [""; 0], "the check sees faults");
    }
}

/// systemd's own measure of a unit: whether the exposure stays below 2.0, and its last line.
fn is_closed(name: &str, unit: &str) -> (bool, String) {
    let dir = TestDir::new("exposure");
    std::fs::write(dir.join(name), unit).unwrap();
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--offline=true", "--no-pager", "--threshold=19"]);
    let ran = run(command.arg(dir.join(name)), "");
    (ran.ok, ran.stdout.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn systemd_finds_the_units_closed() {
    if !has_systemd() {
        return;
    }
    for unit in ["systemd/hankod-system.service", "systemd/hankod.service"] {
        let unit = text(unit);
        let (closed, told) = is_closed("hankod.service", &unit);
        assert!(closed, "{told}");
        let open = unit.replace("CapabilityBoundingSet=\n", "");
        assert!(!is_closed("hankod.service", &open).0, "the check sees what is open");
    }
}

/// What the package holds, unpacked. Two builds of the same are the same bytes.
fn package(dir: &TestDir) -> std::path::PathBuf {
    let make = |out: &str| {
        let mut command = Command::new(repository("scripts/make-deb"));
        command.arg(env!("CARGO_BIN_EXE_hankod")).arg(dir.join(out));
        // Speed matters here, size does not.
        command.env("DPKG_DEB_COMPRESSOR_TYPE", "none");
        let made = run(&mut command, "");
        assert!(made.ok, "{}", made.stderr);
        std::path::PathBuf::from(made.stdout.trim())
    };
    let (one, other) = (make("one"), make("other"));
    let same = std::fs::read(&one).unwrap() == std::fs::read(other).unwrap();
    assert!(same, "the package is not reproducible");
    let root = dir.join("root");
    assert!(run(Command::new("dpkg-deb").arg("--raw-extract").arg(one).arg(&root), "").ok);
    root
}

#[test]
fn the_debian_package_holds_everything_and_its_program_answers() {
    let dir = TestDir::new("deb");
    let root = package(&dir);
    for file in [
        "usr/bin/hankod",
        "usr/lib/systemd/system/hankod.socket",
        "usr/lib/systemd/user/hankod.service",
        "usr/lib/systemd/user/hankod.socket",
        "usr/lib/sysusers.d/hankod.conf",
        "usr/lib/tmpfiles.d/hankod.conf",
        "usr/lib/udev/rules.d/70-hankod.rules",
        "usr/share/polkit-1/rules.d/70-hankod.rules",
        "usr/share/applications/hankod.desktop",
        "usr/share/man/man1/hankod.1.gz",
        "usr/share/man/man1/hankod-serve.1.gz",
        "usr/share/man/man1/hankod-token-keygen.1.gz",
        "usr/share/bash-completion/completions/hankod",
        "usr/share/zsh/vendor-completions/_hankod",
        "usr/share/fish/vendor_completions.d/hankod.fish",
        "usr/share/doc/hankod/README.ja.md",
        "usr/share/doc/hankod/docs/log-codes.md",
        "usr/share/doc/hankod/changelog.gz",
        "usr/share/doc/hankod/copyright",
        "usr/share/doc/hankod/crates-licences.gz",
        "usr/share/doc/hankod/examples/hankod.example.toml",
    ] {
        assert!(root.join(file).is_file(), "{file} is not in the package");
    }
    let control = std::fs::read_to_string(root.join("DEBIAN/control")).unwrap();
    assert!(
        control.contains("libpcsclite1") && control.contains("libssl3"),
        "{control}"
    );
    assert!(!control.contains('@') || control.matches('@').count() == 1, "{control}");
    for script in ["postinst", "prerm", "postrm"] {
        assert!(run(Command::new("sh").arg("-n").arg(root.join("DEBIAN").join(script)), "").ok);
    }
    let licences = run(
        Command::new("zcat").arg(root.join("usr/share/doc/hankod/crates-licences.gz")),
        "",
    );
    assert!(licences.stdout.contains("\nrustls 0.") && licences.stdout.contains("Permission is hereby granted"));
    answers_by_its_exec_start(&dir, &root);
}

/// The unit's own command, with the files of the package, until it answers.
fn answers_by_its_exec_start(dir: &TestDir, root: &Path) {
    let unit = std::fs::read_to_string(root.join("usr/lib/systemd/system/hankod.service")).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let config = dir.join("hankod.toml");
    let example = std::fs::read_to_string(root.join("usr/share/doc/hankod/examples/hankod.example.toml")).unwrap();
    let more = example
        .replace("#role = \"desk\"", "role = \"server\"")
        .replace("#listen = \"127.0.0.1:10805\"", "listen = \"127.0.0.1:0\"")
        .replace("#+listen = \"127.0.0.1:9464\"", "listen = \"127.0.0.1:0\"")
        .replace("#[admin]", "[admin]");
    std::fs::write(&config, more).unwrap();
    let start = start
        .replace("/usr/bin/hankod", &root.join("usr/bin/hankod").display().to_string())
        .replace("/etc/hankod/hankod.toml", &config.display().to_string());
    let mut words = start.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env("STATE_DIRECTORY", dir.join("state"));
    let mut daemon = Ended(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    let mut lines = BufReader::new(daemon.0.stderr.take().unwrap()).lines();
    while !said.contains("daemon_ready") {
        let line = lines.next().unwrap_or_else(|| panic!("it ended: {said}"));
        said.push_str(&line.unwrap());
        said.push('\n');
    }
    let address = said.split("admin_ready").nth(1).unwrap();
    let port = address.split("127.0.0.1:").nth(1).unwrap();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let answer = Request::new("GET", "/healthz").send(port.parse().unwrap());
    kill_process(Pid::from_child(&daemon.0), Signal::TERM).unwrap();
    assert_eq!(
        (answer.status, daemon.0.wait().unwrap().success()),
        (200, true),
        "{said}"
    );
}

/// A child that does not outlive its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn each_user_of_a_terminal_server_has_a_port() {
    let lines = text("systemd/port-per-user.conf");
    let listens: Vec<&str> = lines.lines().filter(|line| line.starts_with("ListenStream=")).collect();
    assert_eq!(listens, ["ListenStream=", "ListenStream=127.0.0.1:2%U"]);
    // Accounts of four digits, the first and the last.
    for uid in ["1000", "9999"] {
        let port = listens[1].rsplit(':').next().unwrap().replace("%U", uid);
        let port: u16 = port.parse().unwrap();
        // What sites are told is what systemd gives.
        let asks = format!(
            "import {{ portsOfAccounts }} from {:?}; console.log(portsOfAccounts({uid}, {uid}).join());",
            repository("src/console/hankod.js")
        );
        let said = run(Command::new("node").arg("--input-type=module"), &asks);
        assert_eq!(said.stdout.trim(), port.to_string(), "{}", said.stderr);
    }
}

#[test]
fn the_menu_entry_opens_the_page_that_systemd_names() {
    let dir = TestDir::new("menu");
    let fake = |name: &str, script: &str| {
        let path = dir.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    };
    fake(
        "systemctl",
        "case \"$*\" in *show*) echo '127.0.0.1:21000 (Stream)';; esac",
    );
    fake("xdg-open", &format!("echo \"$1\" > {}", dir.join("opened").display()));
    let entry = text("desktop/hankod.desktop");
    let exec = entry.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    // Desktop Entry Specification: strings know \\, and inside quotes \" \` \$ \\ stand for the characters.
    let exec = exec.replace("\\\\", "\\");
    let inner = exec
        .strip_prefix("sh -c \"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap();
    let script = inner.replace("\\\"", "\"").replace("\\$", "$");
    let path = format!("{}:/usr/bin:/bin", dir.display());
    let ran = Command::new("sh")
        .arg("-c")
        .arg(script)
        .env("PATH", path)
        .status()
        .unwrap();
    assert!(ran.success());
    assert_eq!(
        std::fs::read_to_string(dir.join("opened")).unwrap(),
        "http://127.0.0.1:21000/\n"
    );
    assert!(Path::new(&repository("src/console/icon.svg")).exists());
    let session = text("desktop/hankod-session.desktop");
    assert!(session.contains("import-environment DISPLAY WAYLAND_DISPLAY"));
}

#[test]
fn the_polkit_rule_lets_the_services_user_use_cards_and_nobody_else() {
    let rule = text("polkit/70-hankod.rules");
    let asked = r#"
        const polkit = { Result: { YES: "yes" }, addRule: (rule) => (polkit.rule = rule) };
        const asks = (id, user) => polkit.rule({ id }, { user }) ?? "-";
    "#;
    let rows = r#"
        console.log([
          asks("org.debian.pcsc-lite.access_pcsc", "hankod"), asks("org.debian.pcsc-lite.access_card", "hankod"),
          asks("org.debian.pcsc-lite.access_card", "kono"), asks("org.freedesktop.systemd1.manage-units", "hankod"),
        ].join(" "));
    "#;
    let said = run(&mut Command::new("node"), &format!("{asked}{rule}{rows}"));
    assert_eq!((said.ok, said.stdout.trim()), (true, "yes yes - -"), "{}", said.stderr);
}
