//! Knowledge sources: who works on them, their pages, and which document came from where.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use domain::{
    DocumentId, SourceId, SourcePageId,
    canonical::Digest,
    knowledge::{Document, Metadata, Said},
    source::{PageStatus, Removing, Source, SourceDocument, SourceKind, SourcePage, SyncReport},
    ticket::Visibility,
    user::Actor,
};
use futures::future::join_all;
use store::StoreError;

use crate::fixture::{Fixture, elsewhere};

const MINUTE: Duration = Duration::from_secs(60);

async fn source(f: &Fixture, address: &str) -> Source {
    let source = Source {
        id: f.id(SourceId::new),
        kind: SourceKind::Sitemap,
        address: address.to_owned(),
        said: Said { visibility: Some(Visibility::Internal), ..Said::default() },
        created_at: f.now(),
        asked_at: Some(f.now()),
        synced_at: None,
        report: None,
        lease_until: None,
        fence: 0,
        removing: None,
    };
    f.desk.create_source(source.clone()).await.unwrap();
    source
}

fn page(f: &Fixture, source: &Source, address: &str) -> SourcePage {
    SourcePage {
        id: f.id(SourcePageId::new),
        source_id: source.id,
        address: address.to_owned(),
        status: PageStatus::Stored,
        reason: None,
        etag: Some("\"1\"".to_owned()),
        last_modified: None,
        digest: Some(Digest::of(address)),
        bytes: Some(7),
        modified_at: None,
        created_at: f.now(),
        checked_at: f.now(),
    }
}

async fn document(f: &Fixture, slug: &str) -> DocumentId {
    let document = Document {
        id: f.id(DocumentId::new),
        slug: slug.to_owned(),
        meta: Metadata::titled(slug),
        version: 1,
        digest: Digest::of(slug),
        body: slug.to_owned(),
        created_at: f.now(),
        updated_at: f.now(),
    };
    f.desk.put_document(document.clone(), Vec::new(), Actor::System).await.unwrap();
    document.id
}

pub async fn a_source_is_worked_on_by_one_at_a_time(f: Fixture) {
    let source = source(&f, "https://help.example.com/sitemap.xml").await;
    let again = Source { id: f.id(SourceId::new), ..source.clone() };
    assert!(matches!(f.desk.create_source(again).await, Err(StoreError::Taken(_))));
    assert_eq!(f.desk.source(source.id).await.unwrap(), Some(source.clone()));
    assert_eq!(
        f.desk.source_at(SourceKind::Sitemap, &source.address).await.unwrap().map(|found| found.id),
        Some(source.id)
    );
    assert_eq!(f.desk.source_at(SourceKind::Url, &source.address).await.unwrap(), None);
    assert_eq!(f.desk.sources(10, None).await.unwrap().items, std::slice::from_ref(&source));
    assert_eq!(elsewhere(&f).source(source.id).await.unwrap(), None);
    assert_eq!(f.desk.idle_sources(None).await.unwrap().len(), 1, "a sync was asked for");

    let fence = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    assert_eq!(f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap(), None);
    assert!(f.desk.idle_sources(None).await.unwrap().is_empty());
    f.clock.advance(Duration::from_secs(61));
    let second = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    assert!(second > fence, "the lease has passed");

    let report = SyncReport { pages: 3, looked_at: 1, ..SyncReport::default() };
    assert!(!f.desk.beat_source((source.id, fence), f.now().plus(MINUTE), &report).await.unwrap());
    assert!(f.desk.beat_source((source.id, second), f.now().plus(MINUTE), &report).await.unwrap());
    assert_eq!(f.desk.source(source.id).await.unwrap().unwrap().report, Some(report.clone()));

    let begun = f.now();
    f.clock.advance(Duration::from_secs(1));
    assert!(f.desk.ask_for_sync(source.id).await.unwrap());
    assert!(!f.desk.settle_source((source.id, fence), begun, &report).await.unwrap());
    assert!(f.desk.settle_source((source.id, second), begun, &report).await.unwrap());
    let settled = f.desk.source(source.id).await.unwrap().unwrap();
    assert_eq!((settled.synced_at, settled.lease_until), (Some(f.now()), None));
    assert_eq!(settled.asked_at, Some(f.now()), "asked for while the sync ran");

    let third = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    assert!(f.desk.settle_source((source.id, third), f.now(), &report).await.unwrap());
    assert!(f.desk.idle_sources(None).await.unwrap().is_empty());
    assert!(f.desk.idle_sources(Some(f.now())).await.unwrap().is_empty());
    assert_eq!(f.desk.idle_sources(Some(f.now().plus(MINUTE))).await.unwrap().len(), 1);
    let fourth = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    f.desk.release_source((source.id, fourth)).await.unwrap();
    assert_eq!(f.desk.idle_sources(None).await.unwrap().len(), 1, "given back, and still to be done");
}

/// The leases are over as soon as they begin, so that all of them get it.
pub async fn whoever_takes_a_source_is_told_their_own_fence(f: Fixture) {
    let source = source(&f, "https://help.example.com/sitemap.xml").await;
    let claims = (0..40).map(|_| f.desk.claim_source(source.id, f.now()));
    let fences: BTreeSet<i64> =
        join_all(claims).await.into_iter().map(|claimed| claimed.unwrap().unwrap()).collect();
    assert_eq!(fences, (1..=40).collect::<BTreeSet<i64>>());
}

