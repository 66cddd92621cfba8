//! A PNG as a seal: decoded within limits and written in the colour family that the document allows.

use std::hash::{Hash, Hasher};
use std::io::Cursor;
use std::sync::Arc;

use krilla::geom::{Size, Transform};
use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};
use krilla::surface::Surface;

use super::{Area, Colours};
use crate::render::Error;

/// Longest PNG taken, in bytes.
pub(super) const MAX_PICTURE_BYTES: usize = 4 << 20;
/// Most pixels of a picture.
pub(super) const MAX_PICTURE_PIXELS: u32 = 4_000_000;

/// Decodes `png`. Without `transparency` its alpha channel is painted on white.
pub(super) fn read(png: &[u8], colours: Colours, transparency: bool) -> Result<Image, Error> {
    let (size, rgba) = decode(png).ok_or(Error::SealPicture)?;
    let keep = transparency && rgba.chunks_exact(4).any(|pixel| pixel[3] != 0xff);
    let pixels = rgba.chunks_exact(4).map(|pixel| {
        let on_white = |c: u8| {
            let alpha = u16::from(pixel[3]);
            u8::try_from((u16::from(c) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(0xff)
        };
        let pick = |c: u8| if keep { c } else { on_white(c) };
        [pick(pixel[0]), pick(pixel[1]), pick(pixel[2])]
    });
    let colour = match colours {
        Colours::Rgb => pixels.flatten().collect(),
        Colours::Gray => pixels.map(luminance).collect(),
        Colours::Cmyk => pixels.flat_map(separate).collect(),
    };
    let alpha = keep.then(|| rgba.chunks_exact(4).map(|pixel| pixel[3]).collect());
    let picture = Picture(Arc::new(Samples {
        size,
        colour,
        alpha,
        colours,
    }));
    Image::from_custom(picture, false).map_err(|_| Error::SealPicture)
}

/// Draws as large as fits in `area`, centred, its proportions kept.
pub(super) fn draw(surface: &mut Surface<'_>, image: Image, area: Area) {
    let (width, height) = image.size();
    let (width, height) = (width as f32, height as f32);
    let scale = (area.width / width).min(area.height / height);
    let Some(size) = Size::from_wh(width * scale, height * scale) else {
        return;
    };
    let x = area.x + (area.width - size.width()) / 2.0;
    let y = area.y + (area.height - size.height()) / 2.0;
    surface.push_transform(&Transform::from_translate(x, y));
    surface.draw_image(image, size);
    surface.pop();
}

fn decode(png: &[u8]) -> Option<((u32, u32), Vec<u8>)> {
    if png.len() > MAX_PICTURE_BYTES {
        return None;
    }
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(png),
        png::Limits {
            bytes: MAX_PICTURE_PIXELS as usize * 8,
        },
    );
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().ok()?;
    let size = reader.info().size();
    if size
        .0
        .checked_mul(size.1)
        .is_none_or(|pixels| pixels == 0 || pixels > MAX_PICTURE_PIXELS)
    {
        return None;
    }
    let mut samples = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut samples).ok()?;
    samples.truncate(frame.buffer_size());
    match frame.color_type {
        png::ColorType::Rgba => Some((size, samples)),
        png::ColorType::GrayscaleAlpha => {
            let rgba = samples.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
            Some((size, rgba))
        }
        _ => None,
    }
}

/// ITU-R BT.601 luma.
fn luminance([r, g, b]: [u8; 3]) -> u8 {
    let sum = u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114;
    u8::try_from(sum / 1000).unwrap_or(0xff)
}

/// The plain conversion of ISO 32000-2, 10.4.2.4, with full black generation and undercolour removal.
fn separate([r, g, b]: [u8; 3]) -> [u8; 4] {
    let (c, m, y) = (255 - r, 255 - g, 255 - b);
    let k = c.min(m).min(y);
    [c - k, m - k, y - k, k]
}

struct Samples {
    size: (u32, u32),
    colour: Vec<u8>,
    alpha: Option<Vec<u8>>,
    colours: Colours,
}

#[derive(Clone)]
struct Picture(Arc<Samples>);

impl Hash for Picture {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.size.hash(state);
        self.0.colour.hash(state);
        self.0.alpha.hash(state);
    }
}

impl CustomImage for Picture {
    fn color_channel(&self) -> &[u8] {
        &self.0.colour
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        self.0.alpha.as_deref()
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        self.0.size
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        match self.0.colours {
            Colours::Rgb => ImageColorspace::Rgb,
            Colours::Gray => ImageColorspace::Luma,
            Colours::Cmyk => ImageColorspace::Cmyk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(rgba).unwrap();
        bytes
    }

    #[test]
    fn what_is_no_png_is_refused() {
        assert!(matches!(read(b"GIF89a", Colours::Rgb, true), Err(Error::SealPicture)));
        let mut huge = encoded(1, 1, &[0, 0, 0, 255]);
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert!(matches!(read(&huge, Colours::Rgb, true), Err(Error::SealPicture)));
    }

    #[test]
    fn colours_are_converted() {
        assert_eq!(separate([255, 0, 0]), [0, 255, 255, 0]);
        assert_eq!(separate([0, 0, 0]), [0, 0, 0, 255]);
        assert_eq!(luminance([255, 255, 255]), 255);
        assert!(read(&encoded(1, 1, &[200, 0, 0, 10]), Colours::Cmyk, false).is_ok());
    }
}
