//! The path tests of NIST's PKITS rebuilt: each row has the number of the test that it is modelled on. Revocation has its own table.
//!
//! A path is written from the anchor's child to the target, links parted by `|`: `ca` or `self` (self-issued, another key), `ee` or
//! `selfee`, then what the certificate says, see [`Link::say`]. Policies are numbers, `*` is anyPolicy.

use crate::support::ca::{KEY_CERT_SIGN, tlv};
use crate::support::pki::{Entity, Ext, Says, at, basic, ca_extensions, dn, oid, rdn, usage};
use crate::support::verified::counted;
use hankod::der::{Certificate, ObjectIdentifier};
use hankod::text::Explain;
use hankod::trust::path::{self, Purpose, Rules};
use hankod::trust::{Anchors, Use};
use std::collections::BTreeSet;

/// One test a line, under headings; the rules are `set=1,2 explicit nomap noany`.
const TABLE: &str = include_str!("pkits.txt");

#[test]
fn signatures_and_validity() {
    judge("signatures and validity");
}

#[test]
fn names() {
    judge("names");
}

#[test]
fn basic_constraints_and_key_usage() {
    judge("basic constraints and key usage");
}

#[test]
fn certificate_policies() {
    judge("certificate policies");
}

#[test]
fn policy_mappings_and_their_inhibition() {
    judge("policy mappings");
}

#[test]
fn name_constraints() {
    judge("name constraints");
}

#[test]
fn its_tests_are_counted() {
    let revocation = include_str!("revocation.rs")
        .split('"')
        .filter(|text| text.starts_with("4."));
    let tests = TABLE.lines().chain(revocation).filter_map(|line| {
        // Its parts have letters.
        let number = line.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        number.starts_with("4.").then_some(number)
    });
    let tests: BTreeSet<&str> = tests.collect();
    counted("PKITS tests rebuilt", tests.len());
}

/// Extensions of every kind that path validation reads, in a CA.
pub(super) fn rich_ca_extensions() -> Vec<Ext> {
    let mut link = Link::new("ca", None, 1);
    for word in [
        "pol=1,2",
        "map=1:3",
        "exp=0",
        "ina=0",
        "perm=dn:p1,mail:example.jp",
        "excl=dns:example.org",
    ] {
        link.say(word);
    }
    link.says.extensions
}

/// The same for a target below it.
pub(super) fn rich_leaf_extensions() -> Vec<Ext> {
    let mut link = Link::new("ee", None, 2);
    for word in [
        "pol=3",
        "san=mail:a@example.jp,dns:a.example.jp,uri:http://a/,ip:10.0.0.1",
    ] {
        link.say(word);
    }
    link.says.extensions
}

fn judge(heading: &str) {
    let section = TABLE.split_once(&format!("[{heading}]\n")).unwrap().1;
    let section = section.split("\n[").next().unwrap();
    let mut wrong = Vec::new();
    for row in section.lines() {
        let cells: Vec<&str> = row.split(';').map(str::trim).collect();
        let [number, path, rules, expected] = cells[..] else {
            panic!("{row}")
        };
        let code = outcome(path, rules);
        if code != expected {
            wrong.push(format!("{number} {path} [{rules}]: {code:?}, not {expected:?}"));
        }
    }
    counted(&format!("PKITS rows: {heading}"), section.lines().count());
    assert!(!section.is_empty() && wrong.is_empty(), "{wrong:#?}");
}

