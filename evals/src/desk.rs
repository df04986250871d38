//! The service with the demo shop in memory, and a conversation held with it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use domain::{
    Clock, Ids, RunId, TicketId, WorkspaceId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    commit::Receipt,
    effect::EffectStatus,
    run::{Run, RunStatus},
    standing::Standing,
    ticket::{Channel, Priority, Visibility},
    user::Actor,
};
use orchestrator::{
    app::{App, Service},
    config::Config,
    demo::{
        self, Plan,
        shop::{Order, OrderStatus, money},
    },
    intake::{NewMessage, NewTicket},
    models::ModelsConfig,
    system::{SystemClock, SystemIds},
};
use tokio::time;

use crate::{
    case::{Case, Expectation, From, Turn, Wanted},
    score::{self, Happened},
};

/// How long one turn may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the run is looked at besides when something is announced.
const LOOK: Duration = Duration::from_millis(200);

/// A running service with a fresh demo workspace.
pub struct Desk {
    service: Service,
    workspace: WorkspaceId,
    orders: VecDeque<Order>,
}

/// One conversation while it is held.
struct Held {
    ticket: TicketId,
    /// Every run that worked on it.
    runs: BTreeSet<RunId>,
    /// The one that works on it now.
    run: RunId,
    /// What the customer has been told is after this version of the ticket.
    read_to: i64,
}

