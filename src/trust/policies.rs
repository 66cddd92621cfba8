//! Certificate policies along a path (RFC 5280, 6.1, with the policy graph of RFC 9618, which cannot grow beyond the certificates' own size).
//!
//! Qualifiers are not looked at.

use crate::der::tlv::{self, Cursor, Malformed};
use crate::der::{Certificate, ObjectIdentifier, oid};
use ::der::Decode;
use std::collections::{BTreeMap, BTreeSet};
use x509_cert::ext::pkix::CertificatePolicies;

/// Most policies and mappings of one certificate.
const MAX_POLICIES: usize = 256;

/// What a relying party demands of the policies of a path (RFC 5280, 6.1.1). The default demands nothing.
#[derive(Clone, Default, Debug)]
pub struct PolicyRules {
    /// The policies that will do; empty: any.
    pub acceptable: Vec<ObjectIdentifier>,
    /// initial-explicit-policy: a path without an acceptable policy is not valid.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// What one level of the graph knows about a policy.
#[derive(Debug)]
struct Node {
    expected: BTreeSet<ObjectIdentifier>,
    parents: Vec<ObjectIdentifier>,
}

type Level = BTreeMap<ObjectIdentifier, Node>;

/// The state of RFC 5280, 6.1.2 that concerns policies; `levels` is `None` when the graph is NULL.
pub(super) struct PolicyState {
    levels: Option<Vec<Level>>,
    acceptable: Vec<ObjectIdentifier>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

/// Why the policies of a certificate end the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    NoPolicy,
}

impl PolicyState {
    /// Before the first of `length` certificates.
    pub(super) fn new(rules: &PolicyRules, length: usize) -> Self {
        let from = |inhibited: bool| if inhibited { 0 } else { length + 1 };
        let root = Node {
            expected: BTreeSet::from([oid::ANY_POLICY]),
            parents: Vec::new(),
        };
        Self {
            levels: Some(vec![Level::from([(oid::ANY_POLICY, root)])]),
            acceptable: rules.acceptable.clone(),
            explicit: from(rules.require_explicit),
            mapping: from(rules.inhibit_mapping),
            any: from(rules.inhibit_any),
        }
    }

    /// 6.1.3 (d) to (f).
    pub(super) fn enter(&mut self, certificate: &Certificate, is_last: bool) -> Result<(), Fault> {
        let policies = policies(certificate)?;
        let any_allowed = self.any > 0 || (!is_last && certificate.is_self_issued());
        self.levels = match (self.levels.take(), policies) {
            (Some(mut levels), Some(policies)) => {
                let level = levels.last().map(|above| descend(above, &policies, any_allowed));
                let level = level.unwrap_or_default();
                let is_null = level.is_empty();
                levels.push(level);
                (!is_null).then_some(levels)
            }
            _ => None,
        };
        if self.explicit > 0 || self.levels.is_some() {
            Ok(())
        } else {
            Err(Fault::NoPolicy)
        }
    }

    /// 6.1.4 (a), (b), (h) to (j): prepares for the certificate below this one.
    pub(super) fn leave(&mut self, certificate: &Certificate) -> Result<(), Fault> {
        let mappings = mappings(certificate).map_err(|_| Fault::Malformed("policyMappings"))?;
        if mappings
            .iter()
            .any(|(from, to)| *from == oid::ANY_POLICY || *to == oid::ANY_POLICY)
        {
            return Err(Fault::Malformed("policyMappings"));
        }
        self.map(&mappings);
        if !certificate.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.any = self.any.saturating_sub(1);
        }
        let (explicit, mapping) = constraints(certificate).map_err(|_| Fault::Malformed("policyConstraints"))?;
        self.explicit = self.explicit.min(explicit.unwrap_or(usize::MAX));
        self.mapping = self.mapping.min(mapping.unwrap_or(usize::MAX));
        let any = inhibit_any(certificate).map_err(|_| Fault::Malformed("inhibitAnyPolicy"))?;
        self.any = self.any.min(any.unwrap_or(usize::MAX));
        Ok(())
    }

