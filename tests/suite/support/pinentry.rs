//! A pinentry that a test has rehearsed: a shell script that speaks Assuan, answers from a list and writes down what it was asked to show.
//!
//! It never shows anything and never answers more often than it was told to: after the last answer every question is cancelled.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What the rehearsed person does at the next question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer<'a> {
    /// Types this and presses OK.
    Pin(&'a str),
    /// Presses OK where nothing is to be typed.
    Confirm,
    /// Presses Cancel.
    Cancel,
    /// Lets the window stand; [`Pinentry::opened`] tells when.
    Silence,
}

/// The script and its record.
pub(crate) struct Pinentry {
    program: PathBuf,
    record: PathBuf,
}

/// A window that stands.
pub(crate) struct Window(OwnedFd);

impl Window {
    /// Ends the program behind it, if it still runs.
    pub(crate) fn end(&self) {
        pidfd_send_signal(&self.0, Signal::KILL).ok();
    }

    /// Waits until it is closed; a window that stays is a failure of the test.
    pub(crate) fn closed(&self) {
        let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&patience)).unwrap();
        assert_eq!(ended, 1, "the prompt still stands");
    }
}

/// `$0.answers` holds one reply a line; `$0.record` takes every line received.
const SCRIPT: &str = r#"#!/bin/sh
echo 'OK rehearsed'
while read -r line; do
    printf '%s\n' "$line" >>"$0.record"
    case $line in
    GETPIN* | CONFIRM* | MESSAGE*)
        reply=CANCEL
        read -r reply <"$0.answers"
        sed -i 1d "$0.answers"
        case $reply in
        PIN*) printf 'D %s\nOK\n' "${reply#PIN }" ;;
        CONFIRM) echo OK ;;
        SILENCE)
            echo $$ >"$0.opened"
            exec sleep 100000
            ;;
        *) echo 'ERR 83886179 Operation cancelled' ;;
        esac
        ;;
    BYE*)
        echo 'OK closing connection'
        exit 0
        ;;
    *) echo OK ;;
    esac
done
"#;

impl Pinentry {
    /// A program in `dir` that gives `answers`, one a question, also across several runs.
    pub(crate) fn new(dir: &Path, answers: &[Answer<'_>]) -> Self {
        let program = dir.join("pinentry");
        fs::write(&program, SCRIPT).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let lines: String = answers
            .iter()
            .map(|answer| match answer {
                Answer::Pin(pin) => format!("PIN {}\n", pin.replace('%', "%25")),
                Answer::Confirm => "CONFIRM\n".to_owned(),
                Answer::Cancel => "CANCEL\n".to_owned(),
                Answer::Silence => "SILENCE\n".to_owned(),
            })
            .collect();
        fs::write(dir.join("pinentry.answers"), lines).unwrap();
        mknodat(
            CWD,
            dir.join("pinentry.opened"),
            FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let record = dir.join("pinentry.record");
        fs::write(&record, "").unwrap();
        Self { program, record }
    }

    /// The program to configure as pinentry.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Waits until a window stands that nobody answers.
    pub(crate) fn opened(&self) -> Window {
        let id = fs::read_to_string(self.program.with_extension("opened")).unwrap();
        let id = Pid::from_raw(id.trim().parse().unwrap()).unwrap();
        Window(pidfd_open(id, PidfdFlags::empty()).unwrap())
    }

    /// Every value of the Assuan command `name` (`SETDESC`, `SETTITLE`, `GETPIN` ...) so far, percent-decoded, in order.
    pub(crate) fn received(&self, name: &str) -> Vec<String> {
        let record = fs::read_to_string(&self.record).unwrap();
        let lines = record.lines().filter_map(|line| {
            let (command, value) = line.split_once(' ').unwrap_or((line, ""));
            (command == name).then_some(value)
        });
        lines
            .map(|value| value.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"))
            .collect()
    }
}
