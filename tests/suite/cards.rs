//! Virtual readers and cards: what PC/SC, OpenSC and hankod itself make of them.

mod beside;
mod care;
mod faults;
mod jpki;
mod modules;
mod piv;
mod readers;
mod site;
mod soak;
mod watch;

use crate::support::Ran;
use crate::support::cards::{Bearer, Card};
use crate::support::judges::{openssl_cms_verify, pdfsig};
use std::path::Path;

/// Exit code and the stable name in brackets at the end of what was said on standard error.
fn refusal(ran: &Ran) -> (i32, String) {
    assert_eq!(ran.stdout, "", "{ran:?}");
    let said = ran.stderr.trim_end().rsplit_once('[');
    let code = said.and_then(|(_, end)| end.strip_suffix(']'));
    (ran.code.unwrap(), code.unwrap_or(&ran.stderr).to_owned())
}

/// The file bears one good signature under the bearer's root.
fn signed(bearer: &Bearer, path: &Path) {
    let found: Vec<_> = pdfsig(path).into_iter().filter(|s| !s.subfilter.is_empty()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].valid && found[0].whole, "{found:?}");
    openssl_cms_verify(path, 0, &bearer.dir.join("root.pem"), &bearer.dir).unwrap();
}

/// Nobody else can use what a PIN has opened: the card itself says so, and it refuses a program that asks for a signature without a login.
fn closed(bearer: &Bearer, card: &Card, raw: &[&str]) {
    assert!(!card.unlocked(), "a login is left on the card");
    assert_eq!(refused_raw(bearer, raw), 1);
}

/// How many of these APDUs, sent by another program, the card in the first reader refuses with 6982.
fn refused_raw(bearer: &Bearer, raw: &[&str]) -> usize {
    let mut arguments = vec!["--reader", "0", "--card-driver", "default"];
    raw.iter().for_each(|apdu| arguments.extend(["--send-apdu", apdu]));
    let said = bearer.tool("opensc-tool", &arguments);
    said.stdout.matches("SW1=0x69, SW2=0x82").count()
}
