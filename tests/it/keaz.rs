//! KEAZ's operations on any resource and `warehouses.delete`: in each format, with each documented error answer, and
//! what becomes of an `add` whose answer is lost.

use serde_json::{Value, json};
use sverka::queue::look::CallRow;
use sverka::simulate::world::Warehouse;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

const FORMATS: [&str; 3] = ["json", "xml", "form"];

/// A KEAZ with the warehouses 007 and 222222, whose inner ids are 1 and 2.
async fn keaz(format: &str) -> Fixture {
    let fixture = Setup::new()
        .set("keaz.format", format)
        .set("keaz.timeout", "2s")
        .start()
        .await;
    {
        let mut world = fixture.sim.world();
        for (id, code) in [(1, "007"), (2, "222222")] {
            let warehouse = Warehouse {
                id,
                code: code.into(),
                address: format!("Пермь, ул. Ленина, {id}"),
                ..Warehouse::default()
            };
            world.keaz.warehouses.insert(code.into(), warehouse);
        }
        world.keaz.last_id = 2;
    }
    fixture
}

fn codes(answer: &Value) -> Vec<&str> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().map(|row| row["code"].as_str().unwrap()).collect()
}

fn paths(fixture: &Fixture) -> Vec<String> {
    let seen = fixture.sim.requests();
    seen.into_iter()
        .map(|one| format!("{} {}", one.method, one.path))
        .collect()
}

#[tokio::test]
async fn a_filter_picks_the_same_rows_in_every_format() {
    for format in FORMATS {
        let fixture = keaz(format).await;
        let by_id = json!({ "resource": "warehouses", "filter": { "id": ["2"] } });
        let answer = fixture.answer("keaz.resource.get", by_id).await;
        assert_eq!(
            (codes(&answer), &answer["status"]),
            (vec!["222222"], &json!("ok")),
            "{format}"
        );
        let by_code = json!({ "resource": "warehouses", "filter": { "code": ["007", "222222", "x"] } });
        assert_eq!(
            codes(&fixture.answer("keaz.resource.list", by_code).await),
            ["007", "222222"]
        );
        let kind = if format == "xml" { "xml" } else { "json" };
        assert_eq!(
            paths(&fixture),
            [
                format!("POST /restapi/office/warehouses.get.{kind}"),
                format!("POST /restapi/office/warehouses.list.{kind}"),
            ]
        );
    }
}

#[tokio::test]
async fn rows_are_added_changed_and_deleted_in_every_format() {
    for format in FORMATS {
        let fixture = keaz(format).await;
        let row = json!({ "code": "0012", "address": "Уфа <&> \"1\"", "contacts": "я+1" });
        fixture
            .answer("keaz.resource.add", json!({ "resource": "warehouses", "rows": [row] }))
            .await;
        let change = json!({ "resource": "warehouses", "rows": [{ "code": "0012", "contacts": "" }] });
        fixture.answer("keaz.resource.update", change).await;
        let delete = json!({ "resource": "warehouses", "rows": [{ "code": "007" }] });
        fixture.answer("keaz.resource.delete", delete).await;
        let world = fixture.sim.world();
        assert_eq!(
            world.keaz.warehouses.keys().collect::<Vec<_>>(),
            ["0012", "222222"],
            "{format}"
        );
        let warehouse = &world.keaz.warehouses["0012"];
        assert_eq!(
            (warehouse.address.as_str(), warehouse.contacts.as_str()),
            ("Уфа <&> \"1\"", "")
        );
    }
}

#[tokio::test]
async fn numbers_go_to_the_stock_resource_as_numbers() {
    for format in FORMATS {
        let fixture = keaz(format).await;
        let row = json!({ "warehouse": "007", "article": "A&1", "quantity": 12 });
        let update = json!({ "resource": "remains", "rows": [row] });
        let answer = fixture.answer("keaz.resource.update", update).await;
        assert_eq!(answer["rows"][0]["quantity"], "12", "{format}");
        assert_eq!(fixture.remains()["007/A&1"], 12);
    }
}

#[tokio::test]
async fn a_partial_error_is_an_answer_with_rows_and_words() {
    for (format, broken) in [("json", true), ("json", false), ("xml", true), ("form", true)] {
        let fixture = keaz(format).await;
        {
            let mut options = fixture.sim.options();
            options.keaz_broken_json = broken;
            options.keaz_xml_p = broken;
        }
        let rows = json!([{ "contacts": "shop", "address": "Пермь" }, { "code": "222222", "contacts": "shop" }]);
        let call = fixture
            .ask(
                "keaz.resource.update",
                json!({ "resource": "warehouses", "rows": rows }),
            )
            .await;
        let answer = call.answer.unwrap();
        assert_eq!(
            (call.state.as_str(), &answer["status"]),
            ("done", &json!("error")),
            "{format}"
        );
        assert_eq!(codes(&answer), ["222222"]);
        let words = answer["messages"][0].as_str().unwrap();
        assert!(
            words.starts_with("Не корректные данные склада в строке `0`: `{"),
            "{words}"
        );
        assert_eq!(fixture.sim.world().keaz.warehouses["222222"].contacts, "shop");
    }
}

#[tokio::test]
async fn an_error_about_the_whole_request_is_dead_with_keaz_words() {
    for format in FORMATS {
        let fixture = keaz(format).await;
        let unknown = json!({ "resource": "warehouses", "filter": { "colour": ["red"] } });
        let call = fixture.ask("keaz.resource.list", unknown).await;
        assert_eq!(call.state, "dead");
        assert!(
            call.reason.unwrap().contains("Неизвестное поле фильтра `colour`"),
            "{format}"
        );
        let call = fixture
            .ask("keaz.resource.list", json!({ "resource": "invoices" }))
            .await;
        assert_eq!(call.state, "dead");
        assert!(call.reason.unwrap().contains("there is no such method"));
    }
}

