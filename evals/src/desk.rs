//! The service with the demo shop in memory, and conversations held with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use domain::{
    Clock, Ids, RunId, TicketId, WorkspaceId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    commit::Receipt,
    knowledge::Said as About,
    model::Model,
    run::{Run, RunStatus},
    standing::Standing,
    ticket::{Channel, Priority},
    user::Actor,
};
use orchestrator::{
    app::{App, Brought, Service},
    breakers::Outside,
    config::Config,
    demo::{self, Plan},
    intake::{NewMessage, NewTicket},
    knowledge::add_markdown,
    models::{self, ModelsConfig},
    system::SystemIds,
};
use serde_json::Value;
use tokio::time::{self, Instant};

use crate::{
    case::{Case, Turn},
    clock::EvalClock,
    fixtures::{Fixtures, Place},
    judge::{Judge, Judgement, Said},
    record::{Scene, Spent},
    runner::Options,
    score::{self, Finding},
    story::{self, Seen},
    suite::Manifest,
    tapes::{self, Mode},
};

/// How long one turn may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the run is looked at besides when something is announced.
const LOOK: Duration = Duration::from_millis(200);
/// The least time between two looks.
const PAUSE: Duration = Duration::from_millis(25);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A running service with a fresh demo workspace. Conversations on it do not see each other.
pub struct Desk {
    service: Service,
    workspace: WorkspaceId,
    plan: Plan,
    clock: Arc<EvalClock>,
    judge: Option<Arc<Judge>>,
}

/// What came of a case.
#[derive(Default)]
pub struct Held {
    pub findings: Vec<Finding>,
    pub story: Vec<Scene>,
    pub spent: Spent,
}

/// One conversation while it is held.
pub(crate) struct Conversation {
    pub ticket: TicketId,
    /// Every run that worked on it.
    pub runs: BTreeSet<RunId>,
    /// The one that works on it now.
    pub run: RunId,
    pub seen: Seen,
    /// So far, by whom.
    pub said: Vec<Said>,
}

impl Desk {
    /// Starts the service on databases in memory, with the models, tapes and judge of the options.
    pub async fn open(options: &Options) -> anyhow::Result<Self> {
        let seed = options.seed;
        let key = "ab".repeat(32);
        let mut config = Config::with(&format!(
            "[server]\naddress = \"127.0.0.1:0\"\n[database]\nurl = \"sqlite::memory:\"\n[secrets]\nkey = \"{key}\"\n\
             [demo]\nenabled = true\nseed = {seed}\nshop_url = \"sqlite::memory:\"\n[runs]\nretry_ms = 50\npoll_ms = 50\n\
             [agents.resolution.limits]\nruns_a_minute = 0\nruns_a_day = 0\nemails_a_day = 0\n"
        ))?;
        if let Some(models) = &options.models {
            config.models = models.clone();
        }
        let clock = Arc::new(EvalClock::new());
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let plan = Plan::demo(config.demo.seed, clock.now())?;
        let port = Arc::clone(&clock) as Arc<dyn Clock>;
        let model = match &options.tapes {
            Some(tapes) => Some(tapes.model(recorded(&config, tapes.mode(), &port, &ids)?)),
            None => None,
        };
        let brought = Brought { model, ..Brought::default() };
        let service = Service::start_with(config, port, ids, brought).await?;
        let workspaces = service.app.store.workspaces().await?;
        let workspace =
            workspaces.iter().find(|w| w.slug == demo::SLUG).context("the demo was not seeded")?.id;
        Ok(Self { service, workspace, plan, clock, judge: options.judge.clone() })
    }

    pub fn app(&self) -> &App {
        &self.service.app
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.service.address
    }

    pub async fn close(self) {
        self.service.stop().await;
    }

