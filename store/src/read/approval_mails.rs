//! Mails about approvals: who wants which, what was mailed, and whose a link is.

use domain::{
    ApprovalId, Timestamp, UserId,
    approval::{Approval, ApprovalStatus},
    approval_mail::{ApprovalMail, Mailed},
    canonical::Digest,
    standing::Standing,
    user::User,
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{approvals::narrow, users::get_user};
use crate::{
    ApprovalFilter, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Select},
};

/// Which approvals somebody is to be mailed now.
#[derive(Clone, Debug)]
pub struct ToMail {
    pub standing: Standing,
    pub now: Timestamp,
    /// Those that nobody has taken on by this time since they were asked for.
    pub asked_before: Timestamp,
    /// Of those, with at least this many cents at stake or a deadline before this time; none for all.
    pub pressing: Option<(i64, Timestamp)>,
}

fn get_mail(row: &AnyRow) -> Result<ApprovalMail, StoreError> {
    let c = Columns { table: "approval_mails", row };
    Ok(ApprovalMail {
        approval_id: c.id("approval_id")?,
        user_id: c.id("user_id")?,
        sha256: c.opt_text("sha256")?,
        listed: c.int("listed")? == 1,
        digest: Digest(c.text("digest")?),
        created_at: c.at("created_at")?,
        sent_at: c.opt_at("sent_at")?,
        expires_at: c.at("expires_at")?,
    })
}

/// Links of these accounts' people open nothing any more.
pub(super) async fn end_links(
    connection: &mut AnyConnection,
    account: domain::AccountId,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(account);
    let sql = "UPDATE approval_mails SET sha256 = NULL WHERE sha256 IS NOT NULL AND EXISTS (SELECT 1 FROM users u \
               WHERE u.workspace_id = approval_mails.workspace_id AND u.id = approval_mails.user_id \
               AND u.account_id = $1)";
    binds.execute(connection, sql).await.map(|_| ())
}

impl WorkspaceStore {
    /// What somebody wants to be mailed; none for nothing.
    pub async fn mailed(&self, user: UserId) -> Result<Option<Mailed>, StoreError> {
        let select = Select::of(self.id, "SELECT mailed FROM approval_mail_settings WHERE workspace_id = $1")
            .and(" AND user_id = ?", |binds| {
                binds.id(user);
            });
        self.one(select, |row| Columns { table: "approval_mail_settings", row }.word("mailed", Mailed::parse))
            .await
    }

