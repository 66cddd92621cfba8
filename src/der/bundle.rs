//! Files of certificates: PEM (RFC 7468) with any number of them, or one in DER.
//!
//! Private keys are refused by name, text between the blocks is skipped, other blocks (CRLs, parameters) are refused.

use super::{Certificate, Error, KeyKind};
use x509_parser::pem::Pem;

/// Largest file accepted, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 4 * 1024 * 1024;

/// Most certificates in one file.
pub const MAX_BUNDLE_CERTIFICATES: usize = 1024;

/// The certificates of a file, in its order; at least one.
///
/// # Errors
/// [`Error::BundleTooLarge`], [`Error::BundleMalformed`], [`Error::BundleHasPrivateKey`], or what is wrong with a certificate.
pub fn parse_bundle(bytes: &[u8]) -> Result<Vec<Certificate>, Error> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(Error::BundleTooLarge);
    }
    if bytes.first() == Some(&0x30) {
        return Ok(vec![Certificate::parse(bytes)?]);
    }
    let mut certificates = Vec::new();
    for block in Pem::iter_from_buffer(bytes) {
        let block = block.map_err(|_| Error::BundleMalformed)?;
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {}
            label if label.ends_with("PRIVATE KEY") => return Err(Error::BundleHasPrivateKey),
            _ => return Err(Error::BundleMalformed),
        }
        if certificates.len() == MAX_BUNDLE_CERTIFICATES {
            return Err(Error::BundleTooLarge);
        }
        certificates.push(Certificate::parse(&block.contents)?);
    }
    if certificates.is_empty() {
        return Err(Error::BundleMalformed);
    }
    Ok(certificates)
}

/// Most public keys in one file.
const MAX_PUBLIC_KEYS: usize = 64;

/// The public keys of a PEM file (`PUBLIC KEY`, RFC 7468, 13), in its order, as SubjectPublicKeyInfo; at least one.
///
/// # Errors
/// [`Error::PublicKeysMalformed`].
pub fn parse_public_keys(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut keys = Vec::new();
    for block in Pem::iter_from_buffer(bytes) {
        let block = block.map_err(|_| Error::PublicKeysMalformed)?;
        let good = block.label == "PUBLIC KEY" && KeyKind::of_spki(&block.contents).is_ok();
        if !good || keys.len() == MAX_PUBLIC_KEYS {
            return Err(Error::PublicKeysMalformed);
        }
        keys.push(block.contents);
    }
    match keys.is_empty() {
        true => Err(Error::PublicKeysMalformed),
        false => Ok(keys),
    }
}
