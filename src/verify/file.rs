//! Everything that a file shows about its signatures, gathered before anything is judged: each signature, its place, what every later update changed.
//!
//! Hashes nothing and trusts nobody; the digests and the trust in certificates are given to [`super::judge`].

use super::Finding;
use super::changes::references::References;
use super::changes::{self, Change};
use super::evidence::{self, Field};
use super::hashing::DigestRequest;
use super::integrity::Found;
use super::material::Pieces;
use crate::pdf::{self, Document, Revision, tiling};
use std::sync::OnceLock;

/// A file's evidence.
pub struct Examination<'a> {
    pub(super) document: Document<'a>,
    /// Newest first.
    pub(super) revisions: Vec<Revision>,
    /// Oldest first.
    pub(super) found: Vec<Found>,
    /// What update `i` changed, counted from the newest; those after the oldest signature.
    pub(super) updates: Vec<Result<Vec<Change>, Finding>>,
    requests: Vec<DigestRequest>,
    /// What the file brings for paths and revocation, once somebody asks; why its security store could not be read.
    pub(super) store: OnceLock<(Pieces, Option<pdf::Error>)>,
    /// For each of `found`, which request is its own.
    pub(super) request_of: Vec<Option<usize>>,
}

/// Gathers the evidence of `document`.
///
/// # Errors
/// [`Finding::Pdf`] for a file whose revisions or form cannot be read, [`Finding::SignatureMalformed`] for a field whose value is no signature.
pub fn examine<'a>(document: &Document<'a>) -> Result<Examination<'a>, Finding> {
    let revisions = document.revisions()?;
    let fields = evidence::fields(document)?;
    let signatures = evidence::signatures(document, &fields)?;
    let look = |signature| Found::look(document, &revisions, signature);
    let mut found: Vec<Found> = signatures.into_iter().map(look).collect();
    found.sort_by_key(|f| std::cmp::Reverse(f.revision));
    let oldest = found.iter().filter_map(|f| f.revision).max();
    let (mut requests, mut request_of) = (Vec::new(), Vec::new());
    for one in &found {
        let request = one.request();
        request_of.push(request.is_some().then_some(requests.len()));
        requests.extend(request);
    }
    Ok(Examination {
        updates: updates(document, &revisions[..=oldest.unwrap_or(0)]),
        document: document.clone(),
        found,
        requests,
        store: OnceLock::new(),
        request_of,
        revisions,
    })
}

impl Examination<'_> {
    /// What [`super::hashing::Hashing`] must be asked, over the bytes of the file as they stand on disk.
    pub fn requests(&self) -> &[DigestRequest] {
        &self.requests
    }

    /// The signatures and document timestamps, oldest first; those that cover no revision come last.
    pub fn signatures(&self) -> &[Found] {
        &self.found
    }

    /// What each update after the signature's revision changed, oldest first: `None` where an update could not be compared.
    pub fn changes_since(&self, found: &Found) -> impl Iterator<Item = Option<&[Change]>> {
        let later = &self.updates[..found.revision.unwrap_or(0).min(self.updates.len())];
        later.iter().rev().map(|update| update.as_deref().ok())
    }

    /// The revisions, newest first.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }
}

/// What the update from `older` to `newer`, two neighbours, changed.
///
/// # Errors
/// An update that does not tile, or a form that is none.
pub(super) fn compare(document: &Document<'_>, newer: &Revision, older: &Revision) -> Result<Vec<Change>, Finding> {
    let fields = |revision| evidence::fields(&document.at_revision(revision)).map_err(Finding::from);
    let (before, after) = (fields(older)?, fields(newer)?);
    let objects = tiling::tile(document, newer, older)?;
    let (new, old) = (document.at_revision(newer), document.at_revision(older));
    changes::between((&old, &before), (&new, &after), &objects, None)
}

/// What each update from the last of `revisions` to the first changed, newest first.
fn updates(document: &Document<'_>, revisions: &[Revision]) -> Vec<Result<Vec<Change>, Finding>> {
    let mut found = Vec::new();
    let Some((first, later)) = revisions.split_last().filter(|(_, later)| !later.is_empty()) else {
        return found;
    };
    let read = |revision: &Revision| -> Result<(Vec<Field>, References), Finding> {
        let view = document.at_revision(revision);
        Ok((evidence::fields(&view)?, References::read(&view)?))
    };
    let mut state = read(first);
    let mut older = first;
    for newer in later.iter().rev() {
        found.push(match &mut state {
            Ok(state) => update(document, older, newer, state),
            Err(finding) => Err(finding.clone()),
        });
        // After what could not be compared the next one begins anew.
        if let Some(Err(_)) = found.last() {
            state = read(newer);
        }
        older = newer;
    }
    found.reverse();
    found
}

/// One of them; fields and references go on to the newer revision.
fn update(
    document: &Document<'_>,
    older: &Revision,
    newer: &Revision,
    (fields, references): &mut (Vec<Field>, References),
) -> Result<Vec<Change>, Finding> {
    let objects = tiling::tile(document, newer, older)?;
    let (new, old) = (document.at_revision(newer), document.at_revision(older));
    let after = evidence::fields_after(&new, fields, &objects)?;
    let changes = changes::between((&old, fields), (&new, &after), &objects, Some(references))?;
    references.follow(&old, &new, &objects)?;
    *fields = after;
    Ok(changes)
}
