//! Which requests an operation makes when all goes well, and what it answers.

use serde_json::{Value, json};

use super::{call, done, new_client, sent, shop};
use crate::support::{Fixture, Setup};

const ONE: &str = "GET /panel/order/filter/order_ids/1/unignore_archived/1/per_page/150";
const TYPES: &str = "GET /panel/order/shipping_type";
const STATUSES: &str = "GET /panel/order/status";
const GROUPS: &str = "GET /panel/client/group";

/// What follows a write is asked for at once: the order of what comes after the second request is anybody's.
async fn goes_out(fixture: &Fixture, operation: &str, arguments: Value, requests: &[&str]) {
    fixture.sim.forget_requests();
    done(fixture, operation, arguments).await;
    let ordered = |mut requests: Vec<String>| {
        if let Some(tail) = requests.get_mut(2..) {
            tail.sort();
        }
        requests
    };
    let wanted = requests.iter().map(|request| (*request).to_owned()).collect();
    assert_eq!(ordered(sent(fixture)), ordered(wanted), "{operation}");
}

#[tokio::test]
async fn a_read_is_one_request_at_the_documented_path() {
    let fixture = shop().await;
    for (operation, arguments, request) in [
        ("saplab.managers.list", json!({}), "GET /panel/manager"),
        ("saplab.shipping_types.list", json!({}), TYPES),
        ("saplab.statuses.list", json!({}), STATUSES),
        ("saplab.groups.list", json!({}), GROUPS),
        ("saplab.clients.list", json!({}), "GET /panel/client"),
        (
            "saplab.clients.list",
            json!({"client_id": [1, 2], "client_name": "А/Б", "phone": "+7(900)222-22-22", "email": "a@b.example",
                   "is_wholesaler": true, "client_group": 7, "date_from": "2016-12-31", "date_to": "2017-01-04",
                   "manager_id": 1, "page": 1, "per_page": 500}),
            "GET /panel/client/filter/client_id/1,2/client_name/%D0%90%2F%D0%91/phone/%2B7%28900%29222-22-22\
             /email/a%40b.example/is_wholesaler/1/client_group/7/date_from/2016-12-31/date_to/2017-01-04/manager_id/1\
             /page/1/per_page/150",
        ),
        ("saplab.clients.get", json!({"id": 2}), "GET /panel/client/form/2"),
        (
            "saplab.balance.list",
            json!({"client": 1}),
            "GET /panel/client/balance/1",
        ),
        ("saplab.orders.list", json!({}), "GET /panel/order"),
        (
            "saplab.orders.list",
            json!({"order_ids": [1, 2], "invoice": "NZ-001", "article": "A/1", "name": "x y", "manager_id": 1,
                   "shipping_id": 0, "point_id": 1, "distributor_id": 3, "order_status": 6, "is_payed": false,
                   "unignore_archived": true, "brand": "MEAT&DORIA;", "client_name": "Рога", "client_group": 7,
                   "date_from": "2016-12-31", "date_to": "2017-01-04", "page": 1, "per_page": 20}),
            "GET /panel/order/filter/order_ids/1,2/invoice/NZ-001/article/A%2F1/name/x%20y/manager_id/1/shipping_id/0\
             /point_id/1/distributor_id/3/order_status/6/is_payed/0/unignore_archived/1/brand/MEAT%26DORIA%3B\
             /client_name/%D0%A0%D0%BE%D0%B3%D0%B0/client_group/7/date_from/2016-12-31/date_to/2017-01-04/page/1\
             /per_page/20",
        ),
    ] {
        goes_out(&fixture, operation, arguments, &[request]).await;
    }
}

