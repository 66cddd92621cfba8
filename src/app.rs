//! Use cases: what hankod does for whoever asks, the same for the API, the page and the command line.
//!
//! Nothing here knows HTTP or arguments.

pub mod desk;
pub mod failure;

use crate::access::{Nonce, Origin, Principal};
use crate::secret::ApiKey;
use crate::text::Lang;
use desk::{
    CertificateUsage, CertificateView, Confirmation, Event, Health, PagePicture, PairingView, Preview, ProofView,
    SignedFile, SigningUpload, SigningView, TokenView,
};
use failure::{Failure, FailureKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// Everything that the skins may ask for. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Rooms>);

struct Rooms {
    events: broadcast::Sender<Event>,
    uploads: tempfile::TempDir,
}

const STARTING: Failure = Failure::new(FailureKind::Unavailable, "daemon_starting");

impl App {
    /// An application whose rooms are still empty.
    pub fn starting() -> std::io::Result<Self> {
        Ok(Self(Arc::new(Rooms {
            events: broadcast::channel(64).0,
            uploads: tempfile::tempdir()?,
        })))
    }

    /// What the daemon is.
    pub fn health(&self) -> Health {
        Health {
            name: "hankod",
            version: env!("CARGO_PKG_VERSION"),
            api: &["v1"],
            proofs: Vec::new(),
        }
    }

    /// A proof for each key of `origin`; none when the origin is not allowed.
    pub async fn prove(&self, _origin: &Origin, _port: u16, _nonce: &Nonce) -> Result<Vec<ProofView>, Failure> {
        Ok(Vec::new())
    }

    /// `true` when the origin is an allowed site.
    pub async fn allows(&self, _origin: &Origin) -> bool {
        false
    }

    /// A site asks to be known; the prompt opens.
    pub async fn request_pairing(&self, _origin: &Origin) -> Result<PairingView, Failure> {
        Err(STARTING)
    }

    /// How that stands; the key once, and only to the origin that asked.
    pub async fn pairing(&self, _id: &str, _origin: &Origin) -> Result<PairingView, Failure> {
        Err(STARTING)
    }

    /// Whose key this is. A site's key is good from its own origin only, a program's key only without an origin.
    pub async fn authenticate(&self, _key: &ApiKey, _origin: Option<&Origin>) -> Result<Principal, Failure> {
        Err(STARTING)
    }

    /// Every reader and token.
    pub async fn tokens(&self, _lang: Lang) -> Result<Vec<TokenView>, Failure> {
        Err(STARTING)
    }

    /// Certificates, usable ones first.
    pub async fn certificates(&self, _usage: CertificateUsage, _lang: Lang) -> Result<Vec<CertificateView>, Failure> {
        Err(STARTING)
    }

    /// Folder for uploads, on the volume where the signed files will lie.
    pub fn uploads(&self) -> &Path {
        self.0.uploads.path()
    }

    /// Takes documents over and begins, or waits for the person.
    pub async fn create_signing(&self, _who: &Principal, _upload: SigningUpload) -> Result<String, Failure> {
        Err(STARTING)
    }

    /// How a signing stands.
    pub async fn signing(&self, _who: &Principal, _id: &str, _lang: Lang) -> Result<SigningView, Failure> {
        Err(STARTING)
    }

    /// The same, once it is final or `patience` is over.
    pub async fn wait(
        &self,
        _who: &Principal,
        _id: &str,
        _patience: Duration,
        _lang: Lang,
    ) -> Result<SigningView, Failure> {
        Err(STARTING)
    }

    /// The signed file of document `n`, from 1.
    pub async fn signed_file(&self, _who: &Principal, _id: &str, _n: u32) -> Result<SignedFile, Failure> {
        Err(STARTING)
    }

    /// Stops it; what was signed already is not released.
    pub async fn cancel(&self, _who: &Principal, _id: &str) -> Result<(), Failure> {
        Err(STARTING)
    }

    /// What will be signed. The person may look at every signing, a site at its own.
    pub async fn preview(&self, _who: &Principal, _id: &str, _lang: Lang) -> Result<Preview, Failure> {
        Err(STARTING)
    }

    /// One page of document `n`; pages and documents count from 1.
    pub async fn page(
        &self,
        _who: &Principal,
        _id: &str,
        _n: u32,
        _page: u32,
        _lang: Lang,
    ) -> Result<PagePicture, Failure> {
        Err(STARTING)
    }

    /// The person said yes on the daemon's own page; the PIN prompt follows.
    pub async fn confirm(&self, _who: &Principal, _id: &str, _choice: Confirmation) -> Result<(), Failure> {
        Err(STARTING)
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// `true` when the event concerns this principal.
    pub fn may_see(&self, who: &Principal, event: &Event) -> bool {
        matches!(who, Principal::OwnPage) || matches!(event, Event::Token { .. })
    }
}
