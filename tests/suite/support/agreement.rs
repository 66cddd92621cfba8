//! An agreement written by hand, for attacks and honest updates alike: a page with text, a picture, form fields and room for seals.

use super::updates::{HOLE, Person, first, stream};

/// The page.
pub(crate) const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 5 0 R/Annots[20 0 R 22 0 R 24 0 R 26 0 R]>>";
/// The field `price`, filled with 100.
pub(crate) const PRICE: &str =
    "<</FT/Tx/T(price)/V(100)/Subtype/Widget/Type/Annot/Rect[10 10 90 30]/F 4/P 3 0 R/AP<</N 21 0 R>>>>";
/// The field `note`, empty.
pub(crate) const NOTE: &str = "<</FT/Tx/T(note)/Subtype/Widget/Type/Annot/Rect[10 40 90 60]/F 4/P 3 0 R>>";
/// The empty signature field `seal`.
pub(crate) const SEAL: &str = "<</FT/Sig/T(seal)/Subtype/Widget/Type/Annot/Rect[400 40 460 100]/F 4/P 3 0 R>>";
/// The check box `agreed`, off.
pub(crate) const AGREED: &str = "<</FT/Btn/T(agreed)/Subtype/Widget/Type/Annot/Rect[10 70 20 80]/F 4/P 3 0 R/AS/Off/AP<</N<</Yes 27 0 R/Off 28 0 R>>>>>>";
/// Names of the signature's kind.
pub(crate) const SIGNATURE: &str = "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached";
/// One file's objects.
pub(crate) type Objects = Vec<(u32, String)>;

/// The agreement, unsigned.
pub(crate) fn agreement() -> Vec<u8> {
    agreement_with(&[])
}

/// The agreement with other or more objects.
pub(crate) fn agreement_with(others: &[(u32, &str)]) -> Vec<u8> {
    let mut objects: Objects = vec![
        (1, catalog("", "")),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned()),
        (3, PAGE.to_owned()),
        (4, stream("BT /F 12 Tf 50 700 Td (We pay 100) Tj ET /X Do")),
        (5, "<</Font<</F 9 0 R>>/XObject<</X 8 0 R>>>>".to_owned()),
        (8, form("0 0 1 rg 500 700 20 20 re f", "")),
        (9, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned()),
        (20, PRICE.to_owned()),
        (21, text_look("100")),
        (22, NOTE.to_owned()),
        (24, SEAL.to_owned()),
        (26, AGREED.to_owned()),
        (27, form("0 0 m 9 9 l S", "")),
        (28, form("", "")),
    ];
    for (number, body) in others {
        objects.retain(|(n, _)| n != number);
        objects.push((*number, (*body).to_owned()));
    }
    first(&borrowed(&objects))
}

/// The catalogue with more fields and more entries.
pub(crate) fn catalog(fields: &str, more: &str) -> String {
    let form = format!("<</Fields[20 0 R 22 0 R 24 0 R 26 0 R {fields}]/SigFlags 3/DR<</Font<</F 9 0 R>>>>>>");
    format!("<</Type/Catalog/Pages 2 0 R/AcroForm {form}{more}>>")
}

/// The page with more annotations.
pub(crate) fn page(annotations: &str) -> String {
    PAGE.replace("26 0 R]", &format!("26 0 R {annotations}]"))
}

/// A form XObject.
pub(crate) fn form(data: &str, more: &str) -> String {
    stream(data).replacen(
        "<<",
        &format!("<</Type/XObject/Subtype/Form/BBox[0 0 600 850]{more}"),
        1,
    )
}

/// The appearance of a text field.
pub(crate) fn text_look(text: &str) -> String {
    form(
        &format!("/Tx BMC BT /F 9 Tf 2 2 Td ({text}) Tj ET EMC"),
        "/Resources<</Font<</F 9 0 R>>>>",
    )
}

/// The field of signature `n`, showing nothing.
pub(crate) fn field(n: u32) -> String {
    format!(
        "<</FT/Sig/T(sig{n})/V {} 0 R/Subtype/Widget/Type/Annot/Rect[0 0 0 0]/F 132/P 3 0 R>>",
        31 + 2 * n
    )
}

/// Signature `n` (0, 1, ...) after `n` others, in a new field; `more` in its dictionary.
pub(crate) fn signature(n: u32, more: &str) -> Objects {
    let fields: Vec<String> = (0..=n).map(|k| format!("{} 0 R", 30 + 2 * k)).collect();
    vec![
        (1, catalog(&fields.join(" "), "")),
        (3, page(&fields.join(" "))),
        (30 + 2 * n, field(n)),
        (31 + 2 * n, format!("<<{SIGNATURE}{HOLE}{more}>>")),
    ]
}

/// A certification of this level.
pub(crate) fn docmdp(level: u8) -> String {
    format!(
        "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P {level}>>>>]"
    )
}

/// `pdf` signed by `person` with these objects.
pub(crate) fn sign(person: &Person, pdf: &[u8], objects: &Objects) -> Vec<u8> {
    person.sign(pdf, &borrowed(objects))
}

/// With another body for one object, or one more object.
pub(crate) fn with(mut objects: Objects, number: u32, body: &str) -> Objects {
    objects.retain(|(n, _)| *n != number);
    objects.push((number, body.to_owned()));
    objects
}

pub(crate) fn borrowed(objects: &Objects) -> Vec<(u32, &str)> {
    objects.iter().map(|(n, body)| (*n, body.as_str())).collect()
}
