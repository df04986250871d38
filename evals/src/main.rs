//! `countersign-evals`: holds the cases and prints what passed.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use orchestrator::config::Config;

/// Holds conversations with the demo shop and checks what comes of them.
#[derive(Parser)]
#[command(name = "countersign-evals", version, about)]
struct Cli {
    /// A file of cases, or a folder of them.
    #[arg(default_value = evals::CASES)]
    cases: PathBuf,
    /// Answer with the models of this configuration file; without it, with the offline model.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The share of cases that must pass, from 0 to 1, besides every case that must.
    #[arg(long, default_value_t = 0.0)]
    cutoff: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let models = match &cli.config {
        Some(file) => Some(Config::load(Some(file), false)?.models),
        None => None,
    };
    let report = evals::run(&cli.cases, models).await?;
    print!("{report}");
    Ok(if report.reaches(cli.cutoff) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
