//! Reports on paper: the report of a verification and that of a period's timestamps as PDF/A, with the hash of every file, the anchors, hankod's version and the
//! time of the check. Judges nothing; what stands in it stands in the reports that it is given. Blocks.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::batch::Batch;
use super::compare::{Comparison, Pair};
use super::draft::{parent, unwritable};
use super::failure::Failure;
use super::period::{PeriodReport, Stamp};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::render::Fonts;
use crate::render::sheet::{self, Block, Picture, Sheet, Tone};
use crate::text::{Lang, say};
use crate::trust::Anchors;
use crate::verify::judge::Verdict;
use crate::verify::report::{FileReport, SignatureReport, TimestampReport};

/// Most anchors that a report lists.
const MAX_ANCHORS: usize = 200;
/// Most names in one list.
const MAX_NAMES: usize = 1_000;

/// What a report is made of.
pub struct Paper<'r> {
    /// The files.
    pub batch: &'r Batch,
    /// Pages before and after, a comparison a file; fewer are none for the rest.
    pub pictures: &'r [Comparison],
    /// Whom the check trusted.
    pub anchors: &'r Anchors,
    /// The moment of the judgement.
    pub at: Timestamp,
    /// When the check was made.
    pub made: Timestamp,
    /// Language of the report.
    pub lang: Lang,
}

/// The words and blocks of one report.
struct Writer<'r> {
    paper: &'r Paper<'r>,
    blocks: Vec<Block>,
}

impl Paper<'_> {
    /// The report of a verification.
    pub fn verification(&self) -> Sheet {
        let mut writer = Writer::new(self);
        writer.check(self.batch.summary.as_ref().map(|summary| summary.words(self.lang)));
        for (at, file) in self.batch.files.iter().enumerate() {
            writer.file(file, self.pictures.get(at));
        }
        writer.end();
        writer.sheet("paper-title")
    }

    /// The report of a period's timestamps.
    pub fn period(&self, report: &PeriodReport) -> Sheet {
        let mut writer = Writer::new(self);
        writer.check(Some(report.words(self.lang)));
        let period = format!("{} – {} ({})", report.from, report.to, report.zone);
        writer.entry("paper-period", &period);
        writer.entry("paper-files", &report.summary.files.to_string());
        writer.entry("paper-files-without", &report.summary.files_without.to_string());
        for name in report.summary.files_unreadable.iter().take(MAX_NAMES) {
            writer.entry("paper-no-time", name);
        }
        writer.heading(2, "paper-timestamps");
        let mut last = None;
        for stamp in &report.timestamps {
            writer.stamp(stamp, last != Some(&stamp.file));
            last = Some(&stamp.file);
        }
        writer.end();
        writer.sheet("paper-period-title")
    }
}

/// The sheet as PDF.
///
/// # Errors
/// `font_missing`, `font_unusable`, `sheet_too_long`.
pub fn pdf(sheet: &Sheet, config: &Config) -> Result<Vec<u8>, Failure> {
    let fonts = Fonts::find(config.font.as_deref())?;
    Ok(sheet::write(sheet, &fonts)?)
}

