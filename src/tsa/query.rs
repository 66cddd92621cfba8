//! TimeStampReq (RFC 3161, 2.4.1): what is to be stamped, by digest alone; the certificate is always asked for.

use super::Error;
use super::info::Imprint;
use crate::der::{DigestAlgorithm, ObjectIdentifier};
use ::der::asn1::{Null, OctetString, Uint};
use ::der::{Any, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;

/// Length of a nonce.
pub const NONCE_BYTES: usize = 8;

/// One question to a TSA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// The digest to be stamped.
    pub imprint: Imprint,
    /// Random, never used twice: ties the answer to this question.
    pub nonce: [u8; NONCE_BYTES],
    /// The policy that the TSA must use; `None`: its own choice.
    pub policy: Option<ObjectIdentifier>,
}

#[derive(Sequence)]
struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    nonce: Uint,
    certificate_wanted: bool,
}

impl Query {
    /// The DER to post as [`super::QUERY_TYPE`].
    ///
    /// # Errors
    /// [`Error::Malformed`] when the imprint has not its algorithm's length.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        if self.imprint.value.len() != self.imprint.digest.bytes() {
            return Err(Error::Malformed("messageImprint"));
        }
        self.encode().map_err(|_| Error::Malformed("timeStampReq"))
    }

    fn encode(&self) -> ::der::Result<Vec<u8>> {
        TimeStampReq {
            version: 1,
            imprint: MessageImprint {
                algorithm: algorithm(self.imprint.digest)?,
                digest: OctetString::new(self.imprint.value.as_slice())?,
            },
            policy: self.policy,
            nonce: Uint::new(&self.nonce)?,
            certificate_wanted: true,
        }
        .to_der()
    }
}

/// With NULL, as most clients write it: some TSAs know nothing else.
fn algorithm(digest: DigestAlgorithm) -> ::der::Result<AlgorithmIdentifierOwned> {
    Ok(AlgorithmIdentifierOwned {
        oid: digest.oid(),
        parameters: Some(Any::encode_from(&Null)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_openssl_writes_it() {
        let query = Query {
            imprint: Imprint::of(DigestAlgorithm::Sha256, b"abc"),
            nonce: [0, 0xff, 1, 2, 3, 4, 5, 6],
            policy: Some(ObjectIdentifier::new_unwrap("1.2.3.4.1")),
        };
        assert_eq!(
            hex::encode(query.to_der().unwrap()),
            "3049020101\
             3031300d060960864801650304020105000420ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\
             06042a030401\
             020800ff010203040506\
             0101ff"
        );
    }

    #[test]
    fn an_imprint_has_its_algorithms_length() {
        let mut query = Query {
            imprint: Imprint::of(DigestAlgorithm::Sha512, b"abc"),
            nonce: [7; 8],
            policy: None,
        };
        assert!(query.to_der().is_ok());
        query.imprint.value.pop();
        assert_eq!(query.to_der(), Err(Error::Malformed("messageImprint")));
    }
}
