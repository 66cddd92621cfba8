//! Every shape of PDF that hankod must open, made here byte by byte. Linearised and encrypted files are made by qpdf from these.
//!
//! Nothing is random: the same shape has the same bytes each time, but for what qpdf draws.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

/// One input.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) password: Option<&'static str>,
}

/// The end of a row in a table.
pub(crate) const LF: &str = " \n";
const CR: &str = " \r";
const CRLF: &str = "\r\n";

/// Every shape.
pub(crate) fn all() -> Vec<Shape> {
    let mut shapes = plain();
    let classic = classic("1.7", LF);
    let packed = object_streams(true);
    let mut add = |name, bytes: &[u8], arguments: &[&str], password| {
        let bytes = qpdf(bytes, arguments);
        shapes.push(Shape { name, bytes, password });
    };
    add("linearised", &classic, &["--linearize"], None);
    let arguments = ["--linearize", "--object-streams=generate"];
    add("linearised with object streams", &classic, &arguments, None);
    let arguments = ["--encrypt", "user", "owner", "128", "--use-aes=y", "--"];
    add("AES-128 with password", &classic, &arguments, Some("user"));
    let arguments = ["--encrypt", "", "owner", "128", "--use-aes=y", "--"];
    add("AES-128 with empty user password", &classic, &arguments, None);
    let arguments = ["--encrypt", "パスワード", "owner", "256", "--"];
    add("AES-256 with password", &classic, &arguments, Some("パスワード"));
    let arguments = ["--encrypt", "", "owner", "256", "--"];
    add("AES-256 with empty user password", &classic, &arguments, None);
    let arguments = ["--object-streams=preserve", "--encrypt", "user", "owner", "256", "--"];
    add("AES-256 with object streams", &packed, &arguments, Some("owner"));
    let arguments = ["--linearize", "--encrypt", "", "owner", "256", "--"];
    add("linearised and AES-256", &packed, &arguments, None);
    shapes
}

/// The shapes that need no other program.
pub(crate) fn plain() -> Vec<Shape> {
    let made: Vec<(&'static str, Vec<u8>)> = vec![
        ("PDF 1.3", classic("1.3", LF)),
        ("PDF 1.4", classic("1.4", LF)),
        ("PDF 1.5", classic("1.5", LF)),
        ("PDF 1.6", classic("1.6", LF)),
        ("PDF 1.7", classic("1.7", LF)),
        ("PDF 2.0", classic("2.0", LF)),
        ("rows ending in CR", classic("1.4", CR)),
        ("rows ending in CR LF", classic("1.4", CRLF)),
        ("one newline before xref", newline_before_xref()),
        (
            "white space after the end",
            [classic("1.7", LF), b"\r\n\r\n".to_vec()].concat(),
        ),
        ("no newline at the end", classic("1.7", LF).trim_ascii_end().to_vec()),
        ("cross-reference stream", xref_stream(false)),
        ("cross-reference stream with predictor", xref_stream(true)),
        ("object streams", object_streams(false)),
        ("object streams with predictor", object_streams(true)),
        ("hybrid", hybrid()),
        ("hybrid as Word writes it", word_hybrid()),
        ("incremental update", incremental()),
        ("update that repeats unchanged rows", repeated_rows()),
        ("update that frees an object", freed()),
        ("update by a cross-reference stream", incremental_stream()),
        ("tagged", tagged()),
        ("empty signature field", signature_field()),
        ("outlines", outlines()),
        ("page tree of several levels", page_tree()),
        ("stream length by reference", length_reference()),
        ("version in the catalogue", catalog_version()),
        ("comments and odd spacing", comments()),
        ("1,000 objects", objects(1000)),
    ];
    made.into_iter()
        .map(|(name, bytes)| Shape {
            name,
            bytes,
            password: None,
        })
        .collect()
}

/// Runs qpdf over `bytes`.
pub(crate) fn qpdf(bytes: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut input = tempfile::NamedTempFile::new().unwrap();
    input.write_all(bytes).unwrap();
    let output = tempfile::NamedTempFile::new().unwrap();
    let run = Command::new("qpdf")
        .arg("--static-id")
        .args(arguments)
        .args([input.path(), output.path()])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(output.path()).unwrap()
}

