//! People and their sections: added with roles, invited, revoked, by the command line or by an administrator of the section.
//!
//! An administrator decides about roles in their own section alone. Whoever also works elsewhere is invited anew at the command line only, so that
//! nobody gains roles elsewhere through a new password.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::App;
use super::contracts::letters::secret;
use super::failure::{Failure, FailureKind};
use super::sign_in::Staff;
use crate::access::Principal;
use crate::access::person::{MAX_PERSON_CHARS, Role};
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::contract::address::MailAddress;
use crate::contract::words::{Line, Name};
use crate::store::{Person, RoleRow, Section, StoreError, Tx};

/// How long an invitation is good.
const INVITATION_LIFE: Duration = Duration::from_secs(72 * 3600);

/// A section as it is asked for; one that is there keeps its address.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SectionWanted {
    /// Whose section.
    pub organisation: String,
    /// Its name, as signers read it, such as 総務課(起案用).
    pub name: String,
    /// Mail address of its account; demanded for a new section.
    pub address: Option<String>,
    /// Telephone number, as it is printed.
    pub telephone: Option<String>,
}

/// A person as an administrator wants them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonWanted {
    /// The name.
    pub name: String,
    /// The mail address, by which they sign in.
    pub address: String,
    /// What they may do in the section: drafter, approver, custodian, auditor, administrator.
    pub roles: Vec<String>,
}

/// Who decides about people.
#[derive(Clone, Debug)]
pub enum Decider {
    /// The command line of the daemon's user, for any section.
    Cli,
    /// An administrator, for the section in which they act.
    Administrator(Box<Staff>),
}

/// A section.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SectionView {
    /// Opaque.
    pub id: String,
    /// Whose section.
    pub organisation: String,
    /// Its name.
    pub name: String,
    /// Mail address of its account.
    pub address: String,
    /// Telephone number.
    pub telephone: Option<String>,
}

/// A person, as those who decide about people see them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PersonView {
    /// Opaque.
    pub id: String,
    /// The name.
    pub name: String,
    /// The mail address.
    pub address: String,
    /// Roles by section.
    pub sections: Vec<RolesView>,
    /// enrolled, invited, lapsed (the invitation), revoked.
    pub state: &'static str,
    /// RFC 3339.
    pub created: String,
}

/// What somebody may do in a section.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RolesView {
    /// The section.
    pub section: SectionView,
    /// Names of roles.
    pub roles: Vec<String>,
}

impl Decider {
    fn actor(&self) -> String {
        match self {
            Self::Cli => Principal::Cli.to_string(),
            Self::Administrator(staff) => staff.principal().to_string(),
        }
    }

    /// The one section that this decider decides about; `None`: all.
    fn section(&self) -> Option<&str> {
        match self {
            Self::Cli => None,
            Self::Administrator(staff) => Some(&staff.section.id),
        }
    }
}

impl App {
    /// Gives a person roles in a section, both made where they are not there yet. A new person's invitation is told once: the address of the page where
    /// they enrol.
    ///
    /// # Errors
    /// `person_invalid`, `role_unknown`, `section_address_missing`, `section_elsewhere`, `person_elsewhere`, `mail_address_invalid`, `public_url_missing`.
    pub async fn add_person(
        &self,
        decider: &Decider,
        section: SectionWanted,
        wanted: PersonWanted,
    ) -> Result<(PersonView, Option<String>), Failure> {
        let person = checked(&wanted, self.now())?;
        let roles = roles(&wanted.roles)?;
        let asked = new_section(&section, self.now())?;
        let (public_url, now) = (self.public_url()?, self.now());
        let (actor, only) = (decider.actor(), decider.section().map(str::to_owned));
        let made = self.store().write(move |tx| {
            Box::pin(async move {
                let section = find_section(tx, asked, &actor, now).await?;
                if only.as_ref().is_some_and(|only| *only != section) {
                    return Err(Failure::new(FailureKind::Forbidden, "section_elsewhere"));
                }
                let known = tx.person_at(&person.address).await?;
                let id = known
                    .as_ref()
                    .map_or_else(|| person.id.clone(), |known| known.id.clone());
                let invitation = match known {
                    Some(known) => {
                        if let Some(own) = &only {
                            not_invited_elsewhere(tx, &known, own).await?;
                        }
                        None
                    }
                    None => {
                        tx.add_person(&person).await?;
                        let event =
                            audit::Event::new(now, Kind::PersonAdded, &*actor, &*id).with("name", &*person.name);
                        audit::append(tx, &event).await?;
                        Some(invite(tx, &id, &actor, now).await?)
                    }
                };
                put_roles(tx, (&id, &section), &roles, &actor, now).await?;
                Ok::<_, Failure>((id, invitation))
            })
        });
        let (id, invitation) = made.await?;
        let address = invitation.map(|secret| format!("{public_url}/console/join#{secret}"));
        Ok((self.person_view(&id).await?, address))
    }

