//! The inputs: PDF files of a given size or number of objects, the same bytes on every machine.
//!
//! They are made of what slows readers down: long streams, long cross-reference tables, many object streams. They are not beautiful.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Bytes of one incompressible image.
const IMAGE_BYTES: usize = 1024 * 340 * 3;
/// Lines on a page of text.
const LINES_A_PAGE: usize = 40;
/// Link annotations on a page of the file of many objects.
const LINKS_A_PAGE: usize = 98;
/// Objects in one object stream, as common writers pack them.
const OBJECTS_A_STREAM: usize = 100;

/// How the objects are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Xref {
    /// A table at the end (ISO 32000-2, 7.5.4).
    Table,
    /// Object streams and a cross-reference stream (7.5.7, 7.5.8).
    Streams,
}

/// Pages of text as a contract has them, `bytes` long and up to one page more.
pub(crate) fn text(path: &Path, bytes: usize) {
    let mut file = Pdf::create(path, Xref::Table);
    while file.position < bytes {
        let mut content = "BT /F1 10 Tf 60 780 Td 14 TL".to_owned();
        for line in 1..=LINES_A_PAGE {
            write!(
                content,
                " (Article {line}: the parties agree on what stands here.) Tj T*"
            )
            .unwrap();
        }
        content.push_str(" ET");
        file.page(content.as_bytes(), "", "");
    }
    file.finish();
}

/// Pages of noise, `bytes` long and up to one image more.
pub(crate) fn images(path: &Path, bytes: usize) {
    let mut file = Pdf::create(path, Xref::Table);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let mut image = vec![0; IMAGE_BYTES];
    while file.position < bytes {
        noise.fill(&mut image);
        let dictionary = "/Type/XObject/Subtype/Image/Width 1024/Height 340/ColorSpace/DeviceRGB/BitsPerComponent 8";
        let number = file.stream(dictionary, &image);
        let resources = format!("/XObject<</I {number} 0 R>>");
        file.page(b"q 500 0 0 300 40 300 cm /I Do Q", &resources, "");
    }
    file.finish();
}

/// Pages of links, `objects` objects and up to one page more.
pub(crate) fn objects(path: &Path, objects: usize, xref: Xref) {
    let mut file = Pdf::create(path, xref);
    while file.entries.len() < objects {
        let mut annotations = String::new();
        for i in 0..LINKS_A_PAGE {
            let (x, y) = (i % 500, file.entries.len() % 800);
            let link = format!(
                "<</Type/Annot/Subtype/Link/Rect[{x} {y} {} {}]/Border[0 0 0]/A<</S/URI/URI(http://example.test/{y}/{i})>>>>",
                x + 9,
                y + 9
            );
            write!(annotations, "{} 0 R ", file.object(&link)).unwrap();
        }
        file.page(
            b"BT /F1 9 Tf 40 800 Td (page) Tj ET",
            "",
            &format!("/Annots[{annotations}]"),
        );
    }
    file.finish();
}

/// Where an object stands, as a cross-reference stream writes it.
#[derive(Clone, Copy)]
enum Entry {
    Free,
    At(usize),
    Within { stream: usize, index: usize },
}

/// A PDF being written. Objects 1, 2 and 3 are catalog, page tree and font.
struct Pdf {
    out: BufWriter<File>,
    position: usize,
    xref: Xref,
    entries: Vec<Entry>,
    pages: Vec<usize>,
    waiting: Vec<(usize, String)>,
}

impl Pdf {
    fn create(path: &Path, xref: Xref) -> Self {
        let mut pdf = Self {
            out: BufWriter::new(File::create(path).unwrap()),
            position: 0,
            xref,
            entries: vec![Entry::Free; 4],
            pages: Vec::new(),
            waiting: Vec::new(),
        };
        pdf.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
        pdf.object_at(
            3,
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        );
        pdf
    }

    fn object(&mut self, body: &str) -> usize {
        let number = self.number();
        self.object_at(number, body);
        number
    }

