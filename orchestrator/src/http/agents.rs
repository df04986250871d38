//! The agents of this service and how they are set.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::agent::AgentSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/agents", get_with(list, list_docs))
}

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
