//! Incremental saving attacks: something is put behind the signed bytes, with or without a table that lists it.

use super::{Attack, hole, signed_once};
use crate::support::agreement::{catalog, page};
use crate::support::updates::{Person, find_last, stream, update};
use crate::support::verified::fooled;

#[test]
fn incremental_saving_attacks() {
    let person = Person::new();
    let once = signed_once(&person);
    assert_eq!(fooled("incremental saving", &attacks(&once), &[&person]), [""; 0]);
}

fn attacks(once: &[u8]) -> Vec<Attack> {
    let paid = stream("BT /F 12 Tf 50 700 Td (We pay 900) Tj ET");
    let changed = update(once, &[(4, &paid)]);
    let object = format!("4 0 obj\n{paid}\nendobj\n");
    let behind = |text: &str| [once, text.as_bytes()].concat();
    let startxref = String::from_utf8_lossy(&once[find_last(once, b"startxref").unwrap()..]).into_owned();
    let signature = {
        let hex = hole(once);
        let start = once[..hex.start].windows(6).rposition(|w| w == b"31 0 o").unwrap() + 9;
        let end = hex.end + once[hex.end..].windows(6).position(|w| w == b"endobj").unwrap() - 1;
        String::from_utf8_lossy(&once[start..end]).into_owned()
    };
    let other_page = page("30 0 R").replace("/Contents 4 0 R", "/Contents[4 0 R 40 0 R]");
    vec![
        ("page content replaced", changed.clone()),
        ("page content replaced and the table cut off", {
            let table = find_last(&changed, b"xref\n4 1").unwrap();
            changed[..table].to_vec()
        }),
        ("an object behind the end", behind(&object)),
        (
            "an object and the old startxref",
            behind(&format!("{object}{startxref}")),
        ),
        (
            "a trailer without a table",
            behind(&format!("{object}trailer\n<</Root 1 0 R/Size 99>>\n{startxref}")),
        ),
        (
            "the signature repeated with the change",
            update(once, &[(4, &paid), (31, &signature)]),
        ),
        (
            "more content for the page",
            update(once, &[(3, &other_page), (40, &paid)]),
        ),
        (
            "another page",
            update(
                once,
                &[(2, "<</Type/Pages/Kids[3 0 R 41 0 R]/Count 2>>"), (41, &page(""))],
            ),
        ),
        (
            "another font",
            update(once, &[(9, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")]),
        ),
        ("other resources", update(once, &[(5, "<</Font<</F 9 0 R>>>>")])),
        (
            "an action at opening",
            update(
                once,
                &[(
                    1,
                    &catalog("30 0 R", "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"),
                )],
            ),
        ),
        (
            "optional content",
            update(once, &[(1, &catalog("30 0 R", "/OCProperties<<>>"))]),
        ),
        ("white space and a comment behind the end", behind("\n% added\n")),
        ("a line end behind the end", behind("\n")),
        ("an object nobody refers to", update(once, &[(50, &paid)])),
        (
            "a hidden object in an update",
            update(&behind(&object), &[(50, "null")]),
        ),
    ]
}
