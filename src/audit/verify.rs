//! Reads the whole chain and names every entry that was changed, removed, reordered or cut off.
//!
//! Nothing here mends a chain. What is proven: up to the last witness (the head file, an anchor) the entries are those that were written; the
//! entries after it only follow each other. A person who rewrites database, head file and every witness is not found out here; that is what
//! witnesses outside the machine are for.

use std::collections::{BTreeMap, BTreeSet};

use super::{AuditError, Entry, RFC3161, chain_hash, head_imprint};
use crate::store::{Anchor, ChainRow, HASH_BYTES, Head, HeadFile, Store};
use crate::text::Explain;
use crate::tsa;

/// Most findings that are listed; the rest is only counted.
pub const MAX_FINDINGS: usize = 1000;

const PAGE_ROWS: u32 = 512;

/// Something that is not as it was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Finding {
    /// This entry's content or hash was changed.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// These entries are gone from the middle.
    Removed {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// This entry stands in another place than the one it was written to.
    Reordered {
        /// The number it was written under.
        seq: u64,
    },
    /// These entries are gone from the end: a witness has seen the last of them.
    CutOff {
        /// The first that is missing.
        from: u64,
        /// The last that a witness has seen.
        to: u64,
    },
    /// The entries hold together, but this one is not the one that a witness has seen: the chain up to it was rewritten.
    Rewritten {
        /// Its number.
        seq: u64,
    },
    /// The timestamp that is kept for this entry is not one of it.
    AnchorBroken {
        /// Its number.
        seq: u64,
    },
    /// The head file is gone although there are entries, or is not a head file.
    HeadFileLost,
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// The last entry read.
    pub head: Head,
    /// The last number up to which a witness vouches; 0 when there is none.
    pub witnessed: u64,
    /// The last number that a timestamp proves; 0 when there is none.
    pub anchored: u64,
    /// What is wrong, in order of the entries, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
}

impl Report {
    /// `true` when nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Entries after the last timestamp: their time is proven by nobody outside.
    pub fn tail(&self) -> u64 {
        self.head.seq.saturating_sub(self.anchored)
    }
}

/// Verifies the chain of a state folder. Others may go on writing to it.
///
/// # Errors
/// As [`crate::store::StoreError`] when it cannot be read; a damaged chain is a report, not an error.
pub async fn verify(store: &Store) -> Result<Report, AuditError> {
    // Witnesses first: entries that are written meanwhile come after them.
    let head_file = store.head_file().await?;
    let mut witnesses: BTreeMap<u64, [u8; HASH_BYTES]> = BTreeMap::new();
    let (anchors, broken): (Vec<_>, Vec<_>) = store.anchors().await?.into_iter().partition(is_stamped);
    let anchored: BTreeMap<_, _> = anchors
        .iter()
        .map(|anchor| (anchor.head.seq, anchor.head.hash))
        .collect();
    witnesses.extend(&anchored);
    if let HeadFile::Head(head) = head_file {
        witnesses.insert(head.seq, head.hash);
    }
    witnesses.remove(&0);
    let mut walk = Walk::new(witnesses, anchored);
    for anchor in broken {
        walk.find(Finding::AnchorBroken { seq: anchor.head.seq });
    }
    let mut after = -1;
    loop {
        let rows = store.chain_rows(after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq.max(after + 1);
        for row in &rows {
            walk.step(row);
        }
    }
    let lost = match head_file {
        HeadFile::Missing => walk.entries > 0,
        HeadFile::Unreadable => true,
        HeadFile::Head(_) => false,
    };
    Ok(walk.finish(lost))
}

/// The state of one reading. An entry's own number, which its hash covers, is the truth; the place it stands in is compared with it.
struct Walk {
    witnesses: BTreeMap<u64, [u8; HASH_BYTES]>,
    /// Those of them that are timestamps.
    stamps: BTreeMap<u64, [u8; HASH_BYTES]>,
    anchored: u64,
    entries: u64,
    /// Hash of the entry before, as stored, and its number.
    before: Head,
    /// One more than the highest number seen.
    expected: u64,
    /// Numbers that were skipped and not seen since, as ranges: first -> last.
    missing: BTreeMap<u64, u64>,
    /// Entries whose place has another number than they; explained by a removal if there is one.
    misplaced: BTreeSet<u64>,
    witnessed: u64,
    findings: BTreeSet<Finding>,
    more_findings: u64,
}

impl Walk {
    fn new(witnesses: BTreeMap<u64, [u8; HASH_BYTES]>, stamps: BTreeMap<u64, [u8; HASH_BYTES]>) -> Self {
        Self {
            witnesses,
            stamps,
            anchored: 0,
            entries: 0,
            before: Head::EMPTY,
            expected: 1,
            missing: BTreeMap::new(),
            misplaced: BTreeSet::new(),
            witnessed: 0,
            findings: BTreeSet::new(),
            more_findings: 0,
        }
    }

    fn step(&mut self, row: &ChainRow) {
        self.entries += 1;
        let place = u64::try_from(row.seq).unwrap_or(0);
        let content = content(row);
        let seq = content.as_ref().map_or(place, |entry| entry.seq);
        if content.is_none() {
            self.find(Finding::Changed { seq: place });
        }
        let follows = row.prev == self.before.hash && self.before.seq + 1 == seq;
        // The neighbour holds together in itself but names another predecessor: the one before was replaced.
        let replaced = content.is_some() && !follows && self.before.seq + 1 == seq && self.before.seq > 0;
        if replaced {
            self.find(Finding::Changed { seq: self.before.seq });
        } else if content.is_some() && !follows && seq == 1 {
            self.find(Finding::Changed { seq });
        }
        self.place(seq, place);
        let hash = <[u8; HASH_BYTES]>::try_from(row.hash.as_slice()).unwrap_or_default();
        self.compare_with_witness(seq, &hash, content.is_some());
        self.before = Head { seq, hash };
    }

    /// Keeps account of numbers skipped and numbers out of turn.
    fn place(&mut self, seq: u64, place: u64) {
        if seq > self.expected {
            self.missing.insert(self.expected, seq - 1);
        } else if seq < self.expected {
            self.out_of_turn(seq);
        }
        if seq != place && self.misplaced.len() < MAX_FINDINGS {
            self.misplaced.insert(seq);
        }
        self.expected = self.expected.max(seq.saturating_add(1));
    }

    fn out_of_turn(&mut self, seq: u64) {
        self.find(Finding::Reordered { seq });
        let range = self.missing.range(..=seq).next_back().map(|(from, to)| (*from, *to));
        if let Some((from, to)) = range
            && seq <= to
        {
            self.missing.remove(&from);
            if from < seq {
                self.missing.insert(from, seq - 1);
            }
            if seq < to {
                self.missing.insert(seq + 1, to);
            }
        }
    }

    fn compare_with_witness(&mut self, seq: u64, hash: &[u8; HASH_BYTES], sound: bool) {
        if self.stamps.get(&seq) == Some(hash) {
            self.anchored = self.anchored.max(seq);
        }
        let Some(witness) = self.witnesses.remove(&seq) else {
            return;
        };
        if witness == *hash {
            self.witnessed = self.witnessed.max(seq);
        } else if sound {
            self.find(Finding::Rewritten { seq });
        }
    }

    fn finish(mut self, head_file_lost: bool) -> Report {
        let last = self.expected - 1;
        for (from, to) in std::mem::take(&mut self.missing) {
            self.find(Finding::Removed { from, to });
        }
        let removed = self.findings.iter().any(|f| matches!(f, Finding::Removed { .. }));
        for seq in std::mem::take(&mut self.misplaced) {
            if !removed {
                self.find(Finding::Reordered { seq });
            }
        }
        if let Some(seen) = self.witnesses.keys().next_back().copied()
            && seen > last
        {
            self.find(Finding::CutOff {
                from: last + 1,
                to: seen,
            });
        }
        if head_file_lost {
            self.find(Finding::HeadFileLost);
        }
        let mut findings: Vec<Finding> = self.findings.into_iter().collect();
        findings.sort_by_key(|finding| finding.first());
        Report {
            entries: self.entries,
            head: self.before,
            witnessed: self.witnessed,
            anchored: self.anchored,
            findings,
            more_findings: self.more_findings,
        }
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.insert(finding);
        } else if !self.findings.contains(&finding) {
            self.more_findings += 1;
        }
    }
}

