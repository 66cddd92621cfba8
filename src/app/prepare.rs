//! From a draft and a choice to the bytes that the token signs. Blocks; call it off the async threads.

use std::sync::Arc;

use super::choose::Signer;
use super::desk::{self, Appearance, Seal, SigningChoice};
use super::failure::{Failure, FailureKind};
use super::fill;
use super::signing::Item;
use crate::clock::Timestamp;
use crate::cms::{self, SignedAttributes};
use crate::pdf::Document;
use crate::pdf::archive;
use crate::render::Fonts;
use crate::render::seal::{Mark, Stamp, Style, stamp_page};
use crate::sign::{self, Certify, FieldChoice, Picture, Prepared, Request, Visible};
use crate::text::{Lang, plain, say};

/// Room for the CMS while nobody knows the certificate yet.
const NOMINAL_CONTENTS_BYTES: usize = 8 * 1024;
/// Characters on a seal from which it is cut square: names of organisations.
const SQUARE_FROM: usize = 5;

/// What drawing a seal needs, found once a process.
pub(crate) type FontSource = dyn Fn() -> Result<Arc<Fonts>, Failure> + Send + Sync;

/// A document ready for its signature.
pub(crate) struct Ready {
    /// The update with its hole.
    pub(crate) prepared: Prepared,
    /// What is signed in its place.
    pub(crate) attributes: SignedAttributes,
}

/// Looks whether the document can be signed as asked, before anybody is asked for a PIN, and counts its pages.
///
/// # Errors
/// Every reason of `pdf` and `sign`.
pub(crate) fn look(item: &Item, choice: &SigningChoice, fonts: &FontSource, now: Timestamp) -> Result<u64, Failure> {
    let map = item.draft.map()?;
    let document = Document::open(map.data(), item.password.as_deref())?;
    let request = request(item, &document, choice, None, fonts, now, NOMINAL_CONTENTS_BYTES)?;
    sign::prepare(&document, &request)?;
    Ok(document.page_count()?)
}

/// Makes the update and computes what is to be signed from the document itself. `token_bytes`: room for a timestamp.
///
/// # Errors
/// As [`look`]; `disk_full` and the like.
pub(crate) fn prepare(
    item: &mut Item,
    signer: &Signer,
    choice: &SigningChoice,
    token_bytes: usize,
    (fonts, now): (&FontSource, Timestamp),
) -> Result<Ready, Failure> {
    let room = cms::estimate_bytes(&signer.chain, signer.algorithm, token_bytes)?;
    let name = signer.certificate.subject().common_name();
    let map = item.draft.map()?;
    let document = Document::open(map.data(), item.password.as_deref())?;
    let request = request(item, &document, choice, Some(name), fonts, now, room)?;
    let prepared = sign::prepare(&document, &request)?;
    let (before, after) = prepared.signed_parts();
    let digest = signer.algorithm.digest();
    let message_digest = item.draft.digest(digest, [before, after])?;
    let attributes = SignedAttributes::new(digest, &message_digest, &signer.certificate)?;
    Ok(Ready { prepared, attributes })
}

fn request(
    item: &Item,
    document: &Document<'_>,
    choice: &SigningChoice,
    signer_name: Option<String>,
    fonts: &FontSource,
    now: Timestamp,
    contents_bytes: usize,
) -> Result<Request, Failure> {
    let field = item.request.field.clone();
    let appearance = item.request.appearance.as_ref();
    let visible = appearance
        .map(|a| visible(item, document, a, choice, fonts, now))
        .transpose()?;
    Ok(Request {
        field: field.map_or(FieldChoice::Auto, FieldChoice::Named),
        visible,
        reason: choice.reason.clone(),
        location: choice.location.clone(),
        signer_name: signer_name.map(|name| plain(&name)),
        time: now,
        certify: choice.certify.map(|certify| match certify {
            desk::Certify::NoChanges => Certify::NoChanges,
            desk::Certify::Form => Certify::FormFill,
            desk::Certify::Annotations => Certify::Annotations,
        }),
        contents_bytes,
        lock: None,
        fills: fill::fills(document, &item.request.fields, fonts)?,
    })
}

fn visible(
    item: &Item,
    document: &Document<'_>,
    appearance: &Appearance,
    choice: &SigningChoice,
    fonts: &FontSource,
    now: Timestamp,
) -> Result<Visible, Failure> {
    let lines = lines(appearance, choice, now);
    let picture = match (&appearance.seal, &item.seal) {
        (Seal::Image {}, Some(png)) if lines.is_empty() => Picture::Png(png.to_vec()),
        (Seal::Image {}, Some(png)) => stamp(document, appearance, Mark::Picture(png), &lines, fonts)?,
        (Seal::Image {}, None) => return Err(Failure::new(FailureKind::Invalid, "seal_missing")),
        (Seal::Kept(_), _) => return Err(Failure::new(FailureKind::NotFound, "seal_not_found")),
        (Seal::Name(text) | Seal::Round(text) | Seal::Square(text), _) => {
            let style = match &appearance.seal {
                Seal::Round(_) => Style::Round,
                Seal::Name(text) if text.chars().count() < SQUARE_FROM => Style::Round,
                _ => Style::Square,
            };
            stamp(document, appearance, Mark::Name { text, style }, &lines, fonts)?
        }
    };
    Ok(Visible {
        page1: u64::from(appearance.page),
        rect: appearance.rect,
        picture,
    })
}

/// What stands beside the mark when the date is asked for: reason, place and day, as far as they are given.
fn lines(appearance: &Appearance, choice: &SigningChoice, now: Timestamp) -> Vec<String> {
    if !appearance.date {
        return Vec::new();
    }
    let named = |id, value: &Option<String>| value.as_ref().map(|v| say(Lang::Ja, id, &[("value", v)]));
    let day = now.jst_minutes();
    [
        named("seal-reason", &choice.reason),
        named("seal-location", &choice.location),
        named("seal-date", &Some(day)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn stamp(
    document: &Document<'_>,
    appearance: &Appearance,
    mark: Mark<'_>,
    lines: &[String],
    fonts: &FontSource,
) -> Result<Picture, Failure> {
    let archive = archive::read(document)?;
    let [_, _, width, height] = appearance.rect;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "points on a page are far below the limits of f32"
    )]
    let (width_pt, height_pt) = (width as f32, height as f32);
    let transparency = archive.is_none_or(|a| a.part > 1) && document.version() >= (1, 4);
    let stamp = Stamp {
        mark,
        lines,
        width_pt,
        height_pt,
        colours: fill::colours(archive),
        transparency,
    };
    Ok(Picture::Pdf(stamp_page(&stamp, &*fonts()?)?))
}
