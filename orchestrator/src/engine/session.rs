//! One run while it is worked on: what is known of it, and what is not written yet ([`super::writing`]).

use std::sync::{Arc, OnceLock};

use domain::{
    EventId, Timestamp, WorkspaceId,
    agent::{AgentSettings, RunView},
    approval::{Approval, ApprovalStatus, Question},
    breaker::WAITS,
    canonical::Digest,
    commit::Op,
    copilot::Asked,
    customer::{Contact, Customer},
    effect::Effect,
    model::{ToolSchema, Usage},
    run::{CallOutcome, Run, RunInput, Step, StepBody},
    ticket::{Channel, EventBody, Message, NewEvent, Ticket, Visibility},
    tool::ToolContext,
    user::Actor,
};
use store::{ReadyRun, Term, WorkspaceStore};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{Instrument as _, info_span};

use super::{
    House,
    failure::{Paid, settle_failure},
    suspicions::Suspicions,
};
use crate::{breakers::automatic::Pass, live::LiveBody, models::offline::slots};

/// Why work on a run stops.
#[derive(Debug, Error)]
pub(super) enum Halt {
    /// The run is where it should be: waiting, done, or handed back.
    #[error("parked")]
    Parked,
    /// Another worker has it.
    #[error("the lease was lost")]
    LeaseLost,
    /// The attempt failed; try again later.
    #[error("{0}")]
    Retry(String),
    /// The journal cannot be continued from.
    #[error("{0}")]
    Quarantine(String),
}

