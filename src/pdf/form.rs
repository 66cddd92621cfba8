//! New, empty form fields in a document that nobody has signed yet (ISO 32000-2, 12.7.5): text, check boxes, signatures, each merged with its widget.
//!
//! Every widget has an appearance of its own, so that no viewer draws one; in a tagged document each gets its place in the structure.

use super::appearance::{self, Drawing, Spot};
use super::error::Error;
use super::field;
use super::revision::RevisionWriter;
use super::signatures::FieldLock;
use super::tagging;
use super::value::{Dict, ObjectId, Value};

/// Widget flag Print, which PDF/A demands (ISO 32000-2, table 167).
const PRINT: i64 = 4;
/// Widget flag Locked, as Acrobat sets it for signatures.
const LOCKED: i64 = 128;
/// Field flags Required and Multiline (tables 227 and 231).
const REQUIRED: i64 = 2;
const MULTILINE: i64 = 1 << 12;
/// The form holds signatures, and may only be appended to (table 225).
const SIG_FLAGS: i64 = 3;
/// The state of a ticked box.
pub const TICKED: &str = "Yes";

/// What a new field takes.
pub enum Takes {
    /// Text of one line or more.
    Text {
        /// Whether lines may be broken.
        multiline: bool,
    },
    /// A tick: its drawing.
    Tick(Drawing),
    /// A signature, and what it locks.
    Signature(FieldLock),
}

/// A field to be made.
pub struct NewField<'n> {
    /// Full name, without `.`.
    pub name: &'n str,
    /// What a screen reader says.
    pub label: &'n str,
    /// The page.
    pub page: ObjectId,
    /// Where; `None`: nowhere that can be seen, for signatures alone.
    pub spot: Option<Spot>,
    /// Whether it must be filled.
    pub required: bool,
    /// What it takes.
    pub takes: Takes,
}

/// Adds the field.
///
/// # Errors
/// What reading the page, the form and the structure gives.
pub fn add(revision: &mut RevisionWriter<'_, '_>, new: NewField<'_>) -> Result<ObjectId, Error> {
    let id = revision.fresh()?;
    let mut dict = Dict::from_pairs([
        ("Type", Value::name("Annot")),
        ("Subtype", Value::name("Widget")),
        ("T", Value::text(new.name)),
        ("TU", Value::text(new.label)),
        ("P", Value::Ref(new.page)),
        ("Rect", Value::reals(&new.spot.map_or([0.0; 4], |spot| spot.rect))),
    ]);
    if let Some(Spot {
        rotate: rotate @ 1.., ..
    }) = new.spot
    {
        let turned = Dict::from_pairs([("R", Value::int(i64::from(rotate)))]);
        dict.set("MK", Value::Dict(turned));
    }
    let required = if new.required { REQUIRED } else { 0 };
    match new.takes {
        Takes::Text { multiline } => {
            dict.set("FT", Value::name("Tx"));
            dict.set("F", Value::int(PRINT));
            dict.set("Ff", Value::int(required | if multiline { MULTILINE } else { 0 }));
            // Demanded of a text field (table 228); nobody draws by it, as each value comes with its own appearance.
            dict.set("DA", Value::hex(b"0 g"));
            dict.set("AP", empty(revision)?);
        }
        Takes::Tick(drawing) => {
            dict.set("FT", Value::name("Btn"));
            dict.set("F", Value::int(PRINT));
            dict.set("Ff", Value::int(required));
            let off = appearance::empty(revision)?;
            let on = match new.spot {
                Some(spot) => appearance::picture(revision, drawing, spot)?,
                None => off,
            };
            let looks = Dict::from_pairs([("Off", Value::Ref(off)), (TICKED, Value::Ref(on))]);
            dict.set("AP", Value::Dict(Dict::from_pairs([("N", Value::Dict(looks))])));
            dict.set("AS", Value::name("Off"));
            dict.set("V", Value::name("Off"));
        }
        Takes::Signature(lock) => {
            dict.set("FT", Value::name("Sig"));
            dict.set("F", Value::int(PRINT | LOCKED));
            let mut entries = lock.entries();
            entries.set("Type", Value::name("SigFieldLock"));
            let lock = revision.add(Value::Dict(entries))?;
            dict.set("Lock", Value::Ref(lock));
            dict.set("AP", empty(revision)?);
            let form = field::acro_form(revision)?;
            revision.edit(&form)?.set("SigFlags", Value::int(SIG_FLAGS));
        }
    }
    if let Some(key) = tagging::tag(revision, new.page, id, new.label)? {
        dict.set("StructParent", Value::int(key));
        // PDF/UA-1, 7.18.3: a page with annotations says that the structure gives their order.
        let page = super::revision::Place::object(new.page);
        revision.edit(&page)?.set("Tabs", Value::name("S"));
    }
    revision.put(id, Value::Dict(dict))?;
    field::append_annotation(revision, new.page, id)?;
    field::append_field(revision, id)?;
    Ok(id)
}

fn empty(revision: &mut RevisionWriter<'_, '_>) -> Result<Value, Error> {
    let look = appearance::empty(revision)?;
    Ok(Value::Dict(Dict::from_pairs([("N", Value::Ref(look))])))
}
