//! Pages: their lists of annotations may grow by the widgets of new fields; what else changes in a page is a change of its own.

use super::{Compare, What, differing};
use crate::pdf::Error;
use crate::pdf::value::{ObjectId, Value};
use crate::verify::evidence;
use std::collections::{BTreeSet, HashSet};

impl Compare<'_, '_> {
    pub(super) fn pages(&mut self) -> Result<(), Error> {
        let mut pages = BTreeSet::new();
        for id in &self.changed {
            let is_page = |dict: Option<crate::pdf::value::Dict>| dict.is_some_and(|d| d.is("Type", "Page"));
            if is_page(evidence::dict(self.old, *id)?) && is_page(evidence::dict(self.new, *id)?) {
                pages.insert(*id);
            }
        }
        for widget in &self.widgets {
            let widget = evidence::dict(self.new, *widget)?;
            pages.extend(widget.and_then(|w| w.get("P").and_then(Value::as_ref)));
        }
        pages.into_iter().try_for_each(|page| self.page(page))
    }

    fn page(&mut self, id: ObjectId) -> Result<(), Error> {
        let (old, new) = (evidence::dict(self.old, id)?, evidence::dict(self.new, id)?);
        let (Some(old), Some(new)) = (old, new) else {
            return Ok(());
        };
        for key in differing(&old, &new) {
            if key != "Annots" {
                self.other(id, &format!("page /{key}"));
                self.on_page(Some(id));
            }
        }
        if self.changed.contains(&id) {
            self.explained.insert(id);
        }
        self.explain_ref(old.get("Annots"), new.get("Annots"))?;
        self.once(new.get("Annots").and_then(Value::as_ref), 1)?;
        let listed = |value: Value| value.as_array().unwrap_or_default().to_vec();
        let before = listed(evidence::entry(self.old, &old, "Annots")?);
        let after = listed(evidence::entry(self.new, &new, "Annots")?);
        // By hash, because a page may have a hundred thousand.
        let (had, has): (HashSet<&Value>, HashSet<&Value>) = (before.iter().collect(), after.iter().collect());
        for removed in before.iter().filter(|a| !has.contains(a)) {
            let removed = self.old.resolve(removed)?;
            let widget = removed.as_dict().is_none_or(|d| d.is("Subtype", "Widget"));
            let what = if widget { What::Covered } else { What::Annotation };
            self.note(what, id, None, "annotation removed");
            self.on_page(Some(id));
            self.tell_annotation(removed.as_dict(), None);
        }
        let kept = after.iter().filter(|a| had.contains(a));
        if !kept.eq(before.iter().filter(|a| has.contains(a))) {
            // What stands later is drawn above what stands before.
            self.note(What::Covered, id, None, "annotations in another order");
            self.on_page(Some(id));
        }
        for annotation in after.iter().filter(|a| !had.contains(a)) {
            if annotation.as_ref().is_some_and(|a| self.widgets.contains(&a)) {
                continue;
            }
            self.annotation(annotation, id)?;
        }
        Ok(())
    }

    fn annotation(&mut self, annotation: &Value, page: ObjectId) -> Result<(), Error> {
        let loose = self.new.resolve(annotation)?;
        let what = match loose.as_dict() {
            None => What::Other,
            Some(dict) if dict.is("Subtype", "Widget") => What::Other,
            Some(dict) if self.is_remark(dict)? => What::Annotation,
            Some(_) => What::Covered,
        };
        self.note(what, annotation.as_ref().unwrap_or(page), None, "annotation added");
        self.on_page(Some(page));
        self.tell_annotation(None, loose.as_dict());
        self.explain_new(annotation, 0)
    }
}
