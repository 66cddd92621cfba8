//! `hankod token init|keygen|csr|import-certificate`: the operator's own key, from an empty token to its certificate.
//!
//! PINs come from files or prompts. Nothing here deletes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::app::ceremony::{Ceremony, CeremonyReport, CeremonyRequest, NewKey};
use crate::app::failure::{Failure, FailureKind};
use crate::app::files::Place;
use crate::cli::context::with_tokens;
use crate::cli::{Format, Global, exit, output};
use crate::daemon::control::Told;
use crate::text::{Lang, say};

/// One step on the way to a certificate.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// Make a token in the first slot that has none
    Init {
        /// Label of the new token, at most 32 bytes
        #[arg(value_name = "LABEL")]
        label: String,
        /// PKCS#11 library (default: the configured one)
        #[arg(long, value_name = "PATH")]
        module: Option<PathBuf>,
        /// File with the security officer's PIN (default: asked for)
        #[arg(long, value_name = "FILE")]
        so_pin_file: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Generate a key pair that never leaves the token
    Keygen {
        /// Label or serial number of the token
        #[arg(value_name = "TOKEN")]
        token: String,
        /// Label of the new key
        #[arg(long, value_name = "LABEL")]
        label: String,
        /// What kind of key
        #[arg(long, value_name = "KIND", default_value = "rsa-3072")]
        kind: KeyKind,
        /// Each signature wants the PIN again (CKA_ALWAYS_AUTHENTICATE)
        #[arg(long)]
        always_authenticate: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Write a certificate request (PKCS#10), signed by a key of the token
    Csr {
        /// Label or serial number of the token
        #[arg(value_name = "TOKEN")]
        token: String,
        /// Label of the key
        #[arg(long, value_name = "LABEL")]
        key: String,
        /// The name to be certified, most specific first: "CN=見本市長,O=見本市,C=JP"
        #[arg(long, value_name = "NAME")]
        subject: String,
        /// Where to write it (default: standard output)
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Store a certificate beside its key
    ///
    /// The certificate's public key must be that of a key of the token. Issuers that follow it in the file are stored too, for the signatures to carry.
    ImportCertificate {
        /// Label or serial number of the token
        #[arg(value_name = "TOKEN")]
        token: String,
        /// PEM or DER
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// What every step takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Common {
    /// File with the user's PIN (default: as configured for the token, else asked for)
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

/// Kinds of key.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum KeyKind {
    /// RSA, 2048 bits
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// RSA, 3072 bits
    #[value(name = "rsa-3072")]
    Rsa3072,
    /// RSA, 4096 bits
    #[value(name = "rsa-4096")]
    Rsa4096,
    /// ECDSA on P-256
    #[value(name = "p-256")]
    P256,
    /// ECDSA on P-384
    #[value(name = "p-384")]
    P384,
    /// ECDSA on P-521
    #[value(name = "p-521")]
    P521,
    /// Ed25519
    #[value(name = "ed25519")]
    Ed25519,
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let (common, module) = match action {
        Action::Init { common, module, .. } => (common, module.as_deref()),
        Action::Keygen { common, .. } | Action::Csr { common, .. } | Action::ImportCertificate { common, .. } => {
            (common, None)
        }
    };
    with_tokens(global, module, common.format, async |tokens, lang| {
        let unreadable = |failure: Failure| Told::of(&failure, lang);
        let request = CeremonyRequest {
            ceremony: ceremony(action).map_err(unreadable)?,
            english: lang == Lang::En,
            place: Place::of_process(),
        };
        let report = tokens.hold(request, lang).await?;
        let to_file = written(action, &report).map_err(unreadable)?;
        match common.format {
            Format::Json => output::json(&report),
            Format::Text => output::line(&describe(action, &report, to_file, lang)),
        }
        Ok(exit::DONE)
    })
}

fn ceremony(action: &Action) -> Result<Ceremony, Failure> {
    // The daemon stands in another folder.
    let whole = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
    Ok(match action {
        Action::Init {
            label,
            module,
            so_pin_file,
            common,
        } => Ceremony::Init {
            label: label.clone(),
            module: whole(module)?,
            so_pin_file: whole(so_pin_file)?,
            pin_file: whole(&common.pin_file)?,
        },
        Action::Keygen {
            token,
            label,
            kind,
            always_authenticate,
            common,
        } => Ceremony::Keygen {
            token: token.clone(),
            label: label.clone(),
            kind: (*kind).into(),
            always_authenticate: *always_authenticate,
            pin_file: whole(&common.pin_file)?,
        },
        Action::Csr {
            token,
            key,
            subject,
            common,
            ..
        } => Ceremony::Csr {
            token: token.clone(),
            key: key.clone(),
            subject: subject.clone(),
            pin_file: whole(&common.pin_file)?,
        },
        Action::ImportCertificate { token, file, common } => Ceremony::ImportCertificate {
            token: token.clone(),
            file: absolute(file)?,
            pin_file: whole(&common.pin_file)?,
        },
    })
}

/// Writes the request to its file; `true` when there is one.
fn written(action: &Action, report: &CeremonyReport) -> Result<bool, Failure> {
    let Action::Csr { output: Some(path), .. } = action else {
        return Ok(false);
    };
    let text = report.request.as_deref().unwrap_or_default();
    std::fs::write(path, text).map(|()| true).map_err(|error| {
        let file = path.display().to_string();
        Failure::new(FailureKind::Internal, "output_unwritable")
            .with("file", file)
            .with("cause", error.to_string())
    })
}

fn describe(action: &Action, report: &CeremonyReport, to_file: bool, lang: Lang) -> String {
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let (key, kind, public) = (some(&report.key), some(&report.kind), some(&report.public_key_sha256));
    let certificate = some(&report.certificate);
    let file = match action {
        Action::Csr { output: Some(path), .. } => path.display().to_string(),
        _ => String::new(),
    };
    let id = match action {
        Action::Init { .. } => "cli-token-made",
        Action::Keygen { .. } => "cli-key-made",
        Action::Csr { .. } if to_file => "cli-request-written",
        Action::Csr { .. } => return some(&report.request).trim_end().to_owned(),
        Action::ImportCertificate { .. } => "cli-certificate-stored",
    };
    let values = [
        ("token", report.token.as_str()),
        ("serial", &report.serial),
        ("key", &key),
        ("kind", &kind),
        ("public", &public),
        ("certificate", &certificate),
        ("file", &file),
    ];
    say(lang, id, &values)
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        let file = path.display().to_string();
        Failure::new(FailureKind::Unreadable, "input_unreadable")
            .with("file", file)
            .with("cause", error.to_string())
    })
}

impl From<KeyKind> for NewKey {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Rsa2048 => Self::Rsa { bits: 2048 },
            KeyKind::Rsa3072 => Self::Rsa { bits: 3072 },
            KeyKind::Rsa4096 => Self::Rsa { bits: 4096 },
            KeyKind::P256 => Self::P256,
            KeyKind::P384 => Self::P384,
            KeyKind::P521 => Self::P521,
            KeyKind::Ed25519 => Self::Ed25519,
        }
    }
}
