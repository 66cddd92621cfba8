//! The CSC API as other products speak it: pyHanko's own client signs PDFs through it, and what a client gets wrong is told in CSC's words.

use crate::support::http::Request;
use crate::support::judges::{judges_dir, pyhanko};
use crate::support::server::Service;
use crate::support::tls::Client;
use crate::support::{repository, run, shapes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hankod::der::Certificate;
use hankod::token::provision::NewKey;
use serde_json::{Value, json};
use std::process::Command;

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

fn hash(n: u8) -> String {
    STANDARD.encode([n; 32])
}

#[test]
fn pyhankos_own_client_signs_through_it() {
    let service = Service::start(&[("rsa", NewKey::Rsa { bits: 2048 }), ("ec", NewKey::P256)]);
    let input = service.holder.document("in.pdf", &shapes::classic("1.7", "\n"));
    for (name, version, pss) in [
        ("rsa", "v1", false),
        ("rsa", "v2", true),
        ("ec", "v1", false),
        ("ec", "v2", false),
    ] {
        let output = service.holder.dir.join(format!("{name}-{version}.pdf"));
        let question = json!({
            "url": format!("https://127.0.0.1:{}", service.daemon.port()),
            "ca": service.holder.dir.join("ca.pem"),
            "token": service.key,
            "credential": service.credential(name),
            "version": version,
            "pss": pss,
            "digest": "sha256",
            "input": input,
            "output": output,
        });
        let mut client = Command::new(judges_dir().join("bin/python"));
        let said = run(
            client.arg(repository("tests/judges/csc_sign.py")),
            &question.to_string(),
        );
        assert!(said.ok, "{name} {version}: {}", said.stderr);
        let judged = pyhanko(output.as_path(), &service.holder.root()).unwrap();
        assert!(
            judged.len() == 1 && judged[0].bottom_line,
            "{name} {version}: {judged:?}"
        );
    }
    assert_eq!(service.holder.count("signature_intended"), 4);
    assert_eq!(service.holder.count("signature_released"), 4);
    assert_eq!(service.holder.count("login_done"), 1);
}

#[test]
fn activation_data_is_bound_to_its_hashes_and_used_up() {
    let service = Service::start(&[("ec", NewKey::P256)]);
    let credential = service.credential("ec");
    let sign = |sad: &str, hashes: &[String]| json!({ "credentialID": credential, "SAD": sad, "hashes": hashes, "hashAlgorithmOID": SHA256, "signAlgo": ECDSA_SHA256 });
    let sad = service.sad(&credential, &[hash(1), hash(2)]);
    assert_eq!(
        service.refused("signatures/signHash", &sign(&sad, &[hash(3)])),
        (400, "Hash is not authorized by the SAD".to_owned())
    );
    let signed = service.ask("signatures/signHash", &sign(&sad, &[hash(1)]));
    assert_eq!(signed["signatures"].as_array().unwrap().len(), 1);
    // Once each; the other one is still good, and passes to extended data.
    assert_eq!(
        service.refused("signatures/signHash", &sign(&sad, &[hash(1)])).1,
        "Hash is not authorized by the SAD"
    );
    let extended = service.ask(
        "credentials/extendTransaction",
        &json!({ "credentialID": credential, "SAD": sad }),
    );
    assert_eq!(
        service.refused("signatures/signHash", &sign(&sad, &[hash(2)])).1,
        "Invalid parameter SAD"
    );
    let next = extended["SAD"].as_str().unwrap();
    let signed = service.ask("signatures/signHash", &sign(next, &[hash(2)]));
    let value = STANDARD.decode(signed["signatures"][0].as_str().unwrap()).unwrap();
    let info = service.ask(
        "credentials/info",
        &json!({ "credentialID": credential, "certificates": "single" }),
    );
    let der = STANDARD
        .decode(info["cert"]["certificates"][0].as_str().unwrap())
        .unwrap();
    let certificate = Certificate::parse(&der).unwrap();
    let algorithm = hankod::app::sign_hash::algorithm(ECDSA_SHA256, None, None).unwrap();
    hankod::der::verify_digest(certificate.spki_der(), algorithm, &[2; 32], &value).unwrap();

    // Another client's activation data is nobody's.
    let other = service
        .holder
        .run(&["client", "add", "other", "--scope", "sign-hash"])
        .stdout;
    let sad = service.sad(&credential, &[hash(4)]);
    let stolen = service.post("/csc/v1/signatures/signHash", other.trim(), &sign(&sad, &[hash(4)]));
    assert_eq!(
        (stolen.status, stolen.json()["error_description"].as_str()),
        (400, Some("Invalid parameter SAD"))
    );
    assert_eq!(service.holder.count("signature_intended"), 2);
}

#[test]
fn what_a_client_gets_wrong_is_told_in_the_specifications_words() {
    let service = Service::start(&[("ec", NewKey::P256)]);
    let credential = service.credential("ec");
    let unknown = "0".repeat(64);
    for (method, body, text) in [
        (
            "credentials/info",
            json!({}),
            "Missing (or invalid type) string parameter credentialID",
        ),
        (
            "credentials/info",
            json!({ "credentialID": 1 }),
            "Missing (or invalid type) string parameter credentialID",
        ),
        (
            "credentials/info",
            json!({ "credentialID": unknown }),
            "Invalid parameter credentialID",
        ),
        (
            "credentials/info",
            json!({ "credentialID": credential, "certificates": "all" }),
            "Invalid parameter certificates",
        ),
        (
            "credentials/list",
            json!({ "userID": "u" }),
            "userID parameter must not be present",
        ),
        (
            "credentials/authorize",
            json!({ "credentialID": credential }),
            "Missing (or invalid type) integer parameter numSignatures",
        ),
        (
            "credentials/authorize",
            json!({ "credentialID": credential, "numSignatures": 1 }),
            "Missing (or invalid type) array parameter hash",
        ),
        (
            "credentials/authorize",
            json!({ "credentialID": credential, "numSignatures": 1, "hash": [] }),
            "Empty hash array",
        ),
        (
            "credentials/authorize",
            json!({ "credentialID": credential, "numSignatures": 1, "hash": ["*"] }),
            "Invalid Base64 hash string parameter",
        ),
        (
            "credentials/authorize",
            json!({ "credentialID": credential, "numSignatures": 2, "hash": [hash(1)] }),
            "Invalid value for parameter numSignatures",
        ),
        (
            "signatures/signHash",
            json!({ "credentialID": credential, "hash": [hash(1)] }),
            "Missing (or invalid type) string parameter signAlgo",
        ),
        (
            "signatures/signHash",
            json!({ "credentialID": credential, "hash": [hash(1)], "signAlgo": ECDSA_SHA256 }),
            "Missing (or invalid type) string parameter SAD",
        ),
        (
            "signatures/signHash",
            json!({ "credentialID": credential, "hash": [hash(1)], "signAlgo": "1.2.3" }),
            "Invalid parameter signAlgo",
        ),
        (
            "signatures/signHash",
            json!({ "credentialID": credential, "hash": ["AAAA"], "signAlgo": ECDSA_SHA256, "SAD": "x" }),
            "Invalid digest value length",
        ),
        (
            "signatures/signHash",
            json!({ "credentialID": credential, "hash": [hash(1)], "signAlgo": ECDSA_SHA256, "SAD": "x", "operationMode": "A" }),
            "Invalid parameter operationMode",
        ),
    ] {
        assert_eq!(
            service.refused(method, &body),
            (400, text.to_owned()),
            "{method} {body}"
        );
    }
    let nobody = service.post("/csc/v2/credentials/list", "x", &json!({}));
    assert_eq!(
        (nobody.status, nobody.json()["error"].as_str()),
        (401, Some("invalid_token"))
    );
    let other = service
        .holder
        .run(&["client", "add", "reader", "--scope", "credentials"])
        .stdout;
    let narrow = service.post("/csc/v2/credentials/authorize", other.trim(), &json!({}));
    assert_eq!(
        (narrow.status, narrow.json()["error"].as_str()),
        (403, Some("access_denied"))
    );
    assert_eq!(service.post("/csc/v3/info", "x", &json!({})).status, 404);
    let info = service.post("/csc/v1/info", "x", &json!({ "lang": "en" })).json();
    assert_eq!(
        (info["specs"].as_str(), info["lang"].as_str()),
        (Some("1.0.4.0"), Some("en-US"))
    );
}

#[test]
fn a_client_is_confined_to_its_credentials_and_its_day() {
    let service = Service::start(&[("ec", NewKey::P256), ("other", NewKey::P256)]);
    let (own, other) = (service.credential("ec"), service.credential("other"));
    let scopes = [
        "--scope",
        "credentials",
        "sign-hash",
        "--credential",
        &own,
        "--per-day",
        "2",
    ];
    let added = service
        .holder
        .run(&[&["client", "add", "narrow"], &scopes[..]].concat());
    assert!(added.ok, "{}", added.stderr);
    let key = added.stdout.trim();
    let ask = |method: &str, body: &Value| service.post(&format!("/csc/v2/{method}"), key, body);
    assert_eq!(
        ask("credentials/list", &json!({})).json()["credentialIDs"],
        json!([own])
    );
    let denied = ask(
        "credentials/authorize",
        &json!({ "credentialID": other, "numSignatures": 1, "hashes": [hash(1)] }),
    );
    assert_eq!(
        (denied.status, denied.json()["error_description"].as_str()),
        (400, Some("Invalid parameter credentialID"))
    );
    let sign = |hashes: &[String]| {
        let body = json!({ "credentialID": own, "numSignatures": hashes.len(), "hashes": hashes });
        let sad = ask("credentials/authorize", &body).json()["SAD"].clone();
        ask(
            "signatures/signHash",
            &json!({ "credentialID": own, "SAD": sad, "hashes": hashes, "signAlgo": ECDSA_SHA256 }),
        )
        .status
    };
    assert_eq!(sign(&[hash(1), hash(2), hash(3)]), 429);
    assert_eq!(sign(&[hash(1), hash(2)]), 200);
    assert_eq!(sign(&[hash(3)]), 429);
}

#[test]
fn an_access_token_stands_for_the_key() {
    let service = Service::start(&[("ec", NewKey::P256)]);
    let client = Client {
        ca: &service.ca,
        identity: None,
        newest: None,
    };
    let id = {
        let request = Request::new("GET", "/v1/client").header("Authorization", &format!("Bearer {}", service.key));
        client.send(&request, service.daemon.port()).json()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let token = |authorization: &str, body: &str| {
        let request = Request::new("POST", "/oauth2/token").header("Authorization", authorization);
        client.send(
            &request.body("application/x-www-form-urlencoded", body),
            service.daemon.port(),
        )
    };
    let basic = |id: &str, key: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{key}")));
    let given = token(&basic(&id, &service.key), "grant_type=client_credentials").json();
    let access = given["access_token"].as_str().unwrap();
    assert_eq!(service.post("/csc/v2/credentials/list", access, &json!({})).status, 200);
    for (authorization, body, status, error) in [
        (
            basic(&id, "hk_wrong"),
            "grant_type=client_credentials",
            401,
            "invalid_client",
        ),
        (
            basic("somebody", &service.key),
            "grant_type=client_credentials",
            401,
            "invalid_client",
        ),
        (
            basic(&id, &service.key),
            "grant_type=password",
            400,
            "unsupported_grant_type",
        ),
        (basic(&id, &service.key), "", 400, "invalid_request"),
    ] {
        let refused = token(&authorization, body);
        assert_eq!(
            (refused.status, refused.json()["error"].as_str()),
            (status, Some(error)),
            "{body}"
        );
    }
    assert!(service.holder.run(&["client", "revoke", &id]).ok);
    assert_eq!(service.post("/csc/v2/credentials/list", access, &json!({})).status, 401);
}

#[test]
fn a_client_that_hangs_up_leaves_neither_a_lost_pin_nor_an_open_operation() {
    let service = Service::start(&[("ec", NewKey::P256)]);
    let credential = service.credential("ec");
    let hashes: Vec<String> = (0..200).map(hash).collect();
    let body = json!({ "credentialID": credential, "numSignatures": hashes.len(), "hashes": hashes });
    let leave = |path: &str, body: &Value| {
        let client = Client {
            ca: &service.ca,
            identity: None,
            newest: None,
        };
        let request = Request::new("POST", path)
            .header("Authorization", &format!("Bearer {}", service.key))
            .json(body);
        request.leave_over(client.connect(service.daemon.port()).unwrap(), service.daemon.port());
    };
    // Gone while the token is opened for the first time.
    leave("/csc/v2/credentials/authorize", &body);
    let sad = service.sad(&credential, &hashes);
    leave(
        "/csc/v2/signatures/signHash",
        &json!({ "credentialID": credential, "SAD": sad, "hashes": hashes, "signAlgo": ECDSA_SHA256 }),
    );
    // The end of the daemon waits for what is under way.
    let Service { holder, daemon, .. } = service;
    assert!(daemon.stop().success());
    assert_eq!(holder.count("pin_refused"), 0);
    assert_eq!(holder.count("operation_begun"), holder.count("operation_ended"));
    assert_eq!(holder.count("signature_intended"), holder.count("signature_released"));
}

#[test]
fn a_page_in_a_browser_gets_nothing() {
    let service = Service::start(&[]);
    let client = Client {
        ca: &service.ca,
        identity: None,
        newest: None,
    };
    let bearer = format!("Bearer {}", service.key);
    let ask = |request: Request| client.send(&request.header("Authorization", &bearer), service.daemon.port());
    let list = || Request::new("POST", "/csc/v2/credentials/list");
    assert_eq!(ask(list().json(&json!({}))).status, 200);
    assert_eq!(
        ask(list().json(&json!({})).header("Origin", "https://a.example")).status,
        403
    );
    assert_eq!(ask(list().body("text/plain", "{}")).status, 400);
}
