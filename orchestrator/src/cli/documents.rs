//! Shows what a file becomes, without a database.

use std::path::Path;

use anyhow::Context as _;
use parse::{
    Input, Limits, Parsed,
    isolated::{Options, Parser},
};
use tokio::io::AsyncReadExt as _;

use super::output::Output;

/// Prints the Markdown of a file's documents; what is to be said about them goes to standard error.
pub(super) async fn show(path: &Path, out: Output) -> anyhow::Result<()> {
    let documents = read(path).await?;
    if out.json {
        return out.value(&documents);
    }
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            println!("\n* * *\n");
        }
        println!("{}", document.markdown);
        for warning in &document.warnings {
            eprintln!("note: {warning}");
        }
    }
    Ok(())
}

async fn read(path: &Path) -> anyhow::Result<Vec<Parsed>> {
    let unreadable = || format!("{} cannot be read", path.display());
    let limits = Limits::default();
    // One byte more than is allowed is enough to be refused.
    let file = tokio::fs::File::open(path).await.with_context(unreadable)?;
    let mut bytes = Vec::new();
    file.take(limits.bytes as u64 + 1).read_to_end(&mut bytes).await.with_context(unreadable)?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    let input = Input { bytes: &bytes, file_name: name.as_deref(), media_type: None };
    let parser = Parser::new(Options::default(), limits);
    parser.parse(input).await.with_context(|| path.display().to_string())
}
