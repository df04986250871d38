//! Who has a ticket before them now. Nothing rests on it: a row that is late tells of somebody who left.

use domain::{
    TicketId, UserId,
    presence::{Doing, PRESENT_FOR, Presence},
};

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

impl WorkspaceStore {
    /// Notes what somebody does with a ticket, for a little while; None when they have left it. The ticket must
    /// be there.
    pub async fn be_present(
        &self,
        ticket: TicketId,
        user: UserId,
        doing: Option<Doing>,
    ) -> Result<(), StoreError> {
        let (workspace, now) = (self.id, self.store.writer.shared.clock.now());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(ticket).id(user).at(now);
                    // What is over goes by the way.
                    let sql = "DELETE FROM presences WHERE workspace_id = $1 AND ticket_id = $2 \
                               AND (user_id = $3 OR until <= $4)";
                    binds.execute(connection, sql).await?;
                    let Some(doing) = doing else { return Ok(()) };
                    let mut binds = Binds::default();
                    binds.id(workspace).id(ticket).id(user).text(doing.as_str()).at(now.plus(PRESENT_FOR));
                    let sql = "INSERT INTO presences (workspace_id, ticket_id, user_id, doing, until) \
                               VALUES ($1, $2, $3, $4, $5)";
                    binds.execute(connection, sql).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Who else is there now, those who write first.
    pub async fn present(&self, ticket: TicketId, but: UserId) -> Result<Vec<Presence>, StoreError> {
        let now = self.store.writer.shared.clock.now();
        let select = Select::of(
            self.id,
            "SELECT p.user_id, p.doing, u.name FROM presences p \
             JOIN users u ON u.workspace_id = p.workspace_id AND u.id = p.user_id WHERE p.workspace_id = $1",
        )
        .and(" AND p.ticket_id = ? AND p.user_id <> ? AND p.until > ?", |binds| {
            binds.id(ticket).id(but).at(now);
        })
        .then(" ORDER BY p.doing DESC, u.name, p.user_id LIMIT 20");
        self.all(select, |row| {
            let c = Columns { table: "presences", row };
            Ok(Presence {
                user_id: c.id("user_id")?,
                name: c.text("name")?,
                doing: c.word("doing", Doing::parse)?,
            })
        })
        .await
    }
}
