//! `hankod site`: who may ask for signatures.

use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::access::Origin;
use crate::app::failure::{Failure, FailureKind};
use crate::app::pairings::{Rights, SiteView};
use crate::text::say;

/// What to do with sites.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// Allow a site in advance, or make a key for a desktop program
    ///
    /// A site allowed in advance is let in at its next request within a few minutes, without a question. A program's
    /// key is printed once.
    Allow {
        /// The site's origin, such as https://keiyaku.example.jp
        #[arg(value_name = "ORIGIN", required_unless_present = "program")]
        origin: Option<String>,
        /// Name of a desktop program instead
        #[arg(long, value_name = "NAME", conflicts_with = "origin")]
        program: Option<String>,
        /// Let it sign with a configured PIN, without a prompt
        #[arg(long)]
        unattended: bool,
        /// Let it have digests signed: documents that stay with it, and that hankod cannot show before they are signed
        #[arg(long)]
        digests: bool,
    },
    /// List sites and programs
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Make a key void
    Revoke {
        /// The id that `site list` shows
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let format = match action {
        Action::List { format } => *format,
        Action::Allow { .. } | Action::Revoke { .. } => Format::Text,
    };
    with_app(global, format, async |context: Context| {
        match action {
            Action::Allow {
                origin,
                program,
                unattended,
                digests,
            } => {
                let rights = Rights {
                    unattended: *unattended,
                    digests: *digests,
                };
                match origin {
                    Some(origin) => allow_site(&context, origin, rights).await?,
                    None => allow_program(&context, program.as_deref().unwrap_or_default(), rights).await?,
                }
            }
            Action::List { format } => list(&context, *format).await?,
            Action::Revoke { id } => context.app.revoke_site(id).await?,
        }
        Ok(exit::DONE)
    })
}

async fn allow_site(context: &Context, origin: &str, rights: Rights) -> Result<(), Failure> {
    let parsed = Origin::parse(origin).map_err(|error| Failure::of(FailureKind::Invalid, &error))?;
    context.app.allow_site(&parsed, rights).await?;
    output::line(&say(context.lang, "cli-site-allowed", &[("origin", parsed.as_str())]));
    Ok(())
}

async fn allow_program(context: &Context, name: &str, rights: Rights) -> Result<(), Failure> {
    let key = context.app.allow_program(name, rights).await?;
    output::line(&String::from_utf8_lossy(key.expose()));
    Ok(())
}

async fn list(context: &Context, format: Format) -> Result<(), Failure> {
    let sites = context.app.sites().await?;
    match format {
        Format::Json => output::json(&sites),
        Format::Text => sites.iter().for_each(|site| output::line(&describe(site))),
    }
    Ok(())
}

fn describe(site: &SiteView) -> String {
    let unattended = if site.unattended { "  unattended" } else { "" };
    let digests = if site.digests { "  digests" } else { "" };
    let revoked = site
        .revoked
        .as_ref()
        .map(|at| format!("  revoked {at}"))
        .unwrap_or_default();
    format!(
        "{}  {}  {}{unattended}{digests}{revoked}",
        site.id, site.who, site.created
    )
}
