//! Appearance swaps: the value stays and the look changes, or both change and say different things; and seals that are drawn over.

use super::{Attack, Stamper, certified_at, signed_once};
use crate::support::agreement::{
    AGREED, NOTE, PRICE, SEAL, agreement, agreement_with, catalog, docmdp, form, page, sign, signature, text_look, with,
};
use crate::support::updates::{HOLE, Person, update};
use crate::support::verified::{counted, fooled, refused};

#[test]
fn appearance_swaps_of_fields() {
    let person = Person::new();
    let once = signed_once(&person);
    let filled = PRICE.replace("(100)", "(900)");
    let other_look = |look: &str| update(&once, &[(20, &filled), (21, look)]);
    let font = "/Resources<</Font<</F 9 0 R>>/XObject<</X 8 0 R>>>>";
    let attacks: Vec<Attack> = vec![
        (
            "another look of the same value",
            update(&once, &[(21, &text_look("900"))]),
        ),
        (
            "another look under a new number",
            update(
                &once,
                &[(20, &PRICE.replace("21 0 R", "82 0 R")), (82, &text_look("900"))],
            ),
        ),
        ("another value with the old look", update(&once, &[(20, &filled)])),
        ("another value with a third look", other_look(&text_look("10"))),
        ("a look with more behind the value", other_look(&text_look("900000"))),
        (
            "a look with a picture",
            other_look(&form("BT /F 9 Tf (900) Tj ET /X Do", font)),
        ),
        (
            "a look whose text is invisible",
            other_look(&form("BT /F 9 Tf 3 Tr (900) Tj ET", font)),
        ),
        (
            "a look with a picture inside",
            other_look(&form("BT /F 9 Tf (900) Tj ET BI /W 1/H 1/BPC 8/CS/G ID x EI", font)),
        ),
        ("the note filled with another text than it has", {
            let note = NOTE.replace("/T(note)", "/T(note)/V(yes)/AP<</N 82 0 R>>");
            update(&once, &[(22, &note), (82, &text_look("no"))])
        }),
        (
            "the box shows yes and is off",
            update(&once, &[(28, &form("0 0 m 9 9 l S", ""))]),
        ),
        (
            "the box is ticked with another picture",
            update(
                &once,
                &[
                    (
                        26,
                        &AGREED.replace("/AS/Off", "/AS/Yes/V/Yes").replace("27 0 R", "82 0 R"),
                    ),
                    (82, &form("", "")),
                ],
            ),
        ),
        (
            "the box shows another state than it has",
            update(&once, &[(26, &AGREED.replace("/AS/Off", "/AS/Yes/V/No"))]),
        ),
        (
            "the field moved",
            update(
                &once,
                &[
                    (20, &filled.replace("10 10 90 30", "300 10 390 30")),
                    (21, &text_look("900")),
                ],
            ),
        ),
        (
            "the field renamed",
            update(&once, &[(20, &PRICE.replace("(price)", "(cost)"))]),
        ),
        (
            "viewers told to draw anew",
            update(
                &once,
                &[(
                    1,
                    &catalog("30 0 R", "").replace("/SigFlags 3", "/SigFlags 3/NeedAppearances true"),
                )],
            ),
        ),
    ];
    assert_eq!(fooled("appearance swaps: fields", &attacks, &[&person]), [""; 0]);
    let honest = other_look(&text_look("900"));
    assert_eq!(
        refused(
            "beside swaps of fields",
            &[("a value and its look", honest)],
            &[&person]
        ),
        [""; 0]
    );
}

