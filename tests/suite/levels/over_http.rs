//! The levels over HTTP: what is reached and missing at once, what is still to come, and the completed file, also after the daemon was started anew.

use super::{Scene, missing};
use crate::support::authority::Mode;
use crate::support::daemon::Daemon;
use crate::support::holder::LABEL;
use crate::support::http::{Part, Request, Response};
use crate::support::tsa;
use serde_json::{Value, json};
use std::fs;

/// A scene whose daemon signs for a program without a person.
struct Office {
    scene: Scene,
    key: String,
    daemon: Option<Daemon>,
}

impl Office {
    fn open(scene: Scene, more: &str) -> Self {
        scene.holder.behave(&format!(
            "[trust]\nanchors = [\"root.pem\"]\n[network]\nallow_private = [\"{}\"]\n{more}\n[[token]]\nlabel = \"{LABEL}\"\npin_file = \"pin\"\n[[tsa]]\nurl = \"{}\"\n",
            scene.authority.place(),
            scene.tsa.url()
        ));
        let key = scene
            .holder
            .run(&["site", "allow", "--program", "経理", "--unattended"])
            .stdout;
        let mut office = Self {
            scene,
            key: key.trim().to_owned(),
            daemon: None,
        };
        office.start();
        office
    }

    fn start(&mut self) {
        let config = fs::read_to_string(self.scene.holder.config()).unwrap();
        self.daemon = Some(Daemon::start(&self.scene.holder.dir, &config, &[]));
    }

    fn stop(&mut self) {
        assert!(self.daemon.take().unwrap().stop().success());
    }

    fn ask(&self, method: &str, path: &str) -> Request {
        Request::new(method, path)
            .header("Authorization", &format!("Bearer {}", self.key))
            .header("Accept-Language", "ja")
    }

    fn send(&self, request: &Request) -> Response {
        request.send(self.daemon.as_ref().unwrap().port())
    }

    fn get(&self, path: &str) -> Response {
        self.send(&self.ask("GET", path))
    }

    /// Signs one document; its id and the first view after it was signed.
    fn sign(&self, choice: Value) -> (String, Value) {
        let manifest = json!({ "sign": choice, "documents": [{ "name": "契約書.pdf" }] }).to_string();
        let contract = super::contract();
        let parts = [
            ("manifest", "application/json", manifest.as_bytes()),
            ("document", "application/pdf", &contract[..]),
        ];
        let parts = parts.map(|(name, content_type, content)| Part {
            name,
            file_name: (name == "document").then_some("a.pdf"),
            content_type,
            content,
        });
        let request = self
            .ask("POST", "/v1/signings")
            .header("Prefer", "wait=60")
            .multipart(&parts);
        let view = self.send(&request).json();
        assert_eq!(view["state"], "done", "{view}");
        (view["id"].as_str().unwrap().to_owned(), view)
    }

