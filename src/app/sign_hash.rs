//! Hashes signed for a client of a server, in the order of house.md: the right is checked, the intent is written, a grant covers exactly these
//! hashes, the token signs, each signature is checked, the outcome is written, the client gets them; all of them or none.
//!
//! Nothing here sees a document, and nothing is signed twice: a call that failed in the middle released nothing.

use sha2::{Digest, Sha256};

use super::App;
use super::approvals::Approved;
use super::authorise;
use super::clients::ClientView;
use super::consent::Consent;
use super::failure::{Failure, FailureKind};
use super::journal::{Intent, Journal};
use super::keyring::Key;
use crate::access::Principal;
use crate::clock::Day;
use crate::der::{DigestAlgorithm, KeyKind, ObjectIdentifier, SignatureAlgorithm, oid};
use crate::token::{self, Signable};

/// Most hashes of one call.
pub const MAX_HASHES: usize = 1_000;

/// How a client names an algorithm (CSC API 2.0, 11.9): a combined identifier, or a key's with a digest beside it; `parameters`: DER of those of RSASSA-PSS.
///
/// # Errors
/// `algorithm_not_for_key` for what no key here signs with, or what contradicts itself.
pub fn algorithm(sign: &str, parameters: Option<&[u8]>, hash: Option<&str>) -> Result<SignatureAlgorithm, Failure> {
    let wrong = || Failure::new(FailureKind::Invalid, "algorithm_not_for_key");
    let oid = |text: &str| ObjectIdentifier::new(text).map_err(|_| wrong());
    let digest = match hash {
        Some(text) => Some(DigestAlgorithm::from_oid(oid(text)?).ok_or_else(wrong)?),
        None => None,
    };
    let sign = oid(sign)?;
    let named = match (sign, parameters, digest) {
        (oid::RSA_ENCRYPTION, None, Some(digest)) => SignatureAlgorithm::RsaPkcs1(digest),
        (oid::EC_PUBLIC_KEY, None, Some(digest)) => SignatureAlgorithm::Ecdsa(digest),
        (oid::RSA_PSS, None, Some(digest)) => SignatureAlgorithm::RsaPss {
            digest,
            mask: digest,
            salt_bytes: u32::try_from(digest.bytes()).map_err(|_| wrong())?,
        },
        (oid, parameters, _) => SignatureAlgorithm::of_parts(oid, parameters).map_err(|_| wrong())?,
    };
    // More digests are known than sign: those serve old signatures of others.
    let signs = DigestAlgorithm::ALL.contains(&named.digest());
    match signs && digest.is_none_or(|digest| digest == named.digest()) {
        true => Ok(named),
        false => Err(wrong()),
    }
}

/// The digest of this identifier that something may be stamped with; `None` for an unknown or a weak one.
pub fn digest_of(dotted: &str) -> Option<DigestAlgorithm> {
    let digest = DigestAlgorithm::from_oid(ObjectIdentifier::new(dotted).ok()?)?;
    DigestAlgorithm::ALL.contains(&digest).then_some(digest)
}

/// A certificate that a client may sign with.
#[derive(Clone, Debug)]
pub struct CredentialView {
    /// SHA-256 of the certificate, hexadecimal.
    pub id: String,
    /// DER of the certificate and of the issuers that the token holds, in order.
    pub chain: Vec<Vec<u8>>,
    /// The holder's name.
    pub name: String,
    /// RFC 4514.
    pub subject: String,
    /// RFC 4514.
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// RFC 3339.
    pub not_before: String,
    /// RFC 3339.
    pub not_after: String,
    /// What its key is.
    pub key: KeyKind,
}

/// What a client wants signed.
#[derive(Clone, Debug)]
pub struct HashRequest {
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// How; must fit the key.
    pub algorithm: SignatureAlgorithm,
    /// Digests under the algorithm's own digest; 1 to [`MAX_HASHES`].
    pub hashes: Vec<Vec<u8>>,
}

impl App {
    /// The certificates that a client may sign with.
    ///
    /// # Errors
    /// What the tokens say.
    pub async fn credentials(&self, client: &ClientView) -> Result<Vec<CredentialView>, Failure> {
        let mut found = Vec::new();
        for chain in self.signing_certificates().await? {
            let Some(certificate) = chain.first() else { continue };
            let id = certificate.sha256_hex();
            if !may_use(client, &id) {
                continue;
            }
            found.push(CredentialView {
                id,
                name: certificate.subject().common_name(),
                subject: certificate.subject().to_string(),
                issuer: certificate.issuer().to_string(),
                serial: certificate.serial_hex(),
                not_before: certificate.not_before().rfc3339(),
                not_after: certificate.not_after().rfc3339(),
                key: certificate.key(),
                chain: chain.iter().map(|one| one.der().to_vec()).collect(),
            });
        }
        Ok(found)
    }

