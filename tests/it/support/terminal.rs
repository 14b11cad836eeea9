//! A command in a pseudo terminal, and what a person would see on its screen.

use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use pty_process::{OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::time::timeout;
use vt100::Parser;

use super::fixture::Fixture;
use super::postgres;
use super::wait::{PATIENCE, until};

/// A command at work in a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    keys: OwnedWritePty,
    line: OwnedFd,
    screen: Arc<Mutex<Parser>>,
}

impl Fixture {
    /// The binary with these arguments, in a terminal of that many rows and columns, with additional environment.
    pub(crate) async fn in_terminal(
        &self,
        (rows, columns): (u16, u16),
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Terminal {
        let (pty, pts) = pty_process::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let line = pty.as_fd().try_clone_to_owned().unwrap();
        let child = pty_process::Command::new(env!("CARGO_BIN_EXE_sverka"))
            .arg("--config")
            .arg(&self.config)
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERM", "xterm-256color")
            .envs(environment.iter().copied())
            .current_dir(self.folder.path())
            .kill_on_drop(true)
            .spawn(pts)
            .unwrap();
        postgres::kill_with_us(child.id().unwrap()).await;
        let (mut output, keys) = pty.into_split();
        let size = |n| NonZeroU16::new(n).unwrap();
        let screen = Arc::new(Mutex::new(Parser::new(size(rows), size(columns), 0)));
        let seen = screen.clone();
        tokio::spawn(async move {
            let mut bytes = [0; 4096];
            // It ends with an error when nobody has the other side any more.
            while let Ok(length @ 1..) = output.read(&mut bytes).await {
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .process(&bytes[..length]);
            }
        });
        Terminal {
            child,
            keys,
            line,
            screen,
        }
    }
}

impl Terminal {
    fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.screen.lock().unwrap_or_else(PoisonError::into_inner).screen())
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.look(vt100::Screen::contents)
    }

    /// Whether any letter on it has a colour.
    pub(crate) fn is_coloured(&self) -> bool {
        self.look(|screen| {
            let (rows, columns) = screen.size();
            let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            let mut cells = cells.filter_map(|(row, column)| screen.cell(row, column));
            cells.any(|cell| cell.fgcolor() != vt100::Color::Default)
        })
    }

    /// Waits until all of that stands on the screen.
    pub(crate) async fn shows(&self, words: &[&str]) {
        let shown = async || {
            let text = self.text();
            words.iter().all(|word| text.contains(word)).then_some(())
        };
        let what = format!("the screen to show {words:?}");
        tokio::select! {
            () = until(&what, shown) => {}
            () = self.report_if_late(&what) => {}
        }
    }

    /// Waits until nothing of that stands there any more.
    pub(crate) async fn hides(&self, word: &str) {
        let hidden = async || (!self.text().contains(word)).then_some(());
        until(&format!("{word:?} to leave the screen"), hidden).await;
    }

    async fn report_if_late(&self, what: &str) {
        tokio::time::sleep(PATIENCE - std::time::Duration::from_secs(1)).await;
        panic!("waited in vain for {what}:\n{}", self.text());
    }

    /// Presses keys.
    pub(crate) async fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.unwrap();
    }

    /// Makes the window another one.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let size = |n| NonZeroU16::new(n).unwrap();
        let mut parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        parser.screen_mut().set_size(size(rows), size(columns));
        self.keys.resize(Size::new(rows, columns)).unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Whether a program has taken the screen: another buffer, no cursor, keys without echo.
    pub(crate) fn is_taken(&self) -> bool {
        let (alternate, hidden) = self.look(|screen| (screen.alternate_screen(), screen.hide_cursor()));
        let flags = tcgetattr(&self.line).unwrap().local_flags;
        let is_raw = !flags.intersects(LocalFlags::ECHO | LocalFlags::ICANON);
        assert!(
            [alternate, hidden, is_raw].iter().all(|taken| *taken == alternate),
            "half given back: alternate screen {alternate}, cursor hidden {hidden}, raw {is_raw}"
        );
        alternate
    }

    /// Waits for the end, and until the screen shows that the terminal was given back.
    pub(crate) async fn ends(&mut self) -> ExitStatus {
        let pid = self.child.id().unwrap();
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended
            .unwrap_or_else(|_| panic!("it did not end:\n{}", self.text()))
            .unwrap();
        postgres::has_ended(pid);
        let given_back = async || {
            self.look(|screen| !screen.alternate_screen() && !screen.hide_cursor())
                .then_some(())
        };
        until("the terminal to be given back", given_back).await;
        assert!(!self.is_taken());
        status
    }
}
