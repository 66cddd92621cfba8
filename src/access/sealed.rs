//! A form that only the daemon can read which gave the site its key: a page that may ask nothing of the port before it navigates there hands
//! nothing to another program that holds it.
//!
//! ```text
//! form   = 0x01 salt chunk*            salt: 32 random bytes, new for each form
//! key    = HKDF-SHA256 (RFC 5869): the site's key as handed out (ASCII), salt, "hankod-form-1" 0x00 origin 0x00 port; 32 bytes
//! chunk  = AES-256-GCM of 65,536 bytes, the last of fewer or as many, each followed by its tag of 16 bytes
//! nonce  = 11 bytes that count the chunks from 0 (big-endian), and 0x01 for the last chunk, else 0x00
//! ```
//!
//! Chunks cannot be left out, exchanged or cut off (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, 2015), so each is
//! used as it comes. Origin and port are in the key: a form for another port opens nowhere else.

use hmac::{Hmac, KeyInit, Mac};
use openssl::symm::{Cipher, decrypt_aead};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{AccessError, MAX_PROOFS, Origin};
use crate::secret::ApiKey;
use crate::store::Store;

/// What stands before the chunks, in bytes: version and salt.
pub const SEALED_HEAD_BYTES: usize = 33;
/// One whole chunk with its tag, in bytes.
pub const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

const CHUNK_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
const VERSION: u8 = 1;
const PURPOSE: &[u8] = b"hankod-form-1";

/// The keys that may have closed a form of one site, its newest first.
#[derive(Debug)]
pub struct FormKeys {
    keys: Vec<ApiKey>,
    origin: Origin,
    port: u16,
}

/// The keys of `origin` for forms that came to `port`; none where no key was given out.
///
/// # Errors
/// As [`crate::store::StoreError`].
pub async fn form_keys(store: &Store, origin: &Origin, port: u16) -> Result<FormKeys, AccessError> {
    let pairings = store.pairings_of_origin(origin.as_str(), MAX_PROOFS).await?;
    Ok(FormKeys {
        keys: pairings.into_iter().filter_map(|pairing| pairing.key).collect(),
        origin: origin.clone(),
        port,
    })
}

/// One form that is being opened, chunk by chunk.
pub struct FormOpener {
    /// One a key, until the first chunk tells which it is.
    candidates: Vec<Zeroizing<[u8; 32]>>,
    chunks: u64,
}

impl FormKeys {
    /// Begins to open a form with this head.
    ///
    /// # Errors
    /// `form_not_for_us` for another version.
    pub fn opener(&self, head: &[u8; SEALED_HEAD_BYTES]) -> Result<FormOpener, AccessError> {
        let [version, salt @ ..] = head;
        if *version != VERSION {
            return Err(AccessError::FormClosed);
        }
        let derived = |key: &ApiKey| derive(key.expose(), salt, &self.origin, self.port);
        Ok(FormOpener {
            candidates: self.keys.iter().map(derived).collect(),
            chunks: 0,
        })
    }
}

impl FormOpener {
    /// The bytes of the next chunk; `last` when nothing follows it.
    ///
    /// # Errors
    /// `form_not_for_us`: closed for another daemon or port, or changed on its way.
    pub fn open(&mut self, chunk: &[u8], last: bool) -> Result<Vec<u8>, AccessError> {
        let (sealed, tag) = chunk
            .len()
            .checked_sub(TAG_BYTES)
            .filter(|length| *length <= CHUNK_BYTES)
            .map(|length| chunk.split_at(length))
            .ok_or(AccessError::FormClosed)?;
        let nonce = nonce(self.chunks, last);
        let open = |key: &Zeroizing<[u8; 32]>| {
            decrypt_aead(Cipher::aes_256_gcm(), &key[..], Some(&nonce), &[], sealed, tag).ok()
        };
        let found = self
            .candidates
            .iter()
            .enumerate()
            .find_map(|(n, key)| Some((n, open(key)?)));
        let (n, bytes) = found.ok_or(AccessError::FormClosed)?;
        self.candidates = vec![self.candidates.swap_remove(n)];
        self.chunks += 1;
        Ok(bytes)
    }
}

