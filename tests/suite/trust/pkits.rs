//! The path tests of NIST's PKITS rebuilt: each row has the number of the test that it is modelled on. Revocation has its own table.
//!
//! A path is written from the anchor's child to the target, links parted by `|`: `ca` or `self` (self-issued, another key), `ee` or
//! `selfee`, then what the certificate says, see [`Link::say`]. Policies are numbers, `*` is anyPolicy.

use crate::support::ca::{KEY_CERT_SIGN, tlv};
use crate::support::pki::{Entity, Ext, Says, at, basic, ca_extensions, dn, oid, rdn, usage};
use hankod::der::{Certificate, ObjectIdentifier};
use hankod::text::Explain;
use hankod::trust::path::{self, Purpose, Rules};
use hankod::trust::{Anchors, Use};

/// Number, path, rules (`set=1,2 explicit nomap noany`), the code of the gravest finding or nothing.
type Row = (&'static str, &'static str, &'static str, &'static str);

const SIGNATURES_AND_VALIDITY: &[Row] = &[
    ("4.1.1", "ca | ee", "", ""),
    ("4.1.2", "ca forged | ee", "", "trust_signature_wrong"),
    ("4.1.3", "ca | ee forged", "", "trust_signature_wrong"),
    ("4.2.1", "ca nb=2026-12-01 | ee", "", "trust_not_yet_valid"),
    ("4.2.2", "ca | ee nb=2026-12-01", "", "trust_not_yet_valid"),
    ("4.2.3", "ca nb=1950-01-01 | ee", "", ""),
    ("4.2.4", "ca | ee nb=2026-02-01", "", ""),
    ("4.2.5", "ca na=2026-02-01 | ee", "", "trust_expired"),
    ("4.2.6", "ca | ee na=2026-02-01", "", "trust_expired"),
    ("4.2.7", "ca | ee nb=1998-01-01 na=1999-01-01", "", "trust_expired"),
    ("4.2.8", "ca | ee na=2050-01-01", "", ""),
    ("4.16.1", "ca | ee ext", "", ""),
    ("4.16.2", "ca | ee crit", "", "trust_critical_extension"),
    ("4.16.2, of a CA", "ca crit | ee", "", "trust_critical_extension"),
];

const NAMES: &[Row] = &[
    ("4.3.1", "ca | ee iss=Nobody", "", "trust_issuer_missing"),
    ("4.3.2", "ca | ee iss=1_CA", "", "trust_issuer_missing"),
    ("4.3.3", "ca | ee iss=CA__1", "", ""),
    ("4.3.4", "ca | ee iss=_CA_1_", "", ""),
    ("4.3.5", "ca | ee iss=cA_1", "", ""),
    ("4.3.10", "ca | ee printable iss=CA_1", "", ""),
    ("4.3.11", "ca | ee printable iss=ca__1", "", ""),
];

const BASIC_CONSTRAINTS: &[Row] = &[
    ("4.6.1", "ca nobc | ee", "", "trust_not_ca"),
    ("4.6.2", "ca bc=false | ee", "", "trust_not_ca"),
    ("4.6.3", "ca bc=false noncrit | ee", "", "trust_not_ca"),
    ("4.6.4", "ca noncrit | ee", "", ""),
    ("4.6.5", "ca len=0 | ca | ee", "", "trust_path_too_long"),
    ("4.6.6", "ca len=0 | ca | ca", "", "trust_path_too_long"),
    ("4.6.7", "ca len=0 | ee", "", ""),
    ("4.6.8", "ca len=0 | ca", "", ""),
    ("4.6.9", "ca len=6 | ca len=0 | ca | ee", "", "trust_path_too_long"),
    ("4.6.10", "ca len=6 | ca len=0 | ca | ca", "", "trust_path_too_long"),
    (
        "4.6.11",
        "ca len=6 | ca len=1 | ca len=1 | ca | ee",
        "",
        "trust_path_too_long",
    ),
    (
        "4.6.12",
        "ca len=6 | ca len=1 | ca len=1 | ca | ca",
        "",
        "trust_path_too_long",
    ),
    ("4.6.13", "ca len=6 | ca len=4 | ca len=1 | ca | ee", "", ""),
    ("4.6.14", "ca len=6 | ca len=4 | ca len=1 | ca | ca", "", ""),
    ("4.6.15", "ca len=0 | self | ee", "", ""),
    ("4.6.16", "ca len=0 | self | ca | ee", "", "trust_path_too_long"),
    ("4.6.17", "ca len=1 | self | ca | self | ee", "", ""),
    ("4.7.1", "ca ku=6 | ee", "", "trust_key_usage"),
    ("4.7.2", "ca ku=6 kunc | ee", "", "trust_key_usage"),
    ("4.7.3", "ca ku=5,6 kunc | ee", "", ""),
    ("4.5.1", "ca | self | ee", "", ""),
    ("4.5.3", "ca | self | self | ee", "", ""),
];

