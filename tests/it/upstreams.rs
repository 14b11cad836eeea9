//! The catalogue of operations against docs/UPSTREAMS.md, against the command line and against the simulator: nothing
//! is missing anywhere.

use std::collections::BTreeSet;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sverka::job::Job;
use sverka::operation::{self, Entry};
use sverka::queue::Class;
use sverka::simulate::PriceList;
use sverka::simulate::world::{CartLine, Offer, Part};

use crate::support::{Fixture, Setup};

/// A row of the table.
struct Row {
    operation: String,
    method: String,
    class: String,
    tests: Vec<String>,
}

/// All rows of docs/UPSTREAMS.md.
fn table() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/UPSTREAMS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "a row of six cells: {line}");
        Row {
            operation: cells[0].trim_matches('`').to_owned(),
            method: cells[1].to_owned(),
            class: cells[2].to_owned(),
            tests: cells[5]
                .split(", ")
                .map(|name| name.trim_matches('`').to_owned())
                .collect(),
        }
    })
    .collect()
}

#[test]
fn every_operation_stands_once_in_the_table_with_its_class_and_nothing_else_does() {
    let rows = table();
    let mut written: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.operation.as_str(), row.class.as_str()))
        .collect();
    let mut coded: Vec<(&str, &str)> = operation::catalogue()
        .iter()
        .map(|entry| (entry.name, entry.class.as_str()))
        .collect();
    written.sort_unstable();
    coded.sort_unstable();
    assert_eq!(
        written, coded,
        "docs/UPSTREAMS.md (left) and operation::catalogue() (right)"
    );
    assert!(rows.iter().all(|row| !row.method.is_empty()));
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for row in table() {
        for name in &row.tests {
            let path = name.replace("::", "/");
            let files = [folder.join(format!("{path}.rs")), folder.join(&path).join("mod.rs")];
            let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
            let text = text.unwrap_or_else(|| panic!("{}: there is no tests/it/{path}.rs", row.operation));
            assert!(text.contains("#[tokio::test]"), "{}: no test in {name}", row.operation);
        }
    }
}

#[test]
fn every_operation_is_named_described_and_warned_of() {
    let mut names = BTreeSet::new();
    for entry in operation::catalogue() {
        let name = entry.name;
        assert!(names.insert(name), "{name} stands twice");
        let parts: Vec<&str> = name.split('.').collect();
        let plain =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(
            parts.len() == 3 && parts.iter().all(plain),
            "{name} is not upstream.resource.action"
        );
        let upstream = entry.upstream.as_str();
        assert!(upstream.starts_with(parts[0]), "{name} asks {upstream}");
        assert!(!entry.about.is_empty(), "{name} says nothing of itself");
        assert!(
            entry.args.iter().all(|arg| !arg.about.is_empty()),
            "{name} has an argument without help"
        );
        let money_or_orders = [".orders.", ".purchases.", ".balance."];
        let touches = money_or_orders.iter().any(|part| name.contains(part)) && entry.class != Class::Read;
        assert!(!touches || entry.consequence.is_some(), "{name} asks nobody for a yes");
        assert!(
            entry.class != Class::Read || entry.consequence.is_none(),
            "{name} only reads, and asks for a yes"
        );
    }
}

fn part(article: &str) -> Part {
    Part {
        article: article.into(),
        brand: "MEAT&DORIA;".into(),
        name: "Преобразователь давления".into(),
        stock: 7,
        multiplicity: 1,
        days: 3,
        price: Decimal::new(218_750, 2),
        replaces: None,
    }
}

/// All upstreams, each with something in it.
async fn everything() -> Fixture {
    let setup = Setup::new().client_api().price_list("main");
    let fixture = setup.set("keaz.on_missing", "delete").start().await;
    fixture.fill(1, 4).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.positions(6);
    let list =
        PriceList::text("Производитель;Артикул;Наименование;Цена;Количество\r\nUFI;30.896.00;Фильтр;1 234.50;Есть\r\n");
    {
        let mut world = fixture.sim.world();
        world.carreta.price_lists.insert("main".into(), list);
        world.carreta.offers = vec![Offer {
            code: "OC47".into(),
            maker: "KNECHT/MAHLE".into(),
            price: Decimal::new(15_202, 2),
            min_qty: 1,
            qty: "500".into(),
            source: "57".into(),
            ..Offer::default()
        }];
        world.saplab.parts = vec![part("9054")];
        world.saplab.positions.get_mut(&5).unwrap().is_archived = true;
        world.saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
        world.saplab.cart.push(CartLine {
            to_order: "line".into(),
            part: part("9055"),
            quantity: 1,
            comment: "SV-sample".into(),
        });
    }
    fixture.sync_done(&[Job::Orders]).await;
    fixture
}

/// Something that Carreta can be ordered.
async fn offer(fixture: &Fixture) -> Value {
    let answer = fixture.answer("carreta.parts.search", json!({ "q": "oc47" })).await;
    answer["offers"][0]["offer"].clone()
}

