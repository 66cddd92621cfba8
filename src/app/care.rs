//! Care before a PIN is spent and before a signature shows who somebody is: what is checked, and what the person is asked once more.
//!
//! Where no person is there (a PIN from a file or credential) nobody is asked; what cannot be right is refused all the same.

use std::time::Duration;

use super::App;
use super::choose::{Chosen, Signer};
use super::failure::{Failure, FailureKind};
use super::signing::Set;
use crate::der::Personal;
use crate::secret::Pin;
use crate::text::{Lang, say};
use crate::token::TokenInfo;
use crate::token::pin::{Notice, PinRule, PinSource, Prompter, half_width};

impl App {
    /// Before the last try: whether the person wants to spend it.
    ///
    /// # Errors
    /// `pin_cancelled` when not, and what else the prompt says.
    pub(super) async fn before_last_try(&self, source: &PinSource, info: &TokenInfo, set: &Set) -> Result<(), Failure> {
        let Some(prompter) = self.person(source, set)? else {
            return Ok(());
        };
        let unlock = match PinRule::of(&info.token.label) {
            PinRule::Unknown => "prompt-unlock-issuer",
            PinRule::JpkiSignature | PinRule::JpkiAuthentication => "prompt-unlock-jpki",
        };
        self.ask_on(&prompter, set, "prompt-continue", &["prompt-last-try-ask", unlock])
            .await
    }

    /// A PIN as it may be sent to the token: in half-width characters if the person says so, and of the right shape.
    ///
    /// # Errors
    /// `pin_jpki_password`, `pin_jpki_digits`: no try was spent; `pin_cancelled`.
    pub(super) async fn fit_pin(
        &self,
        source: &PinSource,
        pin: Pin,
        info: &TokenInfo,
        set: &Set,
    ) -> Result<Pin, Failure> {
        let rule = PinRule::of(&info.token.label);
        let asked = match source {
            PinSource::Prompt(prompter) if info.removable => half_width(&pin).map(|folded| (prompter, folded)),
            _ => None,
        };
        let pin = match asked {
            Some((prompter, folded)) => {
                self.ask_on(prompter, set, "prompt-continue", &["prompt-half-width"])
                    .await?;
                folded
            }
            None => pin,
        };
        rule.check(&pin)?;
        Ok(pin)
    }

    /// Before a signature with a certificate that says where somebody lives: what whoever gets the document can read, and whether to go on.
    ///
    /// What the certificate says is shown here and nowhere else: not logged, not stored.
    ///
    /// # Errors
    /// `pin_cancelled` when not, and what else the prompt says.
    pub(super) async fn before_showing(&self, chosen: &Chosen, signer: &Signer, set: &Set) -> Result<(), Failure> {
        let Some(personal) = signer.certificate.personal() else {
            return Ok(());
        };
        let Some(prompter) = self.person(&self.pin_source(chosen, set)?, set)? else {
            return Ok(());
        };
        let notice = Notice::new(set.lang, "prompt-sign", personal_lines(&personal, set.lang));
        self.put_notice(&prompter, set, notice).await
    }

    /// Whom to ask; nobody where the PIN comes from a file.
    fn person(&self, source: &PinSource, set: &Set) -> Result<Option<Prompter>, Failure> {
        match source {
            PinSource::Prompt(prompter) => Ok(Some(prompter.clone())),
            PinSource::ProtectedPath => Ok(Some(self.prompter()?.at(&set.place))),
            PinSource::File(_) | PinSource::Credential(_) => Ok(None),
        }
    }

    async fn ask_on(&self, prompter: &Prompter, set: &Set, agree: &'static str, words: &[&str]) -> Result<(), Failure> {
        let lines = words.iter().map(|id| say(set.lang, id, &[])).collect();
        self.put_notice(prompter, set, Notice::new(set.lang, agree, lines))
            .await
    }

    async fn put_notice(&self, prompter: &Prompter, set: &Set, notice: Notice) -> Result<(), Failure> {
        let patience = Duration::from_millis(self.config().prompt.deadline_ms);
        tokio::select! {
            biased;
            () = set.cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "signing_cancelled")),
            answer = prompter.agree(notice, patience) => Ok(answer?),
        }
    }
}

fn personal_lines(personal: &Personal, lang: Lang) -> Vec<String> {
    let line = |id: &str, value: &str| say(lang, id, &[("value", value)]);
    vec![
        say(lang, "prompt-personal", &[]),
        line("prompt-personal-name", &personal.name),
        line("prompt-personal-address", &personal.address),
        line("prompt-personal-birth-date", &birth_date(&personal.birth_date)),
        line("prompt-personal-sex", &sex(&personal.sex, lang)),
    ]
}

/// The card has a digit for the era, then YYYYMMDD.
fn birth_date(told: &str) -> String {
    match told.as_bytes() {
        [_, date @ ..] if date.len() == 8 && date.is_ascii() => {
            let (year, rest) = told[1..].split_at(4);
            let (month, day) = rest.split_at(2);
            format!("{year}-{month}-{day}")
        }
        _ => told.to_owned(),
    }
}

fn sex(told: &str, lang: Lang) -> String {
    match told {
        "1" => say(lang, "prompt-personal-male", &[]),
        "2" => say(lang, "prompt-personal-female", &[]),
        told => told.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_date_reads_as_a_date_and_anything_else_as_it_is() {
        assert_eq!(birth_date("419700401"), "1970-04-01");
        for odd in ["", "4", "19700401", "甲9700401", "41970040１"] {
            assert_eq!(birth_date(odd), odd);
        }
    }
}
