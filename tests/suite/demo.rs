//! The demonstration's parts: its token holds two people who can sign, and stays the same when opened again.

use crate::support::dir::TestDir;
use crate::support::http::Request;
use crate::support::judges::{pdfsig, pyhanko, pyhanko_ltv};
use crate::support::run;
use hankod::clock::Timestamp;
use hankod::demo::ca::DemoCa;
use hankod::demo::token::{DemoToken, LABEL};
use hankod::process::Program;
use hankod::token::{Credential, Entry, Fitness, Limits, Tokens};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

#[tokio::test]
async fn the_token_holds_a_person_and_an_organisation_fit_to_sign() {
    let dir = TestDir::new("demo");
    let program = Program::at(env!("CARGO_BIN_EXE_hankod"));
    let now = Timestamp::from_system(SystemTime::now());
    let ca = DemoCa::open(&dir, None, now).unwrap();
    // What an interrupted run left behind.
    std::fs::create_dir_all(dir.join("tokens/half")).unwrap();
    let made = DemoToken::open(&dir, &program, &ca, now).await.unwrap();
    assert!(!dir.join("tokens/half").exists());
    let again = DemoToken::open(&dir, &program, &ca, now).await.unwrap();
    assert_eq!(made, again);

    let entries = entries(&again, &program).await;
    let mut fit: Vec<String> = entries
        .iter()
        .filter(|e| e.fitness(now) == Fitness::Fit)
        .map(name)
        .collect();
    fit.sort();
    assert_eq!(fit, ["甲野太郎(株式会社甲野商事)", "見本市長(見本市)"]);
    let issuer: Vec<&Entry> = entries
        .iter()
        .filter(|e| e.fitness(now) == Fitness::CaCertificate)
        .collect();
    assert_eq!(issuer.len(), 1, "the issuer's certificate goes into every signature");
    assert_eq!(entries.len(), 3);
}

#[test]
fn the_sample_that_a_newcomer_signs_is_good_to_the_judges() {
    let dir = TestDir::new("demo-once");
    let hankod = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.args(["demo", "--once", "--port", "0", "--dir"]).arg(&*dir);
        command
    };
    // A second run takes what the first one made.
    let roots = [(); 2].map(|()| {
        let ran = run(&mut hankod(), "");
        assert!(ran.ok, "{ran:?}");
        assert!(ran.stdout.contains("contract.signed.pdf"), "{ran:?}");
        std::fs::read(dir.join("ca.pem")).unwrap()
    });
    assert_eq!(roots[0], roots[1]);
    // The key under which the sample was signed without a person is void again.
    let mut sites = Command::new(env!("CARGO_BIN_EXE_hankod"));
    sites.args(["site", "list", "--config"]).arg(dir.join("hankod.toml"));
    let sites = run(&mut sites, "");
    assert!(sites.ok && sites.stdout.lines().count() == 2, "{sites:?}");
    assert!(
        sites.stdout.lines().all(|line| line.contains("  unattended  revoked ")),
        "{sites:?}"
    );
    let signed = dir.join("contract.signed.pdf");
    let before = std::fs::read(dir.join("contract.pdf")).unwrap();
    assert!(std::fs::read(&signed).unwrap().starts_with(&before));
    let seen = pdfsig(&*signed);
    // What proves the certificates stands behind the signature.
    assert_eq!((seen.len(), seen[0].valid, seen[0].whole), (1, true, false));
    let judged = pyhanko(&*signed, &dir.join("ca.pem")).unwrap();
    assert!(judged[0].intact && judged[0].valid && judged[0].trusted, "{judged:?}");
    let lasting = pyhanko_ltv(std::slice::from_ref(&signed), &dir.join("ca.pem"), 0);
    assert_eq!(lasting, [Ok(false)], "B-LT");
    let note: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("demo.json")).unwrap()).unwrap();
    assert_eq!(note["signed"], signed.display().to_string());
}

/// The services of the demonstration ended with it: the file proves itself.
#[test]
fn the_sample_keeps_all_that_its_verification_needs() {
    let dir = TestDir::new("demo-verified");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_hankod"));
    demo.args(["demo", "--once", "--port", "0", "--dir"]).arg(&*dir);
    let ran = run(&mut demo, "");
    assert!(ran.ok, "{ran:?}");
    let verify = |anchors: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.args(["verify", "--offline", "--format", "json", "--trust"]);
        let judged = run(command.arg(anchors).arg(dir.join("contract.signed.pdf")), "");
        let report: serde_json::Value = serde_json::from_str(&judged.stdout).unwrap();
        (judged.ok, report["files"][0]["signatures"][0]["level"].clone())
    };
    assert_eq!(verify(&dir.join("ca.pem")), (true, "B-LT".into()));
    assert!(
        !verify(&dir.join("tsa.pem")).0,
        "an anchor that the signer does not lead to"
    );
}

#[test]
fn whoever_has_the_demonstrations_address_is_named() {
    let dir = TestDir::new("demo-taken");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::fs::write(dir.join("address.txt"), &address).unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_hankod"));
    demo.args(["demo", "--once", "--port", "0", "--dir"]).arg(&*dir);
    let ran = run(&mut demo, "");
    assert!(!ran.ok && ran.stderr.contains(&address), "{ran:?}");
    assert!(ran.stderr.trim_end().ends_with("[demo_address_taken]"), "{ran:?}");
    assert!(!dir.join("ca.pem").exists());
}

/// Beside the daemon runs a site of another origin; it ends with the demonstration.
#[test]
fn the_demonstration_has_a_contract_site_to_try() {
    let dir = TestDir::new("demo-site");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_hankod"));
    demo.args(["--lang", "en", "demo", "--port", "0", "--dir"]).arg(&*dir);
    let mut child = demo.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let site = lines
        .map(|line| line.unwrap())
        .find_map(|line| Some(line.strip_prefix("A contract site to try it with: ")?.to_owned()))
        .unwrap();
    let port = site.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    let offer = Request::new("GET", "/offer.json").send(port);
    assert_eq!(
        (offer.status, &offer.json()["names"]),
        (200, &serde_json::json!(["contract.pdf"]))
    );
    let pid = i32::try_from(child.id()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the site outlived the demonstration"
    );
}

async fn entries(token: &DemoToken, program: &Program) -> Vec<Entry> {
    let tokens = Tokens::new(program, vec![token.spec()], Limits::default());
    let listing = tokens.list().await;
    let info = listing.tokens().find(|t| t.token.label == LABEL).unwrap();
    let pin = hankod::secret::Pin::new(std::fs::read(Path::new(&token.pin_file)).unwrap()).unwrap();
    let login = tokens.login(&info.token, Credential::Pin(pin)).await.unwrap();
    let entries = login.objects().await.unwrap();
    login.logout().await.unwrap();
    tokens.stop().await;
    entries
}

fn name(entry: &Entry) -> String {
    let certificate = entry.certificate.readable().unwrap();
    certificate.subject().display()
}
