//! Damaged copies of good bytes, the same ones for the same seed. No mutation is promised to differ from the original.

pub(crate) mod der;

use std::time::{Duration, Instant};

/// A fuzz target's loop: damaged copies of `seeds` by `damage`, each given to `target` with the seed that it comes from.
///
/// `HANKOD_FUZZ_SECONDS` bounds it by time, else `HANKOD_MUTATIONS` by number, else it is 5,000. `HANKOD_FUZZ_SEED` gives other inputs than last time.
/// An input on which `target` panics is kept, and its path printed.
pub(crate) fn fuzz(
    name: &str,
    seeds: &[Vec<u8>],
    mut damage: impl FnMut(&[u8], &mut Dice) -> Vec<u8>,
    mut target: impl FnMut(&[u8], usize),
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let until = number("HANKOD_FUZZ_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let mut dice = Dice::new(number("HANKOD_FUZZ_SEED").unwrap_or(0));
    for at in 0.. {
        let over = until.map_or(at >= count(), |until| Instant::now() >= until);
        if over {
            break;
        }
        let from = at % seeds.len();
        let input = damage(&seeds[from], &mut dice);
        let kept = Kept { name, input: &input };
        target(&input, from);
        drop(kept);
    }
}

/// Writes the input down when the test panics over it.
struct Kept<'a> {
    name: &'a str,
    input: &'a [u8],
}

impl Drop for Kept<'_> {
    #[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = std::env::temp_dir().join(format!("hankod-fuzz-{}", self.name));
            let written = std::fs::write(&path, self.input);
            eprintln!("the input is in {}: {written:?}", path.display());
        }
    }
}

/// One to four faults of [`mutations`] in a copy of `bytes`.
pub(crate) fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        damage(&mut copy, dice);
    }
    copy
}

/// One to three numbers or tokens exchanged in a copy of `bytes`; every fourth copy is [`damaged`] besides.
pub(crate) fn exchanged(bytes: &[u8], dice: &mut Dice, tokens: &[&str]) -> Vec<u8> {
    let mut copy = if dice.below(4) == 0 {
        damaged(bytes, dice)
    } else {
        bytes.to_vec()
    };
    for _ in 0..=dice.below(3) {
        exchange(&mut copy, dice, tokens);
    }
    copy
}

/// `n` copies of `bytes`, each with one to four faults: flipped bits, odd bytes, cuts, deleted, doubled and moved ranges.
pub(crate) fn mutations(seed: u64, bytes: &[u8], n: usize) -> impl Iterator<Item = Vec<u8>> {
    let original = bytes.to_vec();
    let mut dice = Dice::new(seed);
    (0..n).map(move |_| damaged(&original, &mut dice))
}

/// As [`mutations`]; every second copy also has one to three numbers or tokens exchanged: for formats that are text in part.
pub(crate) fn grammar_mutations(seed: u64, bytes: &[u8], n: usize, tokens: &[&str]) -> impl Iterator<Item = Vec<u8>> {
    let mut dice = Dice(!seed);
    mutations(seed, bytes, n).enumerate().map(move |(at, damaged)| {
        if at % 2 == 0 {
            return damaged;
        }
        // Half of the exchanges happen in a copy that is whole but for them.
        let mut copy = if dice.below(2) == 0 { damaged } else { bytes.to_vec() };
        for _ in 0..=dice.below(3) {
            exchange(&mut copy, &mut dice, tokens);
        }
        copy
    })
}

/// How many mutations a loop tries: `HANKOD_MUTATIONS`, else 5,000.
pub(crate) fn count() -> usize {
    let set = std::env::var("HANKOD_MUTATIONS").ok();
    set.and_then(|n| n.parse().ok()).unwrap_or(5000)
}

/// Numbers that fit badly into lengths, offsets and counts.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e9",
];

/// Puts another number in the place of one, or one of `tokens` in the place of another.
fn exchange(bytes: &mut Vec<u8>, dice: &mut Dice, tokens: &[&str]) {
    let at = dice.below(bytes.len());
    let rest = bytes.get(at..).unwrap_or_default();
    if tokens.is_empty() || dice.below(2) == 0 {
        let start = rest.iter().position(u8::is_ascii_digit).unwrap_or(0);
        let length = rest[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        let number = NUMBERS[dice.below(NUMBERS.len())];
        bytes.splice(at + start..at + start + length, number.bytes());
    } else {
        let old = tokens[dice.below(tokens.len())].as_bytes();
        let new = tokens[dice.below(tokens.len())];
        let (start, length) = match rest.windows(old.len()).position(|w| w == old) {
            Some(start) => (start, old.len()),
            None => (0, 0),
        };
        bytes.splice(at + start..at + start + length, new.bytes());
    }
}

/// SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `limit`; 0 when that is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if bytes.is_empty() {
        bytes.push(0);
        return;
    }
    let at = dice.below(bytes.len());
    let length = 1 + dice.below(16.min(bytes.len() - at));
    match dice.below(8) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0x84, 0xff, b'<', b'('][dice.below(8)],
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let range = bytes[at..at + length].to_vec();
            bytes.splice(at..at, range);
        }
        5 => {
            let range: Vec<u8> = bytes.drain(at..at + length).collect();
            let to = dice.below(bytes.len() + 1);
            bytes.splice(to..to, range);
        }
        6 => {
            let other = dice.below(bytes.len());
            bytes.swap(at, other);
        }
        _ => bytes[at] = bytes[at].wrapping_add(if dice.below(2) == 0 { 1 } else { 255 }),
    }
}
