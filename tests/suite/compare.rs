//! Pages before and after: what changed differs, what did not is equal to the pixel, and a page made to keep the worker busy ends at its limit.

use crate::support::agreement::{PRICE, agreement_with, field, form, page, sign, signature, text_look, with};
use crate::support::updates::{Person, stream, update};
use hankod::app::compare::{Comparison, Drawn, Prepared};
use hankod::process::Program;
use hankod::render::{Fonts, Limits, Pages};
use hankod::text::Lang;
use std::io::Cursor;

/// The agreement, its field `price` drawn in its true size.
fn priced() -> Vec<u8> {
    agreement_with(&[(21, &look("100"))])
}

fn look(text: &str) -> String {
    text_look(text).replace("BBox[0 0 600 850]", "BBox[0 0 80 20]")
}

fn worker(page_deadline_ms: u64) -> Pages {
    let program = Program::at(env!("CARGO_BIN_EXE_hankod"));
    Pages::new(program, &Fonts::find(None).unwrap(), Limits { page_deadline_ms })
}

async fn compared(bytes: &[u8], pages: &Pages) -> Comparison {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("contract.pdf");
    std::fs::write(&path, bytes).unwrap();
    let prepared = Prepared::of(&path, dir.path(), 1 << 30).unwrap();
    let drawn = prepared.draw(pages, Lang::Ja).await;
    drop(prepared);
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        1,
        "a copy was left behind"
    );
    drawn
}

/// The pixels inside and outside of a rectangle given in points from the lower left corner of an A4 page.
fn split(drawn: &Drawn, [left, bottom, right, top]: [f64; 4]) -> (Vec<[u8; 3]>, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(Cursor::new(drawn.png.as_slice()))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    let (width, height) = (drawn.size_px.0 as usize, f64::from(drawn.size_px.1));
    let scale = f64::from(drawn.size_px.0) / 595.0;
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for (at, pixel) in bytes.chunks_exact(3).enumerate() {
        let (x, y) = ((at % width) as f64 / scale, (height - (at / width) as f64) / scale);
        let within = x >= left - 1.0 && x <= right + 1.0 && y >= bottom - 1.0 && y <= top + 1.0;
        let pixel = [pixel[0], pixel[1], pixel[2]];
        if within {
            inside.push(pixel)
        } else {
            outside.push(pixel)
        }
    }
    (inside, outside)
}

#[tokio::test]
async fn only_the_changed_place_of_the_page_differs() {
    let person = Person::new();
    let once = sign(&person, &priced(), &signature(0, ""));
    let price = PRICE.replace("/V(100)", "/V(900)").replace("/N 21 0 R", "/N 83 0 R");
    let filled = update(&once, &[(20, &price), (83, &look("900"))]);
    let drawn = compared(&filled, &worker(60_000)).await;
    assert_eq!((drawn.pairs.len(), drawn.left_out), (1, 0));
    let pair = &drawn.pairs[0];
    assert_eq!((pair.field.as_str(), pair.page, &pair.problem), ("sig0", 1, &None));
    let (before, after) = (pair.before.as_ref().unwrap(), pair.after.as_ref().unwrap());
    let place = [10.0, 10.0, 90.0, 30.0];
    let ((old, around), (new, still)) = (split(before, place), split(after, place));
    assert!(old != new, "the field shows another value");
    assert!(around == still, "nothing else on the page may differ");
    assert!(around.iter().any(|pixel| *pixel != [255; 3]), "the page is not blank");
    let [left, top, width, height] = pair.frame.unwrap().map(f64::from);
    let scale = f64::from(after.size_px.0) / 595.0;
    assert!(
        left >= 9.0 * scale && left + width <= 91.0 * scale && top >= 811.0 * scale && top + height <= 833.0 * scale
    );
    assert_eq!(
        (pair.removed.as_slice(), pair.added.as_slice()),
        (&["100".to_owned()][..], &["900".to_owned()][..])
    );
}

#[tokio::test]
async fn a_file_that_nobody_changed_has_no_pictures() {
    let (person, other) = (Person::new(), Person::new());
    let once = sign(&person, &priced(), &signature(0, ""));
    let pages = worker(60_000);
    assert!(compared(&once, &pages).await.pairs.is_empty());
    let twice = sign(&other, &once, &signature(1, ""));
    assert!(
        compared(&twice, &pages).await.pairs.is_empty(),
        "a signature that shows nothing"
    );
    assert!(compared(b"no PDF", &pages).await.pairs.is_empty());
    assert!(pages.worker_pid().is_none(), "no page was drawn");
}

