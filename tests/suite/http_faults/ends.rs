//! How signings end that do not end well: by the person, by the caller, with the daemon, by the clock.

use super::{Bench, PATIENCE, large, pdf, until};
use crate::support::desk::PIN;
use crate::support::http::Response;
use crate::support::pinentry::Answer;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

#[test]
fn a_wrong_pin_and_a_no_end_the_signing_and_nothing_tries_again() {
    let bench = Bench::new(&[Answer::Pin("987654321"), Answer::Cancel, Answer::Pin(PIN)], "");
    let request = bench.one(pdf());
    let wrong = bench.end(&request);
    assert_eq!(wrong["state"], "failed", "{wrong}");
    let code = wrong["error"]["code"].as_str().unwrap();
    assert!(code.starts_with("pin_wrong"), "{code}");
    assert_eq!(bench.desk.pinentry.received("GETPIN").len(), 1, "one try a request");
    assert_eq!(bench.desk.happened("pin_refused"), 1);

    let cancelled = bench.end(&request);
    assert_eq!(
        (&cancelled["state"], &cancelled["error"]["code"]),
        (&json!("cancelled"), &json!("pin_cancelled"))
    );
    assert_eq!(bench.desk.happened("login_done"), 0);
    assert!(bench.desk.uploads().is_empty());

    bench.signed(&request);
    let log = bench.daemon.log();
    assert!(!log.contains("987654321") && !log.contains(PIN), "{log}");
}

#[test]
fn a_signing_that_is_taken_back_closes_its_prompt() {
    let bench = Bench::new(&[Answer::Silence], "");
    let begun = bench.one(pdf()).send(bench.daemon.port()).json();
    let id = begun["id"].as_str().unwrap();
    let window = bench.desk.pinentry.opened();
    let address = format!("/v1/signings/{id}");
    assert_eq!(bench.get(&address).json()["state"], "awaiting_pin");
    let unsigned = bench.get(&format!("{address}/documents/1"));
    assert_eq!(
        (unsigned.status, &unsigned.json()["error"]),
        (404, &json!("document_not_signed"))
    );

    let delete = bench.request("DELETE", &address);
    assert_eq!(delete.send(bench.daemon.port()).status, 204);
    window.closed();
    let view = bench.outcome(id);
    assert_eq!(
        (&view["state"], &view["error"]["code"]),
        (&json!("cancelled"), &json!("signing_cancelled"))
    );
    let again = delete.send(bench.daemon.port());
    assert_eq!(
        (again.status, &again.json()["error"]),
        (409, &json!("signing_not_waiting"))
    );
    assert!(bench.desk.uploads().is_empty());
    assert_eq!(bench.desk.happened("login_done"), 0);
}

#[test]
fn a_daemon_that_was_killed_begins_again_with_nothing_of_before() {
    let mut bench = Bench::new(&[Answer::Silence], "");
    let begun = bench.one(pdf()).send(bench.daemon.port()).json();
    let window = bench.desk.pinentry.opened();
    assert_eq!(bench.desk.uploads().len(), 1);
    bench.daemon.kill();
    bench.daemon = bench.desk.serve();
    let address = format!("/v1/signings/{}", begun["id"].as_str().unwrap());
    let answer = bench.get(&address);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (404, &json!("signing_not_found"))
    );
    assert!(bench.desk.uploads().is_empty());
    bench.desk.says(&["audit", "verify"]);
    window.end();
}

#[test]
fn a_daemon_that_is_told_to_end_finishes_what_it_is_receiving() {
    let bench = Bench::new(&[], "");
    let mut manifest = bench.manifest(&["契約書.pdf"]);
    manifest["start"] = json!("after_confirmation");
    let request = bench.upload(&manifest, &[large(4 << 20)]);
    let mut half = request.send_some(bench.daemon.port(), 3 << 20);
    until(|| !bench.desk.uploads().is_empty());
    bench.daemon.terminate();
    // The listener closes first.
    until(|| TcpStream::connect(("127.0.0.1", bench.daemon.port())).is_err());
    half.write_all(request.rest(3 << 20)).unwrap();
    let answer = Response::read(half);
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.json()["state"], "awaiting_confirmation");
    let Bench { desk, daemon, .. } = bench;
    assert!(daemon.stop().success());
    assert_eq!(desk.audit().last().unwrap(), "daemon_stopped");
    assert!(desk.uploads().is_empty());
}

