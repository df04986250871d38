//! The line between one process and Postgres: a socket of its own that passes on what it is given, hangs, is
//! cut, or keeps back the answer to one thing.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Nothing passes, and nobody is told.
    Hung,
    /// Every connection is broken off, and new ones are.
    Cut,
}

/// What is waited for in what the process sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trap {
    Unset,
    Record,
    Commit,
}

struct Shared {
    state: watch::Sender<State>,
    /// Counts how often all connections of the moment were lost.
    lost: watch::Sender<u32>,
    /// Answers alone are kept back.
    kept: watch::Sender<bool>,
    trap: Mutex<Trap>,
}

pub struct Line {
    folder: TempDir,
    shared: Arc<Shared>,
}

impl Line {
    pub fn to(server: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let shared = Arc::new(Shared {
            state: watch::Sender::new(State::Open),
            lost: watch::Sender::new(0),
            kept: watch::Sender::new(false),
            trap: Mutex::new(Trap::Unset),
        });
        let (server, lines) = (PathBuf::from(server), Arc::clone(&shared));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, shared) = (server.clone(), Arc::clone(&lines));
                tokio::spawn(async move { connect(client, &server, &shared).await });
            }
        });
        Self { folder, shared }
    }

    /// The database's address by this line.
    pub fn url(&self, url: &str) -> String {
        let (before, rest) = url.split_once("host=").unwrap();
        let after = rest.find('&').map_or("", |end| &rest[end..]);
        format!("{before}host={}{after}", self.folder.path().display())
    }

    pub fn set(&self, state: State) {
        self.shared.state.send_replace(state);
    }

    /// What is connected says nothing any more, and nobody is told; what connects anew is answered.
    pub fn lose(&self) {
        self.shared.lost.send_modify(|times| *times += 1);
    }

    /// Once the process has recorded an effect, it does not hear that it was written.
    pub fn keep_back_the_answer_to_a_record(&self) {
        *self.shared.trap.lock().unwrap() = Trap::Record;
    }

    /// Resolves when it does so.
    pub async fn keeps_back(&self) {
        self.shared.kept.subscribe().wait_for(|kept| *kept).await.unwrap();
    }

    pub fn let_through(&self) {
        self.shared.kept.send_replace(false);
    }
}

async fn connect(client: UnixStream, server: &Path, shared: &Shared) {
    let Ok(server) = UnixStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Either end ends both.
    tokio::select! {
        () = pass(from_client, to_server, shared, true) => {}
        () = pass(from_server, to_client, shared, false) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared, asks: bool) {
    let (mut state, mut kept) = (shared.state.subscribe(), shared.kept.subscribe());
    let (mut cut, mut lost) = (shared.state.subscribe(), shared.lost.subscribe());
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            _ = lost.changed() => None,
            _ = cut.wait_for(|state| *state == State::Cut) => return,
            read = from.read(&mut piece) => Some(read),
        };
        // Both ends stay open, for as long as the test goes on.
        let Some(read) = read else { return std::future::pending().await };
        let Ok(length @ 1..) = read else { return };
        if asks {
            shared.look(&piece[..length]);
        } else if kept.wait_for(|kept| !*kept).await.is_err() {
            return;
        }
        match state.wait_for(|state| *state != State::Hung).await {
            Ok(state) if *state == State::Open => {}
            _ => return,
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

impl Shared {
    fn look(&self, mut sent: &[u8]) {
        let mut trap = self.trap.lock().unwrap();
        if *trap == Trap::Record
            && let Some(at) = find(sent, b"INSERT INTO effects")
        {
            *trap = Trap::Commit;
            sent = &sent[at..];
        }
        if *trap == Trap::Commit && find(sent, b"COMMIT").is_some() {
            *trap = Trap::Unset;
            self.kept.send_replace(true);
        }
    }
}

fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|window| window == words)
}
