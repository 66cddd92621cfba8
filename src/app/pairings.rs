//! Letting a site in: it asks, the person compares six digits and says yes in the daemon's own prompt, the key is handed out once.
//!
//! Where nobody can be asked (no screen, no terminal) a request waits for `hankod site allow` or the daemon's own page.

use std::time::Duration;

use super::App;
use super::desk::{Event, PairingState, PairingView, ProofView};
use super::failure::Failure;
use crate::access::pairing::{self, Poll};
use crate::access::{self, AccessError, FormKeys, Nonce, Origin, Principal};
use crate::audit::{self, AuditError, Kind};
use crate::secret::ApiKey;
pub use crate::store::Rights;
use crate::store::{Pairing, PairingRequest};
use crate::text::Lang;
use crate::token::pin::PairingPrompt;

/// A caller that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Who.
    pub principal: Principal,
    /// What the key that was shown may do.
    pub rights: Rights,
}

impl Known {
    /// A site that a form names. It showed no key, so nothing is signed for it without a person.
    pub const fn by_form(origin: Origin) -> Self {
        Self {
            principal: Principal::Site { origin },
            rights: Rights::NONE,
        }
    }

    /// The daemon's own page.
    pub const fn own_page() -> Self {
        Self {
            principal: Principal::OwnPage,
            rights: Rights::NONE,
        }
    }
}

/// A pairing, without its key.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SiteView {
    /// The pairing's id.
    pub id: String,
    /// A web page's origin or a program's name.
    pub who: String,
    /// Signs with a configured PIN, without a prompt.
    pub unattended: bool,
    /// Has digests signed whose documents nobody here sees.
    pub digests: bool,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339; exact to the hour.
    pub last_used: Option<String>,
    /// RFC 3339.
    pub revoked: Option<String>,
}

