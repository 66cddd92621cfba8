//! A small drawing laid over a page's content, in a document that nobody has signed yet: the certificate ID at the page's lower left.
//!
//! What stands on the page stays as it is, inside its own graphics state; the drawing is an artifact, so that a tagged page stays tagged.

use super::appearance::{Drawing, Spot, picture};
use super::error::Error;
use super::page::Page;
use super::revision::{Place, RevisionWriter};
use super::value::{Dict, ObjectId, Value};

/// The stream that opens a graphics state around a page's own content; one serves all pages of a revision.
pub fn opening(revision: &mut RevisionWriter<'_, '_>) -> Result<ObjectId, Error> {
    let id = revision.fresh()?;
    revision.put_stream(id, Dict::new(), b"q\n".to_vec())?;
    Ok(id)
}

/// Draws `drawing` at `spot` of `page`, over its content. `name` is free among the page's XObjects; `opening` comes from [`opening`].
///
/// # Errors
/// What reading the page gives.
pub fn draw(
    revision: &mut RevisionWriter<'_, '_>,
    page: &Page,
    (drawing, spot): (Drawing, Spot),
    name: &str,
    opening: ObjectId,
) -> Result<(), Error> {
    let form = picture(revision, drawing, spot)?;
    let [left, bottom, ..] = spot.rect;
    let mut content = b"\nQ\n/Artifact <</Type /Pagination>> BDC\nq 1 0 0 1 ".to_vec();
    for number in [left, bottom] {
        Value::real(number).write(&mut content);
        content.push(b' ');
    }
    content.extend_from_slice(format!("cm /{name} Do Q\nEMC\n").as_bytes());
    let ours = revision.fresh()?;
    revision.put_stream(ours, Dict::new(), content)?;

    let place = Place::object(page.id);
    let mut streams = vec![Value::Ref(opening)];
    let contents = page.dict.get("Contents").cloned().unwrap_or(Value::Null);
    match revision.document().resolve(&contents)? {
        Value::Array(items) => streams.extend(items),
        Value::Null => {}
        _ => streams.push(contents),
    }
    streams.push(Value::Ref(ours));
    let dict = revision.edit(&place)?;
    dict.set("Contents", Value::Array(streams));
    if dict.get("Resources").is_none() {
        // Inherited ones are named on the page itself; what they refer to is shared, and one more name in it harms no other page.
        let inherited = page.inherited.resources.clone();
        dict.set("Resources", inherited.unwrap_or(Value::Dict(Dict::new())));
    }
    let resources = revision.enter(&place, "Resources")?;
    let xobjects = revision.enter(&resources, "XObject")?;
    revision.edit(&xobjects)?.set(name, Value::Ref(form));
    Ok(())
}