#[tokio::test]
async fn what_is_there_already_is_not_added() {
    let fixture = keaz("json").await;
    let rows = json!([{ "code": "007" }, { "code": "222222" }]);
    let call = fixture
        .ask("keaz.resource.add", json!({ "resource": "warehouses", "rows": rows }))
        .await;
    assert_eq!(
        (call.state.as_str(), call.reason.as_deref()),
        ("done", Some("KEAZ lists all 2 rows"))
    );
    assert!(fixture.effects_since(0).is_empty());
    // One of two: KEAZ itself says which it has.
    let rows = json!([{ "code": "007" }, { "code": "8" }]);
    let answer = fixture
        .answer("keaz.resource.add", json!({ "resource": "warehouses", "rows": rows }))
        .await;
    assert_eq!(answer["messages"], json!(["Склад `007` уже существует!"]));
    assert_eq!(fixture.told_since(0).len(), 1);
}

/// Adds a warehouse while the request meets this fault.
async fn added(action: Action) -> (Fixture, CallRow) {
    let fixture = keaz("json").await;
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.add", action));
    let rows = json!([{ "code": "8", "address": "Уфа" }]);
    let call = fixture
        .ask("keaz.resource.add", json!({ "resource": "warehouses", "rows": rows }))
        .await;
    (fixture, call)
}

#[tokio::test]
async fn an_add_whose_answer_is_lost_after_the_effect_is_found_done() {
    for then in [Action::Drop, Action::Reset, Action::CutBody, Action::Html] {
        let (fixture, call) = added(Action::ApplyThen(Box::new(then.clone()))).await;
        assert_eq!(call.state, "done", "{then:?}: {call:#?}");
        assert_eq!(fixture.effects_since(0).len(), 1, "{then:?}");
    }
}

#[tokio::test]
async fn an_add_whose_answer_is_lost_before_the_effect_goes_to_a_person_and_is_not_made_again() {
    let (fixture, call) = added(Action::Drop).await;
    assert_eq!(call.state, "quarantined", "{call:#?}");
    assert_eq!(
        codes(&call.look.unwrap()),
        ["007", "222222"],
        "what KEAZ held then stands beside it"
    );
    assert!(fixture.effects_since(0).is_empty());
    assert_eq!(paths(&fixture).iter().filter(|path| path.contains(".add.")).count(), 1);
}

#[tokio::test]
async fn an_add_that_happens_late_happens_once() {
    let late = Action::ApplyLate {
        gate: "later".into(),
        then: Box::new(Action::Drop),
    };
    let (fixture, call) = added(late).await;
    assert_eq!(call.state, "quarantined");
    fixture.sim.open("later");
    fixture.sim.wait_until(|_, ledger| !ledger.is_empty()).await;
    assert_eq!(fixture.effects_since(0).len(), 1);
}

#[tokio::test]
async fn updates_and_deletes_are_made_again_when_their_answer_is_lost() {
    let fixture = keaz("json").await;
    for (operation, name, row) in [
        (
            "keaz.warehouses.update",
            "keaz.resource.update",
            json!({ "code": "007", "contacts": "x" }),
        ),
        (
            "keaz.warehouses.delete",
            "keaz.resource.delete",
            json!({ "code": "007" }),
        ),
    ] {
        for action in [Action::Drop, Action::ApplyThen(Box::new(Action::Drop))] {
            fixture.sim.inject(Rule::once(Upstream::Keaz, operation, action));
            let args = json!({ "resource": "warehouses", "rows": [row.clone()] });
            assert_eq!(fixture.ask(name, args).await.state, "done", "{name}");
        }
    }
    assert_eq!(fixture.sim.world().keaz.warehouses.len(), 1);
}

#[tokio::test]
async fn deleted_warehouses_leave_the_mirror_with_their_remains() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 3).await;
    fixture.sync_done(&[sverka::job::Job::Stock]).await;
    let mark = fixture.mark();
    let lost = Action::ApplyThen(Box::new(Action::Drop));
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.delete", lost));
    let call = fixture
        .ask("keaz.warehouses.delete", json!({ "codes": ["W1", "W9"] }))
        .await;
    assert_eq!(call.state, "done", "{call:#?}");
    assert_eq!(
        call.reason.as_deref(),
        Some("Склад `W1` не существует!; Склад `W9` не существует!")
    );
    assert_eq!(fixture.told_since(mark), ["keaz.warehouses.delete W1 = null"]);
    assert_eq!(fixture.count("mirror.keaz_warehouse").await, 1);
    assert_eq!(fixture.count("mirror.keaz_remain WHERE warehouse = 'W1'").await, 0);
    // The ERP still has it: it is published again, whole.
    fixture.sync_done(&[sverka::job::Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_warehouse_that_keaz_will_not_delete_is_said_so() {
    let fixture = keaz("json").await;
    let call = fixture.ask("keaz.warehouses.delete", json!({ "codes": [""] })).await;
    assert_eq!(call.state, "dead");
    let reason = call.reason.unwrap();
    assert!(reason.contains("Не корректные данные склада в строке `0`"), "{reason}");
}

#[tokio::test]
async fn the_command_takes_a_filter_as_pairs_or_as_json() {
    let fixture = keaz("json").await;
    for filter in ["id=2", r#"{"id": 2}"#] {
        let args = [
            "call",
            "keaz.resource.get",
            "--resource",
            "warehouses",
            "--filter",
            filter,
        ];
        let output = fixture.command(&args).await;
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(codes(&answer), ["222222"], "{filter}");
    }
}
