//! Two readers behind a `pcscd` of the test's own: its socket lies in the test's folder, its driver listens on ports of its own, and its programs find it by `PCSCLITE_CSOCK_NAME`.
//!
//! `pcscd` takes the socket by socket activation and keeps house in `/run/pcscd` all the same; so it gets a `/run` of its own where the system allows that, and needs the folder where not.
//! A virtual reader cannot be unplugged; `pcscd` can be stopped.

use super::card::Card;
use super::states::{self, State};
use crate::support::run;
use rustix::net::sockopt::set_tcp_quickack;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// The driver serves two slots on neighbouring ports.
const SLOTS: usize = 2;
/// How long `pcscd` gets to say what a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Below what the system gives to programs that do not choose.
const PORTS: std::ops::Range<u16> = 12_000..32_000;
/// The reader's name; `pcscd` appends its number and the slot's.
const NAME: &str = "Hankod Test Reader";

/// The readers.
pub(crate) struct Readers {
    dir: PathBuf,
    port: u16,
    daemon: Option<Child>,
    log: Arc<Log>,
    slots: [Option<Inserted>; SLOTS],
}

/// What `pcscd` says.
#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

/// A card in a slot.
struct Inserted {
    card: Card,
    stream: TcpStream,
    serving: JoinHandle<()>,
}

impl Readers {
    /// Two empty readers; `dir` receives what belongs to them.
    pub(crate) fn start(dir: &Path) -> Self {
        assert!(
            Path::new(DRIVER).exists(),
            "vsmartcard-vpcd is not installed; scripts/install-deps test installs it"
        );
        let dir = dir.join("pcsc");
        std::fs::create_dir_all(dir.join("conf")).unwrap();
        std::fs::create_dir_all(dir.join("no-drivers")).unwrap();
        let mut readers = Self {
            dir,
            port: 0,
            daemon: None,
            log: Arc::default(),
            slots: [const { None }; SLOTS],
        };
        // A port may be taken between looking and using it.
        while readers.daemon.is_none() {
            readers.port = free_ports();
            readers.launch();
        }
        readers
    }

    /// What programs need in their environment to find these readers and no others.
    pub(crate) fn env(&self) -> [(&'static str, PathBuf); 1] {
        [("PCSCLITE_CSOCK_NAME", self.socket())]
    }

    /// A reader's name in PC/SC.
    pub(crate) fn name(&self, slot: usize) -> String {
        format!("{NAME} 00 {slot:02}")
    }

    /// Puts a card in and waits until every program can see it.
    pub(crate) fn insert(&mut self, slot: usize, card: &Card) {
        let before = self.state(slot);
        assert!(!before.present, "a card is in");
        self.put(slot, card);
        let name = self.name(slot);
        let is_in = |states: &[State]| {
            let mut states = states.iter();
            states.any(|state| state.name == name && state.present && state.atr == card.atr())
        };
        if states::soon(&self.socket(), is_in) {
            return;
        }
        // A card that was pulled while it was being powered down is out for pcscd, whose thread has not seen it go: it must see that before it sees another come.
        let left = format!("Card Removed From {name}");
        let before = self.log.text.lock().unwrap().matches(&left).count();
        self.take(slot);
        self.said(&left, before + 1);
        self.put(slot, card);
        states::until(&self.socket(), is_in);
    }

    /// Waits until a fault has the card out of the reader, and every program can see that.
    pub(crate) fn gone(&mut self, slot: usize) {
        let inserted = self.slots[slot].take().unwrap();
        inserted.serving.join().unwrap();
        self.wait(slot, |state| !state.present);
    }

    /// Pulls the card out and waits until every program can see that.
    pub(crate) fn pull(&mut self, slot: usize) {
        self.take(slot);
        self.wait(slot, |state| !state.present);
    }

    /// Another card before `pcscd` looks again. Whether it ever notices is chance: a driver that finds the old card gone while it powers it down goes on with the new one,
    /// and no event is told. Who needs the events pulls and inserts.
    pub(crate) fn swap(&mut self, slot: usize, card: &Card) {
        self.take(slot);
        self.put(slot, card);
    }

    /// Waits until `pcscd` says this so often, all in all.
    pub(crate) fn said(&self, words: &str, times: usize) {
        let text = self.log.text.lock().unwrap();
        let silent = |text: &mut String| text.matches(words).count() < times;
        let (text, waited) = self.log.grown.wait_timeout_while(text, PATIENCE, silent).unwrap();
        assert!(!waited.timed_out(), "pcscd never says {words:?}:\n{}", *text);
    }

    /// Ends `pcscd` at once, also while a card is asked something. The cards stay in, without power.
    pub(crate) fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
        for inserted in self.slots.iter().flatten() {
            inserted.card.pulled();
        }
    }

    /// Stops `pcscd`. The cards stay in, without power.
    pub(crate) fn stop(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
        daemon.wait().unwrap();
        std::fs::remove_file(self.socket()).ok();
    }

