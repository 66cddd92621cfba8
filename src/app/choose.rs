//! Which token and which certificate: the one that was asked for, or the only fit one. Nothing here guesses between two.

use super::App;
use super::desk::{self, CertificateSelector, SigningChoice};
use super::failure::{Failure, FailureKind};
use super::policy::Named;
use super::signing::Credential;
use crate::clock::Timestamp;
use crate::cms::SignedAttributes;
use crate::der::{Certificate, DigestAlgorithm, Preference, SignatureAlgorithm};
use crate::token::{self, Entry, Fitness, KeyInfo, KeyState, Listing, Login, Slot, SlotState, TokenInfo, TokenRef};

/// Certificates that a signature carries at most, the signer's own included.
const MAX_CHAIN: usize = 8;

/// A token that is to be opened.
pub(crate) struct Chosen {
    /// Under which its PIN is remembered.
    pub(crate) memory: String,
    /// The token.
    pub(crate) info: TokenInfo,
    /// The certificate's holder, where the token shows it before the PIN.
    pub(crate) holder: Option<String>,
    /// SHA-256 of the certificate, where the token shows it before the PIN.
    sha256: Option<[u8; 32]>,
    /// That certificate's label.
    label: String,
}

/// A certificate with its key, under an open login.
pub(crate) struct Signer {
    /// The certificate.
    pub(crate) certificate: Certificate,
    /// Its label in the token.
    pub(crate) label: String,
    /// It, and the issuers that the token holds, in order.
    pub(crate) chain: Vec<Certificate>,
    /// Its key.
    pub(crate) key: KeyInfo,
    /// How it signs.
    pub(crate) algorithm: SignatureAlgorithm,
}

impl App {
    /// The token that holds what was asked for.
    ///
    /// # Errors
    /// `certificate_not_found`, `certificate_ambiguous`, the reason why the one that was meant cannot sign, and what the tokens say.
    pub(crate) async fn choose_token(&self, choice: &SigningChoice, marks: &Credential) -> Result<Chosen, Failure> {
        let listing = self.tokens_room().list().await;
        let mut found: Vec<Chosen> = Vec::new();
        let (mut unfit, mut filtered): (Option<Fitness>, bool) = (None, false);
        let mut problem: Option<Failure> = None;
        for info in listing
            .tokens()
            .filter(|info| info.initialised && marks.admits(info, choice))
        {
            let entries = match self.tokens_room().objects(&info.token).await {
                Ok(entries) => entries,
                // A card that does not answer is none of another one's business.
                Err(error) => {
                    problem.get_or_insert(error.into());
                    continue;
                }
            };
            let hidden = info.login_required && entries.iter().all(|e| e.certificate.readable().is_none());
            let wanted = |entry: &&Entry| marks.names(entry, choice);
            filtered |= entries.iter().any(|e| refused(e, choice, self.now()));
            let (mut fit, mut label) = (None, String::new());
            for entry in entries.iter().filter(wanted) {
                match entry.fitness(self.now()) {
                    // Said before a PIN is asked for, and before the prompt names one of the two.
                    Fitness::Fit if fit.is_some() => {
                        return Err(Failure::new(FailureKind::Conflict, "certificate_ambiguous"));
                    }
                    Fitness::Fit => {
                        fit = entry.certificate.readable();
                        label.clone_from(&entry.label);
                    }
                    other if entry.certificate.readable().is_some() => unfit = Some(other),
                    _ => {}
                }
            }
            let named = marks.token.is_some() || matches!(choice.certificate, Some(CertificateSelector::Token(_)));
            let sha256 = fit.map(|certificate| *certificate.sha256());
            // One card that two modules show: the module that stands first in the configuration signs.
            let again = |other: &Chosen| {
                sha256.is_some() && other.sha256 == sha256 && other.info.token.module != info.token.module
            };
            if (fit.is_some() || hidden && named) && !found.iter().any(again) {
                let card = match is_unnumbered(&info.token) {
                    true => self.certificates_of_card(&listing, info, &entries).await,
                    false => Vec::new(),
                };
                found.push(Chosen {
                    memory: memory_name(&info.token, card),
                    info: info.clone(),
                    holder: fit.map(|certificate| certificate.subject().common_name()),
                    sha256,
                    label,
                });
            }
        }
        match (found.pop(), found.is_empty(), unfit) {
            (Some(chosen), true, _) => Ok(chosen),
            (Some(_), false, _) => Err(Failure::new(FailureKind::Conflict, "certificate_ambiguous")),
            (None, _, _) if filtered => Err(Failure::new(FailureKind::Unavailable, "certificate_not_admitted")),
            (None, _, Some(fitness)) => Err(Failure::of(FailureKind::Invalid, &fitness)),
            (None, _, None) => {
                // The card that was meant may be one that nobody can see now.
                let unseen = listing.slots.iter().find_map(unseen).cloned();
                let unlisted = listing.problems.into_iter().next().map(|problem| problem.error);
                let absent = || Failure::new(FailureKind::Unavailable, "certificate_not_found");
                let why = problem.or(unseen.or(unlisted).map(Failure::from));
                Err(why.unwrap_or_else(absent))
            }
        }
    }

