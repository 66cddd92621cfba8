//! Fields that a signer fills in the same revision that holds their signature: value and appearance together.
//!
//! Only fields that are there and empty are filled; nothing here makes one.

use super::Error;
use super::target::widget_spot;
use crate::pdf::appearance;
use crate::pdf::archive::Archive;
use crate::pdf::document::Document;
use crate::pdf::field::{self, Field};
use crate::pdf::form::TICKED;
use crate::pdf::revision::{Place, RevisionWriter};
use crate::pdf::value::{Dict, ObjectId, Value};

use super::request::{Fill, FillValue, Picture};
use super::seal::Seal;

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
