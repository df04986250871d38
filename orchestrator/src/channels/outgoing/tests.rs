//! Mails as they leave, read back by the parser.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ChunkId, ContactId, CustomerId, DocumentId, RunId, TicketId, UserId,
    knowledge::Citation,
    ticket::{Channel, EmailHeaders, Priority, TicketStatus},
};
use mail_parser::MessageParser;
use uuid::Uuid;

use super::*;
use crate::config::Config;

fn config() -> EmailConfig {
    Config::with("[email]\naddress = \"help@nordfell.example\"\nname = \"Nordfell Søppört\"").unwrap().email
}

fn ticket(subject: &str) -> Ticket {
    Ticket {
        id: TicketId(Uuid::from_u128(1)),
        number: 42,
        channel: Channel::Email,
        subject: subject.to_owned(),
        status: TicketStatus::Open,
        priority: Priority::Normal,
        tags: BTreeSet::new(),
        fields: BTreeMap::new(),
        customer_id: None,
        contact_id: None,
        assignee: None,
        handoff: None,
        version: 3,
        customer_version: 2,
        message_count: 2,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn contact() -> Contact {
    Contact {
        id: ContactId(Uuid::from_u128(2)),
        customer_id: CustomerId(Uuid::from_u128(3)),
        name: "Ada \"The\" Byron\r\nBcc: evil@example.com".to_owned(),
        email: "ada@example.com".to_owned(),
        created_at: Timestamp(0),
    }
}

fn message(n: u128, author: Actor, body: &str) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(n)),
        author,
        visibility: Visibility::Public,
        body: body.to_owned(),
        sources: Vec::new(),
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at: Timestamp(0),
    }
}

fn source(slug: &str, title: &str) -> Citation {
    Citation {
        chunk_id: ChunkId(Uuid::from_u128(5)),
        document_id: DocumentId(Uuid::from_u128(6)),
        document_version: 1,
        slug: slug.to_owned(),
        title: title.to_owned(),
        quote: "…".to_owned(),
        span: None,
    }
}

fn customer(n: u128, id: &str, references: &[&str]) -> Message {
    let mut message = message(n, Actor::Customer { contact_id: None, name: "Ada".to_owned() }, "hello");
    message.email = Some(EmailHeaders {
        message_id: id.to_owned(),
        in_reply_to: None,
        references: references.iter().map(|id| (*id).to_owned()).collect(),
        from: "ada@example.com".to_owned(),
        to: "help@nordfell.example".to_owned(),
    });
    message
}

fn staff() -> Actor {
    Actor::User { user_id: UserId(Uuid::from_u128(9)), name: "Bo".to_owned() }
}

fn agent() -> Actor {
    Actor::Agent { agent: "resolution".to_owned(), run_id: RunId(Uuid::from_u128(8)) }
}

#[test]
fn an_answer_stands_in_its_thread_with_its_sources() {
    let mut answer = message(12, agent(), "Grüße: it is on its way [1].");
    answer.sources.push(source("late-parcel", "Late or missing parcel"));
    let first = message(11, staff(), "We look into it.");
    let thread = vec![
        customer(10, "one@mail.example", &["zero@mail.example"]),
        first,
        customer(13, "two@mail.example", &[]),
        answer.clone(),
    ];
    let built = build(
        &ticket("RE: AW: Where is it? [#42]"),
        &contact(),
        &answer,
        &thread,
        &config(),
        Timestamp(1_700_000_000_000_000),
    )
    .unwrap();
    assert!(built.content.is_ascii());
    let mail = MessageParser::default().parse(&built.content).unwrap();
    assert_eq!(mail.subject(), Some("Re: Where is it? [#42]"));
    assert_eq!(mail.message_id(), Some("00000000-0000-0000-0000-00000000000c@nordfell.example"));
    assert_eq!(mail.in_reply_to().as_text(), Some("two@mail.example"));
    let references: Vec<&str> = mail.references().as_text_list().unwrap().iter().map(AsRef::as_ref).collect();
    let ours = "00000000-0000-0000-0000-00000000000b@nordfell.example";
    assert_eq!(references, ["zero@mail.example", "one@mail.example", ours, "two@mail.example"]);
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-replied"));
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Nordfell Søppört"));
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text, "Grüße: it is on its way [1].\n\n--\nSources:\n[1] Late or missing parcel\n");
}

