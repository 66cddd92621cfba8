//! The judgement of a file's evidence (ETSI EN 319 102-1): one verdict for each signature, the worst of them for the file.
//!
//! Intact, trusted, coverage and changes are kept apart. A signature is judged at the earliest time that trusted timestamps prove for it, without any at the
//! moment of the judgement. Nothing passes without an anchor.

use super::chain::{self, Chain, Question};
use super::changes::{Change, What};
use super::evidence::Signature;
use super::file::Examination;
use super::integrity::{Content, Found};
use super::material::Material;
use super::rules::Rules;
use super::trail::{CLOCK_TOLERANCE, Stamp, Trail};
use super::{Finding, level};
use crate::clock::Timestamp;
use crate::der::{self, Certificate, DigestAlgorithm};
use crate::pdf::tiling;
use crate::trust::algorithms::{self, Weak};
use crate::trust::{self, Anchors, Checks};
use crate::{cms, pdf, tsa};
use serde::Serialize;

pub use super::material::Pieces;
pub use crate::trust::SubIndication;

/// Most signatures of a file whose trust is judged; further ones are open.
pub const MAX_JUDGED: usize = 1_000;

/// Main indication (EN 319 102-1, 5.1.3), best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Verdict {
    /// Everything that was asked is proven.
    TotalPassed,
    /// Something could not be found out.
    Indeterminate,
    /// Proven to be wrong.
    TotalFailed,
}

/// What is demanded about revocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RevocationRule {
    /// Every certificate but the anchor is known not to have been revoked.
    #[default]
    Require,
    /// None is known to have been revoked; what is not known is told.
    IfPresent,
    /// Nothing is asked.
    None,
}

/// What a judgement rests on besides the file.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// Whom the organisation trusts. Without any nothing passes.
    pub anchors: &'a Anchors,
    /// The moment at which the file is judged.
    pub at: Timestamp,
    /// What is demanded about revocation.
    pub revocation: RevocationRule,
    /// Certificates and data that do not stand in the file.
    pub pieces: &'a Pieces,
    /// Whoever could have more data was asked: what is missing is not to be had now.
    pub asked: bool,
    /// What checking certificates and data may cost; the same for every judgement of one file.
    pub checks: &'a Checks,
}

/// How much of the file the signature covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// All of it.
    WholeFile,
    /// All of a revision that others follow.
    WholeRevision,
    /// Less, or nobody knows what.
    Partial,
}

/// One signature or document timestamp, judged.
#[derive(Debug)]
pub struct Judged<'e> {
    /// What was judged.
    pub found: &'e Found,
    /// Its indication.
    pub verdict: Verdict,
    /// And why, unless it passed.
    pub sub_indication: Option<SubIndication>,
    /// Digest and signature value hold, over exactly what a signature must cover.
    pub intact: bool,
    /// Its certificate leads to an anchor, and nothing speaks against that.
    pub trusted: bool,
    /// What it covers.
    pub coverage: Coverage,
    /// Everything that later updates changed, and whether this signature and those before it allow that.
    pub changes: Vec<(&'e Change, bool)>,
    /// The signer's certificate, once the signature value proved it.
    pub certificate: Option<&'e Certificate>,
    /// What is known of that certificate.
    pub chain: Option<Chain>,
    /// The earliest time at which it is proven to have existed.
    pub best_time: Option<Timestamp>,
    /// The timestamps that show when it existed; of a document timestamp, itself.
    pub stamps: Vec<Stamp>,
    /// The level that its evidence reaches.
    pub level: level::Level,
    /// Faults, the decisive one first.
    pub findings: Vec<Finding>,
    /// What decides nothing and is good to know.
    pub notes: Vec<Finding>,
    not_before: Option<Timestamp>,
}

