//! A mail is handed to the SMTP server, once: before the text goes out it is written down that it is about to, and a process that died in between
//! leaves a mail whose outcome nobody knows. Such a mail is not sent again by itself.

use serde::{Deserialize, Serialize};

use super::{Answer, Next, happened_in_job};
use crate::app::App;
use crate::app::failure::{Failure, FailureKind};
use crate::contract::Act;
use crate::contract::words::Lines;
use crate::mail::{self, Connection, Envelope, Letter};
use crate::store::{Mail, MailState, StoreError};
use crate::text::Explain;

/// The newest version of [`Payload`].
pub(super) const VERSION: u32 = 1;

/// Steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// It is handed over.
    Send,
}

/// What is known of the mail. Its JSON is promised in `docs/jobs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// Its id.
    mail: String,
}

impl Step {
    /// What stands in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        (name == "send").then_some(Self::Send)
    }
}

impl Payload {
    /// The job of this mail.
    pub(crate) fn of(mail: &str) -> Self {
        Self { mail: mail.to_owned() }
    }

    /// `None` for what is no payload of that version.
    pub(super) fn parse(version: u32, json: &str) -> Option<Self> {
        match version {
            VERSION => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Which mail, for people.
    pub(super) fn file(&self) -> String {
        self.mail.clone()
    }
}

/// Hands the mail over.
pub(super) async fn run(app: &App, payload: Payload) -> Result<Answer, Failure> {
    let Some(mail) = app.store().mail(&payload.mail).await? else {
        return Ok(Next::Done.into());
    };
    match mail.state {
        MailState::Waiting => send(app, mail).await,
        MailState::Handing => Ok(ended(
            app,
            mail,
            MailState::Handing,
            (MailState::Unknown, "mail_outcome_unknown"),
        )),
        MailState::Sent | MailState::Failed | MailState::Unknown => Ok(Next::Done.into()),
    }
}

async fn send(app: &App, mail: Mail) -> Result<Answer, Failure> {
    let unwritable = || Failure::of(FailureKind::Invalid, &mail::Error::Unwritable);
    let post = app.post().await?;
    let settings = app.config().mail.as_ref().ok_or_else(unwritable)?;
    let envelope = Envelope {
        from_name: settings.from_name.clone(),
        from: settings.from.clone(),
        to: mail.recipient.clone(),
        id: mail.id.clone(),
        at: mail.created,
    };
    let letter: Option<Letter> = mail.letter.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let message = letter
        .ok_or(mail::Error::Unwritable)
        .and_then(|letter| envelope.message(&letter));
    let opened = match message {
        Ok(message) => Connection::open(&post, message).await,
        Err(error) => Err(error),
    };
    let connection = match opened {
        Ok(connection) => connection,
        Err(error) if is_final(&error) => {
            return Ok(ended(app, mail, MailState::Waiting, (MailState::Failed, error.code())));
        }
        Err(error) => return Err(Failure::of(FailureKind::Unavailable, &error)),
    };
    moved(app, &mail, MailState::Waiting, MailState::Handing).await?;
    match connection.hand_over().await {
        Ok(()) => Ok(ended(app, mail, MailState::Handing, (MailState::Sent, ""))),
        Err(error @ mail::Error::RefusedNow { .. }) => {
            moved(app, &mail, MailState::Handing, MailState::Waiting).await?;
            Err(Failure::of(FailureKind::Unavailable, &error))
        }
        Err(error) if is_final(&error) => Ok(ended(app, mail, MailState::Handing, (MailState::Failed, error.code()))),
        Err(_) => Ok(ended(
            app,
            mail,
            MailState::Handing,
            (MailState::Unknown, "mail_outcome_unknown"),
        )),
    }
}

fn is_final(error: &mail::Error) -> bool {
    matches!(error, mail::Error::Refused { .. } | mail::Error::Unwritable)
}

async fn moved(app: &App, mail: &Mail, from: MailState, to: MailState) -> Result<(), Failure> {
    let (id, now) = (mail.id.clone(), app.now());
    let written = app
        .store()
        .write(move |tx| Box::pin(async move { tx.move_mail(&id, from, to, None, now).await }));
    Ok::<_, StoreError>(written.await?).map_err(Failure::from)
}

/// The mail's end; one that a signer did not get is told at the signer.
fn ended(app: &App, mail: Mail, from: MailState, (to, reason): (MailState, &'static str)) -> Answer {
    let now = app.now();
    let next = match to {
        MailState::Sent => Next::Done,
        _ => Next::Failed(reason),
    };
    Answer {
        next,
        details: vec![("mail", mail.kind.as_str().into()), ("mail_state", to.name().into())],
        also: Some(Box::new(move |tx| {
            Box::pin(async move {
                let reason = Some(reason).filter(|reason| !reason.is_empty());
                tx.move_mail(&mail.id, from, to, reason, now).await?;
                let Some(signer) = mail.signer.filter(|_| to != MailState::Sent) else {
                    return Ok(());
                };
                let text = Lines::new(reason.unwrap_or_default(), "reason").unwrap_or_default();
                happened_in_job(tx, &mail.contract, move |contract, who| {
                    contract.act(Act::Bounce, Some(signer), text, who, now)
                })
                .await
            })
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/jobs.md` promises: this text is read as long as there is a hankod.
    #[test]
    fn payloads_of_version_1_are_read_for_ever() {
        assert_eq!(Payload::parse(1, "{\"mail\":\"0123\"}"), Some(Payload::of("0123")));
        assert_eq!(Payload::parse(2, "{\"mail\":\"0123\"}"), None);
        assert_eq!(Step::parse(Step::Send.name()), Some(Step::Send));
    }
}
