//! What host and workers say to each other: a worker that a hostile file or module took over is a hostile peer.

use crate::support::mutate::{Dice, damaged, fuzz};
use hankod::process::frame;
use hankod::render::wire as page;
use hankod::token::wire as token;
use hankod::token::wire::{KeyRef, Mechanism, NewKey, Objects, RawCertificate, RawKey};
use serde::{Serialize, de::DeserializeOwned};

/// Numbers as postcard writes them that fit badly into lengths, variants and options.
const VARINTS: &[&[u8]] = &[
    &[0],
    &[1],
    &[2],
    &[0x7f],
    &[0x80, 0],
    &[0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0x80; 12],
];

/// Frames with damaged bodies and true lengths, or with damaged lengths.
fn damage(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut body = bytes.to_vec();
    for _ in 0..dice.below(3) {
        let at = dice.below(body.len());
        let number = VARINTS[dice.below(VARINTS.len())];
        let until = (at + dice.below(3)).min(body.len());
        body.splice(at..until, number.iter().copied());
    }
    if dice.below(2) == 0 {
        body = damaged(&body, dice);
    }
    let mut frame = frame::encode(7, &body).unwrap().to_vec();
    if dice.below(4) == 0 {
        let length = [0, 7, 8, u32::MAX, 40 << 20, 41 << 20][dice.below(6)];
        frame[..4].copy_from_slice(&u32::to_le_bytes(length));
    }
    frame
}

/// The bodies of all whole frames at the front of `bytes`.
fn bodies(bytes: &[u8], max_body_bytes: usize) -> Vec<&[u8]> {
    let (mut bodies, mut rest) = (Vec::new(), bytes);
    while let Ok(Some((frame, taken))) = frame::split(rest, max_body_bytes) {
        assert!(frame.body.len() <= max_body_bytes && taken <= rest.len());
        bodies.push(frame.body);
        rest = &rest[taken..];
    }
    bodies
}

/// What is read and written again reads the same.
fn again<T: Serialize + DeserializeOwned + std::fmt::Debug>(body: &[u8]) -> bool {
    let Ok(value) = token::decode::<T>(body) else {
        return false;
    };
    let encoded = token::encode(&value).unwrap();
    let twice: T = token::decode(&encoded).unwrap();
    assert_eq!(format!("{value:?}"), format!("{twice:?}"));
    true
}

#[test]
fn token_frames() {
    let key = KeyRef {
        id: vec![1, 2],
        label: b"sign".to_vec(),
        always_authenticate: true,
    };
    let mechanism = Mechanism::RsaPss {
        digest_bytes: 32,
        salt_bytes: 32,
    };
    let objects = Objects {
        certificates: vec![RawCertificate::default(); 2],
        public_keys: vec![RawKey::default()],
        private_keys: vec![RawKey {
            rsa: Some((vec![9; 256], vec![1, 0, 1])),
            ..RawKey::default()
        }],
        mechanisms: vec![1, 0x8000_0000],
        private_visible: true,
    };
    let requests = [
        token::Request::Slots,
        token::Request::Objects {
            slot: 3,
            login: Some(1),
        },
        token::Request::Sign {
            login: 5,
            key,
            mechanism,
            data: vec![7; 64],
        },
        token::Request::GenerateKey {
            login: 1,
            kind: NewKey::Rsa { bits: 4096 },
            label: "署名".to_owned(),
            id: vec![1],
            always_authenticate: false,
        },
    ];
    let replies = [
        token::Reply::Objects(objects),
        token::Reply::Signature(vec![3; 70]),
        token::Reply::Done,
    ];
    let mut seeds: Vec<Vec<u8>> = requests.iter().map(|r| token::encode(r).unwrap()).collect();
    seeds.extend(replies.iter().map(|r| token::encode(r).unwrap()));
    let mut read = 0;
    fuzz("token_frames", &seeds, damage, |bytes, _| {
        for body in bodies(bytes, 40) {
            read += usize::from(again::<token::Request>(body)) + usize::from(again::<token::Reply>(body));
        }
    });
    assert!(read > 0);
}

#[test]
fn page_frames() {
    let requests = [
        page::Request::Begin {
            document: 1,
            length: 1 << 20,
        },
        page::Request::Piece,
        page::Request::Page {
            document: 1,
            index: 0,
            width_px: 800,
            deadline_ms: 1000,
        },
    ];
    let replies = [
        page::Reply::Opened { pages: 3 },
        page::Reply::Refused(page::Refusal::Rebuilt),
        page::Reply::Absent,
    ];
    let mut seeds: Vec<Vec<u8>> = requests.iter().map(|r| page::pack(r, b"%PDF-1.7")).collect();
    seeds.extend(replies.iter().map(|r| page::pack(r, b"\x89PNG")));
    let mut read = 0;
    fuzz("page_frames", &seeds, damage, |bytes, _| {
        for body in bodies(bytes, 10) {
            for tail in [
                page::unpack::<page::Request>(body).map(|(_, tail)| tail),
                page::unpack::<page::Reply>(body).map(|(_, tail)| tail),
            ]
            .into_iter()
            .flatten()
            {
                assert!(body.ends_with(tail));
                read += 1;
            }
        }
    });
    assert!(read > 0);
}
