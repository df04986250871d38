//! Writes a provider or an embedder into a configuration file. Everything else in the file, comments
//! included, stays as it is; what would not be a valid configuration is not written.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use thiserror::Error;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

use super::{Config, ConfigError};
use crate::{
    knowledge_index::{EmbeddingsProvider, is_variable},
    models::ModelsError,
};

/// A larger file is no configuration.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Error)]
pub enum EditError {
    #[error("{path} cannot be {what}: {why}")]
    File { path: String, what: &'static str, why: String },
    #[error("{path} is not TOML; correct it first: {why}")]
    Toml { path: String, why: String },
    #[error("{0}")]
    Refused(String),
    #[error("that would not be a valid configuration, and nothing was written: {0}")]
    Invalid(#[from] ConfigError),
    #[error("that would not be a valid configuration, and nothing was written: {0}")]
    Models(#[from] ModelsError),
}

/// Where a key is: never the key itself.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct KeyPlace {
    /// The environment variable that holds the key.
    #[arg(long)]
    pub api_key_env: Option<String>,
    /// The file that holds the key and nothing else.
    #[arg(long, conflicts_with = "api_key_env")]
    pub api_key_file: Option<PathBuf>,
}

/// A provider of language models to be written.
#[derive(Clone, Debug, clap::Args)]
pub struct NewProvider {
    /// For journals, metrics and errors.
    pub name: String,
    /// Up to and without `/chat/completions`: `https://api.openai.com/v1`.
    #[arg(long)]
    pub base_url: String,
    /// The model for steps that decide something.
    #[arg(long)]
    pub strong: String,
    /// The model for steps that need little; by default the strong one.
    #[arg(long)]
    pub fast: Option<String>,
    #[command(flatten)]
    pub key: KeyPlace,
}

/// The embedder to be written.
#[derive(Clone, Debug, clap::Args)]
pub struct NewEmbedder {
    /// Of an OpenAI-compatible API, up to and without `/embeddings`.
    #[arg(long, requires_all = ["model", "dimension"])]
    pub base_url: Option<String>,
    /// The API's name for the model; without `--base-url` its name on the Hugging Face hub.
    #[arg(long)]
    pub model: Option<String>,
    /// The folder of a local model.
    #[arg(long, conflicts_with_all = ["base_url", "model"])]
    pub folder: Option<PathBuf>,
    /// How many numbers a vector has.
    #[arg(long)]
    pub dimension: Option<u32>,
    /// Ask the API for that dimension.
    #[arg(long)]
    pub ask_dimension: bool,
    /// Texts of one request.
    #[arg(long)]
    pub batch: Option<u32>,
    /// Take the place of the embedder that is configured.
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub key: KeyPlace,
}

impl KeyPlace {
    fn check(&self) -> Result<(), EditError> {
        match &self.api_key_env {
            // Whatever it is, it is not repeated: it may be the key.
            Some(name) if !is_variable(name) => Err(EditError::Refused(
                "--api-key-env names an environment variable, such as OPENAI_API_KEY; the key itself is never \
                 written into the configuration"
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn write(&self, table: &mut dyn TableLike) -> Result<(), EditError> {
        if let Some(variable) = &self.api_key_env {
            set(table, "api_key_env", variable.as_str());
        }
        if let Some(file) = &self.api_key_file {
            set(table, "api_key_file", text(file)?);
        }
        Ok(())
    }
}

fn text(path: &Path) -> Result<&str, EditError> {
    path.to_str().ok_or_else(|| EditError::Refused(format!("{} is not UTF-8; rename it", path.display())))
}

/// Puts the value in; the comments beside an old one stay.
fn set(table: &mut dyn TableLike, key: &str, new: impl Into<Value>) {
    let mut new: Value = new.into();
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    table.insert(key, value(new));
}

/// Adds a provider at the end of the list, which is asked in order.
pub fn add_provider(path: &Path, new: &NewProvider) -> Result<(), EditError> {
    new.key.check()?;
    edit(path, |document| {
        let models = table(document, "models")?;
        let providers =
            models.entry("providers").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(providers) = providers.as_array_of_tables_mut() else {
            return Err(EditError::Refused(
                "models.providers is one list in brackets; write each provider as a table [[models.providers]] first"
                    .to_owned(),
            ));
        };
        let named = |table: &Table| table.get("name").and_then(Item::as_str) == Some(new.name.as_str());
        if providers.iter().any(named) {
            return Err(EditError::Refused(format!(
                "there is a provider `{}` already: choose another name, or change it in the file",
                new.name
            )));
        }
        let mut table = Table::new();
        set(&mut table, "name", new.name.as_str());
        set(&mut table, "base_url", new.base_url.as_str());
        new.key.write(&mut table)?;
        set(&mut table, "fast", new.fast.as_deref().unwrap_or(&new.strong));
        set(&mut table, "strong", new.strong.as_str());
        providers.push(table);
        Ok(())
    })
}

/// Writes the embedder; one that is there already is replaced only when that is asked for.
pub fn add_embedder(path: &Path, new: &NewEmbedder) -> Result<(), EditError> {
    new.key.check()?;
    if new.base_url.is_none() && new.model.is_none() && new.folder.is_none() {
        return Err(EditError::Refused(
            "say which: --base-url with --model and --dimension for an API, or --folder or --model for a local model"
                .to_owned(),
        ));
    }
    edit(path, |document| {
        let there = Config::with(&document.to_string())?.embeddings;
        if there.provider != EmbeddingsProvider::None && !new.replace {
            return Err(EditError::Refused(
                "an embedder is configured already: --replace takes its place. Vectors of another model need a new \
                 collection, which is filled beside the old one"
                    .to_owned(),
            ));
        }
        let table = table(document, "embeddings")?;
        for key in
            ["base_url", "model", "folder", "dimension", "ask_dimension", "api_key_env", "api_key_file"]
        {
            table.remove(key);
        }
        set(table, "provider", if new.base_url.is_some() { "endpoint" } else { "local" });
        for (key, said) in [("base_url", &new.base_url), ("model", &new.model)] {
            if let Some(said) = said {
                set(table, key, said.as_str());
            }
        }
        if let Some(folder) = &new.folder {
            set(table, "folder", text(folder)?);
        }
        if let Some(dimension) = new.dimension {
            set(table, "dimension", i64::from(dimension));
        }
        if new.ask_dimension {
            set(table, "ask_dimension", true);
        }
        if let Some(batch) = new.batch {
            set(table, "batch", i64::from(batch));
        }
        new.key.write(table)
    })
}

/// The table of the name, made when there is none.
fn table<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut dyn TableLike, EditError> {
    let made = !document.contains_key(name);
    let item = document.entry(name).or_insert_with(toml_edit::table);
    if made && name == "models" {
        // It holds nothing but the list of providers, which says its name.
        item.as_table_mut().into_iter().for_each(|table| table.set_implicit(true));
    }
    item.as_table_like_mut()
        .ok_or_else(|| EditError::Refused(format!("`{name}` is no table; correct the file first")))
}

fn edit(
    path: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let shown = path.display().to_string();
    let failed = |what: &'static str| {
        let path = shown.clone();
        move |error: std::io::Error| EditError::File { path, what, why: error.to_string() }
    };
    let there = path.exists();
    // A link stays one: what it leads to is changed.
    let path = if there { fs::canonicalize(path).map_err(failed("read"))? } else { path.to_owned() };
    let before = if there {
        let size = fs::metadata(&path).map_err(failed("read"))?.len();
        if size > MAX_BYTES {
            let why = format!("it has {size} bytes, and a configuration at most {MAX_BYTES}");
            return Err(EditError::File { path: shown, what: "read", why });
        }
        fs::read_to_string(&path).map_err(failed("read"))?
    } else {
        String::new()
    };
    let mut document: DocumentMut = before.parse().map_err(|error: toml_edit::TomlError| {
        EditError::Toml { path: shown.clone(), why: error.to_string() }
    })?;
    change(&mut document)?;
    let after = document.to_string();
    Config::with(&after)?.models.validate()?;

    let mut unfinished = path.clone().into_os_string();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let mut file = File::create(&unfinished).map_err(failed("written"))?;
    file.write_all(after.as_bytes()).map_err(failed("written"))?;
    if there {
        let permissions = fs::metadata(&path).map_err(failed("read"))?.permissions();
        file.set_permissions(permissions).map_err(failed("written"))?;
    }
    file.sync_all().map_err(failed("written"))?;
    fs::rename(&unfinished, &path).map_err(failed("written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str) -> NewProvider {
        NewProvider {
            name: name.to_owned(),
            base_url: "https://api.example.com/v1".to_owned(),
            strong: "large".to_owned(),
            fast: None,
            key: KeyPlace { api_key_env: Some("EXAMPLE_KEY".to_owned()), api_key_file: None },
        }
    }

    fn embedder() -> NewEmbedder {
        NewEmbedder {
            base_url: Some("https://api.example.com/v1".to_owned()),
            model: Some("embed".to_owned()),
            folder: None,
            dimension: Some(1536),
            ask_dimension: false,
            batch: None,
            replace: false,
            key: KeyPlace::default(),
        }
    }

    const FILE: &str = "# Ours.\n[server]\naddress = \"127.0.0.1:9\" # for now\n\n[models]\n# No robots.\n\
                        offline_fallback = false\n\n[[models.providers]] # the old one\nname = \"old\"\n\
                        base_url = \"http://old.example/v1\"\nfast = \"a\"\nstrong = \"b\"\n\n[log] # last\n\
                        format = \"json\"\n";

    #[test]
    fn a_provider_is_added_behind_the_others_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        fs::write(&path, FILE).unwrap();
        add_provider(&path, &provider("new")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for kept in ["# Ours.", "# for now", "# No robots.", "# the old one", "# last"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        let config = Config::with(&text).unwrap();
        let names: Vec<&str> = config.models.providers.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["old", "new"]);
        let new = &config.models.providers[1];
        assert_eq!((new.fast.as_str(), new.strong.as_str()), ("large", "large"));
        assert_eq!(new.api_key_env.as_deref(), Some("EXAMPLE_KEY"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_made_and_a_name_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.toml");
        add_provider(&path, &provider("one")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("[[models.providers]]"), "{text}");
        let error = add_provider(&path, &provider("one")).unwrap_err().to_string();
        assert!(error.contains("already"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        add_provider(&path, &provider("two")).unwrap();
    }

    #[test]
    fn what_is_not_valid_is_not_written_and_a_key_is_not_taken_for_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        fs::write(&path, FILE).unwrap();
        let key = KeyPlace { api_key_env: Some("sk-abc-123".to_owned()), api_key_file: None };
        let error = add_provider(&path, &NewProvider { key, ..provider("new") }).unwrap_err().to_string();
        assert!(!error.contains("sk-abc") && error.contains("variable"), "{error}");
        let wrong = NewProvider { base_url: "ftp://x".to_owned(), ..provider("new") };
        assert!(matches!(add_provider(&path, &wrong), Err(EditError::Models(_))));
        let wrong = NewEmbedder { dimension: Some(70_000), ..embedder() };
        assert!(matches!(add_embedder(&path, &wrong), Err(EditError::Invalid(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
        fs::write(&path, "[models]\nproviders = []\n").unwrap();
        assert!(
            add_provider(&path, &provider("x")).unwrap_err().to_string().contains("[[models.providers]]")
        );
        fs::write(&path, "[[[").unwrap();
        assert!(matches!(add_provider(&path, &provider("x")), Err(EditError::Toml { .. })));
    }

    #[test]
    fn one_embedder_takes_the_place_of_another_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        fs::write(&path, "[embeddings] # whose?\nbatch = 8 # small\n").unwrap();
        add_embedder(&path, &embedder()).unwrap();
        let local = NewEmbedder {
            base_url: None,
            model: None,
            dimension: None,
            folder: Some("models/mini".into()),
            ..embedder()
        };
        assert!(add_embedder(&path, &local).unwrap_err().to_string().contains("--replace"));
        add_embedder(&path, &NewEmbedder { replace: true, ..local }).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("# whose?") && text.contains("# small"), "{text}");
        let config = Config::with(&text).unwrap().embeddings;
        assert_eq!(config.provider, EmbeddingsProvider::Local);
        assert_eq!((config.folder.as_str(), config.model.as_str(), config.batch), ("models/mini", "", 8));
    }
}
