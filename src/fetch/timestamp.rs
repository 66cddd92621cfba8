//! A timestamp from the first TSA that gives a good one: in order, within quotas, each with its own deadline.

use super::budget::{Memory, Quota};
use super::{Attempt, Cause, Error};
use crate::clock::Timestamp;
use crate::der::ObjectIdentifier;
use crate::net::{Authorization, Body, Client, Limits, Request, Source, Url};
use crate::tsa::{self, Checked, Expected, Imprint, NONCE_BYTES, Query};
use std::collections::BTreeSet;
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
    /// With its client certificate where it wants one.
    pub client: Arc<Client>,
    /// How often it may be asked.
    pub quota: Option<Quota>,
    /// From the first look-up to the last byte.
    pub deadline: Duration,
}

/// What is to be stamped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The digest.
    pub imprint: Imprint,
    /// SHA-256 of the certificates of accredited TSAs (認定), when no other may be used.
    pub accredited: Option<BTreeSet<[u8; 32]>>,
}

/// A timestamp and who gave it.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// The token, checked; its path is not.
    pub checked: Checked,
    /// Host and port of the TSA.
    pub tsa: String,
    /// Those that were to be asked before it, and why they gave none.
    pub failed: Vec<Attempt>,
}

/// Asks the TSAs in order until one gives a token that passes every check. `now`: when this call begins; `memory` is brought up to date in any case,
/// also when the future is dropped half-way.
///
/// # Errors
/// [`Error::NoTsa`], [`Error::NoAccredited`], [`Error::NoTimestamp`].
pub async fn timestamp(tsas: &[Tsa], demand: &Demand, memory: &mut Memory, now: Timestamp) -> Result<Stamped, Error> {
    if tsas.is_empty() {
        return Err(Error::NoTsa);
    }
    if demand.accredited.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(Error::NoAccredited);
    }
    let begun = Instant::now();
    let mut failed = Vec::new();
    for one in tsas {
        let budget = memory.entry(one.url.to_string()).or_default();
        let taken = budget.take(one.quota, now.plus(begun.elapsed()));
        let result = match taken {
            Err(cause) => Err(cause),
            Ok(()) => {
                // Whoever drops this future has not got a token: a failure until the answer is there.
                budget.failed(now.plus(begun.elapsed()));
                let result = ask(one, demand).await;
                if result.is_ok() {
                    budget.succeeded();
                }
                result
            }
        };
        let tsa = one.url.place().to_string();
        match result {
            Ok(checked) => return Ok(Stamped { checked, tsa, failed }),
            Err(cause) => failed.push(Attempt { tsa, cause }),
        }
    }
    Err(Error::NoTimestamp(failed))
}

async fn ask(one: &Tsa, demand: &Demand) -> Result<Checked, Cause> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| Cause::Token(tsa::Error::Malformed("nonce")))?;
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
    let accredited = demand.accredited.as_ref();
    if accredited.is_some_and(|list| !list.contains(checked.certificate.sha256())) {
        return Err(Cause::NotAccredited);
    }
    Ok(checked)
}
