//! Names become addresses, and those that may not be connected to are left out. What is connected to is what was checked:
//! nothing is resolved twice.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// A name or an address that may not be connected to.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
pub(super) struct NotAllowed;

/// For the HTTP client, which resolves names only: literal addresses are checked with the URL.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed = only_public(found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Where a host may be connected to: all its addresses where private ones are allowed, else its public ones.
pub(super) async fn resolve(host: &str, port: u16, allow_private: bool) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => tokio::net::lookup_host((host, port)).await?.collect(),
    };
    if allow_private { Ok(found) } else { only_public(found).map_err(io::Error::other) }
}

fn only_public(found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NotAllowed> {
    let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
    if allowed.is_empty() { Err(NotAllowed) } else { Ok(allowed) }
}

/// Whether an error was caused by a refused address.
pub(super) fn is_not_allowed(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is::<NotAllowed>() || inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<NotAllowed>) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_names_addresses_the_public_ones_are_left() {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = addresses(&["10.0.0.1:1", "8.8.8.8:1", "[::1]:1"]);
        assert_eq!(only_public(mixed).unwrap(), addresses(&["8.8.8.8:1"]));
        assert!(only_public(addresses(&["127.0.0.1:1", "[fd00::1]:1"])).is_err());
    }

    #[tokio::test]
    async fn a_refused_address_is_known_by_its_cause() {
        let refused = resolve("127.0.0.1", 25, false).await.unwrap_err();
        assert!(is_not_allowed(&refused));
        assert!(!is_not_allowed(&io::Error::other("something else")));
        assert_eq!(resolve("[::1]", 25, true).await.unwrap().len(), 1);
    }
}
