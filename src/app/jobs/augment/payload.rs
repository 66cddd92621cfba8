//! What a job knows of the file that it completes, and its steps. Both stand in the database: `docs/jobs.md` promises them.
//!
//! No secret stands here, and nothing is read but what hankod wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::Job;
use super::super::deliver::PathText;
use super::super::sources::Kept;
use crate::app::App;
use crate::app::desk::{Level, Said};
use crate::app::due;
use crate::app::extend::Supply;
use crate::app::failure::Failure;
use crate::clock::Timestamp;
use crate::store::Sha256;
use crate::text::{Explain, Lang};
use crate::trust::Finding;

/// The newest version of [`Payload`]. Version 1 said of the sources the TSAs alone.
pub(in super::super) const VERSION: u32 = 2;

/// Steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The signature gets its timestamp.
    Stamp,
    /// The file goes where the signed one went.
    Deliver,
    /// The file gets the validation data and archive timestamp of its level.
    Complete,
}

/// What is known of the file. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// The signing.
    pub(crate) operation: String,
    /// The document in it, from 1.
    pub(crate) item: u32,
    /// Who asked: the principal's text.
    pub(crate) caller: String,
    /// The document's name as it was given.
    pub(crate) name: String,
    /// Full name of the signature field.
    pub(crate) field: String,
    /// SHA-256 of the certificate that signed.
    #[serde(with = "super::super::hexadecimal")]
    pub(crate) certificate: Sha256,
    /// The level that `document` has.
    pub(crate) reached: Level,
    /// The level that was asked for.
    pub(crate) level: Level,
    /// Addresses of TSAs in place of the configured ones.
    pub(crate) tsas: Vec<String>,
    /// What else was said of the sources.
    #[serde(default)]
    pub(crate) sources: Kept,
    /// The timestamp's time, microseconds UTC, once there is one.
    #[serde(default)]
    pub(crate) stamped: Option<i64>,
    /// What kept the document from its level at the last try.
    #[serde(default)]
    pub(crate) missing: Vec<Missing>,
    /// Length of the unsigned document.
    pub(crate) input_bytes: u64,
    /// Its SHA-256.
    #[serde(with = "super::super::hexadecimal")]
    pub(crate) input_sha256: Sha256,
    /// SHA-256 of the file that went out last.
    #[serde(with = "super::super::hexadecimal")]
    pub(crate) released: Sha256,
    /// SHA-256 of the newest file; it lies among the documents.
    #[serde(with = "super::super::hexadecimal")]
    pub(crate) document: Sha256,
    /// Where the signed file went; nothing when it is fetched.
    pub(crate) output: Option<PathText>,
}

/// A [`Finding`], to be said in any language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Missing {
    code: String,
    values: BTreeMap<String, String>,
}

impl Step {
    const ALL: [Self; 3] = [Self::Stamp, Self::Deliver, Self::Complete];

