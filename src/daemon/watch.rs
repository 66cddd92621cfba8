//! What the daemon does again and again: it follows readers and cards, looks at the tokens, forgets what is over, and lets the log witness the audit chain.
//!
//! Asks no token for anything but what it shows. Cards are looked at when PC/SC tells of a change; a clock drives only what PC/SC cannot tell of.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::app::App;
use crate::token::reader::Happening;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);
const DAY_MS: u64 = 24 * 3600 * 1000;

/// Follows the readers until the daemon ends. What happens is told at once; `changed` rouses the slower look at the tokens.
pub(super) async fn readers(
    app: App,
    mut happenings: mpsc::Receiver<Happening>,
    changed: Arc<Notify>,
    mut ending: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            happening = happenings.recv() => match happening {
                Some(happening) => app.happened(happening).await,
                None => return,
            },
        }
        changed.notify_one();
    }
}

/// Looks until the daemon ends. While nobody listens it does not look, so that an idle daemon starts no worker.
pub(super) async fn tokens(app: App, changed: Arc<Notify>, mut ending: watch::Receiver<bool>) {
    let (mut last, mut due) = (None, true);
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            () = changed.notified() => due = true,
            _ = ticks.tick() => {
                app.sweep();
            }
        }
        if !app.has_listeners() {
            // Whoever listens next may have asked before.
            (last, due) = (None, true);
        } else if due || app.looks_by_clock() {
            due = false;
            last = Some(app.notice_tokens(last).await);
        }
    }
}

/// Warns of certificates that end soon, once a day until the daemon ends.
pub(super) async fn certificates(app: App, mut ending: watch::Receiver<bool>) {
    let mut days = period(DAY_MS);
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            _ = days.tick() => app.warn_of_expiry().await,
        }
    }
}

/// Has the audit chain's head witnessed until the daemon ends: by the log often, by a TSA rarely.
pub(super) async fn witnesses(app: App, mut ending: watch::Receiver<bool>) {
    let audit = app.config().audit;
    let (mut heads, mut anchors) = (period(audit.head_interval_ms), period(audit.anchor_interval_ms));
    // A daemon that has just begun has other questions for its TSA.
    anchors.reset_after(FIRST_ANCHOR.min(Duration::from_millis(audit.anchor_interval_ms / 100)));
    // The first tick of an interval comes at once; the head at the start is told by whoever starts.
    heads.tick().await;
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            _ = heads.tick() => app.announce_head().await,
            _ = anchors.tick() => tokio::select! {
                () = over(&mut ending) => return,
                () = app.anchor_head() => {}
            },
        }
    }
}

/// When the head is stamped first at the latest; sooner with a short interval.
const FIRST_ANCHOR: Duration = Duration::from_secs(3600);

fn period(ms: u64) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(Duration::from_millis(ms));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

async fn over(ending: &mut watch::Receiver<bool>) {
    // A sender that is gone has ended too.
    let _ = ending.wait_for(|ended| *ended).await;
}
