//! A timestamp that could not be had: the signed file is there at once, and the complete one later under the same address.

use super::{Bench, pdf};
use crate::support::ca::Ca;
use crate::support::desk::PIN;
use crate::support::judges::byte_ranges;
use crate::support::pinentry::Answer;
use crate::support::tsa::{Mode, Tsa};
use hankod::cms::SignedData;

fn tokens(pdf: &[u8]) -> usize {
    let [_, before, after, _] = byte_ranges(pdf)[0];
    let cms = SignedData::parse(&hex::decode(&pdf[before + 1..after - 1]).unwrap()).unwrap();
    cms.signer().unwrap().timestamps().count()
}

#[test]
fn the_same_address_gives_the_complete_file_once_an_authority_answered() {
    let tsa = Tsa::start(&Ca::new("時刻"), Mode::Dead);
    let tables = format!("[[tsa]]\nurl = \"{}\"\n", tsa.url());
    let bench = Bench::new(&[Answer::Pin(PIN)], &tables);
    let mut manifest = bench.manifest(&["契約書.pdf"]);
    manifest["sign"]["level"] = "b-t".into();
    manifest["sign"]["augment_later"] = true.into();
    let id = bench.signed(&bench.upload(&manifest, &[pdf()]));
    let fetch = || bench.get(&format!("/v1/signings/{id}/documents/1")).body;
    assert_eq!(tokens(&fetch()), 0);
    tsa.behave(Mode::Good);
    let due = bench.desk.hankod(&["extend", "--due"]);
    assert!(due.status.success(), "{due:?}");
    assert_eq!(tokens(&fetch()), 1);
    assert_eq!(bench.desk.happened("job_ended"), 1);
}
