//! Makes tokens, key pairs and certificate objects. Nothing here deletes or overwrites one.

use super::fault::fault;
use super::module::{Loaded, Module, token_ref};
use crate::token::wire::NewKey;
use crate::token::{Error, TokenRef};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// DER object identifiers of the curves, and the name that PKCS#11 tokens know Ed25519 by (v3.0, 2.3.10).
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x22];
const P521: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x23];
const ED25519: &[u8] = b"\x13\x0cedwards25519";

/// Makes a token in the first uninitialised slot. `secret`: one byte of length, the SO PIN, the user PIN.
pub(super) fn init_token(module: &Module, label: &str, secret: &[u8]) -> Result<TokenRef, Error> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (so_pin, pin) = split(secret).ok_or(Error::Garbled)?;
    let Loaded { pkcs11, .. } = module.get()?;
    let known: HashSet<String> = initialised(module)?
        .into_iter()
        .map(|(_, token)| token.serial)
        .collect();
    let empty = pkcs11.get_slots_with_token().map_err(fault)?.into_iter().find(|slot| {
        let told = pkcs11.get_token_info(*slot);
        told.is_ok_and(|told| !told.token_initialized())
    });
    pkcs11
        .init_token(empty.ok_or(Error::Gone)?, &so_pin, label)
        .map_err(fault)?;
    // SoftHSM gives a new token a new slot: it is the one with a serial number that was not there.
    let (slot, token) = initialised(module)?
        .into_iter()
        .find(|(_, token)| !known.contains(&token.serial))
        .ok_or(Error::Gone)?;
    let session = pkcs11.open_rw_session(slot).map_err(fault)?;
    session.login(UserType::So, Some(&so_pin)).map_err(fault)?;
    session.init_pin(&pin).map_err(fault)?;
    session.logout().map_err(fault)?;
    Ok(token)
}

/// Generates a key pair that never leaves the token.
pub(super) fn generate_key(
    module: &Module,
    slot: u64,
    kind: NewKey,
    label: &str,
    id: &[u8],
    always_authenticate: bool,
) -> Result<(), Error> {
    let named = |attributes: &mut Vec<Attribute>| {
        attributes.push(Attribute::Token(true));
        attributes.push(Attribute::Label(label.as_bytes().to_vec()));
        attributes.push(Attribute::Id(id.to_vec()));
    };
    let mut public = vec![Attribute::Private(false), Attribute::Verify(true)];
    named(&mut public);
    let mut private = vec![
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    named(&mut private);
    if always_authenticate {
        // Not told otherwise: some modules do not know the attribute.
        private.push(Attribute::AlwaysAuthenticate(true));
    }
    let mechanism = match kind {
        NewKey::Rsa { bits } => {
            public.push(Attribute::ModulusBits(u64::from(bits).into()));
            public.push(Attribute::PublicExponent(vec![1, 0, 1]));
            Mechanism::RsaPkcsKeyPairGen
        }
        NewKey::P256 | NewKey::P384 | NewKey::P521 | NewKey::Ed25519 => {
            public.push(Attribute::EcParams(curve(kind).to_vec()));
            match kind {
                NewKey::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
                _ => Mechanism::EccKeyPairGen,
            }
        }
    };
    let session = writable(module, slot)?;
    session
        .generate_key_pair(&mechanism, &public, &private)
        .map_err(fault)?;
    Ok(())
}

/// Stores a certificate.
pub(super) fn import_certificate(
    module: &Module,
    slot: u64,
    label: &str,
    id: Vec<u8>,
    der: Vec<u8>,
    subject: Vec<u8>,
) -> Result<(), Error> {
    let template = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id),
        Attribute::Subject(subject),
        Attribute::Value(der),
    ];
    writable(module, slot)?.create_object(&template).map_err(fault)?;
    Ok(())
}

/// A session that may write; the login of the process holds for it too.
fn writable(module: &Module, slot: u64) -> Result<Session, Error> {
    let (loaded, slot, _) = module.token(slot)?;
    loaded.pkcs11.open_rw_session(slot).map_err(fault)
}

fn initialised(module: &Module) -> Result<Vec<(Slot, TokenRef)>, Error> {
    let Loaded { pkcs11, .. } = module.get()?;
    let slots = pkcs11.get_slots_with_initialized_token().map_err(fault)?;
    let described = slots.into_iter().map(|slot| {
        let told = pkcs11.get_token_info(slot).map_err(fault)?;
        Ok((slot, token_ref(slot, &told)))
    });
    described.collect()
}

/// One byte of length, a PIN of that length, another PIN.
pub(super) fn split(secret: &[u8]) -> Option<(AuthPin, AuthPin)> {
    let (length, rest) = secret.split_first()?;
    let (so_pin, pin) = rest.split_at_checked(usize::from(*length))?;
    let pin_of = |bytes: &[u8]| Some(AuthPin::from(std::str::from_utf8(bytes).ok()?));
    Some((pin_of(so_pin)?, pin_of(pin)?))
}

const fn curve(kind: NewKey) -> &'static [u8] {
    match kind {
        NewKey::P384 => P384,
        NewKey::P521 => P521,
        NewKey::Ed25519 => ED25519,
        NewKey::P256 | NewKey::Rsa { .. } => P256,
    }
}