/// An order of ours at Carreta.
async fn ordered(fixture: &Fixture) -> u64 {
    let offer = offer(fixture).await;
    fixture
        .answer("carreta.orders.create", json!({ "offer": offer, "quantity": 1 }))
        .await;
    let world = fixture.sim.world();
    world.carreta.orders.last().unwrap().id
}

/// For each operation: arguments with which it works in [`everything`], and the simulator's name of the request.
/// `None`: nobody has written them yet.
async fn sample(fixture: &Fixture, name: &str) -> Option<(Value, &'static str)> {
    let erp = |sql: &'static str| fixture.sql(sql);
    Some(match name {
        "keaz.warehouses.list" => (json!({}), "keaz.warehouses.list"),
        "keaz.warehouses.add" => {
            erp("INSERT INTO erp.warehouses VALUES ('A1', 'А', 'г. Уфа', '+7 900')").await;
            (json!({ "codes": ["A1"] }), "keaz.warehouses.add")
        }
        "keaz.warehouses.update" => {
            erp("UPDATE erp.warehouses SET address = 'г. Пермь' WHERE code = 'W1'").await;
            (json!({ "codes": ["W1"] }), "keaz.warehouses.update")
        }
        "keaz.warehouses.delete" => {
            erp("INSERT INTO erp.warehouses VALUES ('D1', 'Д', 'г. Уфа', '+7 900')").await;
            fixture.answer("keaz.warehouses.add", json!({ "codes": ["D1"] })).await;
            (json!({ "codes": ["D1"] }), "keaz.warehouses.delete")
        }
        "keaz.remains.list" => (json!({}), "keaz.remains.list"),
        "keaz.remains.update" => {
            erp("UPDATE erp.stock SET quantity = 99 WHERE article = 'ART-00001'").await;
            let args = json!({ "warehouse": "W1", "articles": ["ART-00001"] });
            (args, "keaz.remains.update")
        }
        "keaz.remains.delete" => {
            erp("DELETE FROM erp.stock WHERE article = 'ART-00002'").await;
            let args = json!({ "warehouse": "W1", "articles": ["ART-00002"] });
            (args, "keaz.remains.delete")
        }
        "keaz.resource.get" => (
            json!({ "resource": "warehouses", "filter": { "code": ["W1"] } }),
            "keaz.warehouses.get",
        ),
        "keaz.resource.list" => (json!({ "resource": "remains" }), "keaz.remains.list"),
        "keaz.resource.add" => {
            let rows = json!([{ "code": "R1", "address": "г. Уфа", "contacts": "" }]);
            (json!({ "resource": "warehouses", "rows": rows }), "keaz.warehouses.add")
        }
        "keaz.resource.update" => {
            let rows = json!([{ "code": "W1", "contacts": "" }]);
            (
                json!({ "resource": "warehouses", "rows": rows }),
                "keaz.warehouses.update",
            )
        }
        "keaz.resource.delete" => {
            let rows = json!([{ "warehouse": "W1", "article": "ART-00003" }]);
            (json!({ "resource": "remains", "rows": rows }), "keaz.remains.delete")
        }
        "carreta.profile.get" => (json!({}), "carreta.profile"),
        "carreta.parts.search" => (json!({ "q": "oc47" }), "carreta.search"),
        "carreta.orders.list" => (json!({}), "carreta.order.list"),
        "carreta.orders.create" => {
            let args = json!({ "offer": offer(fixture).await, "quantity": 2 });
            (args, "carreta.order.create")
        }
        "carreta.orders.get" => (json!({ "id": ordered(fixture).await }), "carreta.order.read"),
        "carreta.orders.history" => (json!({ "id": ordered(fixture).await }), "carreta.order.history"),
        "carreta.prices.fetch" => (json!({ "list": "main" }), "carreta.price_list"),
        _ => return panel(name).or(shop(fixture, name).await),
    })
}

