//! A site's own server agrees to each request, where the administrator demands it: a detached signature with a nonce and a time.
//!
//! ```text
//! hankod-request-1
//! POST /v1/signings                       or POST /confirm
//! https://keiyaku.example.jp              the site's origin
//! <nonce>                                 16 to 128 characters of A-Z a-z 0-9 - _
//! 2026-11-24T09:30:00Z                    the time, as it stands in the request
//! manifest <SHA-256>                      of the manifest's bytes, hexadecimal
//! return_url <text>                       where there is one
//! seal <SHA-256>                          where there is one
//! document <SHA-256>                      each, in order
//! ```
//!
//! Lines are joined by a line feed, without one at the end. No value holds a line feed, so two requests never make the same text. Passwords of
//! documents are not in it: they are the person's. Pure: keys and time are given; whether a nonce came before is asked elsewhere.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{AccessError, Nonce, Origin};
use crate::clock::Timestamp;
use crate::der::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm, verify_signature};

/// How far the request's time may lie from ours, before or after.
pub const BACKEND_WINDOW: Duration = Duration::from_secs(300);

/// Longest time, in bytes: RFC 3339 with fractions of a second.
const MAX_TIME_BYTES: usize = 40;

/// Longest signature in Base64: an ECDSA one of P-256 in DER has 72 bytes at most.
const MAX_SIGNATURE_CHARS: usize = 128;

/// What a site's server signs, but nonce and time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteRequest<'a> {
    /// Method and address.
    pub target: &'a str,
    /// The site.
    pub origin: &'a Origin,
    /// SHA-256 of the manifest as it came.
    pub manifest: [u8; 32],
    /// Where the results are to be posted; checked.
    pub return_url: Option<&'a str>,
    /// SHA-256 of the seal as it came.
    pub seal: Option<[u8; 32]>,
    /// SHA-256 of each document.
    pub documents: Vec<[u8; 32]>,
}

/// What came with the request: its shape is checked, its signature is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackendProof {
    nonce: Nonce,
    /// As it came, and as it was signed.
    written: String,
    time: Timestamp,
    signature: Vec<u8>,
}

impl BackendProof {
    /// Reads nonce, time (RFC 3339) and signature (Base64).
    ///
    /// # Errors
    /// `nonce_invalid`, `backend_signature_wrong`, `backend_time`.
    pub fn parse(nonce: &str, time: &str, signature: &str) -> Result<Self, AccessError> {
        let nonce = Nonce::parse(nonce)?;
        let short = (time.len() <= MAX_TIME_BYTES).then_some(time);
        let parsed = short.and_then(Timestamp::parse_rfc3339);
        let decoded = match signature.len() <= MAX_SIGNATURE_CHARS {
            true => STANDARD.decode(signature).ok(),
            false => None,
        };
        Ok(Self {
            nonce,
            written: time.to_owned(),
            time: parsed.ok_or(AccessError::BackendTime)?,
            signature: decoded.ok_or(AccessError::BackendSignature)?,
        })
    }

    /// What must not come twice.
    pub fn nonce(&self) -> &str {
        self.nonce.as_str()
    }

    /// Until when the nonce must be remembered: twice the window, so that a clock that is set back a little opens nothing.
    pub fn expires(&self) -> Timestamp {
        self.time.plus(2 * BACKEND_WINDOW)
    }

    /// One of `keys` (SubjectPublicKeyInfo, DER) signed exactly this request, and just now. Ed25519 (RFC 8032), or ECDSA on P-256 with SHA-256 in DER.
    ///
    /// # Errors
    /// `backend_time`, `backend_signature_wrong`.
    pub fn check(&self, request: &SiteRequest<'_>, keys: &[Vec<u8>], now: Timestamp) -> Result<(), AccessError> {
        let apart = now.since(self.time).max(self.time.since(now));
        if apart > BACKEND_WINDOW {
            return Err(AccessError::BackendTime);
        }
        let text = self.signed_text(request);
        let good = |spki: &Vec<u8>| {
            let algorithm = backend_algorithm(spki)?;
            verify_signature(spki, algorithm, text.as_bytes(), &self.signature).ok()
        };
        match keys.iter().any(|spki| good(spki).is_some()) {
            true => Ok(()),
            false => Err(AccessError::BackendSignature),
        }
    }

    fn signed_text(&self, request: &SiteRequest<'_>) -> String {
        let mut text = format!(
            "hankod-request-1\n{}\n{}\n{}\n{}\nmanifest {}",
            request.target,
            request.origin,
            self.nonce.as_str(),
            self.written,
            hex::encode(request.manifest)
        );
        let seal = request.seal.iter().map(|sha256| ("seal", hex::encode(sha256)));
        let documents = request.documents.iter().map(|sha256| ("document", hex::encode(sha256)));
        let back = request.return_url.iter().map(|url| ("return_url", (*url).to_owned()));
        for (name, value) in back.chain(seal).chain(documents) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{name} {value}");
        }
        text
    }
}

