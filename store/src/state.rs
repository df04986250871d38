//! The rows a batch works on, in memory, and what has to be written of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{
    ApprovalId, DeliveryId, EffectId, EventId, ReservationId, RunId, TicketId, UserId, WorkspaceId,
    approval::{Approval, Decision},
    audit::Deed,
    citation::SentCitation,
    credit::Entry,
    effect::Effect,
    meter::Meter,
    run::{Run, Step},
    ticket::{Event, Message, Ticket},
    track::Tracked,
};

use crate::{
    Delivery, FollowUp,
    read::{
        Mention,
        figures::{LaterMark, NewResolution},
        paper::Compared,
    },
};

/// What a workspace counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    pub next_ticket_number: i64,
    pub event_position: i64,
}

/// Tickets of which a state is kept from batch to batch, at most.
const REMEMBERED: usize = 2048;

/// Rows as they stand after the commits of the batch that were accepted so far. Of what a batch
/// asked for, a row that is not here does not exist.
///
/// A writer that has the database to itself keeps its state from batch to batch. Then it holds with
/// each ticket its active run, and with each approval its decisions.
#[derive(Default)]
pub(crate) struct State {
    /// SQLite's counter of what other connections changed, when the state was last brought up.
    pub data_version: Option<i64>,
    pub workspaces: HashMap<WorkspaceId, Counters>,
    pub tickets: HashMap<(WorkspaceId, TicketId), Ticket>,
    pub runs: HashMap<(WorkspaceId, RunId), Run>,
    /// The run that holds each ticket.
    pub active: HashMap<(WorkspaceId, TicketId), RunId>,
    pub approvals: HashMap<(WorkspaceId, ApprovalId), Approval>,
    pub decisions: HashMap<(WorkspaceId, ApprovalId), Vec<Decision>>,
    pub effects: HashMap<(WorkspaceId, EffectId), Effect>,
    /// Calls that have an effect.
    pub calls: HashSet<(WorkspaceId, RunId, String)>,
    pub deliveries: HashMap<(WorkspaceId, DeliveryId), Delivery>,
    /// What was entered of reservations so far.
    pub credits: HashMap<(WorkspaceId, ReservationId), Vec<Entry>>,
    /// By their names.
    pub meters: HashMap<(WorkspaceId, String), Meter>,
    /// Idempotency keys that were used.
    pub keys: HashMap<(WorkspaceId, String), (TicketId, EventId)>,
    /// Names of those who decide.
    pub users: HashMap<(WorkspaceId, UserId), String>,
    /// Runs that are over, and whose rows nobody will ask for soon.
    ended: HashSet<(WorkspaceId, RunId)>,
}

/// What one commit changes, before it is accepted.
#[derive(Default)]
pub(crate) struct Changes {
    pub counters: Option<Counters>,
    pub tickets: HashMap<TicketId, Ticket>,
    pub runs: HashMap<RunId, Run>,
    pub active: HashMap<TicketId, Option<RunId>>,
    pub approvals: HashMap<ApprovalId, Approval>,
    pub effects: HashMap<EffectId, Effect>,
    pub deliveries: HashMap<DeliveryId, Delivery>,
    pub events: Vec<(Event, Option<String>)>,
    pub messages: Vec<(TicketId, i64, Message)>,
    pub steps: Vec<(RunId, Step)>,
    pub decisions: Vec<Decision>,
    /// Decisions that stand no more.
    pub taken_back: Vec<Decision>,
    /// For the audit, besides the decisions themselves.
    pub deeds: Vec<Deed>,
    pub follow_ups: Vec<FollowUp>,
    pub citations: Vec<SentCitation>,
    pub entries: Vec<Entry>,
    pub meters: HashMap<String, Meter>,
    pub resolutions: Vec<NewResolution>,
    pub mentions: Vec<Mention>,
    pub marks: Vec<LaterMark>,
    /// Calls that run by themselves, or that are written down alone.
    pub acted: Vec<Tracked>,
    pub compared: Vec<Compared>,
    /// Effects that are known not to have been done.
    pub undone: Vec<EffectId>,
}

/// What the accepted commits of a batch have to write: new rows, and keys of changed ones.
#[derive(Default)]
pub(crate) struct Writes {
    pub workspaces: BTreeSet<WorkspaceId>,
    pub tickets: BTreeSet<(WorkspaceId, TicketId)>,
    pub runs: BTreeSet<(WorkspaceId, RunId)>,
    pub approvals: BTreeSet<(WorkspaceId, ApprovalId)>,
    pub effects: BTreeSet<(WorkspaceId, EffectId)>,
    pub deliveries: BTreeSet<(WorkspaceId, DeliveryId)>,
    pub events: Vec<(WorkspaceId, Event, Option<String>)>,
    pub messages: Vec<(WorkspaceId, TicketId, i64, Message)>,
    pub steps: Vec<(WorkspaceId, RunId, Step)>,
    pub decisions: Vec<(WorkspaceId, Decision)>,
    pub taken_back: Vec<(WorkspaceId, Decision)>,
    pub deeds: Vec<(WorkspaceId, Deed)>,
    pub follow_ups: Vec<(WorkspaceId, FollowUp)>,
    pub citations: Vec<(WorkspaceId, SentCitation)>,
    pub entries: Vec<(WorkspaceId, Entry)>,
    pub meters: BTreeSet<(WorkspaceId, String)>,
    pub resolutions: Vec<(WorkspaceId, NewResolution)>,
    pub mentions: Vec<(WorkspaceId, Mention)>,
    pub marks: Vec<(WorkspaceId, LaterMark)>,
    pub acted: Vec<(WorkspaceId, Tracked)>,
    pub compared: Vec<(WorkspaceId, Compared)>,
    pub undone: Vec<(WorkspaceId, EffectId)>,
}

