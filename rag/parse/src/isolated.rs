//! Parses in a process of its own.
//!
//! A file that makes a parser crash, overflow its stack, take all memory or never end costs that
//! file alone: the child has limits, an empty environment and nothing but two pipes, and it is
//! killed when its time is over.

use std::{ffi::OsString, io, path::PathBuf, process::Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    sync::Semaphore,
    time::timeout,
};

use crate::{
    Input, Limits, ParseError, Parsed,
    child::{Answer, Head, frame},
};

/// The subcommand by which the service's own binary becomes the child.
pub const SUBCOMMAND: &str = "parse-document";

/// What an answer may have besides text, at all and for each of its documents.
const ANSWER_FRAME: usize = 64 * 1024;
const DOCUMENT_FRAME: usize = 1024;
const MAX_COMPLAINT: u64 = 16 * 1024;
const MAX_NAME_CHARS: usize = 300;
const MIB: u64 = 1024 * 1024;

/// How children are started and how many of them there may be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The binary that [`crate::child::main`] is in; without one, this process's own.
    pub executable: Option<PathBuf>,
    /// What makes it the child.
    pub arguments: Vec<OsString>,
    /// Address space of a child beyond what its program takes: 1 GiB.
    pub memory_bytes: u64,
    /// Children at a time: 2. Further files wait for their turn.
    pub concurrency: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            executable: None,
            arguments: vec![SUBCOMMAND.into()],
            memory_bytes: 1024 * MIB,
            concurrency: 2,
        }
    }
}

/// Reads files from outside.
#[derive(Debug)]
pub struct Parser {
    options: Options,
    limits: Limits,
    turns: Semaphore,
}

impl Parser {
    pub fn new(options: Options, limits: Limits) -> Self {
        let turns = Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Self { options, limits, turns }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What [`crate::parse`] does, at a distance. When the future is dropped, the child is killed.
    pub async fn parse(&self, input: Input<'_>) -> Result<Vec<Parsed>, ParseError> {
        if input.bytes.len() > self.limits.bytes {
            return Err(ParseError::TooLarge { bytes: input.bytes.len(), limit: self.limits.bytes });
        }
        let unavailable = |why: String| ParseError::Unavailable { why };
        let _turn = self.turns.acquire().await.map_err(|error| unavailable(error.to_string()))?;
        let mut child =
            self.start().map_err(|error| unavailable(format!("the parser cannot be started ({error})")))?;
        let head = self.head(input).map_err(|error| unavailable(error.to_string()))?;
        match timeout(self.limits.time, self.talk(&mut child, &head, input.bytes)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.end(&mut child).await?;
                Err(unavailable(format!("the parser cannot be talked to ({error})")))
            }
            Err(_) => {
                self.end(&mut child).await?;
                Err(self.too_slow())
            }
        }
    }

    fn start(&self) -> io::Result<Child> {
        let executable = match &self.options.executable {
            Some(executable) => executable.clone(),
            None => std::env::current_exe()?,
        };
        Command::new(executable)
            .args(&self.options.arguments)
            .env_clear()
            // The allocator would set 1 GiB of addresses aside at once, which the limit counts.
            .env("MIMALLOC_ARENA_RESERVE", "64MiB")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    fn head(&self, input: Input<'_>) -> serde_json::Result<Vec<u8>> {
        // The end of a name says what kind of file it is.
        let short = |name: &str| {
            let skip = name.chars().count().saturating_sub(MAX_NAME_CHARS);
            name.chars().skip(skip).collect::<String>()
        };
        frame(&Head {
            file_name: input.file_name.map(short),
            media_type: input.media_type.map(short),
            limits: self.limits.clone(),
            memory_bytes: self.options.memory_bytes,
            // The clock on the wall is watched from here; this is for when nobody watches any more.
            cpu_seconds: self.limits.time.as_secs().saturating_add(1),
            length: input.bytes.len(),
        })
    }

    /// Hands the file over, takes the answer and waits for the end.
    async fn talk(&self, child: &mut Child, head: &[u8], bytes: &[u8]) -> io::Result<Answer> {
        let missing = || io::Error::other("a pipe is missing");
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let write = async {
            stdin.write_all(head).await?;
            stdin.write_all(bytes).await?;
            stdin.shutdown().await?;
            drop(stdin);
            Ok(())
        };
        // Text grows to twice its size at most when it is quoted, because it has no control characters.
        let frames = self.limits.rows.saturating_mul(DOCUMENT_FRAME).saturating_add(ANSWER_FRAME);
        let most = self.limits.output_bytes.saturating_mul(2).saturating_add(frames) as u64;
        let (written, said, complaint): (io::Result<()>, _, _) =
            tokio::join!(write, read_at_most(stdout, most), read_at_most(stderr, MAX_COMPLAINT));
        let (said, complaint) = (said?, complaint?);
        if said.len() as u64 > most {
            child.kill().await?;
            return Ok(Err(ParseError::TooMuchText { limit: self.limits.output_bytes }));
        }
        let status = child.wait().await?;
        if status.success() {
            written?;
            return Ok(serde_json::from_slice(&said).unwrap_or_else(|_| {
                Err(ParseError::Crashed { how: "its answer makes no sense".to_owned() })
            }));
        }
        Ok(Err(self.cause_of_death(status, &String::from_utf8_lossy(&complaint))))
    }

    fn cause_of_death(&self, status: std::process::ExitStatus, complaint: &str) -> ParseError {
        use std::os::unix::process::ExitStatusExt as _;
        const SIGXCPU: i32 = 24;
        if complaint.contains("memory allocation of") {
            return ParseError::TooMuchMemory { mib: self.options.memory_bytes / MIB };
        }
        let how = match (status.signal(), status.code()) {
            (Some(SIGXCPU), _) => return self.too_slow(),
            (Some(_), _) if complaint.contains("has overflowed its stack") => {
                "its stack overflowed".to_owned()
            }
            (Some(signal), _) => format!("signal {signal}"),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "no reason given".to_owned(),
        };
        ParseError::Crashed { how }
    }

    fn too_slow(&self) -> ParseError {
        ParseError::TooSlow { seconds: self.limits.time.as_secs_f64().ceil() as u64 }
    }

    /// Kills a child and waits until it is gone.
    async fn end(&self, child: &mut Child) -> Result<(), ParseError> {
        child.kill().await.map_err(|error| ParseError::Unavailable {
            why: format!("a parser that had to be ended cannot be ({error})"),
        })
    }
}

/// Reads to the end, or one byte more than is allowed.
async fn read_at_most(pipe: impl AsyncRead + Unpin, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most.saturating_add(1)).read_to_end(&mut bytes).await?;
    Ok(bytes)
}
