//! Collects a page's glyphs with their characters and places. Draws nothing.

use hayro::hayro_interpret::font::{Glyph, GlyphId, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use hayro::kurbo::{Affine, BezPath, Point, Rect};

use super::lines::{self, Placed};
use crate::render::page::Warning;

/// Most glyphs read from one page.
const MAX_GLYPHS: usize = 200_000;
/// Glyph space: units to the em.
const EM: f64 = 1000.0;

/// What a page says, and what must be known about it.
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) warnings: Vec<Warning>,
}

/// A device that listens instead of drawing.
#[derive(Default)]
pub(super) struct Reader {
    placed: Vec<Placed>,
    /// Glyphs that do not say which character they are.
    nameless: u32,
    /// Glyphs that the font lacks.
    missing: u32,
    /// Text in rendering mode 3.
    invisible: bool,
    cut: bool,
}

impl Reader {
    /// The text in reading order, without the glyphs whose place `is_blank` in the picture: they are covered, in the colour of what lies under them, clipped or off the page.
    pub(super) fn text(mut self, is_blank: impl Fn(Rect) -> bool) -> Reading {
        let before = self.placed.len();
        self.placed
            .retain(|glyph| glyph.blank || !glyph.outline || !is_blank(glyph.area()));
        let hidden = self.invisible || self.placed.len() < before;
        let lines = lines::in_reading_order(self.placed);
        let absent = lines.is_empty() && self.nameless == 0;
        let warnings = [
            (self.missing > 0, Warning::GlyphsMissing { count: self.missing }),
            (hidden, Warning::TextHidden),
            (self.nameless > 0 || self.cut, Warning::TextIncomplete),
            (absent, Warning::TextAbsent),
        ];
        Reading {
            text: lines.join("\n"),
            warnings: warnings
                .into_iter()
                .filter_map(|(set, warning)| set.then_some(warning))
                .collect(),
        }
    }

    fn glyph(&mut self, glyph: &Glyph<'_>, to_page: Affine, vertical: bool) {
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(text)) => text,
            None => String::new(),
        };
        let blank = text.chars().all(|c| c.is_whitespace() || c.is_control());
        if let Glyph::Outline(outline) = glyph
            && outline.glyph_id() == GlyphId::NOTDEF
            && (text.is_empty() || !blank)
        {
            self.missing += 1;
        }
        if text.is_empty() {
            self.nameless += 1;
            return;
        }
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width().map_or(EM, f64::from),
            Glyph::Type3(glyph) => glyph.advance_width().map_or(EM, f64::from),
        };
        // In vertical writing hayro gives no width: ideographs fill the em.
        let advance = if vertical || advance == 0.0 { EM } else { advance };
        let corner = |x: f64, y: f64| to_page * Point::new(x, y);
        let origin = corner(0.0, 0.0);
        let (right, up) = (corner(advance, 0.0) - origin, corner(0.0, EM) - origin);
        let placed = Placed {
            text: text.chars().filter(|c| !c.is_control()).map(plain_space).collect(),
            blank,
            origin,
            along: if vertical { -up } else { right },
            up,
            right,
            outline: matches!(glyph, Glyph::Outline(_)),
        };
        if placed.is_finite() {
            self.placed.push(placed);
        }
    }
}

/// Every kind of space but the full-width one is told as a plain one.
fn plain_space(c: char) -> char {
    if c.is_whitespace() && c != '\u{3000}' { ' ' } else { c }
}

impl<'a> Device<'a> for Reader {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            self.invisible |= !run.glyphs().is_empty();
            return;
        }
        let vertical = matches!(run.writing_mode(), WritingMode::Vertical);
        for positioned in run.glyphs() {
            if self.placed.len() >= MAX_GLYPHS {
                self.cut = true;
                return;
            }
            self.glyph(positioned, props.transform * positioned.transform(), vertical);
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn pop_clip(&mut self) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_transparency_group(&mut self) {}
}