/// Writes a file that appears whole under its name or not at all.
///
/// # Errors
/// `disk_full`, `output_unwritable`.
pub fn save(bytes: &[u8], path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    // As the person's other new files: the umask decides who may read it.
    let permissions = Permissions::from_mode(0o666);
    let made = tempfile::Builder::new()
        .permissions(permissions)
        .tempfile_in(parent(path));
    let mut file = made.map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

impl<'r> Writer<'r> {
    fn new(paper: &'r Paper<'r>) -> Self {
        Self {
            paper,
            blocks: Vec::new(),
        }
    }

    fn sheet(self, title: &str) -> Sheet {
        Sheet {
            title: self.say(title),
            lang: self.paper.lang,
            at: self.paper.made,
            blocks: self.blocks,
        }
    }

    fn say(&self, id: &str) -> String {
        say(self.paper.lang, id, &[])
    }

    fn heading(&mut self, level: u16, id: &str) {
        let text = self.say(id);
        self.blocks.push(Block::Heading(level, text));
    }

    fn entry(&mut self, id: &str, value: &str) {
        let label = self.say(id);
        self.blocks.push(Block::Entry(label, value.to_owned()));
    }

    /// An entry that is left out when there is nothing to say.
    fn entry_of(&mut self, id: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.entry(id, value.as_ref());
        }
    }

    /// What was checked, when, by what.
    fn check(&mut self, summary: Option<String>) {
        let (batch, paper) = (self.paper.batch, self.paper);
        if let Some(summary) = summary {
            let tone = batch.verdict().map_or(Tone::Open, tone);
            self.blocks.push(Block::Lead(tone, summary));
        }
        self.entry("paper-made", &paper.made.jst_seconds());
        if paper.at != paper.made {
            self.entry("paper-at", &paper.at.jst_seconds());
        }
        self.entry("paper-version", concat!("hankod ", env!("CARGO_PKG_VERSION")));
    }

    fn file(&mut self, file: &FileReport, pictures: Option<&Comparison>) {
        self.blocks.push(Block::Heading(2, file.name.clone()));
        let words = match self.paper.lang {
            Lang::Ja => &file.headline.ja,
            Lang::En => &file.headline.en,
        };
        self.blocks.push(Block::Lead(tone(file.verdict), words.clone()));
        self.entry_of("paper-sha256", file.sha256.as_deref());
        self.entry("paper-revisions", &file.revisions.to_string());
        for problem in &file.problems {
            self.entry("paper-finding", &problem.message);
        }
        for one in &file.not_fetched {
            self.entry("paper-finding", &one.message);
        }
        for signature in &file.signatures {
            self.signature(signature);
            let pairs = pictures.into_iter().flat_map(|p| &p.pairs);
            let own: Vec<&Pair> = pairs.filter(|pair| pair.field == signature.field).collect();
            if !own.is_empty() {
                self.heading(4, "paper-pictures");
            }
            own.into_iter().for_each(|pair| self.pair(pair));
        }
        if let Some(left_out) = pictures.map(|p| p.left_out).filter(|count| *count > 0) {
            self.entry("paper-pictures-left-out", &left_out.to_string());
        }
    }

    fn signature(&mut self, signature: &SignatureReport) {
        let field = [("field", signature.field.as_str())];
        let heading = say(self.paper.lang, "paper-signature", &field);
        self.blocks.push(Block::Heading(3, heading));
        let verdict = match signature.verdict {
            Verdict::TotalPassed => "paper-valid",
            Verdict::Indeterminate => "paper-open",
            Verdict::TotalFailed => "paper-bad",
        };
        self.entry("paper-verdict", &format!("{} ({})", self.say(verdict), etsi(signature)));
        if let Some(signer) = &signature.signer {
            let subject: Vec<String> = signer
                .subject
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            self.entry("paper-signer", &subject.join(", "));
            self.entry("paper-issuer", &signer.issuer);
            self.entry("paper-serial", &signer.serial);
            self.entry("paper-certificate", &signer.sha256);
            self.entry(
                "paper-validity",
                &format!("{} – {}", jst(&signer.not_before), jst(&signer.not_after)),
            );
        }
        self.entry_of("paper-claimed", signature.claimed_time.as_deref().map(jst));
        self.entry_of("paper-proven", signature.best_signature_time.as_deref().map(jst));
        for stamp in &signature.timestamps {
            let words = self.timestamp(stamp);
            self.entry("paper-timestamp", &words);
        }
        if let Some(algorithm) = &signature.algorithm {
            let bits = algorithm.key_bits.map(|bits| format!("{bits} bit"));
            let parts = [algorithm.signature.clone(), algorithm.digest.map(str::to_owned), bits];
            self.entry(
                "paper-algorithm",
                &parts.into_iter().flatten().collect::<Vec<_>>().join(" / "),
            );
        }
        for revocation in &signature.revocation {
            let words = revocation
                .message
                .clone()
                .unwrap_or_else(|| self.say("paper-not-revoked"));
            self.entry("paper-revocation", &format!("{}: {words}", revocation.subject));
        }
        for finding in signature.remarks() {
            self.entry("paper-finding", &finding.message);
        }
        if signature.change_list.is_empty() {
            self.entry("paper-changes", &self.say("paper-unchanged"));
        }
        for words in signature.change_words() {
            self.entry("paper-changes", &words);
        }
        if signature.changes_left_out > 0 {
            self.entry("paper-changes-left-out", &signature.changes_left_out.to_string());
        }
    }

    fn timestamp(&self, stamp: &TimestampReport) -> String {
        let id = match (stamp.intact, stamp.trusted) {
            (true, true) => "paper-valid",
            (true, false) => "paper-open",
            (false, _) => "paper-bad",
        };
        format!("{} {} ({})", jst(&stamp.time), stamp.tsa, self.say(id))
    }

    fn pair(&mut self, pair: &Pair) {
        let page = pair.page.to_string();
        let caption = |id| say(self.paper.lang, id, &[("page", &page)]);
        let mut pictures = Vec::new();
        for (drawn, id, frame) in [
            (&pair.before, "paper-before", None),
            (&pair.after, "paper-after", pair.frame),
        ] {
            pictures.extend(drawn.as_ref().map(|drawn| Picture {
                png: drawn.png.clone(),
                caption: caption(id),
                frame,
                width_pt: None,
            }));
        }
        if !pictures.is_empty() {
            self.blocks.push(Block::Pictures(pictures));
        }
        self.entry_of(
            "paper-finding",
            pair.problem.as_ref().map(|problem| problem.message.as_str()),
        );
        self.entry_of("paper-removed", joined(&pair.removed));
        self.entry_of("paper-added", joined(&pair.added));
    }

    fn stamp(&mut self, stamp: &Stamp, is_first: bool) {
        if is_first {
            self.blocks.push(Block::Heading(3, stamp.file.clone()));
            self.entry_of("paper-sha256", stamp.sha256.as_deref());
        }
        let words = format!("{}  {}  {}", stamp.field, stamp.tsa, stamp.message);
        self.blocks.push(Block::Entry(stamp.time_jst.clone(), words));
        let serial = format!("{}: {}", self.say("paper-serial"), stamp.serial);
        self.blocks.push(Block::Note(serial));
    }

    /// What was left out, whom the check trusted, what the report means.
    fn end(&mut self) {
        let paper = self.paper;
        if !paper.batch.skipped.is_empty() {
            self.heading(2, "paper-skipped");
        }
        for skipped in paper.batch.skipped.iter().take(MAX_NAMES) {
            self.blocks
                .push(Block::Text(format!("{}: {}", skipped.name, skipped.message)));
        }
        self.heading(2, "paper-anchors");
        let mut listed = std::collections::BTreeMap::new();
        for use_ in [
            crate::trust::Use::Signers,
            crate::trust::Use::TimestampAuthorities,
            crate::trust::Use::Responders,
        ] {
            listed.extend(paper.anchors.of(use_).map(|c| (c.sha256_hex(), c.subject().rfc4514())));
        }
        if listed.is_empty() {
            let none = self.say("paper-no-anchors");
            self.blocks.push(Block::Text(none));
        }
        let more = listed.len().saturating_sub(MAX_ANCHORS);
        for (sha256, subject) in listed.into_iter().take(MAX_ANCHORS) {
            self.blocks.push(Block::Text(subject));
            self.blocks.push(Block::Note(format!("SHA-256 {sha256}")));
        }
        if more > 0 {
            self.entry("paper-anchors-left-out", &more.to_string());
        }
        let meaning = self.say("paper-meaning");
        self.heading(2, "paper-meaning-title");
        self.blocks.push(Block::Note(meaning));
    }
}

fn joined(lines: &[String]) -> Option<String> {
    (!lines.is_empty()).then(|| lines.join(" / "))
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::TotalPassed => Tone::Good,
        Verdict::Indeterminate => Tone::Open,
        Verdict::TotalFailed => Tone::Bad,
    }
}

/// A time of the report as it is said in Japan.
fn jst(rfc3339: &str) -> String {
    Timestamp::parse_rfc3339(rfc3339).map_or_else(|| rfc3339.to_owned(), Timestamp::jst_seconds)
}

/// Indication, sub-indication and level in ETSI's words.
pub fn etsi(signature: &SignatureReport) -> String {
    let words = serde_json::json!([signature.verdict, signature.sub_indication, signature.level]);
    let words = words.as_array().into_iter().flatten().filter_map(|word| word.as_str());
    words.collect::<Vec<_>>().join(" / ")
}
