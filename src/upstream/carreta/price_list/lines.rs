//! A list's text line by line, with flat memory: a line longer than the cap is skipped and reported, never kept.
//!
//! Called by `reader`. Knows nothing of fields or quotes.

use std::io::{self, BufRead};

/// No line may be longer, in bytes of UTF-8.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// One line without its line break.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The text.
    Text(String),
    /// It was longer than [`MAX_LINE`].
    TooLong,
}

/// Counts lines and remembers whether the last one was ended.
pub(super) struct Lines<B> {
    input: B,
    /// Lines given so far; the first one is number 1.
    pub(super) number: u64,
    /// Whether the last line given ended with a line break.
    pub(super) ended: bool,
}

impl<B: BufRead> Lines<B> {
    pub(super) fn new(input: B) -> Self {
        Self {
            input,
            number: 0,
            ended: false,
        }
    }

    /// The next line, or `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut is_too_long = false;
        let mut is_empty = true;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_empty = false;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            if line.len() + piece.len() > MAX_LINE {
                is_too_long = true;
                line = Vec::new();
            }
            if !is_too_long {
                line.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.input.consume(used);
            self.ended = end.is_some();
            if self.ended {
                break;
            }
        }
        if is_empty {
            return Ok(None);
        }
        self.number += 1;
        if is_too_long {
            return Ok(Some(Line::TooLong));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = String::from_utf8(line).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Some(Line::Text(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (Vec<Line>, bool) {
        let mut lines = Lines::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line);
        }
        (all, lines.ended)
    }

    #[test]
    fn lines_end_with_either_line_break_and_the_last_one_is_told_apart() {
        let text = |text: &str| Line::Text(text.into());
        assert_eq!(
            all("a\r\nb\n\nc"),
            (vec![text("a"), text("b"), text(""), text("c")], false)
        );
        assert_eq!(all("a\n"), (vec![text("a")], true));
        assert_eq!(all(""), (vec![], false));
    }

    #[test]
    fn a_line_over_the_cap_is_skipped_and_the_next_one_is_read() {
        let long = format!("{}\nnext\n", "x".repeat(MAX_LINE + 1));
        assert_eq!(all(&long), (vec![Line::TooLong, Line::Text("next".into())], true));
        let fits = "x".repeat(MAX_LINE);
        assert_eq!(all(&fits).0, vec![Line::Text(fits.clone())]);
    }
}
