//! Whether a file that a party signed is taken: its exact prefix with one revision behind it, in that signer's own field, by a permitted certificate,
//! with the values that were agreed to and nothing else.
//!
//! The check of the release gate (`verify::release`), held against what the contract says. Trust and revocation are asked where anchors are
//! configured (S48). Nothing is written here. Blocks.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::App;
use super::blank::{field_name, written};
use super::party::{certificate_id, moved_on, signature_name};
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::app::fill::TICKED;
use crate::app::verify::{UPLOAD, Wish, verify_draft};
use crate::contract::Contract;
use crate::contract::field::Field;
use crate::contract::party::{self, CertificateRule, Shown};
use crate::der::{Certificate, oid};
use crate::pdf::Document;
use crate::pdf::field;
use crate::pdf::form;
use crate::pdf::value::Value;
use crate::store::{Consent, Version};
use crate::text::{Explain, Lang, plain};
use crate::trust::SubIndication;
use crate::verify::Finding;
use crate::verify::changes::{Change, What};
use crate::verify::hashing::Hashing;
use crate::verify::judge::Verdict;
use crate::verify::release::{self, Original, Released};

/// A file that a signer was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Base {
    /// Which revision of the document it is, or was made from.
    pub(super) revision: u32,
    /// SHA-256 of it.
    pub(super) sha256: [u8; 32],
    /// Its length.
    pub(super) bytes: u64,
    /// Nobody has signed since.
    pub(super) is_newest: bool,
}

/// What is demanded of the signed file.
pub(super) struct Expected {
    /// Full name of the signer's signature field.
    pub(super) field: String,
    /// Their other fields in this document, and what each must say; `None`: nothing.
    own: BTreeMap<String, Option<String>>,
    /// Fields of those who have not signed yet.
    others: Vec<String>,
    rules: Vec<CertificateRule>,
}

impl Expected {
    /// Of the signer of this signature field.
    pub(super) fn of(
        contract: &Contract,
        signature: &Field,
        consent: &Consent,
        versions: &[Version],
    ) -> Result<Self, Failure> {
        let id = certificate_id(contract);
        let in_document = |field: &&Field| field.document == signature.document;
        let values = written(contract, signature, consent);
        let own = contract.terms.fields_of(signature.signer).filter(in_document);
        let own = own.filter(|field| !field.kind.is_signature()).map(|field| {
            let name = field_name(id, field);
            let value = values.get(&name).cloned();
            (name, value)
        });
        let has_signed = |signer: u16| {
            let landed = |one: &Version| one.document == signature.document && one.signer == Some(signer);
            versions.iter().any(landed)
        };
        let others = contract.terms.fields.iter().filter(in_document);
        let others = others.filter(|field| field.signer != signature.signer && !has_signed(field.signer));
        Ok(Self {
            field: signature_name(contract, signature),
            own: own.collect(),
            others: others.map(|field| field_name(id, field)).collect(),
            rules: contract.terms.signer(signature.signer)?.certificates.clone(),
        })
    }
}

/// Whether everything is as it must be.
///
/// # Errors
/// `party_not_signed`, `party_prefix_changed`, `document_moved_on`, `party_signature_broken`, `party_revisions`, `party_other_field`,
/// `party_changes_forbidden`, `party_values_differ`, `party_locks`, `certificate_not_allowed`, `party_certificate_unfit`.
pub(super) fn admit(draft: &Draft, bases: &[Base], expected: &Expected) -> Result<(), Failure> {
    let base = base_of(draft, bases)?;
    let map = draft.map()?;
    let document = Document::open(map.data(), None)?;
    let original = Original {
        bytes: base.bytes,
        sha256: base.sha256,
    };
    let plan = release::plan(&document, &original).map_err(|finding| broken(&[finding]))?;
    let mut hashing = Hashing::new(plan.requests());
    draft.read(0..Hashing::needed(plan.requests()), &mut |block| hashing.update(block))?;
    let released = release::check(&original, &plan, &hashing.finish()).map_err(|findings| broken(&findings))?;
    check_update(&released, expected)?;
    check_values(&document, expected)?;
    check_certificate(&released.certificate, &expected.rules)
}

/// The longest of the given files that this one begins with.
fn base_of(draft: &Draft, bases: &[Base]) -> Result<Base, Failure> {
    let sha256 = draft.sha256();
    if bases.iter().any(|base| base.sha256 == sha256) {
        return Err(Failure::new(FailureKind::Invalid, "party_not_signed"));
    }
    let mut shorter: Vec<&Base> = bases
        .iter()
        .filter(|base| base.bytes < draft.original_bytes())
        .collect();
    shorter.sort_by_key(|base| base.bytes);
    let (mut hasher, mut at, mut found) = (Sha256::new(), 0, None);
    for base in shorter {
        draft.read(at..base.bytes, &mut |block| hasher.update(block))?;
        at = base.bytes;
        if <[u8; 32]>::from(hasher.clone().finalize()) == base.sha256 {
            found = Some(*base);
        }
    }
    match found {
        Some(base) if base.is_newest => Ok(base),
        Some(_) => Err(moved_on()),
        None => Err(Failure::new(FailureKind::Invalid, "party_prefix_changed")),
    }
}

