//! The keys that end `top`: q, Ctrl-C, and the key of «q» on a Russian keyboard.
//!
//! A thread of their own reads them: a read cannot be called off, but no end of the process waits for a thread.

use std::io::{ErrorKind, Read, stdin};

use tokio::sync::mpsc;

/// What Ctrl-C sends while the terminal is ours.
const CONTROL_C: u8 = 3;
/// What keys like the arrows send begins so.
const ESCAPE: u8 = 27;

/// Listens until one of them is pressed.
pub(super) struct Keys(mpsc::Receiver<()>);

impl Keys {
    pub(super) fn listen() -> std::io::Result<Self> {
        let (pressed, keys) = mpsc::channel(1);
        let listening = move || {
            let mut bytes = [0; 64];
            loop {
                match stdin().read(&mut bytes) {
                    Ok(length @ 1..) if !is_end(&bytes[..length]) => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Such a key, or nobody is there any more.
                    Ok(_) | Err(_) => break,
                }
            }
            drop(pressed);
        };
        std::thread::Builder::new().name("keys".into()).spawn(listening)?;
        Ok(Self(keys))
    }

    /// Waits for it.
    pub(super) async fn end(&mut self) {
        // Nothing is ever sent: it is closed.
        let _: Option<()> = self.0.recv().await;
    }
}

fn is_end(pressed: &[u8]) -> bool {
    if pressed.first() == Some(&ESCAPE) {
        return false;
    }
    let text = String::from_utf8_lossy(pressed);
    pressed.contains(&CONTROL_C) || text.contains(['q', 'Q', 'й', 'Й'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_a_key_of_either_keyboard_and_not_by_an_arrow() {
        for end in ["q", "Q", "й", "\u{3}", " q"] {
            assert!(is_end(end.as_bytes()), "{end:?}");
        }
        for other in ["\u{1b}[A", "\u{1b}", "x", "ы", "\r"] {
            assert!(!is_end(other.as_bytes()), "{other:?}");
        }
    }
}
