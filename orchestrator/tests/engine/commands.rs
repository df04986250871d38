//! The command line, on what the service has left.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Output, Stdio},
};

use domain::approval::ApprovalStatus;
use orchestrator::testing::model_server::Script;
use sqlx::{Connection as _, SqliteConnection};

use crate::rig::{ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, refunds};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
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
        (["close", of], "takes the role admin"),
    ] {
        let refused = run(&[&["breakers"], &arguments[..], &as_reviewer[..]].concat());
        assert!(!refused.status.success());
        assert!(complained(&refused).contains(complaint), "{}", complained(&refused));
    }
    assert!(run(&[&["breakers", "close", of], &as_admin[..]].concat()).status.success());
    let again = run(&[&["breakers", "close", of], &as_admin[..]].concat());
    assert!(complained(&again).contains("is not stopped"));

    let list = said(&run(&["audit", "list", "--action", "breaker.closed"]));
    assert!(list.contains("admin") && list.contains("the tool shop__refund_order"), "{list}");
    let whole = run(&["--json", "audit", "verify"]);
    let report: serde_json::Value = serde_json::from_str(&said(&whole)).unwrap();
    assert_eq!((&report["whole"], &report["entries"]), (&true.into(), &2.into()));
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
    assert!(said(&pruned).starts_with("Taken away: 1"), "{}", said(&pruned));
    assert!(!run(&["audit", "verify", "--holds", &"0".repeat(64)]).status.success());
}
