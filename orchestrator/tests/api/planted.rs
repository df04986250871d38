//! What takes more than a request to be there: put into a workspace by its store.

use std::collections::BTreeMap;

use domain::{
    CitationId, Clock as _, DeliveryId, EventId, GapId, GapQuestionId, MessageId, PasskeyId, SourceId,
    TicketId,
    audit::AuditAction,
    commit::{Commit, Op},
    gap::{Gap, GapCause, GapQuestion, GapStatus},
    knowledge::{Citation, Said},
    source::{Source, SourceKind},
    ticket::{Channel, EventBody, Message, NewEvent, Priority, Visibility},
    user::{Actor, Role},
};
use orchestrator::{
    system::{SystemClock, SystemIds},
    testing::app::{Desk, id},
};
use serde_json::{Value, json};
use store::{AccountDeed, Passkey};

/// A source, a gap, a passkey, and a mail that went out with a citation; each holds the word.
pub async fn beside(
    desk: &Desk,
    word: &str,
    opened: &Value,
    document: &Value,
) -> BTreeMap<&'static str, String> {
    let (delivery, citation) = mail(desk, word, opened, document).await;
    BTreeMap::from([
        ("delivery", delivery.to_string()),
        ("citation", citation.to_string()),
        ("source", source(desk, word).await.to_string()),
        ("gap", gap(desk, word).await.to_string()),
        ("passkey", passkey(desk, word).await.to_string()),
    ])
}

async fn mail(desk: &Desk, word: &str, opened: &Value, document: &Value) -> (DeliveryId, CitationId) {
    let (at, ticket_id) = (SystemClock.now(), TicketId::new(&SystemIds));
    let author = Actor::User { user_id: desk.user_id(Role::Agent), name: word.to_owned() };
    let chunk = &document["chunks"][0];
    let message = Message {
        id: MessageId::new(&SystemIds),
        author: author.clone(),
        visibility: Visibility::Public,
        body: format!("The {word} is blue. [1]"),
        sources: vec![Citation {
            chunk_id: id(&chunk["id"]),
            document_id: id(&document["document"]["id"]),
            document_version: 1,
            slug: word.to_owned(),
            title: word.to_owned(),
            quote: format!("The {word} is blue"),
            span: None,
        }],
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at,
    };
    let created = EventBody::Created {
        channel: Channel::Email,
        subject: word.to_owned(),
        priority: Priority::Normal,
        customer_id: Some(id(&opened["customer"]["id"])),
        contact_id: Some(id(&opened["contact"]["id"])),
    };
    let events = [created, EventBody::MessageAdded { message }]
        .map(|body| {
            let id = EventId::new(&SystemIds);
            NewEvent { id, idempotency_key: None, actor: author.clone(), body, at }
        })
        .to_vec();
    desk.store.commit(Commit { ops: vec![Op::Append { ticket_id, events }] }).await.unwrap();
    let deliveries = desk.store.deliveries(None, 1, None).await.unwrap();
    let uses = desk.store.uses_of(id(&document["document"]["id"]), 1, None).await.unwrap();
    (deliveries.items[0].id, uses.items[0].id)
}

async fn source(desk: &Desk, word: &str) -> SourceId {
    let source = Source {
        id: SourceId::new(&SystemIds),
        kind: SourceKind::Url,
        address: format!("https://{word}.example/help"),
        said: Said { brand: Some(word.to_owned()), ..Said::default() },
        created_at: SystemClock.now(),
        asked_at: None,
        synced_at: None,
        report: None,
        lease_until: None,
        fence: 0,
        removing: None,
    };
    let id = source.id;
    desk.store.create_source(source).await.unwrap();
    id
}

async fn gap(desk: &Desk, word: &str) -> GapId {
    let (at, id) = (SystemClock.now(), GapId::new(&SystemIds));
    let gap = Gap {
        id,
        status: GapStatus::Open,
        question: format!("Where is the {word}?"),
        terms: [(word.to_owned(), 1)].into(),
        questions: 1,
        document_slug: None,
        first_at: at,
        last_at: at,
    };
    let question = GapQuestion {
        id: GapQuestionId::new(&SystemIds),
        gap_id: id,
        question: format!("Where is the {word}?"),
        cause: GapCause::Abstained,
        missing: vec![word.to_owned()],
        ticket_id: None,
        run_id: None,
        at,
    };
    assert!(desk.store.add_gap_question(gap, question).await.unwrap());
    id
}

async fn passkey(desk: &Desk, word: &str) -> PasskeyId {
    let store = desk.store.store();
    let owner = store.account_by_email(&desk.email(Role::Owner)).await.unwrap().unwrap();
    let passkey = Passkey {
        id: PasskeyId::new(&SystemIds),
        account_id: owner.id,
        credential_id: word.to_owned(),
        credential: "{}".to_owned(),
        name: word.to_owned(),
        created_at: SystemClock.now(),
        used_at: None,
    };
    let id = passkey.id;
    let deed = AccountDeed {
        at: SystemClock.now(),
        action: AuditAction::PasskeyAdded,
        detail: json!({}),
        by_themselves: true,
    };
    store.add_passkey(passkey, deed).await.unwrap();
    id
}
