//! How often a client may ask: its requests within a minute, counted in a window that slides.
//!
//! What is over the rate is refused at once with the seconds to wait; nothing queues here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);
/// Callers that are counted at once; one more than these waits until some have been silent.
const MAX_COUNTED: usize = 100_000;

/// Requests of this window and the one before, by client.
#[derive(Clone, Default)]
pub(super) struct Rates(Arc<Mutex<HashMap<String, Windows>>>);

struct Windows {
    began: Instant,
    before: u32,
    now: u32,
}

impl Rates {
    /// Counts a request of `client`.
    ///
    /// # Errors
    /// The seconds to wait, when `per_minute` were counted.
    pub(super) fn count(&self, client: &str, per_minute: u32, now: Instant) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_COUNTED && !all.contains_key(client) {
            // Who has been silent for two windows counts for nothing any more.
            all.retain(|_, windows| now.saturating_duration_since(windows.began) < 2 * WINDOW);
            if all.len() >= MAX_COUNTED {
                return Err(WINDOW.as_secs());
            }
        }
        let windows = all.entry(client.to_owned()).or_insert(Windows {
            began: now,
            before: 0,
            now: 0,
        });
        let mut into = now.saturating_duration_since(windows.began);
        if into >= WINDOW {
            let whole = into.as_secs() / WINDOW.as_secs();
            windows.before = if whole == 1 { windows.now } else { 0 };
            windows.now = 0;
            let skipped = WINDOW * u32::try_from(whole).unwrap_or(u32::MAX);
            windows.began += skipped;
            into -= skipped;
        }
        // The part of the window before that still lies within the last minute.
        let left = (WINDOW - into).as_millis() * u128::from(windows.before) / WINDOW.as_millis();
        if left + u128::from(windows.now) >= u128::from(per_minute) {
            return Err((WINDOW - into).as_secs() + 1);
        }
        windows.now += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_counted_apart_and_a_minute_passes() {
        let (rates, start) = (Rates::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(rates.count("a", 3, at(0)), Ok(()));
        }
        assert_eq!(rates.count("a", 3, at(10)), Err(51));
        assert_eq!(rates.count("b", 3, at(10)), Ok(()));
        // Half of the window before counts still.
        assert_eq!(rates.count("a", 3, at(90)), Ok(()));
        assert_eq!(rates.count("a", 3, at(90)), Ok(()));
        assert_eq!(rates.count("a", 3, at(90)), Err(31));
        assert_eq!(rates.count("a", 3, at(600)), Ok(()));
    }

    #[test]
    fn a_crowd_of_strangers_takes_no_more_room_than_there_is() {
        let (rates, start) = (Rates::default(), Instant::now());
        for number in 0..MAX_COUNTED {
            assert_eq!(rates.count(&number.to_string(), 1, start), Ok(()));
        }
        assert_eq!(rates.count("one more", 1, start), Err(60));
        assert_eq!(rates.count("7", 1, start + WINDOW), Err(61));
        assert_eq!(rates.count("one more", 1, start + 3 * WINDOW), Ok(()));
    }
}
