//! The questions of docs/OPERATIONS.md: each is answered by one command and by one page, in plain words.

mod history;
mod pause;
mod reader;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sverka::job::Job;
use sverka::simulate::world::Offer;
use sverka::simulate::{Action, Rule, Upstream};

use self::reader::Reader;
use crate::support::{Daemon, Fixture, PATIENCE, Setup, until};

/// What a command says on standard output; it must end well.
async fn told(fixture: &Fixture, args: &[&str]) -> String {
    let output = fixture.command(args).await;
    assert!(output.status.success(), "{args:?}: {output:?}");
    // Columns are as wide as they are.
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn json_of(fixture: &Fixture, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let output = fixture.command(&args).await;
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_says(who: &str, text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{who}: no «{word}» in:\n{text}");
    }
}

/// Asks the command and the page; the same words answer in both.
async fn assert_both_say(fixture: &Fixture, daemon: &Daemon, args: &[&str], path: &str, words: &[&str]) {
    assert_says(&format!("{args:?}"), &told(fixture, args).await, words);
    let reader = Reader::of(daemon, "en").await;
    let last = &std::cell::RefCell::new(String::new());
    // What is counted beside the page comes a moment later.
    let says = until("the page to answer", async || {
        let page = reader.page(path).await;
        let all = words.iter().all(|word| page.contains(word));
        last.replace(page);
        all.then_some(())
    });
    // A moment before `until` gives up, to show what the page says instead.
    let patience = PATIENCE - std::time::Duration::from_secs(1);
    if tokio::time::timeout(patience, says).await.is_err() {
        assert_says(path, &last.borrow(), words);
    }
}

/// One article that KEAZ shows 3 of, and the ERP has 5.
async fn three_of_five() -> Fixture {
    from(Setup::new()).await
}

async fn from(setup: Setup) -> Fixture {
    let fixture = setup.start().await;
    fixture.warehouse("W1", "г. Уфа", "+7 900 000-00-01").await;
    fixture.stock("W1", "KEAZ", "BM63", Some("3")).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sql("UPDATE erp.stock SET quantity = 5").await;
    fixture
}

/// The same, and the push of the 5 has died of what KEAZ said.
async fn refused() -> (Fixture, i64) {
    let fixture = from(Setup::new().set("queue.max_attempts", 2)).await;
    let refuse = Action::Status {
        code: 400,
        headers: Vec::new(),
        body: "no such field".into(),
    };
    fixture.sim.inject(Rule {
        times: 2,
        ..Rule::once(Upstream::Keaz, "keaz.remains.update", refuse)
    });
    fixture.sync(&[Job::Stock]).await;
    let dead = fixture
        .value("SELECT max(id) FROM queue.call WHERE state = 'dead'")
        .await;
    (fixture, dead.expect("a dead call").parse().unwrap())
}

#[tokio::test]
async fn why_does_keaz_show_3_when_we_have_5() {
    let fixture = three_of_five().await;
    let daemon = fixture.daemon().await;
    let words = ["KEAZ shows 3", "ERP has 5"];
    assert_both_say(&fixture, &daemon, &["explain", "BM63"], "/article/BM63", &words).await;
}

#[tokio::test]
async fn did_order_20_get_its_status() {
    let fixture = Setup::new().start().await;
    fixture.positions(20);
    fixture.sync_done(&[Job::Orders]).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 20")
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    let daemon = fixture.daemon().await;
    let words = ["Выдано (Отправлено)", "saplab.orders.set_status", "done"];
    assert_both_say(&fixture, &daemon, &["explain", "--order", "20"], "/order/20", &words).await;
}

#[tokio::test]
async fn what_happened_at_that_hour() {
    let (fixture, dead) = refused().await;
    let daemon = fixture.daemon().await;
    let at = "SELECT to_char(now() AT TIME ZONE 'Europe/Moscow', 'YYYY-MM-DD HH24:MI')";
    let at = fixture.value(at).await.unwrap();
    let dead = format!("Call {dead} (keaz.remains.update) is dead");
    let words = [
        &dead,
        "no such field",
        "Stock, run 2 (by a command): partly done in",
        "A daemon began to work",
    ];
    let path = format!("/history?at={}", at.replace(' ', "+"));
    assert_both_say(&fixture, &daemon, &["history", &at], &path, &words).await;
}

#[tokio::test]
async fn what_will_be_pushed() {
    let fixture = three_of_five().await;
    let daemon = fixture.daemon().await;
    assert_both_say(&fixture, &daemon, &["plan", "stock"], "/diff", &["BM63", "3", "5"]).await;
}

#[tokio::test]
async fn stop_pushing_to_keaz_for_an_hour_and_go_on_now() {
    let fixture = three_of_five().await;
    let daemon = fixture.daemon().await;
    let paused = told(
        &fixture,
        &["pause", "keaz", "--only", "pushes", "--reason", "stocktaking"],
    )
    .await;
    assert_says(
        "pause",
        &paused,
        &["Pushes to KEAZ are paused until", "stocktaking", "sverka resume keaz"],
    );
    let why = told(&fixture, &["explain", "BM63"]).await;
    assert_says(
        "explain",
        &why,
        &["KEAZ shows 3, ERP has 5", "Pushes to KEAZ are paused until"],
    );
    let reader = Reader::of(&daemon, "ru").await;
    let page = reader.page("/").await;
    assert_says(
        "/",
        &page,
        &["отправка приостановлена", "чтение продолжается", "stocktaking"],
    );
    assert_says(
        "status",
        &told(&fixture, &["status"]).await,
        &["Pushes to KEAZ are paused until", "stocktaking"],
    );
    assert_eq!(reader.press("/act/resume", &[("upstream", "keaz")]).await, "/");
    assert_eq!(fixture.count("queue.pause WHERE ended_by LIKE 'the page%'").await, 1);
    assert!(!reader.page("/").await.contains("приостановлена"));

    assert_eq!(reader.press("/act/pause", &[("upstream", "keaz")]).await, "/");
    let hour = "queue.pause WHERE ended_at IS NULL AND NOT only_pushes AND until - since = interval '1 hour'";
    assert_eq!(fixture.count(hour).await, 1);
    assert_says("resume", &told(&fixture, &["resume", "keaz"]).await, &["KEAZ goes on"]);
    let acts = fixture
        .value("SELECT string_agg(command, ' ' ORDER BY id) FROM queue.audit")
        .await;
    assert_eq!(acts.as_deref(), Some("pause resume pause resume"));
    for path in ["/act/pause", "/act/resume"] {
        assert_eq!(
            reader
                .forge(path, &[("upstream", "keaz"), ("form_token", "guessed")])
                .await,
            403
        );
    }
}

#[tokio::test]
async fn is_everything_all_right() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 3).await;
    fixture.sync_done(&[Job::Stock]).await;
    let daemon = fixture.daemon().await;
    let status = fixture.command(&["status"]).await;
    assert!(status.status.success(), "{status:?}");
    let reader = Reader::of(&daemon, "en").await;
    assert_says(
        "/",
        &reader.page("/").await,
        &["Nothing waits for you.", "KEAZ works", "done"],
    );

    let late = Setup::new()
        .set("schedule.stock", "0 0 3 * * *")
        .set("freshness.stock", "1s")
        .start()
        .await;
    late.sql("UPDATE queue.migration SET installed_on = now() - interval '1 day'")
        .await;
    let daemon = late.daemon().await;
    let status = late.command(&["status"]).await;
    assert_eq!(status.status.code(), Some(1), "{status:?}");
    let reader = Reader::of(&daemon, "en").await;
    assert_says(
        "/",
        &reader.page("/").await,
        &["No success for longer than promised: Stock"],
    );
}

