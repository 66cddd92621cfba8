//! What a signature respects besides itself: fields, certifications, locks, PDF/A, tags, permissions; and what it draws where.

use crate::support::ca::Kind;
use crate::support::dir::TestDir;
use crate::support::judges::{PyhankoSignature, mutool, pdfsig, pyhanko, qpdf_check};
use crate::support::mutate;
use crate::support::run;
use crate::support::shapes::{self, Builder, LF, one_page};
use crate::support::signer::SoftSigner;
use hankod::pdf::signatures::{self, Signatures};
use hankod::pdf::value::{Dict, Value};
use hankod::pdf::{Document, Error as PdfError, tiling};
use hankod::sign::{Certify, Error, FieldChoice, Lock, PdfaBreak, Picture, Request, SeedRule, Visible};
use std::process::Command;

const WIDGET: &str = "/Type/Annot/Subtype/Widget/F 4/P 3 0 R";

fn signer() -> SoftSigner {
    SoftSigner::new(Kind::P256)
}

/// One page of PDF 1.7 with these objects from number 7 on.
fn pdf(catalog: &str, page: &str, objects: &[&str]) -> Vec<u8> {
    let mut file = one_page("1.7", catalog, page);
    for (number, body) in (7..).zip(objects) {
        file.object(number, body);
    }
    finished(file)
}

fn finished(mut file: Builder) -> Vec<u8> {
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn named(request: Request, name: &str) -> Request {
    Request {
        field: FieldChoice::Named(name.to_owned()),
        ..request
    }
}

fn seen(pdf: &[u8]) -> Signatures {
    signatures::read(&Document::open(pdf, None).unwrap()).unwrap()
}

/// The widget of the field `name`, resolved.
fn widget(pdf: &[u8], name: &str) -> Dict {
    let id = seen(pdf).field(name).unwrap().widget.unwrap();
    let document = Document::open(pdf, None).unwrap();
    document.get_plain(id).unwrap().value.as_dict().unwrap().clone()
}

/// Asks every judge about `pdf`, whose signatures must all be sound; gives pyHanko's answers.
fn judged(signer: &SoftSigner, pdf: &[u8]) -> Vec<PyhankoSignature> {
    let dir = TestDir::new("signing-rules");
    let path = dir.join("signed.pdf");
    std::fs::write(&path, pdf).unwrap();
    qpdf_check(&path).unwrap();
    mutool(&path).unwrap();
    let signed: Vec<_> = pdfsig(&path).into_iter().filter(|s| !s.signer.is_empty()).collect();
    assert!(!signed.is_empty() && signed.iter().all(|s| s.valid), "{signed:?}");
    let found = pyhanko(&path, &signer.root(&dir)).unwrap();
    assert!(found.iter().all(|s| s.bottom_line), "{found:?}");
    found
}

fn png(alpha: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[200, 0, 0, 255, 200, 0, 0, alpha]).unwrap();
    writer.finish().unwrap();
    out
}

fn visible(request: Request, picture: Picture) -> Request {
    Request {
        visible: Some(Visible {
            page1: 1,
            rect: [50.0, 100.0, 80.0, 40.0],
            picture,
        }),
        ..request
    }
}

/// A PDF of one page, 20 by 20 points, with this content.
fn seal(content: &[u8]) -> Vec<u8> {
    let mut file = Builder::new("1.4");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>");
    file.object(
        3,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 20 20]/Contents 4 0 R/Resources<<>>>>",
    );
    file.stream(4, "", content);
    file.table(LF, "");
    file.bytes
}

#[test]
fn an_empty_field_is_filled_and_keeps_its_place() {
    let signer = signer();
    let request = visible(named(signer.request(), "Signature1"), Picture::Png(png(0)));
    let signed = signer.sign(&shapes::signature_field(), None, &request).unwrap();
    judged(&signer, &signed);
    let rect: Vec<_> = [72, 500, 172, 600].map(Value::int).to_vec();
    assert_eq!(widget(&signed, "Signature1").get("Rect"), Some(&Value::Array(rect)));
    assert_eq!(seen(&signed).fields.len(), 1);
    assert_eq!(
        signer.sign(&signed, None, &request),
        Err(Error::FieldSigned {
            field: "Signature1".to_owned()
        })
    );
    let other = signer.sign(&signed, None, &named(signer.request(), "Name"));
    assert!(matches!(other, Err(Error::NotASignatureField { .. })), "{other:?}");
    let below = signer.sign(&signed, None, &named(signer.request(), "Name.x"));
    assert!(matches!(below, Err(Error::FieldName { .. })), "{below:?}");
}

