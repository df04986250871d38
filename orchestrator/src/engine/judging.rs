//! What a call of a run is judged on, gathered from its journal: for the engine, which asks before it acts, and
//! for a rerun, which only wants to know.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use domain::{
    Timestamp, WorkspaceId,
    agent::AgentSettings,
    calibration::thousandths,
    confidence::Confidence,
    customer::{Contact, Customer},
    leaving::Carried,
    origin::ArgumentOrigin,
    policy::{Facts, Verdict},
    procedure::Procedure,
    run::{Run, Step, StepBody},
    suspicion::Suspicion,
    ticket::{Message, Ticket},
    tool::{AnyTool, Gives, ToolCall, ToolSpec},
    user::Actor,
};
use guards::masking::Protector;
use serde_json::Value;

use super::{House, session::Session};
use crate::{
    gate::{
        Gate, Matter, leaving,
        origins::{Seen, trace},
    },
    models::offline::intent::Intents,
};

pub(super) struct Judging<'a> {
    pub(super) house: &'a House,
    pub(super) gate: &'a Gate,
    pub(super) workspace: WorkspaceId,
    pub(super) protector: &'a Protector,
    pub(super) procedures: &'a [Procedure],
    pub(super) settings: &'a AgentSettings,
    pub(super) run: &'a Run,
    pub(super) steps: &'a [Step],
    pub(super) ticket: Option<&'a Ticket>,
    pub(super) customer: Option<&'a Customer>,
    pub(super) contact: Option<&'a Contact>,
    pub(super) suspicions: &'a [Suspicion],
    /// The procedure that the customer asked for, once it was asked about.
    pub(super) intent: &'a OnceLock<String>,
    pub(super) spent_micros: i64,
    pub(super) now: Timestamp,
}

impl Judging<'_> {
    /// A call as it is proposed to the gate.
    pub(super) fn proposed<'c>(&self, spec: &ToolSpec, call: &'c ToolCall) -> Cow<'c, ToolCall> {
        leaving::proposed(self.protector, spec, call)
    }

    /// What a person should see before it leaves.
    pub(super) fn carries(&self, spec: &ToolSpec, args: &Value) -> Vec<Carried> {
        leaving::carried(&self.house.leaving, self.protector, spec, args)
    }

    /// Where the protected arguments of a call come from.
    pub(super) fn origins(&self, spec: &ToolSpec, call: &ToolCall) -> Vec<ArgumentOrigin> {
        let seen = Seen {
            steps: self.steps,
            customer: self.customer,
            contact: self.contact,
            asked: self.run.errand.as_ref().map(|errand| errand.said.as_str()),
            claimed: self.ticket.is_none_or(Ticket::is_contact_claimed) || self.is_asked_by_another(),
            gives: &|name| self.house.catalog.get(name).map_or(Gives::Text, |tool| tool.gives()),
        };
        trace(spec, &call.args, &seen)
    }

    pub(super) fn judge(
        &self,
        spec: &ToolSpec,
        call: &ToolCall,
        confidence: &Confidence,
        origins: &[ArgumentOrigin],
        edited: bool,
    ) -> (Verdict, Facts) {
        let carries = self.carries(spec, &call.args);
        // Who asks for something is not who decides on it, whatever the policy lets run.
        let asks = self.run.errand.is_some().then(|| ToolSpec { always_asks: true, ..spec.clone() });
        let spec = asks.as_ref().unwrap_or(spec);
        let intent = self.intent();
        // A colleague who asks for something does the work by that: the ladder is about what agents do.
        let level = match self.run.errand {
            Some(_) => None,
            None => self.house.policies.ladder().level(
                self.workspace,
                (intent, &spec.name),
                thousandths(confidence.score),
            ),
        };
        self.gate.judged(&Matter {
            call,
            spec,
            agent: &self.run.agent,
            channel: self.ticket.map_or("", |t| t.channel.as_str()),
            tier: self.customer.map_or("", |c| c.tier.as_str()),
            confidence,
            thresholds: self.settings.thresholds,
            origins,
            carries: &carries,
            suspicions: self.suspicions,
            edited,
            intent: Some(intent),
            level,
            spent_micros: self.spent_micros,
            now: self.now,
        })
    }

    /// What the customer said that the run has read, the latest first.
    fn customers_words(&self) -> impl Iterator<Item = &Message> {
        let said = self.steps.iter().rev().flat_map(|step| {
            let messages = match &step.body {
                StepBody::Started { input } => input.messages.as_slice(),
                StepBody::Observed { messages, .. } => messages.as_slice(),
                _ => &[],
            };
            messages.iter().rev()
        });
        said.filter(|message| matches!(message.author, Actor::Customer { .. }))
    }

    /// Whether somebody else than the ticket's contact has written on it, who had its mails in copy for example: what
    /// is looked up is the contact's, and not theirs to have changed.
    fn is_asked_by_another(&self) -> bool {
        let Some(contact) = self.ticket.and_then(|ticket| ticket.contact_id) else { return false };
        self.customers_words().any(
            |message| matches!(message.author, Actor::Customer { contact_id: Some(by), .. } if by != contact),
        )
    }

    /// The procedure that the customer asked for last; empty for none.
    pub(super) fn intent(&self) -> &str {
        self.intent.get_or_init(|| {
            let intents = Intents::of(self.procedures);
            let asked = self.customers_words().find_map(|message| {
                let wishes = intents.read(&message.body).wishes;
                wishes.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))
            });
            let name = asked.and_then(|wish| self.procedures.get(wish.procedure));
            name.map(|procedure| procedure.name.clone()).unwrap_or_default()
        })
    }
}

