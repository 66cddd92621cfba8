//! What goes wrong in modules, cards and heads, and what everybody else notices of it: nothing.

use super::{Bench, MESSAGE, PIN, log_in};
use crate::support::dir::TestDir;
use crate::support::shim::{logins, shim};
use crate::support::softhsm::{pin, program};
use hankod::text::Explain;
use hankod::token::provision::NewKey;
use hankod::token::{Credential, Error, Limits, ModuleSpec, PinState, Signable, SlotState, Tokens};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const OUTSTANDING: usize = 64;
/// What a child may hold at once (`process`): a crash fails so many calls and no more.
const WINDOW: usize = 16;

fn tokens(modules: Vec<ModuleSpec>) -> Tokens {
    Tokens::new(&program(), modules, Limits::default())
}

fn impatient(modules: Vec<ModuleSpec>) -> Tokens {
    let sign = Duration::from_secs(3);
    let limits = Limits {
        sign,
        ..Limits::default()
    };
    Tokens::new(&program(), modules, limits)
}

fn signal(tokens: &Tokens, signal: Signal) {
    let pid = i32::try_from(tokens.worker_pid(0).unwrap()).unwrap();
    let pid = Pid::from_raw(pid).unwrap();
    kill_process(pid, signal).unwrap();
    if signal == Signal::STOP {
        // A thread on another processor runs on for a while.
        waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
    }
}

/// Asks for `OUTSTANDING` signatures at once under one login.
async fn outstanding(bench: &Bench, tokens: &Tokens) -> JoinSet<Result<Vec<u8>, Error>> {
    let login = Arc::new(log_in(tokens, &bench.token).await);
    let grant = Arc::new(bench.grant(&[MESSAGE; OUTSTANDING]));
    let mut calls = JoinSet::new();
    for _ in 0..OUTSTANDING {
        let (login, grant, key) = (Arc::clone(&login), Arc::clone(&grant), bench.key.clone());
        calls.spawn(async move { login.sign(&grant, &key, Signable::Message(MESSAGE)).await });
    }
    calls
}

async fn signs(bench: &Bench, tokens: &Tokens) {
    let login = log_in(tokens, &bench.token).await;
    let grant = bench.grant(&[MESSAGE]);
    let signed = login.sign(&grant, &bench.key, Signable::Message(MESSAGE)).await;
    signed.unwrap();
    login.logout().await.unwrap();
}

#[tokio::test]
async fn a_killed_worker_fails_what_it_had_and_never_logs_in_again_by_itself() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let gate = dir.join("gate");
    mknodat(CWD, &gate, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let orders = [("SHIM_GATE", gate.to_str().unwrap())];
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &orders)]);
    let calls = outstanding(&bench, &tokens).await;
    // Opens as soon as a thread of the worker stands in C_Sign.
    let opened = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(gate));
    let _gate = opened.await.unwrap().unwrap();
    signal(&tokens, Signal::KILL);
    let answers = calls.join_all().await;
    let count = |error: Error| answers.iter().filter(|answer| **answer == Err(error.clone())).count();
    assert_eq!(count(Error::ModuleCrashed), WINDOW);
    assert_eq!(count(Error::LoginLost), OUTSTANDING - WINDOW, "{answers:?}");
    assert_eq!(logins(&dir), "r");
}

#[tokio::test]
async fn a_stopped_worker_is_replaced() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = impatient(vec![bench.softhsm.spec()]);
    let stopped = {
        let login = log_in(&tokens, &bench.token).await;
        signal(&tokens, Signal::STOP);
        let pid = tokens.worker_pid(0);
        let grant = bench.grant(&[MESSAGE; OUTSTANDING]);
        let mut calls = JoinSet::new();
        let (login, grant) = (Arc::new(login), Arc::new(grant));
        for _ in 0..OUTSTANDING {
            let (login, grant, key) = (Arc::clone(&login), Arc::clone(&grant), bench.key.clone());
            calls.spawn(async move { login.sign(&grant, &key, Signable::Message(MESSAGE)).await });
        }
        let answers = calls.join_all().await;
        let ended =
            |answer: &Result<_, _>| matches!(answer, Err(Error::Timeout | Error::ModuleCrashed | Error::LoginLost));
        assert!(
            answers.iter().all(ended) && answers.contains(&Err(Error::Timeout)),
            "{answers:?}"
        );
        pid
    };
    log_in(&tokens, &bench.token).await.logout().await.unwrap();
    assert_ne!(tokens.worker_pid(0), stopped);
}

