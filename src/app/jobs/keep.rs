//! A concluded contract's file gets validation data and a new document timestamp before its last one ends, or the evidence that could not be had when
//! the contract was concluded. What stood there before stays as the revision before; nothing else is ever appended.

use serde::{Deserialize, Serialize};

use super::{Answer, Job, Next, conclude};
use crate::app::App;
use crate::app::collect::Outlook;
use crate::app::contracts::{kept, newest};
use crate::app::desk::Level;
use crate::app::extend::Sources;
use crate::app::extend::raise::Raise;
use crate::app::failure::{Failure, FailureKind};
use crate::store::{ContractArchive, Sha256, Version, VersionKind};

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The next revision is made.
    Renew,
}

/// Which file. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The contract.
    contract: String,
    /// Number of the document; 0: the certificate of conclusion.
    document: u16,
    /// SHA-256 of its newest revision.
    #[serde(with = "super::hexadecimal")]
    sha256: Sha256,
}

/// The job for this file.
pub(crate) fn job(archive: &ContractArchive) -> Job {
    let payload = Payload {
        contract: archive.contract.clone(),
        document: archive.document,
        sha256: archive.sha256,
    };
    Job::Keep(Step::Renew, payload)
}

impl Step {
    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Renew => "renew",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        (name == "renew").then_some(Self::Renew)
    }
}

impl Payload {
    /// `None` for what is no payload of that version.
    pub(super) fn parse(version: u32, json: &str) -> Option<Self> {
        match version {
            VERSION => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Contract and document, for people.
    pub(super) fn file(&self) -> String {
        format!("{}/{}", self.contract, self.document)
    }
}

/// Makes the next revision of the file, where it is still the newest.
pub(super) async fn run(app: &App, payload: Payload) -> Result<Answer, Failure> {
    let versions = app.store().versions(&payload.contract).await?;
    let known = newest(&versions, payload.document).filter(|one| one.sha256 == payload.sha256);
    let Some(known) = known.cloned() else {
        return Ok(Next::Done.into());
    };
    let supply = app.supply(Level::BLta, &Sources::default()).await?;
    let how = Raise {
        level: Level::BLta,
        field: None,
        supply: &supply,
        password: None,
    };
    let (draft, raised) = app.extend_copy(app.store().blob_path(&known.sha256), &how).await?;
    if raised.end.is_none() || raised.stamps.is_empty() {
        let level = raised.level.name().to_uppercase();
        return match raised.outlook {
            Outlook::Never => {
                let why = Failure::new(FailureKind::Unavailable, "evidence_unobtainable").with("level", level);
                Ok(Next::Short(Box::new(Job::Keep(Step::Renew, payload)), why).into())
            }
            _ => Err(Failure::new(FailureKind::Unavailable, "evidence_incomplete")),
        };
    }
    let blob = kept(app, draft).await?;
    let archive = conclude::evidence(&payload.contract, payload.document, &blob, &raised, app.now());
    let version = Version {
        revision: known.revision + 1,
        kind: VersionKind::Completed,
        signer: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        at: archive.updated,
        ..known
    };
    let mut details = super::augment::evidence(&raised);
    details.push(("output", (&blob.sha256).into()));
    Ok(Answer {
        next: Next::Done,
        details,
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                tx.add_blob(&blob, version.at).await?;
                tx.add_version(&payload.contract, &version).await?;
                Ok(tx.put_archive(&archive).await?)
            })
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        let written = format!(
            "{{\"contract\":\"0123\",\"document\":0,\"sha256\":\"{}\"}}",
            "01".repeat(32)
        );
        let payload = Payload {
            contract: "0123".to_owned(),
            document: 0,
            sha256: [1; 32],
        };
        assert_eq!(Payload::parse(1, &written), Some(payload.clone()));
        assert_eq!(Job::Keep(Step::Renew, payload).payload(), (1, written));
        assert_eq!(Payload::parse(2, "{}"), None);
        assert_eq!(Step::parse(Step::Renew.name()), Some(Step::Renew));
    }
}
