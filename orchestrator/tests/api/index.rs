//! The index follows the database, whatever happens in between.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Clock, Ids, Timestamp, WorkspaceId,
    knowledge::{Retriever as _, Said, Scope},
    user::Actor,
};
use orchestrator::{
    app::{App, Brought, BroughtIndex},
    config::Config,
    gaps::{self, Unanswered},
    knowledge,
    policies::NewPolicy,
    system::{SystemClock, SystemIds},
};
use rag::{
    DifferenceKind, Retrieval,
    embed::{EmbedError, Embedder, TextKind},
    vectors::{Facets, Index, IndexScope, MemoryIndex, Selection},
};

/// A place with a database and an index that both survive.
struct Place {
    folder: tempfile::TempDir,
    index: Arc<MemoryIndex>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), index: Arc::new(MemoryIndex::new()) }
    }

    async fn start(&self, embedder: Option<Arc<dyn Embedder>>) -> Arc<App> {
        let config = format!(
            "[database]\nurl = \"sqlite:{}/desk.db\"\n[secrets]\nkey = \"{}\"\n[runs]\nconcurrency = 0\n\
             [knowledge]\nlibrary = false\n",
            self.folder.path().display(),
            "ab".repeat(32)
        );
        let index = Arc::clone(&self.index) as Arc<dyn Index>;
        let brought =
            Brought { index: Some(BroughtIndex { index, survives: true }), embedder, ..Brought::default() };
        let (clock, ids) = (Arc::new(SystemClock) as Arc<dyn Clock>, Arc::new(SystemIds) as Arc<dyn Ids>);
        let address = "127.0.0.1:8080".parse().unwrap();
        App::build_with(Config::with(&config).unwrap(), clock, ids, address, brought).await.unwrap()
    }

    async fn points(&self, app: &App, workspace: WorkspaceId) -> u64 {
        let scope = IndexScope::staff(workspace);
        self.index.count(&app.knowledge.collection(), &scope, &Facets::default()).await.unwrap()
    }
}

async fn add(app: &App, workspace: WorkspaceId, slug: &str, text: &str) -> domain::DocumentId {
    let added = knowledge::add_markdown(app, workspace, slug, text, &Said::default(), Actor::System).await;
    added.unwrap().document().id
}

async fn found(app: &App, workspace: WorkspaceId, query: &str) -> Vec<String> {
    let scope = Scope::public(workspace, Timestamp(0));
    let found = app.knowledge.search(&scope, query, 10).await.unwrap();
    found.into_iter().map(|passage| passage.slug).collect()
}

async fn close(app: Arc<App>) {
    app.store.clone().close().await;
}

#[tokio::test]
async fn what_a_crash_left_between_database_and_index_is_healed_at_the_next_start() {
    let place = Place::new();
    let app = place.start(None).await;
    let workspace = app.store.create_workspace("north", "North").await.unwrap().id;
    let kept = add(&app, workspace, "kept", "# Kept\n\nLanterns burn oil.").await;
    let gone = add(&app, workspace, "gone", "# Gone\n\nUmbrellas open.").await;
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    // The process ends after the database was changed and before the index was.
    let store = app.store.workspace(workspace);
    let now = app.clock.now();
    let (fresh, chunks) = rag::prepare("fresh", "# Fresh\n\nKayaks float.", None, &*app.ids, now).unwrap();
    store.put_document(fresh, chunks, Actor::System).await.unwrap();
    let document = store.document(kept).await.unwrap().unwrap();
    let chunks = store.chunks(&document).await.unwrap();
    let earlier = rag::Earlier { document: &document, chunks: &chunks };
    let (next, chunks) =
        rag::prepare("kept", "# Kept\n\nCandles burn wax.", Some(earlier), &*app.ids, now).unwrap();
    store.put_document(next, chunks, Actor::System).await.unwrap();
    store.remove_document(gone).await.unwrap();
    let kinds: Vec<DifferenceKind> =
        knowledge::verify(&app).await.unwrap().into_iter().map(|difference| difference.kind).collect();
    assert!(kinds.contains(&DifferenceKind::Missing) && kinds.contains(&DifferenceKind::Extra), "{kinds:?}");
    close(app).await;

    let app = place.start(None).await;
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    assert_eq!(found(&app, workspace, "kayaks").await, ["fresh"]);
    assert_eq!(found(&app, workspace, "candles lanterns").await, ["kept"]);
    assert!(found(&app, workspace, "umbrellas").await.is_empty());
    assert_eq!(place.points(&app, workspace).await, 2);
    close(app).await;
}

