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
/// Looks between two heads of the audit chain in the log: an hour.
const LOOKS_PER_HEAD: u32 = 1_800;

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
    let mut looks: u32 = 0;
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            () = changed.notified() => due = true,
            _ = ticks.tick() => {
                app.sweep();
                looks += 1;
                if looks.is_multiple_of(LOOKS_PER_HEAD) {
                    app.announce_head().await;
                }
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

async fn over(ending: &mut watch::Receiver<bool>) {
    // A sender that is gone has ended too.
    let _ = ending.wait_for(|ended| *ended).await;
}
