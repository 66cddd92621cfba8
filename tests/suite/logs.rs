//! The log's promise: every code in it is explained.

use crate::support::repository;
use std::path::Path;

#[test]
fn every_log_code_is_documented() {
    let page = std::fs::read_to_string(repository("docs/log-codes.md")).unwrap();
    let mut codes = Vec::new();
    collect(&repository("src"), &mut codes);
    assert!(codes.contains(&"audit_head".to_owned()), "the test sees no codes");
    for code in codes {
        assert!(
            page.contains(&format!("| `{code}` |")),
            "`{code}` does not stand in docs/log-codes.md"
        );
    }
}

/// Every literal `code = "..."` within a logging macro.
fn collect(dir: &Path, codes: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, codes);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            for record in text.split("log::").skip(1) {
                let head = record.split(';').next().unwrap();
                let literal = head.split("code = \"").nth(1).and_then(|rest| rest.split('"').next());
                codes.extend(literal.map(str::to_owned));
            }
        }
    }
}
