//! Signing at the desk: a request with its documents waits for the person, runs, ends, and is kept until it was fetched.
//!
//! Signings live in memory and their files in the state folder's upload folder: a daemon that ends forgets what was not
//! fetched, and the audit log says what had been signed. Who asked sees its own signings, the person sees all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::App;
use super::consent::{Consent, Shown};
use super::desk::{
    Appearance, Confirmation, Event, Said, SignedFile, SigningChoice, SigningDocument, SigningState, SigningUpload,
    SigningView, Start,
};
use super::draft::Draft;
use super::extend::Sources;
use super::failure::{Failure, FailureKind};
use super::forms::Form;
use super::jobs;
use super::pages::Sight;
use super::pairings::Known;
use super::signing::{Credential, Deliver, Item, PinChoice, Set, Signed, Step};
use super::spool::SpoolShare;
use crate::access::{Origin, Principal};
use crate::config::Limits;
use crate::text::{Explain, Lang, plain};
use crate::token::pin::Place;

/// Finished signings that are kept of one caller.
const MAX_FINISHED_PER_CALLER: usize = 16;

/// The signings of this process.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Places>);

#[derive(Default)]
struct Places {
    entries: HashMap<String, Arc<Entry>>,
    /// Requests that were let in and are not entries yet.
    coming: usize,
}

/// A place at the desk, given back when the request fails on its way.
struct Seat<'a> {
    desk: &'a Desk,
    taken: bool,
}

/// One signing.
pub(crate) struct Entry {
    id: String,
    who: Principal,
    lang: Lang,
    unattended: bool,
    /// What the prompt and the page show to compare; a confirmation that chooses anew makes it anew.
    check: Mutex<String>,
    /// What can be looked at.
    pub(crate) sights: Vec<Sight>,
    /// As asked for.
    pub(crate) choice: SigningChoice,
    /// What a form of the browser said besides, where one brought it.
    pub(crate) form: Option<Form>,
    cancel: CancellationToken,
    phase: watch::Sender<Phase>,
    waiting: Mutex<Option<Vec<Item>>>,
    /// What its documents take of the room for uploads.
    _share: Arc<SpoolShare>,
    done: Mutex<Vec<Option<Signed>>>,
    /// When it came to its present state.
    moved: Mutex<Instant>,
}

#[derive(Clone)]
pub(crate) struct Phase {
    pub(crate) state: SigningState,
    error: Option<Failure>,
}

impl App {
    /// Takes documents over and begins, or waits for the person.
    ///
    /// # Errors
    /// What [`super::desk::SigningRequest::check`] refuses, `signings_too_many`, `pdf_*` for documents that do not open.
    pub async fn create_signing(&self, who: &Known, upload: SigningUpload, lang: Lang) -> Result<String, Failure> {
        self.take_over(who, upload, None, lang).await
    }

    /// The same; `form` where a form of the browser brought it.
    pub(crate) async fn take_over(
        &self,
        who: &Known,
        upload: SigningUpload,
        form: Option<Form>,
        lang: Lang,
    ) -> Result<String, Failure> {
        let limits = &self.config().limits;
        upload.request.check(limits.max_documents)?;
        let SigningUpload {
            mut request,
            documents,
            seal,
            passwords,
            share,
            return_url: _,
        } = upload;
        if documents.len() != request.documents.len() || passwords.len() != documents.len() {
            return Err(Failure::new(FailureKind::Invalid, "manifest_documents_differ"));
        }
        self.sweep();
        let seat = self.desk().admit(&who.principal, limits)?;
        self.fill_in(
            &mut request.sign,
            request.documents.iter_mut().map(|d| &mut d.appearance),
        );
        let seal: Option<Arc<[u8]>> = seal.map(Arc::from);
        let mut items = Vec::with_capacity(documents.len());
        for ((request, document), password) in request.documents.into_iter().zip(documents).zip(passwords) {
            items.push(Item {
                request,
                draft: Draft::adopt(document),
                seal: seal.clone(),
                password: password.map(Arc::new),
                pages: None,
                deliver: Deliver::Keep,
            });
        }
        let (items, sights) = self.blocking(move || Ok(Sight::of_all(items))).await?;
        let id = super::new_id();
        let check = consent(&id, &who.principal, &request.sign, &items).check();
        let entry = Arc::new(Entry {
            id: id.clone(),
            who: who.principal.clone(),
            lang: self.prompt_lang(lang),
            // A form showed no key.
            unattended: form.is_none() && self.is_unattended(who),
            check: Mutex::new(check),
            sights,
            choice: request.sign.clone(),
            form,
            cancel: self.0.stopping.child_token(),
            phase: watch::Sender::new(Phase {
                state: SigningState::AwaitingConfirmation,
                error: None,
            }),
            done: Mutex::new(items.iter().map(|_| None).collect()),
            waiting: Mutex::new(Some(items)),
            moved: Mutex::new(Instant::now()),
            _share: share,
        });
        seat.take(entry.clone());
        if request.start == Start::AtOnce {
            self.begin(&entry, request.sign, None)?;
        }
        Ok(id)
    }

