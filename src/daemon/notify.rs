//! What systemd is told: ready, ending. Without systemd nothing happens.

use sd_notify::NotifyState;

/// The daemon answers requests now; `status` is one line for `systemctl status`.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The daemon ends; requests under way are finished first.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!(code = "notify_failed", reason:% = error; "systemd could not be told about the daemon's state");
    }
}