#[tokio::test]
async fn a_write_is_looked_up_first_where_it_must_not_be_repeated_and_shown_afterwards() {
    let fixture = shop().await;
    let edit_type = json!({"id": 3, "name": "Курьер", "min_price": 5});
    let status = json!({"name": "Новый", "color": "ABABAB", "sms": true, "email": false});
    let edit_status = json!({"id": 8, "name": "Старый", "color": "ABABAB", "sms": false, "email": false});
    let edit_group = json!({"id": 8, "name": "Web", "discount": 2, "comment": "к"});
    let transaction = json!({"client": 1, "amount": "-100.50", "description": "API списание"});
    let table: Vec<(&str, Value, Vec<&str>)> = vec![
        (
            "saplab.shipping_types.add",
            json!({"name": "Курьер & Ко", "min_price": 1000}),
            vec![TYPES, "POST /panel/order/shipping_type", TYPES],
        ),
        (
            "saplab.shipping_types.edit",
            edit_type,
            vec!["POST /panel/order/shipping_type/3", TYPES],
        ),
        (
            "saplab.shipping_types.remove",
            json!({"id": 3}),
            vec![TYPES, "POST /panel/order/remove_shipping_type"],
        ),
        (
            "saplab.statuses.add",
            status,
            vec![STATUSES, "POST /panel/order/status", STATUSES],
        ),
        (
            "saplab.statuses.edit",
            edit_status,
            vec!["POST /panel/order/status/8", STATUSES],
        ),
        (
            "saplab.statuses.remove",
            json!({"id": 8}),
            vec![STATUSES, "POST /panel/order/remove_status"],
        ),
        (
            "saplab.groups.add",
            json!({"name": "Web", "discount": 1}),
            vec![GROUPS, "POST /panel/client/group_form", GROUPS],
        ),
        (
            "saplab.groups.edit",
            edit_group,
            vec!["POST /panel/client/group_form/8", GROUPS],
        ),
        (
            "saplab.groups.remove",
            json!({"id": 8}),
            vec![GROUPS, "POST /panel/client/remove_group"],
        ),
        (
            "saplab.clients.create",
            new_client(),
            vec![
                "GET /panel/client/filter/phone/9003333333",
                "POST /panel/client/form",
                "GET /panel/client/filter/phone/9003333333",
            ],
        ),
        (
            "saplab.clients.edit",
            json!({"id": 2, "comment": "новый"}),
            vec![
                "GET /panel/client/form/2",
                "POST /panel/client/form/2",
                "GET /panel/client/form/2",
                "GET /panel/client/filter/client_id/2",
            ],
        ),
        (
            "saplab.balance.add",
            transaction,
            vec![
                "GET /panel/client/balance/1",
                "POST /panel/client/add_transaction/1",
                "GET /panel/client/filter/client_id/1",
                "GET /panel/client/balance/1",
            ],
        ),
        (
            "saplab.orders.set_status",
            json!({"position": 1, "status": 7}),
            vec![ONE, "POST /panel/order/set_status/1"],
        ),
        (
            "saplab.orders.deny",
            json!({"position": 1}),
            vec![ONE, "GET /panel/order/deny/1", ONE],
        ),
        (
            "saplab.orders.archive",
            json!({"position": 1}),
            vec![ONE, "GET /panel/order/archive/1", ONE],
        ),
        (
            "saplab.orders.unarchive",
            json!({"position": 1}),
            vec![ONE, "GET /panel/order/unarchive/1", ONE],
        ),
        (
            "saplab.orders.pay",
            json!({"position": 1}),
            vec![ONE, "GET /panel/order/pay/1", ONE],
        ),
        (
            "saplab.orders.documents",
            json!({"positions": [1, 2, 3]}),
            vec![
                "GET /panel/order/filter/order_ids/1,2,3/unignore_archived/1/per_page/150",
                "GET /panel/order/documents/1,2,3",
                "GET /panel/order/filter/order_ids/1,2,3/unignore_archived/1/per_page/150",
            ],
        ),
    ];
    let writes = table.len();
    for (operation, arguments, requests) in table {
        goes_out(&fixture, operation, arguments, &requests).await;
    }
    assert_eq!(fixture.sim.ledger().len(), writes, "{:#?}", fixture.told_since(0));
}

#[tokio::test]
async fn what_stands_so_already_is_not_asked_for_again() {
    let fixture = shop().await;
    {
        let mut world = fixture.sim.world();
        let position = world.saplab.positions.get_mut(&1).unwrap();
        (position.is_denied, position.is_archived, position.is_payed) = (true, true, true);
        position.doc_id = Some(5);
    }
    for (operation, arguments) in [
        ("saplab.orders.deny", json!({"position": 1})),
        ("saplab.orders.archive", json!({"position": 1})),
        ("saplab.orders.unarchive", json!({"position": 2})),
        ("saplab.orders.pay", json!({"position": 1})),
        ("saplab.orders.pay", json!({"position": 2, "paid": false})),
        ("saplab.orders.documents", json!({"positions": [1]})),
        ("saplab.orders.set_status", json!({"position": 1, "status": 6})),
        (
            "saplab.shipping_types.add",
            json!({"name": "Доставка до ТК", "min_price": 2}),
        ),
        ("saplab.groups.add", json!({"name": "Мелкий опт - 5%", "discount": 5})),
        ("saplab.shipping_types.remove", json!({"id": 99})),
        ("saplab.statuses.remove", json!({"id": 99})),
        ("saplab.groups.remove", json!({"id": 99})),
        ("saplab.clients.edit", json!({"id": 2, "limit": "10000.00"})),
    ] {
        done(&fixture, operation, arguments).await;
    }
    assert!(fixture.sim.ledger().is_empty(), "{:#?}", fixture.told_since(0));
}

#[tokio::test]
async fn the_answer_is_what_the_upstream_said_and_a_person_can_read() {
    let fixture = shop().await;
    let paid = done(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert_eq!(paid.answer.unwrap()["positions"][0]["is_payed"], true);
    let denied = done(&fixture, "saplab.orders.deny", json!({"position": 1})).await;
    assert_eq!(denied.answer.unwrap(), json!({"text": "Позиция снята"}));
    let client = done(&fixture, "saplab.clients.get", json!({"id": 2}))
        .await
        .answer
        .unwrap();
    assert_eq!(client["limit"], "10000");
    assert_eq!(client["wholesaler_data"]["org_name"], "Рога и Копыта");
    let page = done(&fixture, "saplab.balance.list", json!({"client": 2}))
        .await
        .answer
        .unwrap();
    assert_eq!(page["transactions"][0]["amount"], "-3959");
}

#[tokio::test]
async fn a_value_that_cannot_stand_in_a_path_is_refused_before_anything_is_sent() {
    let fixture = Setup::new().start().await;
    for (operation, arguments) in [
        ("saplab.clients.list", json!({"client_name": ".."})),
        ("saplab.orders.list", json!({"article": "."})),
    ] {
        let call = call(&fixture, operation, arguments).await;
        assert_eq!(call.state, "dead", "{call:#?}");
    }
    assert!(sent(&fixture).is_empty());
}
