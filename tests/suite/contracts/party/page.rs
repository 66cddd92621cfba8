//! The page of a party signer in real Chromium: signed with the person's own hankod, and with other software.

use super::desk::Computer;
use super::{first_is_party, signed, verified};
use crate::contracts::stage::Stage;
use crate::support::browser::browse;
use crate::support::ca::IssueRequest;
use crate::support::holder::PIN;
use crate::support::pinentry::Answer;
use serde_json::{Value, json};
use std::path::Path;

/// A contract whose first signer is a party; its id, and where that signer's page is.
fn asked(stage: &Stage, origin: &str) -> (String, String) {
    let id = stage.ready(&first_is_party(&json!([])));
    stage.send(&id);
    let link = stage.mailbox.next().link();
    (id, format!("{origin}/s/{link}"))
}

/// The code of the next mail, whole at once, where the scenario looks for it.
fn code(stage: &Stage, at: &Path) {
    let part = stage
        .office
        .holder
        .document("code.part", stage.mailbox.next().code().as_bytes());
    std::fs::rename(part, at).unwrap();
}

/// The other signer signs, everybody is told, and the contract's signatures are good.
fn concluded(stage: &Stage, id: &str) {
    stage.sign(&stage.mailbox.next(), &json!({}));
    assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    let report = verified(stage, &stage.file(id, 1));
    assert_eq!(report["verdict"], "TOTAL-PASSED", "{report:#}");
}

/// S1, S3: the site is allowed, the card asks for its PIN, the page says that the signature is in.
#[test]
fn the_page_signs_with_the_persons_own_hankod() {
    let (stage, origin) = Stage::with_pages("page-card", "");
    let computer = Computer::new(&stage, &[Answer::Confirm, Answer::Pin(PIN)]);
    computer.holder.behave(&computer.prompt);
    let _desk = computer.serve();
    let (id, address) = asked(&stage, &origin);
    let at = stage.office.holder.dir.join("code.txt");
    let desk = computer.listener.local_addr().unwrap().port();
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| code(&stage, &at));
        browse("signer_party", &json!({ "address": address, "code": at, "desk": desk }))
    });
    assert_eq!(
        seen["status"], "署名が終わりました。全員の署名が済むと、完了のメールが届きます。",
        "{seen:#}"
    );
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    concluded(&stage, &id);
}

/// S1: taken away, signed by somebody else's program, given back.
#[test]
fn the_page_takes_what_other_software_signed() {
    let (stage, origin) = Stage::with_pages("page-elsewhere", "");
    let person = stage.somebody(&IssueRequest::default());
    let (id, address) = asked(&stage, &origin);
    let at = |name: &str| stage.office.holder.dir.join(name);
    let (code_at, away, back) = (at("code.txt"), at("away.json"), at("back.pdf"));
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| {
            code(&stage, &code_at);
            stage.until(&format!("/v1/contracts/{id}"), |_| away.exists());
            let taken: Value = serde_json::from_slice(&std::fs::read(&away).unwrap()).unwrap();
            let pdf = std::fs::read(taken["pdf"].as_str().unwrap()).unwrap();
            let pdf = signed(&person, &pdf, taken["field"].as_str().unwrap());
            std::fs::rename(stage.office.holder.document("back.part", &pdf), &back).unwrap();
        });
        browse(
            "signer_party",
            &json!({ "address": address, "code": code_at, "away": away, "back": back }),
        )
    });
    assert_eq!(
        seen["status"], "署名が終わりました。全員の署名が済むと、完了のメールが届きます。",
        "{seen:#}"
    );
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    concluded(&stage, &id);
}
