//! The organisation's rules about its contracts: when the party type is demanded, when an approval.

use serde::{Deserialize, Serialize};

use super::signer::Method;
use super::words::Name;
use super::yen::Yen;
use super::{Error, Terms};

/// What the organisation demands. A contract without amount (単価契約) is taken as one over every limit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// From this amount on every signer signs with an own certificate.
    pub party_from_yen: Option<Yen>,
    /// With these counterparties, whatever the amount.
    pub party_counterparties: Vec<Name>,
    /// From this amount on somebody else approves before it is sent.
    pub approval_from_yen: Option<Yen>,
}

impl Policy {
    /// Checks terms that are about to be sent.
    ///
    /// # Errors
    /// [`Error::PartyDemanded`] for the first signer of the wrong type; [`Error::NotApproved`].
    pub fn check(&self, terms: &Terms, approved: bool) -> Result<(), Error> {
        let witness = terms.signers.iter().find(|signer| signer.method == Method::Witness);
        match witness {
            Some(signer) if self.demands_party(terms) => Err(Error::PartyDemanded { signer: signer.number }),
            _ if !approved && reaches(terms, self.approval_from_yen) => Err(Error::NotApproved),
            _ => Ok(()),
        }
    }

    fn demands_party(&self, terms: &Terms) -> bool {
        let named = self
            .party_counterparties
            .iter()
            .any(|name| terms.record.counterparties.contains(name));
        named || reaches(terms, self.party_from_yen)
    }
}

fn reaches(terms: &Terms, limit: Option<Yen>) -> bool {
    limit.is_some_and(|limit| terms.record.amount.is_none_or(|amount| amount >= limit))
}