    /// What stands in the database.
    pub(in super::super) const fn name(self) -> &'static str {
        match self {
            Self::Stamp => "stamp",
            Self::Deliver => "deliver",
            Self::Complete => "complete",
        }
    }

    pub(in super::super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Payload {
    /// `None` for what is no payload of that version.
    pub(in super::super) fn parse(version: u32, json: &str) -> Option<Self> {
        match version {
            1..=VERSION => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Where the signed file went, or the document's name.
    pub(in super::super) fn file(&self) -> String {
        let went = self.output.as_ref().map(|output| output.path().display().to_string());
        went.unwrap_or_else(|| self.name.clone())
    }

    /// What kept the document from its level at the last try, in words.
    pub(crate) fn missing(&self, lang: Lang) -> Vec<Said> {
        let said = |one: &Missing| due::said(&one.code, &one.values, lang);
        self.missing.iter().map(said).collect()
    }

    /// When revocation data must have been issued at the earliest.
    pub(super) fn fresh_from(&self) -> Option<Timestamp> {
        let stamped = Timestamp::from_micros(self.stamped?);
        self.sources.grace().map(|grace| stamped.plus(grace))
    }

    /// The same with what keeps it from its level now.
    pub(super) fn lacking(self, missing: &[Finding]) -> Self {
        Self {
            missing: missing.iter().map(Missing::of).collect(),
            ..self
        }
    }

    pub(super) async fn supply(&self, app: &App, level: Level) -> Result<Supply, Failure> {
        self.sources.supply(app, level, &self.tsas).await
    }

    pub(super) fn job(self, step: Step) -> Box<Job> {
        Box::new(Job::Augment(step, Box::new(self)))
    }
}

impl Missing {
    /// What a finding says.
    pub(crate) fn of(finding: &Finding) -> Self {
        let values = finding.args().into_iter();
        Self {
            code: finding.code().to_owned(),
            values: values.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::sources::tests::kept;
    use super::*;

    /// Any job of this kind.
    pub(in super::super::super) fn job() -> Job {
        Job::Augment(Step::Deliver, Box::new(payload()))
    }

    fn payload() -> Payload {
        Payload {
            operation: "0123".into(),
            item: 1,
            caller: "cli".into(),
            name: "契約書.pdf".into(),
            field: "Signature1".into(),
            certificate: [4; 32],
            reached: Level::BB,
            level: Level::BT,
            tsas: vec!["http://tsa.example/".into()],
            sources: Kept::default(),
            stamped: None,
            missing: Vec::new(),
            input_bytes: 1_000,
            input_sha256: [1; 32],
            released: [2; 32],
            document: [3; 32],
            output: Some(PathText::of(std::path::Path::new("/tmp/b.pdf"))),
        }
    }

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod. Never change it; add the next version's beside it.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        let [one, two, three, four] = ["01", "02", "03", "04"].map(|byte| byte.repeat(32));
        let written = format!(
            "{{\"operation\":\"0123\",\"item\":1,\"caller\":\"cli\",\"name\":\"契約書.pdf\",\"field\":\"Signature1\",\"certificate\":\"{four}\",\"reached\":\"b-b\",\"level\":\"b-t\",\
             \"tsas\":[\"http://tsa.example/\"],\"input_bytes\":1000,\"input_sha256\":\"{one}\",\"released\":\"{two}\",\
             \"document\":\"{three}\",\"output\":\"/tmp/b.pdf\"}}"
        );
        assert_eq!(Payload::parse(1, &written), Some(payload()));
        assert_eq!(Payload::parse(1, "{}"), None);
        assert_eq!(
            [Step::parse("stamp"), Step::parse("deliver")],
            [Some(Step::Stamp), Some(Step::Deliver)]
        );
        assert_eq!(Step::parse("other"), None);
    }

    /// The same promise for version 2.
    #[test]
    fn payloads_of_version_2_are_read_for_ever() {
        let [one, two, three, four] = ["01", "02", "03", "04"].map(|byte| byte.repeat(32));
        let written = format!(
            "{{\"operation\":\"0123\",\"item\":1,\"caller\":\"cli\",\"name\":\"契約書.pdf\",\"field\":\"Signature1\",\"certificate\":\"{four}\",\"reached\":\"b-b\",\"level\":\"b-t\",\
             \"tsas\":[\"http://tsa.example/\"],\"sources\":{{\"trust\":[\"3000\"],\"allow_private\":[\"10.0.0.1:80\"],\
             \"freshness\":{{\"after_grace_ms\":86400000}}}},\"stamped\":5,\"missing\":[{{\"code\":\"trust_revocation_too_early\",\
             \"values\":{{\"subject\":\"CN=甲\"}}}}],\"input_bytes\":1000,\"input_sha256\":\"{one}\",\"released\":\"{two}\",\
             \"document\":\"{three}\",\"output\":\"/tmp/b.pdf\"}}"
        );
        let meant = Payload {
            sources: kept(),
            stamped: Some(5),
            missing: vec![Missing {
                code: "trust_revocation_too_early".into(),
                values: [("subject".to_owned(), "CN=甲".to_owned())].into(),
            }],
            ..payload()
        };
        assert_eq!(Payload::parse(2, &written), Some(meant.clone()));
        assert_eq!(meant.clone().job(Step::Deliver).payload(), (2, written));
        assert_eq!(meant.fresh_from(), Some(Timestamp::from_micros(86_400_000_005)));
        assert_eq!(Payload::parse(3, "{}"), None);
    }
}
