//! Encryption with a password: AES-128 (V 4, R 4, AESV2) and AES-256 (V 5, R 6, AESV3) of ISO 32000-2, 7.6.
//!
//! The arithmetic is lopdf's; it sees a document that holds nothing but `/Encrypt` and `/ID`. Everything else that a PDF can name here (RC4, certificates, Identity, revision 5) is refused by its own error.

use super::error::Error;
use super::value::{Dict, ObjectId, Value};
use crate::secret::Password;
use lopdf::encryption::crypt_filters::CryptFilter;
use lopdf::encryption::{EncryptionState, PasswordAlgorithm};
use lopdf::{Object, StringFormat};
use std::sync::Arc;

/// Bits of `/P` (Table 22), counted from 1 in the standard.
const MODIFY: u32 = 1 << 3;
const ANNOTATE: u32 = 1 << 5;
const FILL_FORMS: u32 = 1 << 8;

/// An opened security handler.
pub struct Encryption {
    state: EncryptionState,
    strings: Arc<dyn CryptFilter>,
    streams: Arc<dyn CryptFilter>,
    permissions: Permissions,
}

/// What whoever opened the document may do (7.6.4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permissions {
    bits: u32,
    owner: bool,
}

impl Encryption {
    /// Opens the handler that `encrypt` (a dictionary without references) describes. `id`: the first string of the trailer's `/ID`, empty when there is none. Without a password the empty user password is tried.
    pub(super) fn open(encrypt: &Dict, id: &[u8], password: Option<&Password>) -> Result<Self, Error> {
        let checked = checked(encrypt)?;
        let mut document = lopdf::Document::new();
        document.objects.insert((1, 0), Object::Dictionary(checked));
        document.trailer.set("Encrypt", Object::Reference((1, 0)));
        let id = Object::String(id.to_vec(), StringFormat::Hexadecimal);
        document.trailer.set("ID", Object::Array(vec![id.clone(), id]));

        let refused = || match password {
            Some(_) => Error::PasswordWrong,
            None => Error::PasswordNeeded,
        };
        let typed = std::str::from_utf8(password.map_or(b"".as_slice(), Password::expose)).map_err(|_| refused())?;
        let algorithm = PasswordAlgorithm::try_from(&document).map_err(|_| unreadable())?;
        let prepared = algorithm.sanitize_password(typed).map_err(|_| refused())?;
        let owner = document.authenticate_raw_owner_password(&prepared).is_ok();
        if !owner && document.authenticate_raw_user_password(&prepared).is_err() {
            return Err(refused());
        }
        let state = EncryptionState::decode(&document, &prepared).map_err(|_| refused())?;
        Ok(Self {
            strings: state.get_string_filter(),
            streams: state.get_stream_filter(),
            permissions: Permissions {
                bits: state.permissions().bits() as u32,
                owner,
            },
            state,
        })
    }

    /// What may be done.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Encrypts a string of the top-level object `id`. The result is 16 to 32 bytes longer, its initialisation vector drawn at random.
    pub fn encrypt_string(&self, id: ObjectId, plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt(self.strings.as_ref(), id, plain)
    }

    /// Encrypts the data of the stream `id`, after its filters.
    pub fn encrypt_stream(&self, id: ObjectId, plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt(self.streams.as_ref(), id, plain)
    }

    /// Whether the stream with this dictionary is encrypted at all: cross-reference streams never, metadata by `/EncryptMetadata`.
    pub(super) fn covers(&self, stream: &Dict) -> bool {
        !(stream.is("Type", "XRef") || stream.is("Type", "Metadata") && !self.state.encrypt_metadata())
    }

    pub(super) fn decrypt_stream(&self, id: ObjectId, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.decrypt(self.streams.as_ref(), id, data)
    }

