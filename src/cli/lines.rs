//! Lines in tones, for a terminal: made once, printed by `status`, drawn again and again by `top`.
//!
//! What others have said is made harmless as it is put in; colour comes in only at the end, and only where it is wanted.
//! Width is counted in columns of the terminal, not in letters.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::output::plain;

/// How a piece of text is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Title,
    Faint,
    Good,
    Warn,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Title => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// A line, piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<(Tone, String)>);

impl Line {
    pub(super) fn of(tone: Tone, text: &str) -> Self {
        Self::default().and(tone, text)
    }

    /// One more piece at its end.
    pub(super) fn and(mut self, tone: Tone, text: &str) -> Self {
        self.0.push((tone, plain(text)));
        self
    }

    /// The columns it takes.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// Broken between words, where it is wider than that; what follows begins so far to the right.
    pub(super) fn folded(self, width: usize, indent: usize) -> Vec<Self> {
        if self.width() <= width {
            return vec![self];
        }
        let mut fold = Fold {
            width,
            indent: indent.min(width / 2),
            lines: Vec::new(),
            line: Self::default(),
            used: 0,
        };
        for (tone, text) in &self.0 {
            text.split_inclusive(' ').for_each(|word| fold.word(*tone, word));
        }
        fold.lines.push(fold.line);
        fold.lines
    }

    /// As text; with the terminal's codes for its tones if there is to be colour.
    pub(super) fn painted(&self, colour: bool) -> String {
        let piece = |(tone, text): &(Tone, String)| {
            let style = tone.style();
            match colour && !text.is_empty() && style != Style::new() {
                true => format!("{style}{text}{style:#}"),
                false => text.clone(),
            }
        };
        let text: String = self.0.iter().map(piece).collect();
        if colour { text } else { text.trim_end().to_owned() }
    }
}

struct Fold {
    width: usize,
    indent: usize,
    lines: Vec<Line>,
    line: Line,
    used: usize,
}

impl Fold {
    fn word(&mut self, tone: Tone, word: &str) {
        if self.used > self.indent && self.used + word.trim_end().width() > self.width {
            self.next_line();
        }
        // One that is wider than a whole line is cut.
        let mut piece = String::new();
        for c in word.chars() {
            let width = c.width().unwrap_or_default();
            if c != ' ' && self.used + width > self.width {
                self.line.0.push((tone, std::mem::take(&mut piece)));
                self.next_line();
            }
            self.used += width;
            piece.push(c);
        }
        self.line.0.push((tone, piece));
    }

    fn next_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.line));
        self.line = Line::of(Tone::Plain, &" ".repeat(self.indent));
        self.used = self.indent;
    }
}

/// A table: each column as wide as its widest cell, two blanks between them, numbers to the right.
pub(super) fn grid<const N: usize>(headings: [String; N], numbers: &[usize], rows: Vec<[Line; N]>) -> Vec<Line> {
    let mut all = vec![headings.map(|heading| Line::of(Tone::Faint, &heading))];
    all.extend(rows);
    let width = |column: usize| all.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let aligned = |row: [Line; N]| {
        let mut line = Line::default();
        for (column, cell) in row.into_iter().enumerate() {
            let blanks = " ".repeat(widths[column] - cell.width());
            let (before, after) = if numbers.contains(&column) {
                (blanks, String::new())
            } else {
                (String::new(), blanks)
            };
            line = line.and(Tone::Plain, &before);
            line.0.extend(cell.0);
            let gap = if column + 1 < N { after + "  " } else { String::new() };
            line = line.and(Tone::Plain, &gap);
        }
        line
    };
    all.into_iter().map(aligned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.painted(false)).collect()
    }

    #[test]
    fn a_line_is_broken_between_words_and_a_long_word_is_cut() {
        let line = Line::of(Tone::Bad, "keaz ").and(Tone::Plain, "rests until noon");
        assert_eq!(texts(&line.clone().folded(40, 2)), ["keaz rests until noon"]);
        assert_eq!(texts(&line.folded(12, 2)), ["keaz rests", "  until noon"]);
        assert_eq!(
            texts(&Line::of(Tone::Plain, "ab cdefghij").folded(6, 1)),
            ["ab", " cdefg", " hij"]
        );
    }

    #[test]
    fn columns_are_counted_as_the_terminal_counts_them() {
        let wide = Line::of(Tone::Plain, "漢字 漢字");
        assert_eq!(
            (wide.width(), texts(&wide.folded(6, 0))),
            (9, vec!["漢字".to_owned(), "漢字".to_owned()])
        );
        let rows = vec![[Line::of(Tone::Good, "да"), Line::of(Tone::Plain, "10")]];
        let table = grid(["A".into(), "N".into()], &[1], rows);
        assert_eq!(texts(&table), ["A    N", "да  10"]);
    }

    #[test]
    fn colour_is_put_around_a_piece_and_what_acts_upon_a_terminal_is_left_out() {
        let line = Line::of(Tone::Plain, "is ").and(Tone::Good, "\u{1b}[31mwell\n");
        assert_eq!(line.painted(false), "is [31mwell");
        assert_eq!(line.painted(true), "is \u{1b}[32m[31mwell\u{1b}[0m");
    }
}
