//! Looks at the tokens again and again, and tells when something came or went. Asks no token for anything but what it shows.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);

/// Watches until the daemon ends. While nobody listens it does not look, so that an idle daemon starts no worker.
pub(super) async fn tokens(app: App, mut ending: watch::Receiver<bool>) {
    let mut last = None;
    loop {
        tokio::select! {
            _ = ending.wait_for(|ended| *ended) => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        app.sweep();
        if app.has_listeners() {
            last = Some(app.notice_tokens(last).await);
        }
    }
}
