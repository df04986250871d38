//! Questions that are asked while another is being answered wait for each other and are answered
//! together: many workers that take their runs up at once cost the database one statement.
//!
//! Nothing is kept: an answer shows the database as it is after it was asked for.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

use crate::StoreError;

/// Questions that are answered by one statement at most.
pub(crate) const MOST: usize = 32;

pub(crate) struct Together<K, V> {
    queue: Arc<Mutex<Queue<K, V>>>,
}

struct Queue<K, V> {
    waiting: Vec<(K, oneshot::Sender<Result<V, StoreError>>)>,
    /// Somebody answers, and will look here again before stopping.
    answering: bool,
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self { queue: Arc::new(Mutex::new(Queue { waiting: Vec::new(), answering: false })) }
    }
}

impl<K: Clone + Send + 'static, V: Send + 'static> Together<K, V> {
    /// The answer to `key`. `answer` gives one for each of the keys, in their order. When it fails for
    /// several, each is asked alone, so that what cannot be read of one does not hurt the others.
    pub(crate) async fn ask<F, A>(&self, key: K, answer: F) -> Result<V, StoreError>
    where
        F: Fn(Vec<K>) -> A + Send + 'static,
        A: Future<Output = Result<Vec<V>, StoreError>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let idle = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push((key, sender));
            !std::mem::replace(&mut queue.answering, true)
        };
        if idle {
            // A task of its own: whoever asked may give up, and the others still wait.
            tokio::spawn(serve(Answering { queue: Arc::clone(&self.queue), over: false }, answer));
        }
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

/// The one who answers. Lets the next one begin when it ends, however it ends.
struct Answering<K, V> {
    queue: Arc<Mutex<Queue<K, V>>>,
    /// Nothing was left, and another may have begun.
    over: bool,
}

impl<K, V> Answering<K, V> {
    /// The next questions; none are left when the last one has been answered.
    fn next(&mut self) -> Vec<(K, oneshot::Sender<Result<V, StoreError>>)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.retain(|(_, sender)| !sender.is_closed());
        let many = queue.waiting.len().min(MOST);
        let next: Vec<_> = queue.waiting.drain(..many).collect();
        queue.answering = !next.is_empty();
        self.over = next.is_empty();
        next
    }
}

impl<K, V> Drop for Answering<K, V> {
    fn drop(&mut self) {
        if !self.over {
            // After a panic, or with the runtime: those who wait are told by their senders.
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.clear();
            queue.answering = false;
        }
    }
}

fn tell<V>(sender: oneshot::Sender<Result<V, StoreError>>, answer: Result<V, StoreError>) {
    if sender.send(answer).is_err() {
        tracing::debug!("whoever asked has given up");
    }
}

async fn serve<K, V, F, A>(mut answering: Answering<K, V>, answer: F)
where
    K: Clone,
    F: Fn(Vec<K>) -> A,
    A: Future<Output = Result<Vec<V>, StoreError>>,
{
    loop {
        let asked = answering.next();
        if asked.is_empty() {
            return;
        }
        if asked.len() > 1 {
            let keys = asked.iter().map(|(key, _)| key.clone()).collect();
            if let Ok(answers) = answer(keys).await {
                for ((_, sender), answer) in asked.into_iter().zip(answers) {
                    tell(sender, Ok(answer));
                }
                continue;
            }
        }
        for (key, sender) in asked {
            let answers = answer(vec![key]).await;
            tell(sender, answers.and_then(|answers| answers.into_iter().next().ok_or(StoreError::Closed)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    /// Asks one question that is held up, then all others, and lets them go on.
    async fn answers(
        keys: std::ops::Range<i64>,
        refuse: impl Fn(&[i64]) -> bool + Clone + Send + Sync + 'static,
    ) -> (Vec<Result<i64, StoreError>>, Vec<Vec<i64>>) {
        let (together, gate) = (Arc::new(Together::<i64, i64>::default()), Arc::new(Semaphore::new(0)));
        let (seen, mut batches) = mpsc::unbounded_channel();
        let ask = |key: i64| {
            let (together, gate, seen) = (Arc::clone(&together), Arc::clone(&gate), seen.clone());
            let refuse = refuse.clone();
            async move {
                let answer = move |keys: Vec<i64>| {
                    let (gate, seen, refuse) = (Arc::clone(&gate), seen.clone(), refuse.clone());
                    async move {
                        seen.send(keys.clone()).unwrap();
                        gate.acquire().await.unwrap().forget();
                        if refuse(&keys) {
                            Err(StoreError::Cursor)
                        } else {
                            Ok(keys.iter().map(|key| key * 10).collect())
                        }
                    }
                };
                together.ask(key, answer).await
            }
        };
        let mut tasks = vec![tokio::spawn(ask(-1))];
        let first = batches.recv().await.unwrap();
        tasks.extend(keys.clone().map(|key| tokio::spawn(ask(key))));
        let all = keys.count();
        while together.queue.lock().unwrap().waiting.len() < all {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1000);
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap());
        }
        let mut asked = vec![first];
        while let Ok(keys) = batches.try_recv() {
            asked.push(keys);
        }
        (answers, asked)
    }

    #[tokio::test]
    async fn what_is_asked_meanwhile_is_answered_together_and_each_gets_its_own() {
        let (answers, asked) = answers(0..40, |_| false).await;
        let got: Vec<i64> = answers.into_iter().map(Result::unwrap).collect();
        let wanted: Vec<i64> = [-10].into_iter().chain((0..40).map(|key| key * 10)).collect();
        assert_eq!(got, wanted);
        assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [1, MOST, 8]);
    }

    #[tokio::test]
    async fn a_question_that_fails_does_not_hurt_its_neighbours() {
        let (answers, _) = answers(0..5, |keys| keys.contains(&3)).await;
        for (at, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.is_err(), at == 4, "{at}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_those_who_wait_and_the_next_question_is_answered() {
        let together = Together::<i64, i64>::default();
        let broken = together.ask(1, |_| async { panic!("out of order") }).await;
        assert!(matches!(broken, Err(StoreError::Closed)));
        assert_eq!(together.ask(2, |keys| async move { Ok(keys) }).await.unwrap(), 2);
    }
}
