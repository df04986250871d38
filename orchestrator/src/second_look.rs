//! A second look at what the check by words leaves in doubt: an embedder's, where one is configured, and
//! a model's, where it is switched on.
//!
//! At most one call of each for a reply. What fails is left out and said in the log: the check by words
//! stands.

use std::{sync::Arc, time::Duration};

use agents::support;
use domain::{
    WorkspaceId,
    grounding::{Alike, Doubts, Read, SecondOpinion},
    model::{Model, ModelRequest, Usage},
};
use rag::{embed::Embedder, groundedness::similarity::similarity};
use serde::{Deserialize, Serialize};
use tokio::time;
use tracing::warn;

use crate::{knowledge::screening::Unread, protections::Protections};

/// How long a look may take; an answer does not wait longer for it.
const LIMIT: Duration = Duration::from_secs(20);

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundingConfig {
    pub model_check: bool,
    pub similarity: bool,
}

#[derive(Clone)]
pub struct SecondLook {
    pub model: Option<Arc<dyn Model>>,
    pub embedder: Option<Arc<dyn Embedder>>,
    pub protections: Arc<Protections>,
}

/// What came of a look.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    pub opinions: Vec<SecondOpinion>,
    /// None when a model was asked and nobody knows what that cost.
    pub usage: Option<Usage>,
    /// The prompt behind it, when a model was asked.
    pub prompt: Option<String>,
}

impl SecondLook {
    pub fn is_off(&self) -> bool {
        self.model.is_none() && self.embedder.is_none()
    }

    pub async fn look(&self, workspace: WorkspaceId, doubts: &Doubts) -> Looked {
        let mut looked = Looked { usage: Some(Usage::default()), ..Looked::default() };
        let (read, alike) =
            tokio::join!(self.read(workspace, doubts, &mut looked), self.compare(workspace, doubts));
        looked.opinions = support::joined(doubts, &read, &alike);
        looked
    }

    /// The most that a look may cost, in millionths of a credit.
    pub fn most(&self, doubts: &Doubts) -> i64 {
        let Some(model) = &self.model else { return 0 };
        // Where the request cannot be made no model is asked either.
        support::request(doubts).map_or(0, |request| model.most(&request))
    }

    async fn compare(&self, workspace: WorkspaceId, doubts: &Doubts) -> Vec<Option<Alike>> {
        let Some(embedder) = &self.embedder else { return Vec::new() };
        let embedder = Unread { embedder: &**embedder, protector: &self.protections.of(workspace) };
        match time::timeout(LIMIT, similarity(&embedder, doubts)).await {
            Ok(Ok(alike)) => alike,
            Ok(Err(error)) => {
                warn!(%error, "sentences in doubt could not be compared by what they mean");
                Vec::new()
            }
            Err(_) => {
                warn!("sentences in doubt were not compared in time by what they mean");
                Vec::new()
            }
        }
    }

    async fn read(
        &self,
        workspace: WorkspaceId,
        doubts: &Doubts,
        looked: &mut Looked,
    ) -> Vec<(String, Read)> {
        let Some(model) = &self.model else { return Vec::new() };
        let request = match support::request(doubts) {
            Ok(request) => ModelRequest { workspace: Some(workspace), ..request },
            Err(error) => {
                warn!(%error, "sentences in doubt could not be shown to a model");
                return Vec::new();
            }
        };
        let response = match time::timeout(LIMIT, model.complete(&request, None)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                looked.usage = Some(error.usage);
                warn!(%error, "no model read the sentences in doubt");
                return Vec::new();
            }
            Err(_) => {
                looked.usage = None;
                warn!("no model read the sentences in doubt in time");
                return Vec::new();
            }
        };
        // What was paid is counted, also where it is of no use.
        looked.usage = Some(response.usage);
        looked.prompt = Some(request.prompt);
        match support::opinions(response.text.as_deref().unwrap_or_default(), doubts) {
            Ok(read) => read,
            Err(why) => {
                warn!(%why, "what a model said of sentences in doubt could not be used");
                Vec::new()
            }
        }
    }
}
