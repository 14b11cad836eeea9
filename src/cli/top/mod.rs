//! `sverka top`: what `sverka status` prints, drawn anew every second, with what is under way, until q or Ctrl-C.
//!
//! One task asks the database (`look.rs`), this one draws (`terminal.rs`) and listens to keys and signals: neither waits for
//! the other, so a database that is silent is said on the screen, and the command still ends at once.

mod keys;
mod look;
mod terminal;

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::lines::{Line, Tone};
use super::reader::Reader;
use super::{CliError, Format, stand};
use crate::config::Settings;
use crate::context::Context;
use crate::say;
use crate::words::clock::about;
use keys::Keys;
use look::Seen;
use terminal::Terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How often it is drawn anew, from 100ms to 1h
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    every: Duration,
}

fn span(text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let allowed = Duration::from_millis(100)..=Duration::from_secs(3600);
    if !allowed.contains(&span) {
        return Err("from 100ms to 1h".into());
    }
    Ok(span)
}

pub(super) async fn show(args: &Args, settings: Settings) -> Result<(), CliError> {
    let reader = Reader::new(&settings, Format::Table);
    if !terminal::is_one() {
        return Err(CliError::Usage(say!(reader.lang, "top-no-terminal")));
    }
    let context = Context::new(settings, 0)?;
    let zone = context.settings.schedule.timezone;
    let stop = CancellationToken::new();
    let (sender, seen) = watch::channel(Seen::default());
    let mut looking = tokio::spawn(look::keep_looking(context, args.every, sender, stop.clone()));
    let shown = Screen {
        lang: reader.lang,
        zone,
        every: args.every,
    };
    let mut ends = Ends::listen()?;
    let ended = shown.until_somebody_ends_it(seen, &mut looking, &mut ends).await;
    stop.cancel();
    if let Some(outcome) = ended? {
        return outcome;
    }
    // It lets go of the database in good order; who does not want to wait for that types Ctrl-C once more.
    tokio::select! {
        ended = looking => over(ended),
        () = ends.come() => Ok(()),
    }
}

/// How the looking ended.
fn over(ended: Result<Result<(), CliError>, tokio::task::JoinError>) -> Result<(), CliError> {
    match ended {
        Ok(outcome) => outcome,
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}

/// What is drawn, for whom.
struct Screen {
    lang: crate::words::Lang,
    zone: chrono_tz::Tz,
    every: Duration,
}

impl Screen {
    /// Draws until a key or a signal ends it, or the looking ends by itself: then, how.
    async fn until_somebody_ends_it(
        &self,
        mut seen: watch::Receiver<Seen>,
        looking: &mut JoinHandle<Result<(), CliError>>,
        ends: &mut Ends,
    ) -> Result<Option<Result<(), CliError>>, CliError> {
        let mut terminal = Terminal::take()?;
        let mut keys = Keys::listen()?;
        let mut resized = signal(SignalKind::window_change())?;
        let mut ticks = tokio::time::interval(self.every);
        loop {
            let lines = self.lines(&seen.borrow_and_update());
            terminal.draw(lines, |lines| {
                Line::of(Tone::Faint, &say!(self.lang, "top-more", lines = lines))
            })?;
            crate::provoke::at("top");
            tokio::select! {
                () = keys.end() => return Ok(None),
                () = ends.come() => return Ok(None),
                ended = &mut *looking => return Ok(Some(over(ended))),
                _ = resized.recv() => terminal.forget(),
                _ = seen.changed() => {}
                _ = ticks.tick() => {}
            }
        }
    }

    fn lines(&self, seen: &Seen) -> Vec<Line> {
        let reader = Reader {
            lang: self.lang,
            clock: crate::words::clock::Clock::new(self.zone),
        };
        let mut lines = vec![self.title(&reader)];
        lines.extend(self.silence(&reader, seen));
        if let Some(view) = &seen.view {
            lines.extend(stand::head(&reader, &view.status).concat());
            lines.extend(stand::now(&reader, &view.busy));
            lines.extend(stand::tail(&reader, &view.status));
        }
        lines
    }

    fn title(&self, reader: &Reader) -> Line {
        let every = humantime::format_duration(self.every).to_string();
        let hint = say!(self.lang, "top-hint", every = every);
        let now = reader.clock.brief(reader.clock.now());
        Line::of(Tone::Title, "sverka top")
            .and(Tone::Plain, &format!("  {now}  "))
            .and(Tone::Faint, &hint)
    }

    /// That the database does not answer, since when, and why; that it has not answered yet.
    fn silence(&self, reader: &Reader, seen: &Seen) -> Option<Line> {
        let lang = self.lang;
        let Some(view) = &seen.view else {
            return Some(match &seen.trouble {
                Some(why) => Line::of(Tone::Bad, &say!(lang, "top-away", why = why.clone())),
                None => Line::of(Tone::Faint, &say!(lang, "top-connecting")),
            });
        };
        let age = view.read.elapsed();
        let is_old = seen.trouble.is_some() || age > self.every * 2 + Duration::from_secs(2);
        let why = seen.trouble.clone().unwrap_or_else(|| say!(lang, "top-silent"));
        is_old.then(|| {
            Line::of(
                Tone::Bad,
                &say!(lang, "top-old", span = about(reader.lang, age.as_secs()), why = why),
            )
        })
    }
}

/// Signals that end it.
struct Ends([Signal; 3]);

impl Ends {
    fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn come(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_drawn_neither_too_often_nor_never() {
        assert_eq!(span("2s"), Ok(Duration::from_secs(2)));
        for text in ["0s", "50ms", "2h", "often"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
