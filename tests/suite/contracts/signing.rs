//! From sending to conclusion: asked in order, known by a code, signed by the operator's key for each person, stamped, archived, told.

use super::stage::{Stage, two_signers, written};
use super::{code, text};
use crate::support::http::Request;
use crate::support::judges::{pdfsig, pyhanko, qpdf_check};
use crate::support::run;
use hankod::der::Certificate;
use serde_json::{Value, json};
use std::process::Command;

/// S2, S6, S19, S20, S25-S30, S34, S35, S42-S44.
#[test]
fn two_witnesses_sign_in_order_and_the_contract_is_concluded() {
    let stage = Stage::start("story", "");
    let id = stage.ready(&two_signers());
    let sent = stage.send(&id);
    assert_eq!((&sent["state"], &sent["number"]), (&json!("sent"), &json!("0000001")));
    let certificate_id = text(&sent["certificate_id"]);
    assert!(certificate_id.len() == 32 && certificate_id.bytes().all(|b| b.is_ascii_hexdigit()));

    // S19: subject, fixed From, the link.
    let first = stage.mailbox.next();
    assert_eq!(first.to, "taro@kensetsu.example.jp");
    assert_eq!(
        first.header("Subject"),
        "見本市総務課(起案用)様より業務委託契約書への署名依頼が届いています"
    );
    assert_eq!(first.from, "keiyaku@city.example.lg.jp");
    assert!(first.header("From").contains("見本市 電子契約") && first.text.contains("https://keiyaku.example.jp/s/"));
    assert!(first.text.contains("0123-45-6789") && first.html.contains("https://keiyaku.example.jp/s/"));

    // S20: a scanner that opens the link changes nothing; a person's POST is the event.
    let before = stage.office.get(&format!("/v1/contracts/{id}/events"));
    for method in ["GET", "HEAD", "GET"] {
        let read = Request::new(method, &format!("/s/{}/contract", first.link())).send(stage.office.daemon.port());
        assert!([200, 405].contains(&read.status));
    }
    assert_eq!(stage.office.get(&format!("/v1/contracts/{id}/events")), before);
    stage.sign(&first, &written());

    // S28, S29: the second is asked after the first, and nothing is concluded before.
    let second = stage.mailbox.next();
    assert_eq!(second.to, "hanako@city.example.lg.jp");
    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    assert_eq!(
        (&view["state"], &view["signers"][0]["turn"]),
        (&json!("sent"), &json!("signed"))
    );
    assert_eq!(view["signers"][0]["signed_ip"], "127.0.0.1");
    stage.sign(&second, &json!({}));

    // S30: everybody is told, once.
    let mut told: Vec<String> = (0..3)
        .map(|_| stage.mailbox.next())
        .map(|mail| {
            assert!(mail.header("Subject").starts_with("電子署名完了のお知らせ"), "{mail:?}");
            mail.to
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "hanako@city.example.lg.jp",
            "soumu@city.example.lg.jp",
            "taro@kensetsu.example.jp"
        ]
    );
    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    assert_eq!(view["state"], "concluded");
    assert_eq!(view["documents"][0]["kind"], "completed");
    // S25: what is only shown got no signature.
    assert_eq!(view["documents"][1]["kind"], "uploaded");
    acts(&stage, &id);
    judged(&stage, &id, &certificate_id);
}

/// S44: who, when, from where.
fn acts(stage: &Stage, id: &str) {
    let events = stage.office.get(&format!("/v1/contracts/{id}/events"));
    let acts: Vec<(&str, &str)> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["act"].as_str().unwrap(), one["name"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("send", "丙川三郎"),
        ("open", "甲野太郎"),
        ("sign", "甲野太郎"),
        ("open", "乙野花子"),
        ("sign_last", "乙野花子"),
        ("conclude", "hankod"),
    ];
    assert_eq!(acts[acts.len() - 6..], wanted);
    assert_eq!(events[acts.len() - 4]["ip"], "127.0.0.1");
}

