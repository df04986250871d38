//! What workspaces say of the ways by which customers reach them.

use domain::{WorkspaceId, audit::Deed};
use sqlx::any::AnyRow;

use crate::{
    ChannelChange, ChannelSettings, Store, StoreError, WorkspaceStore,
    rows::{Columns, workspace_of},
    sql::{Binds, Select},
};

fn get_settings(row: &AnyRow) -> Result<ChannelSettings, StoreError> {
    let c = Columns { table: "channel_settings", row };
    let sites = match c.opt_text("sites")? {
        Some(text) => Some(serde_json::from_str(&text).map_err(|error| c.bad("sites", error))?),
        None => None,
    };
    Ok(ChannelSettings { sites, company_tickets: c.int("company_tickets")? == 1 })
}

impl WorkspaceStore {
    /// As the configuration has them, where the workspace never said anything.
    pub async fn channel_settings(&self) -> Result<ChannelSettings, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM channel_settings WHERE workspace_id = $1");
        Ok(self.one(select, get_settings).await?.unwrap_or_default())
    }

    /// Changes one of them and leaves the others. The audit says so.
    pub async fn change_channel_settings(&self, change: ChannelChange, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace);
                    let sql = match change {
                        ChannelChange::Sites(sites) => {
                            binds.opt_text(sites.map(|sites| serde_json::json!(sites).to_string()));
                            "INSERT INTO channel_settings (workspace_id, sites, company_tickets) VALUES ($1, $2, 0) \
                             ON CONFLICT (workspace_id) DO UPDATE SET sites = excluded.sites"
                        }
                        ChannelChange::CompanyTickets(on) => {
                            binds.int(i64::from(on));
                            "INSERT INTO channel_settings (workspace_id, sites, company_tickets) VALUES ($1, NULL, $2) \
                             ON CONFLICT (workspace_id) DO UPDATE SET company_tickets = excluded.company_tickets"
                        }
                    };
                    binds.execute(connection, sql).await?;
                    crate::read::audit::append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }
}

impl Store {
    /// The sites of every workspace that has said which. One whose row cannot be read has none.
    pub async fn chat_sites(&self) -> Result<Vec<(WorkspaceId, Vec<String>)>, StoreError> {
        self.everywhere(
            "SELECT * FROM channel_settings WHERE sites IS NOT NULL",
            |_| {},
            |row| {
                let workspace = workspace_of(row)?;
                let sites = get_settings(row).map(|settings| settings.sites.unwrap_or_default());
                Ok((
                    workspace,
                    sites.unwrap_or_else(|error| {
                        tracing::error!(%error, %workspace, "the sites of a workspace cannot be read: it has none");
                        Vec::new()
                    }),
                ))
            },
        )
        .await
    }
}
