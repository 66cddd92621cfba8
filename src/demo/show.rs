//! The demonstration put together: files, daemon, and a contract that is signed through the HTTP API like any other.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;
use tokio::net::TcpListener;

use super::ca::{DemoCa, Holder};
use super::files::write;
use super::services::{self, Services};
use super::site::Site;
use super::token::DemoToken;
use super::{DemoError, client, contract};
use crate::app::App;
use crate::app::pairings::Rights;
use crate::clock::Timestamp;
use crate::config::{Config, Environment};
use crate::daemon::Daemon;
use crate::process::Program;
use crate::render::Fonts;
use crate::token::pin::Pinentry;

/// Default port of the desk API.
pub const DEFAULT_PORT: u16 = 10805;
/// The example site, from the port of the desk API.
const SITE_OFFSET: u16 = 3;
/// The demonstration's timestamps and OCSP answers, from the port of the desk API.
const SERVICES_OFFSET: u16 = 4;
/// The name under which the demonstration's own program is allowed.
const PROGRAM: &str = "hankod demo";

/// How the demonstration is run.
pub struct Options {
    /// Where everything lies; `None`: the person's data folder.
    pub dir: Option<PathBuf>,
    /// Port of the desk API, and four below that of timestamps and OCSP; 0: free ones. What the folder's certificates name already stays.
    pub port: u16,
    /// Start the example site too, where Node.js is there.
    pub site: bool,
}

/// A demonstration that runs.
pub struct Show {
    daemon: Daemon,
    services: Services,
    site: Option<Site>,
    /// Everything it made.
    pub dir: PathBuf,
    /// The signed sample.
    pub signed: PathBuf,
    /// `true`: the daemon's page signs without asking for the PIN, because there is nowhere to ask.
    pub unattended: bool,
}

impl Show {
    /// Makes what is missing, starts the daemon and signs the sample contract once.
    ///
    /// # Errors
    /// Every [`DemoError`].
    pub async fn begin(options: &Options) -> Result<Self, DemoError> {
        let environment = Environment::of_process();
        let dir = match &options.dir {
            Some(dir) => std::path::absolute(dir).map_err(|e| DemoError::file(dir, &e))?,
            None => environment.data_dir().ok_or(DemoError::NoHome)?.join("hankod-demo"),
        };
        private_folder(&dir)?;
        let now = Timestamp::from_system(SystemTime::now());
        let (listener, address) = place(&dir, options.port).await?;
        let ca = DemoCa::open(&dir, Some(address), now)?;
        let token = DemoToken::open(&dir, &Program::this(), &ca, now).await?;
        let services = Services::start(ca, listener, address)?;
        let config = settings(&dir, &token, options.port, address, &environment)?;
        let unattended = !Pinentry::from_environment(&config.prompt.pinentry).has_a_place();
        let daemon = Daemon::start(config, unattended).await?;
        let signed = sign(&dir, &daemon, now).await?;
        let site = match options.site {
            true => Site::start(&dir, above(options.port, SITE_OFFSET), daemon.address()).await?,
            false => None,
        };
        let show = Self {
            daemon,
            services,
            site,
            dir,
            signed,
            unattended,
        };
        show.note()?;
        Ok(show)
    }

    /// Address of the daemon's page.
    pub fn page(&self) -> String {
        format!("http://{}/", self.daemon.address())
    }

    /// Address of the example site, where it runs.
    pub fn site(&self) -> Option<&str> {
        self.site.as_ref().map(|site| site.address.as_str())
    }

    /// Waits for Ctrl-C.
    ///
    /// # Errors
    /// When signals cannot be heard.
    pub async fn until_signal(&mut self) -> Result<(), DemoError> {
        Ok(self.daemon.until_signal().await?)
    }

    /// Ends the daemon in order, then timestamps and OCSP.
    pub async fn end(self) {
        self.daemon.stop().await;
        self.services.stop().await;
    }

