//! The rules for `order_qty` (Carreta document, Создание заказа), checked before anything is sent.
//!
//! A pure function over what the search said. The error names the rule that is broken, or says that no quantity at
//! all can be ordered. Called before an order is placed.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::value::Quantity;

/// No order may be for more, whatever is in stock.
pub const MOST: i64 = 10_000;

/// Which rule an order's quantity breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Less than one, or more than [`MOST`].
    #[error("order_qty {0} must be within 1 to {MOST}")]
    OutOfRange(i64),
    /// `<n`: strictly less than n.
    #[error("order_qty {order_qty} must be less than {bound}, since qty is «<{bound}»")]
    NotLess {
        /// What was wanted.
        order_qty: i64,
        /// n
        bound: Decimal,
    },
    /// `n`: at most n.
    #[error("order_qty {order_qty} must be at most {stock}, since qty is «{stock}»")]
    TooMany {
        /// What was wanted.
        order_qty: i64,
        /// n
        stock: Decimal,
    },
    /// Not so many times `min_qty`.
    #[error("order_qty {order_qty} must be a multiple of min_qty {min_qty}")]
    NotMultiple {
        /// What was wanted.
        order_qty: i64,
        /// The least quantity, and the step.
        min_qty: i64,
    },
    /// No quantity satisfies both `qty` and `min_qty`.
    #[error("no quantity can be ordered: qty is «{qty}» and min_qty is {min_qty}")]
    Impossible {
        /// What there is.
        qty: Quantity,
        /// The least quantity, and the step.
        min_qty: i64,
    },
    /// Carreta did not say, in its own grammar, how much there is.
    #[error("nothing can be ordered: qty is unknown")]
    UnknownStock,
    /// Carreta did not say what the quantity must be a multiple of.
    #[error("nothing can be ordered: min_qty is unknown")]
    UnknownMinimum,
}

/// Whether `order_qty` units may be ordered of an offer with this `qty` and `min_qty`.
///
/// # Errors
/// The [`Rule`] that forbids it. What forbids every quantity comes before what forbids this one.
pub fn check(order_qty: i64, qty: &Quantity, min_qty: i64) -> Result<(), Rule> {
    let most = most(qty).ok_or(Rule::UnknownStock)?;
    if min_qty < 1 || min_qty > most {
        return Err(Rule::Impossible { qty: *qty, min_qty });
    }
    if !(1..=MOST).contains(&order_qty) {
        return Err(Rule::OutOfRange(order_qty));
    }
    match *qty {
        Quantity::LessThan(bound) if order_qty > most => return Err(Rule::NotLess { order_qty, bound }),
        Quantity::Exact(stock) if order_qty > most => return Err(Rule::TooMany { order_qty, stock }),
        _ => {}
    }
    if order_qty % min_qty != 0 {
        return Err(Rule::NotMultiple { order_qty, min_qty });
    }
    Ok(())
}

/// The greatest quantity that `qty` allows, 0 for none. `None` when it is unknown.
pub fn most(qty: &Quantity) -> Option<i64> {
    let whole = match qty {
        Quantity::Exact(stock) => stock.floor(),
        Quantity::LessThan(bound) => bound.ceil() - Decimal::ONE,
        Quantity::MoreThan(_) | Quantity::Available => Decimal::from(MOST),
        Quantity::Unknown => return None,
    };
    whole.clamp(Decimal::ZERO, Decimal::from(MOST)).to_i64()
}

#[cfg(test)]
mod tests;
