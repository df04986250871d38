//! Customers who sign in: links that work once, sessions that end, tickets of one contact or of a company.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    ContactId, CustomerId, CustomerSessionId, ScanId, SuggestionId, TicketId,
    audit::{AuditAction, Deed},
    canonical::Digest,
    customer::{Contact, Customer},
    personal_data::{NewSuggestion, RedactedValue, ScanPlace, Suggestion, SuggestionStatus},
    ticket::{Channel, EventBody, Priority},
    user::Actor,
};
use serde_json::json;
use store::{
    AuditFilter, ChannelChange, ChannelSettings, CustomerSession, Redaction, RedactionOutcome, StoreError,
};

use crate::fixture::{Fixture, append, customer, elsewhere};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn deed(f: &Fixture, action: AuditAction) -> Deed {
    Deed { at: f.now(), actor: Actor::System, action, subject: "x".to_owned(), detail: json!({}) }
}

fn contact(f: &Fixture, customer_id: CustomerId, name: &str) -> Contact {
    let email = format!("{}@example.com", name.to_lowercase());
    Contact { id: f.id(ContactId::new), customer_id, name: name.to_owned(), email, created_at: f.now() }
}

/// Mira of a company of her own.
async fn mira(f: &Fixture) -> Contact {
    let company = Customer {
        id: f.id(CustomerId::new),
        name: "Halloran".to_owned(),
        tier: "standard".to_owned(),
        locale: "en".to_owned(),
        fields: Default::default(),
        created_at: f.now(),
        updated_at: f.now(),
    };
    let mira = contact(f, company.id, "Mira");
    f.desk.create_customer(company, mira.clone()).await.unwrap();
    mira
}

fn session(f: &Fixture, contact: &Contact) -> CustomerSession {
    CustomerSession {
        id: f.id(CustomerSessionId::new),
        contact_id: contact.id,
        created_at: f.now(),
        seen_at: f.now(),
        expires_at: f.now().plus(WEEK),
    }
}

async fn offer(f: &Fixture, contact: &Contact, digest: &str) {
    let until = f.now().plus(Duration::from_secs(60));
    assert!(f.desk.offer_customer_link(contact.id, digest.to_owned(), f.now(), until).await.unwrap());
}

async fn sign_in(f: &Fixture, contact: &Contact, digest: &str) -> Option<CustomerSession> {
    let session = session(f, contact);
    let deed = deed(f, AuditAction::CustomerSignedIn);
    let begun = f.desk.begin_customer_session(digest.to_owned(), session.clone(), deed).await.unwrap();
    begun.then_some(session)
}

async fn ticket_of(f: &Fixture, contact: &Contact, subject: &str) -> TicketId {
    let id = f.id(TicketId::new);
    let created = EventBody::Created {
        channel: Channel::Email,
        subject: subject.to_owned(),
        priority: Priority::Normal,
        customer_id: Some(contact.customer_id),
        contact_id: Some(contact.id),
    };
    f.desk.commit(append(id, vec![f.event(Actor::System, created)])).await.unwrap();
    id
}

pub async fn a_customers_link_is_used_once_with_all_of_their_others(f: Fixture) {
    let mira = mira(&f).await;
    let now = f.now();
    for digest in ["first", "second"] {
        offer(&f, &mira, digest).await;
        assert_eq!(f.desk.contact_of_link(digest, now).await.unwrap(), Some(mira.clone()));
    }
    let late = now.plus(Duration::from_secs(61));
    assert_eq!(f.desk.contact_of_link("first", late).await.unwrap(), None);
    assert_eq!(elsewhere(&f).contact_of_link("first", now).await.unwrap(), None);
    let other = Contact { id: f.id(ContactId::new), ..mira.clone() };
    assert_eq!(sign_in(&f, &other, "first").await, None, "a link is its contact's");
    let signed_in = sign_in(&f, &mira, "first").await.unwrap();
    for used in ["first", "second"] {
        assert_eq!(f.desk.contact_of_link(used, now).await.unwrap(), None);
        assert_eq!(sign_in(&f, &mira, used).await, None);
    }
    let known = f.desk.customer_session(signed_in.id, now).await.unwrap();
    assert_eq!(known, Some((signed_in, mira.clone())));
    let filter = AuditFilter { action: Some(AuditAction::CustomerSignedIn), ..AuditFilter::default() };
    assert_eq!(f.desk.audit_entries(&filter, None, 10).await.unwrap().len(), 1);
    let nobody = f.desk.offer_customer_link(other.id, "third".to_owned(), now, late).await.unwrap();
    assert!(!nobody, "there is no such contact");
}

