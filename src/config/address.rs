//! The rules for addresses: where a key or password may be sent, and where it may not. Pure; called by `validate`.
//!
//! A refusal never repeats the address: it may hold a password.

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

/// Judges the base address of an API whose requests carry credentials.
///
/// # Errors
/// What is wrong with it.
pub(super) fn base(url: &Url, allow_http: bool) -> Result<(), &'static str> {
    common(url)?;
    if has_login(url) {
        return Err("must not hold a login or password; they have keys of their own");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not hold a ? or # part");
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(url) {
        return Err(
            "plain http:// would show the credentials to anybody on the way: use https://, or set allow_http = true",
        );
    }
    Ok(())
}

/// Judges the address of a price list; a login, or anything after a `?`, is taken for a key.
///
/// # Errors
/// What is wrong with it.
pub(super) fn price_list(text: &str, allow_http: bool) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "expected an address such as https://host/list.csv")?;
    common(&url)?;
    let may_hold_key = has_login(&url) || url.query().is_some();
    if url.scheme() == "http" && may_hold_key && !allow_http && !is_loopback(&url) {
        return Err(
            "plain http:// would show the key in it to anybody on the way: use https://, or set \
                    carreta.allow_http = true",
        );
    }
    Ok(())
}

/// Judges the address of a webhook, all of which is a secret.
///
/// # Errors
/// What is wrong with it.
pub(super) fn webhook(text: &str, allow_http: bool) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "expected an address such as https://chat.example.com/hooks/...")?;
    common(&url)?;
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return Err(
            "plain http:// would show it to anybody on the way: use https://, or set notify.webhook.allow_http = true",
        );
    }
    Ok(())
}

/// Judges where people reach the page.
///
/// # Errors
/// What is wrong with it.
pub(super) fn page(url: &Url) -> Result<(), &'static str> {
    common(url)?;
    if has_login(url) || url.query().is_some() || url.fragment().is_some() {
        return Err("must not hold a login, a ? or a # part");
    }
    Ok(())
}

/// Whether this is the name of a host, or its address.
pub(super) fn is_host(text: &str) -> bool {
    is_name(text) || text.parse::<IpAddr>().is_ok_and(|ip| !is_nobodys(ip))
}

fn common(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with https:// (or http://)");
    }
    let ip = match url.host() {
        None => return Err("has no host"),
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
    };
    if is_nobodys(ip) {
        return Err("is not the address of a server (link-local, unspecified or multicast)");
    }
    Ok(())
}

/// Link-local (where clouds keep the credentials of their machines), unspecified, multicast, broadcast: no site is there.
pub(crate) fn is_nobodys(ip: IpAddr) -> bool {
    let link_local = match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let ip = ip.to_canonical();
    link_local || ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

fn has_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        None => false,
    }
}

/// Judges `http.listen`: `Ok(true)` when it can be reached from this machine only.
///
/// # Errors
/// What is wrong with it.
pub(super) fn listen(text: &str) -> Result<bool, &'static str> {
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Ok(address.ip().to_canonical().is_loopback());
    }
    match text.rsplit_once(':') {
        Some((host, port)) if is_name(host) && port.parse::<u16>().is_ok() => Ok(host == "localhost"),
        _ => Err("expected an address and port such as 127.0.0.1:8080 or [::1]:8080"),
    }
}

fn is_name(host: &str) -> bool {
    host.starts_with(|c: char| c.is_ascii_alphabetic())
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{base, listen, price_list};

    #[test]
    fn a_base_address_is_judged_by_scheme_host_and_what_it_would_show() {
        let good = [
            "https://shop.example.com",
            "https://shop.example.com/sub/",
            "http://127.0.0.1:9000",
            "http://localhost:9000",
            "http://[::1]:9000",
            "https://10.0.0.5",
        ];
        let bad = [
            ("ftp://shop.example.com", "must start with https"),
            ("mailto:someone@example.com", "must start with https"),
            ("http://shop.example.com", "plain http"),
            ("http://localhost.example.com", "plain http"),
            ("http://127.example.com", "plain http"),
            ("https://me:canary@shop.example.com", "login or password"),
            ("https://me@shop.example.com", "login or password"),
            ("https://shop.example.com/?api_key=canary", "? or #"),
            ("https://169.254.169.254", "not the address of a server"),
            ("https://[::ffff:169.254.169.254]", "not the address of a server"),
            ("https://2852039166", "not the address of a server"),
            ("https://0xA9FEA9FE/latest", "not the address of a server"),
            ("https://0251.0376.0251.0376", "not the address of a server"),
            ("https://[fe80::1]", "not the address of a server"),
            ("https://0.0.0.0", "not the address of a server"),
        ];
        for text in good {
            assert_eq!(base(&Url::parse(text).unwrap(), false), Ok(()), "{text}");
        }
        for (text, part) in bad {
            let why = base(&Url::parse(text).unwrap(), false).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
        assert_eq!(base(&Url::parse("http://shop.example.com").unwrap(), true), Ok(()));
    }

    #[test]
    fn a_price_list_may_be_plain_http_only_when_its_address_holds_nothing_secret() {
        for text in [
            "https://l.example.com/a.csv?key=1",
            "http://l.example.com/a.csv",
            "http://127.0.0.1:1/a?key=1",
        ] {
            assert_eq!(price_list(text, false), Ok(()), "{text}");
        }
        for text in ["http://l.example.com/a.csv?key=1", "http://me:pw@l.example.com/a.csv"] {
            assert!(price_list(text, false).unwrap_err().contains("plain http"), "{text}");
            assert_eq!(price_list(text, true), Ok(()), "{text}");
        }
        for text in [
            "file:///etc/passwd",
            "",
            "lists/moscow.csv",
            "https://169.254.169.254/a",
        ] {
            assert!(price_list(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn only_loopback_is_private_to_listen_on() {
        for (text, private) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("localhost:8080", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("10.0.0.1:80", false),
            ("sverka.example.com:80", false),
        ] {
            assert_eq!(listen(text), Ok(private), "{text}");
        }
        for text in [
            "8080",
            "127.0.0.1",
            ":8080",
            "127.0.0.1:99999",
            "::1:8080",
            "http://127.0.0.1:8080",
        ] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
