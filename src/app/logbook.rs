//! The audit log for those who read it: whether it is whole, and what it says.

use super::App;
use super::failure::Failure;
use crate::audit;
use crate::audit::export::Export;

pub use crate::audit::Report;
pub use crate::audit::export::Format;

impl App {
    /// Checks the whole chain against its witnesses.
    ///
    /// # Errors
    /// What the state refused; a broken chain is a report with findings.
    pub async fn verify_audit(&self) -> Result<Report, Failure> {
        Ok(audit::verify(self.store()).await?)
    }

    /// Writes the log piece by piece, whole lines each time.
    ///
    /// # Errors
    /// What the state refused, and whatever `write` says.
    pub async fn export_audit(
        &self,
        format: Format,
        mut write: impl FnMut(&str) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let mut export = Export::new(self.store().clone(), format);
        while let Some(piece) = export.next().await? {
            if write(&piece).is_err() {
                // Whoever reads has enough.
                return Ok(());
            }
        }
        Ok(())
    }
}
