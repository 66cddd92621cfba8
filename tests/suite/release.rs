//! The release check: what hankod signs may leave, and nothing else may.

use crate::support::ca::Kind;
use crate::support::shapes::{self, Shape};
use crate::support::signer::SoftSigner;
use crate::support::updates::{HOLE, Person, find_last, first, stream, update};
use hankod::der::DigestAlgorithm;
use hankod::pdf::Document;
use hankod::secret::Password;
use hankod::sign::{Certify, Lock, Picture, Request, Visible};
use hankod::text::Explain;
use hankod::verify::Finding;
use hankod::verify::hashing::Hashing;
use hankod::verify::release::{Original, Released, check, plan};

const PAGES: (u32, &str) = (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>/Annots[20 0 R]>>";
const TEXT: &str = "<</FT/Tx/T(price)/V(100)/Subtype/Widget/Type/Annot/Rect[10 10 90 30]/P 3 0 R/AP<</N 21 0 R>>>>";
const SIGNATURE: &str = "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached";

/// A contract with one text field.
fn contract() -> Vec<u8> {
    first(&[
        (1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[20 0 R]>>>>"),
        PAGES,
        (3, PAGE),
        (4, &stream("0 0 m 1 1 l S")),
        (20, TEXT),
        (21, &stream("100")),
    ])
}

fn catalog(fields: &str, more: &str) -> String {
    format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[20 0 R {fields}]/SigFlags 3>>{more}>>")
}

fn page(annotations: &str) -> String {
    PAGE.replace("20 0 R]", &format!("20 0 R {annotations}]"))
}

fn field(name: &str, value: u32) -> String {
    format!("<</FT/Sig/T({name})/V {value} 0 R/Subtype/Widget/Type/Annot/Rect[0 0 0 0]/F 132/P 3 0 R>>")
}

/// The objects of a signature number `n` (0, 1, ...) after `n` others, `more` in its dictionary.
fn signature(n: u32, more: &str) -> Vec<(u32, String)> {
    let fields: Vec<String> = (0..=n).map(|k| format!("{} 0 R", 30 + 2 * k)).collect();
    vec![
        (1, catalog(&fields.join(" "), "")),
        (3, page(&fields.join(" "))),
        (30 + 2 * n, field(&format!("sig{n}"), 31 + 2 * n)),
        (31 + 2 * n, format!("<<{SIGNATURE}{HOLE}{more}>>")),
    ]
}

fn signed(person: &Person, pdf: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
    let objects: Vec<(u32, &str)> = objects.iter().map(|(n, body)| (*n, body.as_str())).collect();
    person.sign(pdf, &objects)
}

/// With another body for one object, or one more object.
fn with(mut objects: Vec<(u32, String)>, number: u32, body: &str) -> Vec<(u32, String)> {
    objects.retain(|(n, _)| *n != number);
    objects.push((number, body.to_owned()));
    objects
}

/// And the price filled in anew, with the appearance that shows it.
fn filled(objects: Vec<(u32, String)>) -> Vec<(u32, String)> {
    let font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>";
    let shown = stream("BT /F 9 Tf (900) Tj ET").replacen("<<", &format!("<<{font}"), 1);
    with(with(objects, 20, &TEXT.replace("(100)", "(900)")), 21, &shown)
}

/// A picture on the first page.
fn visible(signer: &SoftSigner) -> Request {
    Request {
        visible: Some(Visible {
            page1: 1,
            rect: [10.0, 10.0, 40.0, 40.0],
            picture: Picture::Png(png()),
        }),
        ..signer.request()
    }
}

fn png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 1, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&[200, 0, 0]).unwrap();
    out
}

fn release(file: &[u8], original: &[u8]) -> Result<Released, Vec<Finding>> {
    release_opened(file, original, None)
}

fn release_opened(file: &[u8], original: &[u8], password: Option<&str>) -> Result<Released, Vec<Finding>> {
    let one = |finding| vec![finding];
    let password = password.map(|p| Password::new(p.as_bytes().to_vec()).unwrap());
    let document = Document::open(file, password.as_ref()).map_err(|e| one(Finding::from(e)))?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(&DigestAlgorithm::Sha256.digest(original));
    let original = Original {
        bytes: original.len() as u64,
        sha256,
    };
    let plan = plan(&document, &original).map_err(one)?;
    let mut hashing = Hashing::new(plan.requests());
    file.chunks(1000).for_each(|bytes| hashing.update(bytes));
    check(&original, &plan, &hashing.finish())
}

