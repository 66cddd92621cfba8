//! Certificate revocation lists (RFC 5280, 5): read from DER, looked up, their signature checked.
//!
//! Complete lists, indirect and partitioned ones; a delta list is recognised and never used. The entries are walked, not collected: a list
//! of 50 MB costs its own bytes. Whether the signer may speak about a certificate is not decided here.

use super::Error;
use super::checks::Checks;
use super::constraints::{GeneralName, general_names_in};
use super::names;
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor, Malformed, Tlv};
use crate::der::{ObjectIdentifier, SignatureAlgorithm, oid, verify_signature};
use ::der::Decode;
use openssl::sha::sha256;
use spki::AlgorithmIdentifierOwned;
use std::ops::Range;
use std::sync::Arc;

/// Largest list accepted, in bytes.
pub const MAX_CRL_BYTES: usize = 64 * 1024 * 1024;

/// Every reason flag of RFC 5280, 4.2.1.13, as the first two octets of the BIT STRING: bits 1 to 8.
pub(super) const ALL_REASONS: u16 = 0x7f80;

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reason(pub u8);

/// A parsed list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crl {
    der: Arc<[u8]>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    entries: Range<usize>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    /// From when on expired certificates stay on the list.
    pub(super) keeps_expired_since: Option<Timestamp>,
    pub(super) scope: Scope,
    pub(super) is_delta: bool,
    pub(super) unknown_critical: bool,
    existed: Option<Timestamp>,
}

/// issuingDistributionPoint (RFC 5280, 5.2.5).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Scope {
    pub(super) point: Option<PointName>,
    pub(super) users_only: bool,
    pub(super) authorities_only: bool,
    pub(super) attributes_only: bool,
    pub(super) reasons: Option<u16>,
    pub(super) is_indirect: bool,
}

/// DistributionPointName.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PointName {
    Full(Vec<GeneralName>),
    /// One RDN, DER, below the issuer's name.
    Relative(Vec<u8>),
}

/// One DistributionPoint of a certificate (RFC 5280, 4.2.1.13).
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) name: Option<PointName>,
    pub(super) reasons: Option<u16>,
    pub(super) issuers: Vec<GeneralName>,
}

/// What a list says about one certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) reason: Option<Reason>,
}

impl Reason {
    /// certificateHold: may be lifted.
    pub const HOLD: Self = Self(6);

    /// As RFC 5280 names it.
    pub const fn name(self) -> &'static str {
        match self.0 {
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            _ => "unspecified",
        }
    }
}

impl Crl {
    /// Reads one DER list; not a byte may follow it.
    ///
    /// # Errors
    /// [`Error::CrlTooLarge`] or [`Error::CrlMalformed`].
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_CRL_BYTES {
            return Err(Error::CrlTooLarge(der.len()));
        }
        read(der).map_err(|Malformed| Error::CrlMalformed)
    }

    /// The exact bytes that were parsed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`Self::der`].
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Notes when it is proven to have existed: its algorithms are asked about then.
    pub const fn prove(&mut self, existed: Timestamp) {
        self.existed = Some(existed);
    }

    /// When it is proven to have existed; `None`: nothing was said about that.
    pub const fn existed(&self) -> Option<Timestamp> {
        self.existed
    }

    /// Name of its issuer, DER.
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// When it was issued.
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one comes at the latest.
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    pub(super) fn algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::from_identifier(&self.algorithm).ok()
    }

    pub(super) fn is_signed_by(&self, spki_der: &[u8], checks: &Checks) -> bool {
        let tbs = &self.der[self.tbs.clone()];
        self.algorithm().is_some_and(|algorithm| {
            let check = || verify_signature(spki_der, algorithm, tbs, &self.signature);
            checks.ask((&self.sha256, tbs.len()), spki_der, check) == Ok(Ok(()))
        })
    }

    /// The entry of this serial number (content octets) of this issuer; the last one where there are several.
    pub(super) fn find(&self, serial: &[u8], issuer: &[u8]) -> Option<Entry> {
        let mut found = None;
        let walk = walk(&self.der[self.entries.clone()], &self.issuer, |walked| {
            if walked.serial == serial && names::same(walked.issuer, issuer) {
                found = Some(walked.entry);
            }
        });
        walk.ok().and(found)
    }
}

