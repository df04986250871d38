//! The real binary as a child process: started, awaited, killed, started again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{self, Instant},
};
use tools::testing::Port;

/// A `countersign serve` with a configuration file and a port of its own. Ends with its owner.
pub struct Process {
    program: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    port: Port,
    name: String,
    child: Option<Child>,
}

impl Process {
    /// Writes `config` (TOML without `[server]`) to `folder` and picks a free port. Starts nothing.
    pub fn new(
        program: &Path,
        folder: &Path,
        name: &str,
        config: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let port = Port::reserve();
        let text = format!(
            "[server]\naddress = \"127.0.0.1:{}\"\nconsole_dir = \"/nowhere\"\n{config}",
            port.number()
        );
        std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
        Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            environment: environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            port,
            name: name.to_owned(),
            child: None,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it; its output goes to `<name>.log` in the folder.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(self.folder.join(format!("{}.toml", self.name)))
            .arg("serve")
            .current_dir(&self.folder)
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    /// The last lines of what it wrote.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(30).collect();
        tail.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Waits until it answers.
    ///
    /// # Panics
    /// After 60 seconds, or when the process ends, with its log.
    pub async fn ready(&mut self) {
        assert!(self.comes_up().await, "{} did not come up:\n{}", self.name, self.log_tail());
    }

    /// Waits until it answers; false after 60 seconds, or when the process ends.
    pub async fn comes_up(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(60);
        let address = format!("127.0.0.1:{}", self.port.number());
        // It listens before it has all that it needs, so that a connection alone says little.
        while !matches!(time::timeout(Duration::from_secs(1), answers(&address)).await, Ok(Ok(true))) {
            let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended || Instant::now() > until {
                return false;
            }
            time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Sends it a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        if let Some(id) = self.id() {
            let sent = Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status();
            assert!(sent.unwrap().success(), "{} cannot be sent SIG{name}", self.name);
        }
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Panics
    /// After 60 seconds, with its log.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let until = Instant::now() + Duration::from_secs(60);
        while self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none()) {
            assert!(Instant::now() < until, "{} does not end:\n{}", self.name, self.log_tail());
            time::sleep(Duration::from_millis(10)).await;
        }
        self.child = None;
    }

    /// SIGKILL, and waits for the corpse.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

async fn answers(address: &str) -> std::io::Result<bool> {
    let mut connection = tokio::net::TcpStream::connect(address).await?;
    connection.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await?;
    let mut first = [0; 5];
    connection.read_exact(&mut first).await?;
    Ok(&first == b"HTTP/")
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
