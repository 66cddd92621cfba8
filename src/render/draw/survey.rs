//! What a person must know about a page before trusting its picture: what hayro reports while it draws, and what it passes over in silence.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use hayro::hayro_interpret::font::FontQuery;
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::object::{Array, Dict, Name};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::xref::XRef;

use super::stand_in::{self, StandIns, Trust};
use crate::render::page::{MAX_FONT_WARNINGS, Warning};

const HIDDEN: u32 = 1 << 1;
const NO_VIEW: u32 = 1 << 5;
/// Annotations looked at, per page.
const MAX_ANNOTATIONS: usize = 2000;

/// Listens while a page is drawn.
#[derive(Default)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    substituted: BTreeSet<String>,
    guessed: BTreeSet<String>,
    font_unreadable: bool,
    image_undrawn: bool,
    annotation_undrawn: bool,
}

impl Watch {
    /// hayro's settings: the stand-in fonts, and everything it reports kept here.
    pub(super) fn settings(&self, stand_ins: &Arc<StandIns>) -> InterpreterSettings {
        let (fonts, seen) = (Arc::clone(stand_ins), Arc::clone(&self.0));
        let told = Arc::clone(&self.0);
        InterpreterSettings {
            font_resolver: Arc::new(move |query| match query {
                FontQuery::Standard(font) => Some(font.get_font_data()),
                FontQuery::Fallback(query) => {
                    let (font, trust) = fonts.resolve(query);
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.font_unreadable |= font.is_none();
                    let names = match trust {
                        Trust::Characters => &mut seen.substituted,
                        Trust::GlyphNumbers => &mut seen.guessed,
                    };
                    if names.len() < MAX_FONT_WARNINGS {
                        names.insert(stand_in::name(query));
                    }
                    font
                }
            }),
            warning_sink: Arc::new(move |warning| {
                let mut seen = told.lock().unwrap_or_else(PoisonError::into_inner);
                match warning {
                    InterpreterWarning::UnsupportedFont => seen.font_unreadable = true,
                    InterpreterWarning::ImageDecodeFailure => seen.image_undrawn = true,
                    _ => seen.annotation_undrawn = true,
                }
            }),
            ..InterpreterSettings::default()
        }
    }

    /// What was heard so far.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let substituted = seen
            .substituted
            .iter()
            .cloned()
            .map(|font| Warning::FontSubstituted { font });
        let guessed = seen.guessed.iter().cloned().map(|font| Warning::FontGuessed { font });
        let flags = [
            (seen.font_unreadable, Warning::FontUnreadable),
            (seen.image_undrawn, Warning::ImageUndrawn),
            (seen.annotation_undrawn, Warning::AnnotationUndrawn),
        ];
        let flags = flags.into_iter().filter_map(|(set, warning)| set.then_some(warning));
        substituted.chain(guessed).chain(flags).collect()
    }
}

/// What hayro leaves out without a word: annotations without appearance or hidden, layers.
pub(super) fn page(page: &Page<'_>, xref: &XRef) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let annotations = page.raw().get::<Array<'_>>(b"Annots").unwrap_or_default();
    let (mut undrawn, mut hidden) = (false, false);
    for annotation in annotations.iter::<Dict<'_>>().take(MAX_ANNOTATIONS) {
        let flags = annotation.get::<u32>(b"F").unwrap_or(0);
        if flags & (HIDDEN | NO_VIEW) != 0 {
            hidden |= annotation.contains_key(b"AP");
        } else {
            undrawn |= !annotation.contains_key(b"AP") && wants_appearance(&annotation);
        }
    }
    if undrawn {
        warnings.push(Warning::AnnotationUndrawn);
    }
    if hidden {
        warnings.push(Warning::AnnotationHidden);
    }
    let catalog = xref.get::<Dict<'_>>(xref.root_id());
    if catalog.is_some_and(|catalog| catalog.contains_key(b"OCProperties")) {
        warnings.push(Warning::Layers);
    }
    warnings
}

/// Links and pop-ups show nothing of their own; a signature field without area is invisible by intent, as is an empty field.
fn wants_appearance(annotation: &Dict<'_>) -> bool {
    let Some(subtype) = annotation.get::<Name<'_>>(b"Subtype") else {
        return false;
    };
    match subtype.as_str() {
        "Link" | "Popup" => false,
        "Widget" => {
            let field = annotation.get::<Dict<'_>>(b"Parent").unwrap_or_default();
            let filled = |dict: &Dict<'_>| dict.contains_key(b"V");
            let kind = annotation
                .get::<Name<'_>>(b"FT")
                .or_else(|| field.get::<Name<'_>>(b"FT"));
            kind.is_some_and(|kind| kind.as_str() != "Sig") && (filled(annotation) || filled(&field))
        }
        _ => true,
    }
}
