//! One revision with one signature: checks first, then the field, its look, the signature dictionary, the form, the catalog.

use super::dictionary;
use super::fill::{self, Filling};
use super::request::{Purpose, Request};
use super::rules;
use super::seal::Seal;
use super::seed;
use super::target::{self, Target};
use super::{Error, Prepared};
use crate::clock::Timestamp;
use crate::pdf::appearance::{self, Spot};
use crate::pdf::field;
use crate::pdf::revision::Place;
use crate::pdf::signatures::{self, FieldLock, Signatures};
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{self, Document, RevisionWriter, archive, tagging};

/// Widget flags: Print, which PDF/A demands, and Locked, as Acrobat sets for signatures (ISO 32000-2, table 167).
const WIDGET_FLAGS: i64 = 4 | 128;
/// The form holds signatures, and may only be appended to (ISO 32000-2, table 225).
const SIG_FLAGS: i64 = 3;

/// Prepares the signature `request` in `document`: an update to append, with room for the CMS. `document` itself is only read, and only where it must be.
///
/// # Errors
/// Every [`Error`] but [`Error::ContentsTooSmall`]; then there is no update.
pub fn prepare(document: &Document<'_>, request: &Request) -> Result<Prepared, Error> {
    write(document, request, Purpose::Signature)
}

/// Prepares a document timestamp (ETSI.RFC3161) in a new field without a look: what is stamped is the digest over the original bytes and
/// [`Prepared::signed_parts`], and the token goes into [`Prepared::put_contents`]. Allowed whatever earlier signatures forbid, as it is evidence.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_timestamp(document: &Document<'_>, contents_bytes: usize) -> Result<Prepared, Error> {
    // No time is written: it stands in the token.
    let request = Request::invisible(Timestamp::from_micros(0), contents_bytes);
    write(document, &request, Purpose::Timestamp)
}

fn write(document: &Document<'_>, request: &Request, purpose: Purpose) -> Result<Prepared, Error> {
    request.check()?;
    let signatures = signatures::read(document)?;
    let target = target::choose(document, &signatures, request, purpose)?;
    let is_new = matches!(target, Target::New { .. });
    rules::check(document, &signatures, request, purpose, (target.name(), is_new))?;
    if let Target::Existing { field, .. } = &target
        && let Some(demands) = &field.seed
    {
        seed::check(demands, request)?;
    }
    let seal = match &request.visible {
        Some(visible) => Some(Seal::read(&visible.picture, archive::read(document)?)?),
        None => None,
    };
    let fillings = fill::read(document, &request.fills, archive::read(document)?)?;
    let mut writer = Writer {
        revision: RevisionWriter::new(document),
        request,
        purpose,
        is_first: signatures.signed().next().is_none(),
    };
    writer.survey(&target, &fillings)?;
    for filling in fillings {
        filling.write(&mut writer.revision)?;
    }
    writer.write(&target, seal, &signatures)?;
    let update = writer.revision.finish()?;
    let (byte_range, hole) = update.signature.ok_or(pdf::Error::TooLarge { what: "file" })?;
    Ok(Prepared {
        update: update.bytes,
        byte_range: byte_range.numbers(),
        field_name: target.name().to_owned(),
        hole,
    })
}

struct Writer<'r, 'd, 'a> {
    revision: RevisionWriter<'d, 'a>,
    request: &'r Request,
    purpose: Purpose,
    /// No signature stands in the document yet.
    is_first: bool,
}

