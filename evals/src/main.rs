//! `countersign-eval`, which `countersign eval` hands over to.

use std::process::ExitCode;

/// As in the service, so that times are its.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    evals::cli::main().await
}
