//! Exactly the plan goes out: nothing that came later, nothing that has moved since.

use std::process::Stdio;

use serde_json::{Value, json};
use sverka::simulate::{Action, Rule, Upstream};

use super::{apply, in_sync, in_sync_with, number, plan, rows, said, said_in, set};
use crate::support::{Fixture, Setup};

/// Three rows of stock, one status and one address differ.
async fn five_differ(fixture: &Fixture) {
    for (article, quantity) in [("ART-00001", 101), ("ART-00002", 102), ("ART-00003", 103)] {
        set(fixture, article, quantity).await;
    }
    fixture
        .sql(
            "UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 3;
             UPDATE erp.warehouses SET address = 'г. Уфа, ул. Новая, 1' WHERE code = 'W2'",
        )
        .await;
}

#[tokio::test]
async fn exactly_the_plan_goes_out_and_what_came_later_waits() {
    let fixture = in_sync().await;
    five_differ(&fixture).await;
    let shown = plan(&fixture, &[]).await;
    assert_eq!(shown["rows"], 5, "{shown}");
    set(&fixture, "ART-00009", 777).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 5")
        .await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(code, 0, "{applied}");
    assert_eq!(applied["outcome"], json!({ "done": 5 }));
    let told = fixture.told_since(mark);
    let (addresses, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| one.contains("warehouses"));
    assert_eq!(
        others,
        [
            "keaz.remains.update W1/ART-00001 = 101",
            "keaz.remains.update W1/ART-00002 = 102",
            "keaz.remains.update W1/ART-00003 = 103",
            "saplab.panel.order.set_status 3 = 4",
        ]
    );
    assert!(addresses.len() == 1 && addresses[0].contains("W2"), "{addresses:?}");
    let left = plan(&fixture, &[]).await;
    assert_eq!(
        rows(&left["changes"]),
        [
            "orders update 5 Принято -> Выдано (Отправлено)",
            "stock update W1/ART-00009 14 -> 777"
        ]
    );
}

#[tokio::test]
async fn rows_whose_old_or_new_value_has_moved_are_named_and_left_alone_and_the_others_go() {
    let fixture = in_sync().await;
    five_differ(&fixture).await;
    let shown = plan(&fixture, &["stock", "orders"]).await;
    set(&fixture, "ART-00001", 555).await;
    let remain = ("W1".to_owned(), "ART-00002".to_owned());
    fixture.sim.world().keaz.remains.insert(remain, 40);
    fixture
        .sql("UPDATE erp.orders SET status = 'paused' WHERE saplab_id = 3")
        .await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(code, 1, "{applied}");
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00003 = 103"]);
    assert_eq!(applied["outcome"], json!({ "done": 1, "moved": 3 }));
    let now = |row: &Value| json!([row["row"], row["old"], row["new"], row["now_old"], row["now_new"]]);
    let undone: Vec<Value> = applied["undone"].as_array().unwrap().iter().map(now).collect();
    assert_eq!(
        undone,
        [
            json!(["3", "Принято", "Выдано (Отправлено)", "Принято", "Приостановлено"]),
            json!(["W1/ART-00001", "8", "101", "8", "555"]),
            json!(["W1/ART-00002", "15", "102", "40", "102"]),
        ]
    );
}

#[tokio::test]
async fn what_has_gone_back_has_moved_and_what_somebody_else_wrote_stands_so_already() {
    let fixture = in_sync().await;
    for (article, quantity) in [("ART-00001", 101), ("ART-00002", 102)] {
        set(&fixture, article, quantity).await;
    }
    let shown = plan(&fixture, &["stock"]).await;
    set(&fixture, "ART-00001", 8).await;
    let remain = ("W1".to_owned(), "ART-00002".to_owned());
    fixture.sim.world().keaz.remains.insert(remain, 102);
    let mark = fixture.mark();
    let (code, out, errors) = said(&fixture, &["apply", &number(&shown)]).await;
    assert_eq!(code, 1, "{out}{errors}");
    assert_eq!(fixture.told_since(mark), [""; 0]);
    let id = number(&shown);
    for words in [
        format!("plan {id}: 0 of 2 rows written"),
        "1 stood so already".into(),
        "1 has moved since and was left alone".into(),
        "W1/ART-00001".into(),
    ] {
        assert!(out.contains(&words), "{words}: {out}");
    }
    assert!(errors.contains("not every row of the plan was written"), "{errors}");
}

