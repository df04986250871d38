//! HTTP connections to providers of models, of whatever kind.

use std::time::Duration;

/// A client for one provider. `whole` bounds an exchange from connecting to the last byte; without
/// it the caller does.
pub(crate) fn connections(
    base_url: &str,
    connect: Duration,
    whole: Option<Duration>,
    idle: usize,
) -> Result<reqwest::Client, reqwest::Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none()
        && rustls::crypto::ring::default_provider().install_default().is_err()
    {
        tracing::debug!("another part of the process installed the TLS provider first");
    }
    #[expect(clippy::disallowed_methods, reason = "this is the port to model providers")]
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        // A redirect would carry the key and the customer's words to a host nobody configured.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(connect.min(Duration::from_secs(10)))
        .pool_max_idle_per_host(idle);
    if let Some(whole) = whole {
        builder = builder.timeout(whole);
    }
    if base_url.starts_with("http://") {
        // Without TLS the machine's certificates are not needed, and may be missing.
        builder = builder.tls_certs_only(Vec::new());
    }
    builder.build()
}
