//! `hankod verify` and `POST /v1/verify` as people and pages use them: anchors, clocks, revocation data fetched or not, exit codes.

use crate::support::ca::Kind;
use crate::support::desk::Desk;
use crate::support::dir::TestDir;
use crate::support::holder::Holder;
use crate::support::http::Request;
use crate::support::lifetime::World;
use crate::support::pki::{Entity, List, at, time};
use crate::support::responder::Responder;
use crate::support::shapes;
use crate::support::signer::SoftSigner;
use crate::support::updates::{stream, update};
use openssl::x509::X509;
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CLOCK: &str = "2026-05-04T00:00:00Z";

/// A folder with a file, its root, and a server that answers for the root's list.
struct Bench {
    dir: TestDir,
    place: String,
    asked: Arc<AtomicUsize>,
}

impl Bench {
    /// `list`: what the server gives.
    fn new(make: impl FnOnce(&World) -> Vec<u8>, list: impl FnOnce(&World) -> Vec<u8>) -> Self {
        let responder = Responder::bind();
        let place = format!("127.0.0.1:{}", responder.port());
        let world = World::naming(Some(&format!("http://{place}/root.crl")));
        let dir = TestDir::new("verify");
        std::fs::write(dir.join("hankod.toml"), "lang = \"ja\"\n").unwrap();
        std::fs::write(dir.join("root.pem"), pem(world.anchor.der())).unwrap();
        std::fs::write(dir.join("契約書.pdf"), make(&world)).unwrap();
        let list = list(&world);
        let asked = responder.start(Box::new(move |_| (200, list.clone())));
        Self { dir, place, asked }
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.arg("verify").arg(self.dir.join("契約書.pdf")).args(more);
        command.arg("--config").arg(self.dir.join("hankod.toml"));
        command.arg("--state").arg(self.dir.join("state"));
        command.current_dir(&*self.dir);
        command
    }

    /// Exit code and report.
    fn json(&self, more: &[&str]) -> (i32, Value) {
        let output = self
            .command(more)
            .args(["--at", CLOCK, "--format", "json"])
            .output()
            .unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code().unwrap(), report)
    }

    /// Exit code, and why the first signature did not pass.
    fn why(&self, more: &[&str]) -> (i32, Value) {
        let (code, report) = self.json(more);
        (code, report["files"][0]["signatures"][0]["sub_indication"].clone())
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn pem(der: &[u8]) -> Vec<u8> {
    X509::from_der(der).unwrap().to_pem().unwrap()
}

fn stamped(world: &World) -> Vec<u8> {
    let signed = world.sign(&shapes::plain().remove(0).bytes);
    world.stamp(&signed, &world.tsa, "2026-05-01T00:01:00Z")
}

fn good(world: &World) -> Vec<u8> {
    world.list("2026-05-02T00:00:00Z", &[])
}

#[test]
fn missing_revocation_data_is_fetched_where_that_is_allowed() {
    let bench = Bench::new(stamped, good);
    let trust = ["--trust", "root.pem"];
    assert_eq!(bench.why(&trust), (2, "TRY_LATER".into()));
    assert_eq!(
        bench.asked(),
        0,
        "an address in a certificate led into the private network"
    );
    let allowed = ["--trust", "root.pem", "--allow-private", &bench.place];
    assert_eq!(
        bench.why(&[&allowed[..], &["--offline"]].concat()),
        (2, "TRY_LATER".into())
    );
    assert_eq!(bench.asked(), 0, "--offline asked");
    let (code, report) = bench.json(&allowed);
    assert_eq!(
        (code, &report["files"][0]["verdict"]),
        (0, &"TOTAL-PASSED".into()),
        "{report:#}"
    );
    assert!(bench.asked() > 0);
    let one = &report["files"][0]["signatures"][0];
    assert_eq!(one["level"], "B-T", "what was fetched does not stand in the file");
    assert_eq!(
        (&one["revocation"][0]["source"], &one["revocation"][0]["status"]),
        (&"crl".into(), &"good".into())
    );
    assert_eq!(
        bench.why(&["--trust", "root.pem", "--offline", "--revocation", "if-present"]),
        (0, Value::Null)
    );
    assert_eq!(
        bench.why(&["--trust", "root.pem", "--offline", "--revocation", "none"]),
        (0, Value::Null)
    );
}

#[test]
fn what_could_not_be_fetched_is_told() {
    let bench = Bench::new(stamped, good);
    let codes = |report: &Value| -> Vec<String> {
        let findings = report["files"][0]["signatures"][0]["findings"]
            .as_array()
            .unwrap()
            .clone();
        let mut codes: Vec<String> = findings
            .iter()
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect();
        // Of the signer, and of the TSA.
        codes.dedup();
        codes
    };
    let trust = ["--trust", "root.pem"];
    let (_, offline) = bench.json(&[&trust[..], &["--offline"]].concat());
    assert_eq!(codes(&offline), ["trust_revocation_missing"]);
    assert_eq!(offline["files"][0]["not_fetched"], serde_json::json!([]));
    let (_, online) = bench.json(&trust);
    assert_eq!(codes(&online), ["trust_revocation_not_had"]);
    let address = format!("http://{}/root.crl", bench.place);
    let not_fetched = &online["files"][0]["not_fetched"];
    let told = format!("取得できませんでした: {address}(net_private_address)");
    assert_eq!(
        *not_fetched,
        serde_json::json!([{ "address": address, "cause": "net_private_address", "message": told }])
    );
    let told = bench.command(&["--trust", "root.pem", "--at", CLOCK]).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains(&address) && !told.contains("ネットワークにつながる"),
        "{told}"
    );
}

