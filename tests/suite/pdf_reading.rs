//! The strict reader over every shape of PDF, over what must be refused, and over thousands of broken files.

use crate::support::mutate;
use crate::support::shapes::{self, Shape};
use hankod::pdf::map::PrivateCopy;
use hankod::pdf::value::{ObjectId, Value};
use hankod::pdf::xref::SectionKind;
use hankod::pdf::{Document, Error, tiling};
use hankod::secret::Password;
use hankod::text::{Explain, Lang, has};
use std::collections::HashMap;
use std::io::{Seek, SeekFrom, Write};
use std::process::Command;

fn password(shape: &Shape) -> Option<Password> {
    shape.password.map(|p| Password::new(p.as_bytes().to_vec()).unwrap())
}

fn open(shape: &Shape) -> Document<'_> {
    Document::open(&shape.bytes, password(shape).as_ref()).unwrap_or_else(|e| panic!("{}: {e}", shape.name))
}

fn refusal(bytes: &[u8]) -> Error {
    match Document::open(bytes, None) {
        Ok(_) => panic!("{} was opened", String::from_utf8_lossy(bytes)),
        Err(error) => error,
    }
}

fn id(number: u32) -> ObjectId {
    ObjectId { number, generation: 0 }
}

/// `from` replaced by `to`, of the same length, so that all offsets still hold.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    [&bytes[..at], to.as_bytes(), &bytes[at + to.len()..]].concat()
}

#[test]
fn qpdf_calls_every_shape_clean() {
    for shape in shapes::all() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&shape.bytes).unwrap();
        let run = Command::new("qpdf")
            .arg("--check")
            .arg(format!("--password={}", shape.password.unwrap_or_default()))
            .arg(file.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        // The one departure that we allow and qpdf notes.
        let noted = shape.name == "one newline before xref" && said.contains("whitespace seen before xref");
        assert!(run.status.success() || noted, "{}: {said}", shape.name);
    }
}

#[test]
fn every_shape_opens() {
    for shape in shapes::all() {
        let doc = open(&shape);
        assert!(doc.page_count().unwrap() > 0, "{}", shape.name);
        let page = doc.page(0).unwrap_or_else(|e| panic!("{}: {e}", shape.name));
        assert_eq!(page.inherited.media_box, [0.0, 0.0, 595.0, 842.0], "{}", shape.name);
        for number in 1..doc.size() {
            let loaded = doc
                .get_plain(id(number))
                .unwrap_or_else(|e| panic!("{} {number}: {e}", shape.name));
            if loaded.stream.is_some() {
                doc.stream_data(id(number), &loaded)
                    .unwrap_or_else(|e| panic!("{} {number}: {e}", shape.name));
            }
        }
        let contents = page.dict.get("Contents").and_then(Value::as_ref);
        if let Some(contents) = contents {
            let loaded = doc.get(contents).unwrap();
            let data = doc.stream_data(contents, &loaded).unwrap();
            let text = String::from_utf8_lossy(&data);
            assert!(text.contains("(Agreement) Tj"), "{}: {text}", shape.name);
        }
        if let Some(info) = doc.trailer().get("Info") {
            let info = doc.resolve(info).unwrap();
            let title = info.as_dict().and_then(|d| d.get("Title")).and_then(Value::as_text);
            let title = title.unwrap();
            assert!(
                title.starts_with("Contract") || title == "ab",
                "{}: {title}",
                shape.name
            );
        }
    }
}

#[test]
fn every_revision_tiles() {
    let mut updated = 0;
    for shape in shapes::all() {
        let doc = open(&shape);
        let revisions = doc.revisions().unwrap_or_else(|e| panic!("{}: {e}", shape.name));
        assert_eq!(revisions[0].end, shape.bytes.len());
        for pair in revisions.windows(2) {
            updated += 1;
            tiling::tile(&doc, &pair[0], &pair[1]).unwrap_or_else(|e| panic!("{}: {e}", shape.name));
        }
        tiling::check_first(&doc, &revisions[revisions.len() - 1]).unwrap_or_else(|e| panic!("{}: {e}", shape.name));
    }
    assert_eq!(updated, 4);
}

