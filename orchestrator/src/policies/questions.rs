//! Questions to a policy: why a call is answered as it is, and what another policy would have said.

use std::sync::Arc;

use domain::{ApprovalId, RunId};
use store::{StoreError, WorkspaceStore};
use thiserror::Error;

use super::past::{self, DryRun, PastCall};
use crate::{
    app::App,
    gate::{Gate, cases::ImaginedCall, explain::Explanation, facts::Call},
};

#[derive(Debug, Error)]
pub enum QuestionError {
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// The document or the call; the text says what to do.
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which call is asked about.
pub enum About {
    Approval(ApprovalId),
    /// A call of a run, by its id.
    Call(RunId, String),
    Imagined(Box<ImaginedCall>),
}

impl App {
    /// The gate of a document, of a version, or the one in effect.
    pub async fn gate_of(
        &self,
        store: &WorkspaceStore,
        text: Option<String>,
        version: Option<i64>,
    ) -> Result<Arc<Gate>, QuestionError> {
        let text = match (text, version) {
            (Some(_), Some(_)) => {
                return Err(QuestionError::Unfit("give a document or a version, not both".to_owned()));
            }
            (None, None) => {
                self.policies.refresh().await?;
                return Ok(self.policies.of(store.id()));
            }
            (Some(text), None) => text,
            (None, Some(version)) => {
                let document = store.policy_version(version).await?;
                document.ok_or(QuestionError::Missing("this version of the policy"))?.text
            }
        };
        Gate::parse(&text).map(Arc::new).map_err(|error| QuestionError::Unfit(error.to_string()))
    }

    /// Why a call is answered as it is, and what was said of it when it was judged.
    pub async fn explain_policy(
        &self,
        store: &WorkspaceStore,
        gate: &Gate,
        about: About,
    ) -> Result<(Call, Option<PastCall>, Explanation), QuestionError> {
        let world = self.world();
        let past = match about {
            About::Imagined(imagined) => {
                let call = imagined.call(&world).map_err(QuestionError::Unfit)?;
                let explanation = gate.explain(&call);
                return Ok((call, None, explanation));
            }
            About::Approval(id) => {
                let approval = store.approval(id).await?.ok_or(QuestionError::Missing("the approval"))?;
                past::of_approval(&approval, &world)
            }
            About::Call(run, call) => {
                let run = store.run(run).await?.ok_or(QuestionError::Missing("the run"))?;
                let judged = past::of_run(store, &world, &run).await?;
                judged
                    .into_iter()
                    .rfind(|past| past.call_id == call)
                    .ok_or(QuestionError::Missing("a call of this run by this id that the gate judged"))?
            }
        };
        let explanation = gate.explain(&past.call);
        Ok((past.call.clone(), Some(past), explanation))
    }

    /// What the newest judged calls would have become.
    pub async fn dry_run_policy(
        &self,
        store: &WorkspaceStore,
        gate: Arc<Gate>,
        last: usize,
    ) -> Result<DryRun, QuestionError> {
        let past = past::newest(store, &self.world(), last).await?;
        // Away from the tasks that serve: a condition may be slow.
        let run = tokio::task::spawn_blocking(move || past::dry_run(&gate, &past)).await;
        run.map_err(|error| QuestionError::Unfit(format!("the dry run failed: {error}")))
    }
}
