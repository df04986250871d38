//! The ticket of a furnished workspace.

use domain::{
    knowledge::Citation,
    ticket::{Channel, EmailHeaders, EventBody, Visibility},
    user::Actor,
};

use super::{
    MARK,
    world::{EMAIL, MAIL, SLUG, World},
};
use crate::fixture::{Fixture, append, customer};

/// A ticket that came by mail, with an answer that rests on the document and a follow-up.
pub async fn furnish(f: &Fixture, w: &mut World) {
    let created = EventBody::Created {
        channel: Channel::Email,
        subject: MARK.to_owned(),
        priority: domain::ticket::Priority::Normal,
        customer_id: Some(w.customer),
        contact_id: Some(w.contact),
    };
    let created = f.event(Actor::System, created);
    w.event = created.id;
    let mut asked = f.message(customer(), Visibility::Public, MARK);
    asked.email = Some(EmailHeaders {
        message_id: MAIL.to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        from: EMAIL.to_owned(),
        to: MARK.to_owned(),
    });
    let mut answer = f.message(w.actor(), Visibility::Public, MARK);
    answer.sources = vec![Citation {
        chunk_id: w.chunk,
        document_id: w.document,
        document_version: 1,
        slug: SLUG.to_owned(),
        title: MARK.to_owned(),
        quote: MARK.to_owned(),
        span: None,
    }];
    w.message = answer.id;
    let added =
        [asked, answer].map(|message| f.event(message.author.clone(), EventBody::MessageAdded { message }));
    let later = EventBody::FollowUpScheduled { at: w.at, note: MARK.to_owned() };
    let status = domain::ticket::TicketStatus::Resolved;
    let resolved = EventBody::StatusChanged { status, reason: MARK.to_owned() };
    let mut events = vec![created];
    events.extend(added);
    events.push(f.event(Actor::System, later));
    w.follow_up = events.len() as i64;
    let agent = Actor::Agent { agent: "resolution".to_owned(), run_id: w.run };
    events.push(f.event(agent, resolved));
    let mut note = f.message(w.actor(), Visibility::Internal, MARK);
    note.mentions = vec![w.user];
    events.push(f.event(w.actor(), EventBody::MessageAdded { message: note }));
    f.desk.commit(append(w.ticket, events)).await.unwrap();
    w.delivery = f.desk.deliveries(None, 1, None).await.unwrap().items[0].id;
    w.citation = f.desk.uses_of(w.document, 1, None).await.unwrap().items[0].id;
}