/// A file, judged.
#[derive(Debug)]
pub struct Judgement<'e> {
    /// The worst of its signatures; without any: indeterminate.
    pub verdict: Verdict,
    /// How many revisions it has.
    pub revisions: usize,
    /// Oldest first.
    pub signatures: Vec<Judged<'e>>,
    /// What concerns the file and no signature of it alone.
    pub problems: Vec<Finding>,
    /// Chains about which more could be found out.
    pub open: Vec<Chain>,
}

/// A signature by itself: what needs no trust.
pub(super) struct Checked<'e> {
    pub(super) found: &'e Found,
    /// The signer's certificate, once the signature value proved it.
    pub(super) certificate: Option<&'e Certificate>,
    pub(super) changes: Vec<(&'e Change, bool)>,
    pub(super) findings: Vec<Finding>,
}

impl Examination<'_> {
    /// Judges the file. `digests`: the answers to [`Examination::requests`], in their order.
    pub fn judge(&self, digests: &[Option<Vec<u8>>], basis: &Basis<'_>) -> Judgement<'_> {
        let checked: Vec<Checked<'_>> = (0..self.found.len())
            .map(|at| self.check(at, digests, basis.checks))
            .collect();
        let mut material = Material::gather(self, basis.pieces);
        let trail = Trail::follow(self, &checked, &mut material, basis);
        let mut signatures = Vec::new();
        for (at, checked) in checked.into_iter().enumerate() {
            signatures.push(match at < MAX_JUDGED {
                true => self.signature(Judged::of(checked), &trail, &material, basis),
                false => Judged::of(checked).with(Finding::TooMany).weighed(),
            });
        }
        // What was not looked at may speak against any of them.
        if let Some(error) = self.unread() {
            let unread = || Finding::StoreUnread(error.clone());
            signatures = signatures.into_iter().map(|one| one.unfinished(unread())).collect();
        }
        if basis.checks.have_ended() {
            signatures = signatures.into_iter().map(Judged::ended).collect();
        }
        let oldest = self.found.iter().filter_map(|f| f.revision).max();
        let rows = oldest.and_then(|at| tiling::check_first(&self.document, &self.revisions[at]).err());
        let mut problems: Vec<Finding> = rows.into_iter().map(Finding::from).collect();
        let mut verdict = signatures.iter().map(|s| s.verdict).max();
        if !problems.is_empty() {
            verdict = Some(Verdict::TotalFailed);
        }
        if signatures.is_empty() {
            problems.push(Finding::NoSignature);
        }
        let chains = signatures.iter().filter_map(|s| s.chain.as_ref());
        let of_stamps = trail.stamps.iter().filter_map(|s| s.chain.as_ref());
        let open = chains
            .chain(of_stamps)
            .filter(|chain| chain.is_open())
            .cloned()
            .collect();
        Judgement {
            verdict: verdict.unwrap_or(Verdict::Indeterminate),
            revisions: self.revisions.len(),
            signatures,
            problems,
            open,
        }
    }

    /// The field and certificate of each signature; `None` for one that is not intact. `digests`: as for [`Examination::judge`].
    pub fn signers(&self, digests: &[Option<Vec<u8>>]) -> Vec<Option<(&str, &Certificate)>> {
        let checks = Checks::default();
        let signer = |at: usize| {
            let found: &Found = &self.found[at];
            let certificate = found.verify(self.digest(at, digests), &checks).ok()?;
            Some((found.signature.field.as_str(), certificate))
        };
        (0..self.found.len()).map(signer).collect()
    }

    /// The digest over the bytes of the signature `at`, when there is one.
    pub(super) fn digest<'d>(&self, at: usize, digests: &'d [Option<Vec<u8>>]) -> Option<&'d [u8]> {
        digests.get(self.request_of[at]?)?.as_deref()
    }

    /// Checks the signature `at` of [`Examination::signatures`] by itself; the rows of the first signed revision are not looked at.
    pub(super) fn check(&self, at: usize, digests: &[Option<Vec<u8>>], checks: &Checks) -> Checked<'_> {
        let found = &self.found[at];
        let verified = found.verify(self.digest(at, digests), checks);
        let (changes, mut findings) = self.changes_after(found);
        if let Err(finding) = &verified {
            findings.insert(0, finding.clone());
        }
        Checked {
            found,
            certificate: verified.ok(),
            changes,
            findings,
        }
    }

    /// Judges what [`Self::check`] found.
    fn signature<'e>(
        &'e self,
        mut judged: Judged<'e>,
        trail: &Trail,
        material: &Material,
        basis: &Basis<'_>,
    ) -> Judged<'e> {
        let found = judged.found;
        let Some(revision) = found.revision else {
            return judged.weighed();
        };
        judged.not_before = trail.not_before(revision);
        match &found.content {
            Ok(Content::Timestamp(..)) => judged.take_stamp(trail, revision),
            Ok(Content::Signature(cms)) => judged.take_chain(cms, trail, (revision, material, basis)),
            Err(_) => {}
        }
        judged.level = level::reached(&judged, material, basis.checks);
        judged.weighed()
    }

    /// What came after the signature, judged by it and by those before it.
    fn changes_after(&self, found: &Found) -> (Vec<(&Change, bool)>, Vec<Finding>) {
        let (mut changes, mut findings) = (Vec::new(), Vec::new());
        let Some(revision) = found.revision else {
            return (changes, findings);
        };
        let rules = Rules::after(self.until(revision));
        for update in self.updates[..revision].iter().rev() {
            match update {
                Ok(found) => changes.extend(found.iter().map(|c| (c, rules.allow(c)))),
                Err(finding) => findings.push(finding.clone()),
            }
        }
        let forbidden = changes.iter().filter(|(_, allowed)| !allowed);
        findings.extend(forbidden.map(|(change, _)| Finding::ChangeForbidden((*change).clone())));
        let unread = changes
            .iter()
            .filter(|(change, allowed)| *allowed && change.what == What::FieldUnread);
        findings.extend(unread.map(|(change, _)| Finding::AppearanceUnread {
            field: change.field.clone().unwrap_or_default(),
        }));
        (changes, findings)
    }

    /// The signatures that stand in a revision, counted from the newest.
    pub(super) fn until(&self, revision: usize) -> impl Iterator<Item = &Signature> {
        let there = move |f: &&Found| f.revision.is_some_and(|at| at >= revision);
        self.found.iter().filter(there).map(|f| &f.signature)
    }
}