    /// The person said yes on the daemon's own page; the PIN prompt follows.
    ///
    /// # Errors
    /// `signing_not_found`, `signing_not_waiting`, `check_differs`, what [`Confirmation::check`] refuses.
    pub async fn confirm(&self, who: &Principal, id: &str, mut choice: Confirmation) -> Result<(), Failure> {
        choice.check()?;
        self.fill_in(&mut choice.sign, choice.appearances.iter_mut());
        let entry = self.desk().find(who, id)?;
        if choice.check != entry.check() {
            return Err(Failure::new(FailureKind::Conflict, "check_differs"));
        }
        if choice.appearances.len() != entry.sights.len() {
            return Err(Failure::new(FailureKind::Invalid, "manifest_documents_differ"));
        }
        // The person chooses within what was asked for.
        choice.sign.filter.clone_from(&entry.choice.filter);
        self.begin(&entry, choice.sign, Some(choice.appearances))
    }

    /// How a signing stands.
    ///
    /// # Errors
    /// `signing_not_found`.
    pub async fn signing(&self, who: &Principal, id: &str, lang: Lang) -> Result<SigningView, Failure> {
        Ok(self.desk().find(who, id)?.view(lang))
    }

    /// The same, once it is final or `patience` is over.
    ///
    /// # Errors
    /// `signing_not_found`.
    pub async fn wait(
        &self,
        who: &Principal,
        id: &str,
        patience: Duration,
        lang: Lang,
    ) -> Result<SigningView, Failure> {
        let entry = self.desk().find(who, id)?;
        let mut phase = entry.phase.subscribe();
        // Whether it ended or the patience did, the view tells.
        let _ = tokio::time::timeout(patience, phase.wait_for(|p| p.state.is_final())).await;
        Ok(entry.view(lang))
    }

    /// The signed file of document `n`, from 1.
    ///
    /// # Errors
    /// `signing_not_found`, `document_not_signed`.
    pub async fn signed_file(&self, who: &Principal, id: &str, n: u32) -> Result<SignedFile, Failure> {
        let entry = self.desk().find(who, id)?;
        let missing = || Failure::new(FailureKind::NotFound, "document_not_signed");
        let index = usize::try_from(n)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .ok_or_else(missing)?;
        let path = locked(&entry.done)
            .get(index)
            .and_then(|signed| signed.as_ref()?.kept.as_ref().map(|kept| kept.to_path_buf()))
            .ok_or_else(missing)?;
        // What came after the signature, where that was left to a job.
        let path = jobs::newest(self, id, n).await?.unwrap_or(path);
        let bytes = tokio::fs::metadata(&path).await.map_err(|_| missing())?.len();
        Ok(SignedFile {
            name: signed_name(&entry.sights[index].name),
            path,
            bytes,
        })
    }

    /// Stops it; what was signed and not released before is not released.
    ///
    /// # Errors
    /// `signing_not_found`, `signing_not_waiting` when it is over.
    pub async fn cancel(&self, who: &Principal, id: &str) -> Result<(), Failure> {
        let entry = self.desk().find(who, id)?;
        if entry.state().is_final() {
            return Err(Failure::new(FailureKind::Conflict, "signing_not_waiting"));
        }
        entry.cancel.cancel();
        if locked(&entry.waiting).take().is_some() {
            self.move_to(&entry, SigningState::Cancelled, None);
        }
        Ok(())
    }

    /// Forgets results whose time is over, and cancels signings that nobody confirmed in time.
    pub fn sweep(&self) {
        for entry in self.desk().sweep(&self.config().limits) {
            if locked(&entry.waiting).take().is_some() {
                let late = Failure::new(FailureKind::Timeout, "signing_not_confirmed");
                self.move_to(&entry, SigningState::Cancelled, Some(late));
            }
        }
    }

