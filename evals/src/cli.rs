//! The command line: run suites, compare two runs, make reports anew, make cases out of questions.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
    sync::Arc,
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use orchestrator::{config::Config, models::ModelsConfig};

use crate::{
    compare, import,
    judge::{self, Judge},
    publish,
    record::Records,
    report,
    runner::{self, Options},
    suite::{self, Suite},
    summary::Summary,
    tapes::{Mode, Names, Tapes},
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
    Run(Box<RunArgs>),
    /// What a run gained and lost against another: folders or files of results. A critical loss fails, and so does
    /// what is gone: a case that was not held again cannot be shown to hold.
    Compare {
        before: PathBuf,
        after: PathBuf,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        /// Cases that are gone were meant to go.
        #[arg(long)]
        allow_missing: bool,
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
    /// Send results to a service, which keeps them, compares them and shows how they went. The key is read from
    /// `COUNTERSIGN_API_KEY`. What was sent before is not kept twice.
    Publish {
        /// A folder of results.
        #[arg(default_value = OUT)]
        results: PathBuf,
        /// The service's address.
        #[arg(long, value_name = "URL")]
        to: String,
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
    /// Who answers: `offline`, or `recorded:FOLDER`, which plays what a provider answered once and fails a case
    /// whose request has no tape there. Without it what `--config` says.
    #[arg(long, value_name = "offline|recorded:FOLDER")]
    model: Option<Answering>,
    /// With `--model recorded:FOLDER` and a `--config` of one provider: ask it, and record what has no tape, or
    /// everything anew.
    #[arg(long, value_enum)]
    record: Option<Record>,
    /// Have answers judged by the models of this configuration file where a case says what they must be; without it
    /// nobody is asked.
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// How often the judge is asked about an answer; the majority counts.
    #[arg(long, default_value_t = judge::TIMES, value_parser = clap::value_parser!(u32).range(1..=15))]
    judge_times: u32,
    /// Attempts at each case: how likely all of so many pass is told as pass^k.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    attempts: u32,
    /// What the shop and its orders are drawn from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Conversations that are held at once.
    #[arg(long, default_value_t = 8)]
    parallel: usize,
    /// What is tried, for whoever compares; it is put before the program's version and digest.
    #[arg(long)]
    label: Option<String>,
    /// The folder that the results go to.
    #[arg(long, default_value = OUT)]
    out: PathBuf,
    /// The folder of public data.
    #[arg(long, env = "COUNTERSIGN_DATA")]
    data: Option<PathBuf>,
    /// Fail when a suite is left out because its data are not there; one that is named always does.
    #[arg(long)]
    require_all: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Send the results to the service at this address when they are written. The key is read from
    /// `COUNTERSIGN_API_KEY`.
    #[arg(long, value_name = "URL")]
    publish: Option<String>,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answering {
    Offline,
    Recorded(PathBuf),
}

impl FromStr for Answering {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "offline" => Ok(Self::Offline),
            Some(("recorded", folder)) if !folder.is_empty() => Ok(Self::Recorded(folder.into())),
            _ => {
                Err("it is `offline` or `recorded:FOLDER`; other models are in the file of `--config`"
                    .to_owned())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Record {
    New,
    All,
}

pub async fn main() -> anyhow::Result<ExitCode> {
    let holds = match Cli::parse().command {
        Command::Run(args) => run(*args).await?,
        Command::Compare { before, after, json, allow_missing } => {
            let (before, after) = (Records::read(&before)?.latest(), Records::read(&after)?.latest());
            let comparison = compare::compare(&before, &after, 1);
            match json {
                true => println!("{}", serde_json::to_string_pretty(&comparison)?),
                false => print!("{comparison}"),
            }
            comparison.holds(allow_missing)
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
        Command::Publish { results, to } => {
            send(&Records::read(&results)?.latest(), &to).await?;
            true
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
    let all = args.require_all || !args.names.is_empty();
    let models = match &args.config {
        Some(file) => Some(Config::load(Some(file), false)?.models),
        None => None,
    };
    let tapes = tapes(&args, models.as_ref())?;
    let judge = match &args.judge {
        Some(file) => Some(Arc::new(Judge::configured(&Config::load(Some(file), false)?, args.judge_times)?)),
        None => None,
    };
    let options = Options {
        models,
        tapes,
        judge,
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
    let sent = match &args.publish {
        Some(url) => send(&run.records, url).await.with_context(|| {
            let out = options.out.display();
            format!(
                "the results are kept in {out}; `countersign eval publish {out} --to {url}` sends them again"
            )
        }),
        None => Ok(()),
    };
    let holds = told(&summary, &run, &options, args.json)?;
    sent?;
    Ok(holds && (!all || summary.left_out.is_empty()))
}

async fn send(records: &Records, url: &str) -> anyhow::Result<()> {
    for kept in publish::publish(records, url, &publish::key()?).await? {
        // Standard output may be a summary that a program reads.
        eprintln!("published: {} at {}/evaluations/{}", kept.suite, url.trim_end_matches('/'), kept.id);
    }
    Ok(())
}

/// Prints what came of a run, and says whether it holds.
fn told(summary: &Summary, run: &runner::Run, options: &Options, json: bool) -> anyhow::Result<bool> {
    if json {
        println!("{}", serde_json::to_string_pretty(summary)?);
        return Ok(summary.holds() && run.missing.is_empty());
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
    for missing in &run.missing {
        println!("{missing}");
    }
    let unused = options.tapes.as_ref().map(|tapes| tapes.unused()).unwrap_or_default();
    if let Some(first) = unused.first() {
        println!("{} tapes were not asked for, such as {first}", unused.len());
    }
    println!("\n{}", options.out.join("report.html").display());
    Ok(summary.holds() && run.missing.is_empty())
}

/// The folder of tapes that the arguments name.
fn tapes(args: &RunArgs, models: Option<&ModelsConfig>) -> anyhow::Result<Option<Arc<Tapes>>> {
    let Some(Answering::Recorded(folder)) = &args.model else {
        ensure!(args.record.is_none(), "`--record` needs `--model recorded:FOLDER`, where the tapes go");
        ensure!(
            args.model.is_none() || args.config.is_none(),
            "`--model offline` and the models of `--config` cannot both answer; leave one out"
        );
        return Ok(None);
    };
    let mode = match args.record {
        None => Mode::Strict,
        Some(Record::New) => Mode::New,
        Some(Record::All) => Mode::All,
    };
    let names = match models.map(|models| models.providers.as_slice()) {
        Some([one]) => {
            let (provider, fast, strong) = (one.name.clone(), one.fast.clone(), one.strong.clone());
            Some(Names { provider, fast, strong })
        }
        Some(others) => bail!(
            "tapes are those of one provider, and the configuration has {}; name one in a file of its own",
            others.len()
        ),
        None => None,
    };
    ensure!(
        mode == Mode::Strict || names.is_some(),
        "`--record` asks a provider; name the file that configures it with `--config`"
    );
    Ok(Some(Arc::new(Tapes::open(folder, mode, names)?)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> RunArgs {
        let cli = Cli::try_parse_from(format!("countersign-eval run {line}").split_whitespace()).unwrap();
        let Command::Run(args) = cli.command else { panic!("it is not run") };
        *args
    }

    fn models(count: usize) -> ModelsConfig {
        let one = |n: usize| {
            format!(
                "[[models.providers]]\nname = \"p{n}\"\nbase_url = \"http://127.0.0.1:1\"\nfast = \"a\"\nstrong = \"b\"\n"
            )
        };
        Config::with(&(1..=count).map(one).collect::<String>()).unwrap().models
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_does() {
        let refused =
            |line: &str, models: Option<&ModelsConfig>| tapes(&args(line), models).err().unwrap().to_string();
        assert!(refused("--record new", None).contains("--model recorded:FOLDER"));
        assert!(refused("--model offline --config x", Some(&models(1))).contains("leave one out"));
        assert!(refused("--model recorded:x --record all", None).contains("--config"));
        assert!(refused("--model recorded:x --record all", Some(&models(2))).contains("one provider"));
        assert!(refused("--model recorded:/nowhere", None).contains("holds no tapes"));
        assert!(tapes(&args("--model offline"), None).unwrap().is_none());
        assert!(Answering::from_str("recorded:").is_err() && Answering::from_str("gpt").is_err());
    }
}
