//! Configuration: one TOML file, read once, checked into plain data. Every default stands in `hankod.example.toml` under its reason.
//!
//! No secret stands in the file, no module of ours is called from here, and nothing is guessed: an unknown key is an error with its line.

mod cards;
mod check;
mod contracts;
mod environment;
mod error;
mod issuer;
mod load;
mod origin;
mod policy;
mod raw;
mod secrets;
mod server;
#[cfg(test)]
mod tests;
mod trust;
mod tsa;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::text::Lang;

pub use cards::{AtrPattern, Cards};
pub use environment::Environment;
pub use error::{ConfigError, ValueError};
pub use load::MAX_CONFIG_BYTES;
pub use origin::{MAX_ORIGIN_BYTES, Origin, OriginError};

/// The whole configuration, checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The file it was read from; `None` when there is none and the defaults hold.
    pub file: Option<PathBuf>,
    /// What this daemon is.
    pub role: Role,
    /// Where it listens; a loopback address for a desk, and for a server without TLS. Port 0: any free one.
    pub listen: SocketAddr,
    /// TLS of a server.
    pub tls: Option<Tls>,
    /// Where a server tells its administrator how it is, a loopback address; `None`: nowhere.
    pub admin: Option<SocketAddr>,
    /// Language of prompts, logs' messages and the command line.
    pub lang: Lang,
    /// The state folder.
    pub state_dir: PathBuf,
    /// PKCS#11 modules, in the order of the file.
    pub modules: Vec<Module>,
    /// Tokens whose PIN comes from a file or credential.
    pub tokens: Vec<Token>,
    /// Timestamping authorities, in the order in which they are asked.
    pub tsas: Vec<Tsa>,
    /// Which timestamps may be used.
    pub timestamp: Timestamps,
    /// How evidence is gathered.
    pub evidence: Evidence,
    /// Whom signatures and timestamps are checked against.
    pub trust: Trust,
    /// Where addresses found in certificates may lead.
    pub network: Network,
    /// Which archives are renewed, and when.
    pub renewal: Renewal,
    /// Sites with settings of their own.
    pub sites: Vec<Site>,
    /// How the person is asked.
    pub prompt: Prompt,
    /// Defaults of a signature's look.
    pub appearance: Appearance,
    /// A font file for Japanese in seals and page pictures; `None`: the one that the system has.
    pub font: Option<PathBuf>,
    /// Limits.
    pub limits: Limits,
    /// What the log says.
    pub log: Log,
    /// How often the audit chain is witnessed.
    pub audit: Audit,
    /// What keys may sign; a key without one may sign everything.
    pub policies: Vec<Policy>,
    /// How certificates are watched over.
    pub certificates: Certificates,
    /// Contracts.
    pub contracts: Contracts,
    /// Where mail goes out; `None`: nowhere.
    pub mail: Option<Mail>,
    /// Whose tokens clients of a server may show.
    pub issuers: Vec<Issuer>,
}

/// Somebody whose signed tokens (JWT, RFC 7519) clients of a server may show instead of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer {
    /// `iss` of its tokens.
    pub name: String,
    /// What must stand in their `aud`.
    pub audience: String,
    /// Its public keys, PEM.
    pub keys: PathBuf,
    /// `sub` of a token -> name of a client.
    pub clients: BTreeMap<String, String>,
}

/// How certificates are watched over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Certificates {
    /// A certificate with fewer days left is warned of.
    pub warn_days: u64,
}

/// What a key may sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Which key.
    pub name: KeyName,
    /// Names of digests; empty: every one.
    pub digests: BTreeSet<String>,
    /// Minutes of the day in Japan, from the first until before the second; past midnight when the second is the smaller.
    pub hours: Option<(u16, u16)>,
    /// How often.
    pub period: Option<Period>,
    /// Another person agrees before the PIN is used.
    pub four_eyes: bool,
}

