//! Revision 0 of a contract's document: the certificate ID at the lower left of every page (S42), and every field that a signer will fill, empty.
//!
//! Made once, when the version is fixed and before anybody signs; later revisions fill fields and sign, and add nothing that shows. Blocks.

use std::collections::BTreeMap;

use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::app::fill::{TICKED, words};
use crate::app::prepare::FontSource;
use crate::contract::field::{Field, Kind, Place, Value};
use crate::contract::{Contract, Terms};
use crate::pdf::appearance::{Drawing, Spot, displayed_size};
use crate::pdf::archive::{self, Archive};
use crate::pdf::form::{self, NewField, Takes};
use crate::pdf::import::Imported;
use crate::pdf::page::Page;
use crate::pdf::revision::Place as At;
use crate::pdf::signatures::{self, FieldLock};
use crate::pdf::{Document, RevisionWriter, mark};
use crate::render::Fonts;
use crate::store::Consent;

/// The certificate ID's place: from the left and lower edge, width and height, in points.
const ID_PLACE: [f64; 4] = [18.0, 10.0, 220.0, 12.0];
/// What stands for a tick: the sign that Japanese forms are ticked with.
const TICK: &str = "レ";
/// Side of the tick's drawing, in points.
const TICK_POINTS: f32 = 12.0;
/// Under which the ID stands among a page's XObjects.
const ID_NAME: &str = "HankodCertificateId";

/// The full name of a contract's field in its PDF.
pub(crate) fn field_name(certificate_id: &str, field: &Field) -> String {
    let own = certificate_id.get(..8).unwrap_or(certificate_id);
    format!("hankod-{own}-s{}-f{}", field.signer, field.number)
}

/// What a signer agreed to write into the document of `signature`, their signature field there: full name of the field and its text.
pub(crate) fn written(contract: &Contract, signature: &Field, consent: &Consent) -> BTreeMap<String, String> {
    let id = contract.certificate_id.as_ref().map_or("", |id| id.as_str());
    let own = |(number, value): &(u16, Value)| {
        let mut fields = contract.terms.fields_of(signature.signer);
        let field = fields.find(|field| field.number == *number && field.document == signature.document)?;
        let text = match value {
            Value::Ticked(true) => TICKED.to_owned(),
            Value::Ticked(false) => return None,
            written => written.drawn(),
        };
        Some((field_name(id, field), text))
    };
    consent.values.iter().filter_map(own).collect()
}

/// Appends revision 0 to the draft of document `number`.
///
/// # Errors
/// `document_page_too_small`, `document_field_taken`; what is wrong with the document.
pub(crate) fn append(
    draft: &mut Draft,
    terms: &Terms,
    number: u16,
    certificate_id: &str,
    fonts: &FontSource,
) -> Result<(), Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), None)?;
    let fields: Vec<&Field> = terms.fields.iter().filter(|field| field.document == number).collect();
    let taken = signatures::read(&document)?.names;
    if let Some(field) = fields
        .iter()
        .find(|field| taken.contains(&field_name(certificate_id, field)))
    {
        let name = field_name(certificate_id, field);
        return Err(Failure::new(FailureKind::Conflict, "document_field_taken").with("field", name));
    }
    let fonts = fonts()?;
    let update = Blank::new(&document, certificate_id, &fonts)?.write(&fields)?;
    drop(document);
    drop(map);
    draft.append(&update)
}

struct Blank<'d, 'a> {
    document: &'d Document<'a>,
    certificate_id: &'d str,
    pages: Vec<Page>,
    id: Imported,
    tick: Imported,
}

impl<'d, 'a> Blank<'d, 'a> {
    fn new(document: &'d Document<'a>, certificate_id: &'d str, fonts: &Fonts) -> Result<Self, Failure> {
        let archive = archive::read(document)?;
        let pages = (0..document.page_count()?).map(|index| document.page(index));
        #[expect(clippy::cast_possible_truncation, reason = "a few points")]
        let id_size = (ID_PLACE[2] as f32, ID_PLACE[3] as f32);
        Ok(Self {
            document,
            certificate_id,
            pages: pages.collect::<Result<_, _>>()?,
            id: imported(&words(certificate_id, id_size, archive, fonts)?, archive)?,
            tick: imported(&words(TICK, (TICK_POINTS, TICK_POINTS), archive, fonts)?, archive)?,
        })
    }

