//! The command line: serving, and looking into and working on a database without the console.

mod ask;
mod autonomy;
mod backup;
mod credits;
mod documents;
mod eval;
mod guards;
mod knowledge;
mod models;
mod output;
mod people;
mod policy;
mod records;
mod replay;
mod replay_report;
mod safety;
mod serve;
mod setup;
mod sources;
mod users;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};
use domain::{ApprovalId, CustomerId, RunId};

use crate::{
    app::App,
    config::{Config, DEFAULTS},
    gate::DEFAULT_POLICY,
    knowledge_index,
    system::{SystemClock, SystemIds},
};
use output::Output;

/// Agentic AI orchestration with a human in the loop.
#[derive(Parser)]
#[command(name = "countersign", version, about)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    /// The configuration file; without it `countersign.toml`, if there is one.
    #[arg(long, global = true, env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// Turn the demo shop and its workspace on.
    #[arg(long, global = true)]
    demo: bool,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// The workspace's slug; without it the first one.
    #[arg(long, global = true)]
    workspace: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, the console and the channels, and work on runs.
    Serve,
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Fill the database with the demo workspace.
    Seed,
    /// Write all of an embedded database into one file, while the service goes on.
    Backup {
        /// A file that is not there yet.
        file: PathBuf,
        /// Put the key in it too: whoever has the file can then read what is sealed in it.
        #[arg(long)]
        with_key: bool,
    },
    /// Make a backup the database, where there is none. Every workspace's agents are stopped until a person lets
    /// them go on.
    Restore {
        file: PathBuf,
        /// Nothing has happened since the backup, as when moving to another machine: agents, mails and sessions
        /// go on.
        #[arg(long)]
        go_on: bool,
        /// The key is lost: second factors and what else is sealed under it cannot be read any more.
        #[arg(long)]
        without_key: bool,
    },
    /// After another program has made the database what it was earlier, such as pg_restore, and before the service
    /// starts: every workspace's agents are stopped until a person lets them go on, mails that waited are not
    /// sent by themselves, and everybody signs in anew.
    Restored {
        /// What it was restored from, such as "the dump of 22 November"; people read it where agents are stopped.
        what: String,
    },
    /// Workspaces, people and keys.
    Workspace {
        #[command(subcommand)]
        command: WorkspaceCommand,
    },
    /// People's accounts: what somebody needs who cannot sign in any more.
    Users {
        #[command(subcommand)]
        command: users::UsersCommand,
    },
    /// Colleagues: who they are, what they may, who is asked to join.
    People {
        #[command(subcommand)]
        command: people::PeopleCommand,
    },
    /// Roles and what they may.
    Roles {
        #[command(subcommand)]
        command: people::RolesCommand,
    },
    /// Teams and who is in them.
    Teams {
        #[command(subcommand)]
        command: people::TeamsCommand,
    },
    /// Customers who want to see their tickets.
    Customers {
        #[command(subcommand)]
        command: people::CustomersCommand,
    },
    /// The knowledge base.
    Kb {
        #[command(subcommand)]
        command: KbCommand,
    },
    /// Tickets.
    Tickets {
        #[command(subcommand)]
        command: TicketsCommand,
    },
    /// Runs and their journals.
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// What past runs would have come to with another policy, prompt, model, threshold or knowledge base. Fails
    /// on a loss.
    Replay(Box<replay::ReplayArgs>),
    /// What waits for a person.
    Approvals {
        #[command(subcommand)]
        command: ApprovalsCommand,
    },
    /// The tools agents may call.
    Tools {
        #[command(subcommand)]
        command: ToolsCommand,
    },
    /// What calls are judged by.
    Policy {
        #[command(subcommand)]
        command: policy::PolicyCommand,
    },
    /// How far agents go by themselves, and what became of it.
    Autonomy {
        #[command(subcommand)]
        command: autonomy::AutonomyCommand,
    },
    /// Switches that stop the workspace, an agent, a tool or an integration.
    Breakers {
        #[command(subcommand)]
        command: safety::BreakersCommand,
    },
    /// What models and tools cost, beside what they may, and whether the ledger is right.
    Credits {
        #[command(subcommand)]
        command: credits::CreditsCommand,
    },
    /// Who did what, in a chain that shows when it was changed.
    Audit {
        #[command(subcommand)]
        command: safety::AuditCommand,
    },
    /// Personal data in stored messages: find it, take it out.
    Guards {
        #[command(subcommand)]
        command: guards::GuardsCommand,
    },
    /// The models that are configured.
    Models {
        #[command(subcommand)]
        command: models::ModelsCommand,
    },
    /// Evaluations: suites, and what one version gained and lost against another. Handed over to `countersign-eval`.
    #[command(disable_help_flag = true)]
    Eval {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Parse one document that comes on standard input; the service starts this by itself.
    #[command(name = parse::isolated::SUBCOMMAND, hide = true)]
    ParseDocument,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the configuration and print what is in effect, secrets redacted.
    Check,
    /// Print every key with its default and its meaning.
    Default,
    /// Print the built-in policy.
    Policy,
}