#[tokio::test]
async fn an_abort_inside_the_module_costs_one_login() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &[("SHIM_FAULT", "abort:2")])]);
    let login = log_in(&tokens, &bench.token).await;
    let grant = bench.grant(&[MESSAGE; 4]);
    let sign = || login.sign(&grant, &bench.key, Signable::Message(MESSAGE));
    assert!(sign().await.is_ok());
    assert_eq!(sign().await, Err(Error::ModuleCrashed));
    assert_eq!(sign().await, Err(Error::LoginLost));
    assert_eq!(logins(&dir), "r");
    drop(login);
    signs(&bench, &tokens).await;
    assert_eq!(logins(&dir), "rr");
}

#[tokio::test]
async fn a_hanging_module_does_not_hold_up_another() {
    let (hanging_dir, well_dir) = (TestDir::new("token"), TestDir::new("token"));
    let hanging = Bench::new(&hanging_dir, NewKey::P256, false);
    let well = Bench::new(&well_dir, NewKey::P256, false);
    let hanging_spec = shim(&hanging_dir, &hanging.softhsm, &[("SHIM_FAULT", "hang:1")]);
    let tokens = impatient(vec![hanging_spec, well.softhsm.spec()]);
    let (mut well_token, hanging_grant) = (well.token.clone(), hanging.grant(&[MESSAGE]));
    well_token.module = 1;
    let (stuck, working) = (
        log_in(&tokens, &hanging.token).await,
        log_in(&tokens, &well_token).await,
    );
    let hung = stuck.sign(&hanging_grant, &hanging.key, Signable::Message(MESSAGE));
    tokio::pin!(hung);
    let mut signed = 0;
    let outcome = loop {
        let grant = well.grant(&[MESSAGE]);
        let served = working.sign(&grant, &well.key, Signable::Message(MESSAGE));
        tokio::select! {
            outcome = &mut hung => break outcome,
            served = served => { served.unwrap(); signed += 1; }
        }
    };
    assert_eq!(outcome, Err(Error::Timeout));
    assert!(signed > 0);
}

#[tokio::test]
async fn what_is_no_module_is_named_and_the_others_still_list() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let text = dir.join("text.so");
    std::fs::write(&text, "not a library").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .split_whitespace()
        .find(|word| word.ends_with("/libc.so.6"))
        .unwrap();
    let module = |path: PathBuf| ModuleSpec::new(path, []);
    let tokens = tokens(vec![
        module(dir.join("missing.so")),
        module(text),
        module(PathBuf::from(libc)),
        shim(&dir, &bench.softhsm, &[("SHIM_FAULT", "init:1")]),
        bench.softhsm.spec(),
    ]);
    let listing = tokens.list().await;
    let problems: Vec<_> = listing.problems.iter().map(|p| (p.module, p.error.code())).collect();
    let expected = [
        (0, "token_module_missing"),
        (1, "token_module_not_pkcs11"),
        (2, "token_module_not_pkcs11"),
        (3, "token_module_crashed"),
    ];
    assert_eq!(problems, expected);
    let found: Vec<_> = listing.tokens().filter(|token| token.initialised).collect();
    assert_eq!((found.len(), found[0].token.module), (1, 4));
}

#[tokio::test]
async fn a_pulled_token_is_gone() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &[("SHIM_FAULT", "gone:2")])]);
    let login = log_in(&tokens, &bench.token).await;
    let grant = bench.grant(&[MESSAGE; 2]);
    let sign = || login.sign(&grant, &bench.key, Signable::Message(MESSAGE));
    assert!(sign().await.is_ok());
    assert_eq!(sign().await, Err(Error::Removed));
    let listing = tokens.list().await;
    assert!(
        listing.slots.iter().all(|slot| slot.state == SlotState::Empty),
        "{listing:?}"
    );
    drop(login);
    let again = tokens.login(&bench.token, Credential::Pin(pin(PIN))).await;
    assert_eq!(again.err(), Some(Error::Gone));
}

