//! On which page an object shows: page numbers, and for objects that do not say it the first page from which they are reached.
//!
//! A help for people, read once when it is first asked for; the search ends at its limits and says nothing then.

use super::{Change, What};
use crate::pdf::Document;
use crate::pdf::value::{ObjectId, Value};
use std::collections::HashMap;

/// Most pages that are numbered.
const MAX_PAGES: u64 = 10_000;
/// Most pages that are searched for objects.
const MAX_SEARCHED_PAGES: usize = 500;
/// Most objects that the search reads.
const MAX_OBJECTS: usize = 50_000;

/// The places in one revision.
pub struct Places<'d, 'a> {
    document: &'d Document<'a>,
    pages: Option<Vec<ObjectId>>,
    objects: Option<HashMap<ObjectId, u64>>,
}

impl<'d, 'a> Places<'d, 'a> {
    /// Of this view of the file; nothing is read yet.
    pub fn new(document: &'d Document<'a>) -> Self {
        Self {
            document,
            pages: None,
            objects: None,
        }
    }

    /// The number, from 1, of the page on which the change shows.
    pub fn of(&mut self, change: &Change) -> Option<u64> {
        if let Some(page) = change.page {
            return self.number(page);
        }
        match change.what {
            What::SignatureAdded
            | What::TimestampAdded
            | What::FieldStamped
            | What::Evidence
            | What::Metadata
            | What::Certification => None,
            _ => self.reached().get(&change.object).copied(),
        }
    }

    /// The number, from 1, of a page.
    pub fn number(&mut self, page: ObjectId) -> Option<u64> {
        let at = self.pages().iter().position(|id| *id == page)?;
        Some(at as u64 + 1)
    }

    /// The page under a number from 1.
    pub fn page(&mut self, number: u64) -> Option<ObjectId> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        self.pages().get(at).copied()
    }

    fn pages(&mut self) -> &[ObjectId] {
        let document = self.document;
        self.pages.get_or_insert_with(|| {
            let count = document.page_count().unwrap_or(0).min(MAX_PAGES);
            (0..count)
                .map_while(|index0| Some(document.page(index0).ok()?.id))
                .collect()
        })
    }

    fn reached(&mut self) -> &HashMap<ObjectId, u64> {
        self.pages();
        let (document, pages) = (self.document, self.pages.as_deref().unwrap_or_default());
        let searched = &pages[..pages.len().min(MAX_SEARCHED_PAGES)];
        self.objects.get_or_insert_with(|| search(document, searched))
    }
}

/// Each object with the first page that leads to it.
fn search(document: &Document<'_>, pages: &[ObjectId]) -> HashMap<ObjectId, u64> {
    let mut found: HashMap<ObjectId, u64> = (1..).zip(pages).map(|(number, id)| (*id, number)).collect();
    for (number, page) in (1..).zip(pages) {
        let mut open = vec![*page];
        while let Some(id) = open.pop() {
            if found.len() > MAX_OBJECTS {
                return found;
            }
            let Ok(loaded) = document.get(id) else { continue };
            let mut next = Vec::new();
            references(&loaded.value, &mut next);
            for id in next {
                found.entry(id).or_insert_with(|| {
                    open.push(id);
                    number
                });
            }
        }
    }
    found
}

/// What a value refers to. Upwards only from a widget to its field: elsewhere /Parent and /P lead to other pages.
fn references(value: &Value, found: &mut Vec<ObjectId>) {
    match value {
        Value::Ref(id) => found.push(*id),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Dict(dict) => {
            let widget = dict.is("Subtype", "Widget");
            for (key, item) in dict.iter() {
                let up = matches!(
                    key,
                    b"P" | b"Kids" | b"StructParent" | b"Popup" | b"IRT" | b"Dest" | b"A"
                );
                if !up && (key != b"Parent" || widget) {
                    references(item, found);
                }
            }
        }
        _ => {}
    }
}
