//! A new widget in the structure of a tagged document (ISO 32000-2, 14.7.5.3 and 14.8.4.8.3): a `Form` element with an object reference, and its row in the
//! parent tree. Nothing here changes what is there already, and an untagged document stays untagged.

use super::error::Error;
use super::revision::{Place, RevisionWriter};
use super::value::{Dict, ObjectId, Value};

/// Deepest parent tree.
const MAX_TREE_DEPTH: usize = 32;

/// Puts `widget`, drawn on `page`, into the structure tree; gives its `/StructParent`. `None`: the document is not tagged.
pub fn tag(
    revision: &mut RevisionWriter<'_, '_>,
    page: ObjectId,
    widget: ObjectId,
    alternate: &str,
) -> Result<Option<i64>, Error> {
    let catalog = Place::object(revision.document().root_id());
    let root = revision.enter(&catalog, "StructTreeRoot")?;
    let Value::Dict(dict) = revision.value(&root)? else {
        return Ok(None);
    };
    let next_key = dict.int("ParentTreeNextKey");
    let Some(root_id) = (root.is_object()).then_some(root.id) else {
        return Err(Error::damaged(0, "an indirect structure tree root"));
    };
    let tree = revision.enter(&root, "ParentTree")?;
    let leaf = last_leaf(revision, tree)?;
    let key = next_key.unwrap_or(0).max(leaf.next_key).max(0);
    let reference = Dict::from_pairs([
        ("Type", Value::name("OBJR")),
        ("Obj", Value::Ref(widget)),
        ("Pg", Value::Ref(page)),
    ]);
    let parent = document_element(revision, &root)?;
    let element = revision.add(Value::Dict(Dict::from_pairs([
        ("Type", Value::name("StructElem")),
        ("S", Value::name("Form")),
        ("P", Value::Ref(parent.as_ref().map_or(root_id, |p| p.id))),
        ("Pg", Value::Ref(page)),
        ("Alt", Value::text(alternate)),
        ("K", Value::Dict(reference)),
    ])))?;
    append_kid(revision, &parent.unwrap_or_else(|| root.clone()), element)?;
    append_row(revision, &leaf, key, element)?;
    revision.edit(&root)?.set("ParentTreeNextKey", Value::int(key + 1));
    Ok(Some(key))
}

/// The last leaf of the parent tree, the nodes above it, and the key after its last one.
struct Leaf {
    place: Place,
    above: Vec<Place>,
    next_key: i64,
}

fn last_leaf(revision: &mut RevisionWriter<'_, '_>, root: Place) -> Result<Leaf, Error> {
    let mut above = Vec::new();
    let mut place = root;
    for _ in 0..MAX_TREE_DEPTH {
        let kids = revision.enter(&place, "Kids")?;
        let last = revision
            .value(&kids)?
            .as_array()
            .and_then(<[Value]>::last)
            .and_then(Value::as_ref);
        if let Some(last) = last {
            above.push(std::mem::replace(&mut place, Place::object(last)));
            continue;
        }
        let rows = revision.enter(&place, "Nums")?;
        let rows = revision.value(&rows)?.as_array().unwrap_or_default();
        let keys = rows.iter().step_by(2).filter_map(Value::as_int);
        let next_key = keys.max().map_or(0, |key| key.saturating_add(1));
        return Ok(Leaf { place, above, next_key });
    }
    Err(Error::TooDeep { what: "parent tree" })
}

fn append_row(revision: &mut RevisionWriter<'_, '_>, leaf: &Leaf, key: i64, element: ObjectId) -> Result<(), Error> {
    let rows = revision.enter(&leaf.place, "Nums")?;
    revision.append(&rows, Value::int(key))?;
    revision.append(&rows, Value::Ref(element))?;
    // The root of a tree has no limits (7.9.7); every other node on the way has.
    let below_root = leaf.above.iter().skip(1);
    let leaf = (!leaf.above.is_empty()).then_some(&leaf.place);
    for node in below_root.chain(leaf) {
        let limits = revision.enter(node, "Limits")?;
        let first = revision.value(&limits)?.as_array().and_then(|l| l.first()).cloned();
        let first = first.unwrap_or_else(|| Value::int(key));
        revision.replace(&limits, Value::Array(vec![first, Value::int(key)]))?;
    }
    Ok(())
}

/// The one `Document` element at the top, when there is one: PDF/UA wants everything inside it.
fn document_element(revision: &mut RevisionWriter<'_, '_>, root: &Place) -> Result<Option<Place>, Error> {
    let kids = revision.enter(root, "K")?;
    let only = match revision.value(&kids)? {
        Value::Array(items) => match items.as_slice() {
            [Value::Ref(id)] => Some(*id),
            _ => None,
        },
        Value::Dict(_) if kids.is_object() => Some(kids.id),
        _ => None,
    };
    let Some(place) = only.map(Place::object) else {
        return Ok(None);
    };
    let is_document = revision.value(&place)?.as_dict().is_some_and(|d| d.is("S", "Document"));
    Ok(is_document.then_some(place))
}

/// Appends `element` to `/K`, which may be missing, one kid, or an array.
fn append_kid(revision: &mut RevisionWriter<'_, '_>, parent: &Place, element: ObjectId) -> Result<(), Error> {
    let kids = revision.enter(parent, "K")?;
    match revision.value(&kids)? {
        Value::Array(_) => revision.append(&kids, Value::Ref(element)),
        _ => {
            let dict = revision.edit(parent)?;
            let only = dict.get("K").cloned();
            let all = only.into_iter().chain([Value::Ref(element)]).collect();
            dict.set("K", Value::Array(all));
            Ok(())
        }
    }
}
