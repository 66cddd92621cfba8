//! One SMTP conversation: connect, authenticate, name sender and recipient; the caller writes down that it is about to hand over; then the text.
//!
//! The pause before the text is what keeps a mail from going out twice: a process that dies after it left a mark, one that dies before it sent
//! nothing.

use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::Error;
use crate::secret::Password;

/// How long the server may take for each answer.
const DEADLINE: Duration = Duration::from_secs(60);

/// How the conversation is kept from listeners.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// Not at all: for a server on this machine.
    None,
    /// STARTTLS, demanded.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// The organisation's SMTP server.
#[derive(Debug)]
pub struct Post {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: Security,
    /// Name and password.
    pub login: Option<(String, Password)>,
}

/// A conversation in which the server waits for the text.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    message: Message,
    server: String,
}

impl Connection {
    /// Comes as far as the server's word that it takes this message's sender and recipient.
    ///
    /// # Errors
    /// As [`Error`]; nothing was handed over then.
    pub async fn open(post: &Post, message: Message) -> Result<Self, Error> {
        let server = format!("{}:{}", post.host, post.port);
        let told = |error| explain(&error, &server);
        let no_tls = |_| Error::NoTls { server: server.clone() };
        let tls = || TlsParameters::new(post.host.clone()).map_err(no_tls);
        let hello = ClientId::default();
        let at_once = match post.security {
            Security::Tls => Some(tls()?),
            Security::None | Security::StartTls => None,
        };
        let address = (post.host.as_str(), post.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(DEADLINE), &hello, at_once, None);
        let mut smtp = connecting.await.map_err(told)?;
        if post.security == Security::StartTls {
            if !smtp.can_starttls() {
                return Err(Error::NoTls { server });
            }
            smtp.starttls(tls()?, &hello).await.map_err(no_tls)?;
        }
        if let Some((user, password)) = &post.login {
            let password = String::from_utf8_lossy(password.expose()).into_owned();
            let credentials = Credentials::new(user.clone(), password);
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            smtp.auth(&mechanisms, &credentials).await.map_err(told)?;
        }
        let envelope = message.envelope();
        smtp.command(Mail::new(envelope.from().cloned(), Vec::new()))
            .await
            .map_err(told)?;
        for to in envelope.to() {
            smtp.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(told)?;
        }
        smtp.command(Data).await.map_err(told)?;
        Ok(Self { smtp, message, server })
    }

    /// Hands the text over.
    ///
    /// # Errors
    /// As [`Error`]; after [`Error::Unreachable`] nobody knows whether the server took it.
    pub async fn hand_over(mut self) -> Result<(), Error> {
        let sent = self.smtp.message(&self.message.formatted()).await;
        sent.map_err(|error| explain(&error, &self.server))?;
        // It is theirs; whether they hear our farewell changes nothing.
        let _ = self.smtp.quit().await;
        Ok(())
    }
}

fn explain(error: &lettre::transport::smtp::Error, server: &str) -> Error {
    let (server, reply) = (server.to_owned(), error.status().map(u16::from));
    match reply {
        Some(reply) if error.is_permanent() => Error::Refused { server, reply },
        Some(reply) => Error::RefusedNow { server, reply },
        None if error.is_tls() => Error::NoTls { server },
        None => Error::Unreachable { server },
    }
}
