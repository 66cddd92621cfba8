//! Requests to addresses that stand in certificates: counted, all within one time, public places only but for those that a person allowed.

use super::RevocationCause;
use crate::net::{self, Body, Client, Limits, Request, Source, Url};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Most requests for one file, whatever its certificates name.
pub const MAX_REQUESTS: usize = 256;

/// Most addresses of one kind that are tried for one certificate.
pub(super) const MAX_ADDRESSES: usize = 3;

/// What may be asked for one file: a number of requests, the time that they may take together, and which places turned out to be dead.
pub struct Requests<'a> {
    client: &'a Client,
    until: Instant,
    left: usize,
    dead: BTreeMap<String, net::Error>,
}

impl<'a> Requests<'a> {
    /// [`MAX_REQUESTS`] until then.
    pub fn new(client: &'a Client, until: Instant) -> Self {
        Self {
            client,
            until,
            left: MAX_REQUESTS,
            dead: BTreeMap::new(),
        }
    }

    /// Sends one request; 200 is the only status that counts. An address that could not be reached is not asked twice.
    pub(super) async fn send(
        &mut self,
        address: &str,
        body: Option<Body<'_>>,
        accept: &str,
        mut limits: Limits,
    ) -> Result<Vec<u8>, RevocationCause> {
        if let Some(error) = self.dead.get(address) {
            return Err(RevocationCause::Net(error.clone()));
        }
        let time_left = self.until.saturating_duration_since(Instant::now());
        if self.left == 0 || time_left == Duration::ZERO {
            return Err(RevocationCause::TooMany);
        }
        self.left -= 1;
        limits.deadline = limits.deadline.min(time_left);
        let request = Request {
            url: Url::parse(address).map_err(RevocationCause::Net)?,
            source: Source::Found,
            body,
            accept,
            authorization: None,
            limits,
        };
        match self.client.send(request).await {
            Ok(answer) if answer.status == 200 => Ok(answer.bytes),
            Ok(answer) => Err(RevocationCause::Status(answer.status)),
            Err(error) => {
                self.dead.insert(address.to_owned(), error.clone());
                Err(RevocationCause::Net(error))
            }
        }
    }
}

/// The first addresses of a certificate's list.
pub(super) fn first(addresses: &[String]) -> Vec<String> {
    addresses.iter().take(MAX_ADDRESSES).cloned().collect()
}
