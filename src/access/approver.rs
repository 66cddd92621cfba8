//! People who may agree to what others want signed: known by a passphrase of their own, which is kept as its Argon2id hash (RFC 9106).
//!
//! What they agree to, and that it was somebody else who asked, is settled in `app`.

use super::key::new_id;
use super::{AccessError, passphrase};
use crate::clock::Timestamp;
use crate::secret::Pin;
use crate::store::Approver;
use crate::text::plain;

/// Shortest passphrase, in bytes.
pub const MIN_PASSPHRASE_BYTES: usize = 8;
/// Longest name, in characters.
pub const MAX_APPROVER_CHARS: usize = 64;

/// A new approver. Takes some tens of milliseconds: not for an async thread.
///
/// # Errors
/// `approver_invalid` for a name or passphrase outside its length; `random_unavailable`.
pub fn new(name: &str, passphrase: &Pin, now: Timestamp) -> Result<Approver, AccessError> {
    let fits = (1..=MAX_APPROVER_CHARS).contains(&name.chars().count()) && plain(name) == name;
    if !fits || passphrase.expose().len() < MIN_PASSPHRASE_BYTES {
        return Err(AccessError::ApproverInvalid);
    }
    Ok(Approver {
        id: new_id()?,
        name: name.to_owned(),
        passphrase: passphrase::hashed(passphrase)?,
        created: now,
        revoked: None,
    })
}

/// Whether this is the approver's passphrase. Takes as long as [`new`].
pub fn knows(approver: &Approver, passphrase: &Pin) -> bool {
    passphrase::fits(&approver.passphrase, passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Pin {
        Pin::new(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_passphrase_is_known_by_its_hash_alone() {
        let now = Timestamp::from_seconds(1);
        let approver = new("乙野花子", &pin("himitsu-no-aikotoba"), now).unwrap();
        assert!(approver.passphrase.starts_with("$argon2id$") && !approver.passphrase.contains("aikotoba"));
        assert!(knows(&approver, &pin("himitsu-no-aikotoba")) && !knows(&approver, &pin("himitsu-no-aikotobA")));
        assert!(new("", &pin("himitsu-no-aikotoba"), now).is_err());
        assert!(new("乙", &pin("mijikai"), now).is_err());
    }
}
