//! Signing files by name, for the command line: the same set, the same consent, the outputs under names of the person's choice.
//!
//! The request is plain data, because a command beside a running daemon hands it over (one process at a time may use a token).

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::App;
use super::desk::{DocumentRequest, Level, MAX_SEAL_BYTES, Said, SigningChoice};
use super::draft::{self, Draft, parent, small_file, unwritable};
use super::extend::Sources;
use super::failure::{Failure, FailureKind};
use super::signing::{Credential, Deliver, Item, PinChoice, Set, Signed, Work};
use crate::access::Principal;
use crate::clock::Timestamp;
use crate::secret::{MAX_SECRET_BYTES, Password};
use crate::text::Lang;

pub use super::signing::{Checkpoint, Step};
pub use crate::token::pin::Place;

/// What `hankod sign` asks for. Paths are absolute, and any bytes: JSON text could not carry them all.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesRequest {
    /// How to sign; the certificate by SHA-256, if it was named so.
    pub sign: SigningChoice,
    /// Label or serial number of the token.
    pub token: Option<String>,
    /// Label of the certificate.
    pub certificate_label: Option<String>,
    /// The PIN stands here instead of being asked for.
    pub pin_file: Option<OsString>,
    /// Password of encrypted documents.
    pub password_file: Option<OsString>,
    /// PNG or SVG of the seal.
    pub seal_file: Option<OsString>,
    /// Where evidence comes from.
    pub sources: Sources,
    /// The files, in order.
    pub documents: Vec<FileRequest>,
    /// Language of prompts and messages.
    pub english: bool,
    /// Where the person sits who types the PIN.
    pub place: Place,
}

/// One file of a [`FilesRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRequest {
    /// What is read.
    pub input: OsString,
    /// Where the signed file appears.
    pub output: OsString,
    /// Name, field, seal.
    pub request: DocumentRequest,
}

/// What became of the files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FilesReport {
    /// Id of the operation in the audit log.
    pub operation: String,
    /// In the order of the request.
    pub files: Vec<FileReport>,
}

/// What became of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileReport {
    /// As asked; bytes outside of UTF-8 are replaced, as they are in `output`.
    pub input: String,
    /// Where the signed file is.
    pub output: String,
    /// Hexadecimal SHA-256 of the signed file.
    pub sha256: String,
    /// The signature field.
    pub field: String,
    /// SHA-256 of the signer's certificate.
    pub certificate: String,
    /// The level that its evidence reaches.
    pub level: Level,
    /// What keeps it from the level wanted; empty when it has it.
    pub missing: Vec<Said>,
    /// A job completes it, and first tries then (RFC 3339).
    pub later: Option<String>,
}

impl App {
    /// Signs files with one login: all of them, or none when one cannot be signed.
    ///
    /// `at` is told each step.
    ///
    /// # Errors
    /// Every [`Failure`] of a signing; files that were finished before it stay.
    pub async fn sign_files(
        &self,
        request: FilesRequest,
        cancel: CancellationToken,
        at: &Checkpoint<'_>,
    ) -> Result<FilesReport, Failure> {
        self.check(&request)?;
        let mut request = request;
        self.fill_in(
            &mut request.sign,
            request.documents.iter_mut().map(|d| &mut d.request.appearance),
        );
        let app = self.clone();
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let loaded = request.clone();
        let mut items = self.blocking(move || load(&app, &loaded)).await?;
        if let Some(seal) = items.first().and_then(|item| item.seal.clone()) {
            let png = self.seal_png(seal).await?;
            items.iter_mut().for_each(|item| item.seal = Some(png.clone()));
        }
        let operation = super::new_id();
        let set = Set {
            operation: operation.clone(),
            who: Principal::Cli,
            choice: request.sign,
            credential: Credential {
                token: request.token,
                label: request.certificate_label,
            },
            pin: request
                .pin_file
                .map_or(PinChoice::Configured, |path| PinChoice::File(path.into())),
            unattended: true,
            cancel,
            confirm_address: None,
            lang,
            sources: request.sources,
            approved: None,
            place: request.place,
        };
        let done = Mutex::new(Vec::new());
        let out = |_, signed: Signed| {
            done.lock().unwrap_or_else(PoisonError::into_inner).push(signed);
        };
        self.sign_set(set, Work::Documents(items), at, &out).await?;
        let signed = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let files = request
            .documents
            .into_iter()
            .zip(signed)
            .map(|(document, signed)| FileReport {
                input: document.input.to_string_lossy().into_owned(),
                output: document.output.to_string_lossy().into_owned(),
                sha256: hex::encode(signed.sha256),
                field: signed.field,
                certificate: hex::encode(signed.certificate),
                level: signed.level,
                missing: signed.missing.iter().map(|finding| Said::of(finding, lang)).collect(),
                later: signed.later.map(Timestamp::rfc3339),
            });
        Ok(FilesReport {
            operation,
            files: files.collect(),
        })
    }
}

