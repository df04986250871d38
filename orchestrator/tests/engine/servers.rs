//! Tools of servers of others, which are not always there.

use std::{fs, path::Path, time::Duration};

use domain::{approval::ApprovalStatus, run::RunStatus};
use orchestrator::testing::model_server::{CapturedRequest, Reply, Script};
use serde_json::json;

use crate::rig::{Rig, Setup, final_answer, result};

/// Speaks just enough of the protocol, on standard input and output, unless it is down. Writes down what it pays.
const MCP_SERVER: &str = r#"
import json, os, sys
folder = sys.argv[1]
if os.path.exists(folder + "/down"):
    sys.exit("it is down")
def pay():
    with open(folder + "/paid", "a") as paid:
        paid.write("once\n")
    return {"content": [{"type": "text", "text": "We have paid 129.00 EUR back for order NF-20000."}]}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answers = {
        "initialize": lambda: {"protocolVersion": asked["params"]["protocolVersion"],
                               "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}},
        "tools/list": lambda: {"tools": [{"name": "pay", "description": "Pays an order back.",
                               "inputSchema": {"type": "object"}}]},
        "tools/call": pay,
    }
    answer = answers.get(asked["method"], lambda: {})()
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)
"#;

const PAID: &str = "We have paid 129.00 EUR back for your order NF-20000.";

fn setup(folder: &Path) -> Setup {
    let command = json!(["python3", "-c", MCP_SERVER, folder.to_str().unwrap()]);
    let tools = json!(["search_knowledge", "reply_to_customer", "escalate", "billing__*"]);
    let more = format!(
        "[[tools.mcp]]\nname = \"billing\"\ncommand = {command}\n[agents.resolution]\ntools = {tools}\n"
    );
    Setup { more, stop_seconds: 10, ..Setup::default() }
}

fn pays(request: &CapturedRequest) -> Reply {
    match result(request, "billing__pay") {
        None => Reply::call("billing__pay", &json!({})),
        Some(text) if text.contains("\"ok\"") => Reply::Json(final_answer("answer", PAID, "paid")),
        Some(text) => Reply::Json(final_answer("handoff", "", text)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_approved_waits_for_a_server_that_is_not_there_when_the_service_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start_with(setup(folder.path()), Script::new(pays)).await;
    rig.app().mcp.connect_all().await;
    let ticket = rig.open("Please pay my order back.").await;
    let approval = rig.asked(ticket).await;
    rig.stop().await;
    fs::write(folder.path().join("down"), "").unwrap();
    rig.begin().await;
    rig.approve(&approval).await;
    rig.until("the run waits for the server", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        let waits = run.waiting_for.as_deref().is_some_and(|why| why.contains("the server of billing__pay"));
        (run.status == RunStatus::Waiting && waits).then_some(())
    })
    .await;
    assert_eq!(rig.rows().approval(approval.id).await.unwrap().unwrap().status, ApprovalStatus::Approved);

    fs::remove_file(folder.path().join("down")).unwrap();
    rig.until("the server is there", ticket, async |rig| {
        rig.app().mcp.connect_all().await[0].connected.then_some(())
    })
    .await;
    rig.clock.forward(Duration::from_secs(6));
    assert_eq!(rig.ended(ticket).await.status, RunStatus::Done);
    assert_eq!(rig.told(ticket).await[0].body, PAID);
    assert_eq!(fs::read_to_string(folder.path().join("paid")).unwrap(), "once\n");
    rig.books_balance(ticket).await;
}
