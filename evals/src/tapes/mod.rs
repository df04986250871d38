//! Recorded models: what a provider was shown and what it answered, in a folder, one file for each request.
//!
//! A tape is found by the digest of what the provider is shown: model, messages, tools, schema, limit. It is written
//! and looked for without personal and secret data. A request without a tape is refused, and the error says which tape
//! is nearest and where it first differs: so a prompt that changed shows itself. Keys,
//! headers and addresses of providers never come here, because a tape stands before the provider and not on the
//! wire. What failed is not recorded.

mod nearest;
mod scrub;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use domain::{
    canonical::Digest,
    model::{Model, ModelError, ModelFailure, ModelRequest, ModelResponse, Strength, TextSink, Usage},
    tool::ToolCall,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use scrub::{Scrubbed, Scrubber};

/// The file that says whose tapes a folder holds.
const NAMES: &str = "tapes.yaml";
/// How the files of tapes end.
const END: &str = ".tape.yaml";
/// What every error about a missing tape begins with.
pub const MISSING: &str = "there is no tape of";

/// What happens with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is answered from its tape, or not at all.
    Strict,
    /// Without a tape the provider is asked, and that is recorded.
    New,
    /// The provider is asked anew, and that is recorded.
    All,
}

/// Whose tapes they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub provider: String,
    pub fast: String,
    pub strong: String,
}

impl Names {
    fn of(&self, strength: Strength) -> &str {
        match strength {
            Strength::Fast => &self.fast,
            Strength::Strong => &self.strong,
        }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.strong)
    }
}

/// One file: a request as it was recorded, and what came back each time it was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tape {
    purpose: String,
    /// The prompt that rendered it, for whoever reads the file; it is no part of the digest.
    prompt: String,
    digest: String,
    request: Value,
    replies: Vec<Reply>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    /// As JSON where it is JSON.
    text: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    model: String,
    usage: Usage,
}

/// A folder of tapes.
pub struct Tapes {
    folder: PathBuf,
    mode: Mode,
    names: Names,
    scrubber: Scrubber,
    /// What the folder held when it was opened.
    digest: String,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// By digest.
    tapes: BTreeMap<String, Tape>,
    /// Recorded anew since the folder was opened.
    recorded: BTreeSet<String>,
    /// How often each was asked for.
    asked: BTreeMap<String, usize>,
    missing: Vec<String>,
}

/// A request that nobody has recorded.
struct Missing<'a> {
    purpose: &'a str,
    digest: &'a str,
    nearest: Option<(String, String)>,
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MISSING} this request of {} ({})", self.purpose, short(self.digest))?;
        match &self.nearest {
            Some((file, difference)) => write!(f, "; the nearest is {file}, and differs first {difference}")?,
            None => f.write_str("; there is none of its purpose at all")?,
        }
        f.write_str("; `--record new` with a `--config` records it")
    }
}

