//! The index and the embedder are opened as configured, shown, and refused with what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use axum::http::StatusCode;
use domain::{ChunkId, DocumentId, WorkspaceId, canonical::Digest, ticket::Visibility, user::Role};
use orchestrator::{
    config::Config,
    knowledge_index::{
        COLLECTIONS, Engine, HAS_EMBEDDED, HAS_LOCAL, KnowledgeIndex, dense_spec, engine_of, open_embedder,
        open_index,
    },
    testing::{
        app::TestApp,
        model_server::{ModelServer, Reply},
    },
};
use rag::{
    embed::{Embedder, TextKind},
    lexical::{Analyzer, Bm25},
    vectors::{CollectionSpec, Facets, Index, IndexScope, Layer, Point, PointMeta, QueryPlan},
};
use uuid::Uuid;

const TEXTS: [&str; 3] = [
    "Send it back within thirty days and we refund the whole price.",
    "A parcel to Norway takes five working days.",
    "The lamp burns for nine hours on one filling.",
];

fn scope() -> IndexScope {
    IndexScope::public(WorkspaceId(Uuid::from_u128(1)))
}

/// Makes the collection, puts the texts in by their words and, with an embedder, by their vectors,
/// and gives the best text for the question.
async fn find(index: &dyn Index, embedder: Option<&dyn Embedder>, question: &str) -> usize {
    let bm25 = Bm25::default();
    let spec = CollectionSpec { dense: embedder.map(dense_spec), ..CollectionSpec::lexical(bm25) };
    let collection = format!("{COLLECTIONS}-1");
    index.ensure(&collection, &spec).await.unwrap();
    let texts: Vec<String> = TEXTS.map(str::to_owned).to_vec();
    let mut vectors = match embedder {
        Some(embedder) => {
            embedder.embed(&texts, TextKind::Passage).await.unwrap().into_iter().map(Some).collect()
        }
        None => vec![None; TEXTS.len()],
    };
    let points = TEXTS.iter().enumerate().map(|(n, text)| {
        let terms = Analyzer::default().terms(text);
        Point {
            chunk: ChunkId(Uuid::from_u128(n as u128)),
            meta: PointMeta {
                document: DocumentId(Uuid::from_u128(n as u128)),
                document_version: 1,
                workspace: WorkspaceId(Uuid::from_u128(1)),
                layer: Layer::Company,
                customer: None,
                visibility: Visibility::Public,
                locale: "en".to_owned(),
                brand: None,
                category: "general".to_owned(),
                tags: Vec::new(),
                valid_from: None,
                valid_until: None,
                content: Digest::of_bytes(text.as_bytes()),
                length: terms.length(),
            },
            sparse: bm25.passage(&terms),
            dense: vectors[n].take(),
        }
    });
    index.upsert(&collection, points.collect()).await.unwrap();
    assert_eq!(index.count(&collection, &scope(), &Facets::default()).await, Ok(3));
    let mut plan = QueryPlan::new(scope(), 1).sparse(bm25.query(&Analyzer::default().terms(question)));
    if let Some(embedder) = embedder {
        let asked = embedder.embed(&[question.to_owned()], TextKind::Query).await.unwrap();
        plan = plan.dense(asked.into_iter().next().unwrap());
    }
    let hits = index.query(&collection, plan).await.unwrap();
    hits[0].chunk.0.as_u128() as usize
}

fn config(text: &str) -> Config {
    Config::with(text).unwrap()
}

#[tokio::test]
async fn without_configuration_words_alone_find_what_is_asked_for() {
    let config = config("[database]\nurl = \"sqlite::memory:\"");
    assert_eq!(engine_of(&config).unwrap().0, Engine::Memory);
    let search = KnowledgeIndex::open(&config).await.unwrap();
    assert!(search.embedder.is_none());
    assert_eq!(find(&*search.index, None, "how long does a parcel take to Norway").await, 1);
    search.flush().await.unwrap();
}

