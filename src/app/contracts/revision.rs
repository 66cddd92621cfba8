//! One witness signer's revision of one document: their values and seal, signed with the operator's key, stamped where a TSA answers, checked by code
//! that did not make it.
//!
//! The intent is written before the key is asked, the outcome before anybody has the file. A stamp that cannot be had now follows as a document
//! timestamp before the contract is concluded.

use std::path::PathBuf;
use std::sync::Arc;

use super::blank::{colours, field_name, words};
use crate::access::Principal;
use crate::app::App;
use crate::app::authorise;
use crate::app::choose;
use crate::app::consent;
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::extend::Sources;
use crate::app::failure::{Failure, FailureKind};
use crate::app::journal::Journal;
use crate::app::keyring::Key;
use crate::app::prepare::{FontSource, Ready};
use crate::app::release;
use crate::app::sign_hash::is_over;
use crate::clock::Timestamp;
use crate::cms::{self, SignedAttributes, SignedData};
use crate::contract::Contract;
use crate::contract::field::{Field, Kind, Value};
use crate::contract::signer::{Factor, Signer};
use crate::contract::words::Name;
use crate::der::{Certificate, DigestAlgorithm, Preference, SignatureAlgorithm};
use crate::pdf::Document;
use crate::pdf::archive::{self, Archive};
use crate::render::seal::{Mark, Stamp, Style, stamp_page};
use crate::sign::{self, FieldChoice, Fill, FillValue, Picture, Request, Visible};
use crate::store::{Consent, Version};
use crate::text::{Explain, Lang, plain, say};
use crate::token::Signable;
use crate::tsa::Imprint;
use crate::verify::release::Original;

/// Characters of a name from which its seal is cut square.
const SQUARE_FROM: usize = 5;
/// How large a value's drawing is where the widget has no size of its own.
const NO_SIZE: (f32, f32) = (200.0, 14.0);

/// What goes into a revision.
struct Work {
    draft: Draft,
    original: Original,
    contract: Contract,
    field: Field,
    consent: Consent,
    algorithm: SignatureAlgorithm,
    chain: Vec<Certificate>,
    token_bytes: usize,
    fonts: Arc<FontSource>,
    now: Timestamp,
}

/// Makes the revision that follows `newest`, in a file of its own.
///
/// # Errors
/// What the key's token, the document and the state say; a TSA that does not answer is none.
pub(crate) async fn stamped_revision(
    app: &App,
    contract: &Contract,
    (field, newest): (&Field, &Version),
    consent: &Consent,
) -> Result<PathBuf, Failure> {
    let key = app.key(&app.operator_certificate()?).await?;
    let entries = key.login.objects().await?;
    let algorithm = SignatureAlgorithm::for_key(key.certificate.key(), Preference::Auto)?;
    // What the key's policy forbids now may be allowed later, and the signer's act stands.
    let admitted = app.admit(key.named(), algorithm, 1).await;
    admitted.map_err(|failure| Failure::of(FailureKind::Unavailable, &failure))?;
    let (source, folder) = (app.store().blob_path(&newest.sha256), app.uploads().to_owned());
    let max = app.max_document_bytes();
    let draft = app.blocking(move || Draft::copy(&source, &folder, max)).await?;
    let work = Work {
        original: Original {
            bytes: draft.original_bytes(),
            sha256: draft.sha256(),
        },
        draft,
        contract: contract.clone(),
        field: field.clone(),
        consent: consent.clone(),
        algorithm,
        chain: choose::chain(&key.certificate, &entries),
        token_bytes: app.token_room(&[]).await?,
        fonts: app.fonts(),
        now: app.now(),
    };
    let (work, ready) = app.blocking(move || prepare(work)).await?;
    let who = Principal::Signer {
        contract: contract.id.clone(),
        number: field.signer,
    };
    let operation = crate::app::new_id();
    let digest = algorithm.digest().digest(ready.attributes.to_sign());
    let inputs = [work.original.sha256.to_vec()];
    let shown = consent::Consent::of_hashes(&operation, &who, key.certificate.sha256(), &inputs);
    let journal = Journal::begin(app.store(), &operation, &who, &shown, app.now()).await?;
    let result = signed(app, &key, &journal, (work, ready), digest).await;
    journal.close(&result, app.now()).await;
    result
}

async fn signed(
    app: &App,
    key: &Key,
    journal: &Journal,
    (work, mut ready): (Work, Ready),
    digest: Vec<u8>,
) -> Result<PathBuf, Failure> {
    let certificate = *key.certificate.sha256();
    let intents = journal
        .intend(certificate, vec![(1, digest.clone())], app.now())
        .await?;
    let intent = *intents
        .first()
        .ok_or(Failure::new(FailureKind::Internal, "internal_error"))?;
    let grant = authorise::grant(&key.certificate, work.algorithm, vec![digest]);
    let to_sign = Signable::Message(ready.attributes.to_sign());
    let value = key.login.sign(&grant, &key.info, to_sign).await.map_err(|error| {
        journal.not_signed(intent, &error);
        if is_over(&error) {
            app.drop_login(key);
        }
        Failure::from(error)
    })?;
    journal.signed(intent);
    let cms = cms::signed_data(&ready.attributes, work.algorithm, &value, &work.chain)?;
    ready.prepared.put_contents(&cms)?;
    let level = match stamp(app, &mut ready, &cms).await {
        Ok(()) => Level::BT,
        Err(failure) if failure.may_pass() || failure.code() == "contents_too_small" => {
            log::warn!(code = "timestamp_follows", reason = failure.code(); "a signature has no timestamp yet; a document timestamp follows before the conclusion");
            Level::BB
        }
        Err(failure) => return Err(failure),
    };
    let finish = move || {
        let Work {
            mut draft, original, ..
        } = work;
        draft.append(&ready.prepared.update)?;
        release::inspect(&draft, &original, (&ready.prepared.field_name, &certificate), None)?;
        let sha256 = draft.present_sha256();
        let kept = draft.into_path().keep();
        let path = kept.map_err(|error| crate::app::not_stored(&error.error))?;
        Ok((path, sha256))
    };
    let (path, sha256) = app.blocking(finish).await?;
    journal
        .release(intent, (sha256, level), (None, None), app.now())
        .await?;
    Ok(path)
}

