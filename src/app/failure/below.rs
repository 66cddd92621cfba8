//! What an error of a room below means to a use case. The code and the words stay the room's own.

use super::{Failure, FailureKind};
use crate::access::AccessError;
use crate::audit::AuditError;
use crate::store::StoreError;
use crate::token::pin::PinError;
use crate::verify::Finding;
use crate::{cms, contract, der, fetch, net, pdf, process, render, sign, token};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::InUse { .. } | StoreError::Busy | StoreError::Closed => FailureKind::Unavailable,
            StoreError::NotFound { .. } => FailureKind::NotFound,
            StoreError::Exists { .. } | StoreError::AlreadyReleased { .. } => FailureKind::Conflict,
            StoreError::TooLarge { .. } => FailureKind::TooLarge,
            StoreError::DiskFull { .. } => FailureKind::NoSpace,
            StoreError::NotPrivate { .. }
            | StoreError::Io { .. }
            | StoreError::Newer
            | StoreError::Database { .. }
            | StoreError::Damaged { .. } => FailureKind::Internal,
        };
        Self::of(kind, &error)
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Store(error) => error.into(),
            AuditError::Format { .. } => Self::of(FailureKind::Internal, &error),
        }
    }
}

impl From<contract::Error> for Failure {
    fn from(error: contract::Error) -> Self {
        use contract::Error as E;
        let kind = match &error {
            E::OwnDraft => FailureKind::Forbidden,
            E::NotNow { .. } | E::NotApproved | E::NotTheirTurn(_) | E::SignedAlready(_) => FailureKind::Conflict,
            E::Text { .. }
            | E::MailAddress
            | E::Phone
            | E::Yen
            | E::Count { .. }
            | E::Reference { .. }
            | E::Place(_)
            | E::NobodySigns(_)
            | E::NothingToSign(_)
            | E::TwoSignatures { .. }
            | E::DuePast
            | E::PartyDemanded { .. }
            | E::ValueMissing(_)
            | E::ValueWrong(_)
            | E::ChecklistOpen(_)
            | E::CertificateNotAllowed
            | E::Range(_) => FailureKind::Invalid,
        };
        Self::of(kind, &error)
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        let kind = match &error {
            AccessError::Store(_) => FailureKind::Internal,
            AccessError::KeyUnknown | AccessError::KeyRevoked | AccessError::KeyNotForOrigin => FailureKind::Unknown,
            AccessError::ScopeMissing { .. }
            | AccessError::BackendMissing
            | AccessError::BackendSignature
            | AccessError::BackendTime
            | AccessError::FormClosed => FailureKind::Forbidden,
            AccessError::RequestUnknown => FailureKind::NotFound,
            AccessError::RequestOver | AccessError::BackendNonce => FailureKind::Conflict,
            AccessError::TooManyPending | AccessError::TooOften { .. } => FailureKind::TooMany,
            AccessError::ProgramName
            | AccessError::Nonce
            | AccessError::ClientInvalid
            | AccessError::ApproverInvalid
            | AccessError::PasswordShort => FailureKind::Invalid,
            AccessError::Random => FailureKind::Internal,
        };
        Self::of(kind, &error)
    }
}

impl From<token::Error> for Failure {
    fn from(error: token::Error) -> Self {
        use token::Error as E;
        let kind = match &error {
            E::PinWrong { .. }
            | E::PinLocked
            | E::PinLength { .. }
            | E::PinToBeChanged
            | E::PinUnchangeable
            | E::PinUninitialised
            | E::Cancelled => FailureKind::Pin,
            E::Timeout => FailureKind::Timeout,
            E::ModuleMissing { .. }
            | E::ModuleNotPkcs11 { .. }
            | E::Refused { .. }
            | E::ModuleCrashed
            | E::Busy
            | E::Held { .. }
            | E::WorkerUnavailable { .. }
            | E::Gone
            | E::Removed
            | E::LoginLost
            | E::KeyMissing
            | E::KeyAmbiguous
            | E::Garbled => FailureKind::Unavailable,
            E::MechanismUnsupported { .. } | E::TooLong => FailureKind::Invalid,
            E::SignatureMismatch | E::NotGranted | E::GrantExpired => FailureKind::Internal,
        };
        Self::of(kind, &error)
    }
}

impl From<PinError> for Failure {
    fn from(error: PinError) -> Self {
        let kind = match &error {
            PinError::Busy => FailureKind::TooMany,
            PinError::Cancelled
            | PinError::TimedOut
            | PinError::Empty
            | PinError::TooLong
            | PinError::JpkiPassword
            | PinError::JpkiDigits
            | PinError::Prompt { .. }
            | PinError::Unreadable { .. }
            | PinError::NotRegular { .. }
            | PinError::Exposed { .. } => FailureKind::Pin,
        };
        Self::of(kind, &error)
    }
}

impl From<pdf::Error> for Failure {
    fn from(error: pdf::Error) -> Self {
        let kind = match &error {
            pdf::Error::PermissionDenied | pdf::Error::NoSuchPage { .. } => FailureKind::Invalid,
            _ => FailureKind::Unreadable,
        };
        Self::of(kind, &error)
    }
}

impl From<sign::Error> for Failure {
    fn from(error: sign::Error) -> Self {
        match error {
            sign::Error::Pdf(error) => error.into(),
            _ => Self::of(FailureKind::Invalid, &error),
        }
    }
}

impl From<cms::Error> for Failure {
    fn from(error: cms::Error) -> Self {
        Self::of(FailureKind::Internal, &error)
    }
}

impl From<fetch::Error> for Failure {
    fn from(error: fetch::Error) -> Self {
        let kind = match &error {
            fetch::Error::NoTsa | fetch::Error::NoAccredited => FailureKind::Invalid,
            fetch::Error::NoTimestamp(_) => FailureKind::Unavailable,
        };
        Self::of(kind, &error)
    }
}

impl From<net::Error> for Failure {
    fn from(error: net::Error) -> Self {
        Self::of(FailureKind::Invalid, &error)
    }
}

impl From<der::Error> for Failure {
    fn from(error: der::Error) -> Self {
        Self::of(FailureKind::Invalid, &error)
    }
}

impl From<render::Error> for Failure {
    fn from(error: render::Error) -> Self {
        use render::Error as E;
        let kind = match &error {
            E::SealText { .. }
            | E::SealSize
            | E::SealPicture
            | E::SealSvg(_)
            | E::CharacterMissing { .. }
            | E::NoPage => FailureKind::Invalid,
            E::Unreadable | E::Encrypted | E::Rebuilt | E::Mismatch { .. } | E::Undrawable => FailureKind::Unreadable,
            E::TooLarge | E::SheetTooLong => FailureKind::TooLarge,
            E::Timeout | E::Worker(process::Error::Timeout) => FailureKind::Timeout,
            E::FontMissing | E::FontUnusable { .. } | E::Worker(_) => FailureKind::Unavailable,
        };
        Self::of(kind, &error)
    }
}

impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::of(FailureKind::Internal, &finding)
    }
}

/// The first of them, in the order of the check.
impl From<Vec<Finding>> for Failure {
    fn from(findings: Vec<Finding>) -> Self {
        let first = findings.into_iter().next().map(Self::from);
        first.unwrap_or(Self::new(FailureKind::Internal, "internal_error"))
    }
}
