//! Going through stored messages for personal data, and taking out of them what a person says.
//!
//! A scan is rows: any process goes on with it from the last message that was read. It stores where
//! something stands and what kind it is, never a value; whoever redacts finds the values again.

use std::{collections::BTreeSet, str::FromStr as _, sync::Arc};

use domain::{
    ScanId, SuggestionId, TicketId, Timestamp, WorkspaceId,
    audit::{AuditAction, Deed},
    canonical::Digest,
    personal_data::{
        NewSuggestion, RedactedValue, Scan, ScanPlace, ScanStatus, Suggestion, SuggestionStatus,
    },
    ticket::{Message, TextFinding},
    user::Actor,
};
use guards::{masking::Served, pii::Kind};
use serde_json::json;
use store::{Redaction, RedactionOutcome, StoreError};
use tracing::{info, warn};

use crate::app::App;

/// Messages read at once.
const PAGE: i64 = 200;
/// Characters of an excerpt before and from the first finding on.
const AROUND: (usize, usize) = (60, 140);
/// The shortest value that is taken out of everything that is kept of a ticket.
const LEAST_VALUE: usize = 3;

/// What a scan looks for.
///
/// # Errors
///
/// For a name that no kind has; the text says which there are.
pub fn kinds_of(app: &App, workspace: WorkspaceId, named: &[String]) -> Result<BTreeSet<String>, String> {
    let served = app.personal.of(workspace);
    let own: BTreeSet<&str> = served.detector().custom_kinds().collect();
    if named.is_empty() {
        // Nearly every message has a name in it, and customers want to be called by theirs.
        let built_in = Kind::ALL.iter().filter(|kind| **kind != Kind::PersonName).map(|kind| kind.name());
        return Ok(built_in.chain(own).map(str::to_owned).collect());
    }
    let known = |name: &String| Kind::from_str(name).is_ok() || own.contains(name.as_str());
    match named.iter().find(|name| !known(name)) {
        Some(bad) => {
            let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).chain(own).collect();
            let bad: String = bad.chars().take(60).collect();
            Err(format!("`{bad}` is no kind of personal data; there are {}", names.join(", ")))
        }
        None => Ok(named.iter().cloned().collect()),
    }
}

/// Begins a scan, or gives the one that is under way.
pub async fn begin(
    app: &App,
    workspace: WorkspaceId,
    kinds: BTreeSet<String>,
    by: Actor,
) -> Result<Scan, StoreError> {
    let id = ScanId::new(&*app.ids);
    let deed = Deed {
        at: app.clock.now(),
        actor: by,
        action: AuditAction::PersonalDataScanned,
        subject: id.to_string(),
        detail: json!({ "kinds": kinds.len() }),
    };
    app.store.workspace(workspace).begin_scan(id, kinds, deed).await
}

/// Goes on with all scans that are under way, until they are done.
pub async fn resume(app: Arc<App>) {
    match app.store.running_scans().await {
        Ok(running) => {
            for (workspace, id) in running {
                in_background(&app, workspace, id).await;
            }
        }
        Err(error) => warn!(%error, "scans for personal data could not be taken up; the next start does it"),
    }
}

/// Works on a scan to its end, and says in the log how that went.
pub async fn in_background(app: &App, workspace: WorkspaceId, id: ScanId) {
    match work(app, workspace, id, &|_| {}).await {
        Ok(scan) => info!(scan = %id, status = scan.status.as_str(), found = scan.found, "a scan has ended"),
        Err(error) => {
            warn!(scan = %id, %error, "a scan for personal data failed");
            let why = Some("the log has the cause; begin another one".to_owned());
            let store = app.store.workspace(workspace);
            if let Err(error) = store.end_scan(id, ScanStatus::Failed, why, app.clock.now()).await {
                warn!(scan = %id, %error, "that could not be written down; the next start goes on with the scan");
            }
        }
    }
}

