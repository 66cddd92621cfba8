//! Evidence over the years: files of each level and their renewals, made with clocks ahead, judged offline today and 1, 5 and 15 years from now by hankod
//! and by pyHanko, which must agree.

use super::{Scene, file, tsa};
use crate::support::ahead::days_ahead;
use crate::support::authority::Mode;
use crate::support::judges::pyhanko_ltv;
use crate::support::run;
use crate::support::tsa as stamping;
use crate::support::verified::counted;
use hankod::clock::Timestamp;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// The first renewal comes before the first TSA's certificate ends (1,500 days), the second before the second's does.
const RENEWALS: [(u32, i64, &str, &str); 2] = [
    (1_100, 3_800, "b-lta.pdf", "renewed.pdf"),
    (3_300, 7_000, "renewed.pdf", "twice.pdf"),
];

const NO_PROOF: Option<&str> = Some("OUT_OF_BOUNDS_NO_POE");

/// Days from now, and why each of [`FILES`] that exists by then does not pass.
const CLOCKS: [(u32, &[Option<&str>]); 4] = [
    (0, &[Some("TRY_LATER"), Some("TRY_LATER"), None, None, None, None]),
    // The signer's certificate has ended.
    (366, &[NO_PROOF, NO_PROOF, None, None, None, None]),
    // And the first TSA's.
    (
        1_826,
        &[NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, None],
    ),
    // And the second TSA's.
    (
        5_479,
        &[
            NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, NO_PROOF, None,
        ],
    ),
];

/// Where pyHanko passes what hankod does not: it asks for no revocation data about a certificate that has ended and whose signature was stamped before.
const DIFFERS: (u32, &str) = (366, "b-t.pdf");

/// Signed, extended, signed with all evidence at once, renewed.
const FILES: [&str; 8] = [
    "b-b.pdf",
    "b-t.pdf",
    "b-lt.pdf",
    "b-lta.pdf",
    "at-once-lt.pdf",
    "at-once-lta.pdf",
    "renewed.pdf",
    "twice.pdf",
];

#[test]
fn evidence_lasts_as_long_as_it_is_renewed_and_another_verifier_agrees() {
    let scene = Scene::new(Mode::Delegated);
    for level in ["b-b", "b-t"] {
        file(&scene.sign(&format!("{level}.pdf"), level));
    }
    file(&scene.extend("b-t.pdf", "b-lt.pdf", "b-lt"));
    file(&scene.extend("b-lt.pdf", "b-lta.pdf", "b-lta"));
    file(&scene.sign("at-once-lt.pdf", "b-lt"));
    file(&scene.sign("at-once-lta.pdf", "b-lta"));
    for (days, end, from, to) in RENEWALS {
        renew(&scene, days, end, from, to);
    }
    counted("good: levels and renewals, each at its time", FILES.len() - 2);
    for (days, expected) in CLOCKS {
        let names = &FILES[..expected.len()];
        assert_eq!(ours(&scene, names, days), *expected, "hankod, {days} days ahead");
        let paths: Vec<_> = names.iter().map(|name| scene.holder.dir.join(name)).collect();
        let theirs = pyhanko_ltv(&paths, &scene.holder.root(), days);
        let passed: Vec<bool> = theirs.iter().map(Result::is_ok).collect();
        let wanted: Vec<bool> = names
            .iter()
            .zip(expected)
            .map(|(name, why)| why.is_none() || DIFFERS == (days, *name))
            .collect();
        assert_eq!(passed, wanted, "pyHanko, {days} days ahead: {theirs:#?}");
    }
}

/// Another archive timestamp so many days from now, by a TSA whose certificate ends `end` days from now.
fn renew(scene: &Scene, days: u32, end: i64, from: &str, to: &str) {
    let tsa = tsa(&scene.holder, &scene.authority, stamping::Mode::Good, end);
    tsa.clock().set(days);
    scene.authority.clock().set(days);
    let (url, place) = (tsa.url(), scene.authority.place());
    let words = [
        "extend",
        from,
        "-o",
        to,
        "--level",
        "b-lta",
        "--format",
        "json",
        "--tsa",
        &url,
        "--trust",
        "root.pem",
        "--allow-private",
        &place,
    ];
    let ran = run(&mut days_ahead(&scene.holder.hankod(&words), days), "");
    let renewed = file(&ran);
    assert_eq!(
        (&renewed["level"], &renewed["missing"]),
        (&"b-lta".into(), &Value::Array(vec![]))
    );
}

/// Why the first signature of each file does not pass by our own verifier, offline; `None`: it passes, and so does the file.
fn ours(scene: &Scene, names: &[&str], days: u32) -> Vec<Option<&'static str>> {
    let at = Timestamp::from_system(SystemTime::now()).plus(Duration::from_secs(u64::from(days) * 86_400));
    let at = at.rfc3339();
    let words = [
        "verify",
        "--offline",
        "--trust",
        "root.pem",
        "--format",
        "json",
        "--at",
        &at,
    ];
    let ran = scene.holder.run(&[&words[..], names].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    let why = |file: &Value| {
        let signature = &file["signatures"][0];
        match signature["sub_indication"].as_str() {
            None => {
                assert_eq!(file["verdict"], "TOTAL-PASSED", "{file:#}");
                None
            }
            Some("TRY_LATER") => Some("TRY_LATER"),
            Some("OUT_OF_BOUNDS_NO_POE") => Some("OUT_OF_BOUNDS_NO_POE"),
            Some(_) => panic!("{signature:#}"),
        }
    };
    files.iter().map(why).collect()
}
