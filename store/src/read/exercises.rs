//! Exercises of reviewers: whether there are any, the one that waits for somebody, and how they ended.

use domain::{
    ApprovalId, ExerciseId, Timestamp, UserId,
    approval::Approval,
    audit::{AuditAction, Deed},
    canonical::Digest,
    exercise::{Ended, Ending, Exercise, ExerciseSettings, Said, Slip},
    review::week_of,
    user::Actor,
};
use serde_json::json;
use sqlx::{AnyConnection, any::AnyRow};

use super::audit::append;
use crate::{
    StoreError, WorkspaceStore,
    page::clamp,
    rows::{self, Columns},
    sql::{Binds, Select},
};

const EXERCISES: &str = "SELECT * FROM exercises WHERE workspace_id = $1";

fn get_exercise(row: &AnyRow) -> Result<Exercise, StoreError> {
    let c = Columns { table: "exercises", row };
    let flag = |column: &str| Ok::<_, StoreError>(c.opt_int(column)?.map(|flag| flag == 1));
    let slip = c.opt_text("slip")?.map(|_| c.word("slip", Slip::parse)).transpose()?;
    let ended = match c.opt_at("ended_at")? {
        None => None,
        Some(at) => Some(Ended {
            at,
            as_: c.word("ended_as", Ending::parse)?,
            found: flag("found")?,
            agreed: flag("agreed")?,
        }),
    };
    Ok(Exercise {
        id: c.id("id")?,
        user_id: c.id("user_id")?,
        source: c.id("source_id")?,
        slip,
        change: usize::try_from(c.int("change")?).map_err(|error| c.bad("change", error))?,
        digest: Digest(c.text("digest")?),
        earlier: c.word("earlier", Said::parse)?,
        made_at: c.at("made_at")?,
        expires_at: c.at("expires_at")?,
        assigned: c.int("assigned")? == 1,
        snoozed_until: c.opt_at("snoozed_until")?,
        claimed_until: c.opt_at("claimed_until")?,
        ended,
    })
}

fn get_settings(row: &AnyRow) -> Result<ExerciseSettings, StoreError> {
    let c = Columns { table: "exercise_settings", row };
    Ok(ExerciseSettings {
        on: c.int("on_off")? == 1,
        one_in: c.int("one_in")?,
        most_a_day: c.int("most_a_day")?,
    })
}

/// Ends what is open of a workspace, or of one person in it, without a word about anybody.
async fn end_open(
    connection: &mut AnyConnection,
    workspace: domain::WorkspaceId,
    (user, expired_at): (Option<UserId>, Option<Timestamp>),
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    let ending = if expired_at.is_some() { Ending::Expired } else { Ending::Withdrawn };
    binds
        .id(workspace)
        .at(at)
        .text(ending.as_str())
        .text(user.map(|id| id.to_string()).unwrap_or_default())
        .at(expired_at.unwrap_or(Timestamp(i64::MAX)));
    let sql = "UPDATE exercises SET ended_at = $2, ended_as = $3 WHERE workspace_id = $1 AND ended_at IS NULL \
               AND ($4 = '' OR user_id = $4) AND expires_at <= $5";
    binds.execute(connection, sql).await.map(|_| ())
}

