//! The page that verifies, in real Chromium: the first line, the signatures, what changed, pages before and after; by keyboard, in both languages, wide and narrow.

use crate::support::agreement::{PRICE, agreement, agreement_with, sign, signature, text_look};
use crate::support::browser::browse;
use crate::support::daemon::Daemon;
use crate::support::dir::TestDir;
use crate::support::signer::SoftSigner;
use crate::support::updates::{Person, stream, update};
use serde_json::json;
use std::path::Path;

#[test]
fn a_person_sees_the_verdict_and_what_changed() {
    let dir = TestDir::new("verify-page");
    let look = |text: &str| text_look(text).replace("BBox[0 0 600 850]", "BBox[0 0 80 20]");
    let signed = sign(
        &Person::new(),
        &agreement_with(&[(21, &look("100"))]),
        &signature(0, ""),
    );
    let price = PRICE.replace("/V(100)", "/V(900)").replace("/N 21 0 R", "/N 83 0 R");
    let filled = update(&signed, &[(20, &price), (83, &look("900"))]);
    let forged = update(
        &filled,
        &[(4, &stream("BT /F 12 Tf 50 700 Td (We pay 900) Tj ET /X Do"))],
    );
    let (file, broken) = (dir.join("契約書.pdf"), dir.join("broken.pdf"));
    std::fs::write(&file, forged).unwrap();
    std::fs::write(&broken, b"%PDF-1.7 no more").unwrap();
    let list = format!("http://127.0.0.1:9/{}.crl", "a".repeat(100));
    let signer = SoftSigner::naming(&list);
    let unfetched = dir.join("unfetched.pdf");
    std::fs::write(&unfetched, signer.sign(&agreement(), None, &signer.request()).unwrap()).unwrap();
    let config = format!("[trust]\nanchors = [{:?}]\n", signer.root(&dir));
    let daemon = Daemon::start(&dir, &config, &[]);
    let folder: &Path = &dir;
    let address = format!("http://127.0.0.1:{}", daemon.port());
    let kept = std::env::var_os("HANKOD_SCREENSHOTS").map_or_else(|| folder.to_owned(), Into::into);
    let seen = browse(
        "verify_page",
        &json!({ "address": address, "file": file, "broken": broken, "unfetched": unfetched, "folder": kept }),
    );
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    for (lang, first, badge, value) in [
        ("ja", "無効(改ざん等)", "無効", "変更前「100」→ 変更後「900」"),
        (
            "en",
            "Invalid (tampering or similar)",
            "Invalid",
            "before: \"100\", now: \"900\"",
        ),
    ] {
        for width in [1280, 360] {
            let seen = &seen[format!("{lang}{width}")];
            assert!(seen["first"].as_str().unwrap().contains(first), "{seen:#}");
            assert_eq!((&seen["badges"], &seen["focused"]), (&json!([badge]), &json!("result")));
            let changes: Vec<&str> = seen["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c.as_str().unwrap())
                .collect();
            assert!(
                changes.len() == 2 && changes.iter().any(|c| c.contains(value)),
                "{changes:?}"
            );
            assert_eq!((&seen["pictures"], &seen["frames"]), (&json!(2), &json!(1)), "{seen:#}");
            assert_eq!(
                (&seen["wide"], &seen["details"]),
                (&json!(false), &json!(true)),
                "{seen:#}"
            );
        }
    }
    assert!(seen["broken"].as_str().unwrap().contains("broken.pdf"), "{seen:#}");
    let unfetched = &seen["unfetched"];
    let said = unfetched["text"].as_str().unwrap();
    assert!(
        said.contains("Could not be fetched: ") && said.contains(&list),
        "{said}"
    );
    assert_eq!(
        unfetched["wide"], false,
        "a long address makes the page wider than the screen"
    );
    let uploads: Vec<_> = walk(folder)
        .into_iter()
        .filter(|name| name.contains("upload-"))
        .collect();
    assert!(uploads.is_empty(), "uploads are left: {uploads:?}");
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => found.extend(walk(&entry.path())),
            false => found.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    found
}
