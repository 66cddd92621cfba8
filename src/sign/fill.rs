//! Fields that a signer fills in the same revision that holds their signature: value and appearance together.
//!
//! Only fields that are there are filled; nothing here makes one.

use super::Error;
use super::target::widget_spot;
use crate::pdf::appearance;
use crate::pdf::archive::{self, Archive};
use crate::pdf::document::Document;
use crate::pdf::field::{self, Field};
use crate::pdf::form::TICKED;
use crate::pdf::revision::{Place, RevisionWriter};
use crate::pdf::value::{Dict, ObjectId, Value};

use super::request::{Fill, FillValue, Picture};
use super::seal::Seal;

/// What an empty field takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fillable {
    /// A text: width and height of its place in points, as the page is displayed.
    Text(f64, f64),
    /// A tick.
    Tick,
}

/// What the field of this full name takes.
///
/// # Errors
/// [`Error::FieldNotFillable`] for a signature field, one that is not there, one of another kind, one without a place.
pub fn fillable(document: &Document<'_>, name: &str) -> Result<Fillable, Error> {
    let missing = || Error::FieldNotFillable { field: name.to_owned() };
    let form = field::read(document)?;
    let found = form.fields.iter().find(|one| one.name == name && !one.is_signature);
    let id = found.and_then(|one| one.id).ok_or_else(missing)?;
    let Value::Dict(dict) = document.get_plain(id)?.value else {
        return Err(missing());
    };
    match field::entry(document, &dict, "FT")?.as_name() {
        Some(b"Btn") => Ok(Fillable::Tick),
        Some(b"Tx") => {
            let spot = widget_spot(document, id)?.ok_or_else(missing)?;
            let [left, bottom, right, top] = spot.rect;
            Ok(match spot.rotate % 180 {
                0 => Fillable::Text(right - left, top - bottom),
                _ => Fillable::Text(top - bottom, right - left),
            })
        }
        _ => Err(missing()),
    }
}

/// An update that fills these fields and signs nothing: for a signature that other software makes.
///
/// # Errors
/// As [`fillable`]; what is wrong with the looks or the document.
pub fn fill(document: &Document<'_>, fills: &[Fill]) -> Result<Vec<u8>, Error> {
    let fillings = read(document, fills, archive::read(document)?)?;
    let mut revision = RevisionWriter::new(document);
    fillings.iter().try_for_each(|filling| filling.survey(&mut revision))?;
    for filling in fillings {
        filling.write(&mut revision)?;
    }
    Ok(revision.finish()?.bytes)
}

/// A field with what goes into it.
pub(super) struct Filling {
    id: ObjectId,
    with: With,
}

enum With {
    Text(String, Seal, appearance::Spot),
    Tick,
}

/// Finds the fields and reads their looks, before anything is written.
pub(super) fn read(document: &Document<'_>, fills: &[Fill], archive: Option<Archive>) -> Result<Vec<Filling>, Error> {
    if fills.is_empty() {
        return Ok(Vec::new());
    }
    let form = field::read(document)?;
    fills
        .iter()
        .map(|fill| one(document, &form.fields, fill, archive))
        .collect()
}

fn one(document: &Document<'_>, fields: &[Field], fill: &Fill, archive: Option<Archive>) -> Result<Filling, Error> {
    let missing = || Error::FieldNotFillable {
        field: fill.field.clone(),
    };
    let found = fields.iter().find(|one| one.name == fill.field && !one.is_signature);
    let id = found.and_then(|one| one.id).ok_or_else(missing)?;
    let with = match &fill.value {
        FillValue::Tick => With::Tick,
        FillValue::Text { text, look } => {
            let spot = widget_spot(document, id)?.ok_or_else(missing)?;
            With::Text(text.clone(), Seal::read(&Picture::Pdf(look.clone()), archive)?, spot)
        }
    };
    Ok(Filling { id, with })
}

impl Filling {
    /// Loads what will be changed, before any number is given away.
    pub(super) fn survey(&self, revision: &mut RevisionWriter<'_, '_>) -> Result<(), Error> {
        revision.value(&Place::object(self.id))?;
        Ok(())
    }

    /// Writes value and appearance.
    pub(super) fn write(self, revision: &mut RevisionWriter<'_, '_>) -> Result<(), Error> {
        let place = Place::object(self.id);
        match self.with {
            With::Tick => {
                let dict = revision.edit(&place)?;
                dict.set("V", Value::name(TICKED));
                dict.set("AS", Value::name(TICKED));
            }
            With::Text(text, seal, spot) => {
                let drawing = seal.write(revision)?;
                let look = appearance::own(revision, drawing, spot)?;
                let value = revision.sealed(self.id, Value::text(&text))?;
                let dict = revision.edit(&place)?;
                dict.set("V", value);
                let looks = Dict::from_pairs([("N", Value::Ref(look))]);
                dict.set("AP", Value::Dict(looks));
            }
        }
        Ok(())
    }
}
