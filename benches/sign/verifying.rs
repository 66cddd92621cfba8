//! Rows 8 to 11: signed files are verified. The token's own signatures are the input, made anew for each run because its token is.

use super::REPEATS;
use super::measure::{Cost, Spread, cost, own_account, own_cpu_ms};
use super::report::Line;
use super::rows::{cpu, hankod, in_turn, judges, rss};
use super::setup::{Bench, run};
use hankod::app::anchors;
use hankod::app::verify::{Asked, verify_file};
use hankod::clock::Timestamp;
use hankod::text::Lang;
use hankod::verify::judge::{RevocationRule, Verdict};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A file is verified so often in one process, as a service would; one alone is too quick for the system's clock.
const TIMES: usize = 20;
const MAX_BYTES: u64 = 4 << 30;

/// Rows 8 to 11.
pub(crate) fn all(bench: &Bench) -> Vec<Line> {
    let [one, _, ten, fifty] = signed(bench, "small", &bench.small, [1, 2, 10, 50]);
    let [_, _, _, large_fifty] = signed(bench, "20mb", &bench.medium, [1, 2, 10, 50]);
    let [large, ..] = signed(bench, "large", &bench.large, [1, 1, 1, 1]);
    let mut lines = few(bench, &one);
    lines.extend(many(bench, &ten, &fifty));
    lines.extend(many_in_much(&large_fifty, bench));
    lines.extend(much(bench, &large));
    lines
}

/// Row 8.
fn few(bench: &Bench, file: &Path) -> Vec<Line> {
    let name = "verify, 1 signature, 20 KB";
    let [ours, peer, mutool] = in_turn(
        name,
        [
            &|| in_process(bench, file, TIMES),
            &|| pyhanko(bench, file, TIMES),
            &|| cost(Command::new("mutool").args(["sign", "-v"]).arg(file)),
        ],
    );
    vec![
        Line::at_most(8, name, "CPU ms, in process", cpu(&ours), 1.0)
            .limited("mutool", cpu(&mutool))
            .beside("pyHanko, in process", cpu(&peer)),
    ]
}

/// Row 9.
fn many(bench: &Bench, ten: &Path, fifty: &Path) -> Vec<Line> {
    let name = "verify, 50 signatures";
    let [ours, of_ten, peer, pdfsig] = in_turn(
        name,
        [
            &|| in_process(bench, fifty, TIMES),
            &|| in_process(bench, ten, TIMES),
            &|| pyhanko(bench, fifty, 1),
            &|| {
                cost(
                    Command::new("pdfsig")
                        .args(["-nocert"])
                        .env("HOME", "/nonexistent")
                        .arg(fifty),
                )
            },
        ],
    );
    let growth = Spread::of((0..REPEATS).map(|i| ours[i].cpu_ms / of_ten[i].cpu_ms));
    vec![
        Line::at_most(9, name, "CPU ms, in process", cpu(&ours), 60.0)
            .limited("pdfsig", cpu(&pdfsig))
            .beside("pyHanko, in process", cpu(&peer)),
        Line::at_most(9, "verify, 50 against 10 signatures", "times", growth, 6.0),
    ]
}

/// Row 10.
fn many_in_much(file: &Path, bench: &Bench) -> Vec<Line> {
    let name = "verify, 50 signatures on 20 MB";
    let [ours, mutool, pdfsig] = in_turn(
        name,
        [
            &|| cost(&command(bench, file)),
            &|| cost(Command::new("mutool").args(["sign", "-v"]).arg(file)),
            &|| {
                cost(
                    Command::new("pdfsig")
                        .args(["-nocert"])
                        .env("HOME", "/nonexistent")
                        .arg(file),
                )
            },
        ],
    );
    vec![
        Line::at_most_times(10, name, "CPU ms", cpu(&ours), ("mutool", cpu(&mutool)), 0.15)
            .beside("pdfsig", cpu(&pdfsig)),
    ]
}

/// Row 11. The goal is a multiple of one hash; a private copy is made as well, so the sum of both stands beside it.
fn much(bench: &Bench, file: &Path) -> Vec<Line> {
    let name = "verify, 200 MB";
    let [ours, hash, peer, copy] = in_turn(
        name,
        [
            &|| cost(&command(bench, file)),
            &|| cost(Command::new("openssl").args(["dgst", "-sha256"]).arg(file)),
            &|| pyhanko(bench, file, 1),
            &|| cost(Command::new("cp").arg(file).arg(bench.dir.join("copy.pdf"))),
        ],
    );
    let both = Spread::of((0..REPEATS).map(|i| hash[i].cpu_ms + copy[i].cpu_ms));
    vec![
        Line::at_most_times(11, name, "CPU ms", cpu(&ours), ("openssl dgst", cpu(&hash)), 1.1)
            .beside("pyHanko", cpu(&peer)),
        Line::at_most_times(11, name, "CPU ms", cpu(&ours), ("openssl dgst + cp", both), 1.1),
        Line::at_most(11, name, "RSS MiB", rss(&ours), 16.0).beside("pyHanko", rss(&peer)),
    ]
}

/// `input` signed so often as `counts` says, in ascending order.
fn signed<const N: usize>(bench: &Bench, name: &str, input: &Path, counts: [usize; N]) -> [PathBuf; N] {
    let current = bench.dir.join("signing.pdf");
    fs::copy(input, &current).unwrap();
    let mut done = 0;
    counts.map(|count| {
        while done < count {
            run(&mut hankod(bench, &current));
            fs::rename(bench.dir.join("ours.pdf"), &current).unwrap();
            done += 1;
        }
        let path = bench.dir.join(format!("{name}-{count}-signatures.pdf"));
        fs::copy(&current, &path).unwrap();
        path
    })
}

fn in_process(bench: &Bench, file: &Path, times: usize) -> Cost {
    let asked = Asked {
        anchors: anchors::of_paths(std::slice::from_ref(&bench.issuer)).unwrap(),
        at: Timestamp::from_system(SystemTime::now()),
        revocation: RevocationRule::None,
        password: None,
        max_bytes: MAX_BYTES,
        lang: Lang::Ja,
        online: None,
    };
    let begun = own_cpu_ms();
    for _ in 0..times {
        let report = verify_file(file, &bench.dir, &asked).unwrap();
        assert_eq!(report.verdict, Verdict::TotalPassed);
    }
    Cost {
        cpu_ms: (own_cpu_ms() - begun) / times as f64,
        rss_mib: 0.0,
    }
}

fn command(bench: &Bench, file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
    command.env("TMPDIR", &bench.dir);
    command
        .args(["verify", "--offline", "--revocation", "none", "--trust"])
        .arg(&bench.issuer)
        .arg(file);
    command
}

fn pyhanko(bench: &Bench, file: &Path, times: usize) -> Cost {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(judges().join("bin/python"));
    command.arg(root.join("benches/peers/pyhanko_verify.py"));
    own_account(command.arg(&bench.issuer).arg(file).arg(times.to_string()))
}