async fn stamp(app: &App, ready: &mut Ready, cms: &[u8]) -> Result<(), Failure> {
    let supply = app.supply(Level::BT, &Sources::default()).await?;
    let value = SignedData::parse(cms)?.signer()?.signature.clone();
    let stamped = app
        .timestamp(Imprint::of(DigestAlgorithm::Sha256, &value), &supply)
        .await?;
    let stamped = cms::with_timestamp(cms, &stamped.checked.token)?;
    Ok(ready.prepared.put_contents(&stamped)?)
}

fn prepare(mut work: Work) -> Result<(Work, Ready), Failure> {
    let map = work.draft.map()?;
    let document = Document::open(map.data(), None)?;
    let request = request(&work, &document)?;
    let prepared = sign::prepare(&document, &request)?;
    let (before, after) = prepared.signed_parts();
    let digest = work.algorithm.digest();
    let message_digest = work.draft.digest(digest, [before, after])?;
    let certificate = work.chain.first().ok_or(cms::Error::SignerCertificateMissing)?;
    let attributes = SignedAttributes::new(digest, &message_digest, certificate)?;
    drop(document);
    drop(map);
    Ok((work, Ready { prepared, attributes }))
}

fn request(work: &Work, document: &Document<'_>) -> Result<Request, Failure> {
    let certificate_id = work.contract.certificate_id.as_ref();
    let id = certificate_id.map(|id| id.as_str()).unwrap_or_default();
    let signer = work.contract.terms.signer(work.field.signer)?;
    let archive = archive::read(document)?;
    let name = field_name(id, &work.field);
    let visible = match work.field.kind {
        Kind::Seal => Some(Visible {
            page1: 1,
            rect: [0.0; 4],
            picture: Picture::Pdf(seal(signer, size(&work.field), archive, &*work.fonts)?),
        }),
        _ => None,
    };
    Ok(Request {
        field: FieldChoice::Named(name),
        visible,
        reason: Some(reason(signer, &work.consent.factors)),
        location: None,
        signer_name: Some(plain(signer.name.as_str())),
        time: work.now,
        certify: None,
        contents_bytes: cms::estimate_bytes(&work.chain, work.algorithm, work.token_bytes)?,
        lock: None,
        fills: fills(work, id, archive)?,
    })
}

/// Whom the operator vouches for, and how they were known (S2).
fn reason(signer: &Signer, factors: &[Factor]) -> String {
    let known = factors.iter().map(|factor| {
        let id = match factor {
            Factor::MailCode => "factor-mail-code",
            Factor::SmsCode => "factor-sms-code",
            Factor::AccessCode => "factor-access-code",
        };
        say(Lang::Ja, id, &[])
    });
    let known = known.collect::<Vec<_>>().join("・");
    let organisation = signer.organisation.as_ref().map_or("", Name::as_str);
    let values = [
        ("organisation", organisation),
        ("name", signer.name.as_str()),
        ("reach", &signer.reach.to_string()),
        ("known", &known),
    ];
    say(Lang::Ja, "witness-reason", &values).trim().to_owned()
}

/// What the signer wrote, in their own fields of this document.
fn fills(work: &Work, id: &str, archive: Option<Archive>) -> Result<Vec<Fill>, Failure> {
    let fonts = (work.fonts)()?;
    let mut fills = Vec::new();
    for (number, value) in &work.consent.values {
        let own = |field: &&Field| field.number == *number && field.document == work.field.document;
        let Some(field) = work.contract.terms.fields_of(work.field.signer).find(own) else {
            continue;
        };
        let value = match value {
            Value::Ticked(true) => FillValue::Tick,
            Value::Ticked(false) => continue,
            written => {
                let text = written.drawn();
                let look = words(&text, size(field), archive, &fonts)?;
                FillValue::Text { text, look }
            }
        };
        fills.push(Fill {
            field: field_name(id, field),
            value,
        });
    }
    Ok(fills)
}

fn size(field: &Field) -> (f32, f32) {
    use crate::contract::field::Place;
    match &field.place {
        Some(Place::At { w, h, .. } | Place::Anchor { w, h, .. }) => (*w, *h),
        None => NO_SIZE,
    }
}

fn seal(
    signer: &Signer,
    (width_pt, height_pt): (f32, f32),
    archive: Option<Archive>,
    fonts: &FontSource,
) -> Result<Vec<u8>, Failure> {
    let name: String = signer.name.as_str().chars().filter(|c| !c.is_whitespace()).collect();
    let characters = name.chars().count();
    let style = if characters < SQUARE_FROM {
        Style::Round
    } else {
        Style::Square
    };
    let lines = [signer.name.as_str().to_owned()];
    let fits = characters <= style.max_characters();
    let stamp = Stamp {
        mark: if fits {
            Mark::Name { text: &name, style }
        } else {
            Mark::None
        },
        lines: if fits { &[] } else { &lines },
        width_pt,
        height_pt,
        colours: colours(archive),
        transparency: false,
    };
    Ok(stamp_page(&stamp, &*fonts()?)?)
}
