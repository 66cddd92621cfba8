//! Seals as other programs see them.

use std::path::{Path, PathBuf};
use std::process::Command;

use hankod::render::seal::{Colours, Mark, ROUND_PT, Stamp, Style, name_seal, stamp_page};
use hankod::render::{Error, Fonts};

fn fonts() -> Fonts {
    Fonts::find(None).unwrap()
}

fn saved(dir: &Path, name: &str, pdf: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, pdf).unwrap();
    path
}

/// Standard output of a program; `{}` among the arguments stands for the file.
fn output(program: &str, arguments: &[&str], file: &Path) -> Vec<u8> {
    let arguments = arguments
        .iter()
        .map(|a| if *a == "{}" { file.as_os_str() } else { a.as_ref() });
    let run = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{program} {}: {said}", file.display());
    run.stdout
}

fn text(program: &str, arguments: &[&str], file: &Path) -> String {
    String::from_utf8_lossy(&output(program, arguments, file)).into_owned()
}

/// Share of pixels of a drawn page that are not white, over all and in the outermost hundredth on each side.
fn ink(file: &Path) -> (f64, f64) {
    let drawn = output("pdftoppm", &["-r", "200", "-singlefile", "{}"], file);
    let mut fields = drawn.splitn(4, |b| *b == b'\n');
    assert_eq!(fields.next().unwrap(), b"P6");
    let size = String::from_utf8(fields.next().unwrap().to_vec()).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
    assert_eq!(fields.next().unwrap(), b"255");
    let samples = fields.next().unwrap();
    let pixels: Vec<bool> = samples.chunks(3).map(|p| p.iter().any(|c| *c < 0xf0)).collect();
    let margin = |i: usize| {
        let (x, y) = (i % width, i / width);
        x < width / 100 || y < height / 100 || x >= width - width / 100 || y >= height - height / 100
    };
    let all = pixels.iter().filter(|inked| **inked).count();
    let edge = pixels
        .iter()
        .enumerate()
        .filter(|(i, inked)| **inked && margin(*i))
        .count();
    let whole = (width * height) as f64;
    (all as f64 / whole, edge as f64 / whole)
}

#[test]
fn a_round_seal_is_a_plain_small_page_with_an_embedded_font() {
    let dir = tempfile::tempdir().unwrap();
    let pdf = name_seal("甲野", Style::Round, Colours::Rgb, &fonts()).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.len() < 30_000);
    for absent in ["/ObjStm", "/XRef", "/SMask", "/ca ", "/CA ", "/Group"] {
        assert!(!pdf.windows(absent.len()).any(|w| w == absent.as_bytes()), "{absent}");
    }
    let file = saved(dir.path(), "seal.pdf", &pdf);
    assert!(text("qpdf", &["--check", "{}"], &file).contains("No syntax or stream encoding errors"));
    assert!(text("pdffonts", &["{}"], &file).contains("yes yes yes"));
    let said = text("pdftotext", &["-enc", "UTF-8", "{}", "-"], &file);
    assert_eq!(said.split_whitespace().collect::<String>(), "甲野");
    let info = text("pdfinfo", &["{}"], &file);
    assert!(info.contains(&format!("{ROUND_PT:.4}")[..5].to_owned()), "{info}");
}

#[test]
fn seals_fill_their_outline_and_nothing_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    for (text, style) in [
        ("甲", Style::Round),
        ("甲野", Style::Round),
        ("長谷川", Style::Round),
        ("勅使河原", Style::Round),
        ("見本之印", Style::Square),
        ("株式会社見本商事之印", Style::Square),
    ] {
        let pdf = name_seal(text, style, Colours::Gray, &fonts()).unwrap();
        let (all, edge) = ink(&saved(dir.path(), "seal.pdf", &pdf));
        assert!((0.2..0.7).contains(&all), "{text}: {all}");
        assert!(edge < 0.03, "{text}: {edge}");
    }
}

#[test]
fn a_stamp_has_the_size_asked_for_and_its_lines() {
    let dir = tempfile::tempdir().unwrap();
    let lines = ["理由: 契約内容に同意".to_owned(), "2026/11/23 14:45(JST)".to_owned()];
    let mut stamp = Stamp {
        mark: Mark::Name {
            text: "甲野",
            style: Style::Round,
        },
        lines: &lines,
        width_pt: 180.0,
        height_pt: 50.5,
        colours: Colours::Cmyk,
        transparency: false,
    };
    let file = saved(dir.path(), "stamp.pdf", &stamp_page(&stamp, &fonts()).unwrap());
    assert!(text("pdfinfo", &["{}"], &file).contains("180 x 50.5 pts"));
    let said = text("pdftotext", &["-enc", "UTF-8", "{}", "-"], &file);
    assert!(lines.iter().all(|line| said.contains(line.as_str())), "{said}");
    let content = text("qpdf", &["--qdf", "{}", "-"], &file);
    assert!(content.contains(" k\n") && content.contains(" K "), "CMYK operators");
    assert!(!content.contains(" rg\n"), "no RGB beside CMYK");

    stamp.width_pt = 20.0;
    stamp.height_pt = 9.0;
    assert!(matches!(stamp_page(&stamp, &fonts()), Err(Error::SealSize)));
    stamp.width_pt = f32::NAN;
    assert!(matches!(stamp_page(&stamp, &fonts()), Err(Error::SealSize)));
}

#[test]
fn a_picture_keeps_its_alpha_only_where_transparency_may_stand() {
    let dir = tempfile::tempdir().unwrap();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 40, 40);
    encoder.set_color(png::ColorType::Rgba);
    let pixels: Vec<u8> = (0..1600)
        .flat_map(|i| [200, 0, 0, if i % 40 < 20 { 255 } else { 0 }])
        .collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    for transparency in [true, false] {
        let stamp = Stamp {
            mark: Mark::Picture(&png),
            lines: &[],
            width_pt: 40.0,
            height_pt: 40.0,
            colours: Colours::Rgb,
            transparency,
        };
        let pdf = stamp_page(&stamp, &fonts()).unwrap();
        assert_eq!(pdf.windows(6).any(|w| w == b"/SMask"), transparency);
        let (all, _) = ink(&saved(dir.path(), "picture.pdf", &pdf));
        assert!((0.45..0.55).contains(&all), "{all}");
    }
}

#[test]
fn what_cannot_be_cut_is_refused_by_name() {
    let seal = |text: &str, style| name_seal(text, style, Colours::Rgb, &fonts());
    assert!(matches!(
        seal("", Style::Round),
        Err(Error::SealText { max_characters: 6 })
    ));
    assert!(matches!(
        seal("甲野太郎甲野太郎", Style::Round),
        Err(Error::SealText { .. })
    ));
    assert!(matches!(
        seal("甲\u{10FFFD}", Style::Square),
        Err(Error::CharacterMissing {
            character: '\u{10FFFD}'
        })
    ));
}