#[test]
fn strings_that_leave_an_object_stream_are_encrypted() {
    let signer = signer();
    for bits in ["128", "256"] {
        let aes = if bits == "128" { vec!["--use-aes=y"] } else { vec![] };
        let head = ["--object-streams=generate", "--encrypt", "", "owner", bits];
        let arguments = [&head[..], &aes, &["--"]].concat();
        let file = shapes::qpdf(&shapes::signature_field(), &arguments);
        let request = Request {
            reason: Some("承認".to_owned()),
            ..visible(named(signer.request(), "Signature1"), Picture::Png(png(0)))
        };
        let signed = signer.sign(&file, None, &request).unwrap();
        assert_eq!(judged(&signer, &signed)[0].field, "Signature1");
        let found = seen(&signed);
        let (_, signature) = found.signed().next().unwrap();
        let reason = signature.dict.get("Reason").and_then(Value::as_text);
        assert_eq!(reason.as_deref(), Some("承認"), "{bits}");
    }
}

#[test]
fn new_names_are_unique_over_the_whole_tree() {
    let form = "/AcroForm 7 0 R";
    let objects = [
        "<</Fields 8 0 R/NeedAppearances true>>",
        "[9 0 R 10 0 R]",
        "<</FT/Tx/T(Signature1)/Kids[11 0 R]>>",
        "<</FT/Tx/T(Signature2)>>",
        "<</T(Signature3)/Parent 9 0 R>>",
    ];
    let signer = signer();
    let signed = signer.sign(&pdf(form, "", &objects), None, &signer.request()).unwrap();
    judged(&signer, &signed);
    let found = seen(&signed);
    assert_eq!(found.fields[0].name, "Signature3");
    assert!(found.names.contains("Signature1.Signature3"));
    assert!(!found.need_appearances);
}

#[test]
fn an_array_of_annotations_may_be_shared_by_pages() {
    let mut file = one_page("1.7", "", "/Annots 7 0 R");
    file.object(2, "<</Type/Pages/Count 2/Kids[3 0 R 9 0 R]>>");
    file.object(7, "[8 0 R]");
    file.object(8, "<</Type/Annot/Subtype/Text/Rect[1 1 9 9]/Contents(Note)>>");
    file.object(
        9,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Annots 7 0 R>>",
    );
    let signer = signer();
    let signed = signer.sign(&finished(file), None, &signer.request()).unwrap();
    let twice = signer.sign(&signed, None, &signer.request()).unwrap();
    judged(&signer, &twice);
    let document = Document::open(&twice, None).unwrap();
    let annotations = |page| {
        let page = document.page(page).unwrap();
        let list = document.resolve(page.dict.get("Annots").unwrap()).unwrap();
        list.as_array().unwrap().len()
    };
    assert_eq!((annotations(0), annotations(1)), (3, 1));
}

#[test]
fn a_dangling_reference_stays_dead() {
    let page = "/Annots[7 0 R 8 0 R]";
    let note = "<</Type/Annot/Subtype/Text/Rect[1 1 9 9]/Contents(Note)>>";
    let signer = signer();
    let signed = signer.sign(&pdf("", page, &[note]), None, &signer.request()).unwrap();
    let document = Document::open(&signed, None).unwrap();
    let dangling = Value::Ref(hankod::pdf::value::ObjectId {
        number: 8,
        generation: 0,
    });
    assert_eq!(document.resolve(&dangling).unwrap(), Value::Null);
    assert_eq!(seen(&signed).signed().count(), 1);
}

