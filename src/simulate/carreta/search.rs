//! `/v1/profile/` and `/v1/search/`: who is asking, and what is offered. A search signs every offer that it shows.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::error;
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::random::{fingerprint, mix};
use crate::simulate::request::{Request, base64};
use crate::simulate::world::{Offer, Profile};

/// More signatures than this and all are forgotten: as stale as old ones at the real shop.
const SIGNATURES: usize = 100_000;

/// The profile that `account` names, or the default one. What an unknown account gets is not documented.
fn account<'a>(request: &Request, cx: &'a Cx<'_>) -> Option<&'a Profile> {
    match request.query_first("account") {
        None => Some(&cx.world.carreta.profile),
        Some(id) => cx.world.carreta.accounts.get(&id),
    }
}

pub(super) fn profile(request: &Request, cx: &Cx<'_>) -> Answer {
    let Some(profile) = account(request, cx) else {
        return error(400, "Unknown account.");
    };
    let Profile {
        balance,
        city,
        email,
        name,
        phone,
    } = profile;
    let balance = money(*balance);
    Answer::json(
        200,
        &json!({"balance": balance, "city": city, "email": email, "name": name, "phone": phone}),
    )
}

/// Without `q`, which the document marks as optional, nothing is found.
pub(super) fn search(request: &Request, cx: &mut Cx<'_>) -> Answer {
    if account(request, cx).is_none() {
        return error(400, "Unknown account.");
    }
    let wanted = plain(&request.query_first("q").unwrap_or_default());
    let carreta = &mut cx.world.carreta;
    let is_cross = |offer: &Offer| offer.cross_of.as_deref().is_some_and(|own| plain(own) == wanted);
    let found = carreta
        .offers
        .iter()
        .filter(|offer| plain(&offer.code) == wanted || is_cross(offer));
    let found: Vec<Offer> = found.filter(|_| !wanted.is_empty()).cloned().collect();
    let mut objects: Vec<Value> = Vec::with_capacity(found.len());
    for offer in found {
        let signature = sign(&offer);
        objects.push(show(&offer, &signature, plain(&offer.code) != wanted));
        if carreta.signatures.len() >= SIGNATURES {
            carreta.signatures.clear();
        }
        carreta.signatures.insert(signature, offer);
    }
    Answer::json(200, &json!({"objects": objects}))
}

fn show(offer: &Offer, signature: &str, is_cross: bool) -> Value {
    json!({
        "_": signature,
        "code": offer.code,
        "desc": offer.desc,
        "is_cross": is_cross,
        "maker": offer.maker,
        "min_qty": offer.min_qty,
        "name": offer.name,
        "period_max": offer.period_max,
        "period_min": offer.period_min,
        "price": money(offer.price),
        "qty": offer.qty,
        "stat": offer.stat,
        "source": offer.source,
    })
}

/// A text of two decimals.
pub(super) fn money(value: Decimal) -> String {
    format!("{value:.2}")
}

/// Letters and digits only, upper case.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Binds every field of the offer: the same offer has the same signature, a changed one another.
fn sign(offer: &Offer) -> String {
    let start = fingerprint(format!("{offer:?}").as_bytes());
    let bytes: Vec<u8> = (0..9).flat_map(|round| mix(start, round).to_be_bytes()).collect();
    base64(&bytes)
}
