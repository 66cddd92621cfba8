//! The workloads, numbered as in `docs/performance.md`: what is run, beside what, and what is good enough.

use super::REPEATS;
use super::measure::{Cost, Spread, cost, own_account, own_cpu_ms};
use super::report::Line;
use super::service::Service;
use super::setup::{Bench, LABEL};
use super::{stamping, verifying};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::sha::sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files in one request.
const FILES: usize = 100;

/// Runs every row.
pub(crate) fn all(bench: &Bench) -> Vec<Line> {
    let mut lines = request(bench);
    lines.extend(large_file(bench));
    lines.extend(many_objects(bench, "500,000 objects, table", &bench.table));
    lines.extend(many_objects(bench, "500,000 objects, object streams", &bench.streams));
    lines.extend(stamping::all(bench));
    lines.extend(verifying::all(bench));
    lines.extend(daemon(bench));
    lines
}

/// Row 4: small files over HTTP, from the first byte sent to the last byte fetched. Nobody does less than hash three times (the upload, what is
/// signed, the release check), sign, and verify twice (what the token gave, the release check).
fn request(bench: &Bench) -> Vec<Line> {
    const ROW: u8 = 4;
    let name = "B-B, 100 files of 20 KB over HTTP";
    let input = fs::read(&bench.small).unwrap();
    let service = Service::start(bench, None);
    // The first request starts workers and fills caches.
    service.sign(&input, FILES, "b-b");
    let [ours, peer, limit] = in_turn(
        name,
        [
            &|| {
                let before = service.cost();
                service.sign(&input, FILES, "b-b");
                let after = service.cost();
                Cost {
                    cpu_ms: (after.cpu_ms - before.cpu_ms) / FILES as f64,
                    ..after
                }
            },
            &|| own_account(&mut pyhanko(bench, &bench.small, FILES)),
            &|| arithmetic(&input),
        ],
    );
    vec![
        Line::at_most(ROW, name, "CPU ms a file", cpu(&ours), 1.0)
            .limited("OpenSSL: hash, sign, verify", cpu(&limit))
            .beside("pyHanko", cpu(&peer)),
    ]
}

fn arithmetic(input: &[u8]) -> Cost {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    let begun = own_cpu_ms();
    for _ in 0..FILES {
        let digest = [sha256(input), sha256(input), sha256(input)][2];
        let signature = EcdsaSig::sign(&digest, &key).unwrap();
        assert!(signature.verify(&digest, &key).unwrap() && signature.verify(&digest, &key).unwrap());
    }
    Cost {
        cpu_ms: (own_cpu_ms() - begun) / FILES as f64,
        rss_mib: 0.0,
    }
}

/// Row 12: a daemon that was just started, and one that has looked at its token.
fn daemon(bench: &Bench) -> Vec<Line> {
    const ROW: u8 = 12;
    let mut ready = Vec::new();
    let mut rss = Vec::new();
    for _ in 0..REPEATS {
        let service = Service::start(bench, None);
        ready.push(service.ready_ms);
        service.look();
        rss.push(service.cost().rss_mib);
    }
    vec![
        Line::at_most(ROW, "daemon: start", "ms until ready", Spread::of(ready), 50.0),
        Line::at_most(ROW, "daemon and one worker, idle", "RSS MiB", Spread::of(rss), 30.0),
    ]
}

/// Row 5: a 200 MB file. It cannot be signed for less than one copy and one hash; the release check hashes once more.
fn large_file(bench: &Bench) -> Vec<Line> {
    const ROW: u8 = 5;
    let name = "B-B, 200 MB";
    let [ours, peer, copy, hash] = in_turn(
        name,
        [
            &|| cost(&hankod(bench, &bench.large)),
            &|| own_account(&mut pyhanko(bench, &bench.large, 1)),
            &|| cost(Command::new("cp").arg(&bench.large).arg(bench.dir.join("copy.pdf"))),
            &|| cost(Command::new("openssl").args(["dgst", "-sha256"]).arg(&bench.large)),
        ],
    );
    let floor = |i: usize| copy[i].cpu_ms + 2.0 * hash[i].cpu_ms;
    let limit = Spread::of((0..REPEATS).map(floor));
    vec![
        Line::at_most_times(ROW, name, "CPU ms", cpu(&ours), ("cp + 2 openssl dgst", limit), 1.15)
            .beside("pyHanko", cpu(&peer)),
        Line::at_most(ROW, name, "RSS MiB", rss(&ours), 16.0).beside("pyHanko", rss(&peer)),
    ]
}

/// Row 6: many objects. The goal is a share of pyHanko's CPU time; mutool, which only reads, shows what is possible.
fn many_objects(bench: &Bench, name: &'static str, input: &Path) -> Vec<Line> {
    const ROW: u8 = 6;
    let [ours, peer, reader] = in_turn(
        name,
        [
            &|| cost(&hankod(bench, input)),
            &|| own_account(&mut pyhanko(bench, input, 1)),
            &|| cost(Command::new("mutool").args(["show"]).arg(input).arg("trailer")),
        ],
    );
    vec![
        Line::at_most_times(ROW, name, "CPU ms", cpu(&ours), ("pyHanko", cpu(&peer)), 0.15)
            .beside("mutool reads", cpu(&reader)),
        Line::at_most(ROW, name, "RSS MiB", rss(&ours), 24.0).beside("pyHanko", rss(&peer)),
    ]
}

/// Runs the contenders one after the other, `REPEATS` times round, so that a disturbance meets all of them.
pub(super) fn in_turn<T, const N: usize>(name: &str, contenders: [&dyn Fn() -> T; N]) -> [Vec<T>; N] {
    let mut found = [const { Vec::new() }; N];
    for round in 1..=REPEATS {
        eprintln!("{name}: round {round} of {REPEATS}");
        for (figures, contender) in found.iter_mut().zip(contenders) {
            figures.push(contender());
        }
    }
    found
}

pub(super) fn hankod(bench: &Bench, input: &Path) -> Command {
    let mut command = bench.command(env!("CARGO_BIN_EXE_hankod"));
    command.arg("sign").arg(input).arg("-o").arg(bench.dir.join("ours.pdf"));
    command.arg("--state").arg(bench.dir.join("state"));
    command
        .arg("--module")
        .arg(&bench.module)
        .arg("--pin-file")
        .arg(&bench.pin_file);
    command.args(["--token", LABEL, "--certificate", LABEL]);
    command
}

/// pyHanko signs `input` so often; the address of a TSA may follow.
pub(super) fn pyhanko(bench: &Bench, input: &Path, times: usize) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = bench.command(judges().join("bin/python"));
    command.arg(root.join("benches/peers/pyhanko_sign.py"));
    command.arg(&bench.module).arg(LABEL).arg(&bench.pin_file);
    command.arg(&bench.certificate).arg(&bench.issuer);
    command
        .arg(input)
        .arg(bench.dir.join("peer.pdf"))
        .arg(times.to_string());
    command
}

/// The Python environment with pyHanko.
pub(super) fn judges() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("HANKOD_JUDGES").map_or_else(|| root.join("target/judges"), PathBuf::from)
}

pub(super) fn cpu(costs: &[Cost]) -> Spread {
    Spread::of(costs.iter().map(|cost| cost.cpu_ms))
}

pub(super) fn rss(costs: &[Cost]) -> Spread {
    Spread::of(costs.iter().map(|cost| cost.rss_mib))
}
