//! Raising a signed draft to a level, update by update: a document timestamp where a signature has no time, validation data, a document timestamp over
//! that, validation data for its TSA. Each update is appended to the draft; what stood there before is never touched.

use std::sync::Arc;

use super::Supply;
use super::end::End;
use super::survey::Survey;
use crate::app::App;
use crate::app::collect::{Outlook, Subject};
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::pdf::{Document, dss};
use crate::secret::Password;
use crate::sign::{self, Prepared};
use crate::trust::Finding;
use crate::tsa::Imprint;
use crate::verify::judge::Pieces;

/// Tries to give a document timestamp its room: a token of another size than measured is asked for once more.
const MAX_STAMP_TRIES: usize = 2;

/// How a draft is raised.
pub(crate) struct Raise<'a> {
    /// The level wanted.
    pub(crate) level: Level,
    /// Only this field's signature needs evidence, all of it or none; `None`: all signatures, and an archive is renewed with what there is.
    pub(crate) field: Option<&'a str>,
    /// Whom to ask and whom to trust.
    pub(crate) supply: &'a Supply,
    /// For encrypted documents.
    pub(crate) password: Option<Arc<Password>>,
}

/// A document timestamp that was added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Added {
    /// Its time.
    pub(crate) time: Timestamp,
    /// Host and port of the TSA.
    pub(crate) tsa: String,
}

/// How far it came. The level is what the evidence reaches; what nobody could check of it is among what is missing.
#[derive(Default)]
pub(crate) struct Raised {
    /// The level that the evidence reaches.
    pub(crate) level: Level,
    /// Document timestamps that were added, in their order.
    pub(crate) stamps: Vec<Added>,
    /// Validation data was added.
    pub(crate) has_data: bool,
    /// What keeps it from the level wanted.
    pub(crate) missing: Vec<Finding>,
    /// Whether that may still come.
    pub(crate) outlook: Outlook,
    /// The latest time of the signatures that need evidence.
    pub(crate) signed: Option<Timestamp>,
    /// When its archive ends; `None`: it is none.
    pub(crate) end: Option<End>,
}

impl App {
    /// Raises the draft as far as evidence can be had.
    ///
    /// # Errors
    /// No timestamp, and what keeps the document from being added to. The draft may then end with half of the updates: it is not to be released.
    pub(crate) async fn raise(
        &self,
        draft: Draft,
        mut survey: Survey,
        how: &Raise<'_>,
    ) -> Result<(Draft, Raised), Failure> {
        let mut raised = Raised {
            end: survey.end(),
            ..Raised::default()
        };
        let mut draft = draft;
        if !survey.has_times() && how.level > Level::BB {
            draft = self.add_stamp(draft, &mut survey, how, &mut raised).await?;
        }
        if survey.has_times() {
            raised.level = Level::BT;
            raised.signed = survey.latest(how.field);
        }
        if how.level < Level::BLt {
            if how.level == Level::BT && self.trusts_any_tsa(how.supply) {
                raised.missing.push(Finding::AuthorityUnchecked);
            }
            return Ok((draft, raised));
        }
        let subjects = survey.subjects(how.field, how.supply.freshness, self.now());
        let gathered = self
            .collect(&subjects, &survey.known, &how.supply.anchors, how.supply.places.clone())
            .await?;
        (raised.missing, raised.outlook) = (gathered.missing, gathered.outlook);
        // An archive that nears its end is renewed with what there is; a first one waits until the evidence is whole.
        if raised.missing.is_empty() {
            raised.level = Level::BLt;
        } else if how.level == Level::BLt || how.field.is_some() || !survey.is_archived() {
            return Ok((draft, raised));
        }
        survey.known.extend(&gathered.needed);
        (draft, raised.has_data) = self.add_data(draft, gathered.needed, how).await?;
        if how.level == Level::BLta {
            draft = self.add_stamp(draft, &mut survey, how, &mut raised).await?;
            let (added, has_more) = self.add_newest(draft, &survey, how).await?;
            draft = added;
            raised.has_data |= has_more;
            raised.end = survey.end();
            if raised.missing.is_empty() {
                raised.level = Level::BLta;
            }
        }
        Ok((draft, raised))
    }

    /// Adds what shows, without a network, that the TSA of the newest timestamp is good. What cannot be had keeps the file from no level: the next
    /// renewal asks again.
    async fn add_newest(&self, draft: Draft, survey: &Survey, how: &Raise<'_>) -> Result<(Draft, bool), Failure> {
        let subjects: Vec<Subject> = survey.newest(self.now()).into_iter().collect();
        let (anchors, places) = (&how.supply.anchors, how.supply.places.clone());
        let gathered = self.collect(&subjects, &survey.known, anchors, places).await?;
        self.add_data(draft, gathered.needed, how).await
    }

    /// Adds these pieces; `false`: all of them stand there.
    async fn add_data(&self, draft: Draft, pieces: Pieces, how: &Raise<'_>) -> Result<(Draft, bool), Failure> {
        let password = how.password.clone();
        self.blocking(move || add_data(draft, &pieces, password.as_deref()))
            .await
    }

    /// Adds a document timestamp behind everything else.
    async fn add_stamp(
        &self,
        mut draft: Draft,
        survey: &mut Survey,
        how: &Raise<'_>,
        raised: &mut Raised,
    ) -> Result<Draft, Failure> {
        let mut room = self.token_room(&how.supply.tsas).await?;
        for _ in 0..MAX_STAMP_TRIES {
            let password = how.password.clone();
            let prepare = move || prepare_stamp(draft, room, password.as_deref());
            let (kept, mut prepared, imprint) = self.blocking(prepare).await?;
            draft = kept;
            let stamped = self.timestamp(imprint, how.supply).await?;
            match prepared.put_contents(&stamped.checked.token) {
                Err(sign::Error::ContentsTooSmall { needed, .. }) => room = needed,
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    survey.add(&stamped.checked, &stamped.issuers);
                    raised.stamps.push(Added {
                        time: stamped.checked.info.time,
                        tsa: stamped.tsa,
                    });
                    let append = move || {
                        draft.append(&prepared.update)?;
                        Ok(draft)
                    };
                    return self.blocking(append).await;
                }
            }
        }
        Err(Failure::new(FailureKind::Unavailable, "tsa_token_sizes_differ"))
    }
}

fn prepare_stamp(
    mut draft: Draft,
    room: usize,
    password: Option<&Password>,
) -> Result<(Draft, Prepared, Imprint), Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), password)?;
    let prepared = sign::prepare_timestamp(&document, room)?;
    let (before, after) = prepared.signed_parts();
    let digest = DigestAlgorithm::Sha256;
    let value = draft.digest(digest, [before, after])?;
    Ok((draft, prepared, Imprint { digest, value }))
}

fn add_data(mut draft: Draft, pieces: &Pieces, password: Option<&Password>) -> Result<(Draft, bool), Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), password)?;
    let update = dss::update(&document, &pieces.to_dss())?;
    let Some(update) = update else {
        return Ok((draft, false));
    };
    draft.append(&update)?;
    Ok((draft, true))
}
