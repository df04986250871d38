//! The command line, on what the service has left.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use domain::{
    Clock, Ids,
    approval::ApprovalStatus,
    breaker::{
        BreakerOf,
        automatic::{Move, Terms},
    },
};
use orchestrator::{system::SystemIds, testing::model_server::Script};
use sqlx::{Connection as _, SqliteConnection};
use store::{Store, StoreOptions};

use crate::rig::{ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, Setup, refunds};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// As a service would have left it.
async fn opened_by_itself(rig: &Rig, of: BreakerOf) {
    let clock = Arc::clone(&rig.clock) as Arc<dyn Clock>;
    let options = StoreOptions { owner: "test".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let store =
        Store::open(&rig.database(), options, clock, Arc::new(SystemIds) as Arc<dyn Ids>).await.unwrap();
    let terms = Terms {
        failures: 5,
        error_rate: 0.0,
        window: Duration::from_secs(60),
        minimum: 20,
        cool_down: Duration::from_secs(30),
        longest: Duration::from_secs(900),
        probes: 2,
    };
    let opens = Move::Open { reason: "failed 5 times in a row".to_owned(), error: "status 500".to_owned() };
    assert!(store.workspace(rig.workspace).move_breaker(of, opens, terms).await.unwrap().done);
    store.close().await;
}

#[test]
fn a_reader_who_has_enough_ends_a_command_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("openapi")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The description is longer than a pipe holds.
    let mut line = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "{\n");
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(complaint, "");
    assert!(child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_without_a_terminal_takes_a_yes() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.stop().await;
    let id = approval.id.to_string();
    let approve = ["approvals", "approve", &id, "--as", "reviewer@engine.example"];
    let unsure = rig.command(&approve);
    assert!(!unsure.status.success());
    let complaint = complained(&unsure);
    assert!(complaint.contains(&approval.preview.title) && complaint.contains("--yes"), "{complaint}");
    let sure = rig.command(&[&approve[..], &["--yes"]].concat());
    assert!(sure.status.success(), "{}", complained(&sure));
    assert!(complained(&sure).contains(&approval.preview.title));
    assert_eq!(said(&sure), format!("{id} is approved.\n"));
    rig.begin().await;
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let after = rig.rows().approval(approval.id).await.unwrap().unwrap();
    assert_eq!(after.status, ApprovalStatus::Approved);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_tells_what_this_configuration_lacks_from_a_difference() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await.id.to_string();
    rig.stop().await;
    let replay = ["runs", "replay", &run];
    let same = rig.command(&replay);
    assert_eq!(same.status.code(), Some(0), "{}", complained(&same));

    rig.setup.without_tools = true;
    let lacking = rig.command(&replay);
    assert_eq!(lacking.status.code(), Some(3), "{}", said(&lacking));
    let told = said(&lacking);
    for tool in ["shop__get_order", "shop__refund_order"] {
        assert!(told.contains(&format!("the tool `{tool}`")), "{told}");
    }
    rig.setup.without_tools = false;

    let mut connection = SqliteConnection::connect(&rig.database()).await.unwrap();
    let meddle =
        "UPDATE steps SET body = replace(body, 'Innsbruck', 'Salzburg') WHERE body LIKE '%Innsbruck%'";
    sqlx::query(meddle).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let differs = rig.command(&replay);
    assert_eq!(differs.status.code(), Some(1), "{}", said(&differs));
    assert!(said(&differs).contains("(model) differs"), "{}", said(&differs));

    let meddle = "UPDATE steps SET prompt = 'resolution/system@999' WHERE prompt IS NOT NULL";
    let mut connection = SqliteConnection::connect(&rig.database()).await.unwrap();
    sqlx::query(meddle).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let lacking = rig.command(&replay);
    assert_eq!(lacking.status.code(), Some(3), "{}", said(&lacking));
    assert!(said(&lacking).contains("the prompt `resolution/system@999`"), "{}", said(&lacking));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_written_for_programs_as_the_workspace_lets_them_leave() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open("My card is 4111 1111 1111 1111, write to nora.field@example.com.").await;
    rig.asked(ticket).await;
    rig.stop().await;
    let shown = said(&rig.command(&["--json", "tickets", "show", "1"]));
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["ticket"]["id"], ticket.to_string());
    assert!(shown.contains("card is •••• 1111, write to n•••@e•••.com"), "{shown}");
    assert!(!shown.contains("1111 1111") && !shown.contains("nora.field"), "{shown}");
    let verified = said(&rig.command(&["tickets", "verify"]));
    assert!(verified.contains("Every snapshot"), "{verified}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn breakers_and_the_audit_have_commands() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    rig.stop().await;
    let run = |arguments: &[&str]| rig.command(arguments);
    let as_reviewer = ["--reason", "wrong amounts", "--as", "reviewer@engine.example"];
    let as_admin = ["--reason", "mended", "--as", "admin@engine.example"];
    assert_eq!(said(&run(&["breakers", "list"])), "Nothing is stopped.\n");
    let of = "tool:shop__refund_order";
    assert!(run(&[&["breakers", "open", of], &as_reviewer[..]].concat()).status.success());
    let list = said(&run(&["breakers", "list"]));
    assert!(list.contains(of) && list.contains("wrong amounts"), "{list}");
    let blank = run(&["breakers", "open", "workspace", "--reason", " ", "--as", "reviewer@engine.example"]);
    assert!(!blank.status.success() && complained(&blank).contains("1 to 500"), "{}", complained(&blank));
    for (arguments, complaint) in [
        (["open", "tool:launch_rocket"], "there are:"),
        (["open", "planet:earth"], "`agent:NAME`"),
        (["close", of], "takes the permission"),
    ] {
        let refused = run(&[&["breakers"], &arguments[..], &as_reviewer[..]].concat());
        assert!(!refused.status.success());
        assert!(complained(&refused).contains(complaint), "{}", complained(&refused));
    }
    opened_by_itself(&rig, BreakerOf::Integration("shop".to_owned())).await;
    let list = said(&run(&["breakers", "list"]));
    assert!(list.contains("integration:shop") && list.contains("itself"), "{list}");
    assert!(list.contains("failed 5 times in a row (open, next try "), "{list}");
    assert!(run(&[&["breakers", "close", "integration:shop"], &as_admin[..]].concat()).status.success());
    assert!(run(&[&["breakers", "close", of], &as_admin[..]].concat()).status.success());
    let again = run(&[&["breakers", "close", of], &as_admin[..]].concat());
    assert!(complained(&again).contains("is not stopped"));

    let list = said(&run(&["audit", "list", "--action", "breaker.closed"]));
    assert!(list.contains("admin") && list.contains("the tool shop__refund_order"), "{list}");
    let whole = run(&["--json", "audit", "verify"]);
    let report: serde_json::Value = serde_json::from_str(&said(&whole)).unwrap();
    assert_eq!((&report["whole"], &report["entries"]), (&true.into(), &3.into()));
    let digest = report["head"]["digest"].as_str().unwrap().to_owned();
    assert!(run(&["audit", "verify", "--holds", &digest]).status.success());

    let path = rig.database().trim_start_matches("sqlite:").to_owned();
    let mut database = SqliteConnection::connect(&path).await.unwrap();
    sqlx::query("UPDATE audit_entries SET subject = 'nothing' WHERE seq = 1")
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    let broken = run(&["audit", "verify"]);
    assert!(!broken.status.success());
    assert!(said(&broken).contains("broken at entry 1"), "{}", said(&broken));
    let pruned = run(&["audit", "prune", "--before", "2999-01-01"]);
    assert!(said(&pruned).starts_with("Taken away: 2"), "{}", said(&pruned));
    assert!(!run(&["audit", "verify", "--holds", &"0".repeat(64)]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_entries_of_the_audit_go_by_themselves_and_the_chain_stays_whole() {
    let more = "[audit]\nkeep_days = 30\n".to_owned();
    let mut rig =
        Rig::start_with(Setup { more, stop_seconds: 10, ..Setup::default() }, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    for _ in 0..2 {
        let reason = "not this way".to_owned();
        let kind = domain::approval::DecisionKind::Reject { reason };
        let ticket = rig.open(PLEASE_REFUND).await;
        rig.decide(&rig.asked(ticket).await, rig.reviewer, kind).await.unwrap();
    }
    let entries = async |rig: &Rig| rig.rows().verify_audit().await.unwrap();
    assert_eq!(entries(&rig).await.entries, 2, "the decisions");
    rig.stop().await;
    rig.clock.forward(Duration::from_secs(32 * 24 * 60 * 60));
    rig.begin().await;
    let report = rig
        .until("the old entry to go", ticket, async |rig| {
            let report = entries(rig).await;
            (report.kept_after.seq > 0).then_some(report)
        })
        .await;
    assert_eq!(
        (report.broken, report.entries),
        (None, 2),
        "the newest stays, and what was done is an entry itself"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_personal_data_is_found_and_taken_out_by_commands() {
    const CARD: &str = "4242 4242 4242 4242";
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(&format!("{PLEASE_REFUND} My card is {CARD}.")).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await.id.to_string();
    rig.stop().await;
    let scanned = rig.command(&["--json", "guards", "scan", "--kinds", "payment_card"]);
    assert!(scanned.status.success(), "{}", complained(&scanned));
    let scan: serde_json::Value = serde_json::from_str(&said(&scanned)).unwrap();
    assert_eq!((&scan["status"], &scan["messages_read"]), (&"done".into(), &scan["messages"]));
    let unknown = rig.command(&["guards", "scan", "--kinds", "shoe_size"]);
    assert!(complained(&unknown).contains("payment_card"), "{}", complained(&unknown));

    let listed = said(&rig.command(&["guards", "list"]));
    assert!(listed.contains("•••• 4242") && !listed.contains(CARD), "{listed}");
    let found: serde_json::Value =
        serde_json::from_str(&said(&rig.command(&["--json", "guards", "list"]))).unwrap();
    let ids: Vec<&str> = found.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let redact = |by: &str| rig.command(&[&["guards", "redact"], &ids[..], &["--as", by]].concat());
    let refused = redact("reviewer@engine.example");
    assert!(complained(&refused).contains("takes the permission"), "{}", complained(&refused));
    let done = redact("admin@engine.example");
    assert!(done.status.success(), "{}", said(&done));
    let again = rig.command(&["guards", "keep", ids[0], "--as", "admin@engine.example"]);
    assert!(!again.status.success() && said(&again).contains("somebody decided"), "{}", said(&again));

    for shown in [["tickets", "verify"], ["audit", "verify"]] {
        assert!(rig.command(&shown).status.success());
    }
    let journal = said(&rig.command(&["--json", "runs", "show", &run]));
    assert!(journal.contains("[payment card redacted]") && !journal.contains(CARD), "{journal}");
    let replay = rig.command(&["runs", "replay", &run]);
    assert_eq!(replay.status.code(), Some(3), "{}", said(&replay));
    assert!(said(&replay).contains("taken out of the journal"), "{}", said(&replay));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colleagues_roles_and_teams_are_looked_after_by_commands_and_the_audit_says_by_whom() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    rig.stop().await;
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = rig.command(&[&["--json"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", complained(&output));
        serde_json::from_str(&said(&output)).unwrap()
    };
    let refused = |arguments: &[&str], why: &str| {
        let output = rig.command(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
        assert!(complained(&output).contains(why), "{arguments:?}: {}", complained(&output));
    };
    let (admin, reviewer) = (["--as", "admin@engine.example"], ["--as", "reviewer@engine.example"]);
    let by = |words: &[&'static str], who: [&'static str; 2]| [words, &who[..]].concat();

    let people = json(&["people", "list"]);
    assert_eq!(people.as_array().unwrap().len(), 3, "{people}");
    let invited = json(&by(&["people", "invite", "Ada@engine.example", "--role", "agent"], admin));
    assert_eq!((&invited["email"], &invited["mailed"]), (&"ada@engine.example".into(), &false.into()));
    assert!(invited["link"].as_str().unwrap().contains("/invitation#"), "{invited}");
    refused(&by(&["people", "invite", "ada@engine.example"], reviewer), "manage_people");
    refused(&by(&["people", "invite", "ada@engine.example", "--role", "owner"], admin), "what you may not");
    refused(&by(&["people", "invite", "no address"], admin), "not an email address");

    let changed = json(&by(&["people", "role", "second@engine.example", "agent"], admin));
    assert_eq!(changed["role"], "agent");
    refused(&by(&["people", "role", "second@engine.example", "owner"], admin), "what you may not");
    refused(&by(&["people", "role", "nobody@engine.example", "agent"], admin), "nobody in this workspace");
    refused(&by(&["people", "remove", "admin@engine.example"], admin), "nobody keeps out themselves");
    json(&by(&["people", "remove", "second@engine.example"], admin));
    let table = said(&rig.command(&["people", "list"]));
    assert!(table.contains("kept out"), "{table}");

    let roles = json(&["roles", "list"]);
    assert!(roles.as_array().unwrap().iter().any(|role| role["name"] == "reviewer"), "{roles}");
    let role = json(&["roles", "show", "viewer"]);
    assert!(role["permissions"].as_array().unwrap().contains(&"read_tickets".into()), "{role}");
    refused(&["roles", "show", "captain"], "there is no role captain");

    json(&by(&["teams", "add", "refunds", "--description", "Money back"], admin));
    json(&by(&["teams", "join", "refunds", "reviewer@engine.example"], admin));
    refused(&by(&["teams", "join", "refunds", "second@engine.example"], admin), "nobody in this workspace");
    let teams = json(&["teams", "list"]);
    assert_eq!(teams[0]["members"], serde_json::json!(["reviewer@engine.example"]));
    json(&by(&["teams", "leave", "refunds", "reviewer@engine.example"], admin));
    json(&by(&["teams", "remove", "refunds"], admin));
    refused(&by(&["teams", "remove", "refunds"], admin), "does not exist");
    refused(&by(&["teams", "add", "refunds"], reviewer), "manage_teams");

    let audit = json(&["audit", "list", "--limit", "20"]);
    let of = |action: &str| {
        let all = audit.as_array().unwrap().iter();
        all.filter(|entry| entry["action"] == action || entry["deed"]["action"] == action).count()
    };
    let counts = ["invitation.made", "person.changed", "team.stored", "team.removed"].map(of);
    assert_eq!(counts, [1, 2, 3, 1], "{audit}");
}