#[test]
fn roots_on_tokens_are_anchors_where_the_configuration_says_so() {
    let holder = Holder::new("verify-roots");
    holder.add_root();
    holder.document("a.pdf", &shapes::plain().remove(0).bytes);
    let signed = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(signed.ok, "{signed:?}");
    let verdict = || {
        let words = [
            "verify",
            "--offline",
            "--revocation",
            "none",
            "--format",
            "json",
            "b.pdf",
        ];
        let report: Value = serde_json::from_str(&holder.run(&words).stdout).unwrap();
        report["files"][0]["verdict"].clone()
    };
    assert_eq!(verdict(), "INDETERMINATE");
    holder.behave("[trust]\ntokens = true\n");
    assert_eq!(verdict(), "TOTAL-PASSED");
}

#[test]
fn a_fetched_revocation_is_believed_and_a_liar_is_not() {
    let revoked = Bench::new(stamped, |world| {
        world.list("2026-05-02T00:00:00Z", &[(2, "2026-04-01T00:00:00Z", Some(1))])
    });
    let allowed = ["--trust", "root.pem", "--allow-private", &revoked.place];
    assert_eq!(revoked.why(&allowed), (2, "REVOKED_NO_POE".into()));
    let liar = Bench::new(stamped, |world| {
        let mut list = List::new();
        (list.this_update, list.next_update) = (at("2026-05-02T00:00:00Z"), time(at("2026-06-01T00:00:00Z")));
        let other = Entity {
            name: world.root.name.clone(),
            ..Entity::new(&[], "x")
        };
        list.by(&other)
    });
    let allowed = ["--trust", "root.pem", "--allow-private", &liar.place];
    assert_eq!(liar.why(&allowed), (2, "TRY_LATER".into()));
    let broken = Bench::new(stamped, |_| b"<html>".to_vec());
    let allowed = ["--trust", "root.pem", "--allow-private", &broken.place];
    assert_eq!(broken.why(&allowed), (2, "TRY_LATER".into()));
}

