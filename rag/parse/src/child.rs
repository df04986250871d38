//! The process that parses: one framed request on standard input, one answer on standard output.
//!
//! It gives up what a parser does not need before it looks at the file. It reads nothing else and
//! writes nothing else.

use std::{
    fs,
    io::{self, Read, Write as _},
    process::ExitCode,
    thread,
};

use rlimit::Resource;
use serde::{Deserialize, Serialize};

use crate::{Input, Limits, ParseError, Parsed, parse};

/// What recursion may use; only what is used is taken.
const STACK: usize = 32 * 1024 * 1024;
/// The head of a request: names and limits.
const MAX_HEAD: usize = 64 * 1024;
/// Standard streams and what the runtime may open.
const MAX_FILES: u64 = 16;

/// What comes before the file's bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    pub limits: Limits,
    /// Address space beyond what the program itself takes.
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    /// How many bytes follow.
    pub length: usize,
}

/// What comes back.
pub(crate) type Answer = Result<Vec<Parsed>, ParseError>;

/// A request: the length of the head, the head as JSON, the file.
pub(crate) fn frame(head: &Head) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_vec(head)?;
    let mut frame = u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    frame.extend_from_slice(&json);
    Ok(frame)
}

/// Answers one request. This is all that a child does.
pub fn main() -> ExitCode {
    let thread = thread::Builder::new().stack_size(STACK).spawn(|| match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    });
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => ExitCode::FAILURE,
    }
}

fn answer() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEAD {
        return Err(io::Error::other("the head of the request is too long"));
    }
    let mut head = vec![0; length];
    input.read_exact(&mut head)?;
    let head: Head = serde_json::from_slice(&head)?;
    give_up(&head)?;
    let mut bytes = vec![0; head.length];
    input.read_exact(&mut bytes)?;
    let input =
        Input { bytes: &bytes, file_name: head.file_name.as_deref(), media_type: head.media_type.as_deref() };
    let answer: Answer = parse(input, &head.limits);
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

/// Takes limits on, which cannot be taken off again. Nothing is parsed without them.
fn give_up(head: &Head) -> io::Result<()> {
    let limits = [
        (Resource::AS, own_size().saturating_add(head.memory_bytes)),
        (Resource::CPU, head.cpu_seconds),
        // Pipes are no files.
        (Resource::FSIZE, 0),
        (Resource::NOFILE, MAX_FILES),
        // A core dump would put the file on the disk.
        (Resource::CORE, 0),
    ];
    for (resource, limit) in limits {
        let (_, hard) = rlimit::getrlimit(resource)?;
        // Of time, the first limit ends the process with a signal that names the reason.
        let grace = u64::from(resource == Resource::CPU);
        rlimit::setrlimit(resource, limit.min(hard), limit.saturating_add(grace).min(hard))?;
    }
    Ok(())
}

/// Addresses that the program, its stacks and its allocator have taken before it looks at a file; a large build
/// takes several hundred MiB. Where the system does not say, nothing is added to the limit.
fn own_size() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.split_whitespace().next()?.parse().ok());
    kib.map_or(0, |kib: u64| kib.saturating_mul(1024))
}
