//! Validation data for certificates: paths to the anchors, then OCSP answers and CRLs for every certificate on them and for the responders that speak
//! about them. What is at hand is used first, what is missing is fetched through a cache that the state folder keeps.
//!
//! Nothing is trusted because it was fetched: [`crate::trust`] judges every piece. What stays missing is named for each certificate.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use super::App;
use super::failure::Failure;
use crate::clock::Timestamp;
use crate::der::Certificate;
use crate::fetch::{self, Failed, Requests, RevocationCache, RevocationDemand};
use crate::net::{Client, HostPort};
use crate::pdf::dss::Dss;
use crate::store::StoreError;
use crate::trust::path::{self, Path, Purpose, Rules};
use crate::trust::revocation::{self, Evidence, Freshness, Link, Status};
use crate::trust::{Anchors, Checks, Crl, Finding, OcspAnswer, Reason, Use, Why};
pub use crate::verify::judge::Pieces;

/// What all requests of one collection may take together.
pub(super) const FETCHING: Duration = Duration::from_secs(120);
/// What judging the pieces may take beyond that.
pub(super) const JUDGING: Duration = Duration::from_secs(60);
/// Most paths of one certificate that are tried: another one may do where data for the first is missing.
const MAX_PATHS: usize = 3;

/// A certificate whose evidence is wanted.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The signer's, or a TSA's.
    pub certificate: Certificate,
    /// [`Use::Signers`] or [`Use::TimestampAuthorities`].
    pub use_: Use,
    /// The moment in question.
    pub at: Timestamp,
    /// Which data is fresh enough for it.
    pub freshness: Freshness,
}

/// What was gathered.
#[derive(Clone, Default, Debug)]
pub struct Gathered {
    /// What the chains need and nothing else: it belongs into the document's DSS.
    pub needed: Pieces,
    /// What is missing or speaks against a chain, for each certificate; empty when the evidence is complete.
    pub missing: Vec<Finding>,
    /// Whether that may still come.
    pub outlook: Outlook,
}

/// Whether evidence that is missing may still come. Of several the last in this order counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Outlook {
    /// Nothing is missing.
    #[default]
    Whole,
    /// Data was given that was issued too early: what is issued next will do.
    NotYet,
    /// A later try may succeed.
    Perhaps,
    /// It can never be had: nobody gives it to us, or what is known speaks against the certificate.
    Never,
}

impl Outlook {
    fn of(link: &Link, now: Timestamp) -> Self {
        let why = match &link.status {
            Status::Good(_) => return Self::Whole,
            // A hold may be lifted.
            Status::Revoked { reason, .. } if *reason == Some(Reason::HOLD) => return Self::Perhaps,
            Status::Revoked { .. } => return Self::Never,
            Status::Unknown(why) => *why,
        };
        let extensions = link.certificate.extensions();
        let is_nowhere = extensions.ocsp_urls.is_empty() && extensions.crl_urls.is_empty();
        match why {
            // Lists forget a certificate that has ended.
            Why::TooEarly if link.certificate.not_after() >= now => Self::NotYet,
            Why::TooEarly | Why::Closed | Why::AfterExpiry => Self::Never,
            Why::Missing | Why::NotHad if is_nowhere => Self::Never,
            Why::Missing
            | Why::NotHad
            | Why::Ended
            | Why::OutOfScope
            | Why::CriticalExtension
            | Why::Untrusted
            | Why::NotKnownThere
            | Why::Stale => Self::Perhaps,
        }
    }

    /// Without a path: an issuer or an anchor may still be found or named.
    fn without_path(findings: &[Finding]) -> Self {
        match findings.iter().any(|one| matches!(one, Finding::IssuerMissing { .. })) {
            true => Self::Perhaps,
            false => Self::Never,
        }
    }
}

impl Pieces {
    /// As they stand in a DSS.
    pub(crate) fn to_dss(&self) -> Dss {
        Dss {
            certificates: self.certificates.iter().map(|c| c.der().to_vec()).collect(),
            ocsps: self.answers.iter().map(|a| a.der().to_vec()).collect(),
            crls: self.crls.iter().map(|c| c.der().to_vec()).collect(),
        }
    }

    fn take_certificate(&mut self, certificate: &Certificate) {
        if !self.certificates.contains(certificate) {
            self.certificates.push(certificate.clone());
        }
    }

    fn take_answer(&mut self, answer: &OcspAnswer) {
        if !self.answers.contains(answer) {
            self.answers.push(answer.clone());
        }
    }

    fn take_crl(&mut self, crl: &Crl) {
        if !self.crls.contains(crl) {
            self.crls.push(crl.clone());
        }
    }