impl Tapes {
    /// Opens a folder. `names` are those of the provider that is recorded, if one is; a folder that is played alone
    /// says itself whose tapes it holds.
    ///
    /// # Errors
    ///
    /// When the folder holds no tapes and none are recorded, when it holds those of other models, and when a file
    /// is no tape.
    pub fn open(folder: &Path, mode: Mode, names: Option<Names>) -> anyhow::Result<Self> {
        let file = folder.join(NAMES);
        let known: Option<Names> = match fs::read_to_string(&file) {
            Ok(text) => Some(serde_yaml_ng::from_str(&text).with_context(|| file.display().to_string())?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
        };
        let names = match (names, known) {
            (Some(names), Some(known)) if names != known && mode != Mode::All => anyhow::bail!(
                "{} holds tapes of {known} and {}, and the configuration names {names} and {}; record another folder, \
                 or all of this one anew with `--record all`",
                folder.display(),
                known.fast,
                names.fast
            ),
            (Some(names), _) => names,
            (None, Some(known)) => known,
            (None, None) => anyhow::bail!(
                "{} holds no tapes; `--record all` with a `--config` makes some",
                folder.display()
            ),
        };
        if mode != Mode::Strict {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            put(&file, &serde_yaml_ng::to_string(&names)?)?;
        }
        let mut tapes = BTreeMap::new();
        for path in files(folder)? {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let tape: Tape =
                serde_yaml_ng::from_str(&text).with_context(|| format!("{} is no tape", path.display()))?;
            ensure!(!tape.replies.is_empty(), "{} holds no reply", path.display());
            ensure!(
                Digest::of(&tape.request).0 == tape.digest,
                "{} was changed by hand: its request has another digest; record it anew",
                path.display()
            );
            tapes.insert(tape.digest.clone(), tape);
        }
        let digest = Digest::of(&(&names, tapes.values().collect::<Vec<_>>())).0;
        let held = Mutex::new(Held { tapes, ..Held::default() });
        Ok(Self { folder: folder.to_owned(), mode, names, scrubber: Scrubber::new()?, digest, held })
    }

    /// For the results: whose tapes, and which.
    pub fn name(&self) -> String {
        let what = if self.mode == Mode::Strict { "recorded" } else { "recording" };
        format!("{what}:{}@{}", self.names, short(&self.digest))
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Why requests could not be answered, each once, in the order in which they came.
    pub fn missing(&self) -> Vec<String> {
        self.held().missing.clone()
    }

    /// Tapes that were never asked for, by their files.
    pub fn unused(&self) -> Vec<String> {
        let held = self.held();
        held.tapes.values().filter(|tape| !held.asked.contains_key(&tape.digest)).map(file_name).collect()
    }

    /// The tapes as a model. `real` is asked where the mode says so.
    pub fn model(self: &Arc<Self>, real: Option<Arc<dyn Model>>) -> Arc<dyn Model> {
        Arc::new(Taped { tapes: Arc::clone(self), real })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing is left half done: what is counted is counted at once.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reply that is next on the request's tape.
    fn play(&self, digest: &str) -> Option<Reply> {
        let mut held = self.held();
        let tape = held.tapes.get(digest)?;
        let replies = tape.replies.clone();
        let asked = held.asked.entry(digest.to_owned()).or_default();
        let reply = replies.get(*asked % replies.len()).cloned();
        *asked += 1;
        reply
    }

    fn miss(&self, purpose: &str, digest: &str, request: &Value) -> String {
        let mut held = self.held();
        let same = held.tapes.values().filter(|tape| tape.purpose == purpose);
        let nearest = nearest::nearest(request, same.map(|tape| (&tape.request, tape)));
        let nearest = nearest.map(|(tape, difference)| (file_name(tape), difference));
        let text = Missing { purpose, digest, nearest }.to_string();
        if !held.missing.contains(&text) {
            held.missing.push(text.clone());
        }
        text
    }

    fn record(
        &self,
        request: &ModelRequest,
        scrubbed: &Scrubbed,
        digest: &str,
        reply: Reply,
    ) -> anyhow::Result<()> {
        let mut held = self.held();
        let first = held.recorded.insert(digest.to_owned());
        let tape = held.tapes.entry(digest.to_owned()).or_insert_with(|| Tape {
            purpose: request.purpose.clone(),
            prompt: request.prompt.clone(),
            digest: digest.to_owned(),
            request: scrubbed.request.clone(),
            replies: Vec::new(),
        });
        if first {
            tape.replies.clear();
        }
        tape.replies.push(reply);
        let path = self.folder.join(file_name(tape));
        let text = serde_yaml_ng::to_string(tape)?;
        let read: Tape = serde_yaml_ng::from_str(&text)?;
        ensure!(Digest::of(&read.request).0 == digest, "what was written would be read as another request");
        *held.asked.entry(digest.to_owned()).or_default() += 1;
        put(&path, &text)
    }
}

struct Taped {
    tapes: Arc<Tapes>,
    real: Option<Arc<dyn Model>>,
}

fn refused(why: impl fmt::Display) -> ModelFailure {
    ModelError::Refused(why.to_string()).into()
}

#[async_trait]
impl Model for Taped {
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let tapes = &self.tapes;
        let mut scrubbed = tapes
            .scrubber
            .request(request, tapes.names.of(request.strength))
            .map_err(|error| refused(format!("it cannot be kept on a tape: {error:#}")))?;
        let digest = Digest::of(&scrubbed.request).0;
        // When all are recorded, one that is asked twice is another reply of the same tape.
        let played = if tapes.mode == Mode::All { None } else { tapes.play(&digest) };
        if let Some(reply) = played {
            let response = scrubbed.restored(reply, &tapes.names.provider);
            if let (Some(sink), Some(text)) = (sink, &response.text) {
                sink.text(text);
            }
            return Ok(response);
        }
        let real = match (&self.real, tapes.mode) {
            (Some(real), Mode::New | Mode::All) => real,
            _ => return Err(refused(tapes.miss(&request.purpose, &digest, &scrubbed.request))),
        };
        let response = real.complete(request, sink).await?;
        let usage = response.usage;
        let kept = scrubbed.reply(&tapes.scrubber, &response);
        let kept = kept.and_then(|reply| tapes.record(request, &scrubbed, &digest, reply));
        kept.map_err(|error| {
            let error = ModelError::Refused(format!("its reply cannot be kept on a tape: {error:#}"));
            ModelFailure { error, usage }
        })?;
        Ok(response)
    }

    /// What is played costs what it cost when it was recorded.
    fn most(&self, request: &ModelRequest) -> i64 {
        let real = self.real.as_ref().map_or(0, |real| real.most(request));
        let held = self.tapes.held();
        let replies = held.tapes.values().flat_map(|tape| &tape.replies);
        replies.map(|reply| reply.usage.cost_micros).fold(real, i64::max)
    }
}

fn short(digest: &str) -> &str {
    let hex = digest.rsplit(':').next().unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

fn file_name(tape: &Tape) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let purpose: String = tape.purpose.chars().map(plain).collect();
    format!("{purpose}-{}{END}", short(&tape.digest))
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(END)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a file whole or not at all.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be written", path.display());
    let beside = path.with_extension("new");
    fs::write(&beside, text).with_context(cannot)?;
    fs::rename(&beside, path).with_context(cannot)
}
