//! A PIV card (NIST SP 800-73-4) as middleware meets it: 9A and 9C, a PIN with three tries, a PUK.
//!
//! 9C wants the PIN immediately before each signature. It has no card management key and nothing on it can be changed but its PINs.

use super::apdu::{Command, SELECT, Status, VERIFY};
use super::card::Chip;
use super::secret::Secret;
use crate::support::ca::{self, Ca, IssueRequest, Kind, tlv};
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;

/// The PIN of every card.
pub(crate) const PIN: &str = "123456";
/// The PUK of every card.
pub(crate) const PUK: &str = "87654321";

/// T=1, historical octets `YubiKey`: of an unknown card OpenSC 0.23 takes no elliptic curves.
const ATR: &[u8] = b"\x3b\xfd\x13\0\0\x81\x31\xfe\x15\x80\x73\xc0\x21\xc0\x57YubiKey\x40";
/// The FASC-N of cards that no agency issued: then the GUID is the serial number.
const FASC_N: &[u8] =
    b"\xd4\xe7\x39\xda\x73\x9c\xed\x39\xce\x73\x9d\x83\x68\x58\x21\x08\x42\x10\x84\x21\xc8\x42\x10\xc3\xeb";
const AID: &[u8] = &[0xa0, 0, 0, 3, 8, 0, 0, 0x10, 0];
const VERSION: &[u8] = &[1, 0];
const GET_VERSION: u8 = 0xfd;
const GET_DATA: u8 = 0xcb;
const GENERAL_AUTHENTICATE: u8 = 0x87;
const CHANGE_REFERENCE_DATA: u8 = 0x24;
const RESET_RETRY_COUNTER: u8 = 0x2c;
/// Key references.
const AUTHENTICATION: u8 = 0x9a;
const SIGNATURE: u8 = 0x9c;
/// Reference of the application PIN.
const APPLICATION_PIN: u8 = 0x80;
/// Octets of a PIN or PUK as it travels, filled with FF.
const PIN_BYTES: usize = 8;
const TRIES: u8 = 3;

/// What is on the card.
pub(crate) struct Piv {
    objects: Vec<(Vec<u8>, Vec<u8>)>,
    authentication: PKey<Private>,
    signature: PKey<Private>,
    pin: Secret,
    puk: Secret,
    selected: bool,
    unlocked: bool,
    /// The last command was the right PIN.
    fresh: bool,
}

impl Piv {
    /// A person's card: both keys of this kind (RSA-2048 or P-256), certificates by `ca`.
    ///
    /// OpenSC calls the token by `name`, and knows two cards apart by `mark`.
    pub(crate) fn new(ca: &Ca, kind: Kind, name: &str, mark: u8) -> Self {
        let (authentication, signature) = (ca::key(kind), ca::key(kind));
        let subject = [("C", "JP"), ("O", "株式会社甲"), ("CN", name)];
        let for_authentication = IssueRequest {
            subject: &subject,
            key_usage: &[ca::DIGITAL_SIGNATURE],
            extended_key_usage: &["1.3.6.1.5.5.7.3.2"],
            ..IssueRequest::default()
        };
        let for_signature = IssueRequest {
            subject: &subject,
            ..IssueRequest::default()
        };
        let objects = vec![
            (vec![0x7e], discovery()),
            (vec![0x5f, 0xc1, 0x02], tlv(0x53, &holder(mark))),
            (vec![0x5f, 0xc1, 0x07], tlv(0x53, &capabilities(mark))),
            (
                vec![0x5f, 0xc1, 0x05],
                certificate(&ca.issue(&authentication, &for_authentication)),
            ),
            (
                vec![0x5f, 0xc1, 0x0a],
                certificate(&ca.issue(&signature, &for_signature)),
            ),
        ];
        Self {
            objects,
            authentication,
            signature,
            pin: Secret::new(&padded(PIN), TRIES),
            puk: Secret::new(&padded(PUK), TRIES),
            selected: false,
            unlocked: false,
            fresh: false,
        }
    }

    /// As after so many wrong PINs.
    pub(crate) fn worn(mut self, wrong: u8) -> Self {
        self.pin.wear(wrong);
        self
    }

    fn select(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        let full = [AID, VERSION].concat();
        if command.data.len() < 5 || !full.starts_with(&command.data) {
            return Err(Status::NOT_FOUND);
        }
        self.selected = true;
        let authority = tlv(0x79, &tlv(0x4f, &AID[..5]));
        Ok(tlv(0x61, &[tlv(0x4f, &full[5..]), authority].concat()))
    }

    fn get_data(&self, command: &Command) -> Result<Vec<u8>, Status> {
        let [0x5c, length, tag @ ..] = command.data.as_slice() else {
            return Err(Status::WRONG_DATA);
        };
        if usize::from(*length) != tag.len() {
            return Err(Status::WRONG_DATA);
        }
        let object = self.objects.iter().find(|(known, _)| known == tag);
        object.map(|(_, value)| value.clone()).ok_or(Status::NOT_FOUND)
    }