impl Desk {
    /// Starts the service on databases in memory. Without `models` the offline model answers.
    pub async fn open(models: Option<ModelsConfig>) -> anyhow::Result<Self> {
        let key = "ab".repeat(32);
        let mut config = Config::with(&format!(
            "[server]\naddress = \"127.0.0.1:0\"\n[database]\nurl = \"sqlite::memory:\"\n[secrets]\nkey = \"{key}\"\n\
             [demo]\nenabled = true\nshop_url = \"sqlite::memory:\"\n[runs]\nretry_ms = 50\npoll_ms = 50\n\
             [agents.resolution.limits]\nruns_a_minute = 0\nruns_a_day = 0\nemails_a_day = 0\n"
        ))?;
        if let Some(models) = models {
            config.models = models;
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let plan = Plan::demo(config.demo.seed, clock.now())?;
        let service = Service::start(config, clock, ids).await?;
        let workspaces = service.app.store.workspaces().await?;
        let workspace =
            workspaces.iter().find(|w| w.slug == demo::SLUG).context("the demo was not seeded")?.id;
        let spoken_of: BTreeSet<String> = plan.tickets.into_iter().filter_map(|t| t.order_number).collect();
        let orders = plan.orders.into_iter().filter(|order| !spoken_of.contains(&order.number)).collect();
        Ok(Self { service, workspace, orders })
    }

    fn app(&self) -> &App {
        &self.service.app
    }

    pub async fn close(self) {
        self.service.stop().await;
    }

    /// Holds the conversation and says what was not as expected.
    pub async fn hold(&mut self, case: &Case) -> anyhow::Result<Vec<String>> {
        let order = match &case.order {
            Some(wanted) => Some(self.pick(wanted).await?),
            None => None,
        };
        let email = match (&case.from, &order) {
            (Some(From::Owner), Some(order)) => Some(order.email.clone()),
            (Some(From::Email(email)), _) => Some(email.clone()),
            _ => None,
        };
        let words = Words::of(order.as_ref(), email.as_deref());
        let mut held: Option<Held> = None;
        for (n, turn) in case.turns.iter().enumerate() {
            let receipt = self.take(turn, &words, email.as_deref(), held.as_ref()).await?;
            let mut now = match held.take() {
                Some(held) => held,
                None => begun(&receipt)?,
            };
            if let Some(run) = receipt.runs.first() {
                now.run = run.id;
                now.runs.insert(run.id);
            }
            let run = self.settled(now.run).await.with_context(|| format!("turn {n}"))?;
            let happened = self.happened(&mut now, run).await?;
            let findings = score::findings(&words.expectation(&turn.expects), &happened);
            if !findings.is_empty() {
                // What comes later rests on this.
                return Ok(findings.into_iter().map(|finding| format!("turn {n}: {finding}")).collect());
            }
            held = Some(now);
        }
        Ok(Vec::new())
    }

    /// Lets the turn happen.
    async fn take(
        &self,
        turn: &Turn,
        words: &Words,
        email: Option<&str>,
        held: Option<&Held>,
    ) -> anyhow::Result<Receipt> {
        let (app, workspace) = (self.app(), self.workspace);
        let Some(said) = &turn.says else {
            let held = held.context("nothing has been said yet")?;
            let kind = match &turn.rejects {
                Some(reason) => DecisionKind::Reject { reason: reason.clone() },
                None => DecisionKind::Approve,
            };
            return self.decide(held, kind).await;
        };
        let body = words.fill(said);
        let contact = match email {
            Some(email) => {
                let (customer, contact) = app.intake.identify(workspace, email, "").await?;
                Some((customer.id, contact.id))
            }
            None => None,
        };
        let contact_id = contact.map(|(_, contact)| contact);
        let name = "Customer".to_owned();
        match held {
            Some(held) => {
                let message = NewMessage {
                    author_name: name,
                    contact_id,
                    body,
                    attachments: Vec::new(),
                    email: None,
                    idempotency_key: None,
                };
                Ok(app.intake.customer_message(workspace, held.ticket, message).await?)
            }
            None => {
                let ticket = NewTicket {
                    channel: Channel::Chat,
                    subject: String::new(),
                    priority: Priority::Normal,
                    contact,
                    contact_name: name.clone(),
                    body,
                    attachments: Vec::new(),
                    email: None,
                    idempotency_key: None,
                    actor: Actor::Customer { contact_id, name },
                };
                Ok(app.intake.open_ticket(workspace, ticket).await?)
            }
        }
    }

    /// The person who may least of those who may decides on the one thing that waits.
    async fn decide(&self, held: &Held, kind: DecisionKind) -> anyhow::Result<Receipt> {
        let pending = self.pending(held.run).await?;
        let [approval] = pending.as_slice() else {
            bail!("{} approvals wait for a decision, not one", pending.len());
        };
        let users = self.app().store.workspace(self.workspace).users().await?;
        let standings = users.into_iter().map(|user| Standing::built_in(user.id, user.role));
        let able = standings.filter(|standing| standing.answers_for(&approval.role));
        let able = able.min_by_key(|standing| standing.answers_for.len());
        let by = able.with_context(|| format!("nobody answers for the role {}", approval.role.as_str()))?;
        let digest = approval.digest.clone();
        Ok(self.app().intake.decide(self.workspace, approval.id, by, digest, kind).await?)
    }

    async fn pending(&self, run: RunId) -> anyhow::Result<Vec<Approval>> {
        let all = self.app().store.workspace(self.workspace).approvals_of_run(run).await?;
        Ok(all.into_iter().filter(|approval| approval.status == ApprovalStatus::Pending).collect())
    }

    /// Waits until the run has ended or waits for a person.
    async fn settled(&self, id: RunId) -> anyhow::Result<Run> {
        let mut notices = self.app().store.notices();
        let store = self.app().store.workspace(self.workspace);
        let settle = async {
            loop {
                let run = store.run(id).await?.with_context(|| format!("run {id} is gone"))?;
                match run.status {
                    RunStatus::Done => return Ok(run),
                    RunStatus::Dead | RunStatus::Quarantined => {
                        bail!("the run stopped: {}", run.error.as_deref().unwrap_or("without a reason"))
                    }
                    RunStatus::Waiting
                        if run.signals == run.seen_signals && !self.pending(id).await?.is_empty() =>
                    {
                        return Ok(run);
                    }
                    _ => {}
                }
                // Whether it was an announcement or the time that woke us, the run is looked at again.
                time::timeout(LOOK, notices.recv()).await.ok();
            }
        };
        time::timeout(PATIENCE, settle).await.context("the run came to no end in time")?
    }

    async fn happened(&self, held: &mut Held, run: Run) -> anyhow::Result<Happened> {
        let store = self.app().store.workspace(self.workspace);
        let messages = store.messages(held.ticket, Some(held.read_to)).await?;
        held.read_to = store.ticket(held.ticket).await?.context("the ticket is gone")?.version;
        let by_agent = messages.into_iter().filter(|m| {
            m.visibility == Visibility::Public && matches!(m.author, Actor::Agent { .. } | Actor::System)
        });
        let (mut told, mut sources) = (Vec::new(), Vec::new());
        for message in by_agent {
            told.push(message.body);
            sources.extend(message.sources.into_iter().map(|citation| citation.slug));
        }
        let mut done = Vec::new();
        for run in &held.runs {
            let mut effects = store.effects_of_run(*run).await?;
            effects.sort_by_key(|effect| effect.created_at);
            let outside = effects.into_iter().filter(|effect| {
                let tool = self.app().catalog.get(&effect.call.tool);
                effect.status == EffectStatus::Succeeded && tool.is_none_or(|tool| !tool.spec().local)
            });
            done.extend(outside.map(|effect| effect.call.tool));
        }
        let proposed =
            self.pending(run.id).await?.into_iter().map(|approval| approval.binding.call).collect();
        Ok(Happened { outcome: run.outcome, told: told.join("\n\n"), sources, proposed, done })
    }

    /// An order as wanted, which no later case gets.
    async fn pick(&mut self, wanted: &Wanted) -> anyhow::Result<Order> {
        let now = self.app().clock.now();
        // By its field, so that the orders can be taken from meanwhile.
        let shop = self.service.app.shop.as_ref().context("the demo shop is off")?;
        if let Wanted::Number(number) = wanted {
            return shop.order(number).await?.with_context(|| format!("there is no order {number}"));
        }
        let fits = |order: &Order| {
            let days = order.view(now).days_since_delivery;
            match wanted {
                Wanted::Processing => order.status == OrderStatus::Processing,
                Wanted::Shipped => order.status == OrderStatus::Shipped,
                Wanted::Delivered => {
                    order.status == OrderStatus::Delivered
                        && order.refundable_cents() > 0
                        && order.refunded_cents == 0
                        && order.total_cents() < 50_000
                        && days.is_some_and(|days| (2..20).contains(&days))
                }
                Wanted::DeliveredLongAgo => {
                    order.status == OrderStatus::Delivered && days.is_some_and(|days| days > 40)
                }
                Wanted::Cancelled => order.status == OrderStatus::Cancelled,
                Wanted::Refunded => order.status == OrderStatus::Refunded,
                Wanted::Number(_) => false,
            }
        };
        let place = self.orders.iter().position(|order| order.number != demo::TOUR_ORDER && fits(order));
        let order = place.and_then(|place| self.orders.remove(place));
        let number =
            order.with_context(|| format!("the shop has no more orders that are {wanted:?}"))?.number;
        shop.order(&number).await?.with_context(|| format!("the shop does not know {number}"))
    }
}

fn begun(receipt: &Receipt) -> anyhow::Result<Held> {
    let ticket = receipt.tickets.first().context("no ticket was opened")?;
    let run = receipt.runs.first().context("no run was started")?;
    ensure!(run.ticket_id == Some(ticket.id), "the run works on another ticket");
    Ok(Held { ticket: ticket.id, runs: BTreeSet::from([run.id]), run: run.id, read_to: 0 })
}

/// What the placeholders of a case stand for.
struct Words(BTreeMap<&'static str, String>);

impl Words {
    fn of(order: Option<&Order>, email: Option<&str>) -> Self {
        let mut words = BTreeMap::new();
        if let Some(order) = order {
            words.insert("{order}", order.number.clone());
            words.insert("{total}", money(order.total_cents()));
        }
        if let Some(email) = email {
            words.insert("{email}", email.to_owned());
        }
        Self(words)
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn expectation(&self, expected: &Expectation) -> Expectation {
        let mut filled = expected.clone();
        for text in filled.contains.iter_mut().chain(&mut filled.lacks) {
            *text = self.fill(text);
        }
        if let Some(proposal) = &mut filled.proposes {
            for value in proposal.args.values_mut() {
                if let serde_json::Value::String(text) = value {
                    *text = self.fill(text);
                }
            }
        }
        filled
    }
}
