//! What can go wrong with a PDF. One enum for reading and writing; nothing here says which HTTP status or exit code follows.

use crate::text::Explain;

/// Why a PDF cannot be read, judged or updated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The first bytes are not `%PDF-1.x` or `%PDF-2.x` (7.5.2).
    #[error("no PDF header")]
    NotPdf,
    /// The file departs from the standard. `offset`: bytes from the start of the file, or of the decoded object stream that holds the object.
    #[error("damaged at byte {offset}: expected {expected}")]
    Damaged {
        /// Where, in bytes.
        offset: u64,
        /// What should have stood there.
        expected: &'static str,
    },
    /// A key stands twice in one dictionary with different values (7.3.7).
    #[error("duplicate key {key} at byte {offset}")]
    DuplicateKey {
        /// The key, without its slash.
        key: String,
        /// Where the dictionary's second entry stands, in bytes.
        offset: u64,
    },
    /// Encrypted, and the empty user password does not open it.
    #[error("a password is needed")]
    PasswordNeeded,
    /// The password given is neither the user's nor the owner's.
    #[error("the password is wrong")]
    PasswordWrong,
    /// Encrypted with RC4 (V 1 to 3, or crypt filter V2), which ISO 32000-2 deprecates.
    #[error("RC4 encryption")]
    Rc4,
    /// Encrypted for recipients' certificates (7.6.5).
    #[error("public-key encryption")]
    PublicKeyHandler,
    /// Encrypted in part: strings, streams or embedded files use the Identity filter, so that part of the file could be replaced unnoticed.
    #[error("Identity crypt filter")]
    IdentityFilter,
    /// Encrypted by a handler, version or method that is not in ISO 32000-2.
    #[error("unknown security handler {name}")]
    UnknownHandler {
        /// The handler's name, or its version.
        name: String,
    },
    /// The user password opened it, and its permission bits (7.6.4.2) forbid the change.
    #[error("the permission bits forbid it")]
    PermissionDenied,
    /// The chain of cross-reference sections comes back to itself.
    #[error("cross-reference loop")]
    XrefLoop,
    /// Nested or chained deeper than any honest file.
    #[error("too deep: {what}")]
    TooDeep {
        /// What is nested.
        what: &'static str,
    },
    /// Longer or more than we handle.
    #[error("too large: {what}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
    /// Compressed data grows past every limit.
    #[error("decoder bomb")]
    DecoderBomb,
    /// A stream's filter is unknown, or its data do not decode.
    #[error("filter {name}")]
    Filter {
        /// The filter's name as written.
        name: String,
    },
    /// There is no page of that index.
    #[error("no page {number}")]
    NoSuchPage {
        /// Counted from 1, as people do.
        number: u64,
    },
}

impl Error {
    /// [`Error::Damaged`] at an offset of this machine's size.
    pub(crate) fn damaged(offset: usize, expected: &'static str) -> Self {
        Self::Damaged {
            offset: offset as u64,
            expected,
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotPdf => "pdf_not_a_pdf",
            Self::Damaged { .. } => "pdf_damaged",
            Self::DuplicateKey { .. } => "pdf_duplicate_key",
            Self::PasswordNeeded => "pdf_password_needed",
            Self::PasswordWrong => "pdf_password_wrong",
            Self::Rc4 => "pdf_rc4",
            Self::PublicKeyHandler => "pdf_public_key_handler",
            Self::IdentityFilter => "pdf_identity_filter",
            Self::UnknownHandler { .. } => "pdf_unknown_handler",
            Self::PermissionDenied => "pdf_permission_denied",
            Self::XrefLoop => "pdf_xref_loop",
            Self::TooDeep { .. } => "pdf_too_deep",
            Self::TooLarge { .. } => "pdf_too_large",
            Self::DecoderBomb => "pdf_decoder_bomb",
            Self::Filter { .. } => "pdf_filter",
            Self::NoSuchPage { .. } => "pdf_no_such_page",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Damaged { offset, expected } => {
                vec![("offset", offset.to_string()), ("expected", (*expected).to_owned())]
            }
            Self::DuplicateKey { key, offset } => vec![("key", key.clone()), ("offset", offset.to_string())],
            Self::UnknownHandler { name } | Self::Filter { name } => vec![("name", name.clone())],
            Self::TooDeep { what } | Self::TooLarge { what } => vec![("what", (*what).to_owned())],
            Self::NoSuchPage { number } => vec![("number", number.to_string())],
            _ => Vec::new(),
        }
    }
}
