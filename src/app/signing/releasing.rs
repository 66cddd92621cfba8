//! The second half of a set: signatures that the token made become files that somebody gets. Evidence is fetched, each file is checked by code
//! that did not make it, the outcome is written, the file appears. Nothing here asks the token.

use super::{Run, Sealed, Signed, Step};
use crate::app::collect::Outlook;
use crate::app::desk::Level;
use crate::app::extend::Supply;
use crate::app::extend::raise::{Raise, Raised};
use crate::app::extend::survey::Survey;
use crate::app::failure::{Failure, FailureKind};
use crate::app::jobs::{AugmentStep, Later};
use crate::app::release::{self, Checked, Finished};
use crate::app::renewal;
use crate::clock::Timestamp;
use crate::text::Explain;
use crate::trust::Finding;

/// Small documents that are checked in one turn of a thread, and released by one commit.
const MAX_TOGETHER: usize = 8;
/// What is larger goes by itself, so that nobody waits for another's large file.
const MAX_TOGETHER_BYTES: u64 = 128 << 10;

impl Run<'_> {
    pub(super) async fn release(&self, sealed: Vec<Sealed>) -> Result<(), Failure> {
        let last = sealed.last().map(|sealed| sealed.intent.item);
        match &self.supply {
            None => {
                for group in groups(sealed, goes_together) {
                    self.release_together(group, last).await?;
                }
            }
            Some(supply) => {
                for sealed in sealed {
                    let n = sealed.intent.item;
                    let signed = self.release_with_evidence(sealed, supply).await?;
                    self.hand_out(n, signed, Some(n) == last)?;
                }
            }
        }
        Ok(())
    }

    /// Gives a finished one to whoever asked.
    pub(super) fn hand_out(&self, n: u32, signed: Signed, is_last: bool) -> Result<(), Failure> {
        (self.out)(n, signed);
        match is_last {
            // Everything is out: a cancel that comes now comes too late.
            true => (self.at)(Step::Released(n)),
            false => self.step(Step::Released(n)),
        }
    }

    /// Documents that need nobody's evidence. Where one fails, those before it are released and those behind it are not.
    async fn release_together(&self, group: Vec<Sealed>, last: Option<u32>) -> Result<(), Failure> {
        let refused = self.app.refused_copies();
        let finish = move |sealed| release::finish(sealed).and_then(|finished| release::check(finished, &refused));
        let work = move || {
            let mut failed = None;
            let whole = group.into_iter().map(finish);
            let checked: Vec<Checked> = whole.map_while(|one| one.map_err(|e| failed = Some(e)).ok()).collect();
            Ok((checked, failed))
        };
        let (checked, failed) = self.app.blocking(work).await?;
        for checked in &checked {
            let n = checked.intent().item;
            self.step(Step::Embedded(n))?;
            self.step(Step::Checked(n))?;
        }
        let outputs: Vec<_> = checked.iter().map(|one| (one.intent(), one.sha256())).collect();
        if !outputs.is_empty() {
            let level = Some(Level::BB);
            self.journal.release_all(&outputs, level, self.app.now()).await?;
        }
        for checked in checked {
            let n = checked.intent().item;
            let signed = self.deliver(checked, Raised::default(), None).await?;
            self.hand_out(n, signed, Some(n) == last)?;
        }
        failed.map_or(Ok(()), Err)
    }

    async fn release_with_evidence(&self, mut sealed: Sealed, supply: &Supply) -> Result<Signed, Failure> {
        let n = sealed.intent.item;
        let survey = self.stamp(&mut sealed, supply).await?;
        let finished = self.app.blocking(move || release::finish(sealed)).await?;
        self.step(Step::Embedded(n))?;
        let (finished, raised, first) = match survey {
            None => (finished, Raised::default(), Some(AugmentStep::Stamp)),
            Some(survey) => {
                let (finished, raised) = self.raise(finished, survey, supply).await?;
                let first = self.may_come(&raised).then_some(AugmentStep::Complete);
                self.step(Step::Extended(n))?;
                (finished, raised, first)
            }
        };
        let refused = self.app.refused_copies();
        let checked = self.app.blocking(move || release::check(finished, &refused)).await?;
        self.step(Step::Checked(n))?;
        let (checked, later) = match first {
            Some(first) => self.leave(checked, first, &raised).await?,
            None => (checked, None),
        };
        let release = (checked.sha256(), raised.level);
        let now = self.app.now();
        let first_try = later.as_ref().map(|later| later.first_try(now));
        let kept = raised.end.zip(checked.place());
        let kept = kept.map(|(end, place)| renewal::kept(place, checked.sha256(), end, now));
        self.journal
            .release(checked.intent(), release, (later, kept), now)
            .await?;
        self.deliver(checked, raised, first_try).await
    }

    /// Lets a released file appear. A failure is recorded: the item is not signed again.
    async fn deliver(&self, checked: Checked, raised: Raised, first_try: Option<Timestamp>) -> Result<Signed, Failure> {
        let intent = checked.intent();
        let delivered = match checked.place() {
            Some(_) => self.app.blocking(move || checked.deliver(raised, first_try)).await,
            // It lies where it is fetched from.
            None => checked.deliver(raised, first_try),
        };
        if first_try.is_some() {
            self.app.wake_workers();
        }
        if let Err(failure) = &delivered {
            self.journal
                .not_delivered(intent, failure.code(), self.app.now())
                .await?;
        }
        delivered
    }

    /// Puts a timestamp into the signature. One that is larger than its room is left out: a document timestamp follows. `None`: there is no timestamp
    /// now, and the caller lets it come later.
    async fn stamp(&self, sealed: &mut Sealed, supply: &Supply) -> Result<Option<Survey>, Failure> {
        let operation = self.set.operation.as_str();
        let stamped = match self.app.stamp(sealed, supply).await {
            Ok(stamped) => Some(stamped),
            Err(failure) if failure.code() == "contents_too_small" => {
                log::warn!(code = "timestamp_too_large", operation; "a timestamp did not fit into its signature; a document timestamp follows");
                None
            }
            Err(failure) if self.set.choice.augment_later && failure.may_pass() => {
                log::warn!(code = "timestamp_later", operation, reason = failure.code(); "a signature gets its timestamp later");
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        self.step(Step::Stamped(sealed.intent.item))?;
        let field = &sealed.ready.prepared.field_name;
        Ok(Some(Survey::of_new(field, &sealed.signer, &sealed.cms, stamped)?))
    }

    /// Whether what keeps the document from its level may come later, and a job may wait for it.
    fn may_come(&self, raised: &Raised) -> bool {
        let comes = matches!(raised.outlook, Outlook::NotYet | Outlook::Perhaps);
        self.keeps.is_some() && comes && raised.level < self.set.choice.level
    }

    /// Keeps a copy for the job that completes it.
    async fn leave(
        &self,
        checked: Checked,
        step: AugmentStep,
        raised: &Raised,
    ) -> Result<(Checked, Option<Later>), Failure> {
        let (app, set) = (self.app, self.set);
        let (folder, max) = (app.uploads().to_owned(), app.max_document_bytes());
        let copy = move || checked.copy(&folder, max).map(|copy| (checked, copy));
        let (checked, copy) = app.blocking(copy).await?;
        let blob = app.store().keep_blob(copy, u64::MAX).await?;
        let sources = self.keeps.clone().unwrap_or_default();
        let payload = checked.payload(set, raised, sources);
        Ok((checked, Some(Later { blob, payload, step })))
    }

    /// Adds what the level wants beside the signature. A signer whose certificate is known to be revoked gets no file.
    async fn raise(&self, finished: Finished, survey: Survey, supply: &Supply) -> Result<(Finished, Raised), Failure> {
        let (password, field) = (finished.about.password.clone(), finished.about.field.clone());
        let how = Raise {
            level: self.set.choice.level,
            field: Some(&field),
            supply,
            password,
        };
        let Finished { draft, about } = finished;
        let (draft, raised) = self.app.raise(draft, survey, &how).await?;
        let is_revoked = |finding: &&Finding| matches!(finding, Finding::Revoked { .. } | Finding::OnHold { .. });
        if let Some(finding) = raised.missing.iter().find(is_revoked) {
            return Err(Failure::of(FailureKind::Invalid, finding));
        }
        Ok((Finished { draft, about }, raised))
    }
}

/// Small documents that stay here until they are fetched go together. One that appears under a name goes by itself, so that a crash leaves at most
/// one that is released and not there.
fn goes_together(sealed: &Sealed) -> bool {
    sealed.item.is_kept() && sealed.item.draft.original_bytes() <= MAX_TOGETHER_BYTES
}

/// The same items in the same order: neighbours that may go together do, at most [`MAX_TOGETHER`].
fn groups<T>(items: Vec<T>, goes_together: impl Fn(&T) -> bool) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let together = goes_together(&item);
        match groups.last_mut() {
            Some(group) if together && room > 0 => {
                group.push(item);
                room -= 1;
            }
            _ => {
                groups.push(vec![item]);
                room = if together { MAX_TOGETHER - 1 } else { 0 };
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_neighbours_go_together_and_nothing_moves() {
        let small = |n: &u32| *n < 100;
        let sizes: Vec<u32> = (1..=10).chain([100, 11, 101, 102, 12, 13]).collect();
        let grouped = groups(sizes.clone(), small);
        assert_eq!(grouped.concat(), sizes);
        let lengths: Vec<usize> = grouped.iter().map(Vec::len).collect();
        assert_eq!(lengths, [8, 2, 1, 1, 1, 1, 2]);
        for group in grouped {
            assert!(group.len() == 1 || group.iter().all(small));
        }
    }
}
