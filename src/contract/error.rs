//! Why a contract, a part of it or an act on it is refused.

use super::state::{Act, State};
use crate::text::Explain;

/// What is wrong. Each names the part that a person can mend.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The act is not for a contract in this state.
    #[error("{act} is not allowed: the contract is {state}")]
    NotNow {
        /// What was wanted.
        act: Act,
        /// What the contract is.
        state: State,
    },
    /// A text is empty, too long, or holds characters that may not stand in it.
    #[error("{part}: not 1 to {max} characters of plain text")]
    Text {
        /// The field of the request.
        part: &'static str,
        /// Most characters.
        max: usize,
    },
    /// Not an address that mail can be sent to.
    #[error("not a mail address")]
    MailAddress,
    /// Not a telephone number.
    #[error("not a telephone number")]
    Phone,
    /// Not an amount in whole yen.
    #[error("not an amount in yen")]
    Yen,
    /// Too many, or none where one is needed.
    #[error("{part}: {found}, not {min} to {max}")]
    Count {
        /// Of what.
        part: &'static str,
        /// How many there are.
        found: usize,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// A number that names nothing in this contract, or two things.
    #[error("{part} {number} is missing or there twice")]
    Reference {
        /// What it should name.
        part: &'static str,
        /// The number.
        number: u16,
    },
    /// A field that lies outside its page or has no size.
    #[error("field {0} does not lie on its page")]
    Place(u16),
    /// A document to sign has no signature field for anybody.
    #[error("document {0} is signed by nobody")]
    NobodySigns(u16),
    /// A signer without a signature field.
    #[error("signer {0} has nothing to sign")]
    NothingToSign(u16),
    /// Two signature fields of one signer in one document: one revision holds one signature.
    #[error("signer {signer} has two signatures in document {document}")]
    TwoSignatures {
        /// The signer.
        signer: u16,
        /// The document.
        document: u16,
    },
    /// The due date has passed already.
    #[error("the due date has passed")]
    DuePast,
    /// The policy demands the party type.
    #[error("signer {signer} must sign with an own certificate")]
    PartyDemanded {
        /// The signer that would have signed by mail address.
        signer: u16,
    },
    /// The policy demands an approval before sending.
    #[error("not approved yet")]
    NotApproved,
    /// Whoever wrote a contract does not approve it.
    #[error("the approver wrote this contract")]
    OwnDraft,
    /// It is not this signer's turn.
    #[error("it is not signer {0}'s turn")]
    NotTheirTurn(u16),
    /// This signer has signed already.
    #[error("signer {0} has signed")]
    SignedAlready(u16),
    /// A value that is required is missing.
    #[error("field {0} is required")]
    ValueMissing(u16),
    /// A value that is not of its field's kind, or too long.
    #[error("field {0} has no such value")]
    ValueWrong(u16),
    /// A checklist item that was not ticked.
    #[error("checklist item {0} is open")]
    ChecklistOpen(u16),
    /// The certificate is none that the signer's rules allow.
    #[error("the certificate is not one of those demanded")]
    CertificateNotAllowed,
    /// A search whose lower bound lies above its upper bound.
    #[error("{0}: from is after to")]
    Range(&'static str),
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotNow { state, .. } => match state {
                State::Draft => "contract_is_draft",
                State::InReview => "contract_in_review",
                State::Sent => "contract_sent",
                State::Completing => "contract_completing",
                State::Concluded => "contract_concluded",
                State::Declined => "contract_declined",
                State::Expired => "contract_expired",
                State::Withdrawn => "contract_withdrawn",
            },
            Self::Text { .. } => "contract_text_invalid",
            Self::MailAddress => "mail_address_invalid",
            Self::Phone => "phone_invalid",
            Self::Yen => "amount_invalid",
            Self::Count { .. } => "contract_count",
            Self::Reference { .. } => "contract_reference",
            Self::Place(_) => "field_off_page",
            Self::NobodySigns(_) => "document_signed_by_nobody",
            Self::NothingToSign(_) => "signer_has_nothing_to_sign",
            Self::TwoSignatures { .. } => "signer_signs_twice",
            Self::DuePast => "due_date_past",
            Self::PartyDemanded { .. } => "party_type_demanded",
            Self::NotApproved => "contract_not_approved",
            Self::OwnDraft => "approver_is_drafter",
            Self::NotTheirTurn(_) => "not_your_turn",
            Self::SignedAlready(_) => "signed_already",
            Self::ValueMissing(_) => "field_value_missing",
            Self::ValueWrong(_) => "field_value_invalid",
            Self::ChecklistOpen(_) => "checklist_open",
            Self::CertificateNotAllowed => "certificate_not_allowed",
            Self::Range(_) => "search_range",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotNow { act, .. } => vec![("act", act.name().to_owned())],
            Self::Text { part, max } => vec![("part", (*part).to_owned()), ("max", max.to_string())],
            Self::Count { part, found, min, max } => vec![
                ("part", (*part).to_owned()),
                ("found", found.to_string()),
                ("min", min.to_string()),
                ("max", max.to_string()),
            ],
            Self::Reference { part, number } => vec![("part", (*part).to_owned()), ("number", number.to_string())],
            Self::TwoSignatures { signer, document } => {
                vec![("signer", signer.to_string()), ("document", document.to_string())]
            }
            Self::Place(number)
            | Self::NobodySigns(number)
            | Self::NothingToSign(number)
            | Self::PartyDemanded { signer: number }
            | Self::NotTheirTurn(number)
            | Self::SignedAlready(number)
            | Self::ValueMissing(number)
            | Self::ValueWrong(number)
            | Self::ChecklistOpen(number) => vec![("number", number.to_string())],
            Self::Range(part) => vec![("part", (*part).to_owned())],
            Self::MailAddress
            | Self::Phone
            | Self::Yen
            | Self::DuePast
            | Self::NotApproved
            | Self::OwnDraft
            | Self::CertificateNotAllowed => Vec::new(),
        }
    }
}
