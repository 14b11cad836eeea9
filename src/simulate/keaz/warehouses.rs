//! `warehouses`: list and get with a filter; add, update and delete row by row, good rows applied beside bad ones.

use serde_json::{Value, json};

use super::Action;
use super::call::{Call, Row, passes};
use super::reply::Reply;
use crate::simulate::exchange::Cx;
use crate::simulate::options::Options;
use crate::simulate::world::Warehouse;

const FIELDS: [&str; 4] = ["code", "name", "address", "contacts"];

pub(super) fn run(action: Action, call: Call, cx: &mut Cx<'_>) -> Reply {
    if action.reads() {
        return list(&call, cx);
    }
    let Some(rows) = call.rows else {
        return Reply::refusal("Нет данных `warehouses`");
    };
    let mut reply = Reply::default();
    let mut shown = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let done = code(&row, cx.options).and_then(|code| match action {
            Action::Add => Some(add(&code, &row, cx, &mut reply)),
            Action::Delete => Some(delete(&code, cx, &mut reply)),
            _ => update(&code, &row, cx),
        });
        match done {
            Some(warehouse) => shown.extend(warehouse),
            None => reply.bad_row("склада", index, row),
        }
    }
    reply.showing("warehouses", shown)
}

fn list(call: &Call, cx: &Cx<'_>) -> Reply {
    let mut shown = Vec::new();
    for warehouse in cx.world.keaz.warehouses.values() {
        match passes(&call.filter, |field| value(warehouse, field)) {
            Ok(true) => shown.push(show(warehouse, cx.options)),
            Ok(false) => {}
            Err(reason) => return Reply::refusal(&reason),
        }
    }
    Reply::default().showing("warehouses", shown)
}

fn value(warehouse: &Warehouse, field: &str) -> Option<String> {
    match field {
        "id" => Some(warehouse.id.to_string()),
        "code" => Some(warehouse.code.clone()),
        "name" => Some(warehouse.name.clone()),
        "address" => Some(warehouse.address.clone()),
        "contacts" => Some(warehouse.contacts.clone()),
        _ => None,
    }
}

/// The code of a good row: only known fields, all of them texts, a code that is not empty.
fn code(row: &Row, options: &Options) -> Option<String> {
    let known = row
        .iter()
        .all(|(name, value)| FIELDS.contains(&name.as_str()) && value.is_string());
    let text = |name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let complete = !options.keaz_requires_address || text("address").is_some();
    text("code").filter(|_| known && complete).map(str::to_owned)
}

fn fill(warehouse: &mut Warehouse, row: &Row) {
    let set = |target: &mut String, name: &str| {
        if let Some(text) = row.get(name).and_then(Value::as_str) {
            text.clone_into(target);
        }
    };
    set(&mut warehouse.name, "name");
    set(&mut warehouse.address, "address");
    set(&mut warehouse.contacts, "contacts");
}

/// A code that is there already is left as it is, with a message and status ok.
fn add(code: &str, row: &Row, cx: &mut Cx<'_>, reply: &mut Reply) -> Option<Row> {
    if let Some(present) = cx.world.keaz.warehouses.get(code) {
        reply.warn(format!("Склад `{code}` уже существует!"));
        return Some(show(present, cx.options));
    }
    cx.world.keaz.last_id += 1;
    let mut warehouse = Warehouse {
        id: cx.world.keaz.last_id,
        code: code.to_owned(),
        ..Warehouse::default()
    };
    fill(&mut warehouse, row);
    Some(store("keaz.warehouses.add", warehouse, cx))
}

/// None when there is no such warehouse.
fn update(code: &str, row: &Row, cx: &mut Cx<'_>) -> Option<Option<Row>> {
    let mut warehouse = cx.world.keaz.warehouses.get(code)?.clone();
    fill(&mut warehouse, row);
    Some(Some(store("keaz.warehouses.update", warehouse, cx)))
}

/// The remains of the warehouse go with it.
fn delete(code: &str, cx: &mut Cx<'_>, reply: &mut Reply) -> Option<Row> {
    let Some(gone) = cx.world.keaz.warehouses.remove(code) else {
        reply.warn(format!("Склад `{code}` не существует!"));
        return None;
    };
    cx.world.keaz.remains.retain(|(warehouse, _), _| warehouse != code);
    cx.effect("keaz.warehouses.delete", code, Value::Null);
    Some(show(&gone, cx.options))
}

fn store(operation: &str, warehouse: Warehouse, cx: &mut Cx<'_>) -> Row {
    let Warehouse {
        code,
        name,
        address,
        contacts,
        ..
    } = &warehouse;
    cx.effect(
        operation,
        code,
        json!({"code": code, "name": name, "address": address, "contacts": contacts}),
    );
    let shown = show(&warehouse, cx.options);
    cx.world.keaz.warehouses.insert(warehouse.code.clone(), warehouse);
    shown
}

fn show(warehouse: &Warehouse, options: &Options) -> Row {
    let mut row = Row::new();
    row.insert("code".into(), warehouse.code.as_str().into());
    row.insert("contacts".into(), warehouse.contacts.as_str().into());
    row.insert("address".into(), warehouse.address.as_str().into());
    if options.keaz_returns_name && !warehouse.name.is_empty() {
        row.insert("name".into(), warehouse.name.as_str().into());
    }
    row
}
