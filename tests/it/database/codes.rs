//! What PostgreSQL says when it cannot just now: the step is tried again, the request is not, no attempt is lost.

use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// Disk full, serialization failure, deadlock, cancelled by a time limit, not locked in time, read-only.
const CODES: [&str; 6] = ["53100", "40001", "40P01", "57014", "55P03", "25006"];

/// The next two writes of such a row end like that; a sequence counts them, for it does not roll back.
async fn fails_twice(fixture: &Fixture, event: &str, when: &str, code: &str) {
    fixture
        .sql(&format!(
            "CREATE SEQUENCE public.faults;
             CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF nextval('public.faults') <= 2 THEN RAISE EXCEPTION 'not just now' USING ERRCODE = '{code}'; END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER fails BEFORE {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION public.fail()"
        ))
        .await;
}

async fn well_in_the_end(fixture: &Fixture, code: &str, moment: &str) {
    let id = fixture.push(1).await;
    let work = fixture.work().await;
    let call = fixture.over(id).await;
    work.stop().await;
    let stands = (call.state.as_str(), call.attempt, fixture.failures(id).await);
    assert_eq!(stands, ("done", 1, 0), "{code} at {moment}: {call:#?}");
    assert_eq!(fixture.told_of(1), 1, "{code} at {moment}");
    let faults = fixture.value("SELECT last_value FROM public.faults").await;
    assert!(
        faults.unwrap().parse::<i64>().unwrap() >= 3,
        "{code} at {moment} was met twice"
    );
}

#[tokio::test]
async fn a_recording_that_the_server_refuses_is_made_again_and_the_request_is_not() {
    for code in CODES {
        let fixture = Setup::new().start().await;
        fails_twice(&fixture, "UPDATE ON queue.attempt", "NEW.outcome = 'done'", code).await;
        well_in_the_end(&fixture, code, "the recording").await;
    }
}

#[tokio::test]
async fn a_claim_that_the_server_refuses_is_made_again_and_costs_no_attempt() {
    for code in ["53100", "40P01", "25006"] {
        let fixture = Setup::new().start().await;
        fails_twice(&fixture, "UPDATE ON queue.call", "NEW.state = 'running'", code).await;
        well_in_the_end(&fixture, code, "the claim").await;
    }
}

#[tokio::test]
async fn a_stage_that_the_server_refuses_does_not_fail_its_run() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fails_twice(
        &fixture,
        "INSERT ON queue.call",
        "NEW.operation = 'keaz.remains.update'",
        "40001",
    )
    .await;
    fixture.sync_done(&[sverka::job::Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn after_a_fail_over_to_a_server_that_only_reads_nothing_is_lost_or_done_twice() {
    let fixture = Setup::new().start().await;
    let held = Action::Gate("held".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.add", held));
    let pool = fixture.own_pool().await;
    let name = fixture.value("SELECT current_database()").await.unwrap();
    let id = fixture.push(1).await;
    let work = fixture.work_on(&pool).await;
    fixture.sim.wait_until_arrived("keaz.warehouses.add", 1).await;
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    fixture
        .sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .await;
    fixture.value(end_all).await;
    fixture.sim.open("held");
    let second = fixture.enqueue_anyway(2).await;
    fixture
        .until(
            "sessions that only read",
            "SELECT count(*) >= 2 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sverka'
                AND pid <> pg_backend_pid() AND backend_start > (SELECT started_at FROM queue.attempt LIMIT 1)",
        )
        .await;
    assert_eq!(fixture.call(id).await.state, "running", "its end cannot be recorded");
    fixture
        .sql(&format!(
            "BEGIN READ WRITE; ALTER DATABASE {name} RESET default_transaction_read_only; COMMIT"
        ))
        .await;
    fixture.value(end_all).await;
    for id in [id, second] {
        let call = fixture.over(id).await;
        assert_eq!(
            (call.state.as_str(), fixture.failures(id).await),
            ("done", 0),
            "{call:#?}"
        );
    }
    work.stop().await;
    assert_eq!((fixture.told_of(1), fixture.told_of(2)), (1, 1));
}

impl Fixture {
    /// [`Fixture::push`] by a session that may write though new ones may not.
    async fn enqueue_anyway(&self, number: u32) -> i64 {
        let sql = format!(
            "BEGIN READ WRITE;
             INSERT INTO erp.warehouses (code, name, address, contacts) VALUES ('W{number}', 'Склад', 'г. Уфа', '+7');
             INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
             VALUES ('keaz', 'keaz.warehouses.add', '{{\"codes\": [\"W{number}\"]}}', 'idempotent', 3, false);
             COMMIT"
        );
        self.sql(&sql).await;
        let id = self.value("SELECT max(id) FROM queue.call").await;
        id.unwrap().parse().unwrap()
    }
}
