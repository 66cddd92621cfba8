//! Revocation: CRLs written octet by octet after PKITS 4.4, 4.5, 4.7, 4.14 and 4.15, and what a real `openssl ca` and `openssl ocsp` say.

use super::office::{OCSP_SIGNING, Office};
use crate::support::ca::{CRL_SIGN, DIGITAL_SIGNATURE, KEY_CERT_SIGN, tlv};
use crate::support::mutate::{count, mutations};
use crate::support::pki::{self, Entity, Ext, List, Says, at, basic, ca_extensions, dn, usage};
use crate::support::verified::counted;
use hankod::clock::Timestamp;
use hankod::der::Certificate;
use hankod::text::{Explain, Lang, has};
use hankod::trust::path::{self, Rules};
use hankod::trust::revocation::{self, Evidence, Freshness, Status};
use hankod::trust::{Anchors, Checks, Crl, Error, Finding, OcspAnswer, Reason, SubIndication, Use, Why};
use std::time::{Duration, SystemTime};

const AT: &str = "2026-06-01T00:00:00Z";

/// A root, a CA below it, and a signer with serial number 9 whose list stands at `http://crl.example/1`.
struct World {
    root: Entity,
    ca: Entity,
    ca_certificate: Certificate,
    leaf: Certificate,
    anchors: Anchors,
}

impl World {
    fn new() -> Self {
        Self::of(
            ca_extensions(),
            &[9],
            vec![points(&[point(Some("http://crl.example/1"), None, None)])],
        )
    }

    fn of(ca_says: Vec<Ext>, serial: &[u8], leaf_says: Vec<Ext>) -> Self {
        let (root, ca) = (Entity::new(&[], "Root"), Entity::new(&[], "CA"));
        let mut anchors = Anchors::new();
        anchors.add(root.certified(&root, &Says::new(1, ca_extensions())), &[Use::Signers]);
        let mut says = Says::new(0, leaf_says);
        says.serial = serial.to_vec();
        Self {
            ca_certificate: ca.certified(&root, &Says::new(2, ca_says)),
            leaf: Entity::new(&[], "Leaf").certified(&ca, &says),
            root,
            ca,
            anchors,
        }
    }

    fn status(&self, lists: &[Vec<u8>], more: &[Certificate], freshness: Freshness) -> Status {
        let crls: Vec<_> = lists.iter().map(|der| Crl::parse(der).unwrap()).collect();
        let certificates: Vec<_> = more.iter().chain([&self.ca_certificate]).cloned().collect();
        let evidence = Evidence {
            crls: &crls,
            answers: &[],
            certificates: &certificates,
            anchors: &self.anchors,
            anchors_for: Use::Signers,
            freshness,
            checks: &Checks::default(),
        };
        revocation::judge(&self.leaf, &self.ca_certificate, &evidence, at(AT))
    }

    fn said(&self, lists: &[Vec<u8>], more: &[Certificate]) -> String {
        word(&self.status(lists, more, Freshness::Current))
    }
}

pub(super) fn word(status: &Status) -> String {
    match status {
        Status::Good(_) => "good".to_owned(),
        Status::Revoked { .. } => "revoked".to_owned(),
        Status::Unknown(why) => format!("{why:?}"),
    }
}

fn full(url: &str) -> Vec<u8> {
    tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())))
}

fn point(url: Option<&str>, reasons: Option<u8>, issuer: Option<&Entity>) -> Vec<u8> {
    let name = url.map(full).unwrap_or_default();
    let reasons = reasons.map(|r| tlv(0x81, &[0, r])).unwrap_or_default();
    let issuer = issuer.map(|i| tlv(0xa2, &tlv(0xa4, &i.name))).unwrap_or_default();
    tlv(0x30, &[name, reasons, issuer].concat())
}

fn points(list: &[Vec<u8>]) -> Ext {
    Ext("2.5.29.31", false, tlv(0x30, &list.concat()))
}

fn idp(fields: &[Vec<u8>]) -> Ext {
    Ext("2.5.29.28", true, tlv(0x30, &fields.concat()))
}

fn flag(number: u8) -> Vec<u8> {
    tlv(0x80 | number, &[0xff])
}

