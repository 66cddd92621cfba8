//! `hankod manual`: man pages and shell completions, made from the very arguments that the program reads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use clap_complete::Shell;

use super::{exit, output};

/// Where the pages go.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Folder for man pages and completions; made if it does not exist
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(super) fn run(options: &Options) -> ExitCode {
    match write_all(&options.dir) {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            output::complain(&format!("{}: {error}", options.dir.display()), "output_unwritable");
            ExitCode::from(exit::FAILED)
        }
    }
}

fn write_all(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    clap_mangen::generate_to(super::command(), dir)?;
    for shell in Shell::value_variants() {
        let name = format!("hankod.{shell}");
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut super::command(), "hankod", &mut script);
        fs::write(dir.join(name), script)?;
    }
    Ok(())
}
