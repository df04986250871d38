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