    fn write(self, fields: &[&Field]) -> Result<Vec<u8>, Failure> {
        let mut revision = RevisionWriter::new(self.document);
        survey(&mut revision, &self.pages)?;
        let id = self.id.write(&mut revision)?;
        let tick = self.tick.write(&mut revision)?;
        let opening = mark::opening(&mut revision)?;
        for page in &self.pages {
            let spot = Spot::on_displayed(&page.inherited, ID_PLACE);
            let spot = spot.ok_or(Failure::new(FailureKind::Invalid, "document_page_too_small"))?;
            mark::draw(&mut revision, page, (id, spot), ID_NAME, opening)?;
        }
        for field in fields {
            let name = field_name(self.certificate_id, field);
            let locked = fields.iter().filter(|one| one.signer == field.signer);
            let locked = locked.map(|one| field_name(self.certificate_id, one)).collect();
            let new = self::new(field, &name, &self.pages, FieldLock::Include(locked), tick)?;
            form::add(&mut revision, new)?;
        }
        Ok(revision.finish()?.bytes)
    }
}

pub(super) fn imported(pdf: &[u8], archive: Option<Archive>) -> Result<Imported, Failure> {
    // What we drew ourselves is read again; a page that the archive's standard would not take is our fault.
    let wrong = |_| Failure::new(FailureKind::Internal, "internal_error");
    let page = Imported::read(pdf).map_err(wrong)?;
    if let Some(archive) = archive {
        page.check(archive).map_err(wrong)?;
    }
    Ok(page)
}

/// Reads whatever will be changed before any number is given away, so that no new object takes a number that one of these refers to.
pub(super) fn survey(revision: &mut RevisionWriter<'_, '_>, pages: &[Page]) -> Result<(), Failure> {
    let catalog = At::object(revision.document().root_id());
    let form = revision.enter(&catalog, "AcroForm")?;
    revision.enter(&form, "Fields")?;
    let structure = revision.enter(&catalog, "StructTreeRoot")?;
    for key in ["K", "ParentTree"] {
        revision.enter(&structure, key)?;
    }
    for page in pages {
        let page = At::object(page.id);
        revision.enter(&page, "Annots")?;
        let resources = revision.enter(&page, "Resources")?;
        revision.enter(&resources, "XObject")?;
    }
    Ok(())
}

fn new<'n>(
    field: &'n Field,
    name: &'n str,
    pages: &[Page],
    lock: FieldLock,
    tick: Drawing,
) -> Result<NewField<'n>, Failure> {
    let outside = || crate::contract::Error::Place(field.number);
    let (page, spot) = match &field.place {
        None => (pages.first().ok_or_else(outside)?, None),
        Some(Place::At { page, x, y, w, h }) => {
            let index = usize::try_from(*page).ok().and_then(|page| page.checked_sub(1));
            let page = index.and_then(|index| pages.get(index)).ok_or_else(outside)?;
            let [_, height] = displayed_size(&page.inherited);
            let [x, y, w, h] = [*x, *y, *w, *h].map(f64::from);
            let spot = Spot::on_displayed(&page.inherited, [x, height - y - h, w, h]);
            (page, Some(spot.ok_or_else(outside)?))
        }
        // Sending has refused these.
        Some(Place::Anchor { .. }) => return Err(outside().into()),
    };
    Ok(NewField {
        name,
        label: field.label.as_str(),
        page: page.id,
        spot,
        required: field.required,
        takes: match field.kind {
            Kind::Seal | Kind::Invisible => Takes::Signature(lock),
            Kind::Checkbox => Takes::Tick(tick),
            Kind::Text => Takes::Text { multiline: true },
            Kind::Name | Kind::Date | Kind::Number => Takes::Text { multiline: false },
        },
    })
}
