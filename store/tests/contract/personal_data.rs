//! Scans go on where they stopped and suggest nothing twice; what is redacted is gone, and events stay.

use std::collections::BTreeSet;

use domain::{
    MessageId, ScanId, SuggestionId, TicketId, Timestamp, UserId,
    approval::DecisionKind,
    audit::{AuditAction, Deed},
    canonical::Digest,
    commit::{Commit, Op},
    personal_data::{NewSuggestion, RedactedValue, ScanPlace, ScanStatus, Suggestion, SuggestionStatus},
    run::StepBody,
    ticket::{EventBody, TextFinding},
    user::Actor,
};
use serde_json::json;
use store::{AuditFilter, Redaction, RedactionOutcome};

use crate::fixture::{Fixture, answered, append, customer, decided, one};

const EMAIL: &str = "jane.roe@example.com";
const CARD: &str = "4242 4242 4242 4242";

fn person(f: &Fixture) -> Actor {
    Actor::User { user_id: f.id(UserId::new), name: "Robin".to_owned() }
}

fn deed(f: &Fixture, action: AuditAction) -> Deed {
    Deed { at: f.now(), actor: person(f), action, subject: "x".to_owned(), detail: json!({}) }
}

fn suggested(
    f: &Fixture,
    scan_id: ScanId,
    ticket_id: TicketId,
    message_id: MessageId,
    text: &str,
) -> NewSuggestion {
    NewSuggestion {
        text: Digest::of(text),
        suggestion: Suggestion {
            id: f.id(SuggestionId::new),
            scan_id,
            ticket_id,
            message_id,
            status: SuggestionStatus::Open,
            kinds: BTreeSet::from(["email".to_owned()]),
            spans: vec![TextFinding { kind: "email".to_owned(), start: 3, end: 23 }],
            excerpt: "to j•••@e•••.com".to_owned(),
            decided_by: None,
            decided_at: None,
            created_at: f.now(),
        },
    }
}

pub async fn a_scan_reads_every_message_once_and_one_is_under_way(f: Fixture) {
    let mut said = BTreeSet::new();
    for number in 0..5 {
        let ticket = f.open("a subject").await;
        for _ in 0..3 {
            let text = format!("to {EMAIL} {number}");
            f.desk.commit(append(ticket, vec![f.said(customer(), &text)])).await.unwrap();
        }
        said.extend(f.desk.messages(ticket, None).await.unwrap().into_iter().map(|message| message.id));
    }
    let kinds = BTreeSet::from(["email".to_owned()]);
    let begin = || deed(&f, AuditAction::PersonalDataScanned);
    let scan = f.desk.begin_scan(f.id(ScanId::new), kinds.clone(), begin()).await.unwrap();
    let same = f.desk.begin_scan(f.id(ScanId::new), BTreeSet::new(), begin()).await.unwrap();
    assert_eq!((scan.id, scan.messages, &scan.kinds), (same.id, 15, &kinds));
    assert_eq!(f.store.running_scans().await.unwrap(), [(f.desk.id(), scan.id)]);

    let mut read = BTreeSet::new();
    loop {
        let (now, place) = f.desk.scan_and_place(scan.id).await.unwrap().unwrap();
        assert_eq!(now.messages_read, read.len() as i64);
        let page = f.desk.messages_behind(&place, 4).await.unwrap();
        let Some((ticket, version, _)) = page.last() else { break };
        let to = ScanPlace { ticket: ticket.to_string(), version: *version };
        let found = || {
            page.iter()
                .map(|(ticket, _, message)| suggested(&f, scan.id, *ticket, message.id, &message.body))
                .collect::<Vec<_>>()
        };
        let part = (place, to);
        assert!(f.desk.scan_read(scan.id, part.clone(), page.len() as i64, found(), f.now()).await.unwrap());
        let again = f.desk.scan_read(scan.id, part, page.len() as i64, found(), f.now()).await.unwrap();
        assert!(!again, "another process that read the same part is told");
        read.extend(page.into_iter().map(|(_, _, message)| message.id));
    }
    assert_eq!(read, said);
    assert!(f.desk.end_scan(scan.id, ScanStatus::Done, None, f.now()).await.unwrap());
    assert!(!f.desk.end_scan(scan.id, ScanStatus::Stopped, None, f.now()).await.unwrap());
    let done = f.desk.scan(scan.id).await.unwrap().unwrap();
    assert_eq!((done.status, done.found, done.messages_read), (ScanStatus::Done, 15, 15));
    let open = f.desk.suggestions(Some(SuggestionStatus::Open), 100, None).await.unwrap().items;
    assert_eq!(open.len(), 15);

    // What was found before is not found anew.
    let next = f.desk.begin_scan(f.id(ScanId::new), kinds, begin()).await.unwrap();
    assert_ne!(next.id, scan.id);
    let page = f.desk.messages_behind(&ScanPlace::default(), 100).await.unwrap();
    let (ticket, version, message) = page.last().unwrap();
    let found = vec![suggested(&f, next.id, *ticket, message.id, &message.body)];
    let part = (ScanPlace::default(), ScanPlace { ticket: ticket.to_string(), version: *version });
    assert!(f.desk.scan_read(next.id, part, 15, found, f.now()).await.unwrap());
    assert_eq!(f.desk.scan(next.id).await.unwrap().unwrap().found, 0);

    assert!(f.desk.keep_suggestion(open[0].id, deed(&f, AuditAction::PersonalDataKept)).await.unwrap());
    assert!(!f.desk.keep_suggestion(open[0].id, deed(&f, AuditAction::PersonalDataKept)).await.unwrap());
    let kept = f.desk.suggestion(open[0].id).await.unwrap().unwrap();
    assert_eq!(kept.status, SuggestionStatus::Kept);
    assert!(kept.decided_by.is_some() && kept.decided_at.is_some());
    let filter = AuditFilter { action: Some(AuditAction::PersonalDataKept), ..AuditFilter::default() };
    assert_eq!(f.desk.audit_entries(&filter, None, 10).await.unwrap().len(), 1);
    assert_eq!(f.desk.scans(1, None).await.unwrap().items[0].id, next.id);
}

