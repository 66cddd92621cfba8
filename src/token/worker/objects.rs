//! What a token holds: certificates and the public attributes of keys. Reads, never writes, and never asks for a secret value.

use super::fault::fault;
use super::module::Module;
use crate::token::Error;
use crate::token::wire::{MAX_OBJECTS, Objects, RawCertificate, RawKey};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use std::num::NonZeroUsize;

/// Handles asked of the module at once.
const BATCH: NonZeroUsize = NonZeroUsize::new(256).unwrap();

const KEY_ATTRIBUTES: &[AttributeType] = &[
    AttributeType::Id,
    AttributeType::Label,
    AttributeType::KeyType,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::PublicKeyInfo,
    AttributeType::Sign,
    AttributeType::AlwaysAuthenticate,
];

/// Reads a slot's token in a session of its own. Without `logged_in` private objects are left out, even if another login makes the module show them.
pub(super) fn read(module: &Module, slot: u64, logged_in: bool) -> Result<Objects, Error> {
    let (loaded, slot, told) = module.token(slot)?;
    let session = loaded.pkcs11.open_ro_session(slot).map_err(fault)?;
    let private_visible = logged_in || !told.login_required();
    let mechanisms = loaded.pkcs11.get_mechanism_list(slot).map_err(fault)?;
    let certificates = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let private_keys = match private_visible {
        true => keys(&session, ObjectClass::PRIVATE_KEY, |key| key.map(Some))?,
        false => Vec::new(),
    };
    Ok(Objects {
        certificates: each(&session, &certificates, |handle| {
            certificate(&session, handle, private_visible)
        })?,
        public_keys: keys(&session, ObjectClass::PUBLIC_KEY, hint)?,
        private_keys,
        mechanisms: mechanisms.into_iter().map(u64::from).collect(),
        private_visible,
    })
}

fn keys(
    session: &Session,
    class: ObjectClass,
    accept: impl Fn(Result<RawKey, Error>) -> Result<Option<RawKey>, Error>,
) -> Result<Vec<RawKey>, Error> {
    each(session, &[Attribute::Class(class)], |handle| {
        accept(key(session, handle))
    })
}

/// Public keys only help to pair. OpenSC draws a My Number card's out of a certificate that nobody reads before the password, and says C_GetAttributeValue: CKR_GENERAL_ERROR.
fn hint(key: Result<RawKey, Error>) -> Result<Option<RawKey>, Error> {
    match key {
        Err(Error::Refused { .. }) => Ok(None),
        key => key.map(Some),
    }
}

/// Reads every object that matches, but not one that vanishes meanwhile.
fn each<T>(
    session: &Session,
    template: &[Attribute],
    read: impl Fn(ObjectHandle) -> Result<Option<T>, Error>,
) -> Result<Vec<T>, Error> {
    let found = session.iter_objects_with_cache_size(template, BATCH).map_err(fault)?;
    let handles: Result<Vec<ObjectHandle>, _> = found.take(MAX_OBJECTS).collect();
    let objects = handles.map_err(fault)?.into_iter().map(read);
    objects.filter_map(Result::transpose).collect()
}

fn certificate(
    session: &Session,
    handle: ObjectHandle,
    private_visible: bool,
) -> Result<Option<RawCertificate>, Error> {
    let wanted = [
        AttributeType::Id,
        AttributeType::Label,
        AttributeType::Value,
        AttributeType::Private,
    ];
    let (mut raw, mut private) = (RawCertificate::default(), false);
    for attribute in session.get_attributes(handle, &wanted).map_err(fault)? {
        match attribute {
            Attribute::Id(id) => raw.id = id,
            Attribute::Label(label) => raw.label = label,
            Attribute::Value(der) => raw.der = der,
            Attribute::Private(told) => private = told,
            _ => {}
        }
    }
    Ok((private_visible || !private).then_some(raw))
}

fn key(session: &Session, handle: ObjectHandle) -> Result<RawKey, Error> {
    let mut raw = RawKey {
        signs: true,
        ..RawKey::default()
    };
    let (mut modulus, mut exponent) = (None, None);
    for attribute in session.get_attributes(handle, KEY_ATTRIBUTES).map_err(fault)? {
        match attribute {
            Attribute::Id(id) => raw.id = id,
            Attribute::Label(label) => raw.label = label,
            Attribute::KeyType(kind) => raw.kind = kind.into(),
            Attribute::Modulus(bytes) => modulus = Some(bytes),
            Attribute::PublicExponent(bytes) => exponent = Some(bytes),
            Attribute::EcParams(bytes) => raw.ec_params = Some(bytes),
            Attribute::EcPoint(bytes) => raw.ec_point = Some(bytes),
            Attribute::PublicKeyInfo(bytes) => raw.spki = Some(bytes),
            Attribute::Sign(signs) => raw.signs = signs,
            Attribute::AlwaysAuthenticate(always) => raw.always_authenticate = always,
            _ => {}
        }
    }
    raw.rsa = modulus.zip(exponent);
    Ok(raw)
}