/// The codes of everything found, in order.
fn codes(file: &[u8], original: &[u8]) -> Vec<&'static str> {
    release(file, original).map_or_else(|f| f.iter().map(Finding::code).collect(), |_| Vec::new())
}

#[test]
fn every_shape_that_hankod_signs_may_leave() {
    let signer = SoftSigner::new(Kind::P256);
    let mut refused = Vec::new();
    for Shape { name, bytes, password } in shapes::all() {
        let once = signer.sign(&bytes, password, &signer.request()).unwrap();
        let twice = signer.sign(&once, password, &signer.request()).unwrap();
        let thrice = signer.sign(&twice, password, &visible(&signer)).unwrap();
        for (number, file, original) in [(1, &once, &bytes), (2, &twice, &once), (3, &thrice, &twice)] {
            if let Err(found) = release_opened(file, original, password) {
                refused.push(format!("{name} x{number}: {found:?}"));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn certified_and_locked_files_of_ours_may_leave_until_somebody_breaks_the_rule() {
    let (signer, contract) = (SoftSigner::new(Kind::P256), contract());
    let certified = Request {
        certify: Some(Certify::FormFill),
        lock: Some(Lock::Include(vec!["price".to_owned()])),
        ..signer.request()
    };
    let once = signer.sign(&contract, None, &certified).unwrap();
    assert_eq!(codes(&once, &contract), [""; 0]);
    let twice = signer.sign(&once, None, &signer.request()).unwrap();
    assert_eq!(codes(&twice, &once), [""; 0]);
    let person = Person::new();
    let filled = filled(signature(0, ""));
    let found = codes(&signed(&person, &once, &filled), &once);
    assert!(
        !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
        "{found:?}"
    );
}

#[test]
fn one_signature_then_another_may_leave() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let released = release(&once, &contract).unwrap();
    assert_eq!(
        (released.field.as_str(), released.signed_end),
        ("sig0", once.len() as u64)
    );
    let twice = signed(&person, &once, &signature(1, ""));
    assert_eq!(release(&twice, &once).unwrap().field, "sig1");
}

#[test]
fn a_signature_elsewhere_or_by_somebody_else_is_not_what_was_meant() {
    let (signer, other, contract) = (SoftSigner::new(Kind::P256), SoftSigner::new(Kind::P256), contract());
    let once = signer.sign(&contract, None, &signer.request()).unwrap();
    let released = || release(&once, &contract).unwrap();
    let (field, certificate) = (released().field, *released().certificate.sha256());
    assert!(released().as_meant(&field, &certificate).is_ok());
    let codes =
        |found: Result<Released, Vec<Finding>>| found.unwrap_err().iter().map(Finding::code).collect::<Vec<_>>();
    assert_eq!(
        codes(released().as_meant("another", &certificate)),
        ["signature_other_field"]
    );
    let others = other.sign(&contract, None, &other.request()).unwrap();
    let others = *release(&others, &contract).unwrap().certificate.sha256();
    assert_eq!(
        codes(released().as_meant(&field, &others)),
        ["signature_other_certificate"]
    );
}

#[test]
fn evidence_may_follow_and_no_timestamp_that_is_none() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let fields = "30 0 R 32 0 R";
    let store = catalog(
        "30 0 R",
        "/DSS 40 0 R/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>",
    );
    let extended = update(
        &once,
        &[
            (1, &store),
            (40, "<</Certs[41 0 R]/VRI 42 0 R>>"),
            (41, &stream("c")),
            (42, "<<>>"),
        ],
    );
    assert_eq!(codes(&extended, &contract), [""; 0]);
    let stamped = update(
        &extended,
        &[
            (1, &store.replace("30 0 R]", &format!("{fields}]"))),
            (3, &page(fields)),
            (32, &field("stamp", 33)),
            (
                33,
                "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/Contents<30>>>",
            ),
        ],
    );
    assert_eq!(
        codes(&stamped, &contract),
        ["signature_malformed"],
        "a timestamp that is none"
    );
    let replaced = update(&extended, &[(4, &stream("other words"))]);
    assert_eq!(codes(&replaced, &contract), ["change_forbidden"]);
}

#[test]
fn every_flipped_bit_is_refused() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let accepted = release(&once, &contract).unwrap();
    let hole = find_last(&once, b"/Contents<").unwrap() + 9..find_last(&once, b">>>").unwrap();
    for at in 0..once.len() {
        let mut changed = once.clone();
        changed[at] ^= 1;
        match release(&changed, &contract) {
            Err(findings) => assert!(!findings.is_empty()),
            // Parts of a SignedData that no signature covers, such as its version.
            Ok(released) => assert!(hole.contains(&at) && released == accepted, "byte {at}"),
        }
    }
}

#[test]
fn what_follows_the_signature_is_refused() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let longer = |tail: &[u8]| [once.as_slice(), tail].concat();
    assert_eq!(codes(&longer(b"\n"), &contract), ["byte_range_wrong"]);
    assert_eq!(codes(&longer(b"% "), &contract), ["pdf_damaged"]);
    assert_eq!(codes(&once[..once.len() - 1], &contract), ["byte_range_wrong"]);
    assert_eq!(codes(&contract, &contract), ["original_end"]);
}