pub async fn what_is_redacted_is_gone_and_the_events_stay(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let text = format!("to {EMAIL}, card {CARD}");
    let fields =
        [("mail".to_owned(), json!({ EMAIL: EMAIL })), ("card".to_owned(), json!(4242424242424242_u64))];
    let events = vec![
        f.said(customer(), &text),
        f.event(Actor::System, EventBody::FieldsSet { fields: fields.into_iter().collect() }),
        f.event(Actor::System, EventBody::escalated("asked", format!("call {EMAIL}"))),
    ];
    f.desk.commit(append(ticket, events)).await.unwrap();
    let message = f.desk.messages(ticket, None).await.unwrap().remove(0);
    let scan = f
        .desk
        .begin_scan(f.id(ScanId::new), BTreeSet::new(), deed(&f, AuditAction::PersonalDataScanned))
        .await
        .unwrap();
    let suggestion = suggested(&f, scan.id, ticket, message.id, &text);
    let id = suggestion.suggestion.id;
    let part = (ScanPlace::default(), ScanPlace { ticket: ticket.to_string(), version: 2 });
    assert!(f.desk.scan_read(scan.id, part, 1, vec![suggestion], f.now()).await.unwrap());

    let redaction = |f: &Fixture, text: &str| Redaction {
        suggestion: id,
        ticket,
        message: message.id,
        text: Digest::of(text),
        values: [(EMAIL, "[email redacted]"), (CARD, "[payment card redacted]")]
            .map(|(value, replacement)| RedactedValue {
                value: value.to_owned(),
                replacement: replacement.to_owned(),
            })
            .to_vec(),
        kinds: BTreeSet::from(["email".to_owned(), "payment_card".to_owned()]),
        deed: deed(f, AuditAction::PersonalDataRedacted),
    };
    assert_eq!(f.desk.redact(redaction(&f, &text)).await.unwrap(), RedactionOutcome::Busy);
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let approval = f.approval(&run, version);
    let approve = f.decision(&approval, DecisionKind::Approve);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    f.desk.commit(one(decided(approve))).await.unwrap();
    let of_it = crate::evaluations::made(&f, &f.desk.approval(approval.id).await.unwrap().unwrap(), &text);
    assert!(f.desk.keep_case(of_it, 1, deed(&f, AuditAction::EvaluationCaseMade)).await.unwrap());
    let exercises =
        async |f: &Fixture| f.desk.exercise_sources(f.id(UserId::new), Timestamp(0), 10).await.unwrap().len();
    assert_eq!(exercises(&f).await, 1);
    let mut change = f.change(&run, answered());
    let mut step = f.step(0);
    step.body = StepBody::Failed { what: "x".to_owned(), error: format!("no {EMAIL}") };
    let (paper, told) = crate::paper::held_back(&f, &run, 1, &text);
    f.desk.commit(append(ticket, vec![told])).await.unwrap();
    change.steps = vec![step, paper];
    f.desk.commit(Commit { ops: vec![Op::Run(Box::new(change))] }).await.unwrap();
    assert_eq!(f.desk.redact(redaction(&f, "another text")).await.unwrap(), RedactionOutcome::Changed);

    let before = f.desk.events(ticket, 0, 100).await.unwrap();
    assert_eq!(f.desk.redact(redaction(&f, &text)).await.unwrap(), RedactionOutcome::Done(vec![run.id]));
    assert_eq!(f.desk.redact(redaction(&f, &text)).await.unwrap(), RedactionOutcome::Decided);

    let after = f.desk.events(ticket, 0, 100).await.unwrap();
    let places = |events: &[domain::ticket::Event]| {
        events.iter().map(|event| (event.id, event.version, event.position, event.at)).collect::<Vec<_>>()
    };
    assert_eq!(places(&before), places(&after));
    let kept = json!({
        "ticket": f.desk.ticket(ticket).await.unwrap(),
        "events": after,
        "messages": f.desk.messages(ticket, None).await.unwrap(),
        "steps": f.desk.steps(run.id).await.unwrap(),
        "paper": f.desk.paper_calls(ticket).await.unwrap()[0].reply(),
        "cases": f.desk.decided_cases(10, None).await.unwrap().items,
    })
    .to_string();
    assert!(kept.contains("to [email redacted], card"), "the case is still there: {kept}");
    for gone in ["jane.roe", "4242 4242", "4242424242"] {
        assert!(!kept.contains(gone), "{gone} in {kept}");
    }
    let redacted = f.desk.messages(ticket, None).await.unwrap().remove(0);
    assert_eq!(redacted.body, "to [email redacted], card [payment card redacted]");
    let mark = redacted.redacted.clone().unwrap();
    assert_eq!(mark.kinds.len(), 2);
    assert!(matches!(mark.by, Actor::User { .. }));
    let EventBody::MessageAdded { message: in_event } = &after[1].body else { panic!("{:?}", after[1]) };
    assert_eq!(in_event, &redacted);
    assert_eq!(f.desk.verify_tickets().await.unwrap(), []);
    assert!(f.desk.run_redacted_at(run.id).await.unwrap().is_some());
    assert_eq!(exercises(&f).await, 0, "nobody is shown it again");
    let filter = AuditFilter { action: Some(AuditAction::PersonalDataRedacted), ..AuditFilter::default() };
    let entry = f.desk.audit_entries(&filter, None, 10).await.unwrap().remove(0);
    assert_eq!(entry.deed.detail, json!({ "messages": 1, "events": 3, "runs": 1 }));
    assert!(f.desk.verify_audit().await.unwrap().broken.is_none());

    // The writer goes on with what is there now.
    f.desk.commit(append(ticket, vec![f.said(customer(), "thanks")])).await.unwrap();
    f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    assert_eq!(f.desk.verify_tickets().await.unwrap(), []);
    let found = store::TicketFilter { text: Some("jane".to_owned()), ..Default::default() };
    assert!(f.desk.tickets(&found, 10, None).await.unwrap().items.is_empty());
}