#[test]
fn appearance_swaps_of_seals() {
    let (person, other) = (Person::new(), Person::new());
    let sealed = SEAL.replace("/F 4", "/F 4/V 31 0 R/AP<</N 83 0 R>>");
    let objects = vec![
        (24, sealed.clone()),
        (83, form("1 0 0 rg 0 0 60 60 re f", "")),
        (31, format!("<<{}{HOLE}>>", crate::support::agreement::SIGNATURE)),
    ];
    let once = sign(&person, &agreement(), &objects);
    let blue = form("0 0 1 rg 0 0 60 60 re f", "");
    let over =
        "<</FT/Sig/T(sig1)/V 33 0 R/Subtype/Widget/Type/Annot/Rect[390 30 470 110]/F 4/P 3 0 R/AP<</N 84 0 R>>>>";
    let whole = over.replace("390 30 470 110", "0 0 595 842");
    let second = |field: &str| {
        let objects = with(with(signature(1, ""), 32, field), 84, &blue);
        let objects = with(objects, 1, &catalog("32 0 R", ""));
        sign(&other, &once, &with(objects, 3, &page("32 0 R")))
    };
    let attacks: Vec<Attack> = vec![
        ("the seal's picture replaced", update(&once, &[(83, &blue)])),
        (
            "the seal shows another picture",
            update(&once, &[(24, &sealed.replace("83 0 R", "85 0 R")), (85, &blue)]),
        ),
        (
            "the seal hidden",
            update(&once, &[(24, &sealed.replace("/F 4", "/F 2"))]),
        ),
        (
            "the seal moved",
            update(&once, &[(24, &sealed.replace("400 40", "500 40"))]),
        ),
        (
            "the seal without its picture",
            update(&once, &[(24, &sealed.replace("/AP<</N 83 0 R>>", ""))]),
        ),
        ("a second seal over the first", second(over)),
        ("a second seal over the page", second(&whole)),
    ];
    assert_eq!(fooled("appearance swaps: seals", &attacks, &[&person, &other]), [""; 0]);
    let beside = second(&over.replace("390 30 470 110", "300 40 360 100"));
    assert_eq!(
        refused(
            "beside swaps of seals",
            &[("sealed", once), ("a second seal beside the first", beside)],
            &[&person, &other]
        ),
        [""; 0]
    );
}

#[test]
fn timestamps_in_fields_that_were_there() {
    let (person, stamper) = (Person::new(), Stamper::new());
    let first = certified_at(&person, 1);
    let lock = "/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2/Action/Include/Fields[(seal)]>>>>]";
    let locked = sign(&person, &agreement(), &signature(0, lock));
    let filled = |more: &str| SEAL.replace("/F 4", &format!("/F 4/V 33 0 R{more}"));
    let words = form("1 g 0 0 60 60 re f BT /F 12 Tf (900) Tj ET", "");
    let stamped = |pdf: &[u8], body: &str| stamper.stamp(pdf, &vec![(24, body.to_owned()), (81, words.clone())]);
    let alone = |pdf: &[u8]| stamper.stamp(pdf, &vec![(24, filled(""))]);
    let looked = SEAL.replace("/F 4", "/F 4/AP<</N 28 0 R>>");
    let looked = agreement_with(&[(24, &looked)]);
    let looked = sign(&person, &looked, &signature(0, &docmdp(1)));
    let redrawn = vec![(24, filled("/AP<</N 28 0 R>>")), (28, words.clone())];
    let attacks: Vec<Attack> = vec![
        ("a look for the timestamp", stamped(&first, &filled("/AP<</N 81 0 R>>"))),
        ("another look in the old place", stamper.stamp(&looked, &redrawn)),
        (
            "the field hidden",
            stamper.stamp(&first, &vec![(24, filled("").replace("/F 4", "/F 2"))]),
        ),
        (
            "the field moved",
            stamper.stamp(&first, &vec![(24, filled("").replace("400 40", "40 40"))]),
        ),
        (
            "a background",
            stamper.stamp(&first, &vec![(24, filled("/MK<</BG[1 1 1]>>"))]),
        ),
        ("a locked field", alone(&locked)),
    ];
    counted("timestamps in fields that were there", attacks.len());
    assert_eq!(stamper.passing(&attacks, &person), [""; 0]);
    let good: Vec<Attack> = vec![
        ("an empty field", alone(&first)),
        ("beside the lock", stamper.stamp(&locked, &signature(1, ""))),
    ];
    assert_eq!(stamper.passing(&good, &person), ["an empty field", "beside the lock"]);
}