    /// Takes what the other has, each piece once.
    pub(crate) fn extend(&mut self, other: &Self) {
        let mut known: HashSet<[u8; 32]> = self.certificates.iter().map(|one| *one.sha256()).collect();
        let news = other.certificates.iter().filter(|one| known.insert(*one.sha256()));
        self.certificates.extend(news.cloned());
        let mut known: HashSet<[u8; 32]> = self.answers.iter().map(|one| *one.sha256()).collect();
        let news = other.answers.iter().filter(|one| known.insert(*one.sha256()));
        self.answers.extend(news.cloned());
        let mut known: HashSet<[u8; 32]> = self.crls.iter().map(|one| *one.sha256()).collect();
        let news = other.crls.iter().filter(|one| known.insert(*one.sha256()));
        self.crls.extend(news.cloned());
    }
}

impl App {
    /// Gathers the evidence for `subjects`. `known`: pieces at hand; `places`: private places that addresses in certificates may lead to.
    ///
    /// # Errors
    /// What the state refused. Whatever cannot be had is in [`Gathered::missing`].
    pub async fn collect(
        &self,
        subjects: &[Subject],
        known: &Pieces,
        anchors: &Anchors,
        places: HashSet<HostPort>,
    ) -> Result<Gathered, Failure> {
        let client = Client::new(places, Vec::new(), None);
        let now = self.now();
        let mut keys = Vec::new();
        for subject in subjects {
            let below = [&subject.certificate].into_iter().chain(&known.certificates);
            keys.extend(below.flat_map(|one| one.extensions().issuer_urls.clone()));
        }
        let mut cache = RevocationCache::default();
        self.store().load_fetched(&keys, &mut cache, now).await?;
        let until = Instant::now() + FETCHING;
        let (mut requests, checks) = (Requests::new(&client, until), Checks::until(until + JUDGING));
        let mut collector = Collector::new(&mut requests, &checks, anchors, known, now);
        for subject in subjects {
            let paths = collector.paths(subject, &mut cache).await;
            let keys: Vec<String> = paths.iter().flatten().flat_map(RevocationCache::keys).collect();
            self.store().load_fetched(&keys, &mut cache, now).await?;
            collector.subject(subject, paths, &mut cache).await;
        }
        let gathered = collector.end();
        self.keep(&cache, now).await?;
        Ok(gathered)
    }