#[test]
fn a_revision_is_seen_as_it_was() {
    let bytes = shapes::incremental();
    let doc = Document::open(&bytes, None).unwrap();
    let revisions = doc.revisions().unwrap();
    assert_eq!(revisions.len(), 2);
    let changed = tiling::tile(&doc, &revisions[0], &revisions[1]).unwrap();
    assert_eq!(changed, [id(3), id(6), id(7)]);
    let old = doc.at_revision(&revisions[1]);
    assert_eq!(old.get(id(7)).unwrap().value, Value::Null);
    assert!(doc.page(0).unwrap().dict.get("Annots").is_some());
    assert!(old.page(0).unwrap().dict.get("Annots").is_none());
    assert_eq!(old.data().len(), revisions[1].end);
    assert_eq!(old.revisions().unwrap().len(), 1);
}

#[test]
fn an_unlisted_byte_in_an_update_is_seen() {
    let good = shapes::incremental();
    let cut = Document::open(&good, None).unwrap().revisions().unwrap()[1].end;
    let row = good.windows(9).rposition(|w| w == b" 00000 n ").unwrap();
    let comment = format!("%{}\n", "x".repeat(70));
    let hidden: [(&str, Vec<u8>); 4] = [
        ("an object", b"9 0 obj\n<</Type/Page>>\nendobj\n".to_vec()),
        ("a word", b"hidden\n".to_vec()),
        ("a long comment", comment.into_bytes()),
        ("another startxref", b"startxref\n9\n%%EOF\n".to_vec()),
    ];
    for (what, inserted) in hidden {
        // In front of the first object of the update: all of its rows move.
        let moved = shift(&good, cut, &inserted);
        let doc = Document::open(&moved, None).unwrap_or_else(|e| panic!("{what}: {e}"));
        let revisions = doc.revisions().unwrap();
        let error = tiling::tile(&doc, &revisions[0], &revisions[1]).unwrap_err();
        assert_eq!(error.code(), "pdf_damaged", "{what}");
    }
    let moved = shift(&good, cut, b"\n  \r\n");
    let doc = Document::open(&moved, None).unwrap();
    let revisions = doc.revisions().unwrap();
    tiling::tile(&doc, &revisions[0], &revisions[1]).unwrap();

    // A row of the update that points back into the first revision, to an object of its own number.
    let mut back = good.clone();
    let first = good.windows(7).position(|w| w == b"6 0 obj").unwrap();
    back[row - 10..row].copy_from_slice(format!("{first:010}").as_bytes());
    let doc = Document::open(&back, None).unwrap();
    let revisions = doc.revisions().unwrap();
    tiling::tile(&doc, &revisions[0], &revisions[1]).unwrap_err();
}

/// `inserted` at `cut`, and every offset of the one later update moved behind it.
fn shift(file: &[u8], cut: usize, inserted: &[u8]) -> Vec<u8> {
    let text: String = file[cut..].iter().map(|b| char::from(*b)).collect();
    let by = inserted.len();
    let lines = text.split_inclusive('\n').map(|line| {
        let row = line.len() == 20 && line.ends_with(" n \n");
        let plain = line.trim_end().len() > 2 && line.trim_end().bytes().all(|b| b.is_ascii_digit());
        match line.split(' ').next().unwrap().trim_end().parse::<usize>() {
            Ok(n) if row => format!("{:010}{}", n + by, &line[10..]),
            Ok(n) if plain => format!("{}\n", n + by),
            _ => line.to_owned(),
        }
    });
    let rest: Vec<u8> = lines.collect::<String>().chars().map(|c| c as u8).collect();
    [&file[..cut], inserted, &rest].concat()
}

#[test]
fn a_first_revision_whose_rows_lie_is_seen() {
    let bytes = shapes::classic("1.7", shapes::LF);
    let (info, font) = (
        bytes.windows(7).position(|w| w == b"6 0 obj").unwrap(),
        bytes.windows(7).position(|w| w == b"5 0 obj").unwrap(),
    );
    let lying = replaced(&bytes, &format!("{font:010}"), &format!("{info:010}"));
    let doc = Document::open(&lying, None).unwrap();
    assert_eq!(doc.get(id(5)).unwrap_err().code(), "pdf_damaged");
    let first = doc.revisions().unwrap()[0];
    assert_eq!(tiling::check_first(&doc, &first).unwrap_err().code(), "pdf_damaged");
}

