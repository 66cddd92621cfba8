//! Pages through the real page worker: what a signer must see, and files that were made to deceive, to crash or to keep it busy.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hankod::process::Program;
use hankod::render::{Document, Error, Fonts, Limits, PagePicture, Pages, Source, Warning};
use hankod::secret::Password;

const TEXT: &str = "業務委託契約書 甲野太郎";
const SHIFT_JIS: &str = "8bc696b188cf91f58c5f96f18f91208d6296ec91be9859";
const UTF_16: &str = "696d52d959d48a1759517d0466f80020753291ce592a90ce";

fn pages() -> Pages {
    let limits = Limits {
        page_deadline_ms: 60_000,
    };
    Pages::new(
        Program::at(env!("CARGO_BIN_EXE_hankod")),
        &Fonts::find(None).unwrap(),
        limits,
    )
}

fn impatient() -> Pages {
    let limits = Limits {
        page_deadline_ms: 5_000,
    };
    Pages::new(
        Program::at(env!("CARGO_BIN_EXE_hankod")),
        &Fonts::find(None).unwrap(),
        limits,
    )
}

/// A file with a right cross-reference table; object 1 is the catalog, 2 the page tree, 3 the page, and `objects` follow from 4.
fn file(page: &str, objects: &[Vec<u8>]) -> Vec<u8> {
    file_with("", page, objects)
}

fn file_with(catalog: &str, page: &str, objects: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![
        format!("<</Type/Catalog/Pages 2 0 R{catalog}>>").into_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R {page}>>").into_bytes(),
    ];
    all.extend_from_slice(objects);
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut rows = String::new();
    for (number, object) in all.iter().enumerate() {
        rows += &format!("{:010} 00000 n \n", out.len());
        out.extend(format!("{} 0 obj\n", number + 1).bytes());
        out.extend_from_slice(object);
        out.extend(b"\nendobj\n");
    }
    let at = out.len();
    let size = all.len() + 1;
    out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n{rows}").bytes());
    out.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
    out
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend(b"\nendstream");
    out
}

const A4: &str = "/MediaBox[0 0 595 842]/Contents 4 0 R";

/// One A4 page with these operators; Helvetica is /F0.
fn plain(operators: &str) -> Vec<u8> {
    let page = format!("{A4}/Resources<</Font<</F0 5 0 R>>>>");
    let font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec();
    file(&page, &[stream("", operators.as_bytes()), font])
}

/// One line of Japanese in a font that is not embedded.
fn not_embedded(font: &str, encoding: &str, hex: &str) -> Vec<u8> {
    let page = format!("{A4}/Resources<</Font<</F0 5 0 R>>>>");
    let content = format!("BT /F0 24 Tf 72 700 Td <{hex}> Tj ET");
    let font0 = format!("<</Type/Font/Subtype/Type0/BaseFont/{font}/Encoding/{encoding}/DescendantFonts[6 0 R]>>");
    let descendant = format!(
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/{font}/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/FontDescriptor 7 0 R>>"
    );
    let descriptor = format!(
        "<</Type/FontDescriptor/FontName/{font}/Flags 6/ItalicAngle 0/Ascent 859/Descent -140/StemV 80/CapHeight 769/FontBBox[0 -140 1000 859]>>"
    );
    file(
        &page,
        &[
            stream("", content.as_bytes()),
            font0.into_bytes(),
            descendant.into_bytes(),
            descriptor.into_bytes(),
        ],
    )
}

async fn opened(pages: &Pages, pdf: Vec<u8>) -> Result<Document, Error> {
    pages.open(Source::Bytes(pdf.into()), 1, None).await
}

async fn drawn(pages: &Pages, pdf: Vec<u8>) -> Result<PagePicture, Error> {
    let document = opened(pages, pdf).await?;
    pages.page(&document, 0, 800).await
}

/// Decoded pixels: width, height, RGB.
fn pixels(picture: &PagePicture) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.png))
        .read_info()
        .unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut samples).unwrap();
    assert_eq!((frame.width, frame.height), picture.size_px);
    (frame.width as usize, frame.height as usize, samples)
}

