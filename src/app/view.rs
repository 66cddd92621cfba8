//! A file verified for the daemon's own page: its report, and pictures of the pages that changed since each signature, of the same bytes.
//!
//! Nothing is kept: the upload goes when the answer is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::App;
use super::compare::{Drawn, Pair, Prepared};
use super::desk::{Said, UploadedDocument};
use super::draft::Draft;
use super::failure::Failure;
use super::verify::{UPLOAD, Wish, verify_draft};
use crate::text::Lang;
use crate::verify::report::FileReport;

/// What the page shows.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// The report.
    pub file: FileReport,
    /// Pages before and after.
    pub pictures: Vec<Picture>,
    /// Changed pages without pictures.
    pub left_out: usize,
}

/// A page before and after.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// Full name of the field whose signature is looked back from.
    pub field: String,
    /// The page, from 1.
    pub page: u64,
    /// PNG as it was signed, Base64.
    pub before: Option<String>,
    /// PNG as it is now, Base64.
    pub after: Option<String>,
    /// Where the two differ, in hundredths of the picture: left, top, width, height.
    pub frame: Option<[f64; 4]>,
    /// Lines of text that are gone.
    pub removed: Vec<String>,
    /// Lines of text that came.
    pub added: Vec<String>,
    /// Why a picture is missing.
    pub problem: Option<Said>,
}

impl App {
    /// Verifies an uploaded file, trusting whom the configuration trusts, and draws what changed since its signatures.
    ///
    /// # Errors
    /// Those of the anchors; `output_unwritable`; `font_missing` where nothing can be drawn at all.
    pub async fn verify_view(&self, upload: UploadedDocument, lang: Lang) -> Result<View, Failure> {
        let anchors = self.anchors().await?;
        let app = self.clone();
        let judged = self.judging(move || {
            let asked = Wish::default().with(anchors, app.config(), lang)?;
            let draft = Draft::adopt(upload);
            let file = verify_draft(&draft, UPLOAD, &asked)?;
            Ok((file, Prepared::of_draft(draft)?))
        });
        let (file, prepared) = judged.await?;
        let comparison = match prepared.is_empty() {
            true => super::compare::Comparison::default(),
            false => prepared.draw(self.page_room()?, lang).await,
        };
        Ok(View {
            file,
            pictures: comparison.pairs.iter().map(Picture::of).collect(),
            left_out: comparison.left_out,
        })
    }
}

impl Picture {
    fn of(pair: &Pair) -> Self {
        let encoded = |drawn: &Option<Drawn>| drawn.as_ref().map(|drawn| STANDARD.encode(&drawn.png));
        let size = pair.after.as_ref().map(|drawn| drawn.size_px);
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1)) * 100.0;
        Self {
            field: pair.field.clone(),
            page: pair.page,
            before: encoded(&pair.before),
            after: encoded(&pair.after),
            frame: pair.frame.zip(size).map(|([left, top, width, height], (wide, high))| {
                [
                    share(left, wide),
                    share(top, high),
                    share(width, wide),
                    share(height, high),
                ]
            }),
            removed: pair.removed.clone(),
            added: pair.added.clone(),
            problem: pair.problem.clone(),
        }
    }
}
