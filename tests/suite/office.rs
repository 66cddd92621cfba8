//! The sender's console in real Chromium: a contract from the invitation of its drafter to the signatures that our verifier judges.

use crate::accessible::tree;
use crate::contracts::stage::{Stage, contract};
use crate::contracts::{pdf, text};
use crate::support::browser::browse;
use crate::support::http::Request;
use crate::support::staff::invited;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// S16, S17, S18, S31, S32: drafted, placed, reviewed, approved by somebody else, sent and found on the pages; then each signature with who, when,
/// certificate, timestamp and validity.
#[test]
fn a_contract_is_drafted_approved_sent_and_its_signatures_shown() {
    let (stage, origin) = Stage::with_pages("office", "");
    let holder = &stage.office.holder;
    let section = "総務課(起案用)";
    let invitations = [("kono", &["drafter", "administrator"][..]), ("otsuno", &["approver"])]
        .map(|(name, roles)| text(&invited(holder, section, name, roles)["invitation"]));
    let folder = folder(&holder.dir);
    let files = [
        holder.document("業務委託契約書.pdf", &contract()),
        holder.document("送付状.pdf", &pdf()),
    ];
    let seen = browse(
        "office",
        &json!({ "invitations": invitations, "files": files, "folder": folder }),
    );
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    let joined = seen["joined"].as_object().unwrap();
    assert_eq!(joined.len(), 2);
    for (name, look) in joined {
        assert_eq!(look["violations"], json!([]), "{name}");
        assert_eq!(look["wide"], false, "{name} scrolls sideways");
        let read = text(&look["tree"]);
        tree(name, &read);
        assert!(read.contains("img \"認証アプリで読み取るQRコード"), "{read}");
    }
    let says = |name: &str, words: &str| assert!(text(&seen[name]).contains(words), "{name}: {seen:#}");
    says("saved", "保存しました。");
    assert_eq!(seen["offered"], json!(["send", "review", "withdraw"]));
    says("reviewed", "確認に回しました。");
    says("commented", "コメントしました。");
    assert_eq!(seen["approverOffered"], json!(["approve", "comment", "correction"]));
    says("approved", "承認しました。");
    assert_eq!(seen["back"], true, "the sign-in leads back");
    says("sent", "署名を依頼しました。");
    assert_eq!(seen["state"], "署名依頼中");
    assert_eq!(seen["found"], json!(["業務委託契約書"]));
    assert!(text(&seen["csv"]).contains("\"1234567\""), "{seen:#}");
    placed(&seen["placed"]);

    // What was sent is what was drawn: the field stands where the page said, in the section's name (S17).
    let id = text(&seen["address"])
        .split('/')
        .nth(5)
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let session = seen["cookies"][0]["value"].as_str().unwrap();
    let cookie = format!("hankod-staff={session}");
    let get = |path: &str| {
        Request::new("GET", path)
            .header("Cookie", &cookie)
            .send(stage.office.daemon.port())
            .json()
    };
    let sent = get(&format!("/v1/contracts/{id}"));
    assert_eq!(
        (&sent["state"], &sent["sender"]["section"]),
        (&json!("sent"), &json!(section)),
        "{sent:#}"
    );
    assert_eq!(
        (&sent["record"]["amount"], &sent["documents"][1]["action"]),
        (&json!(1_234_567), &json!("view"))
    );

    let mail = stage.mailbox.next();
    assert_eq!(
        mail.header("Subject"),
        "見本市総務課(起案用)様より業務委託契約書への署名依頼が届いています"
    );
    stage.sign_without_checklist(&mail);
    // The mail that says so goes out only when it is concluded.
    let told = stage.mailbox.next();
    assert!(told.header("Subject").starts_with("電子署名完了のお知らせ"), "{told:?}");
    assert_eq!(get(&format!("/v1/contracts/{id}"))["state"], "concluded");
    let made = Request::new("POST", "/v1/contracts")
        .header("Cookie", &cookie)
        .header("Origin", &origin);
    let draft = made
        .json(&json!({ "title": "見本の下書き" }))
        .send(stage.office.daemon.port())
        .json();
    for lang in ["ja", "en"] {
        looks(
            &json!({ "origin": origin, "cookies": seen["cookies"], "id": id, "draft": draft["id"], "lang": lang, "folder": folder }),
        );
    }
}

/// Where the field stands: dragged with the pointer, moved and sized with keys, the focus stays on it.
fn placed(placed: &Value) {
    let (dragged, moved, sized) = (text(&placed["dragged"]), text(&placed["moved"]), text(&placed["sized"]));
    let numbers = |words: &str| -> Vec<f64> {
        let parts = words.split(|c: char| !c.is_ascii_digit() && c != '.');
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    let (dragged, moved, sized) = (numbers(&dragged), numbers(&moved), numbers(&sized));
    assert!(
        (moved[0] - dragged[0] - 4.0).abs() < 0.2 && (moved[1] - dragged[1]).abs() < 0.2,
        "{placed}"
    );
    assert!(sized[3] > moved[3] + 3.0, "{placed}");
    assert_eq!(placed["focused"], true);
}

/// Every page, wide and narrow: axe-core finds nothing, nothing scrolls sideways, each control has its name.
fn looks(question: &Value) {
    let told = browse("office_looks", question);
    assert_eq!(told["complaints"], json!([]));
    let mut seen = told["seen"].as_object().unwrap().clone();
    let judged = seen.remove("judged").unwrap();
    papers(&seen.remove("papers").unwrap());
    let words = text(&judged["words"]);
    assert!(text(&judged["headings"][1]).contains("甲野太郎"), "{judged:#}");
    let wanted = match question["lang"] == "ja" {
        true => ["有効", "タイムスタンプ", "証明"],
        false => ["Valid", "Timestamp", "Issuer of the certificate"],
    };
    for word in wanted {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert_eq!(seen.len(), 12, "{:?}", seen.keys());
    for (name, look) in &seen {
        assert_eq!(look["violations"], json!([]), "{name}");
        assert_eq!(look["wide"], false, "{name} scrolls sideways");
        tree(name, look["tree"].as_str().unwrap());
    }
}

/// Certificate, copies and evidence are handed out, and the verifier is named with the contract's ID.
fn papers(papers: &Value) {
    let file = |at: usize| (text(&papers[at][1]), text(&papers[at][2]));
    let (certificate, begin) = file(0);
    assert!(
        certificate.ends_with("certificate.pdf") && begin == "%PDF",
        "{papers:#}"
    );
    for (at, name) in [(1, "print.zip"), (2, "evidence.zip")] {
        let (found, begin) = file(at);
        assert!(found.ends_with(name) && begin == "PK\u{3}\u{4}", "{papers:#}");
    }
    assert_eq!(text(&papers[3]).len(), 1 + 32, "{papers:#}");
}

/// Where the pictures go, for people to look at.
pub(crate) fn folder(dir: &Path) -> PathBuf {
    let folder = std::env::var_os("HANKOD_SCREENSHOTS").map_or_else(|| dir.join("pictures"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
