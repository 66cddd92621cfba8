//! `hankod approval` and `hankod approver`: the second person looks at what waits, and agrees or does not.
//!
//! A passphrase comes from a file or the prompt, never as an argument.

use std::path::PathBuf;
use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::app::approvals::{Act, ApprovalRequest, ApprovalView, ApproverView};
use crate::app::failure::Failure;
use crate::app::files::Place;
use crate::text::{Lang, say};

/// What to do with sets that wait.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// List what waits for a second person, with every document
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Agree: whoever asked can sign this set, once
    Give(Answer),
    /// Do not agree
    Refuse(Answer),
}

/// An answer.
#[derive(clap::Args, Debug)]
pub(crate) struct Answer {
    /// The number that `approval list` shows
    #[arg(value_name = "ID")]
    id: String,
    /// Who answers: a name that `approver list` shows
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// File with that person's passphrase (default: asked for)
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What to do with the people who may agree.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Approvers {
    /// Let a person agree, under a passphrase that only that person knows
    Add {
        /// The person's name
        #[arg(value_name = "NAME")]
        name: String,
        /// File with the new passphrase (default: asked for twice)
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// List people
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// End a person's right to agree; what was agreed to and not yet signed is void
    Revoke {
        /// The number that `approver list` shows
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let format = match action {
        Action::List { format } => *format,
        Action::Give(_) | Action::Refuse(_) => Format::Text,
    };
    with_app(global, format, async |context: Context| {
        match action {
            Action::List { format } => list(&context, *format).await?,
            Action::Give(given) => answer(&context, given, true).await?,
            Action::Refuse(given) => answer(&context, given, false).await?,
        }
        Ok(exit::DONE)
    })
}

pub(super) fn run_approvers(global: &Global, action: &Approvers) -> ExitCode {
    let format = match action {
        Approvers::List { format } => *format,
        Approvers::Add { .. } | Approvers::Revoke { .. } => Format::Text,
    };
    with_app(global, format, async |context: Context| {
        match action {
            Approvers::Add { name, passphrase_file } => {
                let act = Act::Add { name: name.clone() };
                context.app.attend(request(act, passphrase_file, context.lang)).await?;
            }
            Approvers::List { format } => {
                let approvers = context.app.approvers().await?;
                match format {
                    Format::Json => output::json(&approvers),
                    Format::Text => approvers.iter().for_each(|one| output::line(&describe_person(one))),
                }
            }
            Approvers::Revoke { id } => context.app.revoke_approver(id).await?,
        }
        Ok(exit::DONE)
    })
}

async fn list(context: &Context, format: Format) -> Result<(), Failure> {
    let waiting = context.app.approvals().await?;
    match format {
        Format::Json => output::json(&waiting),
        Format::Text if waiting.is_empty() => output::line(&say(context.lang, "cli-approval-nothing", &[])),
        Format::Text => waiting.iter().for_each(|one| output::line(&describe(one))),
    }
    Ok(())
}

async fn answer(context: &Context, given: &Answer, agrees: bool) -> Result<(), Failure> {
    let act = Act::Answer {
        id: given.id.clone(),
        name: given.name.clone(),
        agrees,
    };
    let done = context.app.attend(request(act, &given.passphrase_file, context.lang));
    done.await?;
    let id = if agrees {
        "cli-approval-given"
    } else {
        "cli-approval-refused"
    };
    output::line(&say(context.lang, id, &[("id", &given.id)]));
    Ok(())
}

fn request(act: Act, passphrase_file: &Option<PathBuf>, lang: Lang) -> ApprovalRequest {
    ApprovalRequest {
        act,
        passphrase_file: passphrase_file.clone(),
        english: lang == Lang::En,
        place: Place::of_process(),
    }
}

fn describe(approval: &ApprovalView) -> String {
    let mut text = format!(
        "{}  {}  {}  - {}\n    {}",
        approval.id, approval.asker, approval.created, approval.expires, approval.certificate
    );
    for item in &approval.items {
        text += &format!("\n    {}  {}", item.digest, item.name);
    }
    text
}

fn describe_person(approver: &ApproverView) -> String {
    let revoked = approver.revoked.as_ref().map(|at| format!("  revoked {at}"));
    format!(
        "{}  {}  {}{}",
        approver.id,
        approver.name,
        approver.created,
        revoked.unwrap_or_default()
    )
}
