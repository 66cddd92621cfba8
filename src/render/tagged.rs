//! What every document of our making shares: tagged PDF/A-2a and PDF/UA-1, its properties, and a brush that tells content from decoration.

use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::paint::{Fill, Paint, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::TextDirection;
use krilla::{Document, SerializeSettings};

use super::{Error, Typeface};
use crate::clock::Timestamp;
use crate::text::Lang;

/// A document's properties.
pub(crate) struct Properties {
    /// Its title.
    pub(crate) title: String,
    /// Its language.
    pub(crate) lang: Lang,
    /// The program that made it.
    pub(crate) creator: String,
    /// What kind of document; with the time it is the document's id.
    pub(crate) kind: &'static str,
    /// When it was made.
    pub(crate) at: Timestamp,
}

/// A document without pages.
///
/// # Errors
/// [`Error::Undrawable`] when the library does not know the profile.
pub(crate) fn document(properties: Properties) -> Result<Document, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| Error::Undrawable)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    document.set_metadata(metadata(properties));
    Ok(document)
}

fn metadata(properties: Properties) -> Metadata {
    let at = properties.at;
    let c = at.civil();
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    let created = DateTime::new(u16::try_from(c.year).unwrap_or(1970))
        .month(small(c.month))
        .day(small(c.day))
        .hour(small(c.hour))
        .minute(small(c.minute))
        .second(small(c.second))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(properties.title)
        .language(properties.lang.tag().to_owned())
        .creator(properties.creator)
        .creation_date(created)
        .document_id(format!("hankod-{}-{}", properties.kind, at.seconds()))
}

/// Paints one page. Everything on it is content with a place in the structure ([`Brush::content`]) or decoration ([`Brush::artifact`]).
pub(crate) struct Brush<'a>(Surface<'a>);

impl<'a> Brush<'a> {
    pub(crate) fn new(surface: Surface<'a>) -> Self {
        Self(surface)
    }

    pub(crate) fn finish(self) {
        self.0.finish();
    }

    /// Text that is read; gives its mark for the structure.
    pub(crate) fn content(&mut self, paint: impl FnOnce(&mut Self)) -> Identifier {
        let mark = self.0.start_tagged(ContentTag::Span(SpanTag::empty()));
        paint(self);
        self.0.end_tagged();
        mark
    }

    /// Bars, rules, feet: what no reader misses.
    pub(crate) fn artifact(&mut self, kind: ArtifactType, paint: impl FnOnce(&mut Self)) {
        self.0.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
        paint(self);
        self.0.end_tagged();
    }

    /// A picture; gives its mark for the structure.
    ///
    /// # Errors
    /// [`Error::Undrawable`] when it has no size.
    pub(crate) fn picture(&mut self, image: Image, [x, y, width, height]: [f32; 4]) -> Result<Identifier, Error> {
        let size = Size::from_wh(width, height).ok_or(Error::Undrawable)?;
        let mark = self.0.start_tagged(ContentTag::Other);
        self.0.push_transform(&Transform::from_translate(x, y));
        self.0.draw_image(image, size);
        self.0.pop();
        self.0.end_tagged();
        Ok(mark)
    }

    /// The colour of what is filled and written from now on.
    pub(crate) fn ink(&mut self, paint: Paint) {
        self.0.set_stroke(None);
        self.0.set_fill(Some(Fill {
            paint,
            ..Fill::default()
        }));
    }

    pub(crate) fn fill(&mut self, paint: Paint, path: Option<Path>) {
        self.ink(paint);
        if let Some(path) = path {
            self.0.draw_path(&path);
        }
    }

    pub(crate) fn stroke(&mut self, paint: Paint, width: f32, dash: Option<StrokeDash>, path: Option<Path>) {
        self.0.set_fill(None);
        self.0.set_stroke(Some(Stroke {
            paint,
            width,
            dash,
            ..Stroke::default()
        }));
        if let Some(path) = path {
            self.0.draw_path(&path);
        }
    }

    pub(crate) fn text(&mut self, face: &Typeface, size: f32, (x, baseline): (f32, f32), text: &str) {
        let start = Point::from_xy(x, baseline);
        self.0
            .draw_text(start, face.font(), size, text, false, TextDirection::LeftToRight);
    }
}

pub(crate) fn grey(lightness: u8) -> Paint {
    luma::Color::new(lightness).into()
}

pub(crate) fn rectangle([x, y, width, height]: [f32; 4]) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}
