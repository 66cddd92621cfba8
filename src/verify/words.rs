//! A change of the file said in words: which page, which field, what stood there before and now, what became of its drawing. The words stand in the catalogue.

use super::changes::places::Places;
use super::changes::values::Look;
use super::changes::{Change, What};
use super::report::{ChangeReport, FindingReport, SignatureReport};
use crate::pdf::Document;
use crate::text::{Lang, plain, say};
use std::collections::HashMap;
use std::marker::PhantomData;

/// Says changes; each once, however many signatures it came after: the fiftieth update is told of forty-nine.
pub(super) struct Teller<'d, 'a, 'c> {
    places: Places<'d, 'a>,
    /// By where the change lies in memory, and whether it is allowed.
    told: HashMap<(usize, bool), ChangeReport>,
    /// The changes stay in their place as long as it is asked about them.
    changes: PhantomData<&'c Change>,
    lang: Lang,
}

impl<'d, 'a, 'c> Teller<'d, 'a, 'c> {
    /// Of this view of the file, in this language.
    pub(super) fn new(document: &'d Document<'a>, lang: Lang) -> Self {
        Self {
            places: Places::new(document),
            told: HashMap::new(),
            changes: PhantomData,
            lang,
        }
    }

    /// A change that the signature allows or not.
    pub(super) fn tell(&mut self, change: &'c Change, allowed: bool) -> ChangeReport {
        let (places, lang) = (&mut self.places, self.lang);
        let key = (std::ptr::from_ref(change).addr(), allowed);
        let told = self.told.entry(key);
        told.or_insert_with(|| ChangeReport::new(change, allowed, places, lang))
            .clone()
    }
}

impl ChangeReport {
    /// Of a change that the signature allows or not.
    fn new(change: &Change, allowed: bool, places: &mut Places<'_, '_>, lang: Lang) -> Self {
        let mut report = Self {
            what: change.what,
            page: places.of(change),
            field: change.field.as_deref().map(plain),
            object: format!("{} {}", change.object, plain(&change.part)),
            old: change.old.clone(),
            new: change.new.clone(),
            appearance: change.look,
            allowed,
            message: String::new(),
        };
        report.message = report.words(lang);
        report
    }

    /// One line for people.
    fn words(&self, lang: Lang) -> String {
        let mut line = String::new();
        if let Some(page) = self.page {
            line.push_str(&say(lang, "verify-change-page", &[("page", &page.to_string())]));
        }
        if let Some(field) = &self.field {
            line.push_str(&say(lang, "verify-change-field", &[("field", field)]));
        }
        line.push_str(&say(lang, kind(self.what), &[]));
        let none = || say(lang, "verify-change-nothing", &[]);
        if self.old.is_some() || self.new.is_some() {
            let old = self.old.clone().unwrap_or_else(none);
            let new = self.new.clone().unwrap_or_else(none);
            line.push_str(&say(lang, "verify-change-values", &[("old", &old), ("new", &new)]));
        }
        if let Some(look) = self.appearance {
            line.push_str(&say(lang, drawn(look), &[]));
        }
        let judged = if self.allowed {
            "verify-change-allowed"
        } else {
            "verify-change-not-allowed"
        };
        line + &say(lang, judged, &[])
    }
}

impl SignatureReport {
    /// Its changes in words, those that read alike once with their number.
    pub fn change_words(&self) -> Vec<String> {
        let mut told: Vec<(&str, usize)> = Vec::new();
        for change in &self.change_list {
            match told.iter_mut().find(|(words, _)| *words == change.message) {
                Some((_, count)) => *count += 1,
                None => told.push((&change.message, 1)),
            }
        }
        let words = |(words, count): (&str, usize)| match count {
            1 => words.to_owned(),
            _ => format!("{words} (×{count})"),
        };
        told.into_iter().map(words).collect()
    }

    /// Its findings but for those that the changes tell better.
    pub fn remarks(&self) -> impl Iterator<Item = &FindingReport> {
        let told = |finding: &&FindingReport| finding.code == "change_forbidden" && !self.change_list.is_empty();
        self.findings.iter().filter(move |finding| !told(finding))
    }
}

fn kind(what: What) -> &'static str {
    match what {
        What::SignatureAdded => "verify-change-signature-added",
        What::SealAdded => "verify-change-seal-added",
        What::TimestampAdded | What::FieldStamped => "verify-change-timestamp-added",
        What::FieldAdded => "verify-change-field-added",
        What::FieldFilled => "verify-change-field-filled",
        What::FieldUnread => "verify-change-field-unread",
        What::Annotation => "verify-change-annotation",
        What::Certification => "verify-change-certification",
        What::Evidence => "verify-change-evidence",
        What::Metadata => "verify-change-metadata",
        What::Covered => "verify-change-covered",
        What::Other => "verify-change-other",
    }
}

fn drawn(look: Look) -> &'static str {
    match look {
        Look::Added => "verify-change-look-added",
        Look::Replaced => "verify-change-look-replaced",
        Look::Removed => "verify-change-look-removed",
    }
}
