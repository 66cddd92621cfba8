//! The judges can say yes and no: a PDF signed by `openssl cms` alone is good to all of them, the same file with one byte changed to none.

use crate::support::dir::TestDir;
use crate::support::judges::{Pdf, byte_ranges, mutool, openssl_cms_verify, pdfsig, pyhanko, pyhanko_all, qpdf_check};
use crate::support::run;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room for /Contents, in hexadecimal digits.
const CONTENTS_DIGITS: usize = 8000;

#[test]
fn a_good_file_is_good_to_every_judge() {
    let dir = TestDir::new("judges-yes");
    let (root, file) = (issue(&dir), dir.join("signed.pdf"));
    std::fs::write(&file, signed(&dir)).unwrap();

    let poppler = pdfsig(&file).remove(0);
    assert!(poppler.valid && poppler.whole, "{poppler:?}");
    assert_eq!((poppler.field.as_str(), poppler.signer.as_str()), ("Sig1", "甲野太郎"));
    assert_eq!(poppler.subfilter, "ETSI.CAdES.detached");

    let found = pyhanko(&file, &root).unwrap().remove(0);
    assert!(found.intact && found.valid && found.trusted, "{found:?}");
    assert!(found.bottom_line && found.docmdp_ok, "{found:?}");
    assert_eq!(
        [&found.field, &found.coverage, &found.modification],
        ["Sig1", "ENTIRE_FILE", "NONE"]
    );

    let found = mutool(&file).unwrap().remove(0);
    assert!(found.intact && found.unchanged, "{found:?}");
    openssl_cms_verify(&file, 0, &root, &dir).unwrap();
    qpdf_check(&file).unwrap();
}

#[test]
fn a_changed_byte_is_seen_by_every_judge() {
    let dir = TestDir::new("judges-no");
    let (root, file) = (issue(&dir), dir.join("changed.pdf"));
    let text = String::from_utf8(signed(&dir)).unwrap();
    std::fs::write(&file, text.replace("[0 0 595 842]", "[0 0 595 843]")).unwrap();

    assert!(!pdfsig(&file).remove(0).valid);
    assert!(!mutool(&file).unwrap().remove(0).intact);
    assert!(openssl_cms_verify(&file, 0, &root, &dir).is_err());
    let answers = pyhanko_all(&[Pdf::from(&file), Pdf::from(dir.join("absent.pdf").as_path())], &root);
    let found = &answers[0].as_ref().unwrap()[0];
    assert!(!found.intact && !found.bottom_line, "{found:?}");
    assert!(answers[1].is_err());
}

#[test]
fn a_broken_file_and_a_strange_root_are_seen() {
    let dir = TestDir::new("judges-root");
    issue(&dir);
    let file = dir.join("signed.pdf");
    let mut bytes = signed(&dir);
    std::fs::write(&file, &bytes).unwrap();
    let other = dir.join("other");
    std::fs::create_dir(&other).unwrap();
    let root = issue(&other);
    assert!(!pyhanko(&file, &root).unwrap().remove(0).trusted);
    assert!(openssl_cms_verify(&file, 0, &root, &dir).is_err());

    bytes.truncate(bytes.len() - 40);
    std::fs::write(&file, bytes).unwrap();
    assert!(qpdf_check((file.as_path(), "no password")).is_err());
    assert!(mutool(&file).is_err());
}

#[test]
fn the_password_reaches_every_judge_that_takes_one() {
    let dir = TestDir::new("judges-password");
    let root = issue(&dir);
    let (plain, file) = (dir.join("plain.pdf"), dir.join("encrypted.pdf"));
    std::fs::write(&plain, signed(&dir)).unwrap();
    let mut command = Command::new("qpdf");
    command
        .args(["--encrypt", "open", "owner", "256", "--"])
        .args([&plain, &file]);
    assert!(run(&mut command, "").ok);

    let (right, wrong) = ((file.as_path(), "open"), (file.as_path(), "shut"));
    assert!(qpdf_check(right).is_ok() && qpdf_check(wrong).is_err());
    // Encryption has moved every byte, so the signature is broken; that it is found shows that the file was opened.
    assert!(!pyhanko(right, &root).unwrap().remove(0).intact);
    assert!(pyhanko(wrong, &root).is_err());
    assert_eq!((pdfsig(right).len(), pdfsig(wrong).len()), (1, 0));
    // mutool dislikes what qpdf made of the signature, but not the right password.
    let opened = |file| mutool(file).is_err_and(|said| !said.contains("cannot authenticate"));
    assert!(opened(right) && !opened(wrong));
}

/// A self-signed certificate and its key in `dir`; the path of the certificate, which is its own root.
fn issue(dir: &Path) -> PathBuf {
    let mut command = openssl(dir);
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-utf8", "-subj", "/C=JP/CN=甲野太郎", "-days", "2"]);
    command.args(["-addext", "keyUsage=critical,digitalSignature,nonRepudiation"]);
    command.args(["-keyout", "key.pem", "-out", "cert.pem"]);
    assert!(run(&mut command, "").ok);
    dir.join("cert.pem")
}

/// The smallest signed PDF, with the certificate and key of [`issue`].
fn signed(dir: &Path) -> Vec<u8> {
    let zeros = "0".repeat(CONTENTS_DIGITS);
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>".to_owned(),
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Sig1)/Rect[0 0 0 0]/F 132/P 3 0 R/V 5 0 R>>".to_owned(),
        format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260101000000Z)\
             /ByteRange [0 @@@@@@ ###### &&&&&&]/Contents <{zeros}>>>"
        ),
    ];
    let (mut text, mut xref) = ("%PDF-1.7\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (at, body) in objects.iter().enumerate() {
        xref += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{} 0 obj\n{body}\nendobj\n", at + 1);
    }
    let start = text.len();
    let id = "[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]";
    text += &format!("xref\n0 6\n{xref}trailer\n<</Size 6/Root 1 0 R/ID{id}>>\nstartxref\n{start}\n%%EOF\n");
    let open = text.find(&format!("<{zeros}>")).unwrap();
    let close = open + CONTENTS_DIGITS + 2;
    let numbers = [("@@@@@@", open), ("######", close), ("&&&&&&", text.len() - close)];
    for (mark, number) in numbers {
        text = text.replace(mark, &format!("{number:06}"));
    }
    assert_eq!(byte_ranges(text.as_bytes()), [[0, open, close, text.len() - close]]);

    std::fs::write(dir.join("to-sign"), [&text[..open], &text[close..]].concat()).unwrap();
    let mut command = openssl(dir);
    command.args(["cms", "-sign", "-cades", "-binary", "-md", "sha256", "-outform", "DER"]);
    command.args([
        "-in", "to-sign", "-signer", "cert.pem", "-inkey", "key.pem", "-out", "cms",
    ]);
    assert!(run(&mut command, "").ok);
    let contents = hex::encode(std::fs::read(dir.join("cms")).unwrap());
    text.replace_range(open + 1..open + 1 + contents.len(), &contents);
    text.into_bytes()
}

fn openssl(dir: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(dir);
    command
}
