//! Mail coming in: from raw bytes to a ticket, once.
//!
//! The `Message-ID` is the idempotency key of the event the mail becomes. Whoever hands a mail in
//! may do so again until it was told that it is in: nothing is taken twice, and a crash at any
//! point loses nothing.

use std::{fmt, sync::LazyLock};

use domain::{
    AttachmentId, ContactId, CustomerId, TicketId, WorkspaceId,
    commit::CommitError,
    ticket::{AttachmentRef, Channel, EmailHeaders, Priority, Ticket},
    user::Actor,
};
use parse::mail::quoted;
use regex::Regex;
use store::{Attachment, WorkspaceStore};
use tracing::{info, warn};

use super::{
    MailError,
    incoming::{self, File, Mail},
    senders::MAILS_PER_HOUR,
};
use crate::{
    app::App,
    intake::{MAX_BODY_CHARS, NewMessage, NewTicket},
};

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is in this ticket, which it opened or was added to.
    Ticket {
        ticket_id: TicketId,
        opened: bool,
    },
    /// It was taken in before.
    Duplicate {
        ticket_id: TicketId,
    },
    Ignored {
        why: Why,
    },
}

/// Why a mail was not made part of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A machine wrote it; the text says how that is known.
    Automatic(String),
    /// Its sender writes faster than a person does.
    TooMany,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic(why) => f.write_str(why),
            Self::TooMany => write!(f, "its sender has sent {MAILS_PER_HOUR} mails within the hour"),
        }
    }
}

/// Takes a raw mail (RFC 5322) into the workspace. Safe to repeat.
pub async fn receive(app: &App, workspace: WorkspaceId, raw: &[u8]) -> Result<Received, MailError> {
    let mail = incoming::read(raw, &app.config.email)?;
    let ignored = |why: Why| {
        warn!(from = %mail.from, message_id = %mail.message_id, %why, "a mail was ignored");
        metrics::counter!("countersign_mail_received_total", "result" => "ignored").increment(1);
        Ok(Received::Ignored { why })
    };
    if let Some(why) = &mail.automatic {
        return ignored(Why::Automatic(why.clone()));
    }
    let store = app.store.workspace(workspace);
    // The commit below is what decides; this spares the attachments of a mail that is known.
    if let Some(ticket_id) = store.ticket_of_email(std::slice::from_ref(&mail.message_id)).await? {
        return Ok(Received::Duplicate { ticket_id });
    }
    if !app.senders.may_send(workspace, &mail.from, app.clock.now()) {
        return ignored(Why::TooMany);
    }
    let (customer, contact) = app.intake.identify(workspace, &mail.from, &mail.from_name).await?;
    let contact = (customer.id, contact.id);
    let ticket = thread(&store, &mail, contact.0).await?;
    let from = mail.from.clone();
    let opened = ticket.is_none();
    let (body, attachments) = content(app, &store, &mail, opened).await?;
    match add(app, workspace, mail, ticket, contact, body, attachments).await {
        Ok(ticket_id) => {
            app.senders.took(workspace, &from, app.clock.now());
            info!(%from, %ticket_id, opened, "a mail was taken in");
            metrics::counter!("countersign_mail_received_total", "result" => "taken").increment(1);
            Ok(Received::Ticket { ticket_id, opened })
        }
        Err(CommitError::Duplicate { ticket_id, .. }) => Ok(Received::Duplicate { ticket_id }),
        Err(error) => Err(error.into()),
    }
}

/// The ticket a mail belongs to. What it refers to counts first: those ids are known only to who has had a mail
/// of the ticket, maybe in copy, so what another than its contact asks for there waits for a person
/// (`engine/judging.rs`). A number in the subject anybody can guess, so it counts for contacts of the ticket's
/// customer alone.
async fn thread(
    store: &WorkspaceStore,
    mail: &Mail,
    customer: CustomerId,
) -> Result<Option<Ticket>, MailError> {
    if let Some(id) = store.ticket_of_email(&mail.answers).await? {
        return Ok(store.ticket(id).await?);
    }
    for number in numbers(&mail.subject) {
        if let Some(ticket) = store.ticket_by_number(number).await?
            && ticket.customer_id == Some(customer)
        {
            return Ok(Some(ticket));
        }
    }
    Ok(None)
}