fn check_update(released: &Released, expected: &Expected) -> Result<(), Failure> {
    if released.revisions != 1 {
        let count = released.revisions.to_string();
        return Err(Failure::new(FailureKind::Invalid, "party_revisions").with("count", count));
    }
    if released.field != expected.field {
        let field = plain(&released.field);
        return Err(Failure::new(FailureKind::Invalid, "party_other_field").with("field", field));
    }
    if let Some(change) = released.changes.iter().find(|change| !is_own(change, expected)) {
        let what = change.field.as_deref().unwrap_or(&change.part);
        return Err(forbidden(what));
    }
    let locks = |name: &String| released.locks.iter().any(|lock| lock.holds(name));
    let leaves_room = released.docmdp.is_none() && !expected.others.iter().any(locks);
    let locks_own = locks(&expected.field) && expected.own.keys().all(locks);
    match leaves_room && locks_own {
        true => Ok(()),
        false => Err(Failure::new(FailureKind::Invalid, "party_locks")),
    }
}

/// The signature itself, the signer's own fields, descriptions that no page shows.
fn is_own(change: &Change, expected: &Expected) -> bool {
    let field = change.field.as_ref();
    match change.what {
        What::SignatureAdded => field == Some(&expected.field),
        What::FieldFilled => field.is_some_and(|name| expected.own.contains_key(name)),
        What::Metadata | What::Evidence => true,
        _ => false,
    }
}

fn check_values(document: &Document<'_>, expected: &Expected) -> Result<(), Failure> {
    let form = field::read(document)?;
    for (name, wanted) in &expected.own {
        let found = form
            .fields
            .iter()
            .find(|one| one.name == *name)
            .and_then(|one| one.value.as_ref());
        let found = match found.map(|value| document.resolve(value)).transpose()? {
            Some(Value::Name(name)) if name == form::TICKED.as_bytes() => Some(TICKED.to_owned()),
            Some(value) => value.as_text().filter(|text| !text.is_empty()),
            None => None,
        };
        if found != *wanted {
            return Err(Failure::new(FailureKind::Invalid, "party_values_differ").with("field", plain(name)));
        }
    }
    Ok(())
}

fn check_certificate(certificate: &Certificate, rules: &[CertificateRule]) -> Result<(), Failure> {
    let extensions = certificate.extensions();
    if !certificate.may_sign_documents() || extensions.is_ca {
        return Err(Failure::new(FailureKind::Invalid, "party_certificate_unfit"));
    }
    let all = |kind| {
        let attributes = certificate.subject().attributes().iter();
        attributes
            .filter(move |one| one.oid == kind)
            .map(|one| one.value.clone())
            .collect()
    };
    let usages = extensions
        .key_usage
        .map(|usage| usage.names().iter().map(|name| (*name).to_owned()).collect());
    let shown = Shown {
        sha256: *certificate.sha256(),
        issuer: certificate.issuer().rfc4514(),
        common_names: all(oid::COMMON_NAME),
        units: all(oid::ORGANIZATIONAL_UNIT),
        policies: extensions.policies.iter().map(ToString::to_string).collect(),
        key_usages: usages.unwrap_or_default(),
    };
    Ok(party::check(rules, &shown)?)
}

/// What the release check found, as a signer's page tells it.
fn broken(findings: &[Finding]) -> Failure {
    for finding in findings {
        if let Finding::ChangeForbidden(change) = finding {
            return forbidden(change.field.as_deref().unwrap_or(&change.part));
        }
    }
    let why = findings.first().map_or("unknown", Finding::code);
    Failure::new(FailureKind::Invalid, "party_signature_broken").with("why", why)
}

fn forbidden(what: &str) -> Failure {
    Failure::new(FailureKind::Invalid, "party_changes_forbidden").with("what", plain(what))
}

impl App {
    /// Whether the certificate behind the signature in `field` leads to an anchor and is not revoked, where anchors are configured.
    ///
    /// # Errors
    /// `party_certificate_untrusted`, `party_certificate_revoked`; `party_revocation_unknown` for what a later try may answer.
    pub(super) async fn check_party_trust(&self, draft: Draft, field: String) -> Result<Draft, Failure> {
        let anchors = self.anchors().await?;
        if anchors.is_empty() {
            return Ok(draft);
        }
        let config = self.config().clone();
        self.judging(move || {
            let asked = Wish::default().with(anchors, &config, Lang::default())?;
            let report = verify_draft(&draft, UPLOAD, &asked)?;
            let found = report.signatures.iter().find(|one| one.field == field);
            match found.map(|one| (one.verdict, one.sub_indication)) {
                Some((Verdict::TotalPassed, _)) => Ok(draft),
                Some((_, Some(SubIndication::TryLater))) => {
                    Err(Failure::new(FailureKind::Unavailable, "party_revocation_unknown"))
                }
                Some((
                    _,
                    Some(SubIndication::Revoked | SubIndication::RevokedNoPoe | SubIndication::RevokedCaNoPoe),
                )) => Err(Failure::new(FailureKind::Invalid, "party_certificate_revoked")),
                _ => Err(Failure::new(FailureKind::Invalid, "party_certificate_untrusted")),
            }
        })
        .await
    }
}
