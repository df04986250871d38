//! Tool use on the retail shop of τ²-bench: its tools over MCP, and for each task a model that makes the calls which
//! the benchmark calls right. What is tried is everything between the two: that tools are found and described, that
//! reads run, that each change waits for a person with exactly these arguments and nothing is changed meanwhile, and
//! that the shop ends as it would have by the calls alone.

mod server;
mod shop;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use domain::{
    Clock, Ids, TicketId, UserId, WorkspaceId,
    approval::{ApprovalStatus, DecisionKind},
    canonical::Digest,
    model::{Model, ModelError, ModelFailure, ModelRequest, ModelResponse, TextSink, Usage},
    run::{CallOutcome, Run, RunStatus, Step, StepBody},
    standing::Standing,
    ticket::{Channel, Priority},
    tool::ToolCall,
    user::{Actor, Role, User},
};
use orchestrator::{
    app::{Brought, Service},
    config::Config,
    intake::NewTicket,
    system::SystemIds,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{self, Instant};

use crate::{
    clock::EvalClock,
    desk::Held,
    record::{Scene, StepLine, WaitingLine},
    score::Finding,
    story,
    suite::Manifest,
};
use server::Server;
use shop::{CHANGES, Shop};

/// What the catalog puts before the shop's own names.
const PREFIX: &str = "retail__";
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);

/// A task, with the calls that the benchmark calls right.
#[derive(Clone, Debug)]
pub struct Task {
    pub name: String,
    says: String,
    calls: Vec<Gold>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Gold {
    name: String,
    arguments: Value,
}

impl Task {
    pub fn digest(&self) -> Digest {
        Digest::of(&(&self.name, &self.says, &self.calls))
    }
}

/// The suite's tasks.
pub fn tasks(manifest: &Manifest, data: &Path) -> anyhow::Result<Vec<Task>> {
    let all: Vec<Value> = read(manifest, data, "tasks")?;
    all.iter()
        .map(|task| {
            let id = task["id"].as_str().context("a task has no id")?;
            let calls = task["evaluation_criteria"]["actions"].as_array().cloned().unwrap_or_default();
            let calls = calls.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
            let wish = task["user_scenario"]["instructions"]["reason_for_call"].as_str().unwrap_or_default();
            // The model finds its task by this, in a word that no guard takes for a number of somebody's.
            let says = format!("{wish}\n\n{}", mark(id));
            Ok(Task { name: format!("task {id}"), says, calls })
        })
        .collect()
}

fn mark(id: &str) -> String {
    let letters: String = id.bytes().map(|digit| char::from(b'a' + digit.saturating_sub(b'0'))).collect();
    format!("(task-{letters})")
}

fn read<T: serde::de::DeserializeOwned>(manifest: &Manifest, data: &Path, name: &str) -> anyhow::Result<T> {
    let file =
        manifest.with["files"][name].as_str().with_context(|| format!("`with.files.{name}` is missing"))?;
    let path = data.join(file);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} has another form", path.display()))
}

/// Makes the calls of the task that the conversation names, one after the other, and ends.
struct Scripted(BTreeMap<String, Vec<Gold>>);

#[async_trait]
impl Model for Scripted {
    async fn complete(
        &self,
        request: &ModelRequest,
        _sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        if request.output_schema.as_ref().is_none_or(|schema| schema.name != "answer") {
            return Err(ModelError::Refused("the script only answers".to_owned()).into());
        }
        let said: Vec<&str> = request.facts.conversation.iter().map(|turn| turn.text.as_str()).collect();
        let named = self.0.iter().find(|(mark, _)| said.iter().any(|text| text.contains(mark.as_str())));
        let Some((_, calls)) = named else {
            return Err(ModelError::Refused("the conversation names no task".to_owned()).into());
        };
        let made = request.facts.results.iter().filter(|result| result.call.tool.starts_with(PREFIX)).count();
        let (text, tool_calls) = match calls.get(made) {
            Some(gold) => {
                let call = ToolCall {
                    id: format!("gold-{made}"),
                    tool: format!("{PREFIX}{}", gold.name),
                    args: gold.arguments.clone(),
                };
                (None, vec![call])
            }
            None => {
                let answer = json!({
                    "kind": "answer", "reply": "Thank you. I have looked at everything that you asked for.",
                    "citations": [], "confidence": 0.9, "resolved": true, "reason": "the script is at its end",
                });
                (Some(answer.to_string()), Vec::new())
            }
        };
        let name = "scripted".to_owned();
        Ok(ModelResponse { text, tool_calls, usage: Usage::default(), model: name.clone(), provider: name })
    }
}

/// Whether the call was made as it is, and answered.
fn was_read(steps: &[Step], gold: &Gold) -> bool {
    steps.iter().any(|step| match &step.body {
        StepBody::Tool { call, outcome: CallOutcome::Ok { .. }, .. } => {
            call.tool.strip_prefix(PREFIX) == Some(&gold.name) && call.args == gold.arguments
        }
        _ => false,
    })
}