    async fn keep(&self, cache: &RevocationCache, now: Timestamp) -> Result<(), Failure> {
        let news: Vec<(String, Vec<u8>, Timestamp)> = cache
            .news()
            .map(|(key, der, until)| (key.to_owned(), der.to_vec(), until))
            .collect();
        if news.is_empty() {
            return Ok(());
        }
        let kept = self.store().write(move |tx| {
            Box::pin(async move {
                for (key, der, until) in &news {
                    tx.keep_fetched((key, der, *until), now).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        Ok(kept.await?)
    }
}

/// Gathers without a state and gives everything at hand afterwards, also what speaks against a certificate, and the addresses that gave nothing; what is
/// fetched is kept in `cache` for as long as the caller keeps that.
pub async fn gather(
    (requests, checks): (&mut Requests<'_>, &Checks),
    subjects: &[Subject],
    known: &Pieces,
    anchors: &Anchors,
    (cache, now): (&mut RevocationCache, Timestamp),
) -> (Pieces, Vec<Failed>) {
    let mut collector = Collector::new(requests, checks, anchors, known, now);
    for subject in subjects {
        let paths = collector.paths(subject, cache).await;
        collector.subject(subject, paths, cache).await;
    }
    (collector.known, collector.failed)
}

/// The private places that addresses in certificates may lead to: `HOST:PORT`, the configured ones and more.
///
/// # Errors
/// `net_address`.
pub(super) fn places(configured: &BTreeSet<String>, more: &[String]) -> Result<HashSet<HostPort>, Failure> {
    let places = configured.iter().chain(more).map(|place| HostPort::parse(place));
    Ok(places.collect::<Result<_, _>>()?)
}

struct Collector<'a, 'c> {
    requests: &'a mut Requests<'c>,
    checks: &'a Checks,
    anchors: &'a Anchors,
    /// At hand, and what was fetched for the subjects so far.
    known: Pieces,
    now: Timestamp,
    gathered: Gathered,
    failed: Vec<Failed>,
}

impl<'a, 'c> Collector<'a, 'c> {
    fn new(
        requests: &'a mut Requests<'c>,
        checks: &'a Checks,
        anchors: &'a Anchors,
        known: &Pieces,
        now: Timestamp,
    ) -> Self {
        Self {
            requests,
            checks,
            anchors,
            known: known.clone(),
            now,
            failed: Vec::new(),
            gathered: Gathered::default(),
        }
    }

    /// What was gathered; not whole when something was not looked at.
    fn end(mut self) -> Gathered {
        if self.checks.have_ended() {
            self.miss(Outlook::Perhaps, vec![Finding::ChecksEnded]);
        }
        self.gathered
    }

    /// Notes addresses that gave nothing, each once.
    fn note(&mut self, failed: Vec<Failed>) {
        for one in failed {
            if !self.failed.contains(&one) {
                let (address, cause) = &one;
                log::warn!(code = "revocation_not_fetched", address = address.as_str(), cause:%; "an address in a certificate gave no issuer or revocation data");
                self.failed.push(one);
            }
        }
    }

    /// The valid paths of a subject, or what stands against the best of the others.
    async fn paths(&mut self, subject: &Subject, cache: &mut RevocationCache) -> Result<Vec<Path>, Vec<Finding>> {
        let purpose = match subject.use_ {
            Use::TimestampAuthorities => Purpose::TimestampAuthority,
            Use::Signers | Use::Responders => Purpose::Signer,
        };
        let rules = Rules::new(subject.at, purpose, subject.use_);
        let find = |pool: &[Certificate]| path::find_all(&subject.certificate, pool, self.anchors, &rules, self.checks);
        let mut found = find(&self.known.certificates);
        if found.valid.is_empty() {
            let trusted = (self.anchors, subject.use_);
            let known = (cache, self.now);
            let pool = &mut self.known.certificates;
            let requests = &mut *self.requests;
            let failed = fetch::issuers(requests, &subject.certificate, pool, trusted, known, self.checks).await;
            self.note(failed);
            found = find(&self.known.certificates);
        }
        found.valid.truncate(MAX_PATHS);
        if found.valid.is_empty() {
            Err(found.findings)
        } else {
            Ok(found.valid)
        }
    }

    /// Gathers for the first path whose evidence is complete, else for the one with the fewest holes.
    async fn subject(
        &mut self,
        subject: &Subject,
        paths: Result<Vec<Path>, Vec<Finding>>,
        cache: &mut RevocationCache,
    ) {
        let paths = match paths {
            Ok(paths) => paths,
            Err(findings) => return self.miss(Outlook::without_path(&findings), findings),
        };
        let mut best: Option<(Path, Vec<Link>)> = None;
        for path in paths {
            let links = self.ask(subject, &path, cache).await;
            let holes = |links: &[Link]| revocation::findings(links).len();
            let open = holes(&links);
            if best.as_ref().is_none_or(|(_, found)| open < holes(found)) {
                best = Some((path, links));
            }
            if open == 0 {
                break;
            }
        }
        if let Some((path, links)) = best {
            self.take(subject, &path, &links);
            let outlook = links.iter().map(|link| Outlook::of(link, self.now)).max();
            self.miss(outlook.unwrap_or_default(), revocation::findings(&links));
        }
    }

    async fn ask(&mut self, subject: &Subject, path: &Path, cache: &mut RevocationCache) -> Vec<Link> {
        let demand = RevocationDemand {
            path,
            at: subject.at,
            freshness: subject.freshness,
            certificates: &self.known.certificates,
            anchors: self.anchors,
            anchors_for: subject.use_,
            checks: self.checks,
        };
        let known = (self.known.answers.clone(), self.known.crls.clone());
        let found = fetch::revocation(self.requests, &demand, known, cache, self.now).await;
        self.known.answers = found.answers;
        self.known.crls = found.crls;
        self.note(found.failed);
        found.links
    }

    /// Takes what shows that the certificates of the path were good, and the certificates themselves.
    fn take(&mut self, subject: &Subject, path: &Path, links: &[Link]) {
        let needed = &mut self.gathered.needed;
        path.certificates().iter().for_each(|one| needed.take_certificate(one));
        for link in links {
            let Status::Good(proof) = &link.status else { continue };
            match proof.is_ocsp {
                true => needed.take_answer(&self.known.answers[proof.index]),
                false => needed.take_crl(&self.known.crls[proof.index]),
            }
            if proof.signer != link.issuer {
                needed.take_certificate(&proof.signer);
            }
        }
        // Lists that speak about some reasons for a revocation say "good" only together: then all of them are needed.
        let holes = |needed: &Pieces| {
            let evidence = Evidence {
                crls: &needed.crls,
                answers: &needed.answers,
                certificates: &self.known.certificates,
                anchors: self.anchors,
                anchors_for: subject.use_,
                freshness: subject.freshness,
                checks: self.checks,
            };
            revocation::findings(&revocation::judge_path(path, &evidence, subject.at)).len()
        };
        if holes(needed) > revocation::findings(links).len() {
            self.known.crls.iter().for_each(|crl| needed.take_crl(crl));
        }
    }

    fn miss(&mut self, outlook: Outlook, findings: Vec<Finding>) {
        self.gathered.outlook = self.gathered.outlook.max(outlook);
        for finding in findings {
            if !self.gathered.missing.contains(&finding) {
                self.gathered.missing.push(finding);
            }
        }
    }
}