/// A file being written: objects, then a section.
#[derive(Clone)]
pub(crate) struct Builder {
    pub(crate) bytes: Vec<u8>,
    /// Offsets of the objects since the last section.
    offsets: BTreeMap<u32, usize>,
    /// Objects in object streams since then: stream and place.
    packed: BTreeMap<u32, (u32, usize)>,
    /// Numbers to be freed by the next section.
    free: Vec<u32>,
    size: u32,
    previous: Option<usize>,
    root: u32,
}

impl Builder {
    pub(crate) fn new(version: &str) -> Self {
        Self {
            bytes: [
                format!("%PDF-{version}\n%").as_bytes(),
                &[0xe2, 0xe3, 0xcf, 0xd3, b'\n'],
            ]
            .concat(),
            offsets: BTreeMap::new(),
            packed: BTreeMap::new(),
            free: vec![0],
            size: 0,
            previous: None,
            root: 1,
        }
    }

    /// Goes on after a file made elsewhere, which ends with a newline.
    pub(crate) fn after(file: &[u8], root: u32, startxref: usize, size: u32) -> Self {
        let mut builder = Self::new("1.7");
        builder.bytes = file.to_vec();
        (builder.root, builder.previous, builder.size) = (root, Some(startxref), size);
        builder.update()
    }

    /// Goes on after its own last section.
    fn update(mut self) -> Self {
        self.free.clear();
        self
    }

    pub(crate) fn object(&mut self, number: u32, body: &str) {
        self.note(number);
        self.bytes
            .extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }

    pub(crate) fn stream(&mut self, number: u32, dict: &str, data: &[u8]) {
        self.stream_with_length(number, dict, &data.len().to_string(), data);
    }

    fn stream_with_length(&mut self, number: u32, dict: &str, length: &str, data: &[u8]) {
        self.note(number);
        let head = format!("{number} 0 obj\n<<{dict}/Length {length}>>\nstream\n");
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(data);
        self.bytes.extend_from_slice(b"\nendstream\nendobj\n");
    }

    fn note(&mut self, number: u32) {
        self.offsets.insert(number, self.bytes.len());
        self.size = self.size.max(number + 1);
    }

    /// Puts `objects` into the object stream `number`.
    fn pack(&mut self, number: u32, objects: &[(u32, &str)], predictor: bool) {
        let (mut head, mut body) = (String::new(), String::new());
        for (place, (packed, text)) in objects.iter().enumerate() {
            head.push_str(&format!("{packed} {} ", body.len()));
            body.push_str(text);
            body.push('\n');
            self.packed.insert(*packed, (number, place));
            self.size = self.size.max(packed + 1);
        }
        let data = format!("{head}{body}");
        let (entries, data) = deflated(data.as_bytes(), predictor, 16);
        let dict = format!("/Type/ObjStm/N {}/First {}{entries}", objects.len(), head.len());
        self.stream(number, &dict, &data);
    }

    fn trailer(&self) -> String {
        let previous = self.previous.map(|at| format!("/Prev {at}")).unwrap_or_default();
        let id = "<00112233445566778899aabbccddeeff>";
        format!("/Size {}/Root {} 0 R/ID[{id}{id}]{previous}", self.size, self.root)
    }

    /// A table of all objects since the last section, `startxref` and the end.
    pub(crate) fn table(&mut self, end: &str, extra: &str) {
        let mut rows: BTreeMap<u32, String> = BTreeMap::new();
        for number in &self.free {
            let generation = if *number == 0 { 65535 } else { 1 };
            rows.insert(*number, format!("0000000000 {generation:05} f{end}"));
        }
        for (number, offset) in &self.offsets {
            rows.insert(*number, format!("{offset:010} 00000 n{end}"));
        }
        let at = self.bytes.len();
        let mut text = String::from("xref\n");
        for run in runs(&rows.keys().copied().collect::<Vec<_>>()) {
            text.push_str(&format!("{} {}\n", run[0], run.len()));
            for number in run {
                text.push_str(&rows[&number]);
            }
        }
        text.push_str(&format!("trailer\n<<{}{extra}>>\n", self.trailer()));
        self.bytes.extend_from_slice(text.as_bytes());
        self.end(at);
    }

