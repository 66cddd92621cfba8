//! Whether a filled field shows the value that it has: what people read must be what programs read.

use super::shown::{self, Shown};
use super::{Compare, What, same_entry};
use crate::pdf::Error;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::verify::evidence::{self, Field};

/// Password fields show other characters (Table 231).
const PASSWORD: i64 = 1 << 13;

impl Compare<'_, '_> {
    /// What filling `after` comes to: [`What::FieldFilled`] when every widget shows the value, [`What::Covered`] when one shows something else,
    /// [`What::FieldUnread`] when nobody can tell.
    pub(super) fn filled_as(&self, before: &Field, after: &Field) -> Result<What, Error> {
        let value = evidence::entry(self.new, &after.dict, "V")?;
        let mut sum = What::FieldFilled;
        for id in std::iter::once(after.id).chain(after.widgets.iter().copied()) {
            let Some(widget) = evidence::dict(self.new, id)? else {
                return Ok(What::Covered);
            };
            let what = match after.kind.as_slice() {
                b"Btn" => self.button(id, before, &widget, &value)?,
                b"Tx" | b"Ch" => self.text(after, &widget, &value)?,
                _ => What::Covered,
            };
            match what {
                What::FieldFilled => {}
                What::Covered => return Ok(What::Covered),
                _ => sum = what,
            }
        }
        Ok(sum)
    }

    /// A button keeps its pictures and shows the one that its value names.
    fn button(&self, id: ObjectId, before: &Field, widget: &Dict, value: &Value) -> Result<What, Error> {
        let old = match id == before.id {
            true => Some((*before.dict).clone()),
            false => evidence::dict(self.old, id)?,
        };
        let looks = same_entry(old.as_ref().and_then(|old| old.get("AP")), widget.get("AP"));
        let state = widget.get("AS").and_then(Value::as_name);
        let named = state.is_none_or(|state| state == b"Off" || Some(state) == value.as_name());
        Ok(if looks && named {
            What::FieldFilled
        } else {
            What::Covered
        })
    }

    fn text(&self, field: &Field, widget: &Dict, value: &Value) -> Result<What, Error> {
        let looks = evidence::entry(self.new, widget, "AP")?;
        let Some(look) = looks.as_dict().and_then(|l| l.get("N")) else {
            return Ok(What::FieldFilled);
        };
        if field.dict.int("Ff").unwrap_or(0) & PASSWORD != 0 {
            return Ok(What::FieldUnread);
        }
        let form = evidence::entry(self.new, &self.new.catalog()?, "AcroForm")?;
        let defaults = match form.as_dict() {
            Some(form) => self.dict(self.new, form, "DR")?,
            None => Dict::new(),
        };
        let shown = match look.as_ref() {
            Some(id) => shown::read(self.new, id, &defaults)?,
            None => None,
        };
        let Some(shown) = shown else { return Ok(What::Covered) };
        let wanted = self.wanted(field, value)?;
        Ok(compare(&shown, &wanted))
    }

    /// The texts that may stand for the value: for a choice also what its option shows.
    fn wanted(&self, field: &Field, value: &Value) -> Result<Vec<String>, Error> {
        let Some(own) = value.as_text() else {
            return Ok(vec![String::new()]);
        };
        let mut wanted = vec![bare(&own)];
        let options = evidence::entry(self.new, &field.dict, "Opt")?;
        for option in options.as_array().unwrap_or_default() {
            let option = self.new.resolve(option)?;
            if let Some([export, shown]) = option.as_array()
                && export.as_text().as_ref() == Some(&own)
            {
                wanted.extend(shown.as_text().map(|text| bare(&text)));
            }
        }
        Ok(wanted)
    }
}

fn compare(shown: &Shown, wanted: &[String]) -> What {
    if shown.has_pictures || shown.has_hidden_text {
        return What::Covered;
    }
    match &shown.text {
        Some(text) if wanted.contains(&bare(text)) => What::FieldFilled,
        Some(_) => What::Covered,
        None => What::FieldUnread,
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
