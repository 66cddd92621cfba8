//! BER as foreign signers write it (X.690, 8): indefinite lengths, long forms of short lengths, strings in pieces.
//!
//! One element is cut at a time and every byte of it stays where it was, because signatures cover bytes and not meanings; only small parts that no
//! signature covers as they stand are rewritten as DER. Depth and work are bounded; tags above 30 are refused.

use super::Error;

/// Deepest nesting of indefinite lengths and of rewritten parts.
const MAX_DEPTH: usize = 24;

/// Bit of the identifier octet that says: made of elements.
const CONSTRUCTED: u8 = 0x20;
/// OCTET STRING, primitive.
const OCTET_STRING: u8 = 0x04;

/// One tag-length-value as it stands.
#[derive(Clone, Copy)]
pub(super) struct Tlv<'a> {
    /// The identifier octet.
    pub(super) identifier: u8,
    /// Content, without the end-of-contents octets of an indefinite length.
    pub(super) value: &'a [u8],
    /// Header, content, end-of-contents octets.
    pub(super) raw: &'a [u8],
    /// The length is indefinite.
    pub(super) indefinite: bool,
}

/// The element at the beginning of `bytes`, and what follows it.
pub(super) fn split<'a>(bytes: &'a [u8], part: &'static str) -> Result<(Tlv<'a>, &'a [u8]), Error> {
    split_within(bytes, part, MAX_DEPTH)
}

/// `raw`, one BER element, as DER: definite and shortest lengths, OCTET STRINGs in one piece. SETs are not sorted.
pub(super) fn to_der(raw: &[u8], part: &'static str) -> Result<Vec<u8>, Error> {
    let (element, rest) = split(raw, part)?;
    if !rest.is_empty() {
        return Err(Error::Malformed(part));
    }
    let mut out = Vec::with_capacity(raw.len());
    rewrite(element, part, MAX_DEPTH, &mut out)?;
    Ok(out)
}

/// The content of an OCTET STRING that may stand in pieces.
pub(super) fn octets(element: Tlv<'_>, part: &'static str) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(element.value.len());
    join(element, part, MAX_DEPTH, &mut out)?;
    Ok(out)
}

/// Appends one DER element with this content.
pub(super) fn write(identifier: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(identifier);
    let length = content.len();
    match u8::try_from(length) {
        Ok(short @ 0..=127) => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let significant = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
}

fn split_within<'a>(bytes: &'a [u8], part: &'static str, depth: usize) -> Result<(Tlv<'a>, &'a [u8]), Error> {
    let malformed = || Error::Malformed(part);
    let (&identifier, after) = bytes.split_first().ok_or_else(malformed)?;
    let (&first, after) = after.split_first().ok_or_else(malformed)?;
    if identifier & 0x1f == 0x1f || identifier == 0 {
        return Err(malformed());
    }
    if first == 0x80 {
        if identifier & CONSTRUCTED == 0 {
            return Err(malformed());
        }
        let length = indefinite_length(after, part, depth)?;
        let header = bytes.len() - after.len();
        let (raw, rest) = bytes.split_at(header + length + 2);
        let tlv = Tlv {
            identifier,
            value: &after[..length],
            raw,
            indefinite: true,
        };
        return Ok((tlv, rest));
    }
    let (length, after) = definite_length(first, after).ok_or_else(malformed)?;
    let value = after.get(..length).ok_or_else(malformed)?;
    let header = bytes.len() - after.len();
    let (raw, rest) = bytes.split_at(header + length);
    let tlv = Tlv {
        identifier,
        value,
        raw,
        indefinite: false,
    };
    Ok((tlv, rest))
}

fn definite_length(first: u8, after: &[u8]) -> Option<(usize, &[u8])> {
    if first < 0x80 {
        return Some((usize::from(first), after));
    }
    let (digits, after) = after.split_at_checked(usize::from(first & 0x7f))?;
    if digits.len() > size_of::<u64>() {
        return None;
    }
    let length = digits.iter().fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit));
    Some((usize::try_from(length).ok()?, after))
}

/// Bytes before the end-of-contents octets. Each level is walked once by each level above it, hence the small depth.
fn indefinite_length(content: &[u8], part: &'static str, depth: usize) -> Result<usize, Error> {
    let inner = depth.checked_sub(1).ok_or(Error::TooLarge)?;
    let mut rest = content;
    while !rest.starts_with(&[0, 0]) {
        rest = split_within(rest, part, inner)?.1;
    }
    Ok(content.len() - rest.len())
}

