//! A run beside what it would have come to: what is gained, what is lost, and what is merely otherwise.
//!
//! Something was *right* when the customer said that it helped, or when a person let it out as it was. It is
//! *lost* when it would not come about any more, and so is a person's refusal where the call would run by
//! itself. It is *gained* when a person had to take over and the agent would answer; whether that answer were
//! right, nobody has said.

use domain::{
    RunId, TicketId, Timestamp,
    approval::ApprovalStatus,
    excerpt::cut,
    run::{Outcome, OutcomeKind, StepBody},
    ticket::Ticket,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::rerun::{Account, End, Made, Past, Rerun};

/// Characters of a text that are kept.
const TEXT: usize = 8_000;
/// What is said of one run.
const MOST_WHY: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayClass {
    /// What was right would not come about any more, or what a person refused would run by itself.
    Lost,
    /// It cannot be told.
    Unknown,
    /// A person had to take over, and the agent would answer.
    Gained,
    /// Otherwise, and nobody has said which is right.
    Changed,
    Same,
}

impl ReplayClass {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Unknown => "unknown",
            Self::Gained => "gained",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayFindings {
    pub totals: ReplayTotals,
    /// Runs that would come to something else, and those of which it cannot be told; the newest first.
    pub rows: Vec<ReplayRow>,
}

/// Costs are in millionths of a credit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayTotals {
    pub runs: usize,
    pub same: usize,
    pub changed: usize,
    pub gained: usize,
    pub lost: usize,
    pub unknown: usize,
    /// Runs that would end in another way.
    pub outcomes: usize,
    /// Runs in which the customer would read something else.
    pub messages: usize,
    /// Runs whose calls would be others, or judged otherwise.
    pub calls: usize,
    /// Calls that a person was asked about, of the runs of which it can be told.
    pub approvals_were: usize,
    pub approvals_would_be: usize,
    pub cost_was_micros: i64,
    pub cost_would_be_micros: i64,
    /// Questions that models were asked now, because the journal has no answer to them.
    pub questions: usize,
    /// Different tickets of the runs that would come to something else.
    pub tickets_affected: usize,
}

/// One run that would come to something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayRow {
    pub run_id: RunId,
    pub agent: String,
    pub at: Timestamp,
    pub ticket_id: Option<TicketId>,
    pub ticket_number: Option<i64>,
    pub subject: String,
    /// Who would have been affected; empty when nobody knows their name.
    pub customer: String,
    pub class: ReplayClass,
    /// What is otherwise, in words.
    pub why: Vec<String>,
    /// The first step that is not as it was.
    pub parts_at: Option<i64>,
    pub was: ReplayAccount,
    pub would_be: ReplayAccount,
    #[serde(skip)]
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    outcome: bool,
    messages: bool,
    calls: bool,
    questions: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayAccount {
    /// `answered`, `asked`, `handed_off`, `done`, `nothing`, `waits`, `failed` or `unknown`.
    pub ends: String,
    pub resolved: bool,
    /// How it ends, in words.
    pub words: String,
    /// What the customer reads, in order.
    pub told: Vec<String>,
    /// Calls with effects, in order.
    pub calls: Vec<ReplayCall>,
    pub approvals: usize,
    pub cost_micros: i64,
    pub steps: usize,
    pub model_calls: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayCall {
    pub tool: String,
    pub title: String,
    /// `run`, `ask` with whom, or `refuse`.
    pub said: String,
    /// What comes of it: `ok`, `rejected`, `waits`, `unknown` and the like.
    pub came: String,
}

impl ReplayFindings {
    pub(super) fn add(&mut self, row: ReplayRow) {
        let totals = &mut self.totals;
        totals.runs += 1;
        match row.class {
            ReplayClass::Lost => totals.lost += 1,
            ReplayClass::Unknown => totals.unknown += 1,
            ReplayClass::Gained => totals.gained += 1,
            ReplayClass::Changed => totals.changed += 1,
            ReplayClass::Same => totals.same += 1,
        }
        totals.questions += row.counts.questions;
        if row.would_be.ends != "unknown" {
            totals.outcomes += usize::from(row.counts.outcome);
            totals.messages += usize::from(row.counts.messages);
            totals.calls += usize::from(row.counts.calls);
            totals.approvals_were += row.was.approvals;
            totals.approvals_would_be += row.would_be.approvals;
            totals.cost_was_micros = totals.cost_was_micros.saturating_add(row.was.cost_micros);
            totals.cost_would_be_micros =
                totals.cost_would_be_micros.saturating_add(row.would_be.cost_micros);
        }
        if row.class == ReplayClass::Same {
            return;
        }
        let differs = row.class != ReplayClass::Unknown;
        let known =
            |other: &ReplayRow| other.class != ReplayClass::Unknown && other.ticket_id == row.ticket_id;
        if differs && row.ticket_id.is_some() && !self.rows.iter().any(known) {
            self.totals.tickets_affected += 1;
        }
        self.rows.push(row);
    }
}

/// Holds one against the other.
pub(super) fn row(past: &Past, ticket: Option<&Ticket>, was: &Account, again: &Rerun) -> ReplayRow {
    let now = &again.account;
    let mut why = Vec::new();
    let outcome = kind(&was.end) != kind(&now.end);
    let messages = !same_words(&was.told, &now.told);
    let calls = calls_differ(was, now, &mut why);
    let lost = lost(past, was, again);
    let class = match &now.end {
        _ if !lost.is_empty() => ReplayClass::Lost,
        End::Unknown(_) => ReplayClass::Unknown,
        _ if !outcome && !messages && !calls => ReplayClass::Same,
        End::Outcome(to) if took_over(&was.end) && to.kind() != OutcomeKind::HandedOff => ReplayClass::Gained,
        _ => ReplayClass::Changed,
    };
    let mut words = lost;
    match &now.end {
        End::Unknown(why) => words.push(why.clone()),
        End::Waits(what) => words.push(format!("it would wait for {what}")),
        End::Failed(why) => words.push(format!("it would fail, and a person would have the ticket: {why}")),
        End::Outcome(_) if outcome => {
            words.push(format!("it was {} and would be {}", kind(&was.end).0, kind(&now.end).0));
        }
        End::Outcome(_) => {}
    }
    if messages && matches!(now.end, End::Outcome(_)) {
        words.push("the customer would read something else".to_owned());
    }
    words.extend(why);
    words.truncate(MOST_WHY);
    let is_same = class == ReplayClass::Same;
    let customer = past.steps.first().and_then(|step| match &step.body {
        StepBody::Started { input } => input
            .customer
            .as_ref()
            .map(|customer| customer.name.clone())
            .or_else(|| input.contact.as_ref().map(|contact| contact.name.clone())),
        _ => None,
    });
    ReplayRow {
        run_id: past.run.id,
        agent: past.run.agent.clone(),
        at: past.run.created_at,
        ticket_id: past.run.ticket_id,
        ticket_number: ticket.map(|ticket| ticket.number),
        subject: ticket.map(|ticket| ticket.subject.clone()).unwrap_or_default(),
        customer: customer.unwrap_or_default(),
        class,
        why: words,
        parts_at: again.parts_at,
        was: account(was, is_same),
        would_be: account(now, is_same),
        counts: Counts { outcome, messages, calls, questions: again.fresh },
    }
}

/// The name of an end, and whether the ticket is resolved by it.
fn kind(end: &End) -> (&'static str, bool) {
    match end {
        End::Outcome(outcome) => {
            (outcome.type_name(), matches!(outcome, Outcome::Answered { resolved: true, .. }))
        }
        End::Waits(_) => ("waits", false),
        End::Failed(_) => ("failed", false),
        End::Unknown(_) => ("unknown", false),
    }
}

fn took_over(end: &End) -> bool {
    matches!(end, End::Outcome(Outcome::HandedOff { .. }) | End::Failed(_))
}

fn same_words(was: &[String], now: &[String]) -> bool {
    let words = |text: &String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    was.len() == now.len() && was.iter().zip(now).all(|(a, b)| words(a) == words(b))
}

/// Whether other calls would be made, or judged otherwise; says which.
fn calls_differ(was: &Account, now: &Account, why: &mut Vec<String>) -> bool {
    let before = why.len();
    let mut left: Vec<&Made> = was.made.iter().collect();
    for made in &now.made {
        let like = left.iter().position(|one| one.identity == made.identity);
        match like.map(|at| left.remove(at)) {
            None => why.push(format!("new: {} ({})", made.title, made.said)),
            Some(one) if one.said != made.said => {
                why.push(format!("{}: {} → {}", made.title, one.said, made.said));
            }
            Some(one) if one.came != made.came && now_is_told(&now.end) => {
                why.push(format!("{}: {} → {}", made.title, one.came, made.came));
            }
            Some(_) => {}
        }
    }
    // Of what is not told to its end, nobody knows what is missing.
    if now_is_told(&now.end) {
        why.extend(left.into_iter().map(|one| format!("no more: {}", one.title)));
    }
    why.len() > before
}

fn now_is_told(end: &End) -> bool {
    matches!(end, End::Outcome(_) | End::Failed(_))
}

/// What was right and would not come about.
fn lost(past: &Past, was: &Account, again: &Rerun) -> Vec<String> {
    let now = &again.account;
    let mut lost = again.against.clone();
    let approved = |made: &&Made| {
        let as_it_was = past.approvals.iter().rfind(|a| a.binding.call.id == made.call_id);
        let was_no_help = past.helped == Some(false) && made.tool == "reply_to_customer";
        made.came == "ok" && !was_no_help && as_it_was.is_some_and(|a| a.status == ApprovalStatus::Approved)
    };
    for made in was.made.iter().filter(approved) {
        let like = now.made.iter().find(|one| one.identity == made.identity);
        let gone = match like {
            Some(one) => one.came == "refused",
            // A reply in other words may be as right.
            None => now_is_told(&now.end) && again_lacks(made, now),
        };
        if gone {
            lost.push(format!("a person approved it, and it would not be done: {}", made.title));
        }
    }
    let right = past.helped == Some(true) || was.made.iter().any(|made| approved(&made));
    let worse = match &now.end {
        End::Outcome(_) => kind(&was.end) != kind(&now.end) && !took_over(&was.end),
        End::Failed(_) => true,
        End::Waits(_) | End::Unknown(_) => false,
    };
    if right && worse && lost.is_empty() {
        let by = if past.helped == Some(true) {
            "the customer said that it helped"
        } else {
            "a person approved it"
        };
        lost.push(format!("{by}, and it would be {}", kind(&now.end).0));
    }
    lost
}

/// Nothing of the kind would be done: no other call of the tool.
fn again_lacks(made: &Made, now: &Account) -> bool {
    now.made.iter().all(|one| one.tool != made.tool || one.came == "refused")
}

fn account(of: &Account, brief: bool) -> ReplayAccount {
    let (ends, resolved) = kind(&of.end);
    let words = match &of.end {
        End::Outcome(outcome) => outcome.summary(),
        End::Waits(words) | End::Failed(words) | End::Unknown(words) => words,
    };
    let call = |made: &Made| ReplayCall {
        tool: made.tool.clone(),
        title: made.title.clone(),
        said: made.said.clone(),
        came: made.came.clone(),
    };
    ReplayAccount {
        ends: ends.to_owned(),
        resolved,
        words: if brief { String::new() } else { cut(words, TEXT) },
        told: if brief { Vec::new() } else { of.told.iter().map(|text| cut(text, TEXT)).collect() },
        calls: if brief { Vec::new() } else { of.made.iter().map(call).collect() },
        approvals: of.asked(),
        cost_micros: of.usage.cost_micros,
        steps: of.steps,
        model_calls: of.model_calls,
    }
}
