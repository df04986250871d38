//! All tools of a process, by name.
//!
//! The catalog is a snapshot behind a lock that is held only to copy a pointer: readers never wait
//! for discovery, and discovery replaces the tools of one MCP server in one step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    canonical::Digest,
    tool::{AnyTool, ToolSource, ToolSpec},
};
use serde::Serialize;

use crate::ToolsError;

/// A tool whose face changed since it was registered. Its calls are refused until an admin accepts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspension {
    pub name: String,
    pub server: String,
    /// What changed: `its description changed`.
    pub why: String,
    pub was: Option<ToolSpec>,
    pub now: ToolSpec,
    /// Digest of all of `now` that is compared; whoever accepts it says by this what they have seen.
    pub look: Digest,
}

/// A tool that a server offers and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub name: String,
    pub server: String,
    pub why: String,
}

/// What one MCP server offers now.
#[derive(Clone, Default)]
pub struct ServerTools {
    /// Active and suspended ones; the suspended refuse their calls themselves.
    pub tools: Vec<Arc<dyn AnyTool>>,
    pub suspended: Vec<Suspension>,
    pub left_out: Vec<LeftOut>,
}

#[derive(Clone, Default)]
struct Snapshot {
    tools: BTreeMap<String, Arc<dyn AnyTool>>,
    suspended: BTreeMap<String, Suspension>,
    left_out: Vec<LeftOut>,
    /// Servers that have not been listed since the start.
    awaited: BTreeSet<String>,
    generation: u64,
}

/// Cheap to clone; all clones see the same tools.
#[derive(Clone, Default)]
pub struct Catalog {
    now: Arc<RwLock<Arc<Snapshot>>>,
}

#[derive(Default)]
pub struct CatalogBuilder {
    tools: BTreeMap<String, Arc<dyn AnyTool>>,
}

impl CatalogBuilder {
    /// Refuses a name that is taken.
    pub fn tool(mut self, tool: Arc<dyn AnyTool>) -> Result<Self, ToolsError> {
        let name = tool.spec().name.clone();
        if self.tools.insert(name.clone(), tool).is_some() {
            return Err(ToolsError::Duplicate(name));
        }
        Ok(self)
    }

    pub fn tools(self, tools: impl IntoIterator<Item = Arc<dyn AnyTool>>) -> Result<Self, ToolsError> {
        tools.into_iter().try_fold(self, Self::tool)
    }

    pub fn build(self) -> Catalog {
        let snapshot = Snapshot { tools: self.tools, ..Snapshot::default() };
        Catalog { now: Arc::new(RwLock::new(Arc::new(snapshot))) }
    }
}

impl Catalog {
    pub fn builder() -> CatalogBuilder {
        CatalogBuilder::default()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        // The lock guards a pointer that is always whole, so a poisoned one is still right.
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Also finds suspended tools: their calls answer with the reason.
    pub fn get(&self, name: &str) -> Option<Arc<dyn AnyTool>> {
        self.snapshot().tools.get(name).cloned()
    }

    /// Grows whenever the tools change; what was derived from an older one is out of date.
    pub fn generation(&self) -> u64 {
        self.snapshot().generation
    }

    /// All of them, suspended ones included, ordered by name.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.snapshot().tools.values().map(|tool| tool.spec().clone()).collect()
    }

    /// The tools that match one of the patterns, ordered by name. A pattern is a name, or a prefix
    /// with `*` such as `shop__*`. Suspended tools are left out: a changed description must not
    /// reach a model before a person has read it.
    pub fn granted(&self, patterns: &[String]) -> Vec<Arc<dyn AnyTool>> {
        let snapshot = self.snapshot();
        snapshot
            .tools
            .iter()
            .filter(|(name, _)| !snapshot.suspended.contains_key(*name))
            .filter(|(name, _)| patterns.iter().any(|pattern| matches(pattern, name)))
            .map(|(_, tool)| tool.clone())
            .collect()
    }