/// How many pixels are not white within a rectangle given in points from the top left of an A4 page.
fn inked(picture: &PagePicture, (left, top, right, bottom): (f32, f32, f32, f32)) -> usize {
    let (width, _, samples) = pixels(picture);
    let scale = width as f32 / picture.size_pt.0;
    let at = |points: f32| (points * scale) as usize;
    (at(top)..at(bottom))
        .flat_map(|y| (at(left)..at(right)).map(move |x| (y * width + x) * 3))
        .filter(|i| samples[*i..*i + 3] != [255, 255, 255])
        .count()
}

async fn still_works(pages: &Pages) {
    let picture = drawn(pages, plain("BT /F0 20 Tf 72 700 Td (still here) Tj ET"))
        .await
        .unwrap();
    assert_eq!(picture.text, "still here");
}

#[tokio::test]
async fn a_plain_page_is_drawn_with_its_text() {
    let pages = pages();
    let picture = drawn(
        &pages,
        plain("1 0 0 rg 100 100 50 50 re f BT 0 g /F0 20 Tf 72 700 Td (Agreement) Tj ET"),
    )
    .await
    .unwrap();
    assert_eq!(picture.size_px, (800, 1132));
    assert_eq!((picture.size_pt, picture.rotation), ((595.0, 842.0), 0));
    assert_eq!(picture.text, "Agreement");
    assert_eq!(picture.warnings, []);
    assert!(inked(&picture, (100.0, 692.0, 150.0, 742.0)) > 4000, "the square");
    assert!(inked(&picture, (72.0, 120.0, 200.0, 145.0)) > 300, "the word");
    assert_eq!(inked(&picture, (300.0, 300.0, 500.0, 600.0)), 0);
}

#[tokio::test]
async fn japanese_fonts_that_are_not_embedded_are_drawn_and_named() {
    let pages = pages();
    for (font, encoding, hex) in [
        ("MS-Mincho", "90ms-RKSJ-H", SHIFT_JIS),
        ("MS-PGothic", "90msp-RKSJ-H", SHIFT_JIS),
        ("HeiseiMin-W3", "UniJIS-UTF16-H", UTF_16),
        ("HeiseiKakuGo-W5", "UniJIS-UTF16-H", UTF_16),
    ] {
        let picture = drawn(&pages, not_embedded(font, encoding, hex)).await.unwrap();
        assert!(inked(&picture, (72.0, 115.0, 380.0, 150.0)) > 2000, "{font} {encoding}");
        let name = picture.warnings.iter().find_map(|w| match w {
            Warning::FontSubstituted { font } => Some(font.as_str()),
            _ => None,
        });
        assert_eq!(name, Some(font), "{:?}", picture.warnings);
        assert_eq!(picture.text, TEXT, "{font} {encoding}");
    }
}

#[tokio::test]
async fn vertical_writing_is_drawn_downwards_and_read_so() {
    let pdf = not_embedded("MS-Mincho", "90ms-RKSJ-V", SHIFT_JIS);
    let picture = drawn(&pages(), pdf).await.unwrap();
    assert!(inked(&picture, (58.0, 142.0, 86.0, 430.0)) > 2000);
    assert_eq!(inked(&picture, (90.0, 100.0, 500.0, 500.0)), 0);
    assert_eq!(picture.text.replace(' ', ""), TEXT.replace(' ', ""));
    assert!(!picture.warnings.contains(&Warning::TextHidden));
}

#[tokio::test]
async fn glyph_numbers_of_an_absent_font_are_a_guess_and_said_to_be() {
    let pages = pages();
    let pdf = not_embedded("ABCDEF+Unknown", "Identity-H", "00220023");
    let pdf = String::from_utf8(pdf)
        .unwrap()
        .replace("/Ordering(Japan1)", "/Ordering(Identity)");
    let picture = opened(&pages, rebuilt_table(&pdf)).await;
    let picture = pages.page(&picture.unwrap(), 0, 800).await.unwrap();
    assert!(
        picture
            .warnings
            .iter()
            .any(|w| matches!(w, Warning::FontGuessed { .. })),
        "{:?}",
        picture.warnings
    );
}

