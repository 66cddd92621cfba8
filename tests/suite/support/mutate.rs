//! Damaged copies of good bytes, the same ones for the same seed. No mutation is promised to differ from the original.

/// `n` copies of `bytes`, each with one to four faults: flipped bits, odd bytes, cuts, deleted, doubled and moved ranges.
pub(crate) fn mutations(seed: u64, bytes: &[u8], n: usize) -> impl Iterator<Item = Vec<u8>> {
    let original = bytes.to_vec();
    let mut dice = Dice(seed ^ 0x9e37_79b9_7f4a_7c15);
    (0..n).map(move |_| {
        let mut copy = original.clone();
        for _ in 0..=dice.below(4) {
            damage(&mut copy, &mut dice);
        }
        copy
    })
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
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
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
