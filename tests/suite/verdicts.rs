//! Verdicts and their reasons (ETSI EN 319 102-1): what a certificate, its revocation, its timestamps and the clock make of a sound signature.

use crate::support::judges::byte_ranges;
use crate::support::lifetime::World;
use crate::support::mutate;
use crate::support::pki::{Says, at, ca_extensions};
use crate::support::shapes;
use hankod::der::DigestAlgorithm;
use hankod::trust::{Anchors, Checks, SubIndication, Use};
use hankod::verify::judge::{Basis, Pieces, RevocationRule, Verdict};
use hankod::verify::level::Level;
use hankod::verify::report::{FileReport, RevocationStatus, Severity};

const SIGNED: &str = "2026-05-01T00:01:00Z";
const MAY: &str = "2026-05-02T00:00:00Z";

/// Verdict, reason and level of the first signature.
fn first(report: &FileReport) -> (Verdict, Option<SubIndication>, Level) {
    let one = &report.signatures[0];
    (one.verdict, one.sub_indication, one.level)
}

fn plain() -> Vec<u8> {
    shapes::plain().remove(0).bytes
}

fn passed(level: Level) -> (Verdict, Option<SubIndication>, Level) {
    (Verdict::TotalPassed, None, level)
}

fn open(why: SubIndication, level: Level) -> (Verdict, Option<SubIndication>, Level) {
    (Verdict::Indeterminate, Some(why), level)
}

/// A file with each level: B-B, B-T, B-LT, B-LTA.
fn levels(world: &World) -> [Vec<u8>; 4] {
    let bb = world.sign(&plain());
    let bt = world.stamp(&bb, &world.tsa, SIGNED);
    let blt = world.store(&bt, &[world.list(MAY, &[])]);
    let blta = world.archive(&blt, &world.tsa, "2026-05-03T00:00:00Z");
    [bb, bt, blt, blta]
}

#[test]
fn without_anchors_nothing_passes() {
    let world = World::new();
    for file in levels(&world) {
        let basis = Basis {
            anchors: &Anchors::new(),
            at: at("2026-05-04T00:00:00Z"),
            revocation: RevocationRule::None,
            pieces: &Pieces::default(),
            asked: false,
            checks: &Checks::default(),
        };
        let report = crate::support::verified::verify_on(&file, &basis);
        assert_eq!(report.verdict, Verdict::Indeterminate);
        assert_eq!(report.signatures[0].findings[0].code, "no_anchors");
        assert!(
            report.headline.ja.contains("信頼する認証局が1つも指定されていない"),
            "{}",
            report.headline.ja
        );
    }
}

#[test]
fn each_level_is_judged_by_its_evidence_while_everything_is_fresh() {
    let world = World::new();
    let [bb, bt, blt, blta] = levels(&world);
    let judged = |file: &[u8]| first(&world.judge(file, "2026-05-04T00:00:00Z"));
    assert_eq!(judged(&bb), open(SubIndication::TryLater, Level::BB));
    assert_eq!(judged(&bt), open(SubIndication::TryLater, Level::BT));
    assert_eq!(judged(&blt), passed(Level::BLt));
    assert_eq!(judged(&blta), passed(Level::BLta));
    let report = world.judge(&bb, "2026-05-04T00:00:00Z");
    assert!(
        report.headline.ja.contains("失効情報なし") && report.headline.ja.contains("Signer"),
        "{}",
        report.headline.ja
    );
    let without = world.judge_by(&bt, "2026-05-04T00:00:00Z", RevocationRule::IfPresent);
    assert_eq!(first(&without), passed(Level::BT));
    let note = &without.signatures[0].findings[0];
    assert_eq!((note.code, note.severity), ("trust_revocation_missing", Severity::Info));
    assert_eq!(
        first(&world.judge_by(&bb, "2026-05-04T00:00:00Z", RevocationRule::None)),
        passed(Level::BB)
    );
}

#[test]
fn the_report_tells_times_and_revocation() {
    let world = World::new();
    let [.., blta] = levels(&world);
    let report = world.judge(&blta, "2026-05-04T00:00:00Z");
    let one = &report.signatures[0];
    assert_eq!(one.best_signature_time.as_deref(), Some(SIGNED));
    let stamps: Vec<_> = one
        .timestamps
        .iter()
        .map(|s| (s.time.as_str(), s.trusted, s.intact))
        .collect();
    assert_eq!(stamps, [("2026-05-03T00:00:00Z", true, true), (SIGNED, true, true)]);
    let signer = &one.revocation[0];
    assert_eq!(
        (signer.status, signer.this_update.as_deref()),
        (RevocationStatus::Good, Some(MAY))
    );
    assert!(one.trusted && report.signatures[1].trusted);
    assert_eq!(
        report.signatures[1].best_signature_time.as_deref(),
        Some("2026-05-03T00:00:00Z")
    );
}

