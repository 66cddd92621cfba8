//! What a step's answer makes of its job: the transition table, and when a failed step is tried again.
//!
//! Pure: time and chance are given. Nothing here writes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::failure::Failure;
use super::Next;
use crate::clock::Timestamp;
use crate::store::{Job, JobState, Moved};
use crate::text::Explain;

/// The shortest pause between two looks, so that a job which another process holds is not asked for without end.
pub(super) const MIN_PAUSE: Duration = Duration::from_millis(200);
/// Until the second try.
pub(super) const MIN_BACK_OFF: Duration = Duration::from_secs(5);
/// The longest wait between two tries; each one before is half as long.
pub(super) const MAX_BACK_OFF: Duration = Duration::from_secs(15 * 60);
/// Tries in a row at one step, ten days of them at least. Then the job ends with the last failure's code.
pub(super) const MAX_ATTEMPTS: u32 = 1_000;
/// Leases in a row that end without an answer before the job is taken for what ends its workers.
pub(super) const MAX_UNANSWERED: u32 = 5;

/// What was left open by `answer` is decided here: `chance` is any byte, `hold` the lease's end when the worker goes on at once.
pub(super) fn settle(
    job: &Job,
    answer: Result<&Next, &Failure>,
    at: Timestamp,
    chance: u8,
    hold: Option<Timestamp>,
) -> Moved {
    let ended = |state, why: Option<&Failure>| Moved {
        state,
        next: None,
        attempts: job.attempts,
        not_before: at,
        reason: why.map(Failure::code),
        detail: why.and_then(|why| serde_json::to_string(&values(why)).ok()),
        hold: None,
        at,
    };
    let waits = |attempts, not_before, why: &Failure| Moved {
        attempts,
        not_before,
        ..ended(JobState::Open, Some(why))
    };
    let failed = |why: &Failure| {
        if !why.may_pass() || job.attempts + 1 >= MAX_ATTEMPTS {
            return ended(JobState::Failed, Some(why));
        }
        let until = at.plus(back_off(job.attempts, chance));
        waits(job.attempts + 1, until, why)
    };
    let with = |known: &super::Job, moved| {
        let (version, payload) = known.payload();
        Moved {
            next: Some((known.step(), version, payload)),
            ..moved
        }
    };
    match answer {
        Ok(Next::Step(next)) => {
            let moved = Moved {
                attempts: 0,
                hold,
                ..ended(JobState::Open, None)
            };
            with(next, moved)
        }
        Ok(Next::Wait(known, until, why)) => with(known, waits(0, *until, why)),
        Ok(Next::Again(known, why)) => with(known, failed(why)),
        Ok(Next::Done) => ended(JobState::Done, None),
        Ok(Next::Short(known, why)) => with(known, ended(JobState::Done, Some(why))),
        Ok(Next::Failed(code)) => Moved {
            reason: Some(*code),
            ..ended(JobState::Failed, None)
        },
        Err(why) => failed(why),
    }
}

/// What the failure's message names.
fn values(failure: &Failure) -> BTreeMap<&'static str, String> {
    failure.args().into_iter().collect()
}

/// The wait after the failure that follows `attempts` others: doubled each time, a fifth more or less by chance, so that what failed together
/// does not come back together.
pub(super) fn back_off(attempts: u32, chance: u8) -> Duration {
    let full = MIN_BACK_OFF.saturating_mul(1 << attempts.min(16)).min(MAX_BACK_OFF);
    full.mul_f64(0.8 + 0.4 * f64::from(chance) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::failure::FailureKind;
    use super::super::augment::tests::job as augment;
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn row(attempts: u32) -> Job {
        Job {
            id: "j".into(),
            kind: "augment".into(),
            key: "k".into(),
            version: 1,
            payload: "{}".into(),
            step: "stamp".into(),
            state: JobState::Open,
            priority: 0,
            attempts,
            unanswered: 1,
            not_before: at(0),
            reason: None,
            detail: None,
            owner: Some("me".into()),
            lease: 3,
            lease_until: Some(at(60)),
            created: at(-9),
            updated: at(0),
        }
    }

    #[test]
    fn every_answer_has_its_row() {
        let failure = |kind| Failure::new(kind, "a_code");
        let (gone, wrong) = (failure(FailureKind::Unavailable), failure(FailureKind::Unreadable));
        let next = Next::Step(Box::new(augment()));
        let known = || Box::new(augment());
        let wait = Next::Wait(known(), at(99), gone.clone());
        let (again, short) = (Next::Again(known(), gone.clone()), Next::Short(known(), gone.clone()));
        // Answer, failures before -> state, failures after, time, reason, whether the lease stays.
        let rows: [(Result<&Next, &Failure>, u32, _); 9] = [
            (Ok(&next), 3, (JobState::Open, 0, at(7), None, true)),
            (Ok(&wait), 3, (JobState::Open, 0, at(99), Some("a_code"), false)),
            (Ok(&again), 3, (JobState::Open, 4, at(7 + 32), Some("a_code"), false)),
            (Ok(&short), 3, (JobState::Done, 3, at(7), Some("a_code"), false)),
            (Ok(&Next::Done), 3, (JobState::Done, 3, at(7), None, false)),
            (
                Ok(&Next::Failed("bad")),
                3,
                (JobState::Failed, 3, at(7), Some("bad"), false),
            ),
            (Err(&wrong), 3, (JobState::Failed, 3, at(7), Some("a_code"), false)),
            (Err(&gone), 3, (JobState::Open, 4, at(7 + 32), Some("a_code"), false)),
            (
                Err(&gone),
                MAX_ATTEMPTS - 1,
                (JobState::Failed, MAX_ATTEMPTS - 1, at(7), Some("a_code"), false),
            ),
        ];
        for (answer, attempts, (state, then, not_before, reason, held)) in rows {
            let moved = settle(&row(attempts), answer, at(7), 0, Some(at(60)));
            assert_eq!(
                (moved.state, moved.attempts, moved.not_before),
                (state, then, not_before)
            );
            assert_eq!((moved.reason, moved.hold.is_some()), (reason, held));
            let keeps = matches!(
                answer,
                Ok(Next::Step(_) | Next::Wait(..) | Next::Again(..) | Next::Short(..))
            );
            assert_eq!(moved.next.is_some(), keeps, "{answer:?}");
        }
    }

    #[test]
    fn waits_grow_to_a_quarter_of_an_hour_and_differ_by_chance() {
        let whole = |attempts| (back_off(attempts, 0).as_secs(), back_off(attempts, 255).as_secs());
        assert_eq!(
            [0, 1, 5, 7, 8, 999].map(whole),
            [(4, 6), (8, 12), (128, 192), (512, 768), (720, 1080), (720, 1080)]
        );
        assert!(back_off(3, 10) < back_off(3, 11));
    }
}
