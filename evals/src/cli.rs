//! The command line: run suites, compare two runs, make reports anew, make cases out of questions.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Args, Parser, Subcommand};
use orchestrator::config::Config;

use crate::{
    compare, import,
    record::Records,
    report,
    runner::{self, Options},
    suite::{self, Suite},
    summary::Summary,
};

/// Where results go unless somebody says otherwise.
const OUT: &str = "target/eval";

/// Holds conversations with the demo shop's desk, measures guards and search on public data, and says whether what
/// came of it is good enough: exit code 1 says that it is not.
#[derive(Parser)]
#[command(name = "countersign-eval", bin_name = "countersign eval", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run suites, all without names. What was done under the same version, model and seed is not done again.
    Run(RunArgs),
    /// What a run gained and lost against another: folders or files of results. A critical loss fails.
    Compare {
        before: PathBuf,
        after: PathBuf,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Make the page, the summary and the JUnit file of results anew.
    Report {
        /// A folder of results.
        #[arg(default_value = OUT)]
        results: PathBuf,
        /// Where they go; beside the results without it.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Make a file of cases out of questions: CSV with the columns question, contains, lacks, cites and outcome, or
    /// JSON lines of whole cases.
    Import {
        file: PathBuf,
        /// The file of cases that is written: in a suite's folder, with a name that ends in .yaml.
        #[arg(long)]
        into: PathBuf,
    },
}

#[derive(Args)]
struct RunArgs {
    /// Names of suites.
    names: Vec<String>,
    /// A suite's folder, or one of suites.
    #[arg(long, default_value = crate::SUITES)]
    suites: PathBuf,
    /// Cases whose name holds this.
    #[arg(long)]
    case: Option<String>,
    /// Answer with the models of this configuration file; without it with the offline model.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Attempts at each case: how likely all of so many pass is told as pass^k.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    attempts: u32,
    /// What the shop and its orders are drawn from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Conversations that are held at once.
    #[arg(long, default_value_t = 8)]
    parallel: usize,
    /// What is tried, for whoever compares; without it the program's version and digest.
    #[arg(long)]
    label: Option<String>,
    /// The folder that the results go to.
    #[arg(long, default_value = OUT)]
    out: PathBuf,
    /// The folder of public data.
    #[arg(long, env = "COUNTERSIGN_DATA")]
    data: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn main() -> anyhow::Result<ExitCode> {
    let holds = match Cli::parse().command {
        Command::Run(args) => run(args).await?,
        Command::Compare { before, after, json } => {
            let (before, after) = (Records::read(&before)?.latest(), Records::read(&after)?.latest());
            let comparison = compare::compare(&before, &after, 1);
            match json {
                true => println!("{}", serde_json::to_string_pretty(&comparison)?),
                false => print!("{comparison}"),
            }
            comparison.holds()
        }
        Command::Report { results, out } => {
            let folder = match &out {
                Some(out) => out.as_path(),
                None if results.is_dir() => &results,
                None => results.parent().unwrap_or(Path::new(".")),
            };
            let summary = report::write(&Records::read(&results)?.latest(), folder)?;
            print!("{summary}");
            println!("\n{}", folder.join("report.html").display());
            summary.holds()
        }
        Command::Import { file, into } => {
            let count = import::import(&file, &into)?;
            println!("{count} cases in {}", into.display());
            true
        }
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(args: RunArgs) -> anyhow::Result<bool> {
    let suites = chosen(suite::load_all(&args.suites)?, &args.names)?;
    let models = match &args.config {
        Some(file) => Some(Config::load(Some(file), false)?.models),
        None => None,
    };
    let options = Options {
        models,
        attempts: args.attempts,
        seed: args.seed,
        parallel: args.parallel,
        only: args.case,
        version: args.label,
        out: args.out,
        data: args.data.unwrap_or_else(runner::data_folder),
        progress: true,
    };
    let run = runner::run(&suites, &options).await?;
    let summary: Summary = report::write(&run.records, &options.out)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
        return Ok(summary.holds());
    }
    for attempt in
        run.records.attempts.iter().filter(|attempt| !attempt.passed() && !attempt.story.is_empty())
    {
        let mark = if attempt.is_critical_failure() { "CRITICAL" } else { "failed" };
        println!("{mark}: {} / {}", attempt.key.suite, attempt.key.case);
        for finding in &attempt.findings {
            println!("    {}", finding.text);
        }
        if !attempt.why.is_empty() {
            println!("    known: {}", attempt.why);
        }
    }
    println!();
    print!("{summary}");
    for (name, missing) in &run.left_out {
        println!("left out: {name}, because {missing} is not there; COUNTERSIGN_DATA names the folder");
    }
    println!("\n{}", options.out.join("report.html").display());
    Ok(summary.holds())
}

fn chosen(suites: Vec<Suite>, names: &[String]) -> anyhow::Result<Vec<Suite>> {
    if names.is_empty() {
        return Ok(suites);
    }
    let known: Vec<String> = suites.iter().map(|suite| suite.manifest.name.clone()).collect();
    for name in names {
        ensure!(known.contains(name), "there is no suite `{name}`; there are: {}", known.join(", "));
    }
    let chosen: Vec<Suite> =
        suites.into_iter().filter(|suite| names.contains(&suite.manifest.name)).collect();
    chosen.first().context("no suite was chosen")?;
    Ok(chosen)
}
