//! Uploads as clients send them, and as they should not.

use super::*;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

const TWO: &str = r#"{"documents":[{"name":"契約書.pdf"},{"name":"覚書\n.pdf"}]}"#;
const KIND: &str = "multipart/form-data; boundary=x";

fn part(name: &str, kind: &str, content: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../../a\"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
    )
}

fn manifest(json: &str) -> String {
    part("manifest", "application/json", json)
}

fn pdf(content: &str) -> String {
    part("document", "application/pdf", content)
}

fn good() -> String {
    manifest(TWO) + &pdf("%PDF-1") + &pdf("%PDF-2") + "--x--\r\n"
}

fn limits() -> Limits {
    Limits {
        max_upload_bytes: 4 * 1024 * 1024,
        idle_deadline_ms: 50,
        ..Limits::default()
    }
}

/// What `receive` makes of the body, and how many files it left behind once its result was dropped.
fn received(body: Body, limits: &Limits) -> (Result<SigningUpload, &'static str>, impl Fn() -> usize + use<>) {
    let folder = tempfile::tempdir().unwrap();
    let request = Request::builder().header(CONTENT_TYPE, KIND).body(body).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(receive(
        request,
        &Sender::Script,
        folder.path(),
        limits,
        &SpoolRoom::new(16 * 1024 * 1024),
    ));
    // Waits for writers that were left in the middle of a file.
    drop(runtime);
    let left = move || std::fs::read_dir(folder.path()).unwrap().count();
    (result.map_err(|error| error.code()), left)
}

fn refused(body: impl Into<Body>) -> &'static str {
    let (result, left) = received(body.into(), &limits());
    let code = result.unwrap_err();
    assert_eq!(left(), 0, "{code} left a file behind");
    code
}

/// A body in pieces of `size` bytes; after the last it says nothing more when `stalls`.
struct Pieces {
    rest: Bytes,
    size: usize,
    stalls: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.size.min(self.rest.len());
        match (size, self.stalls) {
            (0, true) => Poll::Pending,
            (0, false) => Poll::Ready(None),
            _ => Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size))))),
        }
    }
}

#[test]
fn documents_land_on_disk_with_their_digests_and_go_with_their_owner() {
    for size in [1, 7, 4096] {
        let rest = good().into();
        let body = Body::new(Pieces {
            rest,
            size,
            stalls: false,
        });
        let (result, left) = received(body, &limits());
        let mut upload = result.unwrap();
        assert_eq!(upload.request.documents[1].name, "覚書\n.pdf");
        let contents: Vec<_> = upload
            .documents
            .iter()
            .map(|d| std::fs::read(&d.path).unwrap())
            .collect();
        assert_eq!(contents, [b"%PDF-1", b"%PDF-2"]);
        assert_eq!(left(), 2);
        let first = upload.documents.remove(0);
        assert_eq!(
            hex::encode(first.running.sha256()),
            "21af8e71c8703196df7fe1ff901869a88fe64c07bbaa83d838efb45a52b4f303"
        );
        drop(first.path);
        assert_eq!(left(), 1);
        drop(upload);
        assert_eq!(left(), 0);
    }
}

#[test]
fn a_password_comes_in_a_part_of_its_own_and_is_not_repeated() {
    let secret = |n: &str, text: &str| part(&format!("password-{n}"), "text/plain", text);
    let form = |passwords: &str| manifest(TWO) + passwords + &pdf("a") + &pdf("b") + "--x--\r\n";
    let (result, _) = received(form(&secret("2", "himitsu")).into(), &limits());
    let passwords = result.unwrap().passwords;
    assert!(passwords[0].is_none() && passwords[1].as_ref().unwrap().expose() == b"himitsu");
    for faulty in ["0", "3", "+1", "01", "", "x"] {
        assert_eq!(refused(form(&secret(faulty, "himitsu"))), "bad_upload", "{faulty}");
    }
    let twice = secret("1", "a") + &secret("1", "b");
    assert_eq!(refused(form(&twice)), "bad_upload");
    assert_eq!(refused(form(&part("password-1", "application/pdf", "a"))), "bad_upload");
    assert_eq!(
        refused(form(&secret("1", &"x".repeat(MAX_SECRET_BYTES + 1)))),
        "password_too_long"
    );
}

#[test]
fn an_upload_that_finds_no_room_is_refused_at_its_first_byte() {
    let room = SpoolRoom::new(good().len() as u64);
    let receive = |body: Body| {
        let folder = tempfile::tempdir().unwrap();
        let request = Request::builder().header(CONTENT_TYPE, KIND).body(body).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(receive(request, &Sender::Script, folder.path(), &limits(), &room))
            .map_err(|e| e.code())
    };
    let first = receive(good().into()).unwrap();
    let never_read = || {
        Body::new(Pieces {
            rest: Bytes::from(good()),
            size: 1,
            stalls: false,
        })
    };
    for body in [good().into(), never_read()] {
        assert_eq!(receive(body).unwrap_err(), "uploads_full");
    }
    drop(first);
    assert!(receive(never_read()).is_ok());
}

