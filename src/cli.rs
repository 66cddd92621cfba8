//! The command line: arguments become a request to `app`, its answer becomes text or JSON and an exit code.
//!
//! Nothing here touches a token, a network or a PDF. A PIN is never an argument.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::text::Lang;

mod approval;
mod audit;
mod certificate;
mod client;
mod context;
mod demo;
mod doctor;
mod exit;
mod extend;
mod manual;
mod output;
mod person;
mod serve;
mod sign;
mod site;
mod sources;
mod token;
mod verify;

/// Signs PDFs with IC cards and HSMs, as a daemon and by hand.
///
/// hankod puts PAdES signatures on PDF files with a person's own certificate (当事者型) or an organisation's, held in
/// an IC card or an HSM behind PKCS#11. As a daemon (`hankod serve`) it serves web pages and programs on this machine.
///
/// Exit codes: 0 done; 1 refused or failed; 64 wrong usage; 66 unreadable input; 69 token or service unavailable;
/// 77 PIN wrong, locked or not given.
#[derive(Parser, Debug)]
#[command(name = "hankod", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Global {
    /// Configuration file (default: $XDG_CONFIG_HOME/hankod/hankod.toml, then /etc/hankod/hankod.toml)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the state: pairings, intents, audit log (default: $XDG_STATE_HOME/hankod)
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Language of messages (default: from the configuration, then from LANG)
    #[arg(long, global = true, value_name = "ja|en", value_parser = language)]
    lang: Option<Lang>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the daemon
    Serve(serve::Options),
    /// Show everything on one machine: demo CA, SoftHSM token, daemon and page
    Demo(demo::Options),
    /// Tokens: IC cards and HSMs
    #[command(subcommand)]
    Token(token::Action),
    /// Certificates that can sign
    #[command(subcommand)]
    Certificate(certificate::Action),
    /// Sign PDF files
    Sign(Box<sign::Options>),
    /// Add evidence to signed PDF files: timestamps, and what shows that no certificate was revoked
    Extend(extend::Options),
    /// Verify signed PDF files
    ///
    /// Exit codes: 0 all valid; 1 a signature is invalid; 2 none is, and something could not be confirmed; 66 unreadable input.
    Verify(Box<verify::Options>),
    /// Sets that wait for a second person
    #[command(subcommand)]
    Approval(approval::Action),
    /// People who may agree to what others want signed
    #[command(subcommand)]
    Approver(approval::Approvers),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Action),
    /// Sites and programs that may ask for signatures
    #[command(subcommand)]
    Site(site::Action),
    /// Programs that may call a server
    #[command(subcommand)]
    Client(client::Action),
    /// People who sign in at the server's console
    #[command(subcommand)]
    Person(person::Action),
    /// Say what is missing on this machine, and the command that mends it
    Doctor,
    /// Write man pages and shell completions
    #[command(hide = true)]
    Manual(manual::Options),
}

/// How a command writes its answer.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on standard output and nothing else there.
    Json,
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    // PINs and passwords pass through this process on their way to the worker.
    if let Err(error) = crate::secret::guard_process() {
        output::complain(&error.to_string(), "internal_error");
        return ExitCode::from(exit::FAILED);
    }
    run_with(std::env::args_os())
}

fn run_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let global = &arguments.global;
    match arguments.command {
        Command::Serve(options) => serve::run(global, &options),
        Command::Demo(options) => demo::run(global, &options),
        Command::Token(action) => token::run(global, &action),
        Command::Certificate(action) => certificate::run(global, &action),
        Command::Sign(options) => sign::run(global, &options),
        Command::Extend(options) => extend::run(global, &options),
        Command::Verify(options) => verify::run(global, &options),
        Command::Approval(action) => approval::run(global, &action),
        Command::Approver(action) => approval::run_approvers(global, &action),
        Command::Audit(action) => audit::run(global, &action),
        Command::Site(action) => site::run(global, &action),
        Command::Client(action) => client::run(global, &action),
        Command::Person(action) => person::run(global, &action),
        Command::Doctor => doctor::run(global),
        Command::Manual(options) => manual::run(&options),
    }
}

fn command() -> clap::Command {
    Arguments::command()
}

fn language(tag: &str) -> Result<Lang, String> {
    Lang::from_tag(tag).ok_or_else(|| "ja or en".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_are_consistent() {
        super::command().debug_assert();
    }
}