    /// A cross-reference stream `number` of all objects since the last section; `end`: it closes the file.
    fn section_stream(&mut self, number: u32, predictor: bool, end: bool) -> usize {
        let at = self.bytes.len();
        self.note(number);
        let mut rows: BTreeMap<u32, [u8; 6]> = BTreeMap::new();
        for number in &self.free {
            rows.insert(*number, [0, 0, 0, 0, 0, u8::from(*number != 0)]);
        }
        for (number, offset) in &self.offsets {
            let [a, b, c, d] = (*offset as u32).to_be_bytes();
            rows.insert(*number, [1, a, b, c, d, 0]);
        }
        for (number, (stream, place)) in &self.packed {
            let [a, b, c, d] = stream.to_be_bytes();
            rows.insert(*number, [2, a, b, c, d, *place as u8]);
        }
        let index: String = runs(&rows.keys().copied().collect::<Vec<_>>())
            .iter()
            .map(|run| format!("{} {} ", run[0], run.len()))
            .collect();
        let (entries, data) = deflated(&rows.into_values().flatten().collect::<Vec<u8>>(), predictor, 6);
        let dict = format!("/Type/XRef/W[1 4 1]/Index[{index}]{}{entries}", self.trailer());
        self.stream(number, &dict, &data);
        if end {
            self.end(at);
        }
        at
    }

    fn end(&mut self, at: usize) {
        self.bytes
            .extend_from_slice(format!("startxref\n{at}\n%%EOF\n").as_bytes());
        self.previous = Some(at);
        self.offsets.clear();
        self.packed.clear();
    }
}

fn runs(numbers: &[u32]) -> Vec<Vec<u32>> {
    let mut runs: Vec<Vec<u32>> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some(run) if run.last() == Some(&(number - 1)) => run.push(*number),
            _ => runs.push(vec![*number]),
        }
    }
    runs
}

/// The data through Flate, and the dictionary's entries for it. The predictor is PNG's Up.
fn deflated(data: &[u8], predictor: bool, columns: usize) -> (String, Vec<u8>) {
    let (mut rows, mut entries) = (data.to_vec(), String::from("/Filter/FlateDecode"));
    if predictor {
        rows.clear();
        let mut above = vec![0; columns];
        for row in data.chunks(columns) {
            rows.push(2);
            rows.extend(row.iter().zip(&above).map(|(byte, above)| byte.wrapping_sub(*above)));
            above[..row.len()].copy_from_slice(row);
        }
        entries.push_str(&format!("/DecodeParms<</Predictor 12/Columns {columns}>>"));
    }
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&rows).unwrap();
    (entries, encoder.finish().unwrap())
}

const CONTENT: &[u8] = b"BT /F1 24 Tf 72 700 Td (Agreement) Tj ET";
const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
const PAGES: &str = "<</Type/Pages/Count 1/Kids[3 0 R]>>";
const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>";
const INFO: &str = "<</Title(Contract \\(draft\\))/Author<FEFF75324E80592A90CE>>>";

/// Objects 1 to 6 of a one-page document.
pub(crate) fn one_page(version: &str, catalog: &str, page: &str) -> Builder {
    let mut file = Builder::new(version);
    file.object(1, &format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"));
    file.object(2, PAGES);
    file.object(3, &PAGE.replace(">>>>>>", &format!(">>>>{page}>>")));
    file.stream(4, "", CONTENT);
    file.object(5, FONT);
    file.object(6, INFO);
    file
}

/// One page, one table.
pub(crate) fn classic(version: &str, end: &str) -> Vec<u8> {
    let mut file = one_page(version, "", "");
    file.table(end, "/Info 6 0 R");
    file.bytes
}

fn newline_before_xref() -> Vec<u8> {
    let bytes = classic("1.7", LF);
    let text = String::from_utf8_lossy(&bytes);
    let at: usize = text
        .rsplit("startxref\n")
        .next()
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let from = bytes.len() - format!("{at}\n%%EOF\n").len();
    [&bytes[..from], format!("{}\n%%EOF\n", at - 1).as_bytes()].concat()
}

fn xref_stream(predictor: bool) -> Vec<u8> {
    let mut file = one_page("1.5", "", "");
    file.section_stream(7, predictor, true);
    file.bytes
}

pub(crate) fn object_streams(predictor: bool) -> Vec<u8> {
    let mut file = Builder::new("1.5");
    file.stream(4, "", CONTENT);
    let catalog = "<</Type/Catalog/Pages 2 0 R>>";
    file.pack(7, &[(1, catalog), (2, PAGES), (3, PAGE)], predictor);
    file.pack(8, &[(5, FONT), (6, INFO)], predictor);
    file.section_stream(9, predictor, true);
    file.bytes
}

/// A table that calls 5 and 6 free, and the stream that has them.
fn hybrid() -> Vec<u8> {
    let mut file = Builder::new("1.5");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, PAGES);
    file.object(3, PAGE);
    file.stream(4, "", CONTENT);
    let listed = file.offsets.clone();
    file.pack(7, &[(5, FONT), (6, INFO)], false);
    let hidden = std::mem::take(&mut file.packed);
    let mut stream = file.clone();
    stream.offsets.retain(|number, _| *number == 7);
    stream.packed = hidden;
    stream.free.clear();
    let at = stream.section_stream(8, false, false);
    file.bytes = stream.bytes;
    file.size = 9;
    file.offsets = listed;
    file.free = vec![0, 5, 6, 7, 8];
    file.table(LF, &format!("/XRefStm {at}"));
    file.bytes
}