#[test]
fn the_text_stays_as_it_is_written_and_who_reads_html_sees_what_it_means() {
    let body = "Hello **Ada**,\nsee [returns](https://northfold.example/returns) [1].\n\n<b>Bo</b>";
    let mut answer = message(12, staff(), body);
    answer.sources.push(source("returns", "Returns & <refunds>"));
    let thread = std::slice::from_ref(&answer);
    let mail = || build(&ticket("x"), &contact(), &answer, thread, &config(), Timestamp(0)).unwrap().content;
    let content = mail();
    assert_eq!(content, mail(), "a mail that is sent again is the same mail");
    let mail = MessageParser::default().parse(&content).unwrap();
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text, format!("{body}\n\n--\nSources:\n[1] Returns & <refunds>\n"));
    assert_eq!(
        mail.body_html(0).unwrap(),
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><p>Hello <strong>Ada</strong>,<br>see \
         <a href=\"https://northfold.example/returns\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">returns</a> \
         [1].</p><p>&lt;b&gt;Bo&lt;/b&gt;</p><hr><p>Sources:<br>[1] Returns &amp; &lt;refunds&gt;</p></body></html>"
    );
    let system = message(13, Actor::System, "*as it is*");
    let built = build(&ticket("x"), &contact(), &system, &[], &config(), Timestamp(0)).unwrap();
    assert!(!String::from_utf8(built.content).unwrap().contains("text/html"));
}

/// Mail programs that write HTML alone quote our page, and not our text.
#[test]
fn our_own_mail_is_told_from_the_answer_to_it() {
    let answer = message(12, staff(), "Hello,\n\n1. one\n2. two\n\n> you asked\n\nBest\n--\nBo");
    let page = page(&answer).unwrap();
    let page = page.split_once("<body>").unwrap().1.trim_end_matches("</body></html>");
    let reply = format!(
        "<div dir=\"ltr\">Thanks, that helped.</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">\
         On Mon, 23 Nov 2026 at 09:00, Bo &lt;help@nordfell.example&gt; wrote:<br></div>\
         <blockquote class=\"gmail_quote\">{page}</blockquote></div>"
    );
    let raw = format!(
        "From: ada@example.com\r\nTo: help@nordfell.example\r\nMessage-ID: <r@mail.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n{reply}\r\n"
    );
    let mail = crate::channels::incoming::read(raw.as_bytes(), &config()).unwrap();
    assert_eq!(parse::mail::quoted::split(&mail.text).new, "Thanks, that helped.");
}

#[test]
fn a_name_cannot_add_headers_and_a_person_is_not_a_machine() {
    let answer = message(12, staff(), "Hello.");
    let built = build(
        &ticket("x\r\nBcc: evil@example.com"),
        &contact(),
        &answer,
        std::slice::from_ref(&answer),
        &config(),
        Timestamp(0),
    )
    .unwrap();
    let mail = MessageParser::default().parse(&built.content).unwrap();
    assert!(mail.bcc().is_none());
    assert!(mail.header_raw("Auto-Submitted").is_none());
    assert!(mail.header_raw("In-Reply-To").is_none());
    assert_eq!(built.envelope.to().len(), 1);
}

#[test]
fn long_threads_keep_their_first_and_last_ids() {
    let mut thread: Vec<Message> =
        (0..60).map(|n| customer(100 + n, &format!("m{n}@mail.example"), &[])).collect();
    let answer = message(12, staff(), "Hello.");
    thread.push(answer.clone());
    let ids = references(&answer, &thread, &config());
    assert_eq!((ids.len(), ids[0].as_str(), ids[19].as_str()), (20, "m0@mail.example", "m59@mail.example"));
}

#[test]
fn an_address_that_is_none_is_a_clear_error() {
    let mut nobody = contact();
    nobody.email = "not an address".to_owned();
    let answer = message(12, staff(), "Hello.");
    let error = build(&ticket("x"), &nobody, &answer, &[], &config(), Timestamp(0)).err().unwrap();
    assert!(error.contains("not an address"), "{error}");
}
