//! Time, ids and a Postgres server for tests, here and in other rooms.
//!
//! Nothing in here is for production. What goes wrong panics and says what to do.

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{Clock, Ids, Timestamp};
use uuid::Uuid;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    /// 2026-01-01T09:00:00Z.
    fn default() -> Self {
        Self(AtomicI64::new(1_767_258_000_000_000))
    }
}

impl ManualClock {
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Ids and "randomness" that repeat from run to run: a counter, mixed.
#[derive(Debug)]
pub struct CountedIds {
    seed: u64,
    count: AtomicU64,
}

impl CountedIds {
    /// Two sources with different seeds do not mint the same ids.
    pub fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }

    fn next(&self) -> (u64, u64) {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        // SplitMix64 (Steele, Lea, Flood 2014).
        let mut z = (self.seed << 40).wrapping_add(count).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (count, z ^ (z >> 31))
    }
}

impl Default for CountedIds {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Ids for CountedIds {
    /// The layout of a UUIDv7 (RFC 9562): the count in place of the milliseconds, so that ids sort
    /// in the order they were minted.
    fn uuid(&self) -> Uuid {
        let (count, mixed) = self.next();
        let millis = 1_767_258_000_000_u128 + u128::from(count);
        Uuid::from_u128(
            (millis << 80)
                | (7 << 76)
                | (u128::from(self.seed & 0xfff) << 64)
                | (2 << 62)
                | u128::from(mixed >> 2),
        )
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        for part in secret.chunks_mut(8) {
            part.copy_from_slice(&self.next().1.to_le_bytes());
        }
        secret
    }

    fn fraction(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let fraction = (self.next().1 >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }
}

/// The URL of an empty database on a Postgres server that belongs to this process and ends with
/// it, however it ends. The server starts with the first call.
///
/// # Panics
/// When PostgreSQL is not installed or does not start; the message says what to do.
pub fn postgres_database() -> String {
    server().database("postgres")
}

/// Like [`postgres_database`], of a user of its own with these rights, such as `LOGIN BYPASSRLS`. The user's
/// name begins with `name`.
///
/// # Panics
/// Like [`postgres_database`].
pub fn postgres_database_of(name: &str, rights: &str) -> String {
    let user = format!("{name}_{}", server().databases.load(Ordering::Relaxed));
    server().sql(&format!("CREATE ROLE {user} {rights}"));
    server().database(&user)
}

/// A server of a test's own, which can be stopped and started, frozen, and left without space. It listens in
/// `folder` alone, and ends with this process however it ends.
pub struct OwnServer {
    server: Server,
    /// Mounted there, when space is to run out.
    mounted: bool,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Connections are ended, and what is committed is on the disk.
    Fast,
    /// As if the power were cut.
    Immediate,
}

impl OwnServer {
    /// `space`: megabytes in which its data has to find room, on a file system in memory. That takes root;
    /// without it space is the machine's own.
    ///
    /// # Panics
    /// Like [`postgres_database`].
    pub fn start(space: Option<u32>) -> Self {
        let folder = temporary_folder();
        let mounted = space.is_some_and(|megabytes| {
            is_root()
                && Command::new("mount")
                    .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
                    .arg(&folder)
                    .stderr(Stdio::null())
                    .status()
                    .is_ok_and(|status| status.success())
        });
        Self { server: Server::start_in(folder, Lasting::Restarts), mounted }
    }

    /// Whether its space is its own, so that [`Self::fill`] does something.
    pub fn has_own_space(&self) -> bool {
        self.mounted
    }

    pub fn database(&self) -> String {
        self.server.database("postgres")
    }

    /// The socket that its clients connect to.
    pub fn socket(&self) -> PathBuf {
        self.server.folder.join(".s.PGSQL.5432")
    }

    fn control(&self, arguments: &[&str]) -> bool {
        command(&self.server.bin.join("pg_ctl"))
            .arg("-D")
            .arg(self.server.folder.join("data"))
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Returns when it is down. It may have gone down by itself.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.control(&["stop", "-w", "-t", "60", "-m", mode]);
    }

    /// Returns when it takes connections again.
    pub fn start_again(&self) {
        let options = format!("-k {} {OPTIONS}", self.server.folder.display());
        let log = self.server.folder.join("log");
        let started = ["start", "-W", "-o", &options, "-l", &log.display().to_string()].map(str::to_owned);
        let started: Vec<&str> = started.iter().map(String::as_str).collect();
        self.control(&started);
        self.server.wait();
    }

