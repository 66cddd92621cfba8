//! Rules that Acrobat is known to hold signed files to, one test each, with the place where the rule is told.
//!
//! Acrobat is not run here, and no test claims what it would say. The files are looked at by qpdf and by searching their text, never by
//! hankod's own reader.

use crate::support::ca::Kind;
use crate::support::dir::TestDir;
use crate::support::judges::byte_ranges;
use crate::support::run;
use crate::support::shapes::{self, LF};
use crate::support::signer::SoftSigner;
use hankod::pdf::Document;
use hankod::sign::{Certify, FieldChoice, Picture, Request, Visible, prepare_timestamp};
use serde_json::Value;
use std::process::Command;

/// A file as qpdf reads it.
struct Seen {
    bytes: Vec<u8>,
    objects: Value,
    xref: String,
}

impl Seen {
    fn of(bytes: &[u8]) -> Self {
        let dir = TestDir::new("acrobat");
        let path = dir.join("a.pdf");
        std::fs::write(&path, bytes).unwrap();
        let qpdf = |arguments: &[&str]| {
            let said = run(Command::new("qpdf").args(arguments).arg(&path), "");
            assert!(said.ok, "{}", said.stderr);
            said.stdout
        };
        let json: Value = serde_json::from_str(&qpdf(&["--json=2", "--json-key=qpdf"])).unwrap();
        Self {
            bytes: bytes.to_vec(),
            objects: json["qpdf"][1].clone(),
            xref: qpdf(&["--show-xref"]),
        }
    }

    /// What a value is once its reference was followed; a stream's dictionary.
    fn get<'a>(&'a self, value: &'a Value) -> &'a Value {
        let object = value.as_str().filter(|text| text.ends_with(" R"));
        let Some(object) = object.map(|id| &self.objects[format!("obj:{id}")]) else {
            return value;
        };
        object.get("value").unwrap_or(&object["stream"]["dict"])
    }

    fn catalog(&self) -> &Value {
        self.get(&self.objects["trailer"]["value"]["/Root"])
    }

    fn form(&self) -> &Value {
        self.get(&self.catalog()["/AcroForm"])
    }

    /// Every signed field: its reference and its dictionary, oldest first.
    fn fields(&self) -> Vec<(&Value, &Value)> {
        let list = self.get(&self.form()["/Fields"]).as_array().unwrap();
        let fields = list.iter().map(|id| (id, self.get(id)));
        fields
            .filter(|(_, field)| field["/FT"] == "/Sig" && !field["/V"].is_null())
            .collect()
    }

    /// Their signature dictionaries.
    fn signatures(&self) -> Vec<&Value> {
        self.fields()
            .into_iter()
            .map(|(_, field)| self.get(&field["/V"]))
            .collect()
    }

    /// The pages, first to last, each with its reference; the tests' files have flat trees.
    fn pages(&self) -> Vec<(&Value, &Value)> {
        let kids = &self.get(&self.catalog()["/Pages"])["/Kids"];
        self.get(kids)
            .as_array()
            .unwrap()
            .iter()
            .map(|id| (id, self.get(id)))
            .collect()
    }

    /// The line of `--show-xref` for an object.
    fn row(&self, id: &Value) -> &str {
        let name = id.as_str().unwrap().trim_end_matches(" R").replace(' ', "/");
        let line = self
            .xref
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} is not in {}", self.xref))
    }
}

/// Each form of cross-reference, unsigned.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let stream = shapes::plain()
        .into_iter()
        .find(|shape| shape.name == "cross-reference stream");
    vec![
        ("table", shapes::classic("1.7", LF)),
        ("stream", stream.unwrap().bytes),
        ("object streams", shapes::object_streams(true)),
        ("an empty field", shapes::signature_field()),
        ("tagged", shapes::tagged()),
    ]
}

fn visible(request: Request) -> Request {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 1, 1);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[200, 0, 0]).unwrap();
    writer.finish().unwrap();
    Request {
        visible: Some(Visible {
            page1: 1,
            rect: [50.0, 100.0, 80.0, 40.0],
            picture: Picture::Png(png),
        }),
        ..request
    }
}

