//! 電子契約締結証明書 (S36-S41, S50) as a file: what [`crate::contract::certificate`] says, set on A4, signed with the operator's key, stamped.
//!
//! Made once, before the contract is called concluded, from what was frozen when it happened. It certifies itself: nothing may be changed in it but
//! that its evidence is renewed. Nothing here decides what it says.

use std::io::Write;

use super::operator::Operator;
use super::papers::newest;
use crate::access::Principal;
use crate::app::App;
use crate::app::draft::{Draft, not_stored};
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::contract::Contract;
use crate::contract::certificate::{Certificate, Row};
use crate::pdf::Document;
use crate::render::qr;
use crate::render::sheet::{self, Block, Picture, Sheet, Table, Tone};
use crate::sign::{Certify, FieldChoice, Request};
use crate::store::{Sha256, Version};
use crate::text::{Lang, plain, say};

/// Where anybody verifies, below the public address; the certificate's ID follows as a fragment, which no server sees.
pub(crate) const VERIFY_PATH: &str = "/verify";
/// Width of the QR code on paper: 30 mm, for any telephone.
const QR_POINTS: f32 = 85.0;
/// Parts of the width: when, how, who.
const SIGNATURE_COLUMNS: [(&str, f32); 3] = [
    ("certificate-when", 0.27),
    ("certificate-how", 0.18),
    ("certificate-who", 0.55),
];
const DOCUMENT_COLUMNS: [(&str, f32); 2] = [("certificate-document", 0.3), ("certificate-sha256", 0.7)];

/// What is printed beside what the contract says.
struct Issue {
    title: String,
    issuer: String,
    verifier: String,
    at: Timestamp,
}

/// The certificate of a contract that everybody signed, drawn and signed; its evidence comes later.
///
/// # Errors
/// What the key's token, the fonts and the state say.
pub(crate) async fn signed(app: &App, contract: &Contract, versions: &[Version]) -> Result<Draft, Failure> {
    let certificate = Certificate::of(contract, &digests(contract, versions));
    let certificate =
        certificate.ok_or(Failure::new(FailureKind::Internal, "state_damaged").with("what", "contract"))?;
    let operator = Operator::open(app).await?;
    let settings = &app.config().contracts;
    let issue = Issue {
        title: settings.certificate_title.clone(),
        issuer: settings.operator_name.clone().unwrap_or_else(|| operator.name()),
        verifier: format!("{}{VERIFY_PATH}#{}", app.public_url()?, certificate.id),
        at: app.now(),
    };
    let request = request(&issue, &certificate);
    let (fonts, folder, max) = (app.fonts(), app.uploads().to_owned(), app.max_document_bytes());
    let draw = move || {
        let pdf = sheet::write(&sheet_of(&certificate, &issue)?, &*fonts()?)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(|error| not_stored(&error))?;
        file.write_all(&pdf).map_err(|error| not_stored(&error))?;
        Draft::copy(file.path(), &folder, max)
    };
    let draft = app.blocking(draw).await?;
    let request = move |_: &Document<'_>, contents_bytes| {
        Ok(Request {
            contents_bytes,
            ..request
        })
    };
    operator.sign(app, &Principal::Jobs, draft, request).await
}

/// SHA-256 of each document's newest file, in order.
fn digests(contract: &Contract, versions: &[Version]) -> Vec<Sha256> {
    let documents = contract.terms.documents.iter();
    documents
        .filter_map(|one| newest(versions, one.number).map(|newest| newest.sha256))
        .collect()
}

fn request(issue: &Issue, certificate: &Certificate) -> Request {
    let values = [("number", &*certificate.number), ("title", &*certificate.title)];
    Request {
        field: FieldChoice::Auto,
        visible: None,
        reason: Some(say(Lang::Ja, "certificate-reason", &values)),
        location: None,
        signer_name: Some(plain(&issue.issuer)),
        time: issue.at,
        certify: Some(Certify::NoChanges),
        contents_bytes: 0,
        lock: None,
        fills: Vec::new(),
    }
}

fn word(id: &str) -> String {
    say(Lang::Ja, id, &[])
}

fn sheet_of(certificate: &Certificate, issue: &Issue) -> Result<Sheet, Failure> {
    let entry = |id, value: &str| Block::Entry(word(id), value.to_owned());
    let head = |columns: &[(&str, f32)]| columns.iter().map(|(id, part)| (word(id), *part)).collect();
    let documents = certificate.documents.iter();
    Ok(Sheet {
        title: issue.title.clone(),
        lang: Lang::Ja,
        at: issue.at,
        blocks: vec![
            Block::Lead(Tone::Good, word("certificate-lead")),
            entry("certificate-title", &certificate.title),
            entry("certificate-number", &certificate.number),
            entry("certificate-author", &certificate.author),
            entry("certificate-author-address", &certificate.author_address),
            entry("certificate-id", &certificate.id),
            entry("certificate-made", &issue.at.jst_minutes()),
            entry("certificate-issuer", &issue.issuer),
            Block::Heading(2, word("certificate-signatures")),
            Block::Table(Table {
                head: head(&SIGNATURE_COLUMNS),
                rows: certificate.rows.iter().map(cells).collect(),
            }),
            Block::Heading(2, word("certificate-documents")),
            Block::Table(Table {
                head: head(&DOCUMENT_COLUMNS),
                rows: documents
                    .map(|(name, sha256)| vec![vec![name.clone()], vec![sha256.clone()]])
                    .collect(),
            }),
            Block::Heading(2, word("certificate-check")),
            Block::Text(word("certificate-check-how")),
            Block::Pictures(vec![Picture {
                png: qr::png(&issue.verifier)?,
                caption: issue.verifier.clone(),
                frame: None,
                width_pt: Some(QR_POINTS),
            }]),
            Block::Note(word("certificate-note")),
        ],
    })
}

fn cells(row: &Row) -> Vec<Vec<String>> {
    let ip = row.ip.as_ref().map(|ip| format!("[{ip}]"));
    let when = std::iter::once(row.time.clone()).chain(ip).collect();
    vec![when, vec![row.method.to_owned()], row.signer.clone()]
}
