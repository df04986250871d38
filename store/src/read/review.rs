//! What the figures of reviewing are made of, counted week by week and person by person.

use domain::{
    ApprovalId, Timestamp, UserId,
    approval::Decision,
    exercise::{Said, Slip},
    review::{Attended, AttendedCount, DecidedCount, ExerciseCount, Pair, begins, week_of},
};
use sqlx::any::AnyRow;

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

/// Pairs of decisions that are looked at.
const MOST_PAIRS: i64 = 20_000;

/// Which weeks, the last included, and of whom; nobody named: of all.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed {
    pub user: Option<UserId>,
    pub from: i64,
    pub to: i64,
}

impl Reviewed {
    fn times(&self) -> (Timestamp, Timestamp) {
        (begins(self.from), begins(self.to.saturating_add(1)))
    }
}

fn whose(select: Select, user: Option<UserId>) -> Select {
    select.and_if(" AND user_id = ?", user, |binds, user| {
        binds.id(user);
    })
}

fn decision(c: &Columns<'_>, column: &str) -> Result<Said, StoreError> {
    let decision: Decision = c.json(column)?;
    Ok(Said::of(&decision.kind))
}

impl WorkspaceStore {
    /// What somebody had before them when they decided. Of a decision that is not there nothing is kept.
    pub async fn note_attention(
        &self,
        approval: ApprovalId,
        (user, at): (UserId, Timestamp),
        attended: Attended,
    ) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(approval)
                        .id(user)
                        .at(at)
                        .int(week_of(at))
                        .int(attended.in_view_ms)
                        .int(attended.words)
                        .int(attended.hundredths())
                        .int(attended.evidence)
                        .int(attended.unread())
                        .json(&attended.seen);
                    let sql = "INSERT INTO review_attention (workspace_id, approval_id, user_id, at, week, in_view_ms, \
                               words, hundredths, evidence, unread, seen) \
                               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM decisions d \
                               WHERE d.workspace_id = $1 AND d.approval_id = $2 AND d.user_id = $3 \
                               ON CONFLICT (workspace_id, approval_id, user_id) DO UPDATE SET at = excluded.at, \
                               week = excluded.week, in_view_ms = excluded.in_view_ms, words = excluded.words, \
                               hundredths = excluded.hundredths, evidence = excluded.evidence, \
                               unread = excluded.unread, seen = excluded.seen";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// Of a decision that was taken back nothing counts.
    pub async fn forget_attention(&self, approval: ApprovalId, user: UserId) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(approval).id(user);
                    let sql = "DELETE FROM review_attention \
                               WHERE workspace_id = $1 AND approval_id = $2 AND user_id = $3";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// How long the decisions took that were measured, and what of their evidence was seen.
    pub async fn attended(&self, of: Reviewed) -> Result<Vec<AttendedCount>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT user_id, week, hundredths / 10 AS tenths, count(*) AS n, \
             count(CASE WHEN evidence > 0 THEN 1 END) AS with_evidence, \
             count(CASE WHEN unread > 0 THEN 1 END) AS unread FROM review_attention WHERE workspace_id = $1",
        )
        .and(" AND week >= ? AND week <= ?", |binds| {
            binds.int(of.from).int(of.to);
        });
        let select = whose(select, of.user).then(" GROUP BY user_id, week, hundredths / 10");
        self.all(select, |row| {
            let c = Columns { table: "review_attention", row };
            Ok(AttendedCount {
                user_id: c.id("user_id")?,
                week: c.int("week")?,
                tenths: c.int("tenths")?,
                n: c.int("n")?,
                with_evidence: c.int("with_evidence")?,
                unread: c.int("unread")?,
            })
        })
        .await
    }

    /// How many decisions were taken, measured or not.
    pub async fn decided(&self, of: Reviewed) -> Result<Vec<DecidedCount>, StoreError> {
        let (from, until) = of.times();
        // Weeks are counted from a Monday, whole: `week_of`.
        let monday = begins(0).0;
        let length = begins(1).0 - monday;
        let week = format!("(at - {monday}) / {length}");
        let select = Select::of(self.id, "SELECT user_id, ")
            .then(&week)
            .then(" AS week, count(*) AS n FROM decisions WHERE workspace_id = $1")
            .and(" AND at >= ? AND at < ?", |binds| {
                binds.at(from).at(until);
            });
        let select = whose(select, of.user).then(" GROUP BY user_id, ").then(&week);
        self.all(select, |row| {
            let c = Columns { table: "decisions", row };
            Ok(DecidedCount { user_id: c.id("user_id")?, week: c.int("week")?, n: c.int("n")? })
        })
        .await
    }

    /// Who decided about the same approval, one after the other: where several have to approve. The latest.
    pub async fn decided_in_pairs(&self, of: Reviewed) -> Result<Vec<Pair>, StoreError> {
        let (from, until) = of.times();
        let select = Select::of(
            self.id,
            "SELECT a.user_id AS first_id, a.decision AS first, b.user_id AS second_id, b.decision AS second, b.at \
             FROM decisions b JOIN decisions a ON a.workspace_id = b.workspace_id \
             AND a.approval_id = b.approval_id AND (a.at < b.at OR (a.at = b.at AND a.id < b.id)) \
             WHERE b.workspace_id = $1",
        )
        .and(" AND b.at >= ? AND b.at < ?", |binds| {
            binds.at(from).at(until);
        })
        .and_if(" AND (a.user_id = ? OR b.user_id = ?)", of.user, |binds, user| {
            binds.id(user).id(user);
        })
        .and(" ORDER BY b.at DESC, b.id DESC LIMIT ? + 0", |binds| {
            binds.int(MOST_PAIRS);
        });
        self.all(select, |row| {
            let c = Columns { table: "decisions", row };
            Ok(Pair {
                first: (c.id("first_id")?, decision(&c, "first")?),
                second: (c.id("second_id")?, decision(&c, "second")?),
                week: week_of(c.at("at")?),
            })
        })
        .await
    }

    /// How exercises ended that somebody decided.
    pub async fn exercised(&self, of: Reviewed) -> Result<Vec<ExerciseCount>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT user_id, week, coalesce(slip, '') AS slip, coalesce(found, 0) AS found, earlier, \
             ended_as, count(*) AS n FROM exercises WHERE workspace_id = $1 AND week IS NOT NULL",
        )
        .and(" AND week >= ? AND week <= ?", |binds| {
            binds.int(of.from).int(of.to);
        });
        let by = " GROUP BY user_id, week, coalesce(slip, ''), coalesce(found, 0), earlier, ended_as";
        let select = whose(select, of.user).then(by);
        self.all(select, |row: &AnyRow| {
            let c = Columns { table: "exercises", row };
            let slip = c.text("slip")?;
            Ok(ExerciseCount {
                user_id: c.id("user_id")?,
                week: c.int("week")?,
                slip: if slip.is_empty() { None } else { Some(c.word("slip", Slip::parse)?) },
                found: c.int("found")? == 1,
                earlier: c.word("earlier", Said::parse)?,
                said: c.word("ended_as", Said::parse)?,
                n: c.int("n")?,
            })
        })
        .await
    }
}
