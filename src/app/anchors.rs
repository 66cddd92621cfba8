//! The trust anchors: certificates from the files and folders that a person named, and the roots on tokens where the configuration wants them.
//!
//! A file that holds no certificate is an error with its name, never skipped. The system's TLS roots are not read.

use std::fs;
use std::path::{Path, PathBuf};

use super::App;
use super::draft::{input_unreadable, small_file};
use super::failure::{Failure, FailureKind};
use crate::config::Trust;
use crate::der::{Certificate, MAX_BUNDLE_BYTES, oid, parse_bundle};
use crate::trust::anchors::MAX_ANCHORS;
use crate::trust::{Anchors, Use};

/// How files of certificates in a folder end; others, and hidden ones, are not read.
const EXTENSIONS: [&str; 4] = ["pem", "crt", "cer", "der"];

/// Everybody an authority may vouch for.
const ALL: &[Use] = &[Use::Signers, Use::TimestampAuthorities, Use::Responders];

/// The anchors in these files and folders, for signers, TSAs and responders. Blocks.
///
/// # Errors
/// `input_unreadable`, `anchors_none` for a folder without certificates, `anchors_too_many`, and what is wrong with a certificate, each with the file.
pub fn of_paths(paths: &[PathBuf]) -> Result<Anchors, Failure> {
    Ok(of_certificates(certificates(paths)?))
}

/// These certificates, for signers, TSAs and responders.
pub(crate) fn of_certificates(certificates: Vec<Certificate>) -> Anchors {
    let mut anchors = Anchors::new();
    add_all(&mut anchors, certificates, ALL);
    anchors
}

/// The configured anchors but for those on tokens. Blocks.
///
/// # Errors
/// As [`of_paths`].
pub fn of_config(trust: &Trust) -> Result<Anchors, Failure> {
    let mut anchors = Anchors::new();
    for (paths, uses) in [
        (&trust.anchors, ALL),
        (&trust.signers, &[Use::Signers]),
        (&trust.timestamp_authorities, &[Use::TimestampAuthorities]),
    ] {
        add_all(&mut anchors, certificates(paths)?, uses);
    }
    for certificate in certificates(&trust.responders)? {
        anchors.add(certificate, &[Use::Responders]);
    }
    Ok(anchors)
}

impl App {
    /// The configured anchors, those on tokens included where the configuration wants them. A token that cannot be read adds none.
    ///
    /// # Errors
    /// As [`of_paths`].
    pub async fn anchors(&self) -> Result<Anchors, Failure> {
        let trust = self.config().trust.clone();
        let tokens = trust.tokens;
        let mut anchors = self.blocking(move || of_config(&trust)).await?;
        if tokens {
            let roots = self.token_roots().await;
            roots.into_iter().for_each(|root| anchors.add(root, &[Use::Signers]));
        }
        Ok(anchors)
    }

    /// The certificates of authorities on tokens that signed themselves. A token that cannot be read gives none.
    pub async fn token_roots(&self) -> Vec<Certificate> {
        let mut roots = Vec::new();
        for info in self.tokens_room().list().await.tokens().filter(|info| info.initialised) {
            let entries = match self.tokens_room().objects(&info.token).await {
                Ok(entries) => entries,
                Err(error) => {
                    log::warn!(code = "token_without_anchors", error:%; "a token's certificates could not be read");
                    continue;
                }
            };
            let held = entries.iter().filter_map(|entry| entry.certificate.readable());
            roots.extend(held.filter(|certificate| is_root(certificate)).cloned());
        }
        roots
    }
}

/// An authority that signed itself.
fn is_root(certificate: &Certificate) -> bool {
    certificate.extensions().is_ca
        && certificate.is_self_issued()
        && certificate.verify_signed_by(certificate.spki_der()).is_ok()
}

fn add_all(anchors: &mut Anchors, certificates: Vec<Certificate>, uses: &[Use]) {
    for certificate in certificates {
        // An authority's own key speaks for its own certificates without being listed, and for nobody else's.
        let speaks = || {
            let purposes = certificate.extensions().extended_key_usage.as_deref();
            purposes.unwrap_or_default().contains(&oid::KP_OCSP_SIGNING)
        };
        let uses: Vec<Use> = uses
            .iter()
            .filter(|use_| **use_ != Use::Responders || speaks())
            .copied()
            .collect();
        anchors.add(certificate, &uses);
    }
}

fn certificates(paths: &[PathBuf]) -> Result<Vec<Certificate>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let facts = fs::metadata(path).map_err(|error| input_unreadable(path, &error))?;
        let files = if facts.is_dir() {
            files_in(path)?
        } else {
            vec![path.clone()]
        };
        for file in files {
            let bytes = small_file(&file, MAX_BUNDLE_BYTES)?;
            let named = |failure: Failure| failure.about(&file.display().to_string());
            found.extend(parse_bundle(&bytes).map_err(|error| named(error.into()))?);
            if found.len() * ALL.len() > MAX_ANCHORS {
                return Err(named(Failure::new(FailureKind::Invalid, "anchors_too_many")));
            }
        }
    }
    Ok(found)
}

/// By name, so that the same folder always gives the same order.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| input_unreadable(folder, &error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ends = path
            .extension()
            .and_then(|end| end.to_str())
            .map(str::to_ascii_lowercase);
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && ends.is_some_and(|end| EXTENSIONS.contains(&end.as_str())) && path.is_file() {
            files.push(path);
        }
        if files.len() > MAX_ANCHORS {
            return Err(Failure::new(FailureKind::Invalid, "anchors_too_many").about(&folder.display().to_string()));
        }
    }
    if files.is_empty() {
        return Err(Failure::new(FailureKind::Invalid, "anchors_none").about(&folder.display().to_string()));
    }
    files.sort();
    Ok(files)
}
