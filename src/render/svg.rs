//! An SVG as a seal: read into a checked list of shapes, drawn as a PNG in the page worker. Nothing of the file but its shapes goes further.
//!
//! Taken is what a drawn seal needs of SVG 1.1: `svg` with a `viewBox` or a size, `g`, the basic shapes and paths, `transform`, plain fills and strokes, as attributes or in
//! `style`. `title`, `desc`, `metadata`, `defs` and elements of editors are passed over. Refused by name is everything else: scripts, event attributes, references of any kind (`href`,
//! `url()`, `use`, `image`), style sheets, entities and document types, animation; and what would look different if it were left out: text, gradients, patterns, clips, masks, filters,
//! markers, dashes, group opacity, nested `svg`.

mod draw;
mod path;
mod style;
mod xml;

use serde::{Deserialize, Serialize};

pub(super) use draw::png;
use path::Segment;
use style::{Matrix, Style};
use xml::{Event, Reader, Tag};

/// Longest SVG, in bytes.
pub const MAX_SVG_BYTES: usize = 1 << 20;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 32;
/// Most elements, those passed over included.
const MAX_ELEMENTS: usize = 5_000;
/// Most segments of all paths together.
const MAX_SEGMENTS: usize = 100_000;
/// Largest coordinate.
const MAX_COORDINATE: f32 = 1e6;
/// Longest side as a multiple of the shorter one.
const MAX_RATIO: f32 = 20.0;

const NAMESPACE: &str = "http://www.w3.org/2000/svg";
/// Elements that run, load or refer to something.
const ACTIVE: &[&str] = &[
    "script",
    "handler",
    "listener",
    "style",
    "link",
    "foreignObject",
    "use",
    "image",
    "feImage",
    "a",
    "animate",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "set",
    "mpath",
    "discard",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "canvas",
    "tref",
    "cursor",
    "font-face-uri",
];
/// Elements that are never drawn.
const PASSED_OVER: &[&str] = &["title", "desc", "metadata", "defs"];

/// Why an SVG is no seal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Refused {
    /// It is not well-formed, or not an SVG.
    #[error("not a well-formed SVG")]
    Malformed,
    /// It is beyond a limit on size, depth or number.
    #[error("too large")]
    TooLarge,
    /// It runs, loads or refers to something.
    #[error("{name} is active")]
    Active {
        /// The element or attribute.
        name: String,
    },
    /// It uses something that is not drawn here.
    #[error("{name} is not drawn here")]
    Unsupported {
        /// The element, attribute or value.
        name: String,
    },
}

impl Refused {
    fn active(name: &str) -> Self {
        Self::Active {
            name: name.chars().take(40).collect(),
        }
    }

    fn unsupported(name: &str) -> Self {
        Self::Unsupported {
            name: name.chars().take(40).collect(),
        }
    }
}

/// A drawing that may be drawn.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Drawing {
    /// Left, top, width, height of what is shown, in user units.
    view: [f32; 4],
    shapes: Vec<Shape>,
}

/// One shape, its style complete.
#[derive(Clone, PartialEq, Debug)]
struct Shape {
    segments: Vec<Segment>,
    style: Style,
    matrix: Matrix,
}

impl Drawing {
    /// Reads an SVG.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn read(svg: &[u8]) -> Result<Self, Refused> {
        if svg.len() > MAX_SVG_BYTES {
            return Err(Refused::TooLarge);
        }
        let text = std::str::from_utf8(svg).map_err(|_| Refused::Malformed)?;
        let mut reader = Reader::new(text.trim_start_matches('\u{feff}'))?;
        let mut walk = Walk::default();
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(tag) => walk.start(&tag)?,
                Event::End => walk.end()?,
            }
        }
        walk.finish()
    }
}

/// Where the reader stands.
#[derive(Default)]
struct Walk {
    open: Vec<(Style, Matrix)>,
    /// Depth inside an element that is passed over.
    passing: usize,
    elements: usize,
    segments: usize,
    view: Option<[f32; 4]>,
    shapes: Vec<Shape>,
}

