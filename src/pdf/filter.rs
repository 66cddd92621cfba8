//! Filters undone (ISO 32000-2, 7.4): Flate and LZW with predictors, ASCIIHex, ASCII85, all within a limit.
//!
//! Image filters are refused: pictures are drawn elsewhere.

use super::error::Error;
use super::lex::is_white;
use super::value::{Dict, Value};
use std::io::Read;

/// Most bytes that one stream may decode to.
pub const MAX_DECODED_BYTES: usize = 256 << 20;
/// Longest chain of filters on one stream.
pub const MAX_FILTERS: usize = 8;

/// Undoes the filters of the stream dictionary `dict`, whose `/Filter` and `/DecodeParms` hold no references. Gives at most `limit` bytes.
///
/// [`Error::DecoderBomb`] past the limit, [`Error::Filter`] for what does not decode.
pub fn decode(dict: &Dict, raw: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let filters = listed(dict.get("Filter"));
    let parameters = listed(dict.get("DecodeParms"));
    if filters.len() > MAX_FILTERS {
        return Err(Error::TooLarge {
            what: "number of filters",
        });
    }
    let mut data: Option<Vec<u8>> = None;
    for (at, filter) in filters.iter().enumerate() {
        let name = filter.as_name().ok_or(Error::Filter {
            name: "/Filter".to_owned(),
        })?;
        let parameters = parameters.get(at).and_then(|p| p.as_dict());
        let input = data.as_deref().unwrap_or(raw);
        // Between filters the data may be larger than the result, but never without bound.
        let limit = if at + 1 == filters.len() {
            limit
        } else {
            MAX_DECODED_BYTES
        };
        data = Some(decode_one(name, parameters, input, limit)?);
    }
    match data {
        Some(data) => Ok(data),
        None if raw.len() > limit => Err(Error::TooLarge { what: "stream" }),
        None => Ok(raw.to_vec()),
    }
}

fn listed(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

fn decode_one(name: &[u8], parameters: Option<&Dict>, data: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let decoded = match name {
        b"FlateDecode" => Predictor::from(parameters)?.undo(|limit| inflate(data, limit), limit),
        b"LZWDecode" => {
            let early = parameters.and_then(|p| p.int("EarlyChange")) != Some(0);
            Predictor::from(parameters)?.undo(|limit| lzw(data, early, limit), limit)
        }
        b"ASCIIHexDecode" => ascii_hex(data, limit),
        b"ASCII85Decode" => ascii_85(data, limit),
        // The caller has decrypted; a stream's own crypt filter leaves nothing to undo here.
        b"Crypt" if data.len() <= limit => Ok(data.to_vec()),
        b"Crypt" => Err(Failure::Limit),
        _ => Err(Failure::Data),
    };
    decoded.map_err(|failure| match failure {
        Failure::Limit => Error::DecoderBomb,
        Failure::Data => Error::Filter {
            name: String::from_utf8_lossy(&name[..name.len().min(127)]).into_owned(),
        },
    })
}

enum Failure {
    Limit,
    Data,
}

type Decoded = Result<Vec<u8>, Failure>;

fn inflate(data: &[u8], limit: usize) -> Decoded {
    let mut decoded = Vec::new();
    flate2::read::ZlibDecoder::new(data)
        .take(limit as u64 + 1)
        .read_to_end(&mut decoded)
        .map_err(|_| Failure::Data)?;
    if decoded.len() > limit {
        return Err(Failure::Limit);
    }
    Ok(decoded)
}

/// Writes at most `limit` bytes.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Bounded {
    fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
        }
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(Failure::Limit);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn ascii_hex(data: &[u8], limit: usize) -> Decoded {
    let mut out = Bounded::new(limit);
    let mut half = None;
    for byte in data.iter().copied().filter(|b| !is_white(*b)) {
        if byte == b'>' {
            break;
        }
        let digit = char::from(byte).to_digit(16).ok_or(Failure::Data)? as u8;
        half = match half {
            None => Some(digit),
            Some(high) => {
                out.extend(&[high << 4 | digit])?;
                None
            }
        };
    }
    if let Some(high) = half {
        out.extend(&[high << 4])?;
    }
    Ok(out.bytes)
}

