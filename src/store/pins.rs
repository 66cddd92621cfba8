//! What is remembered of refused PINs: that they were refused, never what they were.
//!
//! A PIN from a file or credential that a token refused is not tried again until it changes. What is kept is its HMAC under the state folder's
//! own key, bound to the token, so that the same PIN on two tokens looks different and a copy of the database alone tells nothing.

use hmac::{Hmac, KeyInit, Mac};

use super::dialect::column;
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;
use crate::secret::Pin;

/// Wrong PINs on one token since the last right one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PinFailures {
    /// How many.
    pub failures: u32,
    /// The last.
    pub last_failure: Timestamp,
    /// No PIN is sent to the token before this.
    pub blocked_until: Timestamp,
}

const REFUSED: &str = "refused PIN";
const FAILURES: &str = "PIN failures";

impl Store {
    /// The fingerprint of a PIN for a token: HMAC-SHA256 under the folder's key over token, a zero byte, PIN.
    pub fn pin_fingerprint(&self, token: &str, pin: &Pin) -> Sha256 {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(self.folder_key()).expect("any length");
        mac.update(token.as_bytes());
        mac.update(&[0]);
        mac.update(pin.expose());
        mac.finalize().into_bytes().into()
    }

    /// `true` when the token has refused this PIN before.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pin_was_refused(&self, token: &str, fingerprint: &Sha256) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM refused_pins WHERE token = $1 AND fingerprint = $2")
            .bind(token)
            .bind(fingerprint.as_slice())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        Ok(row.is_some())
    }

    /// Wrong PINs on a token since the last right one.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pin_failures(&self, token: &str) -> Result<Option<PinFailures>, StoreError> {
        let row = sqlx::query("SELECT failures, last_failure, blocked_until FROM pin_failures WHERE token = $1")
            .bind(token)
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PinFailures {
            failures: u32::try_from(column::<i64>(&row, 0)?).unwrap_or(u32::MAX),
            last_failure: Timestamp::from_micros(column(&row, 1)?),
            blocked_until: Timestamp::from_micros(column(&row, 2)?),
        }))
    }
}

impl Tx {
    /// Remembers that a token refused a PIN from a file or credential.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn remember_refused_pin(
        &mut self,
        token: &str,
        fingerprint: &Sha256,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO refused_pins (token, fingerprint, refused) VALUES ($1, $2, $3) \
             ON CONFLICT (token, fingerprint) DO UPDATE SET refused = excluded.refused",
        )
        .bind(token)
        .bind(fingerprint.as_slice())
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.note(REFUSED, done).map(drop)
    }

    /// Forgets one refusal: the token was never asked, or its flags say that it refused nothing.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn forget_refused_pin(&mut self, token: &str, fingerprint: &Sha256) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM refused_pins WHERE token = $1 AND fingerprint = $2")
            .bind(token)
            .bind(fingerprint.as_slice())
            .execute(&mut self.connection)
            .await;
        self.note(REFUSED, done).map(drop)
    }

    /// Counts a wrong PIN and returns the count; no PIN is sent before `blocked_until`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn count_pin_failure(
        &mut self,
        token: &str,
        at: Timestamp,
        blocked_until: Timestamp,
    ) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "INSERT INTO pin_failures (token, failures, last_failure, blocked_until) VALUES ($1, 1, $2, $3) \
             ON CONFLICT (token) DO UPDATE SET failures = pin_failures.failures + 1, last_failure = excluded.last_failure, \
             blocked_until = excluded.blocked_until RETURNING failures",
        )
        .bind(token)
        .bind(at.micros())
        .bind(blocked_until.micros())
        .fetch_one(&mut self.connection)
        .await;
        let row = self.note(FAILURES, row)?;
        Ok(u32::try_from(column::<i64>(&row, 0)?).unwrap_or(u32::MAX))
    }

    /// Forgets what is remembered of a token's PINs: the right one was given, or the token has a new one.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn forget_pins(&mut self, token: &str) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM refused_pins WHERE token = $1",
            "DELETE FROM pin_failures WHERE token = $1",
        ] {
            let done = sqlx::query(sql).bind(token).execute(&mut self.connection).await;
            self.note(REFUSED, done)?;
        }
        Ok(())
    }
}
