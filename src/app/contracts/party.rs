//! 当事者型: what a party signer's page hands to the person's own hankod, or to other software, and what comes back from there.
//!
//! The server asks no key here. It tells what is to be signed and takes a signed file only as [`super::admission`] allows; a job stamps it. Whoever
//! is second on one document is told so before anybody types a PIN again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

use super::admission::{self, Base, Expected};
use super::blank::{field_name, written};
use super::link::{Behind, actor, again, check_session, may_sign, values};
use super::{Agreement, App, SigningView, Visitor};
use crate::app::desk::{Appearance, DocumentRequest, Seal, UploadedDocument};
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::app::fill;
use crate::app::filter::CertificateFilter;
use crate::app::jobs::{self, Job, party};
use crate::clock::Timestamp;
use crate::contract::Contract;
use crate::contract::field::{Field, Kind, Place};
use crate::contract::progress::{Identity, Progress, Turn};
use crate::contract::signer::{Factor, Method, Signer};
use crate::contract::words::Line;
use crate::der::Certificate;
use crate::pdf::Document;
use crate::render::seal::Style;
use crate::sign;
use crate::store::blob::Blob;
use crate::store::{Consent, ContractRow, Filled, LinkRow, Tx, Version, VersionKind};

/// Characters of a name from which its seal is cut square.
const SQUARE_FROM: usize = 5;

/// What a party signer signs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartyManifest {
    /// Which certificates may sign: those that one of these admits; none: any.
    pub filters: Vec<CertificateFilter>,
    /// What this signer has still to sign, in order.
    pub documents: Vec<PartyDocument>,
}

/// One document of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartyDocument {
    /// Its number in the contract.
    pub number: u16,
    /// The revision that is signed.
    pub revision: u32,
    /// SHA-256 of that file, hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// As the manifest of hankod's own signing wants it: name, field, seal, the values to be filled in.
    pub request: DocumentRequest,
}

/// A party signer who agreed.
struct Agreed {
    row: ContractRow,
    link: LinkRow,
    consent: Consent,
}

impl App {
    /// What a party signer, who is known and agrees to these values, has still to sign.
    ///
    /// # Errors
    /// `link_void`, `session_over`, `request_not_opened`, `signs_by_mail`, `document_being_stamped`; values and checklist that are not as wanted.
    pub async fn party_manifest(&self, visitor: &Visitor, agreement: Agreement) -> Result<PartyManifest, Failure> {
        let agreed = self.party_agrees(visitor, agreement).await?;
        let versions = self.store().versions(&agreed.link.contract).await?;
        agreed.manifest(&versions)
    }

    /// The same for other software: what was agreed to stands in the files already, in an update that nobody has signed.
    ///
    /// # Errors
    /// As [`App::party_manifest`]; what is wrong with a document.
    pub async fn party_files(&self, visitor: &Visitor, agreement: Agreement) -> Result<PartyManifest, Failure> {
        let agreed = self.party_agrees(visitor, agreement).await?;
        let versions = self.store().versions(&agreed.link.contract).await?;
        let mut manifest = agreed.manifest(&versions)?;
        for one in &mut manifest.documents {
            let values = std::mem::take(&mut one.request.fields);
            one.request.appearance = None;
            if values.is_empty() {
                continue;
            }
            let newest = newest(&versions, one.number)?;
            let blob = self.filled_file(newest, values).await?;
            (one.sha256, one.bytes) = (hex::encode(blob.sha256), blob.bytes);
            let (contract, signer, now) = (agreed.link.contract.clone(), agreed.link.signer, self.now());
            let filled = Filled {
                document: one.number,
                revision: one.revision,
                sha256: blob.sha256,
                bytes: blob.bytes,
            };
            let done = self.store().write(move |tx| {
                Box::pin(async move {
                    tx.add_blob(&blob, now).await?;
                    Ok::<_, Failure>(tx.put_filled(&contract, signer, &filled).await?)
                })
            });
            done.await?;
        }
        Ok(manifest)
    }

