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
            }
        }
        if self.changed.contains(&id) {
            self.explained.insert(id);
        }
        self.explain_ref(old.get("Annots"), new.get("Annots"))?;
        let listed = |value: Value| value.as_array().unwrap_or_default().to_vec();
        let before = listed(evidence::entry(self.old, &old, "Annots")?);
        let after = listed(evidence::entry(self.new, &new, "Annots")?);
        let known: HashSet<&Value> = before.iter().collect();
        let (kept, added): (Vec<&Value>, Vec<&Value>) = after.iter().partition(|a| known.contains(a));
        if !kept.into_iter().eq(before.iter()) {
            self.note(What::Annotation, id, None, "annotation removed, moved or repeated");
        }
        for annotation in added {
            if annotation.as_ref().is_some_and(|a| self.widgets.contains(&a)) {
                continue;
            }
            let loose = self.new.resolve(annotation)?;
            let widget = loose.as_dict().is_none_or(|d| d.is("Subtype", "Widget"));
            let what = if widget { What::Other } else { What::Annotation };
            self.note(what, id, None, "annotation added");
            self.explain_new(annotation, 0)?;
        }
        Ok(())
    }
}
