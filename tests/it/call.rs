//! `sverka call`: the real binary, asked by a person.

use serde_json::{Value, json};
use sverka::operation;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// What came of a command.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// It ended so, and said this.
    fn ended(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "no «{words}» in: {}", self.err);
    }
}

async fn sverka(fixture: &Fixture, args: &[&str]) -> Said {
    let output = fixture.command(args).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

async fn call(fixture: &Fixture, args: &[&str]) -> Said {
    sverka(fixture, &[&["call"], args].concat()).await
}

#[tokio::test]
async fn the_list_shows_every_operation_with_class_and_arguments() {
    let fixture = Setup::new().start().await;
    let table = call(&fixture, &["--list"]).await;
    assert_eq!(table.code, Some(0), "{}", table.err);
    let rows = call(&fixture, &["--list", "--format", "json"]).await.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), operation::catalogue().len());
    for (row, entry) in rows.iter().zip(operation::catalogue()) {
        assert_eq!(
            (row["operation"].as_str(), row["class"].as_str()),
            (Some(entry.name), Some(entry.class.as_str()))
        );
        let line = table
            .out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(entry.name));
        let line = line.unwrap_or_else(|| panic!("{} is not in the table", entry.name));
        assert!(
            line.contains(entry.class.as_str()) && line.contains(entry.about),
            "{line}"
        );
        for arg in entry.args {
            assert!(line.contains(&format!("--{}", arg.name)), "{line}");
        }
    }
    assert_eq!(fixture.count("queue.call").await, 0);
}

