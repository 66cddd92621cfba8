//! One-time codes from a telephone (TOTP, RFC 6238): HMAC-SHA-1, six digits, thirty seconds, as every authenticator app speaks it.
//!
//! A code is good once and for one step before and after its own. Nothing here reads the clock or keeps a secret.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use subtle::ConstantTimeEq;

use super::AccessError;
use crate::clock::Timestamp;

/// Length of a secret: that of HMAC-SHA-1's output (RFC 4226, 4, R6).
pub const SECRET_BYTES: usize = 20;
/// Seconds of a step.
const STEP_SECONDS: i64 = 30;
/// A telephone's clock may be this many steps off, either way.
const SLACK: i64 = 1;
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step that a moment lies in.
pub fn step(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000).div_euclid(STEP_SECONDS)
}

/// The code of a step: six digits (RFC 4226, 5.3).
///
/// # Errors
/// `random_unavailable` when the machine's cryptography refuses SHA-1.
pub fn code(secret: &[u8], step: i64) -> Result<String, AccessError> {
    let key = PKey::hmac(secret).map_err(|_| AccessError::Random)?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).map_err(|_| AccessError::Random)?;
    let mac = signer.sign_oneshot_to_vec(&step.to_be_bytes());
    let mac = mac.map_err(|_| AccessError::Random)?;
    let at = usize::from(mac.last().copied().unwrap_or_default() & 0x0f);
    let part = mac.get(at..at + 4).unwrap_or_default();
    let number = part.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    Ok(format!("{:06}", number % 1_000_000))
}

/// The step of the code that was given, when it is a good one after `last`, the step of the one before.
///
/// # Errors
/// As [`code`].
pub fn accepted(secret: &[u8], given: &str, last: i64, now: Timestamp) -> Result<Option<i64>, AccessError> {
    let (mut found, present) = (None, step(now));
    for each in (present - SLACK)..=(present + SLACK) {
        let right = bool::from(code(secret, each)?.as_bytes().ct_eq(given.as_bytes()));
        if right && each > last {
            found = Some(each);
        }
    }
    Ok(found)
}

/// A secret as authenticator apps take it (RFC 4648, 6, without padding).
pub fn base32(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(DIGITS[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(DIGITS[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// The address that puts a secret into an authenticator app: `otpauth://totp/hankod:ACCOUNT?secret=...`.
pub fn address(account: &str, secret: &[u8]) -> String {
    let mut name = String::new();
    for byte in account.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            true => name.push(char::from(byte)),
            false => name.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("otpauth://totp/hankod:{name}?secret={}&issuer=hankod", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B; six digits are the last of the eight printed there.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let at = step(Timestamp::from_seconds(seconds));
            assert_eq!(code(secret, at).unwrap(), eight[2..]);
        }
    }

    #[test]
    fn a_code_is_good_once_and_near_its_time() {
        let (secret, now) = ([7; SECRET_BYTES], Timestamp::from_seconds(1_000_000_000));
        let present = step(now);
        let of = |step| code(&secret, step).unwrap();
        for near in [present - 1, present, present + 1] {
            assert_eq!(accepted(&secret, &of(near), 0, now).unwrap(), Some(near));
        }
        for far in [present - 2, present + 2] {
            assert_eq!(accepted(&secret, &of(far), 0, now).unwrap(), None);
        }
        assert_eq!(accepted(&secret, &of(present), present, now).unwrap(), None, "twice");
        assert_eq!(
            accepted(&secret, &of(present - 1), present, now).unwrap(),
            None,
            "an earlier one"
        );
        assert_eq!(accepted(&secret, "", 0, now).unwrap(), None);
    }

    /// RFC 4648, 10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (text, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), coded);
        }
        assert_eq!(
            address("総務@a", b"foobar"),
            "otpauth://totp/hankod:%E7%B7%8F%E5%8B%99@a?secret=MZXW6YTBOI&issuer=hankod"
        );
    }
}
