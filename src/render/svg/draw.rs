//! The checked shapes as a PNG with transparency: written as a one-page PDF by krilla, drawn by hayro. Runs in the page worker.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::Pixmap;
use hayro::vello_cpu::color::palette::css::TRANSPARENT;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;

use super::path::Segment;
use super::style::{Cap, Join, Style};
use super::{Drawing, Refused, Shape};
use crate::render::seal::one_page;

/// Longer side of the page in points; its size is nobody's business but ours.
const SIDE_PT: f32 = 100.0;
/// Longer side of the picture in pixels: 1,400 dpi on a seal of 21 mm.
const SIDE_PX: f32 = 1_200.0;

/// Reads an SVG and draws it.
///
/// # Errors
/// [`Refused`].
pub(in crate::render) fn png(svg: &[u8]) -> Result<Vec<u8>, Refused> {
    let drawing = Drawing::read(svg)?;
    let [x, y, width, height] = drawing.view;
    let scale = SIDE_PT / width.max(height);
    let pdf = one_page(width * scale, height * scale, |surface| {
        surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, -x * scale, -y * scale));
        drawing.shapes.iter().for_each(|shape| paint(surface, shape));
        surface.pop();
    });
    let pdf = Pdf::new(pdf.map_err(|_| Refused::Malformed)?).map_err(|_| Refused::Malformed)?;
    let page = pdf.pages().first().ok_or(Refused::Malformed)?;
    let zoom = SIDE_PX / SIDE_PT;
    let pixels = PixmapSettings {
        x_scale: zoom,
        y_scale: zoom,
        bg_color: TRANSPARENT,
    };
    let settings = InterpreterSettings::default();
    let picture = hayro::render(
        page,
        &RenderCache::new(),
        &settings,
        &RenderSettings::default(),
        &pixels,
    );
    encoded(&picture).ok_or(Refused::Malformed)
}

fn paint(
    surface: &mut Surface<'_>,
    Shape {
        segments,
        style,
        matrix,
    }: &Shape,
) {
    let Some(path) = outline(segments) else { return };
    let [a, b, c, d, e, f] = matrix.0;
    surface.push_transform(&Transform::from_row(a, b, c, d, e, f));
    surface.set_fill(fill(style));
    surface.set_stroke(None);
    if style.fill.is_some() {
        surface.draw_path(&path);
    }
    surface.set_fill(None);
    surface.set_stroke(stroke(style));
    if style.stroke.is_some() && style.stroke_width > 0.0 {
        surface.draw_path(&path);
    }
    surface.pop();
}

fn fill(style: &Style) -> Option<Fill> {
    let [r, g, b] = style.fill?;
    Some(Fill {
        paint: rgb::Color::new(r, g, b).into(),
        opacity: share(style.fill_opacity * style.opacity),
        rule: if style.even_odd {
            FillRule::EvenOdd
        } else {
            FillRule::NonZero
        },
    })
}

fn stroke(style: &Style) -> Option<Stroke> {
    let [r, g, b] = style.stroke?;
    Some(Stroke {
        paint: rgb::Color::new(r, g, b).into(),
        width: style.stroke_width,
        miter_limit: style.miter_limit,
        line_cap: match style.cap {
            Cap::Butt => LineCap::Butt,
            Cap::Round => LineCap::Round,
            Cap::Square => LineCap::Square,
        },
        line_join: match style.join {
            Join::Miter => LineJoin::Miter,
            Join::Round => LineJoin::Round,
            Join::Bevel => LineJoin::Bevel,
        },
        opacity: share(style.stroke_opacity * style.opacity),
        dash: None,
    })
}

fn share(number: f32) -> NormalizedF32 {
    NormalizedF32::new(number).unwrap_or(NormalizedF32::ONE)
}

fn outline(segments: &[Segment]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for segment in segments {
        match *segment {
            Segment::Move([x, y]) => path.move_to(x, y),
            Segment::Line([x, y]) => path.line_to(x, y),
            Segment::Cubic([[a, b], [c, d], [x, y]]) => path.cubic_to(a, b, c, d, x, y),
            Segment::Close => path.close(),
        }
    }
    path.finish()
}

/// The pixels as a PNG with an alpha channel; hayro multiplies colours by it, a PNG does not.
fn encoded(picture: &Pixmap) -> Option<Vec<u8>> {
    let plain = |pixel: &[u8]| {
        let alpha = u16::from(pixel[3]);
        let part = |c: u8| match alpha {
            0 => 0,
            _ => u8::try_from((u16::from(c) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX),
        };
        [part(pixel[0]), part(pixel[1]), part(pixel[2]), pixel[3]]
    };
    let rgba: Vec<u8> = picture.data_as_u8_slice().chunks_exact(4).flat_map(plain).collect();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, picture.width().into(), picture.height().into());
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().ok()?.write_image_data(&rgba).ok()?;
    Some(png)
}
