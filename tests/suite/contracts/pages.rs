//! The signer's page in real Chromium, from the link in the mailbox to the conclusion.

use super::stage::{Stage, two_signers};
use super::text;
use crate::accessible::tree;
use crate::office::folder;
use crate::support::browser::browse;
use crate::support::http::Request;
use serde_json::{Value, json};

/// S20-S24, S26, S27: a mail scanner first, then a person with a keyboard: looked at, jumped, filled in, known by the mail's code, signed, concluded.
#[test]
fn a_signer_comes_by_the_link_and_signs_with_the_keyboard_alone() {
    let (stage, origin) = Stage::with_pages("page", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let link = stage.mailbox.next().link();
    scanned(&stage, &id, &link);
    let holder = &stage.office.holder;
    let (folder, code) = (folder(&holder.dir), holder.dir.join("code.txt"));
    let question = json!({
        "address": format!("{origin}/s/{link}"), "void": format!("{origin}/s/gone"), "code": code, "folder": folder,
    });
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| {
            let written = holder.document("code.part", stage.mailbox.next().code().as_bytes());
            std::fs::rename(written, &code).unwrap();
            // The other one is asked when this one has signed, and has nothing to fill in.
            stage.sign(&stage.mailbox.next(), &json!({}));
        });
        browse("signer", &question)
    });
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    told(&seen["told"]);
    looked(&seen["seen"]);
    let events = stage.office.get(&format!("/v1/contracts/{id}/events"));
    let events = events.as_array().unwrap();
    let opened = events
        .iter()
        .filter(|event| event["act"] == "open" && event["signer"] == 1);
    assert_eq!(opened.count(), 1, "{events:#?}");
    assert_eq!(stage.state(&id), "concluded");
}

/// A mail scanner opens the link twice, in every way: nothing is changed, nothing is an event.
fn scanned(stage: &Stage, id: &str, link: &str) {
    let before = ["", "/events"].map(|part| stage.office.get(&format!("/v1/contracts/{id}{part}")));
    for (method, part) in [("GET", ""), ("HEAD", ""), ("GET", "/contract"), ("HEAD", "/contract")].repeat(2) {
        let answer = Request::new(method, &format!("/s/{link}{part}")).send(stage.office.daemon.port());
        assert_eq!(answer.status, 200, "{method} {part}");
    }
    let after = ["", "/events"].map(|part| stage.office.get(&format!("/v1/contracts/{id}{part}")));
    assert_eq!(before, after);
}

fn told(told: &Value) {
    let says = |at: &Value, words: &str| assert!(text(at).contains(words), "{words}: {told:#}");
    says(&told["asked"], "見本市総務課(起案用)から 甲野太郎 様への");
    // S24: a tab for each document, with its own state.
    says(&told["tabs"][0], "keiyaku○ 残り 4 件");
    says(&told["tabs"][1], "soufujo◎ 閲覧のみ");
    // S21.
    assert!(text(&told["counter"]).starts_with("文書1(1/"), "{told:#}");
    assert_eq!(told["second"], json!({ "focused": "tab-2", "counter": "文書2(1/1)" }));
    // S26, S27: what the signature will look like.
    assert_eq!(
        told["seals"],
        json!(["keiyaku: 1 ページに「甲野太郎」の印影が入ります。"])
    );
    assert_eq!(told["downloads"], json!(["keiyaku.pdf", "soufujo.pdf"]));
    // S22: an open item keeps from signing; its button moves the focus to the page, and back.
    says(&told["early"]["said"], "「金額を確認しました」を確認して");
    assert_eq!(told["early"]["focused"], "item-1");
    assert_eq!((&told["jumped"], &told["back"]), (&json!("d1-p1"), &json!("1")));
    // S23: empty and required cannot finish; the mark flips, beside the input and on the page.
    says(&told["empty"]["said"], "「欄2」を入力してください。");
    assert_eq!(told["empty"]["focused"], "field-2");
    assert_eq!(told["before"], json!(["○ 未入力", "○ 未入力", "○ 未入力"]));
    assert_eq!(told["after"], json!(["◎ 済み", "◎ 済み", "◎ 済み"]));
    assert_eq!(told["places"], json!(["◎", "◎", "◎"]));
    says(&told["ready"], "◎ 署名できます");
    // The code: nobody signs unknown.
    assert_eq!(told["unknown"]["focused"], "send-code");
    says(&told["unknown"]["said"], "本人確認をしてください");
    says(&told["sent"], "確認コードをメールで送りました");
    says(&told["known"], "本人確認が済みました");
    says(&told["concluded"], "契約が締結されました");
    assert_eq!(
        told["papers"],
        json!([
            "keiyaku(PDF)を保存する",
            "soufujo(PDF)を保存する",
            "電子契約締結証明書(PDF)を保存する"
        ])
    );
    assert_eq!(told["certificate"], "%PDF-");
}

/// Every state in both languages, wide and narrow: axe-core finds nothing, nothing scrolls sideways, each control has its name.
fn looked(seen: &Value) {
    let looks = seen.as_object().unwrap();
    assert_eq!(looks.len(), 16, "{:?}", looks.keys());
    for (name, look) in looks {
        assert_eq!(look["violations"], json!([]), "{name}");
        assert_eq!(look["wide"], false, "{name} scrolls sideways");
        tree(name, look["tree"].as_str().unwrap());
    }
}
