//! Signing: one thread, one session a slot, each key found once and its handle kept.
//!
//! After any error the session is closed: its operation may still be active, its token gone or swapped. Nothing is tried again.

use super::Shared;
use super::fault::{fault, of_code};
use super::logins::Login;
use crate::token::Error;
use crate::token::wire::{KeyRef, Mechanism};
use cryptoki::context::Function;
use cryptoki::error::{Error as Cryptoki, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism as Pkcs11Mechanism, MechanismType};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use std::collections::HashMap;

/// One thread's sessions.
pub(super) struct Signer<'a> {
    shared: &'a Shared,
    open: HashMap<u64, Open>,
}

/// A session that belongs to one login; another login gets a new one, because handles of private objects end with theirs.
struct Open {
    login: u64,
    session: Session,
    keys: HashMap<KeyRef, ObjectHandle>,
}

impl<'a> Signer<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            open: HashMap::new(),
        }
    }

    pub(super) fn sign(
        &mut self,
        login: u64,
        key: &KeyRef,
        mechanism: Mechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let login = self.shared.logins.get(login)?;
        let signature = self.try_sign(&login, key, mechanism, data);
        signature.map_err(|error| {
            self.open.remove(&login.slot);
            self.removed(&login, error)
        })
    }

    fn try_sign(&mut self, login: &Login, key: &KeyRef, mechanism: Mechanism, data: &[u8]) -> Result<Vec<u8>, Error> {
        let shared = self.shared;
        let loaded = shared.module.get()?;
        let open = self.session(login)?;
        let handle = open.key(key)?;
        let begun = open.session.sign_init(&pkcs11(mechanism)?, handle);
        begun.map_err(|error| unsupported(mechanism, error))?;
        if key.always_authenticate {
            shared.logins.again(&shared.module, login, &open.session)?;
        }
        let signature = loaded.raw.sign(&open.session, data);
        signature.map_err(|code| of_code(code, Function::Sign))
    }

    fn session(&mut self, login: &Login) -> Result<&mut Open, Error> {
        let current = self.open.get(&login.slot).is_some_and(|open| open.login == login.id);
        if !current {
            let (loaded, slot, _) = self.shared.module.token(login.slot)?;
            let open = Open {
                login: login.id,
                session: loaded.pkcs11.open_ro_session(slot).map_err(fault)?,
                keys: HashMap::new(),
            };
            self.open.insert(login.slot, open);
        }
        self.open.get_mut(&login.slot).ok_or(Error::LoginLost)
    }

    /// Modules name a pulled card in many ways; an empty slot is the plain answer.
    fn removed(&self, login: &Login, error: Error) -> Error {
        match (&error, self.shared.module.token(login.slot)) {
            (Error::Gone, _) | (Error::Refused { .. } | Error::LoginLost, Err(Error::Gone)) => Error::Removed,
            _ => error,
        }
    }
}

impl Open {
    fn key(&mut self, key: &KeyRef) -> Result<ObjectHandle, Error> {
        if let Some(handle) = self.keys.get(key) {
            return Ok(*handle);
        }
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Id(key.id.clone()),
            Attribute::Label(key.label.clone()),
        ];
        match self.session.find_objects(&template).map_err(fault)?.as_slice() {
            [] => Err(Error::KeyMissing),
            [handle] => Ok(*self.keys.entry(key.clone()).or_insert(*handle)),
            _ => Err(Error::KeyAmbiguous),
        }
    }
}

fn pkcs11(mechanism: Mechanism) -> Result<Pkcs11Mechanism<'static>, Error> {
    Ok(match mechanism {
        Mechanism::RsaPkcs => Pkcs11Mechanism::RsaPkcs,
        Mechanism::Sha256RsaPkcs => Pkcs11Mechanism::Sha256RsaPkcs,
        Mechanism::Sha384RsaPkcs => Pkcs11Mechanism::Sha384RsaPkcs,
        Mechanism::Sha512RsaPkcs => Pkcs11Mechanism::Sha512RsaPkcs,
        Mechanism::RsaPss {
            digest_bytes,
            salt_bytes,
        } => {
            let (hash_alg, mgf) = match digest_bytes {
                32 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
                48 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
                64 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
                _ => return Err(Error::Garbled),
            };
            Pkcs11Mechanism::RsaPkcsPss(PkcsPssParams {
                hash_alg,
                mgf,
                s_len: u64::from(salt_bytes).into(),
            })
        }
        Mechanism::Ecdsa => Pkcs11Mechanism::Ecdsa,
        Mechanism::Eddsa => Pkcs11Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)),
    })
}

fn unsupported(mechanism: Mechanism, error: Cryptoki) -> Error {
    match error {
        Cryptoki::Pkcs11(RvError::MechanismInvalid | RvError::MechanismParamInvalid, _) => {
            Error::MechanismUnsupported {
                algorithm: format!("{mechanism:?}"),
            }
        }
        error => fault(error),
    }
}