fn reason(code: u8) -> Vec<Ext> {
    vec![Ext("2.5.29.21", false, tlv(10, &[code]))]
}

#[test]
fn basic_certificate_revocation() {
    let world = World::new();
    let since = "2026-05-01T00:00:00Z";
    let mut late = List::new();
    late.next_update = time_of("2026-05-31T00:00:00Z");
    let mut forged = List::new();
    forged.forged = true;
    let mut general = List::new();
    general.next_update = pki::generalized(at("2050-06-01T00:00:00Z"));
    let stranger = Entity {
        name: dn(&[], Some("Stranger")),
        key: world.ca.key.clone(),
    };
    let critical = || Ext("1.2.392.100.99", true, tlv(5, &[]));
    let by = |list: List| vec![list.by(&world.ca)];
    let rows = [
        ("4.4.1", vec![], "Missing"),
        ("4.4.3", by(List::new().revokes(&[9], since, reason(1))), "revoked"),
        (
            "4.4.3, another's",
            by(List::new().revokes(&[8], since, reason(1))),
            "good",
        ),
        ("4.4.4", by(forged), "Untrusted"),
        ("4.4.5", vec![List::new().by(&stranger)], "Missing"),
        ("4.4.6", vec![List::new().by(&world.root)], "Missing"),
        (
            "4.4.7",
            vec![List::new().by(&world.root), List::new().by(&world.ca)],
            "good",
        ),
        (
            "4.4.8",
            by(List::new().revokes(&[8], since, vec![critical()])),
            "CriticalExtension",
        ),
        ("4.4.9", by(List::new().with(critical())), "CriticalExtension"),
        ("4.4.11", by(late), "Stale"),
        ("4.4.13", by(general), "good"),
        (
            "4.15.1",
            by(List::new().with(Ext("2.5.29.27", true, tlv(2, &[1])))),
            "OutOfScope",
        ),
        (
            "an entry twice",
            by(List::new().revokes(&[9], since, vec![]).revokes(&[9], since, vec![])),
            "revoked",
        ),
    ];
    counted("PKITS rows: certificate revocation", rows.len());
    for (number, lists, expected) in rows {
        assert_eq!(world.said(&lists, &[]), expected, "{number}");
    }
}

#[test]
fn serial_numbers_are_compared_to_the_octet() {
    let since = "2026-05-01T00:00:00Z";
    let long: Vec<u8> = (1..=20).collect();
    let shorter = &long[1..];
    let rows = [
        ("4.4.14", &[0xff][..], &[0, 0xff][..], "good"),
        ("4.4.15", &[0xff], &[0xff], "revoked"),
        ("4.4.16", &long, shorter, "good"),
        ("4.4.18", &long, &long, "revoked"),
    ];
    counted("PKITS rows: serial numbers", rows.len());
    for (number, of_leaf, listed, expected) in rows {
        let world = World::of(ca_extensions(), of_leaf, vec![]);
        let list = List::new().revokes(listed, since, vec![]).by(&world.ca);
        assert_eq!(world.said(&[list], &[]), expected, "{number}");
    }
}

#[test]
fn a_list_may_be_signed_by_another_key_of_the_issuer() {
    let world = World::of(vec![basic(true, None), usage(&[KEY_CERT_SIGN])], &[9], vec![]);
    let since = "2026-05-01T00:00:00Z";
    let signer = world.ca.renewed();
    let certificate = |extensions| signer.certified(&world.root, &Says::new(5, extensions));
    let may = certificate(vec![usage(&[CRL_SIGN])]);
    let may_not = certificate(vec![usage(&[DIGITAL_SIGNATURE])]);
    let elsewhere = Entity::new(&[], "Elsewhere");
    let unknown = signer.certified(&elsewhere, &Says::new(5, vec![usage(&[CRL_SIGN])]));
    let list = List::new().by(&signer);
    let of_root = List::new().revokes(&[5], since, vec![]).by(&world.root);
    let own = List::new().by(&world.ca);
    let rows = [
        ("4.4.19", vec![list.clone()], vec![may.clone()], "good"),
        (
            "4.4.20",
            vec![List::new().revokes(&[9], since, vec![]).by(&signer)],
            vec![may.clone()],
            "revoked",
        ),
        ("4.4.21", vec![list.clone(), of_root], vec![may], "Untrusted"),
        ("4.5.8", vec![list.clone()], vec![may_not], "Untrusted"),
        ("no path", vec![list.clone()], vec![unknown], "Untrusted"),
        ("no certificate", vec![list], vec![], "Untrusted"),
        ("4.7.4", vec![own], vec![], "Untrusted"),
    ];
    counted("PKITS rows: lists by other keys", rows.len());
    for (number, lists, more, expected) in rows {
        assert_eq!(world.said(&lists, &more), expected, "{number}");
    }
}