#[tokio::test]
async fn a_content_that_was_replaced_is_shown_though_nothing_names_its_page() {
    let person = Person::new();
    let once = sign(&person, &priced(), &signature(0, ""));
    let other = update(&once, &[(4, &stream("BT /F 12 Tf 50 700 Td (We pay 900) Tj ET /X Do"))]);
    let drawn = compared(&other, &worker(60_000)).await;
    assert_eq!(drawn.pairs[0].removed, ["We pay 100"]);
    assert_eq!(drawn.pairs[0].added, ["We pay 900"]);
    // Another page in place of the signed one: the tree says so, no page does.
    let swapped = update(
        &once,
        &[
            (2, "<</Type/Pages/Kids[7 0 R]/Count 1>>"),
            (7, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R>>"),
            (6, &stream("9 9 99 99 re f")),
        ],
    );
    let drawn = compared(&swapped, &worker(60_000)).await;
    assert!(!drawn.pairs.is_empty() && drawn.pairs[0].after.is_some());
}

#[tokio::test]
async fn each_signer_sees_what_came_after_his_own_signature() {
    let (person, other) = (Person::new(), Person::new());
    let seal = field(1).replace("Rect[0 0 0 0]/F 132", "Rect[300 300 340 340]/F 4/AP<</N 86 0 R>>");
    let sealed = with(
        with(signature(1, ""), 32, &seal),
        86,
        &form("1 0 0 rg 0 0 9 9 re f", ""),
    );
    let once = sign(&person, &priced(), &signature(0, ""));
    let twice = sign(&other, &once, &sealed);
    let price = PRICE.replace("/V(100)", "/V(900)").replace("/N 21 0 R", "/N 83 0 R");
    let thrice = update(&twice, &[(20, &price), (83, &look("900"))]);
    let drawn = compared(&thrice, &worker(60_000)).await;
    let fields: Vec<&str> = drawn.pairs.iter().map(|pair| pair.field.as_str()).collect();
    assert_eq!(fields, ["sig0", "sig1"]);
    let frames = [drawn.pairs[0].frame.unwrap(), drawn.pairs[1].frame.unwrap()];
    assert!(
        frames[0][3] > frames[1][3] * 5,
        "the first also sees the seal: {frames:?}"
    );
}

/// A content that draws itself 30 ^ 10 times.
fn endless() -> Vec<(u32, String)> {
    let look = |next: u32| {
        form(
            &"1 0 0 rg 0 0 9 9 re f /X Do ".repeat(30),
            &format!("/Resources<</XObject<</X {next} 0 R>>>>"),
        )
    };
    let mut objects: Vec<(u32, String)> = (60..70).map(|n| (n, look(n + 1))).collect();
    objects.push((70, form("0 0 9 9 re f", "")));
    objects.push((4, stream("/E Do")));
    objects.push((5, "<</Font<</F 9 0 R>>/XObject<</E 60 0 R>>>>".to_owned()));
    objects
}

#[tokio::test]
async fn a_page_that_never_ends_is_left_out_and_the_other_side_is_still_shown() {
    let person = Person::new();
    let once = sign(&person, &priced(), &signature(0, ""));
    let objects = endless();
    let objects: Vec<(u32, &str)> = objects.iter().map(|(n, body)| (*n, body.as_str())).collect();
    let pages = worker(3_000);
    let drawn = compared(&update(&once, &objects), &pages).await;
    let pair = &drawn.pairs[0];
    assert!(pair.before.is_some() && pair.after.is_none());
    assert_eq!(pair.problem.as_ref().unwrap().code, "page_timeout");
    // And the other way about.
    let signed = sign(&person, &agreement_with(&objects), &signature(0, ""));
    let mended = update(&signed, &[(4, &stream("0 0 9 9 re f"))]);
    let drawn = compared(&mended, &pages).await;
    assert!(drawn.pairs[0].before.is_none() && drawn.pairs[0].after.is_some());
    let next = update(
        &once,
        &[
            (3, &page("30 0 R 88 0 R")),
            (
                88,
                "<</Type/Annot/Subtype/Square/Rect[300 300 320 320]/P 3 0 R/AP<</N 8 0 R>>>>",
            ),
        ],
    );
    assert!(
        compared(&next, &pages).await.pairs[0].after.is_some(),
        "the worker goes on"
    );
}