impl Walk {
    fn start(&mut self, tag: &Tag<'_>) -> Result<(), Refused> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS || self.open.len() + self.passing >= MAX_DEPTH {
            return Err(Refused::TooLarge);
        }
        harmless(tag)?;
        if self.passing > 0 || PASSED_OVER.contains(&tag.name) || tag.name.contains(':') {
            if self.open.is_empty() {
                return Err(Refused::Malformed);
            }
            self.passing += 1;
            return Ok(());
        }
        match self.open.last() {
            None => self.root(tag),
            Some((style, matrix)) => {
                let (style, matrix) = (style.clone(), *matrix);
                self.inner(tag, style, matrix)
            }
        }
    }

    fn end(&mut self) -> Result<(), Refused> {
        if self.passing > 0 {
            self.passing -= 1;
            return Ok(());
        }
        self.open.pop().map(|_| ()).ok_or(Refused::Malformed)
    }

    fn root(&mut self, tag: &Tag<'_>) -> Result<(), Refused> {
        if tag.name != "svg" || tag.get("xmlns") != Some(NAMESPACE) || self.view.is_some() {
            return Err(Refused::Malformed);
        }
        self.view = Some(view(tag)?);
        let own = [
            "viewBox",
            "width",
            "height",
            "x",
            "y",
            "preserveAspectRatio",
            "enable-background",
        ];
        let style = Style::default().with(tag, &own)?;
        self.open.push((style, Matrix::IDENTITY));
        Ok(())
    }

    fn inner(&mut self, tag: &Tag<'_>, style: Style, matrix: Matrix) -> Result<(), Refused> {
        let own = path::geometry(tag.name).ok_or_else(|| Refused::unsupported(tag.name))?;
        let style = style.with(tag, own)?;
        let matrix = match tag.get("transform") {
            Some(list) => matrix.then(Matrix::parse(list)?),
            None => matrix,
        };
        if tag.name == "g" {
            style.whole_group()?;
        } else {
            let segments = path::segments(tag, MAX_SEGMENTS - self.segments)?;
            self.segments += segments.len();
            let shape = Shape {
                segments,
                style: style.clone(),
                matrix,
            };
            self.shapes.push(shape);
        }
        self.open.push((style.inherited(), matrix));
        Ok(())
    }

    fn finish(self) -> Result<Drawing, Refused> {
        match (self.view, self.open.is_empty() && self.passing == 0) {
            (Some(view), true) if !self.shapes.is_empty() => Ok(Drawing {
                view,
                shapes: self.shapes,
            }),
            _ => Err(Refused::Malformed),
        }
    }
}

/// Refuses what runs, loads or refers, wherever it stands and whatever its prefix.
fn harmless(tag: &Tag<'_>) -> Result<(), Refused> {
    let local = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    if ACTIVE.iter().any(|name| name.eq_ignore_ascii_case(&local(tag.name))) {
        return Err(Refused::active(tag.name));
    }
    for (name, value) in &tag.attributes {
        let plain = local(name).to_ascii_lowercase();
        let refers = matches!(
            plain.as_str(),
            "href" | "src" | "base" | "data" | "action" | "formaction"
        );
        let value = value.to_ascii_lowercase();
        if refers
            || plain.starts_with("on")
            || value.contains("url(")
            || value.contains("javascript:")
            || value.contains("@import")
        {
            return Err(Refused::active(name));
        }
    }
    Ok(())
}

/// What is shown: the `viewBox`, else width and height.
fn view(tag: &Tag<'_>) -> Result<[f32; 4], Refused> {
    let found = match tag.get("viewBox") {
        Some(list) => style::numbers(list)?.try_into().map_err(|_| Refused::Malformed)?,
        None => {
            let side = |name| tag.get(name).ok_or(Refused::Malformed).and_then(style::length);
            [0.0, 0.0, side("width")?, side("height")?]
        }
    };
    let [x, y, width, height] = found;
    let fits = |n: f32| n.abs() <= MAX_COORDINATE;
    let sane = fits(x) && fits(y) && width > 1e-3 && height > 1e-3 && fits(width) && fits(height);
    let even = width.max(height) <= width.min(height) * MAX_RATIO;
    if sane && even {
        Ok(found)
    } else {
        Err(Refused::TooLarge)
    }
}

#[cfg(test)]
mod tests;
