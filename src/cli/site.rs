//! `hankod site`: who may ask for signatures.

use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::access::Origin;
use crate::app::failure::{Failure, FailureKind};
use crate::app::pairings::SiteView;
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
                origin: Some(origin),
                unattended,
                ..
            } => allow_site(&context, origin, *unattended).await?,
            Action::Allow {
                program, unattended, ..
            } => {
                let key = context
                    .app
                    .allow_program(program.as_deref().unwrap_or_default(), *unattended)
                    .await?;
                output::line(&String::from_utf8_lossy(key.expose()));
            }
            Action::List { format } => list(&context, *format).await?,
            Action::Revoke { id } => context.app.revoke_site(id).await?,
        }
        Ok(exit::DONE)
    })
}

async fn allow_site(context: &Context, origin: &str, unattended: bool) -> Result<(), Failure> {
    let parsed = Origin::parse(origin).map_err(|error| Failure::of(FailureKind::Invalid, &error))?;
    context.app.allow_site(&parsed, unattended).await?;
    output::line(&say(context.lang, "cli-site-allowed", &[("origin", parsed.as_str())]));
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
    let mark = if site.unattended { "  unattended" } else { "" };
    let revoked = site
        .revoked
        .as_ref()
        .map(|at| format!("  revoked {at}"))
        .unwrap_or_default();
    format!("{}  {}  {}{mark}{revoked}", site.id, site.who, site.created)
}
