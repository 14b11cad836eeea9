//! Saplab: the shop platform where customers' orders are born (panel document).
//!
//! [`Panel`] reads positions and statuses and sets a position's status, with an employee's login; what that employee
//! may not do, the API does not do either. The client API, which sells, is not here.

mod answer;
mod filter;
mod login;
mod panel;
mod position;
mod status;

pub use filter::{MAX_PER_PAGE, OrderFilter};
pub use panel::Panel;
pub use position::{HistoryEntry, OrderPage, Position};
pub use status::Status;