#[test]
fn a_timestamp_outlives_the_signer_s_certificate_and_nothing_else_does() {
    let world = World::new();
    let [bb, bt, blt, _] = levels(&world);
    let later = "2028-06-01T00:00:00Z";
    assert_eq!(first(&world.judge(&blt, later)), passed(Level::BLt));
    assert_eq!(
        first(&world.judge(&bb, later)),
        open(SubIndication::OutOfBoundsNoPoe, Level::BB)
    );
    // Whether the TSA was revoked is not known, so its token proves nothing.
    let unproven = open(SubIndication::OutOfBoundsNoPoe, Level::BT);
    assert_eq!(first(&world.judge(&bt, later)), unproven);
    // The TSA's certificate has ended too, and nothing covers its token.
    let end = "2031-06-01T00:00:00Z";
    assert_eq!(
        first(&world.judge(&blt, end)),
        open(SubIndication::OutOfBoundsNoPoe, Level::BLt)
    );
    assert!(world.judge(&blt, end).signatures[0].best_signature_time.is_none());
}

#[test]
fn renewed_evidence_lasts_for_decades() {
    let world = World::new();
    let [.., blta] = levels(&world);
    let second = world.authority(4, "2029-01-01T00:00:00Z", "2039-12-31T00:00:00Z");
    let third = world.authority(5, "2038-01-01T00:00:00Z", "2048-12-31T00:00:00Z");
    let renewed = world.store(&blta, &[world.list("2030-05-02T00:00:00Z", &[])]);
    let renewed = world.archive(&renewed, &second, "2030-05-03T00:00:00Z");
    let renewed = world.store(&renewed, &[world.list("2030-05-04T00:00:00Z", &[])]);
    let again = world.store(&renewed, &[world.list("2039-05-02T00:00:00Z", &[])]);
    let again = world.archive(&again, &third, "2039-05-03T00:00:00Z");
    let again = world.store(&again, &[world.list("2039-05-04T00:00:00Z", &[])]);
    for (file, clock, verdict) in [
        (&renewed, "2030-05-05T00:00:00Z", Verdict::TotalPassed),
        (&renewed, "2035-01-01T00:00:00Z", Verdict::TotalPassed),
        (&renewed, "2039-12-30T00:00:00Z", Verdict::TotalPassed),
        (&renewed, "2040-02-01T00:00:00Z", Verdict::Indeterminate),
        (&again, "2041-05-01T00:00:00Z", Verdict::TotalPassed),
        (&again, "2048-12-30T00:00:00Z", Verdict::TotalPassed),
        (&again, "2049-02-01T00:00:00Z", Verdict::Indeterminate),
        (&blta, "2031-06-01T00:00:00Z", Verdict::Indeterminate),
    ] {
        let report = world.judge(file, clock);
        assert_eq!(
            report.verdict,
            verdict,
            "{clock}: {}",
            serde_json::to_string_pretty(&report).unwrap()
        );
        if verdict == Verdict::TotalPassed {
            assert_eq!(report.signatures[0].best_signature_time.as_deref(), Some(SIGNED));
        }
    }
}

#[test]
fn a_revocation_counts_by_what_timestamps_prove() {
    let world = World::new();
    let bt = world.stamp(&world.sign(&plain()), &world.tsa, SIGNED);
    let with = |entries: &[(u8, &str, Option<u8>)]| world.store(&bt, &[world.list(MAY, entries)]);
    let judged = |file: &[u8]| first(&world.judge(file, "2026-05-04T00:00:00Z"));
    // After the proven time.
    let report = world.judge(&with(&[(2, "2026-05-01T12:00:00Z", Some(1))]), "2026-05-04T00:00:00Z");
    assert_eq!(first(&report), passed(Level::BLt));
    assert_eq!(
        report.signatures[0].revocation[0].revoked_at.as_deref(),
        Some("2026-05-01T12:00:00Z")
    );
    // Before it: nothing proves that the signature is older.
    let before = with(&[(2, "2026-04-01T00:00:00Z", Some(1))]);
    assert_eq!(judged(&before), open(SubIndication::RevokedNoPoe, Level::BLt));
    // Proven to be younger than the revocation: it covers a timestamp from after it.
    let stamped = world.archive(&plain(), &world.tsa, "2026-04-15T00:00:00Z");
    let younger = world.stamp(&world.sign(&stamped), &world.tsa, SIGNED);
    let younger = world.store(&younger, &[world.list(MAY, &[(2, "2026-04-01T00:00:00Z", Some(1))])]);
    let report = world.judge(&younger, "2026-05-04T00:00:00Z");
    let one = &report.signatures[1];
    assert_eq!(
        (one.verdict, one.sub_indication),
        (Verdict::TotalFailed, Some(SubIndication::Revoked))
    );
    assert!(report.headline.ja.starts_with("無効"), "{}", report.headline.ja);
    // On hold is not known.
    let held = with(&[(2, "2026-04-01T00:00:00Z", Some(6))]);
    assert_eq!(judged(&held), open(SubIndication::TryLater, Level::BLt));
}

