//! SignedData read from DER, or from whatever others write (RFC 5652, 5). The bytes of signedAttrs are kept as they stand, because they are what was signed.
//!
//! Nothing is verified here. In hankod's own signatures a certificate that does not parse is a fault of the whole, in foreign ones it is left out.

use super::element::{Element, Elements, Rules};
use super::{Error, MAX_CERTIFICATES};
use crate::der::{Certificate, ObjectIdentifier, oid};
use ::der::{Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;

/// Largest ContentInfo accepted, in bytes, without the zeros behind it.
pub const MAX_CMS_BYTES: usize = 4 * 1024 * 1024;

/// A parsed SignedData.
#[derive(Clone, Debug)]
pub struct SignedData {
    /// eContentType.
    pub content_type: ObjectIdentifier,
    /// eContent, when it stands inside.
    pub content: Option<Vec<u8>>,
    /// X.509 certificates in their order.
    pub certificates: Vec<Certificate>,
    /// The SignerInfos.
    pub signers: Vec<Signer>,
}

/// A parsed SignerInfo.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Exact DER of the issuer's name.
    pub issuer_der: Vec<u8>,
    /// Content bytes of the serial number.
    pub serial: Vec<u8>,
    /// digestAlgorithm.
    pub digest_algorithm: AlgorithmIdentifierOwned,
    /// signedAttrs.
    pub signed_attributes: Vec<Attribute>,
    /// The bytes that were signed: signedAttrs as they stand, with the tag of a SET OF.
    pub signed_attributes_der: Vec<u8>,
    /// signatureAlgorithm.
    pub signature_algorithm: AlgorithmIdentifierOwned,
    /// The signature value.
    pub signature: Vec<u8>,
    /// unsignedAttrs, such as a timestamp.
    pub unsigned_attributes: Vec<Attribute>,
}

/// An attribute: its type and the DER of each value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// Its values.
    pub values: Vec<Vec<u8>>,
}

impl SignedData {
    /// Reads a ContentInfo with SignedData, as it stands in /Contents: zeros may follow it, nothing else.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::TrailingBytes`], [`Error::Malformed`], or what is wrong with a certificate.
    pub fn parse(contents: &[u8]) -> Result<Self, Error> {
        Self::parse_by(Rules::Der, contents)
    }

