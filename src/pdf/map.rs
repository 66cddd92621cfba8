//! A map of our own private copy of a document.
//!
//! Only of that: a file that somebody else can cut short kills the process that reads its map (SIGBUS).
#![expect(unsafe_code, reason = "memmap2 cannot know that nobody else holds the file")]

use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;

/// The bytes of a private copy, read as they are touched.
pub struct PrivateCopy {
    map: Mmap,
}

impl PrivateCopy {
    /// Maps `file`, which must be a copy in our own folder that nobody else opens for writing; we only append to it.
    pub fn open(file: &File) -> io::Result<Self> {
        // SAFETY: the file is ours alone (see above), is never cut short, and its mapped bytes never change while it is mapped.
        let map = unsafe { Mmap::map(file)? };
        // Objects are looked up here and there: reading ahead would load the whole file.
        map.advise(Advice::Random)?;
        Ok(Self { map })
    }

    /// The bytes, as many as the file had when it was mapped.
    pub fn data(&self) -> &[u8] {
        &self.map
    }
}
