//! The page at `/verify` of a server in real Chromium, from the address in a printed certificate of conclusion to the answer for each kind of file.

use super::certificate::page;
use super::stage::{Stage, two_signers};
use super::{Office, text};
use crate::accessible::tree;
use crate::office::folder;
use crate::support::browser::browse;
use crate::support::holder::Holder;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;

/// S9, S36: anybody follows the certificate's address, gives a file and learns whether it belongs to that certificate.
#[test]
fn anybody_follows_the_address_of_a_certificate_and_has_files_checked() {
    let (stage, origin) = Stage::with_pages("verifier", "");
    let (id, _) = stage.concluded(&two_signers());
    let [concluded, attachment] = [1, 2].map(|number| stage.file(&id, number));
    let certificate = stage.certificate(&id);
    let address = printed(&certificate, &origin);
    let mut bytes = std::fs::read(&concluded).unwrap();
    let at = bytes.len() / 3;
    bytes[at] ^= 1;
    let holder = &stage.office.holder;
    let altered = holder.document("altered.pdf", &bytes);
    let (trustless, place) = trustless();
    let question = json!({
        "address": address, "strange": "0".repeat(32), "trustless": place, "folder": folder(&holder.dir),
        "files": { "concluded": concluded, "certificate": certificate, "attachment": attachment, "altered": altered },
    });
    let seen = browse("verifier", &question);
    drop(trustless);
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    let certificate_id = address.split_once('#').unwrap().1;
    read(&seen["told"], certificate_id);
    let looks = seen["seen"].as_object().unwrap();
    assert_eq!(looks.len(), 22, "{:?}", looks.keys());
    for (name, look) in looks {
        assert_eq!(look["violations"], json!([]), "{name}");
        assert_eq!(look["wide"], false, "{name} scrolls sideways");
        tree(name, look["tree"].as_str().unwrap());
    }
}

/// The address as it stands on the certificate's page; the text layer may break its line.
fn printed(certificate: &Path, origin: &str) -> String {
    let words = page(certificate);
    let begin = format!("{origin}/verify#");
    let at = words.find(&begin).unwrap_or_else(|| panic!("no {begin}: {words}"));
    words[at..].split_whitespace().next().unwrap().to_owned()
}

/// A server without a trusted authority, and its origin.
fn trustless() -> (Office, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let settings = format!("[contracts]\npublic_url = \"{origin}\"\n");
    let office = Office::on(listener, Holder::without_key("trustless"), &settings);
    (office, origin)
}

fn read(told: &Value, certificate_id: &str) {
    let policy = text(&told["policy"]);
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let first = |at: &str, part: &str| text(&told[at][part][0]);
    for (lang, concluded, certificate, attachment, unknown, valid) in [
        (
            "ja",
            "この契約の締結された文書です",
            "この契約の電子契約締結証明書です",
            "この契約に添えられた文書です",
            "この契約のファイルではありません",
            "有効",
        ),
        (
            "en",
            "This is a concluded document of this contract",
            "This is the certificate of conclusion of this contract",
            "This document came with this contract",
            "This file does not belong to this contract",
            "Valid",
        ),
    ] {
        assert_eq!(told[format!("{lang}-id")], certificate_id, "{told:#}");
        for (name, words) in [
            ("concluded", concluded),
            ("certificate", certificate),
            ("attachment", attachment),
            ("altered", unknown),
        ] {
            let name = format!("{lang}-{name}");
            assert!(first(&name, "belonging").contains(words), "{name}: {told:#}");
            assert_eq!(
                (&told[&name]["focused"], &told[&name]["status"]),
                (&json!("result"), &json!(""))
            );
        }
        for name in ["concluded", "certificate"] {
            let name = format!("{lang}-{name}");
            assert!(first(&name, "verdict").contains(valid), "{name}: {told:#}");
            assert!(first(&name, "badges").contains(valid), "{name}: {told:#}");
        }
        assert_eq!(told[format!("{lang}-attachment")]["verdict"], json!([]));
        let altered = first(&format!("{lang}-altered"), "verdict");
        assert!(altered.contains("無効") || altered.contains("Invalid"), "{altered}");
    }
    // Another ID ends what was said; none leaves the question open; one from paper is understood.
    assert_eq!(told["changed"]["hidden"], true, "{told:#}");
    assert!(
        text(&told["changed"]["status"]).contains("The ID has changed"),
        "{told:#}"
    );
    assert!(first("strange", "belonging").contains("does not belong"), "{told:#}");
    assert!(first("strange", "verdict").contains("Valid"), "{told:#}");
    assert_eq!(told["without"]["belonging"], json!([]), "{told:#}");
    assert!(
        text(&told["without"]["words"]).contains("The signatures alone were checked"),
        "{told:#}"
    );
    assert!(first("paper", "belonging").contains("concluded document"), "{told:#}");
    // Where nobody is trusted, a guest is not told how a server is configured.
    let words = text(&told["trustless"]["words"]);
    assert!(words.contains("who signed cannot be confirmed here"), "{words}");
    for word in ["--trust", "[trust]", "Name one", "Name the certificate"] {
        assert!(!words.contains(word), "{word}: {words}");
    }
}
