//! Gaps, what sent replies rest on, and what readers say.

use std::time::Duration;

use domain::{
    ChunkId, DocumentId, GapId, GapQuestionId, RunId, TicketId,
    canonical::Digest,
    citation::{PassageFeedback, PassageVerdict},
    gap::{Gap, GapCause, GapQuestion, GapStatus},
    knowledge::{Chunk, Citation, Document, Metadata, Span},
    ticket::{EventBody, Visibility},
    user::Actor,
};

use crate::fixture::{Fixture, append, customer};

fn question(f: &Fixture, gap: &Gap, run: Option<RunId>) -> GapQuestion {
    GapQuestion {
        id: f.id(GapQuestionId::new),
        gap_id: gap.id,
        question: "Do you deliver to Canada?".to_owned(),
        cause: GapCause::HandedOff,
        missing: vec!["Canada".to_owned()],
        ticket_id: Some(f.id(TicketId::new)),
        run_id: run,
        at: f.now(),
    }
}

pub async fn a_gap_grows_with_its_questions_and_a_run_asks_once(f: Fixture) {
    let gap = Gap {
        id: f.id(GapId::new),
        status: GapStatus::Open,
        question: "Do you deliver to Canada?".to_owned(),
        terms: [("canada".to_owned(), 1), ("deliv".to_owned(), 1)].into(),
        questions: 1,
        document_slug: None,
        first_at: f.now(),
        last_at: f.now(),
    };
    let run = f.id(RunId::new);
    let first = question(&f, &gap, Some(run));
    assert!(f.desk.add_gap_question(gap.clone(), first.clone()).await.unwrap());
    f.clock.advance(Duration::from_secs(60));
    let grown = Gap { questions: 2, last_at: f.now(), ..gap.clone() };
    assert!(!f.desk.add_gap_question(grown.clone(), question(&f, &gap, Some(run))).await.unwrap());
    assert_eq!(f.desk.gap(gap.id).await.unwrap(), Some(gap.clone()), "nothing of it was written");
    let second = question(&f, &gap, None);
    assert!(f.desk.add_gap_question(grown.clone(), second.clone()).await.unwrap());
    assert_eq!(f.desk.gap_questions(gap.id, 10).await.unwrap(), [second, first]);

    let listed = f.desk.gaps(GapStatus::Open, 10, None).await.unwrap();
    assert_eq!(listed.items, std::slice::from_ref(&grown));
    let drafted = Gap { status: GapStatus::Drafted, document_slug: Some("draft-canada".to_owned()), ..grown };
    f.desk.put_gap(drafted.clone()).await.unwrap();
    assert!(f.desk.gaps(GapStatus::Open, 10, None).await.unwrap().items.is_empty());
    assert_eq!(f.desk.gaps(GapStatus::Drafted, 10, None).await.unwrap().items, [drafted]);
    let other = f.store.create_workspace("south", "South").await.unwrap();
    assert_eq!(f.store.workspace(other.id).gap(gap.id).await.unwrap(), None);
}

fn document(f: &Fixture, version: i64, body: &str) -> (Document, Vec<Chunk>) {
    let document = Document {
        id: f.id(DocumentId::new),
        slug: format!("doc-{}", f.id(DocumentId::new)),
        meta: Metadata::titled("Returns"),
        version,
        digest: Digest::of(body),
        body: body.to_owned(),
        created_at: f.now(),
        updated_at: f.now(),
    };
    let chunk = Chunk {
        id: f.id(ChunkId::new),
        document_id: document.id,
        document_version: version,
        since_version: version,
        ordinal: 0,
        start: 0,
        heading_path: vec!["Returns".to_owned()],
        text: body.to_owned(),
    };
    (document, vec![chunk])
}