    /// Where the file lies that other software signs, and its length; changes nothing.
    ///
    /// # Errors
    /// `link_void`, `request_not_opened`, `contract_document_missing`, `document_being_stamped`.
    pub async fn party_file(&self, visitor: &Visitor, number: u16) -> Result<(PathBuf, u64), Failure> {
        let behind = self.behind(visitor).await?;
        party_turn(&behind.row, &behind.link)?;
        let versions = self.store().versions(&behind.link.contract).await?;
        let newest = newest(&versions, number)?;
        not_being_stamped(newest)?;
        let filled = self.store().filled(&behind.link.contract, behind.link.signer).await?;
        let of_newest = |one: &&Filled| one.document == number && one.revision == newest.revision;
        let (sha256, bytes) = match filled.iter().find(of_newest) {
            Some(filled) => (filled.sha256, filled.bytes),
            None => (newest.sha256, newest.bytes),
        };
        Ok((self.store().blob_path(&sha256), bytes))
    }

    /// Whether this caller is known as the signer behind the link, before anything large is read from them.
    ///
    /// # Errors
    /// `link_void`, `session_over`.
    pub async fn check_signer(&self, visitor: &Visitor, session: &str) -> Result<(), Failure> {
        let (behind, session, now) = (self.behind(visitor).await?, session.to_owned(), self.now());
        self.store()
            .write(move |tx| Box::pin(async move { check_session(tx, &behind.link, &session, now).await }))
            .await
            .map(drop)
    }

    /// A signed document comes back. It is durable before this returns, stamped later; the same signature again changes nothing.
    ///
    /// # Errors
    /// Those of [`App::check_signer`]; `document_moved_on`, `document_being_stamped`, and every reason of [`super::admission`].
    pub async fn party_signed(
        &self,
        visitor: &Visitor,
        session: &str,
        number: u16,
        upload: UploadedDocument,
    ) -> Result<SigningView, Failure> {
        self.check_signer(visitor, session).await?;
        let behind = self.behind(visitor).await?;
        let missing = || Failure::new(FailureKind::NotFound, "contract_document_missing");
        let field = own_signature(&behind.row.contract, behind.link.signer, number).ok_or_else(missing)?;
        let field = field.clone();
        let versions = self.store().versions(&behind.link.contract).await?;
        let of_signer = |one: &&Version| one.document == number && one.signer == Some(behind.link.signer);
        let draft = Draft::adopt(upload);
        if let Some(landed) = versions.iter().rfind(of_signer) {
            let name = field_name(certificate_id(&behind.row.contract), &field);
            self.check_repeated(draft, landed, name, behind.link.signer).await?;
        } else {
            party_turn(&behind.row, &behind.link)?;
            let consent = self.store().consent(&behind.link.contract, behind.link.signer).await?;
            let of_request = |one: &Consent| one.request == behind.link.request;
            let not_agreed = || Failure::new(FailureKind::Conflict, "party_not_agreed");
            let consent = consent.filter(of_request).ok_or_else(not_agreed)?;
            self.take_signed(behind, (&field, consent), &versions, draft, session)
                .await?;
        }
        self.signing_view(visitor).await
    }