#[test]
fn the_byte_range_must_be_exact() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let at = find_last(&once, b"/ByteRange[").unwrap() + 10;
    let end = at + once[at..].iter().position(|b| *b == b']').unwrap() + 1;
    let text = std::str::from_utf8(&once[at + 1..end - 1]).unwrap();
    let numbers: Vec<i64> = text.split(' ').map(|n| n.parse().unwrap()).collect();
    let patched = |numbers: &[i64]| {
        let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let mut file = once.clone();
        file[at..at + 60].fill(b' ');
        let text = format!("[{}]", list.join(" "));
        file[at..at + text.len()].copy_from_slice(text.as_bytes());
        codes(&file, &contract)
    };
    let [_, b, c, d] = numbers[..] else { unreachable!() };
    assert_eq!(patched(&numbers), [""; 0]);
    for bad in [
        &[1, b - 1, c, d][..],
        &[0, b - 1, c, d],
        &[0, b + 1, c, d],
        &[0, b, c + 1, d - 1],
        &[0, b, c, d - 1],
        &[0, b, c, d - 40],
        &[0, b, c, d + 1],
        &[0, b],
        &[0, b, c, 5, c + 5, d - 5],
        &[0, -1, c, d],
        &[],
    ] {
        assert_eq!(patched(bad), ["byte_range_wrong"], "{bad:?}");
    }
}

#[test]
fn contents_of_another_file_are_refused() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let other = signed(&person, &contract, &signature(0, "/Reason(x)"));
    let start = |file: &[u8]| find_last(file, b"/Contents<").unwrap() + 10;
    let mut swapped = once.clone();
    let length = 2 * 1536;
    swapped[start(&once)..][..length].copy_from_slice(&other[start(&other)..][..length]);
    assert_eq!(codes(&swapped, &contract), ["cms_digest_mismatch"]);
    let mut empty = once.clone();
    empty[start(&once)..][..length].fill(b'0');
    assert_eq!(codes(&empty, &contract), ["cms_malformed"]);
    let mut odd = once;
    let at = start(&odd);
    odd[at + 10] = b' ';
    assert_eq!(codes(&odd, &contract), ["signature_malformed"]);
}

#[test]
fn a_shadowed_object_is_refused() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let signature_again = format!("<<{SIGNATURE}/ByteRange[0 1 2 3]/Contents<30>>>");
    assert_eq!(
        codes(&update(&once, &[(31, &signature_again)]), &contract),
        ["byte_range_wrong"]
    );
    for (number, body) in [
        (
            1,
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[20 0 R 30 0 R]/SigFlags 3>>/OpenAction[3 0 R/Fit]>>"
                .to_owned(),
        ),
        (2, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>".to_owned()),
        (3, page("30 0 R").replace("595", "100")),
        (4, stream("other words")),
        (20, TEXT.replace("(100)", "(900)")),
        (21, stream("900")),
        (30, field("sig0", 31).replace("0 0 0 0", "0 0 500 500")),
        (50, stream("an object that nothing names")),
    ] {
        let file = update(&once, &[(number, &body)]);
        let found = codes(&file, &contract);
        assert!(
            !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
            "{number}: {found:?}"
        );
    }
}