#[tokio::test]
async fn what_waits_for_me_to_decide() {
    let (fixture, dead) = refused().await;
    fixture
        .sql(
            "INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why)
             VALUES ('stock', 'keaz', 'W1', 'zero', 50, 100, 'guard.max_zero_share allows 33');
             INSERT INTO queue.call (upstream, operation, args, class, priority, state, reason)
             VALUES ('saplab', 'saplab.orders.pay', '{\"position\": 1}', 'guarded', 0, 'quarantined', 'its answer was lost')",
        )
        .await;
    let daemon = fixture.daemon().await;
    let words = [
        &format!("all {dead} "),
        "is dead",
        "no such field",
        "may have happened",
        "its answer was lost",
        "guard.max_zero_share allows 33",
    ];
    assert_both_say(&fixture, &daemon, &["status"], "/", &words).await;
    let waits = json_of(&fixture, &["status"]).await["waits"].clone();
    let kinds: Vec<&Value> = waits.as_array().unwrap().iter().map(|wait| &wait["kind"]).collect();
    assert_eq!(kinds, ["quarantined", "held", "dead"], "what is most urgent first");
}

#[tokio::test]
async fn what_exactly_did_we_send_and_what_did_they_answer() {
    let (fixture, dead) = refused().await;
    let daemon = fixture.daemon().await;
    let (id, path) = (dead.to_string(), format!("/queue/{dead}"));
    let words = ["BM63", "no such field", "400", "${KEAZ_API_KEY}"];
    assert_both_say(&fixture, &daemon, &["queue", "show", &id, "--curl"], &path, &words).await;
}

