//! Options of commands that make evidence: which TSAs are asked, whom one trusts, where addresses in certificates may lead.

use std::path::PathBuf;

use super::sign::absolute_path;
use crate::app::desk;
use crate::app::extend::Sources;
use crate::app::failure::Failure;

/// Where evidence comes from; without these, what is configured.
#[derive(clap::Args, Debug)]
pub(crate) struct SourceOptions {
    /// Timestamping authority to ask instead of the configured ones; several are asked in order
    #[arg(long, value_name = "URL")]
    tsa: Vec<String>,
    /// Certificates of authorities that you trust, instead of the configured ones
    #[arg(long, value_name = "FILE|DIR")]
    trust: Vec<PathBuf>,
    /// Private place that addresses in certificates may lead to
    #[arg(long, value_name = "HOST:PORT")]
    allow_private: Vec<String>,
    /// How fresh data about revoked certificates must be, where the level holds some
    #[arg(long, value_name = "immediate|after-grace")]
    evidence: Option<Revocation>,
}

/// Which revocation data may stand in a file for its signers.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Revocation {
    /// What can be had at once
    Immediate,
    /// Issued after the signature's time
    AfterGrace,
}

impl SourceOptions {
    /// As the use cases take them.
    pub(crate) fn sources(&self) -> Result<Sources, Failure> {
        let trust = self.trust.iter().map(|path| absolute_path(path));
        Ok(Sources {
            tsas: self.tsa.clone(),
            trust: trust.collect::<Result<_, _>>()?,
            allow_private: self.allow_private.clone(),
            revocation: self.evidence.map(|asked| match asked {
                Revocation::Immediate => desk::Revocation::Immediate,
                Revocation::AfterGrace => desk::Revocation::AfterGrace,
            }),
        })
    }
}
