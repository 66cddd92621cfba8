//! Signing a set of documents with one login, in the order of house.md: what was shown is bound, the intent is written,
//! the PIN is asked for, the digests are computed from the documents themselves, a grant covers exactly those, the token
//! signs, it is released, timestamps are fetched, each finished file is checked by other code than made it, the outcome is written, the file
//! appears.
//!
//! Nothing here tries again by itself: a refused PIN, a dead worker, a full disk end the set with their own error, and
//! what was finished before stays finished.

mod digests;
mod releasing;

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::App;
use super::approvals::{Approved, Whole};
use super::authorise;
use super::choose::{Chosen, Signer};
use super::consent::{Consent, Shown};
use super::desk::{DocumentRequest, Level, OwnFile, SigningChoice};
use super::draft::Draft;
use super::extend::{Sources, Supply};
use super::failure::{Failure, FailureKind};
use super::jobs::Kept;
use super::journal::{Intent, Journal};
use super::pins::Asked;
use super::policy::Named;
use super::prepare::{self, Ready};
use crate::access::Principal;
use crate::clock::Timestamp;
use crate::cms::{self, SignedAttributes};
use crate::der::DigestAlgorithm;
use crate::secret::Password;
use crate::text::Lang;
use crate::token::pin::Place;
use crate::token::{Grant, Login, Signable};
use crate::trust::Finding;
use crate::trust::revocation::Freshness;

use digests::Detached;
pub(crate) use digests::Digested;

/// A set that one PIN signs.
pub(crate) struct Set {
    /// Opaque, never used twice.
    pub(crate) operation: String,
    /// Who asks.
    pub(crate) who: Principal,
    /// How to sign.
    pub(crate) choice: SigningChoice,
    /// Further marks of the certificate and token.
    pub(crate) credential: Credential,
    /// Where the PIN comes from.
    pub(crate) pin: PinChoice,
    /// The administrator lets this caller sign without a prompt.
    pub(crate) unattended: bool,
    /// Stops the set at its next step, and closes an open prompt.
    pub(crate) cancel: CancellationToken,
    /// Where the documents can be looked at before the PIN is given.
    pub(crate) confirm_address: Option<String>,
    /// Language of prompts.
    pub(crate) lang: Lang,
    /// Where the person sits; nowhere: at the daemon's own screen or terminal.
    pub(crate) place: Place,
    /// Where evidence comes from.
    pub(crate) sources: Sources,
    /// A second person agreed already.
    pub(crate) approved: Option<Approved>,
}

/// Marks that narrow the choice of a certificate.
#[derive(Clone, Default)]
pub(crate) struct Credential {
    /// Label or serial number of the token.
    pub(crate) token: Option<String>,
    /// Label of the certificate.
    pub(crate) label: Option<String>,
}

/// What a [`Set`] signs, in order.
pub(crate) enum Work {
    /// Documents that lie here.
    Documents(Vec<Item>),
    /// Digests of documents that do not.
    Digests(Vec<Digested>),
}

/// One document of a [`Work`].
pub(crate) struct Item {
    /// Name, field, seal.
    pub(crate) request: DocumentRequest,
    /// Our copy.
    pub(crate) draft: Draft,
    /// PNG of the seal.
    pub(crate) seal: Option<Arc<[u8]>>,
    /// For encrypted documents.
    pub(crate) password: Option<Arc<Password>>,
    /// Number of pages, once somebody counted them.
    pub(crate) pages: Option<u64>,
    /// Where the signed file goes.
    pub(crate) deliver: Deliver,
}

/// Where a signed file goes.
pub(crate) enum Deliver {
    /// Under this name.
    As(PathBuf),
    /// It stays with us until it is fetched.
    Keep,
}

/// Where the PIN comes from.
#[derive(Clone)]
pub(crate) enum PinChoice {
    /// As configured for the token: prompt, reader's keys, file or credential.
    Configured,
    /// A file that the caller named.
    File(PathBuf),
}

