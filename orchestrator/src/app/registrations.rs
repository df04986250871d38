//! Accepted tools of MCP servers, kept in the first workspace.

use std::sync::Arc;

use async_trait::async_trait;
use domain::Clock;
use guards::injection::{Finding, Injections, Kind, LINE};
use store::{RegistrationStatus, Store, ToolRegistration, WorkspaceStore};
use tools::{
    ToolsError,
    mcp::{Registered, Registrations, Screen},
};

/// Looks at what a server says of a new tool. Descriptions are orders by nature, so the model that judges
/// sentences is not asked: phrases that speak to an agent and what is hidden count alone.
pub(super) fn screen() -> Result<Screen, guards::Error> {
    let guard = Injections::new()?;
    Ok(Arc::new(move |text: &str| {
        let sure = |finding: &Finding| finding.score >= LINE && finding.kind != Kind::Classifier;
        guard.look(text).findings.into_iter().find(sure).map(|finding| finding.why)
    }))
}

pub(super) struct StoredRegistrations {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl StoredRegistrations {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    async fn workspace(&self) -> Result<WorkspaceStore, ToolsError> {
        let workspaces =
            self.store.workspaces().await.map_err(|e| ToolsError::Registrations(e.to_string()))?;
        let first = workspaces.first().ok_or_else(|| {
            ToolsError::Registrations(
                "there is no workspace yet; make one before adding MCP servers".to_owned(),
            )
        })?;
        Ok(self.store.workspace(first.id))
    }
}

#[async_trait]
impl Registrations for StoredRegistrations {
    async fn get(&self, name: &str) -> Result<Option<Registered>, ToolsError> {
        let all = self
            .workspace()
            .await?
            .tool_registrations()
            .await
            .map_err(|e| ToolsError::Registrations(e.to_string()))?;
        Ok(all
            .into_iter()
            .find(|r| r.name == name)
            .map(|r| Registered { version: r.spec.version.clone(), spec: r.spec }))
    }

    async fn put(&self, registered: Registered) -> Result<(), ToolsError> {
        let domain::tool::ToolSource::Mcp { server } = &registered.spec.source else {
            return Err(ToolsError::Registrations(format!("{} is not an MCP tool", registered.spec.name)));
        };
        let registration = ToolRegistration {
            name: registered.spec.name.clone(),
            server: server.clone(),
            spec: registered.spec,
            status: RegistrationStatus::Approved,
            was: None,
            updated_at: self.clock.now(),
        };
        self.workspace()
            .await?
            .put_tool_registration(registration)
            .await
            .map_err(|e| ToolsError::Registrations(e.to_string()))
    }
}
