//! Levels with evidence: B-LT and B-LTA when signing and later, by real authorities on loopback, judged by other people's programs.

mod completing;
mod extending;
mod grace;
mod lasting;
mod over_http;
mod renewing;
mod signing;

use crate::support::ahead::days_ahead;
use crate::support::authority::{Authority, Mode};
use crate::support::ca::{self, IssueRequest};
use crate::support::holder::Holder;
use crate::support::judges::{pdfsig, pyhanko_ltv, qpdf_check};
use crate::support::shapes::{self, LF};
use crate::support::tsa::{self, Tsa};
use crate::support::{Ran, run};
use hankod::clock::Timestamp;
use hankod::token::provision::NewKey;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A person, the authority that issued to the person and to the TSA, and the TSA.
pub(crate) struct Scene {
    pub(crate) holder: Holder,
    pub(crate) authority: Authority,
    pub(crate) tsa: Tsa,
    signer: Vec<u8>,
}

impl Scene {
    pub(crate) fn new(mode: Mode) -> Self {
        Self::with_tsa(mode, tsa::Mode::Good)
    }

    pub(crate) fn with_tsa(mode: Mode, tsa: tsa::Mode) -> Self {
        let holder = Holder::without_key("levels");
        let authority = Authority::open(holder.ca(), mode);
        let [ocsp, crl] = authority.urls();
        let request = IssueRequest {
            ocsp_url: Some(&ocsp),
            crl_url: Some(&crl),
            ..IssueRequest::default()
        };
        let signer = holder.add("sign", NewKey::P256, &request);
        authority.knows(&signer);
        let tsa = self::tsa(&holder, &authority, tsa, 1_500);
        holder.document("a.pdf", &contract());
        Self {
            holder,
            authority,
            tsa,
            signer,
        }
    }

