//! `hankod demo`: everything on one machine, with keys that are good for nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Global, exit, output};
use crate::config::Environment;
use crate::daemon::journal;
use crate::demo::show::{self, Show};
use crate::text::{Explain, Lang, say};

/// Show everything on one machine.
///
/// Makes a demonstration CA, a SoftHSM token with a person's and an organisation's certificate, starts the daemon with its
/// page, and signs a sample contract through the HTTP API. Stays until Ctrl-C.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Folder for everything that the demonstration makes (default: $XDG_DATA_HOME/hankod-demo)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Port of the daemon; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = show::DEFAULT_PORT)]
    port: u16,
    /// Sign the sample contract, print where it lies, and end
    #[arg(long)]
    once: bool,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    let lang = global.lang.unwrap_or_else(|| Environment::of_process().lang());
    journal::open(log::LevelFilter::Warn);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&error.to_string(), "internal_error");
            return ExitCode::from(exit::FAILED);
        }
    };
    let shown = runtime.block_on(async {
        let mut show = Show::begin(&show::Options {
            dir: options.dir.clone(),
            port: options.port,
            site: !options.once,
        })
        .await?;
        tell(&show, options.once, lang);
        let ended = match options.once {
            true => Ok(()),
            false => show.until_signal().await,
        };
        show.end().await;
        ended
    });
    match shown {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            output::complain(&error.explain(lang), error.code());
            ExitCode::from(exit::FAILED)
        }
    }
}

fn tell(show: &Show, once: bool, lang: Lang) {
    let (signed, dir) = (show.signed.display().to_string(), show.dir.display().to_string());
    output::line(&say(lang, "demo-signed", &[("file", &signed)]));
    output::line(&say(lang, "demo-folder", &[("dir", &dir)]));
    if once {
        return;
    }
    output::line(&say(lang, "demo-page", &[("page", &show.page())]));
    if let Some(site) = show.site() {
        output::line(&say(lang, "demo-site", &[("site", site)]));
    }
    if show.unattended {
        output::line(&say(lang, "demo-unattended", &[]));
    }
    output::line(&say(lang, "demo-until", &[]));
}
