//! Commands on the records of one workspace.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use domain::{
    ApprovalId, RunId, UserId, WorkspaceId,
    approval::DecisionKind,
    audit::{AuditAction, Deed},
    commit::{Commit, Op},
    excerpt::cut,
    permission::{Permission, Permissions},
    run::RunStatus,
    tool::{Risk, ToolContext},
    user::{Actor, Role, User},
};
use serde_json::{Value, json};
use store::{ApprovalFilter, KeyOwner, RunFilter, TicketFilter, Workspace, WorkspaceStore};

use super::{
    ApprovalsCommand, Command, RunsCommand, TicketsCommand, ToolsCommand, WorkspaceCommand, guards,
    knowledge, output::Output, people, policy, replay, safety, users,
};
use crate::{
    app::App,
    breakers::outside::CameOf,
    engine::{moment::Moment, prompt::step_prompt},
    keys::{self, NewKey},
    password,
};

/// Of a replay for which this configuration lacks something; a difference is 1.
const CANNOT_TELL: u8 = 3;

pub(super) async fn run(
    app: &Arc<App>,
    command: Command,
    workspace: Option<&str>,
    out: Output,
) -> anyhow::Result<ExitCode> {
    if let Command::Workspace { command } = command {
        return workspaces(app, command, workspace, out).await;
    }
    if let Command::Users { command } = command {
        return users::run(app, command, out).await;
    }
    let store = app.store.workspace(pick(app, workspace).await?.id);
    let out = match command {
        Command::Tickets { .. }
        | Command::Runs { .. }
        | Command::Replay(_)
        | Command::Approvals { .. }
        | Command::Audit { .. } => out.exporting(&app.protections, store.id()),
        _ => out,
    };
    match command {
        Command::Kb { command } => return knowledge::run(app, store.id(), command, out).await,
        Command::Tickets { command } => return tickets(&store, command, out).await,
        Command::Runs { command } => return runs(app, &store, command, out).await,
        Command::Replay(args) => return replay::replay(app, &store, *args, out).await,
        Command::Approvals { command } => approvals(app, &store, command, out).await?,
        Command::Policy { command } => return policy::policy(app, &store, command, out).await,
        Command::Autonomy { command } => super::autonomy::run(app, &store, command, out).await?,
        Command::Breakers { command } => safety::breakers(app, &store, command, out).await?,
        Command::Credits { command } => return super::credits::credits(app, &store, command, out).await,
        Command::Guards { command } => return guards::guards(app, &store, command, out).await,
        Command::Audit { command } => return safety::audit(app, &store, command, out).await,
        Command::People { command } => return people::people(app, &store, command, out).await,
        Command::Roles { command } => return people::roles(&store, command, out).await,
        Command::Teams { command } => return people::teams(app, &store, command, out).await,
        Command::Customers { command } => return people::customers(app, &store, command, out).await,
        Command::Tools { command } => tools(app, store.id(), command, out).await?,
        _ => bail!("this command does not work on records"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn pick(app: &App, slug: Option<&str>) -> anyhow::Result<Workspace> {
    let all = app.store.workspaces().await?;
    match slug {
        Some(slug) => {
            let known: Vec<String> = all.iter().map(|w| w.slug.clone()).collect();
            all.into_iter()
                .find(|w| w.slug == slug)
                .with_context(|| format!("there is no workspace `{slug}`; there are: {}", known.join(", ")))
        }
        None => all.into_iter().next().context(
            "there is no workspace yet: `countersign workspace create` makes one, `countersign seed` makes the demo",
        ),
    }
}

async fn workspaces(
    app: &App,
    command: WorkspaceCommand,
    slug: Option<&str>,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        WorkspaceCommand::List => {
            let all = app.store.workspaces().await?;
            let rows: Vec<Vec<String>> =
                all.iter().map(|w| vec![w.slug.clone(), w.name.clone(), w.id.to_string()]).collect();
            let values: Vec<Value> =
                all.iter().map(|w| json!({ "id": w.id, "slug": w.slug, "name": w.name })).collect();
            out.either(&values, || out.table(&["SLUG", "NAME", "ID"], &rows))?;
        }
        WorkspaceCommand::Create { slug, name, owner_email } => {
            // Whoever has an account keeps its password.
            let hash = if app.store.account_by_email(&owner_email).await?.is_some() {
                String::new()
            } else {
                let secret = std::env::var("COUNTERSIGN_PASSWORD")
                    .context("set COUNTERSIGN_PASSWORD to the owner's password, at least 10 characters")?;
                app.sign_in.acceptable(&secret, &owner_email).await.map_err(anyhow::Error::msg)?;
                password::hash(secret, &*app.ids).await.map_err(anyhow::Error::msg)?
            };
            let workspace = app.store.create_workspace(&slug, &name).await?;
            let owner = User {
                id: UserId::new(&*app.ids),
                email: owner_email.to_lowercase(),
                name: owner_email.split('@').next().unwrap_or("Owner").to_owned(),
                role: Role::Owner,
                title: String::new(),
                created_at: app.clock.now(),
                deactivated_at: None,
            };
            let store = app.store.workspace(workspace.id);
            store.create_user(owner, hash).await?;
            store
                .audit(by_hand(app, AuditAction::WorkspaceMade, &slug, json!({ "owner": owner_email })))
                .await?;
            let value = json!({ "id": workspace.id, "slug": slug, "owner": owner_email });
            out.either(&value, || {
                out.line(format!("Made the workspace {slug}; {owner_email} can sign in."))
            })?;
        }
        WorkspaceCommand::Key { name, role, scopes, days } => {
            let workspace = pick(app, slug).await?;
            let store = app.store.workspace(workspace.id);
            let scopes = scopes_of(&role, &scopes)?;
            let expires_at = days.map(|days| {
                app.clock.now().plus(std::time::Duration::from_secs(u64::from(days) * 24 * 3600))
            });
            let account = keys::make_account(app, &store, name.clone(), String::new(), Actor::System).await?;
            let owner = KeyOwner::ServiceAccount(account.id);
            let new = NewKey { name, owner, scopes, expires_at };
            let (_, token) = keys::make(app, &store, new, Actor::System).await?;
            out.either(&json!({ "key": token }), || out.line(format!("{token}\nIt is not shown again.")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a key of this role may without personal data, and what else is named.
fn scopes_of(role: &str, named: &[String]) -> anyhow::Result<Permissions> {
    let mut scopes = match role {
        "none" => Permissions::NONE,
        role => Role::parse(role)
            .and_then(|role| Permissions::of(&role))
            .context("a role is viewer, light_agent, agent, reviewer, admin or owner, or none")?
            .without([Permission::SeePersonalData].into_iter().collect())
            .of_keys(),
    };
    for name in named {
        let permission = Permission::parse(name).with_context(|| {
            format!("`{name}` is no permission; there are: {}", Permissions::all().of_keys().words())
        })?;
        if permission.takes_a_person() {
            bail!("{name} takes a person, and no key has it");
        }
        scopes = scopes.with(permission);
    }
    if scopes.is_empty() {
        bail!("a key without a scope opens nothing: name some with --scopes, or a --role");
    }
    Ok(scopes)
}

/// What somebody did who can run commands on the service's own machine.
pub(super) fn by_hand(app: &App, action: AuditAction, subject: &str, mut detail: Value) -> Deed {
    detail["by"] = "the command line".into();
    Deed { at: app.clock.now(), actor: Actor::System, action, subject: subject.to_owned(), detail }
}

async fn tickets(store: &WorkspaceStore, command: TicketsCommand, out: Output) -> anyhow::Result<ExitCode> {
    match command {
        TicketsCommand::List { limit } => {
            let page = store.tickets(&TicketFilter::default(), limit, None).await?;
            let rows: Vec<Vec<String>> = page
                .items
                .iter()
                .map(|t| {
                    vec![
                        format!("#{}", t.number),
                        t.status.as_str().to_owned(),
                        t.channel.as_str().to_owned(),
                        t.updated_at.rfc3339()[..16].replace('T', " "),
                        t.subject.chars().take(70).collect(),
                    ]
                })
                .collect();
            out.either(&page.items, || {
                out.table(&["TICKET", "STATUS", "CHANNEL", "UPDATED", "SUBJECT"], &rows)
            })?;
        }
        TicketsCommand::Show { number } => {
            let ticket = store
                .ticket_by_number(number)
                .await?
                .with_context(|| format!("there is no ticket #{number}"))?;
            let events = store.events(ticket.id, 0, 1000).await?;
            out.either(&json!({ "ticket": ticket, "events": events }), || {
                let head = format!("#{} {} [{}]", ticket.number, ticket.subject, ticket.status.as_str());
                out.line(head)?;
                for event in &events {
                    let what = cut(&serde_json::to_string(&event.body)?, 160);
                    out.line(format!("{:>4} {} {what}", event.version, &event.at.rfc3339()[..19]))?;
                }
                Ok(())
            })?;
        }
        TicketsCommand::Verify => {
            let differences = store.verify_tickets().await?;
            let values: Vec<String> =
                differences.iter().map(|d| format!("ticket {}: {}", d.ticket_id, d.why)).collect();
            let clean = values.is_empty();
            out.either(&json!({ "ok": clean, "differences": values }), || {
                if clean {
                    out.line("Every snapshot is the fold of its events.")?;
                }
                values.iter().try_for_each(|difference| out.line(difference))
            })?;
            return Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn runs(
    app: &App,
    store: &WorkspaceStore,
    command: RunsCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        RunsCommand::List { status, limit } => {
            let status = match status.as_deref() {
                None => None,
                Some(text) => Some(
                    RunStatus::parse(text)
                        .context("a status is queued, running, waiting, done, dead or quarantined")?,
                ),
            };
            let filter = RunFilter { status, ..RunFilter::default() };
            let page = store.runs(&filter, limit, None).await?;
            let rows: Vec<Vec<String>> = page
                .items
                .iter()
                .map(|r| {
                    vec![
                        r.id.to_string(),
                        r.agent.clone(),
                        r.status.as_str().to_owned(),
                        r.step_count.to_string(),
                        r.outcome.as_ref().map(|o| o.type_name().to_owned()).unwrap_or_default(),
                        r.error.clone().or_else(|| r.waiting_for.clone()).unwrap_or_default(),
                    ]
                })
                .collect();
            out.either(&page.items, || {
                out.table(&["RUN", "AGENT", "STATUS", "STEPS", "OUTCOME", "NOTE"], &rows)
            })?;
        }
        RunsCommand::Show { id, at: Some(at), prompt: true } => {
            let run = store.run(id).await?.with_context(|| format!("there is no run {id}"))?;
            let given = step_prompt(&app.house, store.id(), &run, at).await?;
            out.either(&given, || out.text(given.to_string()))?;
        }
        RunsCommand::Show { id, at: Some(at), prompt: false } => {
            let (run, steps) = run_with_steps(store, id).await?;
            let moment = Moment::of(&app.house, &run, &steps, at)?;
            out.either(&moment, || out.text(moment.to_string()))?;
        }
        RunsCommand::Show { id, at: None, .. } => {
            let (run, steps) = run_with_steps(store, id).await?;
            let effects = store.effects_of_run(id).await?;
            out.either(&json!({ "run": run, "steps": steps, "effects": effects }), || {
                out.line(format!("{} {} [{}]", run.id, run.agent, run.status.as_str()))?;
                for step in &steps {
                    let took = step.finished_at.since(step.started_at).as_millis();
                    let (kind, name) = (step.body.kind(), step.body.name());
                    let body = cut(&serde_json::to_string(&step.body)?, 140);
                    out.line(format!("{:>3} {kind:<9} {name:<24} {took:>6} ms  {body}", step.seq))?;
                }
                effects.iter().try_for_each(|effect| {
                    let (tool, status) = (&effect.call.tool, effect.status.as_str());
                    out.line(format!("effect {} {tool} {status} {}", effect.id, effect.summary))
                })
            })?;
        }
        RunsCommand::Retry { id } => {
            let op = Op::RetryRun { run_id: id, at: app.clock.now() };
            store.commit(Commit { ops: vec![op] }).await?;
            store.audit(by_hand(app, AuditAction::RunRetried, &id.to_string(), json!({}))).await?;
            out.either(&json!({ "queued": id }), || out.line(format!("Run {id} is queued again.")))?;
        }
        RunsCommand::Replay { id } => {
            let report =
                app.replay(store.id(), id).await?.with_context(|| format!("there is no run {id}"))?;
            out.either(&report, || out.line(report.to_string()))?;
            return Ok(match (report.ok, report.missing.is_empty() && report.redacted_at.is_none()) {
                (true, _) => ExitCode::SUCCESS,
                (false, true) => ExitCode::FAILURE,
                (false, false) => ExitCode::from(CANNOT_TELL),
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_with_steps(
    store: &WorkspaceStore,
    id: RunId,
) -> anyhow::Result<(domain::run::Run, Vec<domain::run::Step>)> {
    let run = store.run(id).await?.with_context(|| format!("there is no run {id}"))?;
    let steps = store.steps(id).await?;
    Ok((run, steps))
}

async fn approvals(
    app: &App,
    store: &WorkspaceStore,
    command: ApprovalsCommand,
    out: Output,
) -> anyhow::Result<()> {
    match command {
        ApprovalsCommand::List { limit } => {
            let filter = ApprovalFilter {
                status: Some(domain::approval::ApprovalStatus::Pending),
                ..ApprovalFilter::default()
            };
            let page = store.approvals(&filter, limit, None).await?;
            let rows: Vec<Vec<String>> = page
                .items
                .iter()
                .map(|a| {
                    vec![
                        a.id.to_string(),
                        a.risk.as_str().to_owned(),
                        format!("{:.2}", a.confidence.score),
                        a.expires_at.rfc3339()[..16].replace('T', " "),
                        a.preview.title.clone(),
                    ]
                })
                .collect();
            out.either(&page.items, || out.table(&["APPROVAL", "RISK", "CONF", "EXPIRES", "WHAT"], &rows))
        }
        ApprovalsCommand::Approve { id, yes, by } => {
            let sure = if yes { Sure::Yes } else { Sure::Ask };
            decide(app, store, id, &by.by, DecisionKind::Approve, sure, out).await
        }
        ApprovalsCommand::Reject { id, reason, by } => {
            decide(app, store, id, &by.by, DecisionKind::Reject { reason }, Sure::Yes, out).await
        }
    }
}

/// Whether a person has to say again that they mean it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sure {
    Yes,
    Ask,
}

/// Asks on the terminal; anything but a yes is a no.
fn confirmed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!(
            "nothing was decided: there is no terminal to ask on; look at the title above and add --yes to approve it"
        );
    }
    eprint!("Approve this? [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The member of staff with this address.
pub(super) async fn member(store: &WorkspaceStore, address: &str) -> anyhow::Result<User> {
    store
        .users()
        .await?
        .into_iter()
        .find(|user| user.email.eq_ignore_ascii_case(address) && user.deactivated_at.is_none())
        .with_context(|| format!("nobody in this workspace has the address {address}"))
}

async fn decide(
    app: &App,
    store: &WorkspaceStore,
    id: ApprovalId,
    by: &str,
    kind: DecisionKind,
    sure: Sure,
    out: Output,
) -> anyhow::Result<()> {
    let user = member(store, by).await?;
    let approval = store.approval(id).await?.with_context(|| format!("there is no approval {id}"))?;
    // What is decided is what is shown: people see it before they are asked to be sure.
    eprintln!("{}", approval.preview.title);
    if sure == Sure::Ask && !confirmed()? {
        bail!("nothing was decided; the approval still waits");
    }
    let standing = store.standing(&user).await?;
    let receipt = app.intake.decide(store.id(), id, standing, approval.digest, kind).await?;
    let after = receipt.approvals.into_iter().find(|a| a.id == id).context("the approval vanished")?;
    out.either(&after, || out.line(format!("{} is {}.", after.id, after.status.as_str())))
}

async fn tools(
    app: &Arc<App>,
    workspace: WorkspaceId,
    command: ToolsCommand,
    out: Output,
) -> anyhow::Result<()> {
    app.mcp.connect_all().await;
    match command {
        ToolsCommand::List { query } => {
            let specs = app.catalog.search(query.as_deref().unwrap_or_default());
            let rows: Vec<Vec<String>> = specs
                .iter()
                .map(|s| {
                    let note = app
                        .catalog
                        .suspension(&s.name)
                        .map_or_else(|| s.title.clone(), |x| format!("suspended: {}", x.why));
                    vec![s.name.clone(), s.risk.as_str().to_owned(), note]
                })
                .collect();
            out.either(&specs, || out.table(&["TOOL", "RISK", "WHAT"], &rows))
        }
        ToolsCommand::Call { name, args } => {
            let tool = app.catalog.get(&name).with_context(|| format!("there is no tool `{name}`"))?;
            let args: Value = serde_json::from_str(&args).context("the arguments must be JSON")?;
            tool.validate(&args)?;
            if tool.spec().risk == Risk::Read {
                let takes = Duration::from_millis(app.config.runs.tool_timeout_ms);
                let leave = app.outside.enter_tool(workspace, &*tool, takes).await;
                let leave = leave.map_err(|pause| anyhow::anyhow!("{name} waits for {}", pause.why))?;
                let output = tool.read(&context(app, workspace), &args).await;
                let came = output.as_ref().map_or_else(CameOf::tool, |_| CameOf::Answer);
                app.outside.left(leave, came).await;
                return out.value(&output?.content);
            }
            let value = json!({ "preview": tool.preview(&args), "verdict": app.dry_verdict(workspace, &*tool, &args) });
            eprintln!(
                "{name} has effects: only a run may call it, with a permit. This is what would be judged:"
            );
            out.value(&value)
        }
    }
}

fn context(app: &Arc<App>, workspace: WorkspaceId) -> ToolContext {
    let now = app.clock.now();
    ToolContext {
        workspace_id: workspace,
        run: domain::run::Run {
            id: RunId::new(&*app.ids),
            ticket_id: None,
            about: None,
            asked: None,
            errand: None,
            agent: "cli".to_owned(),
            status: RunStatus::Running,
            priority: 0,
            attempts: 0,
            lease_owner: None,
            fence: 0,
            lease_until: None,
            wake_at: None,
            waiting_for: None,
            signals: 0,
            seen_signals: 0,
            seen_version: 0,
            step_count: 0,
            usage: Default::default(),
            reservations: Vec::new(),
            outcome: None,
            error: None,
            created_at: now,
            updated_at: now,
        },
        ticket: None,
        customer: None,
        contact: None,
        on_behalf_of: None,
        now,
        ports: Arc::clone(&app.house.ports),
    }
}