    /// The options that name everybody.
    pub(crate) fn sources(&self) -> Vec<String> {
        let words = [
            "--tsa",
            &self.tsa.url(),
            "--trust",
            "root.pem",
            "--allow-private",
            &self.authority.place(),
        ];
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    pub(crate) fn sign(&self, output: &str, level: &str) -> Ran {
        self.sign_with(output, level, &[])
    }

    /// The same with these options besides.
    pub(crate) fn sign_with(&self, output: &str, level: &str, more: &[&str]) -> Ran {
        let words = ["a.pdf", "-o", output, "--level", level, "--format", "json"];
        let mut words: Vec<String> = words.iter().chain(more).map(|word| (*word).to_owned()).collect();
        words.extend(self.sources());
        self.holder.sign(&words)
    }

    /// `hankod extend --due` with nothing but the configuration, so many days from now: exit code and report.
    pub(crate) fn due_after(&self, days: u32, more: &[&str]) -> (Option<i32>, Value) {
        let words = ["--lang", "en", "extend", "--due", "--format", "json"];
        let mut command = days_ahead(&self.holder.hankod(&[&words, more].concat()), days);
        let ran = run(command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1"), "");
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        (ran.code, report)
    }

    /// The same now.
    pub(crate) fn due(&self, more: &[&str]) -> (Option<i32>, Value) {
        self.due_after(0, more)
    }

    /// From now on everybody but us lives so many days ahead.
    fn live(&self, days: u32) {
        self.authority.clock().set(days);
        self.tsa.clock().set(days);
    }

    fn extend(&self, input: &str, output: &str, level: &str) -> Ran {
        let words = [
            "--lang", "en", "extend", input, "-o", output, "--level", level, "--format", "json",
        ];
        let mut words: Vec<String> = words.map(str::to_owned).into();
        words.extend(self.sources());
        run(&mut self.holder.hankod(&words), "")
    }

    /// What pyHanko says of a file in the holder's directory, with all that it needs inside.
    fn judged(&self, name: &str) -> Result<bool, String> {
        self.judged_after(name, 0)
    }

    /// The same so many days from now.
    fn judged_after(&self, name: &str, days: u32) -> Result<bool, String> {
        pyhanko_ltv(&[self.holder.dir.join(name)], &self.holder.root(), days).remove(0)
    }

    /// Every signature of the file is valid to pdfsig, the file to qpdf.
    pub(crate) fn holds(&self, name: &str, signatures: usize) {
        let path = self.holder.dir.join(name);
        let found = pdfsig(&path);
        assert_eq!(found.len(), signatures, "{found:?}");
        // It does not read document timestamps.
        let own: Vec<_> = found.iter().filter(|s| s.subfilter != "unknown").collect();
        assert!(own.len() == 1 && own[0].valid, "{found:?}");
        qpdf_check(&*path).unwrap();
    }

    /// Verdict and level of the first signature by our own verifier, offline.
    pub(crate) fn verified(&self, name: &str) -> (String, String) {
        self.verified_after(name, 0)
    }

    /// The same so many days from now.
    pub(crate) fn verified_after(&self, name: &str, days: u64) -> (String, String) {
        let at = Timestamp::from_system(SystemTime::now()).plus(Duration::from_secs(days * 86_400));
        let at = at.rfc3339();
        let words = ["verify", "--trust", "root.pem", "--format", "json", "--at", &at, name];
        let mut report: Value = serde_json::from_str(&self.holder.run(&words).stdout).unwrap();
        let file = report["files"][0].take();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        (word(&file["verdict"]), word(&file["signatures"][0]["level"]))
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.holder.dir.join(name)).unwrap()
    }
}

/// A TSA by the holder's authority, which answers for it. `days`: until its certificate ends.
pub(crate) fn tsa(holder: &Holder, authority: &Authority, mode: tsa::Mode, days: i64) -> Tsa {
    tsa_with(ca::Kind::P256, holder, authority, mode, days)
}

/// The same with a key of this kind.
fn tsa_with(kind: ca::Kind, holder: &Holder, authority: &Authority, mode: tsa::Mode, days: i64) -> Tsa {
    let [ocsp, crl] = authority.urls();
    let request = IssueRequest {
        subject: &[("C", "JP"), ("O", "試験時刻認証局"), ("CN", "TSA")],
        key_usage: &[ca::DIGITAL_SIGNATURE],
        extended_key_usage: &["1.3.6.1.5.5.7.3.8"],
        extended_key_usage_critical: true,
        ocsp_url: Some(&ocsp),
        crl_url: Some(&crl),
        days: (-1, days),
        ..IssueRequest::default()
    };
    let tsa = Tsa::with_key(kind, holder.ca(), mode, &request);
    authority.knows(tsa.certificate().der());
    tsa
}

fn contract() -> Vec<u8> {
    shapes::classic("1.7", LF)
}

/// The only file of a report.
fn file(ran: &Ran) -> Value {
    assert!(ran.ok, "{ran:?}");
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["files"][0].take()
}

/// State and code of the reason of the only work in a report.
pub(crate) fn only(report: &Value) -> (&str, Option<&str>) {
    let work = report["work"].as_array().unwrap();
    assert_eq!(work.len(), 1, "{report}");
    (work[0]["state"].as_str().unwrap(), work[0]["reason"]["code"].as_str())
}

/// The codes of what is missing.
fn missing(file: &Value) -> Vec<String> {
    let said = file["missing"].as_array().unwrap();
    said.iter()
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

/// The stable name in brackets at the end of what was said.
fn refusal(ran: &Ran) -> String {
    assert!(!ran.ok, "{ran:?}");
    let code = ran
        .stderr
        .trim_end()
        .rsplit_once('[')
        .and_then(|(_, end)| end.strip_suffix(']'));
    code.unwrap_or(&ran.stderr).to_owned()
}

/// Whether the DSS of the file holds an OCSP answer or a list.
fn has_data(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let document = hankod::pdf::Document::open(&bytes, None).unwrap();
    let dss = hankod::pdf::dss::read(&document).unwrap();
    !dss.ocsps.is_empty() || !dss.crls.is_empty()
}
