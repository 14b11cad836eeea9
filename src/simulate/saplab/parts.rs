//! The client API's search: brands of an article, then goods of a brand, each with its token for the cart.

use serde_json::{Value, json};

use super::Call;
use super::position::number;
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::random::fingerprint;
use crate::simulate::request::base64;
use crate::simulate::world::Part;

/// Articles are compared without case and punctuation: `.sg-4540.` is `SG4540`.
fn same_article(left: &str, right: &str) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    plain(left) == plain(right)
}

/// `GET /parts/search/$article`.
pub(super) fn brands(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let mut groups: Vec<Value> = Vec::new();
    for part in cx
        .world
        .saplab
        .parts
        .iter()
        .filter(|part| same_article(&part.article, &call.args[0]))
    {
        if !groups.iter().any(|group| group["brand"] == part.brand.as_str()) {
            groups.push(json!({"brand": part.brand, "name": part.name}));
        }
    }
    Answer::json(200, &json!({"groups": groups}))
}

/// `GET /parts/search/$article/$brand`: the goods themselves, then what may replace them (`unsafe`).
pub(super) fn search(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let (article, brand) = (&call.args[0], &call.args[1]);
    let parts = &cx.world.saplab.parts;
    let exact = parts
        .iter()
        .filter(|part| same_article(&part.article, article) && part.brand == *brand);
    let others = parts
        .iter()
        .filter(|part| part.replaces.as_deref().is_some_and(|own| same_article(own, article)));
    let shown: Vec<Value> = exact
        .map(|part| show(part, false))
        .chain(others.map(|part| show(part, true)))
        .collect();
    Answer::json(200, &json!({"parts": shown}))
}

fn show(part: &Part, inexact: bool) -> Value {
    json!({
        "article": part.article,
        "brand": part.brand,
        "name": part.name,
        "stock": part.stock,
        "multiplicity": part.multiplicity,
        "deliverytime": {"min": part.days, "max": part.days},
        "percent": 86,
        "price": number(part.price),
        "warehouse": null,
        "returnable": true,
        "return_cost": 10,
        "comment": null,
        "unsafe": inexact,
        "to_cart": token(part),
    })
}

/// The token that `cart/add` wants: stands for the goods at their present price.
pub(super) fn token(part: &Part) -> String {
    base64(format!("{}|{}|{}|{}", part.brand, part.article, part.days, part.price).as_bytes())
}

/// Sixty-four hex digits, as the documents' cart tokens are.
pub(super) fn long_token(text: &str) -> String {
    (0..4)
        .map(|round| format!("{:016x}", fingerprint(format!("{round}{text}").as_bytes())))
        .collect()
}