#[tokio::test]
async fn a_status_that_somebody_set_in_the_shop_since_is_not_overwritten() {
    let fixture = in_sync().await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id IN (3, 4)")
        .await;
    let shown = plan(&fixture, &["orders"]).await;
    fixture.sim.world().saplab.positions.get_mut(&3).unwrap().status_id = 2;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "moved": 1 })),
        "{applied}"
    );
    assert_eq!(fixture.told_since(mark), ["saplab.panel.order.set_status 4 = 4"]);
    assert_eq!(applied["undone"][0]["now_old"], "В работе");
}

/// The call is in the queue, and its site refuses, when the value changes.
#[tokio::test]
async fn a_value_that_moves_while_its_call_waits_is_not_sent() {
    let fixture = in_sync_with(Setup::new().set("queue.keaz.breaker_failures", 0)).await;
    set(&fixture, "ART-00001", 101).await;
    set(&fixture, "ART-00002", 102).await;
    let shown = plan(&fixture, &["stock"]).await;
    let busy = Action::Status {
        code: 503,
        headers: Vec::new(),
        body: "later".into(),
    };
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", busy));
    let mark = fixture.mark();
    let mut command = fixture.binary(&["apply", &number(&shown)]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    set(&fixture, "ART-00001", 0).await;
    fixture.sim.clear_faults();
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00002 = 102"]);
    let states = "(SELECT string_agg(row || ' ' || state, ', ' ORDER BY n) FROM queue.plan_row)";
    assert_eq!(
        fixture.value(states).await.unwrap(),
        "W1/ART-00001 moved, W1/ART-00002 done"
    );
}

#[tokio::test]
async fn a_plan_is_applied_once() {
    let fixture = in_sync().await;
    set(&fixture, "ART-00001", 101).await;
    let id = number(&plan(&fixture, &[]).await);
    assert_eq!(apply(&fixture, &id).await.0, 0);
    set(&fixture, "ART-00001", 8).await;
    fixture.command(&["sync", "stock"]).await;
    set(&fixture, "ART-00001", 101).await;
    let mark = fixture.mark();
    let (code, out, errors) = said(&fixture, &["apply", &id]).await;
    assert_eq!((code, out.as_str()), (1, ""), "{errors}");
    assert!(
        errors.contains(&format!("plan {id} was applied already, at ")) && errors.contains('@'),
        "{errors}"
    );
    assert_eq!(fixture.told_since(mark), [""; 0]);
    let again = number(&plan(&fixture, &[]).await);
    assert_ne!(
        again, id,
        "the same difference is another plan once the first is applied"
    );
    assert_eq!(apply(&fixture, &again).await.0, 0);
    let audit =
        "(SELECT string_agg(command || ' ' || words, ', ' ORDER BY id) FROM queue.audit WHERE command = 'apply')";
    assert_eq!(
        fixture.value(audit).await.unwrap(),
        format!("apply plan {id}, apply plan {again}")
    );
}

#[tokio::test]
async fn a_plan_that_there_is_none_of_is_said_plainly() {
    let fixture = in_sync().await;
    let (code, _, errors) = said(&fixture, &["apply", "99"]).await;
    assert!(code == 1 && errors.contains("there is no plan 99"), "{errors}");
    assert_eq!(said(&fixture, &["apply", "all"]).await.0, 2);
    assert_eq!(said(&fixture, &["apply"]).await.0, 2);
}

#[tokio::test]
async fn the_first_plan_brings_the_warehouses_and_then_what_lies_in_them() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 20).await;
    let shown = plan(&fixture, &["warehouses", "stock"]).await;
    assert_eq!((&shown["rows"], &shown["held"]), (&json!(42), &json!(0)), "{shown}");
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!((code, &applied["outcome"]), (0, &json!({ "done": 42 })), "{applied}");
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn only_one_article_is_planned_and_applied_without_reading_the_whole_list() {
    let fixture = in_sync().await;
    fixture
        .sql("UPDATE erp.stock SET quantity = quantity + 100 WHERE article IN ('ART-00001', 'ART-00002')")
        .await;
    let shown = plan(&fixture, &["--only", "ART-00001"]).await;
    assert_eq!(
        rows(&shown["changes"]),
        [
            "stock update W1/ART-00001 8 -> 108",
            "stock update W2/ART-00001 9 -> 109"
        ]
    );
    fixture.sim.forget_requests();
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(code, 0, "{applied}");
    assert_eq!(
        fixture.told_since(mark),
        [
            "keaz.remains.update W1/ART-00001 = 108",
            "keaz.remains.update W2/ART-00001 = 109"
        ]
    );
    let asked: Vec<_> = fixture.sim.counts().into_keys().collect();
    assert_eq!(asked, ["keaz.remains.update"]);
}