const POLICIES: &[Row] = &[
    ("4.8.1a", "ca pol=1 | ee pol=1", "explicit", ""),
    ("4.8.1b", "ca pol=1 | ee pol=1", "explicit set=1", ""),
    (
        "4.8.1c",
        "ca pol=1 | ee pol=1",
        "explicit set=2",
        "trust_policy_missing",
    ),
    ("4.8.1d", "ca pol=1 | ee pol=1", "explicit set=1,2", ""),
    ("4.8.2a", "ca | ee", "", ""),
    ("4.8.2b", "ca | ee", "explicit", "trust_policy_missing"),
    ("4.8.3a", "ca pol=1 | ca pol=1 | ee pol=2", "", ""),
    (
        "4.8.3b",
        "ca pol=1 | ca pol=1 | ee pol=2",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.8.3c",
        "ca pol=1 | ca pol=1 | ee pol=2",
        "explicit set=1,2",
        "trust_policy_missing",
    ),
    (
        "4.8.4",
        "ca pol=1 | ca pol=2 | ee pol=1",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.8.5",
        "ca pol=1 | ca pol=2 | ee pol=2",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.8.6a",
        "ca pol=1,2,3,4 | ca pol=1,2,3 | ca pol=1,2 | ee pol=1",
        "explicit",
        "",
    ),
    (
        "4.8.6b",
        "ca pol=1,2,3,4 | ca pol=1,2,3 | ca pol=1,2 | ee pol=1",
        "explicit set=1",
        "",
    ),
    (
        "4.8.6c",
        "ca pol=1,2,3,4 | ca pol=1,2,3 | ca pol=1,2 | ee pol=1",
        "explicit set=2",
        "trust_policy_missing",
    ),
    (
        "4.8.7",
        "ca pol=1,2,3 | ca pol=1,2 | ca pol=1 | ee pol=2",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.8.8",
        "ca pol=1,2 | ca pol=1 | ca pol=2 | ee pol=2",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.8.9",
        "ca pol=1,2,3 | ca pol=1,2 | ca pol=2 | ca pol=1 | ee pol=1",
        "explicit",
        "trust_policy_missing",
    ),
    ("4.8.10a", "ca pol=1,2 | ee pol=1,2", "explicit", ""),
    ("4.8.10b", "ca pol=1,2 | ee pol=1,2", "explicit set=1", ""),
    ("4.8.10c", "ca pol=1,2 | ee pol=1,2", "explicit set=2", ""),
    ("4.8.11a", "ca pol=* | ee pol=*", "explicit", ""),
    ("4.8.11b", "ca pol=* | ee pol=*", "explicit set=1", ""),
    ("4.8.12", "ca pol=3 | ee pol=4", "explicit", "trust_policy_missing"),
    ("4.8.13a", "ca pol=1,2,3 | ee pol=1,2,3", "explicit set=1", ""),
    ("4.8.13b", "ca pol=1,2,3 | ee pol=1,2,3", "explicit set=2", ""),
    ("4.8.13c", "ca pol=1,2,3 | ee pol=1,2,3", "explicit set=3", ""),
    ("4.8.14a", "ca pol=* | ee pol=1", "explicit set=1", ""),
    (
        "4.8.14b",
        "ca pol=* | ee pol=1",
        "explicit set=2",
        "trust_policy_missing",
    ),
    ("4.8.15", "ee pol=1", "explicit set=1", ""),
    ("4.9.1", "ca exp=10 | ca | ca | ca | ee", "", ""),
    ("4.9.2", "ca exp=5 | ca | ca | ca | ee", "", ""),
    (
        "4.9.3",
        "ca exp=4 pol=1 | ca pol=1 | ca pol=1 | ca pol=1 | ee",
        "",
        "trust_policy_missing",
    ),
    (
        "4.9.4",
        "ca exp=0 pol=1 | ca pol=1 | ca pol=1 | ca pol=1 | ee pol=1",
        "",
        "",
    ),
    (
        "4.9.5",
        "ca exp=7 pol=1 | ca exp=2 pol=1 | ca exp=4 pol=1 | ca pol=1 | ee",
        "",
        "trust_policy_missing",
    ),
    ("4.9.6", "ca exp=2 pol=1 | self pol=1 | ee", "", ""),
    (
        "4.9.7",
        "ca exp=2 pol=1 | self pol=1 | ca pol=1 | ee",
        "",
        "trust_policy_missing",
    ),
    (
        "4.9.8",
        "ca exp=2 pol=1 | self pol=1 | ca pol=1 | self pol=1 | ee",
        "",
        "trust_policy_missing",
    ),
];

