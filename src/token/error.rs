//! What goes wrong with tokens, told so that a person knows what to do. The same values travel from the worker to the host.

use super::slot::PinState;
use crate::text::Explain;
use serde::{Deserialize, Serialize};

/// Why a token did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// The PKCS#11 module's file is not there.
    #[error("PKCS#11 module {path} is missing")]
    ModuleMissing {
        /// Its configured path.
        path: String,
    },
    /// The file is no library, or a library without `C_GetFunctionList`.
    #[error("{path} is not a PKCS#11 module: {reason}")]
    ModuleNotPkcs11 {
        /// Its configured path.
        path: String,
        /// What the loader said.
        reason: String,
    },
    /// The module refused a call with a code that says nothing more specific.
    #[error("{function} failed: {code}")]
    Refused {
        /// The PKCS#11 function.
        function: String,
        /// The name of its return value.
        code: String,
    },
    /// The worker died inside the module; what became of the call is unknown.
    #[error("the PKCS#11 module crashed")]
    ModuleCrashed,
    /// The module did not answer in time and was ended.
    #[error("the token did not answer in time")]
    Timeout,
    /// Somebody else is logged in to the token, or too many calls wait.
    #[error("the token is busy")]
    Busy,
    /// Another program has connected to the reader for itself alone.
    #[error("another program holds the reader: {programs}")]
    Held {
        /// The names of the programs that it can be; empty when nobody can tell.
        programs: String,
    },
    /// The worker does not start, or hankod is ending.
    #[error("the token worker is not available: {reason}")]
    WorkerUnavailable {
        /// What the system said.
        reason: String,
    },
    /// The token is not in its slot, or another one is.
    #[error("the token is gone")]
    Gone,
    /// The card was pulled out, or swapped, while its login was open.
    #[error("the card was pulled out")]
    Removed,
    /// The PIN was wrong; it is not tried again.
    #[error("wrong PIN")]
    PinWrong {
        /// How the PIN stands now, read after the failure.
        state: PinState,
    },
    /// No try is left.
    #[error("the PIN is locked")]
    PinLocked,
    /// The PIN's length is outside what the token takes; no try was spent.
    #[error("a PIN has {min} to {max} characters")]
    PinLength {
        /// Shortest PIN, in bytes.
        min: u64,
        /// Longest PIN, in bytes.
        max: u64,
    },
    /// The token demands another PIN before it works.
    #[error("the PIN must be changed first")]
    PinToBeChanged,
    /// The token's PIN cannot be changed from here.
    #[error("the PIN cannot be changed from here")]
    PinUnchangeable,
    /// The token has no user PIN yet.
    #[error("the token has no user PIN")]
    PinUninitialised,
    /// The person cancelled at the reader.
    #[error("cancelled at the reader")]
    Cancelled,
    /// The login ended: logout, crash, removal. It is never renewed by itself.
    #[error("the login has ended")]
    LoginLost,
    /// No such private key on the token.
    #[error("the private key is not on the token")]
    KeyMissing,
    /// Several private keys answer to the same id and label.
    #[error("several private keys have the same id and label")]
    KeyAmbiguous,
    /// The token cannot make such signatures.
    #[error("the token does not offer {algorithm}")]
    MechanismUnsupported {
        /// As reports name it.
        algorithm: String,
    },
    /// The signature does not verify with the certificate's public key; nobody gets it.
    #[error("the token's signature does not verify with the certificate")]
    SignatureMismatch,
    /// The grant does not cover this digest, or covers it no more.
    #[error("not granted")]
    NotGranted,
    /// The grant's time is over.
    #[error("the grant has expired")]
    GrantExpired,
    /// A label, id or certificate beyond what a token takes.
    #[error("value too long")]
    TooLong,
    /// Worker and host do not understand each other.
    #[error("the token worker sent an unexpected answer")]
    Garbled,
}

impl From<crate::process::Error> for Error {
    fn from(error: crate::process::Error) -> Self {
        use crate::process::Error as E;
        match error {
            E::Crashed => Self::ModuleCrashed,
            E::Timeout => Self::Timeout,
            E::Busy => Self::Busy,
            E::TooLarge => Self::TooLong,
            E::Start(_) | E::Stopped => Self::WorkerUnavailable {
                reason: error.to_string(),
            },
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::ModuleMissing { .. } => "token_module_missing",
            Self::ModuleNotPkcs11 { .. } => "token_module_not_pkcs11",
            Self::Refused { .. } => "token_refused",
            Self::ModuleCrashed => "token_module_crashed",
            Self::Timeout => "token_timeout",
            Self::Busy => "token_busy",
            Self::Held { programs } if programs.is_empty() => "reader_held",
            Self::Held { .. } => "reader_held_by",
            Self::WorkerUnavailable { .. } => "token_worker_unavailable",
            Self::Gone => "token_gone",
            Self::Removed => "card_removed",
            Self::PinWrong { state } => match state {
                PinState::FinalTry => "pin_wrong_final_try",
                PinState::Locked => "pin_wrong_now_locked",
                PinState::CountLow => "pin_wrong_count_low",
                PinState::Ok | PinState::ToBeChanged | PinState::Uninitialised => "pin_wrong",
            },
            Self::PinLocked => "pin_locked",
            Self::PinLength { .. } => "pin_length",
            Self::PinToBeChanged => "pin_to_be_changed",
            Self::PinUnchangeable => "pin_unchangeable",
            Self::PinUninitialised => "pin_uninitialised",
            Self::Cancelled => "pin_cancelled_at_reader",
            Self::LoginLost => "token_login_lost",
            Self::KeyMissing => "token_key_missing",
            Self::KeyAmbiguous => "token_key_ambiguous",
            Self::MechanismUnsupported { .. } => "token_mechanism_unsupported",
            Self::SignatureMismatch => "token_signature_mismatch",
            Self::NotGranted => "token_not_granted",
            Self::GrantExpired => "token_grant_expired",
            Self::TooLong => "token_value_too_long",
            Self::Garbled => "token_worker_garbled",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ModuleMissing { path } => vec![("path", path.clone())],
            Self::ModuleNotPkcs11 { path, reason } => vec![("path", path.clone()), ("reason", reason.clone())],
            Self::Refused { function, code } => vec![("function", function.clone()), ("code", code.clone())],
            Self::Held { programs } => vec![("program", programs.clone())],
            Self::WorkerUnavailable { reason } => vec![("reason", reason.clone())],
            Self::PinLength { min, max } => vec![("min", min.to_string()), ("max", max.to_string())],
            Self::MechanismUnsupported { algorithm } => vec![("algorithm", algorithm.clone())],
            _ => Vec::new(),
        }
    }
}
