//! `[breakers]`: when breakers open by themselves, and close again.

use std::{collections::BTreeMap, time::Duration};

use domain::breaker::{BreakerOf, automatic::Terms};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakersConfig {
    /// Failures in a row; 0: none open it.
    pub failures: u32,
    /// The share of failures, of at least `minimum` outcomes within `window_seconds`; 0: none opens it.
    pub error_rate: f64,
    pub window_seconds: u64,
    pub minimum: u32,
    pub cool_down_seconds: u64,
    pub longest_cool_down_seconds: u64,
    pub probes: u32,
    /// What is different for an integration, by its name.
    #[serde(default)]
    pub integrations: BTreeMap<String, OfIntegration>,
}

/// What an integration has of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfIntegration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cool_down_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_cool_down_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probes: Option<u32>,
}

impl Default for BreakersConfig {
    /// As `config.default.toml` has them, for models without a service around them.
    fn default() -> Self {
        Self {
            failures: 5,
            error_rate: 0.5,
            window_seconds: 60,
            minimum: 20,
            cool_down_seconds: 30,
            longest_cool_down_seconds: 900,
            probes: 2,
            integrations: BTreeMap::new(),
        }
    }
}

impl BreakersConfig {
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            failures: self.failures,
            error_rate: self.error_rate,
            window: Duration::from_secs(self.window_seconds),
            minimum: self.minimum,
            cool_down: Duration::from_secs(self.cool_down_seconds),
            longest: Duration::from_secs(self.longest_cool_down_seconds),
            probes: self.probes,
        }
    }

    /// Those of what a breaker is of; a tool's are its integration's.
    pub(crate) fn terms_of(&self, of: &BreakerOf) -> Terms {
        let integration = match of {
            BreakerOf::Integration(name) => Some(name.as_str()),
            BreakerOf::Tool(name) => name.split_once("__").map(|(integration, _)| integration),
            BreakerOf::Workspace | BreakerOf::Agent(_) | BreakerOf::Provider(_) => None,
        };
        match integration.and_then(|name| self.integrations.get(name)) {
            Some(own) => self.with(own).terms(),
            None => self.terms(),
        }
    }

    fn with(&self, own: &OfIntegration) -> Self {
        Self {
            failures: own.failures.unwrap_or(self.failures),
            error_rate: own.error_rate.unwrap_or(self.error_rate),
            window_seconds: own.window_seconds.unwrap_or(self.window_seconds),
            minimum: own.minimum.unwrap_or(self.minimum),
            cool_down_seconds: own.cool_down_seconds.unwrap_or(self.cool_down_seconds),
            longest_cool_down_seconds: own
                .longest_cool_down_seconds
                .unwrap_or(self.longest_cool_down_seconds),
            probes: own.probes.unwrap_or(self.probes),
            integrations: BTreeMap::new(),
        }
    }

    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), String> {
        const DAY: u64 = 24 * 60 * 60;
        let tables = self
            .integrations
            .iter()
            .map(|(name, own)| (format!("breakers.integrations.{name}"), self.with(own)));
        for (at, table) in std::iter::once(("breakers".to_owned(), self.clone())).chain(tables) {
            if !(0.0..=1.0).contains(&table.error_rate) {
                return Err(format!("{at}.error_rate must lie between 0 (never) and 1"));
            }
            if !(1..=DAY).contains(&table.window_seconds) {
                return Err(format!("{at}.window_seconds must be 1 to {DAY}"));
            }
            if !(1..=DAY).contains(&table.cool_down_seconds)
                || !(table.cool_down_seconds..=DAY).contains(&table.longest_cool_down_seconds)
            {
                return Err(format!(
                    "{at}.cool_down_seconds must be at least 1, and longest_cool_down_seconds that to {DAY}"
                ));
            }
            if table.probes == 0 || table.minimum == 0 {
                return Err(format!("{at}.probes and minimum must be at least 1"));
            }
        }
        Ok(())
    }
}
