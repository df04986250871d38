//! Taking values out of everything that is kept of a ticket. Events, steps and rows stay where they are,
//! and say something else from then on.

use std::collections::BTreeSet;

use domain::{
    MessageId, RunId, SuggestionId, TicketId, WorkspaceId,
    audit::Deed,
    canonical::Digest,
    personal_data::{RedactedValue, SuggestionStatus},
    ticket::{EventBody, Message, Redacted, Ticket},
};
use serde_json::Value;
use sqlx::AnyConnection;

use super::{audit::append, personal_data::decide};
use crate::{
    StoreError, WorkspaceStore,
    rows::{self, Columns, TICKETS},
    sql::Binds,
};

/// What is to be taken out, by whom.
#[derive(Clone, Debug)]
pub struct Redaction {
    pub suggestion: SuggestionId,
    pub ticket: TicketId,
    pub message: MessageId,
    /// Of the message's text as it was when the values were found in it.
    pub text: Digest,
    /// The longest first, so that none is a part of a later one.
    pub values: Vec<RedactedValue>,
    pub kinds: BTreeSet<String>,
    /// What the audit says. The numbers of what was changed are added to its detail.
    pub deed: Deed,
}

/// What became of a redaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactionOutcome {
    /// With the runs whose journals changed.
    Done(Vec<RunId>),
    /// Somebody decided about the suggestion before.
    Decided,
    /// The message says something else by now: find the values again.
    Changed,
    /// An agent works on the ticket, or a run of it waits.
    Busy,
}

/// Runs that stand against it: those that work on the ticket or are about it, and a colleague's question that may be
/// reading it now. Each part has an index to itself, where one condition would be asked of all runs; as a plain `UNION`
/// they would be put in order, which SQLite may do by walking through all of them.
const BUSY: &str = "SELECT id FROM runs WHERE workspace_id = $1 AND ticket_id = $2 \
                    AND status IN ('queued', 'running', 'waiting') \
                    UNION ALL SELECT id FROM runs WHERE workspace_id = $1 AND about_ticket_id = $2 \
                    AND status IN ('queued', 'running', 'waiting') \
                    UNION ALL SELECT id FROM runs WHERE workspace_id = $1 AND status = 'running' AND asked IS NOT NULL";

/// Runs that may hold something of the ticket, in the same way. Journals of questions that read it name it wherever they
/// do.
const RUNS: &str = "SELECT id FROM runs WHERE workspace_id = $1 AND ticket_id = $2 \
                    UNION ALL SELECT id FROM runs WHERE workspace_id = $1 AND about_ticket_id = $2 \
                    UNION ALL SELECT id FROM runs WHERE workspace_id = $1 AND thread_id IS NOT NULL \
                    AND EXISTS (SELECT 1 FROM steps AS s WHERE s.workspace_id = $1 AND s.run_id = runs.id \
                    AND s.body LIKE '%' || $2 || '%')";

/// Columns with JSON that belong to the runs of a ticket: table, key, column.
const OF_RUNS: [(&str, &str, &str); 6] = [
    ("approvals", "id", "approval"),
    ("effects", "id", "effect"),
    ("runs", "id", "outcome"),
    ("runs", "id", "asked"),
    ("runs", "id", "errand"),
    ("decisions", "id", "decision"),
];

impl WorkspaceStore {
    /// Replaces values in the ticket's messages, events, snapshot and search text, in the journals, approvals,
    /// decisions, effects and outcomes of its runs, in its follow-ups, in cases that were made of decisions about it and in
    /// the questions that gaps keep of it.
    /// With the suggestion's end and its entry in the audit, in one transaction, which also ends what the ticket's
    /// contact is signed in with.
    pub async fn redact(&self, redaction: Redaction) -> Result<RedactionOutcome, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let mut deed = redaction.deed.clone();
                    let mut work = Work { connection, workspace, redaction: &redaction };
                    let number = match work.lock(shared.dialect.lock_one()).await? {
                        Ok(number) => number,
                        Err(why) => return Ok(why),
                    };
                    let messages = work.messages().await?;
                    let (events, ticket) = work.events(number).await?;
                    shared
                        .statements
                        .write(work.connection, &TICKETS, &[(workspace, &ticket)], rows::put_ticket)
                        .await?;
                    let runs = work.runs().await?;
                    work.beside().await?;
                    work.sessions().await?;
                    let by = (&deed.actor, deed.at);
                    let id = (workspace, redaction.suggestion);
                    decide(work.connection, id, SuggestionStatus::Redacted, by.0, by.1).await?;
                    deed.detail["messages"] = messages.into();
                    deed.detail["events"] = events.into();
                    deed.detail["runs"] = runs.len().into();
                    append(work.connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(RedactionOutcome::Done(runs))
                })
            })
            .await
    }
}