#[test]
fn an_object_that_no_table_lists_is_refused() {
    let (person, contract) = (Person::new(), contract());
    let prefix = [contract.as_slice(), b"50 0 obj\n(hidden)\nendobj\n"].concat();
    let once = signed(&person, &prefix, &signature(0, ""));
    assert_eq!(codes(&once, &contract), ["pdf_damaged"]);
}

#[test]
fn the_original_must_be_the_prefix() {
    let (person, contract) = (Person::new(), contract());
    let mut other = contract.clone();
    let at = find_last(&other, b"(100)").unwrap();
    other[at + 1] = b'9';
    let once = signed(&person, &other, &signature(0, ""));
    assert_eq!(codes(&once, &contract), ["original_changed"]);
}

#[test]
fn one_update_holds_one_signature() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let twice = signed(&person, &once, &signature(1, ""));
    // The second signer is not ours: after our signature only evidence may come.
    let found = codes(&twice, &contract);
    assert!(
        !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
        "{found:?}"
    );
    let filled = update(&contract, &[(20, &TEXT.replace("(100)", "(200)"))]);
    assert_eq!(codes(&filled, &contract), ["signature_count"]);
    let foreign: Vec<(u32, String)> = signature(0, "")
        .into_iter()
        .map(|(n, body)| (n, body.replace("ETSI.CAdES.detached", "adbe.pkcs7.detached")))
        .collect();
    assert_eq!(
        codes(&signed(&person, &contract, &foreign), &contract),
        ["signature_malformed"]
    );
}

#[test]
fn the_signing_update_changes_nothing_else() {
    let (person, contract) = (Person::new(), contract());
    let mut hidden = signature(0, "");
    hidden.push((4, stream("other words")));
    assert_eq!(
        codes(&signed(&person, &contract, &hidden), &contract),
        ["change_forbidden"]
    );
    let twice_named = with(signature(0, ""), 30, &field("price", 31));
    let found = codes(&signed(&person, &contract, &twice_named), &contract);
    assert!(
        !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
        "{found:?}"
    );
    let acting = field("sig0", 31).replace("/FT/Sig", "/FT/Sig/AA<<>>");
    let found = codes(
        &signed(&person, &contract, &with(signature(0, ""), 30, &acting)),
        &contract,
    );
    assert!(
        !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
        "{found:?}"
    );
}

#[test]
fn earlier_signatures_say_what_a_later_one_may_change() {
    let (person, contract) = (Person::new(), contract());
    let docmdp =
        |level| format!("/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</V/1.2/P {level}>>>>]");
    let fieldmdp = "/Reference[<</TransformMethod/FieldMDP/TransformParams<</V/1.2/Action/Include/Fields[(price)]>>>>]";
    let second = signature(1, "");
    let filled = filled(signature(1, ""));
    let note = "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(note)>>";
    let noted = with(with(signature(1, ""), 60, note), 3, &page("30 0 R 32 0 R 60 0 R"));
    for (first, second, allowed) in [
        (String::new(), &second, true),
        (String::new(), &filled, true),
        (String::new(), &noted, false),
        (docmdp(1), &second, false),
        (docmdp(2), &second, true),
        (docmdp(2), &filled, true),
        (docmdp(2), &noted, false),
        (docmdp(3), &noted, true),
        (docmdp(7), &second, false),
        (fieldmdp.to_owned(), &second, true),
        (fieldmdp.to_owned(), &filled, false),
    ] {
        let once = signed(&person, &contract, &signature(0, &first));
        assert_eq!(codes(&once, &contract), [""; 0], "{first}");
        let found = codes(&signed(&person, &once, second), &once);
        assert_eq!(found.is_empty(), allowed, "{first}: {found:?}");
        assert!(found.iter().all(|c| *c == "change_forbidden"), "{first}: {found:?}");
    }
}

#[test]
fn a_signature_cannot_take_another_one_s_place() {
    let (person, contract) = (Person::new(), contract());
    let once = signed(&person, &contract, &signature(0, ""));
    let moved = with(signature(1, ""), 30, &field("sig0", 33));
    let found = codes(&signed(&person, &once, &moved), &once);
    assert!(!found.is_empty(), "the first field shows the second signature");
    let dropped = with(signature(1, ""), 1, &catalog("32 0 R", ""));
    let found = codes(&signed(&person, &once, &dropped), &once);
    assert!(
        !found.is_empty() && found.iter().all(|c| *c == "change_forbidden"),
        "{found:?}"
    );
}
