//! The levels that a signature can be asked to reach, and how fresh their evidence must be. What a file has reached is judged elsewhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Level of the signature (ETSI EN 319 142-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, ToSchema)]
pub enum Level {
    /// Signature alone.
    #[default]
    #[serde(rename = "b-b")]
    BB,
    /// With a timestamp over the signature.
    #[serde(rename = "b-t")]
    BT,
    /// And with the data that shows that no certificate was revoked.
    #[serde(rename = "b-lt")]
    BLt,
    /// And with a timestamp over all of it, to be renewed as it ages.
    #[serde(rename = "b-lta")]
    BLta,
}

impl Level {
    /// Its name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BB => "b-b",
            Self::BT => "b-t",
            Self::BLt => "b-lt",
            Self::BLta => "b-lta",
        }
    }

    /// The level of that name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::BB, Self::BT, Self::BLt, Self::BLta];
        all.into_iter().find(|level| level.name() == name)
    }
}

/// Which revocation data may stand in a file for its signers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// What can be had at once and is not outdated.
    #[default]
    Immediate,
    /// Issued after the signature's time and the configured grace period, when a revocation that was under way has become known: the file goes out as
    /// B-T, and a job completes it.
    AfterGrace,
}
