//! What somebody else changed at KEAZ or in Saplab is told, with what the ERP wants and what was acknowledged; the ordinary
//! path repairs it.

use chrono::{TimeDelta, Utc};
use sverka::job::Job;
use sverka::simulate::world::Position;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// `kind key: erp / acknowledged / remote`, mended or not.
async fn drift(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT format('%s %s: %s / %s / %s%s', kind, key, coalesce(erp, '-'), coalesce(acknowledged, '-'), coalesce(remote, '-'),
                       CASE WHEN mended_at IS NOT NULL THEN ', mended' END)
           FROM mirror.drift ORDER BY kind, key, id",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn remains_and_warehouses_that_somebody_changed_at_keaz_are_told_and_mended_by_the_ordinary_path() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 40).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(
        drift(&fixture).await,
        [""; 0],
        "what we published ourselves is no drift"
    );
    {
        let mut world = fixture.sim.world();
        let remain = |article: &str| ("W1".to_owned(), article.to_owned());
        world.keaz.remains.insert(remain("ART-00001"), 999);
        world.keaz.remains.remove(&remain("ART-00002"));
        world.keaz.remains.insert(remain("NOT-OURS"), 3);
        world.keaz.warehouses.get_mut("W2").unwrap().address = "another".to_owned();
    }
    // The ERP changes this one at the same time: three ways.
    fixture
        .sql("UPDATE erp.stock SET quantity = 11 WHERE warehouse_code = 'W1' AND article = 'ART-00001'")
        .await;
    let run = fixture.run_done(Job::Stock).await;
    let contacts = "+7 900 000-00-02";
    let warehouse = format!(
        "warehouse W2: г. Уфа, ул. Складская, 2; {contacts} / г. Уфа, ул. Складская, 2; {contacts} / another; {contacts}"
    );
    let found = [
        "remain W1/ART-00001: 11 / 8 / 999".to_owned(),
        "remain W1/ART-00002: 15 / 15 / -".to_owned(),
        "remain W1/NOT-OURS: - / - / 3".to_owned(),
        warehouse,
    ];
    assert_eq!(drift(&fixture).await, found);
    let note = run.note.unwrap();
    assert!(
        note.starts_with("changed there by somebody else: 4 rows (remain W1/ART-00001: ERP"),
        "{note}"
    );
    fixture.assert_keaz_equals_erp().await;

    let run = fixture.run_done(Job::Stock).await;
    assert_eq!(run.note, None, "found once");
    let mended: Vec<_> = found.iter().map(|row| format!("{row}, mended")).collect();
    assert_eq!(drift(&fixture).await, mended);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn our_own_push_whose_answer_was_lost_is_not_somebody_elses_change() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 40).await;
    fixture.positions(2);
    let all = [Job::Stock, Job::Orders];
    fixture.sync_done(&all).await;
    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE article = 'ART-00001'; UPDATE erp.orders SET status = 'working'")
        .await;
    for (upstream, operation) in [
        (Upstream::Keaz, "keaz.remains.update"),
        (Upstream::Saplab, "saplab.panel.order.set_status"),
    ] {
        let lost = Action::ApplyThen(Box::new(Action::Drop));
        fixture.sim.inject(Rule::once(upstream, operation, lost));
    }
    let mark = fixture.mark();
    fixture.sync_done(&all).await;
    fixture.sync_done(&all).await;
    assert_eq!(fixture.effects_since(mark).len(), 3);
    assert_eq!(drift(&fixture).await, [""; 0]);
}