    /// Tools by words over name, title, description and capabilities, best first; everything for
    /// an empty query.
    pub fn search(&self, query: &str) -> Vec<ToolSpec> {
        let wanted: BTreeSet<String> = words(query).collect();
        let specs = self.specs();
        if wanted.is_empty() {
            return specs;
        }
        let mut found: Vec<(u32, ToolSpec)> = specs
            .into_iter()
            .map(|spec| (score(&spec, &wanted), spec))
            .filter(|(score, _)| *score > 0)
            .collect();
        found.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.name.cmp(&y.name)));
        found.into_iter().map(|(_, spec)| spec).collect()
    }

    pub fn suspended(&self) -> Vec<Suspension> {
        self.snapshot().suspended.values().cloned().collect()
    }

    pub fn suspension(&self, name: &str) -> Option<Suspension> {
        self.snapshot().suspended.get(name).cloned()
    }

    /// Tools that MCP servers offer and that cannot be used, with the reason.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.snapshot().left_out.clone()
    }

    /// From now on the server's tools are awaited, until it has been listed.
    pub fn await_server(&self, server: &str) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&now);
        next.awaited.insert(server.to_owned());
        *now = Arc::new(next);
    }

    /// Whether a tool that is not there may come: nobody knows yet what its server offers.
    pub fn awaits(&self, tool: &str) -> bool {
        let snapshot = self.snapshot();
        !snapshot.tools.contains_key(tool)
            && tool.split_once("__").is_some_and(|(server, _)| snapshot.awaited.contains(server))
    }

    /// Puts what `server` offers now in place of what it offered before. A name that another
    /// source holds is left out with a reason; it never takes the other's place.
    pub fn replace_server(&self, server: &str, offer: ServerTools) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&now);
        next.generation += 1;
        next.awaited.remove(server);
        next.tools.retain(
            |_, tool| !matches!(&tool.spec().source, ToolSource::Mcp { server: other } if other == server),
        );
        next.suspended.retain(|_, suspension| suspension.server != server);
        next.left_out.retain(|left_out| left_out.server != server);
        next.left_out.extend(offer.left_out);
        for tool in offer.tools {
            let name = tool.spec().name.clone();
            if next.tools.contains_key(&name) {
                next.left_out.push(LeftOut {
                    name,
                    server: server.to_owned(),
                    why: "another tool has this name; rename the server in the settings".to_owned(),
                });
                continue;
            }
            next.tools.insert(name, tool);
        }
        for suspension in offer.suspended {
            if next.tools.get(&suspension.name).is_some_and(
                |tool| matches!(&tool.spec().source, ToolSource::Mcp { server: owner } if owner == server),
            ) {
                next.suspended.insert(suspension.name.clone(), suspension);
            }
        }
        *now = Arc::new(next);
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1).map(str::to_lowercase)
}

fn score(spec: &ToolSpec, wanted: &BTreeSet<String>) -> u32 {
    let places = [
        (8, spec.name.clone()),
        (6, spec.capabilities.join(" ")),
        (4, spec.title.clone()),
        (1, spec.description.clone()),
    ];
    let mut total = 0;
    for (weight, text) in places {
        let held: BTreeSet<String> = words(&text).collect();
        for word in wanted {
            // Prefixes either way, so that `refunds` finds `refund` and the other way round.
            let hit = held.iter().any(|h| {
                h == word
                    || (word.len() > 3
                        && h.len() > 3
                        && (h.starts_with(word.as_str()) || word.starts_with(h.as_str())))
            });
            if hit {
                total += weight;
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, http};

    const FILE: &str = r#"
[server.srv]
base_url = "http://127.0.0.1:1"

[[tool]]
name = "ping"
server = "srv"
title = "Ping"
description = "Asks whether it is there."
method = "GET"
url = "/ping"
risk = "read"
"#;

    #[test]
    fn a_server_is_awaited_until_its_tools_have_been_listed() {
        let secrets = BTreeMap::<String, Secret>::new();
        let declared = http::load(FILE, "srv.toml", &secrets, &BTreeMap::new()).unwrap();
        let catalog = Catalog::builder().tools(declared).unwrap().build();
        assert!(!catalog.awaits("srv__other"));
        catalog.await_server("srv");
        assert!(catalog.awaits("srv__other") && catalog.awaits("srv__with__more"));
        for name in ["srv__ping", "srv", "srv_other", "crm__other"] {
            assert!(!catalog.awaits(name), "{name}");
        }
        catalog.replace_server("crm", ServerTools::default());
        assert!(catalog.awaits("srv__other"));
        catalog.replace_server("srv", ServerTools::default());
        assert!(!catalog.awaits("srv__other"));
    }
}
