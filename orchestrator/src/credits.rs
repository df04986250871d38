//! What may be spent: the prices of tools, and the ceilings of the configuration.

use std::collections::BTreeMap;

use domain::{
    Clock, Ids, ReservationId, Timestamp,
    agent::RunLimits,
    commit::{Commit, CommitError, Op},
    credit::{MICROS, Reservation, Spent},
    meter::{Ceiling, Meter, MeterKey, Scope, Standing, Unit, Window},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{StoreError, WorkspaceStore};

use crate::engine::House;

/// The `[credits]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditsConfig {
    /// Credits per call, by tool.
    pub prices: BTreeMap<String, f64>,
    /// Credits of one run; no ceiling when it is 0.
    pub run: f64,
    pub grace: bool,
    pub workspace: Budget,
    pub agents: BTreeMap<String, Budget>,
    pub tools: BTreeMap<String, Budget>,
}

/// The most credits of a day and a month; no ceiling when it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    pub day: f64,
    pub month: f64,
}

/// More credits than anybody has, and few enough to be counted in millionths.
const MOST: f64 = 1e12;

/// The configuration, checked and in millionths.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    prices: BTreeMap<String, i64>,
    run: Option<i64>,
    workspace: Vec<Ceiling>,
    agents: BTreeMap<String, Vec<Ceiling>>,
    tools: BTreeMap<String, Vec<Ceiling>>,
}

impl Budgets {
    /// `is_agent` knows the agents of this version. Tools may come later, from MCP servers.
    pub fn new(config: &CreditsConfig, is_agent: impl Fn(&str) -> bool) -> Result<Self, String> {
        if let Some(name) = config.agents.keys().find(|name| !is_agent(name)) {
            return Err(format!("[credits.agents] {name}: there is no such agent"));
        }
        let ceilings = |key: &str, scope: Scope, budget: Budget| {
            let mut ceilings = Vec::new();
            for (window, most) in [(Window::Day, budget.day), (Window::Month, budget.month)] {
                if let Some(most) = micros(&format!("{key}.{}", window.as_str()), most)? {
                    let (scope, unit) = (scope.clone(), Unit::Credits);
                    ceilings.push(Ceiling { scope, unit, window, most, grace: config.grace });
                }
            }
            Ok::<_, String>(ceilings)
        };
        let named = |table: &str, budgets: &BTreeMap<String, Budget>, scope: fn(String) -> Scope| {
            budgets
                .iter()
                .map(|(name, budget)| {
                    let key = format!("{table}.{name}");
                    Ok((name.clone(), ceilings(&key, scope(name.clone()), *budget)?))
                })
                .collect::<Result<BTreeMap<_, _>, String>>()
        };
        let mut prices = BTreeMap::new();
        for (tool, price) in &config.prices {
            if let Some(price) = micros(&format!("credits.prices.{tool}"), *price)? {
                prices.insert(tool.clone(), price);
            }
        }
        Ok(Self {
            prices,
            run: micros("credits.run", config.run)?,
            workspace: ceilings("credits.workspace", Scope::Workspace, config.workspace)?,
            agents: named("credits.agents", &config.agents, Scope::Agent)?,
            tools: named("credits.tools", &config.tools, Scope::Tool)?,
        })
    }

    /// What a call of the tool costs, in millionths of a credit.
    pub fn price(&self, tool: &str) -> i64 {
        self.prices.get(tool).copied().unwrap_or_default()
    }

    pub fn priced(&self) -> impl Iterator<Item = &str> {
        self.prices.keys().map(String::as_str)
    }

    /// The most that a run may cost.
    pub fn run(&self) -> Option<i64> {
        self.run
    }

    /// What the agent's spending has to stay within: on a tool, or on a model.
    pub fn ceilings(&self, agent: &str, tool: Option<&str>) -> Vec<Ceiling> {
        let of_tool = tool.and_then(|tool| self.tools.get(tool));
        let all = self.workspace.iter().chain(self.agents.get(agent).into_iter().flatten());
        all.chain(of_tool.into_iter().flatten()).cloned().collect()
    }

    /// All that there are.
    pub fn all(&self) -> impl Iterator<Item = &Ceiling> {
        let named = self.agents.values().chain(self.tools.values()).flatten();
        self.workspace.iter().chain(named)
    }
}

/// Credits of the configuration in millionths; none for 0.
fn micros(key: &str, credits: f64) -> Result<Option<i64>, String> {
    if !(0.0..=MOST).contains(&credits) {
        return Err(format!("{key} is {credits}; it must be from 0 (none) to {MOST}"));
    }
    // Within 64 bits: MOST is.
    let micros = (credits * MICROS as f64).round() as i64;
    Ok((micros > 0).then_some(micros))
}

/// How many runs an agent may begin.
pub fn runs_of(agent: &str, limits: &RunLimits) -> Vec<Ceiling> {
    let minute = counted(agent, Unit::Runs, Window::Minute, limits.runs_a_minute);
    minute.into_iter().chain(counted(agent, Unit::Runs, Window::Day, limits.runs_a_day)).collect()
}

/// How many mails an agent may write.
pub fn emails_of(agent: &str, limits: &RunLimits) -> Vec<Ceiling> {
    counted(agent, Unit::Emails, Window::Day, limits.emails_a_day).into_iter().collect()
}

