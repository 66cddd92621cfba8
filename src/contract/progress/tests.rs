//! A contract walked through its acts.

use super::*;
use crate::contract::address::MailAddress;
use crate::contract::field::{Field, Kind, Place};
use crate::contract::policy::Policy;
use crate::contract::signer::Method;
use crate::contract::terms::{Action, Document, Record};
use crate::contract::yen::Yen;

fn name(text: &str) -> Name {
    Name::new(text, "name").unwrap()
}

fn who() -> Who {
    Who {
        name: name("乙野花子"),
        account: None,
        signer: None,
        ip: Some([192, 0, 2, 1].into()),
        agent: None,
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-23T01:00:00Z")
}

fn signer(number: u16, order: u16, method: Method) -> Signer {
    Signer {
        number,
        order,
        name: name("甲野太郎"),
        organisation: None,
        post: None,
        reach: Reach::Mail(MailAddress::parse("taro@example.jp").unwrap()),
        method,
        factors: vec![Factor::MailCode],
        certificates: Vec::new(),
    }
}

fn seal(number: u16, document: u16, signer: u16) -> Field {
    let place = Place::At {
        page: 1,
        x: 400.0,
        y: 700.0,
        w: 60.0,
        h: 60.0,
    };
    Field {
        number,
        document,
        signer,
        kind: Kind::Seal,
        label: name("印"),
        required: true,
        place: Some(place),
    }
}

fn document(number: u16, action: Action) -> Document {
    Document {
        number,
        name: name("契約書"),
        action,
        sha256: Line::new(&"ab".repeat(32), "sha256").unwrap(),
        pages: vec![(595.3, 841.9)],
    }
}

/// Two of the contractor at once, then the city; a contract and a cover letter.
fn terms() -> Terms {
    Terms {
        title: name("工事請負契約書"),
        message: Lines::default(),
        documents: vec![document(1, Action::Sign), document(2, Action::View)],
        signers: vec![
            signer(1, 1, Method::Party),
            signer(2, 1, Method::Witness),
            signer(3, 2, Method::Party),
        ],
        fields: vec![seal(1, 1, 1), seal(2, 1, 2), seal(3, 1, 3)],
        checklist: Vec::new(),
        due: Some("2026-11-30".parse().unwrap()),
        reminders: vec![3],
        record: Record {
            counterparties: vec![name("見本建設株式会社")],
            amount: Some(Yen::new(5_000_000).unwrap()),
            ..Record::default()
        },
    }
}

fn draft(terms: Terms) -> Contract {
    let sender = Sender {
        organisation: name("見本市"),
        section: Some(name("総務課(起案用)")),
        contact: None,
        telephone: None,
        address: MailAddress::parse("soumu@city.example.lg.jp").unwrap(),
    };
    Contract::draft("c1".to_owned(), sender, terms).unwrap()
}

fn send(contract: &mut Contract, policy: &Policy) -> Result<Vec<u16>, Error> {
    let id = Line::new(&"0f".repeat(16), "id").unwrap();
    contract.send(policy, 15, id, who(), now()).map(|(_, asked)| asked)
}

fn sent() -> Contract {
    let mut contract = draft(terms());
    assert_eq!(send(&mut contract, &Policy::default()), Ok(vec![1, 2]));
    contract
}

fn identity() -> Identity {
    Identity::Witness {
        organisation: None,
        name: name("甲野太郎"),
        reach: Reach::Mail(MailAddress::parse("taro@example.jp").unwrap()),
        factors: vec![Factor::MailCode],
    }
}

fn sign(contract: &mut Contract, signer: u16) -> Result<(Act, Vec<u16>), Error> {
    let signed = contract.sign(signer, identity(), who(), now());
    signed.map(|(event, asked)| (event.act, asked))
}

fn act(contract: &mut Contract, act: Act, signer: Option<u16>) -> Result<Event, Error> {
    contract.act(act, signer, Lines::default(), who(), now())
}

#[test]
fn a_group_is_asked_once_everybody_before_it_has_signed() {
    let mut contract = sent();
    assert_eq!(contract.printed_number().unwrap(), "0000015");
    assert_eq!(sign(&mut contract, 3), Err(Error::NotTheirTurn(3)));
    assert_eq!(sign(&mut contract, 2), Ok((Act::Sign, vec![])));
    assert_eq!(sign(&mut contract, 2), Err(Error::SignedAlready(2)));
    assert_eq!(sign(&mut contract, 1), Ok((Act::Sign, vec![3])));
    assert_eq!(contract.state, State::Sent);
    assert_eq!(sign(&mut contract, 3), Ok((Act::SignLast, vec![])));
    assert_eq!(contract.state, State::Completing);
}

#[test]
fn it_is_concluded_only_when_the_evidence_is_in() {
    let mut contract = sent();
    assert!(contract.conclude(who(), now()).is_err());
    for signer in [1, 2, 3] {
        sign(&mut contract, signer).unwrap();
    }
    let reason = Line::new("fetch_no_timestamp", "reason").unwrap();
    contract.put_off(reason, now(), who(), now()).unwrap();
    assert_eq!(contract.state, State::Completing);
    assert!(act(&mut contract, Act::Withdraw, None).is_err());
    contract.conclude(who(), now()).unwrap();
    assert_eq!((contract.state, contract.delay), (State::Concluded, None));
}

#[test]
fn a_refused_act_changes_nothing() {
    let mut contract = sent();
    let before = contract.clone();
    assert!(contract.change(terms(), who(), now()).is_err());
    assert!(act(&mut contract, Act::Decline, Some(3)).is_err());
    assert!(act(&mut contract, Act::Approve, None).is_err());
    assert!(sign(&mut contract, 9).is_err());
    assert!(send(&mut contract, &Policy::default()).is_err());
    assert_eq!(contract, before);
}

#[test]
fn a_decline_ends_it_for_all() {
    let mut contract = sent();
    act(&mut contract, Act::Decline, Some(1)).unwrap();
    assert_eq!(contract.state, State::Declined);
    let state = State::Declined;
    assert_eq!(sign(&mut contract, 2), Err(Error::NotNow { act: Act::Sign, state }));
}

#[test]
fn forwarding_makes_earlier_links_void() {
    let mut contract = sent();
    act(&mut contract, Act::Bounce, Some(1)).unwrap();
    let reach = Reach::Mail(MailAddress::parse("jiro@example.jp").unwrap());
    let event = contract.ask_again(Act::Forward, 1, name("甲野次郎"), reach, who(), now());
    assert_eq!(event.unwrap().text.as_str(), "甲野次郎 jiro@example.jp");
    let one = &contract.progress[0];
    assert_eq!((one.request, one.turn, one.bounced), (2, Turn::Asked, false));
    assert_eq!(contract.terms.signer(1).unwrap().name.as_str(), "甲野次郎");
}

#[test]
fn the_policy_demands_the_party_type_and_an_approval() {
    let policy: Policy = serde_json::from_str(r#"{"party_from_yen": 5000000}"#).unwrap();
    assert_eq!(
        send(&mut draft(terms()), &policy),
        Err(Error::PartyDemanded { signer: 2 })
    );
    let mut blank = terms();
    blank.record.amount = None;
    assert_eq!(
        send(&mut draft(blank), &policy),
        Err(Error::PartyDemanded { signer: 2 })
    );
    let mut small = terms();
    small.record.amount = Some(Yen::new(4_999_999).unwrap());
    assert_eq!(send(&mut draft(small), &policy), Ok(vec![1, 2]));
    let policy: Policy = serde_json::from_str(r#"{"party_counterparties": ["見本建設株式会社"]}"#).unwrap();
    assert_eq!(
        send(&mut draft(terms()), &policy),
        Err(Error::PartyDemanded { signer: 2 })
    );

    let policy: Policy = serde_json::from_str(r#"{"approval_from_yen": 1}"#).unwrap();
    let mut contract = draft(terms());
    assert_eq!(send(&mut contract, &policy), Err(Error::NotApproved));
    act(&mut contract, Act::AskReview, None).unwrap();
    act(&mut contract, Act::Approve, None).unwrap();
    assert_eq!(send(&mut contract, &policy), Ok(vec![1, 2]));
}

#[test]
fn a_correction_takes_the_approval_back() {
    let mut contract = draft(terms());
    for one in [Act::AskReview, Act::Approve, Act::AskCorrection] {
        act(&mut contract, one, None).unwrap();
    }
    assert_eq!((contract.state, contract.approved), (State::Draft, false));
}

#[test]
fn what_cannot_be_signed_is_not_sent() {
    type Break = fn(&mut Terms);
    let cases: [(Break, Error); 7] = [
        (|t| t.fields.retain(|f| f.signer != 2), Error::NothingToSign(2)),
        (|t| t.documents.push(document(3, Action::Sign)), Error::NobodySigns(3)),
        (
            |t| t.fields.push(seal(4, 1, 1)),
            Error::TwoSignatures { signer: 1, document: 1 },
        ),
        (
            |t| t.fields.push(seal(4, 2, 1)),
            Error::Reference {
                part: "document to sign",
                number: 2,
            },
        ),
        (|t| t.due = "2026-11-22".parse().ok(), Error::DuePast),
        (
            |t| t.signers.clear(),
            Error::Reference {
                part: "signer",
                number: 1,
            },
        ),
        (
            |t| t.documents[0].action = Action::View,
            Error::Count {
                part: "documents to sign",
                found: 0,
                min: 1,
                max: 50,
            },
        ),
    ];
    for (break_it, error) in cases {
        let mut contract = draft(terms());
        break_it(&mut contract.terms);
        assert_eq!(send(&mut contract, &Policy::default()), Err(error));
        assert_eq!(contract.state, State::Draft);
    }
}

#[test]
fn days_are_those_of_japan() {
    let mut contract = sent();
    // The last instant of 30 November in Japan, and the first after it.
    assert!(!contract.is_overdue(at("2026-11-30T14:59:59Z")));
    assert!(contract.is_overdue(at("2026-11-30T15:00:00Z")));
    assert_eq!(contract.to_remind("2026-11-27".parse().unwrap()), [1, 2]);
    assert_eq!(contract.to_remind("2026-11-28".parse().unwrap()), Vec::<u16>::new());
    sign(&mut contract, 1).unwrap();
    assert_eq!(contract.to_remind("2026-11-27".parse().unwrap()), [2]);
}

#[test]
fn nobody_approves_what_they_wrote() {
    let mut contract = draft(terms());
    let by = |account: &str| Who {
        account: Some(Line::new(account, "by").unwrap()),
        ..who()
    };
    contract.change(terms(), by("person:1"), now()).unwrap();
    contract.change(terms(), who(), now()).unwrap();
    act(&mut contract, Act::AskReview, None).unwrap();
    let mut approve = |who| contract.act(Act::Approve, None, Lines::default(), who, now());
    assert_eq!(approve(by("person:1")), Err(Error::OwnDraft));
    // Where an application names people, the name is what tells them apart.
    assert_eq!(approve(who()), Err(Error::OwnDraft));
    assert!(approve(by("person:2")).is_ok());
    assert!(contract.approved);
}
