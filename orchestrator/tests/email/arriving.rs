//! Mail that comes in.

use domain::{
    commit::DeliveryStatus,
    ticket::{Channel, TicketStatus},
    user::Actor,
};
use mail_parser::MessageParser;
use orchestrator::channels::email_in::{self, Received, Why};

use crate::desk::{ADA, Desk, mail, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_by_mail_stays_one_ticket() {
    let (desk, running) = Desk::open().await;
    desk.post(ADA, &mail("one@mail.example", "Subject: Boots\n", "Where are my boots?\n\n-- \nAda Byron"))
        .await;
    let ticket = running.ticket().await;
    assert_eq!((ticket.channel, ticket.subject.as_str(), ticket.number), (Channel::Email, "Boots", 1));
    let messages = running.messages(ticket.id).await;
    assert_eq!(messages[0].body, "Where are my boots?");
    assert!(
        matches!(&messages[0].author, Actor::Customer { contact_id: Some(_), name } if name == "Ada Byron")
    );

    running.answer(ticket.id, "They are on their way.").await;
    let sent = desk.delivered(1).await;
    let answer = MessageParser::default().parse(&sent[0]).unwrap();
    let id = answer.message_id().unwrap().to_owned();
    assert_eq!(id, format!("{}@nordfell.example", running.messages(ticket.id).await[1].id));
    assert_eq!(answer.subject(), Some("Re: Boots [#1]"));
    assert_eq!(answer.in_reply_to().as_text(), Some("one@mail.example"));
    assert_eq!(answer.references().as_text(), Some("one@mail.example"));
    assert_eq!(answer.from().unwrap().first().unwrap().address(), Some("support@nordfell.example"));
    assert_eq!(answer.to().unwrap().first().unwrap().address(), Some(ADA));
    assert_eq!(answer.body_text(0).unwrap().trim(), "They are on their way.");
    running.delivery(DeliveryStatus::Sent).await;

    let reply = "Thank you!\n\nOn Mon, 3 Feb 2025 at 09:12, Nordfell <support@nordfell.example> wrote:\n\n> They are on their way.\n>\n";
    let headers =
        format!("Subject: Something else\nIn-Reply-To: <{id}>\nReferences: <one@mail.example> <{id}>\n");
    desk.post(ADA, &mail("two@mail.example", &headers, reply)).await;
    let messages = running.said(ticket.id, 3).await;
    assert_eq!(messages[2].body, "Thank you!");
    assert_eq!(running.tickets().await[0].status, TicketStatus::Open);

    // Without any reference the number in the subject is enough for the same customer.
    desk.post(ADA, &mail("three@mail.example", "Subject: Re: Boots [#1]\n", "Still nothing.")).await;
    assert_eq!(running.said(ticket.id, 4).await[3].body, "Still nothing.");
    // It is for nobody else.
    let stranger = "From: Eve <eve@example.net>\nSubject: Re: Boots [#1]\nMessage-ID: <eve@mail.example>\n\nShip them to me.\n";
    desk.post("eve@example.net", stranger).await;
    until("a stranger's mail opens a ticket", || async {
        Some(running.tickets().await).filter(|all| all.len() == 2)
    })
    .await;
    assert_eq!(running.messages(ticket.id).await.len(), 4);
    // Nor does a note among colleagues lead anybody to the ticket, whoever knows its id.
    let note = running.note(ticket.id, "Careful with this one.").await;
    let guess = format!(
        "From: Eve <eve@example.net>\nSubject: Hi\nIn-Reply-To: <{note}@nordfell.example>\nMessage-ID: <eve2@mail.example>\n\nAnd now?\n"
    );
    desk.post("eve@example.net", &guess).await;
    until("a mail that answers a note opens a ticket", || async {
        Some(running.tickets().await).filter(|all| all.len() == 3)
    })
    .await;

    // Every mail is marked as seen, and nothing was sent twice.
    until("every mail is seen", || async {
        Some(desk.servers.support_flags()).filter(|flags| flags.len() == 5 && flags.iter().all(|f| f == "S"))
    })
    .await;
    assert_eq!(desk.servers.customers_mail().len(), 1);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_and_duplicates_open_no_tickets() {
    let (desk, running) = Desk::open().await;
    desk.post(
        ADA,
        &mail("out@mail.example", "Subject: Out of office\nAuto-Submitted: auto-replied\n", "I am away."),
    )
    .await;
    desk.post("", &mail("bounce@mail.example", "Subject: failed\nReturn-Path: <>\n", "No such user.")).await;
    desk.post(ADA, &mail("list@mail.example", "Subject: News\nPrecedence: bulk\n", "Buy!")).await;
    desk.post(ADA, &mail("one@mail.example", "Subject: Boots\n", "Where are my boots?")).await;
    desk.post(ADA, &mail("one@mail.example", "Subject: Boots\n", "Where are my boots?")).await;
    desk.post(ADA, "no headers at all, and no sender").await;
    until("every mail is seen", || async {
        Some(desk.servers.support_flags())
            .filter(|flags| flags.len() == 6 && flags.iter().all(|f| f.contains('S')))
    })
    .await;
    let tickets = running.tickets().await;
    assert_eq!(tickets.len(), 1);
    assert_eq!(running.messages(tickets[0].id).await.len(), 1);
    // What cannot be read is left for a person to see.
    assert_eq!(desk.servers.support_flags().iter().filter(|flags| flags.contains('F')).count(), 1);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_came_while_nobody_listened_is_taken_in_later() {
    let mut desk = Desk::new();
    desk.imap = true;
    desk.servers.start_smtp();
    desk.post(ADA, &mail("one@mail.example", "Subject: Boots\n", "Where are my boots?")).await;
    let running = desk.start().await;
    // The IMAP server comes up after the service has failed to reach it.
    desk.servers.start_imap();
    assert_eq!(running.ticket().await.subject, "Boots");
    desk.servers.stop_imap();
    desk.servers.start_imap();
    desk.post(
        ADA,
        &mail("two@mail.example", "In-Reply-To: <one@mail.example>\nSubject: Re: Boots\n", "And the tent?"),
    )
    .await;
    assert_eq!(running.said(running.ticket().await.id, 2).await[1].body, "And the tent?");
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_mail_is_taken_once_with_its_attachments() {
    let desk = Desk::new();
    let running = desk.start().await;
    let receive = async |raw: &str| {
        email_in::receive(&running.service.app, running.workspace, raw.as_bytes()).await.unwrap()
    };
    let raw = format!(
        "From: {ADA}\nSubject: Photo\nMessage-ID: <photo@mail.example>\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nSee the photo.\n--b\nContent-Type: image/png; name=\"../boot.png\"\nContent-Transfer-Encoding: base64\n\niVBORw0=\n\
         --b\nContent-Type: video/mp4; name=film.mp4\n\n{}\n--b--\n",
        "x".repeat(3000)
    );
    let Received::Ticket { ticket_id, opened: true } = receive(&raw).await else {
        panic!("it opens a ticket")
    };
    assert_eq!(receive(&raw).await, Received::Duplicate { ticket_id });
    let message = running.messages(ticket_id).await.remove(0);
    assert!(
        message.body.starts_with("See the photo.\n\n[Attachments that were not taken: film.mp4 "),
        "{}",
        message.body
    );
    let [file] = message.attachments.as_slice() else { panic!("one attachment") };
    assert_eq!(
        (file.filename.as_str(), file.content_type.as_str(), file.bytes),
        ("boot.png", "image/png", 5)
    );
    assert_eq!(running.store.attachment(file.id).await.unwrap().unwrap().content, b"\x89PNG\r");
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_mail_from_many_hands_is_one_message() {
    let desk = Desk::new();
    let running = desk.start().await;
    let raw = mail("one@mail.example", "Subject: Boots\n", "Where are my boots?");
    let all = futures::future::join_all(
        (0..8).map(|_| email_in::receive(&running.service.app, running.workspace, raw.as_bytes())),
    )
    .await;
    let opened = all.iter().filter(|r| matches!(r, Ok(Received::Ticket { opened: true, .. }))).count();
    let known = all.iter().filter(|r| matches!(r, Ok(Received::Duplicate { .. }))).count();
    assert_eq!((opened, known), (1, 7), "{all:?}");
    assert_eq!(running.tickets().await.len(), 1);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_who_writes_like_a_machine_is_held_off_for_an_hour() {
    let desk = Desk::new();
    let running = desk.start().await;
    let receive = async |n: usize| {
        let raw = mail(&format!("{n}@mail.example"), "Subject: Boots\n", "ping");
        email_in::receive(&running.service.app, running.workspace, raw.as_bytes()).await.unwrap()
    };
    for n in 0..20 {
        assert!(matches!(receive(n).await, Received::Ticket { .. }));
    }
    assert_eq!(receive(20).await, Received::Ignored { why: Why::TooMany });
    desk.clock.forward(std::time::Duration::from_secs(3600));
    assert!(matches!(receive(20).await, Received::Ticket { .. }));
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_forwards_a_mail_wants_it_read() {
    let desk = Desk::new();
    let running = desk.start().await;
    let body = "Is this real?\n\n---------- Forwarded message ---------\nFrom: Nordfell <x@y.example>\nSubject: You won\n\nClick here.";
    let raw = mail("one@mail.example", "Subject: Fwd: You won\n", body);
    email_in::receive(&running.service.app, running.workspace, raw.as_bytes()).await.unwrap();
    assert!(running.messages(running.ticket().await.id).await[0].body.contains("Click here."));
    running.service.stop().await;
}
