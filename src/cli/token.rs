//! `hankod token`: what is in the readers and modules, how each PIN stands, and what happens there.

mod ceremony;

use std::process::ExitCode;

use super::context::with_tokens;
use super::{Format, Global, exit, output};
use crate::app::desk::{CardKind, CertificateUsage, CertificateView, Event, PinState, TokenView};
use crate::app::files::Place;
use crate::daemon::control::ChangePin;
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
    /// Show everything about tokens: reader, card, PIN, certificates and why they can or cannot sign
    Info {
        /// Label or serial number of one token (default: all)
        #[arg(value_name = "LABEL|SERIAL")]
        token: Option<String>,
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
    /// Change a token's PIN; the old one and the new one are asked for by the prompt
    ChangePin {
        /// Label or serial number of the token
        #[arg(value_name = "LABEL|SERIAL")]
        token: String,
    },
    #[command(flatten)]
    Ceremony(ceremony::Action),
    /// Tell of readers and cards as they come and go, until Ctrl-C; with json one object a line
    Watch {
        /// text or json
        #[arg(long, value_name = "text|json", default_value = "text")]
        format: Format,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> ExitCode {
    match action {
        Action::List { format } => list(global, *format),
        Action::Info { token, format } => info(global, token.as_deref(), *format),
        Action::ChangePin { token } => change_pin(global, token),
        Action::Ceremony(action) => ceremony::run(global, action),
        Action::Watch { format } => watch(global, *format),
    }
}

fn list(global: &Global, format: Format) -> ExitCode {
    with_tokens(global, None, format, async |tokens, lang| {
        let tokens = tokens.tokens(lang).await?;
        match format {
            Format::Json => output::json(&tokens),
            Format::Text if tokens.is_empty() => output::line(&say(lang, "cli-no-token", &[])),
            Format::Text => tokens.iter().for_each(|token| output::line(&describe(token, lang))),
        }
        Ok(exit::DONE)
    })
}

/// A token with what is on it.
#[derive(serde::Serialize)]
struct Info {
    #[serde(flatten)]
    token: TokenView,
    certificates: Vec<CertificateView>,
}

fn info(global: &Global, name: Option<&str>, format: Format) -> ExitCode {
    with_tokens(global, None, format, async |tokens, lang| {
        let certificates = tokens.certificates(CertificateUsage::All, lang).await?;
        let mut found = tokens.tokens(lang).await?;
        found.retain(|token| name.is_none_or(|name| token.label == name || token.serial == name));
        let infos: Vec<Info> = found
            .into_iter()
            .map(|token| Info {
                certificates: certificates
                    .iter()
                    .filter(|c| token.present && c.token == token.id)
                    .cloned()
                    .collect(),
                token,
            })
            .collect();
        match format {
            Format::Json => output::json(&infos),
            Format::Text if infos.is_empty() => output::line(&say(lang, "cli-no-token", &[])),
            Format::Text => infos.iter().for_each(|info| output::line(&in_full(info, lang))),
        }
        Ok(if infos.is_empty() {
            exit::UNAVAILABLE
        } else {
            exit::DONE
        })
    })
}

fn change_pin(global: &Global, token: &str) -> ExitCode {
    with_tokens(global, None, Format::Text, async |tokens, lang| {
        let request = ChangePin {
            token: token.to_owned(),
            english: lang == Lang::En,
            place: Place::of_process(),
        };
        tokens.change_pin(&request, lang).await?;
        output::line(&say(lang, "cli-pin-changed", &[("token", token)]));
        Ok(exit::DONE)
    })
}

fn watch(global: &Global, format: Format) -> ExitCode {
    with_tokens(global, None, format, async |tokens, lang| {
        let tell = |event: &Event| match format {
            Format::Json => output::json_line(event),
            Format::Text => happened(event, lang).into_iter().for_each(|text| output::line(&text)),
        };
        tokens.watch(lang, &tell).await.map(|()| exit::DONE)
    })
}

fn happened(event: &Event, lang: Lang) -> Option<String> {
    let (id, at, reader, kind) = match event {
        Event::Reader {
            at,
            reader,
            present: true,
        } => ("cli-reader-came", at, reader, None),
        Event::Reader {
            at,
            reader,
            present: false,
        } => ("cli-reader-left", at, reader, None),
        Event::Card {
            at,
            reader,
            present: true,
            kind,
        } => ("cli-card-came", at, reader, *kind),
        Event::Card {
            at,
            reader,
            present: false,
            ..
        } => ("cli-card-left", at, reader, None),
        Event::Token { .. } | Event::Signing { .. } | Event::Pairing { .. } => return None,
    };
    let kind = kind.map(|kind| kind_text(kind, lang)).unwrap_or_default();
    Some(format!(
        "{at}  {}",
        say(lang, id, &[("reader", reader), ("kind", &kind)])
    ))
}

fn describe(token: &TokenView, lang: Lang) -> String {
    if let Some(problem) = &token.problem {
        return format!("{}  {}", token.reader, problem.message);
    }
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
        pin_text(token, lang)
    )
}

fn in_full(info: &Info, lang: Lang) -> String {
    let token = &info.token;
    let mut lines = vec![describe(token, lang)];
    if let Some(kind) = token.card {
        lines.push(format!("{}  {}", kind_text(kind, lang), token.manufacturer));
    }
    for certificate in &info.certificates {
        let name = match certificate.name.is_empty() {
            true => say(lang, "cli-name-after-pin", &[]),
            false => certificate.name.clone(),
        };
        let reasons = certificate.reasons.iter().map(|reason| format!("  {}", reason.message));
        lines.push(format!("{name}  {}{}", certificate.key, reasons.collect::<String>()));
    }
    lines.join("\n    ")
}

fn pin_text(token: &TokenView, lang: Lang) -> String {
    let id = match token.pin {
        PinState::Normal => "cli-pin-normal",
        PinState::Low => "cli-pin-low",
        PinState::Final => "cli-pin-final",
        PinState::Locked => "cli-pin-locked",
    };
    say(lang, id, &[])
}

fn kind_text(kind: CardKind, lang: Lang) -> String {
    let id = match kind {
        CardKind::Jpki => "cli-card-jpki",
        CardKind::Piv => "cli-card-piv",
        CardKind::Unknown => "cli-card-unknown",
    };
    say(lang, id, &[])
}
