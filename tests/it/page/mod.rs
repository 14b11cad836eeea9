//! The admin page over HTTP, as the real daemon serves it: who comes in, what is done and what is not, what leaves the
//! house. How it looks and is used is in `browser`.

mod acts;
mod api;
pub(crate) mod company;
mod content;
mod door;
pub(crate) mod guest;
mod trouble;

/// What a person types at the login.
pub(crate) const TOKEN: &str = "открой-сезам-3141592653";
