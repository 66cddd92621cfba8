//! The parts of the PDF reader: tokens, values, cross-reference sections, filters.

use crate::support::mutate::{Dice, damaged, exchanged, fuzz};
use crate::support::shapes;
use hankod::pdf::lex::Lexer;
use hankod::pdf::value::ObjectId;
use hankod::pdf::{Document, filter};
use std::io::Write;

const TOKENS: &[&str] = &[
    "<<",
    ">>",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "/",
    "%",
    "\r",
    "\n",
    "\0",
    "{",
    "}",
    " ",
    "\\",
    "\\053",
    "\\\r\n",
    "#20",
    "#0",
    "#zz",
    "true",
    "false",
    "null",
    "R",
    " 0 R",
    "1 0 R",
    "8388607 65535 R",
    "-0",
    "+.5",
    "4.",
    ".",
    "--1",
    "1e5",
    "00000",
    "FEFF",
    "<</A 1/A 2>>",
    "obj",
    "endobj",
    "stream\n",
    "endstream",
];

#[test]
fn lex() {
    let seeds = [
        b"12 0 obj\n<</A[1 0 R(x\\)y)<4a4B>/N#61me -.5 true null]/B<</C%c\n()>>>>\nendobj\r\n".to_vec(),
        b"  % comment \r\n /Name(nested(parens)\\\\)<AB C>[[[]]] 0000000000 65535 f \r\n".to_vec(),
    ];
    let damage = |bytes: &[u8], dice: &mut Dice| exchanged(bytes, dice, TOKENS);
    fuzz("lex", &seeds, damage, |bytes, _| {
        let mut lex = Lexer::new(bytes, 0);
        loop {
            let before = lex.at();
            let _ = lex.skip();
            let _ = lex.clone().unsigned();
            let _ = lex.clone().object_head();
            let _ = lex.clone().dict();
            let _ = lex.clone().keyword("endobj");
            if lex.value().is_err() {
                lex.seek(lex.at().max(before) + 1);
            }
            assert!(
                lex.at() <= bytes.len() && lex.at() >= before,
                "a reader never goes back"
            );
            if lex.at() >= bytes.len() || lex.at() == before {
                return;
            }
        }
    });
}

#[test]
fn value() {
    let seeds = [
        b"<</Type/Sig/ByteRange[0 840 9034 1222]/Contents<00ff>/M(D:20260101090000+09'00')/Reason<FEFF5951>>>".to_vec(),
        b"[1 -2 +3.5 .25 (a\\(b\\)\\101\\n) /N#20 true false null 7 0 R << /K [ <</D 1>> ] >>]".to_vec(),
    ];
    let damage = |bytes: &[u8], dice: &mut Dice| exchanged(bytes, dice, TOKENS);
    let mut read = 0;
    fuzz("value", &seeds, damage, |bytes, _| {
        let Ok(value) = Lexer::new(bytes, 0).value() else {
            return;
        };
        read += 1;
        let mut written = Vec::new();
        value.write(&mut written);
        assert_eq!(
            Lexer::new(&written, 0).value().as_ref(),
            Ok(&value),
            "what is written reads the same"
        );
    });
    assert!(read > 0);
}

#[test]
fn xref() {
    let seeds: Vec<Vec<u8>> = shapes::plain().into_iter().map(|shape| shape.bytes).collect();
    let tokens = [
        "xref",
        "trailer",
        "startxref",
        " n",
        " f",
        " n \n",
        " f\r\n",
        "0 1\n",
        "0 0\n",
        "/Size",
        "/Prev",
        "/W",
        "/W[1 2 1]",
        "/W[8 8 8]",
        "/W[0 4 2]",
        "/Index",
        "/Index[0 99999999]",
        "/XRefStm",
        "/Root",
        "/Type/XRef",
        "/Length",
        "0000000000",
        "9999999999",
        "65535",
        "%%EOF",
        "obj",
        "endobj",
        "/Prev 0",
        "/N",
        "/First",
    ];
    let damage = |bytes: &[u8], dice: &mut Dice| {
        // The objects stay whole, so that what is read through the section is read.
        let from = bytes.windows(4).position(|w| w == b"xref").unwrap_or(0);
        let from = from.saturating_sub(200);
        [&bytes[..from], &exchanged(&bytes[from..], dice, &tokens)].concat()
    };
    let mut opened = 0;
    fuzz("xref", &seeds, damage, |bytes, _| {
        let Ok(document) = Document::open(bytes, None) else {
            return;
        };
        opened += 1;
        for number in 0..document.size().min(32) {
            let Ok(loaded) = document.get(ObjectId { number, generation: 0 }) else {
                continue;
            };
            assert!(loaded.packed || loaded.span.end <= bytes.len(), "within the file");
        }
        if let Ok(revisions) = document.revisions() {
            assert!(!revisions.is_empty());
        }
    });
    assert!(opened > 0);
}

#[test]
fn filter() {
    const LIMIT: usize = 1 << 10;
    let text = b"BT /F1 24 Tf (Agreement) Tj ET ".repeat(40);
    let mut flate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    flate.write_all(&text).unwrap();
    let seed = |dict: &str, data: &[u8]| [dict.as_bytes(), b"\nstream\n", data].concat();
    let flate = flate.finish().unwrap();
    let hex = hex::encode(&flate) + ">";
    let seeds = [
        seed("<</Filter/FlateDecode>>", &flate),
        seed(
            "<</Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 30/Colors 1/BitsPerComponent 8>>>>",
            &flate,
        ),
        seed(
            "<</Filter[/ASCIIHexDecode/FlateDecode]/DecodeParms[null<</Predictor 2/Columns 4>>]>>",
            hex.as_bytes(),
        ),
        seed(
            "<</Filter/LZWDecode/DecodeParms<</EarlyChange 0>>>>",
            b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01",
        ),
        seed("<</Filter/ASCII85Decode>>", b"87cURD]i,\"Ebo80z~>"),
    ];
    let tokens = [
        "/FlateDecode",
        "/LZWDecode",
        "/ASCIIHexDecode",
        "/ASCII85Decode",
        "/RunLengthDecode",
        "/Crypt",
        "/DCTDecode",
        "/Filter",
        "/DecodeParms",
        "/Predictor 2",
        "/Predictor 15",
        "/Columns",
        "/Columns 2147483647",
        "/Colors 0",
        "/Colors 32",
        "/BitsPerComponent 16",
        "/EarlyChange",
        "null",
        "[",
        "]",
        "<<",
        ">>",
        "~>",
        "z",
        ">",
    ];
    let damage = |bytes: &[u8], dice: &mut Dice| match dice.below(2) {
        0 => damaged(bytes, dice),
        _ => exchanged(bytes, dice, &tokens),
    };
    let mut decoded = 0;
    fuzz("filter", &seeds, damage, |bytes, _| {
        let mut lex = Lexer::new(bytes, 0);
        let Ok(dict) = lex.dict() else { return };
        let _ = lex.take(b"\nstream\n");
        if let Ok(data) = filter::decode(&dict, &bytes[lex.at()..], LIMIT) {
            assert!(data.len() <= LIMIT, "{} bytes", data.len());
            decoded += 1;
        }
    });
    assert!(decoded > 0);
}