#[tokio::test]
async fn when_will_the_next_sync_run_and_do_it_now() {
    let fixture = Setup::new().set("schedule.stock", "0 0 3 * * *").start().await;
    fixture.fill(1, 3).await;
    let daemon = fixture.daemon().await;
    let status = json_of(&fixture, &["status"]).await;
    let stock = status["freshness"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fresh| fresh["job"] == "stock");
    let next = stock.unwrap()["next_run"].as_str().unwrap().to_owned();
    assert!(next.contains("T00:00:00"), "three in Moscow: {next}");
    let reader = Reader::of(&daemon, "en").await;
    assert_says("/", &reader.page("/").await, &["Next run", " 03:00:00"]);

    let way = reader.press("/act/sync", &[("job", "stock")]).await;
    fixture
        .until("the run", "NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')")
        .await;
    assert_says(&way, &reader.page(&way).await, &["done", "on this page"]);
    told(&fixture, &["sync", "stock", "--wait"]).await;
    assert_eq!(
        fixture
            .count("queue.run WHERE job = 'stock' AND outcome = 'done'")
            .await,
        2
    );
}

#[tokio::test]
async fn who_did_what_by_hand() {
    let (fixture, dead) = refused().await;
    let daemon = fixture.daemon().await;
    let reader = Reader::of(&daemon, "en").await;
    reader.press("/act/pause", &[("upstream", "keaz")]).await;
    told(&fixture, &["queue", "cancel", &dead.to_string()]).await;
    told(&fixture, &["resume", "keaz"]).await;
    told(&fixture, &["sync", "stock", "--wait"]).await;
    let cancelled = format!("took call {dead} out of the queue, which was: dead");
    let words = [
        &cancelled,
        "the page, from 127.0.0.1 paused KEAZ until",
        "let KEAZ go on",
        "started a job: stock: run",
    ];
    assert_both_say(
        &fixture,
        &daemon,
        &["history", "--by-hand"],
        "/history?by_hand=yes",
        &words,
    )
    .await;
    for text in [
        told(&fixture, &["history", "--by-hand"]).await,
        reader.page("/history?by_hand=yes").await,
    ] {
        assert!(!text.contains("Stock, run") && !text.contains("A daemon"), "{text}");
    }
}

#[tokio::test]
async fn was_purchase_7_ordered_and_at_which_price() {
    let fixture = Setup::new().start().await;
    fixture.sim.world().carreta.offers = vec![Offer {
        code: "OC47".into(),
        maker: "KNECHT/MAHLE".into(),
        price: Decimal::new(15_202, 2),
        min_qty: 1,
        qty: "500".into(),
        source: "57".into(),
        ..Offer::default()
    }];
    fixture
        .sql(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price)
             VALUES (7, 'carreta', 'KNECHT/MAHLE', 'OC47', 2, 160)",
        )
        .await;
    fixture.sync_done(&[Job::Purchases]).await;
    let number = fixture.sim.world().carreta.orders[0].number.clone();
    let daemon = fixture.daemon().await;
    let words = ["152.02", "304.04", &number];
    assert_both_say(&fixture, &daemon, &["explain", "--order", "7"], "/order/7", &words).await;
}

#[tokio::test]
async fn how_much_and_how_quickly_do_we_push_lately() {
    let fixture = three_of_five().await;
    fixture.sync_done(&[Job::Stock]).await;
    let daemon = fixture.daemon().await;
    let pushed = told(&fixture, &["history", "--job", "stock", "--since", "1d"]).await;
    assert_says(
        "history",
        &pushed,
        &[
            "Stock: 2 runs have ended, 0 of them not well; it took",
            "on average",
            "3 pushed, 0 refused.",
        ],
    );
    let reader = Reader::of(&daemon, "en").await;
    let page = reader.page("/runs").await;
    assert_says("/runs", &page, &["Duration: the last", "Rows: the last"]);
    let sums = json_of(&fixture, &["history", "--job", "stock"]).await["jobs"].clone();
    assert_eq!((&sums[0]["runs"], &sums[0]["rows_pushed"]), (&json!(2), &json!(3)));
}
