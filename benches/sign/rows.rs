//! The workloads, numbered as in `docs/performance.md`: what is run, beside what, and what is good enough.

use super::REPEATS;
use super::measure::{Cost, Spread, cost, own_account};
use super::report::Line;
use super::setup::{Bench, LABEL};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs every row.
pub(crate) fn all(bench: &Bench) -> Vec<Line> {
    let mut lines = large_file(bench);
    lines.extend(many_objects(bench, "500,000 objects, table", &bench.table));
    lines.extend(many_objects(bench, "500,000 objects, object streams", &bench.streams));
    lines
}

/// Row 5: a 200 MB file. It cannot be signed for less than one copy and one hash; the release check hashes once more.
fn large_file(bench: &Bench) -> Vec<Line> {
    const ROW: u8 = 5;
    let name = "B-B, 200 MB";
    let [ours, peer, copy, hash] = in_turn(
        name,
        [
            &|| cost(&hankod(bench, &bench.large)),
            &|| pyhanko(bench, &bench.large),
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
        [&|| cost(&hankod(bench, input)), &|| pyhanko(bench, input), &|| {
            cost(Command::new("mutool").args(["show"]).arg(input).arg("trailer"))
        }],
    );
    vec![
        Line::at_most_times(ROW, name, "CPU ms", cpu(&ours), ("pyHanko", cpu(&peer)), 0.15)
            .beside("mutool reads", cpu(&reader)),
        Line::at_most(ROW, name, "RSS MiB", rss(&ours), 24.0).beside("pyHanko", rss(&peer)),
    ]
}

/// Runs the contenders one after the other, `REPEATS` times round, so that a disturbance meets all of them.
fn in_turn<const N: usize>(name: &str, contenders: [&dyn Fn() -> Cost; N]) -> [Vec<Cost>; N] {
    let mut found = [const { Vec::new() }; N];
    for round in 1..=REPEATS {
        eprintln!("{name}: round {round} of {REPEATS}");
        for (costs, contender) in found.iter_mut().zip(contenders) {
            costs.push(contender());
        }
    }
    found
}

fn hankod(bench: &Bench, input: &Path) -> Command {
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

fn pyhanko(bench: &Bench, input: &Path) -> Cost {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let judges = std::env::var_os("HANKOD_JUDGES").map_or_else(|| root.join("target/judges"), PathBuf::from);
    let mut command = bench.command(judges.join("bin/python"));
    command.arg(root.join("benches/peers/pyhanko_sign.py"));
    command.arg(&bench.module).arg(LABEL).arg(&bench.pin_file);
    command.arg(&bench.certificate).arg(&bench.issuer);
    own_account(command.arg(input).arg(bench.dir.join("peer.pdf")))
}

fn cpu(costs: &[Cost]) -> Spread {
    Spread::of(costs.iter().map(|cost| cost.cpu_ms))
}

fn rss(costs: &[Cost]) -> Spread {
    Spread::of(costs.iter().map(|cost| cost.rss_mib))
}
