//! DER taken apart, changed as DER, put together again: what a reader meets behind its first look at lengths.
//!
//! Strings that hold DER (extensions, keys, wrapped content) are opened too. What is not DER stays as it is.

use super::{Dice, damaged};

/// Deepest nesting that is looked into.
const MAX_DEPTH: usize = 24;
/// Tags that one element may get in place of its own.
const TAGS: &[u8] = &[
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x24, 0x30, 0x31, 0x80, 0x82, 0x86,
    0xa0, 0xa1, 0xa3, 0x1f, 0x00,
];
/// Contents that fit badly: of integers, times, identifiers, strings.
const CONTENTS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\x80",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0",
    b"00000000000000Z",
    b"99991231235959Z",
    b"20260230000000Z",
    b"20260101000000.999999999Z",
    b"491231235959Z",
    b"\x80\x80\x80\x01",
    b"\x06\xff",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
    b"\x55\x1d\x25\x00",
];

#[derive(Clone)]
struct Node {
    tag: u8,
    body: Body,
    length: Length,
}

#[derive(Clone)]
enum Body {
    Bytes(Vec<u8>),
    /// Elements behind so many bytes of the element's own (the unused bits of a bit string).
    Nodes(Vec<u8>, Vec<Node>),
}

/// How the length is written.
#[derive(Clone, Copy)]
enum Length {
    Shortest,
    /// With leading zeros.
    Long,
    /// BER's, with an end mark.
    Indefinite,
    /// Too much or too little by this.
    Wrong(i64),
}

/// A copy of `der` with one to three changes of its structure; every eighth copy is [`damaged`] besides.
pub(crate) fn restructured(der: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Some(mut nodes) = elements(der, 0) else {
        return damaged(der, dice);
    };
    for _ in 0..=dice.below(3) {
        let donor = pick(&nodes, dice).cloned();
        change(&mut nodes, dice, donor);
    }
    let mut out = Vec::new();
    nodes.iter().for_each(|node| write(node, &mut out));
    if dice.below(8) == 0 { damaged(&out, dice) } else { out }
}

/// `bytes` as elements, whole and without rest.
fn elements(mut bytes: &[u8], depth: usize) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    while !bytes.is_empty() {
        let (tag, content, rest) = element(bytes)?;
        nodes.push(node(tag, content, depth));
        bytes = rest;
    }
    Some(nodes)
}

fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 || tag & 0x1f == 0x1f {
            return None;
        }
        length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn node(tag: u8, content: &[u8], depth: usize) -> Node {
    let own = match tag {
        0x03 => 1,
        _ => 0,
    };
    let opens = depth < MAX_DEPTH && content.len() > own && (tag & 0x20 != 0 || matches!(tag, 0x03 | 0x04));
    let inner = opens.then(|| elements(&content[own..], depth + 1)).flatten();
    let body = match inner {
        Some(nodes) => Body::Nodes(content[..own].to_vec(), nodes),
        None => Body::Bytes(content.to_vec()),
    };
    Node {
        tag,
        body,
        length: Length::Shortest,
    }
}

fn pick<'a>(nodes: &'a [Node], dice: &mut Dice) -> Option<&'a Node> {
    let node = nodes.get(dice.below(nodes.len()))?;
    match &node.body {
        Body::Nodes(_, inner) if dice.below(5) > 0 => pick(inner, dice).or(Some(node)),
        _ => Some(node),
    }
}

/// Goes down a random way and changes what stands there.
fn change(nodes: &mut Vec<Node>, dice: &mut Dice, donor: Option<Node>) {
    let at = dice.below(nodes.len());
    if let Some(Node {
        body: Body::Nodes(_, inner),
        ..
    }) = nodes.get_mut(at)
        && !inner.is_empty()
        && dice.below(6) > 0
    {
        return change(inner, dice, donor);
    }
    let Some(node) = nodes.get_mut(at) else { return };
    match dice.below(11) {
        0 => drop(nodes.remove(at)),
        1 => {
            let twice = node.clone();
            nodes.insert(at, twice);
        }
        2 => {
            let other = dice.below(nodes.len());
            nodes.swap(at, other);
        }
        3 => node.tag = TAGS[dice.below(TAGS.len())],
        4 => node.body = Body::Bytes(CONTENTS[dice.below(CONTENTS.len())].to_vec()),
        5 => {
            if let Body::Bytes(bytes) = &mut node.body {
                *bytes = damaged(bytes, dice);
            }
        }
        6 => *node = donor.unwrap_or_else(|| node.clone()),
        7 => {
            let donor = donor.unwrap_or_else(|| node.clone());
            nodes.insert(at, donor);
        }
        8 => nest(node, [1, 2, 40, 300][dice.below(4)]),
        9 => node.length = [Length::Long, Length::Indefinite][dice.below(2)],
        _ => node.length = Length::Wrong([-1, 1, 127, 1 << 31][dice.below(4)]),
    }
}

/// Wraps `node` into its own tag, made constructed, so often.
fn nest(node: &mut Node, times: usize) {
    for _ in 0..times {
        let inner = node.clone();
        *node = Node {
            tag: inner.tag | 0x20,
            body: Body::Nodes(Vec::new(), vec![]),
            length: inner.length,
        };
        // Written out at once: a deep tree would be dropped by recursion.
        let mut bytes = Vec::new();
        write(&inner, &mut bytes);
        node.body = Body::Bytes(bytes);
    }
}

fn write(node: &Node, out: &mut Vec<u8>) {
    let mut content = Vec::new();
    match &node.body {
        Body::Bytes(bytes) => content.extend_from_slice(bytes),
        Body::Nodes(own, nodes) => {
            content.extend_from_slice(own);
            nodes.iter().for_each(|node| write(node, &mut content));
        }
    }
    out.push(node.tag);
    let length = content.len() as u64;
    match node.length {
        Length::Shortest if length < 0x80 => out.push(content.len() as u8),
        Length::Indefinite => out.push(0x80),
        Length::Shortest => {
            let digits = length.to_be_bytes();
            let from = digits.iter().position(|d| *d != 0).unwrap_or(7);
            out.push(0x80 | (8 - from) as u8);
            out.extend_from_slice(&digits[from..]);
        }
        Length::Long => {
            out.push(0x88);
            out.extend_from_slice(&length.to_be_bytes());
        }
        Length::Wrong(by) => {
            out.push(0x84);
            out.extend_from_slice(&length.saturating_add_signed(by).to_be_bytes()[4..]);
        }
    }
    out.extend_from_slice(&content);
    if matches!(node.length, Length::Indefinite) {
        out.extend_from_slice(&[0, 0]);
    }
}

#[test]
fn what_is_taken_apart_is_put_together_the_same() {
    let der = openssl::rsa::Rsa::generate(2048).unwrap().private_key_to_der().unwrap();
    let mut again = Vec::new();
    elements(&der, 0)
        .unwrap()
        .iter()
        .for_each(|node| write(node, &mut again));
    assert_eq!(again, der);
}
