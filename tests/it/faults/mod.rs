//! Faults of the upstreams and of the way to them: each ends with the ledger as wanted, no call lost, and no customer
//! told twice.

mod credentials;
mod lists;
mod passing;