impl Writer<'_, '_, '_> {
    /// Reads whatever will be changed before any number is given away, so that no new object takes a number that one of these refers to.
    fn survey(&mut self, target: &Target<'_>, fillings: &[Filling]) -> Result<(), Error> {
        let revision = &mut self.revision;
        fillings.iter().try_for_each(|filling| filling.survey(revision))?;
        let catalog = Place::object(revision.document().root_id());
        let form = revision.enter(&catalog, "AcroForm")?;
        revision.enter(&form, "Fields")?;
        for key in ["Perms", "Extensions"] {
            revision.enter(&catalog, key)?;
        }
        if let Target::New { page, .. } = target {
            revision.enter(&Place::object(*page), "Annots")?;
            let structure = revision.enter(&catalog, "StructTreeRoot")?;
            for key in ["K", "ParentTree"] {
                revision.enter(&structure, key)?;
            }
        }
        if let Target::Existing { field, .. } = target {
            for id in [Some(field.id), field.widget].into_iter().flatten() {
                revision.value(&Place::object(id))?;
            }
        }
        Ok(())
    }

    fn write(&mut self, target: &Target<'_>, seal: Option<Seal>, signatures: &Signatures) -> Result<(), Error> {
        let signature = self.revision.fresh()?;
        let (own_lock, lock_level) = match target {
            Target::Existing { field, .. } => (field.lock.as_ref(), field.lock_level),
            Target::New { .. } => (None, None),
        };
        let lock = own_lock.or(self.request.lock.as_ref());
        match target {
            Target::Existing { field, spot } => self.fill(field, *spot, seal, signature)?,
            Target::New { name, page, spot } => self.add(name, *page, *spot, seal, signature, lock)?,
        }
        let level = self.request.certify.map(super::Certify::level).or(lock_level);
        let root = self.revision.document().root_id();
        let dict = match self.purpose {
            Purpose::Signature => dictionary::signature(self.request, level, lock, root),
            Purpose::Timestamp => dictionary::timestamp(),
        };
        self.revision
            .put_signature(signature, dict, self.request.contents_bytes)?;
        self.form(signatures)?;
        self.catalog(signature)
    }

    /// An empty field that is there: its value, and its widget's look.
    fn fill(
        &mut self,
        field: &signatures::SignatureField,
        spot: Option<Spot>,
        seal: Option<Seal>,
        signature: ObjectId,
    ) -> Result<(), Error> {
        self.revision
            .edit(&Place::object(field.id))?
            .set("V", Value::Ref(signature));
        let Some(widget) = field.widget.map(Place::object) else {
            return Ok(());
        };
        let has_look = self
            .revision
            .value(&widget)?
            .as_dict()
            .is_some_and(|d| d.get("AP").is_some());
        if seal.is_some() || !has_look {
            let look = self.look(seal, spot)?;
            self.revision.edit(&widget)?.set("AP", look);
        }
        Ok(())
    }

    /// A new field, merged with its widget.
    fn add(
        &mut self,
        name: &str,
        page: ObjectId,
        spot: Option<Spot>,
        seal: Option<Seal>,
        signature: ObjectId,
        lock: Option<&FieldLock>,
    ) -> Result<(), Error> {
        let id = self.revision.fresh()?;
        let mut dict = Dict::from_pairs([
            ("Type", Value::name("Annot")),
            ("Subtype", Value::name("Widget")),
            ("FT", Value::name("Sig")),
            ("T", Value::text(name)),
            ("V", Value::Ref(signature)),
            ("P", Value::Ref(page)),
            ("F", Value::int(WIDGET_FLAGS)),
            ("Rect", Value::reals(&spot.map_or([0.0; 4], |s| s.rect))),
        ]);
        // A timestamp is no act of a person: a look, be it empty, would make judges take it for a filled field where only evidence may be added.
        if self.purpose == Purpose::Signature {
            dict.set("AP", self.look(seal, spot)?);
        }
        if let Some(Spot { rotate: 1.., .. }) = spot {
            let rotate = spot.map_or(0, |s| i64::from(s.rotate));
            dict.set("MK", Value::Dict(Dict::from_pairs([("R", Value::int(rotate))])));
        }
        if let Some(lock) = lock {
            let mut entries = lock.entries();
            entries.set("Type", Value::name("SigFieldLock"));
            let lock = self.revision.add(Value::Dict(entries))?;
            dict.set("Lock", Value::Ref(lock));
        }
        self.tag(page, id, name, &mut dict)?;
        self.revision.put(id, Value::Dict(dict))?;
        field::append_annotation(&mut self.revision, page, id)?;
        field::append_field(&mut self.revision, id)?;
        Ok(())
    }

    /// In a tagged document: the alternate name, and the widget's place in the structure. Of a signed document the structure stays as it is, as no
    /// earlier signature allows a change there; whoever wants tagged fields makes them before the first signature.
    fn tag(&mut self, page: ObjectId, widget: ObjectId, name: &str, dict: &mut Dict) -> Result<(), Error> {
        let catalog = Place::object(self.revision.document().root_id());
        let structure = self.revision.enter(&catalog, "StructTreeRoot")?;
        if self.revision.value(&structure)?.as_dict().is_none() {
            return Ok(());
        }
        dict.set("TU", Value::text(name));
        if !self.is_first {
            return Ok(());
        }
        if let Some(key) = tagging::tag(&mut self.revision, page, widget, name)? {
            dict.set("StructParent", Value::int(key));
            // PDF/UA-1, 7.18.3: a page with annotations says that the structure gives their order.
            let page = self.revision.edit(&Place::object(page))?;
            page.set("Tabs", Value::name("S"));
        }
        Ok(())
    }

    /// `/AP` with the seal, or with an empty form: PDF/A wants one in every widget.
    fn look(&mut self, seal: Option<Seal>, spot: Option<Spot>) -> Result<Value, Error> {
        let normal = match (seal, spot) {
            (Some(seal), Some(spot)) => {
                let drawing = seal.write(&mut self.revision)?;
                appearance::picture(&mut self.revision, drawing, spot)?
            }
            _ => appearance::empty(&mut self.revision)?,
        };
        Ok(Value::Dict(Dict::from_pairs([("N", Value::Ref(normal))])))
    }

    fn form(&mut self, signatures: &Signatures) -> Result<(), Error> {
        let form = field::acro_form(&mut self.revision)?;
        let flags = self.revision.value(&form)?.as_dict().and_then(|d| d.int("SigFlags"));
        let wanted = flags.unwrap_or(0) | SIG_FLAGS;
        if flags != Some(wanted) {
            self.revision.edit(&form)?.set("SigFlags", Value::int(wanted));
        }
        if signatures.need_appearances {
            self.revision.edit(&form)?.remove("NeedAppearances");
        }
        Ok(())
    }

    fn catalog(&mut self, signature: ObjectId) -> Result<(), Error> {
        let catalog = Place::object(self.revision.document().root_id());
        if self.request.certify.is_some() {
            let permissions = self.revision.enter(&catalog, "Perms")?;
            self.revision.edit(&permissions)?.set("DocMDP", Value::Ref(signature));
        }
        // ETSI EN 319 142-1 recommends ESIC level 2 for its SubFilter in PDF 1.7. BaseVersion may not be above the file's version (ISO 32000-2, 7.12.3),
        // so older files, PDF/A-1 among them, go without; and a signed catalog is not changed for a recommendation.
        if self.is_first && self.revision.document().version() == (1, 7) {
            let extensions = self.revision.enter(&catalog, "Extensions")?;
            let has_one = self
                .revision
                .value(&extensions)?
                .as_dict()
                .is_some_and(|d| d.contains(b"ESIC"));
            if !has_one {
                let level = Dict::from_pairs([("BaseVersion", Value::name("1.7")), ("ExtensionLevel", Value::int(2))]);
                self.revision.edit(&extensions)?.set("ESIC", Value::Dict(level));
            }
        }
        Ok(())
    }
}
