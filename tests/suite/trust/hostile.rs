//! Files stuffed with answers, lists and certificates that name the right people and were signed by nobody: looked at once each, and never a reason to pass.

use crate::support::agreement::{agreement, sign, signature};
use crate::support::ca::{CRL_SIGN, DIGITAL_SIGNATURE};
use crate::support::lifetime::World;
use crate::support::pki::{Entity, List, Says, answer, at, purposes, usage};
use crate::support::shapes;
use crate::support::updates::Person;
use crate::support::verified::verify_on;
use hankod::pdf::Document;
use hankod::pdf::dss::{self, Dss};
use hankod::trust::checks::MAX_CHECKS;
use hankod::trust::{Anchors, Checks};
use hankod::verify::judge::{Basis, Pieces, RevocationRule, Verdict};
use hankod::verify::report::FileReport;
use std::time::Instant;

const MAY: &str = "2026-05-02T00:00:00Z";

/// A signed and stamped file with this store behind it.
fn stuffed(world: &World, store: &Dss) -> Vec<u8> {
    let signed = world.sign(&shapes::plain().remove(0).bytes);
    let stamped = world.stamp(&signed, &world.tsa, "2026-05-01T00:01:00Z");
    let update = dss::update(&Document::open(&stamped, None).unwrap(), store);
    [stamped.as_slice(), &update.unwrap().unwrap()].concat()
}

fn judged(world: &World, file: &[u8], revocation: RevocationRule, checks: &Checks) -> FileReport {
    let basis = Basis {
        anchors: &world.anchors(),
        at: at("2026-05-04T00:00:00Z"),
        revocation,
        pieces: &Pieces::default(),
        asked: false,
        checks,
    };
    verify_on(file, &basis)
}

fn forged_list(world: &World) -> Vec<u8> {
    let mut list = List::new();
    list.forged = true;
    list.by(&world.root)
}

/// Certificates that say they are the root's, for this name and use, each with a key of its own.
fn forged_certificates(world: &World, count: usize, named: &Entity, as_responder: bool) -> Vec<Vec<u8>> {
    let mut says = Says::new(77, vec![usage(&[DIGITAL_SIGNATURE, CRL_SIGN])]);
    if as_responder {
        says.extensions.push(purposes(&["1.3.6.1.5.5.7.3.9"]));
    }
    says.forged = true;
    let one = |_| named.renewed().certified_der(&world.root, &says);
    (0..count).map(one).collect()
}

#[test]
fn thousands_of_forged_pieces_are_checked_once_each_and_change_nothing() {
    let world = World::new();
    let responder = Entity::new(&[], "Responder");
    let answers = (0..600).map(|n| match n % 2 {
        0 => answer(&world.root, 2, &world.root, MAY, true),
        _ => answer(&world.root, 2, &responder, MAY, true),
    });
    let mut store = Dss {
        certificates: forged_certificates(&world, 600, &responder, true),
        ocsps: answers.collect(),
        crls: (0..400).map(|_| forged_list(&world)).collect(),
    };
    store.crls.push(world.list(MAY, &[]));
    let pieces = store.certificates.len() + store.ocsps.len() + store.crls.len();
    let checks = Checks::default();
    let file = stuffed(&world, &store);
    let report = judged(&world, &file, RevocationRule::Require, &checks);
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:?}", report.headline);
    assert_eq!(report.signatures[0].level, hankod::verify::level::Level::BLt);
    // Half of the answers name 600 certificates each: 180,000 pairs.
    assert!(
        checks.made() <= pieces + 100,
        "{} checks of {pieces} pieces",
        checks.made()
    );
}

