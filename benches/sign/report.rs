//! One table: ours, limit, peer, ratio, goal, met. Medians are judged; smallest and largest stand beside them.

use super::measure::Spread;
use serde::Serialize;
use std::fmt::Write;

/// One judged figure.
#[derive(Serialize)]
pub(crate) struct Line {
    row: u8,
    workload: &'static str,
    measure: &'static str,
    ours: Spread,
    /// What nobody goes below, or what the goal is a multiple of.
    limit: Option<(&'static str, Spread)>,
    peer: Option<(&'static str, Spread)>,
    /// Our median over the limit's.
    ratio: Option<f64>,
    goal: String,
    met: bool,
}

impl Line {
    /// Our median shall be at most `goal`.
    pub(crate) fn at_most(row: u8, workload: &'static str, measure: &'static str, ours: Spread, goal: f64) -> Self {
        Self {
            row,
            workload,
            measure,
            ours,
            limit: None,
            peer: None,
            ratio: None,
            goal: format!("<= {goal}"),
            met: ours.median <= goal,
        }
    }

    /// Our median shall be at most `goal` times the limit's.
    pub(crate) fn at_most_times(
        row: u8,
        workload: &'static str,
        measure: &'static str,
        ours: Spread,
        limit: (&'static str, Spread),
        goal: f64,
    ) -> Self {
        let ratio = ours.median / limit.1.median;
        Self {
            limit: Some(limit),
            ratio: Some(ratio),
            goal: format!("<= {goal}x"),
            met: ratio <= goal,
            ..Self::at_most(row, workload, measure, ours, goal)
        }
    }

    /// Our median shall be at least `goal` times the limit's.
    pub(crate) fn at_least_times(
        row: u8,
        workload: &'static str,
        measure: &'static str,
        ours: Spread,
        limit: (&'static str, Spread),
        goal: f64,
    ) -> Self {
        let line = Self::at_most_times(row, workload, measure, ours, limit, goal);
        Self {
            goal: format!(">= {goal}x"),
            met: line.ratio.is_some_and(|ratio| ratio >= goal),
            ..line
        }
    }

    /// Shows what nobody goes below, where the goal is no multiple of it.
    pub(crate) fn limited(mut self, what: &'static str, figure: Spread) -> Self {
        self.ratio = Some(self.ours.median / figure.median);
        self.limit = Some((what, figure));
        self
    }

    /// Shows a peer's figure beside ours.
    pub(crate) fn beside(mut self, who: &'static str, figure: Spread) -> Self {
        self.peer = Some((who, figure));
        self
    }
}

/// For people.
pub(crate) fn table(lines: &[Line]) -> String {
    let heads = [
        "row", "workload", "measure", "ours", "limit", "peer", "ratio", "goal", "met",
    ];
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        vec![
            line.row.to_string(),
            line.workload.to_owned(),
            line.measure.to_owned(),
            spread(line.ours),
            named(line.limit),
            named(line.peer),
            line.ratio
                .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}x")),
            line.goal.clone(),
            if line.met { "yes" } else { "NO" }.to_owned(),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = "median [smallest .. largest]\n".to_owned();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            write!(text, "{cell:width$}  ").unwrap();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// For programs.
pub(crate) fn json(lines: &[Line]) -> String {
    serde_json::to_string_pretty(lines).unwrap()
}

fn named(figure: Option<(&str, Spread)>) -> String {
    figure.map_or_else(|| "-".to_owned(), |(who, figure)| format!("{who} {}", spread(figure)))
}

fn spread(figure: Spread) -> String {
    format!("{:.2} [{:.2} .. {:.2}]", figure.median, figure.min, figure.max)
}
