//! The system's Chromium, driven through playwright-core: a scenario in `tests/browser/scenarios` does the clicking, Rust does the judging.
//!
//! Nothing is downloaded and no profile is kept. A scenario returns JSON; what it throws fails the test with the browser's console.

use super::{repository, run};
use serde_json::{Value, json};
use std::process::Command;

/// Runs `tests/browser/scenarios/{scenario}.mjs` with `parameters` and gives what it returns.
pub(crate) fn browse(scenario: &str, parameters: &Value) -> Value {
    let question = json!({ "scenario": format!("{scenario}.mjs"), "parameters": parameters });
    let said = run(
        Command::new("node").arg(repository("tests/browser/run.mjs")),
        &question.to_string(),
    );
    assert!(said.ok, "{scenario}: {}{}", said.stdout, said.stderr);
    serde_json::from_str(&said.stdout).unwrap()
}
