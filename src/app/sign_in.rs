//! Signing in: an invitation becomes a password and a telephone, both open a session, a session ends by itself.
//!
//! A try is counted before it is looked at, so that many at once are no way round the limit. Which of the two was wrong is not told. A session's
//! secret is kept as its hash; signing in, and acting for another section, make a new one.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::App;
use super::contracts::letters::secret;
use super::failure::{Failure, FailureKind};
use super::people::{RolesView, SectionView, by_section};
use super::pins::rest_until;
use crate::access::person::{self, Role};
use crate::access::{Principal, totp};
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::contract::address::MailAddress;
use crate::contract::words::fold_width;
use crate::render::qr;
use crate::secret::Pin;
use crate::store::{Person, SessionRow, Tx};

/// Longest secret of an invitation or session, in characters.
const MAX_SECRET_CHARS: usize = 100;
/// A session without a call for so long is over.
const IDLE_LIFE: Duration = Duration::from_secs(30 * 60);
/// A session is over after this, whatever was called.
const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);
/// Calls within this are noted once.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Somebody who is signed in, acting for one section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Opaque.
    pub id: String,
    /// The name.
    pub name: String,
    /// The mail address.
    pub address: String,
    /// For which section they act.
    pub section: SectionView,
    /// What they may do there.
    pub roles: Vec<Role>,
    session: [u8; 32],
    begun: Timestamp,
}

/// Who is signed in, for the page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StaffView {
    /// Opaque.
    pub id: String,
    /// The name.
    pub name: String,
    /// The mail address.
    pub address: String,
    /// For which section they act.
    pub section: SectionView,
    /// What they may do there.
    pub roles: Vec<&'static str>,
    /// All sections where they have roles.
    pub sections: Vec<RolesView>,
}

/// What an invited person needs to enrol.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvitationView {
    /// The name.
    pub name: String,
    /// The address by which they will sign in.
    pub address: String,
    /// The secret for the authenticator app, in Base32.
    pub secret: String,
    /// The same as an address that such apps open.
    pub otpauth: String,
    /// That address as a QR code (ISO/IEC 18004): PNG in Base64.
    pub qr: String,
}

/// What somebody shows to sign in.
pub struct Shown {
    /// The password.
    pub password: Pin,
    /// Six digits from the telephone.
    pub code: String,
    /// From where.
    pub ip: Option<IpAddr>,
}

impl Staff {
    /// As the audit log and contracts name them.
    pub fn principal(&self) -> Principal {
        Principal::Person { id: self.id.clone() }
    }

    /// Whether they have one of these roles where they act.
    pub fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

impl App {
    /// Whom an invitation is for; changes nothing.
    ///
    /// # Errors
    /// `invitation_void`.
    pub async fn invitation(&self, invitation: &str) -> Result<InvitationView, Failure> {
        let person = self.invited(invitation).await?;
        let secret = self.totp_secret(&person);
        let otpauth = totp::address(&person.address, &secret);
        Ok(InvitationView {
            secret: totp::base32(&secret),
            qr: STANDARD.encode(qr::png(&otpauth)?),
            otpauth,
            name: person.name,
            address: person.address,
        })
    }

