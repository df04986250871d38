//! A service with one MCP server, which is a real one: the official Python SDK.
//!
//! The SDK is installed once into a cache folder; each test starts servers of its own.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::tool::{AnyTool, ToolError, ToolOutput};
use serde_json::{Value, json};
use tempfile::TempDir;
use tools::{
    Catalog, Secret, Suspension, ToolsError,
    mcp::{McpServers, McpSettings, McpTransport, Registered, Registrations, Screen},
};

use crate::support::{House, execute, plain_context};

const SDK: &str = "2.3.0";

/// The Python of a folder that holds the SDK; made when it is not there.
fn python() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env::var_os("HOME").unwrap()).join(".cache"))
        .join("countersign");
    fs::create_dir_all(&cache).unwrap();
    let lock = fs::File::create(cache.join(format!("py-mcp-{SDK}.lock"))).unwrap();
    lock.lock().unwrap();
    let folder = cache.join(format!("py-mcp-{SDK}"));
    let python = folder.join("bin/python");
    // Written last, so that an interrupted installation is made again.
    let complete = folder.join("complete");
    if !complete.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let package = format!("mcp=={SDK}");
        run(Command::new(&python).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &package,
        ]));
        fs::write(&complete, "").unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} failed: {status}");
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp_server.py")
}

/// Registrations that can be made to fail.
#[derive(Default)]
pub struct Register {
    pub known: Mutex<BTreeMap<String, Registered>>,
    pub down: Mutex<bool>,
}

#[async_trait]
impl Registrations for Register {
    async fn get(&self, name: &str) -> Result<Option<Registered>, ToolsError> {
        if *self.down.lock().unwrap() {
            return Err(ToolsError::Registrations("no database".to_owned()));
        }
        Ok(self.known.lock().unwrap().get(name).cloned())
    }
    async fn put(&self, registered: Registered) -> Result<(), ToolsError> {
        self.known.lock().unwrap().insert(registered.spec.name.clone(), registered);
        Ok(())
    }
}

/// Takes exception to what the shifted server says.
pub fn screen() -> Screen {
    Arc::new(|text| text.contains("Ignore what you were told").then(|| "it overrules the agent".to_owned()))
}

/// One service with one MCP server called `srv`.
pub struct Bench {
    pub folder: Arc<TempDir>,
    pub register: Arc<Register>,
    pub catalog: Catalog,
    pub servers: McpServers,
}

impl Bench {
    pub fn with(
        folder: Arc<TempDir>,
        register: Arc<Register>,
        transport: McpTransport,
        call_ms: u64,
    ) -> Self {
        let catalog = Catalog::builder().build();
        let mut settings = McpSettings::new("srv", transport);
        settings.call_timeout = Duration::from_millis(call_ms);
        settings.connect_timeout = Duration::from_secs(60);
        let servers = McpServers::new(
            vec![settings],
            register.clone(),
            catalog.clone(),
            Arc::new(House::default()),
            screen(),
        )
        .unwrap();
        Self { folder, register, catalog, servers }
    }

    pub async fn stdio(call_ms: u64) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let bench = Self::with(folder.clone(), Arc::default(), stdio(&folder), call_ms);
        bench.connect().await;
        bench
    }

    pub async fn connect(&self) {
        let status = self.servers.connect_all().await;
        assert!(status.iter().all(|server| server.connected), "{status:?}");
    }

    pub fn tool(&self, name: &str) -> Arc<dyn AnyTool> {
        self.catalog.get(&format!("srv__{name}")).unwrap()
    }

    pub async fn read(&self, name: &str, args: Value) -> Result<ToolOutput, ToolError> {
        let tool = self.tool(name);
        tool.validate(&args)?;
        tool.read(&plain_context(), &args).await
    }

    pub async fn execute(&self, name: &str, args: Value) -> Result<ToolOutput, ToolError> {
        execute(&*self.tool(name), &args, &plain_context()).await
    }

    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn shift(&self) {
        self.put("shifted");
    }

    /// What there is to say of a tool that has changed, once that is seen.
    pub async fn suspended(&self, name: &str) -> Suspension {
        // The server says that something changed; what is compared next is what it offers then.
        self.read("announce", json!({})).await.unwrap();
        let name = format!("srv__{name}");
        until("the change is seen", async || {
            self.servers.connect_all().await;
            self.catalog.suspension(&name).is_some()
        })
        .await;
        self.catalog.suspension(&name).unwrap()
    }

    /// Puts a file there that the server goes by.
    pub fn put(&self, name: &str) {
        fs::write(self.folder.path().join(name), "").unwrap();
    }

    pub fn take(&self, name: &str) {
        fs::remove_file(self.folder.path().join(name)).unwrap();
    }
}

pub fn stdio(folder: &TempDir) -> McpTransport {
    McpTransport::Stdio {
        command: python().to_str().unwrap().to_owned(),
        args: vec![
            script().to_str().unwrap().to_owned(),
            "--dir".to_owned(),
            folder.path().to_str().unwrap().to_owned(),
        ],
        env: BTreeMap::new(),
    }
}

/// A server process on a port; killed when it goes out of scope.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub async fn serve(folder: &TempDir, port: u16) -> Process {
    let child = Command::new(python())
        .arg(script())
        .args(["--port", &port.to_string(), "--dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let process = Process(child);
    until("the server listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
        .await;
    process
}

pub fn http(port: u16, headers: BTreeMap<String, Secret>) -> McpTransport {
    McpTransport::Http { url: format!("http://127.0.0.1:{port}/mcp"), headers }
}

/// Waits for a condition, looking every 20 ms for at most a minute.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let wait = async {
        loop {
            looks.tick().await;
            if holds().await {
                return;
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), wait).await.is_ok(), "never: {what}");
}

pub fn kill(pid: &Value) {
    run(Command::new("kill").args(["-9", &pid.to_string()]));
}
