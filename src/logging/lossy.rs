//! Standard error behind a bounded queue: whoever logs never waits for whoever reads.
//!
//! A thread of its own writes. While nobody reads, the queue fills up; what does not fit is counted and dropped, and the
//! number is told in a line of its own as soon as lines get through again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// So many lines wait at most.
const LINES: usize = 2_000;

enum Entry {
    Line(Vec<u8>),
    /// Everything before it is written when this is answered.
    Flush(Sender<()>),
}

/// The near end of the queue.
#[derive(Clone)]
pub(super) struct Lossy {
    queue: SyncSender<Entry>,
    /// Since they were last told.
    dropped: Arc<AtomicU64>,
    /// Since the beginning.
    dropped_ever: Arc<AtomicU64>,
}

impl Lossy {
    /// Starts the thread that writes to `out`; `tell` makes the line about dropped ones.
    pub(super) fn start(out: impl Write + Send + 'static, tell: fn(u64) -> String) -> io::Result<Self> {
        Self::with(LINES, out, tell)
    }

    fn with(lines: usize, out: impl Write + Send + 'static, tell: fn(u64) -> String) -> io::Result<Self> {
        let (queue, entries) = sync_channel(lines);
        let dropped = Arc::new(AtomicU64::new(0));
        let counter = dropped.clone();
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || write(&entries, out, &counter, tell))?;
        Ok(Self {
            queue,
            dropped,
            dropped_ever: Arc::default(),
        })
    }

    /// How many lines were dropped since the beginning.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped_ever.load(Ordering::Relaxed)
    }

    /// Waits until what was logged so far is written, if that does not take long.
    pub(super) fn flush(&self, patience: Duration) {
        let (answer, written) = channel();
        // A full queue has no place for the question either; then nobody reads.
        if self.queue.try_send(Entry::Flush(answer)).is_ok() {
            let _ = written.recv_timeout(patience);
        }
    }
}

fn write(entries: &Receiver<Entry>, mut out: impl Write, dropped: &AtomicU64, tell: fn(u64) -> String) {
    // A log that cannot be written has nowhere to be told.
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                let _ = out.write_all(&line);
            }
            Entry::Flush(answer) => {
                let _ = out.flush();
                let _ = answer.send(());
            }
        }
        match dropped.swap(0, Ordering::Relaxed) {
            0 => {}
            lines => {
                let _ = out.write_all(tell(lines).as_bytes());
            }
        }
    }
}

impl<'a> MakeWriter<'a> for Lossy {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self, Vec::new())
    }
}

/// One event, which goes into the queue whole.
pub(super) struct Line<'a>(&'a Lossy, Vec<u8>);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = Entry::Line(std::mem::take(&mut self.1));
        if let Err(TrySendError::Full(_)) = self.0.queue.try_send(line) {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            self.0.dropped_ever.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A pipe that nobody reads until the gate opens.
    struct Gated(mpsc::Receiver<()>, mpsc::Sender<String>, bool);

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !self.2 {
                self.0.recv().unwrap();
                self.2 = true;
            }
            self.1.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_logs_never_waits_and_what_was_dropped_is_counted_when_lines_get_through_again() {
        let (open, gate) = mpsc::channel();
        let (written, read) = mpsc::channel();
        let log = Lossy::with(3, Gated(gate, written, false), |lines| format!("{lines} dropped\n")).unwrap();
        for number in 0..20 {
            writeln!(log.make_writer(), "{number}").unwrap();
        }
        open.send(()).unwrap();
        log.flush(Duration::from_secs(10));
        let ever = log.dropped();
        let mut lines = Vec::new();
        let mut dropped = 0;
        while lines.len() + dropped < 20 {
            let line = read.recv_timeout(Duration::from_secs(10)).unwrap();
            match line.strip_suffix(" dropped\n") {
                Some(number) => dropped += number.parse::<usize>().unwrap(),
                None => lines.push(line),
            }
        }
        assert!(dropped >= 16, "{dropped} of 20, {lines:?}");
        assert_eq!(ever, dropped as u64, "counted for good");
        assert_eq!(lines[0], "0\n");
        writeln!(log.make_writer(), "after").unwrap();
        assert_eq!(read.recv_timeout(Duration::from_secs(10)).unwrap(), "after\n");
    }
}