/// A finished document.
pub(crate) struct Signed {
    /// SHA-256 of the signed file.
    pub(crate) sha256: [u8; 32],
    /// Full name of the signature field; empty where only a digest was signed.
    pub(crate) field: String,
    /// SHA-256 of the signer's certificate, as the release check found it in the file.
    pub(crate) certificate: [u8; 32],
    /// The level that its evidence reaches.
    pub(crate) level: Level,
    /// What keeps it from the level wanted.
    pub(crate) missing: Vec<Finding>,
    /// A job completes it; when it first tries.
    pub(crate) later: Option<Timestamp>,
    /// The file, where it stays with us.
    pub(crate) kept: Option<OwnFile>,
}

/// Steps of a set, in their order; items count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The intent is durable.
    Begun,
    /// The certificate's token is about to get its PIN.
    PinAsked,
    /// The token is open.
    LoggedIn,
    /// All digests are known and their intents durable.
    Granted,
    /// The token signed this item.
    Signed(u32),
    /// The token is closed again.
    LoggedOut,
    /// The signature has its timestamp.
    Stamped(u32),
    /// The signature stands in our copy.
    Embedded(u32),
    /// What the level wants beside the signature stands in our copy, as far as it can be had.
    Extended(u32),
    /// The finished copy passed the release check.
    Checked(u32),
    /// The outcome is durable and the file appeared.
    Released(u32),
}

impl Step {
    /// How many documents are out, at the step that lets one out.
    pub fn finished(self) -> Option<u32> {
        match self {
            Self::Released(item) => Some(item),
            _ => None,
        }
    }
}

/// Told each step, in order; an error there stops the set.
pub type Checkpoint<'a> = dyn Fn(Step) -> Result<(), Failure> + Send + Sync + 'a;

/// Given each document when it is out: its number, from 1, and where it is.
pub(crate) type Receiver<'a> = dyn Fn(u32, Signed) + Send + Sync + 'a;

/// A signature in its document's update, not written yet.
pub(crate) struct Sealed {
    pub(crate) item: Item,
    pub(crate) ready: Ready,
    pub(crate) intent: Intent,
    /// SHA-256 of the certificate that signs.
    pub(crate) signer: [u8; 32],
    /// What stands in `/Contents`.
    pub(crate) cms: Vec<u8>,
}

/// One run of a set: what its steps need.
struct Run<'a> {
    app: &'a App,
    set: &'a Set,
    /// For levels that need others than the token.
    supply: Option<Supply>,
    /// What a job is to know of the sources, where one may be left.
    keeps: Option<Kept>,
    whole: Whole,
    journal: Journal,
    at: &'a Checkpoint<'a>,
    out: &'a Receiver<'a>,
}

/// What was signed under the login.
enum Made {
    Documents(Vec<Sealed>),
    Digests(Vec<Detached>),
}

impl Item {
    /// Whether it stays with us until it is fetched.
    fn is_kept(&self) -> bool {
        matches!(self.deliver, Deliver::Keep)
    }
}

impl Work {
    /// What was asked for each, in order.
    pub(crate) fn requests(&self) -> Box<dyn Iterator<Item = &DocumentRequest> + '_> {
        match self {
            Self::Documents(items) => Box::new(items.iter().map(|item| &item.request)),
            Self::Digests(items) => Box::new(items.iter().map(|item| &item.request)),
        }
    }

    /// The consent to it as it is now.
    pub(crate) fn consent(&self, operation: &str, who: &Principal, choice: &SigningChoice) -> Consent {
        let digest = |png: &Arc<[u8]>| DigestAlgorithm::Sha256.digest(png);
        let shown: Vec<Shown<'_>> = match self {
            Self::Documents(items) => items
                .iter()
                .map(|item| Shown {
                    request: &item.request,
                    sha256: item.draft.sha256(),
                    seal: item.seal.as_ref().map(digest),
                })
                .collect(),
            Self::Digests(items) => items.iter().map(Digested::shown).collect(),
        };
        Consent::bind(operation, who, choice, &shown)
    }
}

