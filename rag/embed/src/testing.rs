//! The model that tests and benchmarks embed with.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use rag::embed::EmbedError;

/// The folder of all-MiniLM-L6-v2, fetched by `scripts/fetch-minilm.sh` the first time.
pub fn minilm() -> Result<PathBuf, EmbedError> {
    static FOLDER: OnceLock<Result<PathBuf, EmbedError>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fetch-minilm.sh");
            let failed = |why: String| EmbedError::Load { folder: script.display().to_string(), why };
            let run = Command::new(&script).output().map_err(|error| failed(error.to_string()))?;
            if !run.status.success() {
                return Err(failed(String::from_utf8_lossy(&run.stderr).into_owned()));
            }
            Ok(PathBuf::from(String::from_utf8_lossy(&run.stdout).trim()))
        })
        .clone()
}
