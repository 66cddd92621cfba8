//! The largest inputs: offsets that need more than 32 bits, the limit of 4 GiB and, in `make soak`, the end of what a table's ten digits reach.
//!
//! The files are one hole with a PDF around it, so they cost time to hash and hardly any disk. `HANKOD_SOAK` adds the sizes and judges that take minutes.

use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::holder::Holder;
use crate::support::http::{Part, Request, Response, begin_with};
use crate::support::judges::{mutool, pdfsig, qpdf_check};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use crate::support::{Ran, run};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

const GIB: u64 = 1 << 30;
/// The default of `max_document_bytes`.
const LIMIT: u64 = 4 * GIB;
/// First offset that a table cannot say.
const TEN_DIGITS: u64 = 10_000_000_000;
/// What a signing may hold in memory, whatever the size of its document. A debug build is the larger one.
const MAX_RSS_KIB: u64 = 96 * 1024;
/// Longest file of which mutool reads every offset.
const MUTOOL_REACH: u64 = (1 << 31) - 1;
/// As a careful administrator, or a system with little memory, sets it.
const FEW_FILES: u64 = 256;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Xref {
    Table,
    Stream,
}

/// A one-page PDF of exactly `bytes` at `path`, nearly all of it a hole in a stream that no page shows.
fn hollow(path: &Path, bytes: u64, xref: Xref) {
    let mut hole = bytes - 2_000;
    loop {
        let written = write(path, hole, xref);
        match written == bytes {
            true => return,
            false => hole = hole + bytes - written,
        }
    }
}

