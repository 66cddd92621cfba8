//! `hankod token-worker MODULE THREADS ENDING`: the process that loads one PKCS#11 module and does what its host asks.
//!
//! No runtime and no log of its own: threads take turns at the socket, each with sessions of its own, each answering at once. It keeps no state that a crash could lose but the logins, which must end with it.

mod fault;
mod logins;
mod module;
mod objects;
mod provision;
mod sign;

use super::Error;
use super::wire::{self, MAX_BODY_BYTES, Reply, Request};
use crate::process::{Port, Taken};
use logins::Logins;
use module::Module;
use sign::Signer;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The first argument that makes this process a token worker.
pub const SUBCOMMAND: &str = "token-worker";
/// Most threads of one worker.
pub const MAX_THREADS: usize = 64;

/// How a worker's logins end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// By `C_Logout`.
    Logout,
    /// With the process, which holds the card for itself until then: pcscd resets a card whose holder is gone, before anybody else gets it. `C_Logout` would let it go first.
    Cut,
}

impl Ending {
    /// As the argument says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Cut => "cut",
        }
    }

    fn of(word: &OsString) -> Option<Self> {
        [Self::Logout, Self::Cut]
            .into_iter()
            .find(|ending| word == ending.word())
    }
}

/// What the threads share.
struct Shared {
    port: Port,
    module: Module,
    logins: Logins,
}

/// Runs the worker with the arguments after the subcommand: path of the module, number of threads, how logins end ([`Ending::word`]).
///
/// Ends with 64 when it was not started by its host, with 0 when the host has closed the socket.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let [path, threads, ending] = arguments else {
        return ExitCode::from(64);
    };
    let Some(ending) = Ending::of(ending) else {
        return ExitCode::from(64);
    };
    let threads = threads.to_str().and_then(|n| n.parse::<usize>().ok());
    let (Some(threads @ 1..=MAX_THREADS), Ok(port)) = (threads, Port::enter("hankod-token", MAX_BODY_BYTES)) else {
        return ExitCode::from(64);
    };
    let shared = Shared {
        port,
        module: Module::new(Path::new(path)),
        logins: Logins::new(ending),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                if serve(&shared).is_err() {
                    // The host is gone or sent what no host sends: nothing here is worth finishing.
                    std::process::exit(1);
                }
            });
        }
    });
    shared.logins.end_all();
    shared.module.finalize();
    ExitCode::SUCCESS
}

fn serve(shared: &Shared) -> io::Result<()> {
    let mut signer = Signer::new(shared);
    loop {
        let mut leader = shared.port.lead();
        let Some(Taken { id, body }) = leader.take()? else {
            if shared.logins.must_hold() {
                // Before any session is closed: closing the last one logs out.
                std::process::exit(0);
            }
            return Ok(());
        };
        let request: Request = wire::decode(&body).map_err(io::Error::other)?;
        let secret = match request.has_secret() {
            true => leader.take()?.map(|taken| taken.body),
            false => None,
        };
        drop(leader);
        let reply = answer(shared, &mut signer, request, secret).unwrap_or_else(Reply::Failed);
        let reply = wire::encode(&reply).map_err(io::Error::other)?;
        shared.port.reply(id, &reply)?;
    }
}

fn answer(
    shared: &Shared,
    signer: &mut Signer<'_>,
    request: Request,
    secret: Option<Zeroizing<Vec<u8>>>,
) -> Result<Reply, Error> {
    let Shared { module, logins, .. } = shared;
    match request {
        Request::Slots => module.slots().map(Reply::Slots),
        Request::Objects { slot, login } => {
            if let Some(login) = login {
                logins.get(login)?;
            }
            objects::read(module, slot, login.is_some()).map(Reply::Objects)
        }
        Request::Login {
            login,
            token,
            protected,
        } => {
            let pin = if protected { None } else { secret };
            logins.begin(module, login, &token, pin).map(|()| Reply::Done)
        }
        Request::Sign {
            login,
            key,
            mechanism,
            data,
        } => signer.sign(login, &key, mechanism, &data).map(Reply::Signature),
        Request::Logout { login, slot } => {
            logins.end(module, login, slot);
            Ok(Reply::Done)
        }
        Request::CardLeft { slots } => {
            logins.card_left(&slots);
            Ok(Reply::Done)
        }
        Request::ChangePin { token } => {
            let secret = secret.as_ref().map_or(&[][..], |s| s.as_slice());
            logins.change_pin(module, &token, secret).map(|()| Reply::Done)
        }
        Request::InitToken { label } => {
            provision::init_token(module, &label, secret.as_ref().map_or(&[], |s| s.as_slice())).map(Reply::Token)
        }
        Request::GenerateKey {
            login,
            kind,
            label,
            id,
            always_authenticate,
        } => {
            let slot = logins.get(login)?.slot;
            provision::generate_key(module, slot, kind, &label, &id, always_authenticate).map(|()| Reply::Done)
        }
        Request::ImportCertificate {
            login,
            label,
            id,
            der,
            subject,
        } => {
            let slot = logins.get(login)?.slot;
            provision::import_certificate(module, slot, &label, id, der, subject).map(|()| Reply::Done)
        }
    }
}