#[test]
fn what_was_not_looked_at_lets_nothing_pass() {
    let world = World::new();
    let revoking = world.list(MAY, &[(2, "2026-04-01T00:00:00Z", Some(1))]);
    for (last, name) in [(world.list(MAY, &[]), "good"), (revoking, "revoked")] {
        let mut store = Dss {
            certificates: forged_certificates(&world, 200, &world.root, false),
            ocsps: Vec::new(),
            crls: (0..150).map(|_| forged_list(&world)).collect(),
        };
        // Each list may be by each of those who bear its issuer's name: more than are tried.
        assert!(store.certificates.len() * store.crls.len() > MAX_CHECKS);
        store.crls.push(last);
        let file = stuffed(&world, &store);
        let rules = match name {
            "good" => &[RevocationRule::Require][..],
            _ => &[RevocationRule::IfPresent],
        };
        for rule in rules {
            let checks = Checks::default();
            let report = judged(&world, &file, *rule, &checks);
            let one = &report.signatures[0];
            assert_eq!(report.verdict, Verdict::Indeterminate, "{name}, {rule:?}");
            assert!(!one.trusted && checks.have_ended() && checks.made() <= MAX_CHECKS);
            let codes: Vec<&str> = one.findings.iter().map(|finding| finding.code).collect();
            assert!(codes.contains(&"trust_checks_ended"), "{codes:?}");
        }
    }
}

#[test]
fn a_verification_ends_at_its_time() {
    let world = World::new();
    let store = Dss {
        crls: vec![world.list(MAY, &[])],
        ..Dss::default()
    };
    let file = stuffed(&world, &store);
    for rule in [RevocationRule::Require, RevocationRule::IfPresent, RevocationRule::None] {
        let late = judged(&world, &file, rule, &Checks::until(Instant::now()));
        assert_eq!(late.verdict, Verdict::Indeterminate, "{rule:?}");
        assert!(late.headline.ja.starts_with("確認できない点があります"));
        let one = &late.signatures[0];
        assert_eq!((one.findings[0].code, one.intact), ("trust_checks_ended", false));
        let report = judged(&world, &file, rule, &Checks::default());
        assert_eq!(report.verdict, Verdict::TotalPassed, "{rule:?}");
    }
}

#[test]
fn signature_values_are_counted_like_everything_else_and_checked_once() {
    let person = Person::new();
    let file = (0..3).fold(agreement(), |pdf, n| sign(&person, &pdf, &signature(n, "")));
    let judge = |checks: &Checks| {
        let basis = Basis {
            anchors: &Anchors::new(),
            at: at("2026-05-04T00:00:00Z"),
            revocation: RevocationRule::None,
            pieces: &Pieces::default(),
            asked: false,
            checks,
        };
        verify_on(&file, &basis)
    };
    let checks = Checks::default();
    for _ in 0..2 {
        assert!(judge(&checks).signatures.iter().all(|one| one.intact));
        assert_eq!(checks.made(), 3);
    }
    let late = judge(&Checks::until(Instant::now()));
    assert_eq!(late.verdict, Verdict::Indeterminate);
    for one in &late.signatures {
        assert!(!one.intact && one.verdict == Verdict::Indeterminate);
        assert_eq!(one.findings[0].code, "trust_checks_ended");
    }
}

#[test]
fn a_store_that_is_not_read_lets_nothing_pass() {
    let world = World::new();
    let good = |more: usize| Dss {
        crls: std::iter::once(world.list(MAY, &[]))
            .chain((0..more).map(|_| forged_list(&world)))
            .collect(),
        ..Dss::default()
    };
    let full = stuffed(&world, &good(dss::MAX_ENTRIES - 1));
    let report = judged(&world, &full, RevocationRule::Require, &Checks::default());
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:?}", report.headline);
    let over = stuffed(&world, &good(dss::MAX_ENTRIES));
    for rule in [RevocationRule::Require, RevocationRule::IfPresent, RevocationRule::None] {
        let report = judged(&world, &over, rule, &Checks::default());
        let one = &report.signatures[0];
        assert_eq!(report.verdict, Verdict::Indeterminate, "{rule:?}");
        assert!(one.intact && !one.trusted);
        let told = one.findings.iter().find(|f| f.code == "security_store_unread").unwrap();
        assert!(told.message.contains("pdf_too_large"), "{}", told.message);
    }
    // What was altered stays what it is.
    let mut altered = over.clone();
    altered[20] ^= 1;
    let report = judged(&world, &altered, RevocationRule::None, &Checks::default());
    assert_eq!(report.verdict, Verdict::TotalFailed);
}
