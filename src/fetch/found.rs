//! Requests to addresses that stand in certificates: counted, all within one time, public places only but for those that a person allowed.

use super::RevocationCause;
use crate::net::{Body, Client, Limits, Request, Source, Url};
use std::time::{Duration, Instant};

/// Most requests for one certification path.
pub const MAX_REQUESTS: usize = 24;

/// Most addresses of one kind that are tried for one certificate.
pub(super) const MAX_ADDRESSES: usize = 3;

/// A number of requests and the time that they may take together.
pub(super) struct Found<'a> {
    client: &'a Client,
    until: Instant,
    left: usize,
}

impl<'a> Found<'a> {
    /// [`MAX_REQUESTS`] until then.
    pub(super) fn new(client: &'a Client, until: Instant) -> Self {
        Self {
            client,
            until,
            left: MAX_REQUESTS,
        }
    }

    /// Sends one request; 200 is the only status that counts.
    pub(super) async fn send(
        &mut self,
        address: &str,
        body: Option<Body<'_>>,
        accept: &str,
        mut limits: Limits,
    ) -> Result<Vec<u8>, RevocationCause> {
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
        let answer = self.client.send(request).await.map_err(RevocationCause::Net)?;
        if answer.status == 200 {
            Ok(answer.bytes)
        } else {
            Err(RevocationCause::Status(answer.status))
        }
    }
}

/// The first addresses of a certificate's list.
pub(super) fn first(addresses: &[String]) -> Vec<String> {
    addresses.iter().take(MAX_ADDRESSES).cloned().collect()
}
