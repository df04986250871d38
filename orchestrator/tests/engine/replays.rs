//! What past runs would have come to: nothing is done for it, what nobody knows is said to be unknown, and
//! what was right and would be lost is found.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    approval::DecisionKind,
    model::{Model, ModelFailure, ModelRequest, ModelResponse, TextSink, Usage},
    run::{Run, StepBody},
    tool::ToolCall,
};
use orchestrator::{
    engine::{
        moment::Moment,
        rerun::{Changes, Knowledge},
    },
    gate::{DEFAULT_POLICY, Gate},
    replays::{ReplayClass, ReplayFindings, ReplayRow, Selection},
    testing::model_server::{CapturedRequest, Reply, Script},
};
use serde_json::json;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::rig::{DEAR_ORDER, PLEASE_REFUND, QUESTION, Rig, Setup, final_answer, refunds};

/// Every row of every table, as text.
async fn rows(rig: &Rig) -> BTreeMap<String, Vec<String>> {
    let mut connection = SqliteConnection::connect(&rig.database()).await.unwrap();
    let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let name: String = table.get(0);
        let columns =
            sqlx::query(sqlx::AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{name}')")))
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let columns: Vec<String> =
            columns.iter().map(|column| format!("quote(\"{}\")", column.get::<String, _>(0))).collect();
        let sql = format!("SELECT {} FROM \"{name}\"", columns.join(" || ',' || "));
        let read = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let mut read: Vec<String> = read.iter().map(|row| row.get(0)).collect();
        read.sort();
        all.insert(name, read);
    }
    connection.close().await.unwrap();
    all
}

async fn replayed(rig: &Rig, changes: &Changes) -> ReplayFindings {
    let heard = AtomicUsize::new(0);
    let watch = |done: usize, _: usize| heard.store(done, Ordering::Relaxed);
    let selection = Selection { last: 100, ..Selection::default() };
    let stop = AtomicBool::new(false);
    let found = rig.app().replay_past(&rig.rows(), &selection, changes, (&watch, &stop)).await.unwrap();
    assert_eq!(heard.load(Ordering::Relaxed), found.totals.runs);
    found
}

fn nothing(rig: &Rig) -> Changes {
    Changes::none(&rig.app().house, rig.workspace)
}

fn under(rig: &Rig, policy: &str) -> Changes {
    nothing(rig).with_policy(&rig.app().house, rig.workspace, Arc::new(Gate::parse(policy).unwrap()))
}

fn of<'f>(findings: &'f ReplayFindings, run: &Run) -> &'f ReplayRow {
    findings
        .rows
        .iter()
        .find(|row| row.run_id == run.id)
        .unwrap_or_else(|| panic!("{run:?} in {findings:#?}"))
}

