//! What changed since a signature, as people are told it: page, field, old and new value, what became of the drawing; cut where a file is hostile.

use crate::support::agreement::{NOTE, PRICE, agreement, agreement_with, page, sign, signature, text_look};
use crate::support::updates::{Person, stream, update};
use crate::support::verified::verify;
use hankod::verify::changes::What;
use hankod::verify::changes::values::{Look, MAX_VALUE_CHARS};
use hankod::verify::report::{ChangeReport, MAX_CHANGES};

/// The changes after one signature of the agreement.
fn told(objects: &[(u32, &str)]) -> Vec<ChangeReport> {
    told_of(&agreement(), objects)
}

fn told_of(unsigned: &[u8], objects: &[(u32, &str)]) -> Vec<ChangeReport> {
    let person = Person::new();
    let once = sign(&person, unsigned, &signature(0, ""));
    let mut report = verify(&update(&once, objects), &[&person]);
    std::mem::take(&mut report.signatures[0].change_list)
}

#[test]
fn a_filled_field_tells_its_old_and_its_new_value() {
    let price = PRICE.replace("/V(100)", "/V(900)").replace("/N 21 0 R", "/N 83 0 R");
    let changes = told(&[(20, &price), (83, &text_look("900"))]);
    let change = &changes[0];
    assert_eq!(
        (change.what, change.page, change.field.as_deref()),
        (What::FieldFilled, Some(1), Some("price"))
    );
    assert_eq!(
        (change.old.as_deref(), change.new.as_deref()),
        (Some("100"), Some("900"))
    );
    assert_eq!(change.appearance, Some(Look::Replaced));
    assert_eq!(
        change.message,
        "1ページ 欄「price」 欄の値が変わりました(変更前「100」→ 変更後「900」)。表示が差し替えられました。許可された変更です。"
    );
}

#[test]
fn a_drawing_rewritten_in_its_place_is_told() {
    let price = PRICE.replace("/V(100)", "/V(900)");
    let changes = told(&[(20, &price), (21, &text_look("900"))]);
    assert_eq!(changes[0].appearance, Some(Look::Replaced));
    let note = NOTE.replace("/T(note)", "/T(note)/V(yes)/AP<</N 82 0 R>>");
    let changes = told(&[(22, &note), (82, &text_look("yes"))]);
    assert_eq!(
        (
            changes[0].old.as_deref(),
            changes[0].new.as_deref(),
            changes[0].appearance
        ),
        (None, Some("yes"), Some(Look::Added))
    );
}

#[test]
fn the_value_of_a_password_field_is_never_told() {
    let hidden = NOTE.replace("/T(note)", "/T(note)/Ff 8192/V(0000)");
    let later = hidden.replace("/V(0000)", "/V(1234)");
    let changes = told_of(&agreement_with(&[(22, &hidden)]), &[(22, &later)]);
    let change = &changes[0];
    assert_eq!(
        (change.field.as_deref(), change.old.as_deref(), change.new.as_deref()),
        (Some("note"), None, None)
    );
    assert!(!serde_json::to_string(&changes).unwrap().contains("1234"));
}

#[test]
fn a_note_tells_its_words_and_one_removed_those_it_had() {
    let note = "<</Type/Annot/Subtype/Text/Rect[300 300 320 320]/P 3 0 R/Contents(Please check)>>";
    let changes = told(&[(3, &page("30 0 R 88 0 R")), (88, note)]);
    let change = changes.iter().find(|c| c.what == What::Annotation).unwrap();
    assert_eq!(
        (change.page, change.old.as_deref(), change.new.as_deref()),
        (Some(1), None, Some("Please check"))
    );
    let reworded = note.replace("Please check", "Never mind");
    let person = Person::new();
    let with_note = agreement_with(&[(3, &page("88 0 R")), (88, note)]);
    let mut objects = signature(0, "");
    objects.retain(|(number, _)| *number != 3);
    objects.push((3, page("88 0 R 30 0 R")));
    let once = sign(&person, &with_note, &objects);
    let report = verify(&update(&once, &[(88, &reworded)]), &[&person]);
    let change = &report.signatures[0].change_list[0];
    assert_eq!(
        (change.old.as_deref(), change.new.as_deref()),
        (Some("Please check"), Some("Never mind"))
    );
    let report = verify(&update(&once, &[(3, &page("30 0 R"))]), &[&person]);
    let change = &report.signatures[0].change_list[0];
    assert_eq!(
        (change.old.as_deref(), change.new.as_deref()),
        (Some("Please check"), None)
    );
}

#[test]
fn an_object_that_says_no_page_is_found_on_the_page_that_uses_it() {
    let changes = told(&[(4, &stream("BT /F 12 Tf 50 700 Td (We pay 900) Tj ET /X Do"))]);
    assert_eq!((changes[0].what, changes[0].page), (What::Other, Some(1)));
    let bare = NOTE.replace("/P 3 0 R", "");
    let later = bare.replace("/T(note)", "/T(note)/V(yes)");
    let changes = told_of(&agreement_with(&[(22, &bare)]), &[(22, &later)]);
    assert_eq!((changes[0].field.as_deref(), changes[0].page), (Some("note"), Some(1)));
}

#[test]
fn what_is_told_is_bounded() {
    let long = NOTE.replace("/T(note)", &format!("/T(note)/V({})", "x".repeat(100_000)));
    let changes = told(&[(22, &long)]);
    assert_eq!(changes[0].new.as_deref().unwrap().chars().count(), MAX_VALUE_CHARS + 1);
    let person = Person::new();
    let once = sign(&person, &agreement(), &signature(0, ""));
    let objects: Vec<(u32, String)> = (1000..1000 + MAX_CHANGES as u32 + 7)
        .map(|n| (n, "<</A 1>>".to_owned()))
        .collect();
    let objects: Vec<(u32, &str)> = objects.iter().map(|(n, body)| (*n, body.as_str())).collect();
    let mut many = update(&once, &objects);
    let at = crate::support::updates::find_last(&many, b"/Size 100").unwrap();
    many.splice(at + 6..at + 9, *b"9999");
    let report = verify(&many, &[&person]);
    let signature = &report.signatures[0];
    assert_eq!(
        (signature.change_list.len(), signature.changes_left_out),
        (MAX_CHANGES, 7)
    );
}
