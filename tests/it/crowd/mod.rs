//! Pages among a crowd: every page and every path of /api/v1 answers soon, however much stock and however many calls there
//! are, also just after the daemon's start and while it works.
//!
//! The ordinary run has a small crowd, and asserts that no look walks through a large table. The promise itself:
//! `SVERKA_CROWD=1000000 SVERKA_BINARY=target/release/sverka cargo test --test it -- --include-ignored --nocapture crowd` prints figures for
//! docs/RELIABILITY.md, and fails where an address takes more than 300 ms: 99 of 100 looks while only orders come and go, half
//! of them while all of the stock is compared and sent.

mod looks;
mod world;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sverka::simulate::world::Warehouse;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Daemon, Fixture, Setup, get};

/// What the page promises, and what the ordinary run allows beside all the other tests.
const PROMISE: Duration = Duration::from_millis(300);
const ORDINARY: Duration = Duration::from_secs(4);
/// From so many rows on, the promise counts.
const LARGE: u32 = 1_000_000;
/// Commands that a person waits for, without those that count what differs.
const COMMANDS: [&[&str]; 6] = [
    &["explain", "EVERYWHERE"],
    &["explain", "--order", "NZ-50"],
    &["queue", "list"],
    &["queue", "show", "5"],
    &["hold", "list"],
    &["hold", "show", "301", "--limit", "20"],
];
const COUNTING: [&[&str]; 2] = [&["status"], &["plan", "--limit", "20"]];

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// How long the looks at one address took, the first one first.
type Times = BTreeMap<String, Vec<Duration>>;

#[test]
fn every_route_is_looked_at() {
    // What is left takes POST alone: the names of the acts.
    for route in looks::not_looked_at() {
        let acts = [
            "/act/",
            "/look",
            "/release",
            "/refuse",
            "/retry-all",
            "/logout",
            "/language",
        ];
        assert!(
            acts.iter().any(|act| route.contains(act)),
            "nobody looks at {route}: see crowd/looks.rs"
        );
    }
}

#[tokio::test]
#[ignore = "a measurement of some minutes, for docs/RELIABILITY.md"]
async fn every_page_answers_in_time_among_a_crowd() {
    let rows = number("SVERKA_CROWD", 20_000);
    let rounds = number("SVERKA_LOOKS", if rows >= LARGE { 30 } else { 2 });
    let fixture = Setup::new()
        .set("database.statement_timeout", "5m")
        .set("schedule.orders", "*/2 * * * * *")
        .set("freshness.orders", "60d")
        .simulator(|options| options.keaz_answers_remains_list = false)
        .start()
        .await;
    furnish(&fixture);
    world::fill(&fixture, rows).await;
    let mut daemon = fixture.daemon().await;
    // A page is open all the time. At first the daemon works: what differs is counted, and thousands of remains are sent.
    let _page = listen(&daemon).await;
    let mut at_work = Times::new();
    look_around(&daemon, rows, &mut at_work).await;
    let sync = fixture.command(&["sync", "stock"]).await;
    assert!(sync.status.success(), "{sync:?}");
    for _ in 0..rounds {
        look_around(&daemon, rows, &mut at_work).await;
    }
    table("at work", &at_work);
    // Then only orders come and go.
    let ended = "SELECT count(*) = 0 FROM queue.run WHERE job = 'stock' AND state <> 'ended'";
    fixture.until("the end of the pushes", ended).await;
    let mut at_rest = Times::new();
    for _ in 0..rounds {
        look_around(&daemon, rows, &mut at_rest).await;
    }
    table("at rest", &at_rest);
    let slow = commands(&fixture).await;
    daemon.stop().await;
    let limit = if rows >= LARGE { PROMISE } else { ORDINARY };
    let late = |times: &Times, share| -> Vec<String> {
        let late = times.iter().filter(|(_, took)| at(took, share) > limit);
        late.map(|(address, took)| format!("{address}: {took:?}")).collect()
    };
    let (half, most) = (late(&at_work, 50), late(&at_rest, 99));
    assert!(
        half.is_empty(),
        "at work half of the looks take longer than {limit:?}: {half:#?}"
    );
    assert!(most.is_empty(), "at rest these take longer than {limit:?}: {most:#?}");
    assert!(
        slow.is_empty() || rows < LARGE,
        "these commands take longer than a second: {slow:?}"
    );
    let walked = world::walked_through(&fixture).await;
    assert!(walked.is_empty(), "somebody walked through whole tables: {walked:?}");
}

/// KEAZ has the warehouses of the company, so that its remains can be sent; the shop has orders to read.
fn furnish(fixture: &Fixture) {
    for n in 1..=200_u64 {
        let (code, address) = (format!("W{n:03}"), format!("г. Уфа, ул. Складская, {n}"));
        let warehouse = Warehouse {
            id: n,
            code: code.clone(),
            address,
            contacts: "+7 900 000-00-00".into(),
            ..Warehouse::default()
        };
        fixture.sim.world().keaz.warehouses.insert(code, warehouse);
    }
    fixture.positions(100);
}

/// Listens to what changes, as an open page does.
async fn listen(daemon: &Daemon) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.address).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", looks::EVENTS, daemon.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn look_around(daemon: &Daemon, rows: u32, times: &mut Times) {
    for (address, expected) in looks::addresses(rows) {
        let began = Instant::now();
        let (status, body) = get(daemon.address, &address).await;
        let took = began.elapsed();
        assert_eq!(
            status,
            expected,
            "{address}: {}",
            body.chars().take(500).collect::<String>()
        );
        times.entry(address).or_default().push(took);
    }
}

fn at(took: &[Duration], share: usize) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort();
    sorted[(sorted.len() - 1) * share / 100]
}

/// The slowest first.
fn table(when: &str, times: &Times) {
    let mut slowest: Vec<_> = times.iter().collect();
    slowest.sort_by_key(|(_, took)| std::cmp::Reverse(at(took, 100)));
    println!("{:>8} {:>8} {:>8} {:>8}  ms, {when}", "first", "p50", "p99", "max");
    for (address, took) in slowest {
        let ms = |took: Duration| took.as_millis();
        println!(
            "{:>8} {:>8} {:>8} {:>8}  {address}",
            ms(took[0]),
            ms(at(took, 50)),
            ms(at(took, 99)),
            ms(at(took, 100))
        );
    }
}

/// Those that took longer than a second although they count nothing.
async fn commands(fixture: &Fixture) -> Vec<String> {
    let mut slow = Vec::new();
    for args in COMMANDS.into_iter().chain(COUNTING) {
        let began = Instant::now();
        // Those that count have as long as they need.
        let output = fixture.binary(args).output().await.unwrap();
        let took = began.elapsed();
        println!("{:>8} ms  sverka {}", took.as_millis(), args.join(" "));
        assert_ne!(output.status.code(), Some(69), "{output:?}");
        if took > Duration::from_secs(1) && !COUNTING.contains(&args) {
            slow.push(format!("{}: {took:?}", args.join(" ")));
        }
    }
    slow
}
