//! The structure tree of a tagged file: it may grow by `Form` elements of new widgets (ISO 32000-2, 14.8.4.8.3). Nothing that was in it may go or move.

use super::{Compare, differing};
use crate::pdf::Error;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::verify::evidence;
use std::collections::BTreeSet;

impl Compare<'_, '_> {
    pub(super) fn structure(&mut self) -> Result<(), Error> {
        if self.new.catalog()?.get("StructTreeRoot").is_none() {
            return Ok(());
        }
        let open: Vec<ObjectId> = self.changed.difference(&self.explained).copied().collect();
        let mut elements = BTreeSet::new();
        for id in &open {
            if self.is_new(*id)? && self.is_form_element(*id)? {
                elements.insert(*id);
            }
        }
        for id in open {
            let (old, new) = (self.old.get_plain(id)?, self.new.get_plain(id)?);
            let no_streams = old.stream.is_none() && new.stream.is_none();
            if elements.contains(&id) || no_streams && grown(&old.value, &new.value, &elements) {
                self.explained.insert(id);
                if old.value.as_array().is_some() {
                    self.once(Some(id), 1)?;
                }
            }
        }
        Ok(())
    }

    fn is_form_element(&self, id: ObjectId) -> Result<bool, Error> {
        let Some(element) = evidence::dict(self.new, id)? else {
            return Ok(false);
        };
        let kid = evidence::entry(self.new, &element, "K")?;
        let object = kid
            .as_dict()
            .filter(|k| k.is("Type", "OBJR"))
            .and_then(|k| k.get("Obj"));
        let widget = object
            .and_then(Value::as_ref)
            .is_some_and(|o| self.widgets.contains(&o));
        Ok(widget && element.is("S", "Form"))
    }
}

/// `new` is `old` with rows or kids of `elements` behind what was there.
fn grown(old: &Value, new: &Value, elements: &BTreeSet<ObjectId>) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => {
            new.starts_with(old) && (rows(old, &new[old.len()..], elements) || kids(&new[old.len()..], elements))
        }
        (Value::Dict(old), Value::Dict(new)) => {
            is_structure(old)
                && differing(old, new)
                    .iter()
                    .all(|key| entry_grown(key, old, new, elements))
        }
        _ => false,
    }
}

fn is_structure(dict: &Dict) -> bool {
    dict.is("Type", "StructTreeRoot")
        || dict.get("S").is_some()
        || dict.get("Nums").is_some()
        || dict.get("Limits").is_some()
}

fn entry_grown(key: &str, old: &Dict, new: &Dict, elements: &BTreeSet<ObjectId>) -> bool {
    let (before, after) = (old.get(key), new.get(key));
    match (key, before, after) {
        ("ParentTreeNextKey", _, Some(after)) => after.as_int() > before.and_then(Value::as_int),
        ("Limits", Some(Value::Array(before)), Some(Value::Array(after))) => {
            before.len() == 2 && after.len() == 2 && before[0] == after[0] && after[1].as_int() > before[1].as_int()
        }
        ("Nums" | "ParentTree", Some(before), Some(after)) => grown(before, after, elements),
        ("K", Some(Value::Array(before)), Some(Value::Array(after))) => {
            after.starts_with(before) && kids(&after[before.len()..], elements)
        }
        ("K", Some(before), Some(Value::Array(after))) => after.first() == Some(before) && kids(&after[1..], elements),
        ("K", None, Some(Value::Array(after))) => kids(after, elements),
        _ => false,
    }
}

fn kids(added: &[Value], elements: &BTreeSet<ObjectId>) -> bool {
    added
        .iter()
        .all(|kid| kid.as_ref().is_some_and(|id| elements.contains(&id)))
}

/// Rows of a number tree, their keys above all older ones.
fn rows(old: &[Value], added: &[Value], elements: &BTreeSet<ObjectId>) -> bool {
    let mut last = old.iter().step_by(2).filter_map(Value::as_int).max();
    old.len().is_multiple_of(2)
        && added.chunks(2).all(|row| match row {
            [key, element] if key.as_int().is_some() && key.as_int() > last => {
                last = key.as_int();
                kids(std::slice::from_ref(element), elements)
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ObjectId {
        ObjectId { number, generation: 0 }
    }

    #[test]
    fn only_growth_at_the_end_by_known_elements_counts() {
        let elements = BTreeSet::from([id(9)]);
        let nums = |items: &[Value]| Value::Dict(Dict::from_pairs([("Nums", Value::Array(items.to_vec()))]));
        let old = [Value::int(0), Value::Ref(id(5))];
        let row = |key, number| [&old[..], &[Value::int(key), Value::Ref(id(number))]].concat();
        assert!(grown(&nums(&old), &nums(&row(1, 9)), &elements));
        assert!(!grown(&nums(&old), &nums(&row(0, 9)), &elements), "a key again");
        assert!(!grown(&nums(&old), &nums(&row(1, 8)), &elements), "an unknown element");
        assert!(!grown(&nums(&row(1, 9)), &nums(&old), &elements), "a row lost");
        let page = |kids: &[Value]| Value::Dict(Dict::from_pairs([("Kids", Value::Array(kids.to_vec()))]));
        assert!(
            !grown(&page(&[]), &page(&[Value::Ref(id(9))]), &elements),
            "no structure"
        );
    }
}
