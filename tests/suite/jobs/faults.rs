//! A process that is killed (SIGKILL) at each moment of each step of a job, and a full disk: nothing is half there, and the next process goes on to the end.

use super::Bench;
use crate::levels::{self, Scene};
use crate::support::authority::Mode;
use crate::support::daemon::Daemon;
use crate::support::holder::checked_config;
use crate::support::judges::pdfsig;
use crate::support::shapes::{self, LF};
use crate::support::softhsm::program;
use crate::support::tsa;
use hankod::app::jobs::WorkStep;
use hankod::app::{App, Opening};
use hankod::text::Lang;
use rustix::process::{Signal, getpid, kill_process};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

/// Where the process that kills itself finds its holder, and when it does: step, which time, moment.
const DIR: &str = "HANKOD_TEST_DIR";
const MOMENT: &str = "HANKOD_TEST_MOMENT";

const MOMENTS: [&str; 3] = ["Begun", "Answered", "Kept"];

/// No test by itself: it is what [`killed_at`] starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_kills_itself() {
    let (Ok(dir), Ok(moment)) = (std::env::var(DIR), std::env::var(MOMENT)) else {
        return;
    };
    let opening = Opening {
        program: program(),
        ..Opening::default()
    };
    let app = App::open(checked_config(Path::new(&dir)), opening).await.unwrap();
    let seen = AtomicUsize::new(0);
    let at = move |told: &WorkStep| {
        let mut words = moment.split('/');
        let [step, times, name] = [(); 3].map(|()| words.next().unwrap());
        if told.step == step && format!("{:?}", told.moment) == name {
            let now = seen.fetch_add(1, Ordering::SeqCst) + 1;
            if now == times.parse::<usize>().unwrap() {
                kill_process(getpid(), Signal::KILL).unwrap();
            }
        }
        Ok(())
    };
    let report = app.work_due(Arc::new(at), CancellationToken::new(), Lang::En).await;
    panic!("the moment never came: {report:?}");
}

/// Works on what is due until that moment and is killed there.
fn killed_at(scene: &Scene, moment: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "jobs::faults::a_process_that_kills_itself", "--nocapture"]);
    let ended = command
        .env(DIR, &*scene.holder.dir)
        .env(MOMENT, moment)
        .output()
        .unwrap();
    assert_eq!(ended.status.signal(), Some(9), "{moment}: {ended:?}");
}

/// Brings everything to its end, which is that all is done.
fn goes_on(scene: &Scene, moment: &str) {
    let (code, report) = scene.due(&[]);
    assert_eq!(code, Some(0), "{moment}: {report}");
    let mut work = report["work"].as_array().unwrap().iter();
    assert!(work.all(|one| one["state"] == "done"), "{moment}: {report}");
    assert!(scene.holder.leftovers("").is_empty(), "{moment}");
}

/// Signatures that went out without a timestamp, killed on their way to B-LTA whenever this step comes for the nth time.
fn augmentation_killed_at(step: &str, times: usize) {
    let scene = Scene::with_tsa(Mode::Delegated, tsa::Mode::Dead);
    for (n, moment) in (1..).zip(MOMENTS) {
        let (name, moment) = (format!("{n}.pdf"), format!("{step}/{times}/{moment}"));
        scene.tsa.behave(tsa::Mode::Dead);
        assert!(scene.sign_with(&name, "b-lta", &["--augment-later"]).ok, "{moment}");
        scene.tsa.behave(tsa::Mode::Good);
        killed_at(&scene, &moment);
        // Whichever file is there, it is whole.
        assert!(pdfsig(&scene.holder.dir.join(&name))[0].valid, "{moment}");
        goes_on(&scene, &moment);
        scene.holds(&name, 2);
        assert_eq!(
            scene.verified(&name),
            ("TOTAL-PASSED".to_owned(), "B-LTA".to_owned()),
            "{moment}"
        );
        for beside in ["b-t", "b-lta"] {
            assert!(!scene.holder.dir.join(format!("{n}.{beside}.pdf")).exists(), "{moment}");
        }
        let kinds = ["job_put", "job_step_done", "job_ended"].map(|kind| scene.holder.count(kind));
        assert_eq!(kinds, [n, 3 * n, n], "{moment}");
    }
}

#[test]
fn killed_while_the_signature_gets_its_timestamp() {
    augmentation_killed_at("stamp", 1);
}

#[test]
fn killed_while_the_stamped_file_is_delivered() {
    augmentation_killed_at("deliver", 1);
}

#[test]
fn killed_while_the_evidence_is_gathered() {
    augmentation_killed_at("complete", 1);
}

#[test]
fn killed_while_the_complete_file_is_delivered() {
    augmentation_killed_at("deliver", 2);
}

#[test]
fn killed_while_an_archive_is_renewed() {
    let scene = Scene::new(Mode::Delegated);
    let next = levels::tsa(&scene.holder, &scene.authority, tsa::Mode::Good, 3_000);
    scene.holder.behave(&format!(
        "[trust]\nanchors = [\"root.pem\"]\n[network]\nallow_private = [\"{}\"]\n[renewal]\nmargin_days = 1600\n[[tsa]]\nurl = \"{}\"\n",
        scene.authority.place(),
        next.url()
    ));
    let moments = ["renew", "replace"]
        .into_iter()
        .flat_map(|step| MOMENTS.map(|moment| format!("{step}/1/{moment}")));
    for (n, moment) in (1..).zip(moments) {
        let name = format!("{n}.pdf");
        assert!(scene.sign(&name, "b-lta").ok, "{moment}");
        let before = scene.read(&name);
        killed_at(&scene, &moment);
        assert!(scene.read(&name).starts_with(&before), "{moment}");
        goes_on(&scene, &moment);
        assert!(scene.read(&name).starts_with(&before), "{moment}");
        scene.holds(&name, 3);
        let kinds = ["job_put", "job_step_done", "job_ended"].map(|kind| scene.holder.count(kind));
        assert_eq!(kinds, [n, n, n], "{moment}");
    }
}

#[test]
fn a_full_disk_makes_a_job_wait_and_leaves_nothing_half_there() {
    let bench = Bench::new("");
    let mut large = shapes::one_page("1.7", "", "");
    large.stream(7, "", &vec![b'x'; 3 << 20]);
    large.table(LF, "");
    bench.holder.document("a.pdf", &large.bytes);
    assert!(bench.sign("b.pdf").ok);
    let before = fs::read(bench.path("b.pdf")).unwrap();
    let config = fs::read_to_string(bench.holder.config()).unwrap();
    let daemon = Daemon::start(&bench.holder.dir, &config, &[]);
    daemon.limit_files(2 << 20);
    bench.tsa.behave(tsa::Mode::Good);
    let (code, report) = bench.due(&[]);
    let out = bench.path("b.pdf").display().to_string();
    assert_eq!(
        (code, Bench::only(&report)),
        (Some(69), ("waiting", Some("disk_full"), &*out))
    );
    assert_eq!(fs::read(bench.path("b.pdf")).unwrap(), before);
    assert!(bench.holder.leftovers("").is_empty() && bench.holder.leftovers("state/uploads").is_empty());
    daemon.limit_files(1 << 40);
    let (code, report) = bench.due(&[]);
    assert_eq!((code, Bench::only(&report)), (Some(0), ("done", None, &*out)));
    assert_eq!(bench.tokens("b.pdf"), 1);
    assert!(daemon.stop().success());
}
