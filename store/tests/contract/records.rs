//! People, knowledge, mail and lists.

use std::time::Duration;

use domain::{
    AttachmentId, ContactId, CustomerId, MessageId, RunId, UserId,
    approval::ApprovalStatus,
    canonical::Digest,
    commit::{Commit, CommitError, DeliveryStatus, Op},
    customer::{Contact, Customer},
    ports::Desk as _,
    queue::{Narrowed, QueueOrder},
    standing::Standing,
    ticket::{Channel, EmailHeaders, EventBody, Visibility},
    tool::{Risk, ToolSource, ToolSpec},
    user::{Actor, Role, User},
};
use store::{ApprovalFilter, Attachment, RegistrationStatus, StoreError, TicketFilter, ToolRegistration};

use crate::fixture::{Fixture, append, customer, one};

fn may(f: &Fixture, role: Role) -> Option<Standing> {
    Some(Standing::built_in(f.id(UserId::new), role))
}

pub async fn pending_approvals_are_listed_oldest_first_and_by_role(mut f: Fixture) {
    let (_, run) = f.working().await;
    for n in 0..9 {
        f.clock.advance(Duration::from_secs(1));
        let mut approval = f.approval(&run, 1);
        approval.role = if n % 3 == 0 { Role::Admin } else { Role::Reviewer };
        f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    }
    let by_age = Narrowed { order: Some(QueueOrder::Age), ..Narrowed::default() };
    let filter = ApprovalFilter {
        status: Some(ApprovalStatus::Pending),
        may: may(&f, Role::Reviewer),
        narrowed: by_age,
        ..ApprovalFilter::default()
    };
    let first = f.desk.approvals(&filter, 4, None).await.unwrap();
    let rest = f.desk.approvals(&filter, 4, first.next.as_deref()).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), &rest.next), (4, 2, &None));
    let listed: Vec<_> = first.items.iter().chain(&rest.items).map(|a| a.requested_at).collect();
    assert!(listed.is_sorted());
    let filter = ApprovalFilter { may: may(&f, Role::Owner), ..ApprovalFilter::default() };
    assert_eq!(f.desk.approvals(&filter, 100, None).await.unwrap().items.len(), 9);
    let filter = ApprovalFilter { may: may(&f, Role::Viewer), ..ApprovalFilter::default() };
    assert!(f.desk.approvals(&filter, 100, None).await.unwrap().items.is_empty());
    assert_eq!(f.desk.pending_count().await.unwrap(), 9);
    let counts = f.desk.counts().await.unwrap();
    assert_eq!(counts.approvals_pending, 9);
    assert!(counts.oldest_approval.is_some_and(|at| at <= listed[0]), "{:?}", counts.oldest_approval);
}

fn person(f: &Fixture, name: &str, email: &str) -> (Customer, Contact) {
    let customer = Customer {
        id: f.id(CustomerId::new),
        name: name.to_owned(),
        tier: "vip".to_owned(),
        locale: "de".to_owned(),
        fields: [("since".to_owned(), "2019".to_owned())].into(),
        created_at: f.now(),
        updated_at: f.now(),
    };
    let contact = Contact {
        id: f.id(ContactId::new),
        customer_id: customer.id,
        name: format!("{name} herself"),
        email: email.to_owned(),
        created_at: f.now(),
    };
    (customer, contact)
}