impl<'e> Judged<'e> {
    /// Nothing is known of its certificate.
    fn of(checked: Checked<'e>) -> Self {
        Self {
            found: checked.found,
            verdict: Verdict::Indeterminate,
            sub_indication: Some(SubIndication::Generic),
            intact: checked.certificate.is_some(),
            trusted: false,
            coverage: match checked.found.revision {
                Some(0) => Coverage::WholeFile,
                Some(_) => Coverage::WholeRevision,
                None => Coverage::Partial,
            },
            changes: checked.changes,
            certificate: checked.certificate,
            chain: None,
            best_time: None,
            stamps: Vec::new(),
            level: level::Level::None,
            findings: checked.findings,
            notes: Vec::new(),
            not_before: None,
        }
    }

    fn with(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// Open, because the checks have ended.
    fn ended(self) -> Self {
        let field = self.found.signature.field.clone();
        let finding = trust::Finding::ChecksEnded;
        self.unfinished(Finding::Trust { field, finding })
    }

    /// Open, because something was not looked at.
    fn unfinished(mut self, finding: Finding) -> Self {
        self.trusted = false;
        self.findings.retain(|other| *other != finding);
        self.with(finding).weighed()
    }

    /// A document timestamp: judged when the times were.
    fn take_stamp(&mut self, trail: &Trail, revision: usize) {
        let field = &self.found.signature.field;
        let own = trail
            .stamps
            .iter()
            .find(|s| s.is_document && s.revision == revision && s.field == *field);
        let Some(stamp) = own else { return };
        self.stamps = vec![stamp.clone()];
        self.chain.clone_from(&stamp.chain);
        self.trusted = stamp.is_trusted();
        self.best_time = stamp.is_trusted().then_some(stamp.info.time);
        let news = stamp.findings.iter().filter(|finding| !self.findings.contains(finding));
        self.findings.extend(news.cloned().collect::<Vec<_>>());
        self.out_of_order(stamp.info.time);
    }

    /// A signature: its certificate is judged at the best time of its existence.
    fn take_chain(
        &mut self,
        cms: &cms::SignedData,
        trail: &Trail,
        (revision, material, basis): (usize, &Material, &Basis<'_>),
    ) {
        let field = &self.found.signature.field;
        // Told also of a signature that does not hold: whoever looks for the timestamps of a period must not miss one because its file was altered.
        self.stamps = trail.over(field, revision).cloned().collect();
        let skipped = trail
            .skipped
            .iter()
            .filter(|(at, finding)| *at == revision && finding.is_skipped_in(field));
        self.notes.extend(skipped.map(|(_, finding)| finding.clone()));
        let Some(certificate) = self.certificate else { return };
        self.best_time = self.stamps.iter().filter(|s| s.is_trusted()).map(|s| s.info.time).min();
        let at = self.best_time.unwrap_or(basis.at);
        let chain = chain::judge(Question::Signer(certificate, at), &cms.certificates, material, basis);
        let mut faults = chain.findings.clone();
        faults.extend(crypto(cms, certificate, None, at));
        self.trusted = faults.is_empty();
        self.findings
            .extend(Finding::of_trust(field, faults, basis.anchors, chain.use_));
        self.notes
            .extend(Finding::of_trust(field, chain.notes.clone(), basis.anchors, chain.use_));
        let own = self.stamps.iter().filter(|s| !s.is_document);
        self.notes.extend(own.flat_map(|s| s.findings.iter().cloned()));
        self.chain = Some(chain);
        self.out_of_order(at);
    }

    /// It covers timestamps that are later than its own time.
    fn out_of_order(&mut self, time: Timestamp) {
        if self
            .not_before
            .is_some_and(|earliest| earliest > time.plus(CLOCK_TOLERANCE))
        {
            self.findings.push(Finding::TimestampOrder {
                field: self.found.signature.field.clone(),
            });
            self.trusted = false;
        }
    }

    /// With the verdict that its findings lead to.
    fn weighed(mut self) -> Self {
        let meanings = self.findings.iter().rev().map(|finding| self.indication(finding));
        let worst = meanings.max_by_key(|(verdict, _)| *verdict);
        (self.verdict, self.sub_indication) = match worst {
            Some((verdict, why)) => (verdict, Some(why)),
            None if self.trusted => (Verdict::TotalPassed, None),
            None => (Verdict::Indeterminate, Some(SubIndication::Generic)),
        };
        let verdict = self.verdict;
        let all = std::mem::take(&mut self.findings).into_iter();
        let (decisive, others): (Vec<Finding>, Vec<Finding>) =
            all.partition(|finding| self.indication(finding).0 == verdict);
        self.findings = [decisive, others].concat();
        self
    }

    /// What a finding means for the verdict (EN 319 102-1, 5.2.6 and 5.5.4).
    pub(super) fn indication(&self, finding: &Finding) -> (Verdict, SubIndication) {
        use SubIndication as S;
        let after = |since: Timestamp| self.not_before.is_some_and(|earliest| earliest >= since);
        match finding {
            Finding::Trust { finding, .. } => match finding {
                trust::Finding::Revoked { at, is_ca: false, .. } if after(*at) => (Verdict::TotalFailed, S::Revoked),
                trust::Finding::Expired { until, .. } if after(*until) => (Verdict::Indeterminate, S::Expired),
                trust::Finding::AlgorithmWeak { until, .. } if *until == NEVER || after(*until) => {
                    (Verdict::Indeterminate, S::CryptoConstraintsFailure)
                }
                other => (Verdict::Indeterminate, other.sub_indication()),
            },
            other => indication(other),
        }
    }

    /// Whether it is a document timestamp.
    pub fn is_timestamp(&self) -> bool {
        self.found.signature.is_timestamp
    }

    /// `true` when later updates changed what they may not, or are none that could be compared.
    pub fn is_changed(&self) -> bool {
        let changed = |f: &Finding| matches!(f, Finding::ChangeForbidden(_) | Finding::Pdf(_));
        self.findings.iter().any(changed)
    }

    /// `true` when nothing was changed but what is evidence and further signatures.
    pub fn only_evidence_follows(&self) -> bool {
        let evidence = |what| {
            matches!(
                what,
                What::Evidence | What::TimestampAdded | What::FieldStamped | What::Metadata
            )
        };
        self.changes.iter().all(|(change, _)| evidence(change.what))
    }
}

/// What an algorithm that was never trusted is said to be trusted until.
const NEVER: Timestamp = Timestamp::from_seconds(0);

/// Which algorithms of a SignedData were not strong enough at that moment; `more`: a digest that its content uses.
pub(super) fn crypto(
    cms: &cms::SignedData,
    certificate: &Certificate,
    more: Option<DigestAlgorithm>,
    at: Timestamp,
) -> Vec<trust::Finding> {
    let Some(signer) = cms.signers.first() else {
        return Vec::new();
    };
    let mut weak: Vec<Weak> = Vec::new();
    weak.extend(algorithms::judge_digest(signer.digest_algorithm.oid, at).err());
    weak.extend(more.and_then(|digest| algorithms::judge_digest(digest.oid(), at).err()));
    if let Ok(algorithm) = signer.algorithm() {
        weak.extend(algorithms::judge_signature(algorithm, certificate.key(), at).err());
    }
    weak.dedup();
    let finding = |weak: Weak| trust::Finding::AlgorithmWeak {
        subject: certificate.subject().display(),
        algorithm: weak.algorithm,
        until: weak.until,
    };
    weak.into_iter().map(finding).collect()
}

/// What a finding means for the verdict.
fn indication(finding: &Finding) -> (Verdict, SubIndication) {
    use SubIndication as S;
    match finding {
        Finding::Cms { error, .. } => of_cms(error),
        Finding::Timestamp { error, .. } => match error {
            tsa::Error::ImprintMismatch => (Verdict::TotalFailed, S::HashFailure),
            tsa::Error::Cms(error) => of_cms(error),
            _ => (Verdict::TotalFailed, S::FormatFailure),
        },
        Finding::SubFilter { .. }
        | Finding::AppearanceUnread { .. }
        | Finding::TooMany
        | Finding::StoreUnread(_)
        | Finding::TimestampUnread { .. }
        | Finding::TimestampsLeftOut { .. }
        | Finding::Pdf(pdf::Error::TooLarge { .. } | pdf::Error::TooDeep { .. }) => {
            (Verdict::Indeterminate, S::Generic)
        }
        Finding::NoAnchors { .. } => (Verdict::Indeterminate, S::NoCertificateChainFound),
        Finding::TimestampOrder { .. } => (Verdict::Indeterminate, S::TimestampOrderFailure),
        _ => (Verdict::TotalFailed, S::FormatFailure),
    }
}

fn of_cms(error: &cms::Error) -> (Verdict, SubIndication) {
    use SubIndication as S;
    match error {
        cms::Error::DigestMismatch => (Verdict::TotalFailed, S::HashFailure),
        cms::Error::Der(der::Error::SignatureWrong) => (Verdict::TotalFailed, S::SigCryptoFailure),
        cms::Error::SignerCertificateMissing | cms::Error::SigningCertificateMismatch => {
            (Verdict::Indeterminate, S::NoSigningCertificateFound)
        }
        cms::Error::Der(der::Error::AlgorithmUnsupported(_) | der::Error::KeyUnsupported(_)) => {
            (Verdict::Indeterminate, S::Generic)
        }
        _ => (Verdict::TotalFailed, S::FormatFailure),
    }
}
