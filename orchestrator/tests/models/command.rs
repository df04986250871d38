//! `countersign models`, by the binary itself.

use std::{
    fs,
    path::Path,
    process::{ExitStatus, Output},
};

use orchestrator::testing::model_server::{ModelServer, Reply};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

const KEY: &str = "sk-test-do-not-print";

async fn models(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("models")
        .args(arguments)
        .current_dir(folder)
        .env("TEST_MODELS_KEY", KEY)
        .env("TEST_WRONG_KEY", "sk-wrong-do-not-print")
        .output()
        .await
        .unwrap()
}

async fn asked(folder: &Path, arguments: &[&str]) -> (ExitStatus, Value) {
    let output = models(folder, &[arguments, &["--json"]].concat()).await;
    let shown =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!shown.contains("do-not-print"), "a key is shown: {shown}");
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"));
    (output.status, value)
}

async fn added(folder: &Path, arguments: &[&str]) {
    let (status, _) = asked(folder, &[&["add"], arguments].concat()).await;
    assert!(status.success(), "{arguments:?}");
}

async fn provider(folder: &Path, name: &str, url: &str, key: &str) {
    added(
        folder,
        &["provider", name, "--base-url", url, "--strong", "large", "--fast", "small", "--api-key-env", key],
    )
    .await;
}

