//! Policies: each workspace's own, or the installation's, as this process last heard.
//!
//! Every process asks the database several times a second which versions are in effect, and when another tells of a change, so that a change
//! counts everywhere within a second. A document that cannot be used any more refuses everything: neither
//! the version before it nor the installation's policy takes its place.

pub mod past;
pub mod questions;

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    Timestamp, WorkspaceId,
    policy::{AskTerms, MAX_NOTE, PolicyDocument},
    user::{Actor, Role, RoleName},
};
use store::{Store, StoreError, WorkspaceStore};
use thiserror::Error;
use tokio::time::{self, MissedTickBehavior};
use tracing::{error, warn};

use crate::{
    app::App,
    autonomy::Ladder,
    breakers::{asked, rules_changed},
    gate::{
        Gate,
        check::{Report, World, check},
    },
    protections::Protections,
};

const ASKED_EVERY: Duration = Duration::from_millis(300);
/// How long a check may take; then it says what it has found until then.
const CHECKED_IN: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Own {
    version: i64,
    gate: Arc<Gate>,
}

pub struct Policies {
    store: Store,
    /// Of workspaces that have none of their own.
    installation: Arc<Gate>,
    protections: Arc<Protections>,
    own: RwLock<Arc<HashMap<WorkspaceId, Own>>>,
    ladder: Ladder,
}

#[derive(Debug, Error)]
pub enum PutError {
    /// It cannot be used; the report says why.
    #[error("the policy cannot be used: {}", first(.0))]
    Unusable(Report),
    #[error(
        "somebody changed the policy meanwhile: version {now} is in effect; look at it and put yours again"
    )]
    Changed { now: i64 },
    #[error("note must have 1 to {MAX_NOTE} characters: others read why the policy was changed")]
    Note,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong, in one line.
fn first(report: &Report) -> String {
    let words = report.findings.iter().take(3).map(|finding| match &finding.rule {
        Some(rule) => format!("rule `{rule}`: {}", finding.text.trim()),
        None => finding.text.trim().to_owned(),
    });
    words.collect::<Vec<_>>().join("; ")
}

impl Policies {
    /// Knows at once which are in effect.
    pub async fn load(
        store: Store,
        installation: Gate,
        protections: Arc<Protections>,
    ) -> Result<Self, StoreError> {
        protections.put_installation(installation.protector(protections.house()));
        let ladder = Ladder::new(store.clone());
        let policies =
            Self { store, installation: Arc::new(installation), protections, own: RwLock::default(), ladder };
        for workspace in policies.store.workspaces().await? {
            policies.protections.put_names(workspace.id, &[&workspace.name, &workspace.slug]);
        }
        policies.refresh().await?;
        Ok(policies)
    }

    /// The gate that calls in a workspace go through.
    pub fn of(&self, workspace: WorkspaceId) -> Arc<Gate> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(own.get(&workspace).map_or(&self.installation, |own| &own.gate))
    }

    /// How far agents go by themselves, below what policies let run.
    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// The policy of workspaces that have none of their own.
    pub fn installation(&self) -> &Arc<Gate> {
        &self.installation
    }

    /// Tells what workspaces are called that were made since this process began.
    async fn name(&self) -> Result<(), StoreError> {
        for id in self.protections.unnamed() {
            match self.store.workspace(id).workspace().await? {
                Some(workspace) => self.protections.put_names(id, &[&workspace.name, &workspace.slug]),
                // Nobody is called like what is not there.
                None => self.protections.put_names(id, &[]),
            }
        }
        Ok(())
    }

    /// Asks the database, and compiles what has changed.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.name().await?;
        self.ladder.refresh().await?;
        let before = Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner));
        let heads = self.store.policy_heads().await?;
        let same = heads.len() == before.len()
            && heads
                .iter()
                .all(|(workspace, version)| before.get(workspace).is_some_and(|own| own.version == *version));
        if same {
            return Ok(());
        }
        let mut now = HashMap::with_capacity(heads.len());
        for (workspace, version) in heads {
            let own = match before.get(&workspace).filter(|own| own.version == version) {
                Some(own) => own.clone(),
                None => Own { version, gate: Arc::new(self.compiled(workspace, version).await?) },
            };
            now.insert(workspace, own);
        }
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        // Two that ask at once may end in any order; the newer version stays.
        for (workspace, known) in own.iter() {
            if now.get(workspace).is_some_and(|new| new.version < known.version) {
                now.insert(*workspace, known.clone());
            }
        }
        for (workspace, new) in &now {
            if own.get(workspace).is_none_or(|known| known.version != new.version) {
                self.protections.put(*workspace, &new.gate.protector(self.protections.house()));
            }
        }
        *own = Arc::new(now);
        Ok(())
    }

    async fn compiled(&self, workspace: WorkspaceId, version: i64) -> Result<Gate, StoreError> {
        let document = match self.store.workspace(workspace).policy_version(version).await {
            Ok(document) => document,
            // Reading it again would read the same.
            Err(error @ StoreError::Row { .. }) => return Ok(Gate::closed("", &error.to_string())),
            Err(error) => return Err(error),
        };
        let Some(document) = document else {
            return Ok(Gate::closed("", &format!("version {version} is not there any more")));
        };
        Ok(Gate::parse(&document.text).unwrap_or_else(|error| {
            error!(%error, %workspace, version, "the workspace's policy cannot be used; everything is refused");
            Gate::closed(&document.text, &error.to_string())
        }))
    }

    /// Goes on asking.
    pub async fn follow(&self) {
        let mut words = self.store.words();
        let mut tick = time::interval(ASKED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = true;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = rules_changed(&mut words) => {}
            }
            let result = asked(self.refresh()).await;
            if let Err(error) = &result
                && heard
            {
                warn!(%error, "it cannot be told which policies are in effect; those that were last heard of count");
            }
            heard = result.is_ok();
        }
    }
}

