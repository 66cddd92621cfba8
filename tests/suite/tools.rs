//! The suite's own tools do what they say: browser, site, HTTP client, rehearsed pinentry.

use crate::support::browser::browse;
use crate::support::dir::TestDir;
use crate::support::http::{Part, Request};
use crate::support::pinentry::{Answer, Pinentry};
use crate::support::run;
use crate::support::site::Site;
use serde_json::json;
use std::io::Read;
use std::net::TcpListener;
use std::process::Command;

#[test]
fn chromium_opens_a_page_and_posts_a_form() {
    let form = "<title>契約</title><form method=post action=/posted><input name=name><button>送信</button></form>";
    let site = Site::new(vec![("/", "text/html", form.to_owned())]);
    let url = format!("http://127.0.0.1:{}/", site.port());
    let result = browse("form", &json!({ "url": url, "name": "kono" }));
    assert_eq!(result, json!({ "before": "契約", "after": "received" }));
    assert_eq!(site.posted(), [("/posted".to_owned(), b"name=kono".to_vec())]);
}

#[test]
fn the_http_client_sends_what_it_is_told() {
    let site = Site::new(vec![("/page", "application/json", "{\"a\":1}".to_owned())]);
    let answer = Request::new("GET", "/page")
        .header("Host", "evil.test")
        .send(site.port());
    assert_eq!((answer.status, answer.json()), (200, json!({ "a": 1 })));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(Request::new("GET", "/absent").send(site.port()).status, 404);

    let part = Part {
        name: "file",
        file_name: Some("a.pdf"),
        content_type: "application/pdf",
        content: b"%PDF",
    };
    Request::new("POST", "/form").multipart(&[part]).send(site.port());
    Request::new("POST", "/json").json(&json!({ "b": 2 })).send(site.port());
    let posted = site.posted();
    let form = String::from_utf8(posted[0].1.clone()).unwrap();
    assert!(form.contains("name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--"));
    assert_eq!(posted[1], ("/json".to_owned(), b"{\"b\":2}".to_vec()));
}

#[test]
fn the_http_client_can_hang_up_in_the_middle() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let request = Request::new("POST", "/").body("application/pdf", vec![b'x'; 1000]);
    drop(request.send_some(port, 10));
    let mut received = String::new();
    listener.accept().unwrap().0.read_to_string(&mut received).unwrap();
    assert!(received.contains("Content-Length: 1000\r\n"));
    assert!(received.ends_with("\r\n\r\nxxxxxxxxxx"));
}

#[test]
fn the_rehearsed_pinentry_answers_in_order_and_then_cancels() {
    let dir = TestDir::new("pinentry");
    let answers = [Answer::Pin("12%34"), Answer::Cancel, Answer::Confirm];
    let rehearsed = Pinentry::new(&dir, &answers);
    let ask = |question: &str| {
        let lines = format!("OPTION lc-ctype=C\nSETDESC 契約書.pdf%0A100%25\n{question}\nBYE\n");
        let said = run(&mut Command::new(rehearsed.program()), &lines).stdout;
        said.lines().skip(3).map(str::to_owned).collect::<Vec<_>>()
    };
    let cancelled = ["ERR 83886179 Operation cancelled", "OK closing connection"];
    assert_eq!(ask("GETPIN"), ["D 12%2534", "OK", "OK closing connection"]);
    assert_eq!(ask("GETPIN"), cancelled);
    assert_eq!(ask("CONFIRM"), ["OK", "OK closing connection"]);
    assert_eq!(ask("GETPIN"), cancelled);
    assert_eq!(rehearsed.received("SETDESC"), ["契約書.pdf\n100%"; 4]);
    assert_eq!(rehearsed.received("GETPIN").len(), 3);
}
