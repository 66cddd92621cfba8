//! One witness signer's revision of one document: their values and seal, signed with the operator's key.

use std::sync::Arc;

use super::blank::{field_name, written};
use super::operator::Operator;
use crate::access::Principal;
use crate::app::App;
use crate::app::draft::Draft;
use crate::app::failure::Failure;
use crate::app::fill::{self, colours};
use crate::app::prepare::FontSource;
use crate::clock::Timestamp;
use crate::contract::Contract;
use crate::contract::field::{Field, Kind};
use crate::contract::signer::{Factor, Signer};
use crate::contract::words::Name;
use crate::pdf::Document;
use crate::pdf::archive::{self, Archive};
use crate::render::seal::{Mark, Stamp, Style, stamp_page};
use crate::sign::{FieldChoice, Picture, Request, Visible};
use crate::store::{Consent, Version};
use crate::text::{Lang, plain, say};

/// Characters of a name from which its seal is cut square.
const SQUARE_FROM: usize = 5;
/// How large a value's drawing is where the widget has no size of its own.
const NO_SIZE: (f32, f32) = (200.0, 14.0);

/// What goes into a revision.
struct Work {
    contract: Contract,
    field: Field,
    consent: Consent,
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
) -> Result<Draft, Failure> {
    let operator = Operator::open(app).await?;
    let (source, folder) = (app.store().blob_path(&newest.sha256), app.uploads().to_owned());
    let max = app.max_document_bytes();
    let draft = app.blocking(move || Draft::copy(&source, &folder, max)).await?;
    let work = Work {
        contract: contract.clone(),
        field: field.clone(),
        consent: consent.clone(),
        fonts: app.fonts(),
        now: app.now(),
    };
    let who = Principal::Signer {
        contract: contract.id.clone(),
        number: field.signer,
    };
    let request = move |document: &Document<'_>, contents_bytes| request(&work, document, contents_bytes);
    operator.sign(app, &who, draft, request).await
}

fn request(work: &Work, document: &Document<'_>, contents_bytes: usize) -> Result<Request, Failure> {
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
        contents_bytes,
        lock: None,
        fills: fill::fills(
            document,
            &written(&work.contract, &work.field, &work.consent),
            &*work.fonts,
        )?,
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