fn outcome(path: &str, rules: &str) -> &'static str {
    let root = Entity::new(&[], "Root");
    let mut anchors = Anchors::new();
    anchors.add(root.certified(&root, &Says::new(1, ca_extensions())), &[Use::Signers]);
    let mut pool: Vec<Certificate> = Vec::new();
    let mut issuer = root;
    for (at, words) in path.split('|').enumerate() {
        let mut words = words.split_whitespace();
        let mut link = Link::new(words.next().unwrap(), Some(&issuer), at + 1);
        words.for_each(|word| link.say(word));
        let named = Entity {
            name: link.issuer.unwrap_or_else(|| issuer.name.clone()),
            key: issuer.key.clone(),
        };
        pool.push(link.entity.certified(&named, &link.says));
        issuer = link.entity;
    }
    let target = pool.pop().unwrap();
    let mut judged = Rules::new(at("2026-06-01T00:00:00Z"), Purpose::Any, Use::Signers);
    for word in rules.split_whitespace() {
        match word.split_once('=') {
            Some(("set", list)) => judged.policies.acceptable = list.split(',').map(policy).collect(),
            None if word == "explicit" => judged.policies.require_explicit = true,
            None if word == "nomap" => judged.policies.inhibit_mapping = true,
            None if word == "noany" => judged.policies.inhibit_any = true,
            _ => panic!("{word}"),
        }
    }
    let found = path::find(&target, &pool, &anchors, &judged);
    found.err().map_or("", |findings| findings[0].code())
}

struct Link {
    entity: Entity,
    says: Says,
    issuer: Option<Vec<u8>>,
    printable: bool,
    common_name: String,
}

impl Link {
    fn new(kind: &str, issuer: Option<&Entity>, number: usize) -> Self {
        let is_ca = matches!(kind, "ca" | "self");
        let common_name = if is_ca { format!("CA {number}") } else { "EE".to_owned() };
        let entity = match issuer {
            Some(issuer) if kind.starts_with("self") => issuer.renewed(),
            _ => Entity::new(&[], &common_name),
        };
        let extensions = if is_ca { ca_extensions() } else { Vec::new() };
        Self {
            entity,
            says: Says::new(u8::try_from(number).unwrap(), extensions),
            issuer: None,
            printable: false,
            common_name,
        }
    }

