//! One prompt at a time: a thread that runs pinentry, a short queue before it, and a way to take a question back.
//!
//! The program gets a cleared environment and never a secret; it is killed when the question is taken back or its time is over.

use super::PinError;
use super::assuan::{Answer, Broken, Conversation};
use super::place::Place;
use super::words::{Notice, PairingPrompt, PinPrompt};
use crate::secret::Pin;
use crate::text::{Lang, say};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Questions that may wait behind the one on the screen.
const MAX_WAITING_PROMPTS: usize = 8;
/// What of our environment the program needs to find the person's screen, terminal and language.
const PASSED_ON: &[&str] = &[
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
    "DBUS_SESSION_BUS_ADDRESS",
    "HOME",
    "PATH",
    "TERM",
    "GPG_TTY",
    "GTK_IM_MODULE",
    "QT_IM_MODULE",
];
/// Character type for terminals: a Japanese locale may not be installed, and without one the text would come out as question marks.
const ALWAYS_INSTALLED_LOCALE: &str = "C.UTF-8";
// libgpg-error's numbers for what a person does.
const TIMED_OUT: u16 = 62;
const CANCELLED: u16 = 99;
const NOT_CONFIRMED: u16 = 114;
const FULLY_CANCELLED: u16 = 198;

/// The prompt program and the screen or terminal it appears on.
#[derive(Clone, Debug)]
pub struct Pinentry {
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

/// Asks the person, one question at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Prompter {
    pinentry: Arc<Pinentry>,
    queue: SyncSender<Question>,
}

struct Question {
    pinentry: Arc<Pinentry>,
    prompt: Prompt,
    deadline: Instant,
    cancelled: UnixStream,
    reply: oneshot::Sender<Result<Option<Pin>, PinError>>,
}

enum Prompt {
    Pin(PinPrompt),
    Pairing(PairingPrompt),
    Notice(Notice),
    Entry(Notice),
}

impl Pinentry {
    /// The program, found by path or in `PATH`, on the screen or terminal of this process.
    pub fn from_environment(program: impl Into<PathBuf>) -> Self {
        let environment = PASSED_ON
            .iter()
            .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)))
            .collect();
        Self {
            program: program.into(),
            environment,
        }
    }

    /// `true` when there is a screen or a terminal to ask on.
    pub fn has_a_place(&self) -> bool {
        let places = ["DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"];
        self.environment
            .iter()
            .any(|(name, value)| places.iter().any(|p| *p == name) && !value.is_empty())
    }

    /// The same program where somebody else sits; nowhere leaves it where it is.
    fn at(&self, place: &Place) -> Self {
        if place.is_nowhere() {
            return self.clone();
        }
        let ours = self.environment.iter().filter(|(name, _)| !Place::names(name)).cloned();
        Self {
            program: self.program.clone(),
            environment: ours.chain(place.environment()).collect(),
        }
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.environment
            .iter()
            .find(|(name, _)| name == wanted)
            .and_then(|(_, value)| value.to_str())
            .filter(|value| !value.is_empty())
    }

    fn failed(&self, reason: impl ToString) -> PinError {
        PinError::Prompt {
            program: self.program.display().to_string(),
            reason: reason.to_string(),
        }
    }

    fn run(&self, question: &Question) -> Result<Option<Pin>, PinError> {
        let child = Command::new(&self.program)
            .env_clear()
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .env("LANG", ALWAYS_INSTALLED_LOCALE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| self.failed(e))?;
        let mut child = Reaped(child);
        let (Some(requests), Some(answers)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err(self.failed("no pipes"));
        };
        let mut talk = Conversation::new(requests, answers, question.deadline, question.cancelled.as_fd());
        match self.converse(&mut talk, question) {
            Ok(Answer::Ok(pin)) => Ok(pin),
            Ok(Answer::Refused(CANCELLED | FULLY_CANCELLED | NOT_CONFIRMED)) | Err(Broken::Cancelled) => {
                Err(PinError::Cancelled)
            }
            Ok(Answer::Refused(TIMED_OUT)) | Err(Broken::TimedOut) => Err(PinError::TimedOut),
            Ok(Answer::Refused(number)) => Err(self.failed(format!("ERR {number}"))),
            Err(Broken::Failed(reason)) => Err(self.failed(reason)),
        }
    }

    fn converse<W: Write, R: io::Read + AsFd>(
        &self,
        talk: &mut Conversation<'_, W, R>,
        question: &Question,
    ) -> Result<Answer, Broken> {
        let prompt = &question.prompt;
        talk.answer()?;
        let language = locale(prompt.lang());
        let options = [
            ("ttyname", self.value("GPG_TTY")),
            ("ttytype", self.value("TERM")),
            ("display", self.value("DISPLAY")),
            ("lc-ctype", Some(ALWAYS_INSTALLED_LOCALE)),
            ("lc-messages", Some(language)),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                // Each program knows other options; one that it does not know changes nothing for the person.
                talk.request("OPTION", &format!("{name}={value}"))?;
            }
        }
        let patience = question.deadline.saturating_duration_since(Instant::now()).as_secs();
        talk.request("SETTIMEOUT", &patience.max(1).to_string())?;
        let words = |id| say(prompt.lang(), id, &[]);
        must(talk.request("SETTITLE", &words("prompt-title"))?)?;
        must(talk.request("SETDESC", &prompt.description())?)?;
        must(talk.request("SETCANCEL", &words(prompt.no()))?)?;
        must(talk.request("SETOK", &words(prompt.yes()))?)?;
        match prompt {
            Prompt::Pin(_) | Prompt::Entry(_) => {
                must(talk.request("SETPROMPT", &words("prompt-pin"))?)?;
                talk.request("GETPIN", "")
            }
            Prompt::Pairing(_) | Prompt::Notice(_) => talk.request("CONFIRM", ""),
        }
    }
}