    /// Decrypts every string within `value`; a signature's `/Contents` is never encrypted (7.6.2).
    pub(super) fn decrypt_strings(&self, id: ObjectId, value: &mut Value) -> Result<(), Error> {
        match value {
            Value::String { bytes, .. } => *bytes = self.decrypt(self.strings.as_ref(), id, bytes)?,
            Value::Array(items) => {
                for item in items {
                    self.decrypt_strings(id, item)?;
                }
            }
            Value::Dict(dict) => {
                let signature = dict.contains(b"ByteRange");
                for (key, value) in dict.iter_mut() {
                    if !(signature && key == b"Contents") {
                        self.decrypt_strings(id, value)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn key(&self, filter: &dyn CryptFilter, id: ObjectId) -> Result<Vec<u8>, Error> {
        filter
            .compute_key(self.state.file_encryption_key(), (id.number, id.generation))
            .map_err(|_| unreadable())
    }

    fn encrypt(&self, filter: &dyn CryptFilter, id: ObjectId, plain: &[u8]) -> Result<Vec<u8>, Error> {
        filter.encrypt(&self.key(filter, id)?, plain).map_err(|_| unreadable())
    }

    fn decrypt(&self, filter: &dyn CryptFilter, id: ObjectId, data: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::Filter {
            name: String::from_utf8_lossy(filter.method()).into_owned(),
        };
        filter.decrypt(&self.key(filter, id)?, data).map_err(failed)
    }
}

impl Permissions {
    /// Existing form and signature fields may be filled: bit 6 or 9.
    pub fn may_fill_forms(self) -> bool {
        self.owner || self.bits & (ANNOTATE | FILL_FORMS) != 0
    }

    /// New fields may be made: bits 4 and 6.
    pub fn may_add_fields(self) -> bool {
        self.owner || self.bits & (MODIFY | ANNOTATE) == MODIFY | ANNOTATE
    }
}

fn unreadable() -> Error {
    Error::UnknownHandler {
        name: "Standard".to_owned(),
    }
}

/// The dictionary for lopdf, built anew from the entries that matter, each of the length that the standard gives it.
fn checked(encrypt: &Dict) -> Result<lopdf::Dictionary, Error> {
    let name = |key: &str| encrypt.get(key).and_then(Value::as_name);
    let unknown = |name: &[u8]| Error::UnknownHandler {
        name: String::from_utf8_lossy(&name[..name.len().min(127)]).into_owned(),
    };
    match name("Filter") {
        Some(b"Standard") => {}
        Some(b"Adobe.PubSec" | b"AdobePPKLite" | b"Entrust.PPKEF" | b"Adobe.PPKLite") => {
            return Err(Error::PublicKeyHandler);
        }
        other => return Err(unknown(other.unwrap_or(b"?"))),
    }
    let (version, revision) = (encrypt.int("V").unwrap_or(0), encrypt.int("R").unwrap_or(0));
    let (method, bits, lengths): (&[u8], _, &[(&str, usize)]) = match (version, revision) {
        (1..=3, _) => return Err(Error::Rc4),
        (4, 4) => (b"AESV2", 128, &[("O", 32), ("U", 32)]),
        (5, 6) => (
            b"AESV3",
            256,
            &[("O", 48), ("U", 48), ("OE", 32), ("UE", 32), ("Perms", 16)],
        ),
        _ => return Err(unknown(format!("V {version} R {revision}").as_bytes())),
    };
    for key in ["StmF", "StrF"] {
        check_filter(encrypt, name(key).unwrap_or(b"Identity"), method)?;
    }
    if let Some(embedded) = name("EFF") {
        check_filter(encrypt, embedded, method)?;
    }

    let mut checked = lopdf::Dictionary::new();
    checked.set("Filter", Object::Name(b"Standard".to_vec()));
    checked.set("V", Object::Integer(version));
    checked.set("R", Object::Integer(revision));
    checked.set("Length", Object::Integer(bits));
    checked.set("P", Object::Integer(encrypt.int("P").ok_or_else(unreadable)?));
    let metadata = encrypt.get("EncryptMetadata").and_then(Value::as_bool);
    checked.set("EncryptMetadata", Object::Boolean(metadata.unwrap_or(true)));
    for (key, length) in lengths {
        let bytes = encrypt.get(key).and_then(Value::as_bytes).ok_or_else(unreadable)?;
        // Some producers pad the strings with zeros.
        let bytes = bytes.get(..*length).ok_or_else(unreadable)?;
        checked.set(*key, Object::String(bytes.to_vec(), StringFormat::Hexadecimal));
    }
    let mut filter = lopdf::Dictionary::new();
    filter.set("CFM", Object::Name(method.to_vec()));
    let mut filters = lopdf::Dictionary::new();
    filters.set("StdCF", Object::Dictionary(filter));
    checked.set("CF", Object::Dictionary(filters));
    checked.set("StmF", Object::Name(b"StdCF".to_vec()));
    checked.set("StrF", Object::Name(b"StdCF".to_vec()));
    Ok(checked)
}

/// The crypt filter `name` must be `method`.
fn check_filter(encrypt: &Dict, name: &[u8], method: &[u8]) -> Result<(), Error> {
    if name == b"Identity" {
        return Err(Error::IdentityFilter);
    }
    let filter = encrypt
        .get("CF")
        .and_then(Value::as_dict)
        .and_then(|filters| filters.get_bytes(name))
        .and_then(Value::as_dict)
        .ok_or_else(unreadable)?;
    match filter.get("CFM").and_then(Value::as_name) {
        Some(found) if found == method => Ok(()),
        Some(b"V2") => Err(Error::Rc4),
        Some(b"None") | None => Err(Error::IdentityFilter),
        Some(other) => Err(Error::UnknownHandler {
            name: String::from_utf8_lossy(&other[..other.len().min(127)]).into_owned(),
        }),
    }
}