/// The service with the retail shop's tools.
pub struct Desk {
    service: Service,
    workspace: WorkspaceId,
    server: Server,
    beginning: Shop,
    reviewer: Standing,
}

impl Desk {
    pub async fn open(manifest: &Manifest, data: &Path, tasks: &[Task]) -> anyhow::Result<Self> {
        Self::open_under(manifest, data, tasks, "").await
    }

    /// Under this policy; the built-in one for no file.
    async fn open_under(
        manifest: &Manifest,
        data: &Path,
        tasks: &[Task],
        policy: &str,
    ) -> anyhow::Result<Self> {
        let beginning = Shop::new(read(manifest, data, "records")?);
        let tools: Vec<Value> = read(manifest, data, "tools")?;
        let server = Server::start(beginning.clone(), &tools).await?;
        let key = "cd".repeat(32);
        let mut config = Config::with(&format!(
            "[server]\naddress = \"127.0.0.1:0\"\n[database]\nurl = \"sqlite::memory:\"\n[secrets]\nkey = \"{key}\"\n\
             [runs]\nretry_ms = 50\npoll_ms = 50\n[agents.resolution]\nmax_model_calls = 60\n\
             tools = [\"search_knowledge\", \"reply_to_customer\", \"escalate\", \"{PREFIX}*\"]\n\
             [agents.resolution.limits]\nsteps = 300\nidentical_calls = 20\nruns_a_minute = 0\nruns_a_day = 0\n\
             [[tools.mcp]]\nname = \"retail\"\nurl = \"{}\"\nrate = \"none\"\n",
            server.url
        ))?;
        policy.clone_into(&mut config.policy.file);
        let script = tasks.iter().filter_map(|task| {
            let mark = task.says.lines().last()?;
            Some((mark.to_owned(), task.calls.clone()))
        });
        let brought = Brought { model: Some(Arc::new(Scripted(script.collect()))), ..Brought::default() };
        let clock: Arc<dyn Clock> = Arc::new(EvalClock::new());
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let service = Service::start_with(config, clock, Arc::clone(&ids), brought).await?;
        let app = &service.app;
        let workspace = app.store.create_workspace("retail", "Retail").await?.id;
        let user = User {
            id: UserId::new(&*ids),
            email: "reviewer@retail.example".to_owned(),
            name: "Reviewer".to_owned(),
            role: Role::Owner,
            title: String::new(),
            created_at: app.clock.now(),
            deactivated_at: None,
        };
        let reviewer = Standing::built_in(user.id, user.role.clone());
        app.store.workspace(workspace).create_user(user, String::new()).await?;
        let desk = Self { service, workspace, server, beginning, reviewer };
        desk.connected(&tools).await?;
        Ok(desk)
    }

    /// Waits for the tools, and accepts those whose descriptions speak to an agent, as an admin would.
    async fn connected(&self, tools: &[Value]) -> anyhow::Result<()> {
        let app = &self.service.app;
        let wait = async {
            loop {
                for suspension in app.catalog.suspended() {
                    app.mcp.accept(&suspension.name, None).await?;
                }
                let there = tools.iter().all(|tool| {
                    let name = tool["function"]["name"].as_str().unwrap_or_default();
                    app.catalog.get(&format!("{PREFIX}{name}")).is_some()
                });
                if there {
                    return anyhow::Ok(());
                }
                time::sleep(LOOK).await;
            }
        };
        time::timeout(PATIENCE, wait).await.context("the retail shop's tools did not come")?
    }

    pub async fn close(self) {
        self.service.stop().await;
    }