/// How a key is named in the file: by its certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyName {
    /// The certificate's label in its token.
    Label(String),
    /// The certificate's SHA-256.
    Certificate([u8; 32]),
}

/// So many signatures in so long a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// How many.
    pub max_signatures: u64,
    /// In milliseconds; periods begin at midnight in Japan, or at parts of its day.
    pub length_ms: u64,
}

/// What a server's contracts need and must keep.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contracts {
    /// Where signers reach this server, without a slash at the end.
    pub public_url: Option<String>,
    /// SHA-256 of the certificate with which witness signatures are made.
    pub operator_certificate: Option<[u8; 32]>,
    /// From this amount on every signer signs with an own certificate.
    pub party_from_yen: Option<i64>,
    /// With these counterparties, whatever the amount.
    pub party_counterparties: Vec<String>,
    /// From this amount on somebody else approves before it is sent.
    pub approval_from_yen: Option<i64>,
    /// Hour of the day in Japan from which signers are reminded.
    pub remind_from_hour: u32,
    /// What the certificate of conclusion is called.
    pub certificate_title: String,
    /// Who issues it, as it is printed.
    pub operator_name: Option<String>,
}

/// The organisation's SMTP server, and the fixed sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: MailSecurity,
    /// How it knows us.
    pub login: Option<MailLogin>,
    /// The fixed From address.
    pub from: String,
    /// The name beside it.
    pub from_name: Option<String>,
}

/// How an SMTP server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailSecurity {
    /// In clear: for a server on this machine.
    None,
    /// STARTTLS, demanded.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// How an SMTP server knows us. The file is read when it is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailLogin {
    /// The name.
    pub user: String,
    /// A file with the password that only its owner can read.
    pub password_file: PathBuf,
}

/// How often the audit chain's head is told to witnesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Between two heads in the log.
    pub head_interval_ms: u64,
    /// Between two timestamps over the head, where a TSA is configured.
    pub anchor_interval_ms: u64,
}

/// What a daemon is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// One person's daemon, on loopback.
    Desk,
    /// An organisation's daemon, for applications.
    Server,
}

/// TLS of a server. The files are read again when they change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// Its certificate and what leads to its root, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM; readable by its owner alone.
    pub key: PathBuf,
    /// Authorities whose certificates clients may show, PEM.
    pub client_ca: Option<PathBuf>,
}

/// A PKCS#11 module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The library, absolute.
    pub path: PathBuf,
    /// Variables added to the few that its worker process gets.
    pub env: BTreeMap<String, String>,
    /// Sessions that work at once, 1 to 64. SoftHSM and cards want 1 to 4.
    pub threads: usize,
    /// Which cards it serves.
    pub cards: Cards,
}

/// A token and where its PIN comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Which.
    pub name: TokenName,
    /// Where.
    pub pin: PinSource,
}

/// How a token is named in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenName {
    /// CKA label, trailing spaces cut.
    Label(String),
    /// Serial number.
    Serial(String),
}

/// Where a PIN comes from without a person. Files are read when they are needed, so that a changed PIN is seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PinSource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// A file in systemd's credentials folder; without one where systemd handed none over, as to commands beside its unit.
    Credential(Option<PathBuf>),
}

/// A timestamping authority (RFC 3161). Files with secrets are read when they are needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tsa {
    /// Its http or https address.
    pub url: String,
    /// The policy to ask for, dotted; `None`: its own choice.
    pub policy: Option<String>,
    /// How we show who we are.
    pub login: Option<TsaLogin>,
    /// PEM files of a client certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Requests within the window, and the window in milliseconds.
    pub quota: Option<(u64, u64)>,
    /// From the first look-up to the last byte.
    pub deadline_ms: u64,
}

/// How a TSA knows us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TsaLogin {
    /// HTTP Basic: the name, and a file with the password.
    Basic(String, PathBuf),
    /// A bearer key in a file.
    Bearer(PathBuf),
}

