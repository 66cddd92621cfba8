//! Certificates, CRLs and OCSP answers written octet by octet, so that a test can say anything in them, also what no CA would.
//!
//! Every key is P-256, every signature ECDSA with SHA-256. Nothing is checked.

use super::ca::{self, Kind, tlv};
use hankod::clock::Timestamp;
use hankod::der::{Certificate, DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm};
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;

/// ecdsa-with-SHA256 as AlgorithmIdentifier.
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// An extension: dotted identifier, critical, value.
#[derive(Clone, Debug)]
pub(crate) struct Ext(pub(crate) &'static str, pub(crate) bool, pub(crate) Vec<u8>);

/// A name with its key.
#[derive(Clone)]
pub(crate) struct Entity {
    /// DER Name.
    pub(crate) name: Vec<u8>,
    /// Its key.
    pub(crate) key: PKey<Private>,
}

/// What a certificate says.
#[derive(Clone)]
pub(crate) struct Says {
    pub(crate) serial: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) extensions: Vec<Ext>,
    /// The signature value is damaged.
    pub(crate) forged: bool,
}

impl Entity {
    /// A fresh key under `CN=name` below C=JP, O=T and these OUs.
    pub(crate) fn new(units: &[&str], name: &str) -> Self {
        Self {
            name: dn(units, Some(name)),
            key: ca::key(Kind::P256),
        }
    }

    /// The same name with another key.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            name: self.name.clone(),
            key: ca::key(Kind::P256),
        }
    }

    /// A certificate for this entity by `issuer`.
    pub(crate) fn certified(&self, issuer: &Self, says: &Says) -> Certificate {
        Certificate::parse(&self.certified_der(issuer, says)).unwrap()
    }

    /// As [`Self::certified`], unread.
    pub(crate) fn certified_der(&self, issuer: &Self, says: &Says) -> Vec<u8> {
        let validity = [time(says.not_before), time(says.not_after)].concat();
        let mut fields = vec![
            tlv(0xa0, &tlv(2, &[2])),
            tlv(2, &says.serial),
            ECDSA_SHA256.to_vec(),
            issuer.name.clone(),
            tlv(0x30, &validity),
            self.name.clone(),
            self.key.public_key_to_der().unwrap(),
        ];
        if !says.extensions.is_empty() {
            fields.push(tlv(0xa3, &extensions(&says.extensions)));
        }
        issuer.signed(&tlv(0x30, &fields.concat()), says.forged)
    }

    /// `SEQUENCE { to be signed, algorithm, signature }`.
    pub(crate) fn signed(&self, tbs: &[u8], forged: bool) -> Vec<u8> {
        tlv(0x30, &[tbs.to_vec(), self.signature(tbs, forged)].concat())
    }

    /// Algorithm and signature over `tbs`.
    pub(crate) fn signature(&self, tbs: &[u8], forged: bool) -> Vec<u8> {
        let mut value = ca::sign(&self.key, SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256), tbs);
        if forged {
            let last = value.len() - 1;
            value[last] ^= 1;
        }
        [ECDSA_SHA256.to_vec(), tlv(3, &[&[0], value.as_slice()].concat())].concat()
    }
}

impl Says {
    /// Valid in 2026 and 2027, with these extensions.
    pub(crate) fn new(serial: u8, extensions: Vec<Ext>) -> Self {
        Self {
            serial: vec![serial],
            not_before: at("2026-01-01T00:00:00Z"),
            not_after: at("2027-12-31T23:59:59Z"),
            extensions,
            forged: false,
        }
    }
}

/// The moment of an RFC 3339 text.
pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// C=JP, O=T, the OUs, the common name.
pub(crate) fn dn(units: &[&str], name: Option<&str>) -> Vec<u8> {
    let mut rdns = vec![rdn("2.5.4.6", 19, "JP"), rdn("2.5.4.10", 12, "T")];
    rdns.extend(units.iter().map(|unit| rdn("2.5.4.11", 12, unit)));
    rdns.extend(name.map(|name| rdn("2.5.4.3", 12, name)));
    tlv(0x30, &rdns.concat())
}

/// One RDN with one attribute.
pub(crate) fn rdn(kind: &str, tag: u8, value: &str) -> Vec<u8> {
    tlv(0x31, &tlv(0x30, &[oid(kind), tlv(tag, value.as_bytes())].concat()))
}

/// OBJECT IDENTIFIER
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    tlv(6, ObjectIdentifier::new(dotted).unwrap().as_bytes())
}

/// UTCTime before 2050, GeneralizedTime from then on.
pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    let c = at.civil();
    let rest = format!("{:02}{:02}{:02}{:02}{:02}Z", c.month, c.day, c.hour, c.minute, c.second);
    if (1950..2050).contains(&c.year) {
        tlv(0x17, format!("{:02}{rest}", c.year % 100).as_bytes())
    } else {
        generalized(at)
    }
}

