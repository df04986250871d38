//! Documents, their pieces and versions, and what is known of the index.

use std::collections::HashMap;

use domain::{
    ChunkId, CustomerId, DocumentId, Timestamp,
    canonical::Digest,
    knowledge::{Chunk, Document, Layer, Metadata, Template, TemplateChannel, UNIVERSAL_WORKSPACE, Variable},
    ticket::Visibility,
    user::Actor,
};
use store::{KnowledgeFact, StoreError};

use crate::fixture::{Fixture, elsewhere};

fn document(f: &Fixture, slug: &str) -> Document {
    Document {
        id: f.id(DocumentId::new),
        slug: slug.to_owned(),
        meta: Metadata {
            visibility: Visibility::Internal,
            category: "orders".to_owned(),
            tags: vec!["a".to_owned(), "b".to_owned()],
            ..Metadata::titled("Returns")
        },
        version: 1,
        digest: Digest::of(slug),
        body: "# Returns".to_owned(),
        created_at: f.now(),
        updated_at: f.now(),
    }
}

fn chunks(f: &Fixture, document: &Document, count: i64) -> Vec<Chunk> {
    (0..count)
        .map(|ordinal| Chunk {
            id: f.id(ChunkId::new),
            document_id: document.id,
            document_version: document.version,
            since_version: 1,
            ordinal,
            start: ordinal * 10,
            heading_path: vec!["Returns".to_owned()],
            text: format!("piece {ordinal}"),
        })
        .collect()
}

pub async fn documents_replace_their_chunks(f: Fixture) {
    let mut returns = document(&f, "returns");
    let put = |document: &Document, chunks| f.desk.put_document(document.clone(), chunks, Actor::System);
    put(&returns, chunks(&f, &returns, 70)).await.unwrap();
    let stoves = document(&f, "stoves");
    let of_stoves = chunks(&f, &stoves, 2);
    put(&stoves, of_stoves.clone()).await.unwrap();
    assert_eq!(f.desk.chunks(&returns).await.unwrap().len(), 70);
    returns.version = 2;
    let second = chunks(&f, &returns, 3);
    put(&returns, second.clone()).await.unwrap();
    assert_eq!(f.desk.document(returns.id).await.unwrap(), Some(returns.clone()));
    assert_eq!(f.desk.document_by_slug("returns").await.unwrap(), Some(returns.clone()));
    assert_eq!(f.desk.document_of_chunk(second[1].id).await.unwrap(), Some(returns.clone()));
    assert_eq!(elsewhere(&f).document_of_chunk(second[1].id).await.unwrap(), None);
    let all = f.desk.all_chunks().await.unwrap();
    assert_eq!(all, [(returns.clone(), second), (stoves.clone(), of_stoves)]);
    assert_eq!(f.desk.document_heads().await.unwrap(), HashMap::from([(returns.id, 2), (stoves.id, 1)]));
    assert_eq!(f.desk.documents_with_chunks(&[stoves.id]).await.unwrap(), all[1..]);
    let taken = document(&f, "stoves");
    assert!(matches!(put(&taken, Vec::new()).await, Err(StoreError::Taken(_))));
    assert!(f.desk.remove_document(returns.id).await.unwrap());
    assert!(!f.desk.remove_document(returns.id).await.unwrap());
    assert_eq!(f.desk.documents(10, None).await.unwrap().items, [stoves]);
    assert!(f.desk.chunks(&returns).await.unwrap().is_empty());
}

pub async fn everything_said_of_a_document_is_kept(f: Fixture) {
    let mut manual = document(&f, "manual");
    manual.meta = Metadata {
        title: "Manual".to_owned(),
        layer: Layer::Customer,
        customer_id: Some(f.id(CustomerId::new)),
        visibility: Visibility::Public,
        locale: "de-CH".to_owned(),
        brand: Some("Nord".to_owned()),
        category: "c".to_owned(),
        tags: Vec::new(),
        valid_from: Some(Timestamp(-5)),
        valid_until: Some(Timestamp(7)),
        template: None,
    };
    f.desk.put_document(manual.clone(), Vec::new(), Actor::System).await.unwrap();
    assert_eq!(f.desk.document(manual.id).await.unwrap().as_ref(), Some(&manual));
    assert_eq!(f.desk.customers_with_documents().await.unwrap(), Vec::from_iter(manual.meta.customer_id));
    // The schema holds what the layers mean.
    let mut wrong = document(&f, "wrong");
    wrong.meta.customer_id = manual.meta.customer_id;
    assert!(f.desk.put_document(wrong.clone(), Vec::new(), Actor::System).await.is_err());
    wrong.meta = Metadata { layer: Layer::Universal, ..Metadata::titled("Wrong") };
    assert!(f.desk.put_document(wrong, Vec::new(), Actor::System).await.is_err());
}

