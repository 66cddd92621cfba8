//! Certified documents: annotations and signatures that the certification allows by their name, and that hide or say what it does not.

use super::{Attack, Stamper, certified_at};
use crate::support::agreement::{PRICE, SEAL, catalog, field, form, page, sign, signature, text_look, with};
use crate::support::updates::{Person, update};
use crate::support::verified::{counted, fooled, refused};

const BOX: &str = "/Type/Annot/Rect[40 690 300 720]/F 4/P 3 0 R";

#[test]
fn evil_annotations() {
    let person = Person::new();
    let (second, third) = (certified_at(&person, 2), certified_at(&person, 3));
    let annotated = |file: &[u8], annotation: &str, look: &str| {
        update(file, &[(3, &page("30 0 R 80 0 R")), (80, annotation), (81, look)])
    };
    let plain = |file: &[u8], annotation: &str| update(file, &[(3, &page("30 0 R 80 0 R")), (80, annotation)]);
    let words = form(
        "1 g 0 0 300 30 re f BT /F 12 Tf (We pay 900) Tj ET",
        "/Resources<</Font<</F 9 0 R>>>>",
    );
    let white = form("1 g 0 0 300 30 re f", "");
    let of = |kind: &str, more: &str| format!("<</Subtype/{kind}{BOX}{more}>>");
    let look = "/AP<</N 81 0 R>>";
    let attacks: Vec<Attack> = vec![
        (
            "free text",
            plain(&third, &of("FreeText", "/Contents(We pay 900)/DA(/F 12 Tf)")),
        ),
        (
            "free text with a look",
            annotated(&third, &of("FreeText", look), &words),
        ),
        ("a stamp", annotated(&third, &of("Stamp", look), &words)),
        (
            "a redaction",
            plain(&third, &of("Redact", "/IC[1 1 1]/OverlayText(900)")),
        ),
        (
            "a highlight that writes",
            annotated(&third, &of("Highlight", look), &words),
        ),
        (
            "a highlight that whitens",
            annotated(&third, &of("Highlight", look), &white),
        ),
        (
            "a square that whitens",
            plain(&third, &of("Square", "/IC[1 1 1]/C[1 1 1]")),
        ),
        (
            "ink that shows a picture",
            annotated(
                &third,
                &of("Ink", look),
                &form("/X Do", "/Resources<</XObject<</X 8 0 R>>>>"),
            ),
        ),
        (
            "a note as large as a paragraph",
            annotated(&third, &of("Text", look), &white),
        ),
        (
            "a link that acts",
            plain(&third, &of("Link", "/A<</S/URI/URI(http://example.test)>>")),
        ),
        (
            "a note that acts",
            plain(
                &third,
                &of("Text", "/AA<</E<</S/JavaScript/JS(1)>>>>").replace("300 720", "60 710"),
            ),
        ),
        ("a widget of no field", annotated(&third, &of("Widget", look), &words)),
        ("a film", plain(&third, &of("Screen", ""))),
        ("a seal's widget removed", update(&third, &[(3, &page(""))])),
        (
            "annotations in another order",
            update(
                &third,
                &[(3, &page("30 0 R").replace("20 0 R 22 0 R", "22 0 R 20 0 R"))],
            ),
        ),
        (
            "a note at level 2",
            plain(&second, &of("Text", "").replace("300 720", "60 710")),
        ),
    ];
    assert_eq!(fooled("evil annotations", &attacks, &[&person]), [""; 0]);
    let note = plain(&third, &of("Text", "/Contents(ok)").replace("300 720", "60 710"));
    assert_eq!(
        refused("beside evil annotations", &[("a note at level 3", note)], &[&person]),
        [""; 0]
    );
}

