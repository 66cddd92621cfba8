//! Drafts: made once, changed by whoever knows their version, their documents read strictly, seen by their own application alone.

use super::{Office, add_client, code, pdf, terms, text};
use crate::support::http::Request;
use crate::support::shapes;
use serde_json::json;

/// S16, S17: a draft of the department's account, reviewed, corrected and approved before it is sent; each act is an event (S44).
#[test]
fn a_draft_is_reviewed_corrected_and_taken_back() {
    let office = Office::start("drafts", "");
    let id = office.draft(&terms("業務委託契約書"));
    let path = format!("/v1/contracts/{id}");
    let view = office.add(&id, "keiyaku", "sign", &pdf());
    assert_eq!(view["documents"][0]["number"], 1);
    assert_eq!(view["sender"]["section"], "総務課(起案用)");
    assert_eq!(view["state"], "draft");

    office.post(&format!("{path}/review"), &json!({ "by": "丙川三郎" }));
    let comment = json!({ "by": "見本建設 甲野太郎", "text": "2ページの金額を確認してください。" });
    office.post(&format!("{path}/comment"), &comment);
    assert_eq!(
        code(&office.change(&id, &terms("別の題"))),
        (409, "contract_in_review".into())
    );
    office.post(&format!("{path}/correction"), &json!({ "text": "直します" }));
    assert_eq!(office.change(&id, &terms("業務委託契約書(訂正)")).status, 200);
    office.post(&format!("{path}/review"), &json!({}));
    let approved = office.post(&format!("{path}/approve"), &json!({ "by": "乙野課長" }));
    assert_eq!(
        (&approved["approved"], &approved["state"]),
        (&json!(true), &json!("in_review"))
    );
    let withdrawn = office.post(&format!("{path}/withdraw"), &json!({ "text": "不要になりました" }));
    assert_eq!(withdrawn["state"], "withdrawn");
    let again = office.refused(Request::new("POST", &format!("{path}/withdraw")).json(&json!({})));
    assert_eq!(again, (409, "contract_withdrawn".into()));

    let events = office.get(&format!("{path}/events"));
    let acts: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["act"].as_str().unwrap())
        .collect();
    let wanted = [
        "change",
        "change",
        "ask_review",
        "comment",
        "ask_correction",
        "change",
        "ask_review",
        "approve",
        "withdraw",
    ];
    assert_eq!(acts, wanted);
    assert_eq!(events[3]["name"], "見本建設 甲野太郎");
    assert_eq!(events[3]["said"], "2ページの金額を確認してください。");
    assert_eq!(events[3]["ip"], "127.0.0.1");
    let audit = office.holder.run(&["audit", "export"]);
    assert_eq!(
        audit.stdout.matches("\"contract_acted\"").count(),
        wanted.len(),
        "{}",
        audit.stdout
    );
}

#[test]
fn a_change_names_its_version_and_a_repeated_request_does_nothing_again() {
    let office = Office::start("versions", "");
    let make = |key: &str, title: &str| {
        let request = Request::new("POST", "/v1/contracts").json(&terms(title));
        office.send(request.header("Idempotency-Key", key))
    };
    let (first, second) = (make("a-1", "甲"), make("a-1", "甲"));
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(code(&make("a-1", "乙")), (409, "idempotency_key_reused".into()));
    assert_eq!(office.get("/v1/contracts")["contracts"].as_array().unwrap().len(), 1);

    let id = text(&first.json()["id"]);
    assert_eq!(first.header("ETag"), Some("\"1\""));
    let put = |tag: Option<&str>| {
        let request = Request::new("PUT", &format!("/v1/contracts/{id}")).json(&terms("丙"));
        office.send(match tag {
            Some(tag) => request.header("If-Match", tag),
            None => request,
        })
    };
    assert_eq!(code(&put(None)), (428, "if_match_missing".into()));
    assert_eq!(code(&put(Some("1"))), (400, "bad_header".into()));
    assert_eq!(put(Some("\"1\"")).status, 200);
    assert_eq!(code(&put(Some("\"1\""))), (412, "contract_changed".into()));
    assert_eq!(office.get(&format!("/v1/contracts/{id}"))["version"], 2);
}

#[test]
fn documents_are_opened_strictly_and_served_back() {
    let office = Office::start("documents", "");
    let id = office.draft(&terms("契約"));
    let path = format!("/v1/contracts/{id}/documents?name=a&action=sign");
    let refuse = |bytes: &[u8]| office.refused(Request::new("POST", &path).body("application/pdf", bytes));
    let pdf = pdf();
    assert_eq!(refuse(&pdf[..pdf.len() / 2]), (422, "pdf_damaged".into()));
    let encrypted = shapes::all()
        .into_iter()
        .find(|shape| shape.name == "AES-128 with empty user password");
    assert_eq!(refuse(&encrypted.unwrap().bytes), (422, "document_encrypted".into()));
    let wrong = Request::new("POST", &path).body("text/plain", pdf.clone());
    assert_eq!(office.refused(wrong), (415, "wrong_content_type".into()));

    office.add(&id, "a", "sign", &pdf);
    let view = office.add(&id, "b", "view", &pdf);
    assert_eq!(view["documents"][1]["action"], "view");
    let served = office.send(Request::new("GET", &format!("/v1/contracts/{id}/documents/1")));
    assert_eq!(served.body, pdf);
    // One that is taken out is gone, and its number with it.
    let mut less = terms("契約");
    less["documents"] = json!([{ "number": 2, "name": "b", "action": "sign" }]);
    assert_eq!(office.change(&id, &less).status, 200);
    let gone = office.refused(Request::new("GET", &format!("/v1/contracts/{id}/documents/1")));
    assert_eq!(gone, (404, "contract_document_missing".into()));
    let mut more = terms("契約");
    more["documents"] = json!([{ "number": 7, "name": "b", "action": "sign" }]);
    assert_eq!(code(&office.change(&id, &more)), (422, "contract_reference".into()));
}

#[test]
fn another_applications_contract_is_not_there() {
    let office = Office::start("others", "");
    let id = office.draft(&terms("契約"));
    let other = add_client(&office.holder, "betsu");
    for request in [
        Request::new("GET", &format!("/v1/contracts/{id}")),
        Request::new("GET", &format!("/v1/contracts/{id}/events")),
        Request::new("GET", &format!("/v1/contracts/{id}/documents/1")),
        Request::new("POST", &format!("/v1/contracts/{id}/withdraw")).json(&json!({})),
    ] {
        assert_eq!(
            code(&office.send_as(&other, request)),
            (404, "contract_not_found".into())
        );
    }
    let listed = office.send_as(&other, Request::new("GET", "/v1/contracts")).json();
    assert_eq!(listed["contracts"], json!([]));
}

/// What a draft may not say is told by name, and nothing is kept.
#[test]
fn wrong_terms_are_refused_by_name() {
    let office = Office::start("wrong", "");
    let with = |name: &str, value: serde_json::Value| {
        let mut wrong = terms("契約");
        wrong[name] = value;
        office.refused(Request::new("POST", "/v1/contracts").json(&wrong))
    };
    assert_eq!(with("sender", json!(null)), (422, "sender_missing".into()));
    assert_eq!(with("title", json!("a\u{202e}b")).1, "bad_json");
    assert_eq!(with("unknown", json!(1)).1, "bad_json");
    let field = json!([{ "number": 1, "document": 1, "signer": 1, "kind": "seal", "label": "印", "required": true, "place": null }]);
    assert_eq!(with("fields", field), (422, "contract_reference".into()));
    assert_eq!(office.get("/v1/contracts")["contracts"], json!([]));
}
