//! PDF: strict reading and incremental updates. Nothing here repairs a damaged file, and nothing does I/O beyond one private map.

pub mod crypt;
pub mod document;
pub mod error;
pub mod filter;
pub mod history;
pub mod lex;
pub mod load;
pub mod map;
pub mod page;
pub mod tiling;
pub mod value;
pub mod xref;

pub use document::Document;
pub use error::Error;
pub use history::Revision;
pub use load::Loaded;