/// The same objects with a right cross-reference table again.
fn rebuilt_table(pdf: &str) -> Vec<u8> {
    let objects: Vec<Vec<u8>> = pdf
        .split(" 0 obj\n")
        .skip(4)
        .map(|part| part.split("\nendobj").next().unwrap().as_bytes().to_vec())
        .collect();
    file(&format!("{A4}/Resources<</Font<</F0 5 0 R>>>>"), &objects)
}

#[tokio::test]
async fn text_that_nobody_sees_is_not_told() {
    let pages = pages();
    for operators in [
        "BT /F0 20 Tf 72 700 Td (seen) Tj 3 Tr 0 -40 Td (secret) Tj ET",
        "BT /F0 20 Tf 72 700 Td (seen) Tj 1 g 0 -40 Td (secret) Tj ET",
        "BT /F0 20 Tf 72 700 Td (seen) Tj 0 -40 Td (secret) Tj ET 1 g 60 640 300 40 re f",
        "BT /F0 20 Tf 72 700 Td (seen) Tj 900 0 Td (secret) Tj ET",
    ] {
        let picture = drawn(&pages, plain(operators)).await.unwrap();
        assert_eq!(picture.text, "seen", "{operators}");
        assert_eq!(picture.warnings, [Warning::TextHidden], "{operators}");
    }
}

#[tokio::test]
async fn a_rotated_page_says_so_and_keeps_its_text() {
    let page = format!("{A4}/Rotate 90/Resources<</Font<</F0 5 0 R>>>>");
    let font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec();
    let pdf = file(
        &page,
        &[
            stream("", b"BT /F0 20 Tf 72 700 Td (Agreement) Tj 0 -30 Td (two) Tj ET"),
            font,
        ],
    );
    let picture = drawn(&pages(), pdf).await.unwrap();
    assert_eq!((picture.size_pt, picture.rotation), ((842.0, 595.0), 90));
    assert_eq!(picture.text, "Agreement\ntwo");
}

#[tokio::test]
async fn a_file_whose_structure_must_be_guessed_is_not_shown() {
    let pages = pages();
    let good = plain("BT /F0 20 Tf 72 700 Td (Agreement) Tj ET");
    // Behind the end stands another version of the page's content, which only a scan of the file finds.
    let junk =
        b"4 0 obj\n<</Length 48>>\nstream\nBT /F0 20 Tf 72 700 Td (Pay 1000000) Tj ET      \nendstream\nendobj\n";

    // The font's row points nowhere: met in the middle of drawing.
    let mut late = good.clone();
    let row = position(&late, b"trailer") - 20;
    late[row..row + 10].copy_from_slice(b"0000000003");
    late.extend_from_slice(junk);
    assert!(matches!(drawn(&pages, late).await, Err(Error::Rebuilt)));

    // The table itself cannot be found: met at opening.
    let mut early = good.clone();
    let at = position(&early, b"startxref") + 10;
    early[at..at + 3].copy_from_slice(b"000");
    early.extend_from_slice(junk);
    assert!(matches!(drawn(&pages, early).await, Err(Error::Rebuilt)));

    // Junk alone moves nothing.
    let mut harmless = good;
    harmless.extend_from_slice(junk);
    assert_eq!(drawn(&pages, harmless).await.unwrap().text, "Agreement");
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|w| w == wanted).unwrap()
}

#[tokio::test]
async fn another_count_of_pages_is_refused() {
    let pages = pages();
    let pdf = plain("");
    let refused = pages.open(Source::Bytes(pdf.clone().into()), 2, None).await;
    assert!(matches!(refused, Err(Error::Mismatch { expected: 2, found: 1 })));
    let document = opened(&pages, pdf).await.unwrap();
    assert!(matches!(pages.page(&document, 1, 800).await, Err(Error::NoPage)));
}