    /// Whoever wants nothing mailed any more has no links either.
    pub async fn set_mailed(&self, user: UserId, mailed: Option<Mailed>) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let Some(mailed) = mailed else {
                        for sql in [
                            "DELETE FROM approval_mail_settings WHERE workspace_id = $1 AND user_id = $2",
                            "UPDATE approval_mails SET sha256 = NULL WHERE workspace_id = $1 AND user_id = $2",
                        ] {
                            let mut binds = Binds::default();
                            binds.id(workspace).id(user);
                            binds.execute(connection, sql).await?;
                        }
                        return Ok(());
                    };
                    let mut binds = Binds::default();
                    binds.id(workspace).id(user).text(mailed.as_str());
                    let sql = "INSERT INTO approval_mail_settings (workspace_id, user_id, mailed) \
                               VALUES ($1, $2, $3) ON CONFLICT (workspace_id, user_id) \
                               DO UPDATE SET mailed = excluded.mailed";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// Who is mailed what waits for them, as long as they are here.
    pub async fn mailed_people(&self) -> Result<Vec<(User, Mailed)>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT u.*, s.mailed AS mailed FROM approval_mail_settings s \
             JOIN users u ON u.workspace_id = s.workspace_id AND u.id = s.user_id \
             WHERE s.workspace_id = $1 AND u.deactivated_at IS NULL ORDER BY u.created_at, u.id",
        );
        self.all(select, |row| {
            let mailed = Columns { table: "approval_mail_settings", row }.word("mailed", Mailed::parse)?;
            Ok((get_user(row)?, mailed))
        })
        .await
    }

    /// What waits for a person who was not mailed about it yet and that nobody looks at: what is at stake first.
    /// What is somebody else's is left out, and so is what was put off.
    pub async fn approvals_to_mail(&self, to: &ToMail, limit: i64) -> Result<Vec<Approval>, StoreError> {
        let (user, now) = (to.standing.user_id, to.now);
        let filter = ApprovalFilter {
            status: Some(ApprovalStatus::Pending),
            may: Some(to.standing.clone()),
            snoozed: Some((false, now)),
            ..ApprovalFilter::default()
        };
        let select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1");
        let mut select = narrow(select, &filter)
            .and(" AND requested_at <= ? AND expires_at > ?", |binds| {
                binds.at(to.asked_before).at(now);
            })
            .and(" AND (assignee_id IS NULL OR assignee_id = ?)", |binds| {
                binds.id(user);
            })
            .and(
                " AND NOT EXISTS (SELECT 1 FROM approval_mails m WHERE m.workspace_id = $1 \
                 AND m.approval_id = approvals.id AND m.user_id = ?)",
                |binds| {
                    binds.id(user);
                },
            )
            .and(
                " AND NOT EXISTS (SELECT 1 FROM approval_claims c WHERE c.workspace_id = $1 \
                 AND c.approval_id = approvals.id AND c.until > ?)",
                |binds| {
                    binds.at(now);
                },
            );
        if let Some((cents, before)) = to.pressing {
            select = select.and(" AND (stake >= ? OR expires_at <= ?)", |binds| {
                binds.int(cents).at(before);
            });
        }
        let select = select.and(" ORDER BY rank, id LIMIT ? + 0", |binds| {
            binds.int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// Mails to somebody since a time: how many about one approval each, and whether there was a list.
    pub async fn mails_since(&self, user: UserId, since: Timestamp) -> Result<(i64, bool), StoreError> {
        let select = Select::of(
            self.id,
            "SELECT count(*) AS n, count(CASE WHEN listed = 1 THEN 1 END) AS listed FROM approval_mails \
             WHERE workspace_id = $1",
        )
        .and(" AND user_id = ? AND created_at > ?", |binds| {
            binds.id(user).at(since);
        });
        let found = self
            .one(select, |row| {
                let c = Columns { table: "approval_mails", row };
                Ok((c.int("n")?, c.int("listed")?))
            })
            .await?;
        let (all, listed) = found.unwrap_or_default();
        Ok((all - listed, listed > 0))
    }

    /// Notes mails that are about to be handed over. Returns those that are this caller's to hand over: nobody was
    /// mailed about the same before.
    pub async fn begin_mails(&self, mails: Vec<ApprovalMail>) -> Result<Vec<ApprovalId>, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut begun = Vec::with_capacity(mails.len());
                    for mail in mails {
                        let mut binds = Binds::default();
                        binds
                            .id(workspace)
                            .id(mail.approval_id)
                            .id(mail.user_id)
                            .opt_text(mail.sha256)
                            .int(i64::from(mail.listed))
                            .text(mail.digest.0)
                            .at(mail.created_at)
                            .at(mail.expires_at);
                        let sql = "INSERT INTO approval_mails (workspace_id, approval_id, user_id, sha256, listed, \
                                   digest, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                                   ON CONFLICT (workspace_id, approval_id, user_id) DO NOTHING";
                        if binds.execute(connection, sql).await? == 1 {
                            begun.push(mail.approval_id);
                        }
                    }
                    Ok(begun)
                })
            })
            .await
    }

    /// They were handed over at this time; without one they were not, and are forgotten.
    pub async fn end_mails(
        &self,
        user: UserId,
        approvals: Vec<ApprovalId>,
        sent_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    for approval in approvals {
                        let mut binds = Binds::default();
                        binds.id(workspace).id(approval).id(user);
                        let sql = match sent_at {
                            Some(at) => {
                                binds.at(at);
                                "UPDATE approval_mails SET sent_at = $4 \
                                 WHERE workspace_id = $1 AND approval_id = $2 AND user_id = $3"
                            }
                            None => {
                                "DELETE FROM approval_mails \
                                 WHERE workspace_id = $1 AND approval_id = $2 AND user_id = $3"
                            }
                        };
                        binds.execute(connection, sql).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Whose link this is and about what, by what is kept of its secret.
    pub async fn mail_of_link(&self, sha256: &str) -> Result<Option<ApprovalMail>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM approval_mails WHERE workspace_id = $1").and(
            " AND sha256 = ?",
            |binds| {
                binds.text(sha256);
            },
        );
        self.one(select, get_mail).await
    }
}
