//! The states of a contract and the acts that lead from one to another: one table, and nothing that is not in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;

/// Where a contract stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 作成中: only its own people see it.
    Draft,
    /// 確認中: approvers, or the other side before sending (事前確認), read it.
    InReview,
    /// 署名依頼中: its version is fixed; signers sign in their order.
    Sent,
    /// 署名済・タイムスタンプ待ち: everybody has signed, evidence is not complete.
    Completing,
    /// 締結済.
    Concluded,
    /// 却下: a signer refused.
    Declined,
    /// 期限切れ.
    Expired,
    /// 取り下げ: the sender took it back.
    Withdrawn,
}

/// What can be done to a contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Terms, documents, signers or fields are written anew.
    Change,
    /// It is shown to those who review it.
    AskReview,
    /// A reviewer says something about a page.
    Comment,
    /// An approver agrees.
    Approve,
    /// A reviewer asks for corrections.
    AskCorrection,
    /// The version is fixed and the first group is asked.
    Send,
    /// A signer opened it.
    Open,
    /// A signer signed, others follow.
    Sign,
    /// The last signer signed.
    SignLast,
    /// A signer refuses; the contract ends.
    Decline,
    /// A signer names a colleague instead.
    Forward,
    /// 心当たりがない: the addressee knows nothing of it.
    Disown,
    /// A mail could not be delivered.
    Bounce,
    /// A signer is reminded.
    Remind,
    /// A signer is asked anew, perhaps elsewhere; earlier links are void.
    AskAgain,
    /// The sender takes it back.
    Withdraw,
    /// The due date passed.
    Expire,
    /// A timestamp or revocation data could not be had yet.
    Delay,
    /// All evidence is in.
    Conclude,
}

/// Every legal step. What is not here is refused.
const TABLE: &[(Act, State, State)] = {
    use Act::{
        Approve, AskAgain, AskCorrection, AskReview, Bounce, Change, Comment, Conclude, Decline, Delay, Disown, Expire,
        Forward, Open, Remind, Send, Sign, SignLast, Withdraw,
    };
    use State::{Completing, Concluded, Declined, Draft, Expired, InReview, Sent, Withdrawn};
    &[
        (Change, Draft, Draft),
        (AskReview, Draft, InReview),
        (Send, Draft, Sent),
        (Withdraw, Draft, Withdrawn),
        (Comment, InReview, InReview),
        (Approve, InReview, InReview),
        (AskCorrection, InReview, Draft),
        (Send, InReview, Sent),
        (Withdraw, InReview, Withdrawn),
        (Open, Sent, Sent),
        (Sign, Sent, Sent),
        (SignLast, Sent, Completing),
        (Decline, Sent, Declined),
        (Forward, Sent, Sent),
        (Disown, Sent, Sent),
        (Bounce, Sent, Sent),
        (Remind, Sent, Sent),
        (AskAgain, Sent, Sent),
        (Withdraw, Sent, Withdrawn),
        (Expire, Sent, Expired),
        (Delay, Completing, Completing),
        (Conclude, Completing, Concluded),
    ]
};

impl State {
    /// The state after `act`.
    ///
    /// # Errors
    /// [`Error::NotNow`] when the table has no such step.
    pub fn after(self, act: Act) -> Result<Self, Error> {
        let step = TABLE.iter().find(|(a, from, _)| *a == act && *from == self);
        step.map(|(.., to)| *to).ok_or(Error::NotNow { act, state: self })
    }

    /// Nothing can happen to it any more, except that its evidence is renewed.
    pub fn is_over(self) -> bool {
        TABLE.iter().all(|(_, from, _)| *from != self)
    }

    /// The name that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Sent => "sent",
            Self::Completing => "completing",
            Self::Concluded => "concluded",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Draft,
            Self::InReview,
            Self::Sent,
            Self::Completing,
            Self::Concluded,
            Self::Declined,
            Self::Expired,
            Self::Withdrawn,
        ];
        all.into_iter().find(|state| state.name() == name)
    }
}

impl Act {
    /// The name that programs read, also in the contract's events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::AskReview => "ask_review",
            Self::Comment => "comment",
            Self::Approve => "approve",
            Self::AskCorrection => "ask_correction",
            Self::Send => "send",
            Self::Open => "open",
            Self::Sign => "sign",
            Self::SignLast => "sign_last",
            Self::Decline => "decline",
            Self::Forward => "forward",
            Self::Disown => "disown",
            Self::Bounce => "bounce",
            Self::Remind => "remind",
            Self::AskAgain => "ask_again",
            Self::Withdraw => "withdraw",
            Self::Expire => "expire",
            Self::Delay => "delay",
            Self::Conclude => "conclude",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Explain;

    const STATES: [State; 8] = [
        State::Draft,
        State::InReview,
        State::Sent,
        State::Completing,
        State::Concluded,
        State::Declined,
        State::Expired,
        State::Withdrawn,
    ];

    /// For each act the states in which it is legal, written down apart from the table.
    const LEGAL: [(Act, &[State]); 19] = [
        (Act::Change, &[State::Draft]),
        (Act::AskReview, &[State::Draft]),
        (Act::Comment, &[State::InReview]),
        (Act::Approve, &[State::InReview]),
        (Act::AskCorrection, &[State::InReview]),
        (Act::Send, &[State::Draft, State::InReview]),
        (Act::Open, &[State::Sent]),
        (Act::Sign, &[State::Sent]),
        (Act::SignLast, &[State::Sent]),
        (Act::Decline, &[State::Sent]),
        (Act::Forward, &[State::Sent]),
        (Act::Disown, &[State::Sent]),
        (Act::Bounce, &[State::Sent]),
        (Act::Remind, &[State::Sent]),
        (Act::AskAgain, &[State::Sent]),
        (Act::Withdraw, &[State::Draft, State::InReview, State::Sent]),
        (Act::Expire, &[State::Sent]),
        (Act::Delay, &[State::Completing]),
        (Act::Conclude, &[State::Completing]),
    ];

    #[test]
    fn every_act_is_legal_exactly_where_it_should_be() {
        for (act, legal) in LEGAL {
            for state in STATES {
                let after = state.after(act);
                assert_eq!(after.is_ok(), legal.contains(&state), "{act} in {state}");
                if let Err(error) = after {
                    assert!(error.code().starts_with("contract_"), "{act} in {state}");
                }
            }
        }
    }

    #[test]
    fn only_the_last_signature_completes_and_only_evidence_concludes() {
        let to = |wanted| move |(_, _, to): &&(Act, State, State)| *to == wanted;
        let acts = |wanted| {
            TABLE
                .iter()
                .filter(to(wanted))
                .map(|(act, ..)| *act)
                .collect::<Vec<_>>()
        };
        assert_eq!(acts(State::Concluded), [Act::Conclude]);
        assert_eq!(acts(State::Completing), [Act::SignLast, Act::Delay]);
    }

    #[test]
    fn four_states_are_the_end() {
        let over: Vec<State> = STATES.into_iter().filter(|state| state.is_over()).collect();
        assert_eq!(
            over,
            [State::Concluded, State::Declined, State::Expired, State::Withdrawn]
        );
        for state in STATES {
            assert_eq!(State::named(state.name()), Some(state));
        }
    }
}