#[test]
fn nobody_below_a_revoked_authority_or_under_another_anchor_speaks_for_its_issuer() {
    let mut world = World::new();
    let other = Entity::new(&[], "Other");
    let other_certificate = other.certified(&other, &Says::new(1, ca_extensions()));
    world.anchors.add(other_certificate, &[Use::Signers]);
    let namesake = world.root.renewed();
    let says = |extensions| Says::new(5, extensions);
    let cases = [
        (namesake.certified(&world.ca, &says(vec![usage(&[CRL_SIGN])])), false),
        (namesake.certified(&other, &says(vec![usage(&[CRL_SIGN])])), false),
        (namesake.certified(&world.root, &says(vec![])), false),
        (namesake.certified(&world.root, &says(vec![usage(&[CRL_SIGN])])), true),
    ];
    for (number, (signer, speaks)) in cases.into_iter().enumerate() {
        let pool = [world.ca_certificate.clone(), signer];
        let path = path::find(&world.leaf, &pool, &world.anchors, &Rules::signer(at(AT))).unwrap();
        let crls = [List::new().by(&world.ca), List::new().by(&namesake)].map(|der| Crl::parse(&der).unwrap());
        let evidence = Evidence {
            crls: &crls,
            answers: &[],
            certificates: &pool,
            anchors: &world.anchors,
            anchors_for: Use::Signers,
            freshness: Freshness::Current,
            checks: &Checks::default(),
        };
        let links = revocation::judge_path(&path, &evidence, at(AT));
        let expected = if speaks { "good" } else { "Untrusted" };
        assert_eq!(word(&links[1].status), expected, "{number}");
        // Whoever may speak is asked about too, and may not clear itself.
        assert_eq!(links.len(), if speaks { 3 } else { 2 }, "{number}");
        assert!(!revocation::findings(&links).is_empty(), "{number}");
    }
}

#[test]
fn a_list_from_the_future_says_nothing_and_a_flag_is_true_or_absent() {
    let world = World::new();
    let mut list = List::new();
    list.this_update = at("2026-06-10T00:00:00Z");
    let mut crl = Crl::parse(&list.by(&world.ca)).unwrap();
    let mut judged = |existed: &str| {
        crl.prove(at(existed));
        let evidence = Evidence {
            crls: std::slice::from_ref(&crl),
            answers: &[],
            certificates: std::slice::from_ref(&world.ca_certificate),
            anchors: &world.anchors,
            anchors_for: Use::Signers,
            freshness: Freshness::Current,
            checks: &Checks::default(),
        };
        word(&revocation::judge(
            &world.leaf,
            &world.ca_certificate,
            &evidence,
            at(AT),
        ))
    };
    assert_eq!(judged("2026-06-09T23:54:59Z"), "Untrusted");
    assert_eq!(judged("2026-06-09T23:55:00Z"), "good");
    let odd = List::new().with(idp(&[tlv(0x84, &[1])])).by(&world.ca);
    assert_eq!(Crl::parse(&odd), Err(Error::CrlMalformed));
}

