//! Anchors, paths, revocation: what is trusted at which moment, and what is said when it is not.

mod fetching;
mod fuzz;
mod hostile;
mod office;
mod pkits;
mod responders;
mod revocation;

use crate::support::ca::{self, Ca, DIGITAL_SIGNATURE, IssueRequest, Kind};
use crate::support::mutate::{count, mutations};
use crate::support::pki::{Entity, Ext, Says, at, ca_extensions, purposes, usage};
use hankod::clock::Timestamp;
use hankod::der::{Certificate, Error, parse_bundle};
use hankod::text::{Explain, Lang};
use hankod::trust::path::{self, MAX_PATH_CERTIFICATES, Purpose, Rules};
use hankod::trust::{Anchors, Checks, Finding, SubIndication, Use};
use std::time::SystemTime;

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

fn signers(anchors: &[&Certificate]) -> Anchors {
    let mut list = Anchors::new();
    for anchor in anchors {
        list.add((*anchor).clone(), &[Use::Signers]);
    }
    list
}

#[test]
fn a_real_ca_s_path_is_found_and_judged_by_time() {
    let root = Ca::new("根");
    let middle = root.intermediate("中間");
    let leaf = Certificate::parse(&middle.issue(&ca::key(Kind::Rsa2048), &IssueRequest::default())).unwrap();
    let pool = [root.certificate(), middle.certificate()];
    let anchors = signers(&[&root.certificate()]);
    let path = path::find(&leaf, &pool, &anchors, &Rules::signer(now())).unwrap();
    assert_eq!(
        path.certificates(),
        [leaf.clone(), middle.certificate(), root.certificate()]
    );
    assert_eq!(path.anchor(), &root.certificate());
    assert_eq!(path.links().count(), 2);
    let day = std::time::Duration::from_secs(86_400);
    let late = path::find(&leaf, &pool, &anchors, &Rules::signer(now().plus(day * 400))).unwrap_err();
    assert_eq!(late[0].sub_indication(), SubIndication::OutOfBoundsNoPoe);
    assert!(
        late[0].explain(Lang::Ja).contains("甲野太郎"),
        "{}",
        late[0].explain(Lang::Ja)
    );
    let early = path::find(&leaf, &pool, &anchors, &Rules::signer(now().minus(day * 20))).unwrap_err();
    assert_eq!(early[0].code(), "trust_not_yet_valid");
    let nobody = path::find(&leaf, &pool, &Anchors::new(), &Rules::signer(now())).unwrap_err();
    assert_eq!(nobody[0].sub_indication(), SubIndication::NoCertificateChainFound);
    let without_middle = path::find(&leaf, &[], &anchors, &Rules::signer(now())).unwrap_err();
    assert_eq!(without_middle[0].code(), "trust_issuer_missing");
}

#[test]
fn anchors_come_from_files_and_count_for_their_use() {
    let (one, two) = (Ca::new("一"), Ca::new("二"));
    let mut anchors = Anchors::new();
    let mut add = |file: &[u8], uses: &[Use]| {
        let certificates = parse_bundle(file)?;
        let count = certificates.len();
        certificates.into_iter().for_each(|one| anchors.add(one, uses));
        Ok(count)
    };
    let bundle = [one.pem(), two.pem()].concat();
    assert_eq!(add(&bundle, &[Use::Signers]), Ok(2));
    assert_eq!(add(&one.der(), &[Use::Signers, Use::TimestampAuthorities]), Ok(1));
    assert_eq!(add(b"no certificate", &[Use::Signers]), Err(Error::BundleMalformed));
    assert_eq!(anchors.of(Use::Signers).count(), 2);
    assert_eq!(anchors.of(Use::TimestampAuthorities).count(), 1);
    assert!(!anchors.contains(Use::Responders, &one.certificate()) && !anchors.is_empty());
    let request = IssueRequest {
        extended_key_usage: &["1.3.6.1.5.5.7.3.8"],
        key_usage: &[DIGITAL_SIGNATURE],
        ..IssueRequest::default()
    };
    let tsa = |ca: &Ca| Certificate::parse(&ca.issue(&ca::key(Kind::P256), &request)).unwrap();
    let judged = |tsa: &Certificate| path::find(tsa, &[], &anchors, &Rules::timestamp_authority(now()));
    judged(&tsa(&one)).unwrap();
    assert_eq!(judged(&tsa(&two)).unwrap_err()[0].code(), "trust_issuer_missing");
    let as_signer = path::find(&tsa(&one), &[], &anchors, &Rules::signer(now())).unwrap_err();
    assert_eq!(as_signer[0].code(), "trust_purpose");
}

