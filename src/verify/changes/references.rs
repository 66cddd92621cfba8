//! Who refers to what in a revision: how often each object is named, whether it exists or not.
//!
//! An object that one place may change must not be seen in another place too, and a reference that led nowhere must not come to lead somewhere.

use crate::pdf::value::{ObjectId, Value};
use crate::pdf::{Document, Error};
use std::collections::HashMap;

/// How often each object is referred to by other objects of a revision. Trailers and cross-reference streams do not count.
#[derive(Default)]
pub struct References(HashMap<ObjectId, u32>);

impl References {
    /// Reads every object of `view`. Streams' data are not looked at.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(view: &Document<'_>) -> Result<Self, Error> {
        let mut references = Self::default();
        for id in view.object_ids()? {
            references.count_in(view, id, &|n| n.saturating_add(1))?;
        }
        Ok(references)
    }

    /// Goes on to the next revision: the objects of an update count as they are now.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn follow(&mut self, old: &Document<'_>, new: &Document<'_>, objects: &[ObjectId]) -> Result<(), Error> {
        for id in objects {
            self.count_in(old, *id, &|n| n.saturating_sub(1))?;
            self.count_in(new, *id, &|n| n.saturating_add(1))?;
        }
        Ok(())
    }

    /// How many references lead to `id`.
    pub fn to(&self, id: ObjectId) -> u32 {
        self.0.get(&id).copied().unwrap_or(0)
    }

    fn count_in(&mut self, view: &Document<'_>, id: ObjectId, step: &dyn Fn(u32) -> u32) -> Result<(), Error> {
        let loaded = view.get(id)?;
        let is_section = loaded.stream.is_some() && loaded.value.as_dict().is_some_and(|d| d.is("Type", "XRef"));
        if !is_section {
            self.count(&loaded.value, step);
        }
        Ok(())
    }

    fn count(&mut self, value: &Value, step: &dyn Fn(u32) -> u32) {
        match value {
            Value::Ref(id) => {
                let count = self.0.entry(*id).or_default();
                *count = step(*count);
            }
            Value::Array(items) => items.iter().for_each(|item| self.count(item, step)),
            Value::Dict(dict) => dict.iter().for_each(|(_, item)| self.count(item, step)),
            _ => {}
        }
    }
}
