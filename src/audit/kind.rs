//! The kinds of entries. A kind is never renamed or given another meaning; new ones are added.

/// What an entry records. Its name is what stands in the entry; `docs/audit-format.md` says which details each has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The daemon began to serve.
    DaemonStarted,
    /// The daemon ended in order.
    DaemonStopped,
    /// A site asked to be known.
    PairingRequested,
    /// The person agreed.
    PairingApproved,
    /// The person refused, or too many wrong codes were entered.
    PairingDenied,
    /// The key was handed out.
    PairingCreated,
    /// A pairing was revoked.
    PairingRevoked,
    /// An origin was allowed before it asked.
    SiteAllowed,
    /// A person, or a rule of the administrator, agreed to an operation: the intent.
    OperationBegun,
    /// A token is about to be asked for a signature.
    SignatureIntended,
    /// The token signed and the signature was checked.
    SignatureMade,
    /// The token did not sign.
    SignatureFailed,
    /// Nobody knows whether the token signed: its process died.
    SignatureUnknown,
    /// A signature left the house.
    SignatureReleased,
    /// What the person has of a signature: the digest of its receipt.
    ReceiptLeft,
    /// A file whose signature was released could not be put where it was to go.
    DeliveryFailed,
    /// An operation ended.
    OperationEnded,
    /// Evidence is about to be added to a signed file: the intent.
    ExtensionBegun,
    /// A file with more evidence left the house.
    ExtensionReleased,
    /// Nothing was added.
    ExtensionFailed,
    /// A login to a token succeeded.
    LoginDone,
    /// A token refused a PIN.
    PinRefused,
    /// A PIN was changed.
    PinChanged,
    /// A token was made.
    TokenInitialised,
    /// A key pair was generated in a token.
    KeyGenerated,
    /// A key is about to sign a certificate request.
    CertificateRequested,
    /// A certificate was stored beside its key.
    CertificateImported,
    /// A person may agree to what others want signed.
    ApproverAdded,
    /// A person may not any more.
    ApproverRevoked,
    /// A set waits for a second person.
    ApprovalAsked,
    /// A second person agreed.
    ApprovalGiven,
    /// A second person did not agree.
    ApprovalRefused,
    /// An approval was used up: the token is about to be asked.
    ApprovalUsed,
    /// A passphrase was wrong.
    PassphraseRefused,
    /// A head was witnessed from outside.
    ChainAnchored,
    /// A client of a server was added.
    ClientAdded,
    /// A client was revoked.
    ClientRevoked,
    /// Work that outlasts the process was written down.
    JobPut,
    /// A step of a job is done.
    JobStepDone,
    /// A job is done, failed, or was called off.
    JobEnded,
    /// Something happened to a contract.
    ContractActed,
    /// An auditor looked at a contract.
    ContractViewed,
    /// A section of the organisation was added.
    SectionAdded,
    /// A person got an account.
    PersonAdded,
    /// A person was invited to choose a password and a telephone.
    PersonInvited,
    /// They did.
    PersonEnrolled,
    /// What a person may do in a section was written anew.
    RolesChanged,
    /// A person's account was revoked.
    PersonRevoked,
    /// A person signed in.
    SignedIn,
    /// A password or one-time code was wrong.
    SignInRefused,
    /// A person signed out.
    SignedOut,
}

impl Kind {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 51] = [
        Self::DaemonStarted,
        Self::DaemonStopped,
        Self::PairingRequested,
        Self::PairingApproved,
        Self::PairingDenied,
        Self::PairingCreated,
        Self::PairingRevoked,
        Self::SiteAllowed,
        Self::OperationBegun,
        Self::SignatureIntended,
        Self::SignatureMade,
        Self::SignatureFailed,
        Self::SignatureUnknown,
        Self::SignatureReleased,
        Self::ReceiptLeft,
        Self::DeliveryFailed,
        Self::OperationEnded,
        Self::ExtensionBegun,
        Self::ExtensionReleased,
        Self::ExtensionFailed,
        Self::LoginDone,
        Self::PinRefused,
        Self::PinChanged,
        Self::TokenInitialised,
        Self::KeyGenerated,
        Self::CertificateRequested,
        Self::CertificateImported,
        Self::ApproverAdded,
        Self::ApproverRevoked,
        Self::ApprovalAsked,
        Self::ApprovalGiven,
        Self::ApprovalRefused,
        Self::ApprovalUsed,
        Self::PassphraseRefused,
        Self::ChainAnchored,
        Self::ClientAdded,
        Self::ClientRevoked,
        Self::JobPut,
        Self::JobStepDone,
        Self::JobEnded,
        Self::ContractActed,
        Self::ContractViewed,
        Self::SectionAdded,
        Self::PersonAdded,
        Self::PersonInvited,
        Self::PersonEnrolled,
        Self::RolesChanged,
        Self::PersonRevoked,
        Self::SignedIn,
        Self::SignInRefused,
        Self::SignedOut,
    ];

    /// The name in the entry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DaemonStarted => "daemon_started",
            Self::DaemonStopped => "daemon_stopped",
            Self::PairingRequested => "pairing_requested",
            Self::PairingApproved => "pairing_approved",
            Self::PairingDenied => "pairing_denied",
            Self::PairingCreated => "pairing_created",
            Self::PairingRevoked => "pairing_revoked",
            Self::SiteAllowed => "site_allowed",
            Self::OperationBegun => "operation_begun",
            Self::SignatureIntended => "signature_intended",
            Self::SignatureMade => "signature_made",
            Self::SignatureFailed => "signature_failed",
            Self::SignatureUnknown => "signature_unknown",
            Self::SignatureReleased => "signature_released",
            Self::ReceiptLeft => "receipt_left",
            Self::DeliveryFailed => "delivery_failed",
            Self::OperationEnded => "operation_ended",
            Self::ExtensionBegun => "extension_begun",
            Self::ExtensionReleased => "extension_released",
            Self::ExtensionFailed => "extension_failed",
            Self::LoginDone => "login_done",
            Self::PinRefused => "pin_refused",
            Self::PinChanged => "pin_changed",
            Self::TokenInitialised => "token_initialised",
            Self::KeyGenerated => "key_generated",
            Self::CertificateRequested => "certificate_requested",
            Self::CertificateImported => "certificate_imported",
            Self::ApproverAdded => "approver_added",
            Self::ApproverRevoked => "approver_revoked",
            Self::ApprovalAsked => "approval_asked",
            Self::ApprovalGiven => "approval_given",
            Self::ApprovalRefused => "approval_refused",
            Self::ApprovalUsed => "approval_used",
            Self::PassphraseRefused => "passphrase_refused",
            Self::ChainAnchored => "chain_anchored",
            Self::ClientAdded => "client_added",
            Self::ClientRevoked => "client_revoked",
            Self::JobPut => "job_put",
            Self::JobStepDone => "job_step_done",
            Self::JobEnded => "job_ended",
            Self::ContractActed => "contract_acted",
            Self::ContractViewed => "contract_viewed",
            Self::SectionAdded => "section_added",
            Self::PersonAdded => "person_added",
            Self::PersonInvited => "person_invited",
            Self::PersonEnrolled => "person_enrolled",
            Self::RolesChanged => "roles_changed",
            Self::PersonRevoked => "person_revoked",
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SignedOut => "signed_out",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_documented() {
        let page = include_str!("../../docs/audit-format.md");
        for kind in Kind::ALL {
            assert!(
                page.contains(&format!("| `{}` |", kind.name())),
                "{} is missing",
                kind.name()
            );
        }
    }
}
