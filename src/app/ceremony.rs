//! Ceremonies of a token's operator: a token made, a key generated, a certificate asked for and brought home.
//!
//! Reached from the command line alone. Nothing here deletes or overwrites, and a PIN is never part of a request: it is in a file that the request
//! names, configured for the token, or typed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::App;
use super::authorise;
use super::draft::small_file;
use super::failure::{Failure, FailureKind};
use super::keyring::Opened;
use crate::audit::{Event, Kind};
use crate::der::{
    Certificate, DigestAlgorithm, MAX_BUNDLE_BYTES, Preference, SignatureAlgorithm, name_of, parse_bundle, request,
};
use crate::secret::Pin;
use crate::text::{Lang, plain, say};
use crate::token::pin::{Notice, PinSource, Place};
pub use crate::token::provision::NewKey;
use crate::token::{self, Entry, KeyInfo, KeyState, Signable, TokenInfo, TokenRef};

/// Who holds ceremonies, in the audit log.
const ACTOR: &str = "cli";

/// One ceremony.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyRequest {
    /// What is done.
    pub ceremony: Ceremony,
    /// Language of prompts and messages.
    pub english: bool,
    /// Where the person sits who types PINs.
    pub place: Place,
}

/// What is done. Tokens are named by label or serial number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ceremony {
    /// A token in the first slot that has none.
    Init {
        /// Its label.
        label: String,
        /// The module; without one the only one there is.
        module: Option<PathBuf>,
        /// The security officer's PIN, else it is asked for.
        so_pin_file: Option<PathBuf>,
        /// The user's PIN, else it is asked for.
        pin_file: Option<PathBuf>,
    },
    /// A key pair that never leaves the token.
    Keygen {
        /// The token.
        token: String,
        /// Its label; no other key or certificate of the token may have it.
        label: String,
        /// What kind.
        kind: NewKey,
        /// Each use wants the PIN again.
        always_authenticate: bool,
        /// The user's PIN, else as configured, else it is asked for.
        pin_file: Option<PathBuf>,
    },
    /// A certificate request (PKCS#10) that a key of the token signs.
    Csr {
        /// The token.
        token: String,
        /// The key's label.
        key: String,
        /// The name to be certified, RFC 4514.
        subject: String,
        /// As for a key.
        pin_file: Option<PathBuf>,
    },
    /// The first certificate of a file, beside its key; and the issuers that follow it in the file.
    ImportCertificate {
        /// The token.
        token: String,
        /// PEM or DER.
        file: PathBuf,
        /// As for a key.
        pin_file: Option<PathBuf>,
    },
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CeremonyReport {
    /// Label of the token.
    pub token: String,
    /// Its serial number.
    pub serial: String,
    /// Label of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What kind the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// SHA-256 of its SubjectPublicKeyInfo, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key_sha256: Option<String>,
    /// The certificate request, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// SHA-256 of the certificate, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// How the person is asked.
struct Asking<'a> {
    app: &'a App,
    lang: Lang,
    place: &'a Place,
}

/// A token opened for a ceremony.
struct Opening {
    info: TokenInfo,
    opened: Opened,
}

impl App {
    /// Holds one ceremony.
    ///
    /// # Errors
    /// `token_gone`, `token_ambiguous`, `module_ambiguous`, `key_label_taken`, `key_not_found`, `name_malformed`, `certificate_key_elsewhere`,
    /// `certificate_on_token`, `pin_new_differs`, what is wrong with a file, and what a login and the token say.
    pub async fn hold(&self, request: CeremonyRequest) -> Result<CeremonyReport, Failure> {
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let place = request.place;
        let asking = Asking {
            app: self,
            lang,
            place: &place,
        };
        match request.ceremony {
            Ceremony::Init {
                label,
                module,
                so_pin_file,
                pin_file,
            } => {
                self.init_token(&asking, &label, module.as_deref(), (so_pin_file, pin_file))
                    .await
            }
            Ceremony::Keygen {
                token,
                label,
                kind,
                always_authenticate,
                pin_file,
            } => {
                let opening = asking.open(&token, pin_file).await?;
                let made = self.generate(&opening, &label, kind, always_authenticate).await;
                self.closed(opening, made).await
            }
            Ceremony::Csr {
                token,
                key,
                subject,
                pin_file,
            } => {
                let name = name_of(&subject)?;
                let opening = asking.open(&token, pin_file).await?;
                let made = self.request(&opening, &key, &name).await;
                self.closed(opening, made).await
            }
            Ceremony::ImportCertificate { token, file, pin_file } => {
                let read = move || Ok(parse_bundle(&small_file(&file, MAX_BUNDLE_BYTES)?)?);
                let certificates = self.blocking(read).await?;
                let opening = asking.open(&token, pin_file).await?;
                let done = self.import(&opening, &certificates).await;
                self.closed(opening, done).await
            }
        }
    }