struct Work<'a> {
    connection: &'a mut AnyConnection,
    workspace: WorkspaceId,
    redaction: &'a Redaction,
}

impl Work<'_> {
    /// Of the ticket.
    fn key(&self) -> Binds {
        let mut binds = Binds::default();
        binds.id(self.workspace).id(self.redaction.ticket);
        binds
    }

    /// The ticket's number, when nothing stands against it.
    async fn lock(&mut self, lock: &str) -> Result<Result<i64, RedactionOutcome>, StoreError> {
        let ticket = format!("SELECT number FROM tickets WHERE workspace_id = $1 AND id = $2{lock}");
        let rows = self.key().fetch_all(self.connection, ticket.as_str().into()).await?;
        let Some(row) = rows.first() else { return Ok(Err(RedactionOutcome::Changed)) };
        let number = Columns { table: "tickets", row }.int("number")?;
        let mut binds = Binds::default();
        binds.id(self.workspace).id(self.redaction.suggestion);
        let open = "SELECT id FROM personal_data_suggestions WHERE workspace_id = $1 AND id = $2 AND status = 'open'";
        if binds.fetch_all(self.connection, open.into()).await?.is_empty() {
            return Ok(Err(RedactionOutcome::Decided));
        }
        let mut binds = self.key();
        binds.id(self.redaction.message);
        let said =
            "SELECT version, message FROM messages WHERE workspace_id = $1 AND ticket_id = $2 AND id = $3";
        let rows = binds.fetch_all(self.connection, said.into()).await?;
        let message = rows.first().map(rows::get_message).transpose()?;
        if message.is_none_or(|(_, message)| Digest::of(&message.body) != self.redaction.text) {
            return Ok(Err(RedactionOutcome::Changed));
        }
        if !self.key().fetch_all(self.connection, BUSY.into()).await?.is_empty() {
            return Ok(Err(RedactionOutcome::Busy));
        }
        Ok(Ok(number))
    }

    async fn messages(&mut self) -> Result<i64, StoreError> {
        let sql = "SELECT version, message FROM messages WHERE workspace_id = $1 AND ticket_id = $2";
        let rows = self.key().fetch_all(self.connection, sql.into()).await?;
        let mut changed = 0;
        for row in &rows {
            let (version, message) = rows::get_message(row)?;
            let Some(message) = self.message(message)? else { continue };
            let mut binds = self.key();
            binds.int(version).json(&message);
            let sql = "UPDATE messages SET message = $4 WHERE workspace_id = $1 AND ticket_id = $2 AND version = $3";
            binds.execute(self.connection, sql).await?;
            changed += 1;
        }
        Ok(changed)
    }

    /// A message with the values taken out, when there are any in it.
    fn message(&self, message: Message) -> Result<Option<Message>, StoreError> {
        let mut value = as_value(&message)?;
        if !self.replace(&mut value) {
            return Ok(None);
        }
        let mut changed: Message = from_value("messages", value)?;
        let mut kinds = self.redaction.kinds.clone();
        kinds.extend(message.redacted.into_iter().flat_map(|before| before.kinds));
        let Deed { at, actor, .. } = &self.redaction.deed;
        changed.redacted = Some(Redacted { at: *at, by: actor.clone(), kinds });
        Ok(Some(changed))
    }

    /// How many events changed, and the ticket as all of them make it.
    async fn events(&mut self, number: i64) -> Result<(i64, Ticket), StoreError> {
        let sql = "SELECT position, id, ticket_id, version, actor, body, at FROM events \
                   WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY version";
        let rows = self.key().fetch_all(self.connection, sql.into()).await?;
        let bad = |why: String| StoreError::Row { table: "events", why };
        let (mut changed, mut folded) = (0, None);
        for row in &rows {
            let mut event = rows::get_event(row)?;
            let replaced = match event.body {
                EventBody::MessageAdded { message } => {
                    let replaced = self.message(message.clone())?;
                    event.body = EventBody::MessageAdded { message };
                    replaced.map(|message| EventBody::MessageAdded { message })
                }
                ref body => {
                    let mut value = as_value(body)?;
                    self.replace(&mut value).then(|| from_value("events", value)).transpose()?
                }
            };
            if let Some(body) = replaced {
                let mut binds = Binds::default();
                binds.id(self.workspace).int(event.position).json(&body);
                let sql = "UPDATE events SET body = $3 WHERE workspace_id = $1 AND position = $2";
                binds.execute(self.connection, sql).await?;
                event.body = body;
                changed += 1;
            }
            let ticket = Ticket::apply(folded, self.redaction.ticket, number, &event.body, event.at);
            folded = Some(ticket.map_err(|error| bad(error.to_string()))?);
        }
        Ok((changed, folded.ok_or_else(|| bad("the ticket has none".to_owned()))?))
    }

    /// The runs whose journals changed.
    async fn runs(&mut self) -> Result<Vec<RunId>, StoreError> {
        let rows = self.key().fetch_all(self.connection, RUNS.into()).await?;
        let runs: Result<BTreeSet<RunId>, StoreError> =
            rows.iter().map(|row| Columns { table: "runs", row }.id("id")).collect();
        let mut changed = Vec::new();
        for run in runs? {
            if self.steps(run).await? {
                let mut binds = Binds::default();
                binds.id(self.workspace).id(run).at(self.redaction.deed.at);
                let sql = "UPDATE runs SET redacted_at = $3 WHERE workspace_id = $1 AND id = $2";
                binds.execute(self.connection, sql).await?;
                changed.push(run);
            }
            for (table, key, column) in OF_RUNS {
                let wanted = match table {
                    "runs" => "id = $2",
                    "decisions" => {
                        "approval_id IN (SELECT id FROM approvals WHERE workspace_id = $1 AND run_id = $2)"
                    }
                    _ => "run_id = $2",
                };
                self.column((table, key, column), wanted, &run.to_string()).await?;
            }
            self.searches(run).await?;
            self.column(("runs", "id", "error"), "id = $2", &run.to_string()).await?;
        }
        Ok(changed)
    }

    /// What approvals of the run are found by, as they stand now.
    async fn searches(&mut self, run: RunId) -> Result<(), StoreError> {
        let mut binds = Binds::default();
        binds.id(self.workspace).id(run);
        let sql = "SELECT approval FROM approvals WHERE workspace_id = $1 AND run_id = $2";
        for row in &binds.fetch_all(self.connection, sql.into()).await? {
            let approval = rows::get_approval(row)?;
            let mut binds = Binds::default();
            binds.id(self.workspace).id(approval.id).text(rows::approval_search(&approval));
            let sql = "UPDATE approvals SET search = $3 WHERE workspace_id = $1 AND id = $2";
            binds.execute(self.connection, sql).await?;
        }
        Ok(())
    }

    async fn steps(&mut self, run: RunId) -> Result<bool, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.workspace).id(run);
        let sql = "SELECT seq, body FROM steps WHERE workspace_id = $1 AND run_id = $2 ORDER BY seq";
        let rows = binds.fetch_all(self.connection, sql.into()).await?;
        let mut any = false;
        for row in &rows {
            let c = Columns { table: "steps", row };
            let mut body: Value = c.json("body")?;
            if !self.replace(&mut body) {
                continue;
            }
            any = true;
            let mut binds = Binds::default();
            binds.id(self.workspace).id(run).int(c.int("seq")?).json(&body);
            let sql = "UPDATE steps SET body = $4 WHERE workspace_id = $1 AND run_id = $2 AND seq = $3";
            binds.execute(self.connection, sql).await?;
        }
        Ok(any)
    }

    /// What else is kept of the ticket.
    async fn beside(&mut self) -> Result<(), StoreError> {
        let ticket = self.redaction.ticket.to_string();
        self.column(("follow_ups", "version", "note"), "ticket_id = $2", &ticket).await?;
        self.column(("evaluation_cases", "id", "body"), "ticket_id = $2", &ticket).await?;
        self.column(("gap_questions", "id", "question"), "ticket_id = $2", &ticket).await?;
        self.column(("gap_questions", "id", "missing"), "ticket_id = $2", &ticket).await?;
        let gaps = "id IN (SELECT gap_id FROM gap_questions WHERE workspace_id = $1 AND ticket_id = $2)";
        self.column(("knowledge_gaps", "id", "question"), gaps, &ticket).await?;
        self.column(("knowledge_gaps", "id", "terms"), gaps, &ticket).await
    }

    /// The sessions of its contact end, and links to sign in with: whoever holds one reads the ticket anew or not at
    /// all.
    async fn sessions(&mut self) -> Result<(), StoreError> {
        for table in ["customer_sessions", "customer_links"] {
            let sql = format!(
                "DELETE FROM {table} WHERE workspace_id = $1 AND contact_id IN \
                 (SELECT contact_id FROM tickets WHERE workspace_id = $1 AND id = $2)"
            );
            self.key().fetch_all(self.connection, sql.as_str().into()).await?;
        }
        Ok(())
    }

    /// One column of text or JSON, in the rows that are `wanted`.
    async fn column(
        &mut self,
        (table, key, column): (&'static str, &str, &str),
        wanted: &str,
        of: &str,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {key}, {column} FROM {table} WHERE workspace_id = $1 AND {column} IS NOT NULL AND {wanted}"
        );
        let mut binds = Binds::default();
        binds.id(self.workspace).text(of);
        let rows = binds.fetch_all(self.connection, sql.as_str().into()).await?;
        for row in &rows {
            let c = Columns { table, row };
            let mut text = c.text(column)?;
            let changed = match serde_json::from_str::<Value>(&text) {
                Ok(mut value) if value.is_object() || value.is_array() => {
                    let changed = self.replace(&mut value);
                    text = value.to_string();
                    changed
                }
                _ => self.replace_text(&mut text),
            };
            if !changed {
                continue;
            }
            let mut binds = Binds::default();
            binds.id(self.workspace).text(text);
            // The only key that is a number belongs to the ticket.
            let own = if key == "version" {
                binds.int(c.int(key)?).text(of);
                " AND ticket_id = $4"
            } else {
                binds.text(c.text(key)?);
                ""
            };
            let sql = format!("UPDATE {table} SET {column} = $2 WHERE workspace_id = $1 AND {key} = $3{own}");
            binds.fetch_all(self.connection, sql.as_str().into()).await?;
        }
        Ok(())
    }

    /// Whether anything was replaced in the strings of a value.
    fn replace(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.replace_text(text),
            Value::Number(number) => {
                let mut digits = number.to_string();
                let known = self.redaction.values.iter().any(|each| {
                    let plain: String = each.value.chars().filter(char::is_ascii_digit).collect();
                    plain.len() >= 9 && plain == digits
                });
                if known {
                    digits = "[redacted]".to_owned();
                    *value = Value::String(digits);
                }
                known
            }
            Value::Array(items) => {
                // All of them, not only up to the first that changes.
                items.iter_mut().map(|item| self.replace(item)).filter(|changed| *changed).count() > 0
            }
            Value::Object(members) => {
                let mut changed = false;
                for (name, value) in members.iter_mut() {
                    // What mail is threaded and answered by.
                    let headers = name == "email" && value.get("message_id").is_some();
                    changed |= !headers && self.replace(value);
                }
                let named: Vec<(String, String)> = members
                    .keys()
                    .filter_map(|name| {
                        let mut new = name.clone();
                        self.replace_text(&mut new).then(|| (name.clone(), new))
                    })
                    .collect();
                for (old, new) in named {
                    if let Some(value) = members.remove(&old) {
                        members.insert(new, value);
                        changed = true;
                    }
                }
                changed
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn replace_text(&self, text: &mut String) -> bool {
        let mut changed = false;
        for RedactedValue { value, replacement } in &self.redaction.values {
            if text.contains(value.as_str()) {
                *text = text.replace(value.as_str(), replacement);
                changed = true;
            }
        }
        changed
    }
}

fn as_value(of: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(of).map_err(|error| StoreError::Row { table: "events", why: error.to_string() })
}

fn from_value<T: serde::de::DeserializeOwned>(table: &'static str, value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Row {
        table,
        why: format!("it cannot be read with the values taken out: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Row as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn the_runs_of_a_ticket_are_looked_up_and_those_of_a_workspace_not_walked_through() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        for (sql, indexes) in [
            (BUSY, ["runs_one_active", "runs_by_about", "runs_by_status"]),
            (RUNS, ["runs_by_ticket", "runs_by_about", "runs_by_thread"]),
        ] {
            let mut binds = Binds::default();
            binds.id(Uuid::nil()).id(Uuid::nil());
            let sql = format!("EXPLAIN QUERY PLAN {sql}");
            let rows = binds.fetch_all(&mut connection, sql.as_str().into()).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            for index in indexes {
                assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:?}");
            }
            let walks = |step: &String| step.starts_with("SCAN") || step.ends_with("(workspace_id=?)");
            assert!(!plan.iter().any(walks), "{plan:?}");
        }
    }
}
