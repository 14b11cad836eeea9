//! The stock resource: list and get with a filter; `update` (and `add`, which is the same) sets the quantity of
//! (warehouse, article); delete takes it away. Resource and field names are options.

use serde_json::Value;

use super::Action;
use super::call::{Call, Row, passes};
use super::reply::Reply;
use crate::simulate::exchange::Cx;
use crate::simulate::options::Options;

pub(super) fn run(action: Action, call: Call, cx: &mut Cx<'_>) -> Reply {
    if action.reads() {
        return list(&call, cx);
    }
    let name = cx.options.keaz_remains_resource.clone();
    let Some(rows) = call.rows else {
        return Reply::refusal(&format!("Нет данных `{name}`"));
    };
    let mut reply = Reply::default();
    let mut shown = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let done = match action {
            Action::Delete => delete(&row, cx, &mut reply),
            _ => set(&row, action, cx).map(Some),
        };
        match done {
            Some(Some((key, quantity))) => shown.push(show(&key, quantity, shown.len(), cx.options)),
            Some(None) => {}
            None => reply.bad_row("остатка", index, row),
        }
    }
    reply.showing(&name, shown)
}

type Key = (String, String);

fn list(call: &Call, cx: &Cx<'_>) -> Reply {
    let [warehouse, article, quantity] = &cx.options.keaz_remains_fields;
    let mut shown = Vec::new();
    for (key, count) in &cx.world.keaz.remains {
        let field = |name: &str| match name {
            _ if name == warehouse => Some(key.0.clone()),
            _ if name == article => Some(key.1.clone()),
            _ if name == quantity => Some(count.to_string()),
            _ => None,
        };
        match passes(&call.filter, field) {
            Ok(true) => shown.push(show(key, *count, shown.len(), cx.options)),
            Ok(false) => {}
            Err(reason) => return Reply::refusal(&reason),
        }
    }
    Reply::default().showing(&cx.options.keaz_remains_resource, shown)
}

/// Warehouse and article of a good row: texts that are not empty, in a known warehouse, without unknown fields.
fn key(row: &Row, cx: &Cx<'_>) -> Option<Key> {
    let fields = &cx.options.keaz_remains_fields;
    let text = |name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let known = row.keys().all(|name| fields.contains(name));
    let (warehouse, article) = (text(&fields[0])?, text(&fields[1])?);
    (known && cx.world.keaz.warehouses.contains_key(&warehouse)).then_some((warehouse, article))
}

/// A whole number from 0, as a number or as its digits.
fn quantity(row: &Row, options: &Options) -> Option<u64> {
    match row.get(&options.keaz_remains_fields[2])? {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

fn set(row: &Row, action: Action, cx: &mut Cx<'_>) -> Option<(Key, u64)> {
    let key = key(row, cx)?;
    let quantity = quantity(row, cx.options)?;
    cx.world.keaz.remains.insert(key.clone(), quantity);
    let operation = format!("keaz.remains.{}", action.name());
    cx.effect(&operation, format!("{}/{}", key.0, key.1), quantity.into());
    Some((key, quantity))
}

/// None for a bad row; nothing to show for a remain that is not there.
fn delete(row: &Row, cx: &mut Cx<'_>, reply: &mut Reply) -> Option<Option<(Key, u64)>> {
    let key = key(row, cx)?;
    let Some(quantity) = cx.world.keaz.remains.remove(&key) else {
        reply.warn(format!("Остаток `{}` на складе `{}` не существует!", key.1, key.0));
        return Some(None);
    };
    cx.effect("keaz.remains.delete", format!("{}/{}", key.0, key.1), Value::Null);
    Some(Some((key, quantity)))
}

/// Quantities go out as texts and numbers in turn: the document's examples have texts, a rewrite may have numbers.
fn show(key: &Key, quantity: u64, place: usize, options: &Options) -> Row {
    let [warehouse, article, name] = options.keaz_remains_fields.clone();
    let quantity = if place.is_multiple_of(2) {
        Value::from(quantity.to_string())
    } else {
        Value::from(quantity)
    };
    let mut row = Row::new();
    row.insert(warehouse, key.0.as_str().into());
    row.insert(article, key.1.as_str().into());
    row.insert(name, quantity);
    row
}
