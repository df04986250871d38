//! The agents of this service: how they are set, and what they did.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{Timestamp, agent::AgentSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AgentFigures as Counted, AgentPeriod as CountedPeriod};

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/agents", get_with(list, list_docs))
        .api_route("/v1/agents/figures", get_with(figures, figures_docs))
}

/// Days that figures go back, today included.
const DAYS: u16 = 7;

/// All agents.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentList {
    pub items: Vec<AgentView>,
}

/// An agent and its settings.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentView {
    pub name: String,
    pub description: String,
    pub settings: AgentSettings,
    /// Names of the tools it is granted, suspended ones left out.
    pub tools: Vec<String>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listAgents")
        .tag("agents")
        .summary("List agents")
        .description("What each is for, its thresholds and the tools it is granted.")
}

async fn list(State(http): State<Http>, _: Staff<may::ReadTools>) -> Result<Json<AgentList>, Problem> {
    let items = http
        .app
        .agents
        .names()
        .into_iter()
        .filter_map(|name| {
            let agent = http.app.agents.get(name)?;
            let settings = http.app.house.settings_of(agent.name())?;
            let tools = http
                .app
                .catalog
                .granted(&settings.tools)
                .iter()
                .map(|tool| tool.spec().name.clone())
                .collect();
            Some(AgentView {
                name: agent.name().to_owned(),
                description: agent.description().to_owned(),
                settings,
                tools,
            })
        })
        .collect();
    Ok(Json(AgentList { items }))
}

/// What all agents did. Days are UTC; credits are in millionths.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentFiguresList {
    pub at: Timestamp,
    /// Every agent of this service, and any other that did something.
    pub items: Vec<AgentFigures>,
}

/// An agent now, and what it did until now.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentFigures {
    pub agent: String,
    /// Runs that it works on, or will when their turn comes.
    pub at_work: i64,
    /// Runs that wait for a person, a message or a time.
    pub waiting: i64,
    /// Since midnight (UTC).
    pub today: AgentPeriod,
    /// The last 7 days, today included.
    pub week: AgentPeriod,
}

/// What an agent did in a time. A run counts on the day it ended, and once.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentPeriod {
    /// Runs that ended, in whatever way.
    pub runs: i64,
    /// Those that answered the customer.
    pub answered: i64,
    /// Those that asked the customer for something.
    pub asked: i64,
    /// Those that gave the ticket to a person.
    pub handed_off: i64,
    /// Those that did what they were begun for while no customer waited.
    pub done: i64,
    /// Those in which nothing was to be done.
    pub nothing: i64,
    /// Those that were given up or quarantined.
    pub failed: i64,
    /// Tickets that it resolved.
    pub resolved: i64,
    /// How many of these were opened again since.
    pub reopened: i64,
    /// What the runs that ended cost.
    pub cost_micros: i64,
    /// Calls with an effect that were carried out.
    pub calls: i64,
    /// How sure it was of these calls on average, 0 to 1; null without one.
    pub confidence: Option<f64>,
}

fn figures_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showAgentFigures").tag("agents").summary("What agents did").description(
        "How the runs of each agent ended today and in the last 7 days, what they resolved and cost, and how sure it \
         was of what it did.",
    )
}

async fn figures(
    State(http): State<Http>,
    staff: Staff<may::ReadSystem>,
) -> Result<Json<AgentFiguresList>, Problem> {
    let at = http.app.clock.now();
    let mut counted = staff.store(&http).agent_figures(at, DAYS).await?;
    for name in http.app.agents.names() {
        counted.entry(name.to_owned()).or_default();
    }
    let items = counted.into_iter().map(|(agent, counted)| AgentFigures::of(agent, &counted)).collect();
    Ok(Json(AgentFiguresList { at, items }))
}

impl AgentFigures {
    fn of(agent: String, counted: &Counted) -> Self {
        let (at_work, waiting) = (counted.at_work, counted.waiting);
        Self {
            agent,
            at_work,
            waiting,
            today: AgentPeriod::of(&counted.today),
            week: AgentPeriod::of(&counted.days),
        }
    }
}

impl AgentPeriod {
    fn of(counted: &CountedPeriod) -> Self {
        let CountedPeriod { answered, asked, handed_off, done, nothing, failed, .. } = *counted;
        Self {
            runs: answered + asked + handed_off + done + nothing + failed,
            answered,
            asked,
            handed_off,
            done,
            nothing,
            failed,
            resolved: counted.resolved,
            reopened: counted.reopened,
            cost_micros: counted.cost_micros,
            calls: counted.calls,
            confidence: (counted.calls > 0)
                .then(|| counted.confidence as f64 / 1000.0 / counted.calls as f64),
        }
    }
}
