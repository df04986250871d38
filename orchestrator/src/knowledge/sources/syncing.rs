//! One sync of one source: what pages and files have in common.
//!
//! Whoever syncs holds the source's fence and says now and then that it is alive. When the fence is
//! somebody else's, or the source is being removed, nothing more is written.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use domain::{
    DocumentId, SourcePageId, Timestamp, WorkspaceId,
    canonical::Digest,
    source::{PageStatus, Source, SourcePage, SyncReport},
    user::Actor,
};
use parse::ParseError;
use store::{StoreError, WorkspaceStore};
use tracing::{info, warn};

use super::LEASE;
use crate::{
    app::App,
    knowledge::{self, Added, FileReport, Import, KnowledgeError},
};

/// How often a sync says that it is alive, and how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// Documents after which the index is made to survive a crash.
const SETTLED: usize = 50;
/// Reasons of a page that are kept; a table can have one for each of its pairs.
const MAX_REASONS: usize = 3;
const MAX_REASON_CHARS: usize = 500;
const MAX_NOTES: usize = 20;

/// Why a sync ended before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Another process has the source, or it is being removed.
    Lost,
    /// The service stops; the next one goes on.
    Stopping,
    Failed(KnowledgeError),
}

impl From<KnowledgeError> for Stop {
    fn from(error: KnowledgeError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What is known of a page besides its bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub bytes: Option<i64>,
    pub modified_at: Option<Timestamp>,
}

/// What was read of a page.
pub(super) struct Read<'b> {
    pub bytes: &'b [u8],
    pub facts: Facts,
    /// None when nothing can be made of the page's name.
    pub slug: Option<String>,
    pub markdown: bool,
    pub file_name: Option<&'b str>,
    pub media_type: Option<&'b str>,
}

pub(super) struct Syncing<'a> {
    pub app: &'a App,
    pub source: Source,
    /// Everything is read again, changed or not.
    pub full: bool,
    pub report: SyncReport,
    workspace: WorkspaceId,
    store: WorkspaceStore,
    fence: i64,
    begun: Timestamp,
    beaten: Timestamp,
    known: HashMap<String, SourcePage>,
    import: Import<'a>,
}

impl<'a> Syncing<'a> {
    /// `None` when another process works on the source, or it is gone.
    pub async fn begin(
        app: &'a App,
        workspace: WorkspaceId,
        source: Source,
        full: bool,
    ) -> Result<Option<Self>, StoreError> {
        let store = app.store.workspace(workspace);
        let begun = app.clock.now();
        let Some(fence) = store.claim_source(source.id, begun.plus(LEASE)).await? else { return Ok(None) };
        let known = store.all_source_pages(source.id).await?;
        let import = Import::new(app, workspace, source.said.clone(), Actor::System)
            .of_source(source.id, HashSet::new());
        let report = SyncReport::default();
        Ok(Some(Self {
            app,
            source,
            full,
            report,
            workspace,
            store,
            fence,
            begun,
            beaten: begun,
            known,
            import,
        }))
    }

    /// Says which pages there are, before the first is looked at.
    pub fn listed(&mut self, pages: HashSet<String>) {
        self.report.pages = pages.len() as i64;
        let import = Import::new(self.app, self.workspace, self.source.said.clone(), Actor::System);
        self.import = import.of_source(self.source.id, pages);
    }

    pub fn known(&self, address: &str) -> Option<&SourcePage> {
        self.known.get(address)
    }

    pub fn elapsed(&self) -> Duration {
        self.app.clock.now().since(self.begun)
    }

    /// The sync as a whole came to nothing, and why.
    pub fn fail(&mut self, why: String) {
        self.report.error = Some(short(&why));
    }