    /// Holds the conversation and says what was not as expected. It goes on after a turn that was not, because
    /// what may never happen may also happen then, and stops where the next turn cannot be.
    pub async fn hold(&self, manifest: &Manifest, case: &Case, place: Place) -> anyhow::Result<Held> {
        let began = Instant::now();
        let shop = self.app().shop.as_ref().context("the demo shop is off")?;
        let fixtures = Fixtures::lay(case, place, &self.plan, shop, self.clock.now()).await?;
        self.add_knowledge(case, &fixtures).await?;
        let mut held = Held::default();
        let mut conversation: Option<Conversation> = None;
        for (n, turn) in case.turns.iter().enumerate() {
            match self.turn(manifest, turn, &fixtures, &mut conversation, &mut held.spent).await {
                Ok(mut scene) => {
                    for finding in &mut scene.findings {
                        finding.text = format!("turn {n}: {}", finding.text);
                    }
                    held.findings.extend(scene.findings.iter().cloned());
                    held.story.push(scene);
                }
                Err(error) => {
                    held.findings.push(Finding::of("turn", format!("turn {n}: {error:#}")));
                    break;
                }
            }
        }
        if let Some(conversation) = &conversation {
            self.count(conversation, &mut held.spent).await?;
        }
        let most = case.most.or(manifest.most);
        for (what, was, most) in [
            ("steps", held.spent.steps, most.steps),
            ("cost_micros", held.spent.cost_micros, most.cost_micros),
        ] {
            if let Some(most) = most.filter(|most| was > *most) {
                held.findings.push(Finding::of(what, format!("{was} were taken, {most} are the most")));
            }
        }
        held.spent.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(held)
    }

    async fn add_knowledge(&self, case: &Case, fixtures: &Fixtures) -> anyhow::Result<()> {
        for article in &case.knowledge {
            let said = About { visibility: Some(article.visibility), ..About::default() };
            let text = fixtures.fill(&article.text);
            add_markdown(self.app(), self.workspace, &article.slug, &text, &said, Actor::System)
                .await
                .with_context(|| format!("the article `{}`", article.slug))?;
        }
        Ok(())
    }

    async fn turn(
        &self,
        manifest: &Manifest,
        turn: &Turn,
        fixtures: &Fixtures,
        conversation: &mut Option<Conversation>,
        spent: &mut Spent,
    ) -> anyhow::Result<Scene> {
        let receipt = self.take(turn, fixtures, conversation.as_ref()).await?;
        let mut now = match conversation.take() {
            Some(conversation) => conversation,
            None => begun(receipt.as_ref().context("nothing was said")?)?,
        };
        if let Some(run) = receipt.iter().flat_map(|receipt| &receipt.runs).next() {
            now.run = run.id;
            now.runs.insert(run.id);
        }
        let settled = self.settled(&mut now).await;
        // A run that broke off is part of the story, and of what others expect after it.
        let run = match settled {
            Ok(run) => run,
            Err(error) => {
                *conversation = Some(now);
                return Err(error);
            }
        };
        let expected = fixtures.expectation(&turn.expects)?;
        let (happened, mut scene) = story::look(self, &mut now, run, fixtures).await?;
        (scene.who, scene.did) = story::deed(turn, fixtures);
        now.said.push(Said { who: scene.who.clone(), text: scene.did.clone() });
        scene.expected = serde_json::to_value(&expected)?;
        scene.findings = score::findings(&expected, &happened);
        scene.findings.extend(score::never(&manifest.always, &happened)?);
        let unanswered = happened.failures.iter().filter(|failure| failure.contains(tapes::MISSING));
        scene.findings.extend(unanswered.map(|failure| Finding::critical(score::TAPE, failure)));
        if let Some(criterion) = &expected.judge {
            scene.findings.extend(self.judged(criterion, &now.said, &happened.told, spent).await?);
        }
        if !happened.told.is_empty() {
            now.said.push(Said { who: "the desk".to_owned(), text: happened.told.clone() });
        }
        if !happened.sources.is_empty() {
            let grounding = score::grounding(&happened);
            let carried = grounding.claims().filter(|sentence| sentence.is_supported()).count();
            spent.claims += grounding.claims().count() as u64;
            spent.carried += carried as u64;
        }
        *conversation = Some(now);
        Ok(scene)
    }

