//! Shadow attacks: the file is prepared before it is signed, and a later update hides, replaces, or does both.

use super::{Attack, signed_once};
use crate::support::agreement::{
    Objects, agreement_with, catalog, field, form, page, sign, signature, text_look, with,
};
use crate::support::updates::{Person, stream, update};
use crate::support::verified::{fooled, refused};

const PAID: &str = "BT /F 12 Tf 50 700 Td (We pay 900) Tj ET";

#[test]
fn shadow_attacks_hide() {
    let person = Person::new();
    let once = signed_once(&person);
    let freed = b"xref\n8 1\n0000000000 00001 f \ntrailer\n";
    let mut file = update(&once, &[(8, "null")]);
    let at = crate::support::updates::find_last(&file, b"xref\n8 1").unwrap();
    let tail = String::from_utf8_lossy(&file[at..]).into_owned();
    let (_, trailer) = tail.split_once("trailer\n").unwrap();
    let object = crate::support::updates::find_last(&file, b"8 0 obj").unwrap();
    file.truncate(object);
    let trailer = trailer.replace(&format!("startxref\n{at}"), &format!("startxref\n{object}"));
    let file = [file.as_slice(), freed, trailer.as_bytes()].concat();
    let attacks: Vec<Attack> = vec![
        ("the picture emptied", update(&once, &[(8, &form("", ""))])),
        ("the picture made a null", update(&once, &[(8, "null")])),
        ("the picture freed", file),
        (
            "the field hidden",
            update(
                &once,
                &[(20, &crate::support::agreement::PRICE.replace("/F 4", "/F 2"))],
            ),
        ),
        (
            "the field's widget taken off the page",
            update(&once, &[(3, &page("30 0 R").replace("20 0 R 22", "22"))]),
        ),
    ];
    assert_eq!(fooled("shadow: hide", &attacks, &[&person]), [""; 0]);
}

#[test]
fn shadow_attacks_replace() {
    let person = Person::new();
    let first = |others: &[(u32, &str)], objects: Objects| sign(&person, &agreement_with(others), &objects);
    let second = |n, body: &str| with(signature(1, ""), n, body);
    let shared_look = first(&[(5, "<</Font<</F 9 0 R>>/XObject<</X 21 0 R>>>>")], signature(0, ""));
    let disguised = agreement_with(&[
        (1, &catalog("", "/Metadata 4 0 R")),
        (4, &stream(PAID).replace("<<", "<</Type/Metadata/Subtype/XML")),
    ]);
    let described = with(signature(0, ""), 1, &catalog("30 0 R", "/Metadata 4 0 R"));
    let store = |list: &str| catalog("30 0 R", &format!("/DSS {list}"));
    let stored = with(signature(0, ""), 1, &store("<</Certs[4 0 R]>>"));
    let resources = with(signature(0, ""), 1, &store("5 0 R"));
    let arrays = with(
        signature(0, ""),
        3,
        &page("30 0 R").replace("/Contents 4 0 R", "/Contents 70 0 R"),
    );
    let arrays = with(with(arrays, 70, "[4 0 R]"), 1, &store("<</Certs 70 0 R>>"));
    let nowhere = with(
        signature(0, ""),
        3,
        &page("30 0 R").replace("/Contents 4 0 R", "/Contents[4 0 R 71 0 R]"),
    );
    let alive = sign(&person, &agreement_with(&[]), &nowhere);
    let sealed =
        "<</FT/Sig/T(sig1)/V 33 0 R/Subtype/Widget/Type/Annot/Rect[300 300 340 340]/F 4/P 3 0 R/AP<</N 71 0 R>>>>";
    let alive_page = page("30 0 R 32 0 R").replace("/Contents 4 0 R", "/Contents[4 0 R 71 0 R]");
    let attacks: Vec<Attack> = vec![
        ("a look that the page draws too", {
            let filled = crate::support::agreement::PRICE.replace("(100)", "(900)");
            update(&shared_look, &[(20, &filled), (21, &text_look("900"))])
        }),
        ("content that calls itself metadata", {
            let once = sign(&person, &disguised, &described);
            update(
                &once,
                &[(
                    4,
                    &stream("BT (We pay 1) Tj ET").replace("<<", "<</Type/Metadata/Subtype/XML"),
                )],
            )
        }),
        (
            "content in the list of certificates",
            update(&first(&[], stored), &[(4, &stream(PAID))]),
        ),
        ("resources that call themselves a security store", {
            update(
                &first(&[], resources),
                &[(5, "<</Font<</F 9 0 R>>/XObject<</X 72 0 R>>>>"), (72, &form(PAID, ""))],
            )
        }),
        (
            "a list of certificates that is the page's content",
            update(&first(&[], arrays), &[(70, "[4 0 R 73 0 R]"), (73, &stream(PAID))]),
        ),
        ("a reference brought to life by a seal", {
            let objects = with(with(second(32, sealed), 71, &form(PAID, "")), 3, &alive_page);
            sign(&person, &alive, &objects)
        }),
        (
            "a reference brought to life by nothing",
            update(&alive, &[(71, &stream(PAID))]),
        ),
        ("the first field shows the second signature", {
            let objects = with(signature(1, ""), 30, &field(0).replace("31 0 R", "33 0 R"));
            sign(&person, &signed_once(&person), &objects)
        }),
    ];
    assert_eq!(fooled("shadow: replace", &attacks, &[&person]), [""; 0]);
    assert_eq!(
        refused("beside shadows", &[("with a reference to nowhere", alive)], &[&person]),
        [""; 0]
    );
}

#[test]
fn shadow_attacks_hide_and_replace() {
    let person = Person::new();
    let hidden: &[(u32, &str)] = &[
        (60, "<</Type/Pages/Kids[61 0 R]/Count 1>>"),
        (
            61,
            "<</Type/Page/Parent 60 0 R/MediaBox[0 0 595 842]/Contents 62 0 R/Resources 5 0 R>>",
        ),
        (62, &stream(PAID)),
        (
            63,
            "<</Type/Catalog/Pages 60 0 R/AcroForm<</Fields[30 0 R]/SigFlags 3>>>>",
        ),
    ];
    let once = sign(&person, &agreement_with(hidden), &signature(0, ""));
    let swap = |from: &str, to: &str| {
        let file = update(&once, &[(90, "null")]);
        let at = crate::support::updates::find_last(&file, from.as_bytes()).unwrap();
        super::overwritten(&file, at, to)
    };
    let attacks: Vec<Attack> = vec![
        (
            "the catalogue shows other pages",
            update(&once, &[(1, &catalog("30 0 R", "").replace("2 0 R", "60 0 R"))]),
        ),
        (
            "the page tree shows other pages",
            update(&once, &[(2, "<</Type/Pages/Kids[61 0 R]/Count 1>>")]),
        ),
        (
            "the page shows other content",
            update(&once, &[(3, &page("30 0 R").replace("4 0 R", "62 0 R"))]),
        ),
        (
            "another catalogue in the trailer",
            swap("/Root 1 0 R/Size 100/Prev", "/Root 63 0 R/Size 99/Prev"),
        ),
        (
            "hidden objects moved under used numbers",
            update(&once, &[(4, &stream(PAID))]),
        ),
    ];
    assert_eq!(fooled("shadow: hide and replace", &attacks, &[&person]), [""; 0]);
}
