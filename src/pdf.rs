//! PDF: strict reading and incremental updates. Nothing here repairs a damaged file, and nothing does I/O beyond one private map.

pub mod appearance;
pub mod archive;
pub mod byte_range;
pub mod crypt;
pub mod document;
pub mod dss;
pub mod error;
pub mod field;
pub mod filter;
pub mod form;
pub mod history;
pub mod image;
pub mod import;
pub mod lex;
pub mod load;
pub mod map;
pub mod mark;
pub mod page;
pub mod revision;
pub mod signatures;
pub mod tagging;
pub mod tiling;
pub mod value;
pub mod xref;

pub use document::Document;
pub use error::Error;
pub use history::Revision;
pub use load::Loaded;
pub use revision::RevisionWriter;
