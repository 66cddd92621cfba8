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
    /// A signer: the link in the address is who asks. A browser may ask from the server's own pages.
    Link,
    /// A client with this scope.
    Scope(Scope),
    /// A client with one of these two.
    Either(Scope, Scope),
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
const CONTRACTS: Need = Need::Scope(Scope::Contracts);
const SIGN: Need = Need::Scope(Scope::SignHash);
const ACTIVATE: Need = Need::Either(Scope::SignHash, Scope::SignDocument);

/// The server role.
pub(super) static SERVER: &[Rule] = &[
    rule(Method::GET, "/v1/client", Need::Client),
    rule(Method::POST, "/oauth2/token", Need::Nothing),
    rule(Method::POST, "/csc/{}/info", Need::Nothing),
    rule(Method::POST, "/csc/{}/credentials/list", READ),
    rule(Method::POST, "/csc/{}/credentials/info", READ),
    rule(Method::POST, "/csc/{}/credentials/authorize", ACTIVATE),
    rule(Method::POST, "/csc/{}/credentials/authorizeCheck", ACTIVATE),
    rule(Method::POST, "/csc/{}/credentials/extendTransaction", ACTIVATE),
    rule(Method::POST, "/csc/{}/signatures/signHash", SIGN),
    rule(
        Method::POST,
        "/csc/{}/signatures/signDoc",
        Need::Scope(Scope::SignDocument),
    ),
    rule(
        Method::POST,
        "/csc/{}/signatures/timestamp",
        Need::Scope(Scope::Timestamp),
    ),
    rule(Method::GET, "/openapi.json", Need::Nothing),
    rule(Method::POST, "/v1/contracts", CONTRACTS),
    rule(Method::GET, "/v1/contracts", CONTRACTS),
    rule(Method::GET, "/v1/contracts.csv", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/signers", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}/signers", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/fields", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}/fields", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/documents", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/documents", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/documents/{}", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/events", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/review", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/comment", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/approve", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/correction", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/withdraw", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/send", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/mails", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/certificate", CONTRACTS),
    rule(Method::GET, "/s/{}/contract", Need::Link),
    rule(Method::GET, "/s/{}/documents/{}", Need::Link),
    rule(Method::GET, "/s/{}/certificate", Need::Link),
    rule(Method::POST, "/s/{}/open", Need::Link),
    rule(Method::POST, "/s/{}/code", Need::Link),
    rule(Method::POST, "/s/{}/confirm", Need::Link),
    rule(Method::POST, "/s/{}/sign", Need::Link),
    rule(Method::POST, "/s/{}/decline", Need::Link),
    rule(Method::POST, "/s/{}/disown", Need::Link),
];
