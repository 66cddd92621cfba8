//! The look of a signature's widget (ISO 32000-2, 12.5.5): an empty appearance for 不可視署名, a picture for 印影, upright on turned pages.
//!
//! Nothing here draws text or chooses colours; pictures come decoded ([`super::image`]) or imported ([`super::import`]).

use super::error::Error;
use super::image::deflate;
use super::page::Inherited;
use super::revision::{Place, RevisionWriter};
use super::value::{Dict, ObjectId, Value};

/// How far a rectangle may reach over the page's edge, in points; rounding in layout programs.
const EDGE_TOLERANCE: f64 = 1.0;

/// An XObject that fills the unit square, and the size it was made for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drawing {
    /// Image or form XObject.
    pub xobject: ObjectId,
    /// Natural width; only its ratio to the height counts.
    pub width: f64,
    /// Natural height.
    pub height: f64,
}

/// Why a picture is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It cannot be read, or is not one picture.
    Invalid,
    /// It is beyond the limits on size.
    TooLarge,
    /// It is transparent where the document's standard forbids that.
    Transparency,
    /// It uses a device colour that is not the output intent's.
    Colour,
    /// It uses a font that it does not embed.
    Font,
}

/// A place on a page: the rectangle in the page's own coordinates (left, bottom, right, top), and the page's turn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spot {
    /// `/Rect` of the widget.
    pub rect: [f64; 4],
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub rotate: u16,
}

/// Width and height of a page as it is displayed, in points.
pub fn displayed_size(page: &Inherited) -> [f64; 2] {
    let [left, bottom, right, top] = page.crop_box;
    match page.rotate {
        90 | 270 => [top - bottom, right - left],
        _ => [right - left, top - bottom],
    }
}

impl Spot {
    /// From `[x, y, width, height]` on the displayed page, counted from its lower left corner. `None` when it is empty, not finite or not on the page.
    pub fn on_displayed(page: &Inherited, [x, y, width, height]: [f64; 4]) -> Option<Self> {
        let [page_width, page_height] = displayed_size(page);
        let finite = [x, y, width, height].iter().all(|n| n.is_finite());
        let inside = x >= -EDGE_TOLERANCE
            && y >= -EDGE_TOLERANCE
            && x + width <= page_width + EDGE_TOLERANCE
            && y + height <= page_height + EDGE_TOLERANCE;
        if !finite || width <= 0.0 || height <= 0.0 || !inside {
            return None;
        }
        let corners = [(x, y), (x + width, y + height)].map(|(x, y)| own_coordinates(page, x, y));
        let [(a, b), (c, d)] = corners;
        Some(Self {
            rect: [a.min(c), b.min(d), a.max(c), b.max(d)],
            rotate: page.rotate,
        })
    }

    /// Width and height as displayed, in points.
    pub fn displayed(self) -> [f64; 2] {
        let [left, bottom, right, top] = self.rect;
        match self.rotate {
            90 | 270 => [top - bottom, right - left],
            _ => [right - left, top - bottom],
        }
    }
}

fn own_coordinates(page: &Inherited, x: f64, y: f64) -> (f64, f64) {
    let [left, bottom, right, top] = page.crop_box;
    match page.rotate {
        90 => (right - y, bottom + x),
        180 => (right - x, top - y),
        270 => (left + y, top - x),
        _ => (left + x, bottom + y),
    }
}

/// Adds the appearance of an invisible signature: a form without size or content.
pub fn empty(revision: &mut RevisionWriter<'_, '_>) -> Result<ObjectId, Error> {
    let id = revision.fresh()?;
    revision.put_stream(id, form([0.0; 2]), Vec::new())?;
    Ok(id)
}

