//! What a model was given, told afterwards: as it was sent, or with the word that it is not.

use domain::run::{Run, StepBody};
use orchestrator::{
    engine::prompt::{
        NoPrompt, PromptBorder, PromptMessage, PromptProof, PromptRole, PromptVoice, StepPrompt, step_prompt,
    },
    testing::model_server::Script,
};
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

use crate::rig::{PLEASE_REFUND, Rig, refunds};

const OTHER_ADDRESS: &str = "nora.field@example.com";

/// A refund that a person approved, and the steps that asked a model for it.
async fn worked() -> (Rig, Run, Vec<i64>) {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(&format!("{PLEASE_REFUND} My other address is {OTHER_ADDRESS}.")).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await;
    let steps = rig.steps(run.id).await;
    let asked = steps.iter().filter(|step| matches!(step.body, StepBody::Model { .. }));
    let asked = asked.map(|step| step.seq).collect();
    (rig, run, asked)
}

async fn given(rig: &Rig, run: &Run, step: i64) -> StepPrompt {
    step_prompt(&rig.app().house, rig.workspace, run, step).await.unwrap()
}

fn role(role: PromptRole) -> &'static str {
    match role {
        PromptRole::System => "system",
        PromptRole::User => "user",
        PromptRole::Assistant => "assistant",
        PromptRole::Tool => "tool",
    }
}