/// GeneralizedTime
pub(crate) fn generalized(at: Timestamp) -> Vec<u8> {
    let text = at.rfc3339().replace(['-', ':', 'T'], "");
    tlv(0x18, text.as_bytes())
}

/// SEQUENCE OF Extension
pub(crate) fn extensions(list: &[Ext]) -> Vec<u8> {
    let one = |Ext(kind, critical, value): &Ext| {
        let flag = if *critical { tlv(1, &[0xff]) } else { Vec::new() };
        tlv(0x30, &[oid(kind), flag, tlv(4, value)].concat())
    };
    tlv(0x30, &list.iter().map(one).collect::<Vec<_>>().concat())
}

/// basicConstraints
pub(crate) fn basic(is_ca: bool, length: Option<u8>) -> Ext {
    let flag = if is_ca { tlv(1, &[0xff]) } else { Vec::new() };
    let length = length.map(|n| tlv(2, &[n])).unwrap_or_default();
    Ext("2.5.29.19", true, tlv(0x30, &[flag, length].concat()))
}

/// keyUsage with bits 0 to 7.
pub(crate) fn usage(bits: &[u8]) -> Ext {
    let set = bits.iter().fold(0_u8, |set, bit| set | 0x80 >> bit);
    let unused = u8::try_from(set.trailing_zeros().min(7)).unwrap();
    Ext("2.5.29.15", true, tlv(3, &[unused, set]))
}

/// extKeyUsage
pub(crate) fn purposes(list: &[&str]) -> Ext {
    Ext(
        "2.5.29.37",
        true,
        tlv(0x30, &list.iter().map(|o| oid(o)).collect::<Vec<_>>().concat()),
    )
}

/// What a CA of ours says of itself.
pub(crate) fn ca_extensions() -> Vec<Ext> {
    vec![basic(true, None), usage(&[ca::KEY_CERT_SIGN, ca::CRL_SIGN])]
}

/// An OCSP answer "good" of that moment about the certificate with this serial number, by whoever is called so and holds the key.
pub(crate) fn answer(issuer: &Entity, serial: u8, by: &Entity, moment: &str, forged: bool) -> Vec<u8> {
    let spki = issuer.key.public_key_to_der().unwrap();
    // Of P-256 the point is what stands last.
    let key = &spki[spki.len() - 65..];
    let algorithm = tlv(0x30, &[oid("1.3.14.3.2.26"), tlv(5, &[])].concat());
    let id = [
        algorithm,
        tlv(4, &sha1(&issuer.name)),
        tlv(4, &sha1(key)),
        tlv(2, &[serial]),
    ];
    let moment = generalized(at(moment));
    let single = [tlv(0x30, &id.concat()), tlv(0x80, &[]), moment.clone()];
    let data = [tlv(0xa1, &by.name), moment, tlv(0x30, &tlv(0x30, &single.concat()))];
    by.signed(&tlv(0x30, &data.concat()), forged)
}

/// What a CRL says.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) this_update: Timestamp,
    /// As written: [`time`] or [`generalized`].
    pub(crate) next_update: Vec<u8>,
    /// Serial number, since when, extensions.
    pub(crate) entries: Vec<(Vec<u8>, Timestamp, Vec<Ext>)>,
    pub(crate) extensions: Vec<Ext>,
    pub(crate) forged: bool,
}

impl List {
    /// An empty one of 2026-05-20 until 2026-06-20.
    pub(crate) fn new() -> Self {
        Self {
            this_update: at("2026-05-20T00:00:00Z"),
            next_update: time(at("2026-06-20T00:00:00Z")),
            entries: Vec::new(),
            extensions: Vec::new(),
            forged: false,
        }
    }

    /// With one more entry.
    pub(crate) fn revokes(mut self, serial: &[u8], since: &str, extensions: Vec<Ext>) -> Self {
        self.entries.push((serial.to_vec(), at(since), extensions));
        self
    }

    /// With one more extension.
    pub(crate) fn with(mut self, extension: Ext) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Signed by `issuer`, DER.
    pub(crate) fn by(&self, issuer: &Entity) -> Vec<u8> {
        let entry = |(serial, since, list): &(Vec<u8>, Timestamp, Vec<Ext>)| {
            let said = if list.is_empty() { Vec::new() } else { extensions(list) };
            tlv(0x30, &[tlv(2, serial), time(*since), said].concat())
        };
        let mut fields = vec![
            tlv(2, &[1]),
            ECDSA_SHA256.to_vec(),
            issuer.name.clone(),
            time(self.this_update),
        ];
        fields.push(self.next_update.clone());
        if !self.entries.is_empty() {
            fields.push(tlv(0x30, &self.entries.iter().map(entry).collect::<Vec<_>>().concat()));
        }
        if !self.extensions.is_empty() {
            fields.push(tlv(0xa0, &extensions(&self.extensions)));
        }
        issuer.signed(&tlv(0x30, &fields.concat()), self.forged)
    }
}