    async fn take_signed(
        &self,
        behind: Behind,
        (field, consent): (&Field, Consent),
        versions: &[Version],
        draft: Draft,
        session: &str,
    ) -> Result<(), Failure> {
        let Behind { row, link, who } = behind;
        let bases = self.bases(&link, versions, field.document).await?;
        let expected = Expected::of(&row.contract, field, &consent, versions)?;
        let name = expected.field.clone();
        let work = move || {
            admission::admit(&draft, &bases, &expected)?;
            Ok(draft)
        };
        let draft = self.blocking(work).await?;
        let draft = self.check_party_trust(draft, name).await?;
        let blob = super::kept(self, draft).await?;
        let newest = newest(versions, field.document)?.clone();
        let (now, session) = (self.now(), session.to_owned());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let row = again(tx, &link).await?;
                party_turn(&row, &link)?;
                check_session(tx, &link, &session, now).await?;
                let consent = Consent {
                    who,
                    at: now,
                    ..consent
                };
                take(tx, &link, (&newest, &blob), &consent, now).await
            })
        });
        done.await?;
        self.wake_workers();
        Ok(())
    }

    /// Whether what comes is the signature that is there already.
    async fn check_repeated(&self, draft: Draft, landed: &Version, name: String, signer: u16) -> Result<(), Failure> {
        let (path, folder) = (self.store().blob_path(&landed.sha256), self.uploads().to_owned());
        let max = self.max_document_bytes();
        let same = move || {
            let value = |draft: &Draft| {
                let map = draft.map()?;
                let document = Document::open(map.data(), None)?;
                Ok::<_, Failure>(sign::signature_value(&document, &name)?)
            };
            Ok(value(&draft)? == value(&Draft::copy(&path, &folder, max)?)?)
        };
        match self.blocking(same).await {
            Ok(true) => Ok(()),
            _ => Err(crate::contract::Error::SignedAlready(signer).into()),
        }
    }

    /// What a signed file may begin with: every revision that was sent to signers, and the newest one filled in for other software.
    async fn bases(&self, link: &LinkRow, versions: &[Version], number: u16) -> Result<Vec<Base>, Failure> {
        let newest = newest(versions, number)?.revision;
        let sent = versions
            .iter()
            .filter(|one| one.document == number && one.kind != VersionKind::Uploaded);
        let mut bases: Vec<Base> = sent
            .map(|one| Base {
                revision: one.revision,
                sha256: one.sha256,
                bytes: one.bytes,
                is_newest: one.revision == newest,
            })
            .collect();
        let filled = self.store().filled(&link.contract, link.signer).await?;
        bases.extend(filled.iter().filter(|one| one.document == number).map(|one| Base {
            revision: one.revision,
            sha256: one.sha256,
            bytes: one.bytes,
            is_newest: one.revision == newest,
        }));
        Ok(bases)
    }

    async fn filled_file(&self, newest: &Version, values: BTreeMap<String, String>) -> Result<Blob, Failure> {
        let (source, folder) = (self.store().blob_path(&newest.sha256), self.uploads().to_owned());
        let (max, fonts) = (self.max_document_bytes(), self.fonts());
        let make = move || {
            let mut draft = Draft::copy(&source, &folder, max)?;
            let map = draft.map()?;
            let document = Document::open(map.data(), None)?;
            let fills = fill::fills(&document, &values, &*fonts)?;
            let update = sign::fill(&document, &fills)?;
            drop(document);
            drop(map);
            draft.append(&update)?;
            Ok(draft)
        };
        let draft = self.blocking(make).await?;
        super::kept(self, draft).await
    }

    async fn party_agrees(&self, visitor: &Visitor, agreement: Agreement) -> Result<Agreed, Failure> {
        let (behind, now) = (self.behind(visitor).await?, self.now());
        let Behind { link, who, .. } = behind;
        let versions = self.store().versions(&link.contract).await?;
        let begun = versions.iter().any(|one| one.signer == Some(link.signer));
        let known = self.store().consent(&link.contract, link.signer).await?;
        // What stands in a revision already is what was agreed to.
        let known = known.filter(|known| begun && known.request == link.request);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let row = again(tx, &link).await?;
                party_turn(&row, &link)?;
                check_session(tx, &link, &agreement.session, now).await?;
                if let Some(consent) = known {
                    return Ok::<_, Failure>(Agreed { row, link, consent });
                }
                let consent = Consent {
                    request: link.request,
                    values: values(&row, link.signer, &agreement)?,
                    who,
                    factors: vec![Factor::MailCode],
                    at: now,
                };
                tx.put_consent(&link.contract, link.signer, &consent).await?;
                Ok(Agreed { row, link, consent })
            })
        });
        done.await
    }
}

impl Agreed {
    fn manifest(&self, versions: &[Version]) -> Result<PartyManifest, Failure> {
        let contract = &self.row.contract;
        let signer = contract.terms.signer(self.link.signer)?;
        let own = |field: &&Field| field.kind.is_signature();
        let mut documents = Vec::new();
        for field in contract.terms.fields_of(signer.number).filter(own) {
            let landed = |one: &Version| one.document == field.document && one.signer == Some(signer.number);
            if versions.iter().any(landed) {
                continue;
            }
            let newest = newest(versions, field.document)?;
            not_being_stamped(newest)?;
            let document = contract.terms.document(field.document)?;
            documents.push(PartyDocument {
                number: field.document,
                revision: newest.revision,
                sha256: hex::encode(newest.sha256),
                bytes: newest.bytes,
                request: DocumentRequest {
                    name: document.name.as_str().to_owned(),
                    field: Some(field_name(certificate_id(contract), field)),
                    appearance: appearance(signer, field, &document.pages),
                    fields: written(contract, field, &self.consent),
                    digest: None,
                },
            });
        }
        Ok(PartyManifest {
            filters: signer.certificates.iter().map(CertificateFilter::from).collect(),
            documents,
        })
    }
}

/// The contract's own signature field of this signer in this document.
pub(crate) fn own_signature(contract: &Contract, signer: u16, document: u16) -> Option<&Field> {
    let own = |field: &&Field| field.document == document && field.kind.is_signature();
    contract.terms.fields_of(signer).find(own)
}