#[test]
fn distribution_points_and_scopes() {
    let world = World::new();
    let (here, there) = (full("http://crl.example/1"), full("http://crl.example/2"));
    let since = "2026-05-01T00:00:00Z";
    let with = |fields: &[Vec<u8>]| List::new().with(idp(fields)).by(&world.ca);
    // keyCompromise alone, and all the others.
    let (some, others) = (tlv(0x83, &[6, 0x40]), tlv(0x83, &[7, 0x3f, 0x80]));
    let listed = List::new()
        .with(idp(std::slice::from_ref(&some)))
        .revokes(&[9], since, reason(1))
        .by(&world.ca);
    let rows = [
        ("4.14.1", vec![with(std::slice::from_ref(&here))], "good"),
        ("4.14.3", vec![with(&[there])], "OutOfScope"),
        ("4.14.10", vec![with(&[flag(1)])], "good"),
        ("4.14.12", vec![with(&[flag(2)])], "OutOfScope"),
        ("4.14.14", vec![with(&[flag(5)])], "OutOfScope"),
        ("4.14.15", vec![listed.clone()], "revoked"),
        ("4.14.17", vec![with(std::slice::from_ref(&some))], "OutOfScope"),
        (
            "4.14.18",
            vec![with(std::slice::from_ref(&some)), with(std::slice::from_ref(&others))],
            "good",
        ),
        ("4.14.20", vec![listed, with(&[others])], "revoked"),
        ("4.14.2, name and reasons", vec![with(&[here, some])], "OutOfScope"),
    ];
    counted("PKITS rows: distribution points and scopes", rows.len());
    for (number, lists, expected) in rows {
        assert_eq!(world.said(&lists, &[]), expected, "{number}");
    }
}

#[test]
fn an_indirect_list_names_whose_certificates_it_means() {
    let lister = Entity::new(&[], "Lister");
    let says = || vec![points(&[point(Some("http://crl.example/1"), None, Some(&lister))])];
    let world = World::of(ca_extensions(), &[9], says());
    let certificate = lister.certified(&world.root, &Says::new(6, vec![usage(&[CRL_SIGN])]));
    let indirect = || List::new().with(idp(&[full("http://crl.example/1"), flag(4)]));
    let whose = |name: &[u8]| vec![Ext("2.5.29.29", true, tlv(0x30, &tlv(0xa4, name)))];
    let since = "2026-05-01T00:00:00Z";
    let rows = [
        ("4.14.22", indirect(), "good"),
        (
            "4.14.23",
            indirect().revokes(&[9], since, whose(&world.ca.name)),
            "revoked",
        ),
        (
            "4.14.24, the lister's own",
            indirect().revokes(&[9], since, vec![]),
            "good",
        ),
        (
            "4.14.25",
            indirect()
                .revokes(&[7], since, whose(&world.ca.name))
                .revokes(&[9], since, vec![]),
            "revoked",
        ),
        (
            "4.14.26, not indirect",
            List::new().with(idp(&[full("http://crl.example/1")])),
            "Missing",
        ),
    ];
    counted("PKITS rows: indirect lists", rows.len());
    for (number, list, expected) in rows {
        assert_eq!(
            world.said(&[list.by(&lister)], std::slice::from_ref(&certificate)),
            expected,
            "{number}"
        );
    }
}

#[test]
fn a_revocation_counts_from_its_date() {
    let world = World::new();
    let later = "2026-07-01T00:00:00Z";
    let mut list = List::new().revokes(&[9], later, reason(1));
    list.this_update = at("2026-07-02T00:00:00Z");
    list.next_update = time_of("2026-07-09T00:00:00Z");
    let Status::Good(proof) = world.status(&[list.by(&world.ca)], &[], Freshness::IssuedAfter) else {
        panic!("a revocation that came later");
    };
    assert_eq!(
        (proof.revoked_later, proof.is_ocsp, proof.index),
        (Some(at(later)), false, 0)
    );
    assert_eq!(proof.signer, world.ca_certificate);
    // Data from before the moment is enough for one rule and too early for the other.
    let early = List::new().by(&world.ca);
    assert_eq!(
        word(&world.status(std::slice::from_ref(&early), &[], Freshness::Current)),
        "good"
    );
    assert_eq!(word(&world.status(&[early], &[], Freshness::IssuedAfter)), "TooEarly");
    // A list forgets what has expired, unless it says otherwise.
    let mut forgetful = List::new();
    forgetful.this_update = at("2028-01-02T00:00:00Z");
    forgetful.next_update = time_of("2028-02-02T00:00:00Z");
    assert_eq!(world.said(&[forgetful.by(&world.ca)], &[]), "AfterExpiry");
    let mindful = forgetful.with(Ext("2.5.29.60", false, pki::generalized(at("2020-01-01T00:00:00Z"))));
    assert_eq!(world.said(&[mindful.by(&world.ca)], &[]), "good");
}

