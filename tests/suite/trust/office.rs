//! An authority of real programs: `openssl ocsp` answers for it, `openssl ca` writes its lists.

use crate::support::ca::{self, Ca, DIGITAL_SIGNATURE, IssueRequest, Kind};
use crate::support::dir::TestDir;
use crate::support::run;
use hankod::clock::Timestamp;
use hankod::der::Certificate;
use hankod::trust::revocation::{self, Evidence, Freshness, Status};
use hankod::trust::{Anchors, Checks, Crl, OcspAnswer, Use, ocsp};
use std::process::Command;

/// The purpose of a delegated responder (RFC 6960, 4.2.2.2).
pub(super) const OCSP_SIGNING: &[&str] = &["1.3.6.1.5.5.7.3.9"];

/// A CA with an index file, and the real programs that speak for it.
pub(super) struct Office {
    dir: TestDir,
    pub(super) ca: Ca,
    pub(super) leaf: Certificate,
    responder: Certificate,
}

impl Office {
    /// `state` is the leaf's line in the index: `V` or `R`; `None`: not in it.
    pub(super) fn new(state: Option<&str>, responder_purpose: &[&str]) -> Self {
        Self::at(state, responder_purpose, None)
    }

    /// The same; the leaf names an OCSP responder and a CRL on this port.
    pub(super) fn at(state: Option<&str>, responder_purpose: &[&str], port: Option<u16>) -> Self {
        let url = |path: &str| port.map(|port| format!("http://127.0.0.1:{port}/{path}"));
        let (ocsp_url, crl_url) = (url("ocsp"), url("crl"));
        let of_leaf = IssueRequest {
            ocsp_url: ocsp_url.as_deref(),
            crl_url: crl_url.as_deref(),
            ..IssueRequest::default()
        };
        let ca = Ca::new("根");
        let leaf = Certificate::parse(&ca.issue(&ca::key(Kind::Rsa2048), &of_leaf)).unwrap();
        let key = ca::key(Kind::P256);
        let request = IssueRequest {
            subject: &[("CN", "Responder")],
            key_usage: &[DIGITAL_SIGNATURE],
            extended_key_usage: responder_purpose,
            ..IssueRequest::default()
        };
        let responder = Certificate::parse(&ca.issue(&key, &request)).unwrap();
        let dir = TestDir::new("trust");
        let put = |name: &str, bytes: &[u8]| std::fs::write(dir.join(name), bytes).unwrap();
        put("ca.pem", &ca.pem());
        put("ca.key", &ca.key().private_key_to_pem_pkcs8().unwrap());
        put(
            "responder.pem",
            &openssl::x509::X509::from_der(responder.der())
                .unwrap()
                .to_pem()
                .unwrap(),
        );
        put("responder.key", &key.private_key_to_pem_pkcs8().unwrap());
        let serial = leaf.serial_hex().to_uppercase();
        let line = state.map_or(String::new(), |state| {
            let since = if state == "R" {
                "260101000000Z,keyCompromise"
            } else {
                ""
            };
            format!("{state}\t301231235959Z\t{since}\t{serial}\tunknown\t/CN=x\n")
        });
        put("index.txt", line.as_bytes());
        put(
            "ca.cnf",
            b"[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncertificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\n",
        );
        Self {
            dir,
            ca,
            leaf,
            responder,
        }
    }

    fn openssl(&self, words: &str) {
        let ran = run(
            Command::new("openssl")
                .args(words.split_whitespace())
                .current_dir(&*self.dir),
            "",
        );
        assert!(ran.ok, "{words}: {}", ran.stderr);
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(name)).unwrap()
    }

    /// What `openssl ocsp` answers to our own question.
    pub(super) fn answer(&self, nonce: Option<&[u8]>, more: &str) -> Vec<u8> {
        let question = ocsp::request(&self.leaf, &self.ca.certificate(), nonce);
        self.answer_to(&question, more)
    }

    /// What `openssl ocsp` answers to any question.
    pub(super) fn answer_to(&self, question: &[u8], more: &str) -> Vec<u8> {
        std::fs::write(self.dir.join("q.der"), question).unwrap();
        let signer = "ocsp -index index.txt -CA ca.pem -rsigner responder.pem -rkey responder.key";
        self.openssl(&format!("{signer} -reqin q.der -respout a.der -ndays 1 {more}"));
        self.read("a.der")
    }

    /// What `openssl ca -gencrl` lists, DER.
    pub(super) fn list(&self) -> Vec<u8> {
        self.openssl("ca -gencrl -config ca.cnf -crldays 7 -out crl.pem");
        self.openssl("crl -in crl.pem -outform DER -out crl.der");
        self.read("crl.der")
    }

    /// What is known about the leaf by this data.
    pub(super) fn judged(&self, answers: &[OcspAnswer], crls: &[Crl], at: Timestamp) -> Status {
        let evidence = Evidence {
            crls,
            answers,
            certificates: std::slice::from_ref(&self.responder),
            anchors: &Anchors::new(),
            anchors_for: Use::Signers,
            freshness: Freshness::Current,
            checks: &Checks::default(),
        };
        revocation::judge(&self.leaf, &self.ca.certificate(), &evidence, at)
    }
}
