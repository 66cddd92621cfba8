//! Tokens and certificates as people see them: what is there, what can sign, and why the rest cannot.

use super::App;
use super::choose::token_id;
use super::desk::{CertificateSelector, CertificateUsage, CertificateView, Event, PinState, Said, TokenView};
use super::failure::{Failure, FailureKind};
use crate::der::Certificate;
use crate::der::oid;
use crate::text::{Explain, Lang, plain};
use crate::token::reader::Reader;
use crate::token::{self, Entry, Fitness, KeyState, ModuleProblem, Slot, SlotState, TokenInfo, names_reader};
use std::sync::atomic::Ordering;

impl App {
    /// Every reader and token, and every module that does not work.
    ///
    /// # Errors
    /// None today; a module that fails is a row with its problem.
    pub async fn tokens(&self, lang: Lang) -> Result<Vec<TokenView>, Failure> {
        let listing = self.tokens_room().list().await;
        let sight = self.sight();
        let by_clock =
            !sight.service || !listing.problems.is_empty() || listing.slots.iter().any(|slot| !slot.removable);
        self.0.by_clock.store(by_clock, Ordering::Relaxed);
        let is_empty = |slot: &&Slot| slot.removable && slot.state == SlotState::Empty;
        let told = |reader: &&Reader| {
            let mut slots = listing.slots.iter().filter(|slot| !is_empty(slot));
            slots.any(|slot| names_reader(&slot.reader, &reader.name))
        };
        let unserved: Vec<&Reader> = sight
            .readers
            .iter()
            .filter(|reader| reader.card.is_some() && !told(reader))
            .collect();
        // A reader whose card no module knows is not empty.
        let is_unserved = |slot: &Slot| unserved.iter().any(|reader| names_reader(&slot.reader, &reader.name));
        let slots = listing
            .slots
            .iter()
            .filter(|slot| !(is_empty(slot) && is_unserved(slot)));
        let slots = slots.filter_map(|slot| self.slot_view(slot, lang));
        Ok(slots
            .chain(listing.problems.iter().map(|problem| problem_view(problem, lang)))
            .chain(unserved.iter().map(|reader| unserved_view(reader, lang)))
            .collect())
    }

    /// Certificates, usable ones first. A card that shows its certificate only after the PIN counts as usable, without a name.
    ///
    /// # Errors
    /// What a token says that goes away in between.
    pub async fn certificates(&self, usage: CertificateUsage, lang: Lang) -> Result<Vec<CertificateView>, Failure> {
        let listing = self.tokens_room().list().await;
        let mut views = Vec::new();
        for info in listing.tokens().filter(|info| info.initialised) {
            let entries = match self.tokens_room().objects(&info.token).await {
                Ok(entries) => entries,
                Err(error) => {
                    log::warn!(code = error.code(), token = info.token.label.as_str(); "a token's objects cannot be read");
                    continue;
                }
            };
            if entries.iter().all(|e| e.certificate.readable().is_none()) && info.login_required {
                views.push(hidden(info));
            }
            views.extend(entries.iter().map(|entry| self.view(info, entry, lang)));
        }
        views.retain(|view| view.usable || usage == CertificateUsage::All);
        views.sort_by_key(|view| !view.usable);
        Ok(views)
    }

    /// `true` when the last look showed tokens of which PC/SC tells nothing, so that a clock must.
    pub fn looks_by_clock(&self) -> bool {
        self.0.by_clock.load(Ordering::Relaxed)
    }

    /// The event that sends whoever gets it to look at the tokens again.
    pub fn tokens_changed(&self) -> Event {
        Event::token(self.now())
    }

    /// Whether the state answers and every configured module does.
    ///
    /// # Errors
    /// What does not.
    pub async fn readiness(&self) -> Result<(), Failure> {
        self.store().chain_head().await?;
        let listing = self.tokens_room().list().await;
        let problem = listing.problems.first();
        problem.map_or(Ok(()), |problem| {
            Err(Failure::of(FailureKind::Unavailable, &problem.error))
        })
    }

    /// Looks at the tokens and tells when what is there differs from `last`; gives what is there now. The first look tells too: who listens
    /// may have asked before it.
    pub async fn notice_tokens(&self, last: Option<Vec<TokenView>>) -> Vec<TokenView> {
        let now = self.tokens(Lang::En).await.unwrap_or_default();
        if last.is_none_or(|last| last != now) {
            self.tell(Event::token(self.now()));
        }
        now
    }

