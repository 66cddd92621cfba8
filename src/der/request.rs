//! Certificate requests (PKCS#10, RFC 2986), and distinguished names out of what a person writes (RFC 4514).
//!
//! Asks for no extensions: what a certificate may be used for is its issuer's to say. Reads no requests, and holds no key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Encode;

use super::tlv::{BIT_STRING, INTEGER, SEQUENCE, SET, context, element};
use super::{Error, ObjectIdentifier, SignatureAlgorithm};

/// Longest name that is read, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// Characters of a line (RFC 7468, 2).
const PEM_LINE_CHARS: usize = 64;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;

/// Attribute types that a name may have: as they are written, their identifiers, string types, and upper bounds in characters (X.520; RFC 5280, appendix A).
const TYPES: &[(&str, &str, u8, usize)] = &[
    ("CN", "2.5.4.3", UTF8_STRING, 64),
    ("SN", "2.5.4.4", UTF8_STRING, 64),
    ("serialNumber", "2.5.4.5", PRINTABLE_STRING, 64),
    ("C", "2.5.4.6", PRINTABLE_STRING, 2),
    ("L", "2.5.4.7", UTF8_STRING, 128),
    ("ST", "2.5.4.8", UTF8_STRING, 128),
    ("O", "2.5.4.10", UTF8_STRING, 64),
    ("OU", "2.5.4.11", UTF8_STRING, 64),
    ("title", "2.5.4.12", UTF8_STRING, 64),
    ("GN", "2.5.4.42", UTF8_STRING, 64),
    ("organizationIdentifier", "2.5.4.97", UTF8_STRING, 64),
    ("emailAddress", "1.2.840.113549.1.9.1", IA5_STRING, 255),
];

/// The DER of a name written as RFC 4514 has it: most specific first, `CN=見本市長,O=見本市,C=JP`; a backslash before a comma or backslash of a value.
///
/// # Errors
/// [`Error::NameMalformed`] with the part that is not understood.
pub fn name_of(text: &str) -> Result<Vec<u8>, Error> {
    let wrong = |part: &str| Error::NameMalformed(part.to_owned());
    if text.len() > MAX_NAME_BYTES {
        return Err(wrong(""));
    }
    let mut parts = Vec::new();
    for part in split(text) {
        let (label, value) = part.split_once('=').ok_or_else(|| wrong(&part))?;
        parts.push(attribute(label.trim(), value.trim()).ok_or_else(|| wrong(&part))?);
    }
    match parts.is_empty() {
        true => Err(wrong(text)),
        // The encoding begins with the least specific.
        false => Ok(element(SEQUENCE, &parts.into_iter().rev().collect::<Vec<_>>().concat())),
    }
}

/// What a request's key signs (CertificationRequestInfo): the name and the key's SubjectPublicKeyInfo, both DER.
pub fn to_sign(name_der: &[u8], spki_der: &[u8]) -> Vec<u8> {
    let version = element(INTEGER, &[0]);
    let attributes = element(context(0), &[]);
    element(SEQUENCE, &[&version, name_der, spki_der, &attributes].concat())
}

/// The whole request, DER.
///
/// # Errors
/// [`Error::AlgorithmUnsupported`], which no algorithm that signs causes.
pub fn signed(to_sign: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Result<Vec<u8>, Error> {
    let unencodable = |_| Error::AlgorithmUnsupported(algorithm.name());
    let identifier = algorithm.identifier()?.to_der().map_err(unencodable)?;
    let bits = element(BIT_STRING, &[&[0], signature].concat());
    Ok(element(SEQUENCE, &[to_sign, &identifier, &bits].concat()))
}

/// The request as a file (RFC 7468).
pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = "-----BEGIN CERTIFICATE REQUEST-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(PEM_LINE_CHARS));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out + "-----END CERTIFICATE REQUEST-----\n"
}

/// The parts between commas, without the backslashes before commas and backslashes.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match (c, escaped, parts.last_mut()) {
            ('\\', false, _) => escaped = true,
            (',', false, _) => parts.push(String::new()),
            (c, _, Some(part)) => {
                part.push(c);
                escaped = false;
            }
            (_, _, None) => {}
        }
    }
    parts
}

/// One relative name of one attribute; `None` for an unknown type, or a value that it cannot have.
fn attribute(label: &str, value: &str) -> Option<Vec<u8>> {
    let (_, dotted, tag, max_chars) = TYPES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(label))?;
    let printable = |c: char| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    let chars = value.chars().count();
    let fits = match *tag {
        PRINTABLE_STRING => value.chars().all(printable),
        IA5_STRING => value.is_ascii(),
        _ => true,
    };
    let sized = (1..=*max_chars).contains(&chars) && (*dotted != "2.5.4.6" || chars == 2);
    if !fits || !sized || value.chars().any(char::is_control) {
        return None;
    }
    let oid = ObjectIdentifier::new(dotted).ok()?.to_der().ok()?;
    let pair = element(SEQUENCE, &[oid, element(*tag, value.as_bytes())].concat());
    Some(element(SET, &pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_reads_back_as_it_was_written() {
        use x509_parser::prelude::{FromDer, X509Name};
        let der = name_of(r"CN=甲\, 乙\\丙,OU = 契約課 ,O=見本市,C=JP").unwrap();
        let (rest, name) = X509Name::from_der(&der).unwrap();
        assert!(rest.is_empty());
        let values: Vec<&str> = name.iter_attributes().map(|a| a.as_str().unwrap()).collect();
        assert_eq!(values, ["JP", "見本市", "契約課", r"甲, 乙\丙"]);
    }

    #[test]
    fn what_no_certificate_can_hold_is_refused() {
        for text in [
            "",
            "CN",
            "CN=",
            "XY=a",
            "C=JPN",
            "C=日本",
            "serialNumber=甲",
            "CN=a\u{7}",
            "CN=a,,O=b",
            "CN=a,",
        ] {
            assert!(matches!(name_of(text), Err(Error::NameMalformed(_))), "{text}");
        }
        assert!(name_of(&format!("CN={}", "a".repeat(65))).is_err());
        assert!(name_of(&format!("CN={}", "甲".repeat(64))).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_gives_a_name_or_an_error(text in "\\PC{0,80}") {
            if let Ok(der) = name_of(&text) {
                use x509_parser::prelude::{FromDer, X509Name};
                prop_assert!(X509Name::from_der(&der).is_ok());
            }
        }
    }
}
