//! Carreta: the parts supplier (Carreta document): profile, search and orders through its API, prices from its lists.
//!
//! [`Carreta`] speaks to the API with the key in the query; [`price_list`] fetches and reads the CSV lists;
//! [`order_qty`] is what an order's quantity must satisfy before it is sent.

mod client;
mod history;
mod order;
mod order_body;
pub mod order_qty;
mod part;
pub mod price_list;
mod profile;
mod status;

pub use client::{Carreta, MAX_COMMENT, PAGE_SIZE};
pub use history::{History, HistoryLine};
pub use order::{Order, OrderPage};
pub use order_body::OrderBody;
pub use part::{Part, SearchPage};
pub use profile::Profile;
pub use status::status_name;
