//! `hankod sign --level b-t`: a timestamp by a real TSA in the signature, or no file.

use super::{contract, refusal, signed};
use crate::support::ca::Ca;
use crate::support::holder::Holder;
use crate::support::judges::byte_ranges;
use crate::support::tsa::{Mode, Tsa, openssl_ts_verify};
use crate::support::updates::find_last;
use hankod::cms::SignedData;
use std::fs;

/// The signature value in the only signature of `pdf`, and the timestamp tokens over it.
fn timestamps(pdf: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let [_, before, after, _] = byte_ranges(pdf)[0];
    let hex = &pdf[before + 1..after - 1];
    let cms = SignedData::parse(&hex::decode(hex).unwrap()).unwrap();
    let signer = cms.signer().unwrap();
    (
        signer.signature.clone(),
        signer.timestamps().map(<[u8]>::to_vec).collect(),
    )
}

#[test]
fn the_signature_gets_a_timestamp_from_the_first_tsa_that_works() {
    let holder = Holder::new("sign-time");
    holder.document("a.pdf", &contract());
    let ca = Ca::new("時刻");
    for mode in [Mode::Good, Mode::Fractions, Mode::Ber] {
        let (dead, good) = (Tsa::start(&ca, Mode::Dead), Tsa::start(&ca, mode));
        let (dead, good) = (dead.url(), good.url());
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--level", "b-t", "--tsa", &dead, "--tsa", &good]);
        assert!(ran.ok, "{ran:?}");
        let path = holder.dir.join("b.pdf");
        signed(&holder, &path, &contract());
        let (value, tokens) = timestamps(&fs::read(&path).unwrap());
        assert_eq!(tokens.len(), 1);
        openssl_ts_verify(&tokens[0], &value, &ca.pem()).unwrap();
    }
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok && timestamps(&fs::read(holder.dir.join("b.pdf")).unwrap()).1.is_empty());
}

#[test]
fn without_a_timestamp_there_is_no_file_and_the_tsa_is_named() {
    let holder = Holder::new("sign-time");
    holder.document("a.pdf", &contract());
    let ca = Ca::new("時刻");
    let nobody = holder.sign(&["a.pdf", "-o", "b.pdf", "--level", "b-t"]);
    assert_eq!(refusal(&nobody).1, "fetch_no_tsa");
    for mode in [
        Mode::Dead,
        Mode::WrongNonce,
        Mode::WrongImprint,
        Mode::Rejecting,
        Mode::Page,
    ] {
        let tsa = Tsa::start(&ca, mode);
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--level", "b-t", "--tsa", &tsa.url()]);
        assert_eq!(refusal(&ran), (69, "fetch_no_timestamp".to_owned()));
        let place = tsa.url().replace("http://", "").replace("/tsa", "");
        assert!(ran.stderr.contains(&place), "{ran:?}");
        assert!(!holder.dir.join("b.pdf").exists());
    }
    // Nobody is asked for a PIN when it is known before that there will be no timestamp.
    let kinds: Vec<String> = holder.audit().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "login_done").count(), 5);
}

#[test]
fn failures_are_remembered_from_command_to_command() {
    let holder = Holder::new("sign-time");
    holder.document("a.pdf", &contract());
    let tsa = Tsa::start(&Ca::new("時刻"), Mode::Dead);
    for _ in 0..4 {
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--level", "b-t", "--tsa", &tsa.url()]);
        assert_eq!(refusal(&ran).1, "fetch_no_timestamp");
    }
    assert_eq!(tsa.asked(), 3, "after three failures it rests");
}

/// Bytes of the room in /Contents of the first signature, and of what stands in it.
fn room(pdf: &[u8]) -> (usize, usize) {
    let [_, before, after, _] = byte_ranges(pdf)[0];
    let contents = hex::decode(&pdf[before + 1..after - 1]).unwrap();
    let used = contents.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    (contents.len(), used)
}

#[test]
fn room_is_measured_and_a_larger_timestamp_follows_the_signature() {
    let holder = Holder::new("sign-room");
    holder.document("a.pdf", &contract());
    let tsa = Tsa::start(&Ca::new("時刻"), Mode::Alone);
    let url = tsa.url();
    let sign = |output: &str| {
        let ran = holder.sign(&[
            "a.pdf", "-o", output, "--level", "b-t", "--tsa", &url, "--format", "json",
        ]);
        assert!(ran.ok, "{ran:?}");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["files"][0]["level"], "b-t");
        fs::read(holder.dir.join(output)).unwrap()
    };
    let (unmeasured, used) = room(&sign("b.pdf"));
    let (measured, again) = room(&sign("c.pdf"));
    assert!(
        measured < unmeasured && measured < 2 * again && again <= measured,
        "{unmeasured} {used} {measured} {again}"
    );

    tsa.behave(Mode::Crowded);
    let pdf = sign("d.pdf");
    assert!(timestamps(&pdf).1.is_empty() && room(&pdf).0 < unmeasured);
    assert!(find_last(&pdf, b"ETSI.RFC3161").is_some());
    assert_eq!(holder.count("login_done"), 3);
    // It is measured now.
    let pdf = sign("e.pdf");
    assert!(
        timestamps(&pdf).1.len() == 1 && room(&pdf).0 < 2 * room(&pdf).1,
        "{:?}",
        room(&pdf)
    );
}