#[test]
fn a_revoked_tsa_proves_nothing_unless_it_ended_in_order() {
    let world = World::new();
    let bt = world.stamp(&world.sign(&plain()), &world.tsa, SIGNED);
    let best = |reason: Option<u8>, since: &str| {
        let lists = [
            world.list(MAY, &[]),
            world.list("2026-06-01T00:00:00Z", &[(3, since, reason)]),
        ];
        let report = world.judge(&world.store(&bt, &lists), "2026-06-02T00:00:00Z");
        report.signatures[0].best_signature_time.clone()
    };
    assert_eq!(best(Some(1), "2026-05-20T00:00:00Z"), None, "keyCompromise");
    assert_eq!(best(None, "2026-05-20T00:00:00Z"), None, "no reason given");
    assert_eq!(
        best(Some(4), "2026-05-20T00:00:00Z").as_deref(),
        Some(SIGNED),
        "superseded"
    );
    for (reason, harmless) in [
        (0, true),
        (2, false),
        (3, true),
        (5, true),
        (6, false),
        (9, false),
        (10, false),
    ] {
        let found = best(Some(reason), "2026-05-20T00:00:00Z");
        assert_eq!(found.is_some(), harmless, "reason {reason}");
    }
    assert_eq!(best(Some(4), "2026-04-20T00:00:00Z"), None, "before the token");
    // A compromise after an archive timestamp of another authority harms nothing.
    let other = world.authority(4, "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    let file = world.archive(
        &world.store(&bt, &[world.list(MAY, &[])]),
        &other,
        "2026-05-10T00:00:00Z",
    );
    let file = world.store(
        &file,
        &[world.list("2026-06-01T00:00:00Z", &[(3, "2026-05-20T00:00:00Z", Some(1))])],
    );
    let report = world.judge(&file, "2026-06-02T00:00:00Z");
    assert_eq!(report.signatures[0].best_signature_time.as_deref(), Some(SIGNED));
    assert_eq!(first(&report), passed(Level::BLta));
}

#[test]
fn a_tsa_that_was_revoked_before_its_token_is_found_out_by_a_later_key_of_its_authority() {
    let mut world = World::new();
    let renewed = world.root.renewed();
    let mut says = Says::new(8, ca_extensions());
    says.not_before = at("2026-05-10T00:00:00Z");
    world.between = vec![renewed.certified(&world.root, &says)];
    let bt = world.stamp(&world.sign(&plain()), &world.tsa, SIGNED);
    let best = |since: &str| {
        let lists = [
            world.list(MAY, &[]),
            world.list_by(&renewed, "2026-06-01T00:00:00Z", &[(3, since, Some(4))]),
        ];
        let report = world.judge(&world.store(&bt, &lists), "2026-06-02T00:00:00Z");
        report.signatures[0].best_signature_time.clone()
    };
    assert_eq!(best("2026-05-20T00:00:00Z").as_deref(), Some(SIGNED));
    assert_eq!(best("2026-04-20T00:00:00Z"), None);
}

