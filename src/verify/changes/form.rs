//! The form: fields added, signed, filled; everything else about it is a change of its own. Whether values are what appearances draw is asked in `fill`.

use super::{Compare, What, differing, shown};
use crate::pdf::Error;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::verify::evidence::{self, Field};
use std::collections::{BTreeMap, BTreeSet};

/// What signing writes into an empty signature field or its widget.
const SIGNED_KEYS: &[&str] = &["V", "AP", "AS", "F", "M", "StructParent"];
/// What a document timestamp writes into an empty signature field: its look stays.
const STAMPED_KEYS: &[&str] = &["V", "M"];
/// What filling writes into a field or its widget.
const FILLED_KEYS: &[&str] = &["V", "RV", "AP", "AS", "I", "M"];
/// What makes a field act.
const ACTION_KEYS: &[&str] = &["A", "AA"];
/// Annotation flags (Table 167): neither shown nor printed; printed; not shown.
const HIDDEN: i64 = 1 << 1;
const PRINT: i64 = 1 << 2;
const NO_VIEW: i64 = 1 << 5;
/// Appearance streams lie at most this deep below /AP: kind, state.
const MAX_LOOK_DEPTH: u32 = 2;

impl Compare<'_, '_> {
    pub(super) fn form(&mut self, before: &[Field], after: &[Field]) -> Result<(), Error> {
        self.form_dictionary()?;
        let old: BTreeMap<ObjectId, &Field> = before.iter().map(|f| (f.id, f)).collect();
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for field in after {
            *names.entry(&field.name).or_default() += 1;
        }
        for field in after {
            match old.get(&field.id) {
                Some(before) => self.field(before, field)?,
                None => self.added(field, names.get(field.name.as_str()) == Some(&1))?,
            }
        }
        let kept: BTreeSet<ObjectId> = after.iter().map(|f| f.id).collect();
        for lost in before.iter().filter(|f| !kept.contains(&f.id)) {
            self.note(What::Other, lost.id, Some(lost), "field removed");
        }
        Ok(())
    }

    fn form_dictionary(&mut self) -> Result<(), Error> {
        let root = self.new.root_id();
        let (old_root, new_root) = (self.old.catalog()?, self.new.catalog()?);
        let (old, new) = (
            self.dict(self.old, &old_root, "AcroForm")?,
            self.dict(self.new, &new_root, "AcroForm")?,
        );
        self.explain_ref(old_root.get("AcroForm"), new_root.get("AcroForm"))?;
        self.explain_ref(old.get("Fields"), new.get("Fields"))?;
        self.once(new_root.get("AcroForm").and_then(Value::as_ref), 1)?;
        self.once(new.get("Fields").and_then(Value::as_ref), 1)?;
        let listed = |value: Value| value.as_array().unwrap_or_default().to_vec();
        let before = listed(evidence::entry(self.old, &old, "Fields")?);
        let after = listed(evidence::entry(self.new, &new, "Fields")?);
        if !after.starts_with(&before) {
            self.other(root, "form /Fields");
        }
        for key in differing(&old, &new) {
            let harmless = match key.as_str() {
                "Fields" => true,
                "SigFlags" => new.int("SigFlags") == Some(3),
                "NeedAppearances" => new.get("NeedAppearances").is_none_or(|v| v.as_bool() == Some(false)),
                // A form made by this update has to say how text is drawn.
                "DA" | "DR" => old.is_empty(),
                _ => false,
            };
            if !harmless {
                self.other(root, &format!("form /{key}"));
            }
        }
        Ok(())
    }

    fn added(&mut self, field: &Field, name_is_unique: bool) -> Result<(), Error> {
        let acts = ACTION_KEYS.iter().any(|key| field.dict.get(key).is_some());
        if !field.is_signature || !name_is_unique || acts || !self.is_new(field.id)? {
            self.note(What::Other, field.id, Some(field), "field added");
            return Ok(());
        }
        let signed = self.signed_as(&field.dict)?;
        let (page, part) = match signed {
            Some(What::TimestampAdded) => (None, self.seen(field)?.then_some("a timestamp that can be seen")),
            signed => self.look(field, signed.is_some())?,
        };
        let what = match (signed, part) {
            (_, Some(_)) => What::Covered,
            (Some(What::SignatureAdded), None) if page.is_some() => What::SealAdded,
            (signed, None) => signed.unwrap_or(What::FieldAdded),
        };
        self.note(what, field.id, Some(field), part.unwrap_or("field"));
        self.on_page(page);
        self.explained.insert(field.id);
        self.widgets.insert(field.id);
        self.explain_new(&Value::Dict((*field.dict).clone()), 0)?;
        for widget in &field.widgets {
            self.widgets.insert(*widget);
            self.explain_new(&Value::Ref(*widget), 0)?;
        }
        Ok(())
    }

    /// The page on which a new field shows something, and what is wrong with that.
    fn look(&self, field: &Field, is_signed: bool) -> Result<(Option<ObjectId>, Option<&'static str>), Error> {
        let mut on = None;
        for id in std::iter::once(field.id).chain(field.widgets.iter().copied()) {
            let Some(widget) = evidence::dict(self.new, id)? else {
                continue;
            };
            let rectangle = self.rectangle(&widget, "Rect")?.filter(|[a, b, c, d]| c > a && d > b);
            let draws = ["AP", "MK"].iter().any(|key| widget.get(key).is_some());
            let Some(rectangle) = rectangle.filter(|_| draws) else {
                continue;
            };
            let page = widget.get("P").and_then(Value::as_ref);
            on = on.or(page);
            match page {
                _ if !is_signed => return Ok((on, Some("an empty field that shows something"))),
                None => return Ok((on, Some("a field that shows something on no page"))),
                Some(page) if self.covers(rectangle, page)? => return Ok((on, Some("a field over what was there"))),
                Some(_) => {}
            }
        }
        Ok((on, None))
    }