/// The tool, where an agent with these settings may call it.
pub(super) fn granted(house: &House, settings: &AgentSettings, name: &str) -> Option<Arc<dyn AnyTool>> {
    if is_granted(settings, name) { house.catalog.get(name) } else { None }
}

/// Whether it may be a tool of a server that has not told its tools since the service started: nobody can say
/// then that there is none of this name.
pub(super) fn is_awaited(house: &House, settings: &AgentSettings, name: &str) -> bool {
    is_granted(settings, name) && house.catalog.awaits(name)
}

fn is_granted(settings: &AgentSettings, name: &str) -> bool {
    settings.tools.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    })
}

/// Whether something new was heard after the model asked for the call.
pub(super) fn is_overtaken(steps: &[Step], call_id: &str) -> bool {
    let asked = steps.iter().rposition(|step| {
        matches!(&step.body, StepBody::Model { response, .. }
            if response.tool_calls.iter().any(|call| call.id == call_id))
    });
    asked.is_some_and(|at| steps[at..].iter().any(|step| matches!(step.body, StepBody::Observed { .. })))
}

impl Session {
    /// Looks at what is known now, by the rules in effect.
    pub(super) fn judging<T>(&self, look: impl FnOnce(&Judging<'_>) -> T) -> T {
        let gate = self.house.policies.of(self.store.id());
        let protector = self.house.protections.of(self.store.id());
        look(&Judging {
            house: &self.house,
            gate: &gate,
            workspace: self.store.id(),
            protector: &protector,
            procedures: &self.house.procedures,
            settings: &self.settings,
            run: &self.run,
            steps: &self.steps,
            ticket: self.ticket.as_ref(),
            customer: self.customer.as_ref(),
            contact: self.contact.as_ref(),
            suspicions: &self.suspicions.found,
            intent: &self.intent,
            spent_micros: self.spent(),
            now: self.house.clock.now(),
        })
    }

    /// What a person should see before it leaves.
    pub(super) fn carries(&self, spec: &ToolSpec, args: &Value) -> Vec<Carried> {
        self.judging(|judging| judging.carries(spec, args))
    }

    /// Whether a person changed what the agent asked for; what the workspace masks in it is nobody's change.
    pub(super) fn is_edited(&self, asked: &ToolCall, ran: &ToolCall) -> bool {
        let proposed =
            |spec: &ToolSpec| self.judging(|judging| judging.proposed(spec, asked).args == ran.args);
        asked.args != ran.args && !self.granted(&ran.tool).is_some_and(|tool| proposed(tool.spec()))
    }
}
