//! The page tree (ISO 32000-2, 7.7.3): one page found by its number, subtrees skipped by their `/Count`.
//!
//! No list of all pages is made; a tree whose counts are wrong is damaged, not counted anew.

use super::document::Document;
use super::error::Error;
use super::value::{Dict, ObjectId, Value};

/// Deepest page tree.
pub const MAX_TREE_DEPTH: usize = 64;
/// Most nodes looked at to find one page.
pub const MAX_TREE_NODES: usize = 100_000;
/// Largest side of a page in its own units; Acrobat's limit is 14,400 without `/UserUnit`.
pub const MAX_SIDE: f64 = 10_000_000.0;

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its object id.
    pub id: ObjectId,
    /// Its dictionary, strings decrypted.
    pub dict: Dict,
    /// What it has itself or from the nodes above it.
    pub inherited: Inherited,
}

/// The inheritable attributes (Table 31), checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Inherited {
    /// Left, bottom, right, top, in this order of size.
    pub media_box: [f64; 4],
    /// As `media_box`; the media box when there is none, and never larger than it.
    pub crop_box: [f64; 4],
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub rotate: u16,
    /// The resources as written: a dictionary or a reference to one.
    pub resources: Option<Value>,
}

impl Document<'_> {
    /// How many pages the tree's root counts.
    pub fn page_count(&self) -> Result<u64, Error> {
        let (_, root) = self.tree_root()?;
        count(&root).ok_or_else(|| self.broken())
    }

    /// The page at `index0`, counted from 0. [`Error::NoSuchPage`] past the last.
    ///
    /// In a node that counts as many pages as it has kids, the kid at that place is taken when it is a page.
    pub fn page(&self, index0: u64) -> Result<Page, Error> {
        let (mut id, mut node) = self.tree_root()?;
        let missing = Error::NoSuchPage {
            number: index0.saturating_add(1),
        };
        if count(&node).ok_or_else(|| self.broken())? <= index0 {
            return Err(missing);
        }
        let (mut left, mut nodes) = (index0, MAX_TREE_NODES);
        let mut above: Vec<Dict> = Vec::new();
        for _ in 0..MAX_TREE_DEPTH {
            if is_page(&node) {
                let inherited = self.inherited(&node, &above)?;
                return Ok(Page {
                    id,
                    dict: node,
                    inherited,
                });
            }
            let (kid, dict, skipped) = self.kid(&node, left, &mut nodes)?;
            left -= skipped;
            above.push(std::mem::replace(&mut node, dict));
            id = kid;
        }
        Err(Error::TooDeep { what: "page tree" })
    }

    fn tree_root(&self) -> Result<(ObjectId, Dict), Error> {
        let catalog = self.catalog()?;
        let id = catalog.get("Pages").and_then(Value::as_ref);
        let id = id.ok_or_else(|| self.broken())?;
        let root = self.node(id)?;
        if is_page(&root) {
            return Err(self.broken());
        }
        Ok((id, root))
    }

    fn node(&self, id: ObjectId) -> Result<Dict, Error> {
        match self.get_plain(id)?.value {
            Value::Dict(dict) => Ok(dict),
            _ => Err(self.broken()),
        }
    }

    /// The kid of `node` that holds the page at `left`, and how many pages stand before it.
    fn kid(&self, node: &Dict, left: u64, nodes: &mut usize) -> Result<(ObjectId, Dict, u64), Error> {
        let kids = node.get("Kids").ok_or_else(|| self.broken())?;
        let kids = self.resolve(kids)?;
        let kids = kids.as_array().ok_or_else(|| self.broken())?;
        if count(node) == Some(kids.len() as u64)
            && let Some(id) = usize::try_from(left).ok().and_then(|at| kids.get(at)?.as_ref())
        {
            let dict = self.node(id)?;
            if is_page(&dict) {
                return Ok((id, dict, left));
            }
        }
        let mut before = 0;
        for kid in kids {
            *nodes = nodes.checked_sub(1).ok_or(Error::TooLarge { what: "page tree" })?;
            let id = kid.as_ref().ok_or_else(|| self.broken())?;
            let dict = self.node(id)?;
            let pages = if is_page(&dict) { Some(1) } else { count(&dict) };
            let pages = pages.ok_or_else(|| self.broken())?;
            if left - before < pages {
                return Ok((id, dict, before));
            }
            before += pages;
        }
        Err(self.broken())
    }

    fn inherited(&self, page: &Dict, above: &[Dict]) -> Result<Inherited, Error> {
        let nearest = |key: &str| std::iter::once(page).chain(above.iter().rev()).find_map(|d| d.get(key));
        let media_box = nearest("MediaBox").ok_or(self.damaged_page("a /MediaBox"))?;
        let media_box = self.rectangle(media_box)?;
        let crop_box = match nearest("CropBox") {
            None => media_box,
            Some(value) => within(self.rectangle(value)?, media_box),
        };
        let rotate = match nearest("Rotate") {
            None => 0,
            Some(value) => self.resolve(value)?.as_int().unwrap_or(1),
        };
        if rotate % 90 != 0 {
            return Err(self.damaged_page("a /Rotate by quarter turns"));
        }
        Ok(Inherited {
            media_box,
            crop_box,
            rotate: rotate.rem_euclid(360) as u16,
            resources: nearest("Resources").cloned(),
        })
    }

    fn rectangle(&self, value: &Value) -> Result<[f64; 4], Error> {
        let wrong = || self.damaged_page("a rectangle of four numbers");
        let value = self.resolve(value)?;
        let items = value.as_array().filter(|items| items.len() == 4).ok_or_else(wrong)?;
        let mut sides = [0.0; 4];
        for (side, item) in sides.iter_mut().zip(items) {
            *side = self
                .resolve(item)?
                .as_f64()
                .filter(|n| n.abs() <= MAX_SIDE)
                .ok_or_else(wrong)?;
        }
        let [a, b, c, d] = sides;
        let sorted = [a.min(c), b.min(d), a.max(c), b.max(d)];
        if sorted[0] < sorted[2] && sorted[1] < sorted[3] {
            Ok(sorted)
        } else {
            Err(wrong())
        }
    }

    fn broken(&self) -> Error {
        self.damaged_page("a page tree")
    }

    fn damaged_page(&self, expected: &'static str) -> Error {
        Error::damaged(self.sections()[0].offset, expected)
    }
}

fn is_page(node: &Dict) -> bool {
    // Some producers leave /Type out; only an inner node has kids.
    node.is("Type", "Page") || node.get("Type").is_none() && !node.contains(b"Kids")
}

fn count(node: &Dict) -> Option<u64> {
    let count = node.int("Count")?;
    u64::try_from(count).ok().filter(|n| *n <= u64::from(u32::MAX))
}

/// The part of `inner` within `outer`; `outer` when they do not meet.
fn within(inner: [f64; 4], outer: [f64; 4]) -> [f64; 4] {
    let cut = [
        inner[0].max(outer[0]),
        inner[1].max(outer[1]),
        inner[2].min(outer[2]),
        inner[3].min(outer[3]),
    ];
    if cut[0] < cut[2] && cut[1] < cut[3] { cut } else { outer }
}