#[test]
fn certification_comes_first_and_is_kept() {
    let signer = signer();
    let plain = shapes::classic("1.7", LF);
    let certified = |level| {
        let request = Request {
            certify: Some(level),
            ..signer.request()
        };
        signer.sign(&plain, None, &request).unwrap()
    };
    let form_fill = certified(Certify::FormFill);
    let found = seen(&form_fill);
    let first = found.fields[0].signature.as_ref().unwrap();
    assert!(first.is_certification && first.docmdp == Some(2));
    let both = signer.sign(&form_fill, None, &signer.request()).unwrap();
    let answers = judged(&signer, &both);
    assert!(answers.iter().all(|s| s.docmdp_ok), "{answers:?}");

    let none = certified(Certify::NoChanges);
    judged(&signer, &none);
    let refused = signer.sign(&none, None, &signer.request());
    assert!(matches!(refused, Err(Error::CertifiedNoChanges { .. })), "{refused:?}");
    let request = Request {
        certify: Some(Certify::Annotations),
        ..signer.request()
    };
    assert_eq!(signer.sign(&both, None, &request), Err(Error::CertifyNotFirst));
}

#[test]
fn locks_are_written_and_respected() {
    let form = "/AcroForm<</Fields[7 0 R 8 0 R 9 0 R]>>";
    let objects = [
        format!("<<{WIDGET}/FT/Sig/T(A)/Rect[0 0 0 0]/Lock 10 0 R>>"),
        format!("<<{WIDGET}/FT/Sig/T(B)/Rect[0 0 0 0]>>"),
        format!("<<{WIDGET}/FT/Sig/T(C)/Rect[0 0 0 0]>>"),
        "<</Type/SigFieldLock/Action/Include/Fields[(A) (B)]>>".to_owned(),
    ];
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let file = pdf(form, "/Annots[7 0 R 8 0 R 9 0 R]", &objects);
    let signer = signer();
    let lock = Request {
        lock: Some(Lock::All),
        ..named(signer.request(), "A")
    };
    assert!(matches!(
        signer.sign(&file, None, &lock),
        Err(Error::LockConflict { .. })
    ));
    let first = signer.sign(&file, None, &named(signer.request(), "A")).unwrap();
    let refused = signer.sign(&first, None, &named(signer.request(), "B"));
    let expected = Error::FieldLocked {
        field: "B".to_owned(),
        by: "A".to_owned(),
    };
    assert_eq!(refused, Err(expected));
    let all = Request {
        lock: Some(Lock::Exclude(vec!["D".to_owned()])),
        ..named(signer.request(), "C")
    };
    let second = signer.sign(&first, None, &all).unwrap();
    judged(&signer, &second);
    let refused = signer.sign(&second, None, &signer.request());
    assert!(matches!(refused, Err(Error::FieldLocked { .. })), "{refused:?}");
    let third = signer.sign(&second, None, &named(signer.request(), "D")).unwrap();
    judged(&signer, &third);
}

#[test]
fn what_the_form_or_the_field_forbids_has_its_own_error() {
    let signer = signer();
    let sign = |file: &[u8], request: &Request| signer.sign(file, None, request);
    let xfa = pdf("/AcroForm<</Fields[]/XFA[(a) (b)]>>", "", &[]);
    assert_eq!(sign(&xfa, &signer.request()), Err(Error::XfaForm));

    let field = format!("<<{WIDGET}/FT/Sig/T(A)/Rect[0 0 0 0]/SV 8 0 R>>");
    let seed = "<</Type/SV/Ff 8/Reasons[(OK)]>>";
    let form = "/AcroForm<</Fields[7 0 R]>>";
    let file = pdf(form, "/Annots[7 0 R]", &[&field, seed]);
    let request = named(signer.request(), "A");
    let rule = SeedRule::Reason;
    assert_eq!(sign(&file, &request), Err(Error::SeedValue { rule }));
    let request = Request {
        reason: Some("OK".to_owned()),
        ..request
    };
    judged(&signer, &sign(&file, &request).unwrap());
    let seen = sign(&file, &visible(request, Picture::Png(png(0))));
    assert!(matches!(seen, Err(Error::FieldInvisible { .. })), "{seen:?}");

    let signed = sign(&pdf("", "", &[]), &signer.request()).unwrap();
    let mut page_zero = visible(signer.request(), Picture::Png(png(0)));
    page_zero.visible.as_mut().unwrap().page1 = 0;
    assert_eq!(
        sign(&signed, &page_zero),
        Err(PdfError::NoSuchPage { number: 0 }.into())
    );
    page_zero.visible.as_mut().unwrap().page1 = 2;
    assert_eq!(
        sign(&signed, &page_zero),
        Err(PdfError::NoSuchPage { number: 2 }.into())
    );
    let junk = visible(signer.request(), Picture::Png(b"GIF89a".to_vec()));
    assert_eq!(sign(&signed, &junk), Err(Error::PictureInvalid));
    let encrypted = ["--encrypt", "", "owner", "256", "--modify=none", "--"];
    let forbidden = shapes::qpdf(&signed, &encrypted);
    assert_eq!(
        sign(&forbidden, &signer.request()),
        Err(PdfError::PermissionDenied.into())
    );
    assert!(signer.sign(&forbidden, Some("owner"), &signer.request()).is_ok());
}

