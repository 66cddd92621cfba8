//! One document, drawn page by page. Runs in the page worker only: what it calls may loop, crash or eat memory on a hostile file.

use std::sync::Arc;

use hayro::hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use hayro::hayro_syntax::object::ObjectIdentifier;
use hayro::hayro_syntax::page::{Page, Rotation};
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::kurbo::{Affine, Rect};
use hayro::vello_cpu::Pixmap;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use super::page::PagePicture;
use super::wire::Refusal;

mod glyphs;
mod lines;
pub(super) mod stand_in;
mod survey;

use stand_in::StandIns;

/// Most pixels of a picture; beyond, it is drawn smaller than asked.
const MAX_PIXELS: f32 = 8_000_000.0;
/// Longest side of a picture in pixels.
const MAX_SIDE_PX: f32 = 8192.0;
/// Of the tell-tale object's number, the range.
const TELL_TALE_NUMBERS: std::ops::Range<u32> = 4_000_000..8_000_000;

/// An opened document.
pub(super) struct Drawing {
    pdf: Pdf,
    tell_tale: TellTale,
}

/// An object behind the end of the file that no cross-reference table lists. hayro finds it only when it has rebuilt the table by scanning, which it does without a word:
/// from then on it may draw what the signed revision does not contain.
struct TellTale {
    id: ObjectIdentifier,
    value: i32,
}

impl Drawing {
    /// Takes a document's bytes over.
    pub(super) fn open(mut bytes: Vec<u8>, password: &str) -> Result<Self, Refusal> {
        let tell_tale = TellTale::append(&mut bytes);
        let pdf = Pdf::new_with_password(bytes, password).map_err(|error| match error {
            LoadPdfError::Decryption(_) => Refusal::Encrypted,
            LoadPdfError::Invalid => Refusal::Undrawable,
        })?;
        let drawing = Self { pdf, tell_tale };
        drawing.unrepaired()?;
        Ok(drawing)
    }

    /// How many pages hayro finds.
    pub(super) fn pages(&self) -> u32 {
        u32::try_from(self.pdf.pages().len()).unwrap_or(u32::MAX)
    }

    /// Draws page `index` (from 0), `width_px` wide or less where [`MAX_PIXELS`] demands it.
    pub(super) fn page(&self, index: u32, width_px: u32, stand_ins: &Arc<StandIns>) -> Result<PagePicture, Refusal> {
        let index = usize::try_from(index).map_err(|_| Refusal::NoPage)?;
        let page = self.pdf.pages().get(index).ok_or(Refusal::NoPage)?;
        let size_pt = page.render_dimensions();
        let scale = scale(size_pt, width_px as f32).ok_or(Refusal::Undrawable)?;
        let watch = survey::Watch::default();
        let settings = watch.settings(stand_ins);
        let pixmap = paint(page, &settings, scale);
        let picture = Picture::new(&pixmap);
        let reading = read(page, &settings).text(|line| picture.is_blank(line, scale));
        self.unrepaired()?;

        let mut warnings = watch.warnings();
        warnings.extend(survey::page(page, self.pdf.xref()));
        warnings.extend(reading.warnings);
        Ok(PagePicture {
            png: picture.png().ok_or(Refusal::Undrawable)?,
            size_px: (u32::from(pixmap.width()), u32::from(pixmap.height())),
            size_pt,
            rotation: rotation(page.rotation()),
            text: reading.text,
            warnings,
        })
    }

    fn unrepaired(&self) -> Result<(), Refusal> {
        match self.pdf.xref().get::<i32>(self.tell_tale.id) {
            Some(value) if value == self.tell_tale.value => Err(Refusal::Rebuilt),
            _ => Ok(()),
        }
    }
}

impl TellTale {
    fn append(bytes: &mut Vec<u8>) -> Self {
        let random = getrandom::u64().unwrap_or(0);
        let span = u64::from(TELL_TALE_NUMBERS.end - TELL_TALE_NUMBERS.start);
        let number = TELL_TALE_NUMBERS.start + u32::try_from(random % span).unwrap_or(0);
        let value = i32::try_from(random >> 40).unwrap_or(1);
        bytes.extend_from_slice(format!("\n{number} 0 obj\n{value}\nendobj\n").as_bytes());
        Self {
            id: ObjectIdentifier::new(number, 0),
            value,
        }
    }
}