pub async fn customers_are_found_by_name_and_address(f: Fixture) {
    let (ada, contact) = person(&f, "Ada Ärger", "ada@example.com");
    f.desk.create_customer(ada.clone(), contact.clone()).await.unwrap();
    let (bob, bobs) = person(&f, "Bob", "bob@example.com");
    f.desk.create_customer(bob.clone(), bobs).await.unwrap();
    assert_eq!(f.desk.customer(ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(
        f.desk.customer_and_contacts(ada.id).await.unwrap(),
        Some((ada.clone(), vec![contact.clone()]))
    );
    assert_eq!(f.desk.contact(contact.id).await.unwrap(), Some(contact.clone()));
    assert_eq!(f.desk.people_by_email("ADA@example.com").await.unwrap(), Some((ada.clone(), contact)));
    for (text, found) in [("ärger", 1), ("ada@", 1), ("EXAMPLE", 2), ("zoe", 0), (" ", 2)] {
        let page = f.desk.customers(Some(text), 10, None).await.unwrap();
        assert_eq!(page.items.len(), found, "{text}");
    }
    let page = f.desk.customers(None, 1, None).await.unwrap();
    assert_eq!(page.items, [bob]);
    assert_eq!(
        f.desk.customers(None, 1, page.next.as_deref()).await.unwrap().items,
        std::slice::from_ref(&ada)
    );

    // A ticket is found by whom it is about.
    let ticket = f.open("No name in here").await;
    let identified = EventBody::ContactIdentified { customer_id: ada.id, contact_id: f.id(ContactId::new) };
    f.desk.commit(append(ticket, vec![f.event(Actor::System, identified)])).await.unwrap();
    let filter = TicketFilter { text: Some("ÄRGER".to_owned()), ..Default::default() };
    assert_eq!(f.desk.tickets(&filter, 10, None).await.unwrap().items.len(), 1);
    let filter = TicketFilter { customer_id: Some(ada.id), ..Default::default() };
    assert_eq!(f.desk.tickets(&filter, 10, None).await.unwrap().items.len(), 1);
}

pub async fn what_is_written_in_capitals_is_found_as_it_is_written(f: Fixture) {
    let (name, subject) = ("ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΣ", "ΣΠΑΣΜΕΝΟΣ ΤΡΟΧΟΣ");
    let (customer, contact) = person(&f, name, "maria@example.com");
    f.desk.create_customer(customer, contact).await.unwrap();
    f.open(subject).await;
    f.open("A flat tyre").await;
    for text in [name, "ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος", "παπαδοπουλοσ", "ΟΥΛΟΣ", "ΟΥΛΟ"]
    {
        assert_eq!(f.desk.customers(Some(text), 10, None).await.unwrap().items.len(), 1, "{text}");
    }
    assert!(f.desk.customers(Some("ΟΥΛΟΥΣ"), 10, None).await.unwrap().items.is_empty());
    for text in [subject, "ΤΡΟΧΟΣ", "τροχος", "ΣΠΑΣ", "ΜΕΝΟΣ"] {
        let filter = TicketFilter { text: Some(text.to_owned()), ..Default::default() };
        assert_eq!(f.desk.tickets(&filter, 10, None).await.unwrap().items.len(), 1, "{text}");
    }
}

pub async fn an_address_belongs_to_one_contact(f: Fixture) {
    let (first, contact) = person(&f, "First", "same@example.com");
    f.desk.create_customer(first, contact).await.unwrap();
    let (second, contact) = person(&f, "Second", "Same@Example.com");
    let refused = f.desk.create_customer(second.clone(), contact).await;
    assert!(matches!(refused, Err(StoreError::Taken(_))), "{refused:?}");
    assert!(f.desk.customer(second.id).await.unwrap().is_none(), "half a customer was written");
}

pub async fn one_address_belongs_to_one_member(f: Fixture) {
    let user = User {
        id: f.id(UserId::new),
        email: "eve@example.com".to_owned(),
        name: "Eve".to_owned(),
        role: Role::Admin,
        title: "Head of support".to_owned(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_user(user.clone(), "argon2".to_owned()).await.unwrap();
    assert_eq!(f.desk.user(user.id).await.unwrap(), Some(user.clone()));
    assert_eq!(f.desk.users().await.unwrap(), std::slice::from_ref(&user));
    let again = User { id: f.id(UserId::new), ..user };
    assert!(matches!(f.desk.create_user(again, String::new()).await, Err(StoreError::Taken(_))));

    assert!(matches!(f.store.create_workspace("north", "Again").await, Err(StoreError::Taken(_))));
    let workspaces = f.store.workspaces().await.unwrap();
    assert_eq!(workspaces.len(), 1);
    assert_eq!(f.desk.workspace().await.unwrap().as_ref(), workspaces.first());
}

pub async fn mail_of_staff_and_agents_on_email_tickets_is_delivered_once(f: Fixture) {
    let mail = f.open_in(&f.desk, Channel::Email, "by mail").await;
    let chat = f.open_in(&f.desk, Channel::Chat, "by chat").await;
    let agent = Actor::Agent { agent: "resolution".to_owned(), run_id: f.id(RunId::new) };
    let said = f.said(agent.clone(), "an answer");
    let EventBody::MessageAdded { message: answer } = said.body.clone() else { panic!() };
    f.desk.commit(append(mail, vec![f.said(customer(), "a question"), said, f.noted()])).await.unwrap();
    f.desk.commit(append(chat, vec![f.said(agent, "an answer")])).await.unwrap();

    let due = f.desk.due_deliveries(10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].message_id, due[0].ticket_id, due[0].attempts), (answer.id, mail, 0));
    assert_eq!(f.desk.message(answer.id).await.unwrap(), Some((mail, answer)));
    let counts = f.desk.counts().await.unwrap();
    assert_eq!(counts.deliveries, [("pending".to_owned(), 1)]);
    assert_eq!(counts.oldest_delivery, Some(due[0].created_at));
    let id = due[0].id;
    use DeliveryStatus::{Failed, Pending, Sending, Sent, Unknown};
    let change = |from, status, next_attempt_at| {
        let error = Some("451 later".to_owned()).filter(|_| status == Pending);
        f.desk.commit(one(Op::ChangeDelivery { id, from, status, error, at: f.now(), next_attempt_at }))
    };
    let claims = futures::future::join_all((0..4).map(|_| change(Pending, Sending, None))).await;
    assert_eq!(claims.iter().filter(|claim| claim.is_ok()).count(), 1);
    let later = f.now().plus(Duration::from_secs(60));
    // Whoever failed to reach the server must not put back what somebody else is sending.
    assert!(matches!(change(Pending, Pending, Some(later)).await, Err(CommitError::Conflict(_))));
    change(Sending, Pending, Some(later)).await.unwrap();
    assert!(f.desk.due_deliveries(10).await.unwrap().is_empty());
    f.clock.advance(Duration::from_secs(60));
    let due = f.desk.due_deliveries(10).await.unwrap();
    assert_eq!((due[0].attempts, due[0].error.as_deref()), (1, Some("451 later")));
    change(Pending, Sending, None).await.unwrap();
    assert!(matches!(change(Unknown, Sending, None).await, Err(CommitError::Conflict(_))));
    change(Sending, Sent, None).await.unwrap();
    for other in [Pending, Sending, Failed, Unknown] {
        assert!(matches!(change(Sent, other, None).await, Err(CommitError::Conflict(_))));
        assert!(matches!(change(Sending, other, None).await, Err(CommitError::Conflict(_))));
    }
    let sent = f.desk.deliveries(Some(Sent), 10, None).await.unwrap();
    assert_eq!(sent.items, [f.desk.delivery(id).await.unwrap().unwrap()]);
    let counts = f.desk.counts().await.unwrap();
    assert_eq!(
        (counts.deliveries, counts.oldest_delivery),
        (vec![], None),
        "what was sent waits for nothing"
    );
}

pub async fn mail_is_threaded_by_message_ids(f: Fixture) {
    let ticket = f.open_in(&f.desk, Channel::Email, "by mail").await;
    let mut theirs = f.message(customer(), Visibility::Public, "hello");
    theirs.email = Some(EmailHeaders {
        message_id: "abc@mail.example".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        from: "ada@example.com".to_owned(),
        to: "help@example.com".to_owned(),
    });
    let ours = f.message(Actor::System, Visibility::Public, "hello to you");
    let events =
        [theirs, ours.clone()].map(|message| f.event(Actor::System, EventBody::MessageAdded { message }));
    f.desk.commit(append(ticket, events.to_vec())).await.unwrap();
    let of = async |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        f.desk.ticket_of_email(&ids).await.unwrap()
    };
    assert_eq!(of(&["abc@mail.example"]).await, Some(ticket));
    assert_eq!(of(&["nothing@x", &format!("{}@support.example", ours.id)]).await, Some(ticket));
    assert_eq!(of(&["nothing@x", &format!("{}@y", f.id(MessageId::new))]).await, None);
    assert_eq!(of(&[]).await, None);
}

pub async fn follow_ups_fire_once(f: Fixture) {
    let ticket = f.open("later").await;
    let at = f.now().plus(Duration::from_secs(3600));
    let scheduled = EventBody::FollowUpScheduled { at, note: "ask again".to_owned() };
    f.desk.commit(append(ticket, vec![f.event(Actor::System, scheduled)])).await.unwrap();
    assert!(f.desk.due_follow_ups(f.now(), 10).await.unwrap().is_empty());
    let due = f.desk.due_follow_ups(at, 10).await.unwrap();
    assert_eq!((due[0].ticket_id, due[0].version, due[0].note.as_str()), (ticket, 2, "ask again"));
    assert!(f.desk.mark_follow_up_fired(ticket, 2).await.unwrap());
    assert!(!f.desk.mark_follow_up_fired(ticket, 2).await.unwrap());
    assert!(f.desk.due_follow_ups(at, 10).await.unwrap().is_empty());
}

pub async fn registrations_and_attachments_survive(f: Fixture) {
    let spec = ToolSpec {
        name: "shop__refund".to_owned(),
        version: Digest::of("v1"),
        title: "Refund".to_owned(),
        description: "Refunds".to_owned(),
        risk: Risk::Irreversible,
        parameters: serde_json::json!({ "type": "object" }),
        protected: vec!["cents".to_owned()],
        compensation: None,
        amount_arg: Some("cents".to_owned()),
        capabilities: Vec::new(),
        source: ToolSource::Mcp { server: "shop".to_owned() },
        local: false,
        idempotent: true,
        always_asks: false,
    };
    let mut registration = ToolRegistration {
        name: spec.name.clone(),
        server: "shop".to_owned(),
        spec: spec.clone(),
        status: RegistrationStatus::Approved,
        was: None,
        updated_at: f.now(),
    };
    f.desk.put_tool_registration(registration.clone()).await.unwrap();
    registration.status = RegistrationStatus::Suspended;
    registration.was = Some(spec);
    registration.spec.version = Digest::of("v2");
    f.desk.put_tool_registration(registration.clone()).await.unwrap();
    assert_eq!(f.desk.tool_registrations().await.unwrap(), [registration]);

    let attachment = Attachment {
        id: f.id(AttachmentId::new),
        filename: "photo.png".to_owned(),
        content_type: "image/png".to_owned(),
        content: (0..=255).collect(),
        created_at: f.now(),
    };
    f.desk.put_attachment(attachment.clone()).await.unwrap();
    assert_eq!(f.desk.attachment(attachment.id).await.unwrap(), Some(attachment));
}

pub async fn text_with_nul_is_kept_readable(f: Fixture) {
    let ticket = f.open("zero \0 byte").await;
    f.desk.commit(append(ticket, vec![f.said(customer(), "a \0 b")])).await.unwrap();
    assert_eq!(f.desk.messages(ticket, None).await.unwrap()[0].body, "a \0 b");
    let filter = TicketFilter { text: Some("\0".to_owned()), ..Default::default() };
    assert_eq!(f.desk.tickets(&filter, 10, None).await.unwrap().items.len(), 1);
    let mut event = f.noted();
    event.idempotency_key = Some("key\0".to_owned());
    f.desk.commit(append(ticket, vec![event.clone()])).await.unwrap();
    event.id = f.id(domain::EventId::new);
    let again = f.desk.commit(append(ticket, vec![event])).await;
    assert!(matches!(again, Err(CommitError::Duplicate { .. })), "{again:?}");
    assert!(f.desk.verify_tickets().await.unwrap().is_empty());
}

pub async fn a_foreign_cursor_is_refused(f: Fixture) {
    for cursor in ["", "x", "MTIz", "%%%", "MX4xJyBPUiAnMSc9JzE", &"a".repeat(10_000)] {
        let listed = f.desk.tickets(&TicketFilter::default(), 10, Some(cursor)).await;
        assert!(matches!(listed, Err(StoreError::Cursor)), "{cursor}");
    }
    // Limits are kept within bounds.
    f.open("only").await;
    assert_eq!(f.desk.tickets(&TicketFilter::default(), -5, None).await.unwrap().items.len(), 1);
    assert_eq!(f.desk.tickets(&TicketFilter::default(), i64::MAX, None).await.unwrap().items.len(), 1);
}

pub async fn the_desk_shows_public_messages_only(f: Fixture) {
    let (ada, contact) = person(&f, "Ada", "ada@example.com");
    f.desk.create_customer(ada.clone(), contact.clone()).await.unwrap();
    let mut tickets = Vec::new();
    for n in 0..3 {
        f.clock.advance(Duration::from_secs(1));
        let ticket = f.open(&format!("ticket {n}")).await;
        let identified = EventBody::ContactIdentified { customer_id: ada.id, contact_id: contact.id };
        let events = vec![f.event(Actor::System, identified), f.said(customer(), "hello"), f.noted()];
        f.desk.commit(Commit { ops: vec![Op::Append { ticket_id: ticket, events }] }).await.unwrap();
        tickets.push(ticket);
    }
    let found = f.store.customer(f.desk.id(), ada.id).await.unwrap();
    assert_eq!(found, Some((ada.clone(), vec![contact])));
    let history = f.store.history(f.desk.id(), ada.id, Some(tickets[2]), 10).await.unwrap();
    assert_eq!(history.iter().map(|(t, _)| t.id).collect::<Vec<_>>(), [tickets[1], tickets[0]]);
    assert!(history.iter().all(|(_, messages)| messages.len() == 1));
    assert!(f.store.history(f.desk.id(), ada.id, None, 0).await.unwrap().is_empty());
    let elsewhere = crate::fixture::elsewhere(&f);
    assert_eq!(f.store.customer(elsewhere.id(), ada.id).await.unwrap(), None);
}