#[tokio::test]
async fn hidden_annotations_layers_and_missing_appearances_are_said() {
    let page = format!("{A4}/Annots[<</Subtype/FreeText/Rect[0 0 9 9]>><</Subtype/Stamp/F 2/Rect[0 0 9 9]/AP<<>>>>]");
    let pdf = file_with("/OCProperties<<>>", &page, &[stream("", b"0 0 99 99 re f")]);
    let picture = drawn(&pages(), pdf).await.unwrap();
    let expected = [
        Warning::AnnotationUndrawn,
        Warning::AnnotationHidden,
        Warning::Layers,
        Warning::TextAbsent,
    ];
    assert_eq!(picture.warnings, expected);
}

#[tokio::test]
async fn an_encrypted_document_needs_its_password() {
    let dir = tempfile::tempdir().unwrap();
    let (clear, locked) = (dir.path().join("clear.pdf"), dir.path().join("locked.pdf"));
    std::fs::write(&clear, plain("BT /F0 20 Tf 72 700 Td (Agreement) Tj ET")).unwrap();
    let run = std::process::Command::new("qpdf")
        .args(["--encrypt", "secret", "owner", "256", "--"])
        .args([&clear, &locked])
        .status()
        .unwrap();
    assert!(run.success());
    let pages = pages();
    let source = || Source::File(Arc::new(std::fs::File::open(&locked).unwrap()));
    let password = |text: &str| Some(Arc::new(Password::new(text.as_bytes().to_vec()).unwrap()));
    assert!(matches!(pages.open(source(), 1, None).await, Err(Error::Encrypted)));
    assert!(matches!(
        pages.open(source(), 1, password("wrong")).await,
        Err(Error::Encrypted)
    ));
    let document = pages.open(source(), 1, password("secret")).await.unwrap();
    assert_eq!(pages.page(&document, 0, 800).await.unwrap().text, "Agreement");
}

/// Ten forms, each painting the next one thirty times: 30^10 squares.
fn endless() -> Vec<u8> {
    let form = |next: usize| {
        let dictionary = format!("/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X {next} 0 R>>>>");
        stream(&dictionary, "1 0 0 rg 0 0 9 9 re f /X Do ".repeat(30).as_bytes())
    };
    let mut objects = vec![stream("", b"/X Do")];
    objects.extend((6..16).map(form));
    objects.push(stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"0 0 9 9 re f"));
    file(&format!("{A4}/Resources<</XObject<</X 5 0 R>>>>"), &objects)
}

#[tokio::test]
async fn a_form_that_paints_itself_does_not_overflow() {
    let pages = impatient();
    let form = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>",
        b"0 0 9 9 re f /X Do",
    );
    let pdf = file(
        &format!("{A4}/Resources<</XObject<</X 5 0 R>>>>"),
        &[stream("", b"/X Do"), form],
    );
    assert!(drawn(&pages, pdf).await.is_ok());
    still_works(&pages).await;
}

#[tokio::test]
async fn an_endless_page_is_stopped_and_the_next_document_is_drawn() {
    let pages = impatient();
    let answer = drawn(&pages, endless()).await;
    assert!(matches!(answer, Err(Error::Timeout)), "{answer:?}");
    still_works(&pages).await;
}

#[tokio::test]
async fn many_operators_and_patterns_end_in_time() {
    let pages = impatient();
    let tiny = stream(
        "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>",
        b"1 0 0 rg 0 0 1 1 re f",
    );
    let pattern = file(
        &format!("{A4}/Resources<</Pattern<</P 5 0 R>>>>"),
        &[stream("", b"/Pattern cs /P scn 0 0 595 842 re f"), tiny],
    );
    let operators = plain(&"0 0 m 595 842 l 0 842 l 595 0 l f* ".repeat(200_000));
    for pdf in [pattern, operators] {
        // Drawn or stopped: both are right, and the next document goes on.
        let answer = drawn(&pages, pdf).await;
        assert!(
            matches!(answer, Ok(_) | Err(Error::Timeout | Error::Undrawable)),
            "{answer:?}"
        );
        still_works(&pages).await;
    }
}

