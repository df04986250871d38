//! The way to addresses that somebody else names: an agent, a page, a sitemap. Nothing inside the
//! house is reached through them.
//!
//! Names are judged when they are resolved, by every address that is connected to, so that nothing
//! can change between the check and the connection. Addresses written as numbers are not resolved;
//! [`PublicClient::get`] judges them before it asks.

use std::{
    collections::BTreeSet,
    error::Error as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{Client, Method, Response, header::HeaderMap};
use thiserror::Error;
use url::{Host, Url};

use super::exchange;
use crate::ToolsError;

/// A name or an address that leads inside the house.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0} leads to a private address; an admin can list the host as private on purpose")]
pub struct PrivateAddress(pub String);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GetError {
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    #[error("no answer within {0} ms")]
    Slow(u128),
    #[error("{0}")]
    Failed(String),
}

/// Connects to public addresses, and to the hosts that an operator has listed as private.
#[derive(Clone, Debug)]
pub struct PublicClient {
    client: Client,
    trusted: Arc<BTreeSet<String>>,
}

impl PublicClient {
    /// `private_hosts` are the names and addresses, as URLs write them, that may be private: loopback,
    /// local networks, link-local.
    pub fn new(private_hosts: &[String]) -> Result<Self, ToolsError> {
        let bare = |host: &String| host.trim_matches(['[', ']']).to_lowercase();
        let trusted: Arc<BTreeSet<String>> = Arc::new(private_hosts.iter().map(bare).collect());
        let resolver = PublicOnly(Arc::clone(&trusted));
        // A proxy would resolve names itself, past the check.
        let client = exchange::client(None, |builder| builder.no_proxy().dns_resolver(Arc::new(resolver)))
            .map_err(|why| ToolsError::Setting(format!("no HTTP client for public addresses: {why}")))?;
        Ok(Self { client, trusted })
    }

    /// Connects without judging addresses that are written as numbers: for callers with a list of
    /// their own.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether an address that is written as a number may be asked. Names pass: they are judged when
    /// they are resolved.
    pub fn check(&self, url: &Url) -> Result<(), PrivateAddress> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if !is_private(ip) || self.trusted.contains(&ip.to_string()) {
            return Ok(());
        }
        Err(PrivateAddress(ip.to_string()))
    }

    /// Asks for an address. Redirects are the caller's to follow: each leads to another address.
    /// `timeout` is for the whole exchange, the answer's body included.
    pub async fn get(&self, url: &Url, headers: HeaderMap, timeout: Duration) -> Result<Response, GetError> {
        self.send(Method::GET, url, headers, Vec::new(), timeout).await
    }

    /// The same for any request, with a body.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Response, GetError> {
        self.check(url)?;
        let mut request = self.client.request(method, url.clone()).headers(headers).timeout(timeout);
        if !body.is_empty() {
            request = request.body(body);
        }
        request.send().await.map_err(|error| cause(&error, timeout))
    }

    /// The body of an answer of at most so many bytes.
    pub async fn read(
        &self,
        mut answer: Response,
        most: usize,
        timeout: Duration,
    ) -> Result<Vec<u8>, GetError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| cause(&error, timeout))? {
            if body.len() + chunk.len() > most {
                return Err(GetError::Failed(format!("the answer has more than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// What a failure of the client means.
pub fn cause(error: &reqwest::Error, timeout: Duration) -> GetError {
    if let Some(private) = private_address(error) {
        return private.clone().into();
    }
    if error.is_timeout() {
        return GetError::Slow(timeout.as_millis());
    }
    GetError::Failed(exchange::chain(error))
}

pub(super) fn private_address(error: &reqwest::Error) -> Option<&PrivateAddress> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<PrivateAddress>() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

/// Refuses names that resolve to addresses inside the house, unless they are listed.
struct PublicOnly(Arc<BTreeSet<String>>);

impl reqwest::dns::Resolve for PublicOnly {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let trusted = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let listed = trusted.contains(&host.to_lowercase());
            if !listed && found.iter().any(|address| is_private(address.ip())) {
                return Err(Box::<dyn std::error::Error + Send + Sync>::from(PrivateAddress(host)));
            }
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Whether an address belongs to this machine, a local network or nobody (RFC 6890 and its kin).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_private_v4(v4);
    }
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || (s[0] & 0xfe00) == 0xfc00
        || (s[0] & 0xffc0) == 0xfe80
        || (s[0] & 0xffc0) == 0xfec0
        || (s[0] == 0x2001 && s[1] == 0x0db8)
        // IPv4 carried inside: NAT64, 6to4, the old compatible form.
        || (s[0] == 0x64 && s[1] == 0xff9b && embedded(s[6], s[7]))
        || (s[0] == 0x2002 && embedded(s[1], s[2]))
        || (s[..6] == [0; 6] && embedded(s[6], s[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_the_house_are_known() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(is_private(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"] {
            assert!(!is_private(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_address_in_numbers_is_judged_however_it_is_written() {
        let nobody = PublicClient::new(&[]).unwrap();
        for inside in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(nobody.check(&inside.parse().unwrap()).is_err(), "{inside}");
        }
        assert!(nobody.check(&"https://93.184.216.34/".parse().unwrap()).is_ok());
        let some = PublicClient::new(&["127.0.0.1".to_owned(), "[::1]".to_owned()]).unwrap();
        assert!(some.check(&"http://127.0.0.1:9/".parse().unwrap()).is_ok());
        assert!(some.check(&"http://[::1]:9/".parse().unwrap()).is_ok());
        assert!(some.check(&"http://10.0.0.1/".parse().unwrap()).is_err());
    }
}
