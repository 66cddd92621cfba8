//! Signing at the desk: a request with its documents waits for the person, runs, ends, and is kept until it was fetched.
//!
//! Signings live in memory and their files in the state folder's upload folder: a daemon that ends forgets what was not
//! fetched, and the audit log says what had been signed. Who asked sees its own signings, the person sees all.

mod places;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::App;
use super::desk::{
    Appearance, Confirmation, DocumentRequest, Event, Said, SignedFile, SigningChoice, SigningDocument, SigningState,
    SigningUpload, SigningView, Start, UploadedDocument,
};
use super::draft::Draft;
use super::extend::Sources;
use super::failure::{Failure, FailureKind};
use super::forms::Form;
use super::pages::Sight;
use super::pairings::Known;
use super::receipts::origin_of;
use super::signing::{Credential, Deliver, Digested, Item, PinChoice, Set, Signed, Step, Work};
use super::spool::SpoolShare;
use crate::access::Principal;
use crate::config::Limits;
use crate::secret::Password;
use crate::text::{Explain, Lang, plain};
use crate::token::pin::Place;

pub(crate) use places::Desk;

/// How a document's signature will look, and the picture of a kept seal.
type Look = (Option<Appearance>, Option<Arc<[u8]>>);

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
    waiting: Mutex<Option<Work>>,
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
        self.hold_to_server(&who.principal, &upload, form.as_ref()).await?;
        let SigningUpload {
            mut request,
            documents,
            seal,
            passwords,
            share,
            return_url: _,
            manifest_sha256: _,
            backend: _,
        } = upload;
        if request.is_of_digests() && (form.is_some() || !who.rights.digests) {
            return Err(Failure::new(FailureKind::Forbidden, "digests_not_allowed"));
        }
        self.sweep();
        let seat = self.desk().admit(&who.principal, limits)?;
        let work = match request.is_of_digests() {
            true => of_digests(std::mem::take(&mut request.documents), &documents)?,
            false => {
                self.fill_in(
                    &mut request.sign,
                    request.documents.iter_mut().map(|d| &mut d.appearance),
                );
                let requests = std::mem::take(&mut request.documents);
                let seal: Option<Arc<[u8]>> = match seal {
                    Some(picture) => Some(self.seal_png(picture.into()).await?),
                    None => None,
                };
                of_documents(requests, documents, passwords, seal)?
            }
        };
        let (work, sights) = self.blocking(move || Ok(Sight::of_all(work))).await?;
        let id = super::new_id();
        let check = work.consent(&id, &who.principal, &request.sign).check();
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
            done: Mutex::new(work.requests().map(|_| None).collect()),
            waiting: Mutex::new(Some(work)),
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
        let entry = self.desk().find(who, id)?;
        match entry.is_of_digests() {
            true => choice.check_for_digests()?,
            false => self.fill_in(&mut choice.sign, choice.appearances.iter_mut()),
        }
        if choice.check != entry.check() {
            return Err(Failure::new(FailureKind::Conflict, "check_differs"));
        }
        if choice.appearances.len() != entry.sights.len() {
            return Err(Failure::new(FailureKind::Invalid, "manifest_documents_differ"));
        }
        // The person chooses within what was asked for.
        choice.sign.filter.clone_from(&entry.choice.filter);
        choice.sign.timestamp_room = entry.choice.timestamp_room;
        let mut looks = Vec::with_capacity(choice.appearances.len());
        for mut appearance in choice.appearances {
            let picture = match &mut appearance {
                Some(appearance) => self.take_kept(appearance).await?,
                None => None,
            };
            looks.push((appearance, picture));
        }
        self.begin(&entry, choice.sign, Some(looks))
    }

    /// How a signing stands.
    ///
    /// # Errors
    /// `signing_not_found`.
    pub async fn signing(&self, who: &Principal, id: &str, lang: Lang) -> Result<SigningView, Failure> {
        match self.desk().find(who, id) {
            Ok(entry) => self.tell_later(entry.view(&self.config().limits, lang), lang).await,
            Err(unknown) => self.remembered(who, id, lang).await?.ok_or(unknown),
        }
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
        if let Ok(entry) = self.desk().find(who, id) {
            let mut phase = entry.phase.subscribe();
            // Whether it ended or the patience did, the view tells.
            let _ = tokio::time::timeout(patience, phase.wait_for(|p| p.state.is_final())).await;
        }
        self.signing(who, id, lang).await
    }

    /// The person needs more time: what waits for them, or for being fetched, waits as long again. As often as they like.
    ///
    /// # Errors
    /// `signing_not_found`, `signing_not_waiting` while the token works.
    pub async fn more_time(&self, who: &Principal, id: &str, lang: Lang) -> Result<SigningView, Failure> {
        let entry = self.desk().find(who, id)?;
        let limits = &self.config().limits;
        if entry.time_left(limits).is_none() {
            return Err(Failure::new(FailureKind::Conflict, "signing_not_waiting"));
        }
        *locked(&entry.moved) = Instant::now();
        Ok(entry.view(limits, lang))
    }

    /// The signed file of document `n`, from 1.
    ///
    /// # Errors
    /// `signing_not_found`, `document_not_signed`, `signed_file_gone`.
    pub async fn signed_file(&self, who: &Principal, id: &str, n: u32) -> Result<SignedFile, Failure> {
        // What came after the signature, where that was left to a job.
        if let Some(completed) = self.completed_file(who, id, n).await? {
            return Ok(completed);
        }
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
        let sight = &entry.sights[index];
        let (name, media_type) = match &sight.digest {
            Some(_) => (format!("{}.p7s", sight.name), "application/pkcs7-signature"),
            None => (signed_name(&sight.name), "application/pdf"),
        };
        let (file, bytes) = opened(path).await?;
        Ok(SignedFile {
            name,
            media_type,
            file,
            bytes,
        })
    }

    /// Stops it; what was signed and not released before is not released. Once it is over: calls off what is still to come for its documents.
    ///
    /// # Errors
    /// `signing_not_found`, `signing_not_waiting` when all is over.
    pub async fn cancel(&self, who: &Principal, id: &str) -> Result<(), Failure> {
        let found = self.desk().find(who, id);
        if let Some(entry) = found.as_ref().ok().filter(|entry| !entry.state().is_final()) {
            entry.cancel.cancel();
            if locked(&entry.waiting).take().is_some() {
                self.move_to(entry, SigningState::Cancelled, None);
            }
            return Ok(());
        }
        match (self.call_off_later(who, id).await?, found) {
            (Some(1..), _) => Ok(()),
            (None, Err(unknown)) => Err(unknown),
            (Some(0), _) | (None, Ok(_)) => Err(Failure::new(FailureKind::Conflict, "signing_not_waiting")),
        }
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

    fn begin(&self, entry: &Arc<Entry>, choice: SigningChoice, looks: Option<Vec<Look>>) -> Result<(), Failure> {
        let over = || Failure::new(FailureKind::Conflict, "signing_not_waiting");
        // Whoever takes the items is the one who begins; a second confirmation finds none.
        let mut work = locked(&entry.waiting).take().ok_or_else(over)?;
        if let Work::Documents(items) = &mut work {
            for (item, (appearance, picture)) in items.iter_mut().zip(looks.into_iter().flatten()) {
                item.request.appearance = appearance;
                item.seal = picture.or(item.seal.take());
            }
        }
        // Before the state moves on, so that the page shows the prompt's number before the prompt opens.
        *locked(&entry.check) = work.consent(&entry.id, &entry.who, &choice).check();
        self.move_to(entry, SigningState::Queued, None);
        let sources = Sources {
            revocation: choice.revocation,
            ..Sources::default()
        };
        let set = Set {
            operation: entry.id.clone(),
            who: entry.who.clone(),
            choice,
            credential: Credential::default(),
            pin: PinChoice::Configured,
            unattended: entry.unattended,
            confirm_address: Some(self.confirm_address(&entry.id)),
            cancel: entry.cancel.clone(),
            lang: entry.lang,
            place: Place::default(),
            sources,
            approved: None,
        };
        let (app, entry) = (self.clone(), entry.clone());
        self.0.sets.spawn(async move { app.run(&entry, set, work).await });
        Ok(())
    }

    async fn run(&self, entry: &Entry, set: Set, work: Work) {
        let result = self
            .sign_set(
                set,
                work,
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

impl Entry {
    /// Digests came in place of documents.
    fn is_of_digests(&self) -> bool {
        self.sights.iter().any(|sight| sight.digest.is_some())
    }

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
        origin_of(&self.who)
    }

    /// The id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// How long it stays as it is when nobody does anything; `None` while it moves on by itself.
    pub(crate) fn time_left(&self, limits: &Limits) -> Option<Duration> {
        let life_ms = match self.state() {
            SigningState::AwaitingConfirmation => limits.consent_deadline_ms,
            state if state.is_final() => limits.result_life_ms,
            _ => return None,
        };
        Some(Duration::from_millis(life_ms).saturating_sub(locked(&self.moved).elapsed()))
    }

    fn view(&self, limits: &Limits, lang: Lang) -> SigningView {
        let phase = self.phase.borrow().clone();
        let done = locked(&self.done);
        let documents = self.sights.iter().zip(done.iter()).zip(1..);
        let documents = documents.map(|((sight, signed), n)| SigningDocument {
            n,
            name: plain(&sight.name),
            bytes: sight.bytes,
            sha256: sight.sha256.map(hex::encode),
            digest: sight.digest.clone(),
            signed: signed
                .as_ref()
                .map(|_| format!("/v1/signings/{}/documents/{n}", self.id)),
            level: signed.as_ref().map(|signed| signed.level),
            missing: signed
                .iter()
                .flat_map(|signed| &signed.missing)
                .map(|finding| Said::of(finding, lang))
                .collect(),
            later: None,
        });
        SigningView {
            id: self.id.clone(),
            state: phase.state,
            check: self.check(),
            confirm: format!("/confirm/{}", self.id),
            documents: documents.collect(),
            seconds_left: self.time_left(limits).map(|left| left.as_secs()),
            error: phase.error.map(|e| Said::of(&e, lang)),
        }
    }
}

/// Documents that came with their requests, one for each.
fn of_documents(
    requests: Vec<DocumentRequest>,
    documents: Vec<UploadedDocument>,
    passwords: Vec<Option<Password>>,
    seal: Option<Arc<[u8]>>,
) -> Result<Work, Failure> {
    if documents.len() != requests.len() || passwords.len() != documents.len() {
        return Err(documents_differ());
    }
    let parts = requests.into_iter().zip(documents).zip(passwords);
    let items = parts.map(|((request, document), password)| Item {
        request,
        draft: Draft::adopt(document),
        seal: seal.clone(),
        password: password.map(Arc::new),
        pages: None,
        deliver: Deliver::Keep,
    });
    Ok(Work::Documents(items.collect()))
}

/// Digests, and no document.
fn of_digests(requests: Vec<DocumentRequest>, documents: &[UploadedDocument]) -> Result<Work, Failure> {
    match documents.is_empty() {
        true => Ok(Work::Digests(
            requests.into_iter().map(Digested::of).collect::<Result<_, _>>()?,
        )),
        false => Err(documents_differ()),
    }
}

fn documents_differ() -> Failure {
    Failure::new(FailureKind::Invalid, "manifest_documents_differ")
}

/// The file, open at its beginning, and its length.
pub(super) async fn opened(path: PathBuf) -> Result<(File, u64), Failure> {
    let open = move || {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok::<_, io::Error>((file, bytes))
    };
    let opened = tokio::task::spawn_blocking(open)
        .await
        .map_err(io::Error::other)
        .flatten();
    opened.map_err(|_| Failure::new(FailureKind::NotFound, "signed_file_gone"))
}

pub(super) fn signed_name(name: &str) -> String {
    let stem = name
        .strip_suffix(".pdf")
        .or_else(|| name.strip_suffix(".PDF"))
        .unwrap_or(name);
    format!("{stem}.signed.pdf")
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