#[test]
fn a_certificate_that_is_an_anchor_itself_is_trusted_and_issues_nothing() {
    let root = Ca::new("根");
    let key = ca::key(Kind::P256);
    let request = IssueRequest::default();
    let leaf = Certificate::parse(&root.issue(&key, &request)).unwrap();
    let anchors = signers(&[&leaf]);
    let path = path::find(&leaf, &[], &anchors, &Rules::signer(now())).unwrap();
    assert_eq!((path.certificates(), path.links().count()), (&[leaf.clone()][..], 0));
    let expired = path::find(&leaf, &[], &anchors, &Rules::signer(at("2040-01-01T00:00:00Z"))).unwrap_err();
    assert_eq!(expired[0].code(), "trust_expired");
    // Its holder issues a certificate all the same.
    let holder = Entity {
        name: leaf.subject().der().to_vec(),
        key,
    };
    let below = Entity::new(&[], "below").certified(&holder, &Says::new(7, Vec::new()));
    let found = path::find(&below, &[], &anchors, &Rules::signer(at("2026-06-01T00:00:00Z"))).unwrap_err();
    assert_eq!(found[0].code(), "trust_not_ca");
}

#[test]
fn several_authorities_of_one_name_are_told_apart_by_their_keys() {
    let old = Entity::new(&[], "signca");
    let generations = [old.clone(), old.renewed(), old.renewed()];
    let roots: Vec<_> = generations
        .iter()
        .map(|g| g.certified(g, &Says::new(1, ca_extensions())))
        .collect();
    let anchors = signers(&roots.iter().collect::<Vec<_>>());
    for (generation, root) in generations.iter().zip(&roots) {
        let leaf = Entity::new(&[], "leaf").certified(generation, &Says::new(2, Vec::new()));
        let path = path::find(&leaf, &[], &anchors, &Rules::signer(at("2026-06-01T00:00:00Z"))).unwrap();
        assert_eq!(path.anchor(), root);
    }
    let stranger = old.renewed();
    let leaf = Entity::new(&[], "leaf").certified(&stranger, &Says::new(2, Vec::new()));
    let found = path::find(&leaf, &[], &anchors, &Rules::signer(at("2026-06-01T00:00:00Z"))).unwrap_err();
    assert_eq!(found[0].code(), "trust_signature_wrong");
}

#[test]
fn another_path_is_taken_where_the_first_is_not_valid() {
    let root = Entity::new(&[], "root");
    let anchor = root.certified(&root, &Says::new(1, ca_extensions()));
    let middle = Entity::new(&[], "middle");
    let mut expired = Says::new(2, ca_extensions());
    expired.not_after = at("2026-02-01T00:00:00Z");
    let pool = [
        middle.certified(&root, &expired),
        middle.certified(&root, &Says::new(3, ca_extensions())),
    ];
    let leaf = Entity::new(&[], "leaf").certified(&middle, &Says::new(4, Vec::new()));
    let rules = Rules::signer(at("2026-06-01T00:00:00Z"));
    // The pool is searched in its order; both orders end well.
    for pool in [pool.clone(), [pool[1].clone(), pool[0].clone()]] {
        let path = path::find(&leaf, &pool, &signers(&[&anchor]), &rules).unwrap();
        assert_eq!(path.certificates()[1].serial(), [3]);
    }
    let january = path::find_all(
        &leaf,
        &pool,
        &signers(&[&anchor]),
        &Rules::signer(at("2026-01-15T00:00:00Z")),
        &Checks::default(),
    );
    // Two certificates of one key and name: two paths.
    assert_eq!(january.valid.len(), 2);
}

#[test]
fn a_web_of_cross_certificates_ends() {
    let authorities: Vec<_> = (0..24).map(|n| Entity::new(&[], &format!("CA {n}"))).collect();
    let mut pool = Vec::new();
    for (n, subject) in authorities.iter().enumerate() {
        for (m, issuer) in authorities.iter().enumerate().filter(|(m, _)| *m != n) {
            let serial = u8::try_from((n * 31 + m) % 127 + 1).unwrap();
            pool.push(subject.certified(issuer, &Says::new(serial, ca_extensions())));
        }
    }
    let leaf = Entity::new(&[], "leaf").certified(&authorities[0], &Says::new(1, Vec::new()));
    let elsewhere = Entity::new(&[], "elsewhere");
    let anchor = elsewhere.certified(&elsewhere, &Says::new(1, ca_extensions()));
    let rules = Rules::signer(at("2026-06-01T00:00:00Z"));
    let found = path::find(&leaf, &pool, &signers(&[&anchor]), &rules).unwrap_err();
    assert_eq!(found, [Finding::SearchEnded]);
}