const MAPPINGS: &[Row] = &[
    ("4.10.1a", "ca pol=1 map=1:2 | ee pol=2", "explicit", ""),
    ("4.10.1b", "ca pol=1 map=1:2 | ee pol=2", "explicit set=1", ""),
    (
        "4.10.1c",
        "ca pol=1 map=1:2 | ee pol=2",
        "explicit set=2",
        "trust_policy_missing",
    ),
    (
        "4.10.1d",
        "ca pol=1 map=1:2 | ee pol=2",
        "explicit nomap",
        "trust_policy_missing",
    ),
    (
        "4.10.2a",
        "ca pol=1 map=1:2 | ee pol=1",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.10.2b",
        "ca pol=1 map=1:2 | ee pol=1",
        "explicit nomap",
        "trust_policy_missing",
    ),
    (
        "4.10.3a",
        "ca pol=1,2 map=1:3 | ca pol=2,3 map=2:4 | ca pol=4 | ee pol=4",
        "explicit set=1",
        "trust_policy_missing",
    ),
    (
        "4.10.3b",
        "ca pol=1,2 map=1:3 | ca pol=2,3 map=2:4 | ca pol=4 | ee pol=4",
        "explicit set=2",
        "",
    ),
    (
        "4.10.4",
        "ca pol=1,2 map=1:3 | ca pol=2,3 map=2:4 | ca pol=4 | ee pol=3",
        "explicit",
        "trust_policy_missing",
    ),
    (
        "4.10.5a",
        "ca pol=1 map=1:2,1:3,1:4 | ca pol=2,3,4 map=2:5 | ee pol=5",
        "explicit set=1",
        "",
    ),
    (
        "4.10.5b",
        "ca pol=1 map=1:2,1:3,1:4 | ca pol=2,3,4 map=2:5 | ee pol=5",
        "explicit set=6",
        "trust_policy_missing",
    ),
    (
        "4.10.6a",
        "ca pol=1 map=1:2,1:3,1:4 | ca pol=2,3,4 map=2:5 | ee pol=4",
        "explicit set=1",
        "",
    ),
    (
        "4.10.6b",
        "ca pol=1 map=1:2,1:3,1:4 | ca pol=2,3,4 map=2:5 | ee pol=4",
        "explicit set=6",
        "trust_policy_missing",
    ),
    ("4.10.7", "ca pol=1 map=*:1 | ee pol=1", "", "trust_extension_malformed"),
    ("4.10.8", "ca pol=1 map=1:* | ee pol=1", "", "trust_extension_malformed"),
    ("4.10.9", "ca pol=* map=1:2 | ee pol=1", "explicit", ""),
    (
        "4.10.10",
        "ca pol=1 | ca pol=* map=1:2 | ee pol=1",
        "explicit",
        "trust_policy_missing",
    ),
    ("4.10.11", "ca pol=1 | ca pol=* map=1:2 | ee pol=2", "explicit", ""),
    ("4.10.12a", "ca pol=1,2 map=1:3 | ee pol=2,3", "explicit set=1", ""),
    ("4.10.12b", "ca pol=1,2 map=1:3 | ee pol=2,3", "explicit set=2", ""),
    ("4.10.13", "ca pol=1,* map=1:2 | ee pol=2", "explicit", ""),
    ("4.10.14", "ca pol=1,* map=1:2 | ee pol=1", "explicit", ""),
    (
        "4.11.1",
        "ca pol=1 exp=0 inm=0 | ca pol=1 map=1:2 | ee pol=2",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.2",
        "ca pol=1,2 exp=0 inm=1 | ca pol=1,2 map=1:3,2:4 | ee pol=3",
        "",
        "",
    ),
    (
        "4.11.3",
        "ca pol=1,2 exp=0 inm=1 | ca pol=1,2 map=1:3,2:4 | ca pol=3,4 map=3:5 | ee pol=5",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.4",
        "ca pol=1,2 exp=0 inm=1 | ca pol=1,2 map=1:3,2:4 | ca pol=3,4 map=3:5 | ee pol=4",
        "",
        "",
    ),
    (
        "4.11.5",
        "ca pol=1 exp=0 inm=5 | ca pol=1 inm=1 | ca pol=1 | ca pol=1 map=1:2 | ee pol=2",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.6",
        "ca pol=1,2 exp=0 inm=1 | ca pol=1,2 inm=5 | ca pol=1,2 map=1:3 | ee pol=3",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.7",
        "ca pol=1 exp=0 inm=1 | self pol=1 | ca pol=1 map=1:2 | ee pol=2",
        "",
        "",
    ),
    (
        "4.11.8",
        "ca pol=1 exp=0 inm=1 | self pol=1 | ca pol=1 map=1:2 | ca pol=2 map=2:3 | ee pol=3",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.9",
        "ca pol=1 exp=0 inm=1 | self pol=1 | ca pol=1 map=1:2 | ca pol=2 map=2:3 | ee pol=2",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.10",
        "ca pol=1 exp=0 inm=1 | self pol=1 | ca pol=1 map=1:2 | self pol=2 map=2:3 | ee pol=3",
        "",
        "trust_policy_missing",
    ),
    (
        "4.11.11",
        "ca pol=1 exp=0 inm=1 | self pol=1 | ca pol=1 map=1:2 | self pol=2 map=2:3 | ee pol=2",
        "",
        "trust_policy_missing",
    ),
    ("4.12.1", "ca pol=1 exp=0 ina=0 | ee pol=*", "", "trust_policy_missing"),
    ("4.12.2", "ca pol=1 exp=0 ina=0 | ee pol=1,*", "", ""),
    ("4.12.3a", "ca pol=1 exp=0 ina=1 | ca pol=* | ee pol=1", "", ""),
    (
        "4.12.3b",
        "ca pol=1 exp=0 ina=1 | ca pol=* | ee pol=1",
        "noany",
        "trust_policy_missing",
    ),
    (
        "4.12.4",
        "ca pol=1 exp=0 ina=1 | ca pol=* | ee pol=*",
        "",
        "trust_policy_missing",
    ),
    (
        "4.12.5",
        "ca pol=1 exp=0 ina=5 | ca pol=1 ina=1 | ca pol=* | ee pol=*",
        "",
        "trust_policy_missing",
    ),
    (
        "4.12.6",
        "ca pol=1 exp=0 ina=1 | ca pol=1 ina=5 | ca pol=* | ee pol=1",
        "",
        "trust_policy_missing",
    ),
    (
        "4.12.7",
        "ca pol=1 exp=0 ina=1 | self pol=* | ca pol=* | ee pol=1",
        "",
        "",
    ),
    (
        "4.12.8",
        "ca pol=1 exp=0 ina=1 | self pol=* | ca pol=* | ca pol=* | ee pol=1",
        "",
        "trust_policy_missing",
    ),
    (
        "4.12.9",
        "ca pol=1 exp=0 ina=1 | self pol=* | ca pol=* | self pol=* | ee pol=1",
        "",
        "",
    ),
    (
        "4.12.10",
        "ca pol=1 exp=0 ina=1 | self pol=* | ca pol=* | selfee pol=*",
        "",
        "trust_policy_missing",
    ),
];