/// A policy that somebody puts in effect.
pub struct NewPolicy {
    pub text: String,
    /// Why.
    pub note: String,
    /// The version that they looked at; 0 while the workspace has none of its own.
    pub expected: i64,
    pub by: Actor,
    pub at: Timestamp,
}

impl App {
    /// What there is to call, and who calls.
    pub fn world(&self) -> World {
        let settings = |name: &str| Some((name.to_owned(), self.house.settings_of(name)?.thresholds));
        let mut agents: Vec<_> = self.agents.names().into_iter().filter_map(settings).collect();
        // Calls by the agent that answers customers are the most; imagined ones are its.
        agents.sort_by_key(|(name, _)| name != "resolution");
        World { tools: self.catalog.specs(), agents }
    }

    /// Checks a policy; away from the tasks that serve, because it judges thousands of imagined calls.
    pub async fn check_policy(&self, text: String) -> Report {
        let world = self.world();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let mut checking = tokio::task::spawn_blocking(move || check(&text, &world, &told));
        let checked = match time::timeout(CHECKED_IN, &mut checking).await {
            Ok(checked) => checked,
            Err(_) => {
                stop.store(true, Ordering::Relaxed);
                checking.await
            }
        };
        checked.unwrap_or_else(|error| Report::failed(&error.to_string()))
    }

    /// Puts a new version of the workspace's policy in effect, with its entry in the audit.
    pub async fn put_policy(
        &self,
        store: &WorkspaceStore,
        new: NewPolicy,
    ) -> Result<(PolicyDocument, Report), PutError> {
        let note = new.note.trim().to_owned();
        if note.is_empty() || note.chars().count() > MAX_NOTE {
            return Err(PutError::Note);
        }
        let report = self.check_policy(new.text.clone()).await;
        if !report.is_usable() {
            return Err(PutError::Unusable(report));
        }
        let digest = match Gate::parse(&new.text) {
            Ok(gate) => {
                if let Some(why) = unknown_names(&gate, store).await? {
                    return Err(PutError::Unusable(Report::failed(&why)));
                }
                gate.version().clone()
            }
            Err(error) => return Err(PutError::Unusable(Report::failed(&error.to_string()))),
        };
        let document = PolicyDocument {
            version: new.expected.saturating_add(1),
            digest,
            text: new.text,
            note,
            created_by: new.by,
            created_at: new.at,
        };
        if !store.put_policy(document.clone()).await? {
            let now = store.policy().await?.map_or(0, |policy| policy.version);
            return Err(PutError::Changed { now });
        }
        // At once in this process.
        self.policies.refresh().await?;
        Ok((document, report))
    }
}

/// What a document asks that the workspace does not have; none when it has all.
async fn unknown_names(gate: &Gate, store: &WorkspaceStore) -> Result<Option<String>, StoreError> {
    let policy = gate.policy();
    let asked: Vec<&AskTerms> =
        policy.rules.iter().filter_map(|rule| rule.ask.as_ref()).chain([&policy.default]).collect();
    let roles =
        asked.iter().flat_map(|terms| [Some(&terms.role), terms.escalate.as_ref().map(|it| &it.role)]);
    let own: Vec<&RoleName> = roles
        .flatten()
        .filter_map(|role| if let Role::Custom(name) = role { Some(name) } else { None })
        .collect();
    if !own.is_empty() {
        let known = store.own_roles().await?;
        if let Some(name) = own.into_iter().find(|name| known.iter().all(|role| role.name != **name)) {
            return Ok(Some(format!(
                "it asks the role {name}, which this workspace does not have: make it first"
            )));
        }
    }
    for team in asked.iter().filter_map(|terms| terms.team.as_ref()) {
        if store.team(team).await?.is_none() {
            return Ok(Some(format!(
                "it asks the team {team}, which this workspace does not have: make it first"
            )));
        }
    }
    Ok(None)
}
