//! A timestamp from the first TSA that gives a good one: in order, within quotas, each with its own deadline.

use super::budget::{Quota, Turn};
use super::cache::RevocationCache;
use super::found::Requests;
use super::issuers::issuers;
use super::{Attempt, Cause, Error};
use crate::clock::Timestamp;
use crate::der::{Certificate, ObjectIdentifier};
use crate::net::{Authorization, Body, Client, Limits, Request, Source, Url};
use crate::trust::path::{self, Rules};
use crate::trust::{Anchors, Checks, Finding, Use};
use crate::tsa::{self, Checked, Expected, Imprint, NONCE_BYTES, Query};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One TSA as it is configured.
pub struct Tsa {
    /// Where it answers.
    pub url: Url,
    /// The policy to ask for; `None`: its own choice.
    pub policy: Option<ObjectIdentifier>,
    /// How we show who we are.
    pub authorization: Option<Authorization>,
    /// With its client certificate where it wants one. Nobody else sees that.
    pub client: Arc<Client>,
    /// For the issuers of its certificate, where a token leaves them out.
    pub issuers: Arc<Client>,
    /// How often it may be asked.
    pub quota: Option<Quota>,
    /// From the first look-up to the last byte.
    pub deadline: Duration,
}

/// What is to be stamped, and what a token must be to serve.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The digest.
    pub imprint: Imprint,
    /// What ties the answer to the question of whoever asks through us; `None`: a random one of our own for each TSA.
    pub nonce: Option<[u8; NONCE_BYTES]>,
    /// SHA-256 of the certificates of accredited TSAs (認定), when no other may be used.
    pub accredited: Option<BTreeSet<[u8; 32]>>,
    /// Whom the organisation trusts: the TSA's certificate must lead there at the time of the token. `None`: nobody is configured, and nothing is asked.
    pub anchors: Option<Arc<Anchors>>,
    /// How far the token's time may be from ours.
    pub clock_tolerance: Duration,
}

/// A timestamp and who gave it.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// The token, checked.
    pub checked: Checked,
    /// Certificates above the TSA's: those in the token, and those that had to be fetched.
    pub issuers: Vec<Certificate>,
    /// Host and port of the TSA.
    pub tsa: String,
    /// Those that were to be asked before it, and why they gave none.
    pub failed: Vec<Attempt>,
}

/// The answer of a [`Remember`].
pub type Answered<'r> = Pin<Box<dyn Future<Output = Result<(), Cause>> + Send + 'r>>;

/// Notes a turn of a TSA with [`super::Budget::note`] where it outlasts the process, and tells whether the TSA may be asked. Requests at the same time share
/// what is remembered, so nothing may be held from one turn to the next.
pub type Remember<'r> = dyn Fn(&'r Tsa, Turn) -> Answered<'r> + Send + Sync + 'r;

/// Asks the TSAs in order until one gives a token that passes every check. A request is taken out of the TSA's budget before it is sent.
///
/// # Errors
/// [`Error::NoTsa`], [`Error::NoAccredited`], [`Error::NoTimestamp`].
pub async fn timestamp<'r>(
    tsas: &'r [Tsa],
    demand: &Demand,
    remember: &Remember<'r>,
    now: Timestamp,
) -> Result<Stamped, Error> {
    if tsas.is_empty() {
        return Err(Error::NoTsa);
    }
    if demand.accredited.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(Error::NoAccredited);
    }
    let asked = Instant::now();
    let mut failed = Vec::new();
    for one in tsas {
        let tsa = one.url.place().to_string();
        let cause = match remember(one, Turn::Take).await {
            Err(cause) => cause,
            Ok(()) => match ask(one, demand, (now, asked)).await {
                Ok((checked, issuers)) => {
                    // The token is good whether or not that can be remembered.
                    let _ = remember(one, Turn::Good(checked.token.len())).await;
                    return Ok(Stamped {
                        checked,
                        issuers,
                        tsa,
                        failed,
                    });
                }
                Err(cause) => {
                    // It is told in any case; what could not be remembered costs another request at most.
                    let _ = remember(one, Turn::Bad).await;
                    cause
                }
            },
        };
        failed.push(Attempt { tsa, cause });
    }
    Err(Error::NoTimestamp(failed))
}

async fn ask(
    one: &Tsa,
    demand: &Demand,
    (now, asked): (Timestamp, Instant),
) -> Result<(Checked, Vec<Certificate>), Cause> {
    let mut nonce = demand.nonce.unwrap_or_default();
    if demand.nonce.is_none() {
        getrandom::fill(&mut nonce).map_err(|_| Cause::Token(tsa::Error::Malformed("nonce")))?;
    }
    let query = Query {
        imprint: demand.imprint.clone(),
        nonce,
        policy: one.policy,
    };
    let request = Request {
        url: one.url.clone(),
        source: Source::Configured,
        body: Some(Body {
            content_type: tsa::QUERY_TYPE,
            bytes: query.to_der().map_err(Cause::Token)?,
        }),
        accept: tsa::REPLY_TYPE,
        authorization: one.authorization.as_ref(),
        limits: Limits {
            deadline: one.deadline,
            max_body_bytes: tsa::MAX_REPLY_BYTES,
            max_redirects: 0,
        },
    };
    let begun = Instant::now();
    let answer = one.client.send(request).await.map_err(Cause::Net)?;
    if answer.status != 200 {
        return Err(Cause::Status(answer.status));
    }
    let expected = Expected {
        imprint: query.imprint,
        nonce: Some(nonce),
        policy: one.policy,
    };
    let token = tsa::read_reply(&answer.bytes).map_err(Cause::Token)?;
    let checked = tsa::check(&token, &expected).map_err(Cause::Token)?;
    let (says, ours) = (checked.info.time, now.plus(begun.duration_since(asked)));
    if says > ours.plus(begun.elapsed() + demand.clock_tolerance) || ours > says.plus(demand.clock_tolerance) {
        return Err(Cause::Clock { says, ours });
    }
    let accredited = demand.accredited.as_ref();
    if accredited.is_some_and(|list| !list.contains(checked.certificate.sha256())) {
        return Err(Cause::NotAccredited);
    }
    let issuers = match &demand.anchors {
        None => checked.others.clone(),
        Some(anchors) => trusted(one, &checked, anchors, begun + one.deadline, now).await?,
    };
    Ok((checked, issuers))
}

/// Whether the TSA's certificate leads to an anchor at the time of the token (RFC 3161, 2.3). A token may leave out what stands above that certificate;
/// then it is fetched.
async fn trusted(
    one: &Tsa,
    checked: &Checked,
    anchors: &Anchors,
    until: Instant,
    now: Timestamp,
) -> Result<Vec<Certificate>, Cause> {
    let rules = Rules::timestamp_authority(checked.info.time);
    let mut pool = checked.others.clone();
    let find = |pool: &[Certificate]| path::find(&checked.certificate, pool, anchors, &rules);
    let missing = |finding: &Finding| matches!(finding, Finding::IssuerMissing { .. });
    let mut found = find(&pool);
    if found.as_ref().is_err_and(|findings| findings.iter().any(missing)) {
        let trusted = (anchors, Use::TimestampAuthorities);
        let mut cache = RevocationCache::default();
        let known = (&mut cache, now);
        let mut requests = Requests::new(&one.issuers, until);
        let checks = Checks::default();
        // What stays missing is what the path lacks.
        issuers(&mut requests, &checked.certificate, &mut pool, trusted, known, &checks).await;
        found = find(&pool);
    }
    found.map(|_| pool).map_err(Cause::Untrusted)
}
