//! A worker that echoes, aborts, hangs or lies on request, supervised for real: the child is this test binary, running `child` alone.

use super::{Error, Port, Program, Spec, Worker};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const MAX_BODY_BYTES: usize = 1 << 20;
const LONG: Duration = Duration::from_secs(60);

fn spec(program: Program, args: &[&str], env: &[(&str, &str)]) -> Spec {
    Spec {
        program,
        args: args.iter().map(Into::into).collect(),
        env: env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        max_body_bytes: MAX_BODY_BYTES,
    }
}

fn worker() -> Worker {
    let args = ["--exact", "process::tests::child", "--nocapture"];
    Worker::new(spec(Program::this(), &args, &[("HANKOD_TEST_CHILD", "1")]))
}

/// Not a test of its own: without the variable it does nothing, with it this process becomes the worker.
#[test]
fn child() {
    if std::env::var_os("HANKOD_TEST_CHILD").is_none() {
        return;
    }
    let port = Port::enter("hankod-test", MAX_BODY_BYTES).unwrap();
    writeln!(std::io::stdout(), "a library that chatters").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| serve(&port));
        }
    });
    std::process::exit(0);
}

fn serve(port: &Port) {
    loop {
        let mut leader = port.lead();
        let Some(taken) = leader.take().unwrap() else { return };
        let secret = (taken.body[0] == b's').then(|| leader.take().unwrap().unwrap());
        drop(leader);
        let reply = match taken.body[0] {
            b'a' => std::process::abort(),
            b'h' => loop {
                std::thread::park();
            },
            b'd' => format!("{:?}", rustix::process::dumpable_behavior().unwrap()).into_bytes(),
            b's' => secret.unwrap().body.to_vec(),
            b'v' => std::env::vars().map(|(name, _)| name).collect::<String>().into_bytes(),
            _ => taken.body.to_vec(),
        };
        port.reply(taken.id, &reply).unwrap();
    }
}

#[tokio::test]
async fn calls_of_every_size_are_answered() {
    let worker = worker();
    for size in [1, 70_000, MAX_BODY_BYTES] {
        let body = vec![b'e'; size];
        assert_eq!(worker.call(&body, LONG).await.unwrap(), body);
    }
    let too_long = vec![b'e'; MAX_BODY_BYTES + 1];
    assert_eq!(worker.call(&too_long, LONG).await, Err(Error::TooLarge));
    assert_eq!(worker.call_with_secret(b"s", b"secret", LONG).await.unwrap(), b"secret");
}

#[tokio::test]
async fn many_large_calls_at_once_do_not_block_each_other() {
    let worker = Arc::new(worker());
    let mut calls = JoinSet::new();
    for n in 0..64_u8 {
        let worker = Arc::clone(&worker);
        calls.spawn(async move {
            let body = [vec![b'e'], vec![n; 300_000]].concat();
            assert!(worker.call(&body, LONG).await.unwrap() == body);
        });
    }
    calls.join_all().await;
}

#[tokio::test]
async fn the_child_leaves_no_core_and_inherits_nothing() {
    let worker = worker();
    assert_eq!(worker.call(b"d", LONG).await.unwrap(), b"NotDumpable");
    assert_eq!(worker.call(b"v", LONG).await.unwrap(), b"HANKOD_TEST_CHILD");
    let pid = worker.pid().unwrap();
    assert_eq!(
        std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap(),
        "hankod-test\n"
    );
}

#[tokio::test]
async fn a_crash_fails_what_was_sent_and_nothing_else() {
    let worker = Arc::new(worker());
    let mut calls = JoinSet::new();
    for n in 0..64 {
        let worker = Arc::clone(&worker);
        let body = if n == 0 { b"a" } else { b"e" };
        calls.spawn(async move { worker.call(body, LONG).await });
    }
    let answers = calls.join_all().await;
    let crashed = answers.iter().filter(|a| **a == Err(Error::Crashed)).count();
    let echoed = answers.iter().filter(|a| a.is_ok()).count();
    assert!((1..=16).contains(&crashed) && crashed + echoed == 64, "{answers:?}");
}

#[tokio::test]
async fn a_hung_child_is_replaced_and_its_innocent_calls_are_answered() {
    let worker = Arc::new(worker());
    assert!(worker.call(b"e", LONG).await.is_ok());
    let first = worker.pid();
    let hung = worker.call(b"h", Duration::from_millis(200));
    let innocent = async {
        for _ in 0..20 {
            assert!(worker.call(b"e", LONG).await.is_ok());
        }
    };
    let (hung, ()) = tokio::join!(hung, innocent);
    assert_eq!(hung, Err(Error::Timeout));
    assert!(worker.call(b"e", LONG).await.is_ok());
    assert_ne!(worker.pid(), first);
}

#[tokio::test]
async fn a_child_that_dies_at_once_is_not_started_for_ever() {
    let worker = worker();
    assert_eq!(worker.call(b"a", LONG).await, Err(Error::Crashed));
    assert_eq!(worker.call(b"a", LONG).await, Err(Error::Crashed));
    // Two in a row: the third call is refused without a process.
    assert_eq!(worker.call(b"e", LONG).await, Err(Error::Crashed));
    assert_eq!(worker.pid(), None);
}

#[tokio::test]
async fn what_is_not_our_worker_is_refused() {
    let shell = |script| Worker::new(spec(Program::at("/bin/sh"), &["-c", script], &[]));
    for script in ["exit 0", "echo 'hankod worker, honestly' >&0; exec cat >/dev/null"] {
        let answer = shell(script).call(b"e", LONG).await;
        assert!(matches!(answer, Err(Error::Start(_))), "{script}: {answer:?}");
    }
    let missing = Worker::new(spec(Program::at("/nonexistent"), &[], &[]));
    assert!(matches!(missing.call(b"e", LONG).await, Err(Error::Start(_))));
}

#[tokio::test]
async fn a_renewed_worker_loses_no_call_and_is_another_process() {
    let worker = Arc::new(worker());
    assert!(worker.call(b"e", LONG).await.is_ok());
    let first = worker.pid();
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let worker = Arc::clone(&worker);
        calls.spawn(async move { worker.call(b"e", LONG).await });
    }
    tokio::task::yield_now().await;
    worker.renew().await;
    assert!(!std::path::Path::new(&format!("/proc/{}", first.unwrap())).exists());
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert!(worker.call(b"e", LONG).await.is_ok());
    assert_ne!(worker.pid(), first);
    // Nothing was wrong with the one that went: three more may go in a row.
    for _ in 0..3 {
        worker.renew().await;
        assert!(worker.call(b"e", LONG).await.is_ok());
    }
}

#[tokio::test]
async fn a_stopped_child_is_gone() {
    let worker = worker();
    assert!(worker.call(b"e", LONG).await.is_ok());
    let pid = worker.pid().unwrap();
    worker.stop().await;
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(worker.call(b"e", LONG).await, Err(Error::Stopped));
}
