//! Work that outlasts the process: a signature without its timestamp gets it later, whatever ends or fails in between.

mod faults;
mod killed;
mod table;

use crate::support::ca::Ca;
use crate::support::holder::Holder;
use crate::support::judges::{byte_ranges, pdfsig};
use crate::support::shapes::{self, LF};
use crate::support::tsa::{Mode, Tsa, openssl_ts_verify};
use crate::support::{Ran, run};
use hankod::cms::SignedData;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A person who signs with one TSA, and what is signed.
struct Bench {
    holder: Holder,
    ca: Ca,
    tsa: Tsa,
}

impl Bench {
    /// The TSA does not answer; `a.pdf` is to be signed.
    fn new(more: &str) -> Self {
        let ca = Ca::new("時刻");
        let tsa = Tsa::start(&ca, Mode::Dead);
        let holder = Holder::new("jobs");
        holder.behave(&format!("{more}\n[[tsa]]\nurl = \"{}\"\n", tsa.url()));
        holder.document("a.pdf", &shapes::classic("1.7", LF));
        Self { holder, ca, tsa }
    }

    fn sign(&self, output: &str) -> Ran {
        self.holder
            .sign(&["a.pdf", "-o", output, "--level", "b-t", "--augment-later"])
    }

    /// A signed file that waits for its timestamp.
    fn waiting(more: &str) -> Self {
        let bench = Self::new(more);
        let ran = bench.sign("b.pdf");
        assert!(ran.ok && ran.stdout.contains("without a timestamp yet"), "{ran:?}");
        assert_eq!(bench.tokens("b.pdf"), 0);
        bench
    }

    /// `hankod extend --due`: exit code and report.
    fn due(&self, more: &[&str]) -> (Option<i32>, Value) {
        let ran = run(
            &mut self
                .holder
                .hankod(&[&["--lang", "en", "extend", "--due", "--format", "json"], more].concat()),
            "",
        );
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        (ran.code, report)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.holder.dir.join(name)
    }

    /// Timestamps in the one signature of a file, each good to OpenSSL; the signature is good to pdfsig.
    fn tokens(&self, name: &str) -> usize {
        assert!(pdfsig(&self.path(name))[0].valid, "{name}");
        let pdf = fs::read(self.path(name)).unwrap();
        let [_, before, after, _] = byte_ranges(&pdf)[0];
        let cms = SignedData::parse(&hex::decode(&pdf[before + 1..after - 1]).unwrap()).unwrap();
        let signer = cms.signer().unwrap();
        for token in signer.timestamps() {
            openssl_ts_verify(token, &signer.signature, &self.ca.pem()).unwrap();
        }
        signer.timestamps().count()
    }

    /// State, code of the reason, and file of the only job in a report.
    fn only(report: &Value) -> (&str, Option<&str>, &str) {
        let work = report["work"].as_array().unwrap();
        assert_eq!(work.len(), 1, "{report}");
        let text = |name: &str| work[0][name].as_str().unwrap();
        (text("state"), work[0]["reason"]["code"].as_str(), text("file"))
    }
}

#[test]
fn a_signature_gets_its_timestamp_when_the_authority_is_back() {
    let bench = Bench::waiting("");
    let before = fs::read(bench.path("b.pdf")).unwrap();
    let (code, report) = bench.due(&["--list"]);
    let out = bench.path("b.pdf").display().to_string();
    assert_eq!((code, Bench::only(&report)), (Some(0), ("waiting", None, &*out)));
    assert_eq!(bench.tsa.asked(), 1, "a list asks nobody");

    let (code, report) = bench.due(&[]);
    assert_eq!(
        (code, Bench::only(&report)),
        (Some(69), ("waiting", Some("fetch_no_timestamp"), &*out))
    );
    let place = bench.tsa.url().replace("http://", "").replace("/tsa", "");
    let message = report["work"][0]["reason"]["message"].as_str().unwrap();
    assert!(message.contains(&place) && !message.contains('$'), "{message}");
    assert_eq!(fs::read(bench.path("b.pdf")).unwrap(), before);

    bench.tsa.behave(Mode::Good);
    let (code, report) = bench.due(&[]);
    assert_eq!((code, Bench::only(&report)), (Some(0), ("done", None, &*out)));
    assert_eq!(bench.tokens("b.pdf"), 1);
    // Nothing that was signed has changed: the update went into the room that was left.
    let after = fs::read(bench.path("b.pdf")).unwrap();
    assert_eq!(after.len(), before.len());
    let (code, report) = bench.due(&[]);
    assert_eq!((code, report["work"].as_array().unwrap().len()), (Some(0), 0));

    let kinds = ["job_put", "job_step_done", "job_ended"].map(|kind| bench.holder.count(kind));
    assert_eq!(kinds, [1, 1, 1]);
    let (_, end) = bench
        .holder
        .audit()
        .into_iter()
        .find(|(kind, _)| kind == "job_ended")
        .unwrap();
    assert_eq!((&end["state"], &end["delivered"]), (&"done".into(), &"in_place".into()));
    assert!(bench.holder.leftovers("").is_empty());
}

#[test]
fn without_leave_nothing_goes_out_and_no_work_is_left() {
    let bench = Bench::new("");
    let ran = bench.holder.sign(&["a.pdf", "-o", "b.pdf", "--level", "b-t"]);
    assert!(!ran.ok && ran.stderr.contains("[fetch_no_timestamp]"), "{ran:?}");
    assert!(!bench.path("b.pdf").exists());
    assert_eq!(bench.due(&["--list"]).1["work"], Value::Array(Vec::new()));
    // Where an authority answers, leave changes nothing.
    bench.tsa.behave(Mode::Good);
    let ran = bench.sign("b.pdf");
    assert!(ran.ok && !ran.stdout.contains("without"), "{ran:?}");
    assert_eq!((bench.tokens("b.pdf"), bench.holder.count("job_put")), (1, 0));
}

#[test]
fn a_changed_or_moved_file_is_left_alone_and_told() {
    for moved in [true, false] {
        let bench = Bench::waiting("");
        if moved {
            fs::rename(bench.path("b.pdf"), bench.path("c.pdf")).unwrap();
        } else {
            fs::write(bench.path("b.pdf"), "somebody's work").unwrap();
        }
        bench.tsa.behave(Mode::Good);
        let ran = run(&mut bench.holder.hankod(&["--lang", "en", "extend", "--due"]), "");
        assert!(ran.ok, "{ran:?}");
        assert_eq!(bench.tokens("b.b-t.pdf"), 1);
        match moved {
            true => assert!(!bench.path("b.pdf").exists() && bench.tokens("c.pdf") == 0),
            false => assert_eq!(fs::read(bench.path("b.pdf")).unwrap(), b"somebody's work"),
        }
        let (_, end) = bench
            .holder
            .audit()
            .into_iter()
            .find(|(kind, _)| kind == "job_ended")
            .unwrap();
        assert_eq!(end["delivered"], "beside");
    }
}