    fn object_at(&mut self, number: usize, body: &str) {
        if self.xref == Xref::Streams {
            self.waiting.push((number, body.to_owned()));
            if self.waiting.len() == OBJECTS_A_STREAM {
                self.pack();
            }
        } else {
            self.entries[number] = Entry::At(self.position);
            self.write(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
    }

    fn stream(&mut self, dictionary: &str, content: &[u8]) -> usize {
        let number = self.number();
        self.stream_at(number, dictionary, content);
        number
    }

    fn stream_at(&mut self, number: usize, dictionary: &str, content: &[u8]) {
        self.entries[number] = Entry::At(self.position);
        let head = format!("{number} 0 obj\n<<{dictionary}/Length {}>>\nstream\n", content.len());
        self.write(head.as_bytes());
        self.write(content);
        self.write(b"\nendstream\nendobj\n");
    }

    fn page(&mut self, content: &[u8], resources: &str, more: &str) {
        let content = self.stream("", content);
        let page = self.object(&format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R\
             /Resources<</Font<</F1 3 0 R>>{resources}>>{more}>>"
        ));
        self.pages.push(page);
    }

    fn finish(mut self) {
        let kids: String = self.pages.iter().map(|page| format!("{page} 0 R ")).collect();
        let tree = format!("<</Type/Pages/Count {}/Kids[{kids}]>>", self.pages.len());
        self.object_at(2, &tree);
        self.object_at(1, "<</Type/Catalog/Pages 2 0 R>>");
        let start = match self.xref {
            Xref::Table => self.table(),
            Xref::Streams => self.reference_stream(),
        };
        self.write(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        self.out.flush().unwrap();
    }

    fn table(&mut self) -> usize {
        let start = self.position;
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.entries.len());
        for entry in &self.entries[1..] {
            if let Entry::At(offset) = entry {
                writeln!(table, "{offset:010} 00000 n ").unwrap();
            }
        }
        let trailer = format!("trailer\n<</Size {}/Root 1 0 R/ID{ID}>>\n", self.entries.len());
        self.write((table + &trailer).as_bytes());
        start
    }

    fn reference_stream(&mut self) -> usize {
        self.pack();
        let (number, start) = (self.number(), self.position);
        self.entries[number] = Entry::At(start);
        let mut rows = Vec::new();
        for entry in &self.entries {
            let (kind, second, third) = match *entry {
                Entry::Free => (0, 0, 0xffff),
                Entry::At(offset) => (1, offset, 0),
                Entry::Within { stream, index } => (2, stream, index),
            };
            rows.push(kind);
            rows.extend_from_slice(&u32::try_from(second).unwrap().to_be_bytes());
            rows.extend_from_slice(&u16::try_from(third).unwrap().to_be_bytes());
        }
        let size = self.entries.len();
        let dictionary = format!("/Type/XRef/W[1 4 2]/Size {size}/Root 1 0 R/ID{ID}/Filter/FlateDecode");
        self.stream_at(number, &dictionary, &deflate(&rows));
        start
    }

    /// Writes the waiting objects as one object stream.
    fn pack(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let stream = self.number();
        let (mut head, mut body) = (String::new(), String::new());
        for (index, (number, text)) in waiting.iter().enumerate() {
            self.entries[*number] = Entry::Within { stream, index };
            write!(head, "{number} {} ", body.len()).unwrap();
            writeln!(body, "{text}").unwrap();
        }
        let dictionary = format!(
            "/Type/ObjStm/N {}/First {}/Filter/FlateDecode",
            waiting.len(),
            head.len()
        );
        self.stream_at(stream, &dictionary, &deflate((head + &body).as_bytes()));
    }

    fn number(&mut self) -> usize {
        self.entries.push(Entry::Free);
        self.entries.len() - 1
    }

    fn write(&mut self, bytes: &[u8]) {
        self.out.write_all(bytes).unwrap();
        self.position += bytes.len();
    }
}

/// The file identifier; any will do.
const ID: &str = "[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]";

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// xorshift64*: the same noise everywhere.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let next = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}
