//! The queue's core as a pure model: thousands of seeded histories in which processes die, freeze and lose their
//! database, and the site applies, loses and delays. No intent is open twice, nothing is lost, nothing guarded happens
//! twice.
//!
//! `SVERKA_SEED=N cargo test --locked --test it -- model::` replays one and prints it; `SVERKA_SEEDS=N` sets how many.

mod conformance;
mod table;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use world::{Broken, World};

const SEEDS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// One history; where it breaks a rule, which and how.
fn history(seed: u64) -> Result<(), String> {
    let run = |traced| {
        let mut world = World::new(seed, traced);
        let lived = world.live();
        (lived, world.trace.unwrap_or_default())
    };
    match run(false).0 {
        Ok(()) => Ok(()),
        Err(Broken(why)) => Err(format!(
            "seed {seed}: {why}\n{}\nagain with: SVERKA_SEED={seed} cargo test --locked --test it -- model::ten_thousand",
            run(true).1.join("\n")
        )),
    }
}

#[test]
fn ten_thousand_histories_lose_nothing_and_double_nothing() {
    if let Some(seed) = number("SVERKA_SEED") {
        let mut world = World::new(seed, true);
        let lived = world.live();
        println!("{}", world.trace.unwrap_or_default().join("\n"));
        assert!(lived.is_ok_and(|()| true), "see above");
        return;
    }
    let (next, seeds) = (AtomicU64::new(0), number("SVERKA_SEEDS").unwrap_or(SEEDS));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds {
                            return Ok::<(), String>(());
                        }
                        history(seed)?;
                    }
                })
            })
            .collect();
        for thread in threads {
            if let Err(why) = thread.join().unwrap() {
                next.store(seeds, Ordering::Relaxed);
                panic!("{why}");
            }
        }
    });
}