/// Writes it with this hole; gives its length.
fn write(path: &Path, hole: u64, xref: Xref) -> u64 {
    let mut file = File::create(path).unwrap();
    let mut offsets = Vec::new();
    let mut put = |file: &mut File, text: &str| {
        offsets.push(file.stream_position().unwrap());
        file.write_all(text.as_bytes()).unwrap();
    };
    file.write_all(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n").unwrap();
    put(&mut file, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    put(&mut file, "2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n");
    put(
        &mut file,
        "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>\nendobj\n",
    );
    put(&mut file, &format!("4 0 obj\n<</Length {hole}>>\nstream\n"));
    file.seek(SeekFrom::Current(hole.cast_signed())).unwrap();
    file.write_all(b"\nendstream\nendobj\n").unwrap();
    put(&mut file, "5 0 obj\n<</Title(Contract)>>\nendobj\n");
    let at = file.stream_position().unwrap();
    let trailer = "/Root 1 0 R/Info 5 0 R";
    match xref {
        Xref::Table => {
            file.write_all(b"xref\n0 6\n0000000000 65535 f \n").unwrap();
            for offset in offsets {
                file.write_all(format!("{offset:010} 00000 n \n").as_bytes()).unwrap();
            }
            file.write_all(format!("trailer\n<</Size 6{trailer}>>\n").as_bytes())
                .unwrap();
        }
        Xref::Stream => {
            offsets.push(at);
            let rows: Vec<u8> = offsets
                .iter()
                .flat_map(|offset| [&[1], &offset.to_be_bytes()[..], &[0]].concat())
                .collect();
            let dict = format!("/Type/XRef/Size 7/W[1 8 1]/Index[1 6]/Length {}{trailer}", rows.len());
            file.write_all(format!("6 0 obj\n<<{dict}>>\nstream\n").as_bytes())
                .unwrap();
            file.write_all(&rows).unwrap();
            file.write_all(b"\nendstream\nendobj\n").unwrap();
        }
    }
    file.write_all(format!("startxref\n{at}\n%%EOF\n").as_bytes()).unwrap();
    file.stream_position().unwrap()
}

fn soak() -> bool {
    std::env::var_os("HANKOD_SOAK").is_some()
}

/// Runs `command`; gives what it said and the largest resident memory of it and its workers, in KiB.
fn measured(command: &Command) -> (Ran, u64) {
    let account = "import resource, subprocess, sys\nended = subprocess.call(sys.argv[1:])\n\
                   print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\nsys.exit(ended)";
    let mut between = Command::new("/usr/bin/python3");
    between
        .args(["-c", account])
        .arg(command.get_program())
        .args(command.get_args());
    between
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(dir) = command.get_current_dir() {
        between.current_dir(dir);
    }
    let mut ran = run(&mut between, "");
    let (said, peak) = ran.stdout.rsplit_once("peak ").unwrap_or_else(|| panic!("{ran:?}"));
    let (said, peak) = (said.to_owned(), peak.trim().parse().unwrap());
    ran.stdout = said;
    (ran, peak)
}

/// Signs a file of `bytes` and has it judged.
#[expect(clippy::print_stderr, reason = "an endurance run tells what it measured")]
fn signs(holder: &Holder, bytes: u64, xref: Xref) {
    let (input, output) = (holder.dir.join("a.pdf"), holder.dir.join("b.pdf"));
    hollow(&input, bytes, xref);
    let (ran, peak) = measured(&holder.signing(&["a.pdf", "-o", "b.pdf"]));
    assert!(ran.ok, "{bytes} {xref:?}: {ran:?}");
    assert!(peak < MAX_RSS_KIB, "{bytes} {xref:?}: {peak} KiB");
    let facts = fs::metadata(&output).unwrap();
    assert!(facts.len() > bytes && facts.len() < bytes + 64 * 1024, "{facts:?}");
    // 512-byte blocks: the hole stayed one.
    assert!(facts.blocks() * 512 < 16 << 20, "{facts:?}");

    let (verified, verify_peak) = measured(&holder.hankod(&["verify", "--format", "json", "b.pdf"]));
    let report: Value = serde_json::from_str(&verified.stdout).unwrap_or_else(|_| panic!("{verified:?}"));
    let signature = &report["files"][0]["signatures"][0];
    assert_eq!(
        (&signature["intact"], &signature["coverage"]),
        (&true.into(), &"whole-file".into()),
        "{report}"
    );
    assert!(verify_peak < MAX_RSS_KIB, "{bytes} {xref:?}: {verify_peak} KiB");
    if !soak() {
        return;
    }
    eprintln!("{bytes} bytes, {xref:?}: signing took {peak} KiB, verifying {verify_peak} KiB");
    judged(&output);
    // One byte at the end of the hole.
    let file = File::options().write(true).open(&output).unwrap();
    file.write_all_at(b"x", bytes - 4_000).unwrap();
    let forged = holder.run(&["verify", "--format", "json", "b.pdf"]);
    assert_eq!(forged.code, Some(1), "{forged:?}");
}

fn judged(output: &Path) {
    let found: Vec<_> = pdfsig(output).into_iter().filter(|s| !s.subfilter.is_empty()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].valid && found[0].whole, "{found:?}");
    qpdf_check(output).unwrap();
    // Beyond the 31st bit mutool 1.21 misreads /Prev, /ByteRange and startxref, in files of whatever origin, and repairs them into other ones.
    if fs::metadata(output).unwrap().len() <= MUTOOL_REACH {
        let found = mutool(output).unwrap();
        assert!(found.len() == 1 && found[0].unchanged, "{found:?}");
    }
}

#[test]
fn an_update_begins_below_the_32nd_bit_and_ends_above() {
    let holder = Holder::new("large");
    holder.behave(&format!("[limits]\nmax_document_bytes = {}", 64 * GIB));
    // The first object of the update stands below, its section above.
    signs(&holder, LIMIT - 300, Xref::Stream);
    if !soak() {
        return;
    }
    signs(&holder, LIMIT - 300, Xref::Table);
    for edge in [2 * GIB, LIMIT] {
        for bytes in [edge - 300, edge, edge + 300] {
            signs(&holder, bytes, Xref::Table);
            signs(&holder, bytes, Xref::Stream);
        }
    }
    signs(&holder, TEN_DIGITS - 64 * 1024, Xref::Table);
    signs(&holder, TEN_DIGITS - 300, Xref::Stream);
    signs(&holder, TEN_DIGITS + 300, Xref::Stream);
}

#[test]
fn what_is_over_a_limit_is_refused_before_the_token_is_asked() {
    let holder = Holder::new("large");
    hollow(&holder.dir.join("a.pdf"), LIMIT + 1, Xref::Table);
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(!ran.ok && ran.stderr.contains("[input_too_large]"), "{ran:?}");
    if soak() {
        // A table cannot say where the update's objects would stand.
        holder.behave(&format!("[limits]\nmax_document_bytes = {}", 64 * GIB));
        hollow(&holder.dir.join("a.pdf"), TEN_DIGITS - 300, Xref::Table);
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf"]);
        assert!(!ran.ok && ran.stderr.contains("[pdf_too_large]"), "{ran:?}");
    }
    assert!(!holder.dir.join("b.pdf").exists());
    assert_eq!(holder.audit(), []);
}

#[test]
#[expect(clippy::print_stderr, reason = "an endurance run tells what it measured")]
fn a_document_over_http_goes_to_disk_and_not_to_memory() {
    let bytes = if soak() { LIMIT } else { GIB / 8 };
    let desk = Desk::new("large", &[Answer::Pin(PIN)]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let authorised = |method, path: &str| Request::new(method, path).header("Authorization", &format!("Bearer {key}"));
    let certificates = authorised("GET", "/v1/certificates").send(daemon.port()).json();
    let manifest = json!({ "sign": { "certificate": certificates[0]["select"] }, "documents": [{ "name": "a.pdf" }] });
    let input = desk.dir.join("a.pdf");
    hollow(&input, bytes, Xref::Table);
    let begun = Response::read(upload(&daemon, &key, &manifest, &input));
    assert!(matches!(begun.status, 200 | 202), "{}", begun.text());
    let address = format!("/v1/signings/{}", begun.json()["id"].as_str().unwrap());
    let waiting = authorised("GET", &address).header("Prefer", "wait=60");
    let ended = std::iter::repeat_with(|| waiting.send(daemon.port()).json());
    let over = |view: &Value| {
        matches!(
            view["state"].as_str(),
            Some("done" | "failed" | "refused" | "cancelled")
        )
    };
    let view = ended.into_iter().find(over).unwrap();
    assert_eq!(view["state"], "done", "{view:#}");

    let signed = desk.dir.join("b.pdf");
    fetch(&daemon, &key, view["documents"][0]["signed"].as_str().unwrap(), &signed);
    let length = fs::metadata(&signed).unwrap().len();
    assert!(length > bytes && length < bytes + 64 * 1024, "{length}");
    if soak() {
        judged(&signed);
    } else {
        assert!(pdfsig(&signed)[0].valid);
    }
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < MAX_RSS_KIB, "{peak} KiB");
    if soak() {
        eprintln!("{bytes} bytes over HTTP: the daemon took {peak} KiB");
    }
}

/// The same command with this many open files.
fn with_open_files(command: &Command, count: u64) -> Command {
    let mut between = Command::new("prlimit");
    between.arg(format!("--nofile={count}:{count}"));
    between.arg(command.get_program()).args(command.get_args());
    between
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    between.current_dir(command.get_current_dir().unwrap());
    between
}

/// Signs so many documents in one go.
fn signs_many(holder: &Holder, count: usize) -> Ran {
    let names: Vec<String> = (1..=count).map(|n| format!("{n}.pdf")).collect();
    for name in &names {
        holder.document(name, &shapes::classic("1.7", shapes::LF));
    }
    let arguments = [&["--out-dir".to_owned(), "out".to_owned()], &names[..]].concat();
    run(&mut with_open_files(&holder.signing(&arguments), FEW_FILES), "")
}

#[test]
fn many_documents_need_few_open_files_or_are_refused_before_the_token_is_asked() {
    let holder = Holder::new("large");
    holder.behave("[limits]\nmax_documents = 400\n");
    let out = holder.dir.join("out");
    fs::create_dir(&out).unwrap();
    let refused = signs_many(&holder, 300);
    assert!(
        !refused.ok && refused.stderr.contains("Too many open files"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("[output_unwritable]"), "{refused:?}");
    assert_eq!((holder.audit(), fs::read_dir(&out).unwrap().count()), (vec![], 0));

    let done = signs_many(&holder, 200);
    assert!(done.ok, "{done:?}");
    assert_eq!(holder.count("login_done"), 1);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 200);
    assert!(pdfsig(&out.join("200.pdf"))[0].valid);
}

#[test]
fn a_daemon_signs_many_documents_with_few_open_files() {
    let desk = Desk::new("large", &[Answer::Pin(PIN)]);
    let key = desk.program_key();
    let daemon = desk.serve();
    daemon.limit_open_files(FEW_FILES);
    let by = |method, path: &str| Request::new(method, path).header("Authorization", &format!("Bearer {key}"));
    let certificates = by("GET", "/v1/certificates").send(daemon.port()).json();
    let documents: Value = (1..=200).map(|n| json!({ "name": format!("{n}.pdf") })).collect();
    let manifest = json!({ "sign": { "certificate": certificates[0]["select"] }, "documents": documents }).to_string();
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let pdf = shapes::classic("1.7", shapes::LF);
    let mut parts = vec![part("manifest", "application/json", manifest.as_bytes())];
    parts.extend((1..=200).map(|_| part("document", "application/pdf", &pdf)));
    let begun = by("POST", "/v1/signings").multipart(&parts).send(daemon.port()).json();
    let waiting = by("GET", &format!("/v1/signings/{}", begun["id"].as_str().unwrap())).header("Prefer", "wait=60");
    let ended = std::iter::repeat_with(|| waiting.send(daemon.port()).json());
    let is_over = |view: &Value| matches!(view["state"].as_str(), Some("done" | "failed" | "cancelled"));
    let view = ended.into_iter().find(is_over).unwrap();
    assert_eq!(view["state"], "done", "{}", view["error"]);
    let last = by("GET", view["documents"][199]["signed"].as_str().unwrap()).send(daemon.port());
    let signed = desk.dir.join("200.pdf");
    fs::write(&signed, &last.body).unwrap();
    assert!(last.body.starts_with(&pdf) && pdfsig(&signed)[0].valid);
    assert_eq!(desk.happened("signature_released"), 200);
}

/// Sends `POST /v1/signings` with the file at `input`, piece by piece.
fn upload(daemon: &Daemon, key: &str, manifest: &Value, input: &Path) -> TcpStream {
    const BOUNDARY: &str = "boundary-of-the-large-file";
    let part = |name: &str, kind: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n")
    };
    let before =
        part("manifest", "application/json") + &manifest.to_string() + "\r\n" + &part("document", "application/pdf");
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let mut file = File::open(input).unwrap();
    let length = before.len() as u64 + file.metadata().unwrap().len() + after.len() as u64;
    let port = daemon.port();
    let head = format!(
        "POST /v1/signings HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = begin_with(port, (head + &before).as_bytes());
    io::copy(&mut file, &mut stream).unwrap();
    stream.write_all(after.as_bytes()).unwrap();
    stream
}

/// Fetches `path` into the file `output`.
fn fetch(daemon: &Daemon, key: &str, path: &str, output: &Path) {
    let port = daemon.port();
    let head = format!(
        "GET {path} HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let mut answer = BufReader::new(begin_with(port, head.as_bytes()));
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        answer.read_line(&mut line).unwrap();
        assert!(!line.to_ascii_lowercase().starts_with("transfer-encoding"), "{line}");
    }
    io::copy(&mut answer, &mut File::create(output).unwrap()).unwrap();
}