pub async fn the_subject_and_what_lists_search_by_are_redacted_too(f: Fixture) {
    let ticket = f.open(&format!("write to {EMAIL}")).await;
    f.desk.commit(append(ticket, vec![f.said(customer(), EMAIL)])).await.unwrap();
    let message = f.desk.messages(ticket, None).await.unwrap().remove(0);
    let begin = deed(&f, AuditAction::PersonalDataScanned);
    let scan = f.desk.begin_scan(f.id(ScanId::new), BTreeSet::new(), begin).await.unwrap();
    let suggestion = suggested(&f, scan.id, ticket, message.id, EMAIL);
    let redaction = Redaction {
        suggestion: suggestion.suggestion.id,
        ticket,
        message: message.id,
        text: Digest::of(EMAIL),
        values: vec![RedactedValue { value: EMAIL.to_owned(), replacement: "[email redacted]".to_owned() }],
        kinds: BTreeSet::from(["email".to_owned()]),
        deed: deed(&f, AuditAction::PersonalDataRedacted),
    };
    let part = (ScanPlace::default(), ScanPlace { ticket: ticket.to_string(), version: 2 });
    assert!(f.desk.scan_read(scan.id, part, 1, vec![suggestion], f.now()).await.unwrap());
    assert_eq!(f.desk.redact(redaction).await.unwrap(), RedactionOutcome::Done(vec![]));
    assert_eq!(f.desk.ticket(ticket).await.unwrap().unwrap().subject, "write to [email redacted]");
    let by = |text: &str| store::TicketFilter { text: Some(text.to_owned()), ..Default::default() };
    assert!(f.desk.tickets(&by("jane"), 10, None).await.unwrap().items.is_empty());
    assert_eq!(f.desk.tickets(&by("redacted"), 10, None).await.unwrap().items.len(), 1);
    assert_eq!(f.desk.verify_tickets().await.unwrap(), []);
}

pub async fn a_ticket_names_its_people(f: Fixture) {
    let ticket = f.open("a visitor's").await;
    assert_eq!(f.desk.names_of(&[ticket]).await.unwrap(), []);
    assert_eq!(f.desk.names_of(&[]).await.unwrap(), []);
    // More than one statement takes.
    let many: Vec<TicketId> = (0..70_000).map(|_| f.id(TicketId::new)).collect();
    assert_eq!(f.desk.names_of(&many).await.unwrap(), []);
}