    fn verify(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        match (command.p1, command.p2, command.data.as_slice()) {
            // SP 800-73-4, 3.2.1: the security status is reset.
            (0xff, APPLICATION_PIN, []) => {
                self.unlocked = false;
                Ok(Vec::new())
            }
            (0, APPLICATION_PIN, []) if self.unlocked => Ok(Vec::new()),
            (0, APPLICATION_PIN, []) => Err(Status::tries(self.pin.left())),
            (0, APPLICATION_PIN, pin) if pin.len() == PIN_BYTES => {
                self.unlocked = false;
                self.pin.try_it(pin)?;
                (self.unlocked, self.fresh) = (true, true);
                Ok(Vec::new())
            }
            (0, APPLICATION_PIN, _) => Err(Status::WRONG_DATA),
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    fn change(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        let (old, new) = command.data.split_at_checked(PIN_BYTES).ok_or(Status::WRONG_LENGTH)?;
        if new.len() != PIN_BYTES || command.p2 != APPLICATION_PIN {
            return Err(Status::WRONG_PARAMETERS);
        }
        let authority = if command.ins == CHANGE_REFERENCE_DATA {
            &mut self.pin
        } else {
            &mut self.puk
        };
        authority.try_it(old)?;
        self.pin = Secret::new(new, TRIES);
        Ok(Vec::new())
    }

    fn authenticate(&self, command: &Command, fresh: bool) -> Result<Vec<u8>, Status> {
        let key = match command.p2 {
            AUTHENTICATION if self.unlocked => &self.authentication,
            SIGNATURE if fresh => &self.signature,
            AUTHENTICATION | SIGNATURE => return Err(Status::SECURITY),
            _ => return Err(Status::WRONG_PARAMETERS),
        };
        let algorithm = if key.id() == Id::RSA { 0x07 } else { 0x11 };
        if command.p1 != algorithm {
            return Err(Status::WRONG_PARAMETERS);
        }
        let challenge = challenge(&command.data).ok_or(Status::WRONG_DATA)?;
        Ok(tlv(0x7c, &tlv(0x82, &raw_signature(key, challenge)?)))
    }
}

impl Chip for Piv {
    fn atr(&self) -> Vec<u8> {
        ATR.to_vec()
    }

    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, Status> {
        let fresh = std::mem::take(&mut self.fresh);
        match command.ins {
            SELECT if command.p1 == 4 => self.select(command),
            _ if !self.selected => Err(Status::UNKNOWN_INSTRUCTION),
            GET_VERSION => Ok(vec![5, 4, 3]),
            GET_DATA => self.get_data(command),
            VERIFY => self.verify(command),
            CHANGE_REFERENCE_DATA | RESET_RETRY_COUNTER => self.change(command),
            GENERAL_AUTHENTICATE => self.authenticate(command, fresh),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    fn reset(&mut self) {
        (self.selected, self.unlocked, self.fresh) = (false, false, false);
    }

    fn unlocked(&self) -> bool {
        self.unlocked
    }
}

fn padded(pin: &str) -> Vec<u8> {
    let mut octets = pin.as_bytes().to_vec();
    octets.resize(PIN_BYTES, 0xff);
    octets
}

/// The discovery object: the application and that its PIN alone opens it.
fn discovery() -> Vec<u8> {
    let aid = tlv(0x4f, &[AID, VERSION].concat());
    tlv(0x7e, &[aid, vec![0x5f, 0x2f, 2, 0x40, 0]].concat())
}

/// Card holder unique identifier: FASC-N, GUID, expiry, no signature.
fn holder(mark: u8) -> Vec<u8> {
    let mut guid = [0x11; 16];
    guid[15] = mark;
    [
        tlv(0x30, FASC_N),
        tlv(0x34, &guid),
        tlv(0x35, b"20991231"),
        tlv(0x3e, &[]),
        tlv(0xfe, &[]),
    ]
    .concat()
}

/// Card capability container; only the card's identifier says anything.
fn capabilities(mark: u8) -> Vec<u8> {
    let mut identifier = [0xa0; 21];
    identifier[20] = mark;
    let mut octets = tlv(0xf0, &identifier);
    octets.extend([0xf1, 1, 0x21, 0xf2, 1, 0x21, 0xf3, 0, 0xf4, 1, 0, 0xf5, 1, 0x10]);
    octets.extend(
        (0xf6..=0xfe)
            .filter(|tag| *tag != 0xf8 && *tag != 0xf9)
            .flat_map(|tag| [tag, 0]),
    );
    octets
}

fn certificate(der: &[u8]) -> Vec<u8> {
    tlv(0x53, &[tlv(0x70, der), tlv(0x71, &[0]), tlv(0xfe, &[])].concat())
}

/// What is to be signed, out of the dynamic authentication template 7C { 82 empty, 81 challenge }.
fn challenge(template: &[u8]) -> Option<&[u8]> {
    let mut inside = value(0x7c, template)?.0;
    while let Some(tag) = inside.first() {
        let (found, rest) = value(*tag, inside)?;
        if *tag == 0x81 {
            return Some(found);
        }
        inside = rest;
    }
    None
}

/// The value of the element with this tag that `octets` begin with, and what follows it.
fn value(tag: u8, octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = octets.strip_prefix(&[tag])?;
    let (length, rest) = match rest {
        [short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// RSA without padding, which the middleware has added; ECDSA over a digest.
fn raw_signature(key: &PKey<Private>, challenge: &[u8]) -> Result<Vec<u8>, Status> {
    if key.id() != Id::RSA {
        let mut context = openssl::pkey_ctx::PkeyCtx::new(key).unwrap();
        context.sign_init().unwrap();
        let mut signature = Vec::new();
        context
            .sign_to_vec(challenge, &mut signature)
            .map_err(|_| Status::WRONG_DATA)?;
        return Ok(signature);
    }
    let mut signature = vec![0; key.size()];
    let rsa = key.rsa().unwrap();
    rsa.private_encrypt(challenge, &mut signature, Padding::NONE)
        .map_err(|_| Status::WRONG_DATA)?;
    Ok(signature)
}
