//! What the engine works with, shared by all runs of a process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Clock, Ids, RunId, WorkspaceId,
    agent::AgentSettings,
    answerability::Courses,
    copilot::StaffRecords,
    errand::Errands,
    knowledge::Retriever,
    model::{Model, ToolSchema},
    ports::{Articles, Desk, Ports},
    procedure::Procedure,
};
use guards::{injection::Injections, leaving::Leaving};
use moka::sync::Cache;
use store::{Store, StoreError};

use super::session::Known;
use crate::{
    breakers::{Breakers, Outside},
    credits::Budgets,
    escalation::Escalation,
    live::Live,
    policies::Policies,
    protections::Protections,
    second_look::SecondLook,
};

#[derive(Clone, Copy, Debug)]
pub struct RunSettings {
    pub max_attempts: i64,
    pub retry: Duration,
    pub tool_timeout: Duration,
    pub cached_journals: u64,
    /// Failed runs of one agent within a day that stop it; none when it is 0.
    pub failed_a_day: i64,
    /// Days that the audit is kept; all of it when it is 0.
    pub keep_audit_days: u32,
}

/// Everything a run may need.
pub struct House {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub catalog: tools::Catalog,
    pub agents: Arc<agents::Registry>,
    pub settings: BTreeMap<String, AgentSettings>,
    pub procedures: Arc<Vec<Procedure>>,
    pub policies: Arc<Policies>,
    pub breakers: Arc<Breakers>,
    /// What may be spent.
    pub budgets: Arc<Budgets>,
    /// Breakers that open by themselves, and rates.
    pub outside: Arc<Outside>,
    /// Looks at what calls would carry out of the house.
    pub leaving: Arc<Leaving>,
    /// What becomes of personal and secret data at each border of a workspace.
    pub protections: Arc<Protections>,
    /// Finds orders to agents in what they read.
    pub injections: Arc<Injections>,
    /// Finds what calls for a person.
    pub escalation: Arc<Escalation>,
    pub model: Arc<dyn Model>,
    pub live: Live,
    pub ports: Arc<dyn Ports>,
    pub runs: RunSettings,
    /// When a question is answered, asked back or left.
    pub courses: Courses,
    /// Who looks at what replies leave in doubt.
    pub second_look: SecondLook,
    pub(super) journals: Cache<RunId, Arc<Known>>,
    names: Cache<WorkspaceId, String>,
    pub(super) granted: GrantedTools,
    pub(super) schemas: super::models::OutputSchemas,
}

/// The parts a [`House`] is made of; the rest is its own.
pub struct HouseParts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub catalog: tools::Catalog,
    pub agents: Arc<agents::Registry>,
    pub settings: BTreeMap<String, AgentSettings>,
    pub procedures: Arc<Vec<Procedure>>,
    pub policies: Arc<Policies>,
    pub breakers: Arc<Breakers>,
    pub budgets: Arc<Budgets>,
    pub outside: Arc<Outside>,
    /// Looks at what calls would carry out of the house.
    pub leaving: Arc<Leaving>,
    /// What becomes of personal and secret data at each border of a workspace.
    pub protections: Arc<Protections>,
    /// Finds orders to agents in what they read.
    pub injections: Arc<Injections>,
    /// Finds what calls for a person.
    pub escalation: Arc<Escalation>,
    pub model: Arc<dyn Model>,
    pub live: Live,
    pub knowledge: Arc<rag::Knowledge>,
    /// Keeps what runs add to it.
    pub articles: Arc<dyn Articles>,
    /// What colleagues have looked up for them.
    pub staff_records: Arc<dyn StaffRecords>,
    /// What they have put before a person.
    pub errands: Arc<dyn Errands>,
    pub runs: RunSettings,
    pub courses: Courses,
    pub second_look: SecondLook,
}

impl House {
    pub fn new(parts: HouseParts) -> Self {
        let ports = Arc::new(HousePorts {
            store: parts.store.clone(),
            knowledge: parts.knowledge,
            articles: parts.articles,
            staff_records: parts.staff_records,
            errands: parts.errands,
            clock: Arc::clone(&parts.clock),
            ids: Arc::clone(&parts.ids),
        });
        Self {
            store: parts.store,
            clock: parts.clock,
            ids: parts.ids,
            catalog: parts.catalog,
            agents: parts.agents,
            settings: parts.settings,
            procedures: parts.procedures,
            policies: parts.policies,
            breakers: parts.breakers,
            budgets: parts.budgets,
            outside: parts.outside,
            leaving: parts.leaving,
            protections: parts.protections,
            injections: parts.injections,
            escalation: parts.escalation,
            model: parts.model,
            live: parts.live,
            ports,
            journals: Cache::new(parts.runs.cached_journals),
            names: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(60)).build(),
            runs: parts.runs,
            courses: parts.courses,
            second_look: parts.second_look,
            granted: GrantedTools::default(),
            schemas: super::models::OutputSchemas::default(),
        }
    }

    /// The journal was changed where it is kept: whoever continues the run reads it there.
    pub fn forget_journal(&self, run: RunId) {
        self.journals.invalidate(&run);
    }

    /// What the workspace calls itself.
    pub async fn workspace_name(&self, id: WorkspaceId) -> Result<String, StoreError> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name);
        }
        let name = self.store.workspace(id).workspace().await?.map(|w| w.name).unwrap_or_default();
        self.names.insert(id, name.clone());
        Ok(name)
    }

    /// The operator's settings for an agent, or the agent's own defaults.
    pub fn settings_of(&self, agent: &str) -> Option<AgentSettings> {
        self.settings.get(agent).cloned().or_else(|| self.agents.default_settings(agent))
    }
}

type Derived = (u64, Arc<Vec<ToolSchema>>);

/// Schemas of the tools each agent is granted, derived once per state of the catalog.
#[derive(Default)]
pub(super) struct GrantedTools {
    /// By agent, with the catalog's generation they were derived from.
    known: Mutex<BTreeMap<String, Derived>>,
}

impl GrantedTools {
    pub(super) fn of(
        &self,
        catalog: &tools::Catalog,
        agent: &str,
        settings: &AgentSettings,
    ) -> Arc<Vec<ToolSchema>> {
        let generation = catalog.generation();
        // The map is only ever replaced entry by entry, so a poisoned lock still guards a right one.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, schemas)) = known.get(agent)
            && *at == generation
        {
            return Arc::clone(schemas);
        }
        let schemas: Vec<ToolSchema> =
            catalog.granted(&settings.tools).iter().map(|tool| tool.spec().schema()).collect();
        let schemas = Arc::new(schemas);
        known.insert(agent.to_owned(), (generation, Arc::clone(&schemas)));
        schemas
    }
}

struct HousePorts {
    store: Store,
    knowledge: Arc<rag::Knowledge>,
    articles: Arc<dyn Articles>,
    staff_records: Arc<dyn StaffRecords>,
    errands: Arc<dyn Errands>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Ports for HousePorts {
    fn retriever(&self) -> &dyn Retriever {
        &*self.knowledge
    }

    fn articles(&self) -> &dyn Articles {
        &*self.articles
    }

    fn desk(&self) -> &dyn Desk {
        &self.store
    }

    fn staff_records(&self) -> &dyn StaffRecords {
        &*self.staff_records
    }

    fn errands(&self) -> &dyn Errands {
        &*self.errands
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn ids(&self) -> &dyn Ids {
        &*self.ids
    }
}
