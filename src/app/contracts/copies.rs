//! 印刷用一式 (S12): the documents of a concluded contract as copies for paper, each page marked 写し, with the certificate of conclusion.
//!
//! A copy is no signed document any more and does not pass for one: its form is taken out, so that no program finds a signature in it that the mark would
//! have broken. What is kept is never touched.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::blank::{imported, survey};
use super::evidence::{document_name, not_zipped, zipped};
use super::papers::{concluded, newest};
use super::{App, Asker};
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::app::fill::words;
use crate::app::own_file::OwnFile;
use crate::app::zip::Zip;
use crate::pdf::appearance::{Spot, displayed_size};
use crate::pdf::page::Page;
use crate::pdf::revision::Place as At;
use crate::pdf::value::Value;
use crate::pdf::{Document, RevisionWriter, archive, mark};
use crate::render::Fonts;
use crate::store::CERTIFICATE;
use crate::text::{Lang, say};

/// Width and height of the mark, in points.
const MARK: [f64; 2] = [60.0, 26.0];
/// From the upper and right edge, in points.
const MARGIN: f64 = 18.0;
/// Under which the mark stands among a page's XObjects.
const MARK_NAME: &str = "HankodCopy";

impl App {
    /// The copies for paper as a ZIP file that goes with its value, and its length.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_not_concluded`, `evidence_too_large`, `document_page_too_small`.
    pub async fn contract_copies(&self, asker: &Asker, id: &str) -> Result<(OwnFile, u64), Failure> {
        let row = self.own_contract(asker, id).await?;
        concluded(&row.contract)?;
        let versions = self.store().versions(id).await?;
        let lies = |document| Some(self.store().blob_path(&newest(&versions, document)?.sha256));
        let documents = row.contract.terms.documents.iter();
        let documents: Vec<(String, PathBuf)> = documents
            .filter_map(|one| Some((document_name(one), lies(one.number)?)))
            .collect();
        let certificate = lies(CERTIFICATE);
        let (at, fonts) = (row.concluded.unwrap_or(row.updated), self.fonts());
        let (folder, max) = (self.uploads().to_owned(), self.max_document_bytes());
        self.blocking(move || {
            let fonts = fonts()?;
            zipped(&folder, at, |zip| {
                for (name, source) in &documents {
                    let mut draft = Draft::copy(source, &folder, max)?;
                    let marked = marked(&draft, &fonts)?;
                    draft.append(&marked)?;
                    add(zip, name, draft.path())?;
                }
                certificate
                    .iter()
                    .try_for_each(|path| add(zip, "certificate.pdf", path))
            })
        })
        .await
    }
}

fn add(zip: &mut Zip, name: &str, path: &Path) -> Result<(), Failure> {
    let added = File::open(path).and_then(|mut file| zip.add(name, &mut file));
    added.map_err(|error| not_zipped(&error))
}

/// The update that marks every page and takes the form out.
fn marked(draft: &Draft, fonts: &Fonts) -> Result<Vec<u8>, Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), None)?;
    let archive = archive::read(&document)?;
    #[expect(clippy::cast_possible_truncation, reason = "a few points")]
    let size = MARK.map(|side| side as f32);
    let words = words(&say(Lang::Ja, "copy-mark", &[]), size.into(), archive, fonts)?;
    let drawn = imported(&words, archive)?;
    let pages = (0..document.page_count()?).map(|index| document.page(index));
    let pages = pages.collect::<Result<Vec<_>, _>>()?;
    let mut revision = RevisionWriter::new(&document);
    survey(&mut revision, &pages)?;
    let drawing = drawn.write(&mut revision)?;
    let opening = mark::opening(&mut revision)?;
    for page in &pages {
        let [width, height] = displayed_size(&page.inherited);
        let corner = [width - MARK[0] - MARGIN, height - MARK[1] - MARGIN];
        let spot = Spot::on_displayed(&page.inherited, [corner[0], corner[1], MARK[0], MARK[1]]);
        let spot = spot.ok_or(Failure::new(FailureKind::Invalid, "document_page_too_small"))?;
        mark::draw(&mut revision, page, (drawing, spot), MARK_NAME, opening)?;
    }
    take_form_out(&mut revision, &pages)?;
    Ok(revision.finish()?.bytes)
}

/// What stood in fields stays as it looks, and is no field any more.
fn take_form_out(revision: &mut RevisionWriter<'_, '_>, pages: &[Page]) -> Result<(), Failure> {
    let catalog = revision.edit(&At::object(revision.document().root_id()))?;
    catalog.remove("AcroForm");
    catalog.remove("Perms");
    for page in pages {
        let annotations = revision.enter(&At::object(page.id), "Annots")?;
        let annotations = revision.value(&annotations)?.as_array().unwrap_or_default().to_vec();
        for widget in annotations.iter().filter_map(Value::as_ref).map(At::object) {
            let kind = revision.value(&widget)?.as_dict().and_then(|dict| dict.get("Subtype"));
            if kind.and_then(Value::as_name) == Some(b"Widget") {
                let dict = revision.edit(&widget)?;
                dict.set("Subtype", Value::name("Stamp"));
                ["FT", "V", "T", "Parent"].iter().for_each(|key| drop(dict.remove(key)));
            }
        }
    }
    Ok(())
}
