//! The JPKI applet of a My Number card: two keys, two PINs, and a 署名用 certificate that is read only under the signing password.
//!
//! As on the real card an unlock outlives the program that made it, until the power is cut. Only what signing needs is there: none of the card's other applets.

use super::apdu::{Command, SELECT, Status, VERIFY};
use super::card::Chip;
use super::secret::Secret;
use crate::support::ca::{self, Ca, IssueRequest, Kind};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;

/// The PIN of the authentication key, four digits.
pub(crate) const AUTHENTICATION_PIN: &str = "1234";
/// The password of the signing key, six to sixteen upper-case letters and digits.
pub(crate) const SIGNING_PASSWORD: &str = "HANKO2026";
/// The holder's name, as the signing certificate tells it.
pub(crate) const NAME: &str = "甲野太郎";
/// The holder's address.
pub(crate) const ADDRESS: &str = "東京都千代田区霞が関一丁目1番1号";
/// The holder's day of birth, an era's digit before it.
pub(crate) const BIRTH_DATE: &str = "319800401";
/// The holder's sex.
pub(crate) const SEX: &str = "1";

const ATR: &[u8] = &[0x3b, 0xe0, 0x00, 0xff, 0x81, 0x31, 0xfe, 0x45, 0x14];
const AID: &[u8] = &[0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const READ_BINARY: u8 = 0xb0;
const PERFORM_SECURITY_OPERATION: u8 = 0x2a;
const AUTHENTICATION: usize = 0;
const SIGNING: usize = 1;

/// The files of one half: certificate, issuer's certificate, key, PIN.
const FILES: [[u16; 4]; 2] = [[0x000a, 0x000b, 0x0017, 0x0018], [0x0001, 0x0002, 0x001a, 0x001b]];

/// What is on the card.
pub(crate) struct Jpki {
    halves: [Half; 2],
    applet: bool,
    /// Which half, and which of its files.
    file: Option<(usize, usize)>,
    blocked: Status,
}

struct Half {
    certificate: Vec<u8>,
    issuer: Vec<u8>,
    key: PKey<Private>,
    pin: Secret,
    unlocked: bool,
}

impl Jpki {
    /// A person's card; `ca` has issued both certificates.
    pub(crate) fn new(ca: &Ca) -> Self {
        let authentication = IssueRequest {
            subject: &[("C", "JP"), ("CN", "AUTH0001")],
            key_usage: &[ca::DIGITAL_SIGNATURE],
            extended_key_usage: &["1.3.6.1.5.5.7.3.2"],
            ..IssueRequest::default()
        };
        let signing = IssueRequest {
            subject: &[("C", "JP"), ("CN", "SIGN0001")],
            key_usage: &[ca::DIGITAL_SIGNATURE, ca::CONTENT_COMMITMENT],
            other_names: &[
                ("1.2.392.200149.8.5.5.1", NAME),
                ("1.2.392.200149.8.5.5.4", BIRTH_DATE),
                ("1.2.392.200149.8.5.5.3", SEX),
                ("1.2.392.200149.8.5.5.5", ADDRESS),
            ],
            ..IssueRequest::default()
        };
        let half = |request: &IssueRequest<'_>, pin: &str, tries| {
            let key = ca::key(Kind::Rsa2048);
            Half {
                certificate: ca.issue(&key, request),
                issuer: ca.der(),
                key,
                pin: Secret::new(pin.as_bytes(), tries),
                unlocked: false,
            }
        };
        Self {
            halves: [
                half(&authentication, AUTHENTICATION_PIN, 3),
                half(&signing, SIGNING_PASSWORD, 5),
            ],
            applet: false,
            file: None,
            blocked: Status::BLOCKED,
        }
    }

    /// As after so many wrong signing passwords.
    pub(crate) fn worn(mut self, wrong: u8) -> Self {
        self.halves[SIGNING].pin.wear(wrong);
        self
    }

    /// How it answers a password that is blocked: 6983, 6984 or 63C0.
    pub(crate) fn blocked_says(mut self, status: Status) -> Self {
        self.blocked = status;
        self
    }

    fn select(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        match (command.p1, command.p2) {
            (4, 0x0c) => {
                if command.data != AID {
                    return Err(Status::NOT_FOUND);
                }
                (self.applet, self.file) = (true, None);
                Ok(Vec::new())
            }
            (2, 0x0c) if self.applet => {
                let [high, low] = command.data[..] else {
                    return Err(Status::WRONG_LENGTH);
                };
                let wanted = u16::from_be_bytes([high, low]);
                let known = FILES.iter().enumerate();
                let found = known.filter_map(|(half, files)| Some((half, files.iter().position(|f| *f == wanted)?)));
                self.file = found.min();
                self.file.map(|_| Vec::new()).ok_or(Status::NOT_FOUND)
            }
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    fn verify(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        let Some((half, 3)) = self.file else {
            return Err(Status::NOT_FOUND);
        };
        if (command.p1, command.p2) != (0, 0x80) {
            return Err(Status::WRONG_PARAMETERS);
        }
        let half = &mut self.halves[half];
        if command.data.is_empty() {
            return Err(Status::tries(half.pin.left()));
        }
        half.unlocked = false;
        half.pin.try_it(&command.data).map_err(|refused| match refused {
            Status::BLOCKED => self.blocked,
            refused => refused,
        })?;
        half.unlocked = true;
        Ok(Vec::new())
    }

    fn read(&self, command: &Command) -> Result<Vec<u8>, Status> {
        let Some((half @ (AUTHENTICATION | SIGNING), file @ (0 | 1))) = self.file else {
            return Err(Status::NOT_FOUND);
        };
        let holder = &self.halves[half];
        if (half, file) == (SIGNING, 0) && !holder.unlocked {
            return Err(Status::SECURITY);
        }
        let octets = if file == 0 { &holder.certificate } else { &holder.issuer };
        let offset = usize::from(u16::from_be_bytes([command.p1, command.p2]));
        let rest = octets.get(offset..).ok_or(Status::WRONG_OFFSET)?;
        Ok(rest[..rest.len().min(command.expected)].to_vec())
    }

    fn sign(&self, command: &Command) -> Result<Vec<u8>, Status> {
        let Some((half, 2)) = self.file else {
            return Err(Status::NOT_FOUND);
        };
        let half = &self.halves[half];
        if !half.unlocked {
            return Err(Status::SECURITY);
        }
        let rsa = half.key.rsa().unwrap();
        let mut signature = vec![0; half.key.size()];
        let signed = rsa.private_encrypt(&command.data, &mut signature, Padding::PKCS1);
        signed.map(|_| signature).map_err(|_| Status::WRONG_DATA)
    }
}

impl Chip for Jpki {
    fn atr(&self) -> Vec<u8> {
        ATR.to_vec()
    }

    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        match command.ins {
            SELECT => self.select(command),
            VERIFY => self.verify(command),
            READ_BINARY => self.read(command),
            PERFORM_SECURITY_OPERATION => self.sign(command),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    fn reset(&mut self) {
        (self.applet, self.file) = (false, None);
        for half in &mut self.halves {
            half.unlocked = false;
        }
    }

    fn unlocked(&self) -> bool {
        self.halves.iter().any(|half| half.unlocked)
    }
}