pub async fn versions_outlive_their_document(f: Fixture) {
    let mut returns = document(&f, "returns");
    let author = Actor::User { user_id: f.id(domain::UserId::new), name: "Ada".to_owned() };
    f.desk.put_document(returns.clone(), Vec::new(), Actor::System).await.unwrap();
    returns.version = 2;
    returns.body = "# Returns\n\nSecond.".to_owned();
    f.desk.put_document(returns.clone(), Vec::new(), author.clone()).await.unwrap();
    assert!(f.desk.remove_document(returns.id).await.unwrap());
    let listed = f.desk.document_versions(returns.id).await.unwrap();
    assert_eq!(listed.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
    assert!(listed.iter().all(|version| version.body.is_empty()));
    assert_eq!(listed[0].created_by, author);
    let second = f.desk.document_version(returns.id, 2).await.unwrap().unwrap();
    assert_eq!((second.body, second.meta), (returns.body, returns.meta));
    assert_eq!(f.desk.document_version(returns.id, 3).await.unwrap(), None);
    assert!(elsewhere(&f).document_versions(returns.id).await.unwrap().is_empty());
    assert_eq!(elsewhere(&f).document_version(returns.id, 1).await.unwrap(), None);
}

pub async fn of_two_changes_of_one_version_one_is_written(f: Fixture) {
    let mut returns = document(&f, "returns");
    f.desk.put_document(returns.clone(), Vec::new(), Actor::System).await.unwrap();
    returns.version = 2;
    let changes = (0..8).map(|n| {
        let changed = Document { body: format!("change {n}"), ..returns.clone() };
        f.desk.put_document(changed, Vec::new(), Actor::System)
    });
    let written = futures::future::join_all(changes).await;
    assert_eq!(written.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(written.iter().all(|result| matches!(result, Ok(()) | Err(StoreError::Taken(_)))));
    // Several are written whole or not at all.
    let fresh = document(&f, "fresh");
    let both = vec![(fresh.clone(), Vec::new()), (returns, Vec::new())];
    assert!(f.desk.put_documents(both, Actor::System).await.is_err());
    assert_eq!(f.desk.document(fresh.id).await.unwrap(), None);
}

pub async fn the_reserved_workspace_is_no_tenant(f: Fixture) {
    let names: Vec<String> = f.store.workspaces().await.unwrap().into_iter().map(|w| w.slug).collect();
    assert_eq!(names, ["north"]);
    let shared = f.store.workspace(UNIVERSAL_WORKSPACE);
    let mut practice = document(&f, "practice");
    practice.meta.layer = Layer::Universal;
    shared.put_document(practice.clone(), Vec::new(), Actor::System).await.unwrap();
    assert_eq!(f.desk.document(practice.id).await.unwrap(), None);
    let company = document(&f, "company");
    assert!(shared.put_document(company, Vec::new(), Actor::System).await.is_err());
    assert_eq!(shared.knowledge_fact(KnowledgeFact::Library).await.unwrap(), None);
    for value in ["one", "two"] {
        shared.put_knowledge_fact(KnowledgeFact::Library, value).await.unwrap();
        assert_eq!(shared.knowledge_fact(KnowledgeFact::Library).await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(shared.knowledge_fact(KnowledgeFact::Collection).await.unwrap(), None);
    // Facts are of one workspace.
    f.desk.put_knowledge_fact(KnowledgeFact::Screened, "7").await.unwrap();
    assert_eq!(f.desk.knowledge_fact(KnowledgeFact::Screened).await.unwrap().as_deref(), Some("7"));
    assert_eq!(shared.knowledge_fact(KnowledgeFact::Screened).await.unwrap(), None);
}

pub async fn marks_are_of_one_collection(f: Fixture) {
    let (one, two) = (f.id(DocumentId::new), f.id(DocumentId::new));
    f.desk.mark_indexed("a", vec![(one, 1), (two, 1)]).await.unwrap();
    f.desk.mark_indexed("a", vec![(one, 2)]).await.unwrap();
    f.desk.mark_indexed("b", vec![(one, 1)]).await.unwrap();
    assert_eq!(f.desk.index_marks("a").await.unwrap(), HashMap::from([(one, 2), (two, 1)]));
    f.desk.unmark_indexed("a", two).await.unwrap();
    f.desk.forget_collection("b").await.unwrap();
    assert_eq!(f.desk.index_marks("a").await.unwrap(), HashMap::from([(one, 2)]));
    assert!(f.desk.index_marks("b").await.unwrap().is_empty());
    assert!(elsewhere(&f).index_marks("a").await.unwrap().is_empty());
}

pub async fn templates_are_listed(f: Fixture) {
    f.desk.put_document(document(&f, "page"), Vec::new(), Actor::System).await.unwrap();
    let mut welcome = document(&f, "welcome");
    let variables = vec![Variable {
        name: "who".to_owned(),
        description: "the person".to_owned(),
        example: "Dana".to_owned(),
    }];
    welcome.meta.template = Some(Template { channel: TemplateChannel::Email, variables });
    f.desk.put_document(welcome.clone(), Vec::new(), Actor::System).await.unwrap();
    assert_eq!(f.desk.templates().await.unwrap(), [welcome]);
}