    /// The one token with this label or serial number, and under which its PIN is remembered.
    ///
    /// # Errors
    /// `token_gone`, `token_ambiguous`.
    pub(crate) async fn token_named(&self, name: &str) -> Result<(TokenInfo, String), Failure> {
        let listing = self.tokens_room().list().await;
        let named = |info: &&TokenInfo| info.initialised && (info.token.label == name || info.token.serial == name);
        let mut found = listing.tokens().filter(named);
        let info = found.next().ok_or(token::Error::Gone)?;
        if found.next().is_some() {
            return Err(Failure::new(FailureKind::Conflict, "token_ambiguous"));
        }
        let card = match is_unnumbered(&info.token) {
            true => {
                let entries = self.tokens_room().objects(&info.token).await?;
                self.certificates_of_card(&listing, info, &entries).await
            }
            false => Vec::new(),
        };
        Ok((info.clone(), memory_name(&info.token, card)))
    }

    /// SHA-256 of every certificate that the card shows without its PIN. One card may be several tokens in one reader, and the one that signs
    /// may show nothing: then the others tell the cards apart.
    async fn certificates_of_card(&self, listing: &Listing, info: &TokenInfo, entries: &[Entry]) -> Vec<[u8; 32]> {
        let mut found: Vec<[u8; 32]> = entries.iter().filter_map(sha256).collect();
        for sibling in listing.siblings(&info.token) {
            // What cannot be read now tells nothing; the name is the same as long as that stays so.
            let entries = self.tokens_room().objects(&sibling.token).await.unwrap_or_default();
            found.extend(entries.iter().filter_map(sha256));
        }
        found
    }

    /// The certificate under `login`, with its key.
    ///
    /// # Errors
    /// As [`App::choose_token`]; `certificate_key_unsupported` when the key does not sign the way that was asked for.
    pub(crate) async fn choose_certificate(
        &self,
        login: &Login,
        choice: &SigningChoice,
        marks: &Credential,
    ) -> Result<Signer, Failure> {
        let entries = login.objects().await?;
        let now = self.now();
        let mut fit = entries
            .iter()
            .filter(|e| marks.names(e, choice))
            .filter_map(|e| Some((usable(e, now)?, &e.label)));
        let Some(((certificate, key), label)) = fit.next() else {
            return Err(why_not(&entries, choice, marks, now));
        };
        if fit.next().is_some() {
            return Err(Failure::new(FailureKind::Conflict, "certificate_ambiguous"));
        }
        let algorithm = SignatureAlgorithm::for_key(certificate.key(), preference(choice.algorithm))?;
        let chain = chain(certificate, &entries);
        Ok(Signer {
            certificate: certificate.clone(),
            label: label.clone(),
            chain,
            key: key.clone(),
            algorithm,
        })
    }
}

impl Signer {
    /// The digest that stands for these attributes in grants and intents.
    pub(crate) fn to_sign_digest(&self, attributes: &SignedAttributes) -> Vec<u8> {
        self.algorithm.digest().digest(attributes.to_sign())
    }
}

impl Chosen {
    /// As policies name it, where the token shows the certificate before the PIN.
    pub(crate) fn named(&self) -> Option<Named<'_>> {
        self.sha256.as_ref().map(|certificate| Named {
            certificate,
            label: &self.label,
        })
    }
}

impl Signer {
    /// As policies name it.
    pub(crate) fn named(&self) -> Named<'_> {
        Named {
            certificate: self.certificate.sha256(),
            label: &self.label,
        }
    }
}

impl Credential {
    fn admits(&self, info: &TokenInfo, choice: &SigningChoice) -> bool {
        let by_mark = self
            .token
            .as_ref()
            .is_none_or(|mark| *mark == info.token.label || *mark == info.token.serial);
        let by_id = match &choice.certificate {
            Some(CertificateSelector::Token(id)) => *id == token_id(&info.token),
            Some(CertificateSelector::Sha256(_)) | None => true,
        };
        by_mark && by_id
    }

    fn names(&self, entry: &Entry, choice: &SigningChoice) -> bool {
        let by_filter = match entry.certificate.readable() {
            Some(certificate) => choice.filter.admits(certificate),
            // Shown after the login, and held against the filter then.
            None => true,
        };
        let by_label = self.label.as_ref().is_none_or(|label| *label == entry.label);
        let by_digest = match &choice.certificate {
            Some(CertificateSelector::Sha256(wanted)) => {
                entry.certificate.readable().is_some_and(|c| c.sha256_hex() == *wanted)
            }
            Some(CertificateSelector::Token(_)) | None => true,
        };
        by_filter && by_label && by_digest
    }
}

