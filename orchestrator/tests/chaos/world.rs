//! Processes, what they need, and what can happen to either.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use orchestrator::testing::process::Process;
use rand::{Rng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use store::testing::{OwnServer, Stop};
use tempfile::TempDir;
use tokio::{sync::Mutex, time};

use crate::{
    desk::{Desk, Weather},
    line::{Line, State},
};

/// As the desk's configuration says.
const LEASE: Duration = Duration::from_secs(2);
/// Megabytes that the database has, where that can be limited.
const SPACE: u32 = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Kill,
    /// SIGSTOP beyond the lease.
    Pause,
    RollingRestart,
    LineCut,
    LineHung,
    /// What is connected hangs for ever, and new connections are answered: a failover, a router that forgot.
    LineLost,
    ClockJump,
    DatabaseRestart,
    DatabaseCrash,
    SlowDisk,
    DiskFull,
    ModelDown,
    ModelCutsOff,
    ToolDown,
    ToolLosesAnswers,
    ToolSlow,
}

pub const FAULTS: [Fault; 16] = [
    Fault::Kill,
    Fault::Pause,
    Fault::RollingRestart,
    Fault::LineCut,
    Fault::LineHung,
    Fault::LineLost,
    Fault::ClockJump,
    Fault::DatabaseRestart,
    Fault::DatabaseCrash,
    Fault::SlowDisk,
    Fault::DiskFull,
    Fault::ModelDown,
    Fault::ModelCutsOff,
    Fault::ToolDown,
    Fault::ToolLosesAnswers,
    Fault::ToolSlow,
];

/// One thing that happens: to whom, how far, how long.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub fault: Fault,
    victim: usize,
    lasts: Duration,
    jump: i64,
}

/// Every kind about as often as every other, in an order that the seed says.
pub fn strikes(random: &mut ChaCha8Rng, count: usize, processes: usize) -> Vec<Strike> {
    let mut kinds: Vec<Fault> = FAULTS.iter().copied().cycle().take(count).collect();
    kinds.shuffle(random);
    kinds
        .into_iter()
        .map(|fault| Strike {
            fault,
            victim: random.random_range(0..processes),
            lasts: Duration::from_millis(random.random_range(200..1_500)),
            jump: random.random_range(-40 * 60..40 * 60),
        })
        .collect()
}

pub struct World {
    pub desk: Arc<Desk>,
    pub server: OwnServer,
    pub urls: Vec<String>,
    folder: TempDir,
    processes: Vec<Mutex<Process>>,
    lines: Vec<Line>,
    /// Each of these has one thing at a time happen to it.
    database: Mutex<()>,
    model: Mutex<()>,
    shop: Mutex<()>,
}