    fn note(&self) -> Result<(), DemoError> {
        let path = |name: &str| self.dir.join(name).display().to_string();
        let note = json!({
            "page": self.page(),
            "site": self.site(),
            "config": path("hankod.toml"),
            "ca": path("ca.pem"),
            "tsa": services::tsa_url(self.services.address),
            "ocsp": services::ocsp_url(self.services.address),
            "softhsm2_conf": path("softhsm2.conf"),
            "pin_file": path("pin.txt"),
            "token": super::token::LABEL,
            "certificates": [Holder::Person.label(), Holder::Organisation.label()],
            "contract": path("contract.pdf"),
            "signed": path("contract.signed.pdf"),
            "unattended": self.unattended,
        });
        let text = format!("{note:#}\n");
        write(&self.dir.join("demo.json"), 0o600, text.as_bytes())
    }
}

/// Takes the sample's key back: nothing that signs without a person stays behind.
async fn forget_program(app: &App) -> Result<(), DemoError> {
    for site in app.sites().await? {
        if site.who == PROGRAM && site.revoked.is_none() {
            app.revoke_site(&site.id).await?;
        }
    }
    Ok(())
}

fn private_folder(dir: &Path) -> Result<(), DemoError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|e| DemoError::file(dir, &e))
}

/// The port so far above the desk's; a free one above 0.
fn above(port: u16, offset: u16) -> u16 {
    match port {
        0 => 0,
        port => port.checked_add(offset).unwrap_or(0),
    }
}

/// The place of timestamps and OCSP: what certificates name already, or four above `port`, or a free one for 0.
async fn place(dir: &Path, port: u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let fresh = || SocketAddr::from((Ipv4Addr::LOCALHOST, above(port, SERVICES_OFFSET)));
    let wanted = DemoCa::address_in(dir).unwrap_or_else(fresh);
    let taken = |e: std::io::Error| DemoError::Address {
        address: wanted,
        reason: e.to_string(),
    };
    let listener = TcpListener::bind(wanted).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}

/// Writes `hankod.toml` and reads it as any daemon would.
fn settings(
    dir: &Path,
    token: &DemoToken,
    port: u16,
    services: SocketAddr,
    environment: &Environment,
) -> Result<Config, DemoError> {
    let quoted = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let text = format!(
        "# Written by `hankod demo`; each run writes it anew.\n\
         state_dir = {}\nlisten = \"{listen}\"\n\n\
         [[module]]\npath = {}\nenv = {{ SOFTHSM2_CONF = {} }}\n\n\
         [[token]]\nlabel = \"{}\"\npin_file = {}\n\n\
         [trust]\nanchors = [{}]\n\n\
         [network]\nallow_private = [\"{services}\"]\n\n\
         [[tsa]]\nurl = \"{}\"\n",
        quoted(&dir.join("state")),
        quoted(&token.module),
        quoted(&token.conf),
        super::token::LABEL,
        quoted(&token.pin_file),
        quoted(&dir.join("ca.pem")),
        services::tsa_url(services),
    );
    let path = dir.join("hankod.toml");
    write(&path, 0o600, text.as_bytes())?;
    Ok(Config::parse(&text, &path, environment)?)
}

/// Signs the sample as a desktop program would: with a key of its own, over HTTP.
async fn sign(dir: &Path, daemon: &Daemon, now: Timestamp) -> Result<PathBuf, DemoError> {
    let fonts = Fonts::find(daemon.app().config().font.as_deref())?;
    let sample = contract::sample(now, &fonts)?;
    write(&dir.join("contract.pdf"), 0o600, &sample.pdf)?;
    // A run that was killed may have left its key.
    forget_program(daemon.app()).await?;
    let rights = Rights {
        unattended: true,
        digests: false,
    };
    let key = daemon.app().allow_program(PROGRAM, rights).await?;
    let client = client::Client::new(daemon.address(), key);
    let certificate = client.certificate(Holder::Person.label()).await?;
    let place = &sample.seals[0];
    let manifest = json!({
        "sign": { "certificate": certificate, "level": "b-lt", "reason": "契約の締結(見本)" },
        "documents": [{
            "name": "業務委託契約書(見本).pdf",
            "appearance": { "seal": { "name": "甲野" }, "page": place.page, "rect": place.rect_pt },
        }],
    });
    let signed = client.sign(&manifest, sample.pdf).await;
    forget_program(daemon.app()).await?;
    let signed = signed?;
    let path = dir.join("contract.signed.pdf");
    write(&path, 0o600, &signed)?;
    Ok(path)
}