pub async fn citations_of_sent_replies_are_found_by_their_document(f: Fixture) {
    let (document, chunks) = document(&f, 1, "Within 30 days.");
    f.desk.put_document(document.clone(), chunks.clone(), Actor::System).await.unwrap();
    let ticket = f.open("How long?").await;
    let cite = |quote: &str| Citation {
        chunk_id: chunks[0].id,
        document_id: document.id,
        document_version: 1,
        slug: document.slug.clone(),
        title: document.meta.title.clone(),
        quote: quote.to_owned(),
        span: Some(Span { start: 0, end: quote.len() }),
    };
    let mut sent = f.message(Actor::System, Visibility::Public, "Within 30 days. [1]");
    sent.sources = vec![cite("Within 30 days."), cite("Unused.")];
    let mut note = f.message(Actor::System, Visibility::Internal, "See the article.");
    note.sources = vec![cite("A note is no reply.")];
    let asked = f.message(customer(), Visibility::Public, "How long?");
    let events = [asked, sent.clone(), note]
        .map(|message| f.event(message.author.clone(), EventBody::MessageAdded { message }));
    f.desk.commit(append(ticket, events.to_vec())).await.unwrap();

    let uses = f.desk.uses_of(document.id, 10, None).await.unwrap().items;
    assert_eq!(uses.len(), 2);
    assert!(uses.iter().all(|used| (used.ticket_id, used.message_id) == (ticket, sent.id)));
    let first = f.desk.uses_of(document.id, 1, None).await.unwrap();
    let rest = f.desk.uses_of(document.id, 1, first.next.as_deref()).await.unwrap();
    assert_eq!([first.items, rest.items].concat(), uses);
    assert!(f.desk.outdated_citations(10, None).await.unwrap().items.is_empty());

    let changed = Document { version: 2, ..document.clone() };
    f.desk.put_document(changed, Vec::new(), Actor::System).await.unwrap();
    assert_eq!(f.desk.outdated_citations(10, None).await.unwrap().items, uses);
    f.desk.remove_document(document.id).await.unwrap();
    assert_eq!(f.desk.outdated_citations(10, None).await.unwrap().items.len(), 2);

    let id = uses[0].id;
    assert!(f.desk.mark_followed_up(id, f.now()).await.unwrap());
    assert!(!f.desk.mark_followed_up(id, f.now()).await.unwrap(), "once");
    assert_eq!(f.desk.citation(id).await.unwrap().unwrap().followed_up_at, Some(f.now()));
    let other = f.store.create_workspace("south", "South").await.unwrap();
    assert_eq!(f.store.workspace(other.id).citation(id).await.unwrap(), None);
}

pub async fn feedback_is_one_word_of_each_reader(f: Fixture) {
    let (document, chunks) = document(&f, 1, "Within 30 days.");
    f.desk.put_document(document.clone(), chunks.clone(), Actor::System).await.unwrap();
    assert_eq!(f.desk.chunk(chunks[0].id).await.unwrap().as_ref(), chunks.first());
    let say = |author: &str, verdict: PassageVerdict| PassageFeedback {
        chunk_id: chunks[0].id,
        document_id: document.id,
        document_version: 1,
        author: author.to_owned(),
        verdict,
        note: "It is 14 now.".to_owned(),
        quote: "Within 30 days.".to_owned(),
        ticket_id: None,
        at: f.now(),
    };
    for (author, verdict) in [
        ("user:1", PassageVerdict::Helpful),
        ("user:2", PassageVerdict::Helpful),
        ("visitor:3", PassageVerdict::Helpful),
        ("user:2", PassageVerdict::Outdated),
    ] {
        f.desk.put_feedback(say(author, verdict)).await.unwrap();
    }
    let counts = f.desk.feedback_counts(document.id).await.unwrap();
    assert_eq!(counts, [(PassageVerdict::Helpful, 2), (PassageVerdict::Outdated, 1)]);
    let flagged = f.desk.flagged_passages(10).await.unwrap();
    assert_eq!(flagged, [say("user:2", PassageVerdict::Outdated)]);
    let other = f.store.create_workspace("south", "South").await.unwrap();
    assert!(f.store.workspace(other.id).flagged_passages(10).await.unwrap().is_empty());
}