#[test]
fn sneaky_signatures() {
    let (person, other) = (Person::new(), Person::new());
    let (first, second) = (certified_at(&person, 1), certified_at(&person, 2));
    let words = form(
        "1 g 0 0 300 30 re f BT /F 12 Tf (We pay 900) Tj ET",
        "/Resources<</Font<</F 9 0 R>>>>",
    );
    let seal = |rect: &str| {
        let field =
            format!("<</FT/Sig/T(sig1)/V 33 0 R/Subtype/Widget/Type/Annot/Rect[{rect}]/F 4/P 3 0 R/AP<</N 81 0 R>>>>");
        with(with(signature(1, ""), 32, &field), 81, &words)
    };
    let empty = "<</FT/Sig/T(sig1)/Subtype/Widget/Type/Annot/Rect[40 690 300 720]/F 4/P 3 0 R/AP<</N 81 0 R>>>>";
    let unsigned = [
        (1, catalog("30 0 R 32 0 R", "")),
        (3, page("30 0 R 32 0 R")),
        (32, empty.to_owned()),
        (81, words.clone()),
    ];
    let unsigned: Vec<(u32, &str)> = unsigned.iter().map(|(n, b)| (*n, b.as_str())).collect();
    let mut painted = unsigned.clone();
    let coloured = empty.replace("/AP<</N 81 0 R>>", "/MK<</BG[1 1 1]>>");
    painted.retain(|(n, _)| *n != 32 && *n != 81);
    painted.push((32, &coloured));
    let moved = SEAL
        .replace("/F 4", "/F 4/V 33 0 R")
        .replace("400 40 460 100", "40 690 300 720");
    let moved = with(with(signature(1, ""), 24, &moved), 1, &catalog("30 0 R", ""));
    let moved = with(with(moved, 3, &page("30 0 R")), 32, "null");
    let attacks: Vec<Attack> = vec![
        (
            "a new seal on a certified page",
            sign(&other, &second, &seal("40 690 300 720")),
        ),
        ("a signature at level 1", sign(&other, &first, &signature(1, ""))),
        ("an empty field that shows something", update(&second, &unsigned)),
        ("an empty field with a background", update(&second, &painted)),
        ("the empty field moved and signed", sign(&other, &second, &moved)),
        (
            "a second certification",
            sign(
                &other,
                &second,
                &with(
                    signature(1, ""),
                    1,
                    &catalog("30 0 R 32 0 R", "/Perms<</DocMDP 33 0 R>>"),
                ),
            ),
        ),
        (
            "filled at level 1",
            update(
                &first,
                &[(20, &PRICE.replace("(100)", "(900)")), (21, &text_look("900"))],
            ),
        ),
    ];
    assert_eq!(fooled("sneaky signatures", &attacks, &[&person, &other]), [""; 0]);
    let good = sign(&other, &second, &signature(1, ""));
    assert_eq!(
        refused(
            "beside sneaky signatures",
            &[("a second signature at level 2", good)],
            &[&person, &other]
        ),
        [""; 0]
    );
}

#[test]
fn timestamps_that_paint() {
    let (person, stamper) = (Person::new(), Stamper::new());
    let first = certified_at(&person, 1);
    let words = form(
        "1 g 0 0 300 30 re f BT /F 12 Tf (We pay 900) Tj ET",
        "/Resources<</Font<</F 9 0 R>>>>",
    );
    let stamped = |body: &str, look: &str| stamper.stamp(&first, &with(with(signature(1, ""), 32, body), 81, look));
    let bare = |body: &str| stamper.stamp(&first, &with(signature(1, ""), 32, body));
    let over = |more: &str| {
        field(1)
            .replace("0 0 0 0", "40 690 300 720")
            .replace("/F 132", "/F 4")
            .replace(">>", &format!("{more}>>"))
    };
    let look = "/AP<</N 81 0 R>>";
    let blank = form("% DSBlank", "");
    let below = "<</FT/Sig/T(sig1)/V 33 0 R/Kids[82 0 R]>>";
    let kid =
        "<</Parent 32 0 R/Subtype/Widget/Type/Annot/Rect[40 690 300 720]/F 4/P 3 0 R/AP<</N<</A 81 0 R>>>>/AS/A>>";
    let kids = with(with(with(signature(1, ""), 32, below), 81, &words), 82, kid);
    let kids = with(kids, 3, &page("30 0 R 82 0 R"));
    let attacks: Vec<Attack> = vec![
        ("a timestamp that writes", stamped(&over(look), &words)),
        ("a timestamp that writes below", stamper.stamp(&first, &kids)),
        ("a timestamp with a background", bare(&over("/MK<</BG[1 1 1]>>"))),
        (
            "a timestamp that only prints",
            stamped(&over(look).replace("/F 4", "/F 36"), &words),
        ),
        ("a large timestamp for viewers to draw", bare(&over(""))),
        (
            "a hidden timestamp with a look to be shown",
            stamped(&over(look).replace("/F 4", "/F 2"), &words),
        ),
        (
            "a timestamp without room that writes",
            stamped(&field(1).replace(">>", &format!("{look}>>")), &words),
        ),
    ];
    counted("painted timestamps", attacks.len());
    assert_eq!(stamper.passing(&attacks, &person), [""; 0]);
    let good: Vec<Attack> = vec![
        ("nothing to see", stamper.stamp(&first, &signature(1, ""))),
        (
            "a blank look",
            stamped(&field(1).replace(">>", &format!("{look}>>")), &blank),
        ),
        ("hidden", bare(&over("").replace("/F 4", "/F 2"))),
    ];
    assert_eq!(
        stamper.passing(&good, &person),
        ["nothing to see", "a blank look", "hidden"]
    );
}
