//! Operations with a client's balance: `GET /panel/client/balance/$ID` and `add_transaction/$ID`.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Call;
use super::filter::page;
use super::money::book;
use super::position::amount;
use super::verdict::{INCOMPLETE, done, error, failed};
use crate::simulate::answer::Answer;
use crate::simulate::clock;
use crate::simulate::exchange::Cx;

/// The document's example shows ten.
const PER_PAGE: u64 = 10;

/// Newest first. The document names the collection `groups`, its example `transactions`; how to ask for a page it
/// does not say: `filter/page/2` and `?page=2` both work here.
pub(super) fn list(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let shop = &cx.world.saplab;
    let Some(client) = call.id().and_then(|id| shop.clients.get(&id)) else {
        return failed();
    };
    let number = call.page.unwrap_or_else(|| call.filter.page());
    let own = shop
        .transactions
        .iter()
        .rev()
        .filter(|one| one.client_id == client.id)
        .collect();
    let (rows, pages) = page(own, number, PER_PAGE, cx.options.saplab_paging);
    let show = |one: &crate::simulate::world::Transaction| json!({"date": clock::panel(one.at), "amount": amount(one.amount), "comment": one.comment});
    let transactions: Vec<Value> = rows.into_iter().map(show).collect();
    Answer::json(
        200,
        &json!({"pages": pages, "transactions": transactions, "page": number.clamp(1, pages.max(1))}),
    )
}

/// The document gives no answer to it: this one is ours.
pub(super) fn add(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let (Some(sum), Some(description)) = (call.form.number::<Decimal>("amount"), call.form.get("description")) else {
        return error(INCOMPLETE);
    };
    let Some(client) = call.id().filter(|id| cx.world.saplab.clients.contains_key(id)) else {
        return failed();
    };
    book(client, sum, description.to_owned(), cx);
    cx.effect(
        "saplab.panel.balance.add",
        client,
        json!({"amount": amount(sum), "description": description}),
    );
    done()
}
