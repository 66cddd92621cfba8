//! Which judge says what of which algorithm in which shape of file: measured, compared with what is expected, and written down in `docs/judges.md`.
//!
//! A judge that cannot do something is an expectation too, so that a change in it is noticed. Acrobat is not among the judges.

use crate::support::ca::Kind;
use crate::support::dir::TestDir;
use crate::support::judges::{Pdf, mutool, openssl_cms_verify, pdfsig, pyhanko_all, qpdf_check};
use crate::support::repository;
use crate::support::shapes::{self, Shape};
use crate::support::signer::SoftSigner;
use hankod::der::Preference;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const ALGORITHMS: [(&str, Kind, Preference); 8] = [
    ("RSA 2048, PKCS#1 v1.5", Kind::Rsa2048, Preference::RsaPkcs1),
    ("RSA 3072, PKCS#1 v1.5", Kind::Rsa3072, Preference::RsaPkcs1),
    ("RSA 4096, PKCS#1 v1.5", Kind::Rsa4096, Preference::RsaPkcs1),
    ("RSA 3072, PSS", Kind::Rsa3072, Preference::RsaPss),
    ("ECDSA P-256", Kind::P256, Preference::Auto),
    ("ECDSA P-384", Kind::P384, Preference::Auto),
    ("ECDSA P-521", Kind::P521, Preference::Auto),
    ("Ed25519", Kind::Ed25519, Preference::Auto),
];
/// Every algorithm signs these two.
const BOTH: [&str; 2] = ["PDF 1.7", "object streams"];
/// Signs every shape.
const EVERYWHERE: &str = "ECDSA P-256";
/// In the order of the table's columns. qpdf looks at the file's structure only.
const JUDGES: [&str; 5] = ["pdfsig", "pyHanko", "mutool", "qpdf", "openssl"];
/// Opened by us with the owner's password, by the judges with the user's.
const OPENED_AS_OWNER: &str = "AES-256 with object streams";

/// What a judge cannot do: the judge, the algorithm or shape, and why.
const CANNOT: &[(&str, &str, &str)] = &[
    ("pyHanko", "hybrid", "refuses hybrid files by its own policy"),
    (
        "pyHanko",
        "hybrid as Word writes it",
        "refuses hybrid files by its own policy",
    ),
    (
        "qpdf",
        "one newline before xref",
        "notes the input's own departure from the grammar",
    ),
    ("mutool", "RSA 3072, PSS", "does not verify PSS"),
    ("pdfsig", "Ed25519", "does not know Ed25519"),
    ("mutool", "Ed25519", "does not know Ed25519"),
    ("openssl", "Ed25519", "`cms` of OpenSSL 3.0 does not verify Ed25519"),
];

/// One signed file.
struct Row {
    algorithm: &'static str,
    shape: &'static str,
    path: PathBuf,
    root: PathBuf,
    password: Option<&'static str>,
    /// Signature fields that stay empty.
    empty: usize,
}

impl Row {
    fn pdf(&self) -> Pdf<'_> {
        match self.password {
            Some(password) => Pdf::from((self.path.as_path(), password)),
            None => Pdf::from(&self.path),
        }
    }

    fn expected(&self, judge: &str) -> bool {
        let cannot = |entry: &&(&str, &str, &str)| entry.0 == judge && [self.algorithm, self.shape].contains(&entry.1);
        !CANNOT.iter().any(|entry| cannot(&entry))
    }
}

fn sign_all(dir: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for (algorithm, kind, preference) in ALGORITHMS {
        let signer = SoftSigner::preferring(kind, preference);
        let folder = dir.join(format!("{kind:?}{preference:?}"));
        std::fs::create_dir(&folder).unwrap();
        let root = signer.root(&folder);
        for (at, shape) in shapes::all().into_iter().enumerate() {
            let Shape { name, bytes, password } = shape;
            if algorithm != EVERYWHERE && !BOTH.contains(&name) {
                continue;
            }
            let path = folder.join(format!("{at}.pdf"));
            let signed = signer.sign(&bytes, password, &signer.request());
            std::fs::write(&path, signed.unwrap_or_else(|e| panic!("{algorithm}, {name}: {e}"))).unwrap();
            let as_user = (name == OPENED_AS_OWNER).then_some("user");
            rows.push(Row {
                algorithm,
                shape: name,
                path,
                root: root.clone(),
                password: as_user.or(password),
                empty: usize::from(name == "empty signature field"),
            });
        }
    }
    rows
}

