//! Saplab: the shop platform where customers' orders are born (panel document, client document).
//!
//! [`Panel`] has every method of the first, with an employee's login; what that employee may not do, the API does not
//! do either. [`Shop`] has every method of the second, with a client's login: it searches and buys.

mod answer;
mod client_card;
mod client_filter;
mod client_form;
mod client_row;
mod filter;
mod filter_path;
mod form;
mod group;
mod legal_data;
mod listed;
mod login;
mod manager;
mod panel;
mod position;
mod shipping;
mod shop;
mod status;
mod transaction;

pub use answer::Success;
pub use client_card::ClientCard;
pub use client_filter::ClientFilter;
pub use client_form::{ClientChange, ClientForm, same_phone};
pub use client_row::{ClientPage, ClientRow};
pub use filter::OrderFilter;
pub use filter_path::MAX_PER_PAGE;
pub use group::Group;
pub use legal_data::{LegalData, LegalField};
pub use listed::Listed;
pub use manager::Manager;
pub use panel::Panel;
pub use position::{HistoryEntry, OrderPage, Position};
pub use shipping::ShippingType;
pub use shop::{
    Brand, BrandPage, Cart, CartLine, Part, PartPage, PlacedOrder, Shop, ShopOrderFilter, ShopOrderPage, ShopPosition,
    ShopStatus,
};
pub use status::Status;
pub use transaction::{Transaction, TransactionPage};
