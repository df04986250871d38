//! What of knowledge and of questions reaches the index and the model that makes vectors.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use domain::WorkspaceId;
use guards::masking::{Border, Protector};
use rag::{
    Screen,
    embed::{EmbedError, Embedder, TextKind},
};
use tracing::warn;

use crate::protections::Protections;

/// By the rules of each workspace.
pub(crate) struct Screening {
    pub protections: Arc<Protections>,
}

impl Screen for Screening {
    fn print(&self, workspace: WorkspaceId) -> u64 {
        self.protections.of(workspace).print(Border::Index)
    }

    fn passage<'t>(&self, workspace: WorkspaceId, text: &'t str) -> Option<Cow<'t, str>> {
        match self.protections.of(workspace).clean(Border::Index, text) {
            Ok(text) => Some(text),
            Err(error) => {
                warn!(%workspace, %error, "a passage is left out of the index");
                None
            }
        }
    }

    fn line<'t>(&self, workspace: WorkspaceId, text: &'t str) -> Cow<'t, str> {
        self.protections.of(workspace).redact(Border::Index, text)
    }
}

/// An embedder that is shown what may go into the workspace's index, and nothing else.
pub(crate) struct Unread<'a> {
    pub embedder: &'a dyn Embedder,
    pub protector: &'a Protector,
}

#[async_trait]
impl Embedder for Unread<'_> {
    fn model(&self) -> &str {
        self.embedder.model()
    }

    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    fn reads_tokens(&self) -> Option<usize> {
        self.embedder.reads_tokens()
    }

    async fn embed(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        let shown: Vec<String> =
            texts.iter().map(|text| self.protector.redact(Border::Index, text).into_owned()).collect();
        self.embedder.embed(&shown, kind).await
    }
}
