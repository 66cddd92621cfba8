//! Pages before and after: for each signature the pages that later updates changed, drawn from the file cut at the signed revision and from the whole file.
//!
//! A revision is an exact prefix of the file, so that nothing is taken from hankod's own reading. The page worker draws, one document at a time under its own
//! limits; here the number of pictures and the time for all of them end. Judges nothing: a picture is shown, never a verdict drawn from it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::desk::Said;
use super::draft::Draft;
use super::failure::{Failure, FailureKind};
use crate::config::Config;
use crate::pdf::Document;
use crate::process::Program;
use crate::render::{self, Fonts, PagePicture, Pages, Source};
use crate::text::{Lang, plain};
use crate::verify::changes::places::Places;
use crate::verify::changes::{Change, What};
use crate::verify::file::{self, Examination};
use crate::verify::integrity::Found;

mod differ;
mod keep;

pub use keep::Kept;

/// Most pages that are drawn before and after, for all signatures of a file.
pub const MAX_PAIRS: usize = 20;
/// Width of a picture in pixels.
const PICTURE_WIDTH_PX: u32 = 800;
/// Longest that all pictures of one file may take, in milliseconds; the page begun last still has its own limit.
const PICTURES_DEADLINE_MS: u64 = 60_000;

/// A page before and after.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Full name of the field whose signature is looked back from.
    pub field: String,
    /// The page's number now, from 1; where it is gone, its number then.
    pub page: u64,
    /// As it was signed; absent when the page is new or could not be drawn.
    pub before: Option<Drawn>,
    /// As it is now.
    pub after: Option<Drawn>,
    /// Where the two differ: left, top, width, height in pixels of `after`. `None`: nowhere, or they cannot be laid over each other.
    pub frame: Option<[u32; 4]>,
    /// Lines of text that are gone.
    pub removed: Vec<String>,
    /// Lines of text that came.
    pub added: Vec<String>,
    /// Why a picture is missing.
    pub problem: Option<Said>,
}

/// One picture.
#[derive(Clone)]
pub struct Drawn {
    /// PNG, RGB, 8 bits a sample.
    pub png: Vec<u8>,
    /// Width and height in pixels.
    pub size_px: (u32, u32),
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Drawn({} bytes, {:?})", self.png.len(), self.size_px)
    }
}

/// All pairs of a file.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Oldest signature first, then by page.
    pub pairs: Vec<Pair>,
    /// Changed pages beyond [`MAX_PAIRS`].
    pub left_out: usize,
}

/// A private copy of a file, and what is to be drawn of it.
pub struct Prepared {
    draft: Draft,
    plan: Plan,
}

#[derive(Debug, Default)]
struct Plan {
    wanted: Vec<Wanted>,
    left_out: usize,
    /// Pages of the whole file.
    pages: u64,
}

#[derive(Debug)]
struct Wanted {
    field: String,
    before: Option<Earlier>,
    /// Index of the page in the whole file.
    after: Option<u32>,
    /// Shown only if the pictures differ, because nothing says on which page the change shows.
    only_if_differs: bool,
}

/// A page of an earlier revision.
#[derive(Clone, Copy, Debug)]
struct Earlier {
    index: u32,
    pages: u64,
    bytes: u64,
}

/// A page worker of the command line's own.
///
/// # Errors
/// `font_missing`, `font_unusable`.
pub fn worker(config: &Config) -> Result<Pages, Failure> {
    let fonts = Fonts::find(config.font.as_deref())?;
    let limits = render::Limits {
        page_deadline_ms: config.limits.page_deadline_ms,
    };
    Ok(Pages::new(Program::this(), &fonts, limits))
}

impl Prepared {
    /// Copies the file at `path` and finds what is to be drawn; nothing of a file that cannot be examined. Blocks.
    ///
    /// # Errors
    /// `input_unreadable`, `input_too_large`, `disk_full`, `output_unwritable`.
    pub fn of(path: &Path, folder: &Path, max_bytes: u64) -> Result<Self, Failure> {
        Self::of_draft(Draft::copy(path, folder, max_bytes)?)
    }

    /// As [`Prepared::of`], for a copy that is ours already.
    pub(super) fn of_draft(draft: Draft) -> Result<Self, Failure> {
        let map = draft.map()?;
        let examined = Document::open(map.data(), None)
            .ok()
            .and_then(|document| file::examine(&document).ok().map(|found| Plan::of(&document, &found)));
        Ok(Self {
            draft,
            plan: examined.unwrap_or_default(),
        })
    }

    /// Hexadecimal SHA-256 of the file that is drawn.
    pub fn sha256_hex(&self) -> String {
        hex::encode(self.draft.sha256())
    }

    /// Nothing is to be drawn.
    pub fn is_empty(&self) -> bool {
        self.plan.wanted.is_empty()
    }

    /// Draws.
    pub async fn draw(&self, pages: &Pages, lang: Lang) -> Comparison {
        match File::open(self.draft.path()) {
            Ok(file) => self.plan.draw(pages, file, lang).await,
            // Our own copy is gone: somebody emptied the folder.
            Err(_) => Comparison::default(),
        }
    }
}

impl Plan {
    fn of(document: &Document<'_>, examination: &Examination<'_>) -> Self {
        let mut plan = Self {
            pages: document.page_count().unwrap_or(0),
            ..Self::default()
        };
        let mut now = Places::new(document);
        for found in examination.signatures() {
            plan.since(document, examination, found, &mut now);
        }
        plan
    }