    /// Writes what a person may do in the administrator's section anew; no role there is none any more.
    ///
    /// # Errors
    /// `person_unknown`, `role_unknown`, `own_account`.
    pub async fn change_roles(&self, staff: &Staff, id: &str, wanted: &[String]) -> Result<PersonView, Failure> {
        let (roles, now, id) = (roles(wanted)?, self.now(), id.to_owned());
        self.member(&staff.section.id, &id).await?;
        if id == staff.id && !roles.contains(&Role::Administrator) {
            return Err(Failure::new(FailureKind::Conflict, "own_account"));
        }
        let (section, actor, person) = (staff.section.id.clone(), staff.principal().to_string(), id.clone());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                put_roles(tx, (&person, &section), &roles, &actor, now).await?;
                // Whoever is signed in signs in again, with the new roles.
                tx.end_sessions_of(&person, Some(&section)).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await?;
        self.person_view(&id).await
    }

    /// Invites a person anew, who lost the telephone or the password: both are void at once. Gives the address of the page.
    ///
    /// # Errors
    /// `person_unknown`, `person_elsewhere`, `public_url_missing`.
    pub async fn invite_again(&self, decider: &Decider, id: &str) -> Result<String, Failure> {
        let (public_url, now, id, actor) = (self.public_url()?, self.now(), id.to_owned(), decider.actor());
        self.decides_about(decider, &id).await?;
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.end_sessions_of(&id, None).await?;
                invite(tx, &id, &actor, now).await
            })
        });
        let secret = done.await?;
        Ok(format!("{public_url}/console/join#{secret}"))
    }

    /// Revokes a person's account; who is signed in is not any more.
    ///
    /// # Errors
    /// `person_unknown`, `person_elsewhere`, `own_account` for oneself.
    pub async fn revoke_person(&self, decider: &Decider, id: &str) -> Result<(), Failure> {
        let (now, id, actor) = (self.now(), id.to_owned(), decider.actor());
        if matches!(decider, Decider::Administrator(staff) if staff.id == id) {
            return Err(Failure::new(FailureKind::Conflict, "own_account"));
        }
        self.decides_about(decider, &id).await?;
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.end_sessions_of(&id, None).await?;
                tx.revoke_person(&id, now).await?;
                audit::append(tx, &audit::Event::new(now, Kind::PersonRevoked, actor, id)).await?;
                Ok::<_, Failure>(())
            })
        });
        done.await
    }

    /// The people that this decider decides about; the command line sees revoked ones too.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn people(&self, decider: &Decider) -> Result<Vec<PersonView>, Failure> {
        let (people, roles, sections) = (
            self.store().people().await?,
            self.store().roles().await?,
            self.store().sections().await?,
        );
        let here = |person: &&Person| match decider.section() {
            None => true,
            Some(section) => {
                person.revoked.is_none()
                    && roles
                        .iter()
                        .any(|one| one.person == person.id && one.section == section)
            }
        };
        let view = |person| person_view(person, &roles, &sections, self.now());
        Ok(people.iter().filter(here).map(view).collect())
    }

    async fn person_view(&self, id: &str) -> Result<PersonView, Failure> {
        let found = self.store().person_with_roles(id).await?;
        let (person, roles) = found.ok_or_else(unknown)?;
        Ok(person_view(
            &person,
            &roles,
            &self.store().sections().await?,
            self.now(),
        ))
    }

    /// Whether a person has a role in a section.
    async fn member(&self, section: &str, id: &str) -> Result<Vec<RoleRow>, Failure> {
        let found = self.store().person_with_roles(id).await?;
        let (_, roles) = found
            .filter(|(person, _)| person.revoked.is_none())
            .ok_or_else(unknown)?;
        match roles.iter().any(|one| one.section == section) {
            true => Ok(roles),
            false => Err(unknown()),
        }
    }

    async fn decides_about(&self, decider: &Decider, id: &str) -> Result<(), Failure> {
        let Some(section) = decider.section() else {
            let found = self.store().person_with_roles(id).await?;
            let there = found.filter(|(person, _)| person.revoked.is_none());
            return there.map(drop).ok_or_else(unknown);
        };
        let roles = self.member(section, id).await?;
        match roles.iter().all(|one| one.section == section) {
            true => Ok(()),
            false => Err(elsewhere()),
        }
    }
}

impl From<&Section> for SectionView {
    fn from(section: &Section) -> Self {
        Self {
            id: section.id.clone(),
            organisation: section.organisation.clone(),
            name: section.name.clone(),
            address: section.address.clone(),
            telephone: section.telephone.clone(),
        }
    }
}

/// The roles by section.
pub(super) fn by_section(roles: &[RoleRow], sections: &[Section]) -> Vec<RolesView> {
    let of = |section: &Section| RolesView {
        section: section.into(),
        roles: (roles.iter().filter(|one| one.section == section.id))
            .map(|one| one.role.clone())
            .collect(),
    };
    sections.iter().map(of).filter(|one| !one.roles.is_empty()).collect()
}