/// Pixels per point; `None` for a page whose size is no size.
fn scale((width, height): (f32, f32), width_px: f32) -> Option<f32> {
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return None;
    }
    let scale = (width_px / width)
        .min((MAX_PIXELS / width / height).sqrt())
        .min(MAX_SIDE_PX / width.max(height));
    (width * scale >= 1.0 && height * scale >= 1.0).then_some(scale)
}

fn paint(page: &Page<'_>, settings: &InterpreterSettings, scale: f32) -> Pixmap {
    let pixels = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: WHITE,
    };
    hayro::render(page, &RenderCache::new(), settings, &RenderSettings::default(), &pixels)
}

fn read<'a>(page: &'a Page<'a>, settings: &InterpreterSettings) -> glyphs::Reader {
    let (width, height) = page.render_dimensions();
    let transform: Affine = hayro::hayro_interpret::TransformExt::to_kurbo(&page.initial_transform(true));
    let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let cache = InterpreterCache::new();
    let mut context = Context::new(transform, area, &cache, page.xref(), settings.clone());
    let mut reader = glyphs::Reader::default();
    interpret_page(page, &mut context, &mut reader);
    reader
}

const fn rotation(rotation: Rotation) -> u16 {
    match rotation {
        Rotation::None => 0,
        Rotation::Horizontal => 90,
        Rotation::Flipped => 180,
        Rotation::FlippedHorizontal => 270,
    }
}

/// The pixels, opaque on white.
struct Picture<'a> {
    width: usize,
    height: usize,
    rgba: &'a [u8],
}

impl<'a> Picture<'a> {
    fn new(pixmap: &'a Pixmap) -> Self {
        Self {
            width: pixmap.width().into(),
            height: pixmap.height().into(),
            rgba: pixmap.data_as_u8_slice(),
        }
    }

    /// Whether the area (in points) shows one colour only, or lies outside: whatever text stands there cannot be seen.
    fn is_blank(&self, area: Rect, scale: f32) -> bool {
        let scale = f64::from(scale);
        // Casts from floats saturate, which is what is wanted here.
        let span = |from: f64, to: f64, limit: usize| {
            let from = ((from * scale).floor().max(0.0) as usize).min(limit);
            let to = ((to * scale).ceil().max(0.0) as usize).min(limit);
            from..to
        };
        let (xs, ys) = (span(area.x0, area.x1, self.width), span(area.y0, area.y1, self.height));
        let mut pixels = ys.flat_map(|y| xs.clone().map(move |x| (y * self.width + x) * 4));
        let Some(first) = pixels.next() else { return true };
        pixels.all(|at| self.rgba.get(at..at + 3) == self.rgba.get(first..first + 3))
    }

    fn png(&self) -> Option<Vec<u8>> {
        let rgb: Vec<u8> = self
            .rgba
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, self.width.try_into().ok()?, self.height.try_into().ok()?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header().ok()?.write_image_data(&rgb).ok()?;
        Some(png)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_never_larger_than_its_limits() {
        for size in [(595.0, 842.0), (1e7, 1e7), (14400.0, 1.0), (3.0, 14400.0)] {
            if let Some(scale) = scale(size, 1e9) {
                let (width, height) = (size.0 * scale, size.1 * scale);
                assert!(
                    width * height <= MAX_PIXELS * 1.01 && width.max(height) <= MAX_SIDE_PX * 1.01,
                    "{size:?}"
                );
            }
        }
        assert!(scale((f32::NAN, 1.0), 800.0).is_none());
        assert!(scale((1e9, 1.0), 800.0).is_none());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        assert!(matches!(
            Drawing::open(b"hello".to_vec(), ""),
            Err(Refusal::Undrawable | Refusal::Rebuilt)
        ));
        assert!(matches!(
            Drawing::open(Vec::new(), ""),
            Err(Refusal::Undrawable | Refusal::Rebuilt)
        ));
    }
}