/// Which timestamps may be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timestamps {
    /// Only those of accredited TSAs (認定); anything else is an error.
    pub accredited_only: bool,
    /// SHA-256 of the accredited TSAs' certificates.
    pub accredited: BTreeSet<[u8; 32]>,
    /// How far a timestamp's time may be from this machine's clock.
    pub clock_tolerance_ms: u64,
}

/// How evidence is gathered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// Which revocation data may stand in a file for its signers.
    pub revocation: Revocation,
    /// How long a revocation that is under way takes to become known; for [`Revocation::AfterGrace`].
    pub grace_hours: u64,
}

/// Which revocation data may stand in a file for its signers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Revocation {
    /// What can be had at once and is not outdated.
    #[default]
    Immediate,
    /// Issued after the signature's time and the grace period, when a revocation that was under way has become known.
    AfterGrace,
}

/// Trust anchors: files of certificates (PEM or DER), and folders of such files. The system's TLS roots are never among them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trust {
    /// For signers, TSAs and responders alike.
    pub anchors: Vec<PathBuf>,
    /// For signers of documents alone.
    pub signers: Vec<PathBuf>,
    /// For TSAs alone.
    pub timestamp_authorities: Vec<PathBuf>,
    /// OCSP responders that are trusted by themselves.
    pub responders: Vec<PathBuf>,
    /// Take the root certificates on tokens as anchors for signers.
    pub tokens: bool,
}

/// Renewal of archive timestamps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewal {
    /// Folders whose files are renewed beside those that hankod archived itself; absolute.
    pub folders: Vec<PathBuf>,
    /// How long before its end a timestamp is renewed.
    pub margin_days: u64,
}

/// What the network client may reach beyond public addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Network {
    /// `HOST:PORT` of private places that addresses found in certificates may lead to.
    pub allow_private: BTreeSet<String>,
}

/// Settings of one site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Which.
    pub origin: Origin,
    /// May sign without a person, with a token's configured PIN, once it is paired.
    pub unattended: bool,
    /// Public keys of its server, which must sign each request; `None`: it need not.
    pub backend_key: Option<PathBuf>,
}

/// How the person is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    /// The language; `None`: that of the page or command that asks.
    pub lang: Option<Lang>,
    /// The pinentry program: a path, or a name that is looked for in PATH.
    pub pinentry: String,
    /// How long a prompt waits for the person.
    pub deadline_ms: u64,
}

/// Defaults of a signature's look; a request may say otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appearance {
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// Write the date beside a visible seal.
    pub date: bool,
}

/// Limits; sizes in bytes, waits in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// One document.
    pub max_document_bytes: u64,
    /// Documents of one request.
    pub max_documents: u64,
    /// One upload with all its documents.
    pub max_upload_bytes: u64,
    /// All uploads together, as long as their documents wait or can be fetched.
    pub max_spooled_bytes: u64,
    /// Connections open at once.
    pub max_connections: u64,
    /// Requests of one caller under way at once.
    pub max_requests_per_caller: u64,
    /// Signings that are not over, of all callers.
    pub max_open_signings: u64,
    /// Until a request's headers must have come.
    pub header_deadline_ms: u64,
    /// Longest silence of a client that sends or takes a body.
    pub idle_deadline_ms: u64,
    /// How long requests under way may go on when the daemon ends.
    pub drain_deadline_ms: u64,
    /// How long a signing waits for the person's consent.
    pub consent_deadline_ms: u64,
    /// How long a signed file may be fetched.
    pub result_life_ms: u64,
    /// Listing a token's objects.
    pub token_read_deadline_ms: u64,
    /// A login.
    pub token_login_deadline_ms: u64,
    /// A login or signature with the PIN typed on the reader.
    pub token_pinpad_deadline_ms: u64,
    /// One signature.
    pub token_sign_deadline_ms: u64,
    /// Drawing one page.
    pub page_deadline_ms: u64,
}

/// What the log says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log {
    /// The least important level that is written.
    pub level: log::LevelFilter,
}
