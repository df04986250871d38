//! Calls on paper, and how they compare with what a person did.

use domain::{
    PaperId, TicketId, WorkspaceId,
    paper::{Comparison, PaperCall},
    run::StepBody,
    track::TrackWord,
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

/// Calls on paper of one ticket that are read, the newest.
const MOST: i64 = 100;

/// What an event says of a call on paper.
pub(crate) struct Compared {
    pub ticket: TicketId,
    pub id: PaperId,
    pub same: bool,
    /// Of the event.
    pub version: i64,
    /// Nobody said it: the words were compared. It is no answer to what somebody has said.
    pub by_itself: bool,
}

/// After the new calls of the same batch, which may be meant.
pub(crate) async fn put_compared(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    compared: &Compared,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(compared.ticket).id(compared.id);
    binds.text(TrackWord::compared(compared.same).as_str()).int(compared.version);
    let sql = if compared.by_itself {
        "UPDATE track_record SET said = $4, compared_in = $5 \
         WHERE workspace_id = $1 AND ticket_id = $2 AND id = $3 AND kind = 'paper' AND said IS NULL"
    } else {
        "UPDATE track_record SET said = $4, compared_in = $5 \
         WHERE workspace_id = $1 AND ticket_id = $2 AND id = $3 AND kind = 'paper'"
    };
    binds.execute(connection, sql).await.map(|_| ())
}

fn of_ticket(workspace: WorkspaceId, ticket: TicketId, one: Option<PaperId>) -> Select {
    Select::of(
        workspace,
        "SELECT p.id, p.ticket_id, p.run_id, p.confidence, p.at, p.version, p.said, s.body AS step, e.actor, \
         e.at AS compared_at FROM track_record p \
         JOIN steps s ON s.workspace_id = p.workspace_id AND s.run_id = p.run_id AND s.seq = p.seq \
         LEFT JOIN events e ON e.workspace_id = p.workspace_id AND e.ticket_id = p.ticket_id \
         AND e.version = p.compared_in WHERE p.workspace_id = $1 AND p.kind = 'paper'",
    )
    .and(" AND p.ticket_id = ?", |binds| {
        binds.id(ticket);
    })
    .and_if(" AND p.id = ?", one, |binds, id| {
        binds.id(id);
    })
    .and(" ORDER BY p.at DESC, p.version DESC, p.seq DESC LIMIT ? + 0", |binds| {
        binds.int(MOST);
    })
}

fn get_paper_call(row: &AnyRow) -> Result<PaperCall, StoreError> {
    let c = Columns { table: "track_record", row };
    let StepBody::Tool { call, judged: Some(judged), .. } = c.json("step")? else {
        return Err(c.bad("seq", "the step is no call that was judged"));
    };
    let comparison = match (c.opt_text("said")?, c.opt_json("actor")?, c.opt_at("compared_at")?) {
        (Some(_), Some(by), Some(at)) => {
            Some(Comparison { same: c.word("said", TrackWord::parse)? == TrackWord::Matched, by, at })
        }
        _ => None,
    };
    let facts = judged.facts;
    Ok(PaperCall {
        id: c.id("id")?,
        ticket_id: c.id("ticket_id")?,
        run_id: c.id("run_id")?,
        agent: facts.agent,
        call,
        risk: facts.risk,
        confidence: c.int("confidence")?,
        at: c.at("at")?,
        version: c.int("version")?,
        comparison,
    })
}

impl WorkspaceStore {
    /// The calls on paper of a ticket, oldest first; of very many the newest 100.
    pub async fn paper_calls(&self, ticket: TicketId) -> Result<Vec<PaperCall>, StoreError> {
        let mut calls = self.all(of_ticket(self.id, ticket, None), get_paper_call).await?;
        calls.reverse();
        Ok(calls)
    }

    /// One of them.
    pub async fn paper_call(&self, ticket: TicketId, id: PaperId) -> Result<Option<PaperCall>, StoreError> {
        self.one(of_ticket(self.id, ticket, Some(id)), get_paper_call).await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn calls_on_paper_are_found_by_their_ticket() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let select = of_ticket(WorkspaceId(Uuid::nil()), TicketId(Uuid::nil()), None);
        let plan = select.plan(&mut connection).await.unwrap();
        assert!(plan.iter().any(|step| step.contains("track_record_on_paper")), "{plan:?}");
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:?}");
    }
}