impl App {
    /// A proof for each key of `origin`; none when the origin is not allowed.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn prove(&self, origin: &Origin, port: u16, nonce: &Nonce) -> Result<Vec<ProofView>, Failure> {
        let proofs = access::prove(self.store(), origin, nonce, port).await?;
        let view = |proof: access::Proof| ProofView {
            pairing: proof.pairing,
            hmac: hex::encode(proof.mac),
        };
        Ok(proofs.into_iter().map(view).collect())
    }

    /// What opens the forms of `origin` that came to `port`.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn form_keys(&self, origin: &Origin, port: u16) -> Result<FormKeys, Failure> {
        Ok(access::form_keys(self.store(), origin, port).await?)
    }

    /// `true` when the origin is an allowed site.
    pub async fn allows(&self, origin: &Origin) -> bool {
        let pairings = self.store().pairings_of_origin(origin.as_str(), 1).await;
        pairings.is_ok_and(|found| !found.is_empty())
    }

    /// `true` when a form of this origin is taken over: an allowed site, or one that the configuration names, for browsers
    /// in which a page can never ask to be allowed.
    pub async fn takes_forms_of(&self, origin: &Origin) -> bool {
        self.config().sites.iter().any(|site| site.origin == *origin) || self.allows(origin).await
    }

    /// Whose key this is. A site's key is good from its own origin only, a program's key only without an origin.
    ///
    /// # Errors
    /// `key_unknown`, `key_revoked`, `key_not_for_origin`.
    pub async fn authenticate(&self, key: &ApiKey, origin: Option<&Origin>) -> Result<Known, Failure> {
        let bearer = std::str::from_utf8(key.expose()).map_err(|_| AccessError::KeyUnknown)?;
        let found = access::authenticate(self.store(), bearer, origin, self.now()).await?;
        Ok(Known {
            principal: found.principal,
            rights: found.rights,
        })
    }

    /// A site asks to be known; the prompt opens.
    ///
    /// # Errors
    /// `pairing_too_many`, `pairing_too_often`.
    pub async fn request_pairing(&self, origin: &Origin, lang: Lang) -> Result<PairingView, Failure> {
        let (now, asked) = (self.now(), origin.clone());
        let request = self.store().write(move |tx| {
            Box::pin(async move {
                let request = pairing::request(tx, &asked, now).await?;
                let event = audit::Event::new(now, Kind::PairingRequested, asked.to_string(), &*request.id);
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(request)
            })
        });
        let request = request.await?;
        self.tell(Event::Pairing { id: request.id.clone() });
        if request.state == crate::store::RequestState::Pending {
            self.ask(&request, lang);
        }
        Ok(PairingView {
            id: request.id,
            code: request.code,
            state: PairingState::Pending,
            key: None,
        })
    }

    /// How that stands; the key once, and only to the origin that asked.
    ///
    /// # Errors
    /// `pairing_unknown`.
    pub async fn pairing(&self, id: &str, origin: &Origin) -> Result<PairingView, Failure> {
        let (now, asked, of) = (self.now(), id.to_owned(), origin.clone());
        let poll = self.store().write(move |tx| {
            Box::pin(async move {
                let poll = pairing::poll(tx, &asked, &of, now).await?;
                if let Poll::Key { pairing, rights, .. } = &poll {
                    let event = audit::Event::new(now, Kind::PairingCreated, of.to_string(), &**pairing);
                    audit::append(tx, &with_rights(event, *rights)).await?;
                }
                Ok::<_, Failure>(poll)
            })
        });
        let view = |code: String, state, key| PairingView {
            id: id.to_owned(),
            code,
            state,
            key,
        };
        Ok(match poll.await? {
            Poll::Pending(request) => view(request.code, PairingState::Pending, None),
            Poll::Key { key, .. } => {
                let text = String::from_utf8_lossy(key.expose()).into_owned();
                view(String::new(), PairingState::Allowed, Some(text))
            }
            Poll::Denied => view(String::new(), PairingState::Refused, None),
            Poll::Over => view(String::new(), PairingState::Expired, None),
        })
    }

    /// The person's answer.
    ///
    /// # Errors
    /// `pairing_unknown`, `pairing_over`.
    pub async fn decide_pairing(&self, id: &str, yes: bool) -> Result<(), Failure> {
        let (now, id) = (self.now(), id.to_owned());
        let kind = if yes {
            Kind::PairingApproved
        } else {
            Kind::PairingDenied
        };
        let decided = self.store().write(move |tx| {
            Box::pin(async move {
                pairing::decide(tx, &id, yes, now).await?;
                let event = audit::Event::new(now, kind, Principal::OwnPage.to_string(), &*id);
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        decided.await
    }

    /// Allows an origin in advance: its next request is answered with yes, once, within a few minutes.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn allow_site(&self, origin: &Origin, rights: Rights) -> Result<(), Failure> {
        let (now, origin) = (self.now(), origin.clone());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                pairing::allow_origin(tx, &origin, rights, now).await?;
                let event = audit::Event::new(now, Kind::SiteAllowed, Principal::Cli.to_string(), origin.to_string());
                audit::append(tx, &with_rights(event, rights)).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    /// Makes a key for a desktop program; it is told once.
    ///
    /// # Errors
    /// `program_name_invalid`.
    pub async fn allow_program(&self, name: &str, rights: Rights) -> Result<ApiKey, Failure> {
        let (now, name) = (self.now(), name.to_owned());
        let made = self.store().write(move |tx| {
            Box::pin(async move {
                let (pairing, key) = pairing::allow_program(tx, &name, rights, now).await?;
                let event = audit::Event::new(now, Kind::PairingCreated, Principal::Cli.to_string(), pairing);
                audit::append(tx, &with_rights(event, rights).with("program", name)).await?;
                Ok::<_, Failure>(key)
            })
        });
        made.await
    }

    /// All pairings, revoked ones too.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn sites(&self) -> Result<Vec<SiteView>, Failure> {
        Ok(self.store().pairings().await?.iter().map(site_view).collect())
    }

    /// Makes a pairing's key void.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn revoke_site(&self, id: &str) -> Result<(), Failure> {
        let (now, id) = (self.now(), id.to_owned());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.revoke_pairing(&id, now).await?;
                let event = audit::Event::new(now, Kind::PairingRevoked, Principal::Cli.to_string(), id);
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(done.await?)
    }

    /// `true` when the administrator lets this caller sign with a configured PIN: the key that was used, not another one of the same site.
    pub(crate) fn is_unattended(&self, who: &Known) -> bool {
        let named = |origin: &Origin| {
            self.config()
                .sites
                .iter()
                .any(|site| site.unattended && site.origin == *origin)
        };
        match &who.principal {
            Principal::OwnPage => self.0.unattended_page,
            Principal::Site { origin } => who.rights.unattended || named(origin),
            Principal::Program { .. } => who.rights.unattended,
            Principal::Cli
            | Principal::Jobs
            | Principal::Client { .. }
            | Principal::Person { .. }
            | Principal::Signer { .. } => false,
        }
    }

    fn ask(&self, request: &PairingRequest, lang: Lang) {
        let Ok(prompter) = self.prompter() else { return };
        let (app, id) = (self.clone(), request.id.clone());
        let prompt = PairingPrompt {
            lang: self.prompt_lang(lang),
            origin: request.origin.clone(),
            code: request.code.clone(),
        };
        tokio::spawn(async move {
            let patience = Duration::from_millis(app.config().prompt.deadline_ms);
            let answer = prompter.confirm(prompt, patience).await;
            // Only a person's own no is a no: where no prompt can open, another way of saying yes is left.
            let decided = match answer {
                Ok(()) => app.decide_pairing(&id, true).await,
                Err(crate::token::pin::PinError::Cancelled) => app.decide_pairing(&id, false).await,
                Err(_) => Ok(()),
            };
            if let Err(error) = decided {
                log::warn!(code = "pairing_answer_late", error:%; "a pairing's answer came too late");
            }
            app.tell(Event::Pairing { id });
        });
    }
}

fn with_rights(event: audit::Event, rights: Rights) -> audit::Event {
    event
        .with("unattended", rights.unattended)
        .with("digests", rights.digests)
}

fn site_view(pairing: &Pairing) -> SiteView {
    let who = pairing.origin.as_ref().or(pairing.program.as_ref());
    SiteView {
        id: pairing.id.clone(),
        who: who.cloned().unwrap_or_default(),
        unattended: pairing.rights.unattended,
        digests: pairing.rights.digests,
        created: pairing.created.rfc3339(),
        last_used: pairing.last_used.map(|t| t.rfc3339()),
        revoked: pairing.revoked.map(|t| t.rfc3339()),
    }
}
