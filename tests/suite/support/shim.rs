//! The misbehaving module `data/shim.c`, compiled into the test's folder and put before SoftHSM.

use super::softhsm::Softhsm;
use super::{repository, run};
use hankod::token::ModuleSpec;
use std::path::Path;
use std::process::Command;

/// The shim before `softhsm`, with its orders.
pub(crate) fn shim(dir: &Path, softhsm: &Softhsm, orders: &[(&str, &str)]) -> ModuleSpec {
    let library = dir.join("shim.so");
    if !library.exists() {
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-std=gnu11", "-w", "-o"]).arg(&library);
        let compiled = run(cc.arg(repository("tests/suite/data/shim.c")), "");
        assert!(compiled.ok, "{}", compiled.stderr);
    }
    let mut spec = softhsm.spec();
    spec.path = library;
    spec.env.push(("SHIM_MODULE".into(), softhsm.module().into()));
    spec.env.push(("SHIM_LOG".into(), dir.join("logins").into()));
    let orders = orders.iter().map(|(name, value)| (name.into(), value.into()));
    spec.env.extend(orders);
    spec
}

/// One letter a login, as `shim.c` explains.
pub(crate) fn logins(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("logins")).unwrap_or_default()
}
