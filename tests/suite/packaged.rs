//! What is installed with the program: units that systemd accepts, a menu entry that finds the page, a polkit rule for the service's user alone.

use crate::support::dir::TestDir;
use crate::support::{repository, run};
use std::path::Path;
use std::process::Command;

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

#[test]
fn each_user_of_a_terminal_server_has_a_port() {
    let lines = text("systemd/port-per-user.conf");
    let listens: Vec<&str> = lines.lines().filter(|line| line.starts_with("ListenStream=")).collect();
    assert_eq!(listens, ["ListenStream=", "ListenStream=127.0.0.1:2%U"]);
    // Accounts of four digits, the first and the last.
    for uid in ["1000", "9999"] {
        let port = listens[1].rsplit(':').next().unwrap().replace("%U", uid);
        assert!(port.parse::<u16>().is_ok(), "{port}");
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
