//! The agents of this process, by name.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    agent::{Agent, AgentSettings},
    answerability::Judge,
    grounding::Grounds,
};

use crate::{
    article::{self, Article},
    copilot::{self, Copilot},
    errand::{self, Errands},
    resolution::{self, Resolution},
};

struct Entry {
    agent: Arc<dyn Agent>,
    defaults: fn() -> AgentSettings,
}

pub struct Registry {
    agents: BTreeMap<&'static str, Entry>,
}

impl Registry {
    /// Every agent of the house. `grounds` checks what they say, `judge` whether what was found answers
    /// what was asked.
    pub fn standard(grounds: Arc<dyn Grounds>, judge: Judge) -> Self {
        let mut registry = Self { agents: BTreeMap::new() };
        registry.add(Arc::new(Article::new(Arc::clone(&grounds))), article::default_settings);
        registry.add(Arc::new(Copilot::new(Arc::clone(&grounds))), copilot::default_settings);
        registry.add(Arc::new(Errands), errand::default_settings);
        registry.add(Arc::new(Resolution::new(grounds, judge)), resolution::default_settings);
        registry
    }

    fn add(&mut self, agent: Arc<dyn Agent>, defaults: fn() -> AgentSettings) {
        self.agents.insert(agent.name(), Entry { agent, defaults });
    }

    pub fn get(&self, name: &str) -> Option<Arc<dyn Agent>> {
        self.agents.get(name).map(|entry| Arc::clone(&entry.agent))
    }

    /// What applies where the configuration says nothing.
    pub fn default_settings(&self, name: &str) -> Option<AgentSettings> {
        self.agents.get(name).map(|entry| (entry.defaults)())
    }

    /// In alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        self.agents.keys().copied().collect()
    }
}