async fn server() -> ModelServer {
    ModelServer::start(Reply::Text("ready".to_owned())).await.unwrap()
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn what_is_added_is_listed_and_answers() {
    let (home, server) = (home(), server().await);
    let (folder, url) = (home.path(), server.url());
    fs::write(folder.join("countersign.toml"), "# My desk.\n[server]\naddress = \"127.0.0.1:1\"\n").unwrap();
    provider(folder, "scripted", &url, "TEST_MODELS_KEY").await;
    added(
        folder,
        &[
            "embeddings",
            "--base-url",
            &url,
            "--model",
            "embed-8",
            "--dimension",
            "8",
            "--api-key-env",
            "TEST_MODELS_KEY",
        ],
    )
    .await;
    let written = fs::read_to_string(folder.join("countersign.toml")).unwrap();
    assert!(written.starts_with("# My desk.") && !written.contains(KEY), "{written}");

    let (status, listed) = asked(folder, &["list"]).await;
    assert!(status.success());
    let item = |name: &str| {
        listed["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap().clone()
    };
    assert_eq!(item("scripted")["models"], json!(["small", "large"]));
    assert_eq!(item("scripted")["reachable"], true);
    assert_eq!(item("scripted")["key"], "$TEST_MODELS_KEY");
    assert_eq!(item("offline")["reachable"], true);
    assert_eq!(item("embeddings")["dimension"], 8);
    assert_eq!((server.count(), server.embedded()), (0, 0), "a list costs nothing");

    let (status, tested) = asked(folder, &["test"]).await;
    assert!(status.success(), "{tested}");
    let calls = tested["providers"][0]["calls"].as_array().unwrap();
    let models: Vec<&str> = calls.iter().map(|call| call["asked"].as_str().unwrap()).collect();
    assert_eq!(models, ["small", "large"]);
    for call in calls {
        assert!(call["tokens_out"].as_i64().unwrap() > 0, "{call}");
        assert!(call["latency_ms"].is_u64() && call["ok"] == true, "{call}");
    }
    assert_eq!(tested["embeddings"]["dimension"], 8);
    assert_eq!((server.count(), server.embedded()), (2, 1));
    server.assert_clean();

    let text = String::from_utf8(models_of(folder, "test").await.stdout).unwrap();
    assert!(text.contains("scripted / small:") && text.contains("a vector of 8 numbers"), "{text}");
}

async fn models_of(folder: &Path, what: &str) -> Output {
    models(folder, &[what]).await
}

#[tokio::test]
async fn what_fails_says_why_and_what_to_do() {
    let (home, server) =
        (home(), ModelServer::start(Reply::Status(404, "no such model".to_owned())).await.unwrap());
    let (folder, url) = (home.path(), server.url());
    provider(folder, "scripted", &url, "TEST_MODELS_KEY").await;
    provider(folder, "unset", &url, "TEST_NO_SUCH_KEY").await;
    provider(folder, "away", "http://127.0.0.1:9/v1", "TEST_MODELS_KEY").await;
    let embeddings = |key: &str, model: &str, dimension: &str| {
        let more = ["--api-key-env", key, "--model", model, "--dimension", dimension, "--replace"];
        ["embeddings", "--base-url", &url].into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
    };

    let (status, tested) = {
        let arguments = embeddings("TEST_WRONG_KEY", "embed-8", "8");
        added(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
        asked(folder, &["test"]).await
    };
    assert!(!status.success());
    let problem = |provider: usize| tested["providers"][provider]["calls"][0]["problem"].as_str().unwrap();
    assert!(problem(0).contains("the model's name"), "{}", problem(0));
    assert!(problem(1).contains("TEST_NO_SUCH_KEY is not set"), "{}", problem(1));
    assert!(problem(2).contains("check `base_url`"), "{}", problem(2));
    let refused = tested["embeddings"]["problem"].as_str().unwrap();
    assert!(refused.contains("401") && refused.contains("check the key"), "{refused}");

    for (model, dimension, wanted) in
        [("embed-8", "16", "set the dimension to 8"), ("other", "8", "the model's name")]
    {
        let arguments = embeddings("TEST_MODELS_KEY", model, dimension);
        added(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let (status, tested) = asked(folder, &["test", "embeddings"]).await;
        let problem = tested["embeddings"]["problem"].as_str().unwrap();
        assert!(!status.success() && problem.contains(wanted), "{problem}");
        assert_eq!(tested["providers"], json!([]));
    }

    let (_, listed) = asked(folder, &["list"]).await;
    let items = listed["items"].as_array().unwrap();
    let reachable =
        |name: &str| items.iter().find(|item| item["name"] == name).unwrap()["reachable"].as_bool().unwrap();
    assert!(reachable("scripted") && !reachable("unset") && !reachable("away"));
    let unknown = models(folder, &["test", "nobody"]).await;
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("models list"));
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_key_is_never_taken_from_the_command_line() {
    let home = home();
    let folder = home.path();
    provider(folder, "one", "http://127.0.0.1:9/v1", "TEST_MODELS_KEY").await;
    let before = fs::read_to_string(folder.join("countersign.toml")).unwrap();
    for (arguments, wanted) in [
        (vec!["one", "--base-url", "http://x/v1", "--strong", "m"], "already"),
        (
            vec!["two", "--base-url", "http://x/v1", "--strong", "m", "--api-key-env", "sk-1-do-not-print"],
            "variable",
        ),
        (vec!["two", "--base-url", "x", "--strong", "m"], "whole address"),
        (vec!["offline", "--base-url", "http://x/v1", "--strong", "m"], "name of its own"),
    ] {
        let refused = models(folder, &[&["add", "provider"], arguments.as_slice()].concat()).await;
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && said.contains(wanted), "{said}");
        assert!(!said.contains("do-not-print"), "{said}");
    }
    assert_eq!(fs::read_to_string(folder.join("countersign.toml")).unwrap(), before);
}

#[cfg(feature = "embedded-index")]
#[tokio::test]
async fn another_embedding_model_makes_a_rebuild_due_even_beside_a_running_service() {
    use orchestrator::{
        config::Config,
        knowledge_index::{COLLECTIONS, open_index},
    };
    use rag::{
        lexical::Bm25,
        vectors::{CollectionSpec, DenseSpec},
    };

    let (home, server) = (home(), server().await);
    let (folder, url) = (home.path(), server.url());
    let file = "[database]\nurl = \"sqlite:data/desk.db\"\n[index]\nengine = \"embedded\"\n";
    fs::write(folder.join("countersign.toml"), file).unwrap();
    // What a service would have made, which keeps its folder to itself.
    let kept = folder.join("data/index");
    let config =
        Config::with(&format!("[index]\nengine = \"embedded\"\nfolder = \"{}\"", kept.display())).unwrap();
    let index = open_index(&config).await.unwrap();
    let dense = DenseSpec { dimension: 8, model: "embed-8".to_owned() };
    let spec = CollectionSpec::hybrid(Bm25::default(), dense);
    let name = format!("{COLLECTIONS}-1");
    index.ensure(&name, &spec).await.unwrap();

    for (model, dimension, due) in [("embed-8", "8", false), ("embed-16", "16", true)] {
        added(
            folder,
            &[
                "embeddings",
                "--base-url",
                &url,
                "--model",
                model,
                "--dimension",
                dimension,
                "--api-key-env",
                "TEST_MODELS_KEY",
                "--replace",
            ],
        )
        .await;
        let (status, tested) = asked(folder, &["test", "embeddings"]).await;
        assert!(status.success(), "{tested}");
        let collections = &tested["embeddings"]["collections"];
        assert_eq!(collections[0]["name"], name);
        assert_eq!(collections[0]["rebuild"].is_string(), due, "{collections}");
    }
}
