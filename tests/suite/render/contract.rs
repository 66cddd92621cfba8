//! The sample contract: what other programs and our own reader say of it, and its pages through the page worker.

use std::process::Command;

use hankod::clock::Timestamp;
use hankod::demo::contract::{Sample, sample};
use hankod::pdf::Document;
use hankod::process::Program;
use hankod::render::{Fonts, Limits, Pages, Source};

fn made() -> Sample {
    let at = Timestamp::parse_rfc3339("2026-11-23T05:45:21Z").unwrap();
    sample(at, &Fonts::find(None).unwrap()).unwrap()
}

fn said(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("contract.pdf");
    std::fs::write(&path, pdf).unwrap();
    let arguments = arguments
        .iter()
        .map(|a| if *a == "{}" { path.as_os_str() } else { a.as_ref() });
    let run = Command::new(program).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn the_same_time_gives_the_same_bytes_and_our_reader_opens_them() {
    let sample = made();
    assert_eq!(sample.pdf, made().pdf);
    let document = Document::open(&sample.pdf, None).unwrap();
    assert_eq!(document.page_count().unwrap(), 3);
    assert_eq!(sample.seals.map(|seal| seal.page), [3, 3]);
}

#[test]
fn it_is_tagged_and_archivable_and_every_font_is_embedded() {
    let pdf = made().pdf;
    assert!(said("qpdf", &["--check", "{}"], &pdf).contains("No syntax or stream encoding errors"));
    let info = said("pdfinfo", &["{}"], &pdf);
    assert!(
        info.contains("Tagged:          yes")
            && info.contains("業務委託契約書(見本)".replace('(', "（").replace(')', "）").as_str()),
        "{info}"
    );
    let metadata = said("pdfinfo", &["-meta", "{}"], &pdf);
    for wanted in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(metadata.contains(wanted), "{metadata}");
    }
    let fonts = said("pdffonts", &["{}"], &pdf);
    assert!(
        fonts.lines().skip(2).all(|line| line.contains("yes yes yes")),
        "{fonts}"
    );
}

#[tokio::test]
async fn its_pages_are_drawn_without_a_warning() {
    let sample = made();
    let limits = Limits {
        page_deadline_ms: 60_000,
    };
    let pages = Pages::new(
        Program::at(env!("CARGO_BIN_EXE_hankod")),
        &Fonts::find(None).unwrap(),
        limits,
    );
    let document = pages.open(Source::Bytes(sample.pdf.into()), 3, None).await.unwrap();
    let mut text = String::new();
    for index in 0..3 {
        let picture = pages.page(&document, index, 800).await.unwrap();
        assert_eq!(picture.warnings, [], "page {index}");
        assert_eq!(picture.size_px, (800, 1131));
        text += &picture.text;
        text.push('\n');
    }
    for line in [
        "業務委託契約書",
        "第１条（目的）",
        "一　甲の店舗における販売管理システムの設計及び開発",
        "2026年11月23日",
        "代表取締役　乙山　花子",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
