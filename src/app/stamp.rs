//! A timestamp for a signature that the token has made: after the token is closed, before the file is written.
//!
//! Without a good token there is no file: nothing here takes another time, and a lower level is never passed off as the one that was asked for. Where no
//! authority for timestamps is trusted and none is listed, a token's path cannot be checked; that is said with every level that rests on it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::desk::{Level, Revocation};
use super::draft::small_file;
use super::extend::{Sources, Supply};
use super::failure::{Failure, FailureKind};
use super::signing::Sealed;
use crate::cms::{self, SignedData};
use crate::config::{self, TsaLogin};
use crate::der::{DigestAlgorithm, ObjectIdentifier};
use crate::fetch::{self, Answered, Cause, Demand, Quota, Stamped, Tsa, Turn};
use crate::net::{Authorization, Client, ClientIdentity, HostPort, Url};
use crate::secret::{ApiKey, MAX_SECRET_BYTES};
use crate::store::StoreError;
use crate::text::Explain;
use crate::trust::Use;
use crate::trust::revocation::Freshness;
use crate::tsa::{Imprint, NONCE_BYTES};

/// How long a TSA without a setting of its own may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// Room for a token of a TSA that never gave one: known ones with their chains take 1.5 to 6 KiB.
const UNMEASURED_TOKEN_BYTES: usize = 8 * 1024;
/// Bytes of a client certificate's or key's file.
const MAX_PEM_BYTES: usize = 64 * 1024;

impl App {
    /// Whether timestamps can be asked for at all: TSAs that are named rightly and whose secrets can be read.
    ///
    /// # Errors
    /// `fetch_no_tsa`, `net_address`, or a file that cannot be read.
    pub(super) async fn check_tsas(&self, named: &[String]) -> Result<(), Failure> {
        match self.tsas(named, &HashSet::new()).await?.is_empty() {
            true => Err(fetch::Error::NoTsa.into()),
            false => Ok(()),
        }
    }

    /// A timestamp over `imprint`. Where anchors for TSAs are known, the TSA's certificate must lead to one of them.
    ///
    /// # Errors
    /// `fetch_no_timestamp` and what [`App::check_tsas`] finds.
    pub(crate) async fn timestamp(&self, imprint: Imprint, supply: &Supply) -> Result<Stamped, Failure> {
        self.timestamp_with(imprint, None, supply).await
    }

    /// The same for somebody with a nonce of their own (RFC 3161, 2.4.1).
    ///
    /// # Errors
    /// As [`App::timestamp`].
    pub(crate) async fn timestamp_with(
        &self,
        imprint: Imprint,
        nonce: Option<[u8; NONCE_BYTES]>,
        supply: &Supply,
    ) -> Result<Stamped, Failure> {
        let settings = &self.config().timestamp;
        let knows_authorities = supply.anchors.of(Use::TimestampAuthorities).next().is_some();
        if self.trusts_any_tsa(supply) {
            log::warn!(code = "tsa_unchecked"; "no authority for timestamps is trusted: whose timestamp is taken is not checked");
        }
        let demand = Demand {
            imprint,
            nonce,
            accredited: settings.accredited_only.then(|| settings.accredited.clone()),
            anchors: knows_authorities.then(|| supply.anchors.clone()),
            clock_tolerance: Duration::from_millis(settings.clock_tolerance_ms),
        };
        let tsas = self.tsas(&supply.tsas, &supply.places).await?;
        let remember = |one, turn| -> Answered<'_> { Box::pin(self.note_turn(one, turn)) };
        let stamped = fetch::timestamp(&tsas, &demand, &remember, self.now()).await?;
        for attempt in &stamped.failed {
            let cause = attempt.to_string();
            log::warn!(code = "tsa_failed", tsa = attempt.tsa, cause; "a TSA gave no timestamp");
        }
        Ok(stamped)
    }

    /// Nothing is there that a TSA's certificate could be checked against: neither anchors nor a list of accredited ones.
    pub(crate) fn trusts_any_tsa(&self, supply: &Supply) -> bool {
        let anchors = supply.anchors.of(Use::TimestampAuthorities).next();
        anchors.is_none() && !self.config().timestamp.accredited_only
    }

    /// A timestamp over somebody's digest, as DER.
    ///
    /// # Errors
    /// As [`App::timestamp`].
    pub async fn timestamp_of(
        &self,
        digest: DigestAlgorithm,
        value: Vec<u8>,
        nonce: Option<[u8; NONCE_BYTES]>,
    ) -> Result<Vec<u8>, Failure> {
        let supply = self.supply(Level::BT, &Sources::default()).await?;
        let imprint = Imprint { digest, value };
        Ok(self.timestamp_with(imprint, nonce, &supply).await?.checked.token)
    }

