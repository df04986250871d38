//! When MCP servers are looked at again: now and then, and when one of them says that its tools have changed.
//!
//! What servers say neither puts off the time nor sets the pace: one may say so all the time.

use std::time::Duration;

use tokio::{
    sync::Notify,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep},
};

/// Why the servers are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The time is over.
    Due,
    /// A server has said that its tools have changed.
    Told,
}

pub(super) struct Rounds<'n> {
    told: &'n Notify,
    due: Interval,
    pace: Duration,
    last: Occasion,
}

impl<'n> Rounds<'n> {
    /// The first is due after `every`. What was told waits for `pace` after a round for the same reason.
    pub(super) fn new(told: &'n Notify, every: Duration, pace: Duration) -> Self {
        let mut due = interval_at(Instant::now() + every, every);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { told, due, pace, last: Occasion::Due }
    }

    /// Waits for the next round; whoever asks has ended the one before.
    pub(super) async fn wait(&mut self) -> Occasion {
        let pause = match self.last {
            Occasion::Told => self.pace,
            Occasion::Due => Duration::ZERO,
        };
        let notify = self.told;
        let told = async {
            sleep(pause).await;
            notify.notified().await;
        };
        self.last = tokio::select! {
            _ = self.due.tick() => Occasion::Due,
            () = told => Occasion::Told,
        };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_keeps_telling_neither_puts_off_the_time_nor_sets_the_pace() {
        let pace = Duration::from_millis(20);
        let told = Notify::new();
        let mut rounds = Rounds::new(&told, Duration::from_millis(50), pace);
        let (mut made, mut due, mut ended) = (0, 0, None::<Instant>);
        while due < 3 {
            told.notify_one();
            match rounds.wait().await {
                Occasion::Due => {
                    due += 1;
                    ended = None;
                }
                Occasion::Told => {
                    assert!(ended.is_none_or(|ended| ended.elapsed() >= pace));
                    ended = Some(Instant::now());
                }
            }
            made += 1;
            assert!(made < 100, "only {due} of {made} rounds came with the time");
        }
    }

    #[tokio::test]
    async fn what_was_told_while_nobody_waited_is_not_lost() {
        let told = Notify::new();
        let mut rounds = Rounds::new(&told, Duration::from_secs(600), Duration::ZERO);
        told.notify_one();
        assert_eq!(rounds.wait().await, Occasion::Told);
        told.notify_one();
        assert_eq!(rounds.wait().await, Occasion::Told);
    }
}