/// Works on a scan to its end. Several may work on the same one; each part is noted once.
pub async fn work(
    app: &App,
    workspace: WorkspaceId,
    id: ScanId,
    tell: &(dyn Fn(&Scan) + Send + Sync),
) -> Result<Scan, StoreError> {
    let store = app.store.workspace(workspace);
    loop {
        let found = store.scan_and_place(id).await?;
        let (scan, place) = found.ok_or_else(|| StoreError::Row {
            table: "personal_data_scans",
            why: format!("the scan {id} does not exist"),
        })?;
        tell(&scan);
        if scan.status != ScanStatus::Running {
            return Ok(scan);
        }
        let messages = store.messages_behind(&place, PAGE).await?;
        let Some((ticket, version, _)) = messages.last() else {
            store.end_scan(id, ScanStatus::Done, None, app.clock.now()).await?;
            continue;
        };
        let to = ScanPlace { ticket: ticket.to_string(), version: *version };
        let read = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        let found = look(app, workspace, &scan, messages).await?;
        if !store.scan_read(id, (place, to), read, found, app.clock.now()).await? {
            tracing::debug!(scan = %id, "another process read that part");
        }
    }
}

/// What is found in a page of messages, off the threads that serve.
async fn look(
    app: &App,
    workspace: WorkspaceId,
    scan: &Scan,
    messages: Vec<(TicketId, i64, Message)>,
) -> Result<Vec<NewSuggestion>, StoreError> {
    let served = app.personal.of(workspace);
    let tickets: BTreeSet<TicketId> = messages.iter().map(|(ticket, _, _)| *ticket).collect();
    let names = app.store.workspace(workspace).names_of(&tickets.into_iter().collect::<Vec<_>>()).await?;
    let (scan, kinds, now) = (scan.id, scan.kinds.clone(), app.clock.now());
    let ids = Arc::clone(&app.ids);
    let looked = tokio::task::spawn_blocking(move || {
        messages
            .iter()
            .filter_map(|(ticket, _, message)| {
                let id = SuggestionId::new(&*ids);
                let names: Vec<String> =
                    names.iter().filter(|(of, _)| of == ticket).map(|(_, name)| name.clone()).collect();
                suggest(&served, (scan, id), (*ticket, message, &names), &kinds, now)
            })
            .collect()
    })
    .await;
    looked.map_err(|error| StoreError::Row { table: "messages", why: error.to_string() })
}

fn suggest(
    served: &Served,
    (scan_id, id): (ScanId, SuggestionId),
    (ticket_id, message, names): (TicketId, &Message, &[String]),
    kinds: &BTreeSet<String>,
    now: Timestamp,
) -> Option<NewSuggestion> {
    let spans = find(served, &message.body, kinds);
    let first = spans.first()?.start;
    let mut masked = json!({ "body": message.body });
    served.mask(&mut masked, names);
    Some(NewSuggestion {
        text: Digest::of(&message.body),
        suggestion: Suggestion {
            id,
            scan_id,
            ticket_id,
            message_id: message.id,
            status: SuggestionStatus::Open,
            kinds: spans.iter().map(|span| span.kind.clone()).collect(),
            excerpt: excerpt(masked["body"].as_str().unwrap_or_default(), first),
            spans,
            decided_by: None,
            decided_at: None,
            created_at: now,
        },
    })
}

fn find(served: &Served, text: &str, kinds: &BTreeSet<String>) -> Vec<TextFinding> {
    let wanted = served.find(text).into_iter().filter(|spotted| kinds.contains(&spotted.kind));
    wanted
        .map(|spotted| TextFinding { kind: spotted.kind, start: spotted.span.start, end: spotted.span.end })
        .collect()
}

/// The words around a place of a text that is masked already, which only roughly is where it was.
fn excerpt(masked: &str, place: usize) -> String {
    let from = place.saturating_sub(AROUND.0);
    let cut: String = masked.chars().skip(from).take(AROUND.0 + AROUND.1).collect();
    let (before, behind) =
        (if from > 0 { "…" } else { "" }, masked.chars().count() > from + AROUND.0 + AROUND.1);
    format!("{before}{}{}", cut.trim(), if behind { "…" } else { "" })
}

