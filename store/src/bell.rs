//! Word among the processes on one Postgres, by `LISTEN` and `NOTIFY`, so that none has to wait until it looks
//! for itself. Nothing rests on it: a word may be lost, and what it tells of stands in the database.
//!
//! A word is given after its transaction and on a connection of its own. A notification within a transaction
//! would have all committing processes wait for each other, because Postgres keeps them in one order. What is
//! to be told in the same moment is told together.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::WorkspaceId;
use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, PgConnection, postgres::PgListener};
use tokio::{
    sync::{Notify, broadcast},
    time,
};
use tracing::{debug, warn};

use crate::StoreError;

const CHANNEL: &str = "countersign";
/// What is said in between goes with the next.
const PAUSE: Duration = Duration::from_millis(20);
/// Until it is tried again to reach the database.
const AGAIN: Duration = Duration::from_secs(1);
/// Where nothing is said for so long, it is asked whether the database still listens: a line that was lost
/// without a word would be listened to for ever.
const QUIET: Duration = Duration::from_secs(10);
/// What is not answered by then will not be.
const PATIENCE: Duration = Duration::from_secs(5);
/// Beyond it all are told to look at everything; a notification holds 8,000 bytes.
const MOST: usize = 100;
/// Words that a slow listener may be behind.
const BEHIND: usize = 256;

/// What another process has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Runs are due that its own workers have no place for.
    Due,
    /// Something was appended in this workspace.
    News(WorkspaceId),
    /// What stops agents, or a policy, has changed.
    Rules,
    /// Words may have been missed: anything may have changed.
    Missed,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Said {
    from: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    due: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rules: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    missed: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    news: BTreeSet<WorkspaceId>,
}

impl Said {
    fn is_nothing(&self) -> bool {
        !self.due && !self.rules && !self.missed && self.news.is_empty()
    }

    fn words(self) -> impl Iterator<Item = Word> {
        let all = [(self.due, Word::Due), (self.rules, Word::Rules), (self.missed, Word::Missed)];
        all.into_iter()
            .filter_map(|(said, word)| said.then_some(word))
            .chain(self.news.into_iter().map(Word::News))
    }
}

/// The bell of one process. On SQLite it has nobody to ring for.
#[derive(Debug)]
pub(crate) struct Bell {
    owner: String,
    rings: bool,
    waiting: Mutex<Said>,
    wake: Notify,
    heard: broadcast::Sender<Word>,
}

impl Bell {
    pub(crate) fn new(owner: &str, rings: bool) -> Self {
        Self {
            owner: owner.to_owned(),
            rings,
            waiting: Mutex::default(),
            wake: Notify::new(),
            heard: broadcast::Sender::new(BEHIND),
        }
    }

