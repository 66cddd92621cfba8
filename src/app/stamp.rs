//! A timestamp for a signature that the token has made: after the token is closed, before the file is written.
//!
//! Without a good token there is no file: nothing here takes another time, and a lower level is never passed off as the one that was asked for.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::draft::small_file;
use super::failure::{Failure, FailureKind};
use super::signing::Sealed;
use crate::cms::{self, SignedData};
use crate::config::{self, TsaLogin};
use crate::der::{DigestAlgorithm, ObjectIdentifier};
use crate::fetch::{self, Demand, Quota, Tsa};
use crate::net::{Authorization, Client, ClientIdentity, Url};
use crate::secret::{ApiKey, MAX_SECRET_BYTES};
use crate::store::StoreError;
use crate::tsa::Imprint;

/// How long a TSA without a setting of its own may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// Bytes of a client certificate's or key's file.
const MAX_PEM_BYTES: usize = 64 * 1024;

impl App {
    /// Whether timestamps can be asked for at all: TSAs that are named rightly and whose secrets can be read.
    ///
    /// # Errors
    /// `fetch_no_tsa`, `net_address`, or a file that cannot be read.
    pub(super) async fn check_tsas(&self, named: &[String]) -> Result<(), Failure> {
        match self.tsas(named).await?.is_empty() {
            true => Err(fetch::Error::NoTsa.into()),
            false => Ok(()),
        }
    }

    /// Puts a timestamp into the signature.
    ///
    /// # Errors
    /// `fetch_no_timestamp` and what [`App::check_tsas`] finds; `contents_too_small` for a token that is larger than any that was measured.
    pub(super) async fn stamp(&self, sealed: &mut Sealed, named: &[String]) -> Result<(), Failure> {
        let value = SignedData::parse(&sealed.cms)?.signer()?.signature.clone();
        let settings = &self.config().timestamp;
        let demand = Demand {
            imprint: Imprint::of(DigestAlgorithm::Sha256, &value),
            accredited: settings.accredited_only.then(|| settings.accredited.clone()),
        };
        let tsas = self.tsas(named).await?;
        let turn = self.0.tsa_turn.lock().await;
        let before = self.store().tsa_memory().await?;
        let mut memory = before.clone();
        let result = fetch::timestamp(&tsas, &demand, &mut memory, self.now()).await;
        memory.retain(|url, budget| before.get(url) != Some(budget));
        let kept = self.store().write(move |tx| {
            Box::pin(async move {
                for (url, budget) in &memory {
                    tx.remember_tsa(url, budget).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        kept.await?;
        drop(turn);
        let stamped = result?;
        for attempt in &stamped.failed {
            let cause = attempt.to_string();
            log::warn!(code = "tsa_failed", tsa = attempt.tsa, cause; "a TSA gave no timestamp");
        }
        sealed.cms = cms::with_timestamp(&sealed.cms, &stamped.checked.token)?;
        Ok(sealed.ready.prepared.put_contents(&sealed.cms)?)
    }

    /// Those named, else those configured, with their secrets as they are now.
    async fn tsas(&self, named: &[String]) -> Result<Vec<Tsa>, Failure> {
        if !named.is_empty() {
            return named.iter().map(|url| plain(url)).collect();
        }
        let configured = self.config().tsas.clone();
        self.blocking(move || configured.iter().map(of_config).collect()).await
    }
}

fn plain(url: &str) -> Result<Tsa, Failure> {
    Ok(Tsa {
        url: Url::parse(url)?,
        policy: None,
        authorization: None,
        client: Arc::new(Client::new(HashSet::new(), Vec::new(), None)),
        quota: None,
        deadline: DEADLINE,
    })
}

fn of_config(one: &config::Tsa) -> Result<Tsa, Failure> {
    let identity = match &one.client {
        Some((chain, key)) => {
            let key = zeroize::Zeroizing::new(small_file(key, MAX_PEM_BYTES)?);
            Some(ClientIdentity::from_pem(&small_file(chain, MAX_PEM_BYTES)?, &key)?)
        }
        None => None,
    };
    let authorization = match &one.login {
        None => None,
        Some(TsaLogin::Basic(user, file)) => Some(Authorization::Basic {
            user: user.clone(),
            password: key(file)?,
        }),
        Some(TsaLogin::Bearer(file)) => Some(Authorization::Bearer(key(file)?)),
    };
    // Its shape was checked; its numbers may still be beyond what an identifier holds.
    let policy = one.policy.as_deref().map(ObjectIdentifier::new).transpose();
    let policy = policy.map_err(|_| Failure::new(FailureKind::Invalid, "tsa_malformed").with("part", "policy"))?;
    Ok(Tsa {
        policy,
        authorization,
        client: Arc::new(Client::new(HashSet::new(), Vec::new(), identity)),
        quota: one.quota.map(|(requests, window_ms)| Quota {
            requests: usize::try_from(requests).unwrap_or(usize::MAX),
            window: Duration::from_millis(window_ms),
        }),
        deadline: Duration::from_millis(one.deadline_ms),
        ..plain(&one.url)?
    })
}

fn key(file: &Path) -> Result<ApiKey, Failure> {
    let mut bytes = small_file(file, MAX_SECRET_BYTES)?;
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    ApiKey::new(bytes).ok_or_else(|| Failure::new(FailureKind::Invalid, "password_too_long"))
}
