//! Universal signature forgery: the signature's dictionary says nothing that could be checked, and a viewer checks nothing.

use super::{Attack, hole, overwritten, signed_once};
use crate::support::updates::{Person, find_last};
use crate::support::verified::{fooled, refused};

#[test]
fn universal_signature_forgery() {
    let person = Person::new();
    let once = signed_once(&person);
    assert_eq!(
        refused("as signed", &[("as signed", once.clone())], &[&person]),
        [""; 0]
    );
    assert_eq!(
        fooled("universal signature forgery", &attacks(&once), &[&person]),
        [""; 0]
    );
}

fn attacks(once: &[u8]) -> Vec<Attack> {
    let hex = hole(once);
    let contents = hex.start - 1;
    let range = find_last(once, b"/ByteRange[").unwrap();
    let close = range + once[range..].iter().position(|b| *b == b']').unwrap() + 1;
    let length = hex.len() + 2;
    let contents_as = |text: &str| overwritten(once, contents, &format!("{text:<length$}"));
    let range_as = |text: &str| {
        let width = close - range - 10;
        overwritten(once, range + 10, &format!("{text:<width$}"))
    };
    let (start, end, all) = (contents, hex.end + 1, once.len());
    vec![
        ("no /Contents", overwritten(once, contents - 9, "/Contentz")),
        ("/Contents null", contents_as("null")),
        ("/Contents empty", contents_as("<>")),
        ("/Contents one zero", contents_as("<00>")),
        (
            "/Contents all zeros",
            contents_as(&format!("<{}>", "0".repeat(hex.len()))),
        ),
        ("/Contents a name", contents_as("/None")),
        ("/Contents a literal", contents_as("(0)")),
        ("/Contents an odd number of digits", contents_as("<3>")),
        ("/Contents a reference", contents_as("99 0 R")),
        ("no /ByteRange", overwritten(once, range, "/ByteRangz")),
        ("/ByteRange empty", range_as("[]")),
        ("/ByteRange null", range_as("null")),
        ("/ByteRange of two", range_as(&format!("[0 {start}]"))),
        ("/ByteRange of nothing", range_as("[0 0 0 0]")),
        ("/ByteRange without a gap", range_as(&format!("[0 {all} {all} 0]"))),
        (
            "/ByteRange from 1",
            range_as(&format!("[1 {} {end} {}]", start - 1, all - end)),
        ),
        ("/ByteRange negative", range_as(&format!("[0 -1 {end} {}]", all - end))),
        (
            "/ByteRange past the end",
            range_as(&format!("[0 {start} {end} 99999999]")),
        ),
        (
            "/ByteRange too wide a gap",
            range_as(&format!("[0 20 {end} {}]", all - end)),
        ),
        (
            "/ByteRange reversed",
            range_as(&format!("[{end} {} 0 {start}]", all - end)),
        ),
        ("/ByteRange of names", range_as("[/a /b /c /d]")),
        ("a flag of a field changed", {
            let flag = once.windows(4).position(|w| w == b"/F 4").unwrap() + 3;
            overwritten(once, flag, "0")
        }),
        ("another kind of signature", {
            let at = find_last(once, b"/ETSI.CAdES.detached").unwrap();
            overwritten(once, at, "/ETSI.CAdES.detacheX")
        }),
    ]
}
