//! `/ByteRange` (ISO 32000-2, 12.8.1): the whole file but one hole, the string of `/Contents`. Any other shape is refused; nothing here hashes.

use super::value::Value;
use std::ops::Range;

/// Bytes that [`ByteRange::written`] fills: zero and three numbers of ten digits, which is as far as a cross-reference table reaches.
pub const WRITTEN_BYTES: usize = 36;

/// Two ranges that leave out one hole: from the start of the file to the hole, and from the hole to `end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ByteRange {
    hole_start: u64,
    hole_end: u64,
    end: u64,
}

impl ByteRange {
    /// From where the hole stands and where the revision ends, in bytes from the start of the file. `None` unless the hole lies inside.
    pub fn new(hole: Range<u64>, end: u64) -> Option<Self> {
        (0 < hole.start && hole.start < hole.end && hole.end < end).then_some(Self {
            hole_start: hole.start,
            hole_end: hole.end,
            end,
        })
    }

    /// From the array in a signature dictionary. `None` unless it holds four integers: zero, and two ranges around a hole.
    pub fn read(value: &Value) -> Option<Self> {
        let [first, before, after, rest] = value.as_array()? else {
            return None;
        };
        let number = |v: &Value| v.as_int().and_then(|n| u64::try_from(n).ok());
        if number(first)? != 0 {
            return None;
        }
        let (before, after) = (number(before)?, number(after)?);
        Self::new(before..after, after.checked_add(number(rest)?)?)
    }

    /// The four numbers: offset and length, twice.
    pub const fn numbers(self) -> [u64; 4] {
        [0, self.hole_start, self.hole_end, self.end - self.hole_end]
    }

    /// Where the string of `/Contents` stands, its angle brackets included.
    pub const fn hole(self) -> Range<u64> {
        self.hole_start..self.hole_end
    }

    /// Where the signed revision ends.
    pub const fn end(self) -> u64 {
        self.end
    }

    /// The bytes that the hole holds. `None` unless it lies in `data` and is exactly one string of hexadecimal digits without white space.
    pub fn contents(self, data: &[u8]) -> Option<Vec<u8>> {
        let hole = usize::try_from(self.hole_start).ok()?..usize::try_from(self.hole_end).ok()?;
        let digits = data.get(hole)?.strip_prefix(b"<")?.strip_suffix(b">")?;
        hex::decode(digits).ok()
    }

    /// The array as it stands in the file, padded to [`WRITTEN_BYTES`] with spaces. `None` when it does not fit.
    pub fn written(self) -> Option<Vec<u8>> {
        let [a, b, c, d] = self.numbers();
        let text = format!("[{a} {b} {c} {d}]");
        (text.len() <= WRITTEN_BYTES).then(|| format!("{text:<WRITTEN_BYTES$}").into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(numbers: &[i64]) -> Value {
        Value::Array(numbers.iter().map(|n| Value::int(*n)).collect())
    }

    #[test]
    fn only_two_ranges_around_a_hole_are_one() {
        let range = ByteRange::read(&array(&[0, 2, 8, 2])).unwrap();
        assert_eq!((range.hole(), range.end(), range.numbers()), (2..8, 10, [0, 2, 8, 2]));
        for bad in [
            &[0, 2, 8][..],
            &[1, 2, 8, 2],
            &[0, 8, 8, 2],
            &[0, 9, 8, 2],
            &[0, 0, 8, 2],
            &[0, 2, 8, 0],
            &[0, 2, 8, -1],
            &[0, 2, i64::MAX, i64::MAX],
            &[0, 2, 8, 2, 10, 2],
        ] {
            let found = ByteRange::read(&array(bad));
            assert!(found.is_none() || bad[2] == i64::MAX, "{bad:?}");
        }
    }

    #[test]
    fn the_hole_is_one_hexadecimal_string() {
        let range = ByteRange::new(2..8, 10).unwrap();
        assert_eq!(range.contents(b"ab<00fF>cd"), Some(vec![0, 255]));
        for bad in [&b"ab<00f >cd"[..], b"ab(00ff)cd", b"ab<0>ff>cd", b"ab<00f"] {
            assert_eq!(range.contents(bad), None);
        }
    }

    #[test]
    fn fits_its_place_up_to_ten_digits() {
        let max = 9_999_999_999;
        let range = ByteRange::new(max - 2..max - 1, max).unwrap();
        assert_eq!(range.written().unwrap().len(), WRITTEN_BYTES);
        assert_eq!(
            ByteRange::new(2..8, 10).unwrap().written().unwrap().len(),
            WRITTEN_BYTES
        );
        let far = ByteRange::new(10 * max..20 * max, 30 * max).unwrap();
        assert!(far.written().is_none());
    }
}