fn text(message: &PromptMessage) -> String {
    message.parts.iter().map(|part| part.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_was_given_is_told_as_the_provider_was_sent_it() {
    let (rig, run, asked) = worked().await;
    let sent = rig.model.requests();
    assert_eq!((asked.len(), sent.len()), (3, 3));
    for (step, sent) in asked.into_iter().zip(&sent) {
        let given = given(&rig, &run, step).await;
        assert!(given.same, "{}", given.explanation);
        assert_eq!(given.proof, PromptProof::Same);
        assert_eq!(given.digest_now, given.input_digest);
        assert_eq!(given.provider.as_deref(), Some("scripted"));
        assert_eq!(given.agent, "resolution");
        let request = given.request.unwrap();
        assert_eq!(given.prompt.as_deref(), Some(request.prompt.as_str()));
        let told: Vec<(&str, String)> =
            request.messages.iter().map(|message| (role(message.role), text(message))).collect();
        let was: Vec<(&str, String)> = sent
            .messages()
            .iter()
            .map(|message| {
                let content = message["content"].as_str().unwrap_or_default();
                (message["role"].as_str().unwrap(), content.to_owned())
            })
            .collect();
        assert_eq!(told, was);
        let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(tools, sent.tools());
        assert_eq!(request.output.as_deref(), sent.output());
        assert_eq!((request.omitted, request.more_tools), (0, 0));
        assert!(
            matches!(request.border, PromptBorder::Masked { placeholders } if placeholders > 0),
            "{:?}",
            request.border
        );
        assert!(!told.iter().any(|(_, text)| text.contains(OTHER_ADDRESS)), "{told:?}");
        // Whose words they are.
        let customers = request.messages.iter().flat_map(|message| &message.parts);
        let customers: Vec<_> =
            customers.filter(|part| part.block.as_deref() == Some("customer_message")).collect();
        assert_eq!(customers.len(), 1);
        assert_eq!(customers[0].voice, PromptVoice::Untrusted);
        assert_eq!(request.messages[0].parts[0].voice, PromptVoice::House);
        let results = request.messages.iter().filter(|message| message.role == PromptRole::Tool);
        for result in results {
            assert!(result.tool.is_some() && result.call_id.is_some(), "{result:?}");
            assert!(result.parts.iter().all(|part| part.voice == PromptVoice::Untrusted), "{result:?}");
        }
    }
}

async fn meddle(rig: &Rig, sql: &'static str) {
    let mut connection = SqliteConnection::connect(&rig.database()).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_changed_since_is_said_and_never_passes_for_what_was() {
    let (mut rig, run, asked) = worked().await;
    rig.stop().await;
    rig.setup.more = "[agents.resolution]\nmax_output_tokens = 777\n".to_owned();
    rig.begin().await;
    let other = given(&rig, &run, asked[0]).await;
    assert_eq!(other.proof, PromptProof::Other { missing: Vec::new() });
    assert!(!other.same && other.digest_now != other.input_digest, "{other:?}");
    assert!(other.explanation.ends_with("This is what it would be given today."), "{}", other.explanation);
    assert_eq!(other.request.unwrap().max_output_tokens, 777);

    rig.stop().await;
    rig.setup.more = "[agents.resolution]\nmax_model_calls = 1\n".to_owned();
    rig.begin().await;
    assert!(given(&rig, &run, asked[0]).await.same, "what comes later changes nothing of it");
    let instead = given(&rig, &run, asked[1]).await;
    assert!(
        matches!(&instead.proof, PromptProof::Instead { now } if now.contains("escalate")),
        "{instead:?}"
    );
    assert_eq!((instead.request, instead.digest_now, instead.same), (None, None, false));

    rig.stop().await;
    rig.setup.more = String::new();
    rig.setup.without_tools = true;
    rig.begin().await;
    let lacking = given(&rig, &run, asked[1]).await;
    assert!(
        matches!(&lacking.proof, PromptProof::Other { missing } if missing.iter().any(|one| one.contains("shop__get_order"))),
        "{lacking:?}"
    );

    rig.stop().await;
    rig.setup.without_tools = false;
    let older =
        "UPDATE steps SET prompt = 'resolution/system@0', input_digest = '00' WHERE prompt IS NOT NULL";
    meddle(&rig, older).await;
    rig.begin().await;
    let changed = given(&rig, &run, asked[0]).await;
    let now = changed.request.as_ref().unwrap().prompt.clone();
    assert_eq!(
        changed.explanation,
        format!(
            "The prompt has changed since: resolution/system@0 then, {now} now. This is what the model would be given \
             today."
        )
    );
    assert_eq!(changed.proof, PromptProof::Prompt { was: "resolution/system@0".to_owned(), now });
    assert_eq!(changed.prompt.as_deref(), Some("resolution/system@0"));
    assert!(!changed.same);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_asked_no_model_says_which_did() {
    let (rig, run, asked) = worked().await;
    let house = &rig.app().house;
    let none = step_prompt(house, rig.workspace, &run, 0).await.unwrap_err();
    let words = none.to_string();
    assert!(matches!(none, NoPrompt::NoModel { step: 0, kind: "started", .. }), "{none:?}");
    assert!(asked.iter().all(|step| words.contains(&step.to_string())), "{words}");
    for beyond in [-1, 999, i64::MAX] {
        let none = step_prompt(house, rig.workspace, &run, beyond).await.unwrap_err();
        assert!(matches!(none, NoPrompt::NoStep { .. }), "{none:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_call_has_nothing_to_be_compared_with() {
    let (mut rig, run, asked) = worked().await;
    let last = *asked.last().unwrap();
    rig.stop().await;
    let mut connection = SqliteConnection::connect(&rig.database()).await.unwrap();
    sqlx::query("UPDATE steps SET body = $1, input_digest = NULL, model = NULL WHERE seq = $2")
        .bind(r#"{"type":"failed","what":"model","error":"it is away"}"#)
        .bind(last)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rig.begin().await;
    let given = given(&rig, &run, last).await;
    assert_eq!((given.proof, given.same, given.input_digest), (PromptProof::Unproven, false, None));
    assert!(given.request.is_some() && given.digest_now.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_shows_what_a_model_was_given() {
    let (mut rig, run, asked) = worked().await;
    rig.stop().await;
    let (id, step) = (run.id.to_string(), asked[1].to_string());
    let shown = rig.command(&["runs", "show", &id, "--at", &step, "--prompt"]);
    let told = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    for said in
        ["This is what the model was given", "== system", "| <customer_message", "calls shop__get_order"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(!told.contains(OTHER_ADDRESS), "{told}");
    let shown = rig.command(&["--json", "runs", "show", &id, "--at", &step, "--prompt"]);
    let value: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(value["same"], true);
    assert_eq!(value["proof"]["is"], "same");
    let without = rig.command(&["runs", "show", &id, "--prompt"]);
    assert!(!without.status.success());
    let other = rig.command(&["runs", "show", &id, "--at", "0", "--prompt"]);
    let complaint = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(!other.status.success() && complaint.contains("asked no model"), "{complaint}");
}
