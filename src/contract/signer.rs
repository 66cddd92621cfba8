//! Who signs, how they are reached and known, in which order.

use serde::{Deserialize, Serialize};

use super::address::Reach;
use super::party::CertificateRule;
use super::words::Name;

/// How a signature is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 当事者型, 実印タイプ: with the signer's own certificate.
    Party,
    /// 立会人型, 契約印タイプ: the person is authenticated by mail or SMS, the operator's certificate signs.
    Witness,
}

/// How a person is known besides the link that was sent to them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A code by mail, used once.
    MailCode,
    /// A code by SMS, used once.
    SmsCode,
    /// A code that the sender told them otherwise.
    AccessCode,
}

/// One who signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// Unique in the contract; kept for ever.
    pub number: u16,
    /// Those with the lowest order are asked first; those with the same at once.
    pub order: u16,
    /// The person.
    pub name: Name,
    /// For whom the person signs.
    pub organisation: Option<Name>,
    /// The person's post.
    pub post: Option<Name>,
    /// Where the request goes.
    pub reach: Reach,
    /// How they sign.
    pub method: Method,
    /// How they are known; two for 固有性 (3条 Q&A).
    #[serde(default)]
    pub factors: Vec<Factor>,
    /// Which certificates they may use; for [`Method::Party`]. Empty: any that is fit.
    #[serde(default)]
    pub certificates: Vec<CertificateRule>,
}

impl Method {
    /// The word on the certificate of conclusion (S38).
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Party => "実印タイプ",
            Self::Witness => "契約印タイプ",
        }
    }
}
