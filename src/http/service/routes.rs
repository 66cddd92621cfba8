//! Every address of the server role with what it asks of its caller; `guard` enforces it.

use crate::access::client::Scope;
use axum::http::Method;

/// What a caller must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// Nobody in particular; the answer tells nothing about clients or keys.
    Nothing,
    /// Any client.
    Client,
    /// A client with this scope.
    Scope(Scope),
}

/// One method of one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rule {
    pub(super) method: Method,
    /// `{}` stands for one segment.
    pub(super) path: &'static str,
    pub(super) need: Need,
}

const fn rule(method: Method, path: &'static str, need: Need) -> Rule {
    Rule { method, path, need }
}

const READ: Need = Need::Scope(Scope::Credentials);
const SIGN: Need = Need::Scope(Scope::SignHash);

/// The server role.
pub(super) static SERVER: &[Rule] = &[
    rule(Method::GET, "/v1/client", Need::Client),
    rule(Method::POST, "/oauth2/token", Need::Nothing),
    rule(Method::POST, "/csc/{}/info", Need::Nothing),
    rule(Method::POST, "/csc/{}/credentials/list", READ),
    rule(Method::POST, "/csc/{}/credentials/info", READ),
    rule(Method::POST, "/csc/{}/credentials/authorize", SIGN),
    rule(Method::POST, "/csc/{}/credentials/extendTransaction", SIGN),
    rule(Method::POST, "/csc/{}/signatures/signHash", SIGN),
];