#[test]
fn forms_out_of_order_are_refused() {
    let end = "--x--\r\n";
    let seal = || part("seal", "image/png", "png");
    for form in [
        pdf("a") + &manifest(TWO) + &pdf("b") + end,
        manifest(TWO) + &pdf("a") + end,
        manifest(TWO) + &pdf("a") + &pdf("b") + &pdf("c") + end,
        manifest(TWO) + &pdf("a") + &pdf("b") + &seal() + end,
        manifest(TWO) + &seal() + &seal() + &pdf("a") + &pdf("b") + end,
        manifest(TWO) + &pdf("a") + &part("document", "text/html", "b") + end,
        manifest(TWO) + &pdf("a") + &part("extra", "application/pdf", "b") + &pdf("b") + end,
        part("manifest", "text/plain", TWO) + &pdf("a") + &pdf("b") + end,
        end.to_owned(),
        String::new(),
    ] {
        assert_eq!(refused(form.clone()), "bad_upload", "{form}");
    }
    let whole = manifest(TWO) + &seal() + &pdf("a") + &pdf("b") + end;
    assert_eq!(received(whole.into(), &limits()).0.unwrap().seal.unwrap(), b"png");
}

#[test]
fn manifests_are_read_strictly() {
    let form = |json: &str| manifest(json) + &pdf("a") + "--x--\r\n";
    for json in [
        "",
        "{}",
        r#"{"documents":[{"name":"a"}],"pin":"1234"}"#,
        r#"{"documents":[{"name":"a","path":"/etc"}]}"#,
        r#"{"documents":[{"name":"a"}],"sign":{"level":"b-x"}}"#,
        r#"{"documents":[{"name":"a"}],"sign":{"certificate":{"sha256":"a","token":"b"}}}"#,
    ] {
        assert_eq!(refused(form(json)), "bad_json", "{json}");
    }
    assert_eq!(refused(form(r#"{"documents":[]}"#)), "manifest_without_documents");
    assert_eq!(refused(form(r#"{"documents":[{"name":" "}]}"#)), "manifest_bad_name");
    let long = format!(r#"{{"documents":[{{"name":"{}"}}]}}"#, "a".repeat(256));
    assert_eq!(refused(form(&long)), "manifest_bad_name");
    let many = format!(r#"{{"documents":[{}{{"name":"a"}}]}}"#, r#"{"name":"a"},"#.repeat(200));
    assert_eq!(refused(form(&many)), "manifest_too_many_documents");
    let rect = r#"{"documents":[{"name":"a","appearance":{"seal":{"name":"甲"},"page":1,"rect":[0,0,-1,5]}}]}"#;
    assert_eq!(refused(form(rect)), "manifest_bad_rectangle");
    let certificate = r#"{"documents":[{"name":"a"}],"sign":{"certificate":{"sha256":"zz"}}}"#;
    assert_eq!(refused(form(certificate)), "manifest_bad_certificate");
}

#[test]
fn too_much_is_refused_while_it_comes() {
    // In frames as the server reads them.
    let flowing = |form: String| {
        Body::new(Pieces {
            rest: form.into(),
            size: 16 * 1024,
            stalls: false,
        })
    };
    let big = "a".repeat(5 * 1024 * 1024);
    let whole = manifest(TWO) + &pdf(&big) + &pdf("b") + "--x--\r\n";
    assert_eq!(refused(flowing(whole)), "body_too_large");
    let long = usize::try_from(MAX_MANIFEST_BYTES).unwrap() + 1;
    assert_eq!(refused(flowing(manifest(&big[..long]))), "body_too_large");
    let seal = manifest(TWO) + &part("seal", "image/png", &big[..=MAX_SEAL_BYTES]);
    let roomy = Limits {
        max_upload_bytes: 8 * 1024 * 1024,
        ..limits()
    };
    assert_eq!(received(flowing(seal), &roomy).0.unwrap_err(), "body_too_large");
    // It says nothing more after 2 MiB of header: to be refused it must be counted, not waited for.
    let rest = format!("--x\r\nX: {}", &big[..2 * 1024 * 1024]).into();
    let endless = Pieces {
        rest,
        size: 16 * 1024,
        stalls: true,
    };
    assert_eq!(refused(Body::new(endless)), "bad_upload");
}

#[test]
fn a_client_that_goes_or_stalls_leaves_nothing() {
    let whole = good();
    for end in (0..whole.len() - 4).step_by(5) {
        assert_eq!(refused(whole.as_bytes()[..end].to_vec()), "bad_upload", "cut at {end}");
    }
    let rest = Bytes::from(whole[..whole.len() - 40].to_owned());
    let body = Pieces {
        rest,
        size: 64,
        stalls: true,
    };
    assert_eq!(refused(Body::new(body)), "upload_stalled");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let request = Request::builder()
        .header(CONTENT_TYPE, KIND)
        .body(Body::from(good()))
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(receive(
        request,
        &Sender::Script,
        Path::new("/nonexistent/folder"),
        &limits(),
        &SpoolRoom::new(1024 * 1024),
    ));
    assert_eq!(result.unwrap_err().code(), "output_unwritable");
}

#[test]
fn damaged_forms_never_break_anything() {
    let whole = good().into_bytes();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..500 {
        let mut bytes = whole.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] ^= 1 << random(8),
                1 => drop(bytes.drain(at..(at + random(9)).min(bytes.len()))),
                _ => bytes.insert(at, b"\r\n-x\":;\0"[random(8)]),
            }
        }
        let (result, left) = received(bytes.into(), &limits());
        drop(result);
        assert_eq!(left(), 0);
    }
}