    /// One word: `len=` pathLenConstraint, `ku=` keyUsage bits, `pol=` policies, `map=` mappings, `exp=` requireExplicitPolicy, `inm=`
    /// inhibitPolicyMapping, `ina=` inhibitAnyPolicy, `perm=` and `excl=` subtrees, `dn=` OUs of the subject, `san=`, `iss=` the issuer's CN
    /// as written here (`_` is a space), `nb=` and `na=` days.
    fn say(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "forged" => self.says.forged = true,
            "printable" => self.printable = true,
            "nb" => self.says.not_before = at(&format!("{value}T00:00:00Z")),
            "na" => self.says.not_after = at(&format!("{value}T00:00:00Z")),
            "iss" => self.issuer = Some(self.written(&value.replace('_', " "))),
            "dn" => self.entity.name = dn(&value.split('/').collect::<Vec<_>>(), Some(&self.common_name)),
            "mail" => {
                let inner = &self.entity.name[2..];
                let mail = rdn("1.2.840.113549.1.9.1", 22, value);
                self.entity.name = tlv(0x30, &[inner, mail.as_slice()].concat());
            }
            "nobc" => self.says.extensions.retain(|e| e.0 != "2.5.29.19"),
            "bc" => self.put(basic(false, None)),
            "noncrit" => self.loosen("2.5.29.19"),
            "kunc" => self.loosen("2.5.29.15"),
            "len" => self.put(basic(true, value.parse().ok())),
            "ku" => self.put(usage(&value.split(',').map(|b| b.parse().unwrap()).collect::<Vec<_>>())),
            "ext" => self.put(Ext("1.2.392.100.99", false, tlv(5, &[]))),
            "crit" => self.put(Ext("1.2.392.100.99", true, tlv(5, &[]))),
            "perm" | "excl" => self.constrain(name, value),
            "san" => self.put(Ext("2.5.29.17", false, tlv(0x30, &general_names(value).concat()))),
            _ => self.say_policy(name, value),
        }
    }

    fn say_policy(&mut self, name: &str, value: &str) {
        let number = || value.parse::<u8>().unwrap();
        let list = || value.split(',');
        match name {
            "pol" => {
                let each: Vec<_> = list().map(|p| tlv(0x30, &policy_der(p))).collect();
                self.put(Ext("2.5.29.32", false, tlv(0x30, &each.concat())));
            }
            "map" => {
                let pair = |(from, to): (&str, &str)| tlv(0x30, &[policy_der(from), policy_der(to)].concat());
                let each: Vec<_> = list().map(|p| pair(p.split_once(':').unwrap())).collect();
                self.put(Ext("2.5.29.33", true, tlv(0x30, &each.concat())));
            }
            "exp" => self.put(Ext("2.5.29.36", true, tlv(0x30, &tlv(0x80, &[number()])))),
            "inm" => {
                let before = self.says.extensions.iter().find(|e| e.0 == "2.5.29.36");
                let explicit = before.map_or(Vec::new(), |e| e.2[2..].to_vec());
                self.put(Ext(
                    "2.5.29.36",
                    true,
                    tlv(0x30, &[explicit, tlv(0x81, &[number()])].concat()),
                ));
            }
            "ina" => self.put(Ext("2.5.29.54", true, tlv(2, &[number()]))),
            _ => panic!("{name}"),
        }
    }

    fn constrain(&mut self, name: &str, value: &str) {
        let before = self.says.extensions.iter().find(|e| e.0 == "2.5.29.30");
        let before = before.map_or(Vec::new(), |e| e.2[2..].to_vec());
        let trees: Vec<_> = general_names(value).iter().map(|n| tlv(0x30, n)).collect();
        let tag = if name == "perm" { 0xa0 } else { 0xa1 };
        let list = if trees.is_empty() {
            Vec::new()
        } else {
            tlv(tag, &trees.concat())
        };
        self.put(Ext("2.5.29.30", true, tlv(0x30, &[before, list].concat())));
    }

    fn put(&mut self, extension: Ext) {
        self.says.extensions.retain(|e| e.0 != extension.0);
        self.says.extensions.push(extension);
    }

    fn loosen(&mut self, kind: &str) {
        self.says
            .extensions
            .iter_mut()
            .filter(|e| e.0 == kind)
            .for_each(|e| e.1 = false);
    }

    /// C=JP, O=T, CN as given, the last as PrintableString where asked for.
    fn written(&self, common_name: &str) -> Vec<u8> {
        let tag = if self.printable { 19 } else { 12 };
        let rdns = [
            rdn("2.5.4.6", 19, "JP"),
            rdn("2.5.4.10", tag, "T"),
            rdn("2.5.4.3", tag, common_name),
        ];
        tlv(0x30, &rdns.concat())
    }
}

fn general_names(list: &str) -> Vec<Vec<u8>> {
    let one = |name: &str| {
        let (kind, value) = name.split_once(':').unwrap();
        match kind {
            "mail" => tlv(0x81, value.as_bytes()),
            "dns" => tlv(0x82, value.as_bytes()),
            "dn" => tlv(0xa4, &dn(&value.split('/').collect::<Vec<_>>(), None)),
            "uri" => tlv(0x86, value.as_bytes()),
            "ip" => tlv(
                0x87,
                &value.split(['.', '/']).map(|n| n.parse().unwrap()).collect::<Vec<u8>>(),
            ),
            "other" => tlv(0xa0, &[oid("1.2.3"), tlv(0xa0, &tlv(12, value.as_bytes()))].concat()),
            _ => panic!("{kind}"),
        }
    };
    list.split(',').filter(|name| !name.is_empty()).map(one).collect()
}

fn policy(name: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(&if name == "*" {
        "2.5.29.32.0".to_owned()
    } else {
        format!("1.2.392.100.{name}")
    })
    .unwrap()
}

fn policy_der(name: &str) -> Vec<u8> {
    tlv(6, policy(name).as_bytes())
}

#[test]
fn a_link_says_what_it_is_told() {
    assert_eq!(usage(&[KEY_CERT_SIGN]).2, [3, 2, 2, 4]);
    assert_eq!(rich_ca_extensions().len(), 7);
    assert_eq!(outcome("ca | ee", "explicit set=*"), "trust_policy_missing");
}
