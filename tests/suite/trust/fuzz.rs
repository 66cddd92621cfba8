//! Fuzz targets for what an authority says of its certificates: nothing that was changed may still say that one is good.

use super::office::{OCSP_SIGNING, Office};
use crate::support::mutate::der::restructured;
use crate::support::mutate::fuzz;
use hankod::clock::Timestamp;
use hankod::trust::revocation::Status;
use hankod::trust::{Crl, OcspAnswer};
use std::time::SystemTime;

fn is_good(status: &Status) -> bool {
    format!("{status:?}").starts_with("Good")
}

#[test]
fn ocsp() {
    let now = Timestamp::from_system(SystemTime::now());
    let offices = ["V", "R"].map(|state| Office::new(Some(state), OCSP_SIGNING));
    let seeds = offices.each_ref().map(|office| office.answer(None, ""));
    for (seed, expected) in seeds.iter().zip([true, false]) {
        let parsed = OcspAnswer::parse(seed).unwrap();
        let office = &offices[usize::from(!expected)];
        assert_eq!(is_good(&office.judged(&[parsed], &[], now)), expected);
    }
    fuzz("ocsp", &seeds, restructured, |der, from| {
        if let Ok(parsed) = OcspAnswer::parse(der) {
            let good = is_good(&offices[from].judged(&[parsed], &[], now));
            assert!(!good || from == 0, "a revoked certificate became good");
        }
    });
}

#[test]
fn crl() {
    let now = Timestamp::from_system(SystemTime::now());
    let offices = ["V", "R"].map(|state| Office::new(Some(state), OCSP_SIGNING));
    let seeds = offices.each_ref().map(Office::list);
    for (from, seed) in seeds.iter().enumerate() {
        let parsed = Crl::parse(seed).unwrap();
        assert_eq!(is_good(&offices[from].judged(&[], &[parsed], now)), from == 0);
    }
    fuzz("crl", &seeds, restructured, |der, from| {
        if let Ok(parsed) = Crl::parse(der) {
            let good = is_good(&offices[from].judged(&[], &[parsed], now));
            assert!(!good || (from == 0 && der == seeds[0]), "a changed list counts");
        }
    });
}
