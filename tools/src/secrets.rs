//! Secrets that declarations refer to as `${secret:NAME}`.
//!
//! A [`Secret`] shows its value only when asked by name; `Debug` never does, and it is not
//! serialisable.

use std::{collections::BTreeMap, fmt, mem};

use serde_json::Value;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Where secrets come from: the environment, files, a vault.
pub trait Secrets: Send + Sync {
    fn get(&self, name: &str) -> Option<Secret>;
}

impl Secrets for BTreeMap<String, Secret> {
    fn get(&self, name: &str) -> Option<Secret> {
        BTreeMap::get(self, name).cloned()
    }
}

/// Replaces every `${secret:NAME}` in `text`. Also returns the secrets used, so that what the
/// other side echoes can be redacted. The error names the missing secret, never a value.
pub fn expand(text: &str, secrets: &dyn Secrets) -> Result<(Secret, Vec<Secret>), String> {
    let mut out = String::new();
    let mut used = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or("`${` has no closing `}`")?;
        let inner = &after[..end];
        let name = inner
            .strip_prefix("secret:")
            .ok_or_else(|| format!("`${{{inner}}}` is not known; write `${{secret:NAME}}`"))?;
        let secret = secrets.get(name).ok_or_else(|| {
            format!("the secret {name} is not set; set it in the environment or in the secrets file")
        })?;
        out.push_str(secret.expose());
        used.push(secret);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok((Secret(out), used))
}

/// Takes secrets out of text that came from outside. Very short ones are left: they would tear
/// ordinary words apart, and are no secrets.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if secret.0.len() >= 6 && text.contains(&secret.0) {
            text = text.replace(&secret.0, "[redacted]");
        }
    }
    text
}

/// The same in every text of a value, the names of members included.
pub(crate) fn redact_value(value: &mut Value, secrets: &[Secret]) {
    match value {
        Value::String(text) => *text = redact(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, secrets)),
        Value::Object(members) => {
            let redacted = mem::take(members).into_iter().map(|(name, mut member)| {
                redact_value(&mut member, secrets);
                (redact(&name, secrets), member)
            });
            *members = redacted.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> BTreeMap<String, Secret> {
        BTreeMap::from([("TOKEN".to_owned(), Secret::new("s3cr3t-value"))])
    }

    #[test]
    fn secrets_are_expanded_and_never_shown() {
        let (value, used) = expand("Bearer ${secret:TOKEN}!", &known()).unwrap();
        assert_eq!(value.expose(), "Bearer s3cr3t-value!");
        assert!(!format!("{value:?} {used:?}").contains("s3cr3t"));
        assert_eq!(redact("token s3cr3t-value is bad", &used), "token [redacted] is bad");
    }

    #[test]
    fn secrets_are_taken_out_of_every_text_of_a_value() {
        let mut value = json!({ "s3cr3t-value": [1, { "a": "is s3cr3t-value" }], "b": null });
        redact_value(&mut value, &[Secret::new("s3cr3t-value")]);
        assert_eq!(value, json!({ "[redacted]": [1, { "a": "is [redacted]" }], "b": null }));
    }

    #[test]
    fn a_missing_secret_is_named() {
        assert!(expand("${secret:OTHER}", &known()).unwrap_err().contains("OTHER"));
        assert!(expand("${env:TOKEN}", &known()).is_err());
        assert!(expand("${secret:TOKEN", &known()).is_err());
    }
}