pub async fn a_customers_session_goes_on_while_it_is_used_and_ends(f: Fixture) {
    let mira = mira(&f).await;
    offer(&f, &mira, "link").await;
    let session = sign_in(&f, &mira, "link").await.unwrap();
    let (id, begun) = (session.id, session.created_at);
    let later = begun.plus(Duration::from_secs(3 * 24 * 3600));
    f.desk.see_customer_session(id, later, later.plus(WEEK)).await.unwrap();
    assert!(f.desk.customer_session(id, begun.plus(WEEK)).await.unwrap().is_some());
    assert!(f.desk.customer_session(id, later.plus(WEEK)).await.unwrap().is_none());
    // What is over is not brought back.
    let over = later.plus(WEEK);
    f.desk.see_customer_session(id, over, over.plus(WEEK)).await.unwrap();
    assert!(f.desk.customer_session(id, over).await.unwrap().is_none());
    assert!(elsewhere(&f).customer_session(id, begun).await.unwrap().is_none());
    let out = || deed(&f, AuditAction::CustomerSignedOut);
    assert!(f.desk.end_customer_session(id, out()).await.unwrap());
    assert!(!f.desk.end_customer_session(id, out()).await.unwrap());
    assert!(f.desk.customer_session(id, begun).await.unwrap().is_none());
}

pub async fn a_customers_tickets_are_theirs_or_their_companys(f: Fixture) {
    let mira = mira(&f).await;
    let sam = contact(&f, mira.customer_id, "Sam");
    assert!(f.desk.add_contact(sam.clone(), deed(&f, AuditAction::ContactAdded)).await.unwrap());
    let again = f.desk.add_contact(contact(&f, mira.customer_id, "SAM"), deed(&f, AuditAction::ContactAdded));
    assert!(matches!(again.await, Err(StoreError::Taken(_))));
    let nowhere = contact(&f, f.id(CustomerId::new), "Eve");
    assert!(!f.desk.add_contact(nowhere, deed(&f, AuditAction::ContactAdded)).await.unwrap());

    let mut of_mira = Vec::new();
    for number in 0..3 {
        of_mira.push(ticket_of(&f, &mira, &format!("Mira {number}")).await);
    }
    let of_sam = ticket_of(&f, &sam, "Sam").await;
    f.open("somebody else's").await;
    let listed = async |company| {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = f.desk.tickets_of_contact(sam.id, company, 2, cursor.as_deref()).await.unwrap();
            all.extend(page.items.into_iter().map(|ticket| ticket.id));
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    };
    assert_eq!(listed(None).await, [of_sam]);
    let mut company = listed(Some(sam.customer_id)).await;
    company.sort();
    let mut all = [of_mira.clone(), vec![of_sam]].concat();
    all.sort();
    assert_eq!(company, all);
    let askers = f.desk.askers(&[of_sam, of_mira[0]]).await.unwrap();
    for (id, asker) in askers {
        let name = if id == of_sam { "Sam" } else { "Mira" };
        assert_eq!((asker.contact.as_deref(), asker.customer.as_deref()), (Some(name), Some("Halloran")));
    }
}