#[test]
fn pages_are_found_on_every_level() {
    let shape = shapes::plain()
        .into_iter()
        .find(|s| s.name.starts_with("page tree"))
        .unwrap();
    let doc = open(&shape);
    let pages: Vec<_> = (0..5).map(|n| doc.page(n).unwrap()).collect();
    let numbers: Vec<u32> = pages.iter().map(|p| p.id.number).collect();
    assert_eq!(numbers, [10, 11, 20, 21, 30]);
    let turned: Vec<u16> = pages.iter().map(|p| p.inherited.rotate).collect();
    assert_eq!(turned, [90, 180, 0, 0, 0]);
    assert_eq!(pages[2].inherited.crop_box, [10.0, 20.0, 595.0, 700.0]);
    assert_eq!(pages[2].inherited.resources, Some(Value::Ref(id(6))));
    assert_eq!(pages[3].inherited.media_box, [0.0, 0.0, 612.0, 792.0]);
    assert_eq!(pages[4].inherited.media_box, [0.0, 0.0, 100.5, 200.0]);
    assert_eq!(doc.page(5).unwrap_err(), Error::NoSuchPage { number: 6 });
    assert_eq!(doc.page(u64::MAX).unwrap_err().code(), "pdf_no_such_page");
}

#[test]
fn sections_and_versions_are_told() {
    let shapes = shapes::plain();
    let found: HashMap<&str, _> = shapes
        .iter()
        .map(|shape| {
            let doc = open(shape);
            let sections = doc.sections();
            let revisions = doc.revisions().unwrap().len();
            (shape.name, (sections.len(), sections[0].kind, doc.version(), revisions))
        })
        .collect();
    assert_eq!(found["PDF 1.3"], (1, SectionKind::Table, (1, 3), 1));
    assert_eq!(found["PDF 2.0"], (1, SectionKind::Table, (2, 0), 1));
    assert_eq!(found["version in the catalogue"].2, (2, 0));
    assert_eq!(found["object streams"], (1, SectionKind::Stream, (1, 5), 1));
    assert_eq!(found["hybrid as Word writes it"], (2, SectionKind::Table, (1, 5), 1));
    assert_eq!(found["incremental update"], (2, SectionKind::Table, (1, 7), 2));
    assert_eq!(
        found["update by a cross-reference stream"],
        (2, SectionKind::Stream, (1, 5), 2)
    );
}

#[test]
fn a_linearised_file_is_one_revision() {
    for shape in shapes::all().iter().filter(|s| s.name.starts_with("linearised")) {
        let doc = open(shape);
        assert_eq!(doc.sections().len(), 2, "{}", shape.name);
        assert_eq!(doc.revisions().unwrap().len(), 1, "{}", shape.name);
    }
}

#[test]
fn a_linearised_file_is_updated_as_any_other() {
    let linear = shapes::all().into_iter().find(|s| s.name == "linearised").unwrap();
    let doc = open(&linear);
    let (root, startxref, size) = (doc.root_id(), doc.startxref() as usize, doc.size());
    let mut file = shapes::Builder::after(&linear.bytes, root.number, startxref, size);
    file.object(size, "<</Type/Annot>>");
    file.table(shapes::LF, "");
    let doc = Document::open(&file.bytes, None).unwrap();
    let revisions = doc.revisions().unwrap();
    assert_eq!(revisions.len(), 2);
    assert_eq!(revisions[1].end, linear.bytes.len());
    assert_eq!(tiling::tile(&doc, &revisions[0], &revisions[1]).unwrap(), [id(size)]);
    tiling::check_first(&doc, &revisions[1]).unwrap();
}

#[test]
fn a_file_beyond_four_gigabytes_is_read_without_being_loaded() {
    const DATA: u64 = 4_300_000_000;
    let head = format!("%PDF-1.7\n4 0 obj\n<</Length {DATA}>>\nstream\n");
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(head.as_bytes()).unwrap();
    let rest = head.len() as u64 + DATA;
    file.seek(SeekFrom::Start(rest)).unwrap();
    let mut tail = String::from("\nendstream\nendobj\n");
    let mut rows = vec![9];
    for (number, body) in [
        (1, "<</Type/Catalog/Pages 2 0 R>>"),
        (2, "<</Type/Pages/Count 1/Kids[3 0 R]>>"),
    ] {
        rows.push(rest + tail.len() as u64);
        tail.push_str(&format!("{number} 0 obj\n{body}\nendobj\n"));
    }
    rows.push(rest + tail.len() as u64);
    tail.push_str("3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>\nendobj\n");
    let at = rest + tail.len() as u64;
    tail.push_str("xref\n0 5\n0000000000 65535 f \n");
    rows.rotate_left(1);
    rows.iter()
        .for_each(|row| tail.push_str(&format!("{row:010} 00000 n \n")));
    tail.push_str(&format!("trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"));
    file.write_all(tail.as_bytes()).unwrap();

    let copy = PrivateCopy::open(&file).unwrap();
    let doc = Document::open(copy.data(), None).unwrap();
    assert_eq!(doc.page(0).unwrap().id, id(3));
    let loaded = doc.get(id(4)).unwrap();
    assert_eq!(loaded.stream.clone().unwrap().len() as u64, DATA);
    assert_eq!(doc.stream_data(id(4), &loaded).unwrap_err().code(), "pdf_too_large");
    tiling::check_first(&doc, &doc.revisions().unwrap()[0]).unwrap();
}

