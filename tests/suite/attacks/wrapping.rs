//! Signature wrapping: the signed bytes are moved, or others are put into the gap that /ByteRange leaves.

use super::{Attack, hole, overwritten, signed_once};
use crate::support::agreement::{agreement, signature};
use crate::support::updates::{Person, find_last, stream, update};
use crate::support::verified::fooled;

#[test]
fn signature_wrapping() {
    let person = Person::new();
    let once = signed_once(&person);
    let mut attacks = attacks(&once);
    attacks.push(("a gap that was too wide when it was signed", {
        let reason = "/Reason(We pay 100)";
        let objects = signature(0, reason);
        let objects: Vec<(u32, &str)> = objects.iter().map(|(n, body)| (*n, body.as_str())).collect();
        let signed = person.sign_without(reason.len(), &agreement(), &objects);
        let price = find_last(&signed, b"We pay 100").unwrap() + 7;
        overwritten(&signed, price, "900")
    }));
    assert_eq!(fooled("signature wrapping", &attacks, &[&person]), [""; 0]);
}

fn attacks(once: &[u8]) -> Vec<Attack> {
    let hex = hole(once);
    let range = find_last(once, b"/ByteRange[").unwrap() + 10;
    let paid = stream("BT (We pay 900) Tj ET");
    let used = once[hex.clone()].iter().rposition(|b| *b != b'0').unwrap() + 2;
    let free = hex.start + used + used % 2;
    let moved = |inject: &str| {
        let mut file = [&once[..=hex.end], inject.as_bytes(), &once[hex.end + 1..]].concat();
        let second = hex.end + 1 + inject.len();
        let text = format!("[0 {} {second} {}]", hex.start - 1, file.len() - second);
        file[range..range + text.len()].copy_from_slice(text.as_bytes());
        file
    };
    let in_gap = |text: &str| overwritten(once, free, text);
    let (start, all) = (hex.start - 1, once.len());
    vec![
        (
            "objects in a wider gap",
            moved(&format!(" /Y 1>>\nendobj\n4 0 obj\n{paid}\nendobj\n")),
        ),
        ("white space in a wider gap", moved("          ")),
        ("the string ends early", in_gap(">                         /Y<")),
        (
            "a second /ByteRange in the gap",
            in_gap(&format!(
                ">/ByteRange[0 {start} {} {}]/Y<",
                hex.end + 1,
                all - hex.end - 1
            )),
        ),
        ("a second /Contents in the gap", in_gap(">/Contents<00>/Y<")),
        (
            "an object in the gap",
            in_gap("> >> endobj 4 0 obj <</Length 0>> stream endstream endobj 60 0 obj <</Y<"),
        ),
        ("a comment in the gap", in_gap("%4 0 obj")),
        ("the whole file again behind itself", [once, once].concat()),
        (
            "the signed file behind another header",
            [b"%PDF-1.7\n".as_slice(), once].concat(),
        ),
        ("the signature's object again in an update", {
            let body = format!(
                "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 {start} {} {}]/Contents<{}>>>",
                hex.end + 1,
                all - hex.end - 1,
                String::from_utf8_lossy(&once[hex.clone()])
            );
            update(once, &[(31, &body)])
        }),
        ("a copy of the signature in another field", {
            let body = format!(
                "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 {start} {} {}]/Contents<{}>>>",
                hex.end + 1,
                all - hex.end - 1,
                String::from_utf8_lossy(&once[hex.clone()])
            );
            let objects = signature(1, "");
            let mut objects: Vec<(u32, &str)> = objects
                .iter()
                .filter(|(n, _)| *n != 33)
                .map(|(n, b)| (*n, b.as_str()))
                .collect();
            objects.push((33, &body));
            update(once, &objects)
        }),
    ]
}
