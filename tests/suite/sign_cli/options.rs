//! What the options of `hankod sign` put into the file.

use super::{contract, refusal, signed};
use crate::support::ca::IssueRequest;
use crate::support::holder::Holder;
use crate::support::judges::{openssl_cms_verify, pdfsig, pyhanko};
use crate::support::shapes;
use hankod::token::provision::NewKey;
use std::fs;

const RECT: [&str; 2] = ["--rect", "72,500,120,60"];

fn png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 2);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&[200; 12]).unwrap();
    out
}

fn text(holder: &Holder, name: &str) -> String {
    String::from_utf8_lossy(&fs::read(holder.dir.join(name)).unwrap()).into_owned()
}

#[test]
fn an_encrypted_file_takes_its_password_from_a_file() {
    let holder = Holder::new("sign");
    let arguments = ["--encrypt", "パスワード", "owner", "256", "--"];
    let encrypted = shapes::qpdf(&contract(), &arguments);
    holder.document("a.pdf", &encrypted);
    holder.secret("password", "パスワード\n");
    holder.secret("wrong", "password");
    let none = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&none), (66, "pdf_password_needed".to_owned()));
    let wrong = holder.sign(&["a.pdf", "-o", "b.pdf", "--password-file", "wrong"]);
    assert_eq!(refusal(&wrong), (66, "pdf_password_wrong".to_owned()));
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--password-file", "password"]);
    assert!(ran.ok, "{ran:?}");
    let path = holder.dir.join("b.pdf");
    assert!(fs::read(&path).unwrap().starts_with(&encrypted));
    let found = pyhanko((path.as_path(), "パスワード"), &holder.root())
        .unwrap()
        .remove(0);
    assert!(found.bottom_line && found.trusted, "{found:?}");
}