/// 締結証明書ID; empty before it is sent.
pub(crate) fn certificate_id(contract: &Contract) -> &str {
    contract.certificate_id.as_ref().map_or("", Line::as_str)
}

/// The full name of a signer's signature field in a document.
pub(crate) fn signature_name(contract: &Contract, field: &Field) -> String {
    field_name(certificate_id(contract), field)
}

/// Who signed, as it is frozen: the subject as it stands in the certificate, a My Number card's bearer by their own name.
pub(crate) fn identity(certificate: &Certificate) -> Result<Identity, Failure> {
    let attributes = certificate.subject().attributes().iter();
    let mut subject: Vec<(String, String)> = attributes.map(|one| (one.label(), one.shown())).collect();
    if let Some(personal) = certificate.personal().filter(|personal| !personal.name.is_empty()) {
        subject.retain(|(label, _)| label != "CN");
        subject.push(("CN".to_owned(), personal.name.clone()));
    }
    let sha256 = Line::new(&certificate.sha256_hex(), "sha256")?;
    Ok(Identity::Party { subject, sha256 })
}

/// The newest revision of a document.
fn newest(versions: &[Version], number: u16) -> Result<&Version, Failure> {
    let missing = || Failure::new(FailureKind::NotFound, "contract_document_missing");
    super::newest(versions, number).ok_or_else(missing)
}

/// The signer's progress, when it is their turn, they have opened the request, and they sign with their own certificate.
fn party_turn<'r>(row: &'r ContractRow, link: &LinkRow) -> Result<&'r Progress, Failure> {
    let one = may_sign(row, link)?;
    if one.turn == Turn::Asked {
        return Err(Failure::new(FailureKind::Conflict, "request_not_opened"));
    }
    match row.contract.terms.signer(link.signer)?.method {
        Method::Party => Ok(one),
        Method::Witness => Err(Failure::new(FailureKind::Conflict, "signs_by_mail")),
    }
}

async fn take(
    tx: &mut Tx,
    link: &LinkRow,
    (newest, blob): (&Version, &Blob),
    consent: &Consent,
    now: Timestamp,
) -> Result<(), Failure> {
    let present = tx.newest_version(&link.contract, newest.document).await?;
    let present = present.filter(|present| present.revision == newest.revision);
    not_being_stamped(&present.ok_or_else(moved_on)?)?;
    let version = Version {
        revision: newest.revision + 1,
        kind: VersionKind::Received,
        signer: Some(link.signer),
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: now,
        ..newest.clone()
    };
    tx.add_blob(blob, now).await?;
    tx.add_version(&link.contract, &version).await?;
    tx.put_consent(&link.contract, link.signer, consent).await?;
    let payload = party::Payload::of(&link.contract, link.signer, link.request, newest.document);
    let (key, job) = (payload.key(), Job::Party(party::Step::Stamp, payload));
    jobs::put(tx, &job, &key, &actor(link), (now, now)).await?;
    Ok(())
}

/// Whoever signed on top of a signature that waits for its timestamp would close the room in which that one goes.
fn not_being_stamped(newest: &Version) -> Result<(), Failure> {
    match newest.kind {
        VersionKind::Received => Err(Failure::new(FailureKind::Unavailable, "document_being_stamped")),
        _ => Ok(()),
    }
}

/// Somebody else's signature is in the document meanwhile.
pub(super) fn moved_on() -> Failure {
    Failure::new(FailureKind::Conflict, "document_moved_on")
}

/// The seal in the signer's name, where the field has a place; nothing where the name does not fit on one.
fn appearance(signer: &Signer, field: &Field, pages: &[(f32, f32)]) -> Option<Appearance> {
    let (Kind::Seal, Some(Place::At { page, x, y, w, h })) = (field.kind, &field.place) else {
        return None;
    };
    let index = usize::try_from(*page).ok()?.checked_sub(1)?;
    let (_, height) = *pages.get(index)?;
    let text: String = signer.name.as_str().chars().filter(|c| !c.is_whitespace()).collect();
    let characters = text.chars().count();
    if characters > Style::Square.max_characters() {
        return None;
    }
    Some(Appearance {
        seal: match characters {
            ..SQUARE_FROM => Seal::Round(text),
            _ => Seal::Square(text),
        },
        page: *page,
        rect: [*x, (height - y - h).max(0.0), *w, *h].map(f64::from),
        date: false,
    })
}
