//! Outside judges: programs by other people that say whether a signed PDF is good. None of them shares code with hankod.
//!
//! Each wrapper turns a judge's answer into data and adds no opinion. Trust is asked of pyHanko and `openssl cms`, with one root given;
//! pdfsig and mutool are asked about integrity and coverage only.

use super::ahead::days_ahead;
use super::{repository, run};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A PDF to be judged, and the password that opens it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Pdf<'a> {
    path: &'a Path,
    password: Option<&'a str>,
}

impl<'a> From<&'a Path> for Pdf<'a> {
    fn from(path: &'a Path) -> Self {
        Self { path, password: None }
    }
}

impl<'a> From<&'a PathBuf> for Pdf<'a> {
    fn from(path: &'a PathBuf) -> Self {
        Self { path, password: None }
    }
}

impl<'a> From<(&'a Path, &'a str)> for Pdf<'a> {
    fn from((path, password): (&'a Path, &'a str)) -> Self {
        Self {
            path,
            password: Some(password),
        }
    }
}

/// What poppler's `pdfsig` says about one signature.
#[derive(Debug)]
pub(crate) struct PdfsigSignature {
    /// Full name of the signature field.
    pub(crate) field: String,
    /// Common name in the signer's certificate.
    pub(crate) signer: String,
    /// `/SubFilter`.
    pub(crate) subfilter: String,
    /// "Signature is Valid."
    pub(crate) valid: bool,
    /// "Total document signed": nothing stands behind this signature.
    pub(crate) whole: bool,
}

/// Every signature in `pdf`, in the order of their fields; empty when there is none.
pub(crate) fn pdfsig<'a>(pdf: impl Into<Pdf<'a>>) -> Vec<PdfsigSignature> {
    let pdf = pdf.into();
    let mut command = Command::new("pdfsig");
    // Without a home it finds no browser profile, so no certificate store of this machine takes part.
    command
        .arg("-nocert")
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C.UTF-8");
    if let Some(password) = pdf.password {
        command.args(["-upw", password]);
    }
    let said = run(command.arg(pdf.path), "");
    let value = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or("").trim_start_matches(": ").to_owned()
    };
    said.stdout
        .split("\nSignature #")
        .skip(1)
        .map(|block| PdfsigSignature {
            field: value(block, "- Signature Field Name"),
            signer: value(block, "- Signer Certificate Common Name"),
            subfilter: value(block, "- Signature Type"),
            valid: value(block, "- Signature Validation") == "Signature is Valid.",
            whole: block.lines().any(|line| line.trim() == "- Total document signed"),
        })
        .collect()
}

/// What pyHanko says about one signature or document timestamp.
#[derive(Debug, Deserialize)]
pub(crate) struct PyhankoSignature {
    /// Full name of the signature field.
    pub(crate) field: String,
    /// The digest matches the bytes.
    pub(crate) intact: bool,
    /// The signature value matches the certificate's key.
    pub(crate) valid: bool,
    /// A path to the given root was found.
    pub(crate) trusted: bool,
    /// `ENTIRE_FILE`, `ENTIRE_REVISION`, `CONTIGUOUS_BLOCK_FROM_START` or `UNCLEAR`.
    pub(crate) coverage: String,
    /// What later revisions did: `NONE`, `LTA_UPDATES`, `FORM_FILLING`, `ANNOTATIONS` or `OTHER`.
    pub(crate) modification: String,
    /// Later changes keep within the certification and the locked fields.
    pub(crate) docmdp_ok: bool,
    /// pyHanko's own sum of all of it.
    pub(crate) bottom_line: bool,
}

#[derive(Deserialize)]
struct PyhankoAnswer {
    error: Option<String>,
    signatures: Vec<PyhankoSignature>,
}

/// pyHanko on one file, with `root` (PEM) as the only anchor. `Err` holds its complaint when it refuses the file.
pub(crate) fn pyhanko<'a>(pdf: impl Into<Pdf<'a>>, root: &Path) -> Result<Vec<PyhankoSignature>, String> {
    pyhanko_all(&[pdf.into()], root).remove(0)
}

/// pyHanko on many files in one process: its start costs far more than a file.
pub(crate) fn pyhanko_all(pdfs: &[Pdf<'_>], root: &Path) -> Vec<Result<Vec<PyhankoSignature>, String>> {
    let question = serde_json::json!({ "root": root, "files": pdfs }).to_string();
    let python = judges_dir().join("bin/python");
    let said = run(
        Command::new(python).arg(repository("tests/judges/pyhanko_validate.py")),
        &question,
    );
    assert!(said.ok, "pyHanko could not be asked: {}", said.stderr);
    let answers: Vec<PyhankoAnswer> = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answers.len(), pdfs.len());
    answers
        .into_iter()
        .map(|answer| match answer.error {
            Some(error) => Err(error),
            None => Ok(answer.signatures),
        })
        .collect()
}

/// Has pyHanko sign the field of this name, leaving `room` bytes for the CMS. Key and certificate are PEM files.
pub(crate) fn pyhanko_sign_field(
    [source, target]: [&Path; 2],
    field: &str,
    [key, certificate]: &[PathBuf; 2],
    room: usize,
) {
    let mut command = Command::new(judges_dir().join("bin/python"));
    command.arg(repository("tests/judges/pyhanko_sign_field.py"));
    command
        .args([source, target])
        .arg(field)
        .args([key, certificate])
        .arg(room.to_string());
    let said = run(&mut command, "");
    assert!(said.ok, "pyHanko did not sign: {}", said.stderr);
}