const NAME_CONSTRAINTS: &[Row] = &[
    ("4.13.1", "ca perm=dn:p1 | ee dn=p1", "", ""),
    ("4.13.2", "ca perm=dn:p1 | ee dn=e1", "", "trust_name_forbidden"),
    (
        "4.13.3",
        "ca perm=dn:p1 | ee dn=p1 san=dn:e1",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.4", "ca perm=dn:p1 | ee dn=p1 san=mail:a@x.jp", "", ""),
    ("4.13.5", "ca perm=dn:p1,dn:p2 | ee dn=p2", "", ""),
    ("4.13.6", "ca excl=dn:e1 | ee dn=p1", "", ""),
    ("4.13.7", "ca excl=dn:e1 | ee dn=e1", "", "trust_name_forbidden"),
    ("4.13.8", "ca excl=dn:e1,dn:e2 | ee dn=e1", "", "trust_name_forbidden"),
    ("4.13.9", "ca excl=dn:e1,dn:e2 | ee dn=e2", "", "trust_name_forbidden"),
    (
        "4.13.10",
        "ca perm=dn:p1 excl=dn:p1/e1 | ee dn=p1/e1",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.11", "ca perm=dn:p1 excl=dn:p1/e1 | ee dn=p1/p2", "", ""),
    (
        "4.13.12",
        "ca perm=dn:p1 | ca dn=p1 perm=dn:p1/p2 | ee dn=p1",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.13",
        "ca perm=dn:p1 | ca dn=p1 perm=dn:p2 | ee dn=p1",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.14",
        "ca perm=dn:p1 | ca dn=p1 perm=dn:p1/p2 | ee dn=p1/p2",
        "",
        "",
    ),
    (
        "4.13.15",
        "ca excl=dn:e1 | ca excl=dn:e2 | ee dn=e1",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.16",
        "ca excl=dn:e1 | ca excl=dn:e2 | ee dn=e2",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.17",
        "ca excl=dn:e1 | ca perm=dn:e1 | ee dn=e1",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.18", "ca excl=dn:e1 | ca perm=dn:p1 | ee dn=p1", "", ""),
    ("4.13.19", "ca perm=dn:p1 | self | ee dn=p1", "", ""),
    ("4.13.20", "ca perm=dn:p1 | selfee", "", "trust_name_forbidden"),
    (
        "4.13.21",
        "ca perm=mail:.example.jp | ee san=mail:a@mail.example.jp",
        "",
        "",
    ),
    (
        "4.13.22",
        "ca perm=mail:.example.jp | ee san=mail:a@example.jp",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.23", "ca perm=mail:example.jp | ee san=mail:a@example.jp", "", ""),
    (
        "4.13.24",
        "ca perm=mail:example.jp | ee san=mail:a@mail.example.jp",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.25",
        "ca excl=mail:example.jp | ee san=mail:a@mail.example.jp",
        "",
        "",
    ),
    (
        "4.13.26",
        "ca excl=mail:example.jp | ee san=mail:a@example.jp",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.27",
        "ca perm=dn:p1 | ca dn=p1 perm=mail:example.jp | ee dn=p1 san=mail:a@example.jp",
        "",
        "",
    ),
    (
        "4.13.28",
        "ca perm=dn:p1 | ca dn=p1 perm=mail:example.jp | ee dn=p1 san=mail:a@x.jp",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.29",
        "ca perm=dn:p1 | ca dn=p1 perm=mail:example.jp | ee dn=p1 mail=a@x.jp",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.30", "ca perm=dns:example.jp | ee san=dns:a.example.jp", "", ""),
    (
        "4.13.31",
        "ca perm=dns:example.jp | ee san=dns:example.org",
        "",
        "trust_name_forbidden",
    ),
    ("4.13.32", "ca excl=dns:example.jp | ee san=dns:example.org", "", ""),
    (
        "4.13.33",
        "ca excl=dns:example.jp | ee san=dns:a.example.jp",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.34",
        "ca perm=uri:.example.jp | ee san=uri:http://a.example.jp/x",
        "",
        "",
    ),
    (
        "4.13.35",
        "ca perm=uri:.example.jp | ee san=uri:http://example.jp/x",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.36",
        "ca excl=uri:example.jp | ee san=uri:ftp://example.org:21/x",
        "",
        "",
    ),
    (
        "4.13.37",
        "ca excl=uri:example.jp | ee san=uri:ftp://example.jp:21/x",
        "",
        "trust_name_forbidden",
    ),
    (
        "4.13.38",
        "ca perm=dns:example.jp | ee san=dns:myexample.jp",
        "",
        "trust_name_forbidden",
    ),
    (
        "IP, permitted",
        "ca perm=ip:10.0.0.0/255.0.0.0 | ee san=ip:10.1.2.3",
        "",
        "",
    ),
    (
        "IP, not permitted",
        "ca perm=ip:10.0.0.0/255.0.0.0 | ee san=ip:11.1.2.3",
        "",
        "trust_name_forbidden",
    ),
    (
        "another form",
        "ca perm=other:x | ee san=other:x",
        "",
        "trust_name_forbidden",
    ),
    ("another form, absent", "ca perm=other:x | ee", "", ""),
    ("empty", "ca perm= | ee", "", "trust_extension_malformed"),
];

#[test]
fn signatures_and_validity() {
    judge(SIGNATURES_AND_VALIDITY);
}

#[test]
fn names() {
    judge(NAMES);
}

#[test]
fn basic_constraints_and_key_usage() {
    judge(BASIC_CONSTRAINTS);
}

#[test]
fn certificate_policies() {
    judge(POLICIES);
}

#[test]
fn policy_mappings_and_their_inhibition() {
    judge(MAPPINGS);
}

#[test]
fn name_constraints() {
    judge(NAME_CONSTRAINTS);
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

fn judge(rows: &[Row]) {
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|(number, path, rules, expected)| {
            let code = outcome(path, rules);
            (code != *expected).then(|| format!("{number} {path} [{rules}]: {code:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
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
