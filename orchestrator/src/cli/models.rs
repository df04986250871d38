//! `countersign models`: which models are configured, whether they answer, and adding one.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Subcommand;
use domain::Clock;
use futures::future::join_all;
use serde::Serialize;
use serde_json::json;

use super::output::Output;
use crate::{
    config::{
        Config,
        edit::{self, NewEmbedder, NewProvider},
    },
    knowledge_index::{EmbeddingsProvider, TriedEmbedder, try_embedder},
    models::probe::{Reach, Tried, reach, try_provider},
    system::{SystemClock, SystemIds},
};

#[derive(Subcommand)]
pub(super) enum ModelsCommand {
    /// List the providers of language models and the embedder, and whether they can be reached.
    List {
        /// Do not ask anybody.
        #[arg(long)]
        offline: bool,
    },
    /// Make one small real call to each, or to the one of the name, and report how it went.
    Test {
        /// A provider's name, or `embeddings`.
        name: Option<String>,
    },
    /// Write one into the configuration file. Keys are named, never given.
    Add {
        #[command(subcommand)]
        what: AddCommand,
    },
}

#[derive(Subcommand)]
pub(super) enum AddCommand {
    /// A provider of language models, asked after those that are there.
    Provider(NewProvider),
    /// The model that turns text into vectors.
    Embeddings(NewEmbedder),
}

/// What the embedder is called beside providers.
const EMBEDDINGS: &str = "embeddings";

#[derive(Serialize)]
struct Listed {
    name: String,
    /// `chat` or `embeddings`.
    kind: &'static str,
    /// An address, a folder, or `this process`.
    place: String,
    models: Vec<String>,
    dimension: Option<usize>,
    /// Where the key is.
    key: String,
    /// None when nobody was asked.
    reachable: Option<bool>,
    problem: Option<String>,
}

#[derive(Serialize)]
struct Tests {
    providers: Vec<TriedProvider>,
    embeddings: Option<TriedEmbedder>,
}

#[derive(Serialize)]
struct TriedProvider {
    name: String,
    calls: Vec<Tried>,
}

