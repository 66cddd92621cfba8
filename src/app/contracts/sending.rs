//! Sending: the version is fixed, its documents get their certificate ID and empty fields, the first signers are asked.
//!
//! The files are made before the transaction and take part in it only if nothing was changed meanwhile; a refusal keeps nothing.

use super::{App, Asker, Conditions, ContractView, blank, changed, letters};
use crate::app::desk::Level;
use crate::app::draft::Draft;
use crate::app::extend::Sources;
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Day;
use crate::contract::address::Reach;
use crate::contract::field::{Field, Place};
use crate::contract::policy::Policy;
use crate::contract::signer::{Factor, Method, Signer};
use crate::contract::terms::Action;
use crate::contract::words::{Line, Name};
use crate::contract::yen::Yen;
use crate::contract::{self, Act, Contract};
use crate::store::blob::{Blob, TempFile};
use crate::store::{Version, VersionKind};

impl App {
    /// Fixes the version and asks the first signers.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_changed`, what the terms lack, what the policy demands, what the server is not set up for.
    pub async fn send_contract(&self, asker: &Asker, id: &str, terms: Conditions) -> Result<ContractView, Failure> {
        let row = self.own_contract(asker, id).await?;
        // A repeated request finds the contract sent, and its key answers it before this act is looked at.
        if row.contract.state.after(Act::Send).is_err() {
            let made = self.act(asker, id, terms, move |_, row, _, _| {
                let refused = row.contract.state.after(Act::Send).map_err(Failure::from);
                Box::pin(async move { refused.and(Err(changed())) })
            });
            return made.await;
        }
        let policy = self.contract_policy()?;
        self.check_for_sending(&row.contract, &policy).await?;
        let certificate_id = Line::new(&crate::app::new_id(), "id")?;
        let made = self.make_blanks(&row.contract, &certificate_id).await?;
        let (version, public_url) = (row.version, self.public_url()?);
        self.act(asker, id, terms, move |tx, row, who, now| {
            Box::pin(async move {
                if row.version != version {
                    return Err(changed());
                }
                let number = tx.next_contract_number().await?;
                let (event, asked) = row.contract.send(&policy, number, certificate_id, who, now)?;
                for (document, blob) in made {
                    tx.add_blob(&blob, now).await?;
                    let version = Version {
                        document,
                        revision: 1,
                        kind: VersionKind::Prepared,
                        signer: None,
                        sha256: blob.sha256,
                        bytes: blob.bytes,
                        at: now,
                    };
                    tx.add_version(&row.contract.id, &version).await?;
                }
                // The links count from the state that the contract has now.
                tx.put_contract(row).await?;
                letters::ask(tx, row, &asked, &public_url, now).await?;
                Ok(event)
            })
        })
        .await
    }

    /// Where signers reach this server.
    pub(crate) fn public_url(&self) -> Result<String, Failure> {
        let url = self.config().contracts.public_url.clone();
        url.ok_or(Failure::new(FailureKind::Unavailable, "public_url_missing"))
    }

    /// The origin of this server's own pages, as browsers write it.
    pub fn own_origin(&self) -> Option<&str> {
        self.config().contracts.public_url.as_deref()
    }

    /// The operator's certificate, with which witness signatures are made.
    pub(crate) fn operator_certificate(&self) -> Result<[u8; 32], Failure> {
        let certificate = self.config().contracts.operator_certificate;
        certificate.ok_or(Failure::new(FailureKind::Unavailable, "operator_certificate_missing"))
    }

    fn contract_policy(&self) -> Result<Policy, Failure> {
        let settings = &self.config().contracts;
        let yen = |amount: Option<i64>| amount.map(Yen::new).transpose();
        let names = settings
            .party_counterparties
            .iter()
            .map(|name| Name::new(name, "counterparty"));
        Ok(Policy {
            party_from_yen: yen(settings.party_from_yen)?,
            party_counterparties: names.collect::<Result<_, _>>()?,
            approval_from_yen: yen(settings.approval_from_yen)?,
        })
    }

    /// Everything that can be known before a file is made.
    async fn check_for_sending(&self, contract: &Contract, policy: &Policy) -> Result<(), Failure> {
        let today = Day::of_jst(self.now()).ok_or(contract::Error::DuePast)?;
        contract.terms.check_for_sending(today)?;
        policy.check(&contract.terms, contract.approved)?;
        contract.terms.signers.iter().try_for_each(reachable)?;
        contract.terms.fields.iter().try_for_each(placed)?;
        self.public_url()?;
        if self.config().mail.is_none() {
            return Err(Failure::new(FailureKind::Unavailable, "mail_not_configured"));
        }
        if contract
            .terms
            .signers
            .iter()
            .any(|signer| signer.method == Method::Witness)
        {
            let key = self.key(&self.operator_certificate()?).await?;
            if self.wants_second_person(key.named()) {
                return Err(Failure::new(FailureKind::Unavailable, "operator_key_four_eyes"));
            }
        }
        // Before anybody signs for a timestamp that nobody can give.
        self.supply(Level::BT, &Sources::default()).await.map(drop)
    }

    /// Revision 0 of every document that is signed.
    async fn make_blanks(&self, contract: &Contract, id: &Line<32>) -> Result<Vec<(u16, Blob)>, Failure> {
        let versions = self.store().versions(&contract.id).await?;
        let mut made = Vec::new();
        for document in contract.terms.documents.iter().filter(|one| one.action == Action::Sign) {
            let newest = versions.iter().filter(|one| one.document == document.number);
            let newest = newest.max_by_key(|one| one.revision);
            let newest = newest.ok_or(Failure::new(FailureKind::NotFound, "contract_document_missing"))?;
            let (source, folder) = (self.store().blob_path(&newest.sha256), self.uploads().to_owned());
            let (max, fonts) = (self.max_document_bytes(), self.fonts());
            let (terms, number, id) = (contract.terms.clone(), document.number, id.clone());
            let make = move || {
                let mut draft = Draft::copy(&source, &folder, max)?;
                blank::append(&mut draft, &terms, number, id.as_str(), &*fonts)?;
                let kept = draft.into_path().keep();
                kept.map_err(|error| crate::app::not_stored(&error.error))
            };
            let path = self
                .blocking(make)
                .await
                .map_err(|failure| failure.about(document.name.as_str()))?;
            let blob = self.store().keep_blob(TempFile::adopt(path)?, u64::MAX).await?;
            made.push((document.number, blob));
        }
        Ok(made)
    }
}

/// Whether a field's place is known.
fn placed(field: &Field) -> Result<(), Failure> {
    match &field.place {
        Some(Place::Anchor { .. }) => {
            let number = field.number.to_string();
            Err(Failure::new(FailureKind::Invalid, "field_anchor_unavailable").with("number", number))
        }
        Some(Place::At { .. }) | None => Ok(()),
    }
}

/// Whether this server can reach a signer and know them.
fn reachable(signer: &Signer) -> Result<(), Failure> {
    let number = || signer.number.to_string();
    match &signer.reach {
        Reach::Mail(_) => {}
        Reach::Phone(_) => {
            return Err(Failure::new(FailureKind::Unavailable, "sms_not_configured").with("number", number()));
        }
    }
    match signer.factors.iter().all(|factor| *factor == Factor::MailCode) {
        true => Ok(()),
        false => Err(Failure::new(FailureKind::Unavailable, "factor_not_configured").with("number", number())),
    }
}
