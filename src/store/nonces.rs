//! Nonces of sites' servers: each serves once, also after a restart. Whether a request is good is asked elsewhere.

use super::{StoreError, Tx};
use crate::clock::Timestamp;

const NONCE: &str = "nonce";

impl Tx {
    /// Remembers a nonce of `origin` until `expires`; `false` when it came before. Forgets those whose time is over.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn take_nonce(
        &mut self,
        origin: &str,
        nonce: &str,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let forgotten = sqlx::query("DELETE FROM site_nonces WHERE expires < $1")
            .bind(now.micros())
            .execute(&mut self.connection)
            .await;
        self.note(NONCE, forgotten)?;
        let taken = sqlx::query(
            "INSERT INTO site_nonces (origin, nonce, expires) VALUES ($1, $2, $3) ON CONFLICT (origin, nonce) DO NOTHING",
        )
        .bind(origin)
        .bind(nonce)
        .bind(expires.micros())
        .execute(&mut self.connection)
        .await;
        Ok(self.note(NONCE, taken)?.rows_affected() == 1)
    }
}
