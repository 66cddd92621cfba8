//! `hankod client`: programs that may call a server.

use std::path::PathBuf;
use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::access::client::{NewClient, Scope};
use crate::app::clients::ClientView;
use crate::app::failure::Failure;

/// What to do with clients.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// Let a program call the server
    ///
    /// Its API key is printed once. With --certificate it is known by its TLS certificate instead.
    Add(Box<Add>),
    /// List clients
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Make a client's key and certificate void
    Revoke {
        /// The id that `client list` shows
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// What a new client is.
#[derive(clap::Args, Debug)]
pub(crate) struct Add {
    /// A name, for the audit log
    #[arg(value_name = "NAME")]
    name: String,
    /// What it may ask for: credentials, sign-hash, sign-document, batch, timestamp, verify, contracts
    #[arg(long = "scope", value_name = "S", num_args = 1.., required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// Confine it to certificates, by SHA-256 (default: every one that can sign)
    #[arg(long = "credential", value_name = "SHA256", num_args = 1.., value_parser = sha256)]
    credentials: Vec<[u8; 32]>,
    /// Know it by this TLS client certificate (PEM or DER) instead of an API key
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Most requests within a minute
    #[arg(long, value_name = "N", default_value_t = 6_000)]
    per_minute: u32,
    /// Most signatures on a day (in Japan)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    per_day: u32,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

#[derive(serde::Serialize)]
struct Added {
    #[serde(flatten)]
    client: ClientView,
    /// Told once.
    api_key: Option<String>,
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let format = match action {
        Action::Add(add) => add.format,
        Action::List { format } => *format,
        Action::Revoke { .. } => Format::Text,
    };
    with_app(global, format, async |context: Context| {
        match action {
            Action::Add(new) => add(&context, new).await?,
            Action::List { format } => list(&context, *format).await?,
            Action::Revoke { id } => context.app.revoke_client(id).await?,
        }
        Ok(exit::DONE)
    })
}

async fn add(context: &Context, add: &Add) -> Result<(), Failure> {
    let certificate = match &add.certificate {
        Some(path) => Some(context.app.certificate_sha256(path.clone()).await?),
        None => None,
    };
    let new = NewClient {
        name: add.name.clone(),
        scopes: add.scopes.clone(),
        credentials: add.credentials.clone(),
        key: certificate.is_none(),
        certificate,
        per_minute: add.per_minute,
        per_day: add.per_day,
    };
    let (client, key) = context.app.add_client(new).await?;
    let api_key = key.map(|key| String::from_utf8_lossy(key.expose()).into_owned());
    match (add.format, api_key) {
        (Format::Json, api_key) => output::json(&Added { client, api_key }),
        (Format::Text, Some(api_key)) => output::line(&api_key),
        (Format::Text, None) => output::line(&client.id),
    }
    Ok(())
}

async fn list(context: &Context, format: Format) -> Result<(), Failure> {
    let clients = context.app.clients().await?;
    match format {
        Format::Json => output::json(&clients),
        Format::Text => clients.iter().for_each(|client| output::line(&describe(client))),
    }
    Ok(())
}

fn describe(client: &ClientView) -> String {
    let known_by = if client.key { "key" } else { "certificate" };
    let revoked = client.revoked.as_ref().map(|at| format!("  revoked {at}"));
    format!(
        "{}  {}  {}  {known_by}  {}{}",
        client.id,
        client.name,
        client.scopes.join(","),
        client.created,
        revoked.unwrap_or_default()
    )
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::named(name).ok_or_else(|| Scope::ALL.map(Scope::name).join(", "))
}

fn sha256(text: &str) -> Result<[u8; 32], String> {
    let mut hash = [0; 32];
    let done = hex::decode_to_slice(text, &mut hash);
    done.map(|()| hash).map_err(|_| "64 hexadecimal digits".to_owned())
}
