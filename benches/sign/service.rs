//! `hankod serve` as a service under measurement: started as an administrator would, asked over HTTP as a program would.
//!
//! Its cost is read from the system, for the daemon and its workers together; what the client spends is not its cost.

use super::measure::Cost;
use super::setup::{Bench, LABEL, run};
use nix::sys::signal::{Signal, kill};
use nix::time::ClockId;
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The port that the configuration names; one run at a time uses the folder.
const ADDRESS: &str = "127.0.0.1:10895";
/// The name under which the bench may sign.
const PROGRAM: &str = "bench";
/// Separates the parts of a form; no input holds it.
const BOUNDARY: &str = "hankod-bench-4f1c8e02b7";
/// No answer takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that serves, with its program's key.
pub(crate) struct Service {
    daemon: Child,
    key: String,
    /// From its start until it told that it is ready.
    pub(crate) ready_ms: f64,
}

/// A connection that is kept: the daemon asks the system once a connection who holds its other end.
struct Connection {
    stream: BufReader<TcpStream>,
    key: String,
}

impl Service {
    /// Starts the daemon over the bench's token, with the TSA at this address, and waits until it is ready.
    pub(crate) fn start(bench: &Bench, tsa: Option<&str>) -> Self {
        let config = bench.dir.join("hankod.toml");
        fs::write(&config, settings(bench, tsa)).unwrap();
        let key = program_key(&config);
        let socket = bench.dir.join("notify");
        fs::remove_file(&socket).ok();
        let notified = UnixDatagram::bind(&socket).unwrap();
        notified.set_read_timeout(Some(PATIENCE)).unwrap();
        let began = Instant::now();
        let daemon = hankod(&config)
            .arg("serve")
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        notified.recv(&mut [0; 256]).unwrap();
        let ready_ms = began.elapsed().as_secs_f64() * 1e3;
        Self { daemon, key, ready_ms }
    }

    /// Signs `times` copies of `input` with one request at this level, and fetches every result over the same connection.
    pub(crate) fn sign(&self, input: &[u8], times: usize, level: &str) {
        let mut connection = self.connect();
        let certificate = connection.json("GET", "/v1/certificates", &[])[0]["select"].clone();
        let documents: Vec<Value> = (1..=times).map(|n| json!({ "name": format!("{n}.pdf") })).collect();
        let manifest = json!({ "sign": { "certificate": certificate, "level": level }, "documents": documents });
        let view = connection.json("POST", "/v1/signings", &form(&manifest, input, times));
        assert_eq!(view["state"], "done", "{view:#}");
        for document in view["documents"].as_array().unwrap() {
            let signed = connection.call("GET", document["signed"].as_str().unwrap(), &[]);
            assert!(signed.starts_with(input) && signed.len() > input.len());
        }
    }

    /// Has the daemon look at its token, which starts the token's worker.
    pub(crate) fn look(&self) {
        let certificates = self.connect().json("GET", "/v1/certificates", &[]);
        assert_eq!(certificates.as_array().unwrap().len(), 1);
    }

    /// CPU time and resident memory of daemon and workers until now.
    pub(crate) fn cost(&self) -> Cost {
        let daemon = i32::try_from(self.daemon.id()).unwrap();
        let family = || [daemon].into_iter().chain(children(daemon));
        Cost {
            cpu_ms: family().map(cpu_ms).sum(),
            rss_mib: family().map(rss_mib).sum(),
        }
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(ADDRESS).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection {
            stream: BufReader::new(stream),
            key: self.key.clone(),
        }
    }
}

impl Connection {
    fn json(&mut self, method: &str, path: &str, body: &[u8]) -> Value {
        serde_json::from_slice(&self.call(method, path, body)).unwrap()
    }

    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {ADDRESS}\r\nAuthorization: Bearer {}\r\n\
             Prefer: wait={}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
            self.key,
            PATIENCE.as_secs(),
            body.len()
        );
        self.stream
            .get_mut()
            .write_all(&[head.as_bytes(), body].concat())
            .unwrap();
        let mut lines = (&mut self.stream).lines().map(Result::unwrap);
        let status = lines.next().unwrap();
        let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let length = headers.iter().find_map(|h| h.strip_prefix("content-length: "));
        let mut content = vec![0; length.unwrap().parse().unwrap()];
        self.stream.read_exact(&mut content).unwrap();
        assert!(
            status.contains(" 2"),
            "{path}: {status}: {}",
            String::from_utf8_lossy(&content)
        );
        content
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        kill(Pid::from_raw(i32::try_from(self.daemon.id()).unwrap()), Signal::SIGTERM).unwrap();
        self.daemon.wait().unwrap();
    }
}

fn hankod(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
    command.arg("--config").arg(config);
    command
}

fn settings(bench: &Bench, tsa: Option<&str>) -> String {
    let quoted = |path: PathBuf| Value::String(path.display().to_string()).to_string();
    let tsa = tsa.map_or_else(String::new, |url| format!("\n[[tsa]]\nurl = \"{url}\"\n"));
    format!(
        "state_dir = {}\nlisten = \"{ADDRESS}\"\n\n[[module]]\npath = {}\nenv = {{ SOFTHSM2_CONF = {} }}\n\n\
         [[token]]\nlabel = \"{LABEL}\"\npin_file = {}\n{tsa}",
        quoted(bench.dir.join("serve")),
        quoted(bench.module.clone()),
        quoted(bench.token_conf.clone()),
        quoted(bench.pin_file.clone()),
    )
}

fn program_key(config: &Path) -> String {
    let said = run(hankod(config).args(["site", "allow", "--program", PROGRAM, "--unattended"]));
    said.trim().to_owned()
}

fn form(manifest: &Value, document: &[u8], times: usize) -> Vec<u8> {
    let part = |name: &str, kind: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n")
    };
    let mut form = part("manifest", "application/json") + &manifest.to_string();
    form += "\r\n";
    let mut form = form.into_bytes();
    for _ in 0..times {
        form.extend_from_slice(part("document", "application/pdf").as_bytes());
        form.extend_from_slice(document);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    form
}

fn children(of: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{of}/task")).unwrap();
    let listed = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default());
    let numbers = |list: String| {
        list.split_whitespace()
            .map(|n| n.parse().unwrap())
            .collect::<Vec<i32>>()
    };
    listed.flat_map(numbers).collect()
}

fn cpu_ms(process: i32) -> f64 {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(process)).unwrap();
    Duration::from(clock.now().unwrap()).as_secs_f64() * 1e3
}

fn rss_mib(process: i32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}
