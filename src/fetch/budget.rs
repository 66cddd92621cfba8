//! What is remembered of each TSA: when it was asked, so that its quota is kept, and failures in a row, so that a dead one is left in peace.
//!
//! Pure: time is given. A TSA may allow 20 requests in 20 minutes and then refuse for a day, so a request that would go over is never sent.

use crate::clock::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Cause;

/// Failures in a row after which a TSA rests.
pub const FAILURES_BEFORE_REST: u32 = 3;
/// The first rest; each further failure doubles it.
pub const MIN_REST_SECONDS: u64 = 30;
/// The longest rest.
pub const MAX_REST_SECONDS: u64 = 3600;

/// How often a TSA may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Requests within any [`Quota::window`].
    pub requests: usize,
    /// Its length.
    pub window: Duration,
}

/// What is remembered of one TSA.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// When it was asked within its quota's window, oldest first; empty without a quota.
    pub asked: Vec<Timestamp>,
    /// Failures since its last good token.
    pub failures: u32,
    /// It is not asked before this.
    pub resting_until: Option<Timestamp>,
    /// Bytes of its largest token; 0 when it never gave one.
    pub token_bytes: usize,
}

/// What happens between us and a TSA and must be remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It is about to be asked.
    Take,
    /// It gave a good token of this many bytes.
    Good(usize),
    /// It gave none.
    Bad,
}

/// What is remembered of all TSAs, by address.
pub type Memory = BTreeMap<String, Budget>;

impl Budget {
    /// Notes a turn. Without a budget for it, nothing changes.
    ///
    /// # Errors
    /// [`Cause::Resting`], [`Cause::QuotaUsed`] for [`Turn::Take`]: the TSA is not to be asked.
    pub fn note(&mut self, turn: Turn, quota: Option<Quota>, now: Timestamp) -> Result<(), Cause> {
        match turn {
            Turn::Take => return self.take(quota, now),
            Turn::Good(bytes) => {
                self.succeeded();
                self.token_bytes = self.token_bytes.max(bytes);
            }
            Turn::Bad => self.failed(now),
        }
        Ok(())
    }

    /// Takes one request out of the budget, or says why the TSA is not to be asked.
    fn take(&mut self, quota: Option<Quota>, now: Timestamp) -> Result<(), Cause> {
        if let Some(until) = self.resting_until.filter(|until| now < *until) {
            // A clock that was set back must not make a rest longer than any rest is.
            if until.since(now) <= Duration::from_secs(MAX_REST_SECONDS) {
                return Err(Cause::Resting(until));
            }
        }
        self.resting_until = None;
        let Some(quota) = quota else {
            self.asked.clear();
            return Ok(());
        };
        // A time ahead of the clock counts: what was sent was sent.
        self.asked.retain(|at| now.since(*at) < quota.window);
        if self.asked.len() >= quota.requests {
            let frees = self.asked.len() - quota.requests;
            let until = self.asked.get(frees).map_or(now, |oldest| oldest.plus(quota.window));
            return Err(Cause::QuotaUsed(until));
        }
        self.asked.push(now);
        Ok(())
    }

    /// It gave a good token.
    fn succeeded(&mut self) {
        self.failures = 0;
        self.resting_until = None;
    }

    /// It gave none.
    fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(FAILURES_BEFORE_REST) {
            let seconds = MIN_REST_SECONDS.saturating_mul(1 << beyond.min(16));
            self.resting_until = Some(now.plus(Duration::from_secs(seconds.min(MAX_REST_SECONDS))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    const QUOTA: Quota = Quota {
        requests: 3,
        window: Duration::from_secs(60),
    };

    #[test]
    fn a_quota_frees_when_its_oldest_request_is_over() {
        let mut budget = Budget::default();
        for second in [0, 10, 20] {
            assert_eq!(budget.take(Some(QUOTA), at(second)), Ok(()));
        }
        assert_eq!(budget.take(Some(QUOTA), at(59)), Err(Cause::QuotaUsed(at(60))));
        assert_eq!(budget.take(Some(QUOTA), at(60)), Ok(()));
        assert_eq!(budget.take(Some(QUOTA), at(61)), Err(Cause::QuotaUsed(at(70))));
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_its_quota(mut seconds in proptest::collection::vec(0_i64..400, 0..200)) {
            seconds.sort_unstable();
            let mut budget = Budget::default();
            let sent: Vec<i64> = seconds.into_iter().filter(|s| budget.take(Some(QUOTA), at(*s)).is_ok()).collect();
            for four in sent.windows(4) {
                prop_assert!(four[3] - four[0] >= 60, "{four:?}");
            }
        }
    }

    #[test]
    fn rests_come_after_three_failures_and_grow_to_an_hour() {
        let mut budget = Budget::default();
        let mut rests = Vec::new();
        for _ in 0..12 {
            budget.failed(at(0));
            rests.push(budget.resting_until.map(|until| until.since(at(0)).as_secs()));
        }
        assert_eq!(rests[..5], [None, None, Some(30), Some(60), Some(120)]);
        assert_eq!(rests[11], Some(MAX_REST_SECONDS));
        assert!(matches!(budget.take(None, at(3599)), Err(Cause::Resting(_))));
        assert_eq!(budget.take(None, at(3600)), Ok(()));
        budget.failed(at(3600));
        budget.succeeded();
        assert_eq!((budget.failures, budget.resting_until), (0, None));
    }

    #[test]
    fn a_clock_set_back_ends_a_rest() {
        let mut budget = Budget::default();
        (0..3).for_each(|_| budget.failed(at(1_000_000)));
        assert_eq!(budget.take(None, at(0)), Ok(()));
    }
}
