//! Carreta: the parts supplier (Carreta document): profile and orders through its API, prices from its lists.
//!
//! [`Carreta`] speaks to the API with the key in the query; [`price_list`] fetches and reads the CSV lists. Searching
//! and placing orders are not here.

mod client;
mod order;
pub mod price_list;
mod profile;

pub use client::{Carreta, PAGE_SIZE};
pub use order::{Order, OrderPage};
pub use profile::Profile;
