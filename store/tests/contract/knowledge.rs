//! Gaps, what sent replies rest on, and what readers say.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    ChunkId, DocumentId, GapId, GapQuestionId, RunId, TicketId,
    canonical::Digest,
    citation::{PassageFeedback, PassageVerdict},
    gap::{Gap, GapCause, GapQuestion, GapStatus},
    knowledge::{Chunk, Citation, Document, Metadata, Span},
    ticket::{EventBody, Visibility},
    user::Actor,
};
use futures::future::join_all;

use crate::fixture::{Fixture, append, customer, elsewhere};

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

fn gap(f: &Fixture) -> Gap {
    Gap {
        id: f.id(GapId::new),
        status: GapStatus::Open,
        question: "Do you deliver to Canada?".to_owned(),
        terms: [("canada".to_owned(), 1), ("deliv".to_owned(), 1)].into(),
        questions: 1,
        document_slug: None,
        first_at: f.now(),
        last_at: f.now(),
    }
}

/// The words of a gap with those of one more question.
fn canada(mut terms: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    *terms.entry("canada".to_owned()).or_default() += 1;
    terms
}

pub async fn a_gap_grows_with_its_questions_and_a_run_asks_once(f: Fixture) {
    let gap = gap(&f);
    let run = f.id(RunId::new);
    let first = question(&f, &gap, Some(run));
    assert!(!f.desk.join_gap(first.clone(), canada).await.unwrap(), "there is no such gap yet");
    assert!(f.desk.add_gap_question(gap.clone(), first.clone()).await.unwrap());
    f.clock.advance(Duration::from_secs(60));
    assert!(!f.desk.join_gap(question(&f, &gap, Some(run)), canada).await.unwrap());
    assert_eq!(f.desk.gap(gap.id).await.unwrap(), Some(gap.clone()), "nothing of it was written");
    let second = question(&f, &gap, None);
    assert!(f.desk.join_gap(second.clone(), canada).await.unwrap());
    let grown = Gap { terms: canada(gap.terms.clone()), questions: 2, last_at: f.now(), ..gap.clone() };
    let began_in = first.ticket_id.unwrap();
    assert_eq!(f.desk.gap_questions(gap.id, 10).await.unwrap(), [second, first]);
    assert_eq!(f.desk.began_in(&[gap.id, f.id(GapId::new)]).await.unwrap(), [began_in]);
    assert_eq!(elsewhere(&f).began_in(&[gap.id]).await.unwrap(), []);

    let listed = f.desk.gaps(GapStatus::Open, 10, None).await.unwrap();
    assert_eq!(listed.items, std::slice::from_ref(&grown));
    let drafted = Gap { status: GapStatus::Drafted, document_slug: Some("draft-canada".to_owned()), ..grown };
    assert_eq!(f.desk.draft_gap(gap.id, "draft-canada".to_owned()).await.unwrap().as_ref(), Some(&drafted));
    assert!(f.desk.gaps(GapStatus::Open, 10, None).await.unwrap().items.is_empty());
    assert_eq!(f.desk.gaps(GapStatus::Drafted, 10, None).await.unwrap().items, [drafted]);
    let other = f.store.create_workspace("south", "South").await.unwrap();
    assert_eq!(f.store.workspace(other.id).gap(gap.id).await.unwrap(), None);
}

/// Whoever adds one has read the gap before the others were in it.
pub async fn questions_that_come_at_once_all_count(f: Fixture) {
    let gap = gap(&f);
    assert!(f.desk.add_gap_question(gap.clone(), question(&f, &gap, None)).await.unwrap());
    let earlier = question(&f, &gap, None);
    f.clock.advance(Duration::from_secs(60));
    let at_once = (0..10).map(|_| f.desk.join_gap(question(&f, &gap, None), canada));
    for joined in join_all(at_once).await {
        assert!(joined.unwrap());
    }
    assert!(f.desk.join_gap(earlier, canada).await.unwrap());
    let grown = f.desk.gap(gap.id).await.unwrap().unwrap();
    assert_eq!((grown.questions, grown.terms["canada"], grown.terms["deliv"]), (12, 12, 1));
    assert_eq!(grown.last_at, f.now(), "one that comes late was not asked last");
    assert_eq!(f.desk.gap_questions(gap.id, 50).await.unwrap().len(), 12);
}

pub async fn what_became_of_a_gap_stays_when_it_is_asked_about_again(f: Fixture) {
    let read = gap(&f);
    assert!(f.desk.add_gap_question(read.clone(), question(&f, &read, None)).await.unwrap());
    let dismissed = f.desk.dismiss_gap(read.id).await.unwrap().unwrap();
    assert_eq!(dismissed, Gap { status: GapStatus::Dismissed, ..read.clone() });
    assert!(f.desk.join_gap(question(&f, &read, None), canada).await.unwrap());
    let asked = f.desk.gap(read.id).await.unwrap().unwrap();
    assert_eq!((asked.status, asked.questions), (GapStatus::Dismissed, 2));
    // Nor is what was asked undone by what becomes of it.
    let (status, slug) = (GapStatus::Drafted, Some("canada".to_owned()));
    f.desk.draft_gap(read.id, "canada".to_owned()).await.unwrap();
    assert!(f.desk.join_gap(question(&f, &read, None), canada).await.unwrap());
    let drafted = f.desk.gap(read.id).await.unwrap().unwrap();
    assert_eq!((drafted.status, drafted.questions, &drafted.document_slug), (status, 3, &slug));
    assert_eq!(f.desk.dismiss_gap(read.id).await.unwrap().unwrap().document_slug, slug);
    assert_eq!(elsewhere(&f).dismiss_gap(read.id).await.unwrap(), None);
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