impl Prompter {
    /// Starts the thread; it ends when the last clone is dropped.
    ///
    /// # Errors
    /// What the system says when no thread can be had.
    pub fn start(pinentry: Pinentry) -> io::Result<Self> {
        let (queue, questions) = sync_channel(MAX_WAITING_PROMPTS);
        let pinentry = Arc::new(pinentry);
        std::thread::Builder::new()
            .name("prompt".to_owned())
            .spawn(move || answer_all(&questions))?;
        Ok(Self { pinentry, queue })
    }

    /// The same thread, asking on the screen or terminal of whoever sits at `place`.
    pub fn at(&self, place: &Place) -> Self {
        Self {
            pinentry: Arc::new(self.pinentry.at(place)),
            queue: self.queue.clone(),
        }
    }

    /// Asks for a PIN. Dropping the future takes the question back and closes the window.
    ///
    /// # Errors
    /// `Cancelled`, `TimedOut` after `patience` (which counts from now, not from the turn), `Empty`, `Busy`, `Prompt`.
    pub async fn ask(&self, prompt: PinPrompt, patience: Duration) -> Result<Pin, PinError> {
        let pin = self.put(Prompt::Pin(prompt), patience).await?;
        pin.filter(|pin| !pin.expose().is_empty()).ok_or(PinError::Empty)
    }

    /// Asks whether a site may come in. Dropping the future takes the question back.
    ///
    /// # Errors
    /// `Cancelled` when the answer is no; else as [`Prompter::ask`].
    pub async fn confirm(&self, prompt: PairingPrompt, patience: Duration) -> Result<(), PinError> {
        self.put(Prompt::Pairing(prompt), patience).await.map(|_| ())
    }

    /// Asks for a PIN that is not for a signature. Dropping the future takes the question back.
    ///
    /// # Errors
    /// As [`Prompter::ask`].
    pub async fn enter(&self, notice: Notice, patience: Duration) -> Result<Pin, PinError> {
        let pin = self.put(Prompt::Entry(notice), patience).await?;
        pin.filter(|pin| !pin.expose().is_empty()).ok_or(PinError::Empty)
    }