#[test]
fn seals_stand_upright_on_turned_pages() {
    let signer = signer();
    let left_half = seal(b"1 0 0 rg 0 0 10 20 re f");
    for (rotate, rect, height) in [
        (0, [50, 100, 130, 140], 842),
        (90, [455, 50, 495, 130], 595),
        (180, [465, 702, 545, 742], 842),
        (270, [100, 712, 140, 792], 595),
    ] {
        let file = pdf("", &format!("/Rotate {rotate}"), &[]);
        for picture in [Picture::Pdf(left_half.clone()), Picture::Png(png(0))] {
            let is_square = matches!(picture, Picture::Pdf(_));
            let request = visible(signer.request(), picture);
            let signed = signer.sign(&file, None, &request).unwrap();
            judged(&signer, &signed);
            let rect = rect.map(Value::int).to_vec();
            assert_eq!(widget(&signed, "Signature1").get("Rect"), Some(&Value::Array(rect)));
            // The picture's left half is red, its right half shows the paper; a square one leaves 20 points free at both sides.
            let page = Drawn::page(&signed);
            assert_eq!(page.height, height);
            let (left, right) = if is_square { (80, 100) } else { (60, 120) };
            assert!(page.is_red(left, 105) && page.is_red(left, 135), "{rotate}");
            assert!(!page.is_red(right, 120) && !page.is_red(left, 95), "{rotate}");
            assert_eq!(page.is_red(55, 120), !is_square, "{rotate}");
        }
    }
}

#[test]
fn an_invisible_signature_changes_no_pixel() {
    let signer = signer();
    let plain = shapes::classic("1.7", LF);
    let signed = signer.sign(&plain, None, &signer.request()).unwrap();
    assert!(Drawn::page(&plain).samples == Drawn::page(&signed).samples);
}

/// The first page as mutool draws it, one pixel a point, three samples a pixel.
struct Drawn {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

impl Drawn {
    fn page(pdf: &[u8]) -> Self {
        let dir = TestDir::new("drawn");
        let (input, output) = (dir.join("page.pdf"), dir.join("page.png"));
        std::fs::write(&input, pdf).unwrap();
        let mut command = Command::new("mutool");
        command.args(["draw", "-q", "-r", "72", "-c", "rgb", "-o"]);
        let said = run(command.args([&output, &input]).arg("1"), "");
        assert!(said.ok, "{}", said.stderr);
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(output).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut samples).unwrap();
        let (width, height) = (info.width as usize, info.height as usize);
        assert_eq!(samples.len(), width * height * 3);
        Self { width, height, samples }
    }

    /// Whether the point `x`, `y`, counted from the lower left corner, is red.
    fn is_red(&self, x: usize, y: usize) -> bool {
        let at = ((self.height - y) * self.width + x) * 3;
        self.samples[at] > 150 && self.samples[at + 1] < 60
    }
}

#[test]
fn a_tagged_document_gets_a_tagged_field_before_its_first_signature_only() {
    let signer = signer();
    let once = signer.sign(&shapes::tagged(), None, &signer.request()).unwrap();
    let first = widget(&once, "Signature1");
    assert_eq!((first.int("StructParent"), first.contains(b"TU")), (Some(1), true));
    let document = Document::open(&once, None).unwrap();
    let root = document
        .resolve(document.catalog().unwrap().get("StructTreeRoot").unwrap())
        .unwrap();
    assert_eq!(root.as_dict().unwrap().int("ParentTreeNextKey"), Some(2));
    let tree = document
        .resolve(root.as_dict().unwrap().get("ParentTree").unwrap())
        .unwrap();
    let rows = tree.as_dict().unwrap().get("Nums").unwrap().as_array().unwrap();
    let element = document.resolve(&rows[3]).unwrap();
    let element = element.as_dict().unwrap();
    assert!(element.is("S", "Form"));
    assert_eq!(
        element
            .get("K")
            .unwrap()
            .as_dict()
            .unwrap()
            .get("Obj")
            .and_then(Value::as_ref),
        seen(&once).fields[0].widget
    );
    let twice = signer.sign(&once, None, &signer.request()).unwrap();
    judged(&signer, &twice);
    assert!(widget(&twice, "Signature2").get("StructParent").is_none());
}

