//! What people read, in Japanese and English.
//!
//! The messages stand in `text/ja` and `text/en`, one Fluent file a module; nothing here decides what to say, and no secret is ever an argument.

pub mod pattern;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::OnceLock;
use unic_langid::langid;

/// A language that hankod speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

/// An error, finding or notice that can be told to a person.
pub trait Explain {
    /// The stable `snake_case` name that programs read; also the message's name in the catalogue, with `-` for `_`.
    fn code(&self) -> &'static str;

    /// What the message names: `{ $file }` is filled by `("file", ...)`.
    fn args(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What happened and what to do, for the person who meets it.
    fn explain(&self, lang: Lang) -> String {
        let args = self.args();
        let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        say(lang, &self.code().replace('_', "-"), &args)
    }
}

macro_rules! catalogue {
    ($($name:literal),* $(,)?) => {
        const JA: &[&str] = &[$(include_str!(concat!("text/ja/", $name, ".ftl"))),*];
        const EN: &[&str] = &[$(include_str!(concat!("text/en/", $name, ".ftl"))),*];
    };
}

catalogue!(
    "access", "app", "audit", "cli", "cms", "config", "console", "contract", "daemon", "demo", "der", "fetch", "http",
    "keys", "mail", "net", "office", "pdf", "process", "render", "sign", "signer", "store", "token", "trust", "tsa",
    "verify",
);

impl Lang {
    /// From a tag such as `ja`, `ja-JP`, `en_US.UTF-8`; `None` for other languages.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "ja" => Some(Self::Ja),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that hankod speaks; quality values are taken as already sorted, as browsers send them.
    pub fn from_accept_language(header: &str) -> Self {
        header
            .split(',')
            .find_map(|part| Self::from_tag(part.trim()))
            .unwrap_or_default()
    }

    /// The tag for `lang` attributes and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// The message `id` in `lang`. Values keep their text but lose control and bidirectional characters ([`plain`]).
///
/// An unknown `id` gives the `id` itself: a page with an odd word is better than none. The test `every_message_stands_in_both_languages` keeps it from happening.
pub fn say(lang: Lang, id: &str, values: &[(&str, &str)]) -> String {
    let bundle = bundle(lang);
    let Some(pattern) = bundle.get_message(id).and_then(|m| m.value()) else {
        return id.to_owned();
    };
    let mut args = FluentArgs::new();
    for (name, value) in values {
        args.set(*name, plain(value));
    }
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned()
}

/// `true` when the catalogue of `lang` has `id`.
pub fn has(lang: Lang, id: &str) -> bool {
    bundle(lang).has_message(id)
}

/// Text from outside, safe to show: control characters, line ends and bidirectional marks become `�`.
pub fn plain(text: &str) -> String {
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect()
}

fn bundle(lang: Lang) -> &'static FluentBundle<FluentResource> {
    static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (cell, sources, id) = match lang {
        Lang::Ja => (&BUNDLES[0], JA, langid!("ja")),
        Lang::En => (&BUNDLES[1], EN, langid!("en")),
    };
    cell.get_or_init(|| {
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        for source in sources {
            // A resource with a faulty message still gives its good ones; the tests below refuse faulty ones.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(good, _)| good);
            bundle.add_resource_overriding(resource);
        }
        bundle
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn messages(sources: &[&str]) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for source in sources {
            FluentResource::try_new((*source).to_owned()).expect("a catalogue parses");
            let mut current = String::new();
            for line in source.lines() {
                if let Some((name, _)) = line.split_once(" =")
                    && !name.starts_with([' ', '#', '.'])
                {
                    current = name.to_owned();
                    assert!(
                        found.insert(current.clone(), Vec::new()).is_none(),
                        "{current} stands twice"
                    );
                }
                for (at, _) in line.match_indices("{ $") {
                    let name: String = line[at + 3..]
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if let Some(names) = found.get_mut(&current)
                        && !names.contains(&name)
                    {
                        names.push(name);
                        names.sort();
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_message_stands_in_both_languages_with_the_same_values() {
        assert_eq!(messages(JA), messages(EN));
    }

    #[test]
    fn hostile_text_is_neutralised() {
        assert_eq!(plain("a\n\u{202e}b"), "a\u{fffd}\u{fffd}b");
        assert_eq!(plain("甲野太郎 契約書.pdf"), "甲野太郎 契約書.pdf");
    }

    #[test]
    fn languages_are_found() {
        assert_eq!(Lang::from_accept_language("fr, en-GB;q=0.8, ja;q=0.5"), Lang::En);
        assert_eq!(Lang::from_tag("ja_JP.UTF-8"), Some(Lang::Ja));
        assert_eq!(Lang::from_accept_language(""), Lang::Ja);
    }
}