#[test]
fn a_long_path_is_followed_to_its_limit_only() {
    let mut issuer = Entity::new(&[], "root");
    let anchor = issuer.certified(&issuer, &Says::new(1, ca_extensions()));
    let mut pool = Vec::new();
    let rules = Rules::signer(at("2026-06-01T00:00:00Z"));
    for length in 1..MAX_PATH_CERTIFICATES + 3 {
        let leaf = Entity::new(&[], "leaf").certified(&issuer, &Says::new(9, Vec::new()));
        let found = path::find(&leaf, &pool, &signers(&[&anchor]), &rules);
        assert_eq!(found.is_ok(), length <= MAX_PATH_CERTIFICATES, "{length}");
        let next = Entity::new(&[], &format!("CA {length}"));
        pool.push(next.certified(&issuer, &Says::new(2, ca_extensions())));
        issuer = next;
    }
}

#[test]
fn purposes_and_usages() {
    let root = Entity::new(&[], "root");
    let anchor = root.certified(&root, &Says::new(1, ca_extensions()));
    let mut anchors = Anchors::new();
    anchors.add(anchor, &[Use::Signers, Use::TimestampAuthorities, Use::Responders]);
    let (server, mail, stamp, ocsp) = (
        "1.3.6.1.5.5.7.3.1",
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.8",
        "1.3.6.1.5.5.7.3.9",
    );
    let rows: &[(Purpose, Vec<Ext>, Option<&str>)] = &[
        (Purpose::Signer, vec![], None),
        (Purpose::Signer, vec![purposes(&[server])], Some("trust_purpose")),
        (Purpose::Signer, vec![purposes(&[server, mail])], None),
        (Purpose::Signer, vec![usage(&[1])], None),
        (Purpose::Signer, vec![usage(&[2])], Some("trust_key_usage")),
        (Purpose::TimestampAuthority, vec![], Some("trust_purpose")),
        (Purpose::TimestampAuthority, vec![purposes(&[stamp])], None),
        (Purpose::Responder, vec![purposes(&[stamp])], Some("trust_purpose")),
        (Purpose::Responder, vec![purposes(&[ocsp]), usage(&[0])], None),
        (Purpose::CrlIssuer, vec![usage(&[0])], Some("trust_key_usage")),
        (Purpose::CrlIssuer, vec![usage(&[6])], None),
        (Purpose::Any, vec![usage(&[4])], None),
    ];
    for (purpose, extensions, expected) in rows {
        let leaf = Entity::new(&[], "leaf").certified(&root, &Says::new(2, extensions.clone()));
        let rules = Rules::new(at("2026-06-01T00:00:00Z"), *purpose, Use::Signers);
        let found = path::find(&leaf, &[], &anchors, &rules);
        let code = found.err().map(|findings| findings[0].code());
        assert_eq!(code, *expected, "{purpose:?} {extensions:?}");
    }
}

#[test]
fn damaged_certificates_never_panic_and_never_pass_unless_unchanged() {
    let root = Entity::new(&[], "root");
    let anchor = root.certified(&root, &Says::new(1, ca_extensions()));
    let middle = Entity::new(&["p1"], "middle");
    let pool = [middle.certified(&root, &Says::new(2, pkits::rich_ca_extensions()))];
    let leaf = Entity::new(&["p1"], "leaf");
    let der = leaf.certified_der(&middle, &Says::new(3, pkits::rich_leaf_extensions()));
    let rules = Rules::signer(at("2026-06-01T00:00:00Z"));
    let anchors = signers(&[&anchor]);
    path::find(&Certificate::parse(&der).unwrap(), &pool, &anchors, &rules).unwrap();
    for damaged in mutations(5, &der, count()).chain(mutations(6, pool[0].der(), count())) {
        let Ok(certificate) = Certificate::parse(&damaged) else {
            continue;
        };
        let is_whole = damaged == der || damaged == pool[0].der();
        let signed = path::find(
            &certificate,
            &pool,
            &anchors,
            &Rules::new(rules.at, Purpose::Any, Use::Signers),
        );
        assert_eq!(signed.is_ok(), is_whole);
        let through = path::find(&Certificate::parse(&der).unwrap(), &[certificate], &anchors, &rules);
        assert_eq!(through.is_ok(), damaged == pool[0].der());
    }
}