impl App {
    fn check(&self, request: &FilesRequest) -> Result<(), Failure> {
        let max = self.config().limits.max_documents;
        if request.documents.len() as u64 > max {
            let failure = Failure::new(FailureKind::TooLarge, "manifest_too_many_documents");
            return Err(failure.with("max", max.to_string()));
        }
        Ok(())
    }
}

/// One name twice, however it is spelled: one document would replace the other.
fn check_outputs(documents: &[FileRequest]) -> Result<(), Failure> {
    let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
    for document in documents {
        let output = Path::new(&document.output);
        let folder = parent(output);
        let folder = folder.canonicalize().map_err(|e| unwritable(folder, &e))?;
        let fresh = names.insert((folder, output.file_name()));
        // Two names of one entry, as in a folder that does not tell small letters from capitals; a file with several links is replaced name by name.
        let facts = output.symlink_metadata().ok().filter(|facts| facts.nlink() == 1);
        let fresh_file = facts.is_none_or(|facts| files.insert((facts.dev(), facts.ino())));
        if !(fresh && fresh_file) {
            let file = document.output.to_string_lossy();
            return Err(Failure::new(FailureKind::Usage, "output_twice").with("file", file));
        }
    }
    Ok(())
}

fn load(app: &App, request: &FilesRequest) -> Result<Vec<Item>, Failure> {
    check_outputs(&request.documents)?;
    let password = request
        .password_file
        .as_deref()
        .map(|path| password(Path::new(path)))
        .transpose()?
        .map(Arc::new);
    let seal = request
        .seal_file
        .as_deref()
        .map(|path| small_file(Path::new(path), MAX_SEAL_BYTES))
        .transpose()?;
    let seal: Option<Arc<[u8]>> = seal.map(Arc::from);
    let folders: BTreeSet<&Path> = request.documents.iter().map(|d| parent(Path::new(&d.output))).collect();
    folders.into_iter().for_each(draft::sweep);
    let load = |document: &FileRequest| -> Result<Item, Failure> {
        let (input, output) = (Path::new(&document.input), Path::new(&document.output));
        not_a_folder(output)?;
        let draft = Draft::copy(input, parent(output), app.max_document_bytes())?;
        Ok(Item {
            request: document.request.clone(),
            draft,
            seal: seal.clone(),
            password: password.clone(),
            pages: None,
            deliver: Deliver::As(output.to_owned()),
        })
    };
    request.documents.iter().map(load).collect()
}

/// Renaming onto a folder fails, but only after all the work.
///
/// # Errors
/// `output_unwritable`.
pub(super) fn not_a_folder(output: &Path) -> Result<(), Failure> {
    match output.is_dir() {
        true => Err(unwritable(output, &io::ErrorKind::IsADirectory.into())),
        false => Ok(()),
    }
}

/// The password in a file, without the line end behind it.
///
/// # Errors
/// `input_unreadable`, `password_too_long`.
pub(super) fn password(path: &Path) -> Result<Password, Failure> {
    let mut bytes = small_file(path, MAX_SECRET_BYTES)?;
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    let too_long = || Failure::new(FailureKind::Invalid, "password_too_long");
    Password::new(bytes).ok_or_else(too_long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Explain;

    #[test]
    fn one_name_in_two_spellings_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        std::fs::create_dir(file("d")).unwrap();
        std::os::unix::fs::symlink("d", file("e")).unwrap();
        std::fs::write(file("d/linked.pdf"), "").unwrap();
        std::fs::hard_link(file("d/linked.pdf"), file("d/again.pdf")).unwrap();
        let check = |first: &str, second: &str| {
            let document = |name| FileRequest {
                input: file("in.pdf").into(),
                output: file(name).into(),
                request: DocumentRequest {
                    name: "in.pdf".to_owned(),
                    ..DocumentRequest::default()
                },
            };
            check_outputs(&[document(first), document(second)]).map_err(|failure| failure.code())
        };
        for second in ["d/a.pdf", "e/a.pdf", "d/../e/./a.pdf"] {
            assert_eq!(check("d/a.pdf", second), Err("output_twice"), "{second}");
        }
        for (first, second) in [
            ("d/a.pdf", "d/b.pdf"),
            ("d/a.pdf", "a.pdf"),
            ("d/linked.pdf", "d/again.pdf"),
        ] {
            assert_eq!(check(first, second), Ok(()), "{first} {second}");
        }
        assert_eq!(check("absent/a.pdf", "d/a.pdf"), Err("output_unwritable"));
    }
}