#[test]
fn anchors_come_from_files_folders_and_the_configuration() {
    let bench = Bench::new(|world| world.store(&stamped(world), &[good(world)]), good);
    assert_eq!(bench.why(&["--offline"]), (2, "NO_CERTIFICATE_CHAIN_FOUND".into()));
    let other = World::new();
    std::fs::create_dir(bench.dir.join("anchors")).unwrap();
    assert_eq!(bench.json(&["--trust", "anchors"]).0, 1, "an empty folder");
    std::fs::write(bench.dir.join("anchors/other.crt"), other.anchor.der()).unwrap();
    std::fs::write(bench.dir.join("anchors/README.txt"), "no certificate").unwrap();
    assert_eq!(
        bench.why(&["--offline", "--trust", "anchors"]),
        (2, "CERTIFICATE_CHAIN_GENERAL_FAILURE".into())
    );
    std::fs::copy(bench.dir.join("root.pem"), bench.dir.join("anchors/root.pem")).unwrap();
    assert_eq!(bench.why(&["--offline", "--trust", "anchors"]).0, 0);
    let config = |text: &str| std::fs::write(bench.dir.join("hankod.toml"), text).unwrap();
    config("[trust]\nanchors = [\"root.pem\"]\n");
    assert_eq!(bench.why(&["--offline"]).0, 0);
    config("[trust]\nsigners = [\"root.pem\"]\n");
    let (code, report) = bench.json(&["--offline"]);
    let one = &report["files"][0]["signatures"][0];
    assert_eq!((code, &one["timestamps"][0]["trusted"]), (0, &false.into()));
    assert_eq!(one["best_signature_time"], Value::Null);
    assert_eq!(
        bench.json(&["--offline", "--trust", "anchors/other.crt"]).0,
        2,
        "--trust replaces the configuration's"
    );
    std::fs::write(
        bench.dir.join("bad.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let output = bench.command(&["--trust", "bad.pem"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("bad.pem"), "{told}");
    assert_eq!(
        bench
            .command(&["--trust", "nothing.pem"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(66)
    );
    assert_eq!(
        bench.command(&["--at", "yesterday"]).output().unwrap().status.code(),
        Some(64)
    );
}

#[test]
fn the_first_line_is_for_people() {
    let bench = Bench::new(|world| world.store(&stamped(world), &[good(world)]), good);
    let told = |more: &[&str], at: &str| {
        let output = bench.command(more).args(["--at", at, "--offline"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let passed = told(&["--trust", "root.pem"], CLOCK);
    assert!(passed.starts_with("契約書.pdf: 有効:"), "{passed}");
    assert!(
        passed.contains("タイムスタンプ: 2026-05-01T00:01:00Z") && passed.contains("TOTAL-PASSED / B-LT"),
        "{passed}"
    );
    let open = told(&["--trust", "root.pem"], "2031-06-01T00:00:00Z");
    assert!(
        open.starts_with("契約書.pdf: 確認できない点があります:") && open.contains("Signer"),
        "{open}"
    );
    let english = told(&["--trust", "root.pem", "--lang", "en"], CLOCK);
    assert!(english.starts_with("契約書.pdf: Valid:"), "{english}");
}

#[test]
fn a_known_program_gets_the_report_over_http() {
    let signer = SoftSigner::new(Kind::P256);
    let file = signer
        .sign(&shapes::plain().remove(0).bytes, None, &signer.request())
        .unwrap();
    let dir = TestDir::new("verify-http");
    std::fs::write(dir.join("leaf.der"), signer.certificate().der()).unwrap();
    let anchors = format!("[trust]\nsigners = [{:?}]\n", dir.join("leaf.der"));
    let desk = Desk::new("verify-http", &[])
        .configured(&anchors)
        .configured("[limits]\nmax_document_bytes = 200000\n");
    let key = desk.program_key();
    let daemon = desk.serve();
    let ask = |path: &str| Request::new("POST", path).header("Accept-Language", "ja");
    let bearer = format!("Bearer {key}");
    let known = |path: &str| ask(path).header("Authorization", &bearer);
    let verdict = |bytes: &[u8]| {
        let answer = known("/v1/verify?offline=true")
            .body("application/pdf", bytes)
            .send(daemon.port());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let file = answer.json()["files"][0].clone();
        (
            file["verdict"].clone(),
            file["headline"]["ja"].as_str().unwrap().to_owned(),
        )
    };
    let (passed, words) = verdict(&file);
    assert!(passed == "TOTAL-PASSED" && words.starts_with("有効"), "{words}");
    let mut altered = file.clone();
    altered[20] ^= 1;
    assert_eq!(verdict(&altered).0, "TOTAL-FAILED");
    assert_eq!(verdict(b"no PDF at all").0, "INDETERMINATE");
    let status = |request: Request| request.send(daemon.port()).status;
    assert_eq!(status(ask("/v1/verify").body("application/pdf", file.clone())), 401);
    assert_eq!(status(known("/v1/verify").body("text/plain", file.clone())), 415);
    assert_eq!(
        status(known("/v1/verify?trust=x").body("application/pdf", file.clone())),
        400
    );
    assert_eq!(
        status(known("/v1/verify").body("application/pdf", vec![0; 200_001])),
        413
    );
    assert!(desk.uploads().is_empty(), "{:?}", desk.uploads());
}

/// A signed file of exactly so many bytes.
fn sized(signer: &SoftSigner, bytes: usize) -> Vec<u8> {
    let plain = shapes::plain().remove(0).bytes;
    let mut filling = bytes / 2;
    for _ in 0..10 {
        let larger = update(&plain, &[(90, &stream(&"x".repeat(filling)))]);
        let signed = signer.sign(&larger, None, &signer.request()).unwrap();
        if signed.len() == bytes {
            return signed;
        }
        filling = filling + bytes - signed.len();
    }
    panic!("no file of {bytes} bytes");
}

#[test]
fn an_upload_of_any_size_is_judged_by_every_byte_of_it() {
    let signer = SoftSigner::new(Kind::P256);
    let dir = TestDir::new("verify-sizes");
    let anchors = format!("[trust]\nanchors = [{:?}]\n", signer.root(&dir));
    let desk = Desk::new("verify-sizes", &[]).configured(&anchors);
    let key = desk.program_key();
    let daemon = desk.serve();
    let verdict = |bytes: &[u8]| {
        let request = Request::new("POST", "/v1/verify?offline=true").header("Authorization", &format!("Bearer {key}"));
        let answer = request.body("application/pdf", bytes).send(daemon.port()).json();
        let file = &answer["files"][0];
        assert_eq!(file["sha256"], hex::encode(openssl::sha::sha256(bytes)));
        (file["verdict"].clone(), file["signatures"][0]["intact"].clone())
    };
    // What is read at a time, and marks of the digest that is carried on.
    for bytes in [65_535, 65_536, 65_537, 131_073, 1_048_577, 2_500_000] {
        let mut file = sized(&signer, bytes);
        // Without revocation data nothing passes.
        assert_eq!(verdict(&file), ("INDETERMINATE".into(), true.into()), "{bytes}");
        let near = [40_000, 65_534, 65_536, 131_072, 1_048_576, bytes - 20_000];
        for at in near.into_iter().filter(|at| *at <= bytes - 20_000) {
            file[at] ^= 1;
            assert_eq!(verdict(&file), ("TOTAL-FAILED".into(), false.into()), "{bytes}, {at}");
            file[at] ^= 1;
        }
    }
}