    /// Tells the person something that they must agree to. Dropping the future takes the question back.
    ///
    /// # Errors
    /// `Cancelled` when the answer is no; else as [`Prompter::ask`].
    pub async fn agree(&self, notice: Notice, patience: Duration) -> Result<(), PinError> {
        self.put(Prompt::Notice(notice), patience).await.map(|_| ())
    }

    async fn put(&self, prompt: Prompt, patience: Duration) -> Result<Option<Pin>, PinError> {
        let failed = |reason: String| self.pinentry.failed(reason);
        // The other end sees this one close: by answer, by drop, by panic alike.
        let (_held, cancelled) = UnixStream::pair().map_err(|e| failed(e.to_string()))?;
        let (reply, answer) = oneshot::channel();
        let question = Question {
            pinentry: self.pinentry.clone(),
            prompt,
            deadline: Instant::now() + patience,
            cancelled,
            reply,
        };
        self.queue.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => PinError::Busy,
            TrySendError::Disconnected(_) => failed("its thread ended".to_owned()),
        })?;
        answer
            .await
            .unwrap_or_else(|_| Err(failed("its thread ended".to_owned())))
    }
}

fn answer_all(questions: &Receiver<Question>) {
    while let Ok(question) = questions.recv() {
        if question.reply.is_closed() {
            continue;
        }
        let outcome = question.pinentry.run(&question);
        // Nobody waits any more: the PIN is dropped here, and wiped.
        let _ = question.reply.send(outcome);
    }
}

impl Prompt {
    fn lang(&self) -> Lang {
        match self {
            Self::Pin(prompt) => prompt.lang,
            Self::Pairing(prompt) => prompt.lang,
            Self::Notice(notice) | Self::Entry(notice) => notice.lang,
        }
    }

    fn description(&self) -> String {
        match self {
            Self::Pin(prompt) => prompt.description(),
            Self::Pairing(prompt) => prompt.description(),
            Self::Notice(notice) | Self::Entry(notice) => notice.description(),
        }
    }

    fn yes(&self) -> &'static str {
        match self {
            Self::Pin(_) => "prompt-sign",
            Self::Pairing(_) => "prompt-allow",
            Self::Notice(notice) | Self::Entry(notice) => notice.agree,
        }
    }

    fn no(&self) -> &'static str {
        match self {
            Self::Pin(_) | Self::Notice(_) | Self::Entry(_) => "prompt-cancel",
            Self::Pairing(_) => "prompt-refuse",
        }
    }
}

/// A child that does not outlive the question.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // It has answered or must go; either way nothing it could still do is wanted. A child that has ended cannot be killed, only reaped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn must(answer: Answer) -> Result<(), Broken> {
    match answer {
        Answer::Ok(_) => Ok(()),
        Answer::Refused(number) => Err(Broken::Failed(format!("ERR {number}"))),
    }
}

