//! Public keys out of PKCS#11 attributes, and which certificate belongs to which private key.
//!
//! Pairing is by public key. `CKA_ID` serves only where a private key does not tell its public half; the check of each signature catches a token that lies.

use super::certificate::{Entry, Held, KeyState};
use super::wire::{KeyRef, Objects, RawKey};
use crate::der::{Certificate, Curve, KeyKind, ObjectIdentifier};
use cryptoki_sys::{CKK_EC, CKK_EC_EDWARDS, CKK_RSA};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A private key that a login shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// How the worker finds it.
    pub reference: KeyRef,
    /// What kind of key it is.
    pub kind: KeyKind,
    /// Its SubjectPublicKeyInfo, DER, where the token tells it.
    pub spki_der: Option<Vec<u8>>,
    /// `CK_MECHANISM_TYPE`s of its slot.
    pub mechanisms: Arc<[u64]>,
}

/// Pairs what a token holds; certificates in the token's order, then keys without one.
pub fn pair(objects: Objects) -> Vec<Entry> {
    let mechanisms: Arc<[u64]> = objects.mechanisms.into();
    let certificates: Vec<Entry> = objects
        .certificates
        .into_iter()
        .map(|raw| Entry {
            certificate: Held::read(&raw.der),
            label: text(&raw.label),
            id: raw.id,
            key: KeyState::Missing,
        })
        .collect();
    let public: Vec<(&RawKey, Vec<u8>)> = objects
        .public_keys
        .iter()
        .filter_map(|raw| Some((raw, spki_of(raw)?)))
        .collect();
    if objects.private_visible {
        let hints = Hints::new(&public, &certificates);
        let keys = objects.private_keys.iter().filter(|raw| raw.signs);
        let keys = keys.filter_map(|raw| key_info(raw, &hints, &mechanisms)).collect();
        with_keys(certificates, keys)
    } else {
        before_login(certificates, &public)
    }
}

/// The SubjectPublicKeyInfo that a key object's attributes describe, re-encoded so that equal keys are equal bytes; `None` for kinds hankod does not sign with.
pub fn spki_of(raw: &RawKey) -> Option<Vec<u8>> {
    if let Some(spki) = &raw.spki
        && let Some(spki) = normal(spki)
    {
        return Some(spki);
    }
    let key = match raw.kind {
        CKK_RSA => rsa(raw.rsa.as_ref()?),
        CKK_EC => ec(curve_of(raw.ec_params.as_deref()?)?, raw.ec_point.as_deref()?),
        CKK_EC_EDWARDS => edwards(raw.ec_point.as_deref()?),
        _ => None,
    }?;
    key.public_key_to_der().ok()
}

/// Where a private key's public half may be found by id.
struct Hints(HashMap<Vec<u8>, Vec<Vec<u8>>>);

impl Hints {
    fn new(public: &[(&RawKey, Vec<u8>)], certificates: &[Entry]) -> Self {
        let mut by_id: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for (raw, spki) in public {
            by_id.entry(raw.id.clone()).or_default().push(spki.clone());
        }
        for entry in certificates {
            if let Some(spki) = entry.certificate.readable().and_then(|c| normal(c.spki_der())) {
                by_id.entry(entry.id.clone()).or_default().push(spki);
            }
        }
        Self(by_id)
    }

    fn find(&self, raw: &RawKey) -> Option<Vec<u8>> {
        let fits = |spki: &&Vec<u8>| KeyKind::of_spki(spki).ok() == kind_of(raw);
        self.0.get(&raw.id)?.iter().find(fits).cloned()
    }
}

fn key_info(raw: &RawKey, hints: &Hints, mechanisms: &Arc<[u64]>) -> Option<KeyInfo> {
    let spki_der = spki_of(raw).or_else(|| hints.find(raw));
    let kind = spki_der.as_deref().and_then(|spki| KeyKind::of_spki(spki).ok());
    Some(KeyInfo {
        reference: KeyRef {
            id: raw.id.clone(),
            label: raw.label.clone(),
            always_authenticate: raw.always_authenticate,
        },
        kind: kind.or_else(|| kind_of(raw))?,
        spki_der,
        mechanisms: Arc::clone(mechanisms),
    })
}

fn with_keys(mut entries: Vec<Entry>, keys: Vec<KeyInfo>) -> Vec<Entry> {
    let by_spki: HashMap<&[u8], &KeyInfo> = keys
        .iter()
        .filter_map(|key| Some((key.spki_der.as_deref()?, key)))
        .collect();
    let mut used = HashSet::new();
    for entry in &mut entries {
        let spki = entry.certificate.readable().and_then(|c| normal(c.spki_der()));
        if let Some(key) = spki.and_then(|spki| by_spki.get(spki.as_slice()).copied()) {
            used.insert(&key.reference);
            entry.key = KeyState::Usable(key.clone());
        }
    }
    let lonely = keys.iter().filter(|key| !used.contains(&key.reference));
    let lonely: Vec<Entry> = lonely
        .map(|key| Entry {
            certificate: Held::None,
            label: text(&key.reference.label),
            id: key.reference.id.clone(),
            key: KeyState::Usable(key.clone()),
        })
        .collect();
    entries.extend(lonely);
    entries
}

