//! Signing every shape of PDF, once and twice, before judges that share no code with hankod; and signing broken files.

use crate::support::ca::Kind;
use crate::support::dir::TestDir;
use crate::support::judges::{Pdf, mutool, openssl_cms_verify, pdfsig, pyhanko_all, qpdf_check};
use crate::support::shapes::{self, Shape};
use crate::support::signer::SoftSigner;
use std::path::{Path, PathBuf};

/// qpdf notes this shape's departure from the grammar with or without a signature.
const NOTED_BY_QPDF: &str = "one newline before xref";
/// pyHanko's predictor cannot read an object stream whose last row is short.
pub(crate) const SHORT_LAST_ROW: [&str; 2] = ["object streams with predictor", "update by a cross-reference stream"];
/// Opened by us with the owner's password, which the judges' helpers give as the user's.
const OPENED_AS_OWNER: &str = "AES-256 with object streams";

struct Signed {
    shape: &'static str,
    path: PathBuf,
    password: Option<&'static str>,
    signatures: usize,
}

impl Signed {
    fn pdf(&self) -> Pdf<'_> {
        match self.password {
            Some(password) => Pdf::from((self.path.as_path(), password)),
            None => Pdf::from(&self.path),
        }
    }
}

/// Every shape signed once and twice in `dir`; each time the input is a prefix of the output.
fn sign_all(signer: &SoftSigner, dir: &Path) -> Vec<Signed> {
    let mut all = Vec::new();
    for (at, shape) in shapes::all().into_iter().enumerate() {
        let Shape { name, bytes, password } = shape;
        let once = signer.sign(&bytes, password, &signer.request());
        let once = once.unwrap_or_else(|e| panic!("{name}: {e}"));
        let twice = signer.sign(&once, password, &signer.request());
        let twice = twice.unwrap_or_else(|e| panic!("{name}, twice: {e}"));
        assert!(once.starts_with(&bytes) && twice.starts_with(&once), "{name}");
        for (signatures, bytes) in [(1, once), (2, twice)] {
            let path = dir.join(format!("{at}-{signatures}.pdf"));
            std::fs::write(&path, bytes).unwrap();
            let password = if name == OPENED_AS_OWNER {
                Some("user")
            } else {
                password
            };
            all.push(Signed {
                shape: name,
                path,
                password,
                signatures,
            });
        }
    }
    all
}

#[test]
fn every_shape_signed_once_and_twice_is_good_to_every_judge() {
    let dir = TestDir::new("pdf-writing");
    let signer = SoftSigner::new(Kind::P256);
    let root = signer.root(&dir);
    let files = sign_all(&signer, &dir);
    let mut complaints = Vec::new();
    let pdfs: Vec<Pdf<'_>> = files.iter().map(Signed::pdf).collect();
    for (file, answer) in files.iter().zip(pyhanko_all(&pdfs, &root)) {
        let mut complain = |judge: &str, said: String| {
            complaints.push(format!("{} x{}: {judge}: {said}", file.shape, file.signatures));
        };
        match answer {
            Ok(found) if found.len() == file.signatures && found.iter().all(|s| s.bottom_line && s.trusted) => {}
            // By its own policy pyHanko does not validate hybrids.
            Err(said) if file.shape.starts_with("hybrid") && said.contains("hybrid") => {}
            Err(said) if SHORT_LAST_ROW.contains(&file.shape) && said.starts_with("AssertionError") => {}
            other => complain("pyHanko", format!("{other:?}")),
        }
        let empty = usize::from(file.shape == "empty signature field");
        let found: Vec<_> = pdfsig(file.pdf()).into_iter().skip(empty).collect();
        let last = found.iter().filter(|s| s.whole).count();
        if found.len() != file.signatures || !found.iter().all(|s| s.valid) || last != 1 {
            complain("pdfsig", format!("{found:?}"));
        }
        match mutool(file.pdf()) {
            Ok(found) if found.len() == empty + file.signatures && found[empty..].iter().all(|s| s.intact) => {}
            other => complain("mutool", format!("{other:?}")),
        }
        match qpdf_check(file.pdf()) {
            Err(said) if file.shape != NOTED_BY_QPDF => complain("qpdf", said),
            _ => {}
        }
        for n in 0..file.signatures {
            if let Err(said) = openssl_cms_verify(&file.path, n, &root, &dir) {
                complain("openssl", said);
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
