//! Tools from outside and whether they may be called.

use sqlx::any::AnyRow;

use crate::{
    RegistrationStatus, StoreError, ToolRegistration, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

const TOOL_REGISTRATIONS: Table = Table {
    name: "tool_registrations",
    columns: &["workspace_id", "name", "server", "version", "spec", "status", "was", "updated_at"],
    key: &["workspace_id", "name"],
    fixed: &[],
};

fn get_registration(row: &AnyRow) -> Result<ToolRegistration, StoreError> {
    let c = Columns { table: "tool_registrations", row };
    Ok(ToolRegistration {
        name: c.text("name")?,
        server: c.text("server")?,
        spec: c.json("spec")?,
        status: c.word("status", RegistrationStatus::parse)?,
        was: c.opt_json("was")?,
        updated_at: c.at("updated_at")?,
    })
}

impl WorkspaceStore {
    /// By name.
    pub async fn tool_registrations(&self) -> Result<Vec<ToolRegistration>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM tool_registrations WHERE workspace_id = $1")
            .then(" ORDER BY name");
        self.all(select, get_registration).await
    }

    /// Writes a registration, new or changed.
    pub async fn put_tool_registration(&self, registration: ToolRegistration) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let put = |registration: &ToolRegistration, binds: &mut Binds| {
                        binds
                            .id(workspace)
                            .text(registration.name.as_str())
                            .text(registration.server.as_str())
                            .text(registration.spec.version.0.as_str())
                            .json(&registration.spec)
                            .text(registration.status.as_str())
                            .opt_json(registration.was.as_ref())
                            .at(registration.updated_at);
                    };
                    shared.statements.write(connection, &TOOL_REGISTRATIONS, &[registration], put).await
                })
            })
            .await
    }
}