/// What became of a suggestion that somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    Done,
    /// There is no such suggestion.
    Unknown,
    /// Somebody was faster.
    Before,
    /// An agent works on its ticket, or a run of it waits.
    Busy,
    /// The message was written anew at the same moment; once more will do.
    Changed,
}

impl Decided {
    /// Why nothing was done, in words; none when it was.
    pub fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Unknown => Some("it does not exist"),
            Self::Before => Some("somebody decided it before"),
            Self::Busy => Some("an agent works on the ticket or waits; try again when its run has ended"),
            Self::Changed => Some("the message was changed at the same moment; try again"),
        }
    }
}

/// Lets what was found stay.
pub async fn keep(
    app: &App,
    workspace: WorkspaceId,
    id: SuggestionId,
    by: Actor,
) -> Result<Decided, StoreError> {
    let store = app.store.workspace(workspace);
    let Some(suggestion) = store.suggestion(id).await? else { return Ok(Decided::Unknown) };
    let deed = deed(app, AuditAction::PersonalDataKept, &suggestion, by);
    Ok(if store.keep_suggestion(id, deed).await? { Decided::Done } else { Decided::Before })
}

/// Replaces the values of a suggestion's message in everything that is kept of its ticket.
pub async fn redact(
    app: &App,
    workspace: WorkspaceId,
    id: SuggestionId,
    by: Actor,
) -> Result<Decided, StoreError> {
    let store = app.store.workspace(workspace);
    let Some(suggestion) = store.suggestion(id).await? else { return Ok(Decided::Unknown) };
    let Some((_, message)) = store.message(suggestion.message_id).await? else { return Ok(Decided::Unknown) };
    let outcome = store.redact(redaction(app, workspace, &suggestion, &message, by)).await?;
    Ok(match outcome {
        RedactionOutcome::Done(runs) => {
            runs.iter().for_each(|run| app.house.forget_journal(*run));
            Decided::Done
        }
        RedactionOutcome::Decided => Decided::Before,
        RedactionOutcome::Changed => Decided::Changed,
        RedactionOutcome::Busy => Decided::Busy,
    })
}

fn redaction(
    app: &App,
    workspace: WorkspaceId,
    suggestion: &Suggestion,
    message: &Message,
    by: Actor,
) -> Redaction {
    let spans = find(&app.personal.of(workspace), &message.body, &suggestion.kinds);
    let mut values: Vec<RedactedValue> = Vec::new();
    for span in spans {
        let value: String = message.body.chars().skip(span.start).take(span.end - span.start).collect();
        if value.chars().count() >= LEAST_VALUE && values.iter().all(|known| known.value != value) {
            let replacement = format!("[{} redacted]", span.kind.replace('_', " "));
            values.push(RedactedValue { value, replacement });
        }
    }
    values.sort_by_key(|each| std::cmp::Reverse(each.value.len()));
    Redaction {
        suggestion: suggestion.id,
        ticket: suggestion.ticket_id,
        message: message.id,
        text: Digest::of(&message.body),
        values,
        kinds: suggestion.kinds.clone(),
        deed: deed(app, AuditAction::PersonalDataRedacted, suggestion, by),
    }
}

fn deed(app: &App, action: AuditAction, suggestion: &Suggestion, actor: Actor) -> Deed {
    let kinds: Vec<&str> = suggestion.kinds.iter().map(String::as_str).collect();
    Deed {
        at: app.clock.now(),
        actor,
        action,
        subject: suggestion.message_id.to_string(),
        detail: json!({ "ticket_id": suggestion.ticket_id, "kinds": kinds.join(", ") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_says_where_it_is_cut() {
        assert_eq!(excerpt("short •••• 4242 text", 6), "short •••• 4242 text");
        let long = format!("{} x {}", "before ".repeat(30), "behind ".repeat(40));
        let cut = excerpt(&long, 210);
        assert!(cut.starts_with('…') && cut.ends_with('…') && cut.contains(" x "), "{cut}");
    }
}
