//! What a request said about where its evidence comes from, kept for a job that runs later, in another process and perhaps as another service: the
//! certificates themselves and no paths to them. What the request left open is as configured when the job runs.
//!
//! No secret is kept: a TSA's login and an encrypted document's password have no place here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::anchors;
use crate::app::desk::Level;
use crate::app::extend::{Sources, Supply};
use crate::app::failure::{Failure, FailureKind};
use crate::der::Certificate;
use crate::trust::revocation::Freshness;
use crate::trust::{Anchors, Use};

/// Certificates of authorities that one job keeps, in bytes of DER.
const MAX_TRUST_BYTES: usize = 256 * 1024;

/// Sources in a payload. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// Certificates in place of the configured anchors, hexadecimal DER.
    trust: Option<Vec<String>>,
    /// Private places that addresses in certificates may lead to.
    allow_private: Vec<String>,
    /// How fresh revocation data must be; nothing: as configured.
    freshness: Option<KeptFreshness>,
}

/// [`Freshness`], for data of signers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptFreshness {
    /// [`Freshness::Current`]
    Immediate,
    /// [`Freshness::AfterGrace`], in milliseconds.
    AfterGraceMs(u64),
}

impl Kept {
    /// What `sources` meant, as they were read into `supply`.
    ///
    /// # Errors
    /// `later_too_much_trust`.
    pub(crate) fn of(sources: &Sources, supply: &Supply) -> Result<Self, Failure> {
        let trust: Vec<&Certificate> = match sources.trust.is_empty() {
            true => Vec::new(),
            false => supply.anchors.of(Use::Signers).collect(),
        };
        if trust.iter().map(|one| one.der().len()).sum::<usize>() > MAX_TRUST_BYTES {
            let max = (MAX_TRUST_BYTES / 1024).to_string();
            return Err(Failure::new(FailureKind::TooLarge, "later_too_much_trust").with("max", max));
        }
        Ok(Self {
            trust: (!trust.is_empty()).then(|| trust.iter().map(|one| hex::encode(one.der())).collect()),
            allow_private: sources.allow_private.clone(),
            freshness: Some(match supply.freshness {
                Freshness::AfterGrace(grace) => {
                    KeptFreshness::AfterGraceMs(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX))
                }
                Freshness::Current | Freshness::IssuedAfter => KeptFreshness::Immediate,
            }),
        })
    }

    /// How long after a signature its revocation data must be issued.
    pub(super) fn grace(&self) -> Option<Duration> {
        match self.freshness {
            Some(KeptFreshness::AfterGraceMs(ms)) => Some(Duration::from_millis(ms)),
            Some(KeptFreshness::Immediate) | None => None,
        }
    }

    /// What the sources give now.
    ///
    /// # Errors
    /// As [`App::supply`]; `job_unreadable`.
    pub(super) async fn supply(&self, app: &App, level: Level, tsas: &[String]) -> Result<Supply, Failure> {
        let freshness = match self.freshness {
            None => app.freshness(None),
            Some(KeptFreshness::Immediate) => Freshness::Current,
            Some(KeptFreshness::AfterGraceMs(ms)) => Freshness::AfterGrace(Duration::from_millis(ms)),
        };
        let anchors = self.anchors()?;
        app.supply_of(level, (tsas, &self.allow_private), anchors, freshness)
            .await
    }

    fn anchors(&self) -> Result<Option<Anchors>, Failure> {
        let read = |text: &String| hex::decode(text).ok().and_then(|der| Certificate::parse(&der).ok());
        let Some(trust) = &self.trust else { return Ok(None) };
        let certificates: Option<Vec<Certificate>> = trust.iter().map(read).collect();
        let unreadable = Failure::new(FailureKind::Internal, "job_unreadable");
        Ok(Some(anchors::of_certificates(certificates.ok_or(unreadable)?)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Sources that say everything.
    pub(in super::super) fn kept() -> Kept {
        Kept {
            trust: Some(vec!["3000".into()]),
            allow_private: vec!["10.0.0.1:80".into()],
            freshness: Some(KeptFreshness::AfterGraceMs(86_400_000)),
        }
    }

    #[test]
    fn certificates_that_are_none_are_not_taken_for_no_anchors() {
        assert_eq!(
            kept().anchors().map(|_| ()).unwrap_err(),
            Failure::new(FailureKind::Internal, "job_unreadable")
        );
        assert!(Kept::default().anchors().unwrap().is_none());
    }
}