impl App {
    /// Signs the set: everything, or an error that says what stopped it. What was given to `out` before stays out.
    ///
    /// # Errors
    /// Every [`Failure`].
    pub(crate) async fn sign_set(
        &self,
        set: Set,
        work: Work,
        at: &Checkpoint<'_>,
        out: &Receiver<'_>,
    ) -> Result<(), Failure> {
        // Before anybody types a PIN for a timestamp that nobody can give.
        let supply = match set.choice.level {
            Level::BB => None,
            level => Some(self.supply(level, &set.sources).await?),
        };
        let keeps = supply.as_ref().map_or(Ok(None), |supply| set.keeps(supply, &work))?;
        let consent = work.consent(&set.operation, &set.who, &set.choice);
        let whole = Whole::of(&work, &set);
        let work = match work {
            Work::Documents(items) => Work::Documents(self.look_at_all(items, &set.choice).await?),
            Work::Digests(items) => Work::Digests(items),
        };
        let asked = Asked::of(&work, &consent);
        let names = work.requests().map(|request| request.name.clone()).collect();
        let journal = Journal::begin(self.store(), &set.operation, &set.who, &consent, self.now()).await?;
        let journal = journal.leaving_receipts(&set.who, names, &consent);
        let run = Run {
            app: self,
            set: &set,
            supply,
            keeps,
            whole,
            journal,
            at,
            out,
        };
        let result = run.sign(work, &asked).await;
        run.journal.close(&result, self.now()).await;
        result
    }

    async fn look_at_all(&self, mut items: Vec<Item>, choice: &SigningChoice) -> Result<Vec<Item>, Failure> {
        let (choice, fonts, now) = (choice.clone(), self.fonts(), self.now());
        let look = move || {
            for item in &mut items {
                let pages = prepare::look(item, &choice, &*fonts, now);
                item.pages = Some(pages.map_err(|e| e.about(&item.request.name))?);
            }
            Ok(items)
        };
        self.blocking(look).await
    }
}

impl Set {
    /// What a job is to know of the sources; `None`: no job may be left.
    fn keeps(&self, supply: &Supply, work: &Work) -> Result<Option<Kept>, Failure> {
        let waits = self.choice.level >= Level::BLt && matches!(supply.freshness, Freshness::AfterGrace(_));
        if !waits && !self.choice.augment_later {
            return Ok(None);
        }
        // A job keeps no password, so it could not open them again.
        let is_encrypted = |items: &Vec<Item>| items.iter().any(|item| item.password.is_some());
        if matches!(work, Work::Documents(items) if is_encrypted(items)) {
            return Err(match waits {
                true => Failure::new(FailureKind::Invalid, "grace_encrypted"),
                false => Failure::new(FailureKind::Invalid, "later_encrypted"),
            });
        }
        Ok(Some(Kept::of(&self.sources, supply)?))
    }
}

