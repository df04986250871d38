//! With the scripted server: what is recorded is played, a request that changed is refused with the difference, and
//! nothing personal or secret is in any byte of the folder.

use std::{path::PathBuf, sync::Arc};

use domain::{
    Clock, Ids,
    model::{Facts, ModelMessage, OutputSchema, ToolSchema},
};
use orchestrator::{
    breakers::Outside,
    config::Config,
    models,
    system::SystemIds,
    testing::model_server::{ModelServer, Reply as Answer, Script},
};
use serde_json::json;

use super::*;
use crate::{clock::EvalClock, record::tests::fresh_folder};

const KEY: &str = "sk-proj-9fK2mQ7xLw4Rt8ZvBn3Hs6Jd1Gc5Yp0A";

fn names() -> Names {
    Names { provider: "scripted".to_owned(), fast: "small".to_owned(), strong: "large".to_owned() }
}

/// A provider as the service has it, whose key is in a file.
fn provider(server: &ModelServer, folder: &Path) -> Arc<dyn Model> {
    let key = folder.join("key");
    fs::write(&key, KEY).unwrap();
    let config = Config::with(&format!(
        "[models]\noffline_fallback = false\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\n\
         api_key_file = \"{}\"\nfast = \"small\"\nstrong = \"large\"\nmax_retries = 0\n",
        server.url(),
        key.display()
    ))
    .unwrap();
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(EvalClock::new()), Arc::new(SystemIds));
    let outside =
        Arc::new(Outside::alone(Arc::clone(&clock), Arc::clone(&ids), &config.breakers, &config.models));
    let protections = config.guards.protections().unwrap();
    models::build(&config.models, config.knowledge.answering, &protections, &outside, clock, ids).unwrap()
}

fn request(said: &str) -> ModelRequest {
    let schema = json!({ "type": "object", "properties": { "reply": { "type": "string" } }, "required": ["reply"],
        "additionalProperties": false });
    let parameters = json!({ "type": "object", "properties": { "order": { "type": "string" } }, "required": ["order"],
        "additionalProperties": false });
    ModelRequest {
        workspace: None,
        purpose: "resolution.answer".to_owned(),
        strength: Strength::Strong,
        messages: vec![
            ModelMessage::System { text: "You help.\nReturns are taken within 30 days.".to_owned() },
            ModelMessage::User { text: said.to_owned() },
        ],
        tools: Arc::new(vec![ToolSchema {
            name: "look_up".to_owned(),
            description: "Looks an order up.".to_owned(),
            parameters,
        }]),
        output_schema: Some(OutputSchema { name: "answer".to_owned(), schema: Arc::new(schema) }),
        max_output_tokens: 200,
        prompt: "resolution/system@2".to_owned(),
        facts: Facts::default(),
    }
}

fn open(folder: &Path, mode: Mode) -> Arc<Tapes> {
    let names = (mode != Mode::Strict).then(names);
    Arc::new(Tapes::open(&folder.join("tapes"), mode, names).unwrap())
}

fn bytes(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), String::from_utf8(fs::read(path).unwrap()).unwrap())).collect()
}

