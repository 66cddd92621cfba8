//! Commands and answers of ISO/IEC 7816-4: parsing, command chaining, GET RESPONSE. It knows no card.

/// A command, complete: the links of a chain are joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Command {
    pub(crate) ins: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    pub(crate) data: Vec<u8>,
    /// Octets that the asker takes.
    pub(crate) expected: usize,
}

/// A status word other than 9000.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Status(pub(crate) u16);

impl Status {
    pub(crate) const WRONG_LENGTH: Self = Self(0x6700);
    pub(crate) const SECURITY: Self = Self(0x6982);
    pub(crate) const BLOCKED: Self = Self(0x6983);
    pub(crate) const WRONG_DATA: Self = Self(0x6a80);
    pub(crate) const NOT_FOUND: Self = Self(0x6a82);
    pub(crate) const WRONG_PARAMETERS: Self = Self(0x6a86);
    pub(crate) const WRONG_OFFSET: Self = Self(0x6b00);
    pub(crate) const UNKNOWN_INSTRUCTION: Self = Self(0x6d00);

    /// 63Cx: so many tries are left.
    pub(crate) fn tries(left: u8) -> Self {
        Self(0x63c0 | u16::from(left))
    }
}

/// SELECT
pub(crate) const SELECT: u8 = 0xa4;
/// VERIFY
pub(crate) const VERIFY: u8 = 0x20;
const GET_RESPONSE: u8 = 0xc0;
/// Of a class octet: more of this command follows.
const CHAINED: u8 = 0x10;
/// Longest chain that is collected.
const MAX_CHAIN_BYTES: usize = 8192;
/// Data of one short answer.
const SHORT_ANSWER_BYTES: usize = 256;

/// What lies between links and commands, and between answers and their parts.
#[derive(Default)]
pub(crate) struct Layer {
    chain: Vec<u8>,
    rest: Vec<u8>,
}

impl Layer {
    /// Takes an APDU as it came; `execute` answers the commands in it.
    pub(crate) fn transmit(
        &mut self,
        apdu: &[u8],
        execute: impl FnOnce(&Command) -> Result<Vec<u8>, Status>,
    ) -> Vec<u8> {
        let Some((class, mut command)) = parse(apdu) else {
            return status(Status::WRONG_LENGTH);
        };
        if command.ins == GET_RESPONSE {
            return self.next_part(command.expected);
        }
        self.rest.clear();
        self.chain.append(&mut command.data);
        if self.chain.len() > MAX_CHAIN_BYTES {
            self.chain.clear();
            return status(Status::WRONG_LENGTH);
        }
        if class & CHAINED != 0 {
            return vec![0x90, 0];
        }
        command.data = std::mem::take(&mut self.chain);
        match execute(&command) {
            Err(refused) => status(refused),
            Ok(answer) => {
                self.rest = answer;
                self.next_part(command.expected)
            }
        }
    }

    fn next_part(&mut self, expected: usize) -> Vec<u8> {
        let now = self.rest.len().min(expected.max(SHORT_ANSWER_BYTES));
        let mut part: Vec<u8> = self.rest.drain(..now).collect();
        match u8::try_from(self.rest.len()) {
            Ok(0) => part.extend([0x90, 0]),
            Ok(left) => part.extend([0x61, left]),
            Err(_) => part.extend([0x61, 0]),
        }
        part
    }
}

/// `true` for the last link of a chain, and for a command that is none.
pub(crate) fn complete(apdu: &[u8]) -> bool {
    apdu.first().is_some_and(|class| class & CHAINED == 0)
}

fn status(Status(word): Status) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}

/// Class and command.
fn parse(apdu: &[u8]) -> Option<(u8, Command)> {
    let (&[class, ins, p1, p2], body) = apdu.split_first_chunk::<4>()?;
    let short = |le: u8| if le == 0 { 256 } else { usize::from(le) };
    let extended = |le: [u8; 2]| match u16::from_be_bytes(le) {
        0 => 65_536,
        le => usize::from(le),
    };
    let (data, expected) = match body {
        [] => (body, 0),
        [le] => (&[][..], short(*le)),
        [0, a, b] => (&[][..], extended([*a, *b])),
        [0, a, b, rest @ ..] => {
            let (data, le) = rest.split_at_checked(usize::from(u16::from_be_bytes([*a, *b])))?;
            match le {
                [] => (data, 0),
                [a, b] => (data, extended([*a, *b])),
                _ => return None,
            }
        }
        [lc, rest @ ..] => {
            let (data, le) = rest.split_at_checked(usize::from(*lc))?;
            match le {
                [] => (data, 0),
                [le] => (data, short(*le)),
                _ => return None,
            }
        }
    };
    let data = data.to_vec();
    let command = Command {
        ins,
        p1,
        p2,
        data,
        expected,
    };
    Some((class, command))
}
