//! JSON Web Tokens (RFC 7519) of an issuer that the administrator configured: signed (RFC 7515), for us, in time. Pure: keys and time are given.
//!
//! The algorithm is the key's to say, never the token's alone; nothing is fetched that a token names, and nothing unsigned or encrypted is read.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::der::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm, verify_signature};

/// Longest token, in bytes.
pub const MAX_JWT_BYTES: usize = 8 * 1024;
/// Longest life that is accepted, from its issue or from now.
pub const MAX_JWT_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How far two clocks may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// Longest subject, in bytes.
const MAX_SUBJECT_BYTES: usize = 255;

/// Why a token opens nothing. For the log; whoever showed it learns that it is not good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// Not three parts of base64url JSON, or beyond its length.
    #[error("malformed")]
    Malformed,
    /// An algorithm that is not taken, or a critical header parameter.
    #[error("algorithm")]
    Algorithm,
    /// No key of the issuer made the signature.
    #[error("signature")]
    Signature,
    /// Another issuer.
    #[error("issuer")]
    Issuer,
    /// For somebody else.
    #[error("audience")]
    Audience,
    /// Not valid yet, expired, without an end, or with one that is too far.
    #[error("time")]
    Time,
    /// Without a subject, or with one that is too long.
    #[error("subject")]
    Subject,
}

/// Who speaks, and for whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer<'a> {
    /// `iss`, exactly.
    pub name: &'a str,
    /// What must stand in `aud`.
    pub audience: &'a str,
    /// SubjectPublicKeyInfo of each of its keys, DER.
    pub keys: &'a [Vec<u8>],
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// `iss` of a token that nobody has checked: to find the issuer whose keys will.
pub fn claimed_issuer(token: &str) -> Option<String> {
    let claims: Claims = part(token.split('.').nth(1)?).ok()?;
    (token.len() <= MAX_JWT_BYTES).then_some(claims.iss)
}

/// The subject of a good token.
///
/// # Errors
/// What is [`Wrong`] with it.
pub fn subject(token: &str, issuer: &Issuer<'_>, now: Timestamp) -> Result<String, Wrong> {
    if token.len() > MAX_JWT_BYTES {
        return Err(Wrong::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Wrong::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Wrong::Malformed)?;
    let header: Header = part(header)?;
    if header.crit.is_some() {
        return Err(Wrong::Algorithm);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Wrong::Malformed)?;
    let good = |spki: &Vec<u8>| is_signed(spki, &header.alg, signed.as_bytes(), &signature);
    let mut known = false;
    for spki in issuer.keys {
        match good(spki) {
            Some(true) => known = true,
            Some(false) => {}
            None if algorithm(&header.alg).is_none() => return Err(Wrong::Algorithm),
            None => {}
        }
    }
    if !known {
        return Err(Wrong::Signature);
    }
    let claims: Claims = part(claims)?;
    check(&claims, issuer, now)?;
    Ok(claims.sub)
}

fn check(claims: &Claims, issuer: &Issuer<'_>, now: Timestamp) -> Result<(), Wrong> {
    if claims.iss != issuer.name {
        return Err(Wrong::Issuer);
    }
    let is_ours = match &claims.aud {
        Audience::One(one) => one == issuer.audience,
        Audience::Several(several) => several.iter().any(|one| one == issuer.audience),
    };
    if !is_ours {
        return Err(Wrong::Audience);
    }
    let (now, leeway) = (now.seconds(), LEEWAY.as_secs().cast_signed());
    let latest = now + leeway + MAX_JWT_LIFE.as_secs().cast_signed();
    let begun = [claims.nbf, claims.iat]
        .into_iter()
        .flatten()
        .all(|at| at <= now + leeway);
    // `exp` is the first instant at which it is over (RFC 7519, 4.1.4).
    if !begun || now >= claims.exp.saturating_add(leeway) || claims.exp > latest {
        return Err(Wrong::Time);
    }
    match (1..=MAX_SUBJECT_BYTES).contains(&claims.sub.len()) {
        true => Ok(()),
        false => Err(Wrong::Subject),
    }
}

/// Whether this key made the signature; `None` where the algorithm is not for this kind of key.
fn is_signed(spki: &[u8], alg: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
    let named = algorithm(alg)?;
    let kind = KeyKind::of_spki(spki).ok()?;
    let fits = match (alg, kind) {
        ("ES256", KeyKind::Ec(curve)) => curve == Curve::P256,
        ("ES384", KeyKind::Ec(curve)) => curve == Curve::P384,
        ("ES512", KeyKind::Ec(curve)) => curve == Curve::P521,
        _ => named.fits(kind),
    };
    if !fits {
        return None;
    }
    let signature = match kind {
        KeyKind::Ec(curve) => der_of(signature, curve.field_bytes())?,
        _ => signature.to_vec(),
    };
    Some(verify_signature(spki, named, message, &signature).is_ok())
}

/// Names of RFC 7518, 3.1 and RFC 8037; `none` and symmetric ones are no signatures.
fn algorithm(alg: &str) -> Option<SignatureAlgorithm> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    let pss = |digest: DigestAlgorithm| SignatureAlgorithm::RsaPss {
        digest,
        mask: digest,
        salt_bytes: u32::try_from(digest.bytes()).unwrap_or(0),
    };
    Some(match alg {
        "RS256" => SignatureAlgorithm::RsaPkcs1(Sha256),
        "RS384" => SignatureAlgorithm::RsaPkcs1(Sha384),
        "RS512" => SignatureAlgorithm::RsaPkcs1(Sha512),
        "PS256" => pss(Sha256),
        "PS384" => pss(Sha384),
        "PS512" => pss(Sha512),
        "ES256" => SignatureAlgorithm::Ecdsa(Sha256),
        "ES384" => SignatureAlgorithm::Ecdsa(Sha384),
        "ES512" => SignatureAlgorithm::Ecdsa(Sha512),
        "EdDSA" => SignatureAlgorithm::Ed25519,
        _ => return None,
    })
}

