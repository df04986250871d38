//! How each record becomes a row and a row becomes a record again.

mod approvals;
mod runs;

use std::{fmt::Display, str::FromStr};

use domain::{
    TicketId, Timestamp, WorkspaceId,
    commit::DeliveryStatus,
    effect::Effect,
    model::Usage,
    run::Step,
    ticket::{Event, Message, Ticket, Visibility},
};
use serde::de::DeserializeOwned;
use sqlx::{Row as _, any::AnyRow};

use crate::{
    Delivery, FollowUp, StoreError,
    sql::{Binds, Table},
};

pub(crate) use approvals::{
    APPROVALS, DECISIONS, approval_search, get_approval, get_decision, put_approval, put_decision,
};

pub(crate) use runs::{RUNS, get_run, put_run};

/// Reads columns by name and says which one is at fault.
pub(crate) struct Columns<'r> {
    pub table: &'static str,
    pub row: &'r AnyRow,
}

impl Columns<'_> {
    pub(crate) fn bad(&self, column: &str, why: impl Display) -> StoreError {
        StoreError::Row { table: self.table, why: format!("{column}: {why}") }
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn opt_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn opt_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn at(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp)
    }

    pub(crate) fn opt_at(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.opt_int(column)?.map(Timestamp))
    }

    fn borrowed(&self, column: &str) -> Result<&str, StoreError> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn id<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, StoreError> {
        self.borrowed(column)?.parse().map_err(|error| self.bad(column, error))
    }

    pub(crate) fn opt_id<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.row.try_get(column).map_err(|error| self.bad(column, error))?;
        text.map(str::parse).transpose().map_err(|error| self.bad(column, error))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.borrowed(column)?).map_err(|error| self.bad(column, error))
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.row.try_get(column).map_err(|error| self.bad(column, error))?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.bad(column, error))
    }

    /// A word of a closed set.
    pub(crate) fn word<T>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.borrowed(column)?;
        parse(text).ok_or_else(|| self.bad(column, format!("`{text}` is not known")))
    }

    fn usage(&self) -> Result<Usage, StoreError> {
        Ok(Usage {
            tokens_in: self.int("tokens_in")?,
            tokens_out: self.int("tokens_out")?,
            cost_micros: self.int("cost_micros")?,
        })
    }
}

fn columns<'r>(table: &'static str, row: &'r AnyRow) -> Columns<'r> {
    Columns { table, row }
}