impl WorkspaceStore {
    /// Whether the workspace has exercises; off as long as nobody said otherwise.
    pub async fn exercise_settings(&self) -> Result<ExerciseSettings, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM exercise_settings WHERE workspace_id = $1");
        Ok(self.one(select, get_settings).await?.unwrap_or_default())
    }

    /// With its entry in the audit. Switched off, those that wait end in the same transaction.
    pub async fn set_exercise_settings(
        &self,
        settings: ExerciseSettings,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .int(i64::from(settings.on))
                        .int(settings.one_in)
                        .int(settings.most_a_day);
                    let sql = "INSERT INTO exercise_settings (workspace_id, on_off, one_in, most_a_day) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id) DO UPDATE SET \
                               on_off = excluded.on_off, one_in = excluded.one_in, most_a_day = excluded.most_a_day";
                    binds.execute(connection, sql).await?;
                    if !settings.on {
                        end_open(connection, workspace, (None, None), now).await?;
                    }
                    let deed = Deed {
                        at: now,
                        actor: by,
                        action: AuditAction::ExercisesChanged,
                        subject: if settings.on { "on" } else { "off" }.to_owned(),
                        detail: json!(settings),
                    };
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Past approvals that one could be made of for this person, the latest first: decided, on a ticket of which
    /// nothing was redacted, and none that they had before.
    pub async fn exercise_sources(
        &self,
        user: UserId,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND status IN ('approved', 'rejected') \
             AND ticket_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.workspace_id = $1 AND r.id = approvals.run_id \
             AND r.redacted_at IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM personal_data_suggestions s WHERE s.workspace_id = $1 \
             AND s.ticket_id = approvals.ticket_id AND s.status = 'redacted')",
        )
        .and(
            " AND NOT EXISTS (SELECT 1 FROM exercises e WHERE e.workspace_id = $1 AND e.source_id = approvals.id \
             AND e.user_id = ?)",
            |binds| {
                binds.id(user);
            },
        )
        .and(" AND requested_at >= ? ORDER BY requested_at DESC, id DESC LIMIT ? + 0", |binds| {
            binds.at(since).int(clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// Keeps a new one. False, and nothing is kept, when exercises are off, one waits for the person already, or
    /// they have had as many as one may since `day`.
    pub async fn begin_exercise(&self, new: Exercise, day: Timestamp) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let over = (Some(new.user_id), Some(new.made_at));
                    end_open(connection, workspace, over, new.made_at).await?;
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(new.id)
                        .id(new.user_id)
                        .id(new.source)
                        .opt_text(new.slip.map(Slip::as_str))
                        .int(i64::try_from(new.change).unwrap_or(i64::MAX))
                        .text(new.digest.0)
                        .text(new.earlier.as_str())
                        .at(new.made_at)
                        .at(new.expires_at)
                        .at(day);
                    let sql = "INSERT INTO exercises (workspace_id, id, user_id, source_id, slip, change, digest, \
                               earlier, made_at, expires_at, assigned) \
                               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0 FROM exercise_settings s \
                               WHERE s.workspace_id = $1 AND s.on_off = 1 AND s.most_a_day > \
                               (SELECT count(*) FROM exercises e WHERE e.workspace_id = $1 AND e.user_id = $3 \
                               AND e.made_at > $11) ON CONFLICT DO NOTHING";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }

    /// The one that waits for somebody.
    pub async fn open_exercise(&self, user: UserId, now: Timestamp) -> Result<Option<Exercise>, StoreError> {
        let select = Select::of(self.id, EXERCISES).and(
            " AND user_id = ? AND ended_at IS NULL AND expires_at > ?",
            |binds| {
                binds.id(user).at(now);
            },
        );
        self.one(select, get_exercise).await
    }

    /// One of this person's; nobody else has any of it.
    pub async fn exercise(&self, id: ExerciseId, user: UserId) -> Result<Option<Exercise>, StoreError> {
        let select = Select::of(self.id, EXERCISES).and(" AND id = ? AND user_id = ?", |binds| {
            binds.id(id).id(user);
        });
        self.one(select, get_exercise).await
    }

    /// Whose it is, until when it is put off and looked at, as the exercise says, as long as it is open.
    pub async fn tend_exercise(&self, exercise: Exercise) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(exercise.id)
                        .id(exercise.user_id)
                        .int(i64::from(exercise.assigned))
                        .opt_at(exercise.snoozed_until)
                        .opt_at(exercise.claimed_until);
                    let sql = "UPDATE exercises SET assigned = $4, snoozed_until = $5, claimed_until = $6 \
                               WHERE workspace_id = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }

    /// Ends one of this person's, with its entry in the audit, which says that it was one and not how well they
    /// looked. False when it had ended.
    pub async fn end_exercise(
        &self,
        id: ExerciseId,
        (user, name): (UserId, String),
        ended: Ended,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let counts = matches!(ended.as_, Ending::Said(_));
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(id)
                        .id(user)
                        .at(ended.at)
                        .text(ended.as_.as_str())
                        .opt_int(ended.found.map(i64::from))
                        .opt_int(ended.agreed.map(i64::from))
                        .opt_int(counts.then(|| week_of(ended.at)));
                    let sql = "UPDATE exercises SET ended_at = $4, ended_as = $5, found = $6, agreed = $7, week = $8 \
                               WHERE workspace_id = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL \
                               RETURNING source_id, slip";
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    let Some(row) = rows.first() else { return Ok(false) };
                    let c = Columns { table: "exercises", row };
                    let source: ApprovalId = c.id("source_id")?;
                    let deed = Deed {
                        at: ended.at,
                        actor: Actor::User { user_id: user, name },
                        action: AuditAction::ExerciseEnded,
                        subject: id.to_string(),
                        detail: json!({ "made_of": source, "wrong": c.opt_text("slip")? }),
                    };
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }
}