    /// Adds the pages that changed since one signature.
    fn since(
        &mut self,
        document: &Document<'_>,
        examination: &Examination<'_>,
        found: &Found,
        now: &mut Places<'_, '_>,
    ) {
        let Some(revision) = found.revision.filter(|at| *at > 0) else {
            return;
        };
        let revision = &examination.revisions()[revision];
        let (view, bytes) = (document.at_revision(revision), revision.end as u64);
        let mut then = Places::new(&view);
        let pages = view.page_count().unwrap_or(0);
        let (named, everywhere) = touched(examination.changes_since(found), now);
        let all = 1..=self.pages.max(pages).min(MAX_PAIRS as u64);
        let numbers: BTreeSet<u64> = if everywhere {
            named.iter().copied().chain(all).collect()
        } else {
            named.clone()
        };
        for number in numbers {
            let index = |number: u64| u32::try_from(number.checked_sub(1)?).ok();
            let was = match now.page(number) {
                Some(page) => then.number(page),
                // A page that is gone keeps the number it had.
                None => Some(number).filter(|n| *n <= pages),
            };
            let earlier = |number: u64| {
                Some(Earlier {
                    index: index(number)?,
                    pages,
                    bytes,
                })
            };
            if self.wanted.len() == MAX_PAIRS {
                self.left_out += 1;
                continue;
            }
            self.wanted.push(Wanted {
                field: plain(&found.signature.field),
                before: was.and_then(earlier),
                after: now.page(number).and_then(|_| index(number)),
                only_if_differs: !named.contains(&number),
            });
        }
    }

    async fn draw(&self, pages: &Pages, file: File, lang: Lang) -> Comparison {
        let file = Arc::new(file);
        let started = Instant::now();
        let mut pairs = Vec::new();
        for wanted in &self.wanted {
            let late = started.elapsed() > Duration::from_millis(PICTURES_DEADLINE_MS);
            let pair = match late {
                true => wanted.undrawn(Said::of(&Failure::new(FailureKind::Timeout, "compare_late"), lang)),
                false => self.pair(wanted, pages, &file, lang).await,
            };
            if !wanted.only_if_differs || pair.differs() {
                pairs.push(pair);
            }
        }
        Comparison {
            pairs,
            left_out: self.left_out,
        }
    }

    async fn pair(&self, wanted: &Wanted, pages: &Pages, file: &Arc<File>, lang: Lang) -> Pair {
        let before = async {
            let Some(earlier) = wanted.before else { return Ok(None) };
            let source = Source::Part(file.clone(), earlier.bytes);
            picture(pages, source, earlier.pages, earlier.index).await.map(Some)
        };
        let before = before.await;
        let after = async {
            let Some(index) = wanted.after else { return Ok(None) };
            picture(pages, Source::File(file.clone()), self.pages, index)
                .await
                .map(Some)
        };
        let after = after.await;
        let problem = [&before, &after].into_iter().find_map(|drawn| drawn.as_ref().err());
        let problem = problem.map(|error| Said::of(error, lang));
        let (before, after) = (before.ok().flatten(), after.ok().flatten());
        let mut pair = wanted.undrawn_because(problem);
        if let (Some(before), Some(after)) = (&before, &after) {
            (pair.removed, pair.added) = differ::lines(&before.text, &after.text);
            pair.frame = differ::frame(&before.png, &after.png);
        }
        (pair.before, pair.after) = (before.map(Drawn::of), after.map(Drawn::of));
        pair
    }
}

impl Wanted {
    fn undrawn(&self, why: Said) -> Pair {
        self.undrawn_because(Some(why))
    }

    fn undrawn_because(&self, problem: Option<Said>) -> Pair {
        let index = self.after.or(self.before.map(|earlier| earlier.index)).unwrap_or(0);
        Pair {
            field: self.field.clone(),
            page: u64::from(index) + 1,
            before: None,
            after: None,
            frame: None,
            removed: Vec::new(),
            added: Vec::new(),
            problem,
        }
    }
}

impl Pair {
    /// The two pictures are not the same.
    fn differs(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.png != after.png,
            _ => true,
        }
    }
}

impl Drawn {
    fn of(picture: PagePicture) -> Self {
        Self {
            png: picture.png,
            size_px: picture.size_px,
        }
    }
}

/// The pages on which the changes show, and whether some change shows nobody knows where.
fn touched<'c>(updates: impl Iterator<Item = Option<&'c [Change]>>, now: &mut Places<'_, '_>) -> (BTreeSet<u64>, bool) {
    let (mut pages, mut everywhere) = (BTreeSet::new(), false);
    for update in updates {
        let Some(changes) = update else {
            everywhere = true;
            continue;
        };
        for change in changes {
            match now.of(change) {
                Some(page) => {
                    pages.insert(page);
                }
                None => everywhere |= matches!(change.what, What::Other | What::Covered),
            }
        }
    }
    (pages, everywhere)
}

async fn picture(pages: &Pages, source: Source, count: u64, index: u32) -> Result<PagePicture, render::Error> {
    let document = pages.open(source, count, None).await?;
    pages.page(&document, index, PICTURE_WIDTH_PX).await
}
