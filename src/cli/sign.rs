//! `hankod sign`: one or many PDF files, one PIN, a progress bar. What the files become is `app`'s business.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::context::with_tokens;
use super::sources::SourceOptions;
use super::{Format, Global, exit, output};
use crate::app::desk::{self, Appearance, CertificateSelector, DocumentRequest, Seal, SigningChoice};
use crate::app::failure::{Failure, FailureKind};
use crate::app::files::{FileRequest, FilesReport, FilesRequest, Place};
use crate::app::filter::CertificateFilter;
use crate::daemon::control::Told;
use crate::text::{Lang, say};

/// Sign PDF files.
///
/// One file: `hankod sign IN.pdf -o OUT.pdf`. Several files: `hankod sign A.pdf B.pdf --out-dir DIR`, with one PIN for
/// all of them. The output appears complete or not at all, and begins with the very bytes of the input.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The PDF files to sign
    #[arg(required = true, value_name = "IN.pdf")]
    inputs: Vec<PathBuf>,
    /// Where the signed file goes (one input only); it is replaced if it exists
    #[arg(
        short,
        long,
        value_name = "OUT.pdf",
        conflicts_with = "out_dir",
        required_unless_present = "out_dir"
    )]
    output: Option<PathBuf>,
    /// Folder for the signed files, which keep their names
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Token by label or serial number
    #[arg(long, value_name = "LABEL|SERIAL")]
    token: Option<String>,
    /// Certificate by its SHA-256 (hexadecimal) or label
    #[arg(long, value_name = "SHA256|LABEL")]
    certificate: Option<String>,
    /// Only certificates of this issuer; * stands for anything
    #[arg(long, value_name = "PATTERN")]
    issuer: Option<String>,
    /// Only certificates with this policy
    #[arg(long, value_name = "OID")]
    policy: Option<String>,
    /// Only certificates with this key usage, such as nonRepudiation
    #[arg(long, value_name = "NAME")]
    key_usage: Option<String>,
    /// Only holders in this organisational unit (OU); * stands for anything
    #[arg(long, value_name = "PATTERN")]
    ou: Option<String>,
    /// Only holders of this name (CN); * stands for anything
    #[arg(long, value_name = "PATTERN")]
    cn: Option<String>,
    /// PKCS#11 module instead of the configured ones
    #[arg(long, value_name = "PATH")]
    module: Option<PathBuf>,
    /// File that holds the PIN; readable by you alone
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// File that holds the password of encrypted PDF files
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Level of the signature
    #[arg(long, value_name = "b-b|b-t|b-lt|b-lta", default_value = "b-b")]
    level: Level,
    #[command(flatten)]
    sources: SourceOptions,
    /// If evidence cannot be had now: sign without; the timestamp and the data of the level follow (`hankod serve`, `hankod extend --due`). Not for encrypted PDF files
    #[arg(long)]
    augment_later: bool,
    /// Signature algorithm of RSA keys; other keys have one each
    #[arg(long, value_name = "auto|rsa-pkcs1|rsa-pss", default_value = "auto")]
    algorithm: Algorithm,
    /// Signature field to fill, or the name of the new one
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Seal (印影) to show: a PNG image, or an SVG drawing of paths and shapes
    #[arg(long, value_name = "IMAGE", requires = "rect", conflicts_with = "name_seal")]
    seal: Option<PathBuf>,
    /// Draw a name seal with this text, such as 甲野
    #[arg(long, value_name = "TEXT", requires = "rect")]
    name_seal: Option<String>,
    /// Shape of the name seal: a ring (丸印) or a square (角印); left out, by the length of the text
    #[arg(long, value_name = "round|square", requires = "name_seal")]
    seal_shape: Option<SealShape>,
    /// Page of the seal, from 1
    #[arg(long, value_name = "N", default_value_t = 1, requires = "rect")]
    page: u32,
    /// Place of the seal in points from the page's lower left corner
    #[arg(long, value_name = "X,Y,W,H", value_parser = rectangle, allow_hyphen_values = true)]
    rect: Option<Rectangle>,
    /// Certify the document: what may still change afterwards
    #[arg(long, value_name = "no-changes|form|annotations")]
    certify: Option<Certify>,
    /// Reason for signing
    #[arg(long, value_name = "T")]
    reason: Option<String>,
    /// Place of signing
    #[arg(long, value_name = "T")]
    location: Option<String>,
    /// Show the date beside the seal
    #[arg(long, requires = "rect")]
    date: bool,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