#[test]
fn a_hold_is_lifted_by_newer_data() {
    let world = World::new();
    let held = List::new()
        .revokes(&[9], "2026-05-01T00:00:00Z", reason(6))
        .by(&world.ca);
    let status = world.status(std::slice::from_ref(&held), &[], Freshness::Current);
    assert_eq!(
        status,
        Status::Revoked {
            at: at("2026-05-01T00:00:00Z"),
            reason: Some(Reason::HOLD)
        }
    );
    let mut newer = List::new();
    newer.this_update = at("2026-05-25T00:00:00Z");
    assert_eq!(world.said(&[held, newer.by(&world.ca)], &[]), "good");
}

#[test]
fn every_certificate_of_a_path_is_named_with_what_is_missing() {
    let world = World::new();
    let pool = [world.ca_certificate.clone()];
    let path = path::find(&world.leaf, &pool, &world.anchors, &Rules::signer(at(AT))).unwrap();
    let judged = |lists: &[Vec<u8>]| {
        let crls: Vec<_> = lists.iter().map(|der| Crl::parse(der).unwrap()).collect();
        let evidence = Evidence {
            crls: &crls,
            answers: &[],
            certificates: &pool,
            anchors: &world.anchors,
            anchors_for: Use::Signers,
            freshness: Freshness::Current,
            checks: &Checks::default(),
        };
        revocation::findings(&revocation::judge_path(&path, &evidence, at(AT)))
    };
    let (of_ca, of_root) = (List::new().by(&world.ca), List::new().by(&world.root));
    assert_eq!(judged(&[of_ca.clone(), of_root]), []);
    let missing = judged(&[]);
    assert_eq!(missing.len(), 2);
    let said = missing[1].explain(Lang::Ja);
    assert!(said.starts_with("失効情報なし") && said.contains("「CA(T)」"), "{said}");
    assert_eq!(missing[0].sub_indication(), SubIndication::TryLater);
    let revoked = List::new()
        .revokes(&[2], "2026-05-01T00:00:00Z", reason(2))
        .by(&world.root);
    let found = judged(&[of_ca, revoked]);
    assert!(
        matches!(
            &found[..],
            [Finding::Revoked {
                is_ca: true,
                reason: "cACompromise",
                ..
            }]
        ),
        "{found:?}"
    );
    assert_eq!(found[0].sub_indication(), SubIndication::RevokedCaNoPoe);
}

#[test]
fn what_a_state_keeps_to_itself_is_said() {
    let mut jpki = Entity::new(&[], "x");
    jpki.name = tlv(
        0x30,
        &[pki::rdn("2.5.4.6", 19, "JP"), pki::rdn("2.5.4.10", 19, "JPKI")].concat(),
    );
    let root = jpki.certified(&jpki, &Says::new(1, ca_extensions()));
    let leaf = Entity::new(&[], "Taro").certified(&jpki, &Says::new(2, vec![]));
    let evidence = Evidence {
        crls: &[],
        answers: &[],
        certificates: &[],
        anchors: &Anchors::new(),
        anchors_for: Use::Signers,
        freshness: Freshness::Current,
        checks: &Checks::default(),
    };
    let status = revocation::judge(&leaf, &root, &evidence, at(AT));
    assert_eq!(status, Status::Unknown(Why::Closed));
    let all = [
        Why::Missing,
        Why::Closed,
        Why::OutOfScope,
        Why::CriticalExtension,
        Why::Untrusted,
        Why::NotKnownThere,
        Why::Stale,
        Why::TooEarly,
        Why::AfterExpiry,
    ];
    for why in all {
        let finding = Finding::RevocationUnknown {
            subject: "Taro".to_owned(),
            why,
        };
        assert!(has(Lang::En, &finding.code().replace('_', "-")), "{why:?}");
    }
}

