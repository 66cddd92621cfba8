//! One path judged (RFC 5280, 6.1) at one moment. The signatures were checked when the path was built; revocation is judged elsewhere.
//!
//! Every fault of the path is told, the gravest first: what only time has done stands last, because a proof of existence can heal it.

use super::algorithms;
use super::constraints::{NameConstraints, names_of};
use super::path::{Purpose, Rules};
use super::policies::{Fault, PolicyState};
use super::{Finding, SubIndication};
use crate::der::{Certificate, KeyUsage, ObjectIdentifier, SignatureAlgorithm, oid};
use std::collections::BTreeSet;

/// Critical extensions that this module judges; `der` knows the others.
const JUDGED_HERE: &[ObjectIdentifier] = &[
    oid::NAME_CONSTRAINTS,
    oid::POLICY_MAPPINGS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
];

/// Purposes that have nothing to do with documents: a certificate that names only such ones signs none (RFC 5280, 4.2.1.12).
const OTHER_PURPOSES: &[ObjectIdentifier] = &[
    oid::KP_SERVER_AUTH,
    oid::KP_CODE_SIGNING,
    oid::TIME_STAMPING,
    oid::KP_OCSP_SIGNING,
];

/// Judges the certificates between `anchor` and the target, the target last. Gives the policies under which the path is valid.
pub(super) fn validate(
    anchor: &Certificate,
    certificates: &[&Certificate],
    rules: &Rules,
) -> Result<BTreeSet<ObjectIdentifier>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut policies = PolicyState::new(&rules.policies, certificates.len());
    let mut policy_fault = None;
    let mut constraints = Vec::new();
    // Version 1 roots, which can say nothing, are CAs when they are anchors.
    if !anchor.extensions().all.is_empty() {
        demand_ca(anchor, &mut findings);
    }
    let mut room = room_below(anchor, usize::MAX);
    read_constraints(anchor, &mut constraints, &mut findings);
    let mut key = anchor;
    for (at, certificate) in certificates.iter().enumerate() {
        let is_last = at + 1 == certificates.len();
        moment(certificate, key, rules, &mut findings);
        critical(certificate, &mut findings);
        if is_last || !certificate.is_self_issued() {
            names(certificate, &constraints, &mut findings);
        }
        let entered = policies.enter(certificate, is_last);
        policy_fault = policy_fault.or_else(|| entered.err().map(|fault| (fault, *certificate)));
        if !is_last {
            let left = policies.leave(certificate);
            policy_fault = policy_fault.or_else(|| left.err().map(|fault| (fault, *certificate)));
            room = issuer(certificate, room, &mut findings);
            read_constraints(certificate, &mut constraints, &mut findings);
        }
        key = certificate;
    }
    purpose(key, rules.purpose, &mut findings);
    let accepted = policy_fault.map_or_else(|| policies.finish(key).map_err(|fault| (fault, key)), Err);
    match accepted {
        Ok(accepted) if findings.is_empty() => return Ok(accepted),
        Ok(_) => {}
        Err((fault, certificate)) => findings.push(policy_finding(&fault, certificate)),
    }
    findings.sort_by_key(|finding| gravity(finding.sub_indication()));
    Err(findings)
}

