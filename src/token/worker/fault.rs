//! What a PKCS#11 return value means for the person at the other end.

use crate::token::Error;
use cryptoki::context::Function;
use cryptoki::error::{Error as Cryptoki, RvError};

/// The meaning of a failed call. A wrong PIN is told apart by whoever logs in, because only it can read the flags.
pub(super) fn fault(error: Cryptoki) -> Error {
    match error {
        Cryptoki::Pkcs11(code, function) => of_code(code, function),
        // Not its Display: the loader's words and paths belong to `module`, everything else is a variant's name.
        other => Error::Refused {
            function: "cryptoki".to_owned(),
            code: format!("{other:?}"),
        },
    }
}

/// As [`fault`], for a call that cryptoki did not make.
pub(super) fn of_code(code: RvError, function: Function) -> Error {
    match code {
        RvError::TokenNotPresent | RvError::TokenNotRecognized | RvError::DeviceRemoved | RvError::SlotIdInvalid => {
            Error::Gone
        }
        RvError::PinLocked => Error::PinLocked,
        RvError::PinExpired => Error::PinToBeChanged,
        RvError::UserPinNotInitialized => Error::PinUninitialised,
        RvError::FunctionCanceled | RvError::Cancel | RvError::FunctionRejected => Error::Cancelled,
        RvError::UserNotLoggedIn | RvError::SessionHandleInvalid | RvError::SessionClosed => Error::LoginLost,
        // The variant's name, not its Display, which is a paragraph of the specification.
        code => Error::Refused {
            function: format!("C_{function:?}"),
            code: format!("{code:?}"),
        },
    }
}
