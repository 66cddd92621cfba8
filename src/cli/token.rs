//! `hankod token`: what is in the readers and modules, and how each PIN stands.

use std::process::ExitCode;

use super::context::with_tokens;
use super::{Format, Global, exit, output};
use crate::app::desk::{PinState, TokenView};
use crate::text::{Lang, say};

/// What to do with tokens.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// List tokens with the state of their PINs
    List {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    let Action::List { format } = action;
    with_tokens(global, None, *format, async |tokens, lang| {
        let tokens = tokens.tokens(lang).await?;
        match format {
            Format::Json => output::json(&tokens),
            Format::Text if tokens.is_empty() => output::line(&say(lang, "cli-no-token", &[])),
            Format::Text => tokens.iter().for_each(|token| output::line(&describe(token, lang))),
        }
        Ok(exit::DONE)
    })
}

fn describe(token: &TokenView, lang: Lang) -> String {
    if let Some(problem) = &token.problem {
        return format!("{}  {}", token.reader, problem.message);
    }
    let pin = match token.pin {
        PinState::Normal => "cli-pin-normal",
        PinState::Low => "cli-pin-low",
        PinState::Final => "cli-pin-final",
        PinState::Locked => "cli-pin-locked",
    };
    let pinpad = if token.pinpad {
        say(lang, "cli-pinpad", &[])
    } else {
        String::new()
    };
    format!(
        "{}  {}  {}  {}  {pinpad}",
        token.label,
        token.serial,
        token.reader,
        say(lang, pin, &[])
    )
}