    /// The invited person chooses a password and shows that the telephone makes codes; they are signed in. Gives the session's secret.
    ///
    /// # Errors
    /// `invitation_void`, `password_short`, `one_time_code_wrong`.
    pub async fn enrol(&self, invitation: &str, shown: Shown) -> Result<String, Failure> {
        let (known, now) = (self.invited(invitation).await?, self.now());
        let step = totp::accepted(&self.totp_secret(&known), &digits(&shown.code), known.step, now)?;
        let step = step.ok_or(Failure::new(FailureKind::Invalid, "one_time_code_wrong"))?;
        let (password, ip) = (shown.password, shown.ip);
        let hash = self.blocking(move || Ok(person::password(&password)?)).await?;
        let cookie = secret();
        let opened = cookie.clone();
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                // Two who hold the same invitation: the first one used it up.
                let person = tx
                    .person(&known.id)
                    .await?
                    .filter(|one| one.salt == known.salt && one.password.is_none());
                let person = person.ok_or_else(void)?;
                tx.enrol(&person.id, &hash, step).await?;
                let actor = actor(&person.id);
                audit::append(tx, &from(Event::new(now, Kind::PersonEnrolled, actor, &*person.id), ip)).await?;
                open(tx, &person, &opened, ip, now).await
            })
        });
        done.await?;
        Ok(cookie)
    }

    /// Opens a session for the right password and code. Gives its secret.
    ///
    /// # Errors
    /// `sign_in_refused`; `sign_in_resting` after wrong tries.
    pub async fn sign_in(&self, address: &str, shown: Shown) -> Result<String, Failure> {
        let now = self.now();
        let address = MailAddress::parse(address).map(|address| address.as_str().to_owned());
        let (asked, ip) = (address.unwrap_or_default(), shown.ip);
        // Counted first: a killed process, or a hundred tries at once, gain nothing.
        let counted = self.store().write(move |tx| {
            Box::pin(async move {
                let Some(mut person) = tx.person_at(&asked).await? else {
                    return Ok::<_, Failure>(None);
                };
                if person.rests_until > now {
                    let seconds = person.rests_until.since(now).as_secs() + 1;
                    let resting = Failure::new(FailureKind::TooMany, "sign_in_resting");
                    return Err(resting.with("seconds", seconds.to_string()));
                }
                person.failures = person.failures.saturating_add(1);
                person.rests_until = rest_until(person.failures, now);
                tx.put_tries(&person).await?;
                Ok(Some(person))
            })
        });
        let person = counted.await?;
        let (hash, password) = (person.as_ref().and_then(|one| one.password.clone()), shown.password);
        let right = self
            .blocking(move || Ok(person::knows(hash.as_deref(), &password)))
            .await?;
        let step = match &person {
            Some(person) => totp::accepted(&self.totp_secret(person), &digits(&shown.code), person.step, now)?,
            None => None,
        };
        let (Some(person), true, Some(step)) = (&person, right, step) else {
            let subject = person.map_or_else(String::new, |one| one.id);
            let event = Event::new(now, Kind::SignInRefused, "stranger", subject);
            self.record(from(event, ip)).await?;
            return Err(refused());
        };
        let (id, cookie) = (person.id.clone(), secret());
        let opened = cookie.clone();
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let mut person = tx
                    .person(&id)
                    .await?
                    .filter(|one| one.revoked.is_none())
                    .ok_or_else(refused)?;
                // The same code shown twice at once opens one session.
                if person.step >= step {
                    return Err(refused());
                }
                (person.failures, person.rests_until, person.step) = (0, now, step);
                tx.put_tries(&person).await?;
                open(tx, &person, &opened, ip, now).await
            })
        });
        done.await?;
        Ok(cookie)
    }

    /// Who holds this session.
    ///
    /// # Errors
    /// `sign_in_needed`.
    pub async fn staff(&self, session: &str) -> Result<Staff, Failure> {
        if session.len() > MAX_SECRET_CHARS {
            return Err(needed());
        }
        let (sha256, now) = (hashed(session), self.now());
        let row = self.store().person_session(&sha256).await?;
        let live = |row: &SessionRow| row.seen.plus(IDLE_LIFE) > now && row.begun.plus(SESSION_LIFE) > now;
        let row = row.filter(live).ok_or_else(needed)?;
        let found = self.store().person_with_roles(&row.person).await?;
        let (person, roles) = found.filter(|(one, _)| one.revoked.is_none()).ok_or_else(needed)?;
        let section = self.store().section(&row.section).await?.ok_or_else(needed)?;
        if row.seen.plus(TOUCH_EVERY) <= now {
            let touched = self
                .store()
                .write(move |tx| Box::pin(async move { tx.touch_session(&sha256, now).await }));
            touched.await?;
        }
        let here = roles.iter().filter(|one| one.section == section.id);
        Ok(Staff {
            roles: here.filter_map(|one| Role::named(&one.role)).collect(),
            id: person.id,
            name: person.name,
            address: person.address,
            section: (&section).into(),
            session: sha256,
            begun: row.begun,
        })
    }

    /// The same for the page.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn staff_view(&self, staff: &Staff) -> Result<StaffView, Failure> {
        let found = self.store().person_with_roles(&staff.id).await?;
        let (_, roles) = found.ok_or_else(needed)?;
        let sections = self.store().sections().await?;
        Ok(StaffView {
            id: staff.id.clone(),
            name: staff.name.clone(),
            address: staff.address.clone(),
            section: staff.section.clone(),
            roles: staff.roles.iter().map(|role| role.name()).collect(),
            sections: by_section(&roles, &sections),
        })
    }

    /// Acts for another section from now on: a new session takes the place of this one. Gives its secret.
    ///
    /// # Errors
    /// `section_elsewhere` where they have no role.
    pub async fn act_for(&self, staff: &Staff, section: &str) -> Result<String, Failure> {
        let found = self.store().person_with_roles(&staff.id).await?;
        let (_, roles) = found.ok_or_else(needed)?;
        if !roles.iter().any(|one| one.section == section) {
            return Err(Failure::new(FailureKind::Forbidden, "section_elsewhere"));
        }
        let cookie = secret();
        let (sha256, old, row) = (
            hashed(&cookie),
            staff.session,
            SessionRow {
                person: staff.id.clone(),
                section: section.to_owned(),
                begun: staff.begun,
                seen: self.now(),
            },
        );
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                if !tx.end_session(&old).await? {
                    return Err(needed());
                }
                tx.add_session(&sha256, &row).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        Ok(cookie)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn sign_out(&self, staff: &Staff) -> Result<(), Failure> {
        let (now, sha256, id) = (self.now(), staff.session, staff.id.clone());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                if tx.end_session(&sha256).await? {
                    audit::append(tx, &Event::new(now, Kind::SignedOut, actor(&id), id)).await?;
                }
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    /// Records that an auditor looked at a contract; of others nothing is recorded.
    ///
    /// # Errors
    /// What the state refused: without the record there is no look.
    pub async fn note_look(&self, staff: &Staff, path: &str, ip: Option<IpAddr>) -> Result<(), Failure> {
        if !staff.has(&[Role::Auditor]) {
            return Ok(());
        }
        let contract = path
            .strip_prefix("/v1/contracts/")
            .and_then(|rest| rest.split('/').next());
        let event = Event::new(
            self.now(),
            Kind::ContractViewed,
            actor(&staff.id),
            contract.unwrap_or_default(),
        );
        let event = from(event.with("path", path), ip);
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                audit::append(tx, &event).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    async fn invited(&self, invitation: &str) -> Result<Person, Failure> {
        if invitation.len() > MAX_SECRET_CHARS {
            return Err(void());
        }
        let person = self.store().invited(&hashed(invitation)).await?;
        let good = |one: &Person| one.invitation_ends.is_some_and(|ends| ends > self.now());
        person.filter(good).ok_or_else(void)
    }

    fn totp_secret(&self, person: &Person) -> [u8; totp::SECRET_BYTES] {
        let mut secret = [0; totp::SECRET_BYTES];
        secret.copy_from_slice(&self.store().derived(&person.salt)[..totp::SECRET_BYTES]);
        secret
    }
}

/// Opens a session in the first section where the person has a role.
async fn open(tx: &mut Tx, person: &Person, cookie: &str, ip: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
    tx.drop_sessions_before(Timestamp::from_micros(
        now.micros() - i64::try_from(SESSION_LIFE.as_micros()).unwrap_or(i64::MAX),
    ))
    .await?;
    let roles = tx.roles_of(&person.id).await?;
    let first = roles.first().ok_or(Failure::new(FailureKind::Forbidden, "no_role"))?;
    let session = SessionRow {
        person: person.id.clone(),
        section: first.section.clone(),
        begun: now,
        seen: now,
    };
    tx.add_session(&hashed(cookie), &session).await?;
    let event = Event::new(now, Kind::SignedIn, actor(&person.id), &*person.id).with("section", &*session.section);
    audit::append(tx, &from(event, ip)).await?;
    Ok(())
}

fn from(event: Event, ip: Option<IpAddr>) -> Event {
    match ip {
        Some(ip) => event.with("ip", ip.to_string()),
        None => event,
    }
}

fn actor(id: &str) -> String {
    Principal::Person { id: id.to_owned() }.to_string()
}

fn hashed(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// As telephones show them, `123 456`, and as Japanese input methods type them.
fn digits(code: &str) -> String {
    fold_width(code).chars().filter(|c| !c.is_whitespace()).collect()
}

fn void() -> Failure {
    Failure::new(FailureKind::NotFound, "invitation_void")
}

fn refused() -> Failure {
    Failure::new(FailureKind::Forbidden, "sign_in_refused")
}

fn needed() -> Failure {
    Failure::new(FailureKind::Unknown, "sign_in_needed")
}
