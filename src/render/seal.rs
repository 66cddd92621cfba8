//! Seals: a name seal (印影) or a picture, alone or with lines of text (reason, place, date), as a PDF of one page that has exactly the size asked for.
//!
//! The page is plain on purpose, since it is imported into other people's files: PDF 1.4, one content stream, no object streams, no transparency unless a picture
//! with an alpha channel is allowed to keep it, fonts embedded as subsets with `ToUnicode` and `CIDSet` (PDF/A-1), device colours of one family only. 之印 is never
//! added by itself, and no seal is made to look like a registered one: the type is an ordinary bold mincho.

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::{Color, cmyk, luma, rgb};
use krilla::configure::{ConfigurationBuilder, PdfVersion};
use krilla::page::PageSettings;
use krilla::surface::Surface;

use super::Error;
use super::fonts::{Fonts, Typeface};

mod lines;
mod name;
mod picture;

/// Diameter of a personal round seal (認印) in points: 13.5 mm.
pub const ROUND_PT: f32 = 13.5 * PT_PER_MM;
/// Side of an organisation's square seal (角印) in points: 21 mm.
pub const SQUARE_PT: f32 = 21.0 * PT_PER_MM;
/// Smallest and largest side of a seal's rectangle, in points.
pub const SIDE_PT: std::ops::RangeInclusive<f32> = 8.0..=2000.0;

const PT_PER_MM: f32 = 72.0 / 25.4;

/// The outline of a name seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// 丸印: a ring; up to six characters, one column up to three, two columns beyond.
    Round,
    /// 角印: a square; up to 25 characters in columns from right to left, each column filled.
    Square,
}

impl Style {
    /// Most characters of a seal in this style.
    pub const fn max_characters(self) -> usize {
        match self {
            Self::Round => 6,
            Self::Square => 25,
        }
    }
}

/// The device colours to write, to be chosen by the document's output intent: what PDF/A allows is that intent's own family, or gray.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Colours {
    /// DeviceRGB; also right where there is no output intent.
    #[default]
    Rgb,
    /// DeviceGray.
    Gray,
    /// DeviceCMYK.
    Cmyk,
}

/// What stands in the seal's own square.
#[derive(Clone, Copy, Debug)]
pub enum Mark<'a> {
    /// Nothing: lines only.
    None,
    /// Characters cut as a seal.
    Name {
        /// 1 to [`Style::max_characters`] characters, each in the font.
        text: &'a str,
        /// Ring or square.
        style: Style,
    },
    /// A PNG of at most 4 MiB and 4 million pixels.
    Picture(&'a [u8]),
}

/// A visible signature's drawing.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The seal or picture.
    pub mark: Mark<'a>,
    /// Lines beside the mark (below it, where the rectangle stands upright), already worded for people; wrapped where needed.
    pub lines: &'a [String],
    /// Width of the rectangle in points.
    pub width_pt: f32,
    /// Height of the rectangle in points.
    pub height_pt: f32,
    /// Colour family.
    pub colours: Colours,
    /// Whether a picture may keep its alpha channel. `false` (PDF/A-1, PDF 1.3) paints it on white.
    pub transparency: bool,
}

/// A name seal alone, in the size that such a seal has on paper ([`ROUND_PT`], [`SQUARE_PT`]).
///
/// # Errors
/// [`Error::SealText`], [`Error::CharacterMissing`], [`Error::FontUnusable`].
pub fn name_seal(text: &str, style: Style, colours: Colours, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    let side = match style {
        Style::Round => ROUND_PT,
        Style::Square => SQUARE_PT,
    };
    let stamp = Stamp {
        mark: Mark::Name { text, style },
        lines: &[],
        width_pt: side,
        height_pt: side,
        colours,
        transparency: false,
    };
    stamp_page(&stamp, fonts)
}

/// The one-page PDF of a visible signature, its MediaBox `[0 0 width_pt height_pt]`.
///
/// # Errors
/// As [`name_seal`], and [`Error::SealSize`] when the lines do not fit, [`Error::SealPicture`] for a picture that is no PNG or too large.
pub fn stamp_page(stamp: &Stamp<'_>, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    if !SIDE_PT.contains(&stamp.width_pt) || !SIDE_PT.contains(&stamp.height_pt) {
        return Err(Error::SealSize);
    }
    let (mark, text) = divide(stamp);
    let name = match stamp.mark {
        Mark::Name { text, style } => Some(name::Seal::new(text, style, fonts)?),
        _ => None,
    };
    let picture = match stamp.mark {
        Mark::Picture(png) => Some(picture::read(png, stamp.colours, stamp.transparency)?),
        _ => None,
    };
    let lines = match text {
        Some(area) => Some(lines::Block::fit(stamp.lines, area, Typeface::load(&fonts.gothic)?)?),
        None => None,
    };
    one_page(stamp.width_pt, stamp.height_pt, |surface| {
        if let Some(seal) = &name {
            seal.draw(surface, mark, vermilion(stamp.colours));
        }
        if let Some(picture) = picture {
            picture::draw(surface, picture, mark);
        }
        if let Some(block) = &lines {
            block.draw(surface, ink(stamp.colours));
        }
    })
}

/// A rectangle in points, y downwards.
#[derive(Clone, Copy, Debug)]
struct Area {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

/// The areas of the mark and of the lines: side by side where the rectangle lies, one above the other where it stands.
fn divide(stamp: &Stamp<'_>) -> (Area, Option<Area>) {
    let (width, height) = (stamp.width_pt, stamp.height_pt);
    let whole = Area {
        x: 0.0,
        y: 0.0,
        width,
        height,
    };
    if stamp.lines.is_empty() {
        return (whole, None);
    }
    if matches!(stamp.mark, Mark::None) {
        return (whole, Some(whole));
    }
    let gap = height.min(width) * 0.06;
    if width >= height * 1.4 {
        let side = height.min(width * 0.45);
        let mark = Area { width: side, ..whole };
        let x = side + gap;
        return (
            mark,
            Some(Area {
                x,
                width: width - x,
                ..whole
            }),
        );
    }
    let side = width.min(height * 0.6);
    let mark = Area { height: side, ..whole };
    let y = side + gap;
    (
        mark,
        Some(Area {
            y,
            height: height - y,
            ..whole
        }),
    )
}

/// 朱色, as the ink pad leaves it.
fn vermilion(colours: Colours) -> Color {
    match colours {
        Colours::Rgb => rgb::Color::new(0xd0, 0x2b, 0x20).into(),
        Colours::Gray => luma::Color::new(0x5c).into(),
        Colours::Cmyk => cmyk::Color::new(0x0a, 0xe6, 0xe6, 0x10).into(),
    }
}

fn ink(colours: Colours) -> Color {
    match colours {
        Colours::Rgb => rgb::Color::black().into(),
        Colours::Gray => luma::Color::black().into(),
        Colours::Cmyk => cmyk::Color::new(0, 0, 0, 0xff).into(),
    }
}

/// A PDF of one page of this size in points.
pub(super) fn one_page(width: f32, height: f32, draw: impl FnOnce(&mut Surface<'_>)) -> Result<Vec<u8>, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf14)
        .finish()
        .map_err(|_| Error::SealSize)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        xmp_metadata: false,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    let settings = PageSettings::from_wh(width, height).ok_or(Error::SealSize)?;
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    draw(&mut surface);
    surface.finish();
    page.finish();
    document.finish().map_err(|_| Error::SealSize)
}
