//! Many documents, and documents with hostile names.

use super::{Bench, pdf};
use crate::support::desk::PIN;
use crate::support::judges::pdfsig;
use crate::support::pinentry::Answer;

#[test]
fn hostile_names_are_harmless_wherever_they_appear() {
    let bench = Bench::new(&[Answer::Pin(PIN)], "");
    let long = format!("{}.pdf", "契".repeat(83)) + "ab";
    assert_eq!(long.len(), 255);
    let names = [
        "請求書\n照合番号: 0000-0000\nfdp.\u{202e}exe\u{2066}.pdf",
        &long,
        "../../a\"b\\c\r\nSet-Cookie: x=1\u{0}.pdf",
    ];
    let id = bench.signed(&bench.upload(&bench.manifest(&names), &vec![pdf(); 3]));

    let view = bench.get(&format!("/v1/signings/{id}")).json();
    let shown: Vec<&str> = view["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    let hostile = |text: &str| {
        text.chars()
            .any(|c| c.is_control() || ('\u{2028}'..='\u{2069}').contains(&c))
    };
    assert!(!shown.iter().any(|name| hostile(name)), "{shown:?}");
    assert_eq!(shown[1], long);

    let prompts = bench.desk.pinentry.received("SETDESC");
    let [prompt] = prompts.as_slice() else {
        panic!("{prompts:?}")
    };
    let lines: Vec<&str> = prompt.lines().collect();
    assert!(lines.len() <= 12 && prompt.len() < 900, "{prompt}");
    assert!(!lines.iter().any(|line| hostile(line)), "{prompt:?}");
    let numbers = lines.iter().filter(|line| line.starts_with("照合番号")).count();
    assert_eq!(numbers, 1, "a name made a line of its own:\n{prompt}");

    for n in 1..=3 {
        let answer = bench.get(&format!("/v1/signings/{id}/documents/{n}"));
        let disposition = answer.header("Content-Disposition").unwrap();
        assert!(
            disposition.is_ascii() && disposition.starts_with("attachment; filename=\""),
            "{disposition}"
        );
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        assert!(
            !disposition.contains(['/', '\\']) && answer.header("Set-Cookie").is_none(),
            "{disposition}"
        );
        let path = bench.desk.dir.join("signed.pdf");
        std::fs::write(&path, &answer.body).unwrap();
        assert!(pdfsig(&path)[0].valid);
    }
    assert!(
        !bench.daemon.log().contains("請求書"),
        "names are not logged unless it is configured"
    );
}

#[test]
fn a_hundred_documents_take_one_pin_and_leave_neither_it_nor_their_text_in_the_log() {
    let bench = Bench::new(&[Answer::Pin(PIN)], "[log]\nlevel = \"debug\"\n");
    let names: Vec<String> = (1..=100).map(|n| format!("契約書{n}.pdf")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = bench.signed(&bench.upload(&bench.manifest(&names), &vec![pdf(); 100]));

    assert_eq!(bench.desk.pinentry.received("GETPIN").len(), 1);
    assert!(bench.desk.pinentry.received("SETDESC")[0].contains("文書 100 件"));
    assert_eq!(bench.desk.happened("login_done"), 1);
    assert_eq!(bench.desk.happened("signature_released"), 100);
    for n in [1, 100] {
        let answer = bench.get(&format!("/v1/signings/{id}/documents/{n}"));
        assert!(answer.status == 200 && answer.body.starts_with(&pdf()), "{n}");
    }
    assert_eq!(bench.get(&format!("/v1/signings/{id}/documents/101")).status, 404);
    assert_eq!(bench.get(&format!("/v1/signings/{id}/documents/0")).status, 404);
    let log = bench.daemon.log();
    for secret in [PIN, &bench.key, "契約書1.pdf", "BT", "Contract"] {
        assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
    }
}
