//! Signing a set with a fault at each step: what is out is whole, the audit log says what happened, the token is free again.

mod killed;
mod levels;

use crate::support::holder::Holder;
use crate::support::judges::pdfsig;
use crate::support::shapes::{self, LF};
use crate::support::softhsm::program;
use hankod::app::desk::{DocumentRequest, SigningChoice};
use hankod::app::extend::Sources;
use hankod::app::failure::{Failure, FailureKind};
use hankod::app::files::{FileRequest, FilesReport, FilesRequest, Place, Step};
use hankod::app::{App, Opening, logbook};
use hankod::text::Explain;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Documents of a set.
const ITEMS: u32 = 3;

/// An application with a token, and where its outputs go.
struct Bench {
    holder: Holder,
    app: App,
    sign: SigningChoice,
    sources: Sources,
}

impl Bench {
    async fn new(more: &str) -> Self {
        let holder = Holder::new("faults");
        holder.misbehave(&[], more);
        Self::of(holder, SigningChoice::default(), Sources::default()).await
    }

    async fn of(holder: Holder, sign: SigningChoice, sources: Sources) -> Self {
        holder.document("in.pdf", &shapes::classic("1.7", LF));
        let opening = Opening {
            program: program(),
            ..Opening::default()
        };
        let app = App::open(holder.checked_config(), opening).await.unwrap();
        Self {
            holder,
            app,
            sign,
            sources,
        }
    }

    fn out(&self) -> PathBuf {
        self.holder.dir.join("out")
    }

    fn request(&self) -> FilesRequest {
        let document = |n| FileRequest {
            input: self.holder.dir.join("in.pdf").into(),
            output: self.out().join(format!("{n}.pdf")).into(),
            request: DocumentRequest {
                name: format!("{n}.pdf"),
                ..DocumentRequest::default()
            },
        };
        FilesRequest {
            sources: self.sources.clone(),
            sign: self.sign.clone(),
            token: None,
            certificate_label: None,
            pin_file: Some(self.holder.dir.join("pin").into()),
            password_file: None,
            seal_file: None,
            documents: (1..=ITEMS).map(document).collect(),
            english: true,
            place: Place::default(),
        }
    }

    /// Signs into an empty folder; `at` may make it fail.
    async fn sign(
        &self,
        cancel: &CancellationToken,
        at: &(dyn Fn(Step) -> Result<(), Failure> + Send + Sync),
    ) -> Result<FilesReport, Failure> {
        let _ = fs::remove_dir_all(self.out());
        fs::create_dir(self.out()).unwrap();
        self.app.sign_files(self.request(), cancel.clone(), at).await
    }

    async fn signs(&self) {
        let report = self.sign(&CancellationToken::new(), &|_| Ok(())).await.unwrap();
        assert_eq!(report.files.len(), ITEMS as usize);
    }

    /// Entries since the first `from`, after the chain was found whole: kinds with their numbers, and the last one's details.
    async fn audit(&self, from: &mut usize) -> (BTreeMap<String, usize>, Value) {
        assert!(self.app.verify_audit().await.unwrap().is_sound());
        let mut text = String::new();
        let write = |piece: &str| {
            text.push_str(piece);
            Ok(())
        };
        self.app.export_audit(logbook::Format::JsonLines, write).await.unwrap();
        let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut kinds = BTreeMap::new();
        let mut released = Vec::new();
        for entry in &entries[*from..] {
            let entry = &entry["entry"];
            let kind = entry["kind"].as_str().unwrap().to_owned();
            if kind == "signature_released" {
                released.push((entry["subject"].clone(), entry["details"]["item"].clone()));
            }
            *kinds.entry(kind).or_default() += 1;
        }
        *from = entries.len();
        for (n, item) in released.iter().enumerate() {
            assert!(!released[..n].contains(item), "released twice: {item:?}");
        }
        let last = &entries.last().unwrap()["entry"];
        assert_eq!(last["kind"], "operation_ended");
        (kinds, last["details"].clone())
    }

    /// The outputs are the first `count` ones, each whole, and nothing else is there.
    fn outputs(&self, count: u32) {
        assert_eq!(fs::read_dir(self.out()).unwrap().count(), count as usize);
        for n in 1..=count {
            let path = self.out().join(format!("{n}.pdf"));
            assert!(pdfsig(&path)[0].valid, "{}", path.display());
        }
    }
}

/// Every step of a set, in its order.
fn steps() -> Vec<Step> {
    let mut steps = vec![Step::Begun, Step::PinAsked, Step::LoggedIn, Step::Granted];
    steps.extend((1..=ITEMS).map(Step::Signed));
    steps.push(Step::LoggedOut);
    for n in 1..=ITEMS {
        steps.extend([Step::Embedded(n), Step::Checked(n), Step::Released(n)]);
    }
    steps
}

