//! Processes that end in the middle of a job: at each moment of each step, and by SIGKILL where others see it.

use super::Bench;
use crate::support::daemon::Daemon;
use crate::support::dir::appears;
use crate::support::softhsm::program;
use crate::support::tsa::Mode;
use hankod::app::due::WorkState;
use hankod::app::failure::{Failure, FailureKind};
use hankod::app::jobs::{Moment, WorkStep};
use hankod::app::{App, Opening};
use hankod::text::{Explain, Lang};
use std::fs;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

const STEPS: [&str; 2] = ["stamp", "deliver"];
const MOMENTS: [Moment; 3] = [Moment::Begun, Moment::Answered, Moment::Kept];

async fn app(bench: &Bench) -> App {
    let opening = Opening {
        program: program(),
        ..Opening::default()
    };
    App::open(bench.holder.checked_config(), opening).await.unwrap()
}

/// Works until `step` comes to `moment`, and ends there.
async fn work_until(app: &App, step: &'static str, moment: Moment) -> Result<WorkState, Failure> {
    let at = move |seen: &WorkStep| match seen.step == step && seen.moment == moment {
        true => Err(Failure::new(FailureKind::Internal, "internal_error")),
        false => Ok(()),
    };
    let report = app.work_due(Arc::new(at), CancellationToken::new(), Lang::En).await?;
    Ok(report.work[0].state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_goes_on_from_wherever_its_process_ended() {
    for step in STEPS {
        for moment in MOMENTS {
            let bench = Bench::waiting("");
            bench.tsa.behave(Mode::Good);
            let first = app(&bench).await;
            let ended = work_until(&first, step, moment).await.unwrap_err();
            assert_eq!(ended.code(), "internal_error", "{step} {moment:?}");
            first.close().await;
            // Before the last answer is kept, the file is the old one or the new one, and whole.
            let tokens = bench.tokens("b.pdf");
            assert_eq!(
                tokens == 1,
                step == "deliver" && moment != Moment::Begun,
                "{step} {moment:?}"
            );

            let next = app(&bench).await;
            let report = next
                .work_due(Arc::new(|_| Ok(())), CancellationToken::new(), Lang::En)
                .await
                .unwrap();
            let over = (step, moment) == ("deliver", Moment::Kept);
            assert_eq!(report.work.len(), usize::from(!over), "{step} {moment:?}");
            assert!(
                report.work.iter().all(|work| work.state == WorkState::Done),
                "{report:?}"
            );
            next.close().await;
            assert_eq!(bench.tokens("b.pdf"), 1);
            assert!(!bench.path("b.b-t.pdf").exists());
            let kinds = ["job_put", "job_step_done", "job_ended"].map(|kind| bench.holder.count(kind));
            assert_eq!(kinds, [1, 1, 1], "{step} {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_ends_its_processes_fails_alone_and_names_why() {
    let bench = Bench::waiting("");
    assert!(bench.sign("c.pdf").ok);
    bench.tsa.behave(Mode::Good);
    let poison = Arc::new(Mutex::new(None::<String>));
    for round in 0.. {
        let app = app(&bench).await;
        let poison = poison.clone();
        let at = move |seen: &WorkStep| {
            // The first one that is seen ends every process that begins it.
            let mut poison = poison.lock().unwrap();
            let is_poison = *poison.get_or_insert_with(|| seen.job.clone()) == seen.job;
            match is_poison && seen.moment == Moment::Begun && round < 5 {
                true => Err(Failure::new(FailureKind::Internal, "internal_error")),
                false => Ok(()),
            }
        };
        let result = app.work_due(Arc::new(at), CancellationToken::new(), Lang::En).await;
        app.close().await;
        if let Ok(report) = result {
            assert_eq!(round, 5);
            let failed: Vec<_> = report
                .work
                .iter()
                .filter(|work| work.state == WorkState::Failed)
                .collect();
            assert_eq!(failed.len(), 1, "{report:?}");
            assert_eq!(failed[0].reason.as_ref().unwrap().code, "job_poisoned");
            break;
        }
    }
    let mut tokens = [bench.tokens("b.pdf"), bench.tokens("c.pdf")];
    tokens.sort_unstable();
    assert_eq!(tokens, [0, 1], "the other one was done");
}

fn daemon(bench: &Bench) -> Daemon {
    Daemon::start(
        &bench.holder.dir,
        &fs::read_to_string(bench.holder.config()).unwrap(),
        &[],
    )
}

/// `hankod extend --due`, which the daemon does.
fn ask(bench: &Bench) -> std::process::Child {
    let mut command = bench.holder.hankod(&["extend", "--due"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_daemon_killed_while_it_waits_for_the_authority_goes_on_after_its_start() {
    let bench = Bench::waiting("");
    let mut killed = daemon(&bench);
    bench.tsa.behave(Mode::Slow);
    let mut asking = None;
    bench.tsa.next_question(|| asking = Some(ask(&bench)));
    killed.kill();
    assert!(!asking.unwrap().wait().unwrap().success());
    assert_eq!(bench.tokens("b.pdf"), 0);
    bench.tsa.behave(Mode::Good);
    let next = daemon(&bench);
    // Nobody waits for the end of the dead one's lease.
    let (code, _) = bench.due(&[]);
    assert_eq!((code, bench.tokens("b.pdf")), (Some(0), 1));
    assert!(next.log().contains("jobs_taken_over"), "{}", next.log());
    assert!(next.stop().success());
    assert_eq!(bench.holder.count("job_ended"), 1);
}

#[test]
fn a_command_takes_over_what_a_killed_daemon_had() {
    let bench = Bench::waiting("");
    let mut killed = daemon(&bench);
    bench.tsa.behave(Mode::Slow);
    let mut asking = None;
    bench.tsa.next_question(|| asking = Some(ask(&bench)));
    killed.kill();
    asking.unwrap().wait().unwrap();
    bench.tsa.behave(Mode::Good);
    let (code, _) = bench.due(&[]);
    assert_eq!((code, bench.tokens("b.pdf")), (Some(0), 1));
}

#[test]
fn a_daemon_killed_when_the_file_appears_leaves_it_whole_and_says_done_later() {
    let bench = Bench::waiting("");
    let mut killed = daemon(&bench);
    bench.tsa.behave(Mode::Good);
    let mut asking = None;
    appears(&bench.holder.dir, || asking = Some(ask(&bench)));
    killed.kill();
    asking.unwrap().wait().unwrap();
    assert_eq!(bench.tokens("b.pdf"), 1);
    // It was killed before or after it wrote the end; either way there is one.
    let (code, _) = bench.due(&[]);
    assert_eq!((code, bench.tokens("b.pdf")), (Some(0), 1));
    assert_eq!(bench.holder.count("job_ended"), 1);
    assert!(!bench.path("b.b-t.pdf").exists());
}

#[test]
fn a_daemon_works_by_itself_and_stops_in_order() {
    // The job is of a command that ended; its time comes while the daemon runs.
    let bench = Bench::waiting("");
    bench.tsa.behave(Mode::Good);
    let mut serving = None;
    bench.tsa.next_question(|| serving = Some(daemon(&bench)));
    assert!(serving.unwrap().stop().success());
    // What was under way at SIGTERM was finished.
    assert_eq!(bench.holder.count("job_step_done"), 1);
    let (code, _) = bench.due(&[]);
    assert_eq!((code, bench.tokens("b.pdf")), (Some(0), 1));
}
