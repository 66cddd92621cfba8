//! Finds secrets that somebody wrote into the file, before its keys are looked at: the error then says where secrets belong.

use toml::de::{DeTable, DeValue};

/// Keys that would hold a secret.
const SECRET_KEYS: &[&str] = &[
    "pin",
    "so_pin",
    "user_pin",
    "token_pin",
    "puk",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "client_secret",
    "key",
    "api_key",
];

/// The first key with a secret as its value, and its offset.
pub(super) fn find(table: &DeTable<'_>) -> Option<(String, usize)> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref().to_lowercase().replace('-', "_");
        if SECRET_KEYS.contains(&name.as_str()) && !value.get_ref().is_table() {
            return Some((key.get_ref().to_string(), key.span().start));
        }
        within(value.get_ref())
    })
}

fn within(value: &DeValue<'_>) -> Option<(String, usize)> {
    match value {
        DeValue::Table(table) => find(table),
        DeValue::Array(list) => list.iter().find_map(|value| within(value.get_ref())),
        _ => None,
    }
}