fn rewrite(element: Tlv<'_>, part: &'static str, depth: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let inner = depth.checked_sub(1).ok_or(Error::TooLarge)?;
    if element.identifier == OCTET_STRING | CONSTRUCTED {
        let mut joined = Vec::new();
        join(element, part, inner, &mut joined)?;
        write(OCTET_STRING, &joined, out);
    } else if element.identifier & CONSTRUCTED == 0 {
        write(element.identifier, element.value, out);
    } else {
        let mut content = Vec::new();
        let mut rest = element.value;
        while !rest.is_empty() {
            let (child, after) = split(rest, part)?;
            rewrite(child, part, inner, &mut content)?;
            rest = after;
        }
        write(element.identifier, &content, out);
    }
    Ok(())
}

fn join(element: Tlv<'_>, part: &'static str, depth: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let inner = depth.checked_sub(1).ok_or(Error::TooLarge)?;
    match element.identifier {
        OCTET_STRING => out.extend_from_slice(element.value),
        identifier if identifier == OCTET_STRING | CONSTRUCTED => {
            let mut rest = element.value;
            while !rest.is_empty() {
                let (piece, after) = split(rest, part)?;
                join(piece, part, inner, out)?;
                rest = after;
            }
        }
        _ => return Err(Error::Malformed(part)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree of SEQUENCEs and OCTET STRINGs.
    #[derive(Clone, Debug)]
    enum Tree {
        Octets(Vec<u8>),
        Sequence(Vec<Tree>),
    }

    fn tree() -> impl Strategy<Value = Tree> {
        let leaf = proptest::collection::vec(any::<u8>(), 0..300).prop_map(Tree::Octets);
        leaf.prop_recursive(4, 32, 5, |inner| {
            proptest::collection::vec(inner, 0..5).prop_map(Tree::Sequence)
        })
    }

    fn der(tree: &Tree) -> Vec<u8> {
        let mut out = Vec::new();
        match tree {
            Tree::Octets(bytes) => write(OCTET_STRING, bytes, &mut out),
            Tree::Sequence(children) => {
                let content: Vec<u8> = children.iter().flat_map(der).collect();
                write(0x30, &content, &mut out);
            }
        }
        out
    }

    /// The same tree with indefinite lengths, strings in two pieces, and a long form of every other length.
    fn ber(tree: &Tree) -> Vec<u8> {
        match tree {
            Tree::Octets(bytes) => {
                let (first, second) = bytes.split_at(bytes.len() / 2);
                let mut out = vec![0x24, 0x80];
                for piece in [first, second] {
                    out.extend_from_slice(&[4, 0x84]);
                    out.extend_from_slice(&u32::try_from(piece.len()).unwrap().to_be_bytes());
                    out.extend_from_slice(piece);
                }
                out.extend_from_slice(&[0, 0]);
                out
            }
            Tree::Sequence(children) => {
                let mut out = vec![0x30, 0x80];
                out.extend(children.iter().flat_map(ber));
                out.extend_from_slice(&[0, 0]);
                out
            }
        }
    }

    proptest! {
        #[test]
        fn ber_becomes_the_one_der(tree in tree()) {
            prop_assert_eq!(to_der(&ber(&tree), "x").unwrap(), der(&tree));
            prop_assert_eq!(to_der(&der(&tree), "x").unwrap(), der(&tree));
        }

        #[test]
        fn any_bytes_are_cut_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok((tlv, rest)) = split(&bytes, "x") {
                prop_assert_eq!(tlv.raw.len() + rest.len(), bytes.len());
                let _ = to_der(tlv.raw, "x");
            }
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |levels: usize| {
            let open: Vec<u8> = [0x30, 0x80].repeat(levels);
            [open, [0, 0].repeat(levels)].concat()
        };
        assert!(split(&nest(MAX_DEPTH), "x").is_ok());
        assert!(matches!(split(&nest(MAX_DEPTH + 1), "x"), Err(Error::TooLarge)));
    }

    #[test]
    fn what_is_no_element_is_refused() {
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 2, 0],
            &[0x04, 0x80, 0, 0],
            &[0x1f, 1, 0],
            &[0x30, 0x80, 0],
            &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0, 0],
        ] {
            assert!(split(bad, "x").is_err(), "{bad:x?}");
        }
    }
}
