//! The records as the copilot reads them for somebody: one place asks what they may, and masks what they see
//! masked, before anything reaches a model or a journal.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use domain::{
    Clock, UserId, WorkspaceId,
    copilot::{Found, Lookup, LookupError, ReadSource, StaffRecords},
    knowledge::{RetrieveError, Retriever, Scope},
    permission::{Permission, Permissions},
};
use guards::masking::Served;
use serde_json::{Value, json};
use store::{Store, StoreError, WorkspaceStore};

use super::errands::ErrandDesk;
use crate::{
    breakers::Outside,
    credits::Budgets,
    personal::{PersonalData, tickets_in},
};

/// See the module.
pub struct Records {
    pub store: Store,
    pub knowledge: Arc<rag::Knowledge>,
    pub personal: Arc<PersonalData>,
    pub outside: Arc<Outside>,
    pub budgets: Arc<Budgets>,
    pub minutes_per_ticket: i64,
    pub errands: Arc<ErrandDesk>,
    pub clock: Arc<dyn Clock>,
}

/// Who asks, as far as it matters here.
pub(super) struct Asker {
    pub id: UserId,
    /// What finds what they see masked; none for who sees everything.
    pub masks: Option<Arc<Served>>,
}

pub(super) fn failed(error: StoreError) -> LookupError {
    LookupError::Unavailable(error.to_string())
}

#[async_trait]
impl StaffRecords for Records {
    async fn look(
        &self,
        workspace: WorkspaceId,
        asker: UserId,
        lookup: Lookup,
        limit: usize,
    ) -> Result<Found, LookupError> {
        let store = self.store.workspace(workspace);
        let permissions = permissions(&store, asker).await?;
        let takes = lookup.takes();
        if !permissions.contains(takes) {
            return Err(LookupError::Forbidden(format!(
                "this takes the permission {}, which the colleague who asks does not have",
                takes.as_str()
            )));
        }
        let sees = permissions.contains(Permission::SeePersonalData);
        let asker = Asker { id: asker, masks: (!sees).then(|| self.personal.of(workspace)) };
        let found = self.found(&store, &asker, lookup, limit).await?;
        match asker.masks {
            None => Ok(found),
            Some(served) => masked(&store, &served, found).await,
        }
    }
}

/// What somebody may now; nothing once they are gone or kept out.
pub(super) async fn permissions(store: &WorkspaceStore, asker: UserId) -> Result<Permissions, LookupError> {
    let user = store.user(asker).await.map_err(failed)?.filter(|user| user.deactivated_at.is_none());
    let Some(user) = user else {
        return Err(LookupError::Forbidden("the colleague who asks is not here any more".to_owned()));
    };
    store.permissions_of(&user.role).await.map_err(failed)
}

/// As the API would serve it to them, with the names of those whom it is about.
async fn masked(store: &WorkspaceStore, served: &Served, found: Found) -> Result<Found, LookupError> {
    let mut value = json!({ "content": found.content, "sources": found.sources, "summary": found.summary });
    let mut about = BTreeSet::new();
    tickets_in(&value, &mut about);
    let about: Vec<_> = about.into_iter().collect();
    let names = store.names_of(&about).await.map_err(failed)?;
    let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
    served.mask(&mut value, &names);
    let unreadable = |error: serde_json::Error| LookupError::Unavailable(error.to_string());
    let sources: Vec<ReadSource> = serde_json::from_value(value["sources"].take()).map_err(unreadable)?;
    let summary = value["summary"].as_str().unwrap_or_default().to_owned();
    Ok(Found { content: value["content"].take(), sources, summary })
}

impl Records {
    async fn found(
        &self,
        store: &WorkspaceStore,
        asker: &Asker,
        lookup: Lookup,
        limit: usize,
    ) -> Result<Found, LookupError> {
        let now = self.clock.now();
        match lookup {
            Lookup::Tickets(wanted) => super::tickets::find(store, asker, &wanted, limit, now).await,
            Lookup::Ticket(named) => super::tickets::read(store, named, now).await,
            Lookup::Customers { text } => super::customers::find(store, asker, text, limit).await,
            Lookup::Customer(id) => super::customers::read(store, id, now).await,
            Lookup::Runs(wanted) => super::runs::find(store, wanted, limit, now).await,
            Lookup::Run(id) => super::runs::read(store, id, now).await,
            Lookup::Approvals => super::approvals::find(store, limit, now).await,
            Lookup::Approval(id) => super::approvals::read(store, id, now).await,
            Lookup::Actions => Ok(self.errands.list()),
            Lookup::Figures => super::figures::read(self, store, now).await,
            Lookup::Knowledge { query } => {
                let scope = Scope::staff(store.id(), now).with_universal();
                let passages = self.knowledge.search(&scope, &query, limit.min(20)).await;
                let passages = passages.map_err(|error| match error {
                    RetrieveError::EmptyQuery => LookupError::Refused(error.to_string()),
                    RetrieveError::Unavailable(why) => LookupError::Unavailable(why),
                })?;
                let sources = passages.iter().map(super::passage_source).collect();
                let summary = super::counted(passages.len(), "passage");
                Ok(Found { content: json!({ "passages": passages }), sources, summary })
            }
        }
    }
}

/// A value of the records as JSON.
pub(super) fn value(of: &impl serde::Serialize) -> Result<Value, LookupError> {
    serde_json::to_value(of).map_err(|error| LookupError::Unavailable(error.to_string()))
}
