//! What is changed in a rerun; the rest is as it is in this process.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    WorkspaceId,
    agent::AgentSettings,
    model::{Model, ToolSchema},
    procedure::Procedure,
};
use guards::masking::Protector;

use crate::{engine::House, escalation::Escalation, gate::Gate};

/// Which passages a rerun finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// Those that were found then.
    Recorded,
    /// What the knowledge base holds now.
    Today,
}

pub struct Changes {
    pub(super) gate: Arc<Gate>,
    pub(super) protector: Arc<Protector>,
    pub(super) procedures: Arc<Vec<Procedure>>,
    pub(super) escalation: Arc<Escalation>,
    /// Answers every question; without one, the journal answers those it has.
    pub(super) model: Option<Arc<dyn Model>>,
    pub(super) knowledge: Knowledge,
    /// Of agents, by name.
    settings: BTreeMap<String, AgentSettings>,
}

/// What an agent works with.
pub(super) struct Means {
    pub(super) settings: AgentSettings,
    pub(super) tools: Arc<Vec<ToolSchema>>,
}

impl Changes {
    /// Nothing is changed: the past is held against what is in effect now.
    pub fn none(house: &House, workspace: WorkspaceId) -> Self {
        Self {
            gate: house.policies.of(workspace),
            protector: house.protections.of(workspace),
            procedures: Arc::clone(&house.procedures),
            escalation: Arc::clone(&house.escalation),
            model: None,
            knowledge: Knowledge::Recorded,
            settings: house.settings.clone(),
        }
    }

    #[must_use]
    pub fn with_policy(self, house: &House, workspace: WorkspaceId, gate: Arc<Gate>) -> Self {
        let protector = house.protections.under(workspace, &gate.protector(house.protections.house()));
        Self { gate, protector, ..self }
    }

    #[must_use]
    pub fn with_model(self, model: Arc<dyn Model>) -> Self {
        Self { model: Some(model), ..self }
    }

    #[must_use]
    pub fn with_knowledge(self, knowledge: Knowledge) -> Self {
        Self { knowledge, ..self }
    }

    #[must_use]
    pub fn with_procedures(self, procedures: Vec<Procedure>) -> Self {
        Self { procedures: Arc::new(procedures), ..self }
    }

    #[must_use]
    pub fn with_escalation(self, escalation: Escalation) -> Self {
        Self { escalation: Arc::new(escalation), ..self }
    }

    #[must_use]
    pub fn with_agents(self, settings: BTreeMap<String, AgentSettings>) -> Self {
        Self { settings, ..self }
    }

    /// Changes what holds for one agent. None where there is no such agent.
    pub fn adjust(
        &mut self,
        house: &House,
        agent: &str,
        change: impl FnOnce(&mut AgentSettings),
    ) -> Option<()> {
        let mut settings = self.settings_of(house, agent)?;
        change(&mut settings);
        self.settings.insert(agent.to_owned(), settings);
        Some(())
    }

    fn settings_of(&self, house: &House, agent: &str) -> Option<AgentSettings> {
        self.settings.get(agent).cloned().or_else(|| house.agents.default_settings(agent))
    }

    pub(super) fn means(&self, house: &House, agent: &str) -> Option<Means> {
        let settings = self.settings_of(house, agent)?;
        // What the engine derived is shared; it is by agent, so other grants are derived here.
        let granted = house.settings_of(agent).is_some_and(|now| now.tools == settings.tools);
        let tools = match granted {
            true => house.granted.of(&house.catalog, agent, &settings),
            false => {
                let tools = house.catalog.granted(&settings.tools);
                Arc::new(tools.iter().map(|tool| tool.spec().schema()).collect())
            }
        };
        Some(Means { settings, tools })
    }
}
