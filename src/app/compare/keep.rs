//! Pictures of pages kept as PNG files in a folder of the person's choice, under names that no document decides.

use std::path::Path;

use serde::Serialize;

use super::{Comparison, Drawn};
use crate::app::desk::Said;
use crate::app::failure::Failure;
use crate::app::paper::save;

/// One page before and after, and the names of its pictures.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// The file whose page it is.
    pub file: String,
    /// Full name of the field whose signature is looked back from.
    pub field: String,
    /// The page, from 1.
    pub page: u64,
    /// Name of the picture of the page as it was signed.
    pub before: Option<String>,
    /// Name of the picture of the page as it is.
    pub after: Option<String>,
    /// Where the two differ: left, top, width, height in pixels.
    pub frame: Option<[u32; 4]>,
    /// Lines of text that are gone.
    pub removed: Vec<String>,
    /// Lines of text that came.
    pub added: Vec<String>,
    /// Why a picture is missing.
    pub problem: Option<Said>,
}

impl Comparison {
    /// Writes the pictures of the `number`th file, called `file`, into `folder`: `0001-02-before.png` and `0001-02-after.png` for its second pair.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`.
    pub fn keep(&self, number: usize, file: &str, folder: &Path) -> Result<Vec<Kept>, Failure> {
        let mut kept = Vec::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let write = |drawn: &Option<Drawn>, when: &str| -> Result<Option<String>, Failure> {
                let Some(drawn) = drawn else { return Ok(None) };
                let name = format!("{number:04}-{:02}-{when}.png", at + 1);
                save(&drawn.png, &folder.join(&name))?;
                Ok(Some(name))
            };
            kept.push(Kept {
                file: file.to_owned(),
                field: pair.field.clone(),
                page: pair.page,
                before: write(&pair.before, "before")?,
                after: write(&pair.after, "after")?,
                frame: pair.frame,
                removed: pair.removed.clone(),
                added: pair.added.clone(),
                problem: pair.problem.clone(),
            });
        }
        Ok(kept)
    }
}