/// The same for Saplab's panel.
fn panel(name: &str) -> Option<(Value, &'static str)> {
    let kind = json!({ "name": "Курьер", "min_price": 10 });
    let status = json!({ "name": "Новый", "color": "ABABAB", "sms": false, "email": false });
    let group = json!({ "name": "Web", "discount": 2, "comment": "" });
    let with_id = |mut row: Value, id: i64| {
        row["id"] = id.into();
        row
    };
    Some(match name {
        "saplab.orders.list" => (json!({}), "saplab.panel.order.list"),
        "saplab.orders.set_status" => (json!({ "position": 1, "status": 5 }), "saplab.panel.order.set_status"),
        "saplab.orders.deny" => (json!({ "position": 2 }), "saplab.panel.order.deny"),
        "saplab.orders.pay" => (json!({ "position": 3 }), "saplab.panel.order.pay"),
        "saplab.orders.archive" => (json!({ "position": 4 }), "saplab.panel.order.archive"),
        "saplab.orders.unarchive" => (json!({ "position": 5 }), "saplab.panel.order.unarchive"),
        "saplab.orders.documents" => (json!({ "positions": [6] }), "saplab.panel.order.documents"),
        "saplab.statuses.list" => (json!({}), "saplab.panel.status.list"),
        "saplab.statuses.add" => (status, "saplab.panel.status.add"),
        "saplab.statuses.edit" => (with_id(status, 7), "saplab.panel.status.edit"),
        "saplab.statuses.remove" => (json!({ "id": 2 }), "saplab.panel.status.remove"),
        "saplab.managers.list" => (json!({}), "saplab.panel.manager.list"),
        "saplab.shipping_types.list" => (json!({}), "saplab.panel.shipping_type.list"),
        "saplab.shipping_types.add" => (kind, "saplab.panel.shipping_type.add"),
        "saplab.shipping_types.edit" => (with_id(kind, 1), "saplab.panel.shipping_type.edit"),
        "saplab.shipping_types.remove" => (json!({ "id": 2 }), "saplab.panel.shipping_type.remove"),
        "saplab.groups.list" => (json!({}), "saplab.panel.group.list"),
        "saplab.groups.add" => (group, "saplab.panel.group.add"),
        "saplab.groups.edit" => (with_id(group, 1), "saplab.panel.group.edit"),
        "saplab.groups.remove" => (json!({ "id": 7 }), "saplab.panel.group.remove"),
        "saplab.clients.list" => (json!({}), "saplab.panel.client.list"),
        "saplab.clients.get" => (json!({ "id": 1 }), "saplab.panel.client.read"),
        "saplab.clients.create" => {
            let client = json!({ "name": "Новый", "phone": "9003333333", "point_id": 1, "group_id": 1 });
            (client, "saplab.panel.client.create")
        }
        "saplab.clients.edit" => (json!({ "id": 2, "comment": "новый" }), "saplab.panel.client.edit"),
        "saplab.balance.list" => (json!({ "client": 1 }), "saplab.panel.balance.list"),
        "saplab.balance.add" => {
            let charge = json!({ "client": 1, "amount": "-100", "description": "API списание" });
            (charge, "saplab.panel.balance.add")
        }
        _ => return None,
    })
}

/// The same for Saplab's client API.
async fn shop(fixture: &Fixture, name: &str) -> Option<(Value, &'static str)> {
    let brand = "MEAT&DORIA;";
    Some(match name {
        "saplab.parts.brands" => (json!({ "article": "9054" }), "saplab.client.parts.brands"),
        "saplab.parts.search" => (
            json!({ "article": "9054", "brand": brand }),
            "saplab.client.parts.search",
        ),
        "saplab.cart.list" => (json!({}), "saplab.client.cart.list"),
        "saplab.cart.add" => {
            let search = json!({ "article": "9054", "brand": brand });
            fixture.answer("saplab.parts.search", search).await;
            let offer = fixture
                .value("SELECT id FROM mirror.offer WHERE supplier = 'saplab'")
                .await;
            let offer: i64 = offer.unwrap().parse().unwrap();
            let args = json!({ "offer": offer, "quantity": 1, "article": "9054", "brand": brand });
            (args, "saplab.client.cart.add")
        }
        "saplab.purchases.create" => {
            let args = json!({ "to_order": ["line"], "comment": "SV-sample" });
            (args, "saplab.client.order.create")
        }
        "saplab.purchases.list" => (json!({}), "saplab.client.order.list"),
        "saplab.purchases.statuses" => (json!({}), "saplab.client.statuses"),
        _ => return None,
    })
}

/// A person can type these arguments, and with no fewer the operation is not begun.
fn assert_can_be_typed(entry: &Entry, args: &Value) {
    let args = args.as_object().unwrap();
    let known: Vec<&str> = entry.args.iter().map(|arg| arg.name).collect();
    for given in args.keys() {
        assert!(known.contains(&given.as_str()), "{} has no --{given}", entry.name);
    }
    for arg in entry.args.iter().filter(|arg| arg.required) {
        assert!(args.contains_key(arg.name), "{} needs --{}", entry.name, arg.name);
    }
    let required = args
        .iter()
        .filter(|(name, _)| entry.args.iter().any(|arg| arg.required && arg.name == *name));
    let required = required.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Err(error) = entry.call(required) {
        panic!("{}: an argument that is not called required is: {error}", entry.name);
    }
}

#[tokio::test]
async fn every_operation_is_understood_by_the_simulator() {
    let fixture = everything().await;
    for entry in operation::catalogue() {
        let name = entry.name;
        let Some((args, on_wire)) = sample(&fixture, name).await else {
            panic!("{name} has no sample arguments here");
        };
        assert_can_be_typed(entry, &args);
        let before = fixture.sim.requests().len();
        let call = fixture.ask(name, args).await;
        assert_eq!(call.state, "done", "{name}: {call:#?}");
        let seen = fixture.sim.requests().split_off(before);
        let own: Vec<_> = seen.iter().filter(|one| one.operation == on_wire).collect();
        assert!(!own.is_empty(), "{name} asked for {seen:#?}, not for {on_wire}");
        assert!(
            own.iter().all(|one| matches!(one.status, Some(200 | 201))),
            "{name}: {own:#?}"
        );
        let strange: Vec<_> = seen
            .iter()
            .filter(|one| one.operation.ends_with(".unknown") || one.status == Some(404))
            .collect();
        assert!(strange.is_empty(), "{name}: {strange:#?}");
    }
}