impl From<store::StoreError> for Halt {
    fn from(error: store::StoreError) -> Self {
        match error {
            // Reading it again would read the same.
            store::StoreError::Row { .. } => Self::Quarantine(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

/// What is kept of a run that waits, so that whoever goes on with it here need not read it again.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) steps: Vec<Step>,
    suspicions: Suspicions,
    intent: OnceLock<String>,
}

pub(super) struct Session {
    pub(super) house: Arc<House>,
    pub(super) store: WorkspaceStore,
    pub(super) run: Run,
    pub(super) settings: Arc<AgentSettings>,
    pub(super) tools: Arc<Vec<ToolSchema>>,
    pub(super) workspace_name: String,
    pub(super) steps: Vec<Step>,
    /// How many of `steps` are in the database.
    pub(super) written: usize,
    /// What goes with the next commit, besides the steps.
    pub(super) ops: Vec<Op>,
    pub(super) ticket: Option<Ticket>,
    pub(super) customer: Option<Customer>,
    pub(super) contact: Option<Contact>,
    pub(super) approvals: Vec<Approval>,
    pub(super) effects: Vec<Effect>,
    pub(super) stopping: watch::Receiver<bool>,
    /// Until when the run is surely this process's.
    pub(super) term: Term,
    pub(super) suspicions: Suspicions,
    /// What the customer asked for by what was heard so far, once it was asked about.
    pub(super) intent: OnceLock<String>,
    /// While the agent's breaker is being tried: what comes of this run decides.
    pub(super) probe: Option<Pass>,
    pub(super) paid: Paid,
    /// The last write failed: what it held is not known to be written or not.
    pub(super) failed_to_write: bool,
}

/// Works on a leased run until it waits, ends, or fails.
pub(super) async fn work(house: Arc<House>, ready: ReadyRun, stopping: watch::Receiver<bool>) {
    let span =
        info_span!("run", id = %ready.run.id, workspace = %ready.workspace_id, agent = %ready.run.agent);
    async move {
        let run = ready.run.clone();
        let workspace = ready.workspace_id;
        let lease = ready.lease;
        if run.attempts >= house.runs.max_attempts {
            // Leases that ran out count as attempts, so a run that kills its workers ends here.
            let halt = Halt::Retry(format!("{} attempts ended without a word", run.attempts));
            settle_failure(&house, workspace, &run, halt, (None, Paid::default())).await;
            return;
        }
        // Whatever it is in the middle of: what goes on after the lease is somebody else's to do. Not by asking
        // the database, which may be what is out of reach.
        let mut term = lease.term();
        let loading =
            Session::load(Arc::clone(&house), (ready.workspace_id, ready.run), lease.term(), stopping);
        let loaded = tokio::select! {
            biased;
            () = term.ended() => Err(Halt::LeaseLost),
            loaded = loading => loaded,
        };
        let mut session = match loaded {
            Ok(session) => session,
            Err(halt) => {
                settle_failure(&house, workspace, &run, halt, (None, Paid::default())).await;
                return;
            }
        };
        session.typing(true);
        let halt = tokio::select! {
            biased;
            () = term.ended() => Halt::LeaseLost,
            halt = async {
                let halt = session.drive().await;
                session.keep(halt).await
            } => halt,
        };
        session.typing(false);
        let asked = session.run.asked.clone();
        let probe = session.probe.take();
        match halt {
            Halt::Parked => {
                let stopped = session.run.waiting_for.as_ref().is_some_and(|waits| waits.contains(WAITS));
                match probe {
                    Some(probe) if stopped => house.outside.automatic.released(probe).await,
                    // A probe that came so far as to wait for somebody has worked.
                    probe if probe.is_some() || !session.run.status.is_active() => {
                        house.outside.run_ended(workspace, &session.run.agent, probe, None).await;
                    }
                    _ => {}
                }
                if session.run.status.is_active() {
                    let Session { run, steps, suspicions, intent, .. } = session;
                    house.journals.insert(run.id, Arc::new(Known { steps, suspicions, intent }));
                } else {
                    house.journals.invalidate(&session.run.id);
                }
            }
            halt => {
                house.journals.invalidate(&session.run.id);
                let (run, paid) = (session.run, session.paid);
                settle_failure(&house, workspace, &run, halt, (probe, paid)).await;
            }
        }
        if let Some(asked) = asked {
            let Asked { by, thread_id, seq, .. } = *asked;
            house.live.send(workspace, LiveBody::CopilotTurned { by, thread_id, seq });
        }
    }
    .instrument(span)
    .await;
}

impl Session {
    async fn load(
        house: Arc<House>,
        (workspace, run): (WorkspaceId, Run),
        term: Term,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, Halt> {
        let store = house.store.workspace(workspace);
        let settings = house
            .settings_of(&run.agent)
            .ok_or_else(|| Halt::Quarantine(format!("there is no agent `{}` in this version", run.agent)))?;
        let tools = house.granted.of(&house.catalog, &run.agent, &settings);
        let around = store.around_run(run.id, run.ticket_id, run.seen_version).await?;
        let resumed = run.step_count > 0;
        let known = match house.journals.get(&run.id) {
            Some(known) if known.steps.len() as i64 == run.step_count => Arc::unwrap_or_clone(known),
            _ if resumed => Known { steps: store.steps(run.id).await?, ..Known::default() },
            _ => Known::default(),
        };
        let Known { steps, suspicions, intent } = known;
        let missing = (0..run.step_count).find(|n| steps.get(*n as usize).is_none_or(|step| step.seq != *n));
        if let Some(missing) = missing {
            return Err(Halt::Quarantine(format!(
                "step {missing} of {} is missing from the journal",
                run.step_count
            )));
        }
        if steps.len() as i64 > run.step_count {
            return Err(Halt::Quarantine(format!(
                "the journal goes on at step {}, where it should end",
                run.step_count
            )));
        }
        let workspace_name = house.workspace_name(workspace).await?;
        let mut session = Self {
            settings: Arc::new(settings),
            tools,
            workspace_name,
            written: steps.len(),
            steps,
            ops: Vec::new(),
            customer: around.customer,
            contact: around.contacts.into_iter().next(),
            approvals: around.approvals,
            effects: around.effects,
            stopping,
            term,
            suspicions,
            intent,
            paid: Paid::default(),
            probe: None,
            failed_to_write: false,
            ticket: around.ticket,
            run,
            store,
            house,
        };
        session.forfeit();
        if session.steps.is_empty() {
            metrics::histogram!("countersign_run_start_seconds")
                .record(session.house.clock.now().since(session.run.created_at).as_secs_f64());
            session.count_run();
            session.begin(around.messages, around.heard).await?;
        } else if session.run.signals != session.run.seen_signals {
            session.take_in(around.messages).await?;
        }
        Ok(session)
    }

    /// Journals what the run starts from.
    async fn begin(&mut self, messages: Vec<Message>, heard: u32) -> Result<(), Halt> {
        if let Some(about) = self.run.about {
            let input = self.input_about(about).await?;
            self.run.seen_signals = self.run.signals;
            self.push(StepBody::Started { input: Box::new(input) }, None);
            return Ok(());
        }
        if let Some(asked) = &self.run.asked {
            let input = self.input_asked(asked).await?;
            self.run.seen_signals = self.run.signals;
            self.push(StepBody::Started { input: Box::new(input) }, None);
            return Ok(());
        }
        let reports = match &self.ticket {
            // A ticket that was only opened and written to has none.
            Some(ticket) if ticket.version > 1 + messages.len() as i64 => self.reports(ticket, 0).await?,
            _ => Vec::new(),
        };
        let input = RunInput {
            ticket: self.ticket.clone(),
            messages,
            reports,
            heard,
            customer: self.customer.clone(),
            contact: self.contact.clone(),
            data: serde_json::Value::Null,
        };
        if let Some(ticket) = &self.ticket {
            self.run.seen_version = ticket.version;
        }
        self.run.seen_signals = self.run.signals;
        self.push(StepBody::Started { input: Box::new(input) }, None);
        Ok(())
    }

    /// Takes in what reached the run since it last looked: new messages, decisions.
    pub(super) async fn observe(&mut self) -> Result<(), Halt> {
        if self.run.signals == self.run.seen_signals {
            return Ok(());
        }
        let around = self.store.around_run(self.run.id, self.run.ticket_id, self.run.seen_version).await?;
        self.approvals = around.approvals;
        // Those that go with the next commit are not in the database yet.
        for op in &self.ops {
            if let Op::AddApproval(new) = op
                && !self.approvals.iter().any(|a| a.id == new.id)
            {
                self.approvals.push((**new).clone());
            }
        }
        self.ticket = around.ticket;
        self.take_in(around.messages).await
    }

    /// Journals what was said and reported since the run last looked.
    async fn take_in(&mut self, messages: Vec<Message>) -> Result<(), Halt> {
        self.run.seen_signals = self.run.signals;
        let Some(ticket) = &self.ticket else { return Ok(()) };
        let version = ticket.version;
        // What was only asked, decided or noted since brought nothing for agents.
        let reports = match ticket.customer_version > self.run.seen_version {
            true => self.reports(ticket, self.run.seen_version).await?,
            false => Vec::new(),
        };
        let news: Vec<Message> = messages
            .into_iter()
            .filter(|m| {
                let own = match m.author {
                    Actor::Agent { run_id, .. } => run_id == self.run.id,
                    Actor::System => true,
                    _ => false,
                };
                m.visibility == Visibility::Public && !own
            })
            .collect();
        self.run.seen_version = version;
        if !news.is_empty() || !reports.is_empty() {
            self.push(StepBody::Observed { messages: news, reports, ticket_version: version }, None);
            self.bring_back();
        }
        // Whatever moved the ticket on for agents, nobody can decide on what was proposed before it.
        self.supersede();
        Ok(())
    }

    /// The last state of the ticket that carried something for agents, as far as this run has read:
    /// what it proposes rests on that. A newer one that it has not read yet is never claimed.
    pub(super) fn customer_version(&self) -> i64 {
        self.ticket.as_ref().map_or(0, |t| t.customer_version.min(self.run.seen_version))
    }

    /// Calls that wait for a person, or were approved and not begun, rest on an older state of the
    /// conversation: the agent has to consider them anew.
    fn supersede(&mut self) {
        let now = self.house.clock.now();
        let current = self.customer_version();
        let stale: Vec<Approval> = self
            .approvals
            .iter()
            .filter(|a| {
                a.question == Question::Call
                    && matches!(
                        a.status,
                        ApprovalStatus::Pending | ApprovalStatus::Approved | ApprovalStatus::Edited
                    )
                    && a.binding.customer_version != current
                    && !self.is_settled(&a.binding.call.id)
                    && !self.effects.iter().any(|e| e.call.id == a.binding.call.id)
            })
            .cloned()
            .collect();
        for approval in stale {
            if approval.status == ApprovalStatus::Pending {
                self.ops.push(Op::EndApproval {
                    approval_id: approval.id,
                    status: ApprovalStatus::Superseded,
                    at: now,
                });
            }
            // A call that went back to review has several approvals; the first holds it as it was asked for.
            if !self.is_settled(&approval.binding.call.id) {
                let call = approval.binding.call;
                self.journal_call(&call, &call, None, Some(approval.id), CallOutcome::Superseded);
            }
        }
    }

    pub(super) fn is_settled(&self, call_id: &str) -> bool {
        self.steps.iter().any(|s| matches!(&s.body, StepBody::Tool { call, .. } if call.id == call_id))
    }

    pub(super) fn view(&self) -> RunView<'_> {
        RunView {
            run: &self.run,
            steps: &self.steps,
            settings: &self.settings,
            tools: Arc::clone(&self.tools),
            procedures: &self.house.procedures,
            workspace_name: &self.workspace_name,
        }
    }

    /// Under which addresses records are the customer's: the contact's, or, for who gave none, those
    /// that they name in what they write. Knowing one is all the proof there is then, as with an order's
    /// number.
    fn addresses(&self) -> Vec<String> {
        if let Some(contact) = &self.contact {
            return vec![contact.email.to_lowercase()];
        }
        let said = self.steps.iter().flat_map(|step| match &step.body {
            StepBody::Started { input } => input.messages.as_slice(),
            StepBody::Observed { messages, .. } => messages.as_slice(),
            _ => &[],
        });
        let customers = said.filter(|message| matches!(message.author, Actor::Customer { .. }));
        customers.filter_map(|message| slots::email(&message.body)).collect()
    }

    pub(super) fn context(&self) -> ToolContext {
        ToolContext {
            workspace_id: self.store.id(),
            run: self.run.clone(),
            ticket: self.ticket.clone(),
            customer: self.customer.clone(),
            contact: self.contact.clone(),
            on_behalf_of: Some(self.addresses()),
            now: self.house.clock.now(),
            ports: Arc::clone(&self.house.ports),
        }
    }

    pub(super) fn push(&mut self, body: StepBody, input_digest: Option<Digest>) {
        let now = self.house.clock.now();
        self.push_timed(body, input_digest, Usage::default(), None, now);
    }

    pub(super) fn push_timed(
        &mut self,
        body: StepBody,
        input_digest: Option<Digest>,
        usage: Usage,
        prompt: Option<String>,
        started_at: Timestamp,
    ) {
        let model = match &body {
            StepBody::Model { response, .. } | StepBody::Unusable { response: Some(response), .. } => {
                Some(response.model.clone())
            }
            _ => None,
        };
        if body.is_heard() {
            self.intent = OnceLock::new();
        }
        self.steps.push(Step {
            seq: self.steps.len() as i64,
            body,
            input_digest,
            usage,
            prompt,
            model,
            started_at,
            finished_at: self.house.clock.now(),
        });
        self.look_for_triggers();
    }

    pub(super) fn ticket_event(&mut self, body: EventBody) {
        if let Some(ticket_id) = self.run.ticket_id {
            let event = self.new_event(body);
            self.ops.push(Op::Append { ticket_id, events: vec![event] });
        }
    }

    pub(super) fn new_event(&self, body: EventBody) -> NewEvent {
        NewEvent {
            id: EventId::new(&*self.house.ids),
            idempotency_key: None,
            actor: Actor::Agent { agent: self.run.agent.clone(), run_id: self.run.id },
            body,
            at: self.house.clock.now(),
        }
    }

    fn typing(&self, on: bool) {
        if let Some(ticket) = &self.ticket
            && ticket.channel == Channel::Chat
        {
            let agent = self.run.agent.clone();
            self.house.live.send(self.store.id(), LiveBody::Typing { ticket_id: ticket.id, agent, on });
        }
    }
}