#[tokio::test]
async fn a_pin_goes_to_no_other_token() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &[])]);
    let mut swapped = bench.token.clone();
    swapped.serial = "0000000000000000".to_owned();
    let login = tokens.login(&swapped, Credential::Pin(pin(PIN))).await;
    assert_eq!(login.err(), Some(Error::Gone));
    assert_eq!(logins(&dir), "");
}

#[tokio::test]
async fn each_wrong_pin_is_tried_once_and_tells_what_is_left() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &[])]);
    let try_pin = async |text| tokens.login(&bench.token, Credential::Pin(pin(text))).await.err();
    assert!(matches!(try_pin("12").await, Some(Error::PinLength { .. })));
    assert_eq!(logins(&dir), "");
    let states = [
        (PinState::CountLow, "w"),
        (PinState::FinalTry, "ww"),
        (PinState::Locked, "www"),
    ];
    for (state, tried) in states {
        assert_eq!(try_pin("999999").await, Some(Error::PinWrong { state }));
        assert_eq!(logins(&dir), tried);
        assert_eq!(tokens.list().await.tokens().next().unwrap().pin, state);
    }
    assert_eq!(try_pin(PIN).await, Some(Error::PinLocked));
    assert_eq!(logins(&dir), "www");
}

#[tokio::test]
async fn a_pin_typed_on_the_reader_signs_and_cancels() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, true);
    let typed = tokens(vec![shim(&dir, &bench.softhsm, &[("SHIM_PINPAD", PIN)])]);
    assert!(
        typed
            .list()
            .await
            .tokens()
            .next()
            .unwrap()
            .protected_authentication_path
    );
    let login = typed.login(&bench.token, Credential::ProtectedPath).await.unwrap();
    let grant = bench.grant(&[MESSAGE; 2]);
    for _ in 0..2 {
        login
            .sign(&grant, &bench.key, Signable::Message(MESSAGE))
            .await
            .unwrap();
    }
    assert_eq!(logins(&dir), "rcc");
    drop(login);
    typed.stop().await;

    let cancelled = tokens(vec![shim(&dir, &bench.softhsm, &[("SHIM_PINPAD", "cancel")])]);
    let login = cancelled.login(&bench.token, Credential::ProtectedPath).await;
    assert_eq!(login.err(), Some(Error::Cancelled));
}

#[tokio::test]
async fn signatures_of_garbage_lengths_reach_nobody() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    for length in ["0", "63", "65", "1024", "4000", "18446744073709551615"] {
        let orders = [("SHIM_FAULT", format!("garbage:{length}"))];
        let orders = orders.each_ref().map(|(name, value)| (*name, value.as_str()));
        let tokens = tokens(vec![shim(&dir, &bench.softhsm, &orders)]);
        let login = log_in(&tokens, &bench.token).await;
        let signed = login
            .sign(&bench.grant(&[MESSAGE]), &bench.key, Signable::Message(MESSAGE))
            .await;
        let refused = matches!(signed, Err(Error::SignatureMismatch | Error::Refused { .. }));
        assert!(refused, "{length}: {signed:?}");
        drop(login);
        tokens.stop().await;
    }
}

#[tokio::test]
async fn a_login_nobody_waits_for_any_more_is_ended() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = tokens(vec![shim(&dir, &bench.softhsm, &[])]);
    tokens.list().await;
    {
        let login = tokens.login(&bench.token, Credential::Pin(pin(PIN)));
        tokio::pin!(login);
        // One poll sends the request; then the caller goes away.
        tokio::select! { biased; _ = &mut login => panic!("no token answers at once"), () = std::future::ready(()) => {} }
    }
    signs(&bench, &tokens).await;
    // The first one either never began or ended before the second: an "a" would say that it stayed open.
    assert!(["r", "rr"].contains(&logins(&dir).as_str()), "{}", logins(&dir));
}
