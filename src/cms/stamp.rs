//! A timestamp put into a finished SignedData, and found there again: the unsigned attribute signature-time-stamp (RFC 3161, appendix A).
//!
//! Only lengths around the new attribute change. Whether the token fits the signature is not asked here.

use super::ber;
use super::element::{Element, Elements, Rules};
use super::{Error, MAX_CMS_BYTES, Signer};
use crate::der::oid;
use ::der::{Encode, Tag, TagNumber};

/// Identifier octet of `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;
/// Identifier octet of `[1]`, constructed.
const CONTEXT_1: u8 = 0xa1;

impl Signer {
    /// The timestamp tokens over this signature value: each one a ContentInfo.
    pub fn timestamps(&self) -> impl Iterator<Item = &[u8]> {
        let stamps = self.unsigned_attributes.iter();
        stamps
            .filter(|a| a.oid == oid::SIGNATURE_TIME_STAMP)
            .flat_map(|a| a.values.iter().map(Vec::as_slice))
    }
}

/// `signed_data`, a ContentInfo with one signer (zeros may follow), with `token` among the unsigned attributes. Every other byte stays as it is but for
/// the lengths around it; a token that is there already stays beside the new one.
///
/// # Errors
/// [`Error::SignerCount`], [`Error::TooLarge`], [`Error::Malformed`].
pub fn with_timestamp(signed_data: &[u8], token: &[u8]) -> Result<Vec<u8>, Error> {
    if signed_data.len().saturating_add(token.len()) > MAX_CMS_BYTES {
        return Err(Error::TooLarge);
    }
    let attribute = attribute(token)?;
    let (content_info, _) = Element::first(Rules::Ber, signed_data, "contentInfo")?;
    let mut parts = content_info.elements(Tag::Sequence, "contentInfo")?;
    let content_type = parts.next()?;
    let explicit = parts.next_if(TagNumber::N0).ok_or(Error::Malformed("contentInfo"))?;
    parts.end()?;
    let signed_data = Element::only(Rules::Ber, explicit.value(), "signedData")?;
    let mut parts: Vec<Element<'_>> = signed_data.elements(Tag::Sequence, "signedData")?.rest().collect();
    let infos = parts.pop().ok_or(Error::Malformed("signerInfos"))?;
    let infos: Vec<Element<'_>> = infos.elements(Tag::Set, "signerInfos")?.rest().collect();
    let [info] = infos.as_slice() else {
        return Err(Error::SignerCount(infos.len()));
    };
    let info = stamped(info.elements(Tag::Sequence, "signerInfo")?, &attribute)?;
    let mut content: Vec<u8> = parts.iter().flat_map(|part| part.raw()).copied().collect();
    content.extend(wrap(Tag::Set.octet(), &info));
    let content = wrap(CONTEXT_0, &wrap(Tag::Sequence.octet(), &content));
    let content = [content_type.raw(), content.as_slice()].concat();
    Ok(wrap(Tag::Sequence.octet(), &content))
}

/// The attribute's DER.
fn attribute(token: &[u8]) -> Result<Vec<u8>, Error> {
    let part = "signatureTimeStamp";
    let token = Element::only(Rules::Ber, token, part)?;
    let oid = oid::SIGNATURE_TIME_STAMP.to_der().map_err(|_| Error::Malformed(part))?;
    let content = [oid, wrap(Tag::Set.octet(), token.raw())].concat();
    Ok(wrap(Tag::Sequence.octet(), &content))
}

/// The SignerInfo with `attribute` in its unsignedAttrs, in DER's order of a SET OF.
fn stamped(info: Elements<'_>, attribute: &[u8]) -> Result<Vec<u8>, Error> {
    let mut parts: Vec<Element<'_>> = info.rest().collect();
    let unsigned = parts.pop_if(|last| last.identifier() == CONTEXT_1);
    let mut attributes = vec![attribute];
    if let Some(unsigned) = unsigned {
        attributes.extend(unsigned.inner("unsignedAttrs")?.rest().map(Element::raw));
    }
    attributes.sort_unstable();
    let mut content: Vec<u8> = parts.iter().flat_map(|part| part.raw()).copied().collect();
    content.extend(wrap(CONTEXT_1, &attributes.concat()));
    Ok(wrap(Tag::Sequence.octet(), &content))
}

fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    ber::write(identifier, content, &mut out);
    out
}