#[tokio::test]
async fn each_operation_has_its_own_help() {
    let fixture = Setup::new().start().await;
    let help = call(&fixture, &["saplab.orders.set_status", "--help"]).await;
    assert_eq!(help.code, Some(0), "{}", help.err);
    for words in [
        "Set a position's status",
        "--position <NUMBER>",
        "(required)",
        "--status <NUMBER>",
        "--yes",
    ] {
        assert!(help.out.contains(words), "no «{words}» in: {}", help.out);
    }
    let help = call(&fixture, &["carreta.profile.get", "--help"]).await;
    assert!(
        help.out.contains("--account <TEXT>") && !help.out.contains("--yes"),
        "{}",
        help.out
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_2_with_a_sentence_and_nothing_is_enqueued() {
    let fixture = Setup::new().start().await;
    for (args, words) in [
        (vec!["saplab.orders.nonsense"], "saplab.orders.nonsense"),
        (vec![], "Usage: sverka call"),
        (vec!["carreta.profile.get", "--acount", "1"], "--acount"),
        (
            vec!["carreta.profile.get", "--arg", "acount=1"],
            "carreta.profile.get has no argument «acount»",
        ),
        (
            vec!["carreta.profile.get", "--arg", "account"],
            "--arg account: name=value is expected",
        ),
        (vec!["carreta.orders.get"], "carreta.orders.get needs --id"),
        (
            vec!["carreta.orders.get", "--id", "A111342-1"],
            "--id: «A111342-1» is not a whole number",
        ),
        (
            vec!["carreta.orders.get", "--id", "1", "--id", "2"],
            "--id is given more than once",
        ),
        (
            vec!["saplab.orders.list", "--date_from", "31.12.2026"],
            "is not a day like 2026-12-31",
        ),
        (
            vec!["saplab.orders.list", "--is_payed", "maybe"],
            "is not true or false",
        ),
        (
            vec!["keaz.resource.add", "--resource", "x", "--rows", "{"],
            "this is not JSON",
        ),
        (vec!["saplab.cart.list"], "is not configured: sverka config show"),
        (
            vec!["saplab.orders.pay", "--position", "1"],
            "if that is meant, add --yes",
        ),
    ] {
        call(&fixture, &args).await.ended(2, words);
    }
    assert_eq!(fixture.count("queue.call").await, 0);
    assert!(fixture.sim.requests().is_empty());
}

#[tokio::test]
async fn an_answer_is_json_or_a_table() {
    let fixture = Setup::new().start().await;
    fixture.positions(2);
    let said = call(&fixture, &["saplab.orders.list"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.json()["positions"].as_array().unwrap().len(), 2);
    let table = call(&fixture, &["saplab.orders.list", "--format", "table"]).await.out;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[0].contains("invoice") && lines[1].contains("NZ-001"), "{table}");
    let profile = call(&fixture, &["carreta.profile.get", "--format", "table"]).await;
    assert_eq!(profile.json()["city"], "Уфа", "what is no list is printed as it is");
}

#[tokio::test]
async fn an_argument_may_be_spelled_in_three_ways() {
    let fixture = Setup::new().start().await;
    for args in [
        ["--client_id", "2"],
        ["--client-id", "2"],
        ["--arg", "client_id=2"],
        ["--arg", "client-id=2"],
    ] {
        let said = call(&fixture, &[&["saplab.clients.list"], &args[..]].concat()).await;
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
        let clients = said.json()["clients"].clone();
        assert_eq!(clients.as_array().map(Vec::len), Some(1), "{args:?}: {clients}");
        assert_eq!(clients[0]["id"], 2);
    }
}

#[tokio::test]
async fn a_refusal_is_1_in_the_upstreams_own_words() {
    let fixture = Setup::new().start().await;
    let said = call(&fixture, &["carreta.parts.search", "--q", "1", "--account", "77"]).await;
    said.ended(1, "carreta.parts.search: ");
    said.ended(1, "Unknown account.");
    assert_eq!(said.out, "");
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_69_and_the_call_stays_in_the_queue() {
    let setup = Setup::new()
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m");
    let mut fixture = setup.set("carreta.base_url", "http://127.0.0.1:1").start().await;
    let said = call(&fixture, &["carreta.profile.get"]).await;
    said.ended(69, "Nothing is lost: it stays in the queue");
    assert_eq!(fixture.count("queue.call WHERE state = 'pending'").await, 1);
    let url = fixture.sim.carreta_url();
    fixture.change("carreta.base_url", url).await;
    let id = fixture.value("(SELECT id FROM queue.call)").await.unwrap();
    assert_eq!(sverka(&fixture, &["queue", "retry", &id]).await.code, Some(0));
    let work = fixture.work().await;
    assert_eq!(fixture.over(id.parse().unwrap()).await.state, "done");
    work.stop().await;
}

#[tokio::test]
async fn with_a_daemon_alive_the_daemon_makes_the_call() {
    let fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    let said = call(&fixture, &["carreta.profile.get"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.json()["city"], "Уфа");
    let makers = fixture
        .value(
            "(SELECT string_agg(DISTINCT d.role, ' ') FROM queue.attempt a JOIN queue.daemon d ON d.id = a.daemon_id)",
        )
        .await;
    assert_eq!(makers.as_deref(), Some("daemon"));
    daemon.stop().await;
}

#[tokio::test]
async fn what_may_have_happened_goes_to_a_person_who_looks_and_then_decides() {
    let fixture = Setup::new().set("saplab.panel.timeout", "1s").start().await;
    fixture.positions(1);
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    let lost = Rule::once(Upstream::Saplab, "saplab.panel.order.pay", Action::Drop);
    fixture.sim.inject(lost);
    let said = call(&fixture, &["saplab.orders.pay", "--position", "1", "--yes"]).await;
    said.ended(1, "whether it happened cannot be told");
    let id = fixture
        .value("(SELECT id FROM queue.call WHERE state = 'quarantined')")
        .await
        .unwrap();
    for advice in [
        format!("sverka queue show {id}"),
        format!("sverka queue cancel {id}"),
        format!("sverka queue retry {id} --yes"),
    ] {
        said.ended(1, &advice);
    }

    call(&fixture, &["saplab.orders.pay", "--position", "1", "--yes"])
        .await
        .ended(1, "the same is asked for already");

    let shown = sverka(&fixture, &["queue", "show", &id]).await;
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    let held = shown.out.lines().find(|line| line.starts_with("the upstream held: "));
    let held: Value = serde_json::from_str(&held.unwrap()["the upstream held: ".len()..]).unwrap();
    assert_eq!(held["positions"][0]["is_payed"], json!(false), "{held}");

    let asked = sverka(&fixture, &["queue", "retry", &id]).await;
    asked.ended(2, "if it has not, add --yes");
    assert_eq!(asked.out, shown.out, "its state is shown first");
    assert_eq!(fixture.call(id.parse().unwrap()).await.state, "quarantined");

    let decided = sverka(&fixture, &["queue", "retry", &id, "--yes"]).await;
    assert_eq!(decided.code, Some(0), "{}", decided.err);
    let mut daemon = fixture.daemon().await;
    assert_eq!(fixture.over(id.parse().unwrap()).await.state, "done");
    daemon.stop().await;
    assert!(fixture.sim.world().saplab.positions[&1].is_payed);
    let paid = fixture.effects_since(0);
    assert_eq!(paid.len(), 1, "{paid:#?}");
}

#[tokio::test]
async fn what_a_person_gives_up_is_not_made() {
    let fixture = Setup::new().set("saplab.panel.timeout", "1s").start().await;
    fixture.positions(1);
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.order.documents",
        Action::Drop,
    ));
    let said = call(&fixture, &["saplab.orders.documents", "--positions", "1", "--yes"]).await;
    said.ended(1, "It is not repeated");
    let id = fixture
        .value("(SELECT id FROM queue.call WHERE state = 'quarantined')")
        .await
        .unwrap();
    assert_eq!(sverka(&fixture, &["queue", "cancel", &id]).await.code, Some(0));
    let mut daemon = fixture.daemon().await;
    call(&fixture, &["saplab.statuses.list"]).await;
    daemon.stop().await;
    assert_eq!(fixture.call(id.parse().unwrap()).await.state, "cancelled");
    assert_eq!(fixture.effects_since(0), []);
}