impl Finding {
    /// The first entry it is about; the last possible number for a finding about the whole.
    pub const fn first(&self) -> u64 {
        match self {
            Self::Changed { seq } | Self::Reordered { seq } | Self::Rewritten { seq } | Self::AnchorBroken { seq } => {
                *seq
            }
            Self::Removed { from, .. } | Self::CutOff { from, .. } => *from,
            Self::HeadFileLost => u64::MAX,
        }
    }
}

impl Explain for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "audit_entry_changed",
            Self::Removed { .. } => "audit_entries_removed",
            Self::Reordered { .. } => "audit_entry_reordered",
            Self::CutOff { .. } => "audit_entries_cut_off",
            Self::Rewritten { .. } => "audit_chain_rewritten",
            Self::AnchorBroken { .. } => "audit_anchor_broken",
            Self::HeadFileLost => "audit_head_file_lost",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Changed { seq } | Self::Reordered { seq } | Self::Rewritten { seq } | Self::AnchorBroken { seq } => {
                vec![("seq", seq.to_string())]
            }
            Self::Removed { from, to } | Self::CutOff { from, to } => {
                vec![("from", from.to_string()), ("to", to.to_string())]
            }
            Self::HeadFileLost => Vec::new(),
        }
    }
}

/// Whether an anchor is a timestamp token over its head. Who stamped is left to whoever has anchors of trust.
fn is_stamped(anchor: &Anchor) -> bool {
    let expected = tsa::Expected {
        imprint: head_imprint(&anchor.head.hash),
        nonce: None,
        policy: None,
    };
    anchor.kind == RFC3161 && tsa::check(&anchor.token, &expected).is_ok()
}

/// The entry in a row whose hash covers it and whose columns repeat it; `None` when anything in the row was changed.
fn content(row: &ChainRow) -> Option<Entry> {
    let prev = row.prev.as_slice().try_into().ok()?;
    let entry = Entry::parse(&row.bytes)?;
    let whole = chain_hash(prev, &row.bytes).as_slice() == row.hash && entry.time == row.at && entry.kind == row.kind;
    whole.then_some(entry)
}
