//! People: a configuration that cannot be right, a key that is changed, and "retry" clicked twice.

use nix::sys::signal::Signal;
use serde_json::json;
use sverka::simulate::{Action, Rule, Upstream};

use super::NOTHING_OPEN;
use crate::support::{Fixture, Setup};

const PAY: &str = "saplab.panel.order.pay";

#[tokio::test]
async fn what_cannot_be_right_is_refused_at_the_start_with_78_and_the_line() {
    let fixture = Setup::new().start().await;
    let good = std::fs::read_to_string(&fixture.config).unwrap();
    let line = good.lines().count() + 1;
    let without = |key: &str| -> String {
        let kept: Vec<&str> = good.lines().filter(|line| !line.starts_with(key)).collect();
        kept.join("\n") + "\n"
    };
    let numbered = |number: usize| format!("sverka.toml:{number}");
    let cases = [
        (
            format!("{good}keaz.batch_rowz = 3\n"),
            vec!["keaz.batch_rowz".to_owned(), numbered(line)],
        ),
        (
            format!("{good}queue.pol = \"1s\"\n"),
            vec!["queue.pol".to_owned(), numbered(line)],
        ),
        (without("keaz.api_key"), vec!["keaz.api_key".to_owned()]),
        (
            format!(
                "{}keaz.base_url = \"http://keaz.example.com\"\n",
                without("keaz.base_url")
            ),
            vec!["keaz.base_url".to_owned(), numbered(line - 1)],
        ),
        (format!("{good}[[[\n"), vec![numbered(line)]),
    ];
    for (text, told) in cases {
        std::fs::write(&fixture.config, text).unwrap();
        let output = fixture.command(&["run"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{said}");
        for words in told {
            assert!(said.contains(&words), "«{words}» is not in: {said}");
        }
        let key = fixture.sim.options().keaz_key.clone();
        assert!(!said.contains(&key), "a refusal tells no secret");
    }
}

#[tokio::test]
async fn a_key_that_is_changed_on_both_sides_burns_no_attempt_of_calls_under_way() {
    let mut fixture = Setup::new()
        .simulator(|options| options.keaz_bad_key_401 = true)
        .start()
        .await;
    fixture.fill(2, 20).await;
    let mut daemon = fixture.daemon().await;
    for number in 0..3 {
        // KEAZ knows the new key first; the file follows, and the signal.
        let key = format!("key-number-{number}");
        fixture.sim.options().keaz_key.clone_from(&key);
        fixture
            .sql("UPDATE erp.stock SET quantity = coalesce(quantity, 0) + 1")
            .await;
        daemon.signal(Signal::SIGUSR1);
        fixture
            .until(
                "KEAZ to rest",
                "EXISTS (SELECT FROM queue.upstream WHERE name = 'keaz' AND paused_until > now())",
            )
            .await;
        fixture.change("keaz.api_key", key).await;
        daemon.signal(Signal::SIGHUP);
        daemon.says("configuration reloaded", number + 1).await;
        fixture.until("the runs", super::ALL_ENDED).await;
        fixture.until("the calls", NOTHING_OPEN).await;
        fixture.assert_keaz_equals_erp().await;
    }
    assert_eq!(
        fixture.count("queue.call WHERE failures > 0 OR state = 'dead'").await,
        0
    );
    daemon.stop().await;
}

/// A payment of which nobody knows whether it happened: it did not.
async fn quarantined(fixture: &Fixture) -> i64 {
    fixture.positions(1);
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    fixture.sim.inject(Rule::once(Upstream::Saplab, PAY, Action::Reset));
    let id = fixture.enqueue("saplab.orders.pay", json!({"position": 1})).await;
    let work = fixture.work().await;
    let call = fixture.over(id).await;
    work.stop().await;
    assert_eq!(call.state, "quarantined");
    id
}

async fn said(fixture: &Fixture, args: &[&str]) -> (Option<i32>, String) {
    let output = fixture.command(args).await;
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_quarantined_payment_is_retried_once_however_often_somebody_asks_and_it_stands_written_who_did() {
    let fixture = Setup::new().set("saplab.panel.timeout", "1s").start().await;
    let id = quarantined(&fixture).await.to_string();
    let (code, shown) = said(&fixture, &["queue", "retry", &id]).await;
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("the upstream held") && shown.contains("add --yes"),
        "{shown}"
    );
    assert_eq!(fixture.count("queue.audit").await, 0, "nothing was done yet");

    let mut daemon = fixture.daemon().await;
    let retry = ["queue", "retry", id.as_str(), "--yes"];
    let (first, second) = tokio::join!(said(&fixture, &retry), said(&fixture, &retry));
    assert!(first.0 == Some(0) || second.0 == Some(0), "{first:?} {second:?}");
    let call = fixture.over(id.parse().unwrap()).await;
    assert_eq!(call.state, "done", "{call:#?}");
    let (code, late) = said(&fixture, &retry).await;
    assert_eq!(code, Some(1), "{late}");
    daemon.stop().await;
    let paid = fixture
        .sim
        .ledger()
        .iter()
        .filter(|effect| effect.operation == PAY)
        .count();
    assert_eq!(paid, 1);
    assert!(fixture.sim.world().saplab.positions[&1].is_payed);

    let (_, shown) = said(&fixture, &["queue", "show", &id]).await;
    assert!(
        shown.contains("@") && shown.contains(": queue retry (it was quarantined)"),
        "{shown}"
    );
    assert_eq!(
        fixture
            .count("queue.audit WHERE words = 'quarantined' AND call_id IS NOT NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn what_the_site_holds_now_is_shown_before_a_quarantined_payment_is_retried() {
    let fixture = Setup::new().set("saplab.panel.timeout", "1s").start().await;
    let id = quarantined(&fixture).await.to_string();
    let unpaid = said(&fixture, &["queue", "retry", &id]).await.1;
    // Somebody pays by hand: what was seen when it was put aside is out of date.
    fixture.sim.world().saplab.positions.get_mut(&1).unwrap().is_payed = true;
    let paid = said(&fixture, &["queue", "retry", &id]).await.1;
    let held = |shown: &str| {
        shown
            .lines()
            .find(|line| line.starts_with("the upstream held"))
            .map(str::to_owned)
    };
    assert!(
        held(&unpaid).is_some() && held(&unpaid) != held(&paid),
        "{unpaid}\n{paid}"
    );
    let (code, shown) = said(&fixture, &["queue", "retry", &id, "--yes"]).await;
    assert_eq!(code, Some(0), "{shown}");
    let work = fixture.work().await;
    assert_eq!(fixture.over(id.parse().unwrap()).await.state, "done");
    work.stop().await;
    assert_eq!(
        fixture
            .sim
            .ledger()
            .iter()
            .filter(|effect| effect.operation == PAY)
            .count(),
        0,
        "it stood so already"
    );
    let (code, shown) = said(&fixture, &["queue", "cancel", &id]).await;
    assert_eq!(code, Some(1), "{shown}");
}
