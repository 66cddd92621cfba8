//! 電子契約締結証明書 (S36-S44): what stands on it, line by line. Drawing and signing it is for others.
//!
//! Everything comes from what was frozen when it happened; a person or section that is renamed later does not change a certificate.

use std::fmt::Write;

use super::Contract;
use super::progress::{Identity, Progress, Signed};

/// The order of a subject's attributes (S39); the first name is the certificate's, the second what is printed.
const SUBJECT_LINES: [(&str, &str); 6] = [
    ("CN", "CN"),
    ("O", "O"),
    ("OU", "OU"),
    ("L", "L"),
    ("ST", "S"),
    ("C", "C"),
];

/// What the certificate of conclusion says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// 文書名.
    pub title: String,
    /// 管理番号, zero-padded.
    pub number: String,
    /// 文書作成者: the organisation, with its section.
    pub author: String,
    /// 文書作成者メールアドレス.
    pub author_address: String,
    /// 締結証明書ID: 32 hexadecimal digits.
    pub id: String,
    /// One for each signature, in the order of their arrival.
    pub rows: Vec<Row>,
    /// Name and SHA-256 of each concluded file, in order.
    pub documents: Vec<(String, String)>,
}

/// One signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// 操作日時: `2020/07/31 20:09(JST)`.
    pub time: String,
    /// The address that the request came from.
    pub ip: Option<String>,
    /// 署名方法: 実印タイプ or 契約印タイプ.
    pub method: &'static str,
    /// 署名者情報, line by line.
    pub signer: Vec<String>,
}

impl Certificate {
    /// The certificate of a contract that everybody signed; `None` before. `sha256`: of each concluded file, in the documents' order.
    pub fn of(contract: &Contract, sha256: &[[u8; 32]]) -> Option<Self> {
        let mut signed: Vec<(&Progress, &Signed)> = contract
            .progress
            .iter()
            .map(|one| Some((one, one.signed.as_ref()?)))
            .collect::<Option<_>>()?;
        signed.sort_by_key(|(one, signed)| (signed.at, one.signer));
        let documents = &contract.terms.documents;
        if signed.is_empty() || documents.len() != sha256.len() {
            return None;
        }
        let names = documents.iter().map(|document| document.name.as_str().to_owned());
        let sender = &contract.sender;
        let mut author = sender.organisation.as_str().to_owned();
        if let Some(section) = &sender.section {
            // Writing to a string cannot fail.
            let _ = write!(author, " {}", section.as_str());
        }
        Some(Self {
            title: contract.terms.title.as_str().to_owned(),
            number: contract.printed_number()?,
            author,
            author_address: sender.address.as_str().to_owned(),
            id: contract.certificate_id.as_ref()?.as_str().to_owned(),
            rows: signed.into_iter().map(|(_, signed)| row(signed)).collect(),
            documents: names.zip(sha256.iter().map(hex::encode)).collect(),
        })
    }
}

fn row(signed: &Signed) -> Row {
    let method = match signed.identity {
        Identity::Party { .. } => super::signer::Method::Party,
        Identity::Witness { .. } => super::signer::Method::Witness,
    };
    Row {
        time: signed.at.jst_minutes(),
        ip: signed.ip.map(|ip| ip.to_string()),
        method: method.japanese(),
        signer: lines(&signed.identity),
    }
}

fn lines(identity: &Identity) -> Vec<String> {
    match identity {
        Identity::Party { subject, .. } => {
            let of = |(name, printed): &(&str, &'static str)| {
                let printed = *printed;
                let values = subject.iter().filter(move |(found, _)| found == name);
                values
                    .map(move |(_, value)| format!("{printed}={value}"))
                    .collect::<Vec<_>>()
            };
            SUBJECT_LINES.iter().flat_map(of).collect()
        }
        Identity::Witness {
            organisation,
            name,
            reach,
            ..
        } => {
            let organisation = organisation.as_ref().map(|one| one.as_str().to_owned());
            let person = [name.as_str().to_owned(), reach.to_string()];
            organisation.into_iter().chain(person).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::contract::address::{Phone, Reach};
    use crate::contract::words::{Line, Name};

    fn signed(identity: Identity) -> Signed {
        Signed {
            at: Timestamp::parse_rfc3339("2020-07-31T11:09:30Z").unwrap(),
            ip: Some([203, 0, 113, 7].into()),
            identity,
        }
    }

    #[test]
    fn a_party_shows_the_certificate_in_the_order_that_offices_know() {
        let subject = [
            ("C", "JP"),
            ("ST", "Tokyo"),
            ("L", "Chiyoda"),
            ("OU", "a"),
            ("OU", "b"),
            ("O", "見本市"),
            ("CN", "市長"),
        ];
        let subject = subject
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let sha256 = Line::new(&"ab".repeat(32), "sha256").unwrap();
        let row = row(&signed(Identity::Party { subject, sha256 }));
        assert_eq!(
            row.signer,
            ["CN=市長", "O=見本市", "OU=a", "OU=b", "L=Chiyoda", "S=Tokyo", "C=JP"]
        );
        assert_eq!((row.time.as_str(), row.method), ("2020/07/31 20:09(JST)", "実印タイプ"));
        assert_eq!(row.ip.as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn a_witness_may_be_known_by_telephone() {
        let row = row(&signed(Identity::Witness {
            organisation: Some(Name::new("見本建設株式会社", "organisation").unwrap()),
            name: Name::new("甲野太郎", "name").unwrap(),
            reach: Reach::Phone(Phone::parse("090-1234-5678").unwrap()),
            factors: Vec::new(),
        }));
        assert_eq!(row.signer, ["見本建設株式会社", "甲野太郎", "+819012345678"]);
        assert_eq!(row.method, "契約印タイプ");
    }
}