fn person_view(person: &Person, roles: &[RoleRow], sections: &[Section], now: Timestamp) -> PersonView {
    let own: Vec<RoleRow> = roles.iter().filter(|one| one.person == person.id).cloned().collect();
    PersonView {
        id: person.id.clone(),
        name: person.name.clone(),
        address: person.address.clone(),
        sections: by_section(&own, sections),
        state: match (person.revoked, &person.password, person.invitation_ends) {
            (Some(_), ..) => "revoked",
            (None, Some(_), _) => "enrolled",
            (None, None, Some(ends)) if ends > now => "invited",
            (None, None, _) => "lapsed",
        },
        created: person.created.rfc3339(),
    }
}

fn checked(wanted: &PersonWanted, now: Timestamp) -> Result<Person, Failure> {
    let name = Line::<MAX_PERSON_CHARS>::new(&wanted.name, "name")?;
    Ok(Person {
        id: super::new_id(),
        name: name.as_str().to_owned(),
        address: MailAddress::parse(&wanted.address)?.as_str().to_owned(),
        password: None,
        salt: secret().into_bytes(),
        step: 0,
        invitation_ends: None,
        failures: 0,
        rests_until: now,
        created: now,
        revoked: None,
    })
}

fn roles(names: &[String]) -> Result<Vec<Role>, Failure> {
    let read = |name: &String| {
        let unknown = || Failure::new(FailureKind::Invalid, "role_unknown").with("role", crate::text::plain(name));
        Role::named(name).ok_or_else(unknown)
    };
    names.iter().map(read).collect()
}

fn new_section(wanted: &SectionWanted, now: Timestamp) -> Result<(Section, bool), Failure> {
    let address = wanted.address.as_deref().map(MailAddress::parse).transpose()?;
    let telephone = wanted.telephone.as_deref();
    let telephone = telephone.map(|text| Line::<40>::new(text, "telephone")).transpose()?;
    let section = Section {
        id: super::new_id(),
        organisation: Name::new(&wanted.organisation, "organisation")?.as_str().to_owned(),
        name: Name::new(&wanted.name, "section")?.as_str().to_owned(),
        address: address.as_ref().map_or("", MailAddress::as_str).to_owned(),
        telephone: telephone.map(|line| line.as_str().to_owned()),
        created: now,
    };
    Ok((section, address.is_some()))
}

/// The id of the section that is asked for.
async fn find_section(
    tx: &mut Tx,
    (wanted, has_address): (Section, bool),
    actor: &str,
    now: Timestamp,
) -> Result<String, Failure> {
    if let Some(known) = tx.section_named(&wanted.organisation, &wanted.name).await? {
        return Ok(known.id);
    }
    if !has_address {
        return Err(Failure::new(FailureKind::Invalid, "section_address_missing"));
    }
    tx.add_section(&wanted).await?;
    let event = audit::Event::new(now, Kind::SectionAdded, actor, &*wanted.id)
        .with("organisation", &*wanted.organisation)
        .with("name", &*wanted.name);
    audit::append(tx, &event).await?;
    Ok(wanted.id)
}

/// Another section's administrator may still hold an invitation that nobody took up: roles of this section would be theirs.
async fn not_invited_elsewhere(tx: &mut Tx, known: &Person, section: &str) -> Result<(), Failure> {
    let roles = tx.roles_of(&known.id).await?;
    match known.password.is_some() || roles.iter().all(|one| one.section == section) {
        true => Ok(()),
        false => Err(elsewhere()),
    }
}

async fn invite(tx: &mut Tx, id: &str, actor: &str, now: Timestamp) -> Result<String, Failure> {
    let (invitation, salt) = (secret(), secret());
    let ends = now.plus(INVITATION_LIFE);
    let done = tx
        .invite(id, (&Sha256::digest(&invitation).into(), ends), salt.as_bytes())
        .await;
    done.map_err(|error| match error {
        StoreError::NotFound { .. } => unknown(),
        other => other.into(),
    })?;
    audit::append(tx, &audit::Event::new(now, Kind::PersonInvited, actor, id)).await?;
    Ok(invitation)
}

async fn put_roles(
    tx: &mut Tx,
    (person, section): (&str, &str),
    roles: &[Role],
    actor: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let names: Vec<String> = Role::ALL
        .into_iter()
        .filter(|role| roles.contains(role))
        .map(|role| role.name().to_owned())
        .collect();
    tx.put_roles(person, section, &names).await?;
    let event = audit::Event::new(now, Kind::RolesChanged, actor, person)
        .with("section", section)
        .with("roles", names);
    audit::append(tx, &event).await?;
    Ok(())
}

fn elsewhere() -> Failure {
    Failure::new(FailureKind::Forbidden, "person_elsewhere")
}

pub(super) fn unknown() -> Failure {
    Failure::new(FailureKind::NotFound, "person_unknown")
}
