//! The port to whoever says what of a text may be found, and be shown to the model that makes vectors.
//!
//! What is stored stays as it was written; only what is made of it here is screened. A passage that was
//! changed has no place in its document any more.

use std::borrow::Cow;

use domain::{
    WorkspaceId,
    knowledge::{Chunk, Document, UNIVERSAL_WORKSPACE},
};

/// Rules for each workspace. The same rules make the same of the same text.
pub trait Screen: Send + Sync {
    /// Tells rules from others: what was screened by others has to be screened again.
    fn print(&self, workspace: WorkspaceId) -> u64;

    /// What may be found of a passage; none when it must not be found at all, which whoever screens says
    /// where somebody reads it.
    fn passage<'t>(&self, workspace: WorkspaceId, text: &'t str) -> Option<Cow<'t, str>>;

    /// What may be found of a title, and what a model may see of a question.
    fn line<'t>(&self, workspace: WorkspaceId, text: &'t str) -> Cow<'t, str>;
}

/// Where a changed passage stands.
const NOWHERE: i64 = -1;

/// The byte of the document's text at which a piece starts, when it stands there as it is.
pub(crate) fn place(chunk: &Chunk) -> Option<i64> {
    (chunk.start != NOWHERE).then_some(chunk.start)
}

/// What is known to be screened, and by which rules.
pub(crate) struct Screened {
    pub document: Document,
    pub chunks: Vec<Chunk>,
    pub print: u64,
}

pub(crate) fn screened(
    screen: Option<&dyn Screen>,
    workspace: WorkspaceId,
    mut document: Document,
    chunks: Vec<Chunk>,
) -> Screened {
    // The shipped library is the house's own words.
    let Some(screen) = screen.filter(|_| workspace != UNIVERSAL_WORKSPACE) else {
        return Screened { document, chunks, print: 0 };
    };
    // First: what changes meanwhile is seen as screened by others.
    let print = screen.print(workspace);
    let line = |text: &mut String| {
        if let Cow::Owned(shown) = screen.line(workspace, text) {
            *text = shown;
        }
    };
    line(&mut document.meta.title);
    document.meta.tags.iter_mut().for_each(line);
    let chunks = chunks.into_iter().filter_map(|mut chunk| {
        if let Cow::Owned(shown) = screen.passage(workspace, &chunk.text)? {
            chunk.text = shown;
            chunk.start = NOWHERE;
        }
        chunk.heading_path.iter_mut().for_each(line);
        Some(chunk)
    });
    Screened { chunks: chunks.collect(), document, print }
}
