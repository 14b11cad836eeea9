//! Carreta's price lists: CSV, cp1251, `;`, "every few hours" (Carreta document, Прайс-листы).
//!
//! [`PriceLists`] downloads a list to a file, [`open`] and [`Reader`] turn the file into typed rows with flat memory,
//! [`check`] judges the list as a whole, [`copy_line`] writes a row for PostgreSQL. Nothing here touches the database.

mod check;
mod copy;
mod decode;
mod digest;
mod fetch;
mod field;
mod header;
mod lines;
mod reader;
mod record;
mod row;

pub use check::{ListError, check};
pub use copy::copy_line;
pub use fetch::{Fetched, PriceLists, Validators, open};
pub use field::Field;
pub use reader::{Reader, Totals};
pub use row::{PriceRow, RowError};
