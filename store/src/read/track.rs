//! The track record of agents, and what became of resolutions one by one.

use domain::{
    TicketId, Timestamp, WorkspaceId,
    track::{TrackCount, TrackKind, TrackWord, Tracked},
};
use sqlx::{AnyConnection, any::AnyRow};

use super::figures::{Heard, LaterMark};
use crate::{
    StoreError, WorkspaceStore,
    page::clamp,
    rows::Columns,
    sql::{Binds, Select, Table},
};

pub(crate) const TRACK_RECORD: Table = Table {
    name: "track_record",
    columns: &[
        "workspace_id",
        "id",
        "kind",
        "ticket_id",
        "intent",
        "tool",
        "risk",
        "confidence",
        "said",
        "at",
        "run_id",
        "seq",
        "version",
        "message_id",
    ],
    key: &["workspace_id", "id"],
    fixed: &[
        "kind",
        "ticket_id",
        "intent",
        "tool",
        "risk",
        "confidence",
        "run_id",
        "seq",
        "version",
        "message_id",
    ],
};

pub(crate) fn put_tracked((workspace, tracked): &(WorkspaceId, Tracked), binds: &mut Binds) {
    binds
        .id(workspace)
        .text(tracked.id.as_str())
        .text(tracked.kind.as_str())
        .opt_id(tracked.ticket_id)
        .text(tracked.intent.as_str())
        .text(tracked.tool.as_str())
        .text(tracked.risk.as_str())
        .int(tracked.confidence)
        .opt_text(tracked.said.map(TrackWord::as_str))
        .at(tracked.at)
        .opt_id(tracked.paper.map(|paper| paper.run_id))
        .opt_int(tracked.paper.map(|paper| paper.seq))
        .opt_int(tracked.paper.map(|paper| paper.version))
        .opt_id(tracked.message_id);
}

/// A decision that was taken back, or a call that was not done, is none that anything can be said of.
pub(crate) async fn forget(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    id: impl std::fmt::Display,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(id);
    let sql = "DELETE FROM track_record WHERE workspace_id = $1 AND id = $2";
    binds.execute(connection, sql).await.map(|_| ())
}

/// What a later event says of calls that ran by themselves. A ticket that is opened again speaks against all of them;
/// a rating is of the one that wrote the message that was rated, and does not mend what was opened again. Of a message
/// that a person approved it says nothing here.
pub(crate) async fn hear(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    mark: &LaterMark,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(mark.ticket);
    let sql = match mark.heard {
        Heard::Reopened => {
            binds.text(TrackWord::Reopened.as_str());
            "UPDATE track_record SET said = $3 WHERE workspace_id = $1 AND ticket_id = $2 AND kind = 'acted' \
             AND (said IS NULL OR said = 'confirmed')"
        }
        Heard::Rated { message_id, helpful } => {
            let word = if helpful { TrackWord::Confirmed } else { TrackWord::Unhelpful };
            binds.text(word.as_str()).id(message_id);
            "UPDATE track_record SET said = $3 WHERE workspace_id = $1 AND ticket_id = $2 AND kind = 'acted' \
             AND message_id = $4 AND (said IS NULL OR said <> 'reopened')"
        }
    };
    binds.execute(connection, sql).await.map(|_| ())
}

/// Which calls of the track record are counted.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    pub from: Timestamp,
    /// The intent and the tool; none: all of them.
    pub of: Option<(String, String)>,
}

fn counted(workspace: WorkspaceId, tracks: &Tracks) -> Select {
    Select::of(
        workspace,
        "SELECT intent, tool, kind, confidence, said, count(*) AS n, max(at) AS last FROM track_record \
         WHERE workspace_id = $1",
    )
    .and_if(" AND intent = ? AND tool = ?", tracks.of.as_ref(), |binds, (intent, tool)| {
        binds.text(intent.as_str()).text(tool.as_str());
    })
    .and(" AND at >= ?", |binds| {
        binds.at(tracks.from);
    })
    .then(" GROUP BY intent, tool, kind, confidence, said ORDER BY intent, tool, kind, confidence, said")
}

/// What became of one resolution by an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// The customer said that it helped.
    Confirmed(Timestamp),
    /// Nobody objected.
    Assumed,
    /// The customer said that it did not help.
    Unhelpful(Timestamp),
    Reopened(Timestamp),
}

/// A ticket that an agent resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub ticket_id: TicketId,
    pub number: i64,
    /// Of the event that resolved it.
    pub version: i64,
    pub agent: String,
    pub at: Timestamp,
    pub became: Became,
}

fn get_resolved(row: &AnyRow) -> Result<Resolved, StoreError> {
    let c = Columns { table: "resolutions", row };
    let became = match (c.opt_at("reopened_at")?, c.opt_at("unhelpful_at")?, c.opt_at("confirmed_at")?) {
        (Some(at), ..) => Became::Reopened(at),
        (None, Some(at), _) => Became::Unhelpful(at),
        (None, None, Some(at)) => Became::Confirmed(at),
        (None, None, None) => Became::Assumed,
    };
    Ok(Resolved {
        ticket_id: c.id("ticket_id")?,
        number: c.int("number")?,
        version: c.int("version")?,
        agent: c.text("agent")?,
        at: c.at("at")?,
        became,
    })
}

impl WorkspaceStore {
    /// Calls counted by intent, tool, confidence and what was heard.
    pub async fn track_record(&self, tracks: &Tracks) -> Result<Vec<TrackCount>, StoreError> {
        self.all(counted(self.id, tracks), |row| {
            let c = Columns { table: "track_record", row };
            let said = match c.opt_text("said")? {
                None => None,
                Some(_) => Some(c.word("said", TrackWord::parse)?),
            };
            Ok(TrackCount {
                intent: c.text("intent")?,
                tool: c.text("tool")?,
                kind: c.word("kind", TrackKind::parse)?,
                confidence: c.int("confidence")?,
                said,
                n: c.int("n")?,
                last: c.at("last")?,
            })
        })
        .await
    }

    /// What agents resolved from one time until before another, the oldest first; after the last one that was read.
    pub async fn resolutions(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<&Resolved>,
        limit: i64,
    ) -> Result<Vec<Resolved>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT r.ticket_id, t.number, r.version, r.agent, r.at, r.reopened_at, r.confirmed_at, r.unhelpful_at \
             FROM resolutions r JOIN tickets t ON t.workspace_id = r.workspace_id AND t.id = r.ticket_id \
             WHERE r.workspace_id = $1 AND r.agent IS NOT NULL",
        )
        .and(" AND r.at >= ? AND r.at < ?", |binds| {
            binds.at(from).at(until);
        })
        .and_if(" AND (r.at, r.ticket_id, r.version) > (?, ?, ?)", after, |binds, after| {
            binds.at(after.at).id(after.ticket_id).int(after.version);
        })
        .and(" ORDER BY r.at, r.ticket_id, r.version LIMIT ? + 0", |binds| {
            binds.int(clamp(limit));
        });
        self.all(select, get_resolved).await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn the_track_record_is_counted_in_indexes() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let of = Some((String::new(), "reply".to_owned()));
        for (tracks, index) in [
            (Tracks::default(), "track_record_by_time"),
            (Tracks { of, ..Tracks::default() }, "track_record_by_cell"),
        ] {
            let plan = counted(WorkspaceId(Uuid::nil()), &tracks).plan(&mut connection).await.unwrap();
            let covered = format!("USING COVERING INDEX {index}");
            assert!(plan.iter().any(|step| step.contains(&covered)), "{index}: {plan:?}");
        }
    }
}
