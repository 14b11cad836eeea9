//! Clients of the shop: the list with filters and pages, the form read, created and replaced.
//!
//! A POST to the form is a full replacement, with its dangers: an omitted `status=on` deactivates, an omitted
//! `is_wholesaler=on` drops the legal data, an omitted `limit` is 0. An empty password keeps the old one.

use chrono::Utc;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Call;
use super::filter::{Filter, page};
use super::form::Form;
use super::position::amount;
use super::verdict::{bit, failed, success};
use crate::simulate::answer::Answer;
use crate::simulate::clock;
use crate::simulate::exchange::Cx;
use crate::simulate::world::{Client, Saplab};

const FILTERS: [&str; 11] = [
    "client_id",
    "client_name",
    "phone",
    "email",
    "is_wholesaler",
    "client_group",
    "date_from",
    "date_to",
    "manager_id",
    "page",
    "per_page",
];
const LEGAL: [&str; 10] = [
    "bik",
    "inn",
    "kpp",
    "bank",
    "orgn",
    "type",
    "account",
    "address",
    "org_name",
    "bank_account",
];
const POINT: &str = "Уфа: ул. Примерная, 1";

pub(super) fn list(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let filter = &call.filter;
    if filter.unknown(&FILTERS).is_some() {
        return Answer::page(400, "400 Bad Request");
    }
    let shop = &cx.world.saplab;
    let passing = shop
        .clients
        .values()
        .rev()
        .filter(|client| passes(client, filter))
        .collect();
    let (rows, pages) = page(passing, filter.page(), filter.per_page(), cx.options.saplab_paging);
    let clients: Vec<Value> = rows.into_iter().map(|client| row(client, shop)).collect();
    Answer::json(
        200,
        &json!({"clients": clients, "filters": filter.applied(), "pages": pages}),
    )
}

fn passes(client: &Client, filter: &Filter) -> bool {
    filter.has("client_id", client.id)
        && filter.part("client_name", &[&client.name, &client.wholesaler_info()])
        && filter.get("phone").is_none_or(|wanted| phone(wanted) == client.phone)
        && filter.is("email", &client.email)
        && filter.flag("is_wholesaler", client.is_wholesaler)
        && filter.has("client_group", client.group_id)
        && filter.has("manager_id", client.manager_id)
        && filter.dates(client.added)
}

/// What the list and the form both show.
fn common(client: &Client, shop: &Saplab) -> Map<String, Value> {
    let group = shop.groups.iter().find(|group| group.id == client.group_id);
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", client.id.to_string().into());
    set("phone", client.phone.as_str().into());
    set("name", client.name.as_str().into());
    set("address", client.address.as_str().into());
    set("email", client.email.as_str().into());
    set("date_added", clock::panel(client.added).into());
    set("date_modified", clock::panel(client.modified).into());
    set("is_wholesaler", bit(client.is_wholesaler).into());
    set("wholesaler_info", client.wholesaler_info().into());
    set("group", group.map(|group| group.name.as_str()).into());
    set("group_id", client.group_id.to_string().into());
    set("manager_id", client.manager_id.to_string().into());
    set("point_id", client.point_id.to_string().into());
    set("status", bit(client.status).into());
    set("comment", client.comment.as_str().into());
    set("shipping_id", client.shipping_id.to_string().into());
    set("balance", amount(client.balance).into());
    set("debt", amount(client.debt).into());
    set("blocked_debt", "0".into());
    set("limit", amount(client.limit).into());
    fields
}

fn row(client: &Client, shop: &Saplab) -> Value {
    let manager = shop.managers.iter().find(|manager| manager.id == client.manager_id);
    let mut fields = common(client, shop);
    fields.insert("manager".into(), manager.map(|manager| manager.name.as_str()).into());
    fields.insert("point".into(), POINT.into());
    Value::Object(fields)
}

/// `GET /panel/client/form/$ID`.
pub(super) fn read(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let shop = &cx.world.saplab;
    let Some(client) = call.id().and_then(|id| shop.clients.get(&id)) else {
        return failed();
    };
    let discount = shop
        .groups
        .iter()
        .find(|group| group.id == client.group_id)
        .map_or(0, |group| group.discount);
    let mut fields = common(client, shop);
    fields.insert("discount".into(), discount.to_string().into());
    if client.is_wholesaler {
        fields.insert("wholesaler_data".into(), json!(client.wholesaler));
    }
    Answer::json(200, &json!({"client": fields}))
}

/// `POST /panel/client/form`. The answer does not tell the new id.
pub(super) fn create(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = cx.world.saplab.clients.last_key_value().map_or(1, |(id, _)| id + 1);
    let new = Client {
        id,
        added: Utc::now(),
        ..Client::default()
    };
    store(new, call, "saplab.panel.client.create", "Клиент успешно добавлен.", cx)
}

/// `POST /panel/client/form/$ID`.
pub(super) fn edit(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let Some(old) = call.id().and_then(|id| cx.world.saplab.clients.get(&id)).cloned() else {
        return failed();
    };
    store(old, call, "saplab.panel.client.edit", "Данные клиента обновлены.", cx)
}

fn store(mut client: Client, call: &Call, operation: &str, text: &str, cx: &mut Cx<'_>) -> Answer {
    let form = &call.form;
    let refused = refusals(client.id, form, &cx.world.saplab);
    if !refused.is_empty() {
        return Answer::json(200, &Value::Object(refused));
    }
    replace(&mut client, form);
    let value = Value::Object(common(&client, &cx.world.saplab));
    cx.effect(operation, client.id, value);
    cx.world.saplab.clients.insert(client.id, client);
    success(text)
}

/// Errors by field, without any `status`, as in the document's example.
fn refusals(id: u64, form: &Form, shop: &Saplab) -> Map<String, Value> {
    let mut refused = Map::new();
    let others = || shop.clients.values().filter(|client| client.id != id);
    let (email, number) = (form.text("email"), phone(&form.text("phone")));
    if !email.is_empty() && others().any(|client| client.email.eq_ignore_ascii_case(&email)) {
        refused.insert("email".into(), "Поле Email должно быть уникальным.".into());
    }
    if number.is_empty() {
        refused.insert("phone".into(), "Поле Телефон обязательно для заполнения.".into());
    } else if others().any(|client| client.phone == number) {
        refused.insert("phone".into(), "Поле Телефон должно быть уникальным.".into());
    }
    refused
}

fn replace(client: &mut Client, form: &Form) {
    client.name = form.text("name");
    client.email = form.text("email");
    client.phone = phone(&form.text("phone"));
    client.address = form.text("address");
    client.point_id = form.number("point_id").unwrap_or_default();
    client.manager_id = form.number("manager_id").unwrap_or_default();
    client.group_id = form.number("group_id").unwrap_or_default();
    client.shipping_id = form.number("shipping_id").unwrap_or_default();
    client.limit = form.number("limit").unwrap_or(Decimal::ZERO);
    client.comment = form.text("comment");
    client.status = form.is_on("status");
    client.is_wholesaler = form.is_on("is_wholesaler");
    client.wholesaler.clear();
    if client.is_wholesaler {
        let legal = LEGAL.map(|key| (key.to_owned(), form.text(&format!("wholesalers[{key}]"))));
        client.wholesaler.extend(legal);
    }
    client.modified = Utc::now();
}

/// The last ten digits: ten are sent on creation, eleven on change, `+7(123)456-78-90` in a filter.
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits
        .get(digits.len().saturating_sub(10)..)
        .unwrap_or_default()
        .to_owned()
}
