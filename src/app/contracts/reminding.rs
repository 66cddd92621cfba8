//! Reminders before the last day (S49), and its end: looked at once a day, each signer reminded once on a day, whatever process is killed when.
//!
//! What was done stands in the contract's events; nothing else is remembered.

use tokio_util::sync::CancellationToken;

use super::{App, happened, itself, letters};
use crate::app::failure::Failure;
use crate::app::jobs::ACTOR;
use crate::audit::AuditError;
use crate::clock::{Day, Timestamp};
use crate::contract::Act;
use crate::contract::words::Lines;
use crate::mail::{self, Reminder};
use crate::store::{ContractRow, Tx};
use crate::text::Explain;

/// Contracts of one look at the state.
const PAGE: u32 = 500;
/// Between two looks at the clock.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

impl App {
    /// Reminds the signers whose reminder is due on this day in Japan; how many. Who was reminded today is not reminded again.
    ///
    /// # Errors
    /// What the state refused; `public_url_missing`.
    pub async fn remind_signers(&self) -> Result<usize, Failure> {
        let now = self.now();
        let Some(today) = Day::of_jst(now) else { return Ok(0) };
        let (mut reminded, mut after) = (0, String::new());
        loop {
            let ids = self.store().contracts_with_due_date(&after, PAGE).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            for id in ids {
                let row = self.store().contract(&id).await?;
                // Most contracts have nobody to remind: these cost no transaction.
                if row.is_some_and(|row| !row.contract.to_remind(today).is_empty()) {
                    reminded += self.remind(id, today, now).await?;
                }
            }
        }
        self.wake_workers();
        Ok(reminded)
    }

    async fn remind(&self, id: String, today: Day, now: Timestamp) -> Result<usize, Failure> {
        let public_url = self.public_url()?;
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                let Some(mut row) = tx.contract(&id).await? else {
                    return Ok::<_, Failure>(0);
                };
                let mut reminded = 0;
                for signer in row.contract.to_remind(today) {
                    if !tx.was_reminded(&id, signer, today.start_jst()).await? {
                        remind_one(tx, &mut row, signer, (&public_url, now)).await?;
                        reminded += 1;
                    }
                }
                Ok(reminded)
            })
        });
        done.await
    }

    /// Reminds, once on each day from the configured hour on, until `ending`.
    pub(crate) async fn watch_reminders(&self, ending: CancellationToken) {
        let mut done = None;
        loop {
            let now = self.now();
            let today = Day::of_jst(now).filter(|_| now.civil_jst().hour >= self.config().contracts.remind_from_hour);
            if today.is_some() && today != done {
                match self.remind_signers().await {
                    Ok(_) => done = today,
                    Err(failure) => {
                        log::error!(code = "reminders_not_sent", reason = failure.code(); "signers could not be reminded; it is tried again in a minute");
                    }
                }
            }
            if tokio::time::timeout(LOOK_EVERY, ending.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}

async fn remind_one(
    tx: &mut Tx,
    row: &mut ContractRow,
    signer: u16,
    (public_url, now): (&str, Timestamp),
) -> Result<(), Failure> {
    let event = row
        .contract
        .act(Act::Remind, Some(signer), Lines::default(), itself()?, now)?;
    happened(tx, row, &event, ACTOR).await?;
    let contract = &row.contract;
    let (Ok(known), Some(due)) = (contract.terms.signer(signer), contract.terms.due) else {
        return Ok(());
    };
    let link = letters::new_link(tx, contract, signer, (public_url, due.end_jst())).await?;
    let letter = mail::reminder(&Reminder {
        sender: &letters::sender_name(&contract.sender),
        title: contract.terms.title.as_str(),
        name: known.name.as_str(),
        number: &contract.printed_number().unwrap_or_default(),
        due: &due.in_japanese(),
        contact: &letters::contact(&contract.sender),
        link: &link,
    });
    letters::put(tx, contract, Some(known), ("reminder", letter), now).await?;
    Ok(())
}

/// Tells the sender that the last day has passed, and who had not signed.
///
/// # Errors
/// What the state refused.
pub(super) async fn tell_expired(tx: &mut Tx, row: &ContractRow, now: Timestamp) -> Result<(), AuditError> {
    let contract = &row.contract;
    let open = contract.progress.iter().filter(|one| one.signed.is_none());
    let names = open.filter_map(|one| contract.terms.signer(one.signer).ok());
    let names: Vec<&str> = names.map(|signer| signer.name.as_str()).collect();
    let letter = mail::expired(
        contract.terms.title.as_str(),
        &contract.printed_number().unwrap_or_default(),
        &contract.terms.due.map(|due| due.in_japanese()).unwrap_or_default(),
        &names.join("、"),
    );
    letters::put(tx, contract, None, ("expired", letter), now).await
}
