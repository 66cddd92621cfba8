//! How a site becomes known: request, a person's decision, the key once, an end.
//!
//! ```text
//! request -> pending -> approved -> claimed (the key is made and handed out, once)
//!                    -> denied
//! ```
//!
//! A request lives [`REQUEST_LIFE`]; an approval that nobody claims as long again. The key is made when it is claimed, so none lies about
//! unclaimed. Each function changes one thing inside the caller's transaction; `app` adds the audit entry to the same one.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::key::{new_id, new_key};
use super::{AccessError, MAX_PROGRAM_CHARS, Origin};
use crate::clock::Timestamp;
use crate::secret::ApiKey;
use crate::store::{Allowance, Pairing, PairingRequest, RequestState, Rights, StoreError, Tx};

/// How long a request waits for a person, and an approval for its site.
pub const REQUEST_LIFE: Duration = Duration::from_secs(180);

/// How long an origin that was allowed in advance may take to ask.
pub const ALLOWANCE_LIFE: Duration = Duration::from_secs(600);

/// Most requests of one origin that wait for a person.
pub const MAX_PENDING_PER_ORIGIN: usize = 2;

/// Most requests that wait for a person.
pub const MAX_PENDING: usize = 8;

/// The span over which requests are counted, in seconds.
pub const RATE_WINDOW_S: u64 = 600;

/// Most requests of one origin within the span.
pub const MAX_REQUESTS_PER_ORIGIN: usize = 10;

/// Most requests within the span.
pub const MAX_REQUESTS: usize = 60;

/// What a site that asks again is told.
#[derive(Debug)]
pub enum Poll {
    /// The person has not decided.
    Pending(PairingRequest),
    /// Here is the key. It is never told again.
    Key {
        /// The pairing's id.
        pairing: String,
        /// The key.
        key: ApiKey,
        /// What the approval said.
        rights: Rights,
    },
    /// The person refused.
    Denied,
    /// Too late, or claimed before.
    Over,
}

/// A site asks to be known. An origin that was allowed in advance is approved at once.
///
/// # Errors
/// `pairing_too_many`, `pairing_too_often`; as [`StoreError`].
pub async fn request(tx: &mut Tx, origin: &Origin, now: Timestamp) -> Result<PairingRequest, AccessError> {
    let window = Duration::from_secs(RATE_WINDOW_S);
    let limit = u32::try_from(2 * MAX_REQUESTS).unwrap_or(u32::MAX);
    let recent = tx.recent_requests(now.minus(window), limit).await?;
    check_rate(&recent, origin, now)?;
    let allowed = tx
        .take_allowance(origin.as_str())
        .await?
        .filter(|allowance| allowance.expires > now);
    let request = PairingRequest {
        id: new_id()?,
        origin: origin.to_string(),
        code: new_code()?,
        state: if allowed.is_some() {
            RequestState::Approved
        } else {
            RequestState::Pending
        },
        rights: allowed.map(|allowance| allowance.rights).unwrap_or_default(),
        created: now,
        expires: now.plus(REQUEST_LIFE),
    };
    tx.add_request(&request).await?;
    Ok(request)
}

/// A person has compared the codes by eye, and says yes or no.
///
/// # Errors
/// `pairing_unknown`, `pairing_over`; as [`StoreError`].
pub async fn decide(tx: &mut Tx, id: &str, yes: bool, now: Timestamp) -> Result<(), AccessError> {
    let mut request = find(tx, id).await?;
    if request.state != RequestState::Pending || request.expires <= now {
        return Err(AccessError::RequestOver);
    }
    match yes {
        true => (request.state, request.expires) = (RequestState::Approved, now.plus(REQUEST_LIFE)),
        false => request.state = RequestState::Denied,
    }
    Ok(tx.move_request(id, RequestState::Pending, &request).await?)
}

