//! Errands of colleagues: what may be proposed, by whom, and having it begun as a run of the ticket.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    Clock, EffectId, RunId, WorkspaceId,
    commit::{Commit, CommitError, NewRun, Op},
    copilot::{Found, LookupError, TicketNamed},
    errand::{AGENT, BegunErrand, Errand, ErrandError, Errands, NewErrand},
    permission::{Permission, Permissions},
    run::Run,
    ticket::{Ticket, TicketStatus},
    tool::{AnyTool, Risk, ToolCall},
};
use serde_json::{Value, json};
use store::{Store, StoreError, WorkspaceStore};
use tools::Catalog;

use super::{PRIORITY, list_source, records::permissions};

/// What stands for what somebody does not see. A masked value is nobody's address and nobody's number.
const MASK: char = '•';

/// See the module.
pub struct ErrandDesk {
    pub store: Store,
    pub catalog: Catalog,
    /// What the agent that makes the calls is granted.
    pub granted: Vec<String>,
    pub clock: Arc<dyn Clock>,
}

impl ErrandDesk {
    fn actions(&self) -> Vec<Arc<dyn AnyTool>> {
        let granted = self.catalog.granted(&self.granted);
        granted.into_iter().filter(|tool| tool.spec().risk != Risk::Read).collect()
    }

    /// For whoever proposes something.
    pub(super) fn list(&self) -> Found {
        let actions = self.actions();
        let words = match actions.len() {
            1 => "1 action that can be proposed".to_owned(),
            n => format!("{n} actions that can be proposed"),
        };
        let list = list_source("tools", &words, BTreeMap::new());
        let rows: Vec<Value> = actions
            .iter()
            .map(|tool| {
                let spec = tool.spec();
                json!({
                    "tool": spec.name,
                    "title": spec.title,
                    "does": spec.description,
                    "risk": spec.risk,
                    "args": spec.parameters,
                })
            })
            .collect();
        let content = json!({ "count": actions.len(), "actions": rows, "ref": list.reference });
        Found { content, sources: vec![list], summary: words }
    }

    async fn ticket(&self, store: &WorkspaceStore, named: TicketNamed) -> Result<Ticket, ErrandError> {
        let found = match named {
            TicketNamed::Id(id) => store.ticket(id).await,
            TicketNamed::Number(number) => store.ticket_by_number(number).await,
        };
        found.map_err(failed)?.ok_or_else(|| ErrandError::Invalid("there is no such ticket".to_owned()))
    }

    fn fitting(&self, errand: &NewErrand) -> Result<Arc<dyn AnyTool>, ErrandError> {
        let tool =
            self.actions().into_iter().find(|tool| tool.spec().name == errand.tool).ok_or_else(|| {
                let names: Vec<String> = self.actions().iter().map(|tool| tool.spec().name.clone()).collect();
                ErrandError::Invalid(format!(
                    "`{}` is nothing that can be proposed; these are: {}",
                    errand.tool,
                    names.join(", ")
                ))
            })?;
        tool.validate(&errand.args).map_err(|error| ErrandError::Invalid(error.to_string()))?;
        if errand.args.to_string().contains(MASK) {
            return Err(ErrandError::Refused(
                "the arguments hold a mask, which stands for what the colleague does not see: they have to do \
                 this in the ticket"
                    .to_owned(),
            ));
        }
        Ok(tool)
    }
}

#[async_trait]
impl Errands for ErrandDesk {
    async fn begin(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
        errand: NewErrand,
    ) -> Result<BegunErrand, ErrandError> {
        let store = self.store.workspace(workspace);
        if let Some(there) = begun(&store, effect).await? {
            return Ok(there);
        }
        let Some(asked) = &run.asked else {
            return Err(ErrandError::Refused("nobody of the staff asks for it".to_owned()));
        };
        let may = permissions(&store, asked.by).await.map_err(|error| match error {
            LookupError::Unavailable(why) => ErrandError::Unavailable(why),
            refused => ErrandError::Refused(refused.to_string()),
        })?;
        let ticket = self.ticket(&store, errand.ticket).await?;
        let tool = self.fitting(&errand)?;
        may_ask_for(&may, tool.spec().risk)?;
        if ticket.status == TicketStatus::Closed {
            let why = format!("ticket #{} is closed; it has to be opened again first", ticket.number);
            return Err(ErrandError::Refused(why));
        }
        if let Some(other) = store.active_run(ticket.id).await.map_err(failed)? {
            return Err(ErrandError::Refused(at_work(&ticket, &other)));
        }
        let id = RunId(effect.0);
        let call = ToolCall { id: AGENT.to_owned(), tool: errand.tool, args: errand.args };
        let (by, said) = (asked.by, asked.text.clone());
        let errand = Errand { by, said, call, customer_version: ticket.customer_version };
        let new = NewRun {
            id,
            ticket_id: Some(ticket.id),
            about: None,
            asked: None,
            errand: Some(Box::new(errand)),
            agent: AGENT.to_owned(),
            priority: PRIORITY,
            wake_at: None,
            at: self.clock.now(),
        };
        let receipt = match store.commit(Commit { ops: vec![Op::EnsureRun(new)] }).await {
            Ok(receipt) => receipt,
            // Another process did this very thing.
            Err(CommitError::Conflict(why)) => {
                return begun(&store, effect).await?.ok_or(ErrandError::Refused(why));
            }
            Err(error) => return Err(ErrandError::Unavailable(error.to_string())),
        };
        match receipt.run(id) {
            Some(_) => Ok(of(&ticket, id)),
            // One was begun at the same moment.
            None => Err(ErrandError::Refused(format!(
                "an agent has just begun to work on ticket #{}; propose it again when it has ended",
                ticket.number
            ))),
        }
    }

    async fn begun(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
    ) -> Result<Option<BegunErrand>, ErrandError> {
        begun(&self.store.workspace(workspace), effect).await
    }
}

async fn begun(store: &WorkspaceStore, effect: EffectId) -> Result<Option<BegunErrand>, ErrandError> {
    let run = store.run(RunId(effect.0)).await.map_err(failed)?;
    let Some((run, ticket_id)) = run.and_then(|run| Some((run.id, run.ticket_id?))) else { return Ok(None) };
    let ticket = store.ticket(ticket_id).await.map_err(failed)?;
    Ok(ticket.map(|ticket| of(&ticket, run)))
}

fn of(ticket: &Ticket, run_id: RunId) -> BegunErrand {
    BegunErrand { run_id, ticket_id: ticket.id, ticket_number: ticket.number }
}

/// Nobody has proposed for them what they might not do themselves.
fn may_ask_for(may: &Permissions, risk: Risk) -> Result<(), ErrandError> {
    let takes = match risk {
        Risk::Read | Risk::Reversible => Permission::EditTickets,
        Risk::Outward | Risk::Irreversible => Permission::ReplyToCustomers,
    };
    if may.contains(takes) {
        return Ok(());
    }
    Err(ErrandError::Refused(format!(
        "this takes the permission {}, which the colleague who asks does not have",
        takes.as_str()
    )))
}

fn at_work(ticket: &Ticket, run: &Run) -> String {
    let number = ticket.number;
    match &run.waiting_for {
        Some(what) => format!(
            "an agent is at work on ticket #{number} and waits for {what}; that comes first, and this can be \
             proposed after it"
        ),
        None => format!("an agent is at work on ticket #{number}; propose it again when it has ended"),
    }
}

fn failed(error: StoreError) -> ErrandError {
    ErrandError::Unavailable(error.to_string())
}