#[tokio::test]
async fn what_was_recorded_is_played_without_the_provider() {
    let folder = fresh_folder("tapes-play");
    let script = Script::new(|asked| Answer::Json(json!({ "reply": format!("answer {}", asked.number) })));
    let server = ModelServer::start(script).await.unwrap();
    let real = provider(&server, &folder);
    let recording = open(&folder, Mode::All);
    let model = recording.model(Some(Arc::clone(&real)));
    let first = model.complete(&request("Hello"), None).await.unwrap();
    let second = model.complete(&request("Hello"), None).await.unwrap();
    assert_ne!(first.text, second.text, "asked twice, it is asked of the provider twice");
    assert_eq!(server.count(), 2);

    let played = open(&folder, Mode::Strict);
    let model = played.model(None);
    for recorded in [&first, &second, &first] {
        let response = model.complete(&request("Hello"), None).await.unwrap();
        assert_eq!(response.text, recorded.text);
        assert_eq!((response.usage, &response.model), (recorded.usage, &recorded.model));
        assert_eq!(response.provider, "scripted");
    }
    assert_eq!(server.count(), 2, "nobody was asked");
    assert!(played.missing().is_empty() && played.unused().is_empty());
    assert!(played.name().starts_with("recorded:scripted:large@"), "{}", played.name());
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_request_that_changed_is_refused_with_the_nearest_tape_and_the_first_difference() {
    let folder = fresh_folder("tapes-strict");
    let server = ModelServer::start(Script::always(Answer::Json(json!({ "reply": "yes" })))).await.unwrap();
    let real = provider(&server, &folder);
    let recording = open(&folder, Mode::All).model(Some(Arc::clone(&real)));
    recording.complete(&request("Hello"), None).await.unwrap();
    recording.complete(&request("Something else altogether"), None).await.unwrap();

    let mut changed = request("Hello");
    changed.messages[0] =
        ModelMessage::System { text: "You help.\nReturns are taken within 14 days.".to_owned() };
    let mut limited = request("Hello");
    limited.max_output_tokens = 100;
    let mut faster = request("Hello");
    faster.strength = Strength::Fast;
    let mut tools = request("Hello");
    tools.tools = Arc::new(Vec::new());
    let mut schema = request("Hello");
    schema.output_schema = None;
    let strict = open(&folder, Mode::Strict);
    let model = strict.model(None);
    for (asked, where_) in [
        (
            &changed,
            "at messages[0].text: the tape says “You help.⏎Returns are taken within 30 days.”, asked was “You help.⏎Returns are taken within 14 days.”",
        ),
        (&limited, "at max_output_tokens: the tape says “200”, asked was “100”"),
        (&faster, "at model: the tape says “large”, asked was “small”"),
        (&tools, "at tools: the tape has 1 of them, asked was with 0"),
        (&schema, "at output_schema"),
    ] {
        let error = model.complete(asked, None).await.unwrap_err().to_string();
        assert!(error.contains(MISSING) && error.contains(where_), "{error}");
        assert!(error.contains("the nearest is resolution-answer-"), "{error}");
    }
    assert_eq!(strict.missing().len(), 5);
    assert_eq!(strict.unused().len(), 2);

    // What is missing is filled in, and what is there is not asked for again.
    let before = server.count();
    let new = open(&folder, Mode::New).model(Some(real));
    new.complete(&request("Hello"), None).await.unwrap();
    assert_eq!(server.count(), before);
    new.complete(&changed, None).await.unwrap();
    assert_eq!(server.count(), before + 1);
    open(&folder, Mode::Strict).model(None).complete(&changed, None).await.unwrap();
    fs::remove_dir_all(&folder).unwrap();
}

/// Each is planted somewhere else, and none may be in the folder.
const PLANTED: [&str; 11] = [
    KEY,
    "ada.lovelace@mail.example",
    "+43 512 552277",
    "4111 1111 1111 1111",
    "AT61 1904 3002 3457 3201",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "078-05-1120",
    "Brunhilde",
    // A number and no text, and a name of three letters that stands alone.
    "5555555555554444",
    "Ada",
];

#[tokio::test]
async fn no_byte_of_a_tape_holds_a_key_a_secret_or_personal_data() {
    let folder = fresh_folder("tapes-scrubbed");
    // The model repeats what it was told, and adds what it was not.
    let script = Script::new(|_| {
        Answer::Json(json!({ "reply": "Dear Brunhilde, we wrote to ada.lovelace@mail.example and charged \
            4111 1111 1111 1111. Call +43 512 552277; the old address was byron@mail.example." }))
    });
    let server = ModelServer::start(script).await.unwrap();
    let asked = |id: &str, at: &str| {
        let mut request = request(
            "My name is Brunhilde Lovelace, write to ada.lovelace@mail.example or call +43 512 552277. My card is \
             4111 1111 1111 1111. My sister's name is Ada Byron, and Ada paid the other half.",
        );
        let content = json!({ "card": 5_555_555_555_554_444_u64, "iban": "AT61 1904 3002 3457 3201", "ssn": "078-05-1120", "customer": id, "at": at,
            "note": "first line\nada.lovelace@mail.example\ntoken ghp_16C7e42F292c6912E7710c838347Ae178B4a" });
        let call = ToolCall {
            id: "c1".to_owned(),
            tool: "look_up".to_owned(),
            args: json!({ "order": "AKIAIOSFODNN7EXAMPLE", "email": "ada.lovelace@mail.example" }),
        };
        request.messages.push(ModelMessage::Assistant { text: None, tool_calls: vec![call] });
        request.messages.push(ModelMessage::Tool {
            call_id: "c1".to_owned(),
            name: "look_up".to_owned(),
            content: content.to_string(),
        });
        request
    };
    let one = asked("0190a8b2-7c1d-7e3f-9a4b-5c6d7e8f9a0b", "2026-11-20T10:00:00.123456Z");
    let other = asked("0190ffff-7c1d-7e3f-9a4b-5c6d7e8f9a0b", "2026-11-20T10:00:02.000001Z");
    let recording = open(&folder, Mode::All).model(Some(provider(&server, &folder)));
    let recorded = recording.complete(&one, None).await.unwrap();
    let sent = &server.requests()[0];
    assert_eq!(sent.authorization.as_deref(), Some(format!("Bearer {KEY}").as_str()), "the key was sent");

    let files = bytes(&folder.join("tapes"));
    assert_eq!(files.len(), 2, "the names and one tape");
    for (path, text) in &files {
        for planted in
            PLANTED.iter().chain(&["byron@mail.example", "Bearer", "uthorization", "127.0.0.1", "0190a8b2"])
        {
            assert!(!text.contains(planted), "{planted} stands in {}:\n{text}", path.display());
            let bare: String = planted.chars().filter(char::is_ascii_alphanumeric).collect();
            assert!(!text.contains(&bare), "{bare} stands in {}:\n{text}", path.display());
        }
    }
    assert!(files.iter().any(|(_, text)| text.contains("<EMAIL_1>")), "{files:#?}");

    // In another run with other ids and moments the same tape is played, with the values of that run.
    let played = open(&folder, Mode::Strict).model(None).complete(&other, None).await.unwrap();
    let said =
        |response: &ModelResponse| serde_json::from_str::<Value>(response.text.as_ref().unwrap()).unwrap();
    let (played, recorded) = (said(&played), said(&recorded));
    let (played, recorded) = (played["reply"].as_str().unwrap(), recorded["reply"].as_str().unwrap());
    let known = |text: &str| text.split("; the old").next().unwrap().to_owned();
    assert_eq!(known(played), known(recorded), "what the request has comes back");
    assert!(!played.contains("byron"), "what only the reply had is gone: {played}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_that_cannot_be_played_says_what_to_do() {
    let folder = fresh_folder("tapes-wrong");
    let error = |mode, names| format!("{:#}", Tapes::open(&folder, mode, names).err().unwrap());
    assert!(error(Mode::Strict, None).contains("--record all"));
    drop(Tapes::open(&folder, Mode::All, Some(names())).unwrap());
    let others = Names { strong: "larger".to_owned(), ..names() };
    assert!(error(Mode::New, Some(others)).contains("record another folder"));
    fs::write(folder.join(format!("x{END}")), "purpose: a\n").unwrap();
    assert!(error(Mode::Strict, None).contains("is no tape"));
    let changed = "purpose: a\nprompt: p\ndigest: d\nrequest: {}\nreplies: [{ text: x, model: m, usage: { tokens_in: 0, tokens_out: 0, cost_micros: 0 } }]\n";
    fs::write(folder.join(format!("x{END}")), changed).unwrap();
    assert!(error(Mode::Strict, None).contains("changed by hand"));
    fs::remove_dir_all(&folder).unwrap();
}

/// Answers from the passage about kettles with the id that the request gives it; asks where there is none.
fn kettle() -> Script {
    fn passage(value: &Value) -> Option<String> {
        match value {
            Value::Object(members) => {
                let own = members.get("chunk_id").and_then(Value::as_str);
                let of_kettles =
                    members.values().any(|one| one.as_str().is_some_and(|text| text.contains("Kettles")));
                own.filter(|_| of_kettles).map(str::to_owned).or_else(|| members.values().find_map(passage))
            }
            Value::Array(all) => all.iter().find_map(passage),
            _ => None,
        }
    }
    Script::new(|asked| {
        let results = asked.messages().iter().filter(|message| message["role"] == "tool");
        let read = |message: &Value| serde_json::from_str::<Value>(message["content"].as_str()?).ok();
        let found = results.filter_map(read).find_map(|value| passage(&value));
        let reply = match &found {
            Some(_) => "Kettles may be sent back within 30 days of delivery. [1]",
            None => "What would you like to send back?",
        };
        Answer::Json(json!({
            "kind": if found.is_some() { "answer" } else { "ask" }, "reply": reply,
            "citations": found.as_slice(), "confidence": 0.95, "resolved": true, "reason": "the article says so",
        }))
    })
}

fn suite(days: u32) -> crate::suite::Suite {
    let manifest = "name: kettles\nkind: conversations\nabout: a\nlicence: MIT\nsource: c\ncutoff: 1.0\n";
    let cases = format!(
        "- name: returns\n  knowledge:\n    - slug: kettles\n      visibility: public\n      text: |\n        # Sending kettles back\n\n        Kettles may be sent back within {days} days of delivery.\n  \
         from: owner\n  order: delivered\n  turns:\n    - says: Within how many days may I send a kettle back?\n      expects: {{ outcome: answered, contains: [30 days], cites: kettles }}\n"
    );
    crate::suite::Suite {
        manifest: serde_yaml_ng::from_str(manifest).unwrap(),
        cases: crate::case::parse("a.yaml", &cases).unwrap(),
    }
}

async fn run(folder: &Path, days: u32, mode: Mode, server: Option<&ModelServer>) -> crate::runner::Run {
    let models = server.map(|server| {
        let text = format!(
            "[models]\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\nfast = \"small\"\nstrong = \"large\"\n",
            server.url()
        );
        Config::with(&text).unwrap().models
    });
    let options = crate::runner::Options {
        models,
        tapes: Some(open(folder, mode)),
        judge: None,
        attempts: 1,
        seed: 7,
        parallel: 2,
        only: None,
        version: None,
        out: folder.join("out"),
        data: folder.to_owned(),
        progress: false,
    };
    crate::runner::run(&[suite(days)], &options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_held_again_from_its_tapes_and_fails_when_what_the_model_reads_changed() {
    let folder = fresh_folder("tapes-held");
    let server = ModelServer::start(kettle()).await.unwrap();
    let recorded = run(&folder, 30, Mode::All, Some(&server)).await;
    assert_eq!(recorded.records.attempts[0].findings, []);
    assert!(server.count() > 0);
    drop(server);

    // Other ids, other moments, nobody to ask: the same answer, with the ids of this run.
    for _ in 0..2 {
        fs::remove_dir_all(folder.join("out")).unwrap();
        let played = run(&folder, 30, Mode::Strict, None).await;
        assert_eq!(played.missing, Vec::<String>::new());
        assert_eq!(played.records.attempts[0].findings, []);
    }

    let changed = run(&folder, 29, Mode::Strict, None).await;
    let findings = &changed.records.attempts[0].findings;
    let tape = findings.iter().find(|finding| finding.scorer == "tape");
    let text = &tape.unwrap_or_else(|| panic!("{findings:?}")).text;
    assert!(text.contains("within 30 days") && text.contains("within 29 days"), "{text}");
    assert_eq!(changed.missing.len(), 1, "{:?}", changed.missing);
    fs::remove_dir_all(&folder).unwrap();
}