/// Rows of the table, read one by one.
pub(crate) fn all<T>(
    rows: &[AnyRow],
    read: impl Fn(&AnyRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

pub(crate) fn workspace_of(row: &AnyRow) -> Result<WorkspaceId, StoreError> {
    columns("(any)", row).id("workspace_id")
}

// Tickets, events, messages.

pub(crate) const TICKETS: Table = Table {
    name: "tickets",
    columns: &[
        "workspace_id",
        "id",
        "number",
        "status",
        "channel",
        "customer_id",
        "contact_id",
        "assignee_id",
        "priority",
        "version",
        "search",
        "snapshot",
        "created_at",
        "updated_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &["number", "channel", "created_at"],
};

pub(crate) fn put_ticket((workspace, ticket): &(WorkspaceId, &Ticket), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(ticket.id)
        .int(ticket.number)
        .text(ticket.status.as_str())
        .text(ticket.channel.as_str())
        .opt_id(ticket.customer_id)
        .opt_id(ticket.contact_id)
        .opt_id(ticket.assignee)
        .text(ticket.priority.as_str())
        .int(ticket.version)
        .text(ticket_search(ticket))
        .json(ticket)
        .at(ticket.created_at)
        .at(ticket.updated_at);
}

fn ticket_search(ticket: &Ticket) -> String {
    let mut text = format!("#{} {}", ticket.number, ticket.subject.to_lowercase());
    for tag in &ticket.tags {
        text.push(' ');
        text.push_str(&tag.to_lowercase());
    }
    text
}

/// Needs the column `snapshot`.
pub(crate) fn get_ticket(row: &AnyRow) -> Result<Ticket, StoreError> {
    columns("tickets", row).json("snapshot")
}

pub(crate) const EVENTS: Table = Table {
    name: "events",
    columns: &[
        "workspace_id",
        "position",
        "id",
        "ticket_id",
        "version",
        "idempotency_key",
        "actor",
        "body",
        "at",
    ],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_event((workspace, event, key): &(WorkspaceId, &Event, Option<&str>), binds: &mut Binds) {
    binds
        .id(workspace)
        .int(event.position)
        .id(event.id)
        .id(event.ticket_id)
        .int(event.version)
        .opt_text(*key)
        .json(&event.actor)
        .json(&event.body)
        .at(event.at);
}

pub(crate) fn get_event(row: &AnyRow) -> Result<Event, StoreError> {
    let c = columns("events", row);
    Ok(Event {
        id: c.id("id")?,
        ticket_id: c.id("ticket_id")?,
        version: c.int("version")?,
        position: c.int("position")?,
        actor: c.json("actor")?,
        body: c.json("body")?,
        at: c.at("at")?,
    })
}

pub(crate) const MESSAGES: Table = Table {
    name: "messages",
    columns: &[
        "workspace_id",
        "ticket_id",
        "version",
        "id",
        "visibility",
        "email_message_id",
        "message",
        "at",
    ],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_message(
    (workspace, ticket_id, version, message): &(WorkspaceId, TicketId, i64, &Message),
    binds: &mut Binds,
) {
    binds
        .id(workspace)
        .id(ticket_id)
        .int(*version)
        .id(message.id)
        .text(visibility(message.visibility))
        .opt_text(message.email.as_ref().map(|email| email.message_id.as_str()))
        .json(message)
        .at(message.at);
}

pub(crate) fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Internal => "internal",
    }
}

pub(crate) fn get_message(row: &AnyRow) -> Result<(i64, Message), StoreError> {
    let c = columns("messages", row);
    Ok((c.int("version")?, c.json("message")?))
}

pub(crate) const FOLLOW_UPS: Table = Table {
    name: "follow_ups",
    columns: &["workspace_id", "ticket_id", "version", "due_at", "note"],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_follow_up((workspace, follow_up): &(WorkspaceId, &FollowUp), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(follow_up.ticket_id)
        .int(follow_up.version)
        .at(follow_up.due_at)
        .text(follow_up.note.as_str());
}

pub(crate) fn get_follow_up(row: &AnyRow) -> Result<FollowUp, StoreError> {
    let c = columns("follow_ups", row);
    Ok(FollowUp {
        ticket_id: c.id("ticket_id")?,
        version: c.int("version")?,
        due_at: c.at("due_at")?,
        note: c.text("note")?,
    })
}

// Steps.

pub(crate) const STEPS: Table = Table {
    name: "steps",
    columns: &[
        "workspace_id",
        "run_id",
        "seq",
        "body",
        "input_digest",
        "tokens_in",
        "tokens_out",
        "cost_micros",
        "prompt",
        "model",
        "started_at",
        "finished_at",
    ],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_step((workspace, run_id, step): &(WorkspaceId, domain::RunId, &Step), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(run_id)
        .int(step.seq)
        .json(&step.body)
        .opt_text(step.input_digest.as_ref().map(|digest| digest.0.as_str()))
        .int(step.usage.tokens_in)
        .int(step.usage.tokens_out)
        .int(step.usage.cost_micros)
        .opt_text(step.prompt.as_deref())
        .opt_text(step.model.as_deref())
        .at(step.started_at)
        .at(step.finished_at);
}

pub(crate) fn get_step(row: &AnyRow) -> Result<Step, StoreError> {
    let c = columns("steps", row);
    let seq = c.int("seq")?;
    let step = || {
        Ok(Step {
            seq,
            body: c.json("body")?,
            input_digest: c.opt_text("input_digest")?.map(domain::canonical::Digest),
            usage: c.usage()?,
            prompt: c.opt_text("prompt")?,
            model: c.opt_text("model")?,
            started_at: c.at("started_at")?,
            finished_at: c.at("finished_at")?,
        })
    };
    step().map_err(|error| match error {
        StoreError::Row { table, why } => StoreError::Row { table, why: format!("step {seq}: {why}") },
        other => other,
    })
}

// Effects.

pub(crate) const EFFECTS: Table = Table {
    name: "effects",
    columns: &[
        "workspace_id",
        "id",
        "run_id",
        "call_id",
        "status",
        "effect",
        "agent",
        "confidence",
        "created_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &["run_id", "call_id", "agent", "confidence", "created_at"],
};

pub(crate) fn put_effect((workspace, effect): &(WorkspaceId, &Effect), binds: &mut Binds) {
    let facts = effect.judged.as_ref().map(|judged| &judged.facts);
    binds
        .id(workspace)
        .id(effect.id)
        .id(effect.run_id)
        .text(effect.call.id.as_str())
        .text(effect.status.as_str())
        .json(effect)
        .opt_text(facts.map(|facts| facts.agent.as_str()))
        .opt_int(facts.map(|facts| (f64::from(facts.confidence) * 1000.0).round() as i64))
        .at(effect.created_at);
}

pub(crate) fn get_effect(row: &AnyRow) -> Result<Effect, StoreError> {
    columns("effects", row).json("effect")
}

// Deliveries.

pub(crate) const DELIVERIES: Table = Table {
    name: "deliveries",
    columns: &[
        "workspace_id",
        "id",
        "ticket_id",
        "message_id",
        "status",
        "attempts",
        "error",
        "next_attempt_at",
        "created_at",
        "updated_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &["ticket_id", "message_id", "created_at"],
};

pub(crate) fn put_delivery((workspace, delivery): &(WorkspaceId, &Delivery), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(delivery.id)
        .id(delivery.ticket_id)
        .id(delivery.message_id)
        .text(delivery.status.as_str())
        .int(delivery.attempts)
        .opt_text(delivery.error.as_deref())
        .opt_at(delivery.next_attempt_at)
        .at(delivery.created_at)
        .at(delivery.updated_at);
}

pub(crate) fn get_delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let c = columns("deliveries", row);
    let status = |text: &str| {
        [
            DeliveryStatus::Pending,
            DeliveryStatus::Sending,
            DeliveryStatus::Sent,
            DeliveryStatus::Failed,
            DeliveryStatus::Unknown,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    };
    Ok(Delivery {
        id: c.id("id")?,
        ticket_id: c.id("ticket_id")?,
        message_id: c.id("message_id")?,
        status: c.word("status", status)?,
        attempts: c.int("attempts")?,
        error: c.opt_text("error")?,
        next_attempt_at: c.opt_at("next_attempt_at")?,
        created_at: c.at("created_at")?,
        updated_at: c.at("updated_at")?,
    })
}
