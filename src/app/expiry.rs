//! Certificates whose end is near: told in the log once a day, in `certificate list`, and to whoever asks whether the daemon is ready.
//!
//! Looks at what tokens show without a login, and renews nothing by itself.

use std::time::Duration;

use super::App;
use crate::clock::Timestamp;
use crate::token::Fitness;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A certificate that can sign, and not for long any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expiring {
    /// SHA-256, hexadecimal.
    pub certificate: String,
    /// Whole days that are left.
    pub days: u64,
}

impl App {
    /// Certificates on the tokens that end within `warn_days`, soonest first.
    pub async fn expiring(&self) -> Vec<Expiring> {
        let mut found = Vec::new();
        for info in self.tokens_room().list().await.tokens().filter(|info| info.initialised) {
            // A token that does not answer now is told of elsewhere.
            for entry in self.tokens_room().objects(&info.token).await.unwrap_or_default() {
                let fit = entry.fitness(self.now()) == Fitness::Fit;
                let certificate = entry.certificate.readable().filter(|_| fit);
                let days = certificate.and_then(|c| Some((c, self.days_left(c.not_after())?)));
                found.extend(days.map(|(certificate, days)| Expiring {
                    certificate: certificate.sha256_hex(),
                    days,
                }));
            }
        }
        found.sort_by(|a, b| (a.days, &a.certificate).cmp(&(b.days, &b.certificate)));
        found.dedup();
        found
    }

    /// Whole days until `end`, where they are few enough to be warned of.
    pub(crate) fn days_left(&self, end: Timestamp) -> Option<u64> {
        let days = end.since(self.now()).as_secs() / DAY.as_secs();
        (days < self.config().certificates.warn_days).then_some(days)
    }

    /// Tells the log.
    pub async fn warn_of_expiry(&self) {
        for Expiring { certificate, days } in self.expiring().await {
            log::warn!(code = "certificate_expires_soon", certificate = certificate.as_str(), days; "a certificate ends soon; its successor is made with `hankod token`");
        }
    }
}