impl World {
    /// Nothing runs yet but the database. `changes` are made to the configuration of each process: what, and what
    /// stands instead.
    pub async fn new(tickets: usize, space: bool, changes: &[&[(&str, &str)]]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = OwnServer::start(space.then_some(SPACE));
        let url = server.database();
        let desk = Arc::new(Desk::open(folder.path(), &url, tickets).await);
        let clocks = clocks(folder.path());
        let lines: Vec<Line> = changes.iter().map(|_| Line::to(&server.socket())).collect();
        let program = Path::new(env!("CARGO_BIN_EXE_countersign"));
        let processes: Vec<Process> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| {
                let mut config = desk.config.replace(&url, &line.url(&url));
                for (old, new) in changes[n] {
                    assert!(config.contains(old), "{config}");
                    config = config.replace(old, new);
                }
                config.push_str("[breakers]\ncool_down_seconds = 1\nlongest_cool_down_seconds = 2\n");
                let clock = clock_file(folder.path(), n).display().to_string();
                let mut environment = desk.environment();
                environment.extend([("LD_PRELOAD", clocks.as_str()), ("CHAOS_CLOCK", clock.as_str())]);
                Process::new(program, folder.path(), &format!("process{n}"), &config, &environment)
            })
            .collect();
        let urls = processes.iter().map(Process::url).collect();
        let processes = processes.into_iter().map(Mutex::new).collect();
        let (database, model, shop) = Default::default();
        Self { desk, server, urls, folder, processes, lines, database, model, shop }
    }

    pub async fn start(&self, number: usize) {
        let mut process = self.processes[number].lock().await;
        process.start();
        process.ready().await;
    }

    pub async fn stop(&self, number: usize) {
        self.processes[number].lock().await.stop().await;
    }

    pub fn line(&self, number: usize) -> &Line {
        &self.lines[number]
    }

    pub async fn logs(&self) -> String {
        let mut logs = String::new();
        for process in &self.processes {
            logs.push_str(&process.lock().await.log_tail());
            logs.push('\n');
        }
        logs
    }

    pub async fn all_running(&self) {
        for process in &self.processes {
            let mut process = process.lock().await;
            if process.id().is_none() {
                process.start();
            }
            process.ready().await;
        }
    }

    /// Does it, and mends it again.
    pub async fn suffer(&self, strike: Strike) {
        let Strike { fault, victim, lasts, jump } = strike;
        let front = &self.desk.front;
        match fault {
            Fault::Kill => {
                let mut process = self.processes[victim].lock().await;
                process.kill();
                self.up(&mut process).await;
            }
            Fault::RollingRestart => {
                for process in &self.processes {
                    let mut process = process.lock().await;
                    process.stop().await;
                    self.up(&mut process).await;
                }
            }
            Fault::Pause => {
                let process = self.processes[victim].lock().await;
                process.signal("STOP");
                time::sleep(LEASE + lasts).await;
                process.signal("CONT");
            }
            Fault::ClockJump => {
                let _process = self.processes[victim].lock().await;
                let file = clock_file(self.folder.path(), victim);
                std::fs::write(&file, jump.to_string()).unwrap();
                time::sleep(LEASE + lasts).await;
                std::fs::write(&file, "0").unwrap();
            }
            Fault::LineCut | Fault::LineHung => {
                let _process = self.processes[victim].lock().await;
                self.lines[victim].set(if fault == Fault::LineCut { State::Cut } else { State::Hung });
                time::sleep(LEASE + lasts).await;
                self.lines[victim].set(State::Open);
            }
            Fault::LineLost => {
                let _process = self.processes[victim].lock().await;
                self.lines[victim].lose();
            }
            Fault::DatabaseRestart | Fault::DatabaseCrash => {
                let _one = self.database.lock().await;
                self.server.stop(if fault == Fault::DatabaseRestart { Stop::Fast } else { Stop::Immediate });
                time::sleep(lasts).await;
                self.server.start_again();
            }
            Fault::SlowDisk => {
                let _one = self.database.lock().await;
                for _ in 0..6 {
                    self.server.freeze();
                    time::sleep(lasts / 3).await;
                    self.server.thaw();
                    time::sleep(Duration::from_millis(20)).await;
                }
            }
            Fault::DiskFull => {
                let _one = self.database.lock().await;
                self.server.fill();
                time::sleep(lasts).await;
                self.server.empty();
                // It gives up when it cannot write its log.
                self.server.stop(Stop::Immediate);
                self.server.start_again();
            }
            Fault::ModelDown | Fault::ModelCutsOff => {
                let _one = self.model.lock().await;
                front.model(if fault == Fault::ModelDown {
                    Weather::Status(503)
                } else {
                    Weather::LosesAnswers
                });
                time::sleep(lasts).await;
                front.model(Weather::Fair);
            }
            Fault::ToolDown | Fault::ToolLosesAnswers | Fault::ToolSlow => {
                let _one = self.shop.lock().await;
                front.shop(match fault {
                    Fault::ToolDown => Weather::Status(503),
                    Fault::ToolLosesAnswers => Weather::LosesAnswers,
                    _ => Weather::Slow(Duration::from_millis(700)),
                });
                time::sleep(LEASE + lasts).await;
                front.shop(Weather::Fair);
            }
        }
    }

    /// A process that finds no database at its start says so and ends: it is started until it finds one.
    async fn up(&self, process: &mut Process) {
        loop {
            process.start();
            if process.comes_up().await {
                return;
            }
            process.kill();
        }
    }
}

fn clock_file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("clock{number}"))
}

/// What sets the clock of a process, made by the compiler that links Rust.
fn clocks(folder: &Path) -> String {
    let library = folder.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chaos/clock.c");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(made.unwrap().success(), "these tests need a C compiler, `cc`");
    library.display().to_string()
}
