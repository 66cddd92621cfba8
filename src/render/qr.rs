//! An address as a QR code (ISO/IEC 18004): a picture that a telephone's camera reads. Nothing here reads one.

use qrcode::{Color, EcLevel, QrCode};

use super::Error;

/// Pixels for one module.
const SCALE: usize = 4;
/// White modules around it; the standard wants four.
const QUIET: usize = 4;

/// The QR code of `text` as PNG, error correction M, with its quiet zone.
///
/// # Errors
/// [`Error::Undrawable`] for a text that no QR code holds.
pub fn png(text: &str) -> Result<Vec<u8>, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Error::Undrawable)?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let colours = code.to_colors();
    let mut grey = vec![0xff_u8; side * side];
    for (at, colour) in colours.into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = ((at % modules + QUIET) * SCALE, (at / modules + QUIET) * SCALE);
            for row in y..y + SCALE {
                grey[row * side + x..row * side + x + SCALE].fill(0);
            }
        }
    }
    let side = u32::try_from(side).map_err(|_| Error::Undrawable)?;
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&grey));
    written.map(|()| png).map_err(|_| Error::Undrawable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_picture_and_a_book_does_not() {
        let made = png("https://keiyaku.example.jp/verify#0123456789abcdef").unwrap();
        assert!(made.starts_with(b"\x89PNG"));
        assert!(png(&"x".repeat(5_000)).is_err());
    }
}