/// Four tickets: a refund that a person approved, one that they rejected, one that the customer overtook, and
/// a question.
async fn worked() -> (Rig, [Run; 4]) {
    let rig = Rig::start(Script::new(|request: &CapturedRequest| {
        let asks = |words: &str| {
            request.messages().iter().any(|m| m["role"] == "user" && m.to_string().contains(words))
        };
        if asks("parcel") { Reply::Json(final_answer("ask", QUESTION, "unclear")) } else { refunds(request) }
    }))
    .await;
    let approved = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(approved).await;
    rig.approve(&asked).await;
    let approved = rig.ended(approved).await;
    let rejected = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(rejected).await;
    let reject = DecisionKind::Reject { reason: "it was worn".to_owned() };
    rig.decide(&asked, rig.reviewer, reject).await.unwrap();
    let rejected = rig.ended(rejected).await;
    let overtaken = rig.open(PLEASE_REFUND).await;
    rig.asked(overtaken).await;
    rig.write(overtaken, "Stop, I keep it.").await;
    let overtaken = rig.ended(overtaken).await;
    let question = rig.open("Where is my parcel?").await;
    let question = rig.ended(question).await;
    (rig, [approved, rejected, overtaken, question])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_changed_comes_to_the_same_and_nothing_is_done_for_it() {
    let (rig, _) = worked().await;
    let (before, asked, keys) = (rows(&rig).await, rig.model.count(), rig.front.keys());
    let looked = rig.front.asked.load(Ordering::SeqCst);
    let found = replayed(&rig, &nothing(&rig)).await;
    assert_eq!((found.totals.runs, found.totals.same), (4, 4), "{found:#?}");
    assert_eq!(found.totals.approvals_were, 3);
    assert_eq!(found.totals.approvals_would_be, 3);
    assert_eq!(found.totals.cost_was_micros, found.totals.cost_would_be_micros);
    assert!(found.totals.cost_was_micros > 0);
    assert_eq!((found.rows.len(), found.totals.questions), (0, 0));
    // Whatever would be done: no row, no model, no shop.
    let freely = DEFAULT_POLICY.replace("risk == \"irreversible\"", "false")
        + "\n[[rule]]\nname = \"all\"\nthen = \"run\"\n";
    replayed(&rig, &under(&rig, &freely)).await;
    assert_eq!(rows(&rig).await, before);
    assert_eq!((rig.model.count(), rig.front.keys()), (asked, keys));
    assert_eq!(rig.front.asked.load(Ordering::SeqCst), looked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_refuses_what_people_approved_loses_it() {
    let (rig, [approved, rejected, ..]) = worked().await;
    let strict = DEFAULT_POLICY.replace(
        "when = 'risk == \"irreversible\"'\nthen = \"ask\"",
        "when = 'risk == \"irreversible\"'\nthen = \"refuse\"",
    );
    assert_ne!(strict, DEFAULT_POLICY);
    let found = replayed(&rig, &under(&rig, &strict)).await;
    let lost = of(&found, &approved);
    assert_eq!(lost.class, ReplayClass::Lost, "{lost:#?}");
    assert!(lost.why[0].starts_with("a person approved it, and it would not be done"), "{lost:#?}");
    assert_eq!((lost.was.approvals, lost.would_be.approvals), (1, 0));
    assert_eq!((lost.was.ends.as_str(), lost.would_be.ends.as_str()), ("answered", "handed_off"));
    assert_eq!((lost.ticket_number, lost.customer.as_str()), (Some(1), "Mira"));
    assert_ne!(of(&found, &rejected).class, ReplayClass::Lost);
    assert_eq!(found.totals.lost, 1);
    // What the model makes of a refusal is not in the journal.
    assert!(found.totals.questions > 0);
    rig.consistent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_lets_run_what_a_person_refused_loses_that() {
    let (rig, [approved, rejected, overtaken, question]) = worked().await;
    let free = DEFAULT_POLICY.replace(
        "when = 'risk == \"irreversible\"'\nthen = \"ask\"",
        "when = 'risk == \"irreversible\"'\nthen = \"run\"",
    );
    let found = replayed(&rig, &under(&rig, &free)).await;
    let runs = of(&found, &approved);
    assert_eq!(runs.class, ReplayClass::Changed, "{runs:#?}");
    assert_eq!((runs.was.approvals, runs.would_be.approvals), (1, 0));
    assert_eq!(runs.was.told, runs.would_be.told);
    let lost = of(&found, &rejected);
    assert_eq!(lost.class, ReplayClass::Lost, "{lost:#?}");
    assert!(lost.why[0].contains("a person rejected it, and it would run by itself"), "{lost:#?}");
    // Nobody knows what the shop would have said to a refund that was overtaken.
    assert_ne!(of(&found, &overtaken).class, ReplayClass::Same);
    assert!(found.rows.iter().all(|row| row.run_id != question.id), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ran_by_itself_and_would_be_asked_waits_for_a_person() {
    let (rig, [.., question]) = worked().await;
    let mut changes = nothing(&rig);
    changes.adjust(&rig.app().house, "resolution", |settings| settings.thresholds.auto = 2.0).unwrap();
    let found = replayed(&rig, &changes).await;
    let row = of(&found, &question);
    assert_eq!((row.class, row.would_be.ends.as_str()), (ReplayClass::Changed, "waits"), "{row:#?}");
    assert_eq!((row.was.approvals, row.would_be.approvals), (0, 1));
}

/// Looks another order up than anybody did.
struct Elsewhere;

#[async_trait]
impl Model for Elsewhere {
    async fn complete(
        &self,
        _: &ModelRequest,
        _: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let args = json!({ "order_number": DEAR_ORDER });
        Ok(ModelResponse {
            text: None,
            tool_calls: vec![ToolCall { id: String::new(), tool: "shop__get_order".to_owned(), args }],
            usage: Usage::default(),
            model: "elsewhere".to_owned(),
            provider: "test".to_owned(),
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_looked_up_is_unknown_and_never_invented() {
    let (rig, [approved, ..]) = worked().await;
    let looked = rig.front.asked.load(Ordering::SeqCst);
    let found = replayed(&rig, &nothing(&rig).with_model(Arc::new(Elsewhere))).await;
    let row = of(&found, &approved);
    assert_eq!((row.class, row.would_be.ends.as_str()), (ReplayClass::Unknown, "unknown"), "{row:#?}");
    assert!(row.why[0].contains("nobody looked up then"), "{row:#?}");
    assert_eq!(found.totals.unknown, 4);
    assert_eq!(rig.front.asked.load(Ordering::SeqCst), looked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_passages_of_then_count_unless_todays_are_asked_for() {
    let setup = Setup { folders: true, stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(
        setup,
        Script::new(|_: &CapturedRequest| Reply::Json(final_answer("ask", QUESTION, "unclear"))),
    )
    .await;
    let ticket = rig.open("Can I return an unused backpack?").await;
    let run = rig.ended(ticket).await;
    let steps = rig.steps(run.id).await;
    let found = |step: &domain::run::Step| {
        matches!(&step.body, StepBody::Tool { call, outcome: domain::run::CallOutcome::Ok { content }, .. }
        if call.tool == "search_knowledge" && content.to_string().contains("45 days"))
    };
    assert!(steps.iter().any(found), "{steps:#?}");
    let then = replayed(&rig, &nothing(&rig)).await;
    assert_eq!((then.totals.same, then.totals.questions), (1, 0), "{then:#?}");
    let before = rows(&rig).await;
    let today = replayed(&rig, &nothing(&rig).with_knowledge(Knowledge::Today)).await;
    assert_eq!(today.totals.same, 1, "{today:#?}");
    // The same articles make the same question, which the journal has answered.
    assert_eq!((today.totals.questions, rows(&rig).await == before), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_fails_on_a_loss_and_tries_other_prompts() {
    let (mut rig, [approved, ..]) = worked().await;
    let steps = rig.steps(approved.id).await;
    rig.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let strict = DEFAULT_POLICY.replace(
        "when = 'risk == \"irreversible\"'\nthen = \"ask\"",
        "when = 'risk == \"irreversible\"'\nthen = \"refuse\"",
    );
    std::fs::write(path("strict.toml"), strict).unwrap();
    let said = |output: &std::process::Output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let same = rig.command(&["replay"]);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    assert!(said(&same).contains("4 runs: 4 the same"), "{}", said(&same));
    let page = path("replay.html");
    let lost = rig.command(&["replay", "--policy", &path("strict.toml"), "--html", &page]);
    assert_eq!(lost.status.code(), Some(1), "{}", said(&lost));
    assert!(said(&lost).contains("1 lost"), "{}", said(&lost));
    let mode = std::fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "customers are in it");
    let page = std::fs::read_to_string(page).unwrap();
    for wanted in
        ["something right is lost", "strict.toml", "#1", "a person approved it, and it would not be done"]
    {
        assert!(page.contains(wanted), "{wanted} is missing in {page}");
    }
    assert!(page.contains(&approved.id.to_string()) && page.contains("handed off"), "{page}");
    let nowhere = rig.command(&["replay", "--html", &path("no/such/replay.html")]);
    assert!(said(&nowhere).contains("there is no folder"), "{}", said(&nowhere));
    let allowed = rig.command(&["--json", "replay", "--policy", &path("strict.toml"), "--allow-losses", "1"]);
    assert_eq!(allowed.status.code(), Some(0), "{}", said(&allowed));
    let told: ReplayFindings = serde_json::from_slice(&allowed.stdout).unwrap();
    assert_eq!(told.totals.lost, 1);
    // A prompt in other words asks every question anew.
    let (before, asked) = (rows(&rig).await, rig.model.count());
    let prompt = include_str!("../../../prompts/resolution/system.md");
    std::fs::create_dir(path("resolution")).unwrap();
    std::fs::write(path("resolution/system.md"), format!("{prompt}\nBe brief.\n")).unwrap();
    let prompted = rig.command(&["replay", "--prompts", &path(""), &approved.id.to_string()]);
    assert_eq!(prompted.status.code(), Some(0), "{}", said(&prompted));
    let models = steps.iter().filter(|step| matches!(step.body, StepBody::Model { .. })).count();
    assert_eq!(rig.model.count() - asked, models);
    // What that cost is in the ledger, and nothing else is anywhere.
    let after = rows(&rig).await;
    let paid = |table: &&String| table.starts_with("credit") || *table == "meters";
    let changed: Vec<&String> = after.keys().filter(|table| before[*table] != after[*table]).collect();
    assert!(!changed.is_empty() && changed.iter().all(paid), "{changed:?}");
    let none = rig.command(&["replay", "--prompts", "/nowhere"]);
    assert!(said(&none).contains("holds no prompt"), "{}", said(&none));
    // What holds nothing shows nothing.
    let later = rig.command(&["replay", "--since", "2999-01-01"]);
    assert_eq!(later.status.code(), Some(3), "{}", said(&later));
    let unknown = rig.command(&["replay", &uuid::Uuid::nil().to_string()]);
    assert!(said(&unknown).contains("there is no run"), "{}", said(&unknown));
    let nobody = rig.command(&["replay", "--agent", "resolutoin"]);
    assert!(said(&nobody).contains("there are: "), "{}", said(&nobody));
    let at = rig.command(&["runs", "show", &approved.id.to_string(), "--at", "2"]);
    assert!(said(&at).contains("next:"), "{}", said(&at));
    rig.begin().await;
    rig.consistent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_shown_as_it_stood_after_each_step() {
    let (rig, [approved, ..]) = worked().await;
    let steps = rig.steps(approved.id).await;
    let asked = steps.iter().position(|step| matches!(step.body, StepBody::Proposed { .. })).unwrap();
    let house = &rig.app().house;
    let moment = Moment::of(house, &approved, &steps, asked as i64).unwrap();
    let open: Vec<(&str, &str)> =
        moment.open.iter().map(|call| (call.tool.as_str(), call.status.as_str())).collect();
    assert_eq!(open, [("shop__refund_order", "waits")]);
    assert_eq!(moment.messages, 1);
    assert_eq!(moment.customer_said.as_deref(), Some(PLEASE_REFUND));
    assert!(moment.next.contains("shop__refund_order"), "{}", moment.next);
    assert!(moment.settled.iter().any(|call| call.tool == "shop__get_order" && call.status == "ok"));
    let last = Moment::of(house, &approved, &steps, steps.len() as i64 - 1).unwrap();
    assert!(last.open.is_empty() && last.next.starts_with("the end: answered"), "{last:#?}");
    assert_eq!(last.usage, approved.usage);
    assert!(moment.usage.cost_micros < last.usage.cost_micros);
    let beyond = Moment::of(house, &approved, &steps, 99).unwrap_err().to_string();
    assert!(beyond.contains("steps 0 to"), "{beyond}");
}
