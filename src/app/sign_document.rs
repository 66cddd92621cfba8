//! Documents signed for a client of a server (CSC API 2.0, `signatures/signDoc`): the same run as at the desk, under a right that was given for their very bytes.
//!
//! Each document's SHA-256 is taken out of the activation data before anything else happens; nothing is signed twice with it.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::App;
use super::clients::ClientView;
use super::desk::{Algorithm, CertificateSelector, DocumentRequest, Level, SigningChoice, UploadedDocument};
use super::draft::{Draft, not_stored};
use super::extend::Sources;
use super::failure::{Failure, FailureKind};
use super::signing::{Credential, Deliver, Item, PinChoice, Set, Signed, Work};
use crate::access::Principal;
use crate::der::{KeyKind, Preference, SignatureAlgorithm};
use crate::text::Lang;
use crate::token::pin::Place;
use crate::verify::running::Running;

/// Most documents of one call.
pub const MAX_DOCUMENTS: usize = 100;

/// What a client wants signed.
#[derive(Debug)]
pub struct DocumentSet {
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// How; must be what the key signs documents with.
    pub algorithm: SignatureAlgorithm,
    /// The level of all of them.
    pub level: Level,
    /// The documents; 1 to [`MAX_DOCUMENTS`].
    pub documents: Vec<Vec<u8>>,
}

impl App {
    /// Signs documents whose SHA-256 activation data covers: the signed files, in their order.
    ///
    /// # Errors
    /// `sad_invalid`, `sad_hash`, `algorithm_not_for_key`, `client_quota`; else as a signing.
    pub async fn sign_documents_activated(
        &self,
        client: &ClientView,
        sad: &str,
        set: DocumentSet,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let folder = self.uploads().to_owned();
        let documents = set.documents;
        let store = move || {
            let stored = documents.iter().map(|bytes| stored(&folder, bytes));
            stored.collect::<Result<Vec<_>, Failure>>()
        };
        let drafts = self.blocking(store).await?;
        let hashes: Vec<Vec<u8>> = drafts.iter().map(|draft| draft.sha256().to_vec()).collect();
        let approved = self.spend_sad(client, sad, &set.certificate, &hashes)?;
        let key = self.key(&set.certificate).await?;
        let algorithm = padding(set.algorithm, key.certificate.key());
        let algorithm = algorithm.ok_or(Failure::new(FailureKind::Invalid, "algorithm_not_for_key"))?;
        self.count(client, drafts.len()).await?;
        let items = (1..).zip(drafts).map(|(n, draft)| item(n, draft)).collect();
        let set = Set {
            operation: super::new_id(),
            who: Principal::Client { id: client.id.clone() },
            choice: SigningChoice {
                certificate: Some(CertificateSelector::Sha256(hex::encode(set.certificate))),
                level: set.level,
                algorithm,
                ..SigningChoice::default()
            },
            credential: Credential::default(),
            pin: PinChoice::Configured,
            unattended: true,
            cancel: self.stopping(),
            confirm_address: None,
            lang: Lang::default(),
            place: Place::default(),
            sources: Sources::default(),
            approved,
        };
        // A client that hangs up must not leave intents without their outcome.
        let app = self.clone();
        let signed = self
            .0
            .sets
            .spawn(async move { app.sign_and_read(set, Work::Documents(items)).await });
        signed
            .await
            .unwrap_or(Err(Failure::new(FailureKind::Internal, "internal_error")))
    }

    async fn sign_and_read(&self, set: Set, work: Work) -> Result<Vec<Vec<u8>>, Failure> {
        let out = Mutex::new(Vec::new());
        let receive = |_, signed: Signed| out.lock().unwrap_or_else(PoisonError::into_inner).push(signed);
        self.sign_set(set, work, &|_| Ok(()), &receive).await?;
        let signed = out.into_inner().unwrap_or_else(PoisonError::into_inner);
        let read = move || {
            let one = |signed: Signed| {
                let file = signed
                    .kept
                    .ok_or(Failure::new(FailureKind::Internal, "internal_error"))?;
                std::fs::read(&*file).map_err(|error| not_stored(&error))
            };
            signed.into_iter().map(one).collect()
        };
        self.blocking(read).await
    }
}

/// Which choice of ours this algorithm is for a key; `None` for another digest or parameter than documents are signed with.
fn padding(algorithm: SignatureAlgorithm, key: KeyKind) -> Option<Algorithm> {
    let choices = [
        (Algorithm::RsaPkcs1, Preference::RsaPkcs1),
        (Algorithm::RsaPss, Preference::RsaPss),
        (Algorithm::Auto, Preference::Auto),
    ];
    let fits =
        |(_, preference): &(Algorithm, Preference)| SignatureAlgorithm::for_key(key, *preference) == Ok(algorithm);
    choices.into_iter().find(fits).map(|(choice, _)| choice)
}

/// A private copy in the folder for uploads.
fn stored(folder: &std::path::Path, bytes: &[u8]) -> Result<Draft, Failure> {
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| not_stored(&error))?;
    file.write_all(bytes).map_err(|error| not_stored(&error))?;
    let mut running = Running::default();
    running.update(bytes);
    Ok(Draft::adopt(UploadedDocument {
        path: file.into_temp_path().into(),
        bytes: bytes.len() as u64,
        running,
    }))
}

fn item(number: u32, draft: Draft) -> Item {
    Item {
        request: DocumentRequest {
            name: format!("document-{number}.pdf"),
            field: None,
            appearance: None,
            digest: None,
            fields: std::collections::BTreeMap::new(),
        },
        draft,
        seal: None,
        password: None,
        pages: None,
        deliver: Deliver::Keep,
    }
}