    fn begin(
        &self,
        entry: &Arc<Entry>,
        choice: SigningChoice,
        appearances: Option<Vec<Option<Appearance>>>,
    ) -> Result<(), Failure> {
        let over = || Failure::new(FailureKind::Conflict, "signing_not_waiting");
        // Whoever takes the items is the one who begins; a second confirmation finds none.
        let mut items = locked(&entry.waiting).take().ok_or_else(over)?;
        for (item, seal) in items.iter_mut().zip(appearances.into_iter().flatten()) {
            item.request.appearance = seal;
        }
        // Before the state moves on, so that the page shows the prompt's number before the prompt opens.
        *locked(&entry.check) = consent(&entry.id, &entry.who, &choice, &items).check();
        self.move_to(entry, SigningState::Queued, None);
        let set = Set {
            operation: entry.id.clone(),
            who: entry.who.clone(),
            choice,
            credential: Credential::default(),
            items,
            pin: PinChoice::Configured,
            unattended: entry.unattended,
            confirm_address: Some(self.confirm_address(&entry.id)),
            cancel: entry.cancel.clone(),
            lang: entry.lang,
            place: Place::default(),
            sources: Sources::default(),
        };
        let (app, entry) = (self.clone(), entry.clone());
        self.0.sets.spawn(async move { app.run(&entry, set).await });
        Ok(())
    }

    async fn run(&self, entry: &Entry, set: Set) {
        let result = self
            .sign_set(
                set,
                &|step| {
                    match step {
                        Step::PinAsked => self.move_to(entry, SigningState::AwaitingPin, None),
                        Step::LoggedIn => self.move_to(entry, SigningState::Signing, None),
                        _ => {}
                    }
                    Ok(())
                },
                &|item, signed| {
                    if let Some(place) = locked(&entry.done).get_mut(item as usize - 1) {
                        *place = Some(signed);
                    }
                },
            )
            .await;
        match result {
            Ok(()) => self.move_to(entry, SigningState::Done, None),
            Err(failure) if failure.is_refusal() => {
                self.move_to(entry, SigningState::Cancelled, Some(failure));
            }
            Err(failure) => {
                log::warn!(code = failure.code(), operation = entry.id.as_str(); "a signing failed");
                self.move_to(entry, SigningState::Failed, Some(failure));
            }
        }
    }

    fn move_to(&self, entry: &Entry, state: SigningState, error: Option<Failure>) {
        *locked(&entry.moved) = Instant::now();
        entry.phase.send_replace(Phase { state, error });
        self.tell(Event::Signing {
            id: entry.id.clone(),
            state,
        });
    }
}

impl Desk {
    /// The signing, if `who` may know of it.
    pub(crate) fn find(&self, who: &Principal, id: &str) -> Result<Arc<Entry>, Failure> {
        let found = locked(&self.0)
            .entries
            .get(id)
            .cloned()
            .filter(|entry| *who == Principal::OwnPage || entry.who == *who);
        found.ok_or(Failure::new(FailureKind::NotFound, "signing_not_found"))
    }

    /// `true` when `who` may know of the signing.
    pub(crate) fn knows(&self, who: &Principal, id: &str) -> bool {
        self.find(who, id).is_ok()
    }

    /// Requests of `origin` that came by a form and wait for the person.
    pub(crate) fn waiting_forms(&self, origin: &Origin) -> usize {
        let of = |entry: &&Arc<Entry>| {
            let asked = entry.form.is_some() && entry.state() == SigningState::AwaitingConfirmation;
            asked && matches!(&entry.who, Principal::Site { origin: site } if site == origin)
        };
        locked(&self.0).entries.values().filter(of).count()
    }

    /// Takes back every signing that waits for a person or a token.
    pub(crate) fn cancel_waiting(&self) {
        for entry in locked(&self.0).entries.values() {
            if entry.state() != SigningState::Signing {
                entry.cancel.cancel();
            }
        }
    }

    /// Forgets results, with their files, whose time is over; gives the signings that nobody confirmed in time.
    fn sweep(&self, limits: &Limits) -> Vec<Arc<Entry>> {
        let (consent, result) = (limits.consent_deadline_ms, limits.result_life_ms);
        let over = |entry: &Entry, life_ms| locked(&entry.moved).elapsed() > Duration::from_millis(life_ms);
        let mut places = locked(&self.0);
        let forgotten = places
            .entries
            .extract_if(|_, entry| entry.state().is_final() && over(entry, result));
        let forgotten: Vec<_> = forgotten.collect();
        let waits = |entry: &&Arc<Entry>| entry.state() == SigningState::AwaitingConfirmation && over(entry, consent);
        let late = places.entries.values().filter(waits).cloned().collect();
        // Their files are removed while nobody waits for the lock.
        drop(places);
        drop(forgotten);
        late
    }

