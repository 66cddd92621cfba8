//! Revocation data for a path, from the addresses that its certificates name: OCSP before CRL, within limits, through a cache.
//!
//! The addresses are found, not configured: they may not lead into a private network. What comes back is judged by
//! [`crate::trust::revocation`] alone; a failure is told and never taken for "not revoked".

use super::cache::{RevocationCache, answer_key};
use super::found::{self, Requests};
use crate::clock::Timestamp;
use crate::der::Certificate;
use crate::net::{self, Body, Limits};
use crate::text::Explain;
use crate::trust::path::Path;
use crate::trust::revocation::{self, Evidence, Freshness, Link, Status};
use crate::trust::{self, Anchors, Checks, Crl, MAX_CRL_BYTES, MAX_OCSP_BYTES, OcspAnswer, Use, ocsp};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

const OCSP_DEADLINE: Duration = Duration::from_secs(10);
const CRL_DEADLINE: Duration = Duration::from_secs(60);
const NONCE_BYTES: usize = 16;

/// How often the links are looked at again: a responder's own certificate, and its issuer's.
const MAX_ROUNDS: usize = 3;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct RevocationDemand<'a> {
    /// The path whose certificates are in question.
    pub path: &'a Path,
    /// The moment in question.
    pub at: Timestamp,
    /// How fresh the data must be.
    pub freshness: Freshness,
    /// Certificates at hand.
    pub certificates: &'a [Certificate],
    /// Whom the organisation trusts.
    pub anchors: &'a Anchors,
    /// Whose anchors vouch for the path.
    pub anchors_for: Use,
    /// What judging it may cost.
    pub checks: &'a Checks,
}

/// What was found.
#[derive(Clone, Default, Debug)]
pub struct Collected {
    /// OCSP answers, those handed in first.
    pub answers: Vec<OcspAnswer>,
    /// CRLs, those handed in first.
    pub crls: Vec<Crl>,
    /// What is known about each certificate with them.
    pub links: Vec<Link>,
    /// Addresses that gave nothing, with the reason.
    pub failed: Vec<Failed>,
}

/// An address in a certificate, and why it gave nothing.
pub type Failed = (String, RevocationCause);

/// Why an address gave nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RevocationCause {
    /// The request.
    Net(net::Error),
    /// Another HTTP status than 200.
    Status(u16),
    /// What came back.
    Data(trust::Error),
    /// The answer repeats another question's nonce.
    Nonce,
    /// Not asked any more: [`super::MAX_REQUESTS`], or the time is over.
    TooMany,
}

impl fmt::Display for RevocationCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(error) => f.write_str(error.code()),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Data(error) => f.write_str(error.code()),
            Self::Nonce => f.write_str("another nonce"),
            Self::TooMany => f.write_str("not asked any more"),
        }
    }
}

/// Fetches what is missing for every certificate of the path and for the responders that speak for them. `known` is data at hand; it is
/// used first. Never fails as a whole: what is missing is in the links.
pub async fn revocation(
    requests: &mut Requests<'_>,
    demand: &RevocationDemand<'_>,
    known: (Vec<OcspAnswer>, Vec<Crl>),
    cache: &mut RevocationCache,
    now: Timestamp,
) -> Collected {
    let mut collector = Collector {
        requests,
        demand,
        cache,
        now,
        asked: BTreeSet::new(),
        found: Collected {
            answers: known.0,
            crls: known.1,
            ..Collected::default()
        },
    };
    for _ in 0..MAX_ROUNDS {
        let open = collector.open();
        if open.is_empty() {
            break;
        }
        for link in open {
            collector.asked.insert(*link.certificate.sha256());
            collector.ask(&link).await;
        }
    }
    collector.found.links = collector.links();
    collector.found
}

struct Collector<'a, 'c> {
    requests: &'a mut Requests<'c>,
    demand: &'a RevocationDemand<'a>,
    cache: &'a mut RevocationCache,
    now: Timestamp,
    asked: BTreeSet<[u8; 32]>,
    found: Collected,
}

