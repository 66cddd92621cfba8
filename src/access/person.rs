//! People of an organisation who sign in: what each may do in a section, how a password must be.
//!
//! Who may give a role to whom, and what is recorded of it, is settled in `app`.

use super::{AccessError, passphrase};
use crate::secret::Pin;

/// Shortest password, in characters; it stands beside a one-time code.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Longest name of a person, in characters.
pub const MAX_PERSON_CHARS: usize = 64;

/// What a person may do in a section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// 起案者: writes, sends and takes back contracts.
    Drafter,
    /// 承認者: agrees to sending what somebody else drafted, or asks for corrections.
    Approver,
    /// 管守者: keeps the ledger of the section's signatures; reads.
    Custodian,
    /// 監査者: reads, and each look is recorded.
    Auditor,
    /// 管理者: says who has which role; reads no contract.
    Administrator,
}

impl Role {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Drafter,
        Self::Approver,
        Self::Custodian,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The name on the command line, in the API and in the state.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drafter => "drafter",
            Self::Approver => "approver",
            Self::Custodian => "custodian",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The hash of a new password. Takes some tens of milliseconds.
///
/// # Errors
/// `password_short`; `random_unavailable`.
pub fn password(chosen: &Pin) -> Result<String, AccessError> {
    let text = std::str::from_utf8(chosen.expose()).map_err(|_| AccessError::PasswordShort)?;
    match text.chars().count() >= MIN_PASSWORD_CHARS {
        true => passphrase::hashed(chosen),
        false => Err(AccessError::PasswordShort),
    }
}

/// Whether this is the password with that hash. Without a hash as much time passes, so that nobody learns who has an account.
pub fn knows(hash: Option<&str>, given: &Pin) -> bool {
    match hash {
        Some(hash) => passphrase::fits(hash, given),
        None => {
            // The time is what counts here; the hash is of nobody.
            let _ = passphrase::hashed(given);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Explain;

    #[test]
    fn every_role_has_one_name() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("signer"), None);
    }

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let pin = |text: &str| Pin::new(text.as_bytes().to_vec()).unwrap();
        let hash = password(&pin("keiyaku-no-aikotoba")).unwrap();
        assert!(knows(Some(&hash), &pin("keiyaku-no-aikotoba")));
        assert!(!knows(Some(&hash), &pin("keiyaku-no-aikotobA")));
        assert!(!knows(None, &pin("keiyaku-no-aikotoba")));
        assert_eq!(
            password(&pin("短い合言葉では十分でな")).unwrap_err().code(),
            "password_short"
        );
    }
}
