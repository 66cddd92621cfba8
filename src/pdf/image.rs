//! A PNG as an image XObject (ISO 32000-2, 8.9.5), its transparency as a soft mask or laid on white.
//!
//! The picture is decoded and compressed anew: nothing of the PNG but its pixels reaches the document. Pictures beyond the limits are refused before they are decoded.

use super::appearance::{Drawing, Refused};
use super::error::Error;
use super::revision::RevisionWriter;
use super::value::{Dict, ObjectId, Value};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::{Cursor, Write};

/// Largest PNG file.
pub const MAX_PNG_BYTES: usize = 8 << 20;
/// Most pixels: 印影 of 40 mm at 1,200 dpi have 3.6 million.
pub const MAX_PIXELS: u64 = 4_000_000;

/// Pixels of a picture, eight bits a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    rgb: Vec<u8>,
    /// Opacity; `None` when every pixel is opaque.
    alpha: Option<Vec<u8>>,
}

/// How the colours of an image are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// As the device likes.
    Device,
    /// sRGB as `CalRGB`, for documents whose output intent is no RGB.
    Calibrated,
}

impl Pixels {
    /// Decodes `png`.
    pub fn decode(png: &[u8]) -> Result<Self, Refused> {
        if png.len() > MAX_PNG_BYTES {
            return Err(Refused::TooLarge);
        }
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let info = decoder.read_header_info().map_err(|_| Refused::Invalid)?;
        let (width, height) = (info.width, info.height);
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Refused::TooLarge);
        }
        let mut reader = decoder.read_info().map_err(|_| Refused::Invalid)?;
        let mut samples = vec![0; reader.output_buffer_size().ok_or(Refused::TooLarge)?];
        let frame = reader.next_frame(&mut samples).map_err(|_| Refused::Invalid)?;
        samples.truncate(frame.buffer_size());
        let (mut rgb, mut alpha) = (Vec::new(), Vec::new());
        match frame.color_type {
            png::ColorType::Rgb => rgb = samples,
            png::ColorType::Grayscale => rgb.extend(samples.iter().flat_map(|g| [*g; 3])),
            png::ColorType::GrayscaleAlpha => {
                for pixel in samples.chunks_exact(2) {
                    rgb.extend([pixel[0]; 3]);
                    alpha.push(pixel[1]);
                }
            }
            png::ColorType::Rgba => {
                for pixel in samples.chunks_exact(4) {
                    rgb.extend(&pixel[..3]);
                    alpha.push(pixel[3]);
                }
            }
            // EXPAND leaves no palettes.
            png::ColorType::Indexed => return Err(Refused::Invalid),
        }
        let alpha = alpha.iter().any(|a| *a < u8::MAX).then_some(alpha);
        Ok(Self {
            width,
            height,
            rgb,
            alpha,
        })
    }

    /// The picture on white, without transparency.
    pub fn flattened(mut self) -> Self {
        let Some(alpha) = self.alpha.take() else {
            return self;
        };
        for (pixel, alpha) in self.rgb.chunks_exact_mut(3).zip(alpha) {
            for sample in pixel {
                let over = u16::from(*sample) * u16::from(alpha) + 255 * u16::from(255 - alpha);
                *sample = u8::try_from(over / 255).unwrap_or(u8::MAX);
            }
        }
        self
    }

    /// Writes the picture into `revision`.
    pub fn write(&self, revision: &mut RevisionWriter<'_, '_>, colour: Colour) -> Result<Drawing, Error> {
        let mask = match &self.alpha {
            Some(alpha) => Some(self.put(revision, Value::name("DeviceGray"), alpha, None)?),
            None => None,
        };
        let space = match colour {
            Colour::Device => Value::name("DeviceRGB"),
            Colour::Calibrated => calibrated_rgb(),
        };
        Ok(Drawing {
            xobject: self.put(revision, space, &self.rgb, mask)?,
            width: f64::from(self.width),
            height: f64::from(self.height),
        })
    }

    fn put(
        &self,
        revision: &mut RevisionWriter<'_, '_>,
        space: Value,
        samples: &[u8],
        mask: Option<ObjectId>,
    ) -> Result<ObjectId, Error> {
        let mut dict = Dict::from_pairs([
            ("Type", Value::name("XObject")),
            ("Subtype", Value::name("Image")),
            ("Width", Value::int(i64::from(self.width))),
            ("Height", Value::int(i64::from(self.height))),
            ("ColorSpace", space),
            ("BitsPerComponent", Value::int(8)),
            ("Filter", Value::name("FlateDecode")),
        ]);
        if let Some(mask) = mask {
            dict.set("SMask", Value::Ref(mask));
        }
        let id = revision.fresh()?;
        revision.put_stream(id, dict, deflate(samples))?;
        Ok(id)
    }
}

/// `data` as `FlateDecode` reads it.
pub fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(data).and_then(|()| encoder.finish());
    #[expect(clippy::expect_used, reason = "writing to a vector does not fail")]
    written.expect("a vector takes every byte")
}

/// sRGB without a profile (IEC 61966-2-1 primaries, D65; its curve as a gamma of 2.2).
pub fn calibrated_rgb() -> Value {
    let matrix = [0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505];
    let dict = Dict::from_pairs([
        ("WhitePoint", Value::reals(&[0.9505, 1.0, 1.089])),
        ("Gamma", Value::reals(&[2.2, 2.2, 2.2])),
        ("Matrix", Value::reals(&matrix)),
    ]);
    Value::Array(vec![Value::name("CalRGB"), Value::Dict(dict)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: png::ColorType, samples: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(colour);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
        out
    }

    #[test]
    fn transparency_is_kept_or_laid_on_white() {
        let pixels = Pixels::decode(&png(2, 1, png::ColorType::Rgba, &[255, 0, 0, 255, 0, 0, 0, 0])).unwrap();
        assert_eq!(pixels.alpha, Some(vec![255, 0]));
        let flat = pixels.flattened();
        assert_eq!((flat.rgb, flat.alpha), (vec![255, 0, 0, 255, 255, 255], None));
        let gray = Pixels::decode(&png(1, 1, png::ColorType::Grayscale, &[7])).unwrap();
        assert_eq!((gray.rgb, gray.alpha), (vec![7, 7, 7], None));
    }

    #[test]
    fn odd_pictures_are_refused() {
        assert_eq!(Pixels::decode(b"\x89PNG"), Err(Refused::Invalid));
        assert_eq!(Pixels::decode(&vec![0; MAX_PNG_BYTES + 1]), Err(Refused::TooLarge));
        let whole = png(3000, 1400, png::ColorType::Grayscale, &vec![0; 3000 * 1400]);
        assert_eq!(Pixels::decode(&whole), Err(Refused::TooLarge));
        let cut = png(10, 10, png::ColorType::Grayscale, &[9; 100]);
        for end in 0..cut.len() - 12 {
            assert_eq!(Pixels::decode(&cut[..end]), Err(Refused::Invalid), "{end}");
        }
    }
}