fn ascii_85(data: &[u8], limit: usize) -> Decoded {
    let mut out = Bounded::new(limit);
    let (mut group, mut taken) = ([0_u32; 5], 0);
    for byte in data.iter().copied().filter(|b| !is_white(*b)) {
        match byte {
            b'~' => break,
            b'z' if taken == 0 => out.extend(&[0; 4])?,
            b'!'..=b'u' => {
                group[taken] = u32::from(byte - b'!');
                taken += 1;
                if taken == 5 {
                    out.extend(&base_85(group).ok_or(Failure::Data)?)?;
                    taken = 0;
                }
            }
            _ => return Err(Failure::Data),
        }
    }
    match taken {
        0 => {}
        1 => return Err(Failure::Data),
        _ => {
            group[taken..].fill(84);
            out.extend(&base_85(group).ok_or(Failure::Data)?[..taken - 1])?;
        }
    }
    Ok(out.bytes)
}

fn base_85(group: [u32; 5]) -> Option<[u8; 4]> {
    group
        .iter()
        .try_fold(0_u32, |n, digit| n.checked_mul(85)?.checked_add(*digit))
        .map(u32::to_be_bytes)
}

/// Codes of LZW (7.4.4.2).
const CLEAR: usize = 256;
const END: usize = 257;

fn lzw(data: &[u8], early: bool, limit: usize) -> Decoded {
    let mut out = Bounded::new(limit);
    // Each entry is a piece of what has been written already: where it starts and how long it is.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut previous: Option<(usize, usize)> = None;
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut bytes = data.iter();
    loop {
        let width = match END + 1 + table.len() + usize::from(early) {
            0..=511 => 9,
            512..=1023 => 10,
            1024..=2047 => 11,
            _ => 12,
        };
        while held < width {
            let Some(byte) = bytes.next() else { return Ok(out.bytes) };
            bits = bits << 8 | u32::from(*byte);
            held += 8;
        }
        held -= width;
        let code = (bits >> held & ((1 << width) - 1)) as usize;
        match code {
            CLEAR => {
                table.clear();
                previous = None;
                continue;
            }
            END => return Ok(out.bytes),
            _ => {}
        }
        let start = out.bytes.len();
        // The entry that this code completes: the previous piece and the byte that follows it in the output.
        if let Some((from, length)) = previous
            && END + 1 + table.len() < 4096
        {
            table.push((from, length + 1));
        }
        match code {
            0..=255 => out.extend(&[code as u8])?,
            _ => {
                let (from, length) = *table.get(code - END - 1).ok_or(Failure::Data)?;
                if length > limit - start {
                    return Err(Failure::Limit);
                }
                for at in from..from + length {
                    let byte = out.bytes[at];
                    out.bytes.push(byte);
                }
            }
        }
        previous = Some((start, out.bytes.len() - start));
    }
}

/// How rows were predicted (7.4.4.4).
struct Predictor {
    kind: i64,
    /// Bytes in a row, without the tag of PNG.
    row: usize,
    /// Bytes from a sample to the same component on its left.
    step: usize,
}

impl Predictor {
    fn from(parameters: Option<&Dict>) -> Result<Self, Error> {
        let wrong = || Error::Filter {
            name: "Predictor".to_owned(),
        };
        let number = |key: &str, default: i64, most: i64| {
            let n = parameters.and_then(|p| p.int(key)).unwrap_or(default);
            if (1..=most).contains(&n) {
                Ok(n as usize)
            } else {
                Err(wrong())
            }
        };
        let kind = parameters.and_then(|p| p.int("Predictor")).unwrap_or(1);
        let bits = number("BitsPerComponent", 8, 16)?;
        let pixel = number("Colors", 1, 32)? * bits;
        let row = (pixel * number("Columns", 1, 1 << 24)?).div_ceil(8);
        match kind {
            1 | 10..=15 => {}
            2 if bits == 8 => {}
            _ => return Err(wrong()),
        }
        Ok(Self {
            kind,
            row,
            step: pixel.div_ceil(8),
        })
    }

