//! A server of one test and its first client, as the CSC API and what goes beside it need them.

use super::ca::{Ca, IssueRequest};
use super::daemon::Daemon;
use super::holder::{Holder, LABEL};
use super::http::{Request, Response};
use super::tls::{Client, Identity};
use hankod::token::provision::NewKey;
use serde_json::{Value, json};

/// A server with TLS, the keys of one token, and a client that may list and sign hashes.
pub(crate) struct Service {
    /// The token's operator.
    pub(crate) holder: Holder,
    /// Who issued its TLS certificate.
    pub(crate) ca: Ca,
    /// The server.
    pub(crate) daemon: Daemon,
    /// The client's API key.
    pub(crate) key: String,
}

impl Service {
    /// A server whose keys have certificates named by their labels.
    pub(crate) fn start(keys: &[(&str, NewKey)]) -> Self {
        Self::start_with(keys, "")
    }

    /// The same with further lines of configuration.
    pub(crate) fn start_with(keys: &[(&str, NewKey)], more: &str) -> Self {
        let holder = Holder::without_key("csc");
        for (label, kind) in keys {
            let subject: &[(&str, &str)] = &[("CN", label)];
            holder.add(
                label,
                *kind,
                &IssueRequest {
                    subject,
                    ..IssueRequest::default()
                },
            );
        }
        let ca = Ca::new("Server Test CA");
        Identity::new(&ca, "server").write(&holder.dir);
        std::fs::write(holder.dir.join("ca.pem"), ca.pem()).unwrap();
        holder.behave(&format!(
            "role = \"server\"\nlang = \"en\"\n[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls.key\"\n[[token]]\nlabel = \"{LABEL}\"\npin_file = \"pin\"\n{more}"
        ));
        let config = std::fs::read_to_string(holder.config()).unwrap();
        let daemon = Daemon::start(&holder.dir, &config, &[]);
        let added = holder.run(&[
            "client",
            "add",
            "keiyaku",
            "--scope",
            "credentials",
            "sign-hash",
            "--format",
            "json",
        ]);
        assert!(added.ok, "{}", added.stderr);
        let key = serde_json::from_str::<Value>(&added.stdout).unwrap()["api_key"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            holder,
            ca,
            daemon,
            key,
        }
    }

    /// One call with this key.
    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> Response {
        let client = Client {
            ca: &self.ca,
            identity: None,
            newest: None,
        };
        let request = Request::new("POST", path)
            .header("Authorization", &format!("Bearer {key}"))
            .json(body);
        client.send(&request, self.daemon.port())
    }

    /// A CSC call that must succeed.
    pub(crate) fn ask(&self, method: &str, body: &Value) -> Value {
        let answer = self.post(&format!("/csc/v2/{method}"), &self.key, body);
        assert_eq!(answer.status, 200, "{method}: {}", answer.text());
        answer.json()
    }

    /// Status and description of a refusal.
    pub(crate) fn refused(&self, method: &str, body: &Value) -> (u16, String) {
        let answer = self.post(&format!("/csc/v2/{method}"), &self.key, body);
        assert_ne!(answer.status, 200, "{method}: {}", answer.text());
        (
            answer.status,
            answer.json()["error_description"].as_str().unwrap().to_owned(),
        )
    }

    /// The credential of this name.
    pub(crate) fn credential(&self, name: &str) -> String {
        let listed = self.ask("credentials/list", &json!({ "credentialInfo": true }));
        let infos = listed["credentialInfos"].as_array().unwrap();
        let found = infos.iter().find(|one| one["description"] == name).unwrap();
        found["credentialID"].as_str().unwrap().to_owned()
    }

    /// Activation data for hashes.
    pub(crate) fn sad(&self, credential: &str, hashes: &[String]) -> String {
        let body = json!({ "credentialID": credential, "numSignatures": hashes.len(), "hashes": hashes });
        self.ask("credentials/authorize", &body)["SAD"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
