//! The interactive form's field tree (ISO 32000-2, 12.7): reading it, and putting a field into it and onto its page.
//!
//! Nothing here knows what a signature is beyond the field type `Sig`.

use super::document::Document;
use super::error::Error;
use super::revision::{Place, RevisionWriter};
use super::value::{Dict, ObjectId, Value};
use std::collections::{HashSet, VecDeque};

/// Most nodes in one field tree.
pub const MAX_FIELDS: usize = 200_000;
/// Deepest field tree.
pub const MAX_FIELD_DEPTH: u32 = 32;

/// The form as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Form {
    /// `/XFA` is there: the form has a second half that is no PDF.
    pub xfa: bool,
    /// `/NeedAppearances true`: viewers draw all fields anew.
    pub need_appearances: bool,
    /// Every field, parents before their children.
    pub fields: Vec<Field>,
}

/// One field: a node of the tree with its own partial name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its object; `None` for a dictionary that stands directly in its parent's array, which the standard forbids.
    pub id: Option<ObjectId>,
    /// Full name: the partial names from the root, joined by `.`.
    pub name: String,
    /// Whether its type, own or inherited, is `Sig`.
    pub is_signature: bool,
    /// Own or inherited `/V`.
    pub value: Option<Value>,
    /// The dictionary of a signature field, strings decrypted; empty for other fields.
    pub dict: Dict,
    /// Its widgets: itself when merged, else its kids without a name.
    pub widgets: Vec<ObjectId>,
}

struct Node {
    value: Value,
    parent: Option<usize>,
    signature: bool,
    inherited: Option<Value>,
    depth: u32,
}

/// The value under `key` without references, strings decrypted; [`Value::Null`] when it is missing.
pub fn entry(document: &Document<'_>, dict: &Dict, key: &str) -> Result<Value, Error> {
    dict.get(key).map_or(Ok(Value::Null), |value| document.resolve(value))
}

/// Reads the whole field tree. A document without a form gives an empty one.
///
/// # Errors
/// [`Error::TooLarge`] past [`MAX_FIELDS`], [`Error::TooDeep`] past [`MAX_FIELD_DEPTH`], and what reading the objects gives.
pub fn read(document: &Document<'_>) -> Result<Form, Error> {
    let mut form = Form::default();
    let Value::Dict(acro_form) = entry(document, &document.catalog()?, "AcroForm")? else {
        return Ok(form);
    };
    form.xfa = entry(document, &acro_form, "XFA")? != Value::Null;
    form.need_appearances = entry(document, &acro_form, "NeedAppearances")?.as_bool() == Some(true);
    let top = |value| Node {
        value,
        parent: None,
        signature: false,
        inherited: None,
        depth: 0,
    };
    let mut queue: VecDeque<Node> = match entry(document, &acro_form, "Fields")? {
        Value::Array(items) => items.into_iter().map(top).collect(),
        _ => VecDeque::new(),
    };
    let mut seen = HashSet::new();
    let mut nodes = 0;
    while let Some(node) = queue.pop_front() {
        nodes += 1;
        if nodes > MAX_FIELDS {
            return Err(Error::TooLarge { what: "field tree" });
        }
        if node.depth > MAX_FIELD_DEPTH {
            return Err(Error::TooDeep { what: "field tree" });
        }
        if node.value.as_ref().is_none_or(|id| seen.insert(id)) {
            visit(document, node, &mut form, &mut queue)?;
        }
    }
    Ok(form)
}

fn visit(document: &Document<'_>, node: Node, form: &mut Form, queue: &mut VecDeque<Node>) -> Result<(), Error> {
    let id = node.value.as_ref();
    let Value::Dict(dict) = document.resolve(&node.value)? else {
        return Ok(());
    };
    let partial = entry(document, &dict, "T")?.as_text();
    if let (None, Some(parent)) = (&partial, node.parent) {
        form.fields[parent].widgets.extend(id);
        return Ok(());
    }
    let is_signature = match entry(document, &dict, "FT")? {
        Value::Null => node.signature,
        kind => kind == Value::name("Sig"),
    };
    let value = dict.get("V").cloned().or(node.inherited);
    let partial = partial.unwrap_or_default();
    let name = match node.parent {
        Some(parent) => format!("{}.{partial}", form.fields[parent].name),
        None => partial,
    };
    let kids = match entry(document, &dict, "Kids")? {
        Value::Array(kids) => kids,
        _ => Vec::new(),
    };
    let at = form.fields.len();
    queue.extend(kids.iter().map(|kid| Node {
        value: kid.clone(),
        parent: Some(at),
        signature: is_signature,
        inherited: value.clone(),
        depth: node.depth + 1,
    }));
    form.fields.push(Field {
        id,
        name,
        is_signature,
        value,
        widgets: if kids.is_empty() {
            id.into_iter().collect()
        } else {
            Vec::new()
        },
        dict: if is_signature { dict } else { Dict::new() },
    });
    Ok(())
}

/// The place of the form's dictionary, wherever the catalog keeps it; not yet made when there is none.
pub fn acro_form(revision: &mut RevisionWriter<'_, '_>) -> Result<Place, Error> {
    let catalog = Place::object(revision.document().root_id());
    revision.enter(&catalog, "AcroForm")
}

/// Appends `field` to the form's `/Fields`.
pub fn append_field(revision: &mut RevisionWriter<'_, '_>, field: ObjectId) -> Result<(), Error> {
    let form = acro_form(revision)?;
    let fields = revision.enter(&form, "Fields")?;
    revision.append(&fields, Value::Ref(field))
}

/// Appends `widget` to the annotations of the page `page`. An array of its own is copied first: another page may use the same one.
pub fn append_annotation(revision: &mut RevisionWriter<'_, '_>, page: ObjectId, widget: ObjectId) -> Result<(), Error> {
    let page = Place::object(page);
    let annotations = revision.enter(&page, "Annots")?;
    if annotations.id == page.id {
        return revision.append(&annotations, Value::Ref(widget));
    }
    let copied = revision.document().resolve(&Value::Ref(annotations.id))?;
    let mut items = match copied {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        _ => return Err(Error::damaged(0, "an array of annotations")),
    };
    items.push(Value::Ref(widget));
    let own = revision.add(Value::Array(items))?;
    revision.edit(&page)?.set("Annots", Value::Ref(own));
    Ok(())
}