    async fn init_token(
        &self,
        asking: &Asking<'_>,
        label: &str,
        module: Option<&Path>,
        (so_pin_file, pin_file): (Option<PathBuf>, Option<PathBuf>),
    ) -> Result<CeremonyReport, Failure> {
        let module = self.tokens_room().module_at(module);
        let module = module.ok_or(Failure::new(FailureKind::Usage, "module_ambiguous"))?;
        let so_pin = asking.new_pin(label, "prompt-so-pin", so_pin_file).await?;
        let pin = asking.new_pin(label, "prompt-change-new", pin_file).await?;
        let token = self.tokens_room().init_token(module, label, &so_pin, &pin).await?;
        self.record(event(self, Kind::TokenInitialised, &token)).await?;
        self.tell(self.tokens_changed());
        Ok(report(&token))
    }

    async fn generate(
        &self,
        opening: &Opening,
        label: &str,
        kind: NewKey,
        always_authenticate: bool,
    ) -> Result<CeremonyReport, Failure> {
        if label.is_empty() || plain(label) != label {
            return Err(Failure::new(FailureKind::Invalid, "key_label_invalid"));
        }
        let taken = |entry: &Entry| entry.label == label || key_of(entry).is_some_and(|key| is_called(key, label));
        if opening.opened.objects().await?.iter().any(taken) {
            return Err(Failure::new(FailureKind::Conflict, "key_label_taken").with("label", label));
        }
        let id = super::new_id();
        let made = opening
            .opened
            .generate_key(kind, label, id.as_bytes(), always_authenticate)
            .await;
        let key = made?;
        let report = of_key(&opening.info.token, &key);
        let sha256 = report.public_key_sha256.clone().unwrap_or_default();
        let event = event(self, Kind::KeyGenerated, &opening.info.token).with("public_key", sha256);
        self.record(event).await?;
        Ok(report)
    }

    async fn request(&self, opening: &Opening, label: &str, name: &[u8]) -> Result<CeremonyReport, Failure> {
        let entries = opening.opened.objects().await?;
        let mut named = entries.iter().filter_map(key_of).filter(|key| is_called(key, label));
        let key = named.next().ok_or(not_found(label))?;
        if named.next().is_some() {
            return Err(token::Error::KeyAmbiguous.into());
        }
        let spki = key.spki_der.as_deref().ok_or(token::Error::KeyMissing)?;
        let algorithm = SignatureAlgorithm::for_key(key.kind, Preference::Auto)?;
        let to_sign = request::to_sign(name, spki);
        let report = of_key(&opening.info.token, key);
        let sha256 = report.public_key_sha256.clone().unwrap_or_default();
        // Every use of a key is written down before it happens.
        let digest = hex::encode(DigestAlgorithm::Sha256.digest(&to_sign));
        let event = event(self, Kind::CertificateRequested, &opening.info.token)
            .with("public_key", sha256)
            .with("request", digest);
        self.record(event).await?;
        let grant = authorise::grant_request(spki, algorithm, &to_sign);
        let signed = opening.opened.sign(&grant, key, Signable::Message(&to_sign)).await?;
        let der = request::signed(&to_sign, algorithm, &signed)?;
        Ok(CeremonyReport {
            request: Some(request::pem(&der)),
            ..report
        })
    }

    async fn import(&self, opening: &Opening, certificates: &[Certificate]) -> Result<CeremonyReport, Failure> {
        let own = certificates.first().ok_or(elsewhere())?;
        let entries = opening.opened.objects().await?;
        let is_its = |key: &&KeyInfo| key.spki_der.as_deref().is_some_and(|spki| same_key(spki, own));
        let key = entries.iter().filter_map(key_of).find(is_its).ok_or(elsewhere())?;
        let is_there = |certificate: &Certificate| {
            let held = entries.iter().filter_map(|entry| entry.certificate.readable());
            held.into_iter().any(|held| held.sha256() == certificate.sha256())
        };
        if is_there(own) {
            return Err(Failure::new(FailureKind::Conflict, "certificate_on_token"));
        }
        let label = String::from_utf8_lossy(&key.reference.label).into_owned();
        opening
            .opened
            .import_certificate(&label, &key.reference.id, own)
            .await?;
        for issuer in certificates
            .iter()
            .skip(1)
            .filter(|c| c.extensions().is_ca && !is_there(c))
        {
            let label = issuer.subject().common_name();
            // Named by itself: no key of the token has this id.
            opening
                .opened
                .import_certificate(&label, &issuer.sha256()[..20], issuer)
                .await?;
        }
        let event = event(self, Kind::CertificateImported, &opening.info.token)
            .with("certificate", own.sha256())
            .with("public_key", sha256_hex(own.spki_der()));
        self.record(event).await?;
        self.tell(self.tokens_changed());
        Ok(CeremonyReport {
            certificate: Some(own.sha256_hex()),
            ..of_key(&opening.info.token, key)
        })
    }

