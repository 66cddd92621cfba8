//! The same for signatures that get evidence, at once or by a job.

use super::{Bench, ITEMS, faults, released};
use crate::levels::Scene;
use crate::support::authority::Mode;
use crate::support::tsa;
use hankod::app::desk::{Level, SigningChoice};
use hankod::app::extend::Sources;
use hankod::app::files::Step;
use hankod::text::Explain;
use serde_json::Value;
use std::fs;
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

#[tokio::test]
async fn what_the_release_check_refuses_is_kept_and_nobody_gets_it() {
    let bench = bench(tsa::Mode::Good).await;
    let spoilt = Mutex::new(Vec::new());
    let at = |step| {
        if step == Step::Embedded(1) {
            // A byte of the private copy changes on the disk. The first document is the only one that has its update.
            let copies = bench.holder.leftovers("out").into_iter();
            let path = copies.max_by_key(|copy| fs::metadata(copy).unwrap().len()).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            let content = bytes.windows(7).position(|part| part == b"stream\n").unwrap() + 8;
            bytes[content] ^= 1;
            fs::write(&path, &bytes).unwrap();
            *spoilt.lock().unwrap() = bytes;
        }
        Ok(())
    };
    let failure = bench.sign(&CancellationToken::new(), &at).await.unwrap_err();
    assert_eq!(failure.code(), "original_changed");
    bench.outputs(0);
    let folder = bench.holder.state().join("refused");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let [report, file] = &names[..] else {
        panic!("{names:?}");
    };
    let (report, file): (Value, _) = (
        serde_json::from_slice(&fs::read(report).unwrap()).unwrap(),
        fs::read(file).unwrap(),
    );
    assert!(file.starts_with(&spoilt.into_inner().unwrap()));
    assert_eq!(report["sha256"], hex::encode(openssl::sha::sha256(&file)));
    let input = fs::read(bench.holder.dir.join("in.pdf")).unwrap();
    assert_eq!(report["original_sha256"], hex::encode(openssl::sha::sha256(&input)));
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(
        codes.starts_with(&["original_changed"]) && codes.contains(&"cms_digest_mismatch"),
        "{codes:?}"
    );
    bench.app.close().await;
}