    /// Notes a turn of a TSA in the state, where other processes see it; what changes nothing is not written.
    async fn note_turn(&self, one: &Tsa, turn: Turn) -> Result<(), Cause> {
        let forgotten = |error: StoreError| Cause::Forgotten(error.code());
        let (url, quota, now) = (one.url.to_string(), one.quota, self.now());
        let mut memory = self.store().tsa_memory().await.map_err(forgotten)?;
        let before = memory.remove(&url).unwrap_or_default();
        let mut after = before.clone();
        let noted = after.note(turn, quota, now);
        if after == before {
            return noted;
        }
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                let mut budget = tx.tsa_budget(&url).await?;
                let noted = budget.note(turn, quota, now);
                tx.remember_tsa(&url, &budget).await?;
                Ok::<_, StoreError>(noted)
            })
        });
        written.await.map_err(forgotten)?
    }

    /// Room in bytes for a token of one of the TSAs: what was measured and a quarter more, or enough for any that is known.
    pub(crate) async fn token_room(&self, named: &[String]) -> Result<usize, Failure> {
        let memory = self.store().tsa_memory().await?;
        let tsas = self.tsas(named, &HashSet::new()).await?;
        let measured = tsas
            .iter()
            .map(|one| memory.get(&one.url.to_string()).map_or(0, |b| b.token_bytes));
        let rooms = measured.map(|bytes| {
            if bytes == 0 {
                UNMEASURED_TOKEN_BYTES
            } else {
                bytes + bytes / 4
            }
        });
        Ok(rooms.max().unwrap_or(UNMEASURED_TOKEN_BYTES))
    }

    /// What may be used as revocation data: as asked, else as configured.
    pub(crate) fn freshness(&self, asked: Option<Revocation>) -> Freshness {
        let evidence = self.config().evidence;
        match (asked, evidence.revocation) {
            (Some(Revocation::Immediate), _) | (None, config::Revocation::Immediate) => Freshness::Current,
            (Some(Revocation::AfterGrace), _) | (None, config::Revocation::AfterGrace) => {
                Freshness::AfterGrace(Duration::from_secs(evidence.grace_hours.saturating_mul(3_600)))
            }
        }
    }

    /// Puts a timestamp into the signature.
    ///
    /// # Errors
    /// As [`App::timestamp`]; `contents_too_small` for a token that is larger than any that was measured: the signature is as it was then.
    pub(super) async fn stamp(&self, sealed: &mut Sealed, supply: &Supply) -> Result<Stamped, Failure> {
        let value = SignedData::parse(&sealed.cms)?.signer()?.signature.clone();
        let imprint = Imprint::of(DigestAlgorithm::Sha256, &value);
        let stamped = self.timestamp(imprint, supply).await?;
        let cms = cms::with_timestamp(&sealed.cms, &stamped.checked.token)?;
        sealed.ready.prepared.put_contents(&cms)?;
        sealed.cms = cms;
        Ok(stamped)
    }

    /// Those named, else those configured, with their secrets as they are now. `places`: private ones that addresses in certificates may lead to.
    async fn tsas(&self, named: &[String], places: &HashSet<HostPort>) -> Result<Vec<Tsa>, Failure> {
        if !named.is_empty() {
            return named.iter().map(|url| plain(url, places)).collect();
        }
        let (configured, places) = (self.config().tsas.clone(), places.clone());
        self.blocking(move || configured.iter().map(|one| of_config(one, &places)).collect())
            .await
    }
}

fn plain(url: &str, places: &HashSet<HostPort>) -> Result<Tsa, Failure> {
    let url = Url::parse(url)?;
    // A TSA's token may send us to its own house and to no other one.
    let own = places.iter().filter(|place| place.host == url.place().host);
    Ok(Tsa {
        policy: None,
        authorization: None,
        client: Arc::new(Client::new(HashSet::new(), Vec::new(), None)),
        issuers: Arc::new(Client::new(own.cloned().collect(), Vec::new(), None)),
        url,
        quota: None,
        deadline: DEADLINE,
    })
}

fn of_config(one: &config::Tsa, places: &HashSet<HostPort>) -> Result<Tsa, Failure> {
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
        ..plain(&one.url, places)?
    })
}

fn key(file: &Path) -> Result<ApiKey, Failure> {
    let mut bytes = small_file(file, MAX_SECRET_BYTES)?;
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    ApiKey::new(bytes).ok_or_else(|| Failure::new(FailureKind::Invalid, "password_too_long"))
}