#[test]
fn the_work_of_one_document_is_bounded() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..250).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap());
    let mut file = shapes::Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
    file.stream(3, "/Filter/FlateDecode", &encoder.finish().unwrap());
    file.table(shapes::LF, "");
    let doc = Document::open(&file.bytes, None).unwrap();
    let loaded = doc.get(id(3)).unwrap();
    let refused = (0..10).find_map(|_| doc.stream_data(id(3), &loaded).err()).unwrap();
    assert_eq!(refused.code(), "pdf_too_large");
    // What is used up stays so, whatever is asked for.
    assert_eq!(doc.page_count().unwrap_err().code(), "pdf_too_large");
}

#[test]
fn passwords_are_asked_for_and_checked() {
    let encrypted = |name: &str| shapes::all().into_iter().find(|s| s.name == name).unwrap();
    let wrong = Password::new(b"guess".to_vec()).unwrap();
    let owner = Password::new(b"owner".to_vec()).unwrap();
    for name in ["AES-128 with password", "AES-256 with password"] {
        let shape = encrypted(name);
        assert_eq!(refusal(&shape.bytes), Error::PasswordNeeded);
        let error = Document::open(&shape.bytes, Some(&wrong)).map(|_| ()).unwrap_err();
        assert_eq!(error, Error::PasswordWrong);
        let doc = Document::open(&shape.bytes, Some(&owner)).unwrap();
        let encryption = doc.encryption().unwrap();
        let sealed = encryption.encrypt_string(id(6), b"text").unwrap();
        assert_ne!(sealed, b"text");
        let info = doc.trailer().get("Info").and_then(Value::as_ref).unwrap();
        let secret = doc.get(info).unwrap().value;
        let plain = doc.get_plain(info).unwrap().value;
        let title = |v: &Value| {
            v.as_dict()
                .and_then(|d| d.get("Title"))
                .and_then(Value::as_text)
                .unwrap()
        };
        assert_ne!(title(&secret), title(&plain));
        assert_eq!(title(&plain), "Contract (draft)");
    }
}

#[test]
fn permission_bits_bind_the_user_and_not_the_owner() {
    let classic = shapes::classic("1.7", shapes::LF);
    let arguments = ["--encrypt", "user", "owner", "256", "--modify=none", "--"];
    let bytes = shapes::qpdf(&classic, &arguments);
    let permissions = |password: &str| {
        let password = Password::new(password.as_bytes().to_vec()).unwrap();
        let doc = Document::open(&bytes, Some(&password)).unwrap();
        doc.encryption().unwrap().permissions()
    };
    assert!(!permissions("user").may_fill_forms() && !permissions("user").may_add_fields());
    assert!(permissions("owner").may_fill_forms() && permissions("owner").may_add_fields());
}