#[tokio::test]
async fn a_push_that_is_acknowledged_while_the_list_is_under_way_is_not_drift() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 40).await;
    fixture.sync_done(&[Job::Stock]).await;
    // The list is made now and arrives late; meanwhile a push is acknowledged.
    fixture.sim.inject(Rule::once(
        Upstream::Keaz,
        "keaz.remains.list",
        Action::ApplyThen(Box::new(Action::Gate("list".into()))),
    ));
    let list = fixture.enqueue("keaz.remains.list", serde_json::json!({})).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.list", 2).await;
    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE article = 'ART-00001'")
        .await;
    let push = fixture
        .enqueue(
            "keaz.remains.update",
            serde_json::json!({"warehouse": "W1", "articles": ["ART-00001"]}),
        )
        .await;
    assert_eq!(fixture.over(push).await.state, "done");
    fixture.sim.open("list");
    assert_eq!(fixture.over(list).await.state, "done");
    work.stop().await;
    assert_eq!(drift(&fixture).await, [""; 0]);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_status_that_somebody_changed_in_saplab_is_told_and_mended() {
    let fixture = Setup::new().start().await;
    fixture.positions(3);
    fixture.sync_done(&[Job::Orders]).await;
    fixture
        .sql("UPDATE erp.orders SET status = NULL WHERE saplab_id = 3")
        .await;
    {
        let mut world = fixture.sim.world();
        for id in [2, 3] {
            world.saplab.positions.get_mut(&id).unwrap().status_id = 4;
        }
    }
    let run = fixture.run_done(Job::Orders).await;
    let name = async |id: u32| {
        fixture
            .value(&format!("SELECT name FROM mirror.saplab_status WHERE id = {id}"))
            .await
            .unwrap()
    };
    let (new, issued) = (name(6).await, name(4).await);
    let found = format!("status 2: {new} / {new} / {issued}");
    assert_eq!(
        drift(&fixture).await,
        std::slice::from_ref(&found),
        "of the third, the ERP has said nothing"
    );
    assert!(run.note.unwrap().starts_with("changed there by somebody else: 1 rows"));
    fixture.run_done(Job::Orders).await;
    assert_eq!(drift(&fixture).await, [format!("{found}, mended")]);
}

#[tokio::test]
async fn positions_too_old_for_the_orders_are_read_back_with_the_reference() {
    let fixture = Setup::new().set("saplab.window_days", 30).start().await;
    let ids = fixture.positions(2);
    fixture.sync_done(&[Job::Orders]).await;
    {
        let mut world = fixture.sim.world();
        let position = world.saplab.positions.get_mut(&ids[0]).unwrap();
        position.added -= TimeDelta::days(60);
        position.status_id = 4;
    }
    let never = fixture.position(Position {
        added: Utc::now() - TimeDelta::days(90),
        ..Position::default()
    });
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(drift(&fixture).await.len(), 0, "out of the window");
    let run = fixture.run_done(Job::Reference).await;
    assert_eq!(drift(&fixture).await.len(), 1);
    assert!(run.note.unwrap().contains("somebody else"));
    assert_eq!(
        fixture.count("erp.orders").await,
        2,
        "what was never taken in is not now"
    );
    fixture.sim.world().saplab.positions.remove(&never);
    fixture.sync_done(&[Job::Orders]).await;
    fixture.assert_statuses_equal_erp().await;
}

#[tokio::test]
async fn what_is_mended_is_forgotten_with_everything_else_that_is_old() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO mirror.drift (upstream, kind, key, found_at, mended_at) VALUES
                ('keaz', 'remain', 'old', now() - interval '40 days', now() - interval '31 days'),
                ('keaz', 'remain', 'late', now() - interval '40 days', now() - interval '29 days');
             INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why, state, seen_at) VALUES
                ('stock', 'keaz', 'old', 'zero', 1, 1, '', 'over', now() - interval '31 days'),
                ('stock', 'keaz', 'open', 'zero', 1, 1, '', 'held', now() - interval '31 days')",
        )
        .await;
    let keep = std::time::Duration::from_secs(30 * 86_400);
    sverka::queue::prune::prune(&fixture.pool, keep).await.unwrap();
    let left = "SELECT (SELECT string_agg(key, ' ') FROM mirror.drift) || ' ' || (SELECT string_agg(scope, ' ') FROM queue.hold)";
    assert_eq!(fixture.value(left).await.as_deref(), Some("late open"));
}