#[test]
fn a_real_responder_is_understood() {
    let now = Timestamp::from_system(SystemTime::now());
    let (good, revoked, unknown) = (
        Office::new(Some("V"), OCSP_SIGNING),
        Office::new(Some("R"), OCSP_SIGNING),
        Office::new(None, OCSP_SIGNING),
    );
    for more in ["", "-resp_key_id", "-resp_no_certs"] {
        let answer = OcspAnswer::parse(&good.answer(Some(b"0123456789abcdef"), more)).unwrap();
        assert_eq!(answer.nonce(), Some(&b"0123456789abcdef"[..]));
        assert!(answer.next_update().is_some());
        assert_eq!(word(&good.judged(&[answer], &[], now)), "good", "{more}");
    }
    let answer = OcspAnswer::parse(&good.answer(None, "")).unwrap();
    assert_eq!(answer.nonce(), None);
    let in_three_days = now.plus(Duration::from_secs(3 * 86_400));
    assert_eq!(
        word(&good.judged(std::slice::from_ref(&answer), &[], in_three_days)),
        "Stale"
    );
    assert_eq!(word(&revoked.judged(&[answer], &[], now)), "Missing");
    let answer = OcspAnswer::parse(&revoked.answer(None, "")).unwrap();
    let status = revoked.judged(&[answer], &[], now);
    assert_eq!(
        status,
        Status::Revoked {
            at: at("2026-01-01T00:00:00Z"),
            reason: Some(Reason(1))
        }
    );
    let answer = OcspAnswer::parse(&unknown.answer(None, "")).unwrap();
    assert_eq!(word(&unknown.judged(&[answer], &[], now)), "NotKnownThere");
    let not_delegated = Office::new(Some("V"), &["1.3.6.1.5.5.7.3.8"]);
    let answer = OcspAnswer::parse(&not_delegated.answer(None, "")).unwrap();
    assert_eq!(word(&not_delegated.judged(&[answer], &[], now)), "Untrusted");
    // OCSPResponseStatus tryLater.
    assert_eq!(OcspAnswer::parse(&[0x30, 3, 10, 1, 3]), Err(Error::OcspRefused(3)));
}

#[test]
fn a_real_authority_s_list_is_understood() {
    let now = Timestamp::from_system(SystemTime::now());
    for (state, expected) in [(Some("V"), "good"), (Some("R"), "revoked")] {
        let office = Office::new(state, OCSP_SIGNING);
        let crl = Crl::parse(&office.list()).unwrap();
        assert_eq!(word(&office.judged(&[], &[crl], now)), expected);
    }
}

#[test]
fn damaged_lists_and_answers_never_panic_and_never_count() {
    let now = Timestamp::from_system(SystemTime::now());
    let office = Office::new(Some("V"), OCSP_SIGNING);
    let answer = office.answer(Some(b"0123456789abcdef"), "-resp_no_certs");
    for damaged in mutations(7, &answer, count()) {
        if let Ok(parsed) = OcspAnswer::parse(&damaged) {
            let is_good = word(&office.judged(std::slice::from_ref(&parsed), &[], now)) == "good";
            assert!(
                !is_good || answer_is_signed_the_same(&damaged, &answer),
                "{}",
                hex::encode(&damaged)
            );
        }
    }
    let world = World::new();
    let list = List::new()
        .with(idp(&[full("http://crl.example/1"), flag(4)]))
        .revokes(&[7], "2026-05-01T00:00:00Z", reason(1))
        .by(&world.ca);
    assert_eq!(world.said(std::slice::from_ref(&list), &[]), "good");
    for damaged in mutations(8, &list, count()) {
        if Crl::parse(&damaged).is_ok() {
            let said = world.said(std::slice::from_ref(&damaged), &[]);
            assert!(said != "good" || damaged == list, "{}", hex::encode(&damaged));
        }
    }
}

/// The signed part and the signature are where they were: what else changed (an empty list of certificates) is nobody's word.
fn answer_is_signed_the_same(damaged: &[u8], answer: &[u8]) -> bool {
    let start = answer.len() / 4;
    let end = answer.len() - 8;
    damaged.get(start..end) == answer.get(start..end)
}

fn time_of(text: &str) -> Vec<u8> {
    pki::time(at(text))
}
