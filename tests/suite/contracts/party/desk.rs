//! 当事者型 with the signer's own hankod, in real Chromium: the server's page hands the very files over, the desk daemon fills and signs them, they come
//! back and are stamped; one PIN for one contract and for many.

use super::{Known, first_is_party, judged_by_pyhanko, verified};
use crate::contracts::stage::{Stage, field, written};
use crate::contracts::text;
use crate::support::browser::browse;
use crate::support::ca::IssueRequest;
use crate::support::daemon::Daemon;
use crate::support::holder::{Holder, PIN};
use crate::support::pinentry::{Answer, Pinentry};
use hankod::token::provision::NewKey;
use serde_json::{Value, json};
use std::net::TcpListener;

/// Contracts of the one who has many.
const MANY: usize = 12;
/// The card is out before this signature.
const PULLED_AT: usize = 8;

/// The signer's computer: a card, a prompt, the desk daemon.
pub(super) struct Computer {
    pub(super) holder: Holder,
    pub(super) listener: TcpListener,
    pub(super) prompt: String,
    _pinentry: Pinentry,
}

impl Computer {
    pub(super) fn new(stage: &Stage, answers: &[Answer<'_>]) -> Self {
        let holder = Holder::under("party-desk", stage.office.holder.ca().clone());
        let [ocsp, crl] = stage.authority.urls();
        let card = IssueRequest {
            ocsp_url: Some(&ocsp),
            crl_url: Some(&crl),
            ..IssueRequest::default()
        };
        stage.authority.knows(&holder.add("sign", NewKey::P256, &card));
        let pinentry = Pinentry::new(&holder.dir, answers);
        let prompt = format!("lang = \"ja\"\n[prompt]\npinentry = {:?}\n", pinentry.program());
        Self {
            holder,
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            prompt,
            _pinentry: pinentry,
        }
    }

    /// The daemon, on the same port each time.
    pub(super) fn serve(&self) -> Daemon {
        let config = std::fs::read_to_string(self.holder.config()).unwrap();
        let listener = self.listener.try_clone().unwrap();
        let started = Daemon::try_start_on(listener, &self.holder.dir, &config, &[]);
        started.unwrap_or_else(|(status, log)| panic!("{status}:\n{log}"))
    }

    fn question(&self, stage: &Stage, requests: &[Value]) -> Value {
        json!({
            "site": "https://keiyaku.example.jp",
            "service": stage.office.daemon.port(),
            "desk": self.listener.local_addr().unwrap().port(),
            "requests": requests
        })
    }
}

/// S1, S3: hankod fills the signer's fields and signs in one revision; other people's software finds every signature and every later change good.
#[test]
fn hankod_fills_and_signs_in_one_revision() {
    let stage = Stage::start("party-browser", "");
    let computer = Computer::new(&stage, &[Answer::Confirm, Answer::Pin(PIN)]);
    computer.holder.behave(&computer.prompt);
    let _desk = computer.serve();
    let id = stage.ready(&first_is_party(&json!([])));
    stage.send(&id);
    let one = Known::next(&stage);
    let request = json!({ "link": one.link, "session": one.session, "values": written(), "checked": [1] });
    let seen = browse("party", &computer.question(&stage, &[request]));
    assert_eq!(seen[0]["outcomes"][0]["state"], "done", "{seen:#}");
    let states = seen[0]["states"].as_array().unwrap();
    assert_eq!(
        (&states[0], states.last()),
        (&json!("collecting"), Some(&json!("done"))),
        "{seen}"
    );
    stage.sign(&stage.mailbox.next(), &json!({}));
    for _ in 0..3 {
        assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    }
    let path = stage.file(&id, 1);
    assert!(judged_by_pyhanko(&stage, &path).iter().all(|one| one.bottom_line));
    let report = verified(&stage, &path);
    assert_eq!(report["verdict"], "TOTAL-PASSED", "{report:#}");
    let first = &report["signatures"][0];
    // The room that the page asked for took the timestamp.
    let mut stamps = first["timestamps"].as_array().unwrap().iter();
    assert!(stamps.any(|one| one["kind"] == "signature-timestamp"), "{report:#}");
    assert_eq!(first["signer"]["subject"]["CN"], "甲野太郎");
}

/// 署名待ち: many contracts with one PIN; the card is pulled in the middle, nothing half-signed arrives, and the rest ends signed once it is back.
#[test]
fn many_are_signed_with_one_pin_and_go_on_after_the_card_is_back() {
    let stage = Stage::start("party-many", "");
    let computer = Computer::new(&stage, &[Answer::Confirm, Answer::Pin(PIN), Answer::Pin(PIN)]);
    let fault = format!("gone:{PULLED_AT}");
    computer.holder.misbehave(&[("SHIM_FAULT", &fault)], &computer.prompt);
    let mut desk = computer.serve();
    let mut only = first_is_party(&json!([]));
    only["signers"].as_array_mut().unwrap().truncate(1);
    only["fields"] = json!([field(1, 1, "invisible", &json!(null))]);
    only["checklist"] = json!([]);
    let ids: Vec<String> = (0..MANY).map(|_| stage.ready(&only)).collect();
    ids.iter().for_each(|id| drop(stage.send(id)));
    let links: Vec<String> = ids.iter().map(|_| stage.mailbox.next().link()).collect();
    let one = Known::behind(&stage, links[0].clone());
    let pending = stage.act(&one.link, "pending", &json!({ "session": one.session }));
    let pending = pending.json();
    let requests: Vec<Value> = pending
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let link = text(&row["link"]);
            assert_eq!(stage.act(&link, "open", &json!({})).status, 200);
            json!({ "link": link, "session": one.session })
        })
        .collect();
    assert_eq!(requests.len(), MANY);
    let [failed, back] = ["failed", "back"].map(|name| computer.holder.dir.join(name));
    let mut question = computer.question(&stage, &requests);
    (question["failed"], question["back"]) = (json!(failed), json!(back));
    let (seen, _desk) = std::thread::scope(|scope| {
        let browsing = scope.spawn(|| browse("party", &question));
        while !browsing.is_finished() && !failed.exists() {
            std::thread::yield_now();
        }
        // The card is back, and hankod was started again meanwhile.
        desk.kill();
        computer.holder.behave(&computer.prompt);
        let desk = computer.serve();
        std::fs::write(&back, "").unwrap();
        (browsing.join().unwrap(), desk)
    });
    let outcomes = |round: usize| seen[round]["outcomes"].as_array().unwrap();
    assert_eq!(outcomes(0).len(), MANY, "{seen:#}");
    let open = outcomes(0)
        .iter()
        .filter(|one| one["state"] == "open" && one["code"] == "card_removed");
    assert_eq!(open.count(), MANY, "{seen:#}");
    assert_eq!(outcomes(1).len(), MANY, "{seen:#}");
    assert!(outcomes(1).iter().all(|one| one["state"] == "done"), "{seen:#}");
    for id in &ids {
        stage.until(&format!("/v1/contracts/{id}"), |view| view["state"] == "concluded");
    }
}