    /// Stops all its processes where they stand, as a disk does that answers nobody.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let file = self.server.folder.join("data/postmaster.pid");
        let Some(main) =
            std::fs::read_to_string(file).ok().and_then(|text| Some(text.lines().next()?.to_owned()))
        else {
            return;
        };
        let children =
            std::fs::read_to_string(format!("/proc/{main}/task/{main}/children")).unwrap_or_default();
        for id in std::iter::once(main.as_str()).chain(children.split_whitespace()) {
            // A backend may have ended meanwhile.
            Command::new("kill").args([signal, id]).stderr(Stdio::null()).status().ok();
        }
    }

    /// Takes all space that is left.
    pub fn fill(&self) {
        if self.mounted {
            let mut ballast = std::fs::File::create(self.server.folder.join("ballast"))
                .unwrap_or_else(|error| panic!("nothing can be put beside the database: {error}"));
            let piece = vec![1_u8; 64 * 1024];
            while std::io::Write::write_all(&mut ballast, &piece).is_ok() {}
        }
    }

    /// Gives it back.
    pub fn empty(&self) {
        std::fs::remove_file(self.server.folder.join("ballast")).ok();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.thaw();
        self.stop(Stop::Immediate);
        if self.mounted {
            Command::new("umount").arg("-l").arg(&self.server.folder).status().ok();
        }
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start_in(temporary_folder(), Lasting::WithThisProcess))
}

struct Server {
    bin: PathBuf,
    folder: PathBuf,
    databases: AtomicU64,
    /// Its standard input is the leash: when this process ends, the pipe closes and the watchdog
    /// stops the server.
    _watchdog: Child,
}

/// Debian's programs, of the newest version.
fn binaries() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    found.sort();
    match found.pop() {
        Some((_, bin)) => bin,
        None => {
            panic!("these tests need PostgreSQL in /usr/lib/postgresql: run `apt-get install postgresql`")
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A command that runs as someone other than root, which Postgres refuses.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// What a server is started with, besides where it listens.
const OPTIONS: &str = "-c listen_addresses= -c max_connections=100 -c shared_buffers=64MB";

/// Nothing of it is wanted afterwards, so it is told to stop at once, without a checkpoint.
const ONE_SERVER: &str = "\"$1/postgres\" -D \"$2/data\" -k \"$2\" $3 >\"$2/log\" 2>&1 & server=$!; cat >/dev/null; \
                          kill -QUIT $server; wait $server; rm -rf \"$2\"";
const RESTARTED_SERVER: &str = "\"$1/pg_ctl\" -D \"$2/data\" -W -o \"-k $2 $3\" -l \"$2/log\" start >/dev/null 2>&1; \
                                cat >/dev/null; \"$1/pg_ctl\" -D \"$2/data\" -m immediate stop >/dev/null 2>&1; \
                                rm -rf \"$2\"";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    WithThisProcess,
    Restarts,
}

fn temporary_folder() -> PathBuf {
    tempfile::Builder::new()
        .prefix("countersign-pg-")
        .tempdir()
        .unwrap_or_else(|error| panic!("no temporary folder could be made: {error}"))
        // The watchdog removes it, because it is the one that outlives this process.
        .keep()
}

impl Server {
    fn start_in(folder: PathBuf, lasting: Lasting) -> Self {
        let bin = binaries();
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(&folder));
        }
        let data = folder.join("data");
        run(command(&bin.join("initdb")).arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]));
        let script = match lasting {
            Lasting::WithThisProcess => ONE_SERVER,
            Lasting::Restarts => RESTARTED_SERVER,
        };
        let watchdog = command(Path::new("/bin/sh"))
            .arg("-c")
            .arg(script)
            .arg("watchdog")
            .arg(&bin)
            .arg(&folder)
            .arg(OPTIONS)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Signals to the group of the tests must not end the watchdog before its server.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("the Postgres server could not be started: {error}"));
        let server = Self { bin, folder, databases: AtomicU64::new(0), _watchdog: watchdog };
        server.wait();
        server
    }

    fn wait(&self) {
        for _ in 0..600 {
            let answers = Command::new(self.bin.join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(&self.folder)
                .status()
                .is_ok_and(|status| status.success());
            if answers {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("the Postgres server did not start: {log}");
    }

    fn sql(&self, sql: &str) {
        run(command(&self.bin.join("psql")).arg("-h").arg(&self.folder).args(["-U", "postgres", "-c", sql]));
    }

    fn database(&self, owner: &str) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let as_superuser = ["-U", "postgres", "-O", owner, &name];
        run(command(&self.bin.join("createdb")).arg("-h").arg(&self.folder).args(as_superuser));
        format!("postgres:///{name}?host={}&user={owner}", self.folder.display())
    }
}