    /// Whether the new field of a document timestamp, or one of its widgets, can show or do anything. Whoever adds evidence has nothing to say on a page.
    fn seen(&self, field: &Field) -> Result<bool, Error> {
        for id in std::iter::once(field.id).chain(field.widgets.iter().copied()) {
            let Some(widget) = evidence::dict(self.new, id)? else {
                return Ok(true);
            };
            let has_area = self
                .rectangle(&widget, "Rect")?
                .is_some_and(|[a, b, c, d]| c > a && d > b);
            let flags = evidence::entry(self.new, &widget, "F")?.as_int().unwrap_or(0);
            let is_hidden = flags & HIDDEN != 0 || flags & (NO_VIEW | PRINT) == NO_VIEW;
            let acts = ACTION_KEYS.iter().any(|key| widget.get(key).is_some());
            let look = evidence::entry(self.new, &widget, "AP")?;
            if has_area && !is_hidden || acts || widget.get("MK").is_some() || !self.is_blank(&look, 0)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an appearance dictionary, a dictionary of states below it, or a stream draws nothing.
    fn is_blank(&self, look: &Value, depth: u32) -> Result<bool, Error> {
        if let Some(id) = look.as_ref() {
            let loaded = self.new.get_plain(id)?;
            if loaded.stream.is_some() {
                return Ok(self
                    .new
                    .stream_data(id, &loaded)
                    .is_ok_and(|data| shown::is_blank(&data)));
            }
        }
        let look = self.new.resolve(look)?;
        let Some(looks) = look.as_dict() else {
            return Ok(look == Value::Null);
        };
        if depth == MAX_LOOK_DEPTH {
            return Ok(false);
        }
        for (_, look) in looks.iter() {
            if !self.is_blank(look, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn field(&mut self, before: &Field, after: &Field) -> Result<(), Error> {
        if std::iter::once(&after.id)
            .chain(&after.widgets)
            .all(|id| !self.changed.contains(id))
            && before.dict == after.dict
        {
            return Ok(());
        }
        let keys = differing(&before.dict, &after.dict);
        let has = |key: &str| keys.iter().any(|k| k == key);
        let (what, may) = if !after.is_signature {
            (What::FieldFilled, FILLED_KEYS)
        } else {
            let was_empty = before.dict.get("V").is_none();
            let signed = self.signed_as(&after.dict)?.filter(|_| was_empty);
            match signed {
                Some(What::TimestampAdded) => (What::FieldStamped, STAMPED_KEYS),
                signed => (signed.unwrap_or(What::Other), SIGNED_KEYS),
            }
        };
        let within = before.is_signature == after.is_signature && keys.iter().all(|k| may.contains(&k.as_str()));
        let valued = has("V") || has("AS");
        if !keys.is_empty() {
            let what = match what {
                _ if !within || !valued => What::Other,
                What::FieldFilled => self.filled_as(before, after)?,
                what => what,
            };
            let part = keys.iter().map(|k| format!("/{k}")).collect::<Vec<_>>().join(" ");
            self.note(what, after.id, Some(after), &part);
            self.on_page(after.dict.get("P").and_then(Value::as_ref));
            self.tell_field(before, after);
        }
        if self.changed.contains(&after.id) {
            self.explained.insert(after.id);
        }
        if within && valued {
            self.widgets.insert(after.id);
            self.drawn_anew(&before.dict, &after.dict, may)?;
        }
        for widget in &after.widgets {
            self.widget(*widget, after, within && valued, may)?;
        }
        Ok(())
    }

    /// A widget that is an object of its own may change with its field's value only.
    fn widget(&mut self, id: ObjectId, field: &Field, with_value: bool, may: &[&str]) -> Result<(), Error> {
        if !self.changed.contains(&id) {
            return Ok(());
        }
        let (before, after) = (evidence::dict(self.old, id)?, evidence::dict(self.new, id)?);
        let (Some(before), Some(after)) = (before, after) else {
            self.note(What::Other, id, Some(field), "widget");
            return Ok(());
        };
        let keys = differing(&before, &after);
        if !keys.is_empty() && (!with_value || keys.iter().any(|k| !may.contains(&k.as_str()))) {
            self.note(What::Other, id, Some(field), "widget");
            self.tell_annotation(Some(&before), Some(&after));
        }
        self.explained.insert(id);
        self.widgets.insert(id);
        self.drawn_anew(&before, &after, may)
    }

    /// New objects under the keys that may change, and appearance streams that were this field's before.
    fn drawn_anew(&mut self, before: &Dict, after: &Dict, may: &[&str]) -> Result<(), Error> {
        for key in may {
            if let Some(value) = after.get(key) {
                self.explain_new(&value.clone(), 0)?;
            }
        }
        if !may.contains(&"AP") {
            return Ok(());
        }
        let (before, after) = (self.dict(self.old, before, "AP")?, self.dict(self.new, after, "AP")?);
        let (before, after) = (before.get("N"), after.get("N"));
        self.explain_ref(before, after)?;
        self.once(after.and_then(Value::as_ref), 1)
    }

    /// What kind of signature the field holds; `None`: none.
    fn signed_as(&self, field: &Dict) -> Result<Option<What>, Error> {
        let value = evidence::entry(self.new, field, "V")?;
        Ok(value.as_dict().map(|signature| {
            if signature.is("SubFilter", "ETSI.RFC3161") {
                What::TimestampAdded
            } else {
                What::SignatureAdded
            }
        }))
    }
}
