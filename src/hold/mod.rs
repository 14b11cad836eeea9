//! The fuse of `[guard]`: what one run may zero, delete or re-price unasked, and what is held until a person has looked.
//!
//! `remains` judges what goes out to KEAZ, `prices` what comes into `erp.supplier_prices`: set-based, over the diff
//! views, each before anything is written. `book` keeps the holds that follow. What is held stays in the diff, with
//! its reason; `decide` is what a person may do, `look` what people are shown. Lists that cannot be right at all are
//! refused earlier, in `crate::mirror`.

mod book;
pub mod decide;
pub mod look;
pub(crate) mod prices;
pub(crate) mod remains;
