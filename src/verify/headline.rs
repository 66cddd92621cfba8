//! The first line for people: 有効 / 確認できない点があります / 無効(改ざん等), one sentence why, and what to do. The words stand in the catalogue.

use super::Finding;
use super::judge::{Judged, Judgement, SubIndication, Verdict};
use crate::text::{Explain, Lang, say};
use serde::Serialize;

/// In both languages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Headline {
    /// 日本語
    pub ja: String,
    /// English
    pub en: String,
}

/// Of a judged file.
pub(super) fn of(judgement: &Judgement<'_>) -> Headline {
    let worst = |s: &&Judged<'_>| s.verdict == judgement.verdict;
    let Some(decisive) = judgement.signatures.iter().find(worst) else {
        return match judgement.signatures.is_empty() {
            true => text("verify-headline-unsigned", ""),
            false => of_unexamined(judgement.verdict),
        };
    };
    let id = match judgement.verdict {
        Verdict::TotalPassed if judgement.signatures.iter().all(Judged::only_evidence_follows) => {
            "verify-headline-passed"
        }
        Verdict::TotalPassed => "verify-headline-passed-changed",
        Verdict::Indeterminate if unread(decisive) => "verify-headline-unread",
        Verdict::Indeterminate => match decisive.sub_indication {
            Some(SubIndication::NoSigningCertificateFound) => "verify-headline-no-certificate",
            _ => match decisive.findings.first() {
                Some(Finding::NoAnchors { .. }) => "verify-headline-no-anchors",
                Some(finding @ (Finding::Trust { .. } | Finding::TimestampOrder { .. })) => return because(finding),
                _ => "verify-headline-unknown",
            },
        },
        Verdict::TotalFailed => match (decisive.sub_indication, decisive.findings.first()) {
            (Some(SubIndication::HashFailure), _) => "verify-headline-altered",
            (Some(SubIndication::SigCryptoFailure), _) => "verify-headline-forged",
            (Some(SubIndication::Revoked), _) => "verify-headline-revoked",
            (_, Some(Finding::ChangeForbidden(_))) => "verify-headline-changed",
            _ => "verify-headline-malformed",
        },
    };
    text(id, &decisive.found.signature.field)
}

/// What is open in the words of the finding, which name the certificate and say what to do.
fn because(finding: &Finding) -> Headline {
    let said = |lang| say(lang, "verify-headline-open", &[("why", &finding.explain(lang))]);
    Headline {
        ja: said(Lang::Ja),
        en: said(Lang::En),
    }
}

fn unread(judged: &Judged<'_>) -> bool {
    matches!(judged.findings.first(), Some(Finding::AppearanceUnread { .. }))
}

/// Of a file that could not be examined.
pub(super) fn of_unexamined(verdict: Verdict) -> Headline {
    match verdict {
        Verdict::TotalFailed => text("verify-headline-damaged", ""),
        _ => text("verify-headline-unreadable", ""),
    }
}

fn text(id: &str, field: &str) -> Headline {
    let values = [("field", field)];
    Headline {
        ja: say(Lang::Ja, id, &values),
        en: say(Lang::En, id, &values),
    }
}
