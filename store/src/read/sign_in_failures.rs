//! How often signing in failed lately, counted over all processes; and challenges that were answered.

use std::time::Duration;

use domain::Timestamp;

use crate::{Store, StoreError, rows::Columns, scope::Scope, sql::Binds};

impl Store {
    /// Counts one more try for each of these, before it is known how it ends, so that tries side by side cannot
    /// pass the limit. Returns how many there were within the window, this one included, in the same order.
    /// What is counted is a digest; what is older than the window is forgotten.
    pub async fn count_sign_in(
        &self,
        subjects: Vec<String>,
        now: Timestamp,
        window: Duration,
    ) -> Result<Vec<i64>, StoreError> {
        self.writer.within(Scope::Everywhere).transact_beside(move |connection| {
                Box::pin(async move {
                    let begin = now.minus(window);
                    let mut old = Binds::default();
                    old.at(begin);
                    old.execute(connection, "DELETE FROM sign_in_failures WHERE since <= $1").await?;
                    let mut counts = Vec::with_capacity(subjects.len());
                    for subject in subjects {
                        let mut binds = Binds::default();
                        binds.text(subject).at(now);
                        let sql = "INSERT INTO sign_in_failures (subject, failures, since) VALUES ($1, 1, $2) \
                                   ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failures.failures + 1 \
                                   RETURNING failures";
                        let rows = binds.fetch_all(connection, sql.into()).await?;
                        let row = rows.first().ok_or(StoreError::Closed)?;
                        counts.push(Columns { table: "sign_in_failures", row }.int("failures")?);
                    }
                    Ok(counts)
                })
            })
            .await
    }

    /// They are in: nothing is held against them.
    pub async fn forget_sign_ins(&self, subjects: Vec<String>) -> Result<(), StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    for subject in subjects {
                        let mut binds = Binds::default();
                        binds.text(subject);
                        binds.execute(connection, "DELETE FROM sign_in_failures WHERE subject = $1").await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Marks a challenge (its digest) as answered. False when it was before.
    pub async fn spend_challenge(
        &self,
        sha256: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut old = Binds::default();
                    old.at(now);
                    old.execute(connection, "DELETE FROM spent_challenges WHERE expires_at <= $1").await?;
                    let mut binds = Binds::default();
                    binds.text(sha256).at(until);
                    let sql = "INSERT INTO spent_challenges (sha256, expires_at) VALUES ($1, $2) \
                               ON CONFLICT (sha256) DO NOTHING";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }
}
