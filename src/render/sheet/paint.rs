//! Paints the pages of a sheet: text and pictures as tagged content, bars, rules and feet as decoration.

use krilla::color::{luma, rgb};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::text::TextDirection;

use super::setting::{Figure, Line, PAGE, SIDE, Set};
use super::{Error, Mark, Tone};
use crate::render::Typeface;

/// One page being painted.
pub(super) struct Painter<'a> {
    surface: Surface<'a>,
    face: &'a Typeface,
}

impl<'a> Painter<'a> {
    pub(super) fn new(surface: Surface<'a>, face: &'a Typeface) -> Self {
        Self { surface, face }
    }

    pub(super) fn finish(self) {
        self.surface.finish();
    }

    /// What a block has on this page.
    pub(super) fn block(&mut self, block: &Set<'_>, page: usize, marks: &mut Vec<Mark>) -> Result<(), Error> {
        for bar in block.bars.iter().filter(|bar| bar.page == page) {
            self.artifact(ArtifactType::Layout, |painter| {
                painter.fill(bar.tone.map_or_else(|| grey(0x66), colour), rectangle(bar.rect));
            });
        }
        for figure in block.figures.iter().filter(|figure| figure.page == page) {
            marks.push(self.figure(figure)?);
        }
        let lines: Vec<&Line> = block.lines.iter().filter(|line| line.page == page).collect();
        if !lines.is_empty() {
            let mark = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            for line in lines {
                self.ink(grey(if line.is_faint { 0x50 } else { 0x00 }));
                self.text(line.size, line.x, line.baseline, &line.text);
            }
            self.surface.end_tagged();
            marks.push(Mark::Text(mark));
        }
        Ok(())
    }

    /// Title and page number.
    pub(super) fn foot(&mut self, title: &str, number: usize, pages: usize) {
        let title: String = title
            .chars()
            .filter(|c| self.face.has(*c) && !c.is_control())
            .take(60)
            .collect();
        self.artifact(ArtifactType::Footer, |painter| {
            painter.ink(grey(0x60));
            painter.text(7.0, SIDE, 812.0, &title);
            painter.text(7.0, PAGE.0 - SIDE - 36.0, 812.0, &format!("{number} / {pages}"));
        });
    }

    fn figure(&mut self, figure: &Figure<'_>) -> Result<Mark, Error> {
        let image = Image::from_png(figure.picture.png.clone().into(), false).map_err(|_| Error::Undrawable)?;
        let [x, y, width, height] = figure.rect;
        let size = Size::from_wh(width, height).ok_or(Error::Undrawable)?;
        let mark = self.surface.start_tagged(ContentTag::Other);
        self.surface.push_transform(&Transform::from_translate(x, y));
        self.surface.draw_image(image, size);
        self.surface.pop();
        self.surface.end_tagged();
        self.artifact(ArtifactType::Layout, |painter| {
            painter.stroke(grey(0x99), 0.5, rectangle(figure.rect));
            if let Some(frame) = figure.picture.frame {
                let [left, top, wide, high] = frame.map(|side| side as f32 * figure.scale);
                let wide = (wide + 6.0).min(width - left + 3.0);
                let high = (high + 6.0).min(height - top + 3.0);
                painter.stroke(
                    colour(Tone::Bad),
                    1.4,
                    rectangle([x + left - 3.0, y + top - 3.0, wide, high]),
                );
            }
        });
        Ok(Mark::Figure(mark, figure.called.clone()))
    }

    fn artifact(&mut self, kind: ArtifactType, paint: impl FnOnce(&mut Self)) {
        self.surface
            .start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
        paint(self);
        self.surface.end_tagged();
    }

    fn ink(&mut self, paint: Paint) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill {
            paint,
            ..Fill::default()
        }));
    }

    fn fill(&mut self, paint: Paint, path: Option<Path>) {
        self.ink(paint);
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }

    fn stroke(&mut self, paint: Paint, width: f32, path: Option<Path>) {
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint,
            width,
            ..Stroke::default()
        }));
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }

    fn text(&mut self, size: f32, x: f32, baseline: f32, text: &str) {
        let start = Point::from_xy(x, baseline);
        self.surface
            .draw_text(start, self.face.font(), size, text, false, TextDirection::LeftToRight);
    }
}

fn colour(tone: Tone) -> Paint {
    match tone {
        Tone::Good => rgb::Color::new(0x1b, 0x7f, 0x4b).into(),
        Tone::Open => rgb::Color::new(0xb3, 0x6b, 0x00).into(),
        Tone::Bad => rgb::Color::new(0xb4, 0x23, 0x18).into(),
    }
}

fn grey(lightness: u8) -> Paint {
    luma::Color::new(lightness).into()
}

fn rectangle([x, y, width, height]: [f32; 4]) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}