/// r and s, each as long as the curve's field (RFC 7518, 3.4), as DER.
fn der_of(signature: &[u8], field_bytes: usize) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(field_bytes)?;
    if s.len() != field_bytes {
        return None;
    }
    let number = |bytes| BigNum::from_slice(bytes).ok();
    EcdsaSig::from_private_components(number(r)?, number(s)?)
        .ok()?
        .to_der()
        .ok()
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Wrong> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Wrong::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::{Padding, Rsa};
    use openssl::sign::{RsaPssSaltlen, Signer};
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: i64 = 1_790_000_000;

    fn rsa() -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
    }

    fn ec(curve: Nid) -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
    }

    fn encoded(value: &serde_json::Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn token(key: &PKey<Private>, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let alg = header["alg"].as_str().unwrap();
        let digest = match &alg[2..] {
            "384" => MessageDigest::sha384(),
            "512" => MessageDigest::sha512(),
            _ => MessageDigest::sha256(),
        };
        let value = if alg == "EdDSA" {
            Signer::new_without_digest(key)
                .unwrap()
                .sign_oneshot_to_vec(signed.as_bytes())
                .unwrap()
        } else {
            let mut signer = Signer::new(digest, key).unwrap();
            if alg.starts_with("PS") {
                signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            }
            signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap()
        };
        let value = match key.ec_key() {
            Ok(ec) => {
                let bytes = i32::try_from(ec.group().degree().div_ceil(8)).unwrap();
                let pair = EcdsaSig::from_der(&value).unwrap();
                [
                    pair.r().to_vec_padded(bytes).unwrap(),
                    pair.s().to_vec_padded(bytes).unwrap(),
                ]
                .concat()
            }
            Err(_) => value,
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(value))
    }

    fn claims() -> serde_json::Value {
        json!({ "iss": "https://idp.example.jp", "aud": "hankod", "sub": "keiyaku", "exp": NOW + 300, "iat": NOW })
    }

    fn asked(token: &str, keys: &[&PKey<Private>]) -> Result<String, Wrong> {
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.public_key_to_der().unwrap()).collect();
        let issuer = Issuer {
            name: "https://idp.example.jp",
            audience: "hankod",
            keys: &keys,
        };
        subject(token, &issuer, Timestamp::from_seconds(NOW))
    }

    #[test]
    fn every_algorithm_is_checked_with_its_own_kind_of_key() {
        let rsa = rsa();
        let ed = PKey::generate_ed25519().unwrap();
        let [p256, p384, p521] = [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1].map(ec);
        let pairs = [
            ("RS256", &rsa),
            ("RS384", &rsa),
            ("RS512", &rsa),
            ("PS256", &rsa),
            ("PS384", &rsa),
            ("PS512", &rsa),
            ("ES256", &p256),
            ("ES384", &p384),
            ("ES512", &p521),
            ("EdDSA", &ed),
        ];
        for (alg, key) in pairs {
            let good = token(key, &json!({ "alg": alg }), &claims());
            assert_eq!(asked(&good, &[&p521, key]), Ok("keiyaku".to_owned()), "{alg}");
            assert_eq!(
                asked(&good, &[&ec(Nid::X9_62_PRIME256V1)]),
                Err(Wrong::Signature),
                "{alg}"
            );
            let (signed, _) = good.rsplit_once('.').unwrap();
            assert_eq!(asked(&format!("{signed}."), &[key]), Err(Wrong::Signature), "{alg}");
            // The same signature under another name of algorithm.
            for (other, _) in pairs.iter().filter(|(other, _)| *other != alg) {
                let value = good.rsplit_once('.').unwrap().1;
                let renamed = format!("{}.{}.{value}", encoded(&json!({ "alg": other })), encoded(&claims()));
                assert_eq!(asked(&renamed, &[key]), Err(Wrong::Signature), "{alg} as {other}");
            }
        }
        let unsigned = format!("{}.{}.", encoded(&json!({ "alg": "none" })), encoded(&claims()));
        assert_eq!(asked(&unsigned, &[&rsa]), Err(Wrong::Algorithm));
        let symmetric = format!("{}.{}.AAAA", encoded(&json!({ "alg": "HS256" })), encoded(&claims()));
        assert_eq!(asked(&symmetric, &[&rsa]), Err(Wrong::Algorithm));
        let critical = token(&rsa, &json!({ "alg": "RS256", "crit": ["b64"] }), &claims());
        assert_eq!(asked(&critical, &[&rsa]), Err(Wrong::Algorithm));
    }

    #[test]
    fn a_token_is_for_us_and_in_time() {
        let key = ec(Nid::X9_62_PRIME256V1);
        let with = |name: &str, value: serde_json::Value| {
            let mut changed = claims();
            changed[name] = value;
            asked(&token(&key, &json!({ "alg": "ES256" }), &changed), &[&key])
        };
        assert_eq!(with("aud", json!(["other", "hankod"])), Ok("keiyaku".to_owned()));
        assert_eq!(with("exp", json!(NOW - 59)), Ok("keiyaku".to_owned()));
        for (name, value, wrong) in [
            ("iss", json!("https://idp.example.jp/"), Wrong::Issuer),
            ("aud", json!("other"), Wrong::Audience),
            ("aud", json!([]), Wrong::Audience),
            ("exp", json!(NOW - 60), Wrong::Time),
            ("exp", json!(NOW + 2 * 24 * 3600), Wrong::Time),
            ("exp", json!(i64::MAX), Wrong::Time),
            ("exp", json!(i64::MIN), Wrong::Time),
            ("exp", json!(null), Wrong::Malformed),
            ("nbf", json!(NOW + 61), Wrong::Time),
            ("iat", json!(NOW + 61), Wrong::Time),
            ("sub", json!(""), Wrong::Subject),
            ("sub", json!("a".repeat(256)), Wrong::Subject),
        ] {
            assert_eq!(with(name, value.clone()), Err(wrong), "{name} {value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken(text in "[A-Za-z0-9_.-]{0,200}") {
            let issuer = Issuer { name: "a", audience: "b", keys: &[] };
            prop_assert!(subject(&text, &issuer, Timestamp::from_seconds(NOW)).is_err());
            let _ = claimed_issuer(&text);
        }
    }
}
