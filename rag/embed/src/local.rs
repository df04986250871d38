//! Sentence transformers of the BERT family, such as all-MiniLM-L6-v2, from a folder as they are
//! published: `config.json`, `tokenizer.json`, `model.safetensors`, and where they say so
//! `1_Pooling/config.json` and `sentence_bert_config.json`.
//!
//! The model computes on threads of its own, so that neither the service's nor other computations
//! wait for it. It reads a text's first tokens only: what is to be found must fit them.

use std::{fs, num::NonZeroUsize, path::Path, sync::Arc};

use async_trait::async_trait;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rag::embed::{EmbedError, Embedder, TextKind, check_texts};
use rayon::{ThreadPool, ThreadPoolBuilder, iter::ParallelIterator as _, slice::ParallelSlice as _};
use serde::Deserialize;
use tokenizers::{Tokenizer, TruncationParams};
use tokio::sync::{Semaphore, oneshot};
use tracing::debug;

/// What is read of a text when the model does not say, in tokens.
const MAX_TOKENS: usize = 256;
/// Texts computed as one by one thread.
const SIDE_BY_SIDE: usize = 8;

#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// What the model is called; without it, as its folder.
    pub name: Option<String>,
    /// By default as many as there are processors, at most 8.
    pub threads: NonZeroUsize,
    /// Calls that compute or wait; more make their callers wait.
    pub calls: NonZeroUsize,
}

impl Default for LocalOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            name: None,
            threads: processors.min(NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN)),
            calls: NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pooling {
    /// The mean of all tokens' vectors.
    Mean,
    /// The first token's vector.
    First,
}

struct Model {
    bert: BertModel,
    tokenizer: Tokenizer,
    pooling: Pooling,
}

/// A model in memory.
pub struct LocalEmbedder {
    name: String,
    dimension: usize,
    max_tokens: usize,
    model: Arc<Model>,
    threads: ThreadPool,
    calls: Semaphore,
}

#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_cls_token: bool,
}

#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: usize,
}

impl LocalEmbedder {
    /// Reads the model. Blocks for some tenths of a second.
    pub fn load(folder: &Path, options: LocalOptions) -> Result<Self, EmbedError> {
        let failed = |why: String| EmbedError::Load { folder: folder.display().to_string(), why };
        let read =
            |file: &str| fs::read(folder.join(file)).map_err(|error| failed(format!("{file}: {error}")));
        let unread = |file: &str, error: &dyn std::fmt::Display| failed(format!("{file}: {error}"));

        let config: Config =
            serde_json::from_slice(&read("config.json")?).map_err(|error| unread("config.json", &error))?;
        if config.model_type.as_deref().is_some_and(|of| of != "bert") {
            return Err(failed("only models of the type `bert` are known; choose one".to_owned()));
        }
        let pooling = match fs::read(folder.join("1_Pooling/config.json")) {
            Ok(text) => {
                let config: PoolingConfig =
                    serde_json::from_slice(&text).map_err(|error| unread("1_Pooling/config.json", &error))?;
                match (config.pooling_mode_mean_tokens, config.pooling_mode_cls_token) {
                    (true, false) => Pooling::Mean,
                    (false, true) => Pooling::First,
                    _ => return Err(failed("only pooling by mean or by first token is known".to_owned())),
                }
            }
            Err(_) => Pooling::Mean,
        };
        let max_tokens = match fs::read(folder.join("sentence_bert_config.json")) {
            Ok(text) => {
                let config: SentenceConfig = serde_json::from_slice(&text)
                    .map_err(|error| unread("sentence_bert_config.json", &error))?;
                config.max_seq_length
            }
            Err(_) => MAX_TOKENS,
        };
        let max_tokens = max_tokens.clamp(8, config.max_position_embeddings.max(8));

        let mut tokenizer = Tokenizer::from_bytes(read("tokenizer.json")?)
            .map_err(|error| unread("tokenizer.json", &error))?;
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(truncation)).map_err(|error| unread("tokenizer.json", &error))?;
        let weights =
            VarBuilder::from_buffered_safetensors(read("model.safetensors")?, DType::F32, &Device::Cpu);
        let bert = weights
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|error| unread("model.safetensors", &error))?;

        let threads = ThreadPoolBuilder::new()
            .num_threads(options.threads.get())
            .thread_name(|at| format!("embed-{at}"))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let of_folder = || {
            folder.file_name().map_or_else(|| "bert".to_owned(), |name| name.to_string_lossy().into_owned())
        };
        let name = options.name.unwrap_or_else(of_folder);
        Ok(Self {
            name,
            dimension: config.hidden_size,
            max_tokens,
            model: Arc::new(Model { bert, tokenizer, pooling }),
            threads,
            calls: Semaphore::new(options.calls.get()),
        })
    }
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn reads_tokens(&self) -> Option<usize> {
        Some(self.max_tokens)
    }

    async fn embed(&self, texts: &[String], _: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        check_texts(texts)?;
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let closed = || EmbedError::Unavailable("the model is being closed".to_owned());
        let _call = self.calls.acquire().await.map_err(|_| closed())?;
        let (model, texts) = (Arc::clone(&self.model), texts.to_vec());
        let (answer, answered) = oneshot::channel();
        self.threads.spawn(move || {
            if answer.is_closed() {
                return;
            }
            if answer.send(model.embed(&texts)).is_err() {
                debug!("nobody waits for the vectors any more");
            }
        });
        answered.await.map_err(|_| EmbedError::Model("it gave up; see the log".to_owned()))?
    }
}

impl Model {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let failed = |error: &dyn std::fmt::Display| EmbedError::Model(error.to_string());
        let encoded = texts.iter().map(|text| self.tokenizer.encode_fast(text.as_str(), true));
        let encoded: Vec<Vec<u32>> = encoded
            .map(|encoding| encoding.map(|encoding| encoding.get_ids().to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&error))?;
        // Texts of like length are computed together, because all take the time of the longest.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| encoded[*at].len());
        // On the threads this runs on: the model's own.
        let computed = order.par_chunks(SIDE_BY_SIDE).map(|together| {
            let tokens: Vec<&[u32]> = together.iter().map(|at| &encoded[*at][..]).collect();
            self.compute(&tokens)
        });
        let computed: Vec<Vec<Vec<f32>>> =
            computed.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for (at, vector) in order.into_iter().zip(computed.into_iter().flatten()) {
            vectors[at] = vector;
        }
        Ok(vectors)
    }

    fn compute(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|tokens| tokens.len()).max().unwrap_or(0);
        let shape = (texts.len(), longest);
        let padded = |of: &dyn Fn(&[u32], usize) -> u32| -> Vec<u32> {
            texts.iter().flat_map(|tokens| (0..longest).map(move |at| of(tokens, at))).collect()
        };
        let ids = padded(&|tokens, at| tokens.get(at).copied().unwrap_or(0));
        let mask = padded(&|tokens, at| u32::from(at < tokens.len()));
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let states = self.bert.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let pooled = match self.pooling {
            Pooling::First => states.narrow(1, 0, 1)?.squeeze(1)?,
            Pooling::Mean => {
                let weights = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
                states.broadcast_mul(&weights)?.sum(1)?.broadcast_div(&weights.sum(1)?)?
            }
        };
        let lengths = pooled.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(1e-12)?;
        pooled.broadcast_div(&lengths)?.to_vec2()
    }
}
