//! Values as the upstreams write them: quantities, money, points in time.
//!
//! Pure functions from text to a typed value or to "unknown"; nothing here guesses, and nothing turns what it cannot
//! read into a zero. Called by the upstream clients and the price list reader.

pub mod money;
mod number;
mod quantity;
pub mod time;

pub use quantity::Quantity;
