//! Clients are written whole: what was not to change stays, and a client that cannot be read whole is not written.

use serde_json::json;
use sverka::queue::enqueue;
use sverka::simulate::{Action, Rule, Upstream};

use super::{call, done, ended, new_client, shop};

const EDIT: &str = "saplab.panel.client.edit";

#[tokio::test]
async fn a_change_of_one_field_leaves_everything_else_as_it_was() {
    let fixture = shop().await;
    let before = fixture.sim.world().saplab.clients[&2].clone();
    let call = done(
        &fixture,
        "saplab.clients.edit",
        json!({"id": 2, "limit": "12500.50", "wholesalers": {"kpp": "007"}}),
    )
    .await;
    let answer = call.answer.unwrap();
    assert_eq!(answer["changed"], json!(["limit", "wholesalers"]));
    assert_eq!(answer["differing"], json!([]));
    let mut after = fixture.sim.world().saplab.clients[&2].clone();
    assert_eq!(after.limit.to_string(), "12500.50");
    assert_eq!(
        after.wholesaler.insert("kpp".into(), before.wholesaler["kpp"].clone()),
        Some("007".into())
    );
    (after.limit, after.modified) = (before.limit, before.modified);
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    let limit = fixture
        .value("SELECT credit_limit FROM mirror.saplab_client WHERE id = 2")
        .await;
    assert_eq!(limit.as_deref(), Some("12500.5"));
}

#[tokio::test]
async fn a_client_is_switched_off_or_loses_its_legal_data_only_when_that_is_asked_for() {
    let fixture = shop().await;
    let client = || fixture.sim.world().saplab.clients[&2].clone();
    done(&fixture, "saplab.clients.edit", json!({"id": 2, "status": false})).await;
    assert!(!client().status && client().is_wholesaler);
    done(&fixture, "saplab.clients.edit", json!({"id": 2, "name": "Другое Имя"})).await;
    assert!(!client().status && client().is_wholesaler, "nor switched on by the way");
    done(
        &fixture,
        "saplab.clients.edit",
        json!({"id": 2, "is_wholesaler": false}),
    )
    .await;
    assert!(!client().is_wholesaler && client().wholesaler.is_empty());
}

#[tokio::test]
async fn a_client_that_is_not_shown_whole_is_not_written() {
    let fixture = shop().await;
    let answer = r#"{"client":{"id":"2","phone":"9002222222","name":"x","address":"","email":"","status":"1",
        "group_id":"7","shipping_id":"0","manager_id":"0","is_wholesaler":"0","comment":"","point_id":"1"}}"#;
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.client.read",
        Action::Garbage(answer.into()),
    ));
    let call = call(&fixture, "saplab.clients.edit", json!({"id": 2, "comment": "новый"})).await;
    assert_eq!(call.state, "dead");
    assert!(call.reason.unwrap().contains("does not show limit"));
    assert!(!fixture.sim.counts().contains_key(EDIT));
}

#[tokio::test]
async fn two_changes_of_one_client_are_not_under_way_at_once() {
    let fixture = shop().await;
    let first = fixture
        .enqueue("saplab.clients.edit", json!({"id": 2, "comment": "a"}))
        .await;
    let entry = sverka::operation::entry("saplab.clients.edit").unwrap();
    let arguments = serde_json::from_value(json!({"id": 2, "name": "b"})).unwrap();
    let second = enqueue::enqueue_once(&fixture.pool, &entry.call(arguments).unwrap()).await;
    assert_eq!(second.unwrap(), Err(first));
    ended(&fixture, first).await;
    done(&fixture, "saplab.clients.edit", json!({"id": 2, "name": "b"})).await;
    let client = fixture.sim.world().saplab.clients[&2].clone();
    assert_eq!((client.comment.as_str(), client.name.as_str()), ("a", "b"));
}

#[tokio::test]
async fn a_new_client_has_all_it_was_given_and_its_password_is_nowhere_in_the_database() {
    let fixture = shop().await;
    let file = fixture.folder.path().join("password");
    std::fs::write(&file, "password-canary\n").unwrap();
    let mut arguments = new_client();
    arguments["password_file"] = file.to_str().unwrap().into();
    done(&fixture, "saplab.clients.create", arguments).await;
    {
        let world = fixture.sim.world();
        let created = &world.saplab.clients[&3];
        assert!(created.status && created.is_wholesaler);
        assert_eq!((created.phone.as_str(), created.limit), ("9003333333", 500.into()));
        assert_eq!(created.wholesaler["inn"], "007");
    }
    let rows = "queue.call c WHERE c::text LIKE '%canary%'";
    assert_eq!(fixture.count(rows).await, 0);
    let mirrored = fixture
        .value("SELECT phone FROM mirror.saplab_client WHERE id = 3")
        .await;
    assert_eq!(mirrored.as_deref(), Some("9003333333"));
}