/// What each judge says of the row, in the order of [`JUDGES`] without pyHanko, which is asked once a root.
fn measure(row: &Row, dir: &Path) -> [(&'static str, bool); 4] {
    let found = pdfsig(row.pdf());
    let poppler = found.len() == 1 + row.empty && found[row.empty..].iter().all(|s| s.valid && s.whole);
    let mupdf = mutool(row.pdf())
        .is_ok_and(|found| found.len() == 1 + row.empty && found[row.empty..].iter().all(|s| s.intact && s.unchanged));
    [
        ("pdfsig", poppler),
        ("mutool", mupdf),
        ("qpdf", qpdf_check(row.pdf()).is_ok()),
        ("openssl", openssl_cms_verify(&row.path, 0, &row.root, dir).is_ok()),
    ]
}

#[test]
fn every_judge_says_what_is_expected_of_it() {
    let dir = TestDir::new("judges-table");
    let rows = sign_all(&dir);
    let mut surprises = Vec::new();
    let mut see = |row: &Row, judge: &'static str, good: bool| {
        if good != row.expected(judge) {
            surprises.push(format!("{judge}: {}, {}: good = {good}", row.algorithm, row.shape));
        }
    };
    for group in rows.chunk_by(|a, b| a.root == b.root) {
        let pdfs: Vec<Pdf<'_>> = group.iter().map(Row::pdf).collect();
        for (row, answer) in group.iter().zip(pyhanko_all(&pdfs, &group[0].root)) {
            let good = answer.is_ok_and(|found| found.len() == 1 && found[0].bottom_line && found[0].trusted);
            see(row, "pyHanko", good);
            let others = measure(row, &dir);
            others.iter().for_each(|(judge, good)| see(row, judge, *good));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
fn every_row_has_a_judge_of_its_signature() {
    let signatures = JUDGES.iter().filter(|judge| **judge != "qpdf");
    for named in ALGORITHMS
        .iter()
        .map(|a| a.0)
        .chain(shapes::all().iter().map(|s| s.name))
    {
        let able = signatures
            .clone()
            .filter(|judge| !CANNOT.iter().any(|c| c.0 == **judge && c.1 == named));
        assert!(able.count() >= 1, "{named}");
    }
}

/// The page, from the expectations.
fn page() -> String {
    let mut page = String::from(
        "# Judges\n\n\
         What programs by other people say of files that hankod signed. Each cell is measured by `tests/suite/judges_table.rs`, which also holds this page \
         to what is expected; a cell that changes fails the test. pdfsig and mutool are asked whether the signature is intact, pyHanko and `openssl cms \
         -verify -cades` also whether it leads to the root; `qpdf --check` looks at the file's structure only. The programs are those of Debian 12, pyHanko \
         that of `tests/judges/requirements.txt`. Acrobat is not run and nothing is claimed of it.\n",
    );
    let both = BOTH.join("\" and \"");
    write!(page, "\n## Algorithms\n\nIn the shapes \"{both}\".\n\n").unwrap();
    table(&mut page, "algorithm", ALGORITHMS.iter().map(|a| a.0));
    write!(page, "\n## Shapes\n\nWith {EVERYWHERE}.\n\n").unwrap();
    table(&mut page, "shape", shapes::all().iter().map(|s| s.name));
    page
}

fn table<'a>(page: &mut String, head: &str, rows: impl Iterator<Item = &'a str>) {
    writeln!(page, "| {head} | {} |", JUDGES.join(" | ")).unwrap();
    writeln!(page, "|---|{}", "---|".repeat(JUDGES.len())).unwrap();
    for row in rows {
        let cell = |judge: &&str| {
            let cannot = CANNOT.iter().find(|c| c.0 == *judge && c.1 == row);
            cannot.map_or("good".to_owned(), |c| format!("no: {}", c.2))
        };
        let cells: Vec<String> = JUDGES.iter().map(cell).collect();
        writeln!(page, "| {row} | {} |", cells.join(" | ")).unwrap();
    }
}

#[test]
fn the_page_says_what_is_measured() {
    let written = std::fs::read_to_string(repository("docs/judges.md")).unwrap_or_default();
    let expected = page();
    if written != expected {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judges.md");
        std::fs::write(&new, expected).unwrap();
        panic!("docs/judges.md is not what is expected now; {} is", new.display());
    }
}