#[tokio::test]
async fn a_rebuild_makes_a_damaged_index_whole_and_is_found_by_the_next_start() {
    let place = Place::new();
    let app = place.start(None).await;
    let workspace = app.store.create_workspace("north", "North").await.unwrap().id;
    add(&app, workspace, "a", "# A\n\nLanterns burn oil.").await;
    add(&app, workspace, "b", "# B\n\nUmbrellas open.").await;
    let before = app.knowledge.collection();
    place.index.delete(&before, Selection::Workspace(workspace)).await.unwrap();
    assert!(found(&app, workspace, "lanterns").await.is_empty());
    let found_missing = knowledge::verify(&app).await.unwrap();
    assert_eq!(found_missing.len(), 2);
    assert!(found_missing.iter().all(|difference| difference.kind == DifferenceKind::Missing));
    let rebuilt = knowledge::rebuild(&app).await.unwrap();
    assert_eq!((rebuilt.documents, rebuilt.passages), (2, 2));
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    assert_eq!(found(&app, workspace, "lanterns").await, ["a"]);
    assert_eq!(place.index.collections().await.unwrap(), std::slice::from_ref(&rebuilt.collection));
    close(app).await;
    let app = place.start(None).await;
    assert_eq!(app.knowledge.collection(), rebuilt.collection);
    assert_eq!(found(&app, workspace, "umbrellas").await, ["b"]);
    close(app).await;
}

/// Texts by whether they speak of light; fails as long as it is told to.
#[derive(Default)]
struct Light {
    down: std::sync::atomic::AtomicBool,
    /// What it was shown.
    read: std::sync::Mutex<Vec<String>>,
}

#[async_trait]
impl Embedder for Light {
    fn model(&self) -> &str {
        "light"
    }
    fn dimension(&self) -> usize {
        2
    }
    fn reads_tokens(&self) -> Option<usize> {
        None
    }
    async fn embed(&self, texts: &[String], _: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.down.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(EmbedError::Unavailable("down".to_owned()));
        }
        self.read.lock().unwrap().extend(texts.iter().cloned());
        let light = |text: &String| {
            ["lamp", "lantern", "bright"].iter().any(|word| text.to_lowercase().contains(word))
        };
        Ok(texts.iter().map(|text| if light(text) { vec![1.0, 0.1] } else { vec![0.1, 1.0] }).collect())
    }
}

#[tokio::test]
async fn with_an_embedder_meaning_is_found_and_without_it_words_still_are() {
    let place = Place::new();
    let light = Arc::new(Light::default());
    // An index that was built by words alone is built anew for an embedder.
    let app = place.start(None).await;
    let workspace = app.store.create_workspace("north", "North").await.unwrap().id;
    add(&app, workspace, "lantern", "# Oil\n\nA lantern burns oil.").await;
    add(&app, workspace, "boots", "# Boots\n\nBoots are resoled.").await;
    close(app).await;
    let app = place.start(Some(light.clone())).await;
    assert_eq!(app.knowledge.retrieval(), Retrieval::Hybrid);
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    assert_eq!(found(&app, workspace, "something bright").await[0], "lantern");
    light.down.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(found(&app, workspace, "resoled boots").await, ["boots"], "answered by words");
    add(&app, workspace, "lamp", "# Desk\n\nA lamp for the desk.").await;
    assert_eq!(found(&app, workspace, "desk").await, ["lamp"]);
    let unembedded = knowledge::verify(&app).await.unwrap();
    assert_eq!(unembedded.len(), 1);
    assert_eq!(unembedded[0].kind, DifferenceKind::Unembedded);
    close(app).await;
    light.down.store(false, std::sync::atomic::Ordering::SeqCst);
    let app = place.start(Some(light)).await;
    assert!(knowledge::verify(&app).await.unwrap().is_empty(), "what had no mark was put in again");
    close(app).await;
}

