//! Where a PIN comes from: a prompt of its own program, the reader's keys, a file, a systemd credential.
//!
//! A PIN is never an argument, an environment variable or part of an HTTP request. Nothing here remembers one, and nothing here asks twice by itself.

mod assuan;
mod file;
mod place;
mod prompt;
mod rule;
mod words;

pub use place::Place;
pub use prompt::{Pinentry, Prompter};
pub use rule::{PinRule, half_width};
pub use words::{Asked, Certified, Notice, Pages, PairingPrompt, PinPrompt};

use crate::secret::Pin;
use crate::text::Explain;
use std::path::PathBuf;
use std::time::Duration;

/// Where the PIN of a token comes from.
#[derive(Clone, Debug)]
pub enum PinSource {
    /// A pinentry window or terminal.
    Prompt(Prompter),
    /// The reader's own keys (PKCS#11 `CKF_PROTECTED_AUTHENTICATION_PATH`).
    ProtectedPath,
    /// A file that only its owner can read.
    File(PathBuf),
    /// A file in systemd's credentials folder (`LoadCredential=`, `LoadCredentialEncrypted=`).
    Credential(PathBuf),
}

/// Why there is no PIN, or no yes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinError {
    /// The person closed the prompt.
    #[error("the prompt was cancelled")]
    Cancelled,
    /// Nobody answered before the deadline.
    #[error("nobody answered the prompt")]
    TimedOut,
    /// An empty PIN was given.
    #[error("the PIN is empty")]
    Empty,
    /// Longer than any PIN.
    #[error("the PIN is too long")]
    TooLong,
    /// No signing password of a My Number card looks like that; no try was spent.
    #[error("not a signing password of a My Number card")]
    JpkiPassword,
    /// The other PIN of a My Number card has four digits; no try was spent.
    #[error("not a four-digit PIN of a My Number card")]
    JpkiDigits,
    /// Too many prompts wait already.
    #[error("too many prompts are waiting")]
    Busy,
    /// The prompt program could not be started, or ended without an answer.
    #[error("the prompt program {program} failed: {reason}")]
    Prompt {
        /// Path of the program.
        program: String,
        /// What the system or the program said.
        reason: String,
    },
    /// The file could not be read.
    #[error("the PIN file {path} cannot be read: {reason}")]
    Unreadable {
        /// Its path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The file is a link, a folder or a device.
    #[error("the PIN file {path} is not a regular file")]
    NotRegular {
        /// Its path.
        path: String,
    },
    /// Others could read the file, or it belongs to somebody else.
    #[error("the PIN file {path} is open to others")]
    Exposed {
        /// Its path.
        path: String,
    },
}

impl Explain for PinError {
    fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "pin_cancelled",
            Self::TimedOut => "pin_timed_out",
            Self::Empty => "pin_empty",
            Self::TooLong => "pin_too_long",
            Self::JpkiPassword => "pin_jpki_password",
            Self::JpkiDigits => "pin_jpki_digits",
            Self::Busy => "pin_prompts_busy",
            Self::Prompt { .. } => "pin_prompt_failed",
            Self::Unreadable { .. } => "pin_file_unreadable",
            Self::NotRegular { .. } => "pin_file_not_regular",
            Self::Exposed { .. } => "pin_file_exposed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Prompt { program, reason } => vec![("program", program.clone()), ("reason", reason.clone())],
            Self::Unreadable { path, reason } => vec![("path", path.clone()), ("reason", reason.clone())],
            Self::NotRegular { path } | Self::Exposed { path } => vec![("path", path.clone())],
            Self::Cancelled
            | Self::TimedOut
            | Self::Empty
            | Self::TooLong
            | Self::JpkiPassword
            | Self::JpkiDigits
            | Self::Busy => Vec::new(),
        }
    }
}

impl PinSource {
    /// The PIN, or `None` where the reader itself asks for it.
    ///
    /// Dropping the future closes the prompt.
    ///
    /// # Errors
    /// Every [`PinError`]; a file is read anew each time, so that a corrected PIN is seen.
    pub async fn obtain(&self, prompt: PinPrompt, patience: Duration) -> Result<Option<Pin>, PinError> {
        match self {
            Self::Prompt(prompter) => prompter.ask(prompt, patience).await.map(Some),
            Self::ProtectedPath | Self::File(_) | Self::Credential(_) => self.stored().await,
        }
    }

    /// The PIN in the file or credential; `None` where a person or the reader would have to give it.
    ///
    /// # Errors
    /// [`PinError::Unreadable`] and what else is wrong with the file.
    pub async fn stored(&self) -> Result<Option<Pin>, PinError> {
        let (path, exposure) = match self {
            Self::ProtectedPath | Self::Prompt(_) => return Ok(None),
            Self::File(path) => (path.clone(), file::Exposure::OwnerOnly),
            Self::Credential(path) => (path.clone(), file::Exposure::FolderIsPrivate),
        };
        let shown = path.display().to_string();
        tokio::task::spawn_blocking(move || file::read(&path, exposure))
            .await
            .unwrap_or_else(|panic| {
                Err(PinError::Unreadable {
                    path: shown,
                    reason: panic.to_string(),
                })
            })
            .map(Some)
    }
}
