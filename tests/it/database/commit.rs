//! The session dies at COMMIT: before it took effect, or after, and nobody says which. The state is read again by call and
//! attempt; the effect is not repeated.

use serde_json::json;

use crate::support::{Fixture, Setup, Then};

/// The next session that commits such a row is killed by the server in doing so, as an operator or the kernel would.
async fn dies_at_commit(fixture: &Fixture, table: &str, when: &str) {
    fixture
        .sql(&format!(
            "CREATE SEQUENCE public.deaths;
             CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF nextval('public.deaths') <= 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                 RETURN NULL;
             END $$;
             CREATE CONSTRAINT TRIGGER dies AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION public.die()"
        ))
        .await;
}

async fn balance(fixture: &Fixture) -> i64 {
    fixture
        .enqueue(
            "saplab.balance.add",
            json!({"client": 1, "amount": "-100", "description": "списание"}),
        )
        .await
}

/// Returns at which attempt.
async fn is_done_once(fixture: &Fixture, id: i64) -> i32 {
    let work = fixture.work_on(&fixture.own_pool().await).await;
    let call = fixture.over(id).await;
    work.stop().await;
    assert_eq!(
        (call.state.as_str(), fixture.failures(id).await),
        ("done", 0),
        "{call:#?}"
    );
    assert_eq!(fixture.sim.ledger().len(), 1, "{:#?}", fixture.sim.ledger());
    call.attempt
}

#[tokio::test]
async fn a_session_that_is_killed_at_commit_repeats_no_effect() {
    for when in [
        "NEW.state = 'running'",
        "NEW.state = 'done'",
        "NEW.intent_at IS DISTINCT FROM OLD.intent_at",
    ] {
        let fixture = Setup::new().start().await;
        dies_at_commit(&fixture, "queue.call", when).await;
        let id = balance(&fixture).await;
        is_done_once(&fixture, id).await;
        assert!(
            fixture
                .value("SELECT last_value > 1 FROM public.deaths")
                .await
                .as_deref()
                == Some("true"),
            "{when}"
        );
    }
    let fixture = Setup::new().start().await;
    dies_at_commit(&fixture, "queue.call", "NEW.state = 'done'").await;
    let id = fixture.push(1).await;
    assert_eq!(is_done_once(&fixture, id).await, 1, "the recording alone is made again");
}

#[tokio::test]
async fn a_commit_that_took_effect_without_an_answer_repeats_no_effect() {
    let mut fixture = Setup::new().start().await;
    let proxy = fixture.behind_a_proxy().await;
    proxy.trap(&["state = 'done'", "COMMIT"], Then::CutAnswer);
    let id = fixture.push(1).await;
    assert_eq!(is_done_once(&fixture, id).await, 1, "it had been recorded");
    assert!(proxy.is_sprung());
}

#[tokio::test]
async fn an_intent_whose_commit_took_effect_without_an_answer_leaves_once() {
    let mut fixture = Setup::new().start().await;
    let proxy = fixture.behind_a_proxy().await;
    proxy.trap(&["SET intent_at = now()", "COMMIT"], Then::CutAnswer);
    let id = balance(&fixture).await;
    is_done_once(&fixture, id).await;
    assert!(proxy.is_sprung());
    let resent = fixture
        .value(&format!("SELECT resent FROM queue.call WHERE id = {id}"))
        .await;
    assert_eq!(resent.as_deref(), Some("false"), "nobody thinks that it left twice");
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_costs_no_attempt() {
    let mut fixture = Setup::new()
        .set("queue.lease", "5s")
        .set("saplab.panel.base_url", "")
        .set("carreta.base_url", "")
        .start()
        .await;
    let proxy = fixture.behind_a_proxy().await;
    // KEAZ alone is served: the first claim of all takes the call.
    proxy.trap(&["INSERT INTO queue.attempt", "COMMIT"], Then::CutAnswer);
    let id = fixture.push(1).await;
    is_done_once(&fixture, id).await;
    assert!(proxy.is_sprung());
    let outcomes = fixture
        .value(&format!(
            "SELECT string_agg(outcome, ', ' ORDER BY attempt) FROM queue.attempt WHERE call_id = {id}"
        ))
        .await;
    assert_eq!(outcomes.as_deref(), Some("released, unknown, done"));
}
