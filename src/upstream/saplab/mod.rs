//! Saplab: the shop platform where customers' orders are born (panel document, client document).
//!
//! [`Panel`] reads positions and statuses and sets a position's status, with an employee's login; what that employee
//! may not do, the API does not do either. [`Shop`] searches and buys, with a client's login.

mod answer;
mod filter;
mod login;
mod panel;
mod position;
mod shop;
mod status;

pub use filter::{MAX_PER_PAGE, OrderFilter};
pub use panel::Panel;
pub use position::{HistoryEntry, OrderPage, Position};
pub use shop::{
    Brand, BrandPage, Cart, CartLine, Part, PartPage, PlacedOrder, Shop, ShopOrderFilter, ShopOrderPage, ShopPosition,
    ShopStatus,
};
pub use status::Status;
