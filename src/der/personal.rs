//! What a Japanese public certificate (JPKI, 公的個人認証) says about a person: name, sex, birth date, address.
//!
//! Personal data: shown only after consent, never logged, not in any Debug output, wiped when dropped.

use super::extensions::Extensions;
use super::oid;
use crate::text::plain;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The otherNames `1.2.392.200149.8.5.5.N` of a 署名用電子証明書, safe to show; empty where absent.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Personal {
    /// 氏名 (.1)
    pub name: String,
    /// 性別 (.3), one digit as the card has it
    pub sex: String,
    /// 生年月日 (.4), era digit and YYYYMMDD as the card has it
    pub birth_date: String,
    /// 住所 (.5)
    pub address: String,
    /// 代替文字の使用位置: of the name (.2)
    pub name_substitutes: String,
    /// 代替文字の使用位置: of the address (.6)
    pub address_substitutes: String,
}

impl Personal {
    /// `None` when the certificate has no such names.
    pub(super) fn read(extensions: &Extensions) -> Option<Self> {
        let get = |oid| {
            let found = extensions.other_names.iter().find(|(o, _)| *o == oid);
            found.map(|(_, text)| plain(text)).unwrap_or_default()
        };
        let personal = Self {
            name: get(oid::JPKI_NAME),
            sex: get(oid::JPKI_SEX),
            birth_date: get(oid::JPKI_BIRTH_DATE),
            address: get(oid::JPKI_ADDRESS),
            name_substitutes: get(oid::JPKI_NAME_SUBSTITUTES),
            address_substitutes: get(oid::JPKI_ADDRESS_SUBSTITUTES),
        };
        (!personal.name.is_empty()).then_some(personal)
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(REDACTED)")
    }
}
