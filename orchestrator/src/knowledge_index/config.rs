//! The `[index]` and `[embeddings]` tables of the configuration.

use std::path::Path;

use rag::{embed::MAX_TEXTS, vectors::check_name};
use serde::{Deserialize, Serialize};

/// The most numbers a vector may have; Qdrant takes no more.
const MAX_DIMENSION: usize = 65_536;
const MAX_PREFIX: usize = 32;
const MAX_TEXT_PREFIX: usize = 200;

/// The `[index]` table: what holds the vectors that knowledge is found by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexConfig {
    pub engine: EngineChoice,
    /// For the embedded engine. Empty: `index` beside the database's file.
    pub folder: String,
    /// Of a Qdrant server's gRPC port.
    pub url: String,
    pub api_key_env: String,
    pub api_key_file: String,
    /// Before the names of collections on a server, for one that others use too.
    pub prefix: String,
    pub timeout_ms: u64,
    /// Of a new collection on a server. 0: the server's own choice.
    pub shards: u32,
    pub replicas: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineChoice {
    /// Embedded where this build has the engine and one process has the database, else in memory.
    Auto,
    Memory,
    Embedded,
    Server,
}

/// The `[embeddings]` table: which model turns text into vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingsConfig {
    pub provider: EmbeddingsProvider,
    /// Up to and without `/embeddings`.
    pub base_url: String,
    /// An endpoint's name for the model, or a local one's name on the Hugging Face hub.
    pub model: String,
    /// Of a local model, instead of `model`.
    pub folder: String,
    pub api_key_env: String,
    pub api_key_file: String,
    /// How many numbers a vector has. 0: a local model's own.
    pub dimension: usize,
    /// Ask the endpoint for that dimension, which some models can give several of.
    pub ask_dimension: bool,
    /// Texts of one request.
    pub batch: usize,
    /// How many tokens of a text the endpoint's model reads. 0: not known.
    pub reads_tokens: usize,
    /// Written before questions and before passages.
    pub query_prefix: String,
    pub passage_prefix: String,
    /// One attempt, in milliseconds.
    pub timeout_ms: u64,
    pub attempts: u32,
    /// Threads of a local model. 0: as many as there are processors, at most 8.
    pub threads: usize,
    /// Vectors kept in memory, so that a repeated text is not embedded anew.
    pub cached: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingsProvider {
    /// Knowledge is found by its words alone.
    None,
    Endpoint,
    Local,
}

/// A text of the configuration in which empty means not set.
pub(super) fn set(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn key_file(text: &str) -> Option<&Path> {
    set(text).map(Path::new)
}

/// The address of a service, without secrets in it.
fn check_url(field: &str, text: &str) -> Result<(), String> {
    let Ok(url) = url::Url::parse(text) else {
        return Err(format!("{field}: write a whole address such as http://localhost:6334"));
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("{field}: it must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(format!(
            "{field}: keep secrets out of it: the key goes into `api_key_env` or `api_key_file`"
        ));
    }
    Ok(())
}

fn check_key(table: &str, variable: &str, file: &str) -> Result<(), String> {
    if set(variable).is_some() && set(file).is_some() {
        return Err(format!("{table}: set either `api_key_env` or `api_key_file`, not both"));
    }
    match set(variable) {
        Some(name) if !is_variable(name) => Err(format!(
            "{table}.api_key_env: name an environment variable, such as QDRANT_API_KEY; the key itself stays out \
             of the configuration"
        )),
        _ => Ok(()),
    }
}

/// Whether it can name an environment variable, which hardly any key looks like.
pub(crate) fn is_variable(name: &str) -> bool {
    name.len() <= 100
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

impl IndexConfig {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), String> {
        match (self.engine, set(&self.url)) {
            (EngineChoice::Server, None) => {
                return Err(
                    "index.url: the engine `server` needs the address of a Qdrant server's gRPC port, such as \
                     http://localhost:6334"
                        .to_owned(),
                );
            }
            (EngineChoice::Server, Some(url)) => check_url("index.url", url)?,
            (_, Some(_)) => {
                return Err(
                    "index.url: it is used by the engine `server` alone; set index.engine = \"server\" or \
                            take it out"
                        .to_owned(),
                );
            }
            _ => {}
        }
        check_key("index", &self.api_key_env, &self.api_key_file)?;
        let name = self.prefix.trim_end_matches(['-', '_']);
        if self.prefix.len() > MAX_PREFIX || (!self.prefix.is_empty() && check_name(name).is_err()) {
            return Err(format!(
                "index.prefix: use at most {MAX_PREFIX} of a-z, 0-9, `-` and `_`, a letter or digit first"
            ));
        }
        if !(1..=600_000).contains(&self.timeout_ms) {
            return Err("index.timeout_ms: between 1 and 600000".to_owned());
        }
        Ok(())
    }

    /// Where the embedded engine keeps its files, for a database at `database_url`.
    pub(crate) fn folder(&self, database_url: &str) -> std::path::PathBuf {
        match (set(&self.folder), crate::app::sqlite_path(database_url).and_then(Path::parent)) {
            (Some(folder), _) => folder.into(),
            (None, Some(beside)) => beside.join("index"),
            (None, None) => "data/index".into(),
        }
    }
}

impl EmbeddingsConfig {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), String> {
        let wrong = |field: &str, why: &str| Err(format!("embeddings.{field}: {why}"));
        match self.provider {
            EmbeddingsProvider::None => {}
            EmbeddingsProvider::Endpoint => {
                check_url("embeddings.base_url", &self.base_url)?;
                if self.model.trim().is_empty() || self.model.len() > 200 {
                    return wrong("model", "name the endpoint's model, in at most 200 bytes");
                }
                if self.dimension == 0 {
                    return wrong("dimension", "say how many numbers the model's vectors have");
                }
            }
            EmbeddingsProvider::Local => {
                if set(&self.folder).is_some() == set(&self.model).is_some() {
                    return wrong(
                        "folder",
                        "a local model is named by the `folder` it is in, or by `model`, its name on the hub; give \
                         one of them",
                    );
                }
            }
        }
        check_key("embeddings", &self.api_key_env, &self.api_key_file)?;
        if self.dimension > MAX_DIMENSION {
            return wrong("dimension", "at most 65536");
        }
        if !(1..=MAX_TEXTS).contains(&self.batch) {
            return wrong("batch", "between 1 and 512");
        }
        if self.query_prefix.len() > MAX_TEXT_PREFIX || self.passage_prefix.len() > MAX_TEXT_PREFIX {
            return wrong("query_prefix", "it and passage_prefix may have 200 bytes");
        }
        if !(1..=600_000).contains(&self.timeout_ms) {
            return wrong("timeout_ms", "between 1 and 600000");
        }
        if !(1..=20).contains(&self.attempts) {
            return wrong("attempts", "between 1 and 20");
        }
        if self.threads > 256 {
            return wrong("threads", "at most 256");
        }
        if self.cached > 10_000_000 {
            return wrong("cached", "at most 10000000");
        }
        Ok(())
    }
}
