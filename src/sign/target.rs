//! The field that takes the signature: an empty one that is there, or a new one with its name, page and place. Nothing is written here.

use super::Error;
use super::request::{FieldChoice, Purpose, Request, Visible};
use crate::pdf::Document;
use crate::pdf::appearance::{Spot, displayed_size};
use crate::pdf::field::entry;
use crate::pdf::page::MAX_TREE_DEPTH;
use crate::pdf::signatures::{SignatureField, Signatures};
use crate::pdf::value::{Dict, ObjectId, Value};

/// Where the signature goes.
pub(super) enum Target<'s> {
    /// An empty signature field of the document; `spot` where its widget is, unless it has no area.
    Existing {
        field: &'s SignatureField,
        spot: Option<Spot>,
    },
    /// A field to be made on `page`, without an area unless there is a `spot`.
    New {
        name: String,
        page: ObjectId,
        spot: Option<Spot>,
    },
}

impl Target<'_> {
    /// Full name of the field.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Existing { field, .. } => &field.name,
            Self::New { name, .. } => name,
        }
    }
}

/// Finds the field that `request` names, or the place for a new one.
pub(super) fn choose<'s>(
    document: &Document<'_>,
    signatures: &'s Signatures,
    request: &Request,
    purpose: Purpose,
) -> Result<Target<'s>, Error> {
    let name = match &request.field {
        FieldChoice::Auto => free_name(signatures, purpose),
        FieldChoice::Named(name) => name.clone(),
    };
    if let Some(field) = signatures.field(&name) {
        return existing(document, field, request);
    }
    if signatures.names.contains(&name) {
        return Err(Error::NotASignatureField { field: name });
    }
    if name.contains('.') {
        return Err(Error::FieldName { field: name });
    }
    let (page, spot) = match &request.visible {
        Some(visible) => on_page(document, visible)?,
        None => (document.page(0)?.id, None),
    };
    Ok(Target::New { name, page, spot })
}

fn free_name(signatures: &Signatures, purpose: Purpose) -> String {
    let taken = |name: &String| signatures.names.contains(name);
    let stem = match purpose {
        Purpose::Signature => "Signature",
        Purpose::Timestamp => "Timestamp",
    };
    let mut names = (1..=signatures.names.len() + 1).map(|n| format!("{stem}{n}"));
    // One more name than there are fields: one of them is free.
    names.find(|name| !taken(name)).unwrap_or_default()
}

fn existing<'s>(document: &Document<'_>, field: &'s SignatureField, request: &Request) -> Result<Target<'s>, Error> {
    let name = || field.name.clone();
    if field.signature.is_some() {
        return Err(Error::FieldSigned { field: name() });
    }
    if field.lock.is_some() && request.lock.is_some() {
        return Err(Error::LockConflict { field: name() });
    }
    let spot = match field.widget {
        Some(widget) => widget_spot(document, widget)?,
        None => None,
    };
    if request.visible.is_some() && spot.is_none() {
        return Err(Error::FieldInvisible { field: name() });
    }
    Ok(Target::Existing { field, spot })
}

fn on_page(document: &Document<'_>, visible: &Visible) -> Result<(ObjectId, Option<Spot>), Error> {
    let Some(index0) = visible.page1.checked_sub(1) else {
        return Err(crate::pdf::Error::NoSuchPage { number: 0 }.into());
    };
    let page = document.page(index0)?;
    let spot = Spot::on_displayed(&page.inherited, visible.rect).ok_or_else(|| {
        let [width, height] = displayed_size(&page.inherited).map(|side| side.round() as i64);
        Error::RectOutside { width, height }
    })?;
    Ok((page.id, Some(spot)))
}

/// The rectangle of a widget and how its page is turned; `None` when it has no area.
pub(super) fn widget_spot(document: &Document<'_>, widget: ObjectId) -> Result<Option<Spot>, Error> {
    let Value::Dict(dict) = document.get_plain(widget)?.value else {
        return Ok(None);
    };
    let Value::Array(sides) = entry(document, &dict, "Rect")? else {
        return Ok(None);
    };
    let sides: Vec<f64> = sides.iter().filter_map(Value::as_f64).collect();
    let [a, b, c, d] = sides[..] else {
        return Ok(None);
    };
    let rect = [a.min(c), b.min(d), a.max(c), b.max(d)];
    if rect[0] == rect[2] || rect[1] == rect[3] {
        return Ok(None);
    }
    let rotate = rotation(document, &dict)?;
    Ok(Some(Spot { rect, rotate }))
}

/// `/Rotate` of the page that the widget names by `/P`, own or inherited; a widget that names none is taken as upright.
fn rotation(document: &Document<'_>, widget: &Dict) -> Result<u16, Error> {
    let mut node = entry(document, widget, "P")?;
    for _ in 0..MAX_TREE_DEPTH {
        let Value::Dict(dict) = &node else {
            break;
        };
        if let Some(degrees) = entry(document, dict, "Rotate")?.as_int() {
            return Ok(u16::try_from(degrees.rem_euclid(360) / 90 * 90).unwrap_or(0));
        }
        node = entry(document, dict, "Parent")?;
    }
    Ok(0)
}