/// The concluded file by other people's programs.
fn judged(stage: &Stage, id: &str, certificate_id: &str) {
    let path = stage.file(id, 1);
    qpdf_check(&*path).unwrap();
    let found = pdfsig(&path);
    let own: Vec<_> = found.iter().filter(|one| one.subfilter != "unknown").collect();
    assert!(own.len() == 2 && own.iter().all(|one| one.valid), "{found:?}");
    let judged = pyhanko(&path, &stage.office.holder.root()).unwrap();
    assert!(judged.len() >= 2, "{judged:?}");
    for one in &judged {
        assert!(
            one.intact && one.valid && one.trusted && one.docmdp_ok && one.bottom_line,
            "{judged:?}"
        );
    }
    // S2: the operator's certificate; the reason names the person, the address and how they were known.
    let bytes = std::fs::read(&path).unwrap();
    let document = hankod::pdf::Document::open(&bytes, None).unwrap();
    let signatures = hankod::pdf::signatures::read(&document).unwrap();
    let people: Vec<String> = signatures
        .signed()
        .filter(|(_, one)| !one.is_timestamp)
        .map(|(_, one)| one.dict.get("Reason").unwrap().as_text().unwrap())
        .collect();
    assert!(
        people[0].contains("甲野太郎") && people[0].contains("taro@kensetsu.example.jp"),
        "{people:?}"
    );
    assert!(
        people[0].contains("メール認証") && people[1].contains("乙野花子"),
        "{people:?}"
    );
    let verified = stage.office.holder.run(&[
        "verify",
        "--trust",
        "root.pem",
        "--offline",
        "--format",
        "json",
        path.to_str().unwrap(),
    ]);
    let report: Value = serde_json::from_str(&verified.stdout).unwrap();
    let file = &report["files"][0];
    assert_eq!(file["verdict"], "TOTAL-PASSED", "{report:#}");
    let operator = Certificate::parse(&stage.operator).unwrap().sha256_hex();
    for one in file["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "signature")
    {
        assert_eq!(
            (&one["level"], &one["signer"]["sha256"]),
            (&json!("B-LTA"), &json!(operator))
        );
    }
    // S42: the ID at the lower left; the inputs where they were placed.
    let lower_left = cut(&path, ["0", "818", "260", "24"]);
    assert_eq!(lower_left.trim(), certificate_id);
    assert!(cut(&path, ["90", "690", "300", "100"]).contains("東京都千代田区1-1"));
    assert!(cut(&path, ["90", "690", "300", "100"]).contains("2026年11月23日"));
}

/// The text of a part of the first page, from its upper left corner.
pub(crate) fn cut(path: &std::path::Path, [x, y, w, h]: [&str; 4]) -> String {
    let mut command = Command::new("pdftotext");
    command.args(["-f", "1", "-l", "1", "-x", x, "-y", y, "-W", w, "-H", h]);
    let said = run(command.arg(path).arg("-"), "");
    assert!(said.ok, "{}", said.stderr);
    said.stdout.replace('\u{c}', "")
}

/// S23 and the factors of 固有性: without the code nothing, with wrong codes nothing any more, with missing inputs the reason.
#[test]
fn nobody_signs_unknown_or_incomplete() {
    let stage = Stage::start("unknown", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let link = stage.mailbox.next().link();
    let refused = |act: &str, body: &Value| code(&stage.act(&link, act, body));
    let empty = json!({ "session": "x", "values": {}, "checked": [] });
    assert_eq!(refused("sign", &empty), (409, "request_not_opened".into()));
    let read = Request::new("GET", &format!("/s/{link}/documents/1")).send(stage.office.daemon.port());
    assert_eq!(code(&read), (409, "request_not_opened".into()));
    assert_eq!(code(&stage.act("wrong", "open", &json!({}))), (404, "link_void".into()));

    assert_eq!(stage.act(&link, "open", &json!({})).status, 200);
    assert_eq!(refused("sign", &empty), (403, "session_over".into()));
    assert_eq!(
        refused("confirm", &json!({ "code": "000000" })),
        (403, "code_over".into())
    );
    assert_eq!(stage.act(&link, "code", &json!({})).status, 202);
    assert_eq!(refused("code", &json!({})), (429, "code_too_soon".into()));
    let right = stage.mailbox.next().code();
    let wrong = if right == "123456" { "654321" } else { "123456" };
    for _ in 0..4 {
        assert_eq!(
            refused("confirm", &json!({ "code": wrong })),
            (403, "code_wrong".into())
        );
    }
    let confirmed = stage.act(&link, "confirm", &json!({ "code": right }));
    let session = text(&confirmed.json()["session"]);
    // A code opens one session.
    assert_eq!(refused("confirm", &json!({ "code": right })), (403, "code_over".into()));

    let sign = |values: Value, checked: Value| {
        refused(
            "sign",
            &json!({ "session": session, "values": values, "checked": checked }),
        )
    };
    assert_eq!(sign(written(), json!([])), (422, "checklist_open".into()));
    assert_eq!(
        sign(json!({ "2": "東京" }), json!([1])),
        (422, "field_value_missing".into())
    );
    let mut wrong = written();
    wrong["4"] = json!("2026-02-30");
    assert_eq!(sign(wrong, json!([1])), (422, "field_value_invalid".into()));
    let mut more = written();
    more["99"] = json!("x");
    assert_eq!(sign(more, json!([1])), (422, "field_value_invalid".into()));
    assert_eq!(stage.state(&id), "sent");
    // Another site's page cannot act, whatever it knows.
    let forged = Request::new("POST", &format!("/s/{link}/decline"))
        .json(&json!({}))
        .header("Origin", "https://evil.example");
    assert_eq!(code(&forged.send(stage.office.daemon.port())).0, 403);
    let state = std::fs::read(stage.office.holder.state().join("hankod.sqlite3")).unwrap();
    assert!(!state.windows(session.len()).any(|window| window == session.as_bytes()));
}

#[test]
fn a_decline_ends_it_for_all_and_tells_the_sender() {
    let stage = Stage::start("decline", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let link = stage.mailbox.next().link();
    let declined = stage.act(&link, "decline", &json!({ "text": "金額が違います" }));
    assert_eq!(declined.json()["state"], "declined", "{}", declined.text());
    let told = stage.mailbox.next();
    assert_eq!(told.to, "soumu@city.example.lg.jp");
    assert!(
        told.text.contains("金額が違います") && told.text.contains("甲野太郎"),
        "{}",
        told.text
    );
    assert_eq!(
        code(&stage.act(&link, "open", &json!({}))),
        (409, "contract_declined".into())
    );
    assert_eq!(stage.mailbox.rest().len(), 0);
}

/// S4: from this amount on everybody signs with an own certificate; S5, S7: nothing is sent that could not be concluded.
#[test]
fn what_could_not_be_concluded_is_not_sent() {
    let stage = Stage::start("policy", "party_from_yen = 1000000\n");
    let id = stage.ready(&two_signers());
    let send = |id: &str| {
        stage
            .office
            .refused(Request::new("POST", &format!("/v1/contracts/{id}/send")).json(&json!({})))
    };
    assert_eq!(send(&id), (422, "party_type_demanded".into()));
    let mut less = two_signers();
    less["record"]["amount"] = json!(999_999);
    assert_eq!(stage.office.change(&id, &less).status, 200);
    less["signers"][1]["reach"] = json!({ "phone": "090-1234-5678" });
    assert_eq!(stage.office.change(&id, &less).status, 200);
    assert_eq!(send(&id), (503, "sms_not_configured".into()));
    let mut anchored = two_signers();
    anchored["record"]["amount"] = json!(1);
    anchored["fields"][0]["place"] = json!({ "anchor": { "text": "印", "dx": 0.0, "dy": 0.0, "w": 60.0, "h": 60.0 } });
    assert_eq!(stage.office.change(&id, &anchored).status, 200);
    assert_eq!(send(&id), (422, "field_anchor_unavailable".into()));
    assert_eq!(stage.state(&id), "draft");
    assert_eq!(stage.mailbox.rest().len(), 0);
}

/// S43: numbers follow each other; a repeated request sends nothing again.
#[test]
fn numbers_follow_each_other_and_a_repeated_sending_is_one() {
    let stage = Stage::start("numbers", "");
    let ids = [stage.ready(&two_signers()), stage.ready(&two_signers())];
    for (at, id) in ids.iter().enumerate() {
        let send = || {
            let request = Request::new("POST", &format!("/v1/contracts/{id}/send")).json(&json!({}));
            stage
                .office
                .send(request.header("Idempotency-Key", &format!("send-{at}")))
        };
        let (first, again) = (send(), send());
        assert_eq!((first.status, again.status), (200, 200), "{}", again.text());
        assert_eq!(first.json()["number"], format!("000000{}", at + 1));
        assert_eq!(first.json()["version"], again.json()["version"]);
        stage.mailbox.next();
    }
    assert_eq!(stage.mailbox.rest().len(), 0);
}
