//! The same for signatures that get evidence, at once or by a job.

use super::{Bench, ITEMS, faults, released};
use crate::levels::Scene;
use crate::support::authority::Mode;
use crate::support::tsa;
use hankod::app::desk::{Level, SigningChoice};
use hankod::app::extend::Sources;
use hankod::app::files::Step;
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Sets of a scene whose TSA behaves like this.
async fn bench(tsa: tsa::Mode) -> Bench {
    let Scene {
        holder, authority, tsa, ..
    } = Scene::with_tsa(Mode::Delegated, tsa);
    let sources = Sources {
        tsas: vec![tsa.url()],
        trust: vec![holder.root().into()],
        allow_private: vec![authority.place()],
        revocation: None,
    };
    let sign = SigningChoice {
        level: Level::BLta,
        augment_later: true,
        ..SigningChoice::default()
    };
    Bench::of(holder, sign, sources).await
}

/// Every step of a set in its order; `each`: of each document after the token is closed.
fn steps(each: impl Fn(u32) -> Vec<Step>) -> Vec<Step> {
    let mut steps = vec![Step::Begun, Step::PinAsked, Step::LoggedIn, Step::Granted];
    steps.extend((1..=ITEMS).map(Step::Signed));
    steps.push(Step::LoggedOut);
    steps.extend((1..=ITEMS).flat_map(each));
    steps
}

async fn tells(bench: &Bench, steps: &[Step]) {
    let told = Mutex::new(Vec::new());
    let at = |step| {
        told.lock().unwrap().push(step);
        Ok(())
    };
    bench.sign(&CancellationToken::new(), &at).await.unwrap();
    assert_eq!(told.into_inner().unwrap(), steps);
}

#[tokio::test]
async fn a_fault_at_any_step_to_an_archive_leaves_a_clean_state() {
    let bench = bench(tsa::Mode::Good).await;
    let steps = steps(|n| {
        vec![
            Step::Stamped(n),
            Step::Embedded(n),
            Step::Extended(n),
            Step::Checked(n),
            Step::Released(n),
        ]
    });
    faults(&bench, &steps, |_| 0).await;
    tells(&bench, &steps).await;
    bench.app.close().await;
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_a_job_for_each_file_that_went_out_and_no_other() {
    let bench = bench(tsa::Mode::Dead).await;
    let steps = steps(|n| vec![Step::Embedded(n), Step::Checked(n), Step::Released(n)]);
    faults(&bench, &steps, released).await;
    tells(&bench, &steps).await;
    bench.app.close().await;
}
