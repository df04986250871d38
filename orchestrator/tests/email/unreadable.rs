//! Mail that the mailbox lists and cannot hand out, played by a scripted server: a real one does so
//! only when its disk fails.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::desk::{Desk, mail, until};

/// How the server answers when the content of a mail is asked for.
#[derive(Clone, Debug)]
enum Content {
    Text(String),
    /// `BODY[] NIL`
    Nil,
    /// A body of no bytes, though the mail has a size.
    Empty,
    /// A tagged NO, and no mail.
    Refused,
}

#[derive(Debug)]
struct Letter {
    content: Content,
    asked: usize,
    flags: Option<String>,
}

/// A mailbox with mails by UID.
#[derive(Clone)]
struct Mailbox(Arc<Mutex<BTreeMap<u32, Letter>>>);

impl Mailbox {
    fn with(contents: Vec<Content>) -> Self {
        let letters = contents.into_iter().map(|content| Letter { content, asked: 0, flags: None });
        Self(Arc::new(Mutex::new((1..).zip(letters).collect())))
    }

    fn put(&self, uid: u32, content: Content) {
        self.0.lock().unwrap().get_mut(&uid).unwrap().content = content;
    }

    fn asked(&self, uid: u32) -> usize {
        self.0.lock().unwrap()[&uid].asked
    }

    fn flags(&self, uid: u32) -> Option<String> {
        self.0.lock().unwrap()[&uid].flags.clone()
    }

    async fn serve(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mailbox = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(mailbox.clone().talk(stream));
            }
        });
        port
    }

    async fn talk(self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"* OK scripted\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let (tag, command) = line.split_once(' ').unwrap();
            let answer = self.answer(tag, command);
            if write.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, tag: &str, command: &str) -> String {
        let mut letters = self.0.lock().unwrap();
        let mut words = command.splitn(4, ' ');
        let said = match (words.next().unwrap(), words.next()) {
            ("SELECT", _) => format!("* {} EXISTS\r\n", letters.len()),
            ("UID", Some("SEARCH")) => {
                let unseen = letters.iter().filter(|(_, letter)| letter.flags.is_none());
                let uids: Vec<String> = unseen.map(|(uid, _)| uid.to_string()).collect();
                format!("* SEARCH {}\r\n", uids.join(" "))
            }
            ("UID", Some("FETCH")) => {
                let uid: u32 = words.next().unwrap().parse().unwrap();
                let letter = letters.get_mut(&uid).unwrap();
                if words.next().unwrap().contains("RFC822.SIZE") {
                    format!("* {uid} FETCH (UID {uid} RFC822.SIZE 300)\r\n")
                } else {
                    letter.asked += 1;
                    match &letter.content {
                        Content::Text(text) => {
                            format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{text})\r\n", text.len())
                        }
                        Content::Nil => format!("* {uid} FETCH (UID {uid} BODY[] NIL)\r\n"),
                        Content::Empty => format!("* {uid} FETCH (UID {uid} BODY[] \"\")\r\n"),
                        Content::Refused => return format!("{tag} NO [SERVERBUG] it cannot be read\r\n"),
                    }
                }
            }
            ("UID", Some("STORE")) => {
                let uid: u32 = words.next().unwrap().parse().unwrap();
                letters.get_mut(&uid).unwrap().flags = words.next().map(str::to_owned);
                String::new()
            }
            _ => String::new(),
        };
        format!("{said}{tag} OK done\r\n")
    }
}

fn letter(id: &str, subject: &str) -> Content {
    Content::Text(mail(id, &format!("Subject: {subject}\n"), "Where are my boots?").replace('\n', "\r\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_without_content_stays_unread_and_is_asked_for_again() {
    let mailbox = Mailbox::with(vec![
        Content::Nil,
        Content::Empty,
        Content::Refused,
        letter("four@mail.example", "The fourth"),
    ]);
    let mut desk = Desk::new();
    (desk.imap, desk.imap_port) = (true, mailbox.serve().await);
    let running = desk.start().await;

    // The mail behind them comes in, in the same poll.
    assert_eq!(running.ticket().await.subject, "The fourth");
    until("the others are asked for again", || async {
        (1..=3).all(|uid| mailbox.asked(uid) >= 2).then_some(())
    })
    .await;
    assert_eq!([1, 2, 3].map(|uid| mailbox.flags(uid)), [None, None, None]);
    assert!(mailbox.flags(4).unwrap().contains("\\Seen"));

    // Once the server can read them they are taken.
    for (uid, subject) in [(1, "The first"), (2, "The second"), (3, "The third")] {
        mailbox.put(uid, letter(&format!("{uid}@mail.example"), subject));
    }
    until("all are in", || async { (running.tickets().await.len() == 4).then_some(()) }).await;
    until("all are seen", || async { (1..=4).all(|uid| mailbox.flags(uid).is_some()).then_some(()) }).await;
    assert!((1..=4).all(|uid| !mailbox.flags(uid).unwrap().contains("Flagged")));
    running.service.stop().await;
}
