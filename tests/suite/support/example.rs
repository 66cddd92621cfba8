//! `examples/site` for one test: its server over three contracts, which judges what comes back.

use super::daemon::Daemon;
use super::http::{Part, Request};
use super::{repository, shapes};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What the example offers.
pub(crate) const NAMES: [&str; 3] = ["1-業務委託契約書.pdf", "2-覚書.pdf", "3-注文書.pdf"];

/// The example's server over three contracts; it ends with the test.
pub(crate) struct Example {
    child: Child,
    port: u16,
}

impl Example {
    /// Serves the contracts, and believes what `hankod verify` finds with this root.
    pub(crate) fn start(dir: &Path, root: &Path, daemon: &Daemon) -> Self {
        Self::start_with(dir, root, daemon.port(), &[])
    }

    /// The same for a daemon at `hankod`, with these arguments besides.
    pub(crate) fn start_with(dir: &Path, root: &Path, hankod: u16, more: &[&str]) -> Self {
        let folder = dir.join("contracts");
        std::fs::create_dir(&folder).unwrap();
        for (name, pdf) in NAMES.iter().zip(documents()) {
            std::fs::write(folder.join(name), pdf).unwrap();
        }
        let mut child = Command::new("node")
            .arg(repository("examples/site/site.mjs"))
            .args(["--port", "0", "--hankod", env!("CARGO_BIN_EXE_hankod"), "--folder"])
            .arg(folder)
            .args(["--ports", &hankod.to_string()])
            .args(more)
            .args(["--", "--revocation", "none", "--offline", "--trust"])
            .arg(root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut said).unwrap();
        let port = said.trim().trim_end_matches('/').rsplit(':').next().unwrap();
        let port = port.parse().unwrap();
        Self { child, port }
    }

    /// As browsers of the tests reach it.
    pub(crate) fn origin(&self) -> String {
        format!("http://site.test:{}", self.port)
    }

    /// What its server says of these files.
    pub(crate) fn judged(&self, files: &[Vec<u8>]) -> String {
        let parts = files.iter().map(|content| Part {
            name: "document",
            file_name: Some("a.pdf"),
            content_type: "application/pdf",
            content,
        });
        let parts: Vec<Part<'_>> = parts.collect();
        Request::new("POST", "/signed")
            .multipart(&parts)
            .send(self.port)
            .text()
            .to_owned()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The contracts.
pub(crate) fn documents() -> [Vec<u8>; 3] {
    [
        shapes::classic("1.7", shapes::LF),
        shapes::object_streams(true),
        shapes::classic("1.4", shapes::LF),
    ]
}

/// What its server says when it has got them all.
pub(crate) fn all_signed() -> String {
    NAMES.map(|name| format!("{name}: signed")).join("\n")
}