pub async fn what_is_written_with_an_older_fence_changes_nothing(f: Fixture) {
    let source = source(&f, "https://help.example.com/sitemap.xml").await;
    let first = f.desk.claim_source(source.id, f.now()).await.unwrap().unwrap();
    let second = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    let written = page(&f, &source, "https://help.example.com/a");
    let document = document(&f, "a").await;
    assert!(!f.desk.put_source_page(first, written.clone(), vec![(document, 1)]).await.unwrap());
    assert!(f.desk.all_source_pages(source.id).await.unwrap().is_empty());
    assert!(f.desk.put_source_page(second, written.clone(), vec![(document, 1)]).await.unwrap());
    assert!(!f.desk.remove_source_page((source.id, first), written.id).await.unwrap());
    assert_eq!(
        f.desk.all_source_pages(source.id).await.unwrap(),
        HashMap::from([(written.address.clone(), written.clone())])
    );
    assert!(f.desk.begin_source_removal(source.id, Removing::Alone).await.unwrap());
    assert!(!f.desk.put_source_page(second, written.clone(), Vec::new()).await.unwrap());
    assert_eq!(f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap(), None);
    assert!(!f.desk.ask_for_sync(source.id).await.unwrap());
    let removing = f.desk.idle_sources(None).await.unwrap();
    assert_eq!(removing[0].removing, Some(Removing::Alone));
}

pub async fn a_document_has_one_page(f: Fixture) {
    let source = source(&f, "https://help.example.com/sitemap.xml").await;
    let fence = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    let (a, b) = (document(&f, "a").await, document(&f, "b").await);
    let one = page(&f, &source, "https://help.example.com/1");
    f.clock.advance(MINUTE);
    let mut two = page(&f, &source, "https://help.example.com/2");
    assert!(f.desk.put_source_page(fence, one.clone(), vec![(a, 1), (b, 1)]).await.unwrap());
    assert!(f.desk.put_source_page(fence, two.clone(), vec![(b, 2)]).await.unwrap());
    let of =
        |document_id, version, page: &SourcePage| SourceDocument { document_id, version, page_id: page.id };
    assert_eq!(f.desk.documents_of_page(one.id).await.unwrap(), [of(a, 1, &one)]);
    assert_eq!(f.desk.documents_of_page(two.id).await.unwrap(), [of(b, 2, &two)]);
    assert_eq!(f.desk.page_of_slug("b").await.unwrap().map(|page| page.id), Some(two.id));
    assert_eq!(f.desk.page_of_slug("c").await.unwrap(), None);
    let named = f.desk.named_documents_of_page(two.id, 10).await.unwrap();
    assert_eq!(named.iter().map(|d| (d.id, d.slug.as_str())).collect::<Vec<_>>(), [(b, "b")]);

    two.status = PageStatus::Rejected;
    two.reason = Some("it has no text".to_owned());
    assert!(f.desk.put_source_page(fence, two.clone(), Vec::new()).await.unwrap());
    assert!(f.desk.documents_of_page(two.id).await.unwrap().is_empty());
    let rejected = f.desk.source_pages(source.id, Some(PageStatus::Rejected), 10, None).await.unwrap();
    assert_eq!(rejected.items, std::slice::from_ref(&two));
    let first = f.desk.source_pages(source.id, None, 1, None).await.unwrap();
    let rest = f.desk.source_pages(source.id, None, 1, first.next.as_deref()).await.unwrap();
    assert_eq!([first.items, rest.items].concat(), [one, two]);
    assert_eq!(
        f.desk.source_page_counts(source.id).await.unwrap(),
        HashMap::from([(PageStatus::Stored, 1), (PageStatus::Rejected, 1)])
    );
}

pub async fn a_source_goes_with_its_pages(f: Fixture) {
    let source = source(&f, "https://help.example.com/sitemap.xml").await;
    let fence = f.desk.claim_source(source.id, f.now().plus(MINUTE)).await.unwrap().unwrap();
    let a = document(&f, "a").await;
    let one = page(&f, &source, "https://help.example.com/1");
    let two = page(&f, &source, "https://help.example.com/2");
    assert!(f.desk.put_source_page(fence, one, vec![(a, 1)]).await.unwrap());
    assert!(f.desk.put_source_page(fence, two.clone(), Vec::new()).await.unwrap());
    assert!(f.desk.remove_source_page((source.id, fence), two.id).await.unwrap());
    assert_eq!(f.desk.all_source_pages(source.id).await.unwrap().len(), 1);
    assert!(!elsewhere(&f).remove_source(source.id).await.unwrap());
    assert!(f.desk.remove_source(source.id).await.unwrap());
    assert!(!f.desk.remove_source(source.id).await.unwrap());
    assert!(f.desk.all_source_pages(source.id).await.unwrap().is_empty());
    assert_eq!(f.desk.page_of_slug("a").await.unwrap(), None);
    assert!(f.desk.document(a).await.unwrap().is_some(), "its documents are somebody else's business");
}
