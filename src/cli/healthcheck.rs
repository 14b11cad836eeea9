//! `sverka healthcheck`, hidden: asks this machine's daemon whether it lives. For containers, whose image holds no other
//! program that could ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::{CliError, output};
use crate::config::Settings;

/// A daemon that has not answered for so long does not live.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn ask(settings: &Settings) -> Result<(), CliError> {
    let listen = &settings.http.listen;
    if listen.is_empty() {
        return Err(CliError::Usage(
            "http.listen is empty: there is no server to ask".into(),
        ));
    }
    let url = format!("http://{}/healthz", own(listen));
    let failed = |error: reqwest::Error| CliError::Unavailable(format!("{url}: {error}"));
    // The client wants a TLS library, though nothing here is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let answer = client.build().map_err(failed)?.get(&url).send().await.map_err(failed)?;
    if answer.status().is_success() {
        output::line("ok")
    } else {
        Err(CliError::Failed(format!("{url}: HTTP {}", answer.status())))
    }
}

/// Where a server that listens there is reached from its own machine.
fn own(listen: &str) -> String {
    let Ok(mut address) = listen.parse::<SocketAddr>() else {
        return listen.to_owned();
    };
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address.to_string()
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn every_address_means_loopback_and_one_address_means_itself() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.0.0.5:81", "10.0.0.5:81"),
            ("localhost:8080", "localhost:8080"),
        ] {
            assert_eq!(own(listen), asked);
        }
    }
}
