//! The database: the private cluster that stands in when `database.url` is not set.

pub mod cluster;
