//! Mail that goes out: once, whatever happens on the way.

use std::{sync::Arc, time::Duration};

use domain::{
    commit::{Commit, DeliveryStatus, Op},
    ticket::{TicketStatus, Visibility},
};
use orchestrator::channels::email_in::{self, Received};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::Notify,
};

use crate::desk::{Desk, Running, mail, until};

/// A ticket by mail of this customer, answered by a person.
async fn answered(running: &Running, from: &str) -> domain::TicketId {
    let raw = mail("one@mail.example", "Subject: Boots\n", "Where?").replace("ada@example.com", from);
    let received = email_in::receive(&running.service.app, running.workspace, raw.as_bytes()).await.unwrap();
    let Received::Ticket { ticket_id, .. } = received else { panic!("it opens a ticket") };
    running.answer(ticket_id, "On their way.").await;
    ticket_id
}

/// The note and the call for a person that must be on the ticket.
async fn told(running: &Running, ticket: domain::TicketId, word: &str) {
    let note = running.said(ticket, 3).await.remove(2);
    assert_eq!(note.visibility, Visibility::Internal);
    assert!(note.body.contains(word), "{}", note.body);
    let ticket = running.ticket().await;
    assert_eq!(ticket.status, TicketStatus::WaitingForStaff);
    assert!(ticket.handoff.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_a_server_that_is_down_and_goes_out_once() {
    let mut desk = Desk::new();
    let running = desk.start().await;
    answered(&running, "ada@example.com").await;
    let waiting = until("sending was tried", || async {
        running.deliveries().await.into_iter().find(|delivery| delivery.error.is_some())
    })
    .await;
    assert_eq!((waiting.status, waiting.attempts), (DeliveryStatus::Pending, 0));
    assert!(waiting.next_attempt_at.is_some());
    desk.servers.start_smtp();
    desk.clock.forward(Duration::from_secs(10));
    running.delivery(DeliveryStatus::Sent).await;
    assert_eq!(desk.delivered(1).await.len(), 1);
    running.service.stop().await;
    // Another life of the service does not send it again.
    desk.clock.forward(Duration::from_secs(86_400));
    let running = desk.start().await;
    answer_and_wait(&running).await;
    assert_eq!(desk.servers.customers_mail().len(), 2);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_beyond_what_the_server_takes_waits_in_the_outbox_and_goes_out_by_itself() {
    let mut desk = Desk::new();
    desk.servers.start_smtp();
    desk.rate = "1/hour";
    let running = desk.start().await;
    let ticket = answered(&running, "ada@example.com").await;
    running.delivery(DeliveryStatus::Sent).await;
    running.answer(ticket, "One more thing.").await;
    let waiting = until("a mail that waits", || async {
        running.deliveries().await.into_iter().find(|delivery| delivery.error.is_some())
    })
    .await;
    assert_eq!((waiting.status, waiting.attempts), (DeliveryStatus::Pending, 0));
    let why = waiting.error.unwrap();
    assert!(why.starts_with("the limit of the mail server (1/hour); goes on at "), "{why}");
    assert_eq!(desk.servers.customers_mail().len(), 1);
    desk.clock.forward(Duration::from_secs(2 * 60 * 60));
    until("both are sent", || async {
        let all = running.deliveries().await;
        all.iter().all(|delivery| delivery.status == DeliveryStatus::Sent).then_some(())
    })
    .await;
    assert_eq!(desk.delivered(2).await.len(), 2);
    running.service.stop().await;
}

/// A second answer on the ticket that goes out: whatever was due before has gone out too.
async fn answer_and_wait(running: &Running) {
    running.answer(running.ticket().await.id, "One more thing.").await;
    until("the second answer is sent", || async {
        Some(running.deliveries().await)
            .filter(|all| all.len() == 2 && all.iter().all(|d| d.status == DeliveryStatus::Sent))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_sent_when_the_service_died_is_left_to_people() {
    let mut desk = Desk::new();
    desk.smtp_host = "";
    let running = desk.start().await;
    let ticket = answered(&running, "ada@example.com").await;
    let delivery = running.delivery(DeliveryStatus::Pending).await;
    let claim = Op::ChangeDelivery {
        id: delivery.id,
        from: DeliveryStatus::Pending,
        status: DeliveryStatus::Sending,
        error: None,
        at: delivery.created_at,
        next_attempt_at: None,
    };
    running.store.commit(Commit { ops: vec![claim] }).await.unwrap();
    running.service.stop().await;

    desk.smtp_host = "127.0.0.1";
    desk.servers.start_smtp();
    let running = desk.start().await;
    running.delivery(DeliveryStatus::Unknown).await;
    told(&running, ticket, "not known").await;
    // Mail that is queued later goes out, and only that.
    running.answer(ticket, "One more thing.").await;
    running.delivery(DeliveryStatus::Sent).await;
    assert_eq!(desk.servers.customers_mail().len(), 1);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_for_good_is_told_to_people() {
    let mut desk = Desk::new();
    desk.servers.start_smtp();
    let running = desk.start().await;
    let ticket = answered(&running, "gone@example.com").await;
    let failed = running.delivery(DeliveryStatus::Failed).await;
    assert!(failed.error.unwrap().contains("nobody of that name"));
    told(&running, ticket, "could not be sent").await;
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_puts_off_is_tried_again() {
    let mut desk = Desk::new();
    desk.servers.start_smtp();
    let running = desk.start().await;
    answered(&running, "full@example.com").await;
    for _ in 0..2 {
        let before = running.deliveries().await[0].updated_at;
        desk.clock.forward(Duration::from_secs(60));
        let tried = until("sending is tried again", || async {
            running.deliveries().await.into_iter().find(|delivery| delivery.updated_at > before)
        })
        .await;
        assert_eq!(tried.status, DeliveryStatus::Pending);
        assert!(tried.error.unwrap().contains("the mailbox is full"));
    }
    running.service.stop().await;
}

/// What a scripted server does with the content of a mail.
#[derive(Clone, Copy)]
enum After {
    /// Ends the connection without a word.
    Hangs,
    /// Refuses it for now the first time.
    Later,
}

/// An SMTP server that takes everything up to the end of the content. Counts contents.
async fn scripted(after: After) -> (u16, Arc<std::sync::atomic::AtomicUsize>, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let contents = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let taken = Arc::new(Notify::new());
    let (counted, told) = (Arc::clone(&contents), Arc::clone(&taken));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 scripted\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: &[u8] = match line.as_str() {
                    "DATA" => b"354 go on\r\n",
                    "QUIT" => break,
                    _ => b"250 fine\r\n",
                };
                if write.write_all(answer).await.is_err() {
                    break;
                }
                if line != "DATA" {
                    continue;
                }
                while lines.next_line().await.unwrap().is_some_and(|line| line != ".") {}
                let n = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                told.notify_one();
                match after {
                    After::Hangs => break,
                    After::Later if n == 0 => write.write_all(b"451 not now\r\n").await.unwrap(),
                    After::Later => write.write_all(b"250 taken\r\n").await.unwrap(),
                }
            }
        }
    });
    (port, contents, taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_after_the_hand_over_leaves_it_to_people() {
    let mut desk = Desk::new();
    let (port, contents, taken) = scripted(After::Hangs).await;
    desk.smtp_port = port;
    let running = desk.start().await;
    let ticket = answered(&running, "ada@example.com").await;
    taken.notified().await;
    let unknown = running.delivery(DeliveryStatus::Unknown).await;
    assert_eq!(unknown.attempts, 1);
    told(&running, ticket, "not known").await;
    running.service.stop().await;
    // Neither time nor another start repeats it.
    desk.clock.forward(Duration::from_secs(86_400));
    let running = desk.start().await;
    running.answer(ticket, "One more thing.").await;
    taken.notified().await;
    assert_eq!(contents.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert_eq!(running.store.delivery(unknown.id).await.unwrap().unwrap().attempts, 1);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clear_not_now_after_the_hand_over_is_tried_again() {
    let mut desk = Desk::new();
    let (port, contents, taken) = scripted(After::Later).await;
    desk.smtp_port = port;
    let running = desk.start().await;
    answered(&running, "ada@example.com").await;
    taken.notified().await;
    until("it is put off", || async {
        running
            .deliveries()
            .await
            .into_iter()
            .find(|d| d.status == DeliveryStatus::Pending && d.attempts == 1)
    })
    .await;
    desk.clock.forward(Duration::from_secs(10));
    let sent = running.delivery(DeliveryStatus::Sent).await;
    assert_eq!((sent.attempts, contents.load(std::sync::atomic::Ordering::SeqCst)), (2, 2));
    running.service.stop().await;
}