/// Levels of ETSI EN 319 142-1 that this version reaches.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Level {
    /// B-B: the signature alone
    #[value(name = "b-b")]
    BB,
    /// B-T: with a timestamp
    #[value(name = "b-t")]
    BT,
    /// B-LT: and with what shows that no certificate was revoked
    #[value(name = "b-lt")]
    BLt,
    /// B-LTA: and with a timestamp over all of it
    #[value(name = "b-lta")]
    BLta,
}

/// Padding of RSA signatures.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Algorithm {
    /// PKCS#1 v1.5, which every reader knows
    Auto,
    /// RSASSA-PKCS1-v1_5
    #[value(name = "rsa-pkcs1")]
    RsaPkcs1,
    /// RSASSA-PSS
    #[value(name = "rsa-pss")]
    RsaPss,
}

/// Shapes of a name seal.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum SealShape {
    /// 丸印, 1 to 6 characters
    Round,
    /// 角印, 1 to 25 characters
    Square,
}

/// What a certified document may still take (DocMDP).
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Certify {
    /// Nothing but evidence (P=1)
    NoChanges,
    /// Forms and further signatures (P=2)
    Form,
    /// The same, and annotations (P=3)
    Annotations,
}

/// Left, bottom, width, height in points.
#[derive(Clone, Copy, Debug)]
struct Rectangle([f64; 4]);

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    with_tokens(
        global,
        options.module.as_deref(),
        options.format,
        async |tokens, lang| {
            let request = options.request(lang).map_err(|e| Told::of(&e, lang))?;
            let bar = output::progress(request.documents.len());
            let report = tokens.sign(request, lang, &|done| bar.set_position(done.into())).await;
            bar.finish_and_clear();
            tell(&report?, options.level.into(), options.format, lang);
            Ok(exit::DONE)
        },
    )
}

fn tell(report: &FilesReport, asked: desk::Level, format: Format, lang: Lang) {
    match format {
        Format::Json => output::json(report),
        Format::Text => report.files.iter().for_each(|file| {
            let id = match (file.level, &file.later) {
                (desk::Level::BB, Some(_)) => "cli-signed-later",
                (_, Some(_)) => "cli-signed-short",
                (_, None) => "cli-signed",
            };
            let [level, asked] = [file.level, asked].map(|level| level.name().to_uppercase());
            let from = file.later.as_deref().unwrap_or_default();
            let values = [
                ("file", &*file.output),
                ("field", &file.field),
                ("level", &level),
                ("asked", &asked),
                ("from", from),
            ];
            output::line(&say(lang, id, &values));
            for missing in &file.missing {
                output::line(&format!("    {}", missing.message));
            }
        }),
    }
}