#[derive(Subcommand)]
enum WorkspaceCommand {
    /// Make a workspace with its first owner. The password is read from `COUNTERSIGN_PASSWORD`.
    Create {
        slug: String,
        name: String,
        owner_email: String,
    },
    List,
    /// Make an API key and print it once.
    Key {
        name: String,
        /// It may what a key of this role may, without personal data: viewer, light_agent, agent, reviewer,
        /// admin, owner, or none.
        #[arg(long, default_value = "agent")]
        role: String,
        /// What it may besides, such as see_personal_data.
        #[arg(long, value_delimiter = ',')]
        scopes: Vec<String>,
        /// It opens nothing after so many days.
        #[arg(long)]
        days: Option<u16>,
    },
}

/// What counts more than what a file says of itself.
#[derive(Args)]
struct SaidArgs {
    /// company, or customer: used in matters of that customer alone.
    #[arg(long)]
    layer: Option<String>,
    /// The id of the customer whose the files are.
    #[arg(long)]
    customer: Option<String>,
    /// public or internal.
    #[arg(long)]
    visibility: Option<String>,
    /// The language, for example de-CH.
    #[arg(long)]
    locale: Option<String>,
    #[arg(long)]
    brand: Option<String>,
    #[arg(long)]
    category: Option<String>,
    /// May be given several times.
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// A day or a time.
    #[arg(long)]
    valid_from: Option<String>,
    /// The last day, or a time.
    #[arg(long)]
    valid_until: Option<String>,
}

/// Which documents a search may see.
#[derive(Args)]
struct ScopeArgs {
    /// Internal documents too.
    #[arg(long)]
    internal: bool,
    /// The shipped library too; it is internal.
    #[arg(long)]
    universal: bool,
    /// This customer's own documents too.
    #[arg(long)]
    customer: Option<CustomerId>,
    /// Documents of this brand and of none.
    #[arg(long)]
    brand: Option<String>,
    /// Documents in this language first.
    #[arg(long)]
    locale: Option<String>,
}