pub(super) async fn run(
    command: ModelsCommand,
    file: Option<&Path>,
    load: impl Fn() -> anyhow::Result<Config>,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        ModelsCommand::List { offline } => list(&load()?, offline, out).await?,
        ModelsCommand::Test { name } => return test(&load()?, name.as_deref(), out).await,
        ModelsCommand::Add { what } => {
            let file = file.map_or_else(|| PathBuf::from("countersign.toml"), Path::to_owned);
            add(&file, &what, out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn key_place(variable: Option<&str>, file: Option<&Path>) -> String {
    match (variable.filter(|name| !name.is_empty()), file.filter(|file| !file.as_os_str().is_empty())) {
        (Some(name), _) => format!("${name}"),
        (None, Some(file)) => file.display().to_string(),
        (None, None) => "none".to_owned(),
    }
}

async fn list(config: &Config, offline: bool, out: Output) -> anyhow::Result<()> {
    let mut listed: Vec<Listed> = join_all(config.models.providers.iter().map(async |provider| {
        let (variable, file) = (provider.api_key_env.as_deref(), provider.api_key_file.as_deref());
        let mut models = vec![provider.fast.clone()];
        if provider.strong != provider.fast {
            models.push(provider.strong.clone());
        }
        let reach = if offline { None } else { Some(reach(&provider.base_url, variable, file).await) };
        Listed {
            name: provider.name.clone(),
            kind: "chat",
            place: provider.base_url.clone(),
            models,
            dimension: None,
            key: key_place(variable, file),
            reachable: reach.as_ref().map(|reach| reach.reachable),
            problem: reach.and_then(|reach| reach.problem),
        }
    }))
    .await;
    if config.models.offline_fallback || listed.is_empty() {
        listed.push(Listed {
            name: "offline".to_owned(),
            kind: "chat",
            place: "this process".to_owned(),
            models: vec!["offline".to_owned()],
            dimension: None,
            key: "none".to_owned(),
            reachable: Some(true),
            problem: None,
        });
    }
    listed.extend(embedder(config, offline).await);
    out.either(&json!({ "items": listed }), || {
        let rows: Vec<Vec<String>> = listed
            .iter()
            .map(|one| {
                let reachable = match (one.reachable, &one.problem) {
                    (None, _) => "not asked",
                    (Some(true), None) => "yes",
                    (Some(true), Some(_)) => "yes, but",
                    (Some(false), _) => "no",
                };
                vec![
                    one.name.clone(),
                    one.kind.to_owned(),
                    one.models.join(", "),
                    one.dimension.map(|numbers| numbers.to_string()).unwrap_or_default(),
                    one.place.clone(),
                    one.key.clone(),
                    reachable.to_owned(),
                ]
            })
            .collect();
        out.table(&["NAME", "KIND", "MODELS", "DIMENSION", "AT", "KEY", "REACHABLE"], &rows)?;
        for one in &listed {
            if let Some(problem) = &one.problem {
                out.line(format!("{}: {problem}", one.name))?;
            }
        }
        Ok(())
    })
}

async fn embedder(config: &Config, offline: bool) -> Option<Listed> {
    let config = &config.embeddings;
    let (variable, file) = (Some(config.api_key_env.as_str()), Some(Path::new(&config.api_key_file)));
    let set = |text: &str| !text.is_empty();
    let (place, reach) = match config.provider {
        EmbeddingsProvider::None => return None,
        EmbeddingsProvider::Endpoint if offline => (config.base_url.clone(), None),
        EmbeddingsProvider::Endpoint => {
            let variable = variable.filter(|name| set(name));
            let file = file.filter(|file| !file.as_os_str().is_empty());
            (config.base_url.clone(), Some(reach(&config.base_url, variable, file).await))
        }
        EmbeddingsProvider::Local => {
            let there = crate::knowledge_index::local_folder(config);
            let reach = match &there {
                Ok(folder) if folder.join("config.json").is_file() => {
                    Reach { reachable: true, problem: None }
                }
                Ok(folder) => Reach {
                    reachable: false,
                    problem: Some(format!(
                        "{} holds no config.json: name the folder of a model",
                        folder.display()
                    )),
                },
                Err(why) => Reach { reachable: false, problem: Some(why.clone()) },
            };
            (there.map_or_else(|_| config.model.clone(), |folder| folder.display().to_string()), Some(reach))
        }
    };
    Some(Listed {
        name: EMBEDDINGS.to_owned(),
        kind: EMBEDDINGS,
        place,
        models: vec![if set(&config.model) { config.model.clone() } else { config.folder.clone() }],
        dimension: Some(config.dimension).filter(|dimension| *dimension > 0),
        key: key_place(variable, file),
        reachable: reach.as_ref().map(|reach| reach.reachable),
        problem: reach.and_then(|reach| reach.problem),
    })
}

async fn test(config: &Config, name: Option<&str>, out: Output) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = |one: &str| name.is_none_or(|name| name == one);
    let mut providers = Vec::new();
    for provider in config.models.providers.iter().filter(|provider| wanted(&provider.name)) {
        let calls = try_provider(provider, Arc::clone(&clock), Arc::new(SystemIds)).await;
        providers.push(TriedProvider { name: provider.name.clone(), calls });
    }
    let embeddings = if wanted(EMBEDDINGS) { try_embedder(config, &*clock).await } else { None };
    if providers.is_empty() && embeddings.is_none() {
        match name {
            Some(name) => anyhow::bail!(
                "nothing is configured under `{name}`: `countersign models list` shows the names"
            ),
            None => out.either(&json!({ "providers": [], "embeddings": null }), || {
                out.line(
                    "Nothing is configured; the offline model answers. `countersign models add` adds a provider.",
                )
            })?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let tests = Tests { providers, embeddings };
    out.either(&tests, || report(&tests, out))?;
    let calls = tests.providers.iter().flat_map(|provider| &provider.calls);
    let ok = calls.map(|call| call.ok).chain(tests.embeddings.iter().map(|tried| tried.ok)).all(|ok| ok);
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(tests: &Tests, out: Output) -> anyhow::Result<()> {
    for provider in &tests.providers {
        for call in &provider.calls {
            let what = match &call.problem {
                Some(problem) => format!("failed after {} ms: {problem}", call.latency_ms),
                None => format!(
                    "{} answered in {} ms, {}",
                    call.answered_by.as_deref().unwrap_or(&call.asked),
                    call.latency_ms,
                    match (call.tokens_in, call.tokens_out) {
                        (Some(tokens_in), Some(tokens_out)) => {
                            format!("{tokens_in} tokens in and {tokens_out} out")
                        }
                        _ => "without telling its tokens".to_owned(),
                    },
                ),
            };
            out.line(format!("{} / {}: {what}", provider.name, call.asked))?;
        }
    }
    let Some(tried) = &tests.embeddings else { return Ok(()) };
    let what = match (&tried.problem, tried.dimension) {
        (Some(problem), _) => format!("failed after {} ms: {problem}", tried.latency_ms),
        (None, Some(numbers)) => format!("a vector of {numbers} numbers in {} ms", tried.latency_ms),
        (None, None) => format!("answered in {} ms, without a vector", tried.latency_ms),
    };
    out.line(format!("{EMBEDDINGS} / {}: {what}", tried.asked))?;
    if let Some(problem) = &tried.collections_problem {
        out.line(format!("The kept collections could not be looked at: {problem}"))?;
    }
    for kept in &tried.collections {
        match &kept.rebuild {
            Some(why) => {
                out.line(format!(
                    "{}: a rebuild is due, beside it and under another name: {why}",
                    kept.name
                ))?;
            }
            None => out.line(format!("{}: made with this embedder", kept.name))?,
        }
    }
    Ok(())
}

fn add(file: &Path, what: &AddCommand, out: Output) -> anyhow::Result<()> {
    let (name, key) = match what {
        AddCommand::Provider(new) => {
            edit::add_provider(file, new)?;
            (new.name.as_str(), &new.key)
        }
        AddCommand::Embeddings(new) => {
            edit::add_embedder(file, new)?;
            (EMBEDDINGS, &new.key)
        }
    };
    let unset = key.api_key_env.as_deref().filter(|name| std::env::var_os(name).is_none());
    out.either(&json!({ "added": name, "file": file, "unset": unset }), || {
        out.line(format!(
            "Added {name} to {}. `countersign models test {name}` tries it; a running service reads it when it \
             starts anew.",
            file.display()
        ))?;
        match unset {
            Some(variable) => out.line(format!("{variable} is not set here: the service needs it.")),
            None => Ok(()),
        }
    })
}