/// Why a card that is there cannot be looked at.
fn unseen(slot: &Slot) -> Option<&token::Error> {
    match &slot.state {
        SlotState::Unreadable(error @ (token::Error::Held { .. } | token::Error::Timeout)) => Some(error),
        _ => None,
    }
}

/// The opaque id of a token in views and selectors: stays while the same token is in the same slot.
pub(crate) fn token_id(token: &TokenRef) -> String {
    let text = format!("{}\n{}\n{}\n{}", token.module, token.slot, token.label, token.serial);
    hex::encode(&crate::der::DigestAlgorithm::Sha256.digest(text.as_bytes())[..12])
}

fn sha256(entry: &Entry) -> Option<[u8; 32]> {
    entry.certificate.readable().map(|certificate| *certificate.sha256())
}

/// `true` when the serial number tells no card from another: every My Number card says zeros.
fn is_unnumbered(token: &TokenRef) -> bool {
    token.serial.bytes().all(|b| b == b'0' || b == b' ')
}

/// Under which a token's PIN is remembered, wherever the card is put: label and serial number, and for a card without a number
/// the certificates that it shows.
pub(super) fn memory_name(token: &TokenRef, mut card: Vec<[u8; 32]>) -> String {
    let name = format!("{}/{}", token.label, token.serial);
    if card.is_empty() {
        return name;
    }
    card.sort_unstable();
    card.dedup();
    let digest = DigestAlgorithm::Sha256.digest(&card.concat());
    format!("{name}/{}", hex::encode(&digest[..16]))
}

fn usable(entry: &Entry, now: Timestamp) -> Option<(&Certificate, &KeyInfo)> {
    match (entry.certificate.readable(), &entry.key, entry.fitness(now)) {
        (Some(certificate), KeyState::Usable(key), Fitness::Fit) => Some((certificate, key)),
        _ => None,
    }
}

fn why_not(entries: &[Entry], choice: &SigningChoice, marks: &Credential, now: Timestamp) -> Failure {
    let unfit = entries
        .iter()
        .filter(|e| marks.names(e, choice) && e.certificate.readable().is_some())
        .map(|e| e.fitness(now))
        .find(|f| *f != Fitness::Fit);
    if entries.iter().any(|e| refused(e, choice, now)) {
        return Failure::new(FailureKind::Unavailable, "certificate_not_admitted");
    }
    match unfit {
        Some(fitness) => Failure::of(FailureKind::Invalid, &fitness),
        None => Failure::new(FailureKind::Unavailable, "certificate_not_found"),
    }
}

/// It could sign, and the request does not let it.
fn refused(entry: &Entry, choice: &SigningChoice, now: Timestamp) -> bool {
    let named = entry.certificate.readable().is_some_and(|c| !choice.filter.admits(c));
    named && entry.fitness(now) == Fitness::Fit
}

/// The certificate and those issuers that the token holds; a self-issued root adds nothing and stays out.
pub(super) fn chain(certificate: &Certificate, entries: &[Entry]) -> Vec<Certificate> {
    let mut chain = vec![certificate.clone()];
    while chain.len() < MAX_CHAIN {
        let Some(last) = chain.last() else { break };
        let issues =
            |c: &&Certificate| c.extensions().is_ca && !c.is_self_issued() && c.subject().der() == last.issuer().der();
        let issuer = entries.iter().filter_map(|e| e.certificate.readable()).find(issues);
        match issuer {
            Some(issuer) if !chain.iter().any(|c| c.sha256() == issuer.sha256()) => chain.push(issuer.clone()),
            _ => break,
        }
    }
    chain
}

fn preference(algorithm: desk::Algorithm) -> Preference {
    match algorithm {
        desk::Algorithm::Auto => Preference::Auto,
        desk::Algorithm::RsaPkcs1 => Preference::RsaPkcs1,
        desk::Algorithm::RsaPss => Preference::RsaPss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_without_a_number_are_told_apart_by_what_they_show() {
        let token = |serial: &str| TokenRef {
            module: 0,
            slot: 1,
            label: "JPKI (Digital Signature PIN)".to_owned(),
            serial: serial.to_owned(),
        };
        assert!(is_unnumbered(&token("00000000")) && is_unnumbered(&token("")) && !is_unnumbered(&token("00000001")));
        let (mine, yours) = (vec![[1; 32]], vec![[2; 32]]);
        assert_ne!(
            memory_name(&token("00000000"), mine.clone()),
            memory_name(&token("00000000"), yours)
        );
        // In whatever order a reader lists them.
        let both = memory_name(&token("00000000"), vec![[1; 32], [3; 32]]);
        assert_eq!(both, memory_name(&token("00000000"), vec![[3; 32], [1; 32], [1; 32]]));
        assert_eq!(memory_name(&token("1"), Vec::new()), "JPKI (Digital Signature PIN)/1");
    }
}
