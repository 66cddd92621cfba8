//! A signer with a key in software: a PDF in, a signed PDF out, by `sign::prepare`, `cms` and OpenSSL. It asks nobody and checks nothing.

use super::ca::{self, Ca, IssueRequest, Kind};
use hankod::clock::Timestamp;
use hankod::cms::{SignedAttributes, estimate_bytes, signed_data};
use hankod::der::{Certificate, Preference, SignatureAlgorithm};
use hankod::pdf::Document;
use hankod::secret::Password;
use hankod::sign::{Error, Request, prepare};
use openssl::pkey::{PKey, Private};
use std::path::{Path, PathBuf};

/// A root, a person's key below it, and the certificates that go into the signature.
pub(crate) struct SoftSigner {
    root: Ca,
    key: PKey<Private>,
    algorithm: SignatureAlgorithm,
    chain: Vec<Certificate>,
}

impl SoftSigner {
    /// A new root and a new person.
    pub(crate) fn new(kind: Kind) -> Self {
        Self::preferring(kind, Preference::Auto)
    }

    /// The same, signing with the padding of `preference` where the key has a choice.
    pub(crate) fn preferring(kind: Kind, preference: Preference) -> Self {
        Self::under(Ca::new("試験認証局"), (kind, preference), &IssueRequest::default())
    }

    /// A person with a P-256 key whose certificate names this address of a list.
    pub(crate) fn naming(list: &str) -> Self {
        let request = IssueRequest {
            crl_url: Some(list),
            ..IssueRequest::default()
        };
        Self::under(Ca::new("試験認証局"), (Kind::P256, Preference::Auto), &request)
    }

    /// A new person below this root.
    pub(crate) fn under(root: Ca, (kind, preference): (Kind, Preference), request: &IssueRequest<'_>) -> Self {
        let key = ca::key(kind);
        let leaf = Certificate::parse(&root.issue(&key, request)).unwrap();
        let algorithm = SignatureAlgorithm::for_key(leaf.key(), preference).unwrap();
        let chain = vec![leaf, root.certificate()];
        Self {
            root,
            key,
            algorithm,
            chain,
        }
    }

    /// The person's certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }

    /// Key and certificate as PEM files in `dir`, for other people's software.
    pub(crate) fn files(&self, dir: &Path) -> [PathBuf; 2] {
        let paths = ["person.key", "person.pem"].map(|name| dir.join(name));
        std::fs::write(&paths[0], self.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let leaf = openssl::x509::X509::from_der(self.chain[0].der()).unwrap();
        std::fs::write(&paths[1], leaf.to_pem().unwrap()).unwrap();
        paths
    }

    /// The root's certificate as a PEM file in `dir`.
    pub(crate) fn root(&self, dir: &Path) -> PathBuf {
        let path = dir.join("root.pem");
        std::fs::write(&path, self.root.pem()).unwrap();
        path
    }

    /// An invisible signature in a new field, with the room that the signature needs.
    pub(crate) fn request(&self) -> Request {
        let room = estimate_bytes(&self.chain, self.algorithm, 0).unwrap();
        Request::invisible(Timestamp::from_seconds(1_763_900_000), room)
    }

    /// As [`Self::request`], with room for a timestamp of `timestamp_bytes`.
    pub(crate) fn request_with_room(&self, timestamp_bytes: usize) -> Request {
        let room = estimate_bytes(&self.chain, self.algorithm, timestamp_bytes).unwrap();
        Request::invisible(Timestamp::from_seconds(1_763_900_000), room)
    }

    /// The root, which may also stand behind a TSA.
    pub(crate) fn ca(&self) -> &Ca {
        &self.root
    }

    /// `pdf` with one more signature.
    pub(crate) fn sign(&self, pdf: &[u8], password: Option<&str>, request: &Request) -> Result<Vec<u8>, Error> {
        let password = password.map(|p| Password::new(p.as_bytes().to_vec()).unwrap());
        let document = Document::open(pdf, password.as_ref())?;
        let mut prepared = prepare(&document, request)?;
        let (before, after) = prepared.signed_parts();
        let digest = self.algorithm.digest();
        let message = digest.digest(&[pdf, before, after].concat());
        let attributes = SignedAttributes::new(digest, &message, &self.chain[0]).unwrap();
        let value = ca::sign(&self.key, self.algorithm, attributes.to_sign());
        prepared.put_contents(&signed_data(&attributes, self.algorithm, &value, &self.chain).unwrap())?;
        Ok([pdf, &prepared.update].concat())
    }
}
