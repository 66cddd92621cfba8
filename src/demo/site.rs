//! The example site beside the demonstration, where Node.js is there to run it. It is another origin, so a browser treats it as any contract site.
//!
//! Its files are those of `examples/site`, written into the demonstration's folder in the same order.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::DemoError;
use super::files::write;

const FILES: [(&str, &str); 3] = [
    ("examples/site/site.mjs", include_str!("../../examples/site/site.mjs")),
    (
        "examples/site/index.html",
        include_str!("../../examples/site/index.html"),
    ),
    ("src/console/hankod.js", include_str!("../console/hankod.js")),
];
/// How long Node.js may take to say where the site is.
const READY_DEADLINE: Duration = Duration::from_secs(20);

/// The site while it runs; it ends with this value.
pub(super) struct Site {
    /// Where a browser finds it.
    pub(super) address: String,
    _child: Child,
}

impl Site {
    /// Starts the site at `port` (0: a free one), with the sample contract of `dir` on offer, for the daemon at `desk`. `None` where there is no Node.js, or where it
    /// does not come up; the demonstration goes on without.
    ///
    /// # Errors
    /// When its files cannot be written.
    pub(super) async fn start(dir: &Path, port: u16, desk: SocketAddr) -> Result<Option<Self>, DemoError> {
        let root = dir.join("site");
        for (name, text) in FILES {
            let path = root.join(name);
            let folder = path.parent().unwrap_or(&root);
            std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, &e))?;
            write(&path, 0o600, text.as_bytes())?;
        }
        let contracts = root.join("contracts");
        std::fs::create_dir_all(&contracts).map_err(|e| DemoError::file(&contracts, &e))?;
        let (from, to) = (dir.join("contract.pdf"), contracts.join("contract.pdf"));
        std::fs::copy(&from, &to).map_err(|e| DemoError::file(&to, &e))?;
        let program = std::env::current_exe().map_err(|e| DemoError::file(Path::new("hankod"), &e))?;
        let mut node = Command::new("node");
        node.arg(root.join(FILES[0].0))
            .arg("--folder")
            .arg(contracts)
            .arg("--hankod")
            .arg(program);
        node.args(["--port", &port.to_string(), "--ports", &desk.port().to_string()]);
        node.args(["--", "--offline", "--revocation", "none", "--trust"])
            .arg(dir.join("ca.pem"));
        let started = node
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let Ok(mut child) = started else { return Ok(None) };
        let Some(said) = child.stdout.take() else {
            return Ok(None);
        };
        let mut lines = BufReader::new(said).lines();
        match tokio::time::timeout(READY_DEADLINE, lines.next_line()).await {
            Ok(Ok(Some(address))) => Ok(Some(Self { address, _child: child })),
            _ => {
                log::warn!(code = "demo_site_absent"; "the example site did not start; another program may hold its port");
                Ok(None)
            }
        }
    }
}