fn nonce(count: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&count.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// RFC 5869 with one block of output.
fn derive(key: &[u8], salt: &[u8], origin: &Origin, port: u16) -> Zeroizing<[u8; 32]> {
    let extracted = Zeroizing::new(mac(salt, &[key]));
    let port = port.to_string();
    let info = [PURPOSE, &[0], origin.as_str().as_bytes(), &[0], port.as_bytes(), &[1]];
    Zeroizing::new(mac(&extracted[..], &info))
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::symm::encrypt_aead;

    fn keys(of: &[&str], port: u16) -> FormKeys {
        FormKeys {
            keys: of
                .iter()
                .map(|key| ApiKey::new(key.as_bytes().to_vec()).unwrap())
                .collect(),
            origin: Origin::parse("https://a.example").unwrap(),
            port,
        }
    }

    fn head() -> [u8; SEALED_HEAD_BYTES] {
        let mut head = [7; SEALED_HEAD_BYTES];
        head[0] = VERSION;
        head
    }

    fn closed(key: &str, count: u64, last: bool, bytes: &[u8]) -> Vec<u8> {
        let origin = Origin::parse("https://a.example").unwrap();
        let derived = derive(key.as_bytes(), &head()[1..], &origin, 10805);
        let mut tag = [0; TAG_BYTES];
        let nonce = nonce(count, last);
        let sealed = encrypt_aead(Cipher::aes_256_gcm(), &derived[..], Some(&nonce), &[], bytes, &mut tag);
        [sealed.unwrap(), tag.to_vec()].concat()
    }

    #[test]
    fn the_key_is_that_of_rfc_5869() {
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:hk_test -kdfopt hexsalt:07.. (32 bytes) -kdfopt hexinfo:(purpose 00 origin 00 port) HKDF
        let origin = Origin::parse("https://a.example").unwrap();
        let derived = derive(b"hk_test", &[7; 32], &origin, 10805);
        assert_eq!(
            hex::encode(&derived[..]),
            "5bcb694f9b3a2178f3bbadb7d11b84dc2429d5a45676cefb44a01f0facd5944b"
        );
    }

    #[test]
    fn any_of_the_sites_keys_opens_its_form_in_order() {
        let mut opener = keys(&["hk_other", "hk_test"], 10805).opener(&head()).unwrap();
        assert_eq!(
            opener.open(&closed("hk_test", 0, false, b"one"), false).unwrap(),
            b"one"
        );
        assert_eq!(opener.open(&closed("hk_test", 1, true, b""), true).unwrap(), b"");
    }

    #[test]
    fn what_is_not_for_this_daemon_or_not_whole_stays_closed() {
        let first = closed("hk_test", 0, false, b"one");
        let opens = |keys: FormKeys, chunk: &[u8], last| keys.opener(&head()).unwrap().open(chunk, last).is_ok();
        assert!(opens(keys(&["hk_test"], 10805), &first, false));
        assert!(
            !opens(keys(&["hk_other"], 10805), &first, false),
            "another daemon's key"
        );
        assert!(!opens(keys(&["hk_test"], 10806), &first, false), "another port");
        assert!(!opens(keys(&[], 10805), &first, false), "no key at all");
        assert!(!opens(keys(&["hk_test"], 10805), &first, true), "cut off after it");
        assert!(
            !opens(keys(&["hk_test"], 10805), &closed("hk_test", 1, false, b"two"), false),
            "left out before it"
        );
        assert!(
            !opens(keys(&["hk_test"], 10805), &first[..15], false),
            "shorter than a tag"
        );
        let long = closed("hk_test", 0, false, &vec![0; CHUNK_BYTES + 1]);
        assert!(!opens(keys(&["hk_test"], 10805), &long, false), "longer than a chunk");
        for at in 0..first.len() {
            let mut changed = first.clone();
            changed[at] ^= 1;
            assert!(!opens(keys(&["hk_test"], 10805), &changed, false), "{at}");
        }
        let mut other = head();
        other[0] = 2;
        assert!(keys(&["hk_test"], 10805).opener(&other).is_err());
    }
}