    /// Something was left out, and why. What others wrote may be long, and there may be much of it.
    pub fn note(&mut self, note: String) {
        let note = short(&note);
        if self.report.notes.len() < MAX_NOTES && !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    /// Says that the sync is alive, unless it has just said so.
    pub async fn beat(&mut self) -> Result<(), Stop> {
        if self.app.is_stopping() {
            return Err(Stop::Stopping);
        }
        let now = self.app.clock.now();
        if now.since(self.beaten) < BEAT {
            return Ok(());
        }
        self.beaten = now;
        let held = (self.source.id, self.fence);
        match self.store.beat_source(held, now.plus(LEASE), &self.report).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    /// A file that is as it was when it was read. Nothing is written.
    pub fn untouched(&mut self, status: PageStatus) {
        self.report.looked_at += 1;
        match status {
            PageStatus::Stored => self.report.unchanged += 1,
            PageStatus::Rejected | PageStatus::Gone => self.report.rejected += 1,
        }
    }

    /// A page that is as it was, says the server or a comparison of bytes.
    pub async fn unchanged(&mut self, known: SourcePage, facts: Option<Facts>) -> Result<(), Stop> {
        self.untouched(known.status);
        let mut page = SourcePage { checked_at: self.app.clock.now(), ..known };
        if let Some(facts) = facts {
            page = with(page, facts);
        }
        let documents = self.store.documents_of_page(page.id).await?;
        let documents = documents.iter().map(|document| (document.document_id, document.version)).collect();
        self.put(page, documents).await
    }

    /// A page with its bytes: what is in it becomes documents, unless it is as it was.
    pub async fn page(&mut self, address: &str, read: Read<'_>) -> Result<(), Stop> {
        let digest = Digest::of_bytes(read.bytes);
        let known = self.known.get(address).cloned();
        if !self.full
            && let Some(known) = known
                .clone()
                .filter(|page| page.digest.as_ref() == Some(&digest) && page.status != PageStatus::Gone)
        {
            return self.unchanged(known, Some(read.facts)).await;
        }
        let Read { bytes, facts, slug, markdown, file_name, media_type } = read;
        let Some(slug) = slug else {
            return self.reject(address, KnowledgeError::Unnamed.to_string()).await;
        };
        let input = parse::Input { bytes, file_name, media_type };
        let report = self.import.named(slug, address, markdown, input).await?;
        self.take(address, known, report, facts, digest).await
    }

    async fn take(
        &mut self,
        address: &str,
        known: Option<SourcePage>,
        report: FileReport,
        facts: Facts,
        digest: Digest,
    ) -> Result<(), Stop> {
        let (mut made, mut errors) = (Vec::new(), Vec::new());
        for (_, result) in report.documents {
            match result {
                Ok(added) => made.push(added),
                Err(error) => errors.push(error),
            }
        }
        // What the page is not to blame for may go well the next time.
        let for_good = !errors.iter().any(may_pass);
        if made.is_empty() {
            let why = reasons(errors.len(), errors.iter().map(ToString::to_string), Vec::new());
            let page = self.fresh(address, PageStatus::Rejected, why);
            let page = if for_good { with(SourcePage { digest: Some(digest), ..page }, facts) } else { page };
            return self.rejected(page).await;
        }
        let why = reasons(errors.len(), errors.iter().map(ToString::to_string), report.warnings);
        let page = self.fresh(address, PageStatus::Stored, why);
        let page = if for_good { with(SourcePage { digest: Some(digest), ..page }, facts) } else { page };
        let mut documents: Vec<(DocumentId, i64)> =
            made.iter().map(|added| (added.document().id, added.document().version)).collect();
        let now = made.iter().map(|added| added.document().id).collect();
        let mut removed = 0;
        if for_good {
            removed = self.remove_documents(page.id, &now).await?;
        } else {
            // Those that could not be made again stay the page's.
            let before = self.store.documents_of_page(page.id).await?;
            let before = before.into_iter().filter(|document| !now.contains(&document.document_id));
            documents.extend(before.map(|document| (document.document_id, document.version)));
        }
        self.report.looked_at += 1;
        let new = made.iter().any(|added| matches!(added, Added::New(_)));
        let changed = removed > 0 || made.iter().any(|added| matches!(added, Added::Changed(_)));
        if changed || (new && known.is_some_and(|page| page.status == PageStatus::Stored)) {
            self.report.changed += 1;
        } else if new {
            self.report.added += 1;
        } else {
            self.report.unchanged += 1;
        }
        let written = self.put(page, documents).await;
        if matches!(written, Err(Stop::Lost)) {
            self.forsake(&made).await?;
        }
        if self.import.unsettled() >= SETTLED {
            self.import.settle().await;
        }
        written
    }

    /// What was added just now goes again when its source has gone meanwhile: nobody else would
    /// remove it.
    async fn forsake(&self, made: &[Added]) -> Result<(), Stop> {
        let source = self.store.source(self.source.id).await?;
        if source.is_some_and(|source| source.removing.is_none()) {
            return Ok(());
        }
        for added in made {
            if let Added::New(document) = added {
                knowledge::remove(self.app, self.workspace, document.id).await?;
            }
        }
        Ok(())
    }

    /// A page that cannot be fetched or read. Documents of before stay.
    pub async fn reject(&mut self, address: &str, why: String) -> Result<(), Stop> {
        let page = self.fresh(address, PageStatus::Rejected, Some(why));
        self.rejected(page).await
    }

    async fn rejected(&mut self, page: SourcePage) -> Result<(), Stop> {
        self.report.looked_at += 1;
        self.report.rejected += 1;
        warn!(
            source = %self.source.address, page = %page.address, why = page.reason.as_deref().unwrap_or_default(),
            "a page of a knowledge source was left out"
        );
        let documents = self.store.documents_of_page(page.id).await?;
        let documents = documents.iter().map(|document| (document.document_id, document.version)).collect();
        self.put(page, documents).await
    }

    /// A page that the server says is gone: its documents go.
    pub async fn gone(&mut self, address: &str, why: String) -> Result<(), Stop> {
        let page = self.fresh(address, PageStatus::Gone, Some(why));
        self.report.looked_at += 1;
        match self.remove_documents(page.id, &BTreeSet::new()).await? {
            0 => self.report.rejected += 1,
            _ => self.report.removed += 1,
        }
        self.put(page, Vec::new()).await
    }

    /// Pages that are not among those of the source any more go, and their documents with them.
    pub async fn remove_others(&mut self, pages: &HashSet<String>) -> Result<(), Stop> {
        let mut absent: Vec<SourcePage> =
            self.known.values().filter(|page| !pages.contains(&page.address)).cloned().collect();
        absent.sort_by_key(|page| page.id);
        for page in absent {
            self.beat().await?;
            self.remove_documents(page.id, &BTreeSet::new()).await?;
            if !self.store.remove_source_page((self.source.id, self.fence), page.id).await? {
                return Err(Stop::Lost);
            }
            self.report.removed += 1;
        }
        Ok(())
    }

    /// Removes what came from a page, but for `kept` and for what somebody has changed since, which is
    /// theirs. Returns how many there were.
    async fn remove_documents(&self, page: SourcePageId, kept: &BTreeSet<DocumentId>) -> Result<usize, Stop> {
        let mut removed = 0;
        for document in self.store.documents_of_page(page).await? {
            if kept.contains(&document.document_id) {
                continue;
            }
            removed += usize::from(super::remove_as_made(self.app, self.workspace, &document).await?);
        }
        Ok(removed)
    }

    fn fresh(&self, address: &str, status: PageStatus, reason: Option<String>) -> SourcePage {
        let now = self.app.clock.now();
        let known = self.known.get(address);
        SourcePage {
            id: known.map_or_else(|| SourcePageId::new(&*self.app.ids), |page| page.id),
            source_id: self.source.id,
            address: address.to_owned(),
            status,
            reason: reason.as_deref().map(short),
            etag: None,
            last_modified: None,
            digest: None,
            bytes: None,
            modified_at: None,
            created_at: known.map_or(now, |page| page.created_at),
            checked_at: now,
        }
    }

    async fn put(&mut self, page: SourcePage, documents: Vec<(DocumentId, i64)>) -> Result<(), Stop> {
        match self.store.put_source_page(self.fence, page, documents).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    /// Ends the sync and says what came of it.
    pub async fn finish(mut self, ended: Result<(), Stop>) -> Result<SyncReport, StoreError> {
        let held = (self.source.id, self.fence);
        match ended {
            Ok(()) => {}
            Err(Stop::Lost) => {
                self.report.error =
                    Some("another process took the source over, or it was removed".to_owned());
            }
            Err(Stop::Stopping) => {
                self.report.error =
                    Some("the service stopped; the sync goes on at its next start".to_owned());
                self.store.release_source(held).await?;
                self.import.finish().await;
                return Ok(self.report);
            }
            Err(Stop::Failed(error)) => self.fail(error.to_string()),
        }
        if self.store.settle_source(held, self.begun, &self.report).await? {
            let (source, report) = (&self.source.address, &self.report);
            info!(
                %source, pages = report.pages, added = report.added, changed = report.changed,
                unchanged = report.unchanged, removed = report.removed, rejected = report.rejected,
                error = report.error.as_deref(), "a knowledge source was synced"
            );
        }
        self.import.finish().await;
        Ok(self.report)
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_REASON_CHARS).collect()
}

fn with(page: SourcePage, facts: Facts) -> SourcePage {
    let Facts { etag, last_modified, bytes, modified_at } = facts;
    SourcePage { etag, last_modified, bytes, modified_at, ..page }
}

/// Whether the same bytes may be taken another time.
fn may_pass(error: &KnowledgeError) -> bool {
    match error {
        KnowledgeError::File(error) => matches!(error, ParseError::Unavailable { .. }),
        KnowledgeError::Taken { .. } | KnowledgeError::NoCustomer(_) => true,
        _ => false,
    }
}

/// What is to be said of a page, in a line; nothing when all went well.
fn reasons(rejected: usize, errors: impl Iterator<Item = String>, warnings: Vec<String>) -> Option<String> {
    let mut all: Vec<String> = errors.take(MAX_REASONS).collect();
    if rejected > all.len() {
        all.push(format!("and {} more", rejected - all.len()));
    }
    all.extend(warnings.into_iter().take(MAX_REASONS));
    (!all.is_empty()).then(|| all.join("; "))
}