impl Options {
    fn request(&self, lang: Lang) -> Result<FilesRequest, Failure> {
        let named = self.certificate.as_deref();
        let sha256 = named.filter(|c| c.len() == 64 && c.bytes().all(|b| b.is_ascii_hexdigit()));
        Ok(FilesRequest {
            sign: SigningChoice {
                certificate: sha256.map(|c| CertificateSelector::Sha256(c.to_ascii_lowercase())),
                filter: CertificateFilter {
                    issuer: self.issuer.clone(),
                    policy: self.policy.clone(),
                    key_usage: self.key_usage.clone(),
                    organizational_unit: self.ou.clone(),
                    common_name: self.cn.clone(),
                    sha256: Vec::new(),
                },
                level: self.level.into(),
                algorithm: self.algorithm.into(),
                certify: self.certify.map(Into::into),
                reason: self.reason.clone(),
                location: self.location.clone(),
                augment_later: self.augment_later,
                timestamp_room: false,
                revocation: None,
            },
            token: self.token.clone(),
            certificate_label: named.filter(|_| sha256.is_none()).map(str::to_owned),
            pin_file: absolute(self.pin_file.as_deref())?,
            password_file: absolute(self.password_file.as_deref())?,
            seal_file: absolute(self.seal.as_deref())?,
            sources: self.sources.sources()?,
            documents: self
                .inputs
                .iter()
                .map(|input| self.document(input))
                .collect::<Result<_, _>>()?,
            english: lang == Lang::En,
            place: Place::of_process(),
        })
    }

    fn document(&self, input: &Path) -> Result<FileRequest, Failure> {
        let file_name = input.file_name().ok_or_else(|| not_a_file(input))?;
        let output = match (&self.output, &self.out_dir) {
            (Some(output), _) if self.inputs.len() == 1 => output.clone(),
            (_, Some(folder)) => folder.join(file_name),
            _ => return Err(Failure::new(FailureKind::Usage, "one_output_for_many")),
        };
        let appearance = self.rect.map(|rect| self.appearance(rect)).transpose()?;
        let name = file_name.to_string_lossy().into_owned();
        let request = DocumentRequest {
            name,
            field: self.field.clone(),
            appearance,
            fields: std::collections::BTreeMap::new(),
            digest: None,
        };
        Ok(FileRequest {
            input: absolute_path(input)?,
            output: absolute_path(&output)?,
            request,
        })
    }

    fn appearance(&self, Rectangle(rect): Rectangle) -> Result<Appearance, Failure> {
        let seal = match (&self.seal, &self.name_seal) {
            (Some(_), _) => Seal::Image {},
            (None, Some(text)) => match self.seal_shape {
                None => Seal::Name(text.clone()),
                Some(SealShape::Round) => Seal::Round(text.clone()),
                Some(SealShape::Square) => Seal::Square(text.clone()),
            },
            (None, None) => return Err(Failure::new(FailureKind::Usage, "rect_without_seal")),
        };
        Ok(Appearance {
            seal,
            page: self.page,
            rect,
            date: self.date,
        })
    }
}

impl From<Level> for desk::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::BB => Self::BB,
            Level::BT => Self::BT,
            Level::BLt => Self::BLt,
            Level::BLta => Self::BLta,
        }
    }
}

impl From<Algorithm> for desk::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Auto => Self::Auto,
            Algorithm::RsaPkcs1 => Self::RsaPkcs1,
            Algorithm::RsaPss => Self::RsaPss,
        }
    }
}

impl From<Certify> for desk::Certify {
    fn from(certify: Certify) -> Self {
        match certify {
            Certify::NoChanges => Self::NoChanges,
            Certify::Form => Self::Form,
            Certify::Annotations => Self::Annotations,
        }
    }
}

fn rectangle(text: &str) -> Result<Rectangle, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| text)?;
    <[f64; 4]>::try_from(numbers)
        .map(Rectangle)
        .map_err(|_| "four numbers: X,Y,W,H".to_owned())
}

fn absolute(path: Option<&Path>) -> Result<Option<OsString>, Failure> {
    path.map(absolute_path).transpose()
}

/// The path as every process on this machine finds it.
pub(super) fn absolute_path(path: &Path) -> Result<OsString, Failure> {
    let absolute = std::path::absolute(path).map_err(|_| not_a_file(path))?;
    Ok(absolute.into_os_string())
}

/// What is named is none.
pub(super) fn not_a_file(path: &Path) -> Failure {
    let cause = std::io::Error::from(std::io::ErrorKind::IsADirectory).to_string();
    let file = path.display().to_string();
    Failure::new(FailureKind::Unreadable, "input_unreadable")
        .with("file", file)
        .with("cause", cause)
}