/// The passages that a search gives.
async fn passages(app: &App, workspace: WorkspaceId, query: &str) -> Vec<String> {
    let scope = Scope::public(workspace, Timestamp(0));
    let found = app.knowledge.search(&scope, query, 5).await.unwrap();
    found.into_iter().map(|passage| passage.text).collect()
}

async fn rule(app: &App, workspace: WorkspaceId, masking: &str) {
    let store = app.store.workspace(workspace);
    let expected = store.policy().await.unwrap().map_or(0, |policy| policy.version);
    let text = format!("[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n{masking}");
    let new = NewPolicy { text, note: "test".to_owned(), expected, by: Actor::System, at: app.clock.now() };
    app.put_policy(&store, new).await.unwrap();
}

#[tokio::test]
async fn neither_the_index_nor_the_model_that_makes_vectors_sees_what_the_workspace_masks() {
    let place = Place::new();
    let light = Arc::new(Light::default());
    let app = place.start(Some(light.clone())).await;
    let workspace = app.store.create_workspace("north", "North").await.unwrap().id;
    let secret = format!("sk_live_{}", "51H8xQ2eZvKYlo2C9aB3dE5fG");
    let text =
        format!("# Terminals\n\nTerminals use the api key {secret}, badge BX-4471. Ask desk@north.example.");
    add(&app, workspace, "terminals", &text).await;
    let shown = passages(&app, workspace, "terminals").await;
    let screened = "Terminals use the api key [api key], badge BX-4471. Ask desk@north.example.";
    assert!(shown.len() == 1 && shown[0].ends_with(screened), "{shown:?}");
    passages(&app, workspace, &format!("which terminals use {secret}?")).await;
    let gap = Unanswered {
        question: format!("Why does {secret} not work?"),
        cause: domain::gap::GapCause::HandedOff,
        missing: vec![secret.clone()],
        ticket_id: None,
        run_id: None,
    };
    let rows = app.store.workspace(workspace);
    gaps::record(&rows, &app.protections, &*app.clock, &*app.ids, gap).await.unwrap();
    let kept = rows.gaps(domain::gap::GapStatus::Open, 5, None).await.unwrap().items.remove(0);
    assert_eq!(kept.question, "Why does [api key] not work?");
    assert!(!light.read.lock().unwrap().iter().any(|text| text.contains("51H8xQ2e")));
    // What is stored is what was written.
    let stored = rows.document_by_slug("terminals").await.unwrap().unwrap();
    assert!(stored.body.contains(&secret));
    assert!(knowledge::verify(&app).await.unwrap().is_empty());

    let own = "[[masking.recognisers]]\nname = \"badge\"\npattern = '\\bBX-[0-9]{4}\\b'\n";
    rule(&app, workspace, own).await;
    assert!(!knowledge::verify(&app).await.unwrap().is_empty(), "the index was made by other rules");
    close(app).await;
    // Whoever looks next makes it anew, here a later process on an index that survived.
    let app = place.start(Some(light.clone())).await;
    assert!(passages(&app, workspace, "terminals").await[0].contains("badge [badge]."));
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    rule(&app, workspace, &format!("{own}[masking.index]\nkinds = {{ badge = \"block\" }}\n")).await;
    close(app).await;
    let app = place.start(Some(light.clone())).await;
    assert!(passages(&app, workspace, "terminals").await.is_empty(), "a blocked passage is not found");
    assert!(knowledge::verify(&app).await.unwrap().is_empty());
    let read = light.read.lock().unwrap().len();
    close(app).await;
    // By the same rules nothing is done again.
    let app = place.start(Some(light.clone())).await;
    assert_eq!(
        light.read.lock().unwrap().len(),
        read,
        "there is nothing left to embed, and nothing is embedded again"
    );
    close(app).await;
}