    /// Tells the other processes, in a moment.
    pub(crate) fn say(&self, word: Word) {
        if !self.rings {
            return;
        }
        {
            let mut waiting = self.waiting();
            match word {
                Word::Due => waiting.due = true,
                Word::Rules => waiting.rules = true,
                Word::Missed => waiting.missed = true,
                Word::News(workspace) if waiting.news.len() < MOST => {
                    waiting.news.insert(workspace);
                }
                Word::News(workspace) => waiting.missed |= !waiting.news.contains(&workspace),
            }
        }
        self.wake.notify_one();
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Word> {
        self.heard.subscribe()
    }

    fn tell(&self, word: Word) {
        if self.heard.send(word).is_err() {
            debug!("nobody listens");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Said> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self) -> Said {
        std::mem::take(&mut *self.waiting())
    }

    fn hear(&self, payload: &str) {
        match serde_json::from_str::<Said>(payload) {
            // What this process said it knows.
            Ok(said) if said.from == self.owner => {}
            Ok(said) => said.words().for_each(|word| self.tell(word)),
            Err(error) => {
                debug!(%error, "a word of another version is not understood");
                self.tell(Word::Missed);
            }
        }
    }

    /// Rings and listens for as long as the store is open. A database that is away is asked again.
    pub(crate) async fn ring(self: Arc<Self>, url: String) {
        let mut warned = false;
        loop {
            // Both end only by an error. Neither is broken off while it reads or writes.
            let Err(error) = tokio::try_join!(self.follow(&url), self.speak(&url));
            if !warned {
                warn!(%error, "other processes cannot be told and heard at once; each looks for itself meanwhile");
            }
            warned = true;
            time::sleep(AGAIN).await;
        }
    }

    async fn follow(&self, url: &str) -> Result<Infallible, StoreError> {
        let mut listener = answered(PgListener::connect(url)).await?;
        answered(listener.listen(CHANNEL)).await?;
        self.tell(Word::Missed);
        loop {
            match listener.try_recv().await? {
                Some(notification) => self.hear(notification.payload()),
                // It was away for a moment, and connects itself again.
                None => self.tell(Word::Missed),
            }
        }
    }

    async fn speak(&self, url: &str) -> Result<Infallible, StoreError> {
        let mut speaker = answered(PgConnection::connect(url)).await?;
        loop {
            match time::timeout(QUIET, self.wake.notified()).await {
                Ok(()) => self.told(&mut speaker).await?,
                Err(_) => answered(speaker.ping()).await?,
            }
            time::sleep(PAUSE).await;
        }
    }

    async fn told(&self, speaker: &mut PgConnection) -> Result<(), StoreError> {
        let said = self.taken();
        if said.is_nothing() {
            return Ok(());
        }
        let said = Said { from: self.owner.clone(), ..said };
        let payload = serde_json::to_string(&said)?;
        let asked = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
        // What was in it is not known any more when there is somebody to tell it to.
        answered(asked.execute(speaker)).await.inspect_err(|_| self.say(Word::Missed))?;
        Ok(())
    }

    /// Tells what is left to tell, because the process is about to end.
    pub(crate) async fn last_word(&self, url: &str) {
        let told = async {
            let mut speaker = PgConnection::connect(url).await?;
            self.told(&mut speaker).await?;
            speaker.close().await?;
            Ok::<_, StoreError>(())
        };
        if self.rings
            && !self.waiting().is_nothing()
            && !matches!(time::timeout(AGAIN, told).await, Ok(Ok(())))
        {
            debug!("others were not told of the last that was written, and look for it");
        }
    }
}

/// What the database says, unless it says nothing.
async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let silent = |_| StoreError::Silent(PATIENCE.as_secs());
    Ok(time::timeout(PATIENCE, asked).await.map_err(silent)??)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_said_in_one_moment_is_told_once_and_fits_a_notification() {
        let bell = Bell::new(&"x".repeat(100), true);
        for number in 0..5000 {
            bell.say(Word::Due);
            bell.say(Word::News(WorkspaceId(Uuid::from_u128(number))));
        }
        let said = bell.taken();
        assert!(serde_json::to_string(&said).unwrap().len() < 7_900);
        let words: Vec<Word> = said.words().collect();
        assert_eq!(words[..2], [Word::Due, Word::Missed]);
        assert_eq!(words.len(), 2 + MOST);
    }

    #[test]
    fn ones_own_words_are_not_heard_and_those_of_another_version_make_one_look() {
        let bell = Bell::new("me", true);
        let mut heard = bell.listen();
        bell.hear(r#"{"from":"me","due":true}"#);
        bell.hear(r#"{"from":"you","rules":true}"#);
        bell.hear("what?");
        assert_eq!(heard.try_recv(), Ok(Word::Rules));
        assert_eq!(heard.try_recv(), Ok(Word::Missed));
        assert!(heard.try_recv().is_err());
    }

    #[test]
    fn without_others_nothing_is_kept() {
        let bell = Bell::new("alone", false);
        bell.say(Word::News(WorkspaceId(Uuid::from_u128(1))));
        assert!(bell.taken().is_nothing());
    }
}
