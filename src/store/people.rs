//! Sections, people with their roles, and who is signed in, as rows.
//!
//! Who may do what, how long a session lives and when somebody must wait is decided in `access` and `app`.

mod sessions;

use hmac::{Hmac, KeyInit, Mac};

use super::dialect::{Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

pub use sessions::SessionRow;

const SECTION: &str = "section";
const PERSON: &str = "person";
const ROLE: &str = "role";

const COLUMNS: &str =
    "id, name, address, password, salt, step, invitation_ends, failures, rests_until, created, revoked";

/// A section with its drafting account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Opaque.
    pub id: String,
    /// Whose section.
    pub organisation: String,
    /// Its name, as signers read it.
    pub name: String,
    /// Mail address of the account.
    pub address: String,
    /// Telephone number, as it is printed.
    pub telephone: Option<String>,
    /// When it was added.
    pub created: Timestamp,
}

/// A person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Opaque.
    pub id: String,
    /// The name.
    pub name: String,
    /// The mail address, by which they sign in.
    pub address: String,
    /// Argon2id, as a PHC string; none before they enrolled.
    pub password: Option<String>,
    /// From which the secret of their one-time codes is derived.
    pub salt: Vec<u8>,
    /// The step of the last one-time code.
    pub step: i64,
    /// Until when an invitation is good.
    pub invitation_ends: Option<Timestamp>,
    /// Wrong tries in a row.
    pub failures: u32,
    /// No try is looked at before this.
    pub rests_until: Timestamp,
    /// When they were added.
    pub created: Timestamp,
    /// When the account was revoked.
    pub revoked: Option<Timestamp>,
}

/// What somebody may do in a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleRow {
    /// Who.
    pub person: String,
    /// Where.
    pub section: String,
    /// What: [`crate::access`]'s name of the role.
    pub role: String,
}

impl Tx {
    /// Adds a section.
    ///
    /// # Errors
    /// `state_exists` for a name that is in use.
    pub async fn add_section(&mut self, section: &Section) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO sections (id, organisation, name, address, telephone, created) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&section.id)
        .bind(&section.organisation)
        .bind(&section.name)
        .bind(&section.address)
        .bind(&section.telephone)
        .bind(section.created.micros())
        .execute(&mut self.connection)
        .await;
        self.note(SECTION, done).map(drop)
    }

    /// The section of this name, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn section_named(&mut self, organisation: &str, name: &str) -> Result<Option<Section>, StoreError> {
        let row = sqlx::query(
            "SELECT id, organisation, name, address, telephone, created FROM sections WHERE organisation = $1 AND name = $2",
        )
        .bind(organisation)
        .bind(name)
        .fetch_optional(&mut self.connection)
        .await;
        self.note(SECTION, row)?.as_ref().map(section).transpose()
    }

    /// Adds a person.
    ///
    /// # Errors
    /// `state_exists` for an address that is in use.
    pub async fn add_person(&mut self, person: &Person) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO people (id, name, address, salt, step, failures, rests_until, created) VALUES ($1, $2, $3, $4, 0, 0, 0, $5)",
        )
        .bind(&person.id)
        .bind(&person.name)
        .bind(&person.address)
        .bind(&person.salt)
        .bind(person.created.micros())
        .execute(&mut self.connection)
        .await;
        self.note(PERSON, done).map(drop)
    }

    /// The person with this address who was not revoked, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn person_at(&mut self, address: &str) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE address = $1 AND revoked IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(address)
            .fetch_optional(&mut self.connection)
            .await;
        self.note(PERSON, row)?.as_ref().map(person).transpose()
    }

    /// The person of this id, revoked or not, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn person(&mut self, id: &str) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&mut self.connection)
            .await;
        self.note(PERSON, row)?.as_ref().map(person).transpose()
    }

    /// Invites a person: password and one-time codes from before are void.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn invite(
        &mut self,
        id: &str,
        (sha256, ends): (&Sha256, Timestamp),
        salt: &[u8],
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE people SET password = NULL, salt = $4, step = 0, failures = 0, rests_until = 0, invitation = $2, \
             invitation_ends = $3 WHERE id = $1 AND revoked IS NULL",
        )
        .bind(id)
        .bind(sha256.as_slice())
        .bind(ends.micros())
        .bind(salt)
        .execute(&mut self.connection)
        .await;
        self.met(PERSON, 1, done)
    }

    /// The invited person enrolled: the invitation is used up.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn enrol(&mut self, id: &str, password: &str, step: i64) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE people SET password = $2, step = $3, invitation = NULL, invitation_ends = NULL WHERE id = $1 AND revoked IS NULL",
        )
        .bind(id)
        .bind(password)
        .bind(step)
        .execute(&mut self.connection)
        .await;
        self.met(PERSON, 1, done)
    }

    /// Writes how the last try of a person went: wrong tries in a row, until when none is looked at, the step of the last code.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn put_tries(&mut self, person: &Person) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE people SET failures = $2, rests_until = $3, step = $4 WHERE id = $1")
            .bind(&person.id)
            .bind(i64::from(person.failures))
            .bind(person.rests_until.micros())
            .bind(person.step)
            .execute(&mut self.connection)
            .await;
        self.met(PERSON, 1, done)
    }

    /// Revokes a person's account.
    ///
    /// # Errors
    /// `state_not_found` when there is none or it was revoked before.
    pub async fn revoke_person(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE people SET revoked = $2, password = NULL, invitation = NULL, invitation_ends = NULL WHERE id = $1 AND revoked IS NULL",
        )
        .bind(id)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.met(PERSON, 1, done)
    }

    /// Writes which roles a person has in a section.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_roles(&mut self, person: &str, section: &str, roles: &[String]) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM person_roles WHERE person = $1 AND section = $2")
            .bind(person)
            .bind(section)
            .execute(&mut self.connection)
            .await;
        self.note(ROLE, done)?;
        for role in roles {
            let done = sqlx::query("INSERT INTO person_roles (person, section, role) VALUES ($1, $2, $3)")
                .bind(person)
                .bind(section)
                .bind(role)
                .execute(&mut self.connection)
                .await;
            self.note(ROLE, done)?;
        }
        Ok(())
    }

    /// The roles of a person, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn roles_of(&mut self, person: &str) -> Result<Vec<RoleRow>, StoreError> {
        let rows =
            sqlx::query("SELECT person, section, role FROM person_roles WHERE person = $1 ORDER BY section, role")
                .bind(person)
                .fetch_all(&mut self.connection)
                .await;
        self.note(ROLE, rows)?.iter().map(role).collect()
    }
}