/// Without a login, public key objects stand for their private halves. A token that shows none is taken to keep all its keys behind the login.
fn before_login(mut entries: Vec<Entry>, public: &[(&RawKey, Vec<u8>)]) -> Vec<Entry> {
    let known: HashSet<&[u8]> = public.iter().map(|(_, spki)| spki.as_slice()).collect();
    let mut used = HashSet::new();
    for entry in &mut entries {
        let Some(certificate) = entry.certificate.readable() else {
            continue;
        };
        let (kind, spki) = (certificate.key(), normal(certificate.spki_der()));
        if public.is_empty() || spki.as_deref().is_some_and(|spki| known.contains(spki)) {
            entry.key = KeyState::BehindLogin(kind);
            used.extend(spki);
        }
    }
    for (raw, spki) in public.iter().filter(|(_, spki)| !used.contains(spki)) {
        if let Ok(kind) = KeyKind::of_spki(spki) {
            entries.push(Entry {
                certificate: Held::None,
                label: text(&raw.label),
                id: raw.id.clone(),
                key: KeyState::BehindLogin(kind),
            });
        }
    }
    entries
}

impl Held {
    fn read(der: &[u8]) -> Self {
        // Some tokens pad the value to the file's size: what the outer SEQUENCE does not cover is cut.
        match Certificate::parse(der) {
            Err(crate::der::Error::CertificateTrailingBytes(extra)) => Certificate::parse(&der[..der.len() - extra]),
            other => other,
        }
        .map_or_else(Self::Malformed, |certificate| Self::Readable(Box::new(certificate)))
    }
}

fn kind_of(raw: &RawKey) -> Option<KeyKind> {
    Some(match raw.kind {
        CKK_RSA => {
            let modulus = BigNum::from_slice(&raw.rsa.as_ref()?.0).ok()?;
            KeyKind::Rsa {
                bits: u32::try_from(modulus.num_bits()).ok()?,
            }
        }
        CKK_EC => {
            let oid = ObjectIdentifier::from_bytes(raw.ec_params.as_deref()?.strip_prefix(&[6])?.get(1..)?).ok()?;
            Curve::from_oid(oid).map_or(KeyKind::Other(oid), KeyKind::Ec)
        }
        CKK_EC_EDWARDS => KeyKind::Ed25519,
        _ => return None,
    })
}

fn curve_of(ec_params: &[u8]) -> Option<Curve> {
    let oid = ObjectIdentifier::from_bytes(ec_params.strip_prefix(&[6])?.get(1..)?).ok()?;
    Curve::from_oid(oid)
}

/// A SubjectPublicKeyInfo, encoded so that equal keys are equal bytes.
pub fn normal(spki: &[u8]) -> Option<Vec<u8>> {
    PKey::public_key_from_der(spki).ok()?.public_key_to_der().ok()
}

fn rsa((modulus, exponent): &(Vec<u8>, Vec<u8>)) -> Option<PKey<Public>> {
    let number = |bytes: &[u8]| BigNum::from_slice(bytes).ok();
    let rsa = Rsa::from_public_components(number(modulus)?, number(exponent)?).ok()?;
    PKey::from_rsa(rsa).ok()
}

fn ec(curve: Curve, point: &[u8]) -> Option<PKey<Public>> {
    let nid = match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
        Curve::Brainpool256 => Nid::BRAINPOOL_P256R1,
        Curve::Brainpool384 => Nid::BRAINPOOL_P384R1,
        Curve::Brainpool512 => Nid::BRAINPOOL_P512R1,
    };
    let group = EcGroup::from_curve_name(nid).ok()?;
    let mut context = BigNumContext::new().ok()?;
    let point = unwrapped(point, 2 * curve.field_bytes() + 1);
    let point = EcPoint::from_bytes(&group, point, &mut context).ok()?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point).ok()?).ok()
}

fn edwards(point: &[u8]) -> Option<PKey<Public>> {
    PKey::public_key_from_raw_bytes(unwrapped(point, 32), Id::ED25519).ok()
}

/// The content of a DER OCTET STRING of the expected length; some modules give the point without it.
fn unwrapped(point: &[u8], expected_bytes: usize) -> &[u8] {
    let header = point.len().saturating_sub(expected_bytes);
    match point {
        [4, ..] if header > 0 => &point[header..],
        _ => point,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
