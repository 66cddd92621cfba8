//! The audit chain's head, told to witnesses outside the state folder: the log, and timestamping authorities (RFC 3161).
//!
//! A timestamp's imprint is the head's hash itself. Without a configured TSA there is none; a TSA that fails is asked again at the next interval.

use std::time::Duration;

use super::App;
use super::desk::Level;
use super::extend::Sources;
use super::failure::Failure;
use crate::audit::{self, AuditError, Kind, RFC3161};
use crate::store::Anchor;
use crate::text::Explain;

/// Who asks for timestamps of the chain, in the audit log.
const DAEMON: &str = "daemon";

impl App {
    /// Writes the audit chain's head to the log.
    pub async fn announce_head(&self) {
        if let Err(error) = audit::announce(self.store(), self.now()).await {
            log::warn!(code = error.code(); "the audit chain's head could not be read");
        }
    }

    /// Has the audit chain's head stamped, where there is a TSA and something new to stamp; what fails is logged.
    pub async fn anchor_head(&self) {
        if self.config().tsas.is_empty() {
            return;
        }
        if let Err(failure) = self.try_anchor().await {
            log::warn!(code = failure.code(); "the audit chain's head could not be stamped");
        }
    }

    async fn try_anchor(&self) -> Result<(), Failure> {
        let head = self.store().chain_head().await?;
        if let Some(last) = self.store().anchors().await?.last() {
            // A daemon that is started often need not stamp often.
            let rest = Duration::from_millis(self.config().audit.anchor_interval_ms / 2);
            // The entry after a stamped head says that it was stamped: nothing new.
            if head.seq <= last.head.seq + 1 || last.at.plus(rest) > self.now() {
                return Ok(());
            }
        }
        let supply = self.supply(Level::BT, &Sources::default()).await?;
        let stamped = self.timestamp(audit::head_imprint(&head.hash), &supply).await?;
        let now = self.now();
        let anchor = Anchor {
            head,
            kind: RFC3161.to_owned(),
            token: stamped.checked.token,
            at: now,
        };
        let event = audit::Event::new(now, Kind::ChainAnchored, DAEMON, "")
            .with("head_seq", i64::try_from(head.seq).unwrap_or(i64::MAX))
            .with("head_hash", &head.hash)
            .with("tsa", stamped.tsa.as_str());
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                tx.add_anchor(&anchor).await?;
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }
}