/// The distribution points of a certificate's extension.
pub(super) fn points(value: &[u8]) -> Result<Vec<Point>, Malformed> {
    let mut outer = Cursor::new(value);
    let mut list = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let mut points = Vec::new();
    while !list.is_empty() && points.len() < 64 {
        let mut fields = list.take(tlv::SEQUENCE)?.cursor();
        let name = fields.optional(tlv::context(0))?.map(point_name).transpose()?;
        let reasons = fields.optional(tlv::primitive(1))?.map(reasons).transpose()?;
        let issuers = fields.optional(tlv::context(2))?;
        let issuers = issuers.map_or(Ok(Vec::new()), |list| general_names_in(list.cursor()))?;
        fields.end()?;
        points.push(Point { name, reasons, issuers });
    }
    Ok(points)
}

struct Walked<'a> {
    serial: &'a [u8],
    issuer: &'a [u8],
    entry: Entry,
}

fn read(der: &[u8]) -> Result<Crl, Malformed> {
    let mut outer = Cursor::new(der);
    let mut parts = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let tbs = parts.take(tlv::SEQUENCE)?;
    let algorithm = parts.take(tlv::SEQUENCE)?;
    let signature = parts.take(tlv::BIT_STRING)?.octet_bits()?;
    parts.end()?;
    let mut fields = tbs.cursor();
    fields.optional(tlv::INTEGER)?;
    if fields.take(tlv::SEQUENCE)?.raw != algorithm.raw {
        return Err(Malformed);
    }
    let issuer = fields.take(tlv::SEQUENCE)?.raw.to_vec();
    let this_update = fields.time()?;
    let next_update = fields.optional_time()?;
    let entries = fields.optional(tlv::SEQUENCE)?.map_or(&[][..], |list| list.value);
    let extensions = fields.optional(tlv::context(0))?;
    fields.end()?;
    let mut crl = Crl {
        der: Arc::from(der),
        sha256: sha256(der),
        tbs: range(der, tbs.raw),
        entries: range(der, entries),
        issuer,
        this_update,
        next_update,
        algorithm: AlgorithmIdentifierOwned::from_der(algorithm.raw).map_err(|_| Malformed)?,
        signature: signature.to_vec(),
        keeps_expired_since: None,
        scope: Scope::default(),
        is_delta: false,
        unknown_critical: false,
        existed: None,
    };
    if let Some(list) = extensions {
        for_each_extension(list.cursor(), |oid, critical, value| crl.take(oid, critical, value))?;
    }
    // Every entry is read once here, so that looking up can rely on them.
    crl.unknown_critical |= walk(entries, &crl.issuer, |_| ())?;
    Ok(crl)
}

impl Crl {
    fn take(&mut self, oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), Malformed> {
        match oid {
            oid::ISSUING_DISTRIBUTION_POINT => self.scope = scope(value)?,
            oid::DELTA_CRL_INDICATOR => self.is_delta = true,
            oid::EXPIRED_CERTS_ON_CRL => self.keeps_expired_since = Some(Cursor::new(value).time()?),
            oid::CRL_NUMBER | oid::AUTHORITY_KEY_IDENTIFIER => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

fn range(whole: &[u8], part: &[u8]) -> Range<usize> {
    // Both are slices of one buffer; an empty list may be none of it.
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if part.is_empty() {
        0..0
    } else {
        start..start + part.len()
    }
}

/// Shows every entry to `see`; `true` when one has a critical extension that is not known.
fn walk<'a>(entries: &'a [u8], issuer: &'a [u8], mut see: impl FnMut(Walked<'a>)) -> Result<bool, Malformed> {
    let mut cursor = Cursor::new(entries);
    let mut issuer = issuer;
    let mut unknown = false;
    while !cursor.is_empty() {
        let mut fields = cursor.take(tlv::SEQUENCE)?.cursor();
        let serial = fields.take(tlv::INTEGER)?.value;
        let at = fields.time()?;
        let mut entry = Entry { at, reason: None };
        if let Some(list) = fields.optional(tlv::SEQUENCE)? {
            for_each_in(list.cursor(), |oid, critical, value| {
                match oid {
                    oid::REASON_CODE => entry.reason = Some(reason(Cursor::new(value).take(tlv::ENUMERATED)?)?),
                    oid::CERTIFICATE_ISSUER => issuer = directory_name(value)?,
                    oid::INVALIDITY_DATE => {}
                    _ => unknown |= critical,
                }
                Ok(())
            })?;
        }
        fields.end()?;
        see(Walked { serial, issuer, entry });
    }
    Ok(unknown)
}

pub(super) fn reason(enumerated: Tlv<'_>) -> Result<Reason, Malformed> {
    match enumerated.value {
        [code] if *code <= 10 => Ok(Reason(*code)),
        _ => Err(Malformed),
    }
}

fn directory_name(value: &[u8]) -> Result<&[u8], Malformed> {
    let mut names = Cursor::new(value).take(tlv::SEQUENCE)?.cursor();
    Ok(names.take(tlv::context(4))?.value)
}

/// Shows every extension of an EXPLICIT Extensions to `see`.
pub(super) fn for_each_extension<'a>(
    mut explicit: Cursor<'a>,
    see: impl FnMut(ObjectIdentifier, bool, &'a [u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let list = explicit.take(tlv::SEQUENCE)?.cursor();
    explicit.end()?;
    for_each_in(list, see)
}

fn for_each_in<'a>(
    mut list: Cursor<'a>,
    mut see: impl FnMut(ObjectIdentifier, bool, &'a [u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    while !list.is_empty() {
        let mut fields = list.take(tlv::SEQUENCE)?.cursor();
        let oid = fields.take(tlv::OBJECT_IDENTIFIER)?.value;
        let critical = is_true(fields.optional(tlv::BOOLEAN)?)?;
        let value = fields.take(tlv::OCTET_STRING)?.value;
        fields.end()?;
        see(
            ObjectIdentifier::from_bytes(oid).map_err(|_| Malformed)?,
            critical,
            value,
        )?;
    }
    Ok(())
}

