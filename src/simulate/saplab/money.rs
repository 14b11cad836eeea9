//! `GET /panel/order/pay/$ID`: a toggle. Pays an unpaid position from the client's balance, takes a payment back.

use chrono::Utc;
use rust_decimal::Decimal;

use super::Call;
use super::position::{amount, total};
use super::set::{change, find};
use super::verdict::{error, success};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::Transaction;

pub(super) fn pay(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let Some(position) = find(call, cx).cloned() else {
        return error("Нет подходящих заказов.");
    };
    let client = cx.world.saplab.client_title(position.client_id);
    let sum = total(&position);
    let balance = cx
        .world
        .saplab
        .clients
        .get(&position.client_id)
        .map_or(Decimal::ZERO, |client| client.balance);
    if !position.is_payed && balance < sum {
        let lacking = amount(sum - balance);
        let text =
            format!("Недостаточно средств на балансе клиента {client} , необходимо пополнить баланс на {lacking}₽");
        return error(&text);
    }
    let pays = !position.is_payed;
    change(position.id, cx, |position| position.is_payed = pays);
    let (what, signed) = if pays {
        ("Оплата", -sum)
    } else {
        ("Отмена оплаты", sum)
    };
    let comment = format!(
        "{what} позиции {} - {} ({} шт.)",
        position.brand, position.article, position.quantity
    );
    book(position.client_id, signed, comment, cx);
    cx.effect("saplab.panel.order.pay", position.id, pays.into());
    if pays {
        success(&format!("Выбранные позиции клиента {client} оплачены."))
    } else {
        success(&format!("На счёт клиента {client} отправлено {}₽ ", amount(sum)))
    }
}

/// Adds an operation with a client's balance.
pub(super) fn book(client_id: u64, amount: Decimal, comment: String, cx: &mut Cx<'_>) {
    if let Some(client) = cx.world.saplab.clients.get_mut(&client_id) {
        client.balance += amount;
    }
    cx.world.saplab.transactions.push(Transaction {
        client_id,
        at: Utc::now(),
        amount,
        comment,
    });
}
