//! Row 7: signatures with a timestamp, beside those without one, and beside what the timestamping authority gives at most.

use super::authority::Authority;
use super::measure::{Spread, own_account};
use super::report::Line;
use super::rows::{in_turn, pyhanko};
use super::service::Service;
use super::setup::Bench;
use hankod::der::DigestAlgorithm;
use hankod::tsa::{Imprint, Query};
use std::fs;
use std::thread;
use std::time::Instant;

const ROW: u8 = 7;
/// Files in one request, and tokens of one measurement of the authority.
const FILES: usize = 48;
/// Requests at once.
const AT_ONCE: usize = 16;

/// Row 7.
pub(crate) fn all(bench: &Bench) -> Vec<Line> {
    let input = fs::read(&bench.small).unwrap();
    let authority = Authority::start(bench);
    let service = Service::start(bench, Some(&authority.url()));
    // The first requests start workers, fill caches and measure the authority's tokens.
    service.sign(&input, FILES, "b-b");
    service.sign(&input, FILES, "b-t");
    vec![
        added(bench, &service, &authority, &input),
        at_once(&service, &authority, &input),
    ]
}

/// What a timestamp adds to a signature. The authority's own work is not counted.
fn added(bench: &Bench, service: &Service, authority: &Authority, input: &[u8]) -> Line {
    let name = "B-T, local TSA, 20 KB over HTTP";
    let ours = |level| {
        let before = service.cost();
        service.sign(input, FILES, level);
        (service.cost().cpu_ms - before.cpu_ms) / FILES as f64
    };
    let peers = |url: Option<&str>| own_account(pyhanko(bench, &bench.small, FILES).args(url)).cpu_ms;
    let url = authority.url();
    let [bb, bt, peer_bb, peer_bt] = in_turn(
        name,
        [&|| ours("b-b"), &|| ours("b-t"), &|| peers(None), &|| peers(Some(&url))],
    );
    let more = |with: &[f64], without: &[f64]| Spread::of(with.iter().zip(without).map(|(a, b)| a - b));
    Line::at_most(ROW, name, "CPU ms a file more than B-B", more(&bt, &bb), 1.0)
        .limited("B-B", Spread::of(bb))
        .beside("pyHanko, more than B-B", more(&peer_bt, &peer_bb))
}

/// Many at once go as fast as the authority, which gives one token at a time. The one figure beside the start of a daemon that is no CPU time: both
/// sides of the ratio wait for the same authority.
fn at_once(service: &Service, authority: &Authority, input: &[u8]) -> Line {
    let name = "B-T, 16 requests at once";
    let query = Query {
        imprint: Imprint::of(DigestAlgorithm::Sha256, b"bench"),
        nonce: [1; 8],
        policy: None,
    };
    let query = query.to_der().unwrap();
    let rate = |work: &dyn Fn()| {
        let begun = Instant::now();
        work();
        FILES as f64 / begun.elapsed().as_secs_f64()
    };
    let all = || {
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| (0..FILES / AT_ONCE).for_each(|_| service.sign(input, 1, "b-t")));
            }
        });
    };
    let [ours, limit] = in_turn(name, [&|| rate(&all), &|| rate(&|| authority.ask(&query, FILES))]);
    Line::at_least_times(
        ROW,
        name,
        "a second",
        Spread::of(ours),
        ("openssl ts alone", Spread::of(limit)),
        0.9,
    )
}