    /// 6.1.5 (a), (b), (g): after the last certificate; the policies under which the path is valid, with anyPolicy among them for all.
    pub(super) fn finish(mut self, last: &Certificate) -> Result<BTreeSet<ObjectIdentifier>, Fault> {
        self.explicit = self.explicit.saturating_sub(1);
        let (explicit, _) = constraints(last).map_err(|_| Fault::Malformed("policyConstraints"))?;
        if explicit == Some(0) {
            self.explicit = 0;
        }
        let of_authorities = self.levels.as_deref().map(authority_constrained).unwrap_or_default();
        let all = of_authorities.contains(&oid::ANY_POLICY);
        let accepted: BTreeSet<_> = if self.acceptable.is_empty() {
            of_authorities
        } else {
            let fits = |policy: &&ObjectIdentifier| all || of_authorities.contains(policy);
            self.acceptable.iter().filter(fits).copied().collect()
        };
        if self.explicit > 0 || !accepted.is_empty() {
            Ok(accepted)
        } else {
            Err(Fault::NoPolicy)
        }
    }

    fn map(&mut self, mappings: &BTreeSet<(ObjectIdentifier, ObjectIdentifier)>) {
        let Some(level) = self.levels.as_mut().and_then(|levels| levels.last_mut()) else {
            return;
        };
        let from: BTreeSet<_> = mappings.iter().map(|(from, _)| *from).collect();
        for policy in from {
            if self.mapping == 0 {
                level.remove(&policy);
                continue;
            }
            let expected = mappings
                .iter()
                .filter(|(from, _)| *from == policy)
                .map(|(_, to)| *to)
                .collect();
            if let Some(node) = level.get_mut(&policy) {
                node.expected = expected;
            } else if level.contains_key(&oid::ANY_POLICY) {
                let parents = vec![oid::ANY_POLICY];
                level.insert(policy, Node { expected, parents });
            }
        }
        if level.is_empty() {
            self.levels = None;
        }
    }
}

/// The level below `above` for a certificate with these policies: 6.1.3 (d)(1) and (2).
fn descend(above: &Level, policies: &BTreeSet<ObjectIdentifier>, any_allowed: bool) -> Level {
    let expecting = |policy: &ObjectIdentifier| -> Vec<ObjectIdentifier> {
        let parents = above.iter().filter(|(_, node)| node.expected.contains(policy));
        parents.map(|(parent, _)| *parent).collect()
    };
    let node = |policy: ObjectIdentifier, parents| Node {
        expected: BTreeSet::from([policy]),
        parents,
    };
    let mut level = Level::new();
    for policy in policies.iter().filter(|policy| **policy != oid::ANY_POLICY) {
        let mut parents = expecting(policy);
        if parents.is_empty() && above.contains_key(&oid::ANY_POLICY) {
            parents.push(oid::ANY_POLICY);
        }
        if !parents.is_empty() {
            level.insert(*policy, node(*policy, parents));
        }
    }
    if any_allowed && policies.contains(&oid::ANY_POLICY) {
        let expected: BTreeSet<_> = above.values().flat_map(|node| &node.expected).collect();
        for policy in expected {
            level.entry(*policy).or_insert_with(|| node(*policy, expecting(policy)));
        }
    }
    level
}

/// RFC 9618, 5.4: the policies of the uppermost domain that reach the last certificate.
fn authority_constrained(levels: &[Level]) -> BTreeSet<ObjectIdentifier> {
    let mut found = BTreeSet::new();
    let Some(last) = levels.last() else { return found };
    if last.contains_key(&oid::ANY_POLICY) {
        found.insert(oid::ANY_POLICY);
    }
    let mut alive: BTreeSet<ObjectIdentifier> = last.keys().copied().collect();
    for level in levels[1..].iter().rev() {
        let mut above = BTreeSet::new();
        for policy in alive {
            let Some(node) = level.get(&policy) else { continue };
            above.extend(node.parents.iter().copied());
            if policy != oid::ANY_POLICY && node.parents.contains(&oid::ANY_POLICY) {
                found.insert(policy);
            }
        }
        alive = above;
    }
    found
}