    /// As [`Self::parse`], from BER, and with what others may do: signedAttrs out of DER's order, certificates that do not parse and certificates of
    /// other kinds (both left out of [`Self::certificates`]).
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::TrailingBytes`], [`Error::Malformed`].
    pub fn parse_foreign(contents: &[u8]) -> Result<Self, Error> {
        Self::parse_by(Rules::Ber, contents)
    }

    fn parse_by(rules: Rules, contents: &[u8]) -> Result<Self, Error> {
        let (content_info, rest) = Element::first(rules, contents, "contentInfo")?;
        if content_info.raw().len() > MAX_CMS_BYTES {
            return Err(Error::TooLarge);
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(Error::TrailingBytes);
        }
        let mut parts = content_info.elements(Tag::Sequence, "contentInfo")?;
        let content_type: ObjectIdentifier = parts.next()?.decode("contentType")?;
        let content = parts.next_if(TagNumber::N0).ok_or(Error::Malformed("contentInfo"))?;
        parts.end()?;
        if content_type != oid::SIGNED_DATA {
            return Err(Error::Malformed("contentType"));
        }
        let signed_data = Element::only(rules, content.value(), "signedData")?;
        Self::read(signed_data.elements(Tag::Sequence, "signedData")?)
    }

    fn read(mut parts: Elements<'_>) -> Result<Self, Error> {
        parts.next()?.decode::<u8>("version")?;
        parts.next()?.elements(Tag::Set, "digestAlgorithms")?;
        let mut encapsulated = parts.next()?.elements(Tag::Sequence, "encapContentInfo")?;
        let content_type = encapsulated.next()?.decode("eContentType")?;
        let content = encapsulated.next_if(TagNumber::N0).map(octets).transpose()?;
        encapsulated.end()?;
        let certificates = match parts.next_if(TagNumber::N0) {
            Some(set) => certificates(set)?,
            None => Vec::new(),
        };
        // crls: evidence that PAdES keeps in the DSS; what stands here is not used.
        parts.next_if(TagNumber::N1);
        let infos = parts.next()?.elements(Tag::Set, "signerInfos")?;
        parts.end()?;
        let signers: Result<Vec<Signer>, Error> = infos.rest().map(Signer::read).collect();
        Ok(Self {
            content_type,
            content,
            certificates,
            signers: signers?,
        })
    }
}

impl Signer {
    fn read(info: Element<'_>) -> Result<Self, Error> {
        let mut parts = info.elements(Tag::Sequence, "signerInfo")?;
        parts.next()?.decode::<u8>("version")?;
        let mut sid = parts.next()?.elements(Tag::Sequence, "sid")?;
        let issuer_der = sid.next()?.der("sid")?.into_owned();
        let serial = sid.next()?;
        sid.end()?;
        if !serial.is(Tag::Integer) {
            return Err(Error::Malformed("sid"));
        }
        let digest_algorithm = parts.next()?.decode("digestAlgorithm")?;
        let signed = parts.next_if(TagNumber::N0).ok_or(Error::Malformed("signedAttrs"))?;
        let signature_algorithm = parts.next()?.decode("signatureAlgorithm")?;
        let signature = parts.next()?.octets("signature")?.into_owned();
        let unsigned = parts.next_if(TagNumber::N1);
        parts.end()?;
        // Whoever wrote an indefinite length signed the DER all the same (RFC 5652, 5.4).
        let mut signed_attributes_der = match signed.is_indefinite() {
            true => signed.der("signedAttrs")?.into_owned(),
            false => signed.raw().to_vec(),
        };
        signed_attributes_der[0] = Tag::Set.octet();
        Ok(Self {
            issuer_der,
            serial: serial.value().to_vec(),
            digest_algorithm,
            signed_attributes: signed_attributes(signed)?,
            signed_attributes_der,
            signature_algorithm,
            signature,
            unsigned_attributes: unsigned.map_or(Ok(Vec::new()), |set| attributes(set, "unsignedAttrs"))?,
        })
    }

    /// The one value of a signed attribute that must be there exactly once (RFC 5652, 11).
    ///
    /// # Errors
    /// [`Error::Attribute`] with `part`.
    pub fn single(&self, oid: ObjectIdentifier, part: &'static str) -> Result<&[u8], Error> {
        let mut found = self.signed_attributes.iter().filter(|a| a.oid == oid);
        match (found.next(), found.next()) {
            (Some(Attribute { values, .. }), None) if values.len() == 1 => Ok(&values[0]),
            _ => Err(Error::Attribute(part)),
        }
    }
}

fn certificates(set: Element<'_>) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    for element in set.inner("certificates")?.rest() {
        if certificates.len() == MAX_CERTIFICATES {
            return Err(Error::TooLarge);
        }
        match Certificate::parse(element.raw()) {
            Ok(certificate) => certificates.push(certificate),
            Err(_) if set.rules() == Rules::Ber => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(certificates)
}

// Others hash the attributes after sorting them again; only in DER's order do all hash the same bytes.
fn signed_attributes(set: Element<'_>) -> Result<Vec<Attribute>, Error> {
    let in_order: Vec<&[u8]> = set.inner("signedAttrs")?.rest().map(Element::raw).collect();
    if set.rules() == Rules::Der && !in_order.is_sorted() {
        return Err(Error::Malformed("signedAttrs"));
    }
    attributes(set, "signedAttrs")
}

fn attributes(set: Element<'_>, part: &'static str) -> Result<Vec<Attribute>, Error> {
    let mut attributes = Vec::new();
    for element in set.inner(part)?.rest() {
        let mut parts = element.elements(Tag::Sequence, part)?;
        let oid = parts.next()?.decode(part)?;
        let values = parts.next()?.elements(Tag::Set, part)?;
        parts.end()?;
        attributes.push(Attribute {
            oid,
            values: values.rest().map(|e| e.raw().to_vec()).collect(),
        });
    }
    Ok(attributes)
}

fn octets(explicit: Element<'_>) -> Result<Vec<u8>, Error> {
    let content = Element::only(explicit.rules(), explicit.value(), "eContent")?;
    Ok(content.octets("eContent")?.into_owned())
}
