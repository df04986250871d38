//! Personal and secret data at the borders of a whole service: what a provider, the log and a customer get
//! of it, by the workspace's own policy.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    approval::DecisionKind,
    effect::EffectStatus,
    run::{Outcome, StepBody},
    user::Actor,
};
use orchestrator::{
    config::{Config, LogConfig, LogFormat},
    logging,
    policies::NewPolicy,
    testing::model_server::{CapturedRequest, Reply, Script},
};
use serde_json::json;

use crate::rig::{Fault, ORDER, ORDER_CENTS, Rig, Setup, final_answer, refund_call, result};

const EMAIL: &str = "nora.field@example.com";
const CARD: &str = "4111 1111 1111 1111";

/// As the vendor's keys begin; written apart, so that nobody takes this file for a leak.
fn key() -> String {
    format!("sk_live_{}", "51H8xQ2eZvKYlo2C9aB3dE5fG")
}

const RUNS: &str = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n\
                    [[rule]]\nname = \"all\"\nthen = \"run\"\nwhy = \"trusted\"\n";

fn with_policy(masking: &str) -> Setup {
    Setup { policy: format!("{RUNS}{masking}"), stop_seconds: 10, ..Setup::default() }
}

fn answers(text: &str) -> Script {
    let text = text.to_owned();
    Script::new(move |_: &CapturedRequest| Reply::Json(final_answer("answer", &text, "told")))
}

async fn put(rig: &Rig, masking: &str) {
    let store = rig.rows();
    let version = store.policy().await.unwrap().map_or(0, |policy| policy.version);
    let by = Actor::User { user_id: rig.admin, name: "admin".to_owned() };
    let text = format!("{RUNS}{masking}");
    let new = NewPolicy { text, note: "test".to_owned(), expected: version, by, at: rig.app().clock.now() };
    rig.app().put_policy(&store, new).await.unwrap();
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_at_debug_level_logs_nothing_that_the_customer_sent() {
    let secrets = [EMAIL.to_owned(), CARD.to_owned(), key()];
    let page = Page::default();
    let writer = page.clone();
    let protections = Config::with("").unwrap().guards.protections().unwrap();
    let config = LogConfig { filter: "debug".to_owned(), format: LogFormat::Text };
    logging::start(&config, Arc::clone(&protections), move || writer.clone()).unwrap();

    let said = secrets.join(" and ");
    let echo = said.clone();
    // The provider fails with everything it can think of, then the tool fails, then the answer is unusable.
    let turn = Mutex::new(0);
    let script = Script::new(move |request: &CapturedRequest| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        match *turn {
            1 => Reply::Status(500, format!("we choked on {echo}")),
            2 => Reply::Raw(format!("{{\"error\": \"{echo}\"}}")),
            3 => Reply::call("shop__get_order", &json!({ "order_number": ORDER })),
            _ => match (result(request, "shop__get_order"), result(request, "shop__refund_order")) {
                (Some(_), None) => Reply::Calls(vec![refund_call(ORDER, ORDER_CENTS)]),
                _ => Reply::Json(final_answer("handoff", "", &format!("failed for {echo}"))),
            },
        }
    });
    let rig = Rig::start_with(Setup { protections: Some(protections), ..with_policy("") }, script).await;
    rig.front.fail([Fault::Status(500), Fault::Status(422)]);
    let ticket = rig.open(&format!("Refund {ORDER}, please. I am {said}.")).await;
    // The first attempt might still be at work when the second is refused.
    rig.until("word that it was not done", ticket, async |rig| {
        let effects = rig.effects(rig.runs(ticket).await.pop()?.id).await;
        effects
            .into_iter()
            .find_map(|effect| effect.error.filter(|error| error.starts_with("it was refused")))
    })
    .await;
    rig.clock.forward(Duration::from_secs(60));
    let run = rig.ended(ticket).await;
    let effects = rig.effects(run.id).await;
    assert!(effects.iter().any(|effect| effect.status == EffectStatus::Failed), "{effects:?}");
    // A line that forgets itself, as any library's may.
    tracing::warn!(workspace = %rig.workspace, error = %format!("cannot take {said}"), "forgetful");
    let worker = std::thread::spawn({
        let said = said.clone();
        move || panic!("with {said}")
    });
    worker.join().unwrap_err();

    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    for line in ["forgetful", "panicked: with", "DEBUG", "run{id="] {
        assert!(text.contains(line), "the log has {line}");
    }
    for secret in secrets.iter().map(String::as_str).chain(["nora.field", "1111 1111", "51H8xQ2e"]) {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_workspace_masks_is_masked_before_anybody_judges_or_reads_the_reply() {
    let says = format!("We have the card {CARD} on file for you.");
    let rig = Rig::start_with(with_policy(""), answers(&says)).await;
    let ticket = rig.open(&format!("Which card do you have? Mine is {CARD}.")).await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    let told = rig.told(ticket).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body, "We have the card •••• 1111 on file for you.");
    let steps = rig.rows().steps(run.id).await.unwrap();
    let replied = steps.iter().find_map(|step| match &step.body {
        StepBody::Tool { call, edited, .. } if call.tool == "reply_to_customer" => Some((call, *edited)),
        _ => None,
    });
    let (call, edited) = replied.unwrap();
    assert_eq!(call.args["body"], told[0].body.as_str());
    assert!(!edited, "nobody changed it");
    assert!(rig.app().replay(rig.workspace, run.id).await.unwrap().unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspaces_own_kind_counts_at_every_border_as_soon_as_its_policy_does() {
    let rig = Rig::start_with(with_policy(""), answers("Your badge BX-4471 is ready.")).await;
    let seen = |rig: &Rig| rig.model.requests().last().unwrap().body.to_string();
    let before = rig.open("My badge is BX-4471. Is it ready?").await;
    rig.ended(before).await;
    assert!(rig.told(before).await[0].body.contains("BX-4471"));
    assert!(seen(&rig).contains("BX-4471"));

    put(
        &rig,
        "[masking.customer.kinds]\nstaff_badge = \"block\"\n\
         [[masking.recognisers]]\nname = \"badges\"\nkind = \"staff_badge\"\npattern = '\\bBX-[0-9]{4}\\b'\n",
    )
    .await;
    let ticket = rig.open("My badge is BX-4471. Is it ready?").await;
    let approval = rig.asked(ticket).await;
    let shown = seen(&rig);
    assert!(shown.contains("<STAFF_BADGE_1>") && !shown.contains("BX-4471"), "{shown}");
    assert!(approval.why.contains("staff badge: BX-4…"), "{}", approval.why);
    assert!(approval.preview.body.as_deref().unwrap().contains("BX-4471"), "a person decides on the value");
    rig.decide(&approval, rig.reviewer, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert!(rig.told(ticket).await[0].body.contains("BX-4471"));
}
