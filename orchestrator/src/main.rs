//! The `countersign` binary.

use std::process::ExitCode;

/// Runs are made of many small texts that one thread makes and another lets go of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    orchestrator::cli::main()
}
