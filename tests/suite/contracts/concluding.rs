//! The work that concludes a contract, ended at each moment of each of its steps: one certificate, one conclusion, each mail once.

use super::stage::{Stage, two_signers, written};
use crate::support::run;
use crate::support::softhsm::program;
use crate::support::tsa;
use hankod::app::failure::{Failure, FailureKind};
use hankod::app::jobs::{Kind, WorkStep};
use hankod::app::{App, Opening};
use hankod::text::Lang;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

/// Works in a process of its own until the job of the conclusion has come to its `last` moment; `true`: there was none any more.
fn work_until(stage: &Stage, last: usize) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let opening = Opening {
            program: program(),
            ..Opening::default()
        };
        let app = App::open(stage.office.holder.checked_config(), opening).await.unwrap();
        let seen = AtomicUsize::new(0);
        let at = move |step: &WorkStep| match step.kind == Kind::Conclude
            && seen.fetch_add(1, Ordering::SeqCst) + 1 == last
        {
            true => Err(Failure::new(FailureKind::Internal, "internal_error")),
            false => Ok(()),
        };
        let done = app.work_due(Arc::new(at), CancellationToken::new(), Lang::En).await;
        app.close().await;
        done.is_ok()
    })
}

#[test]
fn wherever_the_conclusion_is_interrupted_there_is_one_certificate_and_each_mail_once() {
    let mut stage = Stage::start("interrupted", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let first = stage.mailbox.next();
    stage.sign(&first, &written());
    let second = stage.mailbox.next();
    stage.tsa.behave(tsa::Mode::Dead);
    stage.sign(&second, &json!({}));
    let path = format!("/v1/contracts/{id}");
    stage.until(&path, |view| !view["delay_reason"].is_null());
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);

    // Each step is begun, is answered and its answer lost, is kept: document, certificate, the certificate's evidence, conclusion.
    let mut runs = 0;
    while !work_until(&stage, 1 + runs % 3) {
        runs += 1;
        assert!(runs < 60, "it never ends");
    }
    assert!(runs >= 12, "{runs}");
    stage.office.restart();
    let mut told: Vec<String> = (0..3).map(|_| stage.mailbox.next().to).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 3, "{told:?}");
    stage.office.restart();
    assert_eq!(stage.mailbox.rest().len(), 0, "a mail went out twice");
    let view = stage.office.get(&path);
    assert_eq!((&view["state"], &view["level"]), (&json!("concluded"), &json!("b-lta")));
    let events = stage.office.get(&format!("{path}/events"));
    let concluded = |one: &&Value| one["act"] == "conclude";
    assert_eq!(events.as_array().unwrap().iter().filter(concluded).count(), 1);
    let kept = stage.office.holder.state().join("hankod.sqlite3");
    let sql = "SELECT kind FROM contract_versions WHERE document = 0 ORDER BY revision";
    let versions = run(Command::new("sqlite3").arg(kept).arg(sql), "");
    assert_eq!(versions.stdout, "signed\ncompleted\n");
}

/// Everybody has signed: what is wrong with the settings is told as the reason, and mended it goes on.
#[test]
fn a_conclusion_that_the_settings_forbid_is_put_off_until_they_are_mended() {
    let mut stage = Stage::start("mended", "");
    let id = stage.ready(&two_signers());
    stage.send(&id);
    let first = stage.mailbox.next();
    stage.sign(&first, &written());
    let second = stage.mailbox.next();
    stage.tsa.behave(tsa::Mode::Dead);
    stage.sign(&second, &json!({}));
    let path = format!("/v1/contracts/{id}");
    stage.until(&path, |view| !view["delay_reason"].is_null());
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);

    let good = stage.without_tsa();
    assert!(work_until(&stage, usize::MAX));
    stage.office.restart();
    let view = stage.office.get(&path);
    assert_eq!(
        (&view["state"], &view["delay_reason"]),
        (&json!("completing"), &json!("fetch_no_tsa"))
    );
    stage.office.daemon.kill();
    std::fs::write(stage.office.holder.config(), good).unwrap();
    assert!(work_until(&stage, usize::MAX));
    stage.office.restart();
    assert_eq!(stage.state(&id), "concluded");
}