    fn view(&self, id: &str) -> Value {
        let answer = self.get(&format!("/v1/signings/{id}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The signed file, under this name in the holder's directory.
    fn fetch(&self, id: &str, name: &str) {
        let answer = self.get(&format!("/v1/signings/{id}/documents/1"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.scene.holder.document(name, &answer.body);
    }
}

fn choice(level: &str) -> Value {
    json!({ "level": level, "certificate": null })
}

#[test]
fn a_file_gets_the_level_that_the_manifest_asks_for() {
    let office = Office::open(Scene::new(Mode::Delegated), "");
    for (level, signatures) in [("b-t", 1), ("b-lt", 1), ("b-lta", 2)] {
        let (id, view) = office.sign(choice(level));
        let document = &view["documents"][0];
        assert_eq!(
            (&document["level"], &document["missing"], &document["later"]),
            (&level.into(), &Value::Null, &Value::Null)
        );
        office.fetch(&id, "b.pdf");
        office.scene.holds("b.pdf", signatures);
        assert_eq!(office.scene.verified("b.pdf").1, level.to_uppercase());
    }
    assert_eq!(office.scene.judged("b.pdf"), Ok(true));
    assert_eq!(office.scene.holder.count("job_put"), 0);
}

#[test]
fn what_is_missing_is_named_for_each_certificate() {
    let office = Office::open(Scene::new(Mode::Dead), "");
    let (_, view) = office.sign(choice("b-lta"));
    let document = &view["documents"][0];
    assert_eq!((&document["level"], &document["later"]), (&"b-t".into(), &Value::Null));
    assert_eq!(missing(document), ["trust_revocation_missing"; 2]);
    let said = document["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["message"].as_str().unwrap());
    let said: Vec<&str> = said.collect();
    assert!(said[0].contains("失効情報なし") && said[1].contains("TSA"), "{said:?}");
}

#[test]
fn the_work_after_a_signature_is_seen_and_its_result_fetched() {
    let office = Office::open(Scene::with_tsa(Mode::Dead, tsa::Mode::Dead), "");
    let (id, view) = office.sign(json!({ "level": "b-lta", "augment_later": true }));
    let document = &view["documents"][0];
    assert_eq!(
        (&document["level"], &document["later"]["level"]),
        (&"b-b".into(), &"b-lta".into()),
        "{view}"
    );
    let due = || office.scene.due(&[]);
    let step = |code: Option<i32>, level: &str, state: &str, reason: Option<&str>, lacking: usize| {
        assert_eq!(due().0, code);
        let view = office.view(&id);
        let document = &view["documents"][0];
        let later = &document["later"];
        let told = (
            document["level"].as_str().unwrap(),
            later["state"].as_str().unwrap(),
            later["reason"]["code"].as_str(),
        );
        assert_eq!(told, (level, state, reason), "{view}");
        assert_eq!(document["missing"].as_array().map_or(0, Vec::len), lacking, "{view}");
        assert_eq!(later["next_try"].is_string(), state == "waiting", "{view}");
        office.fetch(&id, "b.pdf");
        assert_eq!(office.scene.verified("b.pdf").1, level.to_uppercase());
    };
    step(Some(69), "b-b", "waiting", Some("fetch_no_timestamp"), 0);
    office.scene.tsa.behave(tsa::Mode::Good);
    step(Some(69), "b-t", "waiting", Some("evidence_incomplete"), 2);
    office.scene.authority.behave(Mode::Good);
    step(Some(0), "b-lta", "done", None, 0);
    office.scene.holds("b.pdf", 2);
}

#[test]
fn a_result_that_comes_days_later_is_there_although_the_daemon_was_started_anew() {
    let mut office = Office::open(Scene::new(Mode::Delegated), "");
    let (id, view) = office.sign(json!({ "level": "b-lt", "revocation": "after_grace" }));
    let document = &view["documents"][0];
    assert_eq!(
        (&document["level"], missing(document)),
        (&"b-t".into(), vec!["trust_revocation_too_early".to_owned()])
    );
    assert!(document["later"]["next_try"].is_string(), "{view}");
    office.stop();
    office.scene.live(2);
    assert_eq!(super::only(&office.scene.due_after(2, &[]).1), ("done", None));
    office.start();
    let view = office.view(&id);
    let document = &view["documents"][0];
    assert_eq!(
        (&view["state"], &document["level"], &document["name"]),
        (&"done".into(), &"b-lt".into(), &"契約書.pdf".into())
    );
    assert_eq!(
        (&document["later"]["state"], &document["missing"]),
        (&"done".into(), &Value::Null)
    );
    office.fetch(&id, "b.pdf");
    assert_eq!(office.scene.verified_after("b.pdf", 3).1, "B-LT");
    assert_eq!(office.scene.judged_after("b.pdf", 3), Ok(false));
    // Nobody else sees it.
    let other = office
        .scene
        .holder
        .run(&["site", "allow", "--program", "他", "--unattended"])
        .stdout;
    let stranger =
        Request::new("GET", &format!("/v1/signings/{id}")).header("Authorization", &format!("Bearer {}", other.trim()));
    assert_eq!(office.send(&stranger).status, 404);
    let stranger = Request::new("GET", &format!("/v1/signings/{id}/documents/1"))
        .header("Authorization", &format!("Bearer {}", other.trim()));
    assert_eq!(office.send(&stranger).status, 404);
    assert_eq!(office.get(&format!("/v1/signings/{id}/documents/2")).status, 404);
}

#[test]
fn work_that_waits_is_called_off_over_http_and_the_file_stays() {
    let office = Office::open(Scene::new(Mode::Dead), "");
    let (id, _) = office.sign(json!({ "level": "b-lt", "augment_later": true }));
    let cancel = || office.send(&office.ask("DELETE", &format!("/v1/signings/{id}")));
    assert_eq!(cancel().status, 204);
    let again = cancel();
    assert_eq!(
        (again.status, &again.json()["error"]),
        (409, &"signing_not_waiting".into())
    );
    let view = office.view(&id);
    assert_eq!(view["documents"][0]["later"]["state"], "cancelled", "{view}");
    office.scene.authority.behave(Mode::Good);
    assert_eq!(office.scene.due(&[]).1["work"], Value::Array(Vec::new()));
    office.fetch(&id, "b.pdf");
    assert_eq!(office.scene.verified("b.pdf").1, "B-T");
}
