//! Figures of several rounds, and their medians as a table.

use std::fmt;

/// Where docs/PERFORMANCE.md has the table.
const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- /figures -->";

/// What was measured, in the order in which it was measured first.
#[derive(Default)]
pub(super) struct Table(Vec<Line>);

struct Line {
    what: &'static str,
    unit: &'static str,
    goal: &'static str,
    /// Of each round: the figure, and the limit that was measured beside it.
    rounds: Vec<(f64, Option<f64>)>,
}

impl Table {
    /// A figure of this round; with a limit, what counts is the ratio.
    pub(super) fn add(
        &mut self,
        what: &'static str,
        unit: &'static str,
        goal: &'static str,
        figure: f64,
        limit: impl Into<Option<f64>>,
    ) {
        let round = (figure, limit.into());
        match self.0.iter_mut().find(|line| line.what == what) {
            Some(line) => line.rounds.push(round),
            None => self.0.push(Line {
                what,
                unit,
                goal,
                rounds: vec![round],
            }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts it in place of the one that the file has.
    pub(super) fn write_into(&self, path: &str, rows: u32) {
        let text = std::fs::read_to_string(path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let text = format!(
            "{before}{BEGIN}\n{rows} rows, medians of {} rounds.\n\n{self}\n{END}{after}",
            self.0[0].rounds.len()
        );
        std::fs::write(path, text).unwrap();
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | figure | limit beside it | ratio | goal |\n| --- | --- | --- | --- | --- |"
        )?;
        for line in &self.0 {
            let figure = median(line.rounds.iter().map(|round| round.0));
            write!(f, "| {} | {figure:.2} {} |", line.what, line.unit)?;
            if line.rounds.iter().all(|round| round.1.is_some()) {
                let limit = median(line.rounds.iter().filter_map(|round| round.1));
                let ratio = median(
                    line.rounds
                        .iter()
                        .filter_map(|(figure, limit)| limit.map(|limit| figure / limit)),
                );
                write!(f, " {limit:.2} {} | {ratio:.2} |", line.unit)?;
            } else {
                write!(f, " | |")?;
            }
            writeln!(f, " {} |", line.goal)?;
        }
        Ok(())
    }
}
