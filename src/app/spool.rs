//! How much of the disk uploads may take together: counted before a byte of a body is read, given back when its documents are gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The room for uploads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SpoolRoom(Arc<Room>);

#[derive(Debug)]
struct Room {
    max_bytes: u64,
    taken_bytes: AtomicU64,
}

/// What one upload takes of the room, until it is dropped.
#[derive(Debug)]
pub struct SpoolShare {
    room: Arc<Room>,
    bytes: AtomicU64,
}

impl SpoolRoom {
    /// An empty room.
    pub fn new(max_bytes: u64) -> Self {
        Self(Arc::new(Room {
            max_bytes,
            taken_bytes: AtomicU64::new(0),
        }))
    }

    /// Room for an upload that says it has so many bytes; `None` when there is not so much.
    pub fn take(&self, bytes: u64) -> Option<SpoolShare> {
        let share = SpoolShare {
            room: self.0.clone(),
            bytes: AtomicU64::new(0),
        };
        share.cover(bytes).then_some(share)
    }
}

impl SpoolShare {
    /// Makes it at least so large, for a body that did not say its length; `false` when there is not so much room.
    ///
    /// For one reader at a time.
    pub fn cover(&self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes.load(Ordering::Relaxed));
        let max_bytes = self.room.max_bytes;
        let grown = |taken: u64| taken.checked_add(more).filter(|taken| *taken <= max_bytes);
        let fits = more == 0
            || self
                .room
                .taken_bytes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown)
                .is_ok();
        if fits {
            self.bytes.fetch_add(more, Ordering::Relaxed);
        }
        fits
    }
}

impl Drop for SpoolShare {
    fn drop(&mut self) {
        self.room
            .taken_bytes
            .fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_shared_and_given_back() {
        let room = SpoolRoom::new(10);
        let first = room.take(4).unwrap();
        let second = room.take(0).unwrap();
        assert!(second.cover(3) && second.cover(2) && second.cover(6) && !second.cover(7));
        assert!(room.take(1).is_none());
        drop(first);
        assert!(second.cover(7) && room.take(4).is_none());
        drop(second);
        assert!(room.take(11).is_none() && room.take(u64::MAX).is_none() && room.take(10).is_some());
    }
}