/// How a server's key signs; `None` for a kind of key that is not taken.
pub fn backend_algorithm(spki: &[u8]) -> Option<SignatureAlgorithm> {
    match KeyKind::of_spki(spki).ok()? {
        KeyKind::Ed25519 => Some(SignatureAlgorithm::Ed25519),
        KeyKind::Ec(Curve::P256) => Some(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::sign::Signer;

    const TIME: &str = "2026-11-24T09:30:00Z";

    fn ed25519() -> PKey<Private> {
        PKey::generate_ed25519().unwrap()
    }

    fn p256() -> PKey<Private> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    }

    fn signed(key: &PKey<Private>, text: &str) -> String {
        let made = match key.id() {
            openssl::pkey::Id::ED25519 => Signer::new_without_digest(key)
                .unwrap()
                .sign_oneshot_to_vec(text.as_bytes()),
            _ => Signer::new(MessageDigest::sha256(), key)
                .unwrap()
                .sign_oneshot_to_vec(text.as_bytes()),
        };
        STANDARD.encode(made.unwrap())
    }

    fn request(origin: &Origin) -> SiteRequest<'_> {
        SiteRequest {
            target: "POST /confirm",
            origin,
            manifest: [1; 32],
            return_url: Some("https://a.example/back"),
            seal: Some([2; 32]),
            documents: vec![[3; 32], [4; 32]],
        }
    }

    /// The text as the documentation has it.
    fn text() -> String {
        let hex = |byte: &str| byte.repeat(32);
        [
            "hankod-request-1",
            "POST /confirm",
            "https://a.example",
            "0123456789abcdef",
            TIME,
            &format!("manifest {}", hex("01")),
            "return_url https://a.example/back",
            &format!("seal {}", hex("02")),
            &format!("document {}", hex("03")),
            &format!("document {}", hex("04")),
        ]
        .join("\n")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(Timestamp::parse_rfc3339(TIME).unwrap().seconds() + seconds)
    }

    #[test]
    fn both_kinds_of_keys_sign_the_documented_text_within_the_window() {
        let origin = Origin::parse("https://a.example").unwrap();
        for key in [ed25519(), p256()] {
            let keys = [p256().public_key_to_der().unwrap(), key.public_key_to_der().unwrap()];
            let proof = BackendProof::parse("0123456789abcdef", TIME, &signed(&key, &text())).unwrap();
            for (seconds, good) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
                let told = proof
                    .check(&request(&origin), &keys, at(seconds))
                    .map_err(|e| e.code_of());
                assert_eq!(told, if good { Ok(()) } else { Err("backend_time") }, "{seconds}");
            }
            assert_eq!(proof.expires(), at(600));
            let stranger = [ed25519().public_key_to_der().unwrap()];
            let told = proof
                .check(&request(&origin), &stranger, at(0))
                .map_err(|e| e.code_of());
            assert_eq!(told, Err("backend_signature_wrong"));
        }
    }

    #[test]
    fn a_request_that_differs_in_anything_is_not_the_one_that_was_signed() {
        let (origin, other) = ["https://a.example", "https://b.example"]
            .map(|origin| Origin::parse(origin).unwrap())
            .into();
        let key = ed25519();
        let keys = [key.public_key_to_der().unwrap()];
        let proof = BackendProof::parse("0123456789abcdef", TIME, &signed(&key, &text())).unwrap();
        let good = request(&origin);
        let rows = [
            SiteRequest {
                target: "POST /v1/signings",
                ..good.clone()
            },
            SiteRequest {
                origin: &other,
                ..good.clone()
            },
            SiteRequest {
                manifest: [9; 32],
                ..good.clone()
            },
            SiteRequest {
                return_url: None,
                ..good.clone()
            },
            SiteRequest {
                return_url: Some("https://a.example/other"),
                ..good.clone()
            },
            SiteRequest {
                seal: None,
                ..good.clone()
            },
            SiteRequest {
                documents: vec![[4; 32], [3; 32]],
                ..good.clone()
            },
            SiteRequest {
                documents: vec![[3; 32]],
                ..good.clone()
            },
        ];
        for row in rows {
            assert!(proof.check(&row, &keys, at(0)).is_err(), "{row:?}");
        }
        let later = BackendProof::parse("0123456789abcdef", "2026-11-24T09:30:01Z", &signed(&key, &text())).unwrap();
        let again = BackendProof::parse("0123456789abcdeg", TIME, &signed(&key, &text())).unwrap();
        assert!(later.check(&good, &keys, at(0)).is_err() && again.check(&good, &keys, at(0)).is_err());
        assert!(proof.check(&good, &keys, at(0)).is_ok());
    }

    #[test]
    fn odd_shapes_are_refused() {
        let rows = [
            ("short", TIME, "AAAA", "nonce_invalid"),
            ("0123456789abcdef", "yesterday", "AAAA", "backend_time"),
            ("0123456789abcdef", "2026-11-24T09:30:00", "AAAA", "backend_time"),
            ("0123456789abcdef", TIME, "!", "backend_signature_wrong"),
            ("0123456789abcdef", TIME, &"A".repeat(132), "backend_signature_wrong"),
        ];
        for (nonce, time, signature, code) in rows {
            let told = BackendProof::parse(nonce, time, signature).map_err(|e| e.code_of());
            assert_eq!(told.unwrap_err(), code);
        }
    }

    impl AccessError {
        fn code_of(&self) -> &'static str {
            crate::text::Explain::code(self)
        }
    }
}