#[test]
fn evidence_that_came_too_late_for_its_algorithms_does_not_count() {
    let world = World::new();
    let [_, _, blt, blta] = levels(&world);
    let late = world.authority(4, "2049-01-01T00:00:00Z", "2060-12-31T00:00:00Z");
    // P-256 and SHA-256 are trusted until the end of 2050.
    let stored = world.store(&blta, &[world.list("2049-05-01T00:00:00Z", &[])]);
    let kept = world.archive(&stored, &late, "2049-05-02T00:00:00Z");
    let report = world.judge(&kept, "2051-02-01T00:00:00Z");
    assert_eq!(
        report.signatures.last().unwrap().sub_indication,
        Some(SubIndication::CryptoConstraintsFailureNoPoe)
    );
    let report = world.judge(&blt, "2051-02-01T00:00:00Z");
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

#[test]
fn times_that_contradict_each_other_leave_it_open() {
    let world = World::new();
    let stamped = world.archive(&plain(), &world.tsa, "2026-05-02T12:00:00Z");
    let file = world.stamp(&world.sign(&stamped), &world.tsa, SIGNED);
    let file = world.store(&file, &[world.list("2026-05-03T00:00:00Z", &[])]);
    let report = world.judge(&file, "2026-05-04T00:00:00Z");
    assert_eq!(
        report.signatures[1].sub_indication,
        Some(SubIndication::TimestampOrderFailure)
    );
    // A token from the future proves nothing.
    let [.., blta] = levels(&world);
    let report = world.judge(&blta, "2026-04-30T00:00:00Z");
    assert!(report.signatures[0].best_signature_time.is_none());
    assert_ne!(report.verdict, Verdict::TotalPassed);
}

#[test]
fn timestamps_that_are_not_judged_are_told() {
    let world = World::new();
    let stamped = world.stamp(&world.sign(&plain()), &world.tsa, SIGNED);
    let codes = |file: &[u8]| {
        let report = world.judge(&world.store(file, &[world.list(MAY, &[])]), "2026-05-04T00:00:00Z");
        let one = &report.signatures[0];
        let codes: Vec<&str> = one.findings.iter().map(|finding| finding.code).collect();
        (report.verdict, codes, one.timestamps.len())
    };
    assert_eq!(codes(&stamped), (Verdict::TotalPassed, vec![], 1));
    let junk = |n: u8| vec![0x30, 3, 2, 1, n];
    let odd = world.put(&stamped, |_| junk(1));
    assert_eq!(codes(&odd), (Verdict::TotalPassed, vec!["timestamp_unread"], 1));
    let many = (0..9).fold(world.sign(&plain()), |file, n| world.put(&file, |_| junk(n)));
    let (verdict, codes, _) = codes(&many);
    assert_eq!(verdict, Verdict::TotalPassed, "by the data in the file, now");
    assert!(
        codes.contains(&"timestamps_left_out") && codes.contains(&"timestamp_unread"),
        "{codes:?}"
    );
}

#[test]
fn anchors_count_for_their_use_alone() {
    let world = World::new();
    let [.., blta] = levels(&world);
    let judged = |uses: &[Use]| {
        let mut anchors = Anchors::new();
        anchors.add(world.anchor.clone(), uses);
        let basis = Basis {
            anchors: &anchors,
            at: at("2026-05-04T00:00:00Z"),
            revocation: RevocationRule::Require,
            pieces: &Pieces::default(),
            asked: false,
            checks: &Checks::default(),
        };
        let report = crate::support::verified::verify_on(&blta, &basis);
        (
            report.signatures[0].trusted,
            report.signatures[1].trusted,
            report.signatures[0].best_signature_time.is_some(),
        )
    };
    assert_eq!(judged(&[Use::Signers]), (true, false, false));
    assert_eq!(judged(&[Use::TimestampAuthorities]), (false, true, true));
}

#[test]
fn an_older_timestamp_says_nothing_about_what_came_after_it() {
    let world = World::new();
    let stamped = world.archive(&plain(), &world.tsa, "2026-04-15T00:00:00Z");
    let file = world.stamp(&world.sign(&stamped), &world.tsa, SIGNED);
    let report = world.judge(&world.store(&file, &[world.list(MAY, &[])]), "2026-05-04T00:00:00Z");
    let one = &report.signatures[1];
    assert_eq!((report.verdict, one.level), (Verdict::TotalPassed, Level::BLt));
    assert_eq!(one.best_signature_time.as_deref(), Some(SIGNED));
    // Unstamped, after the signer's certificate has ended.
    let file = world.store(&world.sign(&stamped), &[world.list(MAY, &[])]);
    let one = &world.judge(&file, "2028-02-01T00:00:00Z").signatures[1];
    assert_eq!(
        (one.best_signature_time.as_deref(), one.sub_indication),
        (None, Some(SubIndication::OutOfBoundsNoPoe))
    );
}

#[test]
fn what_is_proven_to_be_too_late_is_said() {
    let world = World::new();
    let stamped = world.archive(&plain(), &world.tsa, "2028-02-01T00:00:00Z");
    let file = world.stamp(&world.sign(&stamped), &world.tsa, "2028-03-01T00:00:00Z");
    let file = world.store(&file, &[world.list("2028-03-02T00:00:00Z", &[])]);
    let one = &world.judge(&file, "2028-03-03T00:00:00Z").signatures[1];
    assert_eq!(
        (one.verdict, one.sub_indication),
        (Verdict::Indeterminate, Some(SubIndication::Expired))
    );
}

#[test]
fn an_old_algorithm_counts_only_with_an_old_proof() {
    let world = World::old();
    let now = "2026-05-04T00:00:00Z";
    let stamped = |file: &[u8], when: &str, listed: &str| {
        let file = world.stamp(&world.sign_over(DigestAlgorithm::Sha1, file), &world.tsa, when);
        world.store(&file, &[world.list(listed, &[])])
    };
    let old = stamped(&plain(), "2012-06-01T00:00:00Z", "2012-06-02T00:00:00Z");
    assert_eq!(first(&world.judge(&old, now)), passed(Level::BLt));
    let late = stamped(&plain(), SIGNED, MAY);
    let without_proof = open(SubIndication::CryptoConstraintsFailureNoPoe, Level::BLt);
    assert_eq!(first(&world.judge(&late, now)), without_proof);
    let covered = world.archive(&plain(), &world.tsa, "2015-06-01T00:00:00Z");
    let younger = stamped(&covered, "2015-07-01T00:00:00Z", "2015-07-02T00:00:00Z");
    assert_eq!(
        world.judge(&younger, now).signatures[1].sub_indication,
        Some(SubIndication::CryptoConstraintsFailure)
    );
}

#[test]
fn the_word_of_an_authority_that_fell_later_counts_only_when_it_is_proven_to_be_older() {
    let (world, ca) = World::with_intermediate();
    let signed = world.stamp(&world.sign(&plain()), &world.tsa, SIGNED);
    let stored = world.store(&signed, &[world.list(MAY, &[]), world.list_by(&ca, MAY, &[])]);
    let fallen = world.list("2026-06-10T00:00:00Z", &[(9, "2026-06-01T00:00:00Z", Some(2))]);
    let judged = |file: &[u8]| first(&world.judge(file, "2026-06-11T00:00:00Z"));
    assert_eq!(judged(&stored), passed(Level::BLt), "nobody has said that it fell");
    let archived = world.archive(&stored, &world.tsa, "2026-05-03T00:00:00Z");
    assert_eq!(
        judged(&world.store(&archived, std::slice::from_ref(&fallen))),
        passed(Level::BLta)
    );
    let too_late = world.archive(&stored, &world.tsa, "2026-06-02T00:00:00Z");
    for (file, level) in [(&stored, Level::BLt), (&too_late, Level::BLta)] {
        let file = world.store(file, std::slice::from_ref(&fallen));
        assert_eq!(judged(&file), open(SubIndication::TryLater, level));
    }
}

#[test]
fn damaged_files_with_all_their_evidence_pass_only_where_every_signed_byte_is_the_same() {
    let world = World::new();
    let [.., whole] = levels(&world);
    let ranges = byte_ranges(&whole);
    let fields: Vec<String> = world
        .judge(&whole, "2026-05-04T00:00:00Z")
        .signatures
        .iter()
        .map(|s| s.field.clone())
        .collect();
    assert_eq!((ranges.len(), fields.len()), (2, 2));
    let tokens = [
        "obj",
        "endobj",
        "/V",
        "/Contents",
        "/ByteRange",
        "/DSS",
        "/CRLs",
        "xref",
        "/Kids",
        "R",
        "null",
    ];
    let mut passed = 0;
    let mutations = mutate::grammar_mutations(102_778, &whole, mutate::count(), &tokens);
    for file in std::iter::once(whole.clone()).chain(mutations) {
        let report = world.judge(&file, "2026-05-04T00:00:00Z");
        if report.verdict != Verdict::TotalPassed {
            continue;
        }
        passed += 1;
        assert!(!report.signatures.is_empty());
        for signature in &report.signatures {
            let at = fields.iter().position(|field| *field == signature.field).unwrap();
            let [_, start, end, rest] = ranges[at];
            let same = |range: std::ops::Range<usize>| file.get(range.clone()) == whole.get(range);
            assert!(
                same(0..start) && same(end..end + rest),
                "{} passes over other bytes",
                signature.field
            );
        }
    }
    assert!((1..=mutate::count() / 2).contains(&passed), "{passed}");
}
