//! How an article stands in one warehouse, in one word: pure, with its table.

use serde::Serialize;

use super::Place;

/// Why KEAZ shows what it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// KEAZ shows what it should.
    #[default]
    Equal,
    /// The ERP does not know how many there are: nothing is published, what KEAZ shows stays.
    UnknownInErp,
    /// The ERP has it of brands that are not published.
    NotPublished,
    /// The ERP has no such row, and what KEAZ shows is left as it is.
    LeftThere,
    /// Nobody has it any more.
    Gone,
    /// `erp.stock` is empty, for which nothing is taken away.
    EmptyErp,
    /// KEAZ refused just this value.
    Refused,
    /// KEAZ does not have the warehouse yet.
    WarehouseMissing,
    /// `[guard]` holds it for a person.
    HeldByGuard,
    /// Something else holds it.
    Held,
    /// A call is being made.
    Running,
    /// A call's answer was lost; whether it happened is being looked up.
    LookedUp,
    /// A call waits for KEAZ, which rests.
    Resting,
    /// A call has been tried, and waits for its next try.
    Waiting,
    /// A call waits for its first try.
    Queued,
    /// A call has failed for good.
    Dead,
    /// KEAZ rests, and no call is there yet.
    WillRest,
    /// The next run judges whether it may go.
    ToBeJudged,
    /// The next run sends it.
    Next,
}

/// The verdict about a warehouse; `resting`: KEAZ is left alone at present.
pub fn of(place: &Place, resting: bool) -> Verdict {
    match place.action {
        None => agreeing(place),
        Some(_) => held(place)
            .or_else(|| called(place, resting))
            .unwrap_or(match place.loses {
                _ if resting => Verdict::WillRest,
                Some(true) => Verdict::ToBeJudged,
                _ => Verdict::Next,
            }),
    }
}

fn agreeing(place: &Place) -> Verdict {
    if place.stock.is_empty() {
        return if place.is_shown {
            Verdict::LeftThere
        } else {
            Verdict::Gone
        };
    }
    if !place.is_published {
        return Verdict::NotPublished;
    }
    if place.wanted.is_none() {
        return Verdict::UnknownInErp;
    }
    Verdict::Equal
}

/// In the order in which `diff.remain` says it.
fn held(place: &Place) -> Option<Verdict> {
    let why = place.held.as_deref()?;
    Some(match why {
        _ if place.hold.is_some() && why.starts_with("[guard]") => Verdict::HeldByGuard,
        _ if why.starts_with("erp.stock has no row") => Verdict::EmptyErp,
        _ if why.starts_with("KEAZ refused") => Verdict::Refused,
        _ if place.in_erp && !place.at_keaz => Verdict::WarehouseMissing,
        _ => Verdict::Held,
    })
}

fn called(place: &Place, resting: bool) -> Option<Verdict> {
    let call = place.call.as_ref()?;
    Some(match call.state.as_str() {
        "running" => Verdict::Running,
        "unknown" => Verdict::LookedUp,
        "pending" if resting => Verdict::Resting,
        "pending" if call.attempt > 0 => Verdict::Waiting,
        "pending" => Verdict::Queued,
        // A refused row whose value has changed since is no obstacle: `diff.remain` would say so.
        _ if call.refused.is_some() => return None,
        _ => Verdict::Dead,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sqlx::types::Json;

    use super::super::{About, StockRow};
    use super::*;

    fn place() -> Place {
        let row = StockRow {
            brand: "KEAZ".into(),
            quantity: Some(5.into()),
            reserved: 0.into(),
            is_published: true,
            published: Some(5.into()),
            rule: None,
        };
        Place {
            warehouse: "W1".into(),
            name: None,
            in_erp: true,
            at_keaz: true,
            stock: Json(vec![row]),
            is_published: true,
            wanted: Some(5.into()),
            on_hand: Some(5.into()),
            reserved: Some(0.into()),
            held_back: Some(0.into()),
            is_shown: true,
            shown: Some(5.into()),
            shown_since: None,
            action: None,
            goal: None,
            held: None,
            hold: None,
            hold_refused: None,
            loses: None,
            acknowledged: None,
            call: None,
            verdict: Verdict::Equal,
        }
    }

    fn call(state: &str, attempt: i32, refused: Option<Value>) -> Option<About> {
        Some(About {
            warehouse: "W1".into(),
            id: 8123,
            operation: "keaz.remains.update".into(),
            state: state.into(),
            attempt,
            created_at: chrono::Utc::now(),
            due_at: None,
            http_status: None,
            words: None,
            refused,
        })
    }

    #[test]
    fn what_agrees_says_why() {
        let none = || Json(Vec::new());
        for (place, expected) in [
            (place(), Verdict::Equal),
            (
                Place {
                    wanted: None,
                    ..place()
                },
                Verdict::UnknownInErp,
            ),
            (
                Place {
                    is_published: false,
                    ..place()
                },
                Verdict::NotPublished,
            ),
            (
                Place {
                    stock: none(),
                    ..place()
                },
                Verdict::LeftThere,
            ),
            (
                Place {
                    stock: none(),
                    is_shown: false,
                    ..place()
                },
                Verdict::Gone,
            ),
        ] {
            assert_eq!(of(&place, true), expected, "{place:?}");
        }
    }

    #[test]
    fn what_differs_says_what_it_waits_for() {
        let differs = || Place {
            action: Some("update".into()),
            ..place()
        };
        let held = |why: &str| Place {
            held: Some(why.into()),
            call: call("pending", 1, None),
            ..differs()
        };
        let with = |call| Place { call, ..differs() };
        for (place, resting, expected) in [
            (differs(), false, Verdict::Next),
            (differs(), true, Verdict::WillRest),
            (
                Place {
                    loses: Some(true),
                    ..differs()
                },
                false,
                Verdict::ToBeJudged,
            ),
            (with(call("pending", 0, None)), false, Verdict::Queued),
            (with(call("pending", 1, None)), false, Verdict::Waiting),
            (with(call("pending", 1, None)), true, Verdict::Resting),
            (with(call("running", 1, None)), true, Verdict::Running),
            (with(call("unknown", 1, None)), false, Verdict::LookedUp),
            (with(call("dead", 9, None)), false, Verdict::Dead),
            (with(call("dead", 0, Some(json!(4)))), false, Verdict::Next),
            (held("KEAZ refused this row: no"), false, Verdict::Refused),
            (
                held("erp.stock has no row at all to publish: ..."),
                false,
                Verdict::EmptyErp,
            ),
            (
                Place {
                    hold: Some(1),
                    ..held("[guard] holds it, hold 1: ...")
                },
                true,
                Verdict::HeldByGuard,
            ),
            (
                Place {
                    at_keaz: false,
                    ..held("the warehouse is not at KEAZ yet")
                },
                false,
                Verdict::WarehouseMissing,
            ),
            (held("something new"), false, Verdict::Held),
        ] {
            assert_eq!(of(&place, resting), expected, "{place:?}");
        }
    }
}
