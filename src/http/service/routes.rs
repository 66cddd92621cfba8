//! Every address of the server role with the scope that it asks of its caller; `guard` enforces it.

use crate::access::client::Scope;
use axum::http::Method;

/// One method of one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rule {
    pub(super) method: Method,
    /// `{}` stands for one segment.
    pub(super) path: &'static str,
    /// What the client must be allowed; `None`: every client may.
    pub(super) scope: Option<Scope>,
}

/// The server role.
pub(super) static SERVER: &[Rule] = &[Rule {
    method: Method::GET,
    path: "/v1/client",
    scope: None,
}];