    /// Lets one more request in: counted and admitted under one lock, so that two at once do not both take the last place.
    fn admit(&self, who: &Principal, limits: &Limits) -> Result<Seat<'_>, Failure> {
        let mut places = locked(&self.0);
        let open = places.entries.values().filter(|entry| !entry.state().is_final());
        if (open.count() + places.coming) as u64 >= limits.max_open_signings {
            return Err(Failure::new(FailureKind::TooMany, "signings_too_many"));
        }
        // Results that were not fetched make room before their time; the oldest goes first.
        let mut finished: Vec<_> = places
            .entries
            .values()
            .filter(|entry| entry.who == *who && entry.state().is_final())
            .cloned()
            .collect();
        finished.sort_by_key(|entry| *locked(&entry.moved));
        finished.truncate(finished.len().saturating_sub(MAX_FINISHED_PER_CALLER - 1));
        for entry in &finished {
            places.entries.remove(&entry.id);
        }
        places.coming += 1;
        // Their files are removed while nobody waits for the lock.
        drop(places);
        drop(finished);
        Ok(Seat {
            desk: self,
            taken: false,
        })
    }
}

impl Seat<'_> {
    fn take(mut self, entry: Arc<Entry>) {
        let mut places = locked(&self.desk.0);
        places.coming -= 1;
        places.entries.insert(entry.id.clone(), entry);
        self.taken = true;
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if !self.taken {
            locked(&self.desk.0).coming -= 1;
        }
    }
}

impl Entry {
    /// The number that the prompt and the page show to compare.
    pub(crate) fn check(&self) -> String {
        locked(&self.check).clone()
    }

    /// Document `n`, from 1.
    ///
    /// # Errors
    /// `document_not_found`.
    pub(crate) fn sight(&self, n: u32) -> Result<&Sight, Failure> {
        let found = n.checked_sub(1).and_then(|i| self.sights.get(i as usize));
        found.ok_or(Failure::new(FailureKind::NotFound, "document_not_found"))
    }

    /// Where it stands.
    pub(crate) fn state(&self) -> SigningState {
        self.phase.borrow().state
    }

    /// The site that asks; `None` for the person.
    pub(crate) fn origin(&self) -> Option<String> {
        match &self.who {
            Principal::Site { origin } => Some(origin.to_string()),
            Principal::Program { name } | Principal::Client { id: name } => Some(name.clone()),
            Principal::OwnPage | Principal::Cli => None,
        }
    }

    /// The id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, lang: Lang) -> SigningView {
        let phase = self.phase.borrow().clone();
        let done = locked(&self.done);
        let documents = self.sights.iter().zip(done.iter()).zip(1..);
        let documents = documents.map(|((sight, signed), n)| SigningDocument {
            n,
            name: plain(&sight.name),
            bytes: sight.bytes,
            sha256: hex::encode(sight.sha256),
            signed: signed
                .as_ref()
                .map(|_| format!("/v1/signings/{}/documents/{n}", self.id)),
            level: signed.as_ref().map(|signed| signed.level),
            missing: signed
                .iter()
                .flat_map(|signed| &signed.missing)
                .map(|finding| Said::of(finding, lang))
                .collect(),
        });
        SigningView {
            id: self.id.clone(),
            state: phase.state,
            check: self.check(),
            confirm: format!("/confirm/{}", self.id),
            documents: documents.collect(),
            error: phase.error.map(|e| Said::of(&e, lang)),
        }
    }
}

/// The consent to these items as they are now.
pub(crate) fn consent(operation: &str, who: &Principal, choice: &SigningChoice, items: &[Item]) -> Consent {
    let digest = |png: &Arc<[u8]>| crate::der::DigestAlgorithm::Sha256.digest(png);
    let shown: Vec<Shown<'_>> = items
        .iter()
        .map(|item| Shown {
            request: &item.request,
            sha256: item.draft.sha256(),
            seal: item.seal.as_ref().map(digest),
        })
        .collect();
    Consent::bind(operation, who, choice, &shown)
}

fn signed_name(name: &str) -> String {
    let stem = name
        .strip_suffix(".pdf")
        .or_else(|| name.strip_suffix(".PDF"))
        .unwrap_or(name);
    format!("{stem}.signed.pdf")
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