    fn slot_view(&self, slot: &Slot, lang: Lang) -> Option<TokenView> {
        let reader = plain(&slot.reader);
        match &slot.state {
            SlotState::Present(info) if info.initialised => Some(TokenView {
                id: token_id(&info.token),
                reader,
                present: true,
                card: self.card_kind(info),
                label: plain(&info.token.label),
                manufacturer: plain(&info.manufacturer),
                serial: plain(&info.token.serial),
                pin: pin_state(info.pin),
                tries_left: None,
                pinpad: info.protected_authentication_path,
                problem: None,
            }),
            // SoftHSM and HSMs show a spare slot for the next token; that is no reader without a card.
            SlotState::Present(_) => None,
            SlotState::Empty => slot.removable.then(|| absent(reader, None)),
            SlotState::Unreadable(error) => Some(absent(reader, Some(Said::of(error, lang)))),
        }
    }

    fn view(&self, info: &TokenInfo, entry: &Entry, lang: Lang) -> CertificateView {
        let fitness = entry.fitness(self.now());
        let fit = fitness == Fitness::Fit;
        let reason = Said::of(&fitness, lang);
        let certificate = entry.certificate.readable();
        CertificateView {
            select: certificate.map_or_else(|| by_token(info), |c| CertificateSelector::Sha256(c.sha256_hex())),
            token: token_id(&info.token),
            token_label: plain(&info.token.label),
            name: certificate.map_or_else(|| plain(&entry.label), |c| plain(&c.subject().common_name())),
            organization: certificate
                .and_then(|c| c.subject().get(oid::ORGANIZATION))
                .map(|o| plain(&o)),
            issuer: certificate
                .map(|c| plain(&c.issuer().common_name()))
                .unwrap_or_default(),
            serial: certificate.map(Certificate::serial_hex).unwrap_or_default(),
            not_before: certificate.map(|c| c.not_before().rfc3339()),
            not_after: certificate.map(|c| c.not_after().rfc3339()),
            key: key_text(entry, certificate),
            usable: fit,
            days_left: certificate.filter(|_| fit).and_then(|c| self.days_left(c.not_after())),
            reasons: if fit { Vec::new() } else { vec![reason] },
        }
    }
}

fn hidden(info: &TokenInfo) -> CertificateView {
    CertificateView {
        select: by_token(info),
        token: token_id(&info.token),
        token_label: plain(&info.token.label),
        name: String::new(),
        organization: None,
        issuer: String::new(),
        serial: String::new(),
        not_before: None,
        not_after: None,
        key: String::new(),
        usable: true,
        days_left: None,
        reasons: Vec::new(),
    }
}

fn by_token(info: &TokenInfo) -> CertificateSelector {
    CertificateSelector::Token(token_id(&info.token))
}

fn key_text(entry: &Entry, certificate: Option<&Certificate>) -> String {
    match (certificate, &entry.key) {
        (Some(certificate), _) => certificate.key().to_string(),
        (None, KeyState::Usable(key)) => key.kind.to_string(),
        (None, KeyState::BehindLogin(kind)) => kind.to_string(),
        (None, KeyState::Missing) => String::new(),
    }
}

/// A card that PC/SC shows and no module does.
fn unserved_view(reader: &Reader, lang: Lang) -> TokenView {
    let why = Failure::new(FailureKind::Unavailable, "card_without_module");
    absent(plain(&reader.name), Some(Said::of(&why, lang)))
}

fn problem_view(problem: &ModuleProblem, lang: Lang) -> TokenView {
    absent(
        plain(&problem.path.display().to_string()),
        Some(Said::of(&problem.error, lang)),
    )
}

fn absent(reader: String, problem: Option<Said>) -> TokenView {
    TokenView {
        id: String::new(),
        reader,
        present: false,
        card: None,
        label: String::new(),
        manufacturer: String::new(),
        serial: String::new(),
        pin: PinState::Normal,
        tries_left: None,
        pinpad: false,
        problem,
    }
}

fn pin_state(state: token::PinState) -> PinState {
    match state {
        token::PinState::Ok | token::PinState::ToBeChanged | token::PinState::Uninitialised => PinState::Normal,
        token::PinState::CountLow => PinState::Low,
        token::PinState::FinalTry => PinState::Final,
        token::PinState::Locked => PinState::Locked,
    }
}