    /// Starts it again with the same socket, the same readers, and the cards that were in.
    pub(crate) fn start_again(&mut self) {
        let cards: Vec<Option<Card>> = (0..SLOTS).map(|slot| self.take(slot)).collect();
        self.launch();
        assert!(self.daemon.is_some(), "the ports are taken");
        for (slot, card) in cards.iter().enumerate() {
            if let Some(card) = card {
                self.insert(slot, card);
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }

    fn state(&self, slot: usize) -> State {
        let name = self.name(slot);
        let states = states::now(&self.socket());
        states.into_iter().find(|state| state.name == name).unwrap()
    }

    fn wait(&self, slot: usize, wanted: impl Fn(&State) -> bool) {
        let name = self.name(slot);
        states::until(&self.socket(), |states| {
            states.iter().any(|state| state.name == name && wanted(state))
        });
    }

    fn put(&mut self, slot: usize, card: &Card) {
        let port = self.port + u16::try_from(slot).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let (ours, served) = (stream.try_clone().unwrap(), card.clone());
        let serving = std::thread::spawn(move || {
            // An error is the end of the connection: pulled, or no reader any more.
            serve(&stream, &served).ok();
            stream.shutdown(Shutdown::Both).ok();
            served.reset();
        });
        self.slots[slot] = Some(Inserted {
            card: card.clone(),
            stream: ours,
            serving,
        });
    }

    fn take(&mut self, slot: usize) -> Option<Card> {
        let inserted = self.slots[slot].take()?;
        inserted.stream.shutdown(Shutdown::Both).ok();
        inserted.card.pulled();
        inserted.serving.join().unwrap();
        Some(inserted.card)
    }

    /// Leaves no daemon when the ports were taken.
    fn launch(&mut self) {
        let settings = format!(
            "FRIENDLYNAME \"{NAME}\"\nDEVICENAME /dev/null:{port:#06x}\nLIBPATH {DRIVER}\nCHANNELID {port:#06x}\n",
            port = self.port
        );
        std::fs::write(self.dir.join("conf/vpcd"), settings).unwrap();
        std::fs::remove_file(self.socket()).ok();
        let listener = UnixListener::bind(self.socket()).unwrap();
        let mut command = command(&self.dir.join("conf"));
        // Drivers of real readers are out of its sight.
        command.env("PCSCLITE_HP_DROPDIR", self.dir.join("no-drivers"));
        command.stdin(Stdio::from(OwnedFd::from(listener)));
        let (said, saying) = std::io::pipe().unwrap();
        command.stdout(saying.try_clone().unwrap()).stderr(saying);
        let mut daemon = command.spawn().unwrap();
        drop(command);
        let mut said = BufReader::new(said);
        let mut log = String::new();
        while !log.ends_with("daemon ready.\n") {
            let read = said.read_line(&mut log).unwrap();
            assert!(
                read > 0,
                "pcscd ended before it was ready; without namespaces it needs the folder /run/pcscd:\n{log}"
            );
        }
        // It blocks when nobody reads what it says.
        let log_of = Arc::clone(&self.log);
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while said.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                log_of.text.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                log_of.grown.notify_all();
                line.clear();
            }
        });
        if log.contains("Failed") {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
            return;
        }
        self.daemon = Some(daemon);
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Beside the test's other files, which are kept.
            std::fs::write(self.dir.join("pcscd.log"), self.log.text.lock().unwrap().as_bytes()).ok();
        }
        for inserted in self.slots.iter().flatten() {
            inserted.stream.shutdown(Shutdown::Both).ok();
            inserted.card.pulled();
        }
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().ok();
            daemon.wait().ok();
        }
    }
}

/// `pcscd` with the socket that stands at its standard input.
fn command(conf: &Path) -> Command {
    // The shell moves the socket to descriptor 3 and becomes the daemon, so $$ is the daemon's own id.
    let run = r#"LISTEN_FDS=1 LISTEN_PID=$$ exec /usr/sbin/pcscd -f -i -c "$0" 3<&0 0</dev/null"#;
    let mut command = Command::new(if namespaces() { "unshare" } else { "sh" });
    if namespaces() {
        command
            .args(UNSHARE)
            .args(["sh", "-c", &format!("mount -t tmpfs tmpfs /run && {run}")]);
    } else {
        command.args(["-c", run]);
    }
    command.arg(conf);
    command
}

/// A user of its own, root there, who may mount.
const UNSHARE: [&str; 3] = ["--user", "--map-root-user", "--mount"];

/// Whether the system lets this user have them; containers often do not.
fn namespaces() -> bool {
    static ALLOWED: LazyLock<bool> = LazyLock::new(|| {
        let mut trial = Command::new("unshare");
        trial.args(UNSHARE).args(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
        run(&mut trial, "").ok
    });
    *ALLOWED
}

/// Two neighbouring ports that nobody listens on at this moment.
fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 1000).unwrap() * 20;
    loop {
        let step = NEXT.fetch_add(2, Ordering::Relaxed);
        let port = PORTS.start + start.wrapping_add(step) % (PORTS.end - PORTS.start);
        let free = |port: u16| TcpListener::bind(("0.0.0.0", port)).is_ok();
        if free(port) && free(port + 1) {
            return port;
        }
    }
}

/// Speaks the driver's protocol: two octets of length, then an APDU, or one octet that is an order to the hardware.
fn serve(mut stream: &TcpStream, card: &Card) -> std::io::Result<()> {
    loop {
        // Without it the kernel holds each acknowledgement, and the driver its next message, for 40 ms.
        set_tcp_quickack(stream, true)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message)?;
        let answer = match message.as_slice() {
            [POWER_OFF | POWER_ON | RESET] => {
                card.reset();
                continue;
            }
            [TELL_ATR] => Some(card.atr()),
            apdu => card.transmit(apdu),
        };
        let Some(answer) = answer else { return Ok(()) };
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length, answer.as_slice()].concat())?;
    }
}

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const TELL_ATR: u8 = 4;