impl State {
    /// Nothing is remembered from before this version of the data.
    pub(crate) fn at(data_version: Option<i64>) -> Self {
        Self { data_version, ..Self::default() }
    }

    /// Lets go of what the next batch will hardly need, so that a state does not grow with the
    /// number of runs there ever were.
    pub(crate) fn settle(&mut self) {
        self.calls.clear();
        self.keys.clear();
        self.deliveries.clear();
        // Of a reservation that is settled nothing will be asked.
        self.credits.retain(|_, entries| entries.len() == 1);
        if self.meters.len() > REMEMBERED {
            self.meters.clear();
        }
        let ended = std::mem::take(&mut self.ended);
        if self.tickets.len() > REMEMBERED || self.runs.len() > 2 * REMEMBERED {
            *self = Self::at(self.data_version);
        } else if !ended.is_empty() {
            let over = |workspace: &WorkspaceId, run: &RunId| ended.contains(&(*workspace, *run));
            let tickets: HashSet<_> = ended
                .iter()
                .filter_map(|key| Some((key.0, self.runs.get(key)?.ticket_id?)))
                .filter(|key| !self.active.contains_key(key))
                .collect();
            self.tickets.retain(|key, _| !tickets.contains(key));
            self.runs.retain(|(workspace, id), _| !over(workspace, id));
            self.effects.retain(|(workspace, _), effect| !over(workspace, &effect.run_id));
            let decisions = &mut self.decisions;
            self.approvals.retain(|key, approval| {
                let keep = !over(&key.0, &approval.run_id);
                if !keep {
                    decisions.remove(key);
                }
                keep
            });
        }
    }

    /// Takes over runs that were changed outside of a batch and are active.
    pub(crate) fn learn<'r>(&mut self, runs: impl Iterator<Item = (WorkspaceId, &'r Run)>) {
        for (workspace, run) in runs {
            self.runs.insert((workspace, run.id), run.clone());
        }
    }

    /// Takes the changes of an accepted commit over.
    pub(crate) fn accept(&mut self, workspace: WorkspaceId, changes: Changes, writes: &mut Writes) {
        if let Some(counters) = changes.counters {
            self.workspaces.insert(workspace, counters);
            writes.workspaces.insert(workspace);
        }
        for (id, ticket) in changes.tickets {
            self.tickets.insert((workspace, id), ticket);
            writes.tickets.insert((workspace, id));
        }
        for (id, run) in changes.runs {
            if run.status.is_active() {
                self.ended.remove(&(workspace, id));
            } else {
                self.ended.insert((workspace, id));
            }
            self.runs.insert((workspace, id), run);
            writes.runs.insert((workspace, id));
        }
        for (ticket, run) in changes.active {
            match run {
                Some(run) => self.active.insert((workspace, ticket), run),
                None => self.active.remove(&(workspace, ticket)),
            };
        }
        for (id, approval) in changes.approvals {
            self.approvals.insert((workspace, id), approval);
            writes.approvals.insert((workspace, id));
        }
        for (id, effect) in changes.effects {
            self.calls.insert((workspace, effect.run_id, effect.call.id.clone()));
            self.effects.insert((workspace, id), effect);
            writes.effects.insert((workspace, id));
        }
        for (id, delivery) in changes.deliveries {
            self.deliveries.insert((workspace, id), delivery);
            writes.deliveries.insert((workspace, id));
        }
        for (event, key) in changes.events {
            if let Some(key) = &key {
                self.keys.insert((workspace, key.clone()), (event.ticket_id, event.id));
            }
            writes.events.push((workspace, event, key));
        }
        for entry in changes.entries {
            self.credits.entry((workspace, entry.reservation_id)).or_default().push(entry.clone());
            writes.entries.push((workspace, entry));
        }
        for (id, meter) in changes.meters {
            self.meters.insert((workspace, id.clone()), meter);
            writes.meters.insert((workspace, id));
        }
        for decision in changes.decisions {
            self.decisions.entry((workspace, decision.approval_id)).or_default().push(decision.clone());
            writes.decisions.push((workspace, decision));
        }
        for decision in changes.taken_back {
            if let Some(standing) = self.decisions.get_mut(&(workspace, decision.approval_id)) {
                standing.retain(|one| one.id != decision.id);
            }
            writes.taken_back.push((workspace, decision));
        }
        writes.deeds.extend(changes.deeds.into_iter().map(|deed| (workspace, deed)));
        writes
            .messages
            .extend(changes.messages.into_iter().map(|(id, version, m)| (workspace, id, version, m)));
        writes.acted.extend(changes.acted.into_iter().map(|tracked| (workspace, tracked)));
        writes.compared.extend(changes.compared.into_iter().map(|compared| (workspace, compared)));
        writes.undone.extend(changes.undone.into_iter().map(|id| (workspace, id)));
        writes.resolutions.extend(changes.resolutions.into_iter().map(|new| (workspace, new)));
        writes.mentions.extend(changes.mentions.into_iter().map(|mention| (workspace, mention)));
        writes.marks.extend(changes.marks.into_iter().map(|mark| (workspace, mark)));
        writes.steps.extend(changes.steps.into_iter().map(|(id, step)| (workspace, id, step)));
        writes.citations.extend(changes.citations.into_iter().map(|citation| (workspace, citation)));
        writes.follow_ups.extend(changes.follow_ups.into_iter().map(|follow_up| (workspace, follow_up)));
    }
}