#[test]
fn refused_encryption_is_named() {
    let classic = shapes::classic("1.7", shapes::LF);
    let weak = ["--allow-weak-crypto", "--encrypt", "", "o", "40", "--"];
    assert_eq!(refusal(&shapes::qpdf(&classic, &weak)), Error::Rc4);
    let weak = ["--allow-weak-crypto", "--encrypt", "", "o", "128", "--use-aes=n", "--"];
    assert_eq!(refusal(&shapes::qpdf(&classic, &weak)), Error::Rc4);
    let old = ["--encrypt", "", "o", "256", "--force-R5", "--"];
    assert_eq!(refusal(&shapes::qpdf(&classic, &old)).code(), "pdf_unknown_handler");

    let code = |encrypt: &str| refusal(&with_trailer(&format!("/Encrypt<<{encrypt}>>"))).code();
    let aes = "/Filter/Standard/V 4/R 4/CF<</StdCF<</CFM/AESV2>>/Old<</CFM/V2>>/Odd<</CFM/AESV9>>>>";
    assert_eq!(code("/Filter/Adobe.PubSec/V 4"), "pdf_public_key_handler");
    assert_eq!(code("/Filter/FOPN_fLock/V 1"), "pdf_unknown_handler");
    assert_eq!(code("/Filter/Standard/V 6/R 7"), "pdf_unknown_handler");
    assert_eq!(code(&format!("{aes}/StmF/StdCF/StrF/Identity")), "pdf_identity_filter");
    assert_eq!(code(&format!("{aes}/StmF/StdCF")), "pdf_identity_filter");
    assert_eq!(
        code(&format!("{aes}/StmF/StdCF/StrF/StdCF/EFF/Identity")),
        "pdf_identity_filter"
    );
    assert_eq!(code(&format!("{aes}/StmF/Old/StrF/StdCF")), "pdf_rc4");
    assert_eq!(code(&format!("{aes}/StmF/Odd/StrF/StdCF")), "pdf_unknown_handler");
    assert_eq!(code(&format!("{aes}/StmF/StdCF/StrF/StdCF")), "pdf_unknown_handler");
    assert_eq!(
        code(&format!("{aes}/StmF/StdCF/StrF/StdCF/P -4/O(short)/U()")),
        "pdf_unknown_handler"
    );
}

#[test]
fn what_departs_from_the_standard_is_refused() {
    let good = shapes::classic("1.7", shapes::LF);
    let code = |bytes: &[u8]| refusal(bytes).code();
    assert_eq!(code(b""), "pdf_not_a_pdf");
    assert_eq!(code(b"PK\x03\x04 not a PDF"), "pdf_not_a_pdf");
    assert_eq!(code(&replaced(&good, "%PDF-1.7", "%PDF-3.7")), "pdf_not_a_pdf");
    assert_eq!(code(&[b"\n", good.as_slice()].concat()), "pdf_not_a_pdf");
    assert_eq!(code(&[good.as_slice(), b"junk"].concat()), "pdf_damaged");
    assert_eq!(code(&good[..good.len() - 8]), "pdf_damaged");
    assert_eq!(code(&replaced(&good, "trailer", "trailor")), "pdf_damaged");
    assert_eq!(code(&replaced(&good, "00000 n \n", "00000 n\n ")), "pdf_damaged");
    assert_eq!(code(&replaced(&good, "/Root 1 0 R", "/Root 5 0 X")), "pdf_damaged");
    assert_eq!(
        code(&replaced(&good, "/Pages 2 0 R>>", "/Type (page)>>")),
        "pdf_duplicate_key"
    );
    let deep = replaced(&good, "/Info 6 0 R", "/Info[[[[[[");
    assert_eq!(code(&deep), "pdf_damaged");
}

fn with_trailer(extra: &str) -> Vec<u8> {
    let mut file = shapes::Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
    file.table(shapes::LF, extra);
    file.bytes
}

#[test]
fn chains_and_nesting_are_bounded() {
    let code = |extra: &str| refusal(&with_trailer(extra)).code();
    let at = Document::open(&with_trailer(""), None).unwrap().startxref();
    assert_eq!(code(&format!("/Prev {at}")), "pdf_xref_loop");
    assert_eq!(code(&format!("/X{}", "[".repeat(100_000))), "pdf_too_deep");
    assert_eq!(code(&format!("/X[{}]", "0 ".repeat(3_000_000))), "pdf_too_large");
    assert_eq!(code(&format!("/X{}1", " ".repeat(2 << 20))), "pdf_too_large");
    assert_eq!(code("/Prev 99999999999"), "pdf_damaged");
    assert_eq!(code("/Prev(7)"), "pdf_damaged");

    let mut file = shapes::Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 1/Kids[2 0 R]>>");
    file.object(3, "3 0 R");
    file.stream(4, "/Filter[/FlateDecode/FlateDecode]", b"x\x9c\x03\x00\x00\x00\x00\x01");
    file.table(shapes::LF, "");
    let doc = Document::open(&file.bytes, None).unwrap();
    assert_eq!(doc.page(0).unwrap_err().code(), "pdf_too_deep");
    assert_eq!(doc.resolve(&Value::Ref(id(3))).unwrap_err().code(), "pdf_too_deep");
    let loaded = doc.get(id(4)).unwrap();
    assert_eq!(doc.stream_data(id(4), &loaded).unwrap_err().code(), "pdf_filter");
}

