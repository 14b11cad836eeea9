//! Saplab: the shop platform where customers' orders are born (panel document).
//!
//! [`Panel`] has every method of that document, with an employee's login; what that employee may not do, the API does
//! not do either. The client API, which sells, is not here.

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
mod manager;
mod panel;
mod position;
mod shipping;
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
pub use status::Status;
pub use transaction::{Transaction, TransactionPage};