/// What pyHanko says of the first signature of each file by the evidence in the file alone, with a clock so many days ahead. `Ok` tells whether document
/// timestamps archive it, `Err` holds its complaint.
pub(crate) fn pyhanko_ltv(paths: &[PathBuf], root: &Path, days: u32) -> Vec<Result<bool, String>> {
    let question = serde_json::json!({ "root": root, "paths": paths }).to_string();
    let mut command = Command::new(judges_dir().join("bin/python"));
    command.arg(repository("tests/judges/pyhanko_ltv.py"));
    let said = run(&mut days_ahead(&command, days), &question);
    assert!(said.ok, "pyHanko could not be asked: {}", said.stderr);
    let answers: Vec<serde_json::Value> = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answers.len(), paths.len());
    let told = |answer: &serde_json::Value| match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer["archived"].as_bool().unwrap()),
    };
    answers.iter().map(told).collect()
}

/// `qpdf --check`: `Err` holds its warnings and errors.
pub(crate) fn qpdf_check<'a>(pdf: impl Into<Pdf<'a>>) -> Result<(), String> {
    let pdf = pdf.into();
    let mut command = Command::new("qpdf");
    if let Some(password) = pdf.password {
        command.arg(format!("--password={password}"));
    }
    let said = run(command.arg("--check").arg(pdf.path), "");
    if said.ok {
        Ok(())
    } else {
        Err(said.stdout + &said.stderr)
    }
}

/// What `mutool sign -v` says about one signature.
#[derive(Debug)]
pub(crate) struct MutoolSignature {
    /// The digest matches the signed bytes.
    pub(crate) intact: bool,
    /// "The document is unchanged since signing."
    pub(crate) unchanged: bool,
}

/// Every signature that mutool finds; `Err` holds what it says when it cannot read the file without repair.
pub(crate) fn mutool<'a>(pdf: impl Into<Pdf<'a>>) -> Result<Vec<MutoolSignature>, String> {
    let pdf = pdf.into();
    let mut command = Command::new("mutool");
    command.args(["sign", "-v"]);
    if let Some(password) = pdf.password {
        command.args(["-p", password]);
    }
    let said = run(command.arg(pdf.path), "");
    // With a wrong password it warns and goes on with what it takes for text.
    let complaints = ["error:", "repair", "cannot authenticate"];
    if !said.ok || complaints.iter().any(|words| said.stderr.contains(words)) {
        return Err(said.stdout + &said.stderr);
    }
    let blocks = said.stdout.split("Verifying signature ").skip(1);
    Ok(blocks
        .map(|block| {
            let unchanged = block.contains("The document is unchanged since signing.");
            MutoolSignature {
                intact: unchanged || block.contains("The signature is valid but there have been edits since signing."),
                unchanged,
            }
        })
        .collect())
}

/// `openssl cms -verify -cades` on the signature number `n` (0 = first in the file) with `root` as the only anchor.
///
/// ByteRange and /Contents are cut out by searching the text, so that hankod's reader has no say. Scratch files go into `dir`.
pub(crate) fn openssl_cms_verify(path: &Path, n: usize, root: &Path, dir: &Path) -> Result<(), String> {
    let file = std::fs::read(path).unwrap();
    let range = byte_ranges(&file).remove(n);
    let [a, b, c, d] = range;
    let hex: String = file[a + b..c].iter().map(|byte| char::from(*byte)).collect();
    let contents = hex::decode(hex.trim().trim_start_matches('<').trim_end_matches('>')).unwrap();
    let signed = [&file[a..a + b], &file[c..c + d]].concat();
    openssl_cms_verify_detached(der_element(&contents), &signed, root, dir)
}

/// The same on a detached signature and what it signs.
pub(crate) fn openssl_cms_verify_detached(der: &[u8], content: &[u8], root: &Path, dir: &Path) -> Result<(), String> {
    let (cms, signed) = (dir.join("judged.p7s"), dir.join("judged.bin"));
    std::fs::write(&cms, der).unwrap();
    std::fs::write(&signed, content).unwrap();
    let mut command = Command::new("openssl");
    command.args([
        "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
    ]);
    let options: [(&str, &OsStr); 4] = [
        ("-in", cms.as_os_str()),
        ("-content", signed.as_os_str()),
        ("-CAfile", root.as_os_str()),
        ("-out", OsStr::new("/dev/null")),
    ];
    for (name, value) in options {
        command.arg(name).arg(value);
    }
    let said = run(command.args(["-no-CApath", "-no-CAstore"]), "");
    if said.ok { Ok(()) } else { Err(said.stderr) }
}

/// Every `/ByteRange [a b c d]` written out in the file, first to last.
pub(crate) fn byte_ranges(file: &[u8]) -> Vec<[usize; 4]> {
    let text: String = file.iter().map(|byte| char::from(*byte)).collect();
    text.split("/ByteRange")
        .skip(1)
        .filter_map(|rest| {
            let (list, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
            let numbers: Option<Vec<usize>> = list.split_ascii_whitespace().map(|n| n.parse().ok()).collect();
            numbers?.try_into().ok()
        })
        .collect()
}

/// The venv with pyHanko: `HANKOD_JUDGES`, else `target/judges`, where `scripts/install-deps test` puts it.
pub(crate) fn judges_dir() -> PathBuf {
    std::env::var_os("HANKOD_JUDGES").map_or_else(|| repository("target/judges"), PathBuf::from)
}

/// The first DER element of `bytes`: /Contents is padded with zeros behind it.
fn der_element(bytes: &[u8]) -> &[u8] {
    let length_bytes = usize::from(bytes[1]).saturating_sub(0x80);
    let length = match bytes[1] {
        short @ 0..=0x7f => usize::from(short),
        _ => bytes[2..2 + length_bytes]
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    };
    &bytes[..2 + length_bytes + length]
}
