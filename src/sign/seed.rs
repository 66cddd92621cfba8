//! Seed values (ISO 32000-2, 12.7.5.5, table 237): what whoever made the field demands of its signature. Demands are honoured or refused; what is only
//! recommended is not looked at.

use super::dictionary::{FILTER, SUB_FILTER};
use super::request::Request;
use super::{Error, SeedRule};
use crate::pdf::value::{Dict, Value};

/// Version of the signature handler (`/V`) that understands all of PDF 2.0's seed values.
const HANDLER_VERSION: f64 = 3.0;
/// Digests that a signature of ours may use; which one follows from the key.
const DIGESTS: [&[u8]; 3] = [b"SHA256", b"SHA384", b"SHA512"];

/// Bits of `/Ff`: the entry is a demand.
const REQUIRED: [(u32, SeedRule); 9] = [
    (1, SeedRule::Filter),
    (1 << 1, SeedRule::SubFilter),
    (1 << 2, SeedRule::Version),
    (1 << 3, SeedRule::Reason),
    (1 << 4, SeedRule::LegalAttestation),
    (1 << 5, SeedRule::RevocationInfo),
    (1 << 6, SeedRule::Digest),
    (1 << 7, SeedRule::LockDocument),
    (1 << 8, SeedRule::Appearance),
];

/// Refuses a signature that does not meet the demands of `seed`.
pub(super) fn check(seed: &Dict, request: &Request) -> Result<(), Error> {
    let flags = seed.int("Ff").and_then(|f| u32::try_from(f).ok()).unwrap_or(0);
    for (bit, rule) in REQUIRED {
        if flags & bit != 0 && !is_met(rule, seed, request) {
            return Err(Error::SeedValue { rule });
        }
    }
    // These three carry their own flags (tables 237 to 239).
    let own = |key: &str| seed.get(key).and_then(Value::as_dict);
    if own("Cert").is_some_and(|c| c.int("Ff").is_some_and(|f| f != 0)) {
        return Err(Error::SeedValue {
            rule: SeedRule::Certificate,
        });
    }
    if own("TimeStamp").is_some_and(|t| t.int("Ff") == Some(1)) {
        return Err(Error::SeedValue {
            rule: SeedRule::Timestamp,
        });
    }
    let level = own("MDP").and_then(|m| m.int("P"));
    let asked = request.certify.map_or(0, |c| i64::from(c.level()));
    if level.is_some_and(|level| level != asked) {
        return Err(Error::SeedValue {
            rule: SeedRule::Certification,
        });
    }
    Ok(())
}

fn is_met(rule: SeedRule, seed: &Dict, request: &Request) -> bool {
    let list = |key: &str| seed.get(key).and_then(Value::as_array).unwrap_or_default();
    match rule {
        SeedRule::Filter => seed.is("Filter", FILTER),
        SeedRule::SubFilter => list("SubFilter").contains(&Value::name(SUB_FILTER)),
        SeedRule::Version => seed
            .get("V")
            .and_then(Value::as_f64)
            .is_none_or(|v| v <= HANDLER_VERSION),
        SeedRule::Reason => is_reason_met(list("Reasons"), request.reason.as_deref()),
        SeedRule::Digest => list("DigestMethod")
            .iter()
            .any(|digest| digest.as_bytes().is_some_and(|d| DIGESTS.contains(&d))),
        SeedRule::RevocationInfo => seed.get("AddRevInfo").and_then(Value::as_bool) != Some(true),
        SeedRule::LockDocument => seed.is("LockDocument", "false"),
        SeedRule::LegalAttestation | SeedRule::Appearance => false,
        SeedRule::Certificate | SeedRule::Timestamp | SeedRule::Certification => true,
    }
}

/// No reasons, or the one reason `.`: there shall be none.
fn is_reason_met(reasons: &[Value], given: Option<&str>) -> bool {
    let reasons: Vec<String> = reasons.iter().filter_map(Value::as_text).collect();
    match reasons.as_slice() {
        [] => given.is_none(),
        [only] if only == "." => given.is_none(),
        _ => given.is_some_and(|given| reasons.iter().any(|reason| reason == given)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::sign::Certify;

    fn request() -> Request {
        Request::invisible(Timestamp::from_seconds(0), 4096)
    }

    fn rule(seed: &Dict, request: &Request) -> Option<SeedRule> {
        match check(seed, request) {
            Ok(()) => None,
            Err(Error::SeedValue { rule }) => Some(rule),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn only_demands_count() {
        let mut seed = Dict::from_pairs([("Filter", Value::name("Other")), ("Ff", Value::int(0))]);
        assert_eq!(rule(&seed, &request()), None);
        seed.set("Ff", Value::int(1));
        assert_eq!(rule(&seed, &request()), Some(SeedRule::Filter));
        seed.set("Filter", Value::name(FILTER));
        assert_eq!(rule(&seed, &request()), None);
    }

    #[test]
    fn a_reason_is_one_of_those_named_or_none() {
        let reasons = |list: &[&str]| {
            let list = list.iter().map(|r| Value::text(r)).collect();
            Dict::from_pairs([("Reasons", Value::Array(list)), ("Ff", Value::int(8))])
        };
        let mut request = request();
        assert_eq!(rule(&reasons(&["."]), &request), None);
        assert_eq!(rule(&reasons(&["承認"]), &request), Some(SeedRule::Reason));
        request.reason = Some("承認".to_owned());
        assert_eq!(rule(&reasons(&["承認", "確認"]), &request), None);
        assert_eq!(rule(&reasons(&["."]), &request), Some(SeedRule::Reason));
        assert_eq!(rule(&reasons(&[]), &request), Some(SeedRule::Reason));
    }

    #[test]
    fn certification_digest_and_the_rest_are_demands_of_their_own() {
        let dict = |p| Value::Dict(Dict::from_pairs([("P", Value::int(p))]));
        let mut certified = request();
        certified.certify = Some(Certify::FormFill);
        let seed = Dict::from_pairs([("MDP", dict(2))]);
        assert_eq!(rule(&seed, &certified), None);
        assert_eq!(rule(&seed, &request()), Some(SeedRule::Certification));
        assert_eq!(
            rule(&Dict::from_pairs([("MDP", dict(0))]), &certified),
            Some(SeedRule::Certification)
        );
        let flag = Value::Dict(Dict::from_pairs([("Ff", Value::int(1))]));
        assert_eq!(
            rule(&Dict::from_pairs([("TimeStamp", flag.clone())]), &request()),
            Some(SeedRule::Timestamp)
        );
        assert_eq!(
            rule(&Dict::from_pairs([("Cert", flag)]), &request()),
            Some(SeedRule::Certificate)
        );
        let md5 = Value::Array(vec![Value::bytes(b"MD5")]);
        let seed = Dict::from_pairs([("DigestMethod", md5), ("Ff", Value::int(64))]);
        assert_eq!(rule(&seed, &request()), Some(SeedRule::Digest));
        assert_eq!(
            rule(&Dict::from_pairs([("Ff", Value::int(256))]), &request()),
            Some(SeedRule::Appearance)
        );
    }
}
