//! GETs of Saplab's panel that change a position (panel document, /panel/order/deny, archive, unarchive, documents).
//!
//! Each is done when the position shows it, so each is looked at before it is asked for and after an answer that did
//! not come. Paying, which is a toggle, is in `saplab_pay`.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_orders::ListPositions;
use super::saplab_seen::unreadable;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{MAX_PER_PAGE, OrderPage, Position, Success};
use crate::upstream::{Fault, Upstream};

/// An act on one position: its documentation, type, method of the panel, operation, what it does, what it does to people,
/// and the field that shows it, with the wanted value, in words.
macro_rules! act {
    ($(#[$doc:meta])* $act:ident, $method:ident, $name:literal, $about:literal, $consequence:literal,
     $field:ident = $wanted:literal, $words:literal) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        pub struct $act {
            position: i64,
        }

        impl Operation for $act {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const ARGS: &'static [Arg] = &[Arg::required("position", Kind::Integer, "the position's id")];
            const UPSTREAM: Upstream = Upstream::Saplab;
            const CLASS: Class = Class::Idempotent;
            const PRIORITY: Priority = Priority::High;
            const READ_BACK: ReadBack = ReadBack::Always;
            const CONSEQUENCE: Option<&'static str> = Some($consequence);
            type Request = ();
            type Answer = Success;

            async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
                Ok(Some(()))
            }

            async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
                saplab(context)?.$method(self.position).await
            }

            async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
                Ok(acted(&[self.position]))
            }

            fn read_back(&self) -> Option<NewCall> {
                look_up(&ListPositions::one(self.position))
            }

            async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
                Ok(stands(look, self.position, |one| one.$field, $wanted, $words))
            }
        }
    };
}

act!(
    /// Takes a position off its order.
    Deny,
    deny,
    "saplab.orders.deny",
    "Take a position off its order (GET /panel/order/deny/$ID)",
    "cancels a position of a customer's order",
    is_denied = true,
    "taken off its order"
);

act!(
    /// Puts a position into the archive.
    Archive,
    archive,
    "saplab.orders.archive",
    "Put a position into the archive (GET /panel/order/archive/$ID)",
    "hides a position of a customer's order in the archive",
    is_archived = true,
    "in the archive"
);

act!(
    /// Takes a position out of the archive.
    Unarchive,
    unarchive,
    "saplab.orders.unarchive",
    "Take a position out of the archive (GET /panel/order/unarchive/$ID)",
    "brings a position of a customer's order back from the archive",
    is_archived = false,
    "not in the archive"
);

/// Makes the documents of positions; asked again, Saplab may make them again.
#[derive(Debug, Serialize, Deserialize)]
pub struct MakeDocuments {
    /// The positions' ids.
    pub positions: Vec<i64>,
}

impl Operation for MakeDocuments {
    const NAME: &'static str = "saplab.orders.documents";
    const ABOUT: &'static str = "Make the documents of positions (GET /panel/order/documents/$IDs)";
    const ARGS: &'static [Arg] = &[Arg::required("positions", Kind::Integers, "the positions' ids")];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const CONSEQUENCE: Option<&'static str> = Some("makes documents of customers' orders");
    type Request = ();
    type Answer = Success;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        saplab(context)?.documents(&self.positions).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(acted(&self.positions))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListPositions::certain(&self.positions))
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        Ok(match look.read::<OrderPage>() {
            Some(page) => documented(&self.positions, &page),
            None => unreadable(),
        })
    }
}

/// The position is read again after it was changed.
pub(super) fn acted(positions: &[i64]) -> Applied {
    Applied {
        pushed: 1,
        next: vec![new_call(&ListPositions::certain(positions), false)],
        ..Applied::default()
    }
}

/// Whether a position shows the wanted value; a position that is not listed, or does not say, leaves doubt.
pub(super) fn stands(
    look: &Look<'_>,
    position: i64,
    value: fn(&Position) -> Option<bool>,
    wanted: bool,
    words: &str,
) -> Sight {
    let Some(page) = look.read::<OrderPage>() else {
        return unreadable();
    };
    let Some(one) = page.positions.iter().find(|one| one.id == position) else {
        return Sight::Doubt(format!("Saplab lists no position {position}"));
    };
    match value(one) {
        Some(is) if is == wanted => Sight::Done(format!("position {position} is {words}")),
        Some(_) => Sight::Absent,
        None => Sight::Doubt(format!("Saplab does not say whether position {position} is {words}")),
    }
}

/// All of them have a document, or none has: anything between is for a person to look at.
fn documented(positions: &[i64], page: &OrderPage) -> Sight {
    if positions.is_empty() || positions.len() > MAX_PER_PAGE as usize {
        return Sight::Doubt(format!("documents are made of 1 to {MAX_PER_PAGE} positions at a time"));
    }
    let of = |id: &i64| page.positions.iter().find(|one| one.id == *id);
    let mut made = 0;
    for id in positions {
        match of(id) {
            None => return Sight::Doubt(format!("Saplab lists no position {id}")),
            Some(one) if one.unreadable.iter().any(|field| field == "doc_id") => {
                return Sight::Doubt(format!("Saplab does not say whether position {id} has a document"));
            }
            Some(one) => made += usize::from(one.doc_id.is_some()),
        }
    }
    match made {
        0 => Sight::Absent,
        all if all == positions.len() => Sight::Done("all positions have their document".into()),
        some => Sight::Doubt(format!(
            "{some} of {} positions have a document already",
            positions.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(documents: &[(i64, Option<i64>)]) -> OrderPage {
        let position = |(id, doc_id): &(i64, Option<i64>)| Position {
            id: *id,
            doc_id: *doc_id,
            ..Position::default()
        };
        OrderPage {
            positions: documents.iter().map(position).collect(),
            ..OrderPage::default()
        }
    }

    #[test]
    fn documents_are_made_when_all_positions_have_one_and_absent_when_none_has() {
        let both = [19, 20];
        assert_eq!(documented(&both, &page(&[(19, None), (20, None)])), Sight::Absent);
        assert!(matches!(
            documented(&both, &page(&[(20, Some(3)), (19, Some(3))])),
            Sight::Done(_)
        ));
        let mut unreadable = page(&[(19, None), (20, None)]);
        unreadable.positions[0].unreadable = vec!["doc_id".into()];
        for odd in [
            page(&[(19, Some(3)), (20, None)]),
            page(&[(19, None)]),
            page(&[]),
            unreadable,
        ] {
            assert!(matches!(documented(&both, &odd), Sight::Doubt(_)), "{odd:?}");
        }
        assert!(matches!(documented(&[], &page(&[])), Sight::Doubt(_)));
    }

    #[test]
    fn a_position_that_does_not_say_leaves_doubt() {
        let sight = |answer: serde_json::Value| {
            let look = Look {
                answer: Some(&answer),
                sent: false,
            };
            stands(&look, 20, |one| one.is_denied, true, "taken off")
        };
        let answer = |denied: Option<bool>| {
            let position = Position {
                id: 20,
                is_denied: denied,
                ..Position::default()
            };
            let page = OrderPage {
                positions: vec![position],
                ..OrderPage::default()
            };
            serde_json::to_value(page).unwrap()
        };
        assert_eq!(sight(answer(Some(false))), Sight::Absent);
        assert!(matches!(sight(answer(Some(true))), Sight::Done(_)));
        assert!(matches!(sight(answer(None)), Sight::Doubt(_)));
        assert!(matches!(sight(serde_json::json!({"positions": []})), Sight::Doubt(_)));
        assert!(matches!(sight(serde_json::json!(null)), Sight::Doubt(_)));
    }
}
