//! A token's PIN changed: one call with the old and the new one, which spends one try at the old one.
//!
//! Nothing here asks a person, logs in, or keeps either PIN.

use super::Error;
use super::host::Tokens;
use super::slot::TokenRef;
use super::wire::{Reply, Request};
use crate::secret::Pin;
use zeroize::Zeroizing;

impl Tokens {
    /// Changes the user's PIN (`C_SetPIN`). Waits its turn while a login to the token is open.
    ///
    /// # Errors
    /// As [`Tokens::login`], and [`Error::PinUnchangeable`] where the token has no way to.
    pub async fn change_pin(&self, token: &TokenRef, old: &Pin, new: &Pin) -> Result<(), Error> {
        let lane = self.lane(token)?;
        let old_bytes = u8::try_from(old.expose().len()).map_err(|_| Error::TooLong)?;
        let mut secret = Zeroizing::new(Vec::with_capacity(1 + old.expose().len() + new.expose().len()));
        secret.push(old_bytes);
        secret.extend_from_slice(old.expose());
        secret.extend_from_slice(new.expose());
        let turn = tokio::time::timeout(lane.limits.login, lane.turn(token.slot).lock_owned());
        let turn = turn.await.map_err(|_| Error::Busy)?;
        let (slot, token) = (token.slot, lane.own_token(token));
        // In a task of its own: whoever asked may go, the change and its end do not.
        let changed = tokio::spawn(async move {
            lane.enter();
            let request = Request::ChangePin { token };
            let answer = lane.call(&request, Some(&secret), lane.limits.login).await;
            lane.leave(slot).await;
            drop(turn);
            answer
        });
        match changed.await.unwrap_or(Err(Error::Garbled))? {
            Reply::Done => Ok(()),
            _ => Err(Error::Garbled),
        }
    }
}
