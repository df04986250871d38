//! Posts JSON to an address on the operator's allow-list.
//!
//! The address comes from an agent, so two walls stand around it: the allow-list, and a check at
//! name resolution that nothing inside the house is reached through an allowed name.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    approval::Permit,
    canonical::Sorted,
    excerpt::cut,
    tool::{Preview, PreviewField, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use reqwest::{Method, header::HeaderMap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    ToolsError,
    http::{
        exchange::{Care, Exchange},
        public::PublicClient,
    },
    limits::Text,
};

const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// Where webhooks may go. The default lets nothing out.
#[derive(Clone, Debug, Default)]
pub struct WebhookSettings {
    allow: Vec<Url>,
    client: Option<PublicClient>,
    timeout: Duration,
}

impl WebhookSettings {
    /// `allow` holds URL prefixes such as `https://hooks.example.com/services/`: scheme, host and
    /// port must be equal and the path must begin with the prefix's. Addresses that are private
    /// (loopback, local networks, link-local …) are refused unless the prefix names the address
    /// itself or `private_hosts` holds the host's name.
    pub fn new(allow: &[String], private_hosts: &[String], timeout: Duration) -> Result<Self, ToolsError> {
        let mut urls = Vec::new();
        for text in allow {
            let url = Url::parse(text).map_err(|error| {
                ToolsError::Setting(format!("webhook address `{text}` is not a URL: {error}"))
            })?;
            if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
                return Err(ToolsError::Setting(format!(
                    "webhook address `{text}` must start with https:// or http://"
                )));
            }
            urls.push(url);
        }
        Ok(Self { allow: urls, client: Some(PublicClient::new(private_hosts)?), timeout })
    }

    fn check(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it carries credentials".to_owned());
        }
        // A private address passes only as its own listing, because hosts are compared; names are
        // judged when they are resolved.
        if !self.allow.iter().any(|prefix| covers(prefix, &url)) {
            return Err(
                "it is not on the list of allowed webhook addresses; an admin can add it to the settings"
                    .to_owned(),
            );
        }
        Ok(url)
    }
}

fn covers(prefix: &Url, url: &Url) -> bool {
    let path = prefix.path();
    let inside = url.path() == path
        || url.path().strip_prefix(path).is_some_and(|rest| path.ends_with('/') || rest.starts_with('/'));
    prefix.scheme() == url.scheme()
        && prefix.host() == url.host()
        && prefix.port_or_known_default() == url.port_or_known_default()
        && inside
}

pub(crate) struct CallWebhook {
    settings: WebhookSettings,
}

impl CallWebhook {
    pub(crate) fn new(settings: WebhookSettings) -> Self {
        Self { settings }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The address; it must be on the workspace's list of allowed webhook addresses.
    url: Text<2_000>,
    /// The JSON object to send, at most 64 KiB.
    #[serde(default)]
    body: Map<String, Value>,
}

#[async_trait]
impl Tool for CallWebhook {
    type Args = Args;
    const NAME: &'static str = "call_webhook";
    const TITLE: &'static str = "Call a webhook";
    const DESCRIPTION: &'static str = "Posts a JSON object to one of the webhook addresses that the workspace allows, and returns the answer.";
    const RISK: Risk = Risk::Outward;
    const PROTECTED: &'static [&'static str] = &["url"];
    const CAPABILITIES: &'static [&'static str] = &["webhooks", "integrations"];

    fn preview(&self, args: &Args) -> Preview {
        let show =
            |label: &str, value: String| PreviewField { label: label.to_owned(), value, protected: true };
        let body = serde_json::to_string_pretty(&Sorted(&args.body)).unwrap_or_default();
        Preview {
            title: format!("Call {}", cut(&args.url, 200)),
            fields: vec![show("Address", args.url.to_string()), show("JSON", cut(&body, 2_000))],
            body: None,
        }
    }

    async fn execute(&self, permit: Permit, _: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        let url = self
            .settings
            .check(&args.url)
            .map_err(|why| ToolError::Refused(format!("the webhook address cannot be used: {why}")))?;
        let Some(client) = &self.settings.client else {
            return Err(ToolError::Refused(
                "webhooks are not set up; an admin can allow addresses".to_owned(),
            ));
        };
        let body = Value::Object(args.body);
        if body.to_string().len() > MAX_PAYLOAD_BYTES {
            return Err(ToolError::Arguments {
                tool: Self::NAME.to_owned(),
                why: format!("the body is larger than {} KiB; send less", MAX_PAYLOAD_BYTES / 1024),
            });
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let exchange = Exchange {
            client: client.client(),
            method: Method::POST,
            url,
            headers: &HeaderMap::new(),
            body: Some(body),
            key: Some(permit.idempotency_key()),
            timeout: self.settings.timeout,
            secrets: &[],
        };
        let answer = exchange.perform(Care::Once).await?;
        Ok(ToolOutput::new(json!({ "answer": answer }), format!("Called {host}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(allow: &[&str]) -> WebhookSettings {
        let allow: Vec<String> = allow.iter().map(|url| (*url).to_owned()).collect();
        WebhookSettings::new(&allow, &[], Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn only_listed_addresses_pass() {
        let settings = settings(&["https://hooks.example.com/services", "http://127.0.0.1:9/x/"]);
        for good in [
            "https://hooks.example.com/services",
            "https://hooks.example.com/services/a?b=1",
            "http://127.0.0.1:9/x/y",
        ] {
            assert!(settings.check(good).is_ok(), "{good}");
        }
        for bad in [
            "https://hooks.example.com/services-evil",
            "https://hooks.example.com/services/../admin",
            "https://hooks.example.com:8443/services",
            "http://hooks.example.com/services",
            "https://hooks.example.com.evil.example/services",
            "https://user:pass@hooks.example.com/services",
            "http://127.0.0.1:9/other",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "not a url",
        ] {
            assert!(settings.check(bad).is_err(), "{bad}");
        }
        assert!(WebhookSettings::default().check("https://hooks.example.com/").is_err());
    }
}