pub async fn channels_are_as_configured_until_a_workspace_says_otherwise(f: Fixture) {
    let south = f.store.create_workspace("south", "South").await.unwrap();
    let south = f.store.workspace(south.id);
    assert_eq!(f.desk.channel_settings().await.unwrap(), ChannelSettings::default());
    let sites = vec!["https://shop.example".to_owned()];
    let changes = [ChannelChange::CompanyTickets(true), ChannelChange::Sites(Some(sites.clone()))];
    for change in changes {
        f.desk.change_channel_settings(change, deed(&f, AuditAction::ChannelsChanged)).await.unwrap();
    }
    let set = ChannelSettings { sites: Some(sites.clone()), company_tickets: true };
    assert_eq!(f.desk.channel_settings().await.unwrap(), set, "each change leaves the other setting");
    assert_eq!(south.channel_settings().await.unwrap(), ChannelSettings::default());
    assert_eq!(f.store.chat_sites().await.unwrap(), [(f.desk.id(), sites)]);
    let back = ChannelChange::Sites(None);
    f.desk.change_channel_settings(back, deed(&f, AuditAction::ChannelsChanged)).await.unwrap();
    assert_eq!(f.store.chat_sites().await.unwrap(), []);
    assert!(f.desk.channel_settings().await.unwrap().company_tickets);
    let filter = AuditFilter { action: Some(AuditAction::ChannelsChanged), ..AuditFilter::default() };
    assert_eq!(f.desk.audit_entries(&filter, None, 10).await.unwrap().len(), 3);
}

pub async fn a_redaction_ends_what_its_contact_is_signed_in_with(f: Fixture) {
    let mira = mira(&f).await;
    let sam = contact(&f, mira.customer_id, "Sam");
    assert!(f.desk.add_contact(sam.clone(), deed(&f, AuditAction::ContactAdded)).await.unwrap());
    let ticket = ticket_of(&f, &mira, "A card").await;
    let text = "card 4242 4242 4242 4242";
    f.desk.commit(append(ticket, vec![f.said(customer(), text)])).await.unwrap();
    offer(&f, &mira, "used").await;
    let theirs = sign_in(&f, &mira, "used").await.unwrap();
    offer(&f, &sam, "of sam").await;
    let others = sign_in(&f, &sam, "of sam").await.unwrap();
    offer(&f, &mira, "not used").await;

    let message = f.desk.messages(ticket, None).await.unwrap().remove(0);
    let scanned = deed(&f, AuditAction::PersonalDataScanned);
    let scan = f.desk.begin_scan(f.id(ScanId::new), BTreeSet::new(), scanned).await.unwrap();
    let suggestion = Suggestion {
        id: f.id(SuggestionId::new),
        scan_id: scan.id,
        ticket_id: ticket,
        message_id: message.id,
        status: SuggestionStatus::Open,
        kinds: BTreeSet::from(["payment_card".to_owned()]),
        spans: Vec::new(),
        excerpt: "•••• 4242".to_owned(),
        decided_by: None,
        decided_at: None,
        created_at: f.now(),
    };
    let id = suggestion.id;
    let part = (ScanPlace::default(), ScanPlace { ticket: ticket.to_string(), version: 2 });
    let found = vec![NewSuggestion { text: Digest::of(text), suggestion }];
    assert!(f.desk.scan_read(scan.id, part, 1, found, f.now()).await.unwrap());
    let value = RedactedValue { value: "4242 4242 4242 4242".to_owned(), replacement: "[card]".to_owned() };
    let redaction = Redaction {
        suggestion: id,
        ticket,
        message: message.id,
        text: Digest::of(text),
        values: vec![value],
        kinds: BTreeSet::from(["payment_card".to_owned()]),
        deed: deed(&f, AuditAction::PersonalDataRedacted),
    };
    assert_eq!(f.desk.redact(redaction).await.unwrap(), RedactionOutcome::Done(Vec::new()));
    assert_eq!(f.desk.customer_session(theirs.id, f.now()).await.unwrap(), None);
    assert_eq!(f.desk.contact_of_link("not used", f.now()).await.unwrap(), None);
    assert!(f.desk.customer_session(others.id, f.now()).await.unwrap().is_some(), "others go on");
}