fn counted(agent: &str, unit: Unit, window: Window, most: u32) -> Option<Ceiling> {
    let scope = Scope::Agent(agent.to_owned());
    (most > 0).then_some(Ceiling { scope, unit, window, most: most.into(), grace: false })
}

/// Credits set aside for a call outside of any run.
pub struct SetAside {
    store: WorkspaceStore,
    id: ReservationId,
}

impl SetAside {
    /// None where the call costs nothing.
    pub async fn of(
        store: &WorkspaceStore,
        (budgets, clock, ids): (&Budgets, &dyn Clock, &dyn Ids),
        who: &str,
        most: i64,
    ) -> Result<Option<Self>, CommitError> {
        if most == 0 {
            return Ok(None);
        }
        let id = ReservationId::new(ids);
        let (agent, at) = (who.to_owned(), clock.now());
        let reservation = Reservation { id, run_id: None, agent, tool: None, micros: most, at };
        let op = Op::Reserve {
            reservation: Box::new(reservation),
            ceilings: budgets.ceilings(who, None),
            held: false,
        };
        store.commit(Commit { ops: vec![op] }).await?;
        Ok(Some(Self { store: store.clone(), id }))
    }

    pub async fn settle(self, spent: Spent, clock: &dyn Clock) -> Result<(), CommitError> {
        let op = Op::Settle { reservation_id: self.id, run_id: None, spent, at: clock.now() };
        self.store.commit(Commit { ops: vec![op] }).await.map(|_| ())
    }
}

/// A limit, and what is in use of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitUse {
    pub scope: Scope,
    pub unit: Unit,
    pub window: Window,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Of credits, millionths.
    pub used: i64,
    /// Set aside for what is under way.
    pub reserved: i64,
    /// None where there is no ceiling.
    pub most: Option<i64>,
    pub standing: Standing,
}

/// All limits with what is in use of them now, and what is spent where there is no limit.
pub async fn in_use(
    house: &House,
    store: &WorkspaceStore,
    now: Timestamp,
) -> Result<Vec<LimitUse>, StoreError> {
    let meters = store.meters(now).await?;
    let mut meters: BTreeMap<MeterKey, Meter> =
        meters.into_iter().map(|meter| (meter.key.clone(), meter)).collect();
    let mut ceilings: Vec<Ceiling> = house.budgets.all().cloned().collect();
    for agent in house.agents.names() {
        let limits = house.settings_of(agent).map(|settings| settings.limits).unwrap_or_default();
        ceilings.extend(runs_of(agent, &limits));
        ceilings.extend(emails_of(agent, &limits));
    }
    let mut items: Vec<LimitUse> = ceilings
        .iter()
        .map(|ceiling| {
            let key = ceiling.key(now);
            let meter = meters.remove(&key).unwrap_or_else(|| Meter::new(key));
            let standing = meter.standing(ceiling, now);
            LimitUse { most: Some(ceiling.most), standing, ..LimitUse::of(meter) }
        })
        .collect();
    items.extend(meters.into_values().map(LimitUse::of));
    items.sort_by(|a, b| (a.unit, &a.scope, a.window).cmp(&(b.unit, &b.scope, b.window)));
    Ok(items)
}

impl LimitUse {
    /// Of a meter without a ceiling.
    fn of(meter: Meter) -> Self {
        let ends_at = meter.key.ends_at();
        let Meter { key: MeterKey { scope, unit, window, starts_at }, reserved, used, .. } = meter;
        Self { scope, unit, window, starts_at, ends_at, used, reserved, most: None, standing: Standing::Fine }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_that_cannot_be_are_refused_by_their_key() {
        let day = Budget { day: -1.0, month: 0.0 };
        let config = CreditsConfig { workspace: day, ..CreditsConfig::default() };
        let why = Budgets::new(&config, |_| true).unwrap_err();
        assert!(why.contains("credits.workspace.day is -1"), "{why}");
        let agents = BTreeMap::from([("nobody".to_owned(), Budget::default())]);
        let config = CreditsConfig { agents, ..CreditsConfig::default() };
        assert!(Budgets::new(&config, |_| false).unwrap_err().contains("nobody"));
        let config = CreditsConfig { run: f64::NAN, ..CreditsConfig::default() };
        assert!(Budgets::new(&config, |_| true).unwrap_err().contains("credits.run"));
    }

    #[test]
    fn what_is_spent_stays_within_the_workspaces_the_agents_and_the_tools() {
        let budget = |day| Budget { day, month: 0.0 };
        let config = CreditsConfig {
            workspace: Budget { day: 0.0, month: 9.5 },
            agents: BTreeMap::from([("resolution".to_owned(), budget(2.0))]),
            tools: BTreeMap::from([("lookup".to_owned(), budget(1.0))]),
            ..CreditsConfig::default()
        };
        let budgets = Budgets::new(&config, |_| true).unwrap();
        let most = |agent, tool| {
            budgets.ceilings(agent, tool).iter().map(|ceiling| ceiling.most).collect::<Vec<_>>()
        };
        assert_eq!(most("resolution", Some("lookup")), [9_500_000, 2_000_000, 1_000_000]);
        assert_eq!(most("article", None), [9_500_000]);
    }
}