impl Store {
    /// 256 bits that only this state folder derives from `salt`: HMAC-SHA256 under the folder's own key.
    pub fn derived(&self, salt: &[u8]) -> Sha256 {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(self.folder_key()).expect("any length");
        mac.update(b"one-time codes\0");
        mac.update(salt);
        mac.finalize().into_bytes().into()
    }

    /// All sections, by name.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn sections(&self) -> Result<Vec<Section>, StoreError> {
        let sql =
            "SELECT id, organisation, name, address, telephone, created FROM sections ORDER BY organisation, name";
        let rows = sqlx::query(sql).fetch_all(self.readers()).await;
        rows.map_err(|e| self.explain(&e))?.iter().map(section).collect()
    }

    /// All people, revoked ones too, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people ORDER BY created, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.readers()).await;
        rows.map_err(|e| self.explain(&e))?.iter().map(person).collect()
    }

    /// All roles.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn roles(&self) -> Result<Vec<RoleRow>, StoreError> {
        let sql = "SELECT person, section, role FROM person_roles ORDER BY person, section, role";
        let rows = sqlx::query(sql).fetch_all(self.readers()).await;
        rows.map_err(|e| self.explain(&e))?.iter().map(role).collect()
    }

    /// The section of this id.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn section(&self, id: &str) -> Result<Option<Section>, StoreError> {
        let sql = "SELECT id, organisation, name, address, telephone, created FROM sections WHERE id = $1";
        let row = sqlx::query(sql).bind(id).fetch_optional(self.readers()).await;
        row.map_err(|e| self.explain(&e))?.as_ref().map(section).transpose()
    }

    /// The person of this id, revoked or not, and their roles.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn person_with_roles(&self, id: &str) -> Result<Option<(Person, Vec<RoleRow>)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(self.readers())
            .await;
        let Some(row) = row.map_err(|e| self.explain(&e))? else {
            return Ok(None);
        };
        let sql = "SELECT person, section, role FROM person_roles WHERE person = $1 ORDER BY section, role";
        let rows = sqlx::query(sql).bind(id).fetch_all(self.readers()).await;
        let roles = rows.map_err(|e| self.explain(&e))?;
        Ok(Some((person(&row)?, roles.iter().map(role).collect::<Result<_, _>>()?)))
    }

    /// The person whose invitation has this hash.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn invited(&self, sha256: &Sha256) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE invitation = $1 AND revoked IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(sha256.as_slice())
            .fetch_optional(self.readers())
            .await;
        row.map_err(|e| self.explain(&e))?.as_ref().map(person).transpose()
    }
}

fn section(row: &Row) -> Result<Section, StoreError> {
    Ok(Section {
        id: column(row, 0)?,
        organisation: column(row, 1)?,
        name: column(row, 2)?,
        address: column(row, 3)?,
        telephone: column(row, 4)?,
        created: Timestamp::from_micros(column(row, 5)?),
    })
}

fn person(row: &Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: column(row, 0)?,
        name: column(row, 1)?,
        address: column(row, 2)?,
        password: column(row, 3)?,
        salt: column(row, 4)?,
        step: column(row, 5)?,
        invitation_ends: column::<Option<i64>>(row, 6)?.map(Timestamp::from_micros),
        failures: u32::try_from(column::<i64>(row, 7)?).unwrap_or(u32::MAX),
        rests_until: Timestamp::from_micros(column(row, 8)?),
        created: Timestamp::from_micros(column(row, 9)?),
        revoked: column::<Option<i64>>(row, 10)?.map(Timestamp::from_micros),
    })
}

fn role(row: &Row) -> Result<RoleRow, StoreError> {
    Ok(RoleRow {
        person: column(row, 0)?,
        section: column(row, 1)?,
        role: column(row, 2)?,
    })
}