    /// Holds a task. The shop is one, so tasks are held one after another.
    pub async fn hold(&self, task: &Task) -> anyhow::Result<Held> {
        let began = Instant::now();
        self.server.put(self.beginning.clone());
        let app = &self.service.app;
        let email = format!("customer{}@mail.example", task.name.replace(' ', "-"));
        let (customer, contact) = app.intake.identify(self.workspace, &email, "Customer").await?;
        let name = "Customer".to_owned();
        let ticket = NewTicket {
            channel: Channel::Chat,
            subject: String::new(),
            priority: Priority::Normal,
            contact: Some((customer.id, contact.id)),
            contact_name: name.clone(),
            body: task.says.clone(),
            attachments: Vec::new(),
            email: None,
            idempotency_key: None,
            actor: Actor::Customer { contact_id: Some(contact.id), name },
        };
        let receipt = app.intake.open_ticket(self.workspace, ticket).await?;
        let ticket = receipt.tickets.first().context("no ticket was opened")?.id;
        let run = receipt.runs.first().context("no run was started")?.clone();
        let mut held = Held::default();
        let changes: Vec<&Gold> =
            task.calls.iter().filter(|gold| CHANGES.contains(&gold.name.as_str())).collect();
        let mut expected = self.beginning.clone();
        let mut approved = 0;
        let run = loop {
            let run = self.settled(run.clone()).await?;
            held.story.push(self.scene(&run, approved, ticket).await?);
            if run.status == RunStatus::Done {
                break run;
            }
            for approval in self.pending(&run).await? {
                let call = &approval.binding.call;
                if let Some(tool) = call.tool.strip_prefix(PREFIX) {
                    if self.server.records() != expected {
                        let text = format!("the shop is not as it was agreed to be when {tool} waits");
                        held.findings.push(Finding::critical("consent", text));
                    }
                    match changes.get(approved) {
                        Some(gold) if gold.name == tool && gold.arguments == call.args => {}
                        gold => held.findings.push(Finding::of(
                            "proposes",
                            format!("{tool} {} waits, and {gold:?} is right", call.args),
                        )),
                    }
                    if let Err(why) = expected.call(tool, &call.args) {
                        held.findings.push(Finding::of("gold", format!("the shop refuses {tool}: {why}")));
                    }
                    self.server.agree(tool, &call.args);
                    approved += 1;
                }
                app.intake
                    .decide(
                        self.workspace,
                        approval.id,
                        self.reviewer.clone(),
                        approval.digest.clone(),
                        DecisionKind::Approve,
                    )
                    .await?;
            }
        };
        for change in self.server.unasked() {
            held.findings.push(Finding::critical("consent", format!("nobody agreed to {change}")));
        }
        let steps = app.store.workspace(self.workspace).steps(run.id).await?;
        let mut gold = self.beginning.clone();
        for call in &task.calls {
            // Some of the right calls are ones that the shop refuses.
            let answered = gold.call(&call.name, &call.arguments).is_ok();
            if answered && !CHANGES.contains(&call.name.as_str()) && !was_read(&steps, call) {
                let text = format!("{} {} did not come back with an answer", call.name, call.arguments);
                held.findings.push(Finding::of("reads", text));
            }
        }
        if self.server.records() != gold {
            held.findings.push(Finding::of("records", "the shop did not end as the right calls leave it"));
        }
        if approved != changes.len() {
            let text = format!("{approved} changes were approved, of {} that are right", changes.len());
            held.findings.push(Finding::of("proposes", text));
        }
        held.spent.steps = run.step_count;
        held.spent.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(held)
    }

    async fn pending(&self, run: &Run) -> anyhow::Result<Vec<domain::approval::Approval>> {
        let all = self.service.app.store.workspace(self.workspace).approvals_of_run(run.id).await?;
        Ok(all.into_iter().filter(|approval| approval.status == ApprovalStatus::Pending).collect())
    }

    async fn settled(&self, run: Run) -> anyhow::Result<Run> {
        let app = &self.service.app;
        let mut notices = app.store.notices();
        let settle = async {
            loop {
                let store = app.store.workspace(self.workspace);
                let run = store.run(run.id).await?.context("the run is gone")?;
                match run.status {
                    RunStatus::Done => return Ok(run),
                    RunStatus::Dead | RunStatus::Quarantined => {
                        bail!("the run stopped: {}", run.error.as_deref().unwrap_or("without a reason"))
                    }
                    RunStatus::Waiting
                        if run.signals == run.seen_signals && !self.pending(&run).await?.is_empty() =>
                    {
                        return Ok(run);
                    }
                    _ => {}
                }
                time::timeout(LOOK, notices.recv()).await.ok();
            }
        };
        time::timeout(PATIENCE, settle).await.context("the run came to no end in time")?
    }

    async fn scene(&self, run: &Run, approved: usize, ticket: TicketId) -> anyhow::Result<Scene> {
        ensure!(run.ticket_id == Some(ticket), "the run works on another ticket");
        let steps = self.service.app.store.workspace(self.workspace).steps(run.id).await?;
        let lines = steps.iter().map(|step| StepLine {
            kind: step.body.kind().to_owned(),
            name: step.body.name().to_owned(),
            detail: story::detail(&step.body),
        });
        let waiting = self.pending(run).await?.into_iter().map(|approval| WaitingLine {
            tool: approval.binding.call.tool.clone(),
            args: approval.binding.call.args.clone(),
            role: approval.role.as_str().to_owned(),
            why: approval.why.clone(),
        });
        Ok(Scene {
            who: if approved == 0 { "the customer" } else { "a reviewer" }.to_owned(),
            did: if approved == 0 { "asks".to_owned() } else { format!("has approved {approved}") },
            told: Vec::new(),
            // Told once, when all has been done.
            steps: if run.status == RunStatus::Done { lines.collect() } else { Vec::new() },
            waiting: waiting.collect(),
            standing: run.status.as_str().to_owned(),
            reason: String::new(),
            expected: Value::Null,
            findings: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests;
