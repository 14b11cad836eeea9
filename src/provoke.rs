//! Faults of the program itself, provoked by tests of the real binary: a panic, threads that stand still. Only in debug
//! builds, and only where `$SVERKA_PROVOKE` asks: `panic@PLACE`, `stall@PLACE`. Each process does it once.

/// A place where one may be provoked.
#[cfg(debug_assertions)]
pub(crate) fn at(place: &str) {
    use std::sync::atomic::{AtomicBool, Ordering};
    static DONE: AtomicBool = AtomicBool::new(false);
    let Ok(asked) = std::env::var("SVERKA_PROVOKE") else {
        return;
    };
    let Some((what, wanted)) = asked.split_once('@') else {
        return;
    };
    if wanted != place || DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    match what {
        "stall" => stall(),
        _ => panicking(place),
    }
}

/// Release builds know none of it.
#[cfg(not(debug_assertions))]
pub(crate) fn at(_: &str) {}

#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "what it is for")]
fn panicking(place: &str) {
    panic!("provoked at {place}, with a secret: canary-7f3a");
}

/// Every thread of the executor stands still.
#[cfg(debug_assertions)]
fn stall() {
    for _ in 0..256 {
        tokio::spawn(async { std::thread::sleep(std::time::Duration::from_secs(60)) });
    }
}