/// Its name, the input, signed invisibly, signed visibly after that.
type SignedTwice = (&'static str, Vec<u8>, Vec<u8>, Vec<u8>);

/// Each input, signed invisibly, then visibly by the same person.
fn signed() -> Vec<SignedTwice> {
    let signer = SoftSigner::new(Kind::P256);
    let sign = |(name, input): (&'static str, Vec<u8>)| {
        let named = Request {
            field: match name {
                "an empty field" => FieldChoice::Named("Signature1".to_owned()),
                _ => FieldChoice::Auto,
            },
            ..signer.request()
        };
        let once = signer.sign(&input, None, &named).unwrap();
        let twice = signer.sign(&once, None, &visible(signer.request())).unwrap();
        (name, input, once, twice)
    };
    inputs().into_iter().map(sign).collect()
}

fn files() -> Vec<(&'static str, Seen)> {
    let both = signed()
        .into_iter()
        .flat_map(|(name, _, once, twice)| [(name, once), (name, twice)]);
    both.map(|(name, bytes)| (name, Seen::of(&bytes))).collect()
}

/// ISO 32000-2, 12.8.1: the range "should be the entire file, including the signature dictionary but excluding the signature value itself".
/// Acrobat says "The signature byte range is invalid" to any other (Stack Overflow 67620281; gdelugre/origami issue 56).
#[test]
fn the_byte_range_leaves_out_the_contents_and_nothing_else() {
    for (name, input, once, twice) in signed() {
        let ranges = byte_ranges(&twice);
        assert_eq!(ranges.len(), 2, "{name}");
        for ([start, before, after, rest], end) in ranges.into_iter().zip([once.len(), twice.len()]) {
            assert_eq!((start, after + rest), (0, end), "{name}");
            assert!(
                before > input.len() && twice[..before].ends_with(b"/Contents "),
                "{name}"
            );
            assert_eq!((twice[before], twice[after - 1]), (b'<', b'>'), "{name}");
        }
    }
}

/// ISO 32000-1, 12.8.3.3.1 and 12.8.1: Contents is one hexadecimal string, DER padded with zeros alone; an odd digit or white space would be read
/// in different ways.
#[test]
fn contents_is_der_in_hexadecimal_and_zeros_behind_it() {
    for (name, _, _, twice) in signed() {
        for [_, before, after, _] in byte_ranges(&twice) {
            let bytes = hex::decode(&twice[before + 1..after - 1]).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(bytes[..2], [0x30, 0x82], "{name}: a SEQUENCE of two bytes of length");
            let length = 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            assert!(bytes[length..].iter().all(|byte| *byte == 0), "{name}");
            assert!(bytes.len() < 2 * length, "{name}: {} for {length}", bytes.len());
        }
    }
}

/// ETSI EN 319 142-1, 5.3 and 6.3; ISO 32000-2, table 255 and 12.8.1: "all values in the signature dictionary shall be direct objects", the time is in M,
/// Cert is not used with CMS, and Adobe.PPKLite is the handler that Acrobat opens such signatures with (Acrobat Digital Signatures Guide, "Signature
/// interoperability").
#[test]
fn the_signature_dictionary_says_what_acrobat_looks_for() {
    for (name, seen) in files() {
        for signature in seen.signatures() {
            assert_eq!(signature["/Type"], "/Sig", "{name}");
            assert_eq!(signature["/Filter"], "/Adobe.PPKLite", "{name}");
            assert_eq!(signature["/SubFilter"], "/ETSI.CAdES.detached", "{name}");
            let time = signature["/M"].as_str().unwrap().trim_start_matches("u:");
            assert!(time.starts_with("D:20") && time.len() >= 16, "{name}: {time}");
            assert!(
                signature["/Cert"].is_null() && signature["/Changes"].is_null(),
                "{name}"
            );
            let values = signature.as_object().unwrap().values();
            let direct = |value: &Value| !value.as_str().is_some_and(|text| text.ends_with(" R"));
            assert!(values.clone().all(direct), "{name}: {signature}");
        }
    }
}

/// Stack Overflow 79451522: approval signatures whose Reference held empty dictionaries were not accepted. Ours have none at all.
#[test]
fn an_approval_signature_refers_to_nothing() {
    for (name, seen) in files() {
        assert!(seen.signatures().iter().all(|s| s["/Reference"].is_null()), "{name}");
    }
}

/// ISO 32000-2, 7.5.7 and 12.8.1: the digest is about bytes of the file, so the signature dictionary stands uncompressed; so do its field and widget.
#[test]
fn signature_and_field_stand_in_no_object_stream() {
    for (name, seen) in files() {
        for (id, field) in seen.fields() {
            assert!(seen.row(&field["/V"]).starts_with("uncompressed"), "{name}");
            assert!(seen.row(id).starts_with("uncompressed"), "{name}");
        }
    }
}

/// ISO 32000-2, 12.7.3, table 225: bit 1, the document has signatures; bit 2, it is only appended to. NeedAppearances would have a viewer draw anew
/// what was signed.
#[test]
fn the_form_says_that_it_is_signed() {
    for (name, seen) in files() {
        assert_eq!(seen.form()["/SigFlags"], 3, "{name}");
        assert!(!matches!(seen.form()["/NeedAppearances"], Value::Bool(true)), "{name}");
    }
}

/// Stack Overflow 45458602: fields whose hierarchy is broken, or whose widget no page lists, show no signature in Acrobat (ISO 32000-2, 12.7.4.1 and
/// 12.5.2).
#[test]
fn each_field_is_in_the_form_and_its_widget_on_its_page() {
    for (name, seen) in files() {
        let mut names = Vec::new();
        for (id, field) in seen.fields() {
            assert_eq!(
                (&field["/Type"], &field["/Subtype"]),
                (&"/Annot".into(), &"/Widget".into()),
                "{name}"
            );
            assert!(
                field["/Parent"].is_null() && field["/Kids"].is_null(),
                "{name}: one object, field and widget"
            );
            let pages = seen.pages();
            let (_, page) = pages.iter().find(|(page, _)| **page == field["/P"]).unwrap();
            let annotations = seen.get(&page["/Annots"]).as_array().unwrap();
            assert_eq!(annotations.iter().filter(|other| *other == id).count(), 1, "{name}");
            names.push(field["/T"].as_str().unwrap().to_owned());
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{name}: unique names");
        assert!(
            names.iter().all(|n| !n.contains('.')),
            "{name}: a period divides levels (12.7.4.2)"
        );
    }
}

/// ISO 32000-2, 12.5.3, table 167: printed (bit 3), locked (bit 8), and neither invisible, hidden nor not viewed; 12.7.5.5: a signature that is not to be
/// seen has a rectangle without width and height. PDF/A demands the same flags (ISO 19005-2, 6.3.2).
#[test]
fn widgets_are_printed_locked_and_drawn() {
    const PRINT_LOCKED: i64 = 4 | 128;
    const UNSEEN: i64 = 1 | 2 | 32;
    for (name, seen) in files() {
        for (_, field) in seen.fields() {
            let flags = field["/F"].as_i64().unwrap();
            assert_eq!(flags & UNSEEN, 0, "{name}");
            assert_eq!(flags & 4, 4, "{name}");
            let own = field["/T"] != "u:Signature1" || name != "an empty field";
            assert!(!own || flags == PRINT_LOCKED, "{name}: {flags}");
            let rect: Vec<f64> = seen
                .get(&field["/Rect"])
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_f64().unwrap())
                .collect();
            let is_seen = rect[2] > rect[0] && rect[3] > rect[1];
            assert!(is_seen || rect[0] == rect[2] && rect[1] == rect[3], "{name}: {rect:?}");
            let appearance = seen.get(&seen.get(&field["/AP"])["/N"]);
            assert!(!is_seen || appearance["/Subtype"] == "/Form", "{name}: {appearance}");
            assert!(!is_seen || appearance["/BBox"].is_array(), "{name}: {appearance}");
        }
    }
}

/// Acrobat repairs what breaks 7.5.4 and then calls the byte range invalid: the rows of a table are 20 bytes long (Stack Overflow 67620281). A file with
/// streams stays one with streams, a table stays a table (ISO 32000-2, 7.5.8.4).
#[test]
fn the_cross_reference_keeps_its_form_and_its_rows_have_20_bytes() {
    for (name, input, once, twice) in signed() {
        let is_table = |file: &[u8]| {
            let text: String = file.iter().map(|byte| char::from(*byte)).collect();
            let at: usize = text
                .rsplit("startxref")
                .next()
                .unwrap()
                .split_ascii_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let section: String = text.chars().skip(at).collect();
            section.starts_with("xref").then_some(section)
        };
        for (older, newer) in [(&input, &once), (&once, &twice)] {
            let (before, after) = (is_table(older), is_table(newer));
            assert_eq!(before.is_some(), after.is_some(), "{name}");
            let Some(section) = after else { continue };
            let mut rest = section.strip_prefix("xref\n").unwrap();
            while !rest.starts_with("trailer") {
                let (head, rows) = rest.split_once('\n').unwrap();
                let count: usize = head.split(' ').nth(1).unwrap().parse().unwrap();
                let (rows, after) = rows.split_at(20 * count);
                let row = |row: &[u8]| {
                    row[10] == b' '
                        && row[16] == b' '
                        && row[17] == b'n'
                        && (&row[18..] == b"\r\n" || &row[18..] == b" \n")
                };
                assert!(rows.as_bytes().chunks(20).all(row), "{name}: {rows:?}");
                rest = after;
            }
            assert!(section.contains("/Prev "), "{name}");
        }
    }
}

/// Stack Overflow 77819566: behind a revision that ends in `%%EOF` without an end of line, Acrobat calls the byte range invalid unless what is
/// appended begins with one LF and no other.
#[test]
fn an_update_begins_with_at_most_one_line_feed() {
    let signer = SoftSigner::new(Kind::P256);
    for (name, input) in inputs() {
        let bare = input.trim_ascii_end().to_vec();
        assert!(bare.ends_with(b"%%EOF"));
        let once = signer.sign(&bare, None, &signer.request()).unwrap();
        assert_eq!(once[bare.len()], b'\n', "{name}");
        assert!(once[bare.len() + 1].is_ascii_digit(), "{name}");
        let twice = signer.sign(&once, None, &signer.request()).unwrap();
        assert!(
            once.ends_with(b"%%EOF\n") && twice[once.len()].is_ascii_digit(),
            "{name}"
        );
    }
}

/// Adobe Acrobat 9 Digital Signatures, Changes and Improvements, "Allowed and disallowed changes": after a signature, other pages or page contents are
/// none. Signing changes of the catalog its form alone, of a page its annotations alone.
#[test]
fn nothing_but_the_form_and_the_annotations_changes() {
    for (name, input, once, twice) in signed() {
        let all = [&input, &once, &twice].map(|bytes| Seen::of(bytes));
        for pair in all.windows(2) {
            assert!(
                pair[1].bytes.starts_with(&pair[0].bytes),
                "{name}: the older revision is a prefix"
            );
            let without = |value: &Value, keys: &[&str]| {
                let mut map = value.as_object().unwrap().clone();
                map.retain(|key, _| !keys.contains(&key.as_str()));
                map
            };
            let may = ["/AcroForm", "/Extensions", "/StructTreeRoot"];
            assert_eq!(
                without(pair[0].catalog(), &may),
                without(pair[1].catalog(), &may),
                "{name}"
            );
            let (old, new) = (pair[0].pages(), pair[1].pages());
            assert_eq!(old.len(), new.len(), "{name}");
            for ((old_id, old), (new_id, new)) in old.iter().zip(&new) {
                assert_eq!(old_id, new_id, "{name}");
                let may = ["/Annots", "/Tabs", "/StructParents"];
                assert_eq!(without(old, &may), without(new, &may), "{name}");
                assert_eq!(pair[0].get(&old["/Contents"]), pair[1].get(&new["/Contents"]), "{name}");
            }
        }
    }
}

/// ISO 32000-2, 12.8.2.2 and tables 257 and 262; "A certifying signature has to be the first signature" (Adobe forums, thread 303373). V is 1.2, and
/// Perms refers to the same signature.
#[test]
fn a_certification_has_one_reference_and_stands_in_perms() {
    let signer = SoftSigner::new(Kind::P256);
    for (certify, level) in [
        (Certify::NoChanges, 1),
        (Certify::FormFill, 2),
        (Certify::Annotations, 3),
    ] {
        let request = Request {
            certify: Some(certify),
            ..signer.request()
        };
        for (name, input) in inputs() {
            let seen = Seen::of(&signer.sign(&input, None, &request).unwrap());
            let fields = seen.fields();
            let signature = seen.get(&fields[0].1["/V"]);
            let references = signature["/Reference"].as_array().unwrap();
            assert_eq!(references.len(), 1, "{name}");
            assert_eq!(references[0]["/TransformMethod"], "/DocMDP", "{name}");
            let parameters = &references[0]["/TransformParams"];
            assert_eq!(parameters["/Type"], "/TransformParams", "{name}");
            assert_eq!(
                (&parameters["/P"], &parameters["/V"]),
                (&level.into(), &"/1.2".into()),
                "{name}"
            );
            let permissions = seen.get(&seen.catalog()["/Perms"]);
            assert_eq!(permissions["/DocMDP"], fields[0].1["/V"], "{name}");
        }
    }
    let once = signer
        .sign(&shapes::classic("1.7", LF), None, &signer.request())
        .unwrap();
    let late = Request {
        certify: Some(Certify::FormFill),
        ..signer.request()
    };
    assert!(signer.sign(&once, None, &late).is_err());
}

/// ETSI EN 319 142-1, 5.4.3; ISO 32000-2, 12.8.5: type DocTimeStamp, ETSI.RFC3161, no time of its own, and a field like any other.
#[test]
fn a_document_timestamp_has_its_own_type_and_no_time() {
    let signer = SoftSigner::new(Kind::P256);
    for (name, input) in inputs() {
        let once = signer.sign(&input, None, &signer.request()).unwrap();
        let prepared = prepare_timestamp(&Document::open(&once, None).unwrap(), 4096).unwrap();
        let seen = Seen::of(&[&once[..], &prepared.update].concat());
        let stamps: Vec<_> = seen
            .signatures()
            .into_iter()
            .filter(|s| s["/Type"] == "/DocTimeStamp")
            .collect();
        assert_eq!(stamps.len(), 1, "{name}");
        assert_eq!(stamps[0]["/SubFilter"], "/ETSI.RFC3161", "{name}");
        for key in ["/M", "/Reason", "/Location", "/Name", "/Reference"] {
            assert!(stamps[0][key].is_null(), "{name}: {key}");
        }
        assert_eq!(seen.form()["/SigFlags"], 3, "{name}");
    }
}

/// ETSI EN 319 142-1, 5.4.2; ISO 32000-2, 12.8.4.3: Certs, OCSPs and CRLs are arrays of references to streams, each DER; what is there stays there.
#[test]
fn validation_data_stands_in_streams_below_the_catalog() {
    let signer = SoftSigner::new(Kind::P256);
    let wanted = hankod::pdf::dss::Dss {
        certificates: vec![signer.ca().der()],
        ocsps: vec![vec![0x30, 3, 10, 1, 0]],
        crls: vec![vec![0x30, 0]],
    };
    for (name, input) in inputs() {
        let once = signer.sign(&input, None, &signer.request()).unwrap();
        let update = hankod::pdf::dss::update(&Document::open(&once, None).unwrap(), &wanted).unwrap();
        let seen = Seen::of(&[&once[..], &update.unwrap()].concat());
        let store = seen.get(&seen.catalog()["/DSS"]);
        assert!(store.is_object(), "{name}");
        for key in ["/Certs", "/OCSPs", "/CRLs"] {
            let list = seen.get(&store[key]).as_array().unwrap();
            assert_eq!(list.len(), 1, "{name}: {key}");
            let object = &seen.objects[format!("obj:{}", list[0].as_str().unwrap())];
            assert!(object["stream"]["dict"].is_object(), "{name}: {key}");
        }
        assert!(store["/VRI"].is_null(), "{name}");
    }
}
