//! Every address of the server role with what it asks of its caller; `guard` enforces it.

use crate::access::client::Scope;
use crate::access::person::Role;
use axum::http::Method;

/// What a caller must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// Nobody in particular; the answer tells nothing about clients or keys.
    Nothing,
    /// Any client.
    Client,
    /// Nobody in particular, with a browser on the server's own pages: who signs in.
    Visitor,
    /// Nobody in particular, also a browser on the server's own pages; counted by where it comes from.
    Anybody,
    /// A signer: the link in the address is who asks. A browser may ask from the server's own pages.
    Link,
    /// Somebody who is signed in and has one of these roles in their section; none named: any.
    Staff(&'static [Role]),
    /// A client that may make contracts, or somebody who is signed in and has one of these roles in their section.
    Contracts(&'static [Role]),
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
/// Who reads contracts.
pub(super) const READERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Custodian, Role::Auditor];
/// Reading contracts.
const CONTRACTS: Need = Need::Contracts(READERS);
/// Making, changing, sending them.
const DRAFTS: Need = Need::Contracts(&[Role::Drafter]);
/// Saying something about one that is under review.
const REVIEWS: Need = Need::Contracts(&[Role::Drafter, Role::Approver]);
const APPROVES: Need = Need::Contracts(&[Role::Approver]);
const PEOPLE: Need = Need::Staff(&[Role::Administrator]);
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
    rule(Method::POST, "/v1/verify", Need::Anybody),
    rule(Method::POST, "/v1/contracts", DRAFTS),
    rule(Method::GET, "/v1/contracts", CONTRACTS),
    rule(Method::GET, "/v1/contracts.csv", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}", DRAFTS),
    rule(Method::GET, "/v1/contracts/{}/signers", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}/signers", DRAFTS),
    rule(Method::GET, "/v1/contracts/{}/fields", CONTRACTS),
    rule(Method::PUT, "/v1/contracts/{}/fields", DRAFTS),
    rule(Method::GET, "/v1/contracts/{}/documents", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/documents", DRAFTS),
    rule(Method::GET, "/v1/contracts/{}/documents/{}", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/documents/{}/pages/{}", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/documents/{}/verification", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/events", CONTRACTS),
    rule(Method::POST, "/v1/contracts/{}/review", DRAFTS),
    rule(Method::POST, "/v1/contracts/{}/comment", REVIEWS),
    rule(Method::POST, "/v1/contracts/{}/approve", APPROVES),
    rule(Method::POST, "/v1/contracts/{}/correction", REVIEWS),
    rule(Method::POST, "/v1/contracts/{}/withdraw", DRAFTS),
    rule(Method::POST, "/v1/contracts/{}/send", DRAFTS),
    rule(Method::GET, "/v1/contracts/{}/mails", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/certificate", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/evidence", CONTRACTS),
    rule(Method::GET, "/v1/contracts/{}/print", CONTRACTS),
    rule(Method::GET, "/s/{}", Need::Link),
    rule(Method::GET, "/s/{}/contract", Need::Link),
    rule(Method::GET, "/s/{}/documents/{}", Need::Link),
    rule(Method::GET, "/s/{}/documents/{}/pages/{}", Need::Link),
    rule(Method::GET, "/s/{}/certificate", Need::Link),
    rule(Method::POST, "/s/{}/open", Need::Link),
    rule(Method::POST, "/s/{}/code", Need::Link),
    rule(Method::POST, "/s/{}/confirm", Need::Link),
    rule(Method::POST, "/s/{}/sign", Need::Link),
    rule(Method::POST, "/s/{}/decline", Need::Link),
    rule(Method::POST, "/s/{}/disown", Need::Link),
    rule(Method::GET, "/assets/{}", Need::Nothing),
    rule(Method::GET, "/verify", Need::Nothing),
    rule(Method::GET, "/console", Need::Nothing),
    rule(Method::GET, "/console/sign-in", Need::Nothing),
    rule(Method::GET, "/console/join", Need::Nothing),
    rule(Method::GET, "/console/people", Need::Nothing),
    rule(Method::GET, "/console/contracts/{}", Need::Nothing),
    rule(Method::GET, "/console/contracts/{}/edit", Need::Nothing),
    rule(Method::POST, "/v1/session", Need::Visitor),
    rule(Method::GET, "/v1/session", Need::Staff(&[])),
    rule(Method::PUT, "/v1/session", Need::Staff(&[])),
    rule(Method::DELETE, "/v1/session", Need::Staff(&[])),
    rule(Method::POST, "/v1/invitation", Need::Visitor),
    rule(Method::PUT, "/v1/invitation", Need::Visitor),
    rule(Method::GET, "/v1/people", PEOPLE),
    rule(Method::POST, "/v1/people", PEOPLE),
    rule(Method::PUT, "/v1/people/{}", PEOPLE),
    rule(Method::DELETE, "/v1/people/{}", PEOPLE),
    rule(Method::POST, "/v1/people/{}/invitation", PEOPLE),
    rule(Method::POST, "/s/{}/party", Need::Link),
    rule(Method::POST, "/s/{}/party/files", Need::Link),
    rule(Method::GET, "/s/{}/party/documents/{}", Need::Link),
    rule(Method::POST, "/s/{}/party/documents/{}", Need::Link),
    rule(Method::POST, "/s/{}/pending", Need::Link),
];
