//! What host and token worker say to each other: postcard values in the frames of `process`.
//!
//! A PIN is never part of a value here: it follows its request in a frame of its own.

use super::Error;
use super::slot::{Slot, TokenRef};
use serde::{Deserialize, Serialize};

/// Longest body of a frame.
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// Objects read from one token; what a token holds beyond them is not shown.
pub const MAX_OBJECTS: usize = 20_000;

/// What the host asks.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// All slots -> [`Reply::Slots`].
    Slots,
    /// Objects of a token; private ones only under a login -> [`Reply::Objects`].
    Objects {
        /// The slot.
        slot: u64,
        /// The login that allows private objects.
        login: Option<u64>,
    },
    /// Log in -> [`Reply::Done`]. Unless `protected`, the PIN follows.
    Login {
        /// The login's number, never used before.
        login: u64,
        /// The token, compared with what is in the slot before the PIN is used.
        token: TokenRef,
        /// The PIN is typed on the reader.
        protected: bool,
    },
    /// Sign -> [`Reply::Signature`].
    Sign {
        /// The login.
        login: u64,
        /// The key.
        key: KeyRef,
        /// How.
        mechanism: Mechanism,
        /// What the mechanism takes.
        data: Vec<u8>,
    },
    /// End a login -> [`Reply::Done`].
    Logout {
        /// The login.
        login: u64,
        /// Its slot.
        slot: u64,
    },
    /// The cards in these slots were pulled out: their logins are over -> [`Reply::Done`].
    CardLeft {
        /// The slots.
        slots: Vec<u64>,
    },
    /// Change the user's PIN -> [`Reply::Done`]. One byte of length, the old PIN and the new PIN follow.
    ChangePin {
        /// The token, compared with what is in the slot before the PIN is used.
        token: TokenRef,
    },
    /// Make a token in an uninitialised slot -> [`Reply::Token`]. One byte of length, the SO PIN and the user PIN follow.
    InitToken {
        /// Its label.
        label: String,
    },
    /// Generate a key pair -> [`Reply::Done`].
    GenerateKey {
        /// The login.
        login: u64,
        /// What kind.
        kind: NewKey,
        /// `CKA_LABEL` of both halves.
        label: String,
        /// `CKA_ID` of both halves.
        id: Vec<u8>,
        /// `CKA_ALWAYS_AUTHENTICATE`
        always_authenticate: bool,
    },
    /// Store a certificate -> [`Reply::Done`].
    ImportCertificate {
        /// The login.
        login: u64,
        /// `CKA_LABEL`
        label: String,
        /// `CKA_ID`
        id: Vec<u8>,
        /// DER.
        der: Vec<u8>,
        /// DER name, for `CKA_SUBJECT`.
        subject: Vec<u8>,
    },
}

impl Request {
    /// `true` when the next frame is this request's secret.
    pub fn has_secret(&self) -> bool {
        matches!(
            self,
            Self::Login { protected: false, .. } | Self::ChangePin { .. } | Self::InitToken { .. }
        )
    }
}

/// What the worker answers.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// All slots.
    Slots(Vec<Slot>),
    /// A token's objects.
    Objects(Objects),
    /// The signature as the module gave it.
    Signature(Vec<u8>),
    /// A token was made.
    Token(TokenRef),
    /// It is done.
    Done,
    /// It is not.
    Failed(Error),
}

/// Which private key, by its attributes: handles stay in the worker.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct KeyRef {
    /// `CKA_ID`
    pub id: Vec<u8>,
    /// `CKA_LABEL`
    pub label: Vec<u8>,
    /// `CKA_ALWAYS_AUTHENTICATE`: each use wants the PIN again.
    pub always_authenticate: bool,
}

/// How a token signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Mechanism {
    /// `CKM_RSA_PKCS` over a DigestInfo.
    RsaPkcs,
    /// `CKM_SHA256_RSA_PKCS` over the message.
    Sha256RsaPkcs,
    /// `CKM_SHA384_RSA_PKCS` over the message.
    Sha384RsaPkcs,
    /// `CKM_SHA512_RSA_PKCS` over the message.
    Sha512RsaPkcs,
    /// `CKM_RSA_PKCS_PSS` over a digest.
    RsaPss {
        /// Length of the digest, which names it: 32, 48 or 64.
        digest_bytes: u8,
        /// Length of the salt.
        salt_bytes: u32,
    },
    /// `CKM_ECDSA` over a digest.
    Ecdsa,
    /// `CKM_EDDSA` over the message.
    Eddsa,
}

/// Kinds of key that can be generated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewKey {
    /// RSA with this modulus, exponent 65537.
    Rsa {
        /// Length of the modulus.
        bits: u32,
    },
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
    /// Ed25519
    Ed25519,
}

/// What a token holds, as read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Objects {
    /// `CKO_CERTIFICATE`, X.509.
    pub certificates: Vec<RawCertificate>,
    /// `CKO_PUBLIC_KEY`
    pub public_keys: Vec<RawKey>,
    /// `CKO_PRIVATE_KEY`
    pub private_keys: Vec<RawKey>,
    /// `CK_MECHANISM_TYPE`s of the slot.
    pub mechanisms: Vec<u64>,
    /// Private objects were readable: under a login, or on a token that needs none.
    pub private_visible: bool,
}

/// A certificate object.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RawCertificate {
    /// `CKA_ID`
    pub id: Vec<u8>,
    /// `CKA_LABEL`
    pub label: Vec<u8>,
    /// `CKA_VALUE`
    pub der: Vec<u8>,
}

/// A key object's public attributes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RawKey {
    /// `CKA_ID`
    pub id: Vec<u8>,
    /// `CKA_LABEL`
    pub label: Vec<u8>,
    /// `CK_KEY_TYPE`
    pub kind: u64,
    /// `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT`
    pub rsa: Option<(Vec<u8>, Vec<u8>)>,
    /// `CKA_EC_PARAMS`
    pub ec_params: Option<Vec<u8>>,
    /// `CKA_EC_POINT`
    pub ec_point: Option<Vec<u8>>,
    /// `CKA_PUBLIC_KEY_INFO`
    pub spki: Option<Vec<u8>>,
    /// `CKA_SIGN`, true where not told.
    pub signs: bool,
    /// `CKA_ALWAYS_AUTHENTICATE`, false where not told.
    pub always_authenticate: bool,
}

/// A value as bytes.
///
/// # Errors
/// [`Error::TooLong`] when it does not fit into memory's or postcard's limits.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(value).map_err(|_| Error::TooLong)
}

/// A value from bytes; nothing may follow it.
///
/// # Errors
/// [`Error::Garbled`]
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(Error::Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_with_bytes_after_it_is_refused() {
        let mut bytes = encode(&Request::Logout { login: 7, slot: 1 }).unwrap();
        assert_eq!(decode::<Request>(&bytes), Ok(Request::Logout { login: 7, slot: 1 }));
        bytes.push(0);
        assert_eq!(decode::<Request>(&bytes), Err(Error::Garbled));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = (decode::<Request>(&bytes), decode::<Reply>(&bytes));
        }
    }
}