#[test]
fn a_field_is_filled_or_made_by_its_name() {
    let holder = Holder::new("sign");
    let form = shapes::signature_field();
    holder.document("a.pdf", &form);
    for (name, field) in [("b.pdf", "Signature1"), ("c.pdf", "koh")] {
        let ran = holder.sign(&["a.pdf", "-o", name, "--field", field]);
        assert!(ran.ok && ran.stdout.contains(field), "{ran:?}");
        signed(&holder, &holder.dir.join(name), &form);
        let found = pdfsig(&holder.dir.join(name));
        assert!(found.iter().any(|s| s.field == field && s.valid), "{found:?}");
    }
    let again = holder.sign(&["b.pdf", "-o", "d.pdf", "--field", "Signature1"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(!holder.dir.join("d.pdf").exists());
}

#[test]
fn a_seal_is_drawn_from_a_picture_or_a_name() {
    let holder = Holder::new("sign");
    holder.document("a.pdf", &contract());
    fs::write(holder.dir.join("seal.png"), png()).unwrap();
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--seal", "seal.png", RECT[0], RECT[1]]);
    assert!(ran.ok, "{ran:?}");
    signed(&holder, &holder.dir.join("b.pdf"), &contract());

    let words = [
        "--name-seal",
        "甲野",
        "--date",
        "--reason",
        "契約の締結",
        "--location",
        "東京",
    ];
    let arguments = [&["a.pdf", "-o", "c.pdf"], &RECT[..], &words[..]].concat();
    let ran = holder.sign(&arguments);
    assert!(ran.ok, "{ran:?}");
    signed(&holder, &holder.dir.join("c.pdf"), &contract());
    let written = text(&holder, "c.pdf");
    assert!(written.contains("/Reason") && written.contains("/Location"));

    fs::write(holder.dir.join("seal.png"), b"no picture").unwrap();
    let ran = holder.sign(&["a.pdf", "-o", "d.pdf", "--seal", "seal.png", RECT[0], RECT[1]]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let ran = holder.sign(&["a.pdf", "-o", "d.pdf", "--seal", "absent.png", RECT[0], RECT[1]]);
    assert_eq!(refusal(&ran), (66, "input_unreadable".to_owned()));
    let far = [
        "a.pdf",
        "-o",
        "d.pdf",
        "--name-seal",
        "甲野",
        RECT[0],
        RECT[1],
        "--page",
        "2",
    ];
    assert_eq!(refusal(&holder.sign(&far)), (1, "pdf_no_such_page".to_owned()));
    assert!(!holder.dir.join("d.pdf").exists());
}

#[test]
fn a_certification_says_what_may_change() {
    let holder = Holder::new("sign");
    holder.document("a.pdf", &contract());
    for (word, p) in [("no-changes", 1), ("form", 2), ("annotations", 3)] {
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--certify", word]);
        assert!(ran.ok, "{ran:?}");
        signed(&holder, &holder.dir.join("b.pdf"), &contract());
        let written = text(&holder, "b.pdf").replace(' ', "");
        assert!(
            written.contains(&format!("/P{p}")) && written.contains("/DocMDP"),
            "{word}"
        );
        let second = holder.sign(&["b.pdf", "-o", "c.pdf"]);
        assert_eq!(second.code, Some(i32::from(p == 1)), "{word}: {second:?}");
        let twice = holder.sign(&["b.pdf", "-o", "d.pdf", "--certify", word]);
        assert_eq!(twice.code, Some(1), "{word}: {twice:?}");
    }
}

#[test]
fn an_rsa_key_signs_with_the_padding_that_was_asked_for() {
    let holder = Holder::without_key("sign");
    holder.add("rsa", NewKey::Rsa { bits: 2048 }, &IssueRequest::default());
    holder.document("a.pdf", &contract());
    for algorithm in ["rsa-pss", "rsa-pkcs1", "auto"] {
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--algorithm", algorithm]);
        assert!(ran.ok, "{ran:?}");
        let path = holder.dir.join("b.pdf");
        openssl_cms_verify(&path, 0, &holder.root(), &holder.dir).unwrap();
        // id-RSASSA-PSS, 1.2.840.113549.1.1.10
        let pss = text(&holder, "b.pdf").to_lowercase().contains("06092a864886f70d01010a");
        assert_eq!(pss, algorithm == "rsa-pss");
    }
}

#[test]
fn the_certificate_that_was_named_signs() {
    let holder = Holder::new("sign");
    let other = IssueRequest {
        subject: &[("C", "JP"), ("CN", "乙山花子")],
        ..IssueRequest::default()
    };
    holder.add("other", NewKey::P256, &other);
    holder.document("a.pdf", &contract());
    let which = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&which), (1, "certificate_ambiguous".to_owned()));
    assert_eq!(holder.count("login_done"), 0);
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--certificate", "other"]);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(pdfsig(&holder.dir.join("b.pdf"))[0].signer, "乙山花子");
    let none = holder.sign(&["a.pdf", "-o", "c.pdf", "--certificate", "nobody"]);
    assert_eq!(refusal(&none), (69, "certificate_not_found".to_owned()));
    let none = holder.sign(&["a.pdf", "-o", "c.pdf", "--certificate", "other", "--token", "nothing"]);
    assert_eq!(refusal(&none), (69, "certificate_not_found".to_owned()));
}

#[test]
fn a_seal_may_be_an_svg_and_a_hostile_one_signs_nothing() {
    let holder = Holder::new("sign");
    holder.document("a.pdf", &contract());
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 20\"><rect width=\"40\" height=\"20\" fill=\"#b23524\"/></svg>";
    holder.document("seal.svg", svg.as_bytes());
    let ran = holder.sign(&[&["a.pdf", "-o", "b.pdf", "--seal", "seal.svg"][..], &RECT].concat());
    assert!(ran.ok, "{ran:?}");
    // What stands in the file is a picture of our own making, in the drawing's proportions.
    let file = text(&holder, "b.pdf");
    assert!(file.contains("/Width 1200/Height 600"), "the drawn seal is missing");
    assert!(pdfsig(&holder.dir.join("b.pdf"))[0].valid);
    for (hostile, code) in [
        ("<script>alert(1)</script></svg>", "seal_svg_active"),
        ("<text>印</text></svg>", "seal_svg_unsupported"),
        ("</g>", "seal_svg_malformed"),
        (
            &format!("<path d=\"M0 0{}\"/></svg>", "h1".repeat(200_000)),
            "seal_svg_too_large",
        ),
    ] {
        holder.document("seal.svg", svg.replace("</svg>", hostile).as_bytes());
        let ran = holder.sign(&[&["a.pdf", "-o", "c.pdf", "--seal", "seal.svg"][..], &RECT].concat());
        assert_eq!(refusal(&ran), (1, code.to_owned()), "{hostile:.40}");
        assert!(!holder.dir.join("c.pdf").exists());
    }
}