#[test]
fn a_second_daemon_on_one_state_folder_is_refused() {
    let bench = Bench::new(&[], "");
    let second = bench.desk.hankod(&["serve"]);
    assert_eq!(second.status.code(), Some(69));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("state_in_use"), "{said}");
    assert_eq!(bench.get("/v1/signings/unknown").status, 404, "the first goes on");
}

#[test]
fn what_nobody_fetches_or_confirms_goes_by_the_clock() {
    let bench = Bench::new(
        &[Answer::Pin(PIN)],
        "[limits]\nresult_life_ms = 1000\nconsent_deadline_ms = 1000\n",
    );
    let id = bench.signed(&bench.one(pdf()));
    let address = format!("/v1/signings/{id}/documents/1");
    until(|| bench.get(&address).status == 404);
    assert_eq!(bench.get(&address).json()["error"], "signing_not_found");
    assert!(bench.desk.uploads().is_empty());

    let mut manifest = bench.manifest(&["契約書.pdf"]);
    manifest["start"] = json!("after_confirmation");
    let view = bench.end(&bench.upload(&manifest, &[pdf()]));
    assert_eq!(
        (&view["state"], &view["error"]["code"]),
        (&json!("cancelled"), &json!("signing_not_confirmed"))
    );
    assert!(bench.desk.uploads().is_empty());
}

#[test]
fn signings_that_are_open_are_counted() {
    let bench = Bench::new(&[], "[limits]\nmax_open_signings = 2\n");
    let mut manifest = bench.manifest(&["契約書.pdf"]);
    manifest["start"] = json!("after_confirmation");
    let request = bench.upload(&manifest, &[pdf()]);
    let first = request.send(bench.daemon.port()).json();
    assert_eq!(request.send(bench.daemon.port()).status, 202);
    let third = request.send(bench.daemon.port());
    assert_eq!(
        (third.status, &third.json()["error"]),
        (429, &json!("signings_too_many"))
    );
    assert_eq!(bench.desk.uploads().len(), 2);
    let address = format!("/v1/signings/{}", first["id"].as_str().unwrap());
    assert_eq!(bench.request("DELETE", &address).send(bench.daemon.port()).status, 204);
    assert_eq!(request.send(bench.daemon.port()).status, 202);
}

#[test]
fn events_tell_of_signings_and_of_tokens_that_go() {
    let bench = Bench::new(&[Answer::Pin(PIN)], "");
    let stream = bench.request("GET", "/v1/events").send_some(bench.daemon.port(), 0);
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut next = |wanted: &str| {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if lines.next().unwrap() == wanted {
                return lines.next().unwrap();
            }
        }
        panic!("no {wanted}")
    };
    next("retry: 2000");
    let id = bench.signed(&bench.one(pdf()));
    let states = ["queued", "awaiting_pin", "signing", "done"];
    for state in states {
        assert_eq!(
            next("event: signing"),
            format!("data: {{\"event\":\"signing\",\"id\":\"{id}\",\"state\":\"{state}\"}}")
        );
    }

    // The first look tells too; only after it is there something to differ from.
    next("event: token");
    let tokens = bench.desk.dir.join("tokens");
    let token = std::fs::read_dir(&tokens).unwrap().next().unwrap().unwrap();
    std::fs::rename(token.path(), bench.desk.dir.join("drawer")).unwrap();
    // SoftHSM looks at its folder when it is loaded.
    for child in bench.daemon.children() {
        kill_process(Pid::from_raw(child.cast_signed()).unwrap(), Signal::KILL).unwrap();
    }
    assert!(next("event: token").starts_with("data: {\"event\":\"token\",\"at\":\""));
    let left = bench.get("/v1/tokens").json();
    assert!(
        left.as_array()
            .unwrap()
            .iter()
            .all(|token| token["label"] != "hankod-demo"),
        "{left}"
    );
}
