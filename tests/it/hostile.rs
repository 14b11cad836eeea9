//! A site that means harm, or is broken as if it did: whatever it sends is cut or refused, the daemon's memory stays
//! flat, and nothing of it acts upon a terminal. The real binary.

use serde_json::{Value, json};
use sverka::simulate::world::Position;
use sverka::simulate::{Action, PriceList, Rule, Upstream};

use crate::support::{Daemon, Fixture, Setup};

/// The most that the daemon may ever have had in memory.
const MAX_PEAK: u64 = 128 * 1024;

/// KiB.
pub(crate) fn peak(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// One answer to one call, and what is said of it.
struct Attack {
    name: &'static str,
    operation: &'static str,
    args: Value,
    rule: Rule,
    words: &'static str,
}

fn attack(name: &'static str, operation: &'static str, args: Value, action: Action, words: &'static str) -> Attack {
    let (upstream, at) = match operation {
        "keaz.remains.list" | "keaz.warehouses.list" => (Upstream::Keaz, operation),
        "saplab.orders.list" => (Upstream::Saplab, "saplab.panel.order.list"),
        "saplab.statuses.list" => (Upstream::Saplab, "saplab.panel.status.list"),
        "saplab.parts.brands" => (Upstream::Saplab, "saplab.client.parts"),
        "carreta.parts.search" => (Upstream::Carreta, "carreta.search"),
        "carreta.orders.list" => (Upstream::Carreta, "carreta.order"),
        "carreta.prices.fetch" => (Upstream::Carreta, "carreta.price_list"),
        other => panic!("{other}"),
    };
    let rule = Rule::once(upstream, at, action);
    Attack {
        name,
        operation,
        args,
        rule,
        words,
    }
}

/// So many elements of a list, each of them this.
fn flood(before: &str, element: &str, bytes: usize, after: &str) -> Action {
    let count = bytes / (element.len() + 1);
    Action::Garbage(format!(
        "{before}{}{element}{after}",
        format!("{element},").repeat(count)
    ))
}

fn attributes() -> String {
    let many: String = (0..80_000).map(|n| format!(" a{n}=\"{n}\"")).collect();
    format!("<response{many}><status{many}/></response>")
}

/// Everything that can be sent in one answer.
fn attacks() -> Vec<Attack> {
    let nested = |depth: usize| Action::Garbage("[".repeat(depth) + &"]".repeat(depth));
    let deep_list = |name: &str| Action::Garbage(format!("{{\"{name}\":{}{}}}", "[".repeat(200), "]".repeat(200)));
    let garbage = |text: &str| Action::Garbage(text.to_owned());
    let laughs = "<!DOCTYPE response [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
                  <response><remains>&b;&b;</remains></response>";
    let (keaz, panel, search, list) = (
        "keaz.remains.list",
        "saplab.orders.list",
        "carreta.parts.search",
        "carreta.prices.fetch",
    );
    let (none, q, main) = (json!({}), json!({ "q": "OC47" }), json!({ "list": "main" }));
    let lost = "no answer came";
    let odd = "cannot be understood";
    vec![
        attack(
            "a drip",
            list,
            main.clone(),
            Action::SlowDrip,
            "no whole answer within 15s",
        ),
        attack(
            "a drip",
            keaz,
            none.clone(),
            Action::SlowDrip,
            "no whole answer within 15s",
        ),
        attack(
            "a drip",
            panel,
            none.clone(),
            Action::SlowDrip,
            "no whole answer within 15s",
        ),
        attack("depth", keaz, none.clone(), deep_list("remains"), odd),
        attack("depth", keaz, none.clone(), nested(1_000_000), odd),
        attack("depth", panel, none.clone(), nested(200), "no list of orders"),
        attack("depth", panel, none.clone(), deep_list("orders"), "not an object"),
        attack("depth", search, q.clone(), deep_list("objects"), "row 1 of 1"),
        attack("depth", search, q.clone(), nested(1_000_000), odd),
        attack(
            "a document type",
            keaz,
            none.clone(),
            garbage(laughs),
            "a document type is not accepted",
        ),
        attack("a bomb", keaz, none.clone(), Action::Bomb, "larger than"),
        attack(
            "a bomb",
            "keaz.warehouses.list",
            none.clone(),
            Action::Bomb,
            "larger than",
        ),
        attack("a bomb", panel, none.clone(), Action::Bomb, "larger than"),
        attack("a bomb", search, q.clone(), Action::Bomb, "larger than"),
        attack("a bomb", list, main.clone(), Action::Bomb, "larger than"),
        attack("headers", keaz, none.clone(), Action::HugeHeaders, lost),
        attack("headers", panel, none.clone(), Action::HugeHeaders, lost),
        attack("headers", search, q.clone(), Action::HugeHeaders, lost),
        attack("headers", list, main.clone(), Action::HugeHeaders, lost),
        attack("attributes", keaz, none.clone(), garbage(&attributes()), odd),
        attack(
            "many values",
            keaz,
            none.clone(),
            flood("{\"remains\":[", "0", 15_000_000, "]}"),
            "values",
        ),
        attack(
            "as many values as can be",
            keaz,
            none.clone(),
            flood("{\"remains\":[", "{}", 1_490_000, "]}"),
            odd,
        ),
        attack(
            "many pairs",
            keaz,
            none.clone(),
            flood("{\"remains\":{", "\"a\":0", 2_990_000, "}}"),
            odd,
        ),
        attack(
            "long texts",
            keaz,
            none.clone(),
            flood("{\"remains\":[", "\"0123456789abcdef\"", 9_000_000, "]}"),
            odd,
        ),
        attack(
            "one text",
            keaz,
            none.clone(),
            garbage(&format!("{{\"remains\":\"{}\"}}", "ы".repeat(7_000_000))),
            odd,
        ),
        attack(
            "many elements",
            keaz,
            none.clone(),
            garbage(&format!("<response>{}</response>", "<a/>".repeat(490_000))),
            odd,
        ),
        attack(
            "many values",
            panel,
            none.clone(),
            flood("{\"orders\":[", "0", 190_000, "]}"),
            "",
        ),
        attack(
            "long texts",
            panel,
            none.clone(),
            flood(
                "{\"orders\":[",
                "\"0123456789abcdef0123456789abcdef0123456789abcdef\"",
                5_000_000,
                "]}",
            ),
            "",
        ),
        attack(
            "many values",
            panel,
            none,
            flood("{\"orders\":[", "0", 7_000_000, "]}"),
            "values",
        ),
        attack(
            "many values",
            search,
            q.clone(),
            flood("{\"objects\":[", "{}", 370_000, "]}"),
            "",
        ),
        attack("many values", search, q, flood("[", "{}", 15_000_000, "]"), "values"),
    ]
}

/// Makes the calls of some attacks all at once, and checks what is said of each when it is over.
async fn meet(fixture: &Fixture, attacks: Vec<Attack>) {
    let mut calls = Vec::new();
    for attack in attacks {
        fixture.sim.inject(attack.rule);
        let id = fixture.enqueue(attack.operation, attack.args).await;
        calls.push((id, attack.name, attack.operation, attack.words));
    }
    for (id, name, operation, words) in calls {
        let call = fixture.over(id).await;
        let said = fixture
            .value(&format!(
                "SELECT coalesce(words, '') FROM queue.attempt WHERE call_id = {id} AND attempt = 1"
            ))
            .await
            .unwrap();
        assert!(
            said.contains(words),
            "{name} in the answer to {operation}: {said} ({})",
            call.state
        );
        assert!(said.len() < 3000, "{name}: {} bytes of words", said.len());
    }
}

#[tokio::test]
async fn whatever_a_site_sends_is_cut_or_refused_and_the_memory_stays_flat() {
    let fixture = Setup::new()
        .price_list("main")
        .set("queue.pause", "50ms")
        .set("keaz.timeout", "15s")
        .set("saplab.panel.timeout", "15s")
        .set("carreta.download_timeout", "15s")
        .set("carreta.max_list_bytes", 120_000_000)
        .start()
        .await;
    let small = PriceList::generated(1, 50);
    fixture
        .sim
        .world()
        .carreta
        .price_lists
        .insert("main".into(), small.clone());
    // As the unit and the image have it.
    let mut daemon = fixture
        .daemon_with(&[("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "262144")])
        .await;
    let mut attacks = attacks();
    println!("at rest: {} KiB", peak(&daemon));
    // The three that drip at once; the others one after the other: one site means harm.
    let rest = attacks.split_off(3);
    meet(&fixture, attacks).await;
    for attack in rest {
        let name = (attack.operation, attack.name);
        meet(&fixture, vec![attack]).await;
        println!("{} KiB after {name:?}", peak(&daemon));
    }
    let endless = PriceList::bytes(vec![b'x'; 100_000_000]);
    fixture.sim.world().carreta.price_lists.insert("main".into(), endless);
    let call = fixture.enqueue("carreta.prices.fetch", json!({ "list": "main" })).await;
    let call = fixture.over(call).await;
    assert_eq!(call.state, "dead", "{call:?}");
    assert_eq!(fixture.mark(), 0, "nothing was written anywhere");
    let peak = peak(&daemon);
    println!("{peak} KiB in the end");
    assert!(peak < MAX_PEAK, "{peak} KiB");
    daemon.stop().await;
}

#[tokio::test]
async fn what_acts_upon_a_terminal_is_kept_as_it_is_and_never_printed() {
    let fixture = Setup::new().start().await;
    let name = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}<script>alert(1)</script>=cmd|' /C calc'!A0\r\nnext\ttab";
    let id = fixture.position(Position {
        name: name.into(),
        brand: "=cmd|' /C calc'!A0".into(),
        article: "\u{1b}[31mA1".into(),
        ..Position::default()
    });
    fixture.stock("=1+1", "\u{1b}[31mKEAZ", "A\u{9b}2", Some("1")).await;
    fixture.warehouse("\u{1b}[31mW", "\u{1b}[31mг. Уфа", "\u{202e}+7").await;
    let odd = Action::Status {
        code: 500,
        headers: Vec::new(),
        body: name.to_owned(),
    };
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.order.list", odd.clone()));
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.list", odd));
    let mut daemon = fixture.daemon_with(&[("RUST_LOG", "trace")]).await;
    let call = fixture.enqueue("saplab.orders.list", json!({})).await;
    let call = fixture.over(call).await;
    assert_eq!(call.state, "done", "{call:?}");
    let kept = format!("SELECT name || article FROM erp.orders WHERE saplab_id = {id}");
    fixture.command(&["sync", "orders", "stock", "--wait"]).await;
    assert_eq!(fixture.value(&kept).await, Some(format!("{name}\u{1b}[31mA1")));
    fixture.sql("UPDATE erp.orders SET status = E'\\u001b[31mstatus'").await;
    daemon.stop().await;
    let mut texts = vec![("the daemon's log".to_owned(), daemon.log())];
    let (order, number) = (id.to_string(), call.id.to_string());
    for args in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["status"],
        &["explain", "--order", order.as_str()],
        &["explain", "--order", order.as_str(), "--format", "json"],
        &["queue", "list", "--state", "done"],
        &["queue", "show", number.as_str()],
        &["queue", "show", number.as_str(), "--format", "json"],
        &["queue", "show", number.as_str(), "--curl"],
        &["queue", "show", number.as_str(), "--curl", "--attempt", "1"],
        &["call", "saplab.orders.list"],
        &["call", "saplab.orders.list", "--format", "table"],
    ] {
        let output = fixture.command(args).await;
        for bytes in [output.stdout, output.stderr] {
            texts.push((format!("{args:?}"), String::from_utf8(bytes).unwrap()));
        }
    }
    assert!(
        texts.iter().filter(|(_, text)| text.contains("script")).count() >= 5,
        "{texts:#?}"
    );
    for (place, text) in texts {
        let acts = |c: char| (c.is_control() && !"\n\t".contains(c)) || c == '\u{202e}';
        let found = text.lines().find(|line| line.contains(acts));
        assert_eq!(found, None, "{place}");
    }
}