    /// Closes the token whatever came of it.
    async fn closed<T>(&self, opening: Opening, made: Result<T, Failure>) -> Result<T, Failure> {
        self.close_token(opening.opened, &opening.info, made.is_err()).await;
        made
    }
}

impl Asking<'_> {
    async fn open(&self, token: &str, pin_file: Option<PathBuf>) -> Result<Opening, Failure> {
        let (info, memory) = self.app.token_named(token).await?;
        let configured = self.app.configured_pin(&info.token);
        let source = match pin_file {
            Some(path) => PinSource::File(path),
            None => match configured? {
                Some(_) if self.app.shares_keys() => {
                    let opened = Opened::Shared(self.app.shared_login(&info).await?);
                    return Ok(Opening { info, opened });
                }
                Some(source) => source,
                None if info.protected_authentication_path => PinSource::ProtectedPath,
                None => PinSource::Prompt(self.app.prompter()?.at(self.place)),
            },
        };
        let pin = match &source {
            PinSource::Prompt(_) => Some(self.typed(&info.token.label, "prompt-token-pin").await?),
            source => source.stored().await?,
        };
        let from_file = matches!(source, PinSource::File(_) | PinSource::Credential(_));
        let login = self.app.open_by_hand(&memory, &info, pin, from_file).await?;
        let opened = Opened::Own(login);
        Ok(Opening { info, opened })
    }

    /// A PIN that is to hold from now on: out of its file, or typed twice.
    async fn new_pin(&self, label: &str, words: &str, file: Option<PathBuf>) -> Result<Pin, Failure> {
        if let Some(path) = file {
            let stored = PinSource::File(path).stored().await?;
            return stored.ok_or(Failure::new(FailureKind::Pin, "pin_empty"));
        }
        let pin = self.typed(label, words).await?;
        match pin.matches(self.typed(label, "prompt-change-again").await?.expose()) {
            true => Ok(pin),
            false => Err(Failure::new(FailureKind::Pin, "pin_new_differs")),
        }
    }

    async fn typed(&self, label: &str, words: &str) -> Result<Pin, Failure> {
        let lines = vec![plain(label), say(self.lang, words, &[])];
        let notice = Notice::new(self.lang, "prompt-continue", lines);
        let patience = Duration::from_millis(self.app.config().prompt.deadline_ms);
        Ok(self.app.prompter()?.at(self.place).enter(notice, patience).await?)
    }
}

fn event(app: &App, kind: Kind, token: &TokenRef) -> Event {
    Event::new(app.now(), kind, ACTOR, "").with("token", format!("{}/{}", token.label, token.serial))
}

fn report(token: &TokenRef) -> CeremonyReport {
    CeremonyReport {
        token: plain(&token.label),
        serial: plain(&token.serial),
        ..CeremonyReport::default()
    }
}

fn of_key(token: &TokenRef, key: &KeyInfo) -> CeremonyReport {
    CeremonyReport {
        key: Some(plain(&String::from_utf8_lossy(&key.reference.label))),
        kind: Some(key.kind.to_string()),
        public_key_sha256: key.spki_der.as_deref().map(sha256_hex),
        ..report(token)
    }
}

fn key_of(entry: &Entry) -> Option<&KeyInfo> {
    match &entry.key {
        KeyState::Usable(key) => Some(key),
        KeyState::BehindLogin(_) | KeyState::Missing => None,
    }
}

fn is_called(key: &KeyInfo, label: &str) -> bool {
    key.reference.label == label.as_bytes()
}

/// Whether a certificate is for a key: the same key may be encoded in more than one way.
fn same_key(spki: &[u8], certificate: &Certificate) -> bool {
    token::key::normal(certificate.spki_der()).is_some_and(|normal| normal == spki)
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(DigestAlgorithm::Sha256.digest(bytes))
}

fn not_found(label: &str) -> Failure {
    Failure::new(FailureKind::NotFound, "key_not_found").with("label", label)
}

fn elsewhere() -> Failure {
    Failure::new(FailureKind::Invalid, "certificate_key_elsewhere")
}
