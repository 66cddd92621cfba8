//! PDF: strict reading and incremental updates. Nothing here repairs a damaged file, and nothing does I/O beyond one private map.

pub mod value;
