//! A desktop program of the demonstration: it knows the daemon's HTTP API and nothing else of hankod.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::DemoError;
use crate::net::{self, Authorization, Body, Limits, Request, Source, Url};
use crate::secret::ApiKey;

/// For one call.
const DEADLINE: Duration = Duration::from_secs(60);
/// The signed sample is far smaller.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Between two looks at a signing that is under way.
const PERIOD: Duration = Duration::from_millis(100);
/// Looks before the demonstration gives up.
const MAX_LOOKS: u32 = 600;
/// Separates the parts; does not occur in a manifest, and a PDF's parts are told by length of what lies between.
const BOUNDARY: &str = "hankod-demo-7d1f0c2a94e34b0f";

/// The program.
pub(super) struct Client {
    http: net::Client,
    address: SocketAddr,
    key: ApiKey,
}

impl Client {
    pub(super) fn new(address: SocketAddr, key: ApiKey) -> Self {
        Self {
            http: net::Client::new(HashSet::new(), Vec::new(), None),
            address,
            key,
        }
    }

    /// The selector of the certificate with this holder's name.
    pub(super) async fn certificate(&self, name: &str) -> Result<Value, DemoError> {
        let found = self.json("/v1/certificates", None).await?;
        let named = |c: &&Value| c["name"] == name;
        let certificate = found.as_array().and_then(|all| all.iter().find(named));
        certificate
            .map(|c| c["select"].clone())
            .ok_or_else(|| DemoError::Answer {
                said: found.to_string(),
            })
    }

    /// Has one document signed and fetches the result.
    pub(super) async fn sign(&self, manifest: &Value, pdf: Vec<u8>) -> Result<Vec<u8>, DemoError> {
        let mut view = self.json("/v1/signings", Some(form(manifest, &pdf))).await?;
        let at = format!("/v1/signings/{}", view["id"].as_str().unwrap_or_default());
        for _ in 0..MAX_LOOKS {
            match view["state"].as_str() {
                Some("done") => return self.call(&format!("{at}/documents/1"), None).await,
                Some("failed" | "cancelled") | None => break,
                Some(_) => tokio::time::sleep(PERIOD).await,
            }
            view = self.json(&at, None).await?;
        }
        Err(DemoError::Answer {
            said: view["error"].to_string(),
        })
    }

    async fn json(&self, path: &str, body: Option<Vec<u8>>) -> Result<Value, DemoError> {
        let bytes = self.call(path, body).await?;
        serde_json::from_slice(&bytes).map_err(|e| DemoError::Answer { said: e.to_string() })
    }

    async fn call(&self, path: &str, body: Option<Vec<u8>>) -> Result<Vec<u8>, DemoError> {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let authorization = ApiKey::new(self.key.expose().to_vec()).map(Authorization::Bearer);
        let request = Request {
            url: Url::parse(&format!("http://{}{path}", self.address))?,
            source: Source::Configured,
            body: body.map(|bytes| Body {
                content_type: &content_type,
                bytes,
            }),
            accept: "application/json, application/pdf",
            authorization: authorization.as_ref(),
            limits: Limits {
                deadline: DEADLINE,
                max_body_bytes: MAX_ANSWER_BYTES,
                max_redirects: 0,
            },
        };
        let answer = self.http.send(request).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.bytes);
        }
        Err(DemoError::Answer {
            said: String::from_utf8_lossy(&answer.bytes).into_owned(),
        })
    }
}

fn form(manifest: &Value, pdf: &[u8]) -> Vec<u8> {
    let part = |name: &str, kind: &str| {
        let file = if name == "document" {
            "; filename=\"contract.pdf\""
        } else {
            ""
        };
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\nContent-Type: {kind}\r\n\r\n")
    };
    let mut form = part("manifest", "application/json").into_bytes();
    form.extend_from_slice(manifest.to_string().as_bytes());
    form.extend_from_slice(b"\r\n");
    form.extend_from_slice(part("document", "application/pdf").as_bytes());
    form.extend_from_slice(pdf);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form
}
