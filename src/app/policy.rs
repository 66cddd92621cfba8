//! What the configuration allows a key (`[[policy]]`): digests, hours, a number within a period. Asked before an intent is written, whoever wants the signature.
//!
//! Whether a second person must agree is told here and settled in [`super::approvals`].

use super::App;
use super::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::config::{KeyName, Policy};
use crate::der::{DigestAlgorithm, SignatureAlgorithm};

const JST_MICROS: i64 = 9 * 3600 * 1_000_000;

/// A key as policies name it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// SHA-256 of the certificate.
    pub(crate) certificate: &'a [u8; 32],
    /// The certificate's label in its token.
    pub(crate) label: &'a str,
}

impl App {
    /// Whether somebody else must agree before this key is used.
    pub(crate) fn wants_second_person(&self, key: Named<'_>) -> bool {
        self.policies_of(key).any(|policy| policy.four_eyes)
    }

    /// Holds `count` signatures against every policy of the key, and counts them.
    ///
    /// # Errors
    /// `policy_digest`, `policy_hours`, `policy_count`; what the state refused.
    pub(crate) async fn admit(
        &self,
        key: Named<'_>,
        algorithm: SignatureAlgorithm,
        count: usize,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut counted = Vec::new();
        for policy in self.policies_of(key) {
            let digest = digest_name(algorithm.digest());
            if !policy.digests.is_empty() && !policy.digests.contains(digest) {
                return Err(Failure::new(FailureKind::Forbidden, "policy_digest").with("digest", digest));
            }
            if let Some((from, to)) = policy.hours
                && !within(from, to, now)
            {
                let failure = Failure::new(FailureKind::Forbidden, "policy_hours");
                return Err(failure.with("from", clock(from)).with("to", clock(to)));
            }
            if let Some(period) = policy.period {
                let name = match &policy.name {
                    KeyName::Label(label) => format!("label:{label}"),
                    KeyName::Certificate(sha256) => format!("certificate:{}", hex::encode(sha256)),
                };
                counted.push((name, began(period.length_ms, now), period.max_signatures));
            }
        }
        if counted.is_empty() {
            return Ok(());
        }
        self.count_all(counted, count as u64).await
    }

    async fn count_all(&self, counted: Vec<(String, Timestamp, u64)>, count: u64) -> Result<(), Failure> {
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                for (name, began, max) in counted {
                    if !tx.count_key_use(&name, began, count, max).await? {
                        let failure = Failure::new(FailureKind::TooMany, "policy_count");
                        return Err(failure.with("max", max.to_string()));
                    }
                }
                Ok(())
            })
        });
        written.await
    }

    fn policies_of<'a>(&'a self, key: Named<'a>) -> impl Iterator<Item = &'a Policy> {
        self.config().policies.iter().filter(move |policy| match &policy.name {
            KeyName::Label(label) => label == key.label,
            KeyName::Certificate(sha256) => sha256 == key.certificate,
        })
    }
}

const fn digest_name(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Sha256 => "sha256",
        DigestAlgorithm::Sha384 => "sha384",
        DigestAlgorithm::Sha512 => "sha512",
        // Nothing is signed with the others.
        other => other.name(),
    }
}

/// Whether the clock in Japan stands between two minutes of the day, past midnight when the second comes first.
fn within(from: u16, to: u16, now: Timestamp) -> bool {
    let minutes = (now.micros() + JST_MICROS).div_euclid(60_000_000).rem_euclid(24 * 60);
    let (from, to) = (i64::from(from), i64::from(to));
    match from < to {
        true => (from..to).contains(&minutes),
        false => minutes >= from || minutes < to,
    }
}

/// When the present period began. Periods begin at midnight in Japan, or at parts of its day.
fn began(length_ms: u64, now: Timestamp) -> Timestamp {
    let length = i64::try_from(length_ms).unwrap_or(i64::MAX / 1000).max(1) * 1000;
    let here = now.micros() + JST_MICROS;
    Timestamp::from_micros(here - here.rem_euclid(length) - JST_MICROS)
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn hours_are_those_of_japan_and_may_pass_midnight() {
        // 08:59, 09:00, 17:29, 17:30 in Japan.
        for (time, day, night) in [
            ("2026-11-23T23:59:59Z", false, true),
            ("2026-11-24T00:00:00Z", true, false),
            ("2026-11-24T08:29:59Z", true, false),
            ("2026-11-24T08:30:00Z", false, true),
        ] {
            assert_eq!(within(540, 1050, at(time)), day, "{time}");
            assert_eq!(within(1050, 540, at(time)), night, "{time}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        let day = 24 * 3600 * 1000;
        assert_eq!(began(day, at("2026-11-23T14:59:59Z")), at("2026-11-22T15:00:00Z"));
        assert_eq!(began(day, at("2026-11-23T15:00:00Z")), at("2026-11-23T15:00:00Z"));
    }
}