#[derive(Subcommand)]
enum KbCommand {
    /// Add files, or those of a folder: Markdown, HTML, text, PDF, DOCX, CSV of questions and answers, mail.
    Add {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        said: SaidArgs,
    },
    /// Show what a file becomes: Markdown, or with `--json` everything that is known about it.
    Parse { file: PathBuf },
    /// Answer a question in sentences that each name their source.
    Ask {
        question: String,
        /// Internal documents too.
        #[arg(long)]
        internal: bool,
    },
    Search {
        query: String,
        #[arg(long, default_value_t = 5)]
        limit: usize,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Pages of the web and sitemaps that knowledge is kept in step with, and the folders of the configuration.
    Sources {
        #[command(subcommand)]
        command: SourcesCommand,
    },
    /// Bring knowledge up to what sources hold now: one, by id or address, or all with the configured folders.
    Sync {
        source: Option<String>,
        /// Read everything again, changed or not.
        #[arg(long)]
        full: bool,
    },
    /// Build the index anew from the database, beside the one that is searched, and switch to it.
    Rebuild,
    /// Compare the index with the database and report every difference.
    Verify,
}

#[derive(Subcommand)]
enum SourcesCommand {
    /// Add a page, or with `--sitemap` the pages that a sitemap lists, and sync it.
    Add {
        /// `https://…`
        address: String,
        /// The address is a sitemap's.
        #[arg(long)]
        sitemap: bool,
        #[command(flatten)]
        said: Box<SaidArgs>,
    },
    List,
    /// Remove a source, by id or address, and the documents that came from it.
    Remove {
        source: String,
        /// The documents stay.
        #[arg(long)]
        keep_documents: bool,
    },
}

#[derive(Subcommand)]
enum TicketsCommand {
    List {
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Show a ticket with its timeline, by number.
    Show { number: i64 },
    /// Rebuild every snapshot from events and report differences.
    Verify,
}

#[derive(Subcommand)]
enum RunsCommand {
    List {
        #[arg(long)]
        status: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Show a run's journal.
    Show {
        id: RunId,
        /// The run as it stood after this step: what it knew, what was open, what it had cost.
        #[arg(long)]
        at: Option<i64>,
        /// What the model was given in that step, and whether that is proven.
        #[arg(long, requires = "at")]
        prompt: bool,
    },
    /// Put a dead or quarantined run back in the queue.
    Retry { id: RunId },
    /// Recompute every step's input from the journal and report the first difference.
    Replay { id: RunId },
}

#[derive(Args)]
struct DecideAs {
    /// The member of staff who decides, by email address.
    #[arg(long = "as")]
    by: String,
}

#[derive(Subcommand)]
enum ApprovalsCommand {
    List {
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Approve exactly what is shown. On a terminal it asks first.
    Approve {
        id: ApprovalId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        by: DecideAs,
    },
    Reject {
        id: ApprovalId,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: DecideAs,
    },
}

#[derive(Subcommand)]
enum ToolsCommand {
    List {
        query: Option<String>,
    },
    /// Call a read tool; of a tool with effects, show the preview and what the policy says.
    Call {
        name: String,
        /// The arguments as JSON.
        #[arg(default_value = "{}")]
        args: String,
    },
}

/// Parses the command line, runs the command, and turns its result into an exit code.
pub fn main() -> ExitCode {
    if let Some(args) = eval::asked(std::env::args_os()) {
        return hand_over(&args);
    }
    let cli = Cli::parse();
    if let Command::Eval { args } = &cli.command {
        return hand_over(args);
    }
    // Before the runtime: this process gets by on one thread and little memory.
    if matches!(cli.command, Command::ParseDocument) {
        return parse::child::main();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) if output::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn hand_over(args: &[OsString]) -> ExitCode {
    eval::hand_over(args).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let out = Output::new(cli.global.json);
    let load =
        || -> anyhow::Result<Config> { Ok(Config::load(cli.global.config.as_deref(), cli.global.demo)?) };
    match cli.command {
        Command::Serve => return serve::serve(load()?, out).await,
        Command::Config { command: ConfigCommand::Check } => {
            let config = load()?;
            match cli.global.json {
                true => out.value(&config)?,
                false => out.text(toml::to_string(&config)?)?,
            }
        }
        Command::Config { command: ConfigCommand::Default } => out.text(DEFAULTS)?,
        Command::Config { command: ConfigCommand::Policy } => out.text(DEFAULT_POLICY)?,
        Command::Models { command } => {
            return models::run(command, cli.global.config.as_deref(), load, out).await;
        }
        Command::Openapi => out.value(&crate::http::openapi())?,
        Command::Migrate => setup::migrate(load()?, out).await?,
        Command::Seed => {
            setup::seed(Config::load(cli.global.config.as_deref(), true)?, out).await?;
        }
        Command::Backup { file, with_key } => backup::backup(&load()?, &file, with_key, out).await?,
        Command::Restore { file, go_on, without_key } => {
            backup::restore(&load()?, &file, backup::Terms { go_on, without_key }, out).await?;
        }
        Command::Restored { what } => backup::restored(&load()?, &what, out).await?,
        Command::Kb { command: KbCommand::Parse { file } } => documents::show(&file, out).await?,
        command => {
            if let Command::Replay(args) = &command
                && let Some(folder) = &args.prompts
            {
                replay::replace_prompts(folder)?;
            }
            let mut config = load()?;
            if matches!(command, Command::Workspace { .. }) {
                // Its folders of knowledge need a workspace, which may be what this makes.
                config.knowledge.folders.clear();
            }
            let app = open(config).await?;
            let code = records::run(&app, command, cli.global.workspace.as_deref(), out).await?;
            app.store.clone().close().await;
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The service's own parts on the same database, without listening or working.
async fn open(mut config: Config) -> anyhow::Result<Arc<App>> {
    config.runs.concurrency = 0;
    knowledge_index::beside_a_service(&mut config);
    let address = config.server.address;
    Ok(App::build(config, Arc::new(SystemClock), Arc::new(SystemIds), address).await?)
}