    /// Has the answer judged by a criterion, if there is a judge.
    async fn judged(
        &self,
        criterion: &str,
        before: &[Said],
        told: &str,
        spent: &mut Spent,
    ) -> anyhow::Result<Option<Finding>> {
        let Some(judge) = &self.judge else {
            spent.judged.not_asked += 1;
            return Ok(None);
        };
        let judgement = judge.judge(criterion, before, told, spent).await?;
        match &judgement {
            Judgement::Met => spent.judged.met += 1,
            Judgement::NotMet { .. } => spent.judged.not_met += 1,
            Judgement::NotJudged { .. } => spent.judged.not_judged += 1,
        }
        Ok(judgement.finding(criterion))
    }

    /// Lets the turn happen.
    async fn take(
        &self,
        turn: &Turn,
        fixtures: &Fixtures,
        held: Option<&Conversation>,
    ) -> anyhow::Result<Option<Receipt>> {
        if let Some(said) = &turn.says {
            return self.say(fixtures.fill(said), fixtures, held).await.map(Some);
        }
        let held = held.context("nothing has been said yet")?;
        if let Some(hours) = turn.hours {
            self.clock.forward(HOUR * hours);
            return Ok(None);
        }
        let pending = self.pending(held.run).await?;
        let [approval] = pending.as_slice() else {
            bail!("{} approvals wait for a decision, not one", pending.len());
        };
        let kind = if let Some(reason) = &turn.rejects {
            DecisionKind::Reject { reason: fixtures.fill(reason) }
        } else if let Some(message) = &turn.responds {
            DecisionKind::Respond { message: fixtures.fill(message) }
        } else if let Some(changes) = &turn.edits {
            let mut args = approval.binding.call.args.clone();
            let mut changes = Value::Object(changes.clone());
            fixtures.fill_value(&mut changes);
            if let (Some(args), Value::Object(changes)) = (args.as_object_mut(), changes) {
                args.extend(changes);
            }
            DecisionKind::Edit { args }
        } else {
            DecisionKind::Approve
        };
        self.decide(approval, kind).await.map(Some)
    }

