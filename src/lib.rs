//! Sverka keeps a distributor's ERP, KEAZ, Saplab and Carreta in agreement, through one durable queue in PostgreSQL.

pub mod config;
pub mod db;
pub mod upstream;
pub mod value;
