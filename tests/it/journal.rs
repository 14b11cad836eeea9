//! The journal: what was said on the wire at each attempt, what people are shown of it, and how it is forgotten.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};
use sverka::job::Job;
use sverka::queue::journal::{self, ExchangeRow};
use sverka::simulate::world::Offer;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// The newest call of an operation.
async fn newest(fixture: &Fixture, operation: &str) -> i64 {
    let newest = format!("SELECT max(id) FROM queue.call WHERE operation = '{operation}'");
    fixture.value(&newest).await.unwrap().parse().unwrap()
}

/// What is kept of the newest call of an operation.
async fn kept(fixture: &Fixture, operation: &str) -> Vec<ExchangeRow> {
    let call = newest(fixture, operation).await;
    journal::of(&fixture.pool, call).await.unwrap()
}

/// What `sverka queue show ID` prints with these arguments too.
async fn shown(fixture: &Fixture, operation: &str, more: &[&str]) -> String {
    let id = newest(fixture, operation).await.to_string();
    let args = [&["queue", "show", id.as_str()], more].concat();
    let output = fixture.command(&args).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn every_attempt_keeps_its_request_and_answer_whatever_came_of_it() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 3).await;
    let failing = Action::Status {
        code: 500,
        headers: vec![("X-Request-Id".into(), "r-1".into())],
        body: format!("no, {}", fixture.settings.keaz.api_key.as_ref().unwrap().reveal()),
    };
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", failing));
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", Action::Drop));
    fixture.sync_done(&[Job::Stock]).await;
    let kept = kept(&fixture, "keaz.remains.update").await;
    let last = kept.last().unwrap();
    assert_eq!(kept[0].attempt, 1);
    assert_eq!(
        (kept[0].status, kept[0].answer.as_deref()),
        (Some(500), Some("no, ***"))
    );
    assert!(
        kept[0].answer_headers.contains(&"x-request-id: r-1".to_owned()),
        "{kept:#?}"
    );
    assert_eq!((kept[1].status, &kept[1].answer), (None, &None));
    assert!(kept[1].fault.as_ref().unwrap().contains("no answer came"), "{kept:#?}");
    assert_eq!(last.status, Some(200));
    assert!(last.answer.as_ref().unwrap().contains("ok"), "{last:#?}");
    let body: Value = serde_json::from_str(last.body.as_ref().unwrap()).unwrap();
    assert_eq!(body["hash"], "${KEAZ_API_KEY}");
    assert_eq!(body["remains"][0]["warehouse"], "W1");

    let table = shown(&fixture, "keaz.remains.update", &[]).await;
    assert!(table.contains("/restapi/office/remains.update.json"), "{table}");
    let all: Value =
        serde_json::from_str(&shown(&fixture, "keaz.remains.update", &["--format", "json"]).await).unwrap();
    assert_eq!(all["exchanges"][0]["answer"], "no, ***");
    let first = shown(&fixture, "keaz.remains.update", &["--curl", "--attempt", "1"]).await;
    assert!(
        first.contains("\n# HTTP 500 after") && first.contains("\n# no, ***"),
        "{first}"
    );
}

#[tokio::test]
async fn a_printed_command_makes_the_same_request_again_when_its_variable_is_set() {
    for format in ["json", "xml", "form"] {
        let fixture = Setup::new()
            .set("keaz.format", format)
            .simulator(|options| options.keaz_key = "key-of-a-test".into())
            .start()
            .await;
        fixture
            .warehouse("W1", "г. Уфа, ул. «Ж»\nдом 'семь' \"8\" $HOME `id` \\", "+7 & <x>")
            .await;
        fixture.stock("W1", "KEAZ", "A'1", Some("5")).await;
        fixture.sync_done(&[Job::Stock]).await;
        fixture.sim.world().keaz.warehouses.clear();
        again(&fixture, "keaz.warehouses.add", ("KEAZ_API_KEY", "key-of-a-test")).await;
        let world = fixture.sim.world();
        let added = world.keaz.warehouses.values().next().expect(format);
        assert_eq!(
            added.address, "г. Уфа, ул. «Ж»\nдом 'семь' \"8\" $HOME `id` \\",
            "{format}"
        );
    }
}