/// A BOOLEAN DEFAULT FALSE: in DER it is absent or 0xff (X.690, 11.1, 11.5).
fn is_true(flag: Option<Tlv<'_>>) -> Result<bool, Malformed> {
    match flag.map(|flag| flag.value) {
        None => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(Malformed),
    }
}

fn scope(value: &[u8]) -> Result<Scope, Malformed> {
    let mut outer = Cursor::new(value);
    let mut fields = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let point = fields.optional(tlv::context(0))?.map(point_name).transpose()?;
    let flag = |number, fields: &mut Cursor<'_>| is_true(fields.optional(tlv::primitive(number))?);
    let users_only = flag(1, &mut fields)?;
    let authorities_only = flag(2, &mut fields)?;
    let some = fields.optional(tlv::primitive(3))?.map(reasons).transpose()?;
    let is_indirect = flag(4, &mut fields)?;
    let attributes_only = flag(5, &mut fields)?;
    fields.end()?;
    Ok(Scope {
        point,
        users_only,
        authorities_only,
        attributes_only,
        reasons: some,
        is_indirect,
    })
}

fn point_name(explicit: Tlv<'_>) -> Result<PointName, Malformed> {
    let mut inner = explicit.cursor();
    let name = inner.any()?;
    inner.end()?;
    match name.tag {
        0xa0 => Ok(PointName::Full(general_names_in(name.cursor())?)),
        0xa1 => {
            let mut rdn = name.raw.to_vec();
            rdn[0] = tlv::SET;
            Ok(PointName::Relative(rdn))
        }
        _ => Err(Malformed),
    }
}

fn reasons(bits: Tlv<'_>) -> Result<u16, Malformed> {
    match bits.value {
        [0..=7, first] => Ok(u16::from_be_bytes([*first, 0]) & ALL_REASONS),
        [0..=7, first, second] => Ok(u16::from_be_bytes([*first, *second]) & ALL_REASONS),
        _ => Err(Malformed),
    }
}

impl PointName {
    /// The full names it stands for; a relative one is completed by the issuer's name.
    fn full(&self, issuer: &[u8]) -> Vec<GeneralName> {
        match self {
            Self::Full(names) => names.clone(),
            Self::Relative(rdn) => names::below(issuer, rdn).map_or(Vec::new(), |name| vec![GeneralName::of(name)]),
        }
    }

    /// Whether two points share a name.
    pub(super) fn meets(&self, issuer: &[u8], other: &Self, other_issuer: &[u8]) -> bool {
        let others = other.full(other_issuer);
        self.full(issuer)
            .iter()
            .any(|name| others.iter().any(|other| name.same(other)))
    }
}

/// Whether one of cRLIssuer's names is this one.
pub(super) fn names_issuer(issuers: &[GeneralName], name: &[u8]) -> bool {
    issuers
        .iter()
        .filter_map(GeneralName::directory)
        .any(|issuer| names::same(issuer, name))
}