/// The target alone, when it is an anchor itself.
pub(super) fn validate_anchor(anchor: &Certificate, rules: &Rules) -> Result<(), Vec<Finding>> {
    let mut findings = Vec::new();
    purpose(anchor, rules.purpose, &mut findings);
    validity(anchor, rules, &mut findings);
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn gravity(sub_indication: SubIndication) -> u8 {
    match sub_indication {
        SubIndication::NotYetValid | SubIndication::OutOfBoundsNoPoe => 2,
        SubIndication::CryptoConstraintsFailureNoPoe => 1,
        _ => 0,
    }
}

fn subject(certificate: &Certificate) -> String {
    certificate.subject().display()
}

/// Validity, and the algorithm by which `issuer` signed.
fn moment(certificate: &Certificate, issuer: &Certificate, rules: &Rules, findings: &mut Vec<Finding>) {
    validity(certificate, rules, findings);
    let subject = subject(certificate);
    let Ok(algorithm) = SignatureAlgorithm::from_identifier(certificate.signature_algorithm()) else {
        let algorithm = certificate.signature_algorithm().oid.to_string();
        findings.push(Finding::AlgorithmUnsupported { subject, algorithm });
        return;
    };
    if let Err(weak) = algorithms::judge_signature(algorithm, issuer.key(), rules.at) {
        findings.push(Finding::AlgorithmWeak {
            subject,
            algorithm: weak.algorithm,
            until: weak.until,
        });
    }
}

fn validity(certificate: &Certificate, rules: &Rules, findings: &mut Vec<Finding>) {
    if certificate.is_valid_at(rules.at) {
        return;
    }
    let subject = subject(certificate);
    findings.push(if rules.at < certificate.not_before() {
        let from = certificate.not_before();
        Finding::NotYetValid { subject, from }
    } else {
        let until = certificate.not_after();
        Finding::Expired { subject, until }
    });
}

fn critical(certificate: &Certificate, findings: &mut Vec<Finding>) {
    let extensions = certificate.extensions();
    for oid in &extensions.unknown_critical {
        if !JUDGED_HERE.contains(oid) {
            let subject = subject(certificate);
            findings.push(Finding::CriticalExtension { subject, oid: *oid });
        }
    }
}

fn names(certificate: &Certificate, constraints: &[NameConstraints], findings: &mut Vec<Finding>) {
    if constraints.is_empty() {
        return;
    }
    let Ok(names) = names_of(certificate) else {
        findings.push(malformed(certificate, "subjectAltName"));
        return;
    };
    let forbidden = constraints.iter().find_map(|constraint| constraint.forbidden(&names));
    if let Some(name) = forbidden {
        let subject = subject(certificate);
        findings.push(Finding::NameForbidden { subject, name });
    }
}

fn read_constraints(certificate: &Certificate, constraints: &mut Vec<NameConstraints>, findings: &mut Vec<Finding>) {
    let Some(extension) = certificate.extensions().get(oid::NAME_CONSTRAINTS) else {
        return;
    };
    match NameConstraints::parse(&extension.value) {
        Ok(read) => constraints.push(read),
        Err(_) => findings.push(malformed(certificate, "nameConstraints")),
    }
}

/// RFC 5280, 6.1.4 (k) to (n) for an intermediate; gives how many CAs may follow it.
fn issuer(certificate: &Certificate, room: usize, findings: &mut Vec<Finding>) -> usize {
    let room = if certificate.is_self_issued() {
        room
    } else {
        if room == 0 {
            let subject = subject(certificate);
            findings.push(Finding::PathTooLong { subject });
        }
        room.saturating_sub(1)
    };
    demand_ca(certificate, findings);
    room_below(certificate, room)
}

fn demand_ca(certificate: &Certificate, findings: &mut Vec<Finding>) {
    if !certificate.extensions().is_ca {
        let subject = subject(certificate);
        findings.push(Finding::NotCa { subject });
    }
    demand_usage(certificate, "keyCertSign", KeyUsage::key_cert_sign, findings);
}

fn room_below(certificate: &Certificate, room: usize) -> usize {
    room.min(certificate.extensions().path_length.map_or(usize::MAX, usize::from))
}

fn purpose(certificate: &Certificate, purpose: Purpose, findings: &mut Vec<Finding>) {
    let purposes = certificate.extensions().extended_key_usage.as_deref();
    let named = |wanted: ObjectIdentifier| purposes.is_some_and(|list| list.contains(&wanted));
    let fits = match purpose {
        Purpose::Signer => purposes.is_none_or(|list| !list.iter().all(|p| OTHER_PURPOSES.contains(p))),
        Purpose::TimestampAuthority => named(oid::TIME_STAMPING),
        Purpose::Responder => named(oid::KP_OCSP_SIGNING),
        Purpose::CrlIssuer | Purpose::Any => true,
    };
    if !fits {
        let subject = subject(certificate);
        findings.push(Finding::Purpose { subject });
    }
    let signs = |usage: KeyUsage| usage.digital_signature() || usage.content_commitment();
    match purpose {
        Purpose::Signer | Purpose::TimestampAuthority | Purpose::Responder => {
            demand_usage(certificate, "digitalSignature", signs, findings);
        }
        Purpose::CrlIssuer => demand_usage(certificate, "cRLSign", KeyUsage::crl_sign, findings),
        Purpose::Any => {}
    }
}

fn demand_usage(
    certificate: &Certificate,
    usage: &'static str,
    allows: impl Fn(KeyUsage) -> bool,
    findings: &mut Vec<Finding>,
) {
    if !certificate.extensions().key_usage.is_none_or(allows) {
        let subject = subject(certificate);
        findings.push(Finding::KeyUsage { subject, usage });
    }
}

fn malformed(certificate: &Certificate, extension: &'static str) -> Finding {
    let subject = subject(certificate);
    Finding::ExtensionMalformed { subject, extension }
}

fn policy_finding(fault: &Fault, certificate: &Certificate) -> Finding {
    match fault {
        Fault::Malformed(extension) => malformed(certificate, extension),
        Fault::NoPolicy => Finding::PolicyMissing {
            subject: subject(certificate),
        },
    }
}