fn locale(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "ja_JP.UTF-8",
        Lang::En => "en_US.UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::{Asked, Pages};
    use super::*;

    struct Script {
        dir: tempfile::TempDir,
        prompter: Prompter,
    }

    /// A pinentry in shell: writes what it is told to `said`, answers OK, and does `then` on GETPIN and CONFIRM.
    fn script(then: &str) -> Script {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pinentry");
        let said = dir.path().join("said");
        let body = format!(
            "#!/bin/sh\necho $$ > {0}.pid\necho OK hello\nwhile IFS= read -r line; do printf '%s\\n' \"$line\" >> {0}\n\
             case \"$line\" in GETPIN|CONFIRM) {then};; *) echo OK;; esac\ndone\n",
            said.display()
        );
        // Another process writes it: a descriptor of ours, open for writing and inherited by some other test's child, would make it "busy".
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        let prompter = Prompter::start(Pinentry::from_environment(path)).unwrap();
        Script { dir, prompter }
    }

    fn prompt() -> PinPrompt {
        PinPrompt {
            lang: Lang::Ja,
            asked: Asked::Site("https://keiyaku.example.jp".into()),
            names: vec!["契約書.pdf".into()],
            pages: Pages::Counted(2),
            reason: None,
            location: None,
            certified: None,
            holder: "甲野太郎".into(),
            tries_left: None,
            last_try: true,
            wrong_before: true,
            check: "1234".into(),
            address: String::new(),
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_pin_comes_back_and_the_prompt_said_what_for() {
        let s = script("echo 'D 12%2534'; echo OK");
        let pin = run(s.prompter.ask(prompt(), LONG)).unwrap();
        assert_eq!(pin.expose(), b"12%34");
        let said = std::fs::read_to_string(s.dir.path().join("said")).unwrap();
        let description = said.lines().find(|l| l.starts_with("SETDESC")).unwrap();
        assert!(description.len() < 900);
        for word in ["https://keiyaku.example.jp", "契約書.pdf", "甲野太郎", "1234"] {
            assert!(description.contains(word), "{word}: {description}");
        }
    }

    #[test]
    fn what_a_person_does_has_its_own_error() {
        for (then, expected) in [
            ("echo 'ERR 83886179 cancelled'", PinError::Cancelled),
            ("echo 'ERR 83886142 timeout'", PinError::TimedOut),
            ("echo OK", PinError::Empty),
        ] {
            assert_eq!(run(script(then).prompter.ask(prompt(), LONG)).unwrap_err(), expected);
        }
        let allow = || PairingPrompt {
            lang: Lang::En,
            origin: "https://a.test".into(),
            code: "123456".into(),
        };
        let refused = run(script("echo 'ERR 83886194 no'").prompter.confirm(allow(), LONG));
        assert_eq!(refused, Err(PinError::Cancelled));
        assert_eq!(run(script("echo OK").prompter.confirm(allow(), LONG)), Ok(()));
    }

    #[test]
    fn a_program_that_dies_or_is_missing_is_named() {
        let died = run(script("exit 1").prompter.ask(prompt(), LONG));
        assert!(matches!(died, Err(PinError::Prompt { .. })), "{died:?}");
        let none = Prompter::start(Pinentry::from_environment("/nonexistent/pinentry")).unwrap();
        assert!(
            matches!(run(none.ask(prompt(), LONG)), Err(PinError::Prompt { program, .. }) if program.contains("nonexistent"))
        );
    }

    #[test]
    fn a_question_taken_back_closes_its_window_and_the_next_is_asked() {
        let s = script("if [ -e $0.second ]; then echo 'D 1'; echo OK; else touch $0.second; exec sleep 1000; fi");
        run(async {
            let ready = s.dir.path().join("pinentry.second");
            let first = s.prompter.ask(prompt(), LONG);
            tokio::select! {
                _ = first => panic!("nobody answered"),
                () = async { while !ready.exists() { tokio::task::yield_now().await } } => {}
            }
            assert_eq!(s.prompter.ask(prompt(), LONG).await.unwrap().expose(), b"1");
        });
    }

    #[test]
    fn a_silent_program_is_killed_at_the_deadline() {
        let s = script("exec sleep 1000");
        let late = run(s.prompter.ask(prompt(), Duration::from_millis(300)));
        assert_eq!(late.unwrap_err(), PinError::TimedOut);
        let pid = std::fs::read_to_string(s.dir.path().join("said.pid")).unwrap();
        // The answer is sent after the child was reaped.
        assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists());
    }

    #[test]
    fn a_full_queue_says_so() {
        let s = script("exec sleep 1000");
        run(async {
            let mut asks = tokio::task::JoinSet::new();
            for _ in 0..MAX_WAITING_PROMPTS + 2 {
                let prompter = s.prompter.clone();
                asks.spawn(async move { prompter.ask(prompt(), LONG).await });
            }
            let first = asks.join_next().await.unwrap().unwrap();
            assert_eq!(first.unwrap_err(), PinError::Busy);
        });
    }
}
