//! A contract's course before and beside signing: review, comments, approval, corrections, withdrawal, expiry.

use tokio_util::sync::CancellationToken;

use super::{App, Asker, Conditions, ContractView, happened, itself, reminding};
use crate::app::failure::Failure;
use crate::app::jobs::ACTOR;
use crate::contract::Act;
use crate::contract::words::Lines;
use crate::text::Explain;

/// Overdue contracts that one look ends; the next look finds the others.
const MAX_OVERDUE: u32 = 500;
/// Between two looks for contracts whose last day has passed.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

/// An act that says something and changes no more than where the contract stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saying {
    /// It is shown to those who review it.
    AskReview,
    /// A reviewer says something.
    Comment,
    /// An approver agrees.
    Approve,
    /// A reviewer asks for corrections.
    AskCorrection,
    /// The sender takes it back.
    Withdraw,
}

impl Saying {
    const fn act(self) -> Act {
        match self {
            Self::AskReview => Act::AskReview,
            Self::Comment => Act::Comment,
            Self::Approve => Act::Approve,
            Self::AskCorrection => Act::AskCorrection,
            Self::Withdraw => Act::Withdraw,
        }
    }
}

impl App {
    /// Does an act that says something.
    ///
    /// # Errors
    /// `contract_not_found`, `contract_changed`, the state that does not allow it.
    pub async fn say_about_contract(
        &self,
        asker: &Asker,
        id: &str,
        (saying, text): (Saying, &str),
        terms: Conditions,
    ) -> Result<ContractView, Failure> {
        let text = super::said(text)?;
        self.act_alone(asker, id, terms, move |contract, who, now| {
            contract.act(saying.act(), None, text, who, now)
        })
        .await
    }

    /// Ends contracts whose last day has passed; how many.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn expire_contracts(&self) -> Result<u32, Failure> {
        let now = self.now();
        let mut ended = 0;
        for id in self.store().overdue_contracts(now, MAX_OVERDUE).await? {
            let who = itself()?;
            let done = self.store().write(move |tx| {
                Box::pin(async move {
                    let Some(mut row) = tx.contract(&id).await? else {
                        return Ok::<_, Failure>(0);
                    };
                    if !row.contract.is_overdue(now) {
                        return Ok(0);
                    }
                    let event = row.contract.act(Act::Expire, None, Lines::default(), who, now)?;
                    happened(tx, &mut row, &event, ACTOR).await?;
                    reminding::tell_expired(tx, &row, now).await?;
                    Ok(1)
                })
            });
            ended += done.await?;
        }
        self.wake_workers();
        Ok(ended)
    }

    /// Ends overdue contracts until `ending`.
    pub(crate) async fn watch_due_dates(&self, ending: CancellationToken) {
        loop {
            if let Err(failure) = self.expire_contracts().await {
                log::error!(code = failure.code(); "overdue contracts could not be ended");
            }
            if tokio::time::timeout(LOOK_EVERY, ending.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}