impl Run<'_> {
    async fn sign(&self, work: Work, asked: &Asked) -> Result<(), Failure> {
        self.step(Step::Begun)?;
        let token = self.app.choose_token(&self.set.choice, &self.set.credential).await?;
        if let Some(key) = token.named()
            && self.waits_for_second_person(key)
        {
            let set = self.whole.asked(&self.set.who, *key.certificate);
            self.app.look_for_approval(&set).await?;
        }
        self.step(Step::PinAsked)?;
        let login = self.app.open_token(&token, self.set, asked, &self.journal).await?;
        // The token is closed whatever happened under the login.
        let made = self.under_login(&token, &login, work).await;
        self.app.close_token(login, &token.info, made.is_err()).await;
        let made = made?;
        self.step(Step::LoggedOut)?;
        match made {
            Made::Documents(sealed) => self.release(sealed).await,
            Made::Digests(detached) => self.release_detached(detached).await,
        }
    }

    async fn under_login(&self, token: &Chosen, login: &Login, work: Work) -> Result<Made, Failure> {
        self.step(Step::LoggedIn)?;
        let signer = self
            .app
            .choose_certificate(login, &self.set.choice, &self.set.credential)
            .await?;
        self.app.before_showing(token, &signer, self.set).await?;
        match work {
            Work::Documents(items) => Ok(Made::Documents(self.seal_all(login, signer, items).await?)),
            Work::Digests(items) => Ok(Made::Digests(self.sign_digests(login, signer, items).await?)),
        }
    }

    /// Records what the token is about to be asked for, and makes the right to it: one intent for each of these digests.
    async fn granted(&self, signer: &Signer, digests: Vec<Vec<u8>>) -> Result<(Vec<Intent>, Grant), Failure> {
        let key = signer.named();
        if self.waits_for_second_person(key) {
            let set = self.whole.asked(&self.set.who, *key.certificate);
            self.app.second_person(&set).await?;
        }
        self.app.admit(key, signer.algorithm, digests.len()).await?;
        let numbered = (1..).zip(digests.iter().cloned()).collect();
        let certificate = *signer.certificate.sha256();
        let intents = self.journal.intend(certificate, numbered, self.app.now()).await?;
        let grant = authorise::grant(&signer.certificate, signer.algorithm, digests);
        self.step(Step::Granted)?;
        Ok((intents, grant))
    }

    /// Has the token sign these attributes, and puts them and the signature together.
    async fn cms(
        &self,
        login: &Login,
        grant: &Grant,
        signer: &Signer,
        intent: Intent,
        attributes: &SignedAttributes,
    ) -> Result<Vec<u8>, Failure> {
        let to_sign = Signable::Message(attributes.to_sign());
        let value = login.sign(grant, &signer.key, to_sign).await.map_err(|error| {
            self.journal.not_signed(intent, &error);
            Failure::from(error)
        })?;
        self.journal.signed(intent);
        Ok(cms::signed_data(attributes, signer.algorithm, &value, &signer.chain)?)
    }

    async fn seal_all(&self, login: &Login, signer: Signer, items: Vec<Item>) -> Result<Vec<Sealed>, Failure> {
        let signer = Arc::new(signer);
        let prepared = self.prepare(items, &signer).await?;
        let digests = prepared
            .iter()
            .map(|(_, ready)| signer.to_sign_digest(&ready.attributes));
        let (intents, grant) = self.granted(&signer, digests.collect()).await?;
        let mut sealed = Vec::with_capacity(prepared.len());
        for ((item, mut ready), intent) in prepared.into_iter().zip(intents) {
            let cms = self.cms(login, &grant, &signer, intent, &ready.attributes).await?;
            ready.prepared.put_contents(&cms)?;
            sealed.push(Sealed {
                item,
                ready,
                intent,
                signer: *signer.certificate.sha256(),
                cms,
            });
            self.step(Step::Signed(intent.item))?;
        }
        Ok(sealed)
    }

    async fn prepare(&self, items: Vec<Item>, signer: &Arc<Signer>) -> Result<Vec<(Item, Ready)>, Failure> {
        let (choice, fonts, now) = (self.set.choice.clone(), self.app.fonts(), self.app.now());
        let signer = signer.clone();
        let token_bytes = match &self.supply {
            None if choice.timestamp_room => self.app.token_room(&[]).await?,
            None => 0,
            Some(supply) => self.app.token_room(&supply.tsas).await?,
        };
        let work = move || {
            let ready = |mut item: Item| {
                let ready = prepare::prepare(&mut item, &signer, &choice, token_bytes, (&*fonts, now));
                ready
                    .map_err(|e| e.about(&item.request.name))
                    .map(|ready| (item, ready))
            };
            items.into_iter().map(ready).collect()
        };
        self.app.blocking(work).await
    }

    fn waits_for_second_person(&self, key: Named<'_>) -> bool {
        let is_approved = self
            .set
            .approved
            .as_ref()
            .is_some_and(|one| one.covers(key.certificate));
        self.app.wants_second_person(key) && !is_approved
    }

    fn step(&self, step: Step) -> Result<(), Failure> {
        if self.set.cancel.is_cancelled() {
            return Err(Failure::new(FailureKind::Cancelled, "signing_cancelled"));
        }
        (self.at)(step)
    }
}