#[cfg(feature = "embedded-index")]
#[tokio::test]
async fn the_embedded_engine_lies_beside_the_database_and_belongs_to_one_process() {
    let home = tempfile::tempdir().unwrap();
    let config = config(&format!("[database]\nurl = \"sqlite:{}/desk.db\"", home.path().display()));
    assert_eq!(engine_of(&config).unwrap(), (Engine::Embedded, None));
    let index = open_index(&config).await.unwrap();
    assert_eq!(find(&*index, None, "refund the price").await, 0);
    assert!(home.path().join("index").is_dir());
    let second = open_index(&config).await.err().unwrap();
    assert!(
        matches!(
            second,
            orchestrator::knowledge_index::KnowledgeIndexError::Index(rag::vectors::IndexError::Locked(_))
        ),
        "{second}"
    );
    drop(index);
    let again = open_index(&config).await.unwrap();
    assert_eq!(again.collections().await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_processes_do_not_share_a_folder_by_default() {
    let config = config("[database]\nurl = \"postgres://u@127.0.0.1:1/d\"");
    let (engine, note) = engine_of(&config).unwrap();
    assert_eq!(engine, Engine::Memory);
    assert!(note.unwrap().contains("Qdrant server"));
}

#[tokio::test]
async fn an_endpoint_embeds_and_what_was_asked_is_remembered() {
    let server = ModelServer::start(Reply::EmptyChoices).await.unwrap();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "sk-test\n").unwrap();
    let config = config(&format!(
        "[database]\nurl = \"sqlite::memory:\"\n[embeddings]\nprovider = \"endpoint\"\nbase_url = \"{}\"\nmodel = \
         \"embed-64\"\ndimension = 64\napi_key_file = \"{}\"",
        server.url(),
        key.path().display()
    ));
    let search = KnowledgeIndex::open(&config).await.unwrap();
    let embedder = search.embedder.as_deref().unwrap();
    assert_eq!((embedder.model(), embedder.dimension(), server.embedded()), ("embed-64", 64, 0));
    assert_eq!(find(&*search.index, Some(embedder), "nine hours on one filling").await, 2);
    let before = server.embedded();
    assert_eq!(find(&*search.index, Some(embedder), "nine hours on one filling").await, 2);
    assert_eq!(server.embedded(), before);
    server.assert_clean();
}

#[test]
fn what_cannot_work_is_refused_with_what_to_change() {
    let endpoint = "[embeddings]\nprovider = \"endpoint\"\nmodel = \"m\"\ndimension = 8\nbase_url = ";
    for (text, wanted) in [
        ("[index]\nengin = \"memory\"".to_owned(), "did you mean `engine`"),
        ("[index]\nengine = \"qdrant\"".to_owned(), "index.engine"),
        ("[index]\nengine = \"server\"".to_owned(), "http://localhost:6334"),
        ("[index]\nurl = \"http://q:6334\"".to_owned(), "index.engine = \"server\""),
        ("[index]\nengine = \"server\"\nurl = \"http://u:p@q:6334\"".to_owned(), "api_key_env"),
        ("[index]\napi_key_env = \"sk-1\"".to_owned(), "environment variable"),
        ("[index]\nprefix = \"Ours!\"".to_owned(), "index.prefix"),
        (format!("{endpoint}\"nonsense\""), "embeddings.base_url"),
        (format!("{endpoint}\"http://x/v1\"\nbatch = 0"), "embeddings.batch"),
        (
            "[embeddings]\nprovider = \"endpoint\"\nbase_url = \"http://x/v1\"\nmodel = \"m\"".to_owned(),
            "dimension",
        ),
        ("[embeddings]\nprovider = \"local\"".to_owned(), "embeddings.folder"),
        ("[embeddings]\nprovider = \"local\"\nfolder = \"a\"\nmodel = \"b/c\"".to_owned(), "one of them"),
        ("[embeddings]\nproviders = \"none\"".to_owned(), "did you mean `provider`"),
    ] {
        let error = Config::with(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
        assert!(!error.contains("u:p@"), "{error}");
    }
}

#[tokio::test]
async fn what_is_missing_is_said_when_it_is_opened() {
    let local = config("[embeddings]\nprovider = \"local\"\nfolder = \"/nowhere\"");
    let error = open_embedder(&local).await.err().unwrap().to_string();
    assert!(error.contains(if HAS_LOCAL { "/nowhere" } else { "--features local-embedder" }), "{error}");
    let embedded = config("[index]\nengine = \"embedded\"");
    match engine_of(&embedded) {
        Ok((engine, _)) => assert!(HAS_EMBEDDED && engine == Engine::Embedded),
        Err(error) => {
            assert!(!HAS_EMBEDDED && error.to_string().contains("--features embedded-index"), "{error}")
        }
    }
    let server = config("[index]\nengine = \"server\"\nurl = \"http://127.0.0.1:9\"\ntimeout_ms = 2000");
    let error = open_index(&server).await.err().unwrap().to_string();
    assert!(error.contains("127.0.0.1:9") || error.contains("--features index-server"), "{error}");
    let unset = config(
        "[index]\nengine = \"server\"\nurl = \"http://127.0.0.1:9\"\napi_key_env = \"TEST_NO_SUCH_KEY\"",
    );
    let error = open_index(&unset).await.err().unwrap().to_string();
    assert!(error.contains("TEST_NO_SUCH_KEY") || error.contains("--features index-server"), "{error}");
}

#[tokio::test]
async fn readiness_and_staff_see_what_it_runs_on() {
    let app = TestApp::start().await;
    let ready = app.nobody().get("/readyz").await.json(StatusCode::OK);
    assert_eq!((ready["index"].as_str(), ready["embedder"].is_null()), (Some("memory"), true));
    let spec = CollectionSpec { analysis: u32::MAX, ..CollectionSpec::lexical(Bm25::default()) };
    app.app.knowledge_index.index.ensure("knowledge-old", &spec).await.unwrap();
    let system = app.key(Role::Viewer).get("/v1/system").await.json(StatusCode::OK);
    assert_eq!(system["index"]["engine"], "memory");
    let collections = system["index"]["collections"].as_array().unwrap();
    let old = collections.iter().find(|collection| collection["name"] == "knowledge-old").unwrap();
    assert!(old["rebuild"].is_string(), "{system}");
    let searched = collections.iter().find(|collection| collection["name"] == "knowledge-1").unwrap();
    assert!(searched["rebuild"].is_null(), "{system}");
    assert!(system["index"]["error"].is_null() && system["embedder"].is_null());
    assert_eq!(system["offline_fallback"], true);
}
