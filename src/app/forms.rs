//! Requests that come by a form of the browser, where a page may not reach this computer by script (`POST /confirm`).
//!
//! They only wait for the person: no card is looked at, no prompt opens, and few of one site wait at once. A form proves no key; the
//! browser names its site, and the results go to an address of that very site or to the person.

use super::App;
use super::desk::{MAX_RETURN_URL_BYTES, SigningUpload, Start};
use super::failure::{Failure, FailureKind};
use super::pairings::Known;
use crate::access::{Origin, Principal};
use crate::text::Lang;

/// Most requests of one site that came by a form and wait for the person.
pub const MAX_WAITING_FORMS_PER_ORIGIN: usize = 3;

/// What a request that came by a form has besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Form {
    origin: Origin,
    /// Where the results are posted to.
    pub(crate) return_url: Option<ReturnUrl>,
}

/// An address of the site that asked, as a browser writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReturnUrl(String);

impl ReturnUrl {
    /// Reads an address; it must be one of `origin`.
    ///
    /// # Errors
    /// `return_url_invalid`, `return_url_elsewhere`.
    pub(super) fn parse(text: &str, origin: &Origin) -> Result<Self, Failure> {
        let invalid = || Failure::new(FailureKind::Invalid, "return_url_invalid");
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !br#""'<>\^`{|}"#.contains(&b));
        if !plain || text.len() > MAX_RETURN_URL_BYTES {
            return Err(invalid());
        }
        let (_, rest) = text.split_once("://").ok_or_else(invalid)?;
        // A canonical origin is followed by a slash, never by a port or a name that goes on.
        let path = text.strip_prefix(origin.as_str());
        if !rest.contains('/') || !path.is_some_and(|path| path.starts_with('/')) {
            return Err(Failure::new(FailureKind::Invalid, "return_url_elsewhere"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl App {
    /// Takes the documents of a form over; they wait for the person on the daemon's own page, whatever the manifest says of `start`.
    ///
    /// # Errors
    /// `return_url_invalid`, `return_url_elsewhere`, `forms_too_many`, and those of [`App::create_signing`].
    pub async fn create_by_form(
        &self,
        origin: &Origin,
        mut upload: SigningUpload,
        lang: Lang,
    ) -> Result<String, Failure> {
        let return_url = upload.return_url.take();
        let return_url = return_url.map(|text| ReturnUrl::parse(&text, origin)).transpose()?;
        let too_many = || Failure::new(FailureKind::TooMany, "forms_too_many");
        self.sweep();
        if self.desk().waiting_forms(origin) >= MAX_WAITING_FORMS_PER_ORIGIN {
            return Err(too_many());
        }
        upload.request.start = Start::AfterConfirmation;
        let form = Form {
            origin: origin.clone(),
            return_url,
        };
        let who = Known::by_form(origin.clone());
        let id = self.take_over(&who, upload, Some(form), lang).await?;
        // Others of the same site may have come in the meantime.
        if self.desk().waiting_forms(origin) > MAX_WAITING_FORMS_PER_ORIGIN {
            self.cancel(&who.principal, &id).await?;
            return Err(too_many());
        }
        Ok(id)
    }

    /// The origin that the page of this signing may post results to.
    pub fn return_origin(&self, id: &str) -> Option<Origin> {
        let entry = self.desk().find(&Principal::OwnPage, id).ok()?;
        let form = entry.form.as_ref()?;
        form.return_url.as_ref().map(|_| form.origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Explain;

    #[test]
    fn results_go_to_the_very_origin_that_asked() {
        let origin = Origin::parse("https://a.example").unwrap();
        let code = |text: &str| ReturnUrl::parse(text, &origin).map_err(|failure| failure.code().to_owned());
        for text in ["https://a.example/", "https://a.example/back?order=1&x=%E5%8D%B0#y"] {
            assert_eq!(code(text).unwrap().as_str(), text);
        }
        for text in [
            "https://a.example",
            "https://a.example?x",
            "https://a.example:8443/",
            "https://a.example.evil.test/",
            "https://a.example@evil.test/",
            "http://a.example/",
            "https://A.example/",
            "//a.example/",
            "javascript://a.example/%0aalert(1)",
        ] {
            assert!(code(text).is_err(), "{text}");
        }
        let long = format!("https://a.example/{}", "x".repeat(MAX_RETURN_URL_BYTES));
        for text in [
            "",
            "/back",
            "javascript:alert(1)",
            "https://a.example/ ",
            "https://a.example/\n",
            "https://a.example/\"",
            "https://a.example/\\",
            &long,
        ] {
            assert_eq!(code(text).unwrap_err(), "return_url_invalid", "{text}");
        }
    }
}