    /// Signs each hash once: the signatures in the order of the hashes, ECDSA as DER.
    ///
    /// # Errors
    /// `credential_not_allowed`, `hash_count`, `hash_length`, `client_quota`, `certificate_key_unsupported`, what a policy refuses; what the key's token and the state say.
    pub(super) async fn sign_hashes(
        &self,
        client: &ClientView,
        request: HashRequest,
        approved: Option<&Approved>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        check(client, &request)?;
        let key = self.key(&request.certificate).await?;
        if !request.algorithm.fits(key.certificate.key()) {
            return Err(Failure::new(FailureKind::Invalid, "algorithm_not_for_key"));
        }
        let is_approved = approved.is_some_and(|approved| approved.covers(&request.certificate));
        if self.wants_second_person(key.named()) && !is_approved {
            return Err(Failure::new(FailureKind::Forbidden, "sad_invalid"));
        }
        self.admit(key.named(), request.algorithm, request.hashes.len()).await?;
        self.count(client, request.hashes.len()).await?;
        let who = Principal::Client { id: client.id.clone() };
        // A client that hangs up must not leave intents without their outcome.
        let app = self.clone();
        let signed = self
            .0
            .sets
            .spawn(async move { app.sign_recorded(&who, &key, request).await });
        signed
            .await
            .unwrap_or(Err(Failure::new(FailureKind::Internal, "internal_error")))
    }

    async fn sign_recorded(&self, who: &Principal, key: &Key, request: HashRequest) -> Result<Vec<Vec<u8>>, Failure> {
        let operation = super::new_id();
        let consent = Consent::of_hashes(&operation, who, &request.certificate, &request.hashes);
        let journal = Journal::begin(self.store(), &operation, who, &consent, self.now()).await?;
        let result = self.under_journal(&journal, key, request).await;
        journal.close(&result, self.now()).await;
        result
    }

    async fn under_journal(&self, journal: &Journal, key: &Key, request: HashRequest) -> Result<Vec<Vec<u8>>, Failure> {
        let digests = (1..).zip(request.hashes.iter().cloned()).collect();
        let intents = journal.intend(request.certificate, digests, self.now()).await?;
        let grant = authorise::grant(&key.certificate, request.algorithm, request.hashes.clone());
        let mut signatures = Vec::with_capacity(intents.len());
        for (intent, hash) in intents.iter().zip(&request.hashes) {
            let signed = key.login.sign(&grant, &key.info, Signable::Digest(hash)).await;
            signatures.push(signed.map_err(|error| {
                journal.not_signed(*intent, &error);
                if is_over(&error) {
                    self.drop_login(key);
                }
                Failure::from(error)
            })?);
            journal.signed(*intent);
        }
        let output = |(intent, signature): (&Intent, &Vec<u8>)| (*intent, Sha256::digest(signature).into());
        let outputs: Vec<(Intent, [u8; 32])> = intents.iter().zip(&signatures).map(output).collect();
        journal.release_all(&outputs, None, self.now()).await?;
        Ok(signatures)
    }

    /// Counts signatures against the client's quota of the day.
    pub(super) async fn count(&self, client: &ClientView, hashes: usize) -> Result<(), Failure> {
        let day = Day::of_jst(self.now()).ok_or(Failure::new(FailureKind::Internal, "internal_error"))?;
        let (id, per_day) = (client.id.clone(), client.per_day);
        let count = u32::try_from(hashes).unwrap_or(u32::MAX);
        let counted = self
            .store()
            .write(move |tx| Box::pin(async move { tx.count_signatures(&id, per_day, day, count).await }));
        match counted.await? {
            true => Ok(()),
            false => Err(Failure::new(FailureKind::TooMany, "client_quota").with("max", per_day.to_string())),
        }
    }
}

/// Whether a client may sign with the certificate of this id.
pub(super) fn may_use(client: &ClientView, id: &str) -> bool {
    client.credentials.is_empty() || client.credentials.iter().any(|allowed| allowed == id)
}

fn check(client: &ClientView, request: &HashRequest) -> Result<(), Failure> {
    if !may_use(client, &hex::encode(request.certificate)) {
        return Err(Failure::new(FailureKind::Forbidden, "credential_not_allowed"));
    }
    if !(1..=MAX_HASHES).contains(&request.hashes.len()) {
        return Err(Failure::new(FailureKind::Invalid, "hash_count").with("max", MAX_HASHES.to_string()));
    }
    let digest: DigestAlgorithm = request.algorithm.digest();
    match request.hashes.iter().all(|hash| hash.len() == digest.bytes()) {
        true => Ok(()),
        false => Err(Failure::new(FailureKind::Invalid, "hash_length").with("bytes", digest.bytes().to_string())),
    }
}

/// The login may be good for nothing any more: whatever a module said in the middle of a call, the next call opens the token anew.
pub(crate) fn is_over(error: &token::Error) -> bool {
    use token::Error as E;
    !matches!(
        error,
        E::MechanismUnsupported { .. } | E::NotGranted | E::GrantExpired | E::TooLong
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_signed_with_what_is_only_checked() {
        let (rsa, ec, sha1, sha256) = (
            "1.2.840.113549.1.1.1",
            "1.2.840.10045.2.1",
            "1.3.14.3.2.26",
            "2.16.840.1.101.3.4.2.1",
        );
        assert_eq!(
            algorithm(rsa, None, Some(sha256)),
            Ok(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256))
        );
        for (sign, hash) in [
            (rsa, Some(sha1)),
            (ec, Some(sha1)),
            (rsa, None),
            ("1.2.840.113549.1.1.5", None),
            ("1.2.840.113549.1.1.10", None),
            ("1.2.840.10045.4.3.3", Some(sha256)),
        ] {
            assert!(algorithm(sign, None, hash).is_err(), "{sign} {hash:?}");
        }
    }
}