    fn undo(&self, decode: impl FnOnce(usize) -> Decoded, limit: usize) -> Decoded {
        match self.kind {
            1 => decode(limit),
            2 => {
                let mut data = decode(limit)?;
                for row in data.chunks_mut(self.row) {
                    for at in self.step..row.len() {
                        row[at] = row[at].wrapping_add(row[at - self.step]);
                    }
                }
                Ok(data)
            }
            // PNG puts a tag before each row.
            _ => self.undo_png(&decode(limit + limit.div_ceil(self.row))?),
        }
    }

    fn undo_png(&self, data: &[u8]) -> Decoded {
        let mut out = vec![0; data.len()];
        let mut filled = 0;
        for tagged in data.chunks(self.row + 1) {
            let (tag, row) = (tagged[0], &tagged[1..]);
            let (above, rest) = out.split_at_mut(filled);
            let above = &above[filled.saturating_sub(self.row)..];
            for (at, byte) in row.iter().enumerate() {
                let left = at.checked_sub(self.step);
                let a = left.map_or(0, |l| rest[l]);
                let b = above.get(at).copied().unwrap_or(0);
                let c = left.and_then(|l| above.get(l)).copied().unwrap_or(0);
                let predicted = match tag {
                    0 => 0,
                    1 => a,
                    2 => b,
                    3 => ((u16::from(a) + u16::from(b)) / 2) as u8,
                    4 => paeth(a, b, c),
                    _ => return Err(Failure::Data),
                };
                rest[at] = byte.wrapping_add(predicted);
            }
            filled += row.len();
        }
        out.truncate(filled);
        Ok(out)
    }
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let estimate = i16::from(a) + i16::from(b) - i16::from(c);
    let distance = |x: u8| (estimate - i16::from(x)).abs();
    if distance(a) <= distance(b) && distance(a) <= distance(c) {
        a
    } else if distance(b) <= distance(c) {
        b
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::lex::Lexer;
    use proptest::prelude::*;

    fn undo(dict: &str, raw: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
        decode(&Lexer::new(dict.as_bytes(), 0).dict().unwrap(), raw, limit)
    }

    /// Codes of `data`, as a simple writer makes them: the table is used, and cleared when it is full.
    fn lzw_codes(data: &[u8], early: bool) -> Vec<u8> {
        let (mut out, mut bits, mut held) = (Vec::new(), 0_u64, 0);
        let mut put = |code: usize, width: u32| {
            bits = bits << width | code as u64;
            held += width;
            while held >= 8 {
                held -= 8;
                out.push((bits >> held) as u8);
            }
            bits &= (1 << held) - 1;
        };
        let width = |entries: usize| (258 + entries + usize::from(early)).ilog2().max(8) + 1;
        let mut table: std::collections::HashMap<Vec<u8>, usize> = std::collections::HashMap::new();
        let (mut piece, mut sent) = (Vec::new(), 0_usize);
        put(CLEAR, 9);
        let code = |table: &std::collections::HashMap<Vec<u8>, usize>, piece: &[u8]| match piece {
            [byte] => usize::from(*byte),
            _ => table[piece],
        };
        for byte in data {
            let mut longer = piece.clone();
            longer.push(*byte);
            if longer.len() == 1 || table.contains_key(&longer) {
                piece = longer;
                continue;
            }
            // The reader is one entry behind.
            put(code(&table, &piece), width(sent.saturating_sub(1)));
            sent += 1;
            table.insert(longer, 257 + sent);
            piece = vec![*byte];
            if sent == 3830 {
                put(code(&table, &piece), width(sent - 1));
                put(CLEAR, width(sent));
                table.clear();
                (piece, sent) = (Vec::new(), 0);
            }
        }
        if !piece.is_empty() {
            put(code(&table, &piece), width(sent.saturating_sub(1)));
            sent += 1;
        }
        put(END, width(sent.saturating_sub(1)));
        put(0, 7);
        out
    }

    proptest! {
        #[test]
        fn lzw_is_undone(data in proptest::collection::vec(0_u8..4, 0..9000), early: bool) {
            let dict = format!("<</Filter/LZWDecode/DecodeParms<</EarlyChange {}>>>>", u8::from(early));
            prop_assert_eq!(undo(&dict, &lzw_codes(&data, early), 1 << 20).unwrap(), data);
        }

        #[test]
        fn no_bytes_make_a_filter_panic(data in proptest::collection::vec(any::<u8>(), 0..300), columns in 1..20) {
            for filter in ["LZWDecode", "ASCII85Decode", "ASCIIHexDecode", "FlateDecode"] {
                for predictor in [1, 2, 12] {
                    let parameters = format!("<</Predictor {predictor}/Columns {columns}>>");
                    let _ = undo(&format!("<</Filter/{filter}/DecodeParms{parameters}>>"), &data, 1000);
                }
            }
        }
    }

    #[test]
    fn the_standards_own_example_of_lzw() {
        let codes = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        let data = undo("<</Filter/LZWDecode>>", &codes, 100).unwrap();
        assert_eq!(data, [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        assert_eq!(
            undo("<</Filter/LZWDecode>>", &codes, 5).unwrap_err(),
            Error::DecoderBomb
        );
    }

    #[test]
    fn a_filter_that_undoes_nothing_keeps_the_limit() {
        // Found by fuzzing: what came before it may be larger than the result may be.
        let chain = "<</Filter[/ASCIIHexDecode/Crypt]>>";
        assert_eq!(undo(chain, b"414243>", 3).unwrap(), b"ABC");
        assert_eq!(undo(chain, b"414243>", 2).unwrap_err(), Error::DecoderBomb);
    }

    #[test]
    fn ascii_filters_are_undone() {
        let chain = "<</Filter[/ASCIIHexDecode/ASCII85Decode]>>";
        let hex = hex::encode(b"87cUR D]i,\"Ebo80~>");
        assert_eq!(undo(chain, hex.as_bytes(), 100).unwrap(), b"Hello World!");
        assert_eq!(undo("<</Filter/ASCII85Decode>>", b"z!!~>", 100).unwrap(), [0; 5]);
        assert_eq!(undo("<</Filter/ASCIIHexDecode>>", b"4 1 5>zz", 100).unwrap(), b"AP");
        for (filter, bad) in [
            ("ASCII85Decode", "!~>"),
            ("ASCII85Decode", "uuuuu~>"),
            ("ASCIIHexDecode", "4x"),
            ("DCTDecode", ""),
        ] {
            let error = undo(&format!("<</Filter/{filter}>>"), bad.as_bytes(), 100).unwrap_err();
            assert_eq!(
                error,
                Error::Filter {
                    name: filter.to_owned()
                }
            );
        }
    }

    #[test]
    fn predictors_are_undone() {
        let rows: [&[u8]; 5] = [
            &[0, 1, 2, 3, 4],
            &[1, 1, 1, 1, 1],
            &[2, 1, 1, 1, 1],
            &[3, 10, 10, 10, 10],
            &[4, 1, 2, 3, 4],
        ];
        let meant: [&[u8]; 5] = [
            &[1, 2, 3, 4],
            &[1, 2, 3, 4],
            &[2, 3, 4, 5],
            &[11, 17, 20, 22],
            &[12, 19, 23, 27],
        ];
        let raw: String = rows.concat().iter().map(|b| format!("{b:02x}")).collect();
        let predictor = Predictor::from(Some(&Lexer::new(b"<</Predictor 15/Columns 4>>", 0).dict().unwrap())).unwrap();
        let data = predictor.undo(|_| Ok(hex::decode(raw).unwrap()), 100);
        assert_eq!(data.unwrap_or_default(), meant.concat());
    }
}
