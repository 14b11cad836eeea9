//! Names of hosts to addresses, as the system does it, without those at which no site is: a name must not lead to what the
//! configuration would have refused as an address. Used by the HTTP clients alone.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::is_nobodys;

/// The system's resolver, less those addresses.
pub(super) struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(usable(found)?)
        })
    }
}

fn usable(found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, &'static str> {
    let kept: Vec<SocketAddr> = found.filter(|address| !is_nobodys(address.ip())).collect();
    if kept.is_empty() {
        return Err("the name leads to no address of a server (link-local, unspecified or multicast)");
    }
    Ok(Box::new(kept.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_lead_to_an_address_at_which_no_site_is() {
        let left = |addresses: &[&str]| {
            let all = addresses.iter().map(|address| address.parse().unwrap());
            usable(all).map(|kept| kept.map(|address| address.to_string()).collect::<Vec<_>>())
        };
        assert!(
            left(&[
                "169.254.169.254:0",
                "[fe80::1]:0",
                "[::ffff:169.254.169.254]:0",
                "0.0.0.0:0"
            ])
            .is_err()
        );
        assert_eq!(
            left(&["169.254.169.254:0", "10.0.0.1:0"]),
            Ok(vec!["10.0.0.1:0".to_owned()])
        );
        assert_eq!(left(&["127.0.0.1:0", "[::1]:0"]).unwrap().len(), 2);
    }
}
