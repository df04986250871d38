//! A line that is lost without a word: what was connected stays silent for ever, what connects anew is answered.

#![cfg(feature = "testing")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::future::join_all;
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{UnixListener, UnixStream},
    sync::watch,
    time,
};

use crate::{
    Store, StoreOptions,
    testing::{CountedIds, ManualClock, postgres_database},
};

/// Passes on what it is given, until it is lost.
struct Line {
    folder: TempDir,
    lost: watch::Sender<()>,
}

impl Line {
    /// To the server of this address, and the address by this line.
    fn to(url: &str) -> (Self, String) {
        let (before, rest) = url.split_once("host=").unwrap();
        let (host, after) = rest.split_once('&').unwrap();
        let server = PathBuf::from(host).join(".s.PGSQL.5432");
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let lost = watch::Sender::new(());
        let lines = lost.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut lost) = (server.clone(), lines.subscribe());
                tokio::spawn(async move {
                    let mut server = UnixStream::connect(server).await.unwrap();
                    tokio::select! {
                        // Neither end is told.
                        _ = lost.changed() => std::future::pending::<()>().await,
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                    }
                });
            }
        });
        let by_line = format!("{before}host={}&{after}", folder.path().display());
        (Self { folder, lost }, by_line)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_find_their_way_when_the_line_is_lost_without_a_word() {
    let (line, url) = Line::to(&postgres_database());
    let options = StoreOptions { max_claimed: 0, ..StoreOptions::default() };
    let ids = Arc::new(CountedIds::default());
    let store = Store::open(&url, options, Arc::new(ManualClock::default()), ids).await.unwrap();
    store.migrate().await.unwrap();
    store.create_workspace("one", "One").await.unwrap();
    // Several rest when it happens.
    for read in join_all((0..8).map(|_| store.workspaces())).await {
        assert_eq!(read.unwrap().len(), 1);
    }
    line.lost.send_replace(());

    // Whoever reads gives up and tries again, as those who ask for breakers and policies do. One that has
    // rested is asked before it is used, and all that rested with it are given up when it says nothing.
    let found = async {
        loop {
            if let Ok(found) = time::timeout(Duration::from_secs(3), store.workspaces()).await {
                return found.unwrap();
            }
        }
    };
    assert_eq!(time::timeout(Duration::from_secs(25), found).await.expect("it is read again").len(), 1);
    for read in join_all((0..8).map(|_| store.workspaces())).await {
        assert_eq!(read.unwrap().len(), 1, "nobody meets a connection that says nothing");
    }
    assert_eq!(store.load().reading, 0, "whoever gave up has no place");
    drop(line.folder);
}