/// The site asks how its request stands; the first time after the approval it is given the key.
///
/// # Errors
/// `pairing_unknown`, also for another origin's request; as [`StoreError`].
pub async fn poll(tx: &mut Tx, id: &str, origin: &Origin, now: Timestamp) -> Result<Poll, AccessError> {
    let mut request = find(tx, id).await?;
    if request.origin != origin.as_str() {
        return Err(AccessError::RequestUnknown);
    }
    match request.state {
        RequestState::Denied => return Ok(Poll::Denied),
        RequestState::Claimed => return Ok(Poll::Over),
        _ if request.expires <= now => return Ok(Poll::Over),
        RequestState::Pending => return Ok(Poll::Pending(request)),
        RequestState::Approved => {}
    }
    request.state = RequestState::Claimed;
    tx.move_request(id, RequestState::Approved, &request).await?;
    let holder = Holder::Site(origin.as_str());
    let (pairing, key) = add(tx, holder, request.rights, now).await?;
    Ok(Poll::Key {
        pairing,
        key,
        rights: request.rights,
    })
}

/// Allows an origin in advance: its next request within [`ALLOWANCE_LIFE`] is approved without a question, once.
///
/// # Errors
/// As [`StoreError`].
pub async fn allow_origin(
    tx: &mut Tx,
    origin: &Origin,
    rights: Rights,
    now: Timestamp,
) -> Result<Allowance, AccessError> {
    let allowance = Allowance {
        origin: origin.to_string(),
        rights,
        expires: now.plus(ALLOWANCE_LIFE),
    };
    tx.put_allowance(&allowance).await?;
    Ok(allowance)
}

/// Pairs a desktop program and returns the pairing's id and its key, which is never told again.
///
/// # Errors
/// `program_name_invalid`; as [`StoreError`].
pub async fn allow_program(
    tx: &mut Tx,
    name: &str,
    rights: Rights,
    now: Timestamp,
) -> Result<(String, ApiKey), AccessError> {
    let fits = (1..=MAX_PROGRAM_CHARS).contains(&name.chars().count()) && name.trim() == name;
    if !fits || crate::text::plain(name) != name {
        return Err(AccessError::ProgramName);
    }
    add(tx, Holder::Program(name), rights, now).await
}

enum Holder<'a> {
    Site(&'a str),
    Program(&'a str),
}

async fn add(tx: &mut Tx, holder: Holder<'_>, rights: Rights, now: Timestamp) -> Result<(String, ApiKey), AccessError> {
    let (key, id) = (new_key()?, new_id()?);
    let key_sha256 = Sha256::digest(key.expose()).into();
    let (origin, program) = match holder {
        Holder::Site(origin) => (Some(origin.to_owned()), None),
        Holder::Program(name) => (None, Some(name.to_owned())),
    };
    let pairing = Pairing {
        id,
        origin,
        program,
        key: Some(key),
        rights,
        created: now,
        last_used: None,
        revoked: None,
    };
    tx.add_pairing(&pairing, &key_sha256).await?;
    let key = pairing.key.ok_or(AccessError::Random)?;
    Ok((pairing.id, key))
}

async fn find(tx: &mut Tx, id: &str) -> Result<PairingRequest, AccessError> {
    match tx.request(id).await {
        Err(StoreError::NotFound { .. }) => Err(AccessError::RequestUnknown),
        other => Ok(other?),
    }
}

fn check_rate(recent: &[PairingRequest], origin: &Origin, now: Timestamp) -> Result<(), AccessError> {
    let pending = |r: &&PairingRequest| r.state == RequestState::Pending && r.expires > now;
    let own = || recent.iter().filter(|r| r.origin == origin.as_str());
    if own().filter(pending).count() >= MAX_PENDING_PER_ORIGIN || recent.iter().filter(pending).count() >= MAX_PENDING {
        return Err(AccessError::TooManyPending);
    }
    let oldest = match () {
        () if own().count() >= MAX_REQUESTS_PER_ORIGIN => own().next(),
        () if recent.len() >= MAX_REQUESTS => recent.first(),
        () => return Ok(()),
    };
    let age = oldest.map_or(Duration::ZERO, |r| now.since(r.created));
    Err(AccessError::TooOften {
        retry_after_s: RATE_WINDOW_S.saturating_sub(age.as_secs()).max(1),
    })
}

/// Six digits, each code equally likely: values that would favour the low ones are thrown away.
fn new_code() -> Result<String, AccessError> {
    const CODES: u32 = 1_000_000;
    loop {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|_| AccessError::Random)?;
        let number = u32::from_le_bytes(random);
        if number < u32::MAX - u32::MAX % CODES {
            return Ok(format!("{:06}", number % CODES));
        }
    }
}