/// What the audit log must say of a set whose last reached step is `step`: kinds with their numbers, zero left out.
fn expected(step: Step) -> BTreeMap<String, usize> {
    let n = |item: u32| item as usize;
    let all = n(ITEMS);
    let (login, intended, made, failed, released) = match step {
        Step::Begun | Step::PinAsked => (0, 0, 0, 0, 0),
        Step::LoggedIn => (1, 0, 0, 0, 0),
        Step::Granted => (1, all, 0, all, 0),
        Step::Signed(item) => (1, all, n(item), all - n(item), 0),
        Step::LoggedOut => (1, all, all, 0, 0),
        Step::Stamped(item) | Step::Embedded(item) | Step::Extended(item) | Step::Checked(item) => {
            (1, all, all - n(item) + 1, 0, n(item) - 1)
        }
        Step::Released(item) => (1, all, all - n(item), 0, n(item)),
    };
    let counts = [
        ("operation_begun", 1),
        ("login_done", login),
        ("signature_intended", intended),
        ("signature_made", made),
        ("signature_failed", failed),
        ("signature_released", released),
        ("receipt_left", released),
        ("operation_ended", 1),
    ];
    let present = counts.into_iter().filter(|(_, count)| *count > 0);
    present.map(|(kind, count)| (kind.to_owned(), count)).collect()
}

fn released(step: Step) -> u32 {
    expected(step)
        .get("signature_released")
        .map_or(0, |count| *count as u32)
}

#[tokio::test]
async fn the_steps_are_told_in_their_order() {
    let bench = Bench::new("").await;
    let told = Mutex::new(Vec::new());
    let at = |step| {
        told.lock().unwrap().push(step);
        Ok(())
    };
    bench.sign(&CancellationToken::new(), &at).await.unwrap();
    assert_eq!(told.into_inner().unwrap(), steps());
    bench.outputs(ITEMS);
    let (kinds, end) = bench.audit(&mut 0).await;
    assert_eq!(kinds, expected(Step::Released(ITEMS)));
    assert_eq!(end["state"], "done");
    bench.app.close().await;
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_a_clean_state() {
    let bench = Bench::new("").await;
    faults(&bench, &steps(), |_| 0).await;
    bench.app.close().await;
}

/// A fault at each of the steps; `jobs`: how many a set must have left whose last reached step is this.
async fn faults(bench: &Bench, steps: &[Step], jobs: impl Fn(Step) -> u32) {
    let mut seen = 0;
    for step in steps.iter().copied() {
        let at = |reached| match reached == step {
            true => Err(Failure::new(FailureKind::Internal, "internal_error")),
            false => Ok(()),
        };
        let failed = bench.sign(&CancellationToken::new(), &at).await.unwrap_err();
        assert_eq!(failed.code(), "internal_error", "{step:?}");
        let (mut kinds, end) = bench.audit(&mut seen).await;
        assert_eq!(
            kinds.remove("job_put").unwrap_or_default(),
            jobs(step) as usize,
            "{step:?}"
        );
        assert_eq!(kinds, expected(step), "{step:?}");
        assert_eq!(
            (&end["state"], &end["error"]),
            (&"failed".into(), &"internal_error".into())
        );
        bench.outputs(released(step));
        // The token is free: this would wait for a login that was left open.
        bench.signs().await;
        bench.audit(&mut seen).await;
    }
}

#[tokio::test]
async fn a_cancel_at_any_step_stops_at_the_next() {
    let bench = Bench::new("").await;
    let mut seen = 0;
    let steps = steps();
    for (n, step) in steps.iter().enumerate() {
        let cancel = CancellationToken::new();
        let at = |reached| {
            if reached == *step {
                cancel.cancel();
            }
            Ok(())
        };
        let result = bench.sign(&cancel, &at).await;
        let (kinds, end) = bench.audit(&mut seen).await;
        // The prompt looks for a cancel by itself.
        let last = match step {
            Step::PinAsked => *step,
            _ => *steps.get(n + 1).unwrap_or(step),
        };
        assert_eq!(kinds, expected(last), "{step:?}");
        bench.outputs(released(last));
        match result {
            // Everything is out, or about to be: the cancel came too late.
            Ok(_) => {
                assert!(matches!(step, Step::Checked(ITEMS) | Step::Released(ITEMS)), "{step:?}");
                assert_eq!(end["state"], "done", "{step:?}");
            }
            Err(failure) => {
                assert_eq!(failure.code(), "signing_cancelled", "{step:?}");
                assert_eq!(end["state"], "cancelled", "{step:?}");
            }
        }
    }
    bench.signs().await;
    bench.app.close().await;
}
