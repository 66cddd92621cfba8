//! `hankod person`: people of the organisation who sign in at the server's console.

use std::process::ExitCode;

use super::context::{Context, with_app};
use super::{Format, Global, exit, output};
use crate::access::person::Role;
use crate::app::failure::Failure;
use crate::app::people::{Decider, PersonView, PersonWanted, SectionWanted};

/// What to do with people.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// Give a person roles in a section
    ///
    /// Prints the address of the page where they choose a password and a telephone; it is good for three days. Who has an account already gets the roles alone.
    Add(Box<Add>),
    /// List people
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Invite a person anew, who lost the telephone or the password
    Invite {
        /// The id that `person list` shows
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Revoke a person's account
    Revoke {
        /// The id that `person list` shows
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Who, where, what.
#[derive(clap::Args, Debug)]
pub(crate) struct Add {
    /// The person's name
    #[arg(value_name = "NAME")]
    name: String,
    /// The mail address, by which they sign in
    #[arg(long, value_name = "MAIL")]
    address: String,
    /// What they may do: drafter, approver, custodian, auditor, administrator
    #[arg(long = "role", value_name = "ROLE", num_args = 1.., required = true, value_parser = role)]
    roles: Vec<String>,
    /// The organisation, as signers read it
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// The section with its account, as signers read it, such as 総務課(起案用)
    #[arg(long, value_name = "NAME")]
    section: String,
    /// Mail address of the section's account; for a section that is not there yet
    #[arg(long, value_name = "MAIL")]
    section_address: Option<String>,
    /// Telephone number of the section
    #[arg(long, value_name = "NUMBER")]
    telephone: Option<String>,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

#[derive(serde::Serialize)]
struct Added {
    #[serde(flatten)]
    person: PersonView,
    /// Told once.
    invitation: Option<String>,
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let format = match action {
        Action::Add(add) => add.format,
        Action::List { format } => *format,
        Action::Invite { .. } | Action::Revoke { .. } => Format::Text,
    };
    with_app(global, format, async |context: Context| {
        match action {
            Action::Add(new) => add(&context, new).await?,
            Action::List { format } => list(&context, *format).await?,
            Action::Invite { id } => output::line(&context.app.invite_again(&Decider::Cli, id).await?),
            Action::Revoke { id } => context.app.revoke_person(&Decider::Cli, id).await?,
        }
        Ok(exit::DONE)
    })
}

async fn add(context: &Context, add: &Add) -> Result<(), Failure> {
    let section = SectionWanted {
        organisation: add.organisation.clone(),
        name: add.section.clone(),
        address: add.section_address.clone(),
        telephone: add.telephone.clone(),
    };
    let wanted = PersonWanted {
        name: add.name.clone(),
        address: add.address.clone(),
        roles: add.roles.clone(),
    };
    let (person, invitation) = context.app.add_person(&Decider::Cli, section, wanted).await?;
    match (add.format, invitation) {
        (Format::Json, invitation) => output::json(&Added { person, invitation }),
        (Format::Text, Some(invitation)) => output::line(&invitation),
        (Format::Text, None) => output::line(&person.id),
    }
    Ok(())
}

async fn list(context: &Context, format: Format) -> Result<(), Failure> {
    let people = context.app.people(&Decider::Cli).await?;
    match format {
        Format::Json => output::json(&people),
        Format::Text => people.iter().for_each(|person| output::line(&describe(person))),
    }
    Ok(())
}

fn describe(person: &PersonView) -> String {
    let mut text = format!(
        "{}  {}  {}  {}  {}",
        person.id, person.name, person.address, person.state, person.created
    );
    for one in &person.sections {
        let section = &one.section;
        text += &format!(
            "\n    {} {}  {}",
            section.organisation,
            section.name,
            one.roles.join(",")
        );
    }
    text
}

fn role(name: &str) -> Result<String, String> {
    match Role::named(name) {
        Some(role) => Ok(role.name().to_owned()),
        None => Err(Role::ALL.map(Role::name).join(", ")),
    }
}