/// Adds an appearance that shows `drawing` as large as `spot` allows, centred and upright.
pub fn picture(revision: &mut RevisionWriter<'_, '_>, drawing: Drawing, spot: Spot) -> Result<ObjectId, Error> {
    let [width, height] = spot.displayed();
    let scale = (width / drawing.width).min(height / drawing.height);
    let (wide, high) = (drawing.width * scale, drawing.height * scale);
    let (x, y) = ((width - wide) / 2.0, (height - high) / 2.0);
    let mut content = b"q ".to_vec();
    for number in [wide, 0.0, 0.0, high, x, y] {
        Value::real(number).write(&mut content);
        content.push(b' ');
    }
    content.extend_from_slice(b"cm /Seal Do Q");
    let mut dict = form([width, height]);
    if let Some(matrix) = upright(spot) {
        dict.set("Matrix", Value::reals(&matrix));
    }
    let xobjects = Dict::from_pairs([("Seal", Value::Ref(drawing.xobject))]);
    let resources = Dict::from_pairs([("XObject", Value::Dict(xobjects))]);
    dict.set("Resources", Value::Dict(resources));
    dict.set("Filter", Value::name("FlateDecode"));
    let id = revision.fresh()?;
    revision.put_stream(id, dict, deflate(&content))?;
    Ok(id)
}

/// Makes the form XObject of `drawing`, which was made for this very size, the appearance itself: what it says can be read without following another
/// one, as a field's value must be.
pub fn own(revision: &mut RevisionWriter<'_, '_>, drawing: Drawing, spot: Spot) -> Result<ObjectId, Error> {
    let dict = revision.edit(&Place::object(drawing.xobject))?;
    match upright(spot) {
        Some(matrix) => dict.set("Matrix", Value::reals(&matrix)),
        None => {
            dict.remove("Matrix");
        }
    }
    Ok(drawing.xobject)
}

/// What turns a drawing of the displayed size upright on its page; `None`: it stands upright.
fn upright(spot: Spot) -> Option<[f64; 6]> {
    let [width, height] = spot.displayed();
    match spot.rotate {
        90 => Some([0.0, 1.0, -1.0, 0.0, height, 0.0]),
        180 => Some([-1.0, 0.0, 0.0, -1.0, width, height]),
        270 => Some([0.0, -1.0, 1.0, 0.0, 0.0, width]),
        _ => None,
    }
}

/// The dictionary of a form XObject of this size.
fn form([width, height]: [f64; 2]) -> Dict {
    Dict::from_pairs([
        ("Type", Value::name("XObject")),
        ("Subtype", Value::name("Form")),
        ("BBox", Value::reals(&[0.0, 0.0, width, height])),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rotate: u16) -> Inherited {
        Inherited {
            media_box: [0.0, 0.0, 700.0, 900.0],
            crop_box: [10.0, 20.0, 610.0, 820.0],
            rotate,
            resources: None,
        }
    }

    /// A rectangle at the lower left of the displayed page, on a page of 600 x 800 points.
    #[test]
    fn the_lower_left_is_where_the_reader_sees_it() {
        for (rotate, rect) in [
            (0, [11.0, 22.0, 41.0, 32.0]),
            (90, [598.0, 21.0, 608.0, 51.0]),
            (180, [579.0, 808.0, 609.0, 818.0]),
            (270, [12.0, 789.0, 22.0, 819.0]),
        ] {
            let spot = Spot::on_displayed(&page(rotate), [1.0, 2.0, 30.0, 10.0]).unwrap();
            assert_eq!(spot.rect, rect, "{rotate}");
            assert_eq!(spot.displayed(), [30.0, 10.0], "{rotate}");
        }
    }

    #[test]
    fn what_is_not_on_the_page_is_refused() {
        assert_eq!(displayed_size(&page(90)), [800.0, 600.0]);
        assert!(Spot::on_displayed(&page(90), [700.0, 0.0, 100.0, 600.0]).is_some());
        for bad in [
            [0.0, 0.0, 0.0, 10.0],
            [0.0, 0.0, -5.0, 10.0],
            [0.0, 0.0, f64::NAN, 10.0],
            [f64::INFINITY, 0.0, 1.0, 1.0],
            [595.0, 0.0, 20.0, 10.0],
            [-5.0, 0.0, 20.0, 10.0],
        ] {
            assert!(Spot::on_displayed(&page(0), bad).is_none(), "{bad:?}");
        }
    }
}