fn policies(certificate: &Certificate) -> Result<Option<BTreeSet<ObjectIdentifier>>, Fault> {
    let Some(extension) = certificate.extensions().get(oid::CERTIFICATE_POLICIES) else {
        return Ok(None);
    };
    let malformed = || Fault::Malformed("certificatePolicies");
    let list = CertificatePolicies::from_der(&extension.value)
        .map_err(|_| malformed())?
        .0;
    let set: BTreeSet<_> = list.iter().map(|policy| policy.policy_identifier).collect();
    // "A certificate policy OID MUST NOT appear more than once" (RFC 5280, 4.2.1.4).
    let sane = set.len() == list.len() && (1..=MAX_POLICIES).contains(&list.len());
    if sane { Ok(Some(set)) } else { Err(malformed()) }
}

fn mappings(certificate: &Certificate) -> Result<BTreeSet<(ObjectIdentifier, ObjectIdentifier)>, Malformed> {
    let mut set = BTreeSet::new();
    let Some(mut list) = sequence(certificate, oid::POLICY_MAPPINGS)? else {
        return Ok(set);
    };
    while !list.is_empty() {
        let mut pair = list.take(tlv::SEQUENCE)?.cursor();
        let from = identifier(&mut pair)?;
        let to = identifier(&mut pair)?;
        pair.end()?;
        set.insert((from, to));
        if set.len() > MAX_POLICIES {
            return Err(Malformed);
        }
    }
    Ok(set)
}

fn identifier(cursor: &mut Cursor<'_>) -> Result<ObjectIdentifier, Malformed> {
    ObjectIdentifier::from_bytes(cursor.take(tlv::OBJECT_IDENTIFIER)?.value).map_err(|_| Malformed)
}

/// requireExplicitPolicy and inhibitPolicyMapping.
fn constraints(certificate: &Certificate) -> Result<(Option<usize>, Option<usize>), Malformed> {
    let Some(mut fields) = sequence(certificate, oid::POLICY_CONSTRAINTS)? else {
        return Ok((None, None));
    };
    let explicit = fields
        .optional(tlv::primitive(0))?
        .map(|f| skip_certs(f.value))
        .transpose()?;
    let mapping = fields
        .optional(tlv::primitive(1))?
        .map(|f| skip_certs(f.value))
        .transpose()?;
    fields.end()?;
    Ok((explicit, mapping))
}

fn inhibit_any(certificate: &Certificate) -> Result<Option<usize>, Malformed> {
    let Some(extension) = certificate.extensions().get(oid::INHIBIT_ANY_POLICY) else {
        return Ok(None);
    };
    let mut cursor = Cursor::new(&extension.value);
    let count = skip_certs(cursor.take(tlv::INTEGER)?.value)?;
    cursor.end()?;
    Ok(Some(count))
}

fn sequence(certificate: &Certificate, oid: ObjectIdentifier) -> Result<Option<Cursor<'_>>, Malformed> {
    let Some(extension) = certificate.extensions().get(oid) else {
        return Ok(None);
    };
    let mut outer = Cursor::new(&extension.value);
    let inner = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    Ok(Some(inner))
}

// A number too long for us is larger than any path.
fn skip_certs(integer: &[u8]) -> Result<usize, Malformed> {
    match integer {
        [] => Err(Malformed),
        [first, ..] if *first >= 0x80 => Err(Malformed),
        [one] => Ok(usize::from(*one)),
        _ => Ok(usize::MAX),
    }
}