#[tokio::test]
async fn a_printed_command_carries_login_and_key_in_their_places() {
    let fixture = Setup::new()
        .simulator(|options| {
            options.panel_password = "pa'ss \"word\" $1".into();
            options.carreta_key = "carreta-key".into();
        })
        .start()
        .await;
    let login = fixture.settings.saplab.panel.login.clone().unwrap();
    fixture.sync_done(&[Job::Orders, Job::Reference]).await;
    let count = |operation: &str| fixture.sim.counts().get(operation).map_or(0, |count| count.arrived);
    let (panel, carreta) = (count("saplab.panel.status.list"), count("carreta.profile"));
    let script = shown(&fixture, "saplab.statuses.list", &["--curl"]).await;
    let answer = run(
        &fixture,
        &script,
        &[
            ("SAPLAB_PANEL_LOGIN", &login),
            ("SAPLAB_PANEL_PASSWORD", "pa'ss \"word\" $1"),
        ],
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{script}\n{answer}");
    let script = shown(&fixture, "carreta.profile.get", &["--curl"]).await;
    let answer = run(&fixture, &script, &[("CARRETA_API_KEY", "carreta-key")]).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{script}\n{answer}");
    assert_eq!(
        (count("saplab.panel.status.list"), count("carreta.profile")),
        (panel + 1, carreta + 1),
        "{:?}",
        fixture.sim.counts()
    );
}

/// Runs the printed command of the newest call of an operation, and expects the site's own answer.
async fn again(fixture: &Fixture, operation: &str, variable: (&str, &str)) {
    let script = shown(fixture, operation, &["--curl"]).await;
    assert!(!script.contains(variable.1), "{script}");
    let answer = run(fixture, &script, &[variable]).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{script}\n{answer}");
}

/// Runs a printed command as a person would.
async fn run(fixture: &Fixture, script: &str, variables: &[(&str, &str)]) -> String {
    let file = fixture.folder.path().join("again.sh");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
    let output = tokio::process::Command::new("/bin/sh")
        .arg(&file)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(variables.iter().copied())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "is curl installed? {script}\n{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn offers_are_kept_without_their_signatures_and_price_lists_without_their_addresses() {
    let fixture = Setup::new().price_list("main").start().await;
    fixture.sim.world().carreta.offers.push(Offer {
        code: "OC47".into(),
        maker: "KNECHT".into(),
        price: 152.into(),
        min_qty: 1,
        qty: "500".into(),
        source: "57".into(),
        ..Offer::default()
    });
    fixture.ask("carreta.parts.search", json!({ "q": "OC47" })).await;
    let signatures: Vec<String> = fixture.sim.world().carreta.signatures.keys().cloned().collect();
    assert!(!signatures.is_empty());
    let answer = kept(&fixture, "carreta.parts.search").await.remove(0).answer.unwrap();
    assert!(answer.contains("OC47") && answer.contains("\"_\":\"***\""), "{answer}");
    assert!(
        !signatures.iter().any(|signature| answer.contains(signature)),
        "{answer}"
    );

    let rows = sverka::simulate::PriceList::generated(1, 50);
    fixture.sim.world().carreta.price_lists.insert("main".into(), rows);
    fixture.sync_done(&[Job::Prices]).await;
    let list = kept(&fixture, "carreta.prices.fetch").await.remove(0);
    assert_eq!((list.url.as_str(), list.answer), ("${CARRETA_PRICE_LIST_URL}", None));
}

#[tokio::test]
async fn the_journal_is_forgotten_after_its_time_and_the_attempts_stay() {
    let mut fixture = Setup::new().start().await;
    fixture.fill(1, 3).await;
    fixture.sync_done(&[Job::Stock]).await;
    let (attempts, exchanges) = (
        fixture.count("queue.attempt").await,
        fixture.count("queue.exchange").await,
    );
    assert!(exchanges >= 4, "{exchanges}");
    let day = Duration::from_secs(86_400);
    let call = newest(&fixture, "keaz.remains.update").await;
    fixture
        .sql(&format!(
            "UPDATE queue.exchange SET began_at = began_at - interval '25 h' WHERE call_id <> {call}"
        ))
        .await;
    journal::prune(&fixture.pool, day).await.unwrap();
    assert_eq!(fixture.count("queue.exchange").await, 1);
    assert_eq!(fixture.count("queue.attempt").await, attempts);

    fixture.change("queue.journal", "0").await;
    fixture.sql("UPDATE erp.stock SET quantity = 77").await;
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.count("queue.exchange").await, 1, "none is kept");
    fixture.sql("DELETE FROM queue.call").await;
    assert_eq!(
        fixture.count("queue.exchange").await,
        0,
        "what is left goes with its call"
    );
}
