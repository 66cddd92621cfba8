//! A site that asks to be allowed by a form of the browser, where the browser lets no script through: the person decides in hankod's own window while
//! hankod's own page waits, and that page goes back to the site with the key.
//!
//! The key stands behind the `#` of an address of the very origin that asked: browsers send it to no server, and the site's script takes it away at
//! once. What is remembered here is where to go back to; it is forgotten with the request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::App;
use super::desk::{PairingReturn, PairingState};
use super::failure::{Failure, FailureKind};
use super::forms::ReturnUrl;
use crate::access::pairing::REQUEST_LIFE;
use crate::access::{AccessError, Nonce, Origin};
use crate::text::Lang;

/// A request lives so long while it waits, and as long again once it is answered.
const LIFE: Duration = Duration::from_secs(2 * REQUEST_LIFE.as_secs());
/// Most that are remembered; requests are counted before they come here, and few of them wait.
const MAX_RETURNS: usize = 256;

/// Where pages go back to, by the id of the request. Cheap while empty.
#[derive(Default)]
pub(super) struct Returns(Mutex<HashMap<String, Return>>);

#[derive(Clone)]
struct Return {
    origin: Origin,
    url: ReturnUrl,
    state: Nonce,
    code: String,
    asked: Instant,
}

impl App {
    /// A site asks to be known, and its page waits for the answer at `url`, which gets `state` back. Returns the request's id.
    ///
    /// # Errors
    /// `return_url_invalid`, `return_url_elsewhere`, `nonce_invalid`, and those of [`App::request_pairing`].
    pub async fn request_pairing_by_form(
        &self,
        origin: &Origin,
        url: &str,
        state: &str,
        lang: Lang,
    ) -> Result<String, Failure> {
        let url = ReturnUrl::parse(url, origin)?;
        if url.as_str().contains('#') {
            return Err(Failure::new(FailureKind::Invalid, "return_url_invalid"));
        }
        let state = Nonce::parse(state)?;
        let asked = self.request_pairing(origin, lang).await?;
        let kept = Return {
            origin: origin.clone(),
            url,
            state,
            code: asked.code,
            asked: Instant::now(),
        };
        self.0.returns.keep(asked.id.clone(), kept);
        Ok(asked.id)
    }

    /// How that stands, for the page that waits; where it goes once the person has answered. The key is in it once.
    ///
    /// # Errors
    /// `pairing_unknown`.
    pub async fn pairing_return(&self, id: &str) -> Result<PairingReturn, Failure> {
        let kept = self.0.returns.find(id).ok_or(AccessError::RequestUnknown)?;
        let stands = self.pairing(id, &kept.origin).await?;
        let key = match stands.state {
            PairingState::Pending => None,
            PairingState::Allowed => Some(stands.key.unwrap_or_default()),
            PairingState::Refused | PairingState::Expired | PairingState::Fetched => Some(String::new()),
        };
        let location = key.map(|key| format!("{}#hankod={}.{key}", kept.url.as_str(), kept.state.as_str()));
        if location.is_some() {
            self.0.returns.forget(id);
        }
        Ok(PairingReturn {
            origin: kept.origin.to_string(),
            code: kept.code,
            location,
        })
    }
}

impl Returns {
    fn keep(&self, id: String, kept: Return) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| kept.asked.elapsed() < LIFE);
        if all.len() < MAX_RETURNS {
            all.insert(id, kept);
        }
    }

    fn find(&self, id: &str) -> Option<Return> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).filter(|kept| kept.asked.elapsed() < LIFE).cloned()
    }

    fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