#[test]
fn pdfa_stays_pdfa() {
    let signer = signer();
    let archive = |part: u8, components: u8| {
        let intent = "/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/DestOutputProfile 8 0 R>>]";
        let mut file = one_page("1.4", &format!("/Metadata 7 0 R{intent}"), "");
        let xmp = format!("<x pdfaid:part=\"{part}\" pdfaid:conformance=\"B\"/>");
        file.stream(7, "/Type/Metadata/Subtype/XML", xmp.as_bytes());
        file.stream(8, &format!("/N {components}"), b"profile");
        finished(file)
    };
    let sign = |file: &[u8], picture| signer.sign(file, None, &visible(signer.request(), picture));
    let holds = |signed: &[u8], text: &str| signed.windows(text.len()).any(|w| w == text.as_bytes());

    let invisible = signer.sign(&archive(1, 3), None, &signer.request()).unwrap();
    let look = widget(&invisible, "Signature1");
    assert!(look.get("AP").is_some() && look.int("F") == Some(132));
    assert!(!holds(&invisible, "ESIC"));
    let flat = sign(&archive(1, 3), Picture::Png(png(0))).unwrap();
    assert!(!holds(&flat, "/SMask") && holds(&flat, "/DeviceRGB"));
    let calibrated = sign(&archive(2, 4), Picture::Png(png(0))).unwrap();
    assert!(holds(&calibrated, "/SMask") && holds(&calibrated, "/CalRGB"));
    judged(&signer, &calibrated);

    let broken = |part, why| Err(Error::PdfaWouldBreak { part, why });
    let red = || Picture::Pdf(seal(b"1 0 0 rg 0 0 20 20 re f"));
    assert!(sign(&archive(1, 3), red()).is_ok());
    assert_eq!(sign(&archive(1, 4), red()), broken(1, PdfaBreak::Colour));
    assert_eq!(sign(&archive(2, 1), red()), broken(2, PdfaBreak::Colour));
}

#[test]
fn broken_files_are_refused_or_signed_into_files_that_open() {
    let signer = signer();
    let tokens = [
        "/Fields",
        "/Annots",
        "/Kids",
        "/Parent",
        "/AcroForm",
        "obj",
        "R",
        "<<",
        "/Size",
        "/Prev",
    ];
    let seeds = [
        shapes::signature_field(),
        shapes::tagged(),
        shapes::object_streams(true),
    ];
    let each = mutate::count() / seeds.len();
    let (mut signed, mut asked) = (0, 0);
    for (seed, bytes) in seeds.iter().enumerate() {
        let once = signer.sign(bytes, None, &signer.request()).unwrap();
        for broken in mutate::grammar_mutations(seed as u64, &once, each, &tokens) {
            let request = match signed % 2 {
                0 => visible(signer.request(), Picture::Png(png(9))),
                _ => named(signer.request(), "Signature1"),
            };
            let Ok(output) = signer.sign(&broken, None, &request) else {
                continue;
            };
            signed += 1;
            assert!(output.starts_with(&broken));
            let document = Document::open(&output, None).unwrap();
            if let Ok(revisions) = document.revisions() {
                tiling::tile(&document, &revisions[0], &revisions[1]).unwrap();
            }
            if signed % 40 == 1 {
                asked += 1;
                qpdf_agrees(&broken, &output);
            }
        }
    }
    assert!(signed > each / 20 && asked > 0, "{signed} signed, {asked} asked");
}

/// What qpdf says of the output is no worse than what it said of the input.
fn qpdf_agrees(input: &[u8], output: &[u8]) {
    let dir = TestDir::new("mutated");
    let (before, after) = (dir.join("input.pdf"), dir.join("output.pdf"));
    std::fs::write(&before, input).unwrap();
    std::fs::write(&after, output).unwrap();
    if qpdf_check(&before).is_ok() {
        qpdf_check(&after).unwrap();
    }
}