/// A whole file with a table, then `xref 0 0` with the stream that was written before that table.
fn word_hybrid() -> Vec<u8> {
    let mut file = one_page("1.5", "", "");
    let objects = file.offsets.clone();
    let at = file.section_stream(7, false, false);
    file.offsets = objects;
    file.table(CRLF, "/Info 6 0 R");
    file.free.clear();
    file.table(CRLF, &format!("/Info 6 0 R/XRefStm {at}"));
    let tail = b"xref\n0 0\ntrailer";
    let from = file.bytes.windows(13).rposition(|w| w == b"xref\ntrailer\n").unwrap();
    file.bytes.splice(from..from + 12, tail.iter().copied());
    file.bytes
}

pub(crate) fn incremental() -> Vec<u8> {
    let mut file = one_page("1.7", "", "");
    file.table(LF, "");
    let mut file = file.update();
    file.object(6, "<</Title(Contract)>>");
    file.object(7, "<</Type/Annot/Subtype/Text/Rect[0 0 10 10]/Contents(note)>>");
    file.object(3, &PAGE.replace(">>>>>>", ">>>>/Annots[7 0 R]>>"));
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn repeated_rows() -> Vec<u8> {
    let mut file = one_page("1.7", "", "");
    let rows = file.offsets.clone();
    file.table(LF, "");
    file.offsets = rows;
    file.object(6, "<</Title(Contract)>>");
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn freed() -> Vec<u8> {
    let mut file = one_page("1.7", "", "");
    file.table(LF, "");
    let mut file = file.update();
    file.free = vec![0, 6];
    file.table(LF, "");
    file.bytes
}

fn incremental_stream() -> Vec<u8> {
    let mut file = Builder::new("1.5");
    file.stream(4, "", CONTENT);
    let catalog = "<</Type/Catalog/Pages 2 0 R>>";
    file.pack(7, &[(1, catalog), (2, PAGES), (3, PAGE), (5, FONT), (6, INFO)], true);
    file.section_stream(8, true, true);
    let mut file = file.update();
    file.pack(9, &[(6, "<</Title(Contract)>>")], true);
    file.section_stream(10, true, true);
    file.bytes
}

pub(crate) fn tagged() -> Vec<u8> {
    let catalog =
        "/MarkInfo<</Marked true>>/Lang(ja-JP)/StructTreeRoot 7 0 R/ViewerPreferences<</DisplayDocTitle true>>";
    let mut file = one_page("1.7", catalog, "/StructParents 0/Tabs/S");
    file.offsets.remove(&4);
    let content = [b"/P <</MCID 0>> BDC ", CONTENT, b" EMC"].concat();
    file.stream(4, "", &content);
    file.object(
        7,
        "<</Type/StructTreeRoot/K 8 0 R/ParentTree 10 0 R/ParentTreeNextKey 1>>",
    );
    file.object(8, "<</Type/StructElem/S/Document/P 7 0 R/K 9 0 R>>");
    file.object(9, "<</Type/StructElem/S/P/P 8 0 R/Pg 3 0 R/K 0>>");
    file.object(10, "<</Nums[0[9 0 R]]>>");
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

/// An AcroForm with a text field and an empty signature field `Signature1` on page 1.
pub(crate) fn signature_field() -> Vec<u8> {
    let form = "/AcroForm<</Fields[7 0 R 8 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 5 0 R>>>>>>";
    let mut file = one_page("1.7", form, "/Annots[7 0 R 8 0 R]");
    let widget = "/Type/Annot/Subtype/Widget/F 4/P 3 0 R";
    file.object(7, &format!("<<{widget}/FT/Tx/T(Name)/V()/Rect[72 600 272 620]>>"));
    file.object(8, &format!("<<{widget}/FT/Sig/T(Signature1)/Rect[72 500 172 600]>>"));
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn outlines() -> Vec<u8> {
    let mut file = one_page("1.7", "/Outlines 7 0 R/PageMode/UseOutlines", "");
    file.object(7, "<</Type/Outlines/First 8 0 R/Last 9 0 R/Count 2>>");
    file.object(
        8,
        "<</Title<FEFF7B2C4E006761>/Parent 7 0 R/Next 9 0 R/Dest[3 0 R/Fit]>>",
    );
    file.object(
        9,
        "<</Title(Article 2)/Parent 7 0 R/Prev 8 0 R/Dest[3 0 R/XYZ null 400 null]>>",
    );
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

/// Five pages on three levels: 10, 11 | 20, 21 | 30, of different sizes, turned, and with boxes inherited.
fn page_tree() -> Vec<u8> {
    let mut file = Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(
        2,
        "<</Type/Pages/Count 5/Kids[3 0 R 4 0 R 30 0 R]/MediaBox[0 0 595 842]>>",
    );
    file.object(3, "<</Type/Pages/Parent 2 0 R/Count 2/Kids[10 0 R 11 0 R]/Rotate 90>>");
    file.object(
        4,
        "<</Type/Pages/Parent 2 0 R/Count 2/Kids[5 0 R]/CropBox[10 20 900 700]>>",
    );
    file.object(
        5,
        "<</Type/Pages/Parent 4 0 R/Count 2/Kids[20 0 R 21 0 R]/Resources 6 0 R>>",
    );
    file.object(6, "<</ProcSet[/PDF]>>");
    file.object(10, "<</Type/Page/Parent 3 0 R/Resources<<>>>>");
    file.object(11, "<</Type/Page/Parent 3 0 R/Resources<<>>/Rotate -180>>");
    file.object(20, "<</Type/Page/Parent 5 0 R>>");
    file.object(21, "<</Type/Page/Parent 5 0 R/MediaBox[612 792 0 0]>>");
    file.object(30, "<</Type/Page/Parent 2 0 R/MediaBox 31 0 R/Resources<<>>>>");
    file.object(31, "[0 0 100.5 200]");
    file.table(LF, "");
    file.bytes
}

fn length_reference() -> Vec<u8> {
    let mut file = one_page("1.4", "", "");
    file.offsets.remove(&4);
    let (entries, data) = deflated(CONTENT, false, 1);
    file.stream_with_length(4, &entries, "7 0 R", &data);
    file.object(7, &data.len().to_string());
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn catalog_version() -> Vec<u8> {
    let mut file = one_page("1.4", "/Version/2.0", "");
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

fn comments() -> Vec<u8> {
    let mut file = one_page("1.7", " % the pages stand above\n ", "");
    file.object(
        6,
        "<< /Title\t(a\\\nb) % >>\n /Author (x(y)z\\051) /Trapped/False /N#61me [+1 -.5 4. 00 null] >>",
    );
    file.table(LF, "/Info 6 0 R");
    file.bytes
}

/// `count` objects, most of them link annotations of one page.
pub(crate) fn objects(count: u32) -> Vec<u8> {
    let mut file = Builder::new("1.7");
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, PAGES);
    file.stream(4, "", CONTENT);
    file.object(5, FONT);
    let mut links = String::new();
    for number in 6..count.max(7) {
        let rect = format!(
            "[{} {} {} {}]",
            number % 500,
            number % 800,
            number % 500 + 9,
            number % 800 + 9
        );
        let action = format!("/A<</S/URI/URI(http://example.test/{number})>>");
        file.object(
            number,
            &format!("<</Type/Annot/Subtype/Link/Rect{rect}/Border[0 0 0]{action}>>"),
        );
        links.push_str(&format!("{number} 0 R "));
    }
    file.object(3, &PAGE.replace(">>>>>>", &format!(">>>>/Annots[{links}]>>")));
    file.table(LF, "");
    file.bytes
}