#[test]
fn five_hundred_updates_are_read_and_more_are_refused() {
    let mut file = shapes::Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
    file.table(shapes::LF, "");
    for _ in 1..512 {
        file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
        file.table(shapes::LF, "");
    }
    let doc = Document::open(&file.bytes, None).unwrap();
    let revisions = doc.revisions().unwrap();
    assert_eq!(revisions.len(), 512);
    for pair in revisions.windows(2) {
        assert_eq!(tiling::tile(&doc, &pair[0], &pair[1]).unwrap(), [id(2)]);
    }
    file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
    file.table(shapes::LF, "");
    assert_eq!(refusal(&file.bytes).code(), "pdf_too_large");
}

#[test]
fn a_decoder_bomb_is_refused() {
    let mut packed = Vec::new();
    for _ in 0..2 {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        match packed.len() {
            0 => (0..300).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap()),
            _ => encoder.write_all(&packed).unwrap(),
        }
        packed = encoder.finish().unwrap();
    }
    let mut file = shapes::Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 0/Kids[]>>");
    file.stream(3, "/Filter[/FlateDecode/FlateDecode]", &packed);
    file.table(shapes::LF, "");
    let doc = Document::open(&file.bytes, None).unwrap();
    let loaded = doc.get(id(3)).unwrap();
    assert_eq!(doc.stream_data(id(3), &loaded).unwrap_err(), Error::DecoderBomb);
}

/// What a mutation puts in another's place.
const TOKENS: &[&str] = &[
    "obj",
    "endobj",
    "stream",
    "endstream",
    "xref",
    "trailer",
    "startxref",
    "%%EOF",
    "<<",
    ">>",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "/",
    " R",
    "/Length",
    "/Size",
    "/Prev",
    "/Root",
    "/Type",
    "/Kids",
    "/Count",
    "/Parent",
    "/W",
    "/Index",
    "/N ",
    "/First",
    "/XRefStm",
    "/Encrypt",
    "/Filter",
    "/DecodeParms",
    "/Predictor",
    "/Columns",
    "/Pages",
    "/Page",
    "/ObjStm",
    "/XRef",
    "null",
    " f",
    " n",
    "0000000000",
    "4 0 R",
    "1 0 R",
];

#[test]
fn broken_files_neither_panic_nor_hang() {
    let shapes = shapes::all();
    let each = mutate::count().div_ceil(shapes.len());
    let (mut opened, mut codes) = (0, std::collections::BTreeSet::new());
    for (seed, shape) in shapes.iter().enumerate() {
        let password = password(shape);
        for bytes in mutate::grammar_mutations(seed as u64 + 1, &shape.bytes, each, TOKENS) {
            match Document::open(&bytes, password.as_ref()) {
                Ok(doc) => {
                    opened += 1;
                    read_all(&doc);
                }
                Err(error) => {
                    codes.insert(error.code());
                }
            }
        }
    }
    // The loop must reach what stands behind the door, and not be refused for one reason only.
    assert!(opened > each * shapes.len() / 20, "{opened}");
    assert!(codes.len() >= 4, "{codes:?}");
}

/// Everything that the reader can be asked; answers and errors are both welcome.
fn read_all(doc: &Document<'_>) {
    for number in 1..doc.size().min(64) {
        if let Ok(loaded) = doc.get_plain(id(number)) {
            let _ = doc.stream_data(id(number), &loaded);
        }
    }
    let _ = (doc.version(), doc.page_count(), doc.page(0), doc.page(3));
    let Ok(revisions) = doc.revisions() else { return };
    for pair in revisions.windows(2) {
        let _ = tiling::tile(doc, &pair[0], &pair[1]);
        let _ = doc.at_revision(&pair[1]).page(0);
    }
    let _ = tiling::check_first(doc, &revisions[revisions.len() - 1]);
}

#[test]
fn every_error_is_explained() {
    for code in [
        "pdf-damaged",
        "pdf-password-needed",
        "pdf-xref-loop",
        "pdf-decoder-bomb",
    ] {
        assert!(has(Lang::Ja, code) && has(Lang::En, code), "{code}");
    }
    let error = refusal(&replaced(&shapes::classic("1.7", shapes::LF), "trailer", "trailor"));
    assert!(
        error.explain(Lang::En).contains("expected a subsection or trailer"),
        "{}",
        error.explain(Lang::En)
    );
}