#[tokio::test]
async fn only_one_position_is_planned_and_applied() {
    let fixture = in_sync().await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id IN (3, 4)")
        .await;
    let shown = plan(&fixture, &["orders", "--only", "4"]).await;
    assert_eq!(rows(&shown["changes"]).len(), 1, "{shown}");
    let mark = fixture.mark();
    assert_eq!(apply(&fixture, &number(&shown)).await.0, 0);
    assert_eq!(fixture.told_since(mark), ["saplab.panel.order.set_status 4 = 4"]);
    let (code, _, errors) = said(&fixture, &["plan", "warehouses", "--only", "4"]).await;
    assert!(code == 2 && errors.contains("--only names an article"), "{errors}");
}

#[tokio::test]
async fn a_row_that_keaz_refuses_is_named_with_its_words() {
    let fixture = in_sync().await;
    set(&fixture, "ART-00001", 101).await;
    // KEAZ knows no such warehouse.
    fixture.stock("ПРИЗРАК", "KEAZ", "A2", Some("5")).await;
    let shown = plan(&fixture, &["stock"]).await;
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "held": 1 })),
        "{applied}"
    );
    let why = applied["undone"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("KEAZ refused this row") && why.contains("Не корректные данные остатка"),
        "{why}"
    );
}

#[tokio::test]
async fn both_commands_speak_russian() {
    let fixture = in_sync().await;
    let ru = "ru_RU.UTF-8";
    assert_eq!(
        said_in(&fixture, ru, &["plan"]).await.1,
        "всё согласовано: расхождений нет\n"
    );
    set(&fixture, "ART-00001", 101).await;
    set(&fixture, "ART-00002", 102).await;
    let (_, out, _) = said_in(&fixture, ru, &["plan"]).await;
    for words in ["ЗАДАНИЕ", "изменить", "stock: изменить — 2", "sverka apply"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let id = number(&plan(&fixture, &[]).await);
    set(&fixture, "ART-00002", 103).await;
    let (code, out, errors) = said_in(&fixture, ru, &["apply", &id]).await;
    assert_eq!(code, 1);
    for words in [
        format!("план {id}: записано 1 из 2 строк"),
        "1 строка с тех пор изменилась, её не трогали".into(),
        "изменилась".into(),
    ] {
        assert!(out.contains(&words), "{words}: {out}");
    }
    assert!(errors.contains("записаны не все строки плана"), "{errors}");
    let (_, _, errors) = said_in(&fixture, ru, &["apply", &id]).await;
    assert!(errors.contains(&format!("план {id} уже применён")), "{errors}");
}
