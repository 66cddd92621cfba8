//! The evidence of a concluded contract as one ZIP file for outsiders: documents, certificate of conclusion, events, the audit log's entries about it,
//! the anchors, and instructions to check all of it without a network. Nothing secret stands in it: no link, no code.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::papers::{concluded, newest};
use super::views::EventView;
use super::{App, Asker};
use crate::app::draft::not_stored;
use crate::app::failure::{Failure, FailureKind};
use crate::app::own_file::OwnFile;
use crate::app::zip::Zip;
use crate::audit::export;
use crate::clock::Timestamp;
use crate::contract::terms::{Action, Document};
use crate::der::Certificate;
use crate::store::{CERTIFICATE, ContractRow, Version};
use crate::text::{Lang, say};
use crate::trust::Use;

/// Longest name of a document in the ZIP, in bytes; file systems take 255.
const MAX_NAME_BYTES: usize = 150;

/// What goes into the ZIP.
struct Evidence {
    at: Timestamp,
    /// Name in the ZIP, and where it lies.
    files: Vec<(String, PathBuf)>,
    /// Name in the ZIP, and what it holds.
    texts: Vec<(String, Vec<u8>)>,
}

impl App {
    /// Everything that proves a concluded contract, as a ZIP file that goes with its value, and its length.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_not_concluded`, `evidence_too_large`.
    pub async fn contract_evidence(&self, asker: &Asker, id: &str) -> Result<(OwnFile, u64), Failure> {
        let row = self.own_contract(asker, id).await?;
        concluded(&row.contract)?;
        let evidence = self.evidence(asker, &row).await?;
        let folder = self.uploads().to_owned();
        self.blocking(move || {
            zipped(&folder, evidence.at, |zip| {
                evidence.write(zip).map_err(|error| not_zipped(&error))
            })
        })
        .await
    }

    async fn evidence(&self, asker: &Asker, row: &ContractRow) -> Result<Evidence, Failure> {
        let id = &row.contract.id;
        let versions = self.store().versions(id).await?;
        let at = row.concluded.unwrap_or(row.updated);
        let lies = |version: &Version| self.store().blob_path(&version.sha256);
        let certificate = newest(&versions, CERTIFICATE).map(|newest| ("certificate.pdf".to_owned(), lies(newest)));
        let documents = row.contract.terms.documents.iter();
        let documents = documents.filter_map(|one| Some((document_name(one), lies(newest(&versions, one.number)?))));
        let audit = export::about_contract(self.store(), id, (row.created, row.updated)).await?;
        let mut texts = vec![
            ("README.ja.txt".to_owned(), instructions(Lang::Ja, row)),
            ("README.en.txt".to_owned(), instructions(Lang::En, row)),
            ("contract.json".to_owned(), json(&self.view_of(id).await?)),
            ("events.json".to_owned(), json(&self.all_events(asker, id).await?)),
            ("audit.jsonl".to_owned(), audit.into_bytes()),
        ];
        let anchors = self.anchors().await?;
        let mut known: Vec<&Certificate> = Vec::new();
        for use_ in [Use::Signers, Use::TimestampAuthorities, Use::Responders] {
            for anchor in anchors
                .of(use_)
                .filter(|anchor| !known.contains(anchor))
                .collect::<Vec<_>>()
            {
                known.push(anchor);
            }
        }
        let anchor = |(at, one): (usize, &&Certificate)| (format!("trust/{:02}.cer", at + 1), one.der().to_vec());
        texts.extend(known.iter().enumerate().map(anchor));
        Ok(Evidence {
            at,
            files: certificate.into_iter().chain(documents).collect(),
            texts,
        })
    }

    async fn all_events(&self, asker: &Asker, id: &str) -> Result<Vec<EventView>, Failure> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |event: &EventView| event.seq);
            let more = self.contract_events(asker, id, after).await?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }
}

impl Evidence {
    /// Writes everything, and as the last entry the SHA-256 of all others.
    fn write(self, zip: &mut Zip) -> io::Result<()> {
        let mut sums = String::new();
        let mut add = |name: &str, content: &mut dyn Read| {
            let mut hashed = Hashed(content, Sha256::new());
            zip.add(name, &mut hashed)?;
            let _ = writeln!(sums, "{}  {name}", hex::encode(hashed.1.finalize()));
            Ok::<_, io::Error>(())
        };
        for (name, text) in self.texts {
            add(&name, &mut Cursor::new(text))?;
        }
        for (name, path) in self.files {
            add(&name, &mut File::open(path)?)?;
        }
        zip.add("SHA256SUMS", &mut sums.as_bytes())
    }
}

/// A ZIP file in the folder for uploads, which goes with its value, and its length. Blocks.
///
/// # Errors
/// `evidence_too_large`, `disk_full`; what `fill` says.
pub(super) fn zipped(
    folder: &Path,
    at: Timestamp,
    fill: impl FnOnce(&mut Zip) -> Result<(), Failure>,
) -> Result<(OwnFile, u64), Failure> {
    let made = tempfile::NamedTempFile::new_in(folder).map_err(|error| not_stored(&error))?;
    let (file, path) = made.into_parts();
    let path = OwnFile::from(path);
    let mut zip = Zip::new(file, at);
    fill(&mut zip)?;
    let bytes = zip.finish().map_err(|error| not_zipped(&error))?;
    Ok((path, bytes))
}

/// Why something could not be put into a ZIP file.
pub(super) fn not_zipped(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::new(FailureKind::TooLarge, "evidence_too_large"),
        _ => not_stored(error),
    }
}

/// Hashes what is read through it.
struct Hashed<'r>(&'r mut dyn Read, Sha256);

impl Read for Hashed<'_> {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(block)?;
        self.1.update(&block[..read]);
        Ok(read)
    }
}

/// A document's name in the ZIP: what was signed stands apart from what was only shown; no name leads out of its folder.
pub(super) fn document_name(document: &Document) -> String {
    let folder = match document.action {
        Action::Sign => "documents",
        Action::View => "attachments",
    };
    let harmless = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c => c,
    };
    let mut name: String = document.name.as_str().chars().map(harmless).collect();
    while name.len() > MAX_NAME_BYTES {
        name.pop();
    }
    let name = name.strip_suffix(".pdf").unwrap_or(&name);
    format!("{folder}/{:02}-{name}.pdf", document.number)
}

fn instructions(lang: Lang, row: &ContractRow) -> Vec<u8> {
    let contract = &row.contract;
    let number = contract.printed_number().unwrap_or_default();
    let id = contract.certificate_id.as_ref().map_or("", |id| id.as_str());
    let values = [
        ("title", contract.terms.title.as_str()),
        ("number", &number),
        ("id", id),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    (say(lang, "evidence-readme", &values) + "\n").into_bytes()
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::words::{Line, Name};

    #[test]
    fn no_name_leads_out_of_its_folder() {
        let document = |text: &str, action| Document {
            number: 3,
            name: Name::new(text, "name").unwrap(),
            action,
            sha256: Line::new(&"0".repeat(64), "sha256").unwrap(),
            pages: Vec::new(),
        };
        assert_eq!(
            document_name(&document("../../契約書.pdf", Action::Sign)),
            "documents/03-.._.._契約書.pdf"
        );
        let long = document_name(&document(&"契".repeat(200), Action::View));
        assert!(long.starts_with("attachments/03-契") && long.ends_with("契.pdf") && long.len() < 200);
    }
}