fn deflated(block: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..times {
        encoder.write_all(block).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test]
async fn bombs_end_the_worker_and_not_the_daemon() {
    let pages = pages();
    let megabyte = vec![b' '; 1 << 20];
    let content = file(A4, &[stream("/Filter/FlateDecode", &deflated(&megabyte, 1200))]);
    let answer = drawn(&pages, content).await;
    // Out of memory or out of time, whichever comes first on this machine.
    assert!(matches!(answer, Err(Error::Undrawable | Error::Timeout)), "{answer:?}");
    still_works(&pages).await;

    let image = stream(
        "/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode",
        &deflated(&megabyte, 64),
    );
    let page = format!("{A4}/Resources<</XObject<</I 5 0 R>>>>");
    // Told to be 10 GB and holding 64 MB: whatever is made of it, the next document goes on.
    let pdf = file(&page, &[stream("", b"595 0 0 842 0 0 cm /I Do"), image]);
    let answer = drawn(&pages, pdf).await;
    assert!(!matches!(answer, Err(Error::Worker(_))), "{answer:?}");
    still_works(&pages).await;
}

#[tokio::test]
async fn a_huge_page_is_drawn_small() {
    let pages = pages();
    for media_box in ["0 0 10000000 10000000", "0 0 14400 3", "-1 -1 -1 -1"] {
        let pdf = file(
            &format!("/MediaBox[{media_box}]/Contents 4 0 R"),
            &[stream("", b"0 0 9 9 re f")],
        );
        match drawn(&pages, pdf).await {
            Ok(picture) => assert!(picture.size_px.0 <= 8192 && picture.size_px.0 * picture.size_px.1 <= 8_100_000),
            Err(error) => assert!(matches!(error, Error::Undrawable), "{error:?}"),
        }
    }
    still_works(&pages).await;
}

#[tokio::test]
async fn a_worker_killed_while_it_draws_is_replaced() {
    let pages = pages();
    let document = opened(&pages, endless()).await.unwrap();
    let first = pages.worker_pid().unwrap();
    let killed = async {
        let pid = rustix::process::Pid::from_raw(first.try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    };
    // The page is polled first, and by then the worker has been sent the call.
    let (answer, ()) = tokio::join!(biased; pages.page(&document, 0, 800), killed);
    assert!(matches!(answer, Err(Error::Undrawable)), "{answer:?}");
    still_works(&pages).await;
    assert_ne!(pages.worker_pid(), Some(first));
}

#[tokio::test]
async fn the_worker_can_open_nothing() {
    let pages = pages();
    still_works(&pages).await;
    let pid = pages.worker_pid().unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    for (name, limit) in [
        ("Max open files", "0"),
        ("Max file size", "0"),
        ("Max processes", "0"),
        ("Max core file size", "0"),
    ] {
        let row = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(row[name.len()..].split_whitespace().next(), Some(limit), "{row}");
    }
    let address_space = limits
        .lines()
        .find(|line| line.starts_with("Max address space"))
        .unwrap();
    assert!(address_space.contains("1073741824"), "{address_space}");
}

#[tokio::test]
async fn mutated_files_neither_crash_the_daemon_nor_stop_it() {
    let pages = impatient();
    let seeds = [
        not_embedded("MS-Mincho", "90ms-RKSJ-H", SHIFT_JIS),
        plain("q 1 0 0 1 5 5 cm BT /F0 20 Tf 72 700 Td (Agreement) Tj ET Q"),
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for round in 0..150 {
        let mut pdf = seeds[round % seeds.len()].clone();
        for _ in 0..=random(6) {
            let at = random(pdf.len());
            match random(3) {
                0 => pdf[at] = random(256) as u8,
                1 => pdf.truncate(at.max(1)),
                _ => pdf.insert(at, b"<>[]()/ 0123456789"[random(18)]),
            }
        }
        let answer = drawn(&pages, pdf).await;
        assert!(!matches!(answer, Err(Error::Worker(_))), "{answer:?}");
    }
    still_works(&pages).await;
}