    async fn say(
        &self,
        body: String,
        fixtures: &Fixtures,
        held: Option<&Conversation>,
    ) -> anyhow::Result<Receipt> {
        let (app, workspace) = (self.app(), self.workspace);
        let contact = match &fixtures.email {
            Some(email) => {
                let (customer, contact) = app.intake.identify(workspace, email, &fixtures.name).await?;
                Some((customer.id, contact.id))
            }
            None => None,
        };
        let contact_id = contact.map(|(_, contact)| contact);
        let name = match contact {
            Some(_) => fixtures.name.clone(),
            None => "Visitor".to_owned(),
        };
        if let Some(held) = held {
            let message = NewMessage {
                author_name: name,
                contact_id,
                body,
                attachments: Vec::new(),
                email: None,
                idempotency_key: None,
            };
            return Ok(app.intake.customer_message(workspace, held.ticket, message).await?);
        }
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

    /// The person who may least of those who may decides.
    async fn decide(&self, approval: &Approval, kind: DecisionKind) -> anyhow::Result<Receipt> {
        let users = self.app().store.workspace(self.workspace).users().await?;
        let standings = users.into_iter().map(|user| Standing::built_in(user.id, user.role));
        let able = standings.filter(|standing| standing.answers_for(&approval.role));
        let able = able.min_by_key(|standing| standing.answers_for.len());
        let by = able.with_context(|| format!("nobody answers for the role {}", approval.role.as_str()))?;
        let digest = approval.digest.clone();
        Ok(self.app().intake.decide(self.workspace, approval.id, by, digest, kind).await?)
    }

    pub(crate) async fn pending(&self, run: RunId) -> anyhow::Result<Vec<Approval>> {
        let all = self.app().store.workspace(self.workspace).approvals_of_run(run).await?;
        Ok(all.into_iter().filter(|approval| approval.status == ApprovalStatus::Pending).collect())
    }

    /// Waits until the run has ended or waits for a person. A run that another took over from is left for that.
    async fn settled(&self, held: &mut Conversation) -> anyhow::Result<Run> {
        let mut notices = self.app().store.notices();
        let store = self.app().store.workspace(self.workspace);
        let settle = async {
            loop {
                let run = store.run(held.run).await?.with_context(|| format!("run {} is gone", held.run))?;
                match run.status {
                    RunStatus::Done => return Ok(run),
                    RunStatus::Dead | RunStatus::Quarantined => {
                        bail!("the run stopped: {}", run.error.as_deref().unwrap_or("without a reason"))
                    }
                    RunStatus::Waiting if run.signals == run.seen_signals => {
                        let pending = self.pending(held.run).await?;
                        let now = self.clock.now();
                        if !pending.is_empty() && pending.iter().all(|approval| approval.expires_at > now) {
                            return Ok(run);
                        }
                    }
                    _ => {}
                }
                // Many conversations hear of everything that any of them does: not each word is worth a look.
                time::sleep(PAUSE).await;
                // Whether it was an announcement or the time that woke us, the run is looked at again.
                time::timeout(LOOK, notices.recv()).await.ok();
            }
        };
        time::timeout(PATIENCE, settle).await.context("the run came to no end in time")?
    }

    async fn count(&self, held: &Conversation, spent: &mut Spent) -> anyhow::Result<()> {
        let store = self.app().store.workspace(self.workspace);
        for id in &held.runs {
            if let Some(run) = store.run(*id).await? {
                spent.steps += run.step_count;
                spent.tokens += run.usage.tokens_in + run.usage.tokens_out;
                spent.cost_micros += run.usage.cost_micros;
            }
        }
        Ok(())
    }
}

fn begun(receipt: &Receipt) -> anyhow::Result<Conversation> {
    let ticket = receipt.tickets.first().context("no ticket was opened")?;
    let run = receipt.runs.first().context("no run was started")?;
    ensure!(run.ticket_id == Some(ticket.id), "the run works on another ticket");
    Ok(Conversation {
        ticket: ticket.id,
        runs: BTreeSet::from([run.id]),
        run: run.id,
        seen: Seen::default(),
        said: Vec::new(),
    })
}

/// The provider whose answers are recorded, as the service has it: behind placeholders. None where tapes are only
/// played.
fn recorded(
    config: &Config,
    mode: Mode,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> anyhow::Result<Option<Arc<dyn Model>>> {
    if mode == Mode::Strict {
        return Ok(None);
    }
    // What the offline model says in the provider's place is nothing to record.
    let providers = ModelsConfig { offline_fallback: false, ..config.models.clone() };
    let outside = Outside::alone(Arc::clone(clock), Arc::clone(ids), &config.breakers, &providers);
    let protections = config.guards.protections()?;
    let (outside, courses) = (Arc::new(outside), config.knowledge.answering);
    Ok(Some(models::build(&providers, courses, &protections, &outside, Arc::clone(clock), Arc::clone(ids))?))
}

/// Desks that are opened when they are wanted: one for all cases that may share it, and one for each other.
pub struct Desks<'o> {
    options: &'o Options,
    shared: tokio::sync::OnceCell<Desk>,
}

impl<'o> Desks<'o> {
    pub fn new(options: &'o Options) -> Self {
        Self { options, shared: tokio::sync::OnceCell::new() }
    }

    pub async fn hold(&self, manifest: &Manifest, case: &Case, place: Place) -> anyhow::Result<Held> {
        // What a model is shown must be the same in every run, and it is shown the ticket's number.
        if case.wants_a_desk_of_its_own() || self.options.tapes.is_some() {
            let desk = Desk::open(self.options).await?;
            let held = desk.hold(manifest, case, place).await;
            desk.close().await;
            return held;
        }
        let open = || Desk::open(self.options);
        self.shared.get_or_try_init(open).await?.hold(manifest, case, place).await
    }

    pub async fn close(self) {
        if let Some(desk) = self.shared.into_inner() {
            desk.close().await;
        }
    }
}

/// The orders of a case as the shop has them now.
pub(crate) async fn records(desk: &Desk, fixtures: &Fixtures) -> anyhow::Result<BTreeMap<String, Value>> {
    let shop = desk.app().shop.as_ref().context("the demo shop is off")?;
    let mut records = BTreeMap::new();
    for (name, order) in &fixtures.orders {
        if let Some(order) = shop.order(&order.number).await? {
            records.insert(name.clone(), serde_json::to_value(order.view(desk.clock.now()))?);
        }
    }
    Ok(records)
}
