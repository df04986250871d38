//! What the arguments of a call would carry out of the house.

use domain::{
    leaving::{Carried, CarriedKind},
    tool::{Risk, ToolSpec},
};
use guards::{
    Error,
    leaving::{Carried as What, Leaving},
};
use serde_json::Value;

use crate::config::Config;

/// What is more is not looked for: a person sees enough.
const MOST: usize = 20;

/// With the domains of the configuration, of the service's own address and of its mail.
pub fn guard(config: &Config) -> Result<Leaving, Error> {
    let public = url::Url::parse(&config.public_url()).ok();
    let own = public.as_ref().and_then(|url| url.host_str());
    let mail = config.email.address.rsplit_once('@').map(|(_, domain)| domain);
    Leaving::new(config.guards.links.iter().map(String::as_str).chain(own).chain(mail))
}

/// Of calls that reach somebody outside, each text is looked at; of others nothing leaves.
pub fn carried(guard: &Leaving, spec: &ToolSpec, args: &Value) -> Vec<Carried> {
    let mut carried = Vec::new();
    if matches!(spec.risk, Risk::Outward | Risk::Irreversible) {
        look(guard, args, &mut carried);
    }
    carried
}

fn look(guard: &Leaving, value: &Value, carried: &mut Vec<Carried>) {
    match value {
        Value::String(text) => {
            for found in guard.look(text) {
                let one = match found.carried {
                    What::Link => Carried { kind: CarriedKind::Link, shown: found.shown },
                    What::Secret(kind) => {
                        let shown = format!("{}: {}", kind.name().replace('_', " "), found.shown);
                        Carried { kind: CarriedKind::Secret, shown }
                    }
                };
                if carried.len() < MOST && !carried.contains(&one) {
                    carried.push(one);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(guard, item, carried)),
        Value::Object(members) => members.values().for_each(|item| look(guard, item, carried)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
