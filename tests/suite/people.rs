//! People at a server: who may do what, how they sign in, what keeps others out.

mod roles;

use crate::contracts::{Office, code, terms, text};
use crate::support::http::Request;
use crate::support::staff::{Clerk, ORIGIN, PASSWORD, invited, secret_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A server whose pages stand at [`ORIGIN`].
pub(crate) fn office(name: &str) -> Office {
    Office::start(name, &format!("[contracts]\npublic_url = \"{ORIGIN}\""))
}

fn clerk(office: &Office, name: &str, roles: &[&str]) -> Clerk {
    Clerk::new(&office.holder, &office.daemon, name, roles)
}

#[test]
fn an_invitation_is_taken_up_once_and_reading_it_changes_nothing() {
    let office = office("invitation");
    let added = invited(&office.holder, "総務課(起案用)", "kono", &["drafter"]);
    assert_eq!(added["state"], "invited");
    let address = added["invitation"].as_str().unwrap();
    assert!(address.starts_with(&format!("{ORIGIN}/console/join#")), "{address}");
    let secret = secret_of(&added);
    let mut kono = Clerk::nobody(ORIGIN, office.daemon.port());
    for _ in 0..2 {
        let seen = kono.ask("POST", "/v1/invitation", &json!({ "invitation": secret }));
        assert_eq!((seen.status, &seen.json()["name"]), (200, &json!("kono")));
        let otpauth = text(&seen.json()["otpauth"]);
        assert!(otpauth.starts_with("otpauth://totp/hankod:kono@city.example.lg.jp?secret="));
        let code = STANDARD.encode(hankod::render::qr::png(&otpauth).unwrap());
        assert_eq!(seen.json()["qr"], code);
    }
    assert_eq!(code(&kono.enrol(&secret, "短い")), (422, "password_short".into()));
    let wrong = json!({ "invitation": secret, "password": PASSWORD, "code": "000000" });
    assert_eq!(
        code(&kono.ask("PUT", "/v1/invitation", &wrong)),
        (422, "one_time_code_wrong".into())
    );
    let enrolled = kono.enrol(&secret, PASSWORD);
    assert_eq!(enrolled.status, 204, "{}", enrolled.text());
    let cookie = enrolled.header("Set-Cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-hankod=") && cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Secure"),
        "{cookie}"
    );
    let me = kono.get("/v1/session").json();
    assert_eq!((&me["name"], &me["roles"]), (&json!("kono"), &json!(["drafter"])));
    let again = kono.ask("POST", "/v1/invitation", &json!({ "invitation": secret }));
    assert_eq!(code(&again), (404, "invitation_void".into()));

    let listed = office.holder.run(&["person", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed[0]["state"], "enrolled");
    // Neither the password nor the secret of the codes stands in the state, and the invitation only as its hash.
    let state = ["state/hankod.sqlite3", "state/hankod.sqlite3-wal"]
        .map(|file| std::fs::read(office.holder.dir.join(file)).unwrap_or_default())
        .concat();
    assert!(!state.is_empty());
    for hidden in [PASSWORD.as_bytes(), secret.as_bytes(), kono.secret.as_slice()] {
        assert!(!state.windows(hidden.len()).any(|part| part == hidden));
    }
}

#[test]
fn wrong_tries_are_counted_and_a_restart_forgets_none() {
    let mut office = office("tries");
    let mut kono = clerk(&office, "kono", &["drafter"]);
    let (good, session) = (kono.next_code(), kono.cookie.clone());
    let refused = (403, "sign_in_refused".to_owned());
    assert_eq!(code(&kono.sign_in_with("chigau-aikotoba", &good)), refused);
    assert_eq!(code(&kono.sign_in_with(PASSWORD, "000000")), refused);
    let mut stranger = Clerk::nobody(ORIGIN, office.daemon.port());
    stranger.address = "nobody@city.example.lg.jp".into();
    assert_eq!(
        code(&stranger.sign_in_with(PASSWORD, &good)),
        refused,
        "an unknown address looks like a known one"
    );
    assert_eq!(code(&kono.sign_in_with("chigau-aikotoba", &good)), refused);
    assert_eq!(
        code(&kono.sign_in_with(PASSWORD, &good)),
        (429, "sign_in_resting".into())
    );
    office.restart();
    kono.moved(&office.daemon);
    assert_eq!(
        code(&kono.sign_in_with(PASSWORD, &good)),
        (429, "sign_in_resting".into())
    );
    // Whoever is signed in stays so: strangers' tries do not throw people out.
    assert_eq!((kono.get("/v1/session").status, &kono.cookie), (200, &session));
    let audit = office.holder.run(&["audit", "export"]).stdout;
    assert_eq!(audit.matches("\"sign_in_refused\"").count(), 4, "{audit}");
}

#[test]
fn a_code_is_good_once() {
    let office = office("codes");
    let mut kono = clerk(&office, "kono", &["drafter"]);
    let used = kono.next_code();
    assert_eq!(kono.sign_in_with(PASSWORD, &used).status, 204);
    assert_eq!(
        code(&kono.sign_in_with(PASSWORD, &used)),
        (403, "sign_in_refused".into())
    );
}

#[test]
fn a_session_is_made_here_ends_and_is_never_taken_over() {
    let office = office("sessions");
    let mut kono = clerk(&office, "kono", &["drafter"]);
    let first = kono.cookie.clone();
    // Somebody put a cookie of their choice into the browser before it signs in.
    kono.cookie = "A".repeat(43);
    assert_eq!(code(&kono.get("/v1/session")), (401, "sign_in_needed".into()));
    assert_eq!(kono.sign_in(PASSWORD).status, 204);
    assert!(kono.cookie != "A".repeat(43) && kono.cookie != first);
    let second = kono.cookie.clone();
    let beside = kono
        .request("GET", "/v1/session")
        .header("Cookie", &format!("__Host-hankod={first}"));
    assert_eq!(
        code(&kono.send(beside)),
        (401, "sign_in_needed".into()),
        "two cookies are none"
    );
    assert_eq!(kono.send(kono.request("DELETE", "/v1/session")).status, 204);
    assert_eq!(kono.get("/v1/session").status, 401);
    kono.cookie = first;
    assert_eq!(
        kono.get("/v1/session").status,
        200,
        "the other browser is not signed out"
    );
    let revoked = office.holder.run(&["person", "revoke", &kono.id]);
    assert!(revoked.ok, "{}", revoked.stderr);
    assert_eq!(kono.get("/v1/session").status, 401);
    kono.cookie = second;
    assert_eq!(kono.get("/v1/session").status, 401);
    assert_eq!(code(&kono.sign_in(PASSWORD)), (403, "sign_in_refused".into()));
}

#[test]
fn only_pages_of_the_server_change_anything() {
    let office = office("csrf");
    let kono = clerk(&office, "kono", &["drafter"]);
    let draft = |request: Request| code(&kono.send(request.json(&json!({ "title": "契約" }))));
    let cookie = format!("__Host-hankod={}", kono.cookie);
    let bare = Request::new("POST", "/v1/contracts").header("Cookie", &cookie);
    assert_eq!(draft(bare.clone()), (403, "missing_origin".into()));
    for origin in [
        "https://evil.example",
        "null",
        "http://keiyaku.example.jp",
        "https://keiyaku.example.jp.evil.example",
    ] {
        assert_eq!(
            draft(bare.clone().header("Origin", origin)),
            (403, "site_not_allowed".into()),
            "{origin}"
        );
    }
    let form = bare.header("Origin", ORIGIN).body("text/plain", "{\"title\":\"契約\"}");
    assert_eq!(code(&kono.send(form)), (415, "wrong_content_type".into()));
    let read = Request::new("GET", "/v1/contracts").header("Cookie", &cookie);
    assert_eq!(
        code(&kono.send(read.clone().header("Sec-Fetch-Site", "cross-site"))),
        (403, "wrong_fetch_mode".into())
    );
    assert_eq!(kono.send(read.clone()).status, 200);
    // A key and a cookie together are the key alone.
    let both = office.send(read.header("Origin", ORIGIN));
    assert_eq!(code(&both), (403, "site_not_allowed".into()));
    let in_strange = Request::new("POST", "/v1/session")
        .header("Origin", "https://evil.example")
        .json(&json!({}));
    assert_eq!(code(&kono.send(in_strange)), (403, "site_not_allowed".into()));
    assert_eq!(kono.get("/v1/contracts").json()["contracts"], json!([]));
}

/// S17: the section's account sends, whatever the draft says; who wrote it does not approve it; another section sees nothing.
#[test]
fn contracts_are_the_sections_and_the_drafter_does_not_approve() {
    let office = office("sections");
    let kono = clerk(&office, "kono", &["drafter", "approver"]);
    let otsuno = clerk(&office, "otsuno", &["approver", "administrator"]);
    let place = (&office.holder, &office.daemon, ORIGIN);
    let mut hei = Clerk::of("財政課(起案用)", place, "hei", &["drafter"]);
    let mut wanted = terms("業務委託契約書");
    wanted["sender"]["section"] = json!("市長室");
    let made = kono.ask("POST", "/v1/contracts", &wanted);
    assert_eq!(made.status, 201, "{}", made.text());
    let (path, sender) = (
        format!("/v1/contracts/{}", text(&made.json()["id"])),
        &made.json()["sender"],
    );
    assert_eq!(
        (&sender["section"], &sender["contact"]),
        (&json!("総務課(起案用)"), &json!("kono"))
    );
    assert_eq!(sender["telephone"], "0123-45-6789");
    for (method, path) in [("GET", path.clone()), ("POST", format!("{path}/withdraw"))] {
        assert_eq!(
            code(&hei.ask(method, &path, &json!({}))),
            (404, "contract_not_found".into())
        );
    }
    assert_eq!(hei.get("/v1/contracts").json()["contracts"], json!([]));
    assert_eq!(
        office.refused(Request::new("GET", &path)),
        (404, "contract_not_found".into())
    );

    assert_eq!(kono.ask("POST", &format!("{path}/review"), &json!({})).status, 200);
    // Another name in the request changes nothing about who it is.
    let own = kono.ask("POST", &format!("{path}/approve"), &json!({ "by": "otsuno" }));
    assert_eq!(code(&own), (403, "approver_is_drafter".into()));
    let approved = otsuno.ask("POST", &format!("{path}/approve"), &json!({ "by": "kono" }));
    assert_eq!((approved.status, &approved.json()["approved"]), (200, &json!(true)));
    let events = kono.get(&format!("{path}/events")).json();
    assert_eq!(events.as_array().unwrap().last().unwrap()["name"], "otsuno");

    // Somebody of another section gets a role here, acts here, and sees what is here.
    let added = otsuno.ask(
        "POST",
        "/v1/people",
        &json!({ "name": "hei", "address": hei.address, "roles": ["auditor"] }),
    );
    assert_eq!(
        (added.status, &added.json()["invitation"]),
        (201, &json!(null)),
        "{}",
        added.text()
    );
    let again = otsuno.send(otsuno.request("POST", &format!("/v1/people/{}/invitation", hei.id)));
    assert_eq!(code(&again), (403, "person_elsewhere".into()));
    let here = text(&otsuno.get("/v1/session").json()["section"]["id"]);
    let before = hei.cookie.clone();
    let switched = hei.ask("PUT", "/v1/session", &json!({ "section": here }));
    assert_eq!(switched.status, 204, "{}", switched.text());
    assert_eq!(hei.get("/v1/session").status, 401, "the session before is over");
    let cookie = switched.header("Set-Cookie").unwrap();
    hei.cookie = cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
    assert_ne!(hei.cookie, before);
    assert_eq!(hei.get(&path).status, 200);
    let audit = office.holder.run(&["audit", "export"]).stdout;
    assert_eq!(audit.matches("\"contract_viewed\"").count(), 1, "{audit}");
    let stranger = kono.ask("PUT", "/v1/session", &json!({ "section": "00" }));
    assert_eq!(code(&stranger), (403, "section_elsewhere".into()));
}

/// Whoever holds an invitation that nobody took up gains no role elsewhere through it.
#[test]
fn nobody_is_added_whom_another_section_invited_before_they_enrol() {
    let office = office("invited-elsewhere");
    let otsuno = clerk(&office, "otsuno", &["administrator"]);
    let place = (&office.holder, &office.daemon, ORIGIN);
    let hei = Clerk::of("財政課(起案用)", place, "hei", &["administrator"]);
    let wanted = |role: &str| json!({ "name": "丁田四郎", "address": "teida@city.example.lg.jp", "roles": [role] });
    let added = otsuno.ask("POST", "/v1/people", &wanted("drafter"));
    assert_eq!(added.status, 201, "{}", added.text());
    let early = hei.ask("POST", "/v1/people", &wanted("approver"));
    assert_eq!(code(&early), (403, "person_elsewhere".into()));
    assert_eq!(otsuno.ask("POST", "/v1/people", &wanted("custodian")).status, 201);
    let mut teida = Clerk::nobody(ORIGIN, office.daemon.port());
    teida.address = "teida@city.example.lg.jp".into();
    assert_eq!(teida.enrol(&secret_of(&added.json()), PASSWORD).status, 204);
    let sections = teida.get("/v1/session").json()["sections"].clone();
    assert_eq!(sections.as_array().unwrap().len(), 1, "{sections}");
    let later = hei.ask("POST", "/v1/people", &wanted("approver"));
    assert_eq!(later.status, 201, "{}", later.text());
}

/// An administrator decides about the own section, and not about the own account.
#[test]
fn an_administrator_invites_and_revokes_people_of_the_section() {
    let office = office("administrator");
    let otsuno = clerk(&office, "otsuno", &["administrator"]);
    let person = json!({ "name": "丁田四郎", "address": "teida@city.example.lg.jp", "roles": ["drafter"] });
    let added = otsuno.ask("POST", "/v1/people", &person);
    assert_eq!(added.status, 201, "{}", added.text());
    let id = text(&added.json()["person"]["id"]);
    let mut teida = Clerk::nobody(ORIGIN, office.daemon.port());
    teida.address = "teida@city.example.lg.jp".into();
    assert_eq!(teida.enrol(&secret_of(&added.json()), PASSWORD).status, 204);
    assert_eq!(teida.get("/v1/contracts").status, 200);
    let changed = otsuno.ask(
        "PUT",
        &format!("/v1/people/{id}"),
        &json!({ "roles": ["custodian", "auditor"] }),
    );
    assert_eq!(
        changed.json()["sections"][0]["roles"],
        json!(["auditor", "custodian"]),
        "{}",
        changed.text()
    );
    assert_eq!(teida.get("/v1/contracts").status, 401, "the old roles are gone at once");
    // The telephone was lost: the next one makes other codes, and the password is another one too.
    let before = teida.secret.clone();
    let invited = otsuno.send(otsuno.request("POST", &format!("/v1/people/{id}/invitation")));
    assert_eq!(
        teida.enrol(&secret_of(&invited.json()), "atarashii-aikotoba").status,
        204
    );
    assert_ne!(teida.secret, before);
    let own = text(&otsuno.get("/v1/session").json()["id"]);
    for request in [
        otsuno.request("DELETE", &format!("/v1/people/{own}")),
        otsuno
            .request("PUT", &format!("/v1/people/{own}"))
            .json(&json!({ "roles": ["drafter"] })),
    ] {
        assert_eq!(code(&otsuno.send(request)), (409, "own_account".into()));
    }
    assert_eq!(
        otsuno
            .send(otsuno.request("DELETE", &format!("/v1/people/{id}")))
            .status,
        204
    );
    assert_eq!(teida.get("/v1/session").status, 401);
    assert_eq!(otsuno.get("/v1/people").json().as_array().unwrap().len(), 1);
    let wrong = json!({ "name": "x", "address": "x@example.jp", "roles": ["mayor"] });
    assert_eq!(
        code(&otsuno.ask("POST", "/v1/people", &wrong)),
        (422, "role_unknown".into())
    );
}
