//! Seals that come as pictures. An SVG is drawn in the page worker at once: from there on every seal is a PNG.

use std::sync::Arc;

use super::App;
use super::failure::Failure;

impl App {
    /// The seal as a PNG; one that comes as a PNG stays as it is and is judged where it is drawn.
    ///
    /// # Errors
    /// `seal_svg_*`, `page_timeout` and the like.
    pub(crate) async fn seal_png(&self, picture: Arc<[u8]>) -> Result<Arc<[u8]>, Failure> {
        match is_svg(&picture) {
            true => Ok(self.page_room()?.seal(&picture).await?.into()),
            false => Ok(picture),
        }
    }
}

/// Text that begins as XML does; a PNG begins otherwise.
fn is_svg(picture: &[u8]) -> bool {
    let text = picture.strip_prefix(b"\xef\xbb\xbf").unwrap_or(picture);
    text.trim_ascii_start().starts_with(b"<")
}
