//! What the daemon does again and again: it looks at the tokens, forgets what is over, and lets the log witness the audit chain.
//!
//! Asks no token for anything but what it shows.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);
/// Looks between two heads of the audit chain in the log: an hour.
const LOOKS_PER_HEAD: u32 = 1_800;

/// Watches until the daemon ends. While nobody listens it does not look, so that an idle daemon starts no worker.
pub(super) async fn tokens(app: App, mut ending: watch::Receiver<bool>) {
    let mut last = None;
    for look in 1_u32.. {
        tokio::select! {
            _ = ending.wait_for(|ended| *ended) => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        app.sweep();
        if look % LOOKS_PER_HEAD == 0 {
            app.announce_head().await;
        }
        if app.has_listeners() {
            last = Some(app.notice_tokens(last).await);
        }
    }
}