impl Collector<'_, '_> {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            crls: &self.found.crls,
            answers: &self.found.answers,
            certificates: self.demand.certificates,
            anchors: self.demand.anchors,
            anchors_for: self.demand.anchors_for,
            freshness: self.demand.freshness,
            checks: self.demand.checks,
        }
    }

    fn links(&self) -> Vec<Link> {
        revocation::judge_path(self.demand.path, &self.evidence(), self.demand.at)
    }

    fn open(&self) -> Vec<Link> {
        let is_open =
            |link: &Link| matches!(link.status, Status::Unknown(_)) && !self.asked.contains(link.certificate.sha256());
        self.links().into_iter().filter(is_open).collect()
    }

    fn is_answered(&self, link: &Link) -> bool {
        let status = revocation::judge(&link.certificate, &link.issuer, &self.evidence(), self.demand.at);
        !matches!(status, Status::Unknown(_))
    }

    async fn ask(&mut self, link: &Link) {
        let extensions = link.certificate.extensions();
        for address in found::first(&extensions.ocsp_urls) {
            match self.answer(&address, link).await {
                Ok(answer) => self.found.answers.push(answer),
                Err(cause) => self.found.failed.push((address, cause)),
            }
            if self.is_answered(link) {
                return;
            }
        }
        for address in found::first(&extensions.crl_urls) {
            match self.list(&address).await {
                Ok(crl) if self.found.crls.contains(&crl) => {}
                Ok(crl) => self.found.crls.push(crl),
                Err(cause) => self.found.failed.push((address, cause)),
            }
            if self.is_answered(link) {
                return;
            }
        }
    }

    async fn answer(&mut self, address: &str, link: &Link) -> Result<OcspAnswer, RevocationCause> {
        let key = answer_key(address, &link.certificate);
        let cached = self
            .cache
            .get(&key, self.now)
            .and_then(|der| OcspAnswer::parse(der).ok());
        // An answer from before the moment may be what left the question open.
        let from = self
            .demand
            .freshness
            .issued_from(self.demand.at)
            .unwrap_or(self.demand.at);
        if let Some(answer) = cached.filter(|answer| answer.produced_at() >= from) {
            return Ok(answer);
        }
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| RevocationCause::Nonce)?;
        let body = Body {
            content_type: "application/ocsp-request",
            bytes: ocsp::request(&link.certificate, &link.issuer, Some(&nonce)),
        };
        let limits = Limits {
            deadline: OCSP_DEADLINE,
            max_body_bytes: MAX_OCSP_BYTES,
            max_redirects: 0,
        };
        let accept = "application/ocsp-response";
        let der = self.requests.send(address, Some(body), accept, limits).await?;
        let answer = OcspAnswer::parse(&der).map_err(RevocationCause::Data)?;
        // Responders that answer from a store leave the nonce out (RFC 5019, 4); one that repeats another is somebody else's answer.
        if answer.nonce().is_some_and(|repeated| repeated != nonce) {
            return Err(RevocationCause::Nonce);
        }
        self.cache.put(key, &der, answer.next_update());
        Ok(answer)
    }

    async fn list(&mut self, address: &str) -> Result<Crl, RevocationCause> {
        let cached = self.cache.get(address, self.now).and_then(|der| Crl::parse(der).ok());
        let from = self.demand.freshness.issued_from(self.demand.at);
        if let Some(crl) = cached.filter(|crl| from.is_none_or(|from| crl.this_update() >= from)) {
            return Ok(crl);
        }
        let limits = Limits {
            deadline: CRL_DEADLINE,
            max_body_bytes: MAX_CRL_BYTES,
            max_redirects: 3,
        };
        let der = self
            .requests
            .send(address, None, "application/pkix-crl", limits)
            .await?;
        let crl = Crl::parse(&der).map_err(RevocationCause::Data)?;
        self.cache.put(address.to_owned(), &der, crl.next_update());
        Ok(crl)
    }
}
