//! The terminal while `top` has it: another screen, no echo, no cursor. It is given back on every way out, a panic too.

use std::io::{IsTerminal, Stdout, Write, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use crossterm::{execute, queue};

use super::super::lines::Line;
use super::super::output;

/// Whether it is ours at present: it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What follows of a line that is too wide begins here.
const INDENT: usize = 4;

/// Whether there is a terminal that can be drawn on.
pub(super) fn is_one() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    stdin().is_terminal() && stdout().is_terminal() && !is_dumb
}

/// The terminal. Given back on drop.
pub(super) struct Terminal {
    out: Stdout,
    colour: bool,
    /// What stands there, row by row.
    shown: Vec<String>,
}

impl Terminal {
    pub(super) fn take() -> std::io::Result<Self> {
        std::panic::set_hook(Box::new(|info| {
            give_back();
            crate::logging::say_panic(info);
        }));
        TAKEN.store(true, Ordering::SeqCst);
        let mut taken = Self {
            out: stdout(),
            colour: output::is_coloured(),
            shown: Vec::new(),
        };
        enable_raw_mode()?;
        execute!(
            taken.out,
            EnterAlternateScreen,
            DisableLineWrap,
            Hide,
            Clear(ClearType::All)
        )?;
        Ok(taken)
    }

    /// Draws the lines from the top, as many as there is room for, and `more` where there is none: only rows that have
    /// changed are written.
    pub(super) fn draw(&mut self, lines: Vec<Line>, more: impl Fn(usize) -> Line) -> std::io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let (width, height) = size()?;
        let (width, height) = (usize::from(width.max(20)), usize::from(height.max(1)));
        let mut lines: Vec<Line> = lines.into_iter().flat_map(|line| line.folded(width, INDENT)).collect();
        if lines.len() > height {
            let left_out = lines.split_off(height - 1).len();
            lines.extend(more(left_out).folded(width, INDENT).into_iter().take(1));
        }
        let rows: Vec<String> = lines.iter().map(|line| line.painted(self.colour)).collect();
        for (at, row) in (0_u16..).zip(&rows) {
            if self.shown.get(usize::from(at)) != Some(row) {
                // Cleared first: behind a full row there is nothing to clear from.
                queue!(self.out, MoveTo(0, at), Clear(ClearType::CurrentLine), Print(row))?;
            }
        }
        if rows.len() < self.shown.len() {
            let below = u16::try_from(rows.len()).unwrap_or(u16::MAX);
            queue!(self.out, MoveTo(0, below), Clear(ClearType::FromCursorDown))?;
        }
        self.out.flush()?;
        self.shown = rows;
        Ok(())
    }

    /// Another size: nothing stands where it stood.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
        // The next draw says whether the terminal is still there.
        let _ = queue!(self.out, Clear(ClearType::All));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Where it is gone, there is nothing to give back.
        let _ = execute!(stdout(), Show, EnableLineWrap, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}
