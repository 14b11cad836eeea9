//! `GET /panel/order`: positions of orders, newest first, with all documented filters and pages.

use serde_json::{Value, json};

use super::filter::{Filter, page};
use super::{Call, position};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::{Position, Saplab};

const FILTERS: [&str; 18] = [
    "order_ids",
    "invoice",
    "article",
    "name",
    "manager_id",
    "shipping_id",
    "point_id",
    "distributor_id",
    "order_status",
    "is_payed",
    "unignore_archived",
    "brand",
    "client_name",
    "client_group",
    "date_from",
    "date_to",
    "page",
    "per_page",
];

pub(super) fn list(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let filter = &call.filter;
    if filter.unknown(&FILTERS).is_some() {
        return Answer::page(400, "400 Bad Request");
    }
    let shop = &cx.world.saplab;
    let passing = shop
        .positions
        .values()
        .rev()
        .filter(|one| passes(one, filter, shop))
        .collect();
    let (rows, pages) = page(passing, filter.page(), filter.per_page(), cx.options.saplab_paging);
    let orders: Vec<Value> = rows
        .into_iter()
        .map(|one| position::panel(one, shop, cx.options))
        .collect();
    Answer::json(
        200,
        &json!({"orders": orders, "filters": filter.applied(), "pages": pages}),
    )
}

fn passes(one: &Position, filter: &Filter, shop: &Saplab) -> bool {
    let client = shop.clients.get(&one.client_id);
    let client_name = client.map(|client| client.name.as_str()).unwrap_or_default();
    let company = client.map(|client| client.wholesaler_info()).unwrap_or_default();
    let of_client = |key: &str, value: Option<u64>| filter.has(key, value.unwrap_or_default());
    (!one.is_archived || filter.get("unignore_archived") == Some("1"))
        && filter.has("order_ids", one.id)
        && filter.is("invoice", &one.invoice)
        && filter.is("article", &one.article)
        && filter.is("brand", &one.brand)
        && filter.part("name", &[&one.name])
        && filter.part("client_name", &[client_name, &company])
        && filter.has("shipping_id", one.shipping_id)
        && filter.has("distributor_id", one.distributor_id)
        && filter.has("order_status", one.status_id)
        && filter.flag("is_payed", one.is_payed)
        && of_client("manager_id", client.map(|client| client.manager_id))
        && of_client("point_id", client.map(|client| client.point_id))
        && of_client("client_group", client.map(|client| client.group_id))
        && filter.dates(one.added)
}
