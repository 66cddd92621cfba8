//! What fails between sending and conclusion, and a daemon that is killed there: nothing acknowledged is lost, no mail goes out twice, nothing is
//! called concluded that is not.

use super::stage::{Stage, two_signers, written};
use crate::support::http::Request;
use crate::support::mailbox::Mode;
use crate::support::run;
use crate::support::tsa;
use serde_json::json;
use std::process::Command;

/// S7: without the token there is no conclusion, and the reason stands at the contract.
#[test]
fn without_a_timestamp_nothing_is_concluded() {
    let stage = Stage::start("no-token", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let first = stage.mailbox.next();
    stage.sign(&first, &written());
    let second = stage.mailbox.next();
    stage.tsa.behave(tsa::Mode::Dead);
    stage.sign(&second, &json!({}));
    let view = stage.until(&format!("/v1/contracts/{id}"), |view| !view["delay_reason"].is_null());
    assert_eq!(view["state"], "completing");
    assert_eq!(view["delay_reason"], "fetch_no_timestamp");
    assert!(view["next_try"].is_string() && view["concluded"].is_null());
    assert_eq!(
        stage.mailbox.rest().len(),
        0,
        "somebody was told of a conclusion that is none"
    );

    stage.tsa.behave(tsa::Mode::Good);
    let due = stage.office.holder.run(&["extend", "--due"]);
    assert!(due.ok, "{} {}", due.stdout, due.stderr);
    for _ in 0..3 {
        assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    }
    assert_eq!(stage.state(&id), "concluded");
}

/// Killed when the TSA is asked for the first signer's stamp, and again for the conclusion's.
#[test]
fn a_killed_daemon_goes_on_where_it_was() {
    let mut stage = Stage::start("killed", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let first = stage.mailbox.next();
    stage.tsa.behave(tsa::Mode::Slow);
    stage.tsa.next_question(|| stage.sign(&first, &written()));
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);
    stage.office.restart();
    let second = stage.mailbox.next();
    assert_eq!(second.to, "hanako@city.example.lg.jp");
    stage.sign(&second, &json!({}));
    stage.office.restart();
    let mut told: Vec<String> = (0..3).map(|_| stage.mailbox.next().to).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(stage.state(&id), "concluded");
    stage.office.restart();
    assert_eq!(stage.mailbox.rest().len(), 0, "a mail went out twice");
    let events = stage.office.get(&format!("/v1/contracts/{id}/events"));
    let signs = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["act"].as_str().unwrap().starts_with("sign"));
    assert_eq!(signs.count(), 2);
    let audit = stage.office.holder.run(&["audit", "verify"]);
    assert!(audit.ok, "{}", audit.stderr);
}

/// A server that takes the text and dies: nobody knows, so nothing is sent again by itself, and the sender sees it.
#[test]
fn a_mail_of_unknown_outcome_is_not_sent_again() {
    let mut stage = Stage::start("mute", "");
    stage.mailbox.behave(Mode::Mute);
    let id = stage.ready(&two_signers());
    stage.send(&id);
    stage.mailbox.next();
    let mails = stage.until(&format!("/v1/contracts/{id}/mails"), |mails| {
        !["waiting", "handing"].contains(&mails[0]["state"].as_str().unwrap())
    });
    assert_eq!(
        (&mails[0]["state"], &mails[0]["reason"]),
        (&json!("unknown"), &json!("mail_outcome_unknown"))
    );
    stage.mailbox.behave(Mode::Good);
    stage.office.restart();
    assert_eq!(stage.state(&id), "sent");
    assert_eq!(stage.mailbox.rest().len(), 0);
}

#[test]
fn a_recipient_that_is_none_is_told_at_the_signer() {
    let stage = Stage::start("bounce", "");
    stage
        .mailbox
        .behave(Mode::Unknown("taro@kensetsu.example.jp".to_owned()));
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let view = stage.until(&format!("/v1/contracts/{id}"), |view| {
        view["signers"][0]["bounced"] == true
    });
    assert_eq!(view["state"], "sent");
    let mails = stage.office.get(&format!("/v1/contracts/{id}/mails"));
    assert_eq!(
        (&mails[0]["state"], &mails[0]["reason"]),
        (&json!("failed"), &json!("mail_refused"))
    );
}

#[test]
fn a_busy_server_gets_the_mail_later() {
    let stage = Stage::start("busy", "");
    stage.mailbox.behave(Mode::Busy(1));
    let id = stage.ready(&two_signers());
    stage.send(&id);
    assert_eq!(stage.mailbox.next().to, "taro@kensetsu.example.jp");
    assert_eq!(stage.mailbox.rest().len(), 0);
}

/// The last day passes: nobody can sign any more, and the event says that nobody did it.
#[test]
fn an_overdue_contract_expires() {
    let mut stage = Stage::start("overdue", "");
    let mut terms = two_signers();
    terms["due"] = json!("2099-12-31");
    let id = stage.ready(&terms);
    stage.send(&id);
    let link = stage.mailbox.next().link();
    stage.office.daemon.kill();
    // A day that has passed, as only time brings it.
    let sql = "UPDATE contracts SET due_end = 1, terms = replace(terms, '2099-12-31', '2020-12-31')";
    let database = stage.office.holder.state().join("hankod.sqlite3");
    assert!(run(Command::new("sqlite3").arg(database).arg(sql), "").ok);
    stage.office.restart();
    let path = format!("/v1/contracts/{id}");
    stage.until(&path, |view| view["state"] == "expired");
    // The sender is told, with the name of whoever did not sign.
    let told = stage.mailbox.next();
    assert_eq!(told.to, "soumu@city.example.lg.jp");
    assert!(
        told.header("Subject").starts_with("署名の期限が過ぎました") && told.text.contains("甲野太郎"),
        "{told:?}"
    );
    let events = stage.office.get(&format!("{path}/events"));
    let last = events.as_array().unwrap().last().unwrap();
    assert_eq!((&last["act"], &last["name"]), (&json!("expire"), &json!("hankod")));
    assert_eq!(
        super::code(&stage.act(&link, "open", &json!({}))),
        (409, "contract_expired".into())
    );
    // The link's own time is over too: what became of the contract is still told, and nothing else.
    stage.office.daemon.kill();
    let database = stage.office.holder.state().join("hankod.sqlite3");
    assert!(
        run(
            Command::new("sqlite3")
                .arg(database)
                .arg("UPDATE contract_links SET expires = 1"),
            ""
        )
        .ok
    );
    stage.office.restart();
    let shown = Request::new("GET", &format!("/s/{link}/contract")).send(stage.office.daemon.port());
    assert_eq!(shown.json()["state"], "expired", "{}", shown.text());
    assert_eq!(
        super::code(&stage.act(&link, "open", &json!({}))),
        (404, "link_expired".into())
    );
}