/// Ticket numbers in a subject: `Re: Boots [#123]`.
fn numbers(subject: &str) -> impl Iterator<Item = i64> {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\[#(\d{1,15})\]").expect("the pattern is valid"));
    NUMBER.captures_iter(subject).take(3).filter_map(|found| found[1].parse().ok())
}

/// The message's text, and its attachments in the store.
async fn content(
    app: &App,
    store: &WorkspaceStore,
    mail: &Mail,
    opens: bool,
) -> Result<(String, Vec<AttachmentRef>), MailError> {
    let split = quoted::split(&mail.text);
    // Who opens a case by passing a mail on wants that mail to be read.
    let mut body = if opens && split.forwards { mail.text.trim().to_owned() } else { split.new };
    let mut files = mail.files.clone();
    if body.chars().count() > MAX_BODY_CHARS - 1000 {
        files.push(File {
            name: "whole-text.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            content: std::mem::take(&mut body).into_bytes(),
        });
        body = mail.text.chars().take(MAX_BODY_CHARS / 2).collect();
        body.push_str("\n\n[The text goes on; all of it is in the attachment whole-text.txt.]");
    }
    if body.trim().is_empty() {
        body = "[The mail has no text.]".to_owned();
    }
    if !mail.left_out.is_empty() {
        let shown: String = mail.left_out.join(", ").chars().take(500).collect();
        body.push_str(&format!("\n\n[Attachments that were not taken: {shown}]"));
    }
    let mut attachments = Vec::with_capacity(files.len());
    for file in files {
        let attachment = Attachment {
            id: AttachmentId::new(&*app.ids),
            filename: file.name,
            content_type: file.content_type,
            content: file.content,
            created_at: app.clock.now(),
        };
        attachments.push(AttachmentRef {
            id: attachment.id,
            filename: attachment.filename.clone(),
            content_type: attachment.content_type.clone(),
            bytes: i64::try_from(attachment.content.len()).unwrap_or(i64::MAX),
        });
        store.put_attachment(attachment).await?;
    }
    Ok((body, attachments))
}

async fn add(
    app: &App,
    workspace: WorkspaceId,
    mail: Mail,
    ticket: Option<Ticket>,
    contact: (CustomerId, ContactId),
    body: String,
    attachments: Vec<AttachmentRef>,
) -> Result<TicketId, CommitError> {
    let name = if mail.from_name.is_empty() { mail.from.clone() } else { mail.from_name };
    let idempotency_key = Some(format!("email:{}", mail.message_id));
    let email = Some(EmailHeaders {
        in_reply_to: mail.answers.into_iter().next(),
        message_id: mail.message_id,
        references: mail.references,
        from: mail.from,
        to: mail.to,
    });
    if let Some(ticket) = ticket {
        let message = NewMessage {
            author_name: name,
            contact_id: Some(contact.1),
            body,
            attachments,
            email,
            idempotency_key,
        };
        app.intake.customer_message(workspace, ticket.id, message).await?;
        return Ok(ticket.id);
    }
    let receipt = app
        .intake
        .open_ticket(
            workspace,
            NewTicket {
                channel: Channel::Email,
                subject: mail.subject,
                priority: Priority::Normal,
                contact: Some(contact),
                contact_name: name,
                body,
                attachments,
                email,
                idempotency_key,
                actor: Actor::System,
            },
        )
        .await?;
    receipt
        .tickets
        .first()
        .map(|ticket| ticket.id)
        .ok_or_else(|| CommitError::Unavailable("the new ticket is missing from the receipt".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticket_numbers_are_read_from_subjects() {
        assert_eq!(
            numbers("Re: AW: Boots #4 [#123] [#x] [#99999999999999999999]").collect::<Vec<_>>(),
            [123]
        );
        assert_eq!(numbers("").count(), 0);
    }
}
