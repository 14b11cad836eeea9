//! What a row that differs is, and by what it is known again: one kind for each view of schema `diff`.
//!
//! SQL over the alias `d` of the view, so that a plan made yesterday and the view of today are compared by one expression.

use std::fmt;

/// A view of schema `diff`, by what its rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// `diff.warehouse`
    Warehouse,
    /// `diff.remain`
    Remain,
    /// `diff.order_status`
    Status,
    /// `diff."order"`
    Order,
    /// `diff.supplier_price`
    Price,
    /// `diff.spot_price`
    Spot,
    /// `diff.purchase`
    Purchase,
}

impl Difference {
    /// As `queue.plan_row.kind` has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Warehouse => "warehouse",
            Self::Remain => "remain",
            Self::Status => "status",
            Self::Order => "order",
            Self::Price => "price",
            Self::Spot => "spot",
            Self::Purchase => "purchase",
        }
    }

    /// What a row is called.
    pub(crate) fn row(self) -> &'static str {
        match self {
            Self::Warehouse => "d.code",
            Self::Remain => "d.warehouse || '/' || d.article",
            Self::Status | Self::Order => "d.saplab_id::text",
            Self::Price | Self::Spot => "d.supplier || '/' || d.source || '/' || d.brand || '/' || d.article",
            Self::Purchase => "d.id::text",
        }
    }

    /// A number of its key, its old and its new value: another one when any of them is another.
    pub(crate) fn mark(self) -> String {
        // A time as text would be that of the session's time zone. The status of a known order is the ERP's.
        let values = match self {
            Self::Warehouse => "d.action, d.code, d.old_address, d.new_address, d.old_contacts, d.new_contacts",
            Self::Remain => "d.action, d.warehouse, d.article, d.old_quantity, d.new_quantity",
            Self::Status => "d.saplab_id, d.old_status_id, d.new_status_id",
            Self::Order => {
                "d.action, d.saplab_id, d.invoice, d.client_id, d.client_name, d.brand, d.article, d.name, d.quantity, \
                 d.price, d.total, CASE d.action WHEN 'insert' THEN d.status END, d.is_paid, \
                 extract(epoch FROM d.created_at), extract(epoch FROM d.updated_at)"
            }
            Self::Price | Self::Spot => {
                "d.action, d.supplier, d.source, d.brand, d.article, d.name, d.old_price, d.price, d.quantity, \
                 d.quantity_text, d.min_quantity, d.days_min, d.days_max"
            }
            Self::Purchase => {
                "d.action, d.id, d.supplier, d.brand, d.article, d.quantity, d.max_price, d.status, \
                 d.supplier_order_id, d.supplier_number, d.supplier_status, d.error"
            }
        };
        format!("hashtextextended(jsonb_build_array({values})::text, 0)")
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
