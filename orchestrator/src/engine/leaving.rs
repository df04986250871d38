//! What leaves the house with a call of a run, by the rules of its workspace.

use std::borrow::Cow;

use domain::{
    leaving::Carried,
    tool::{ToolCall, ToolSpec},
};
use serde_json::Value;

use super::session::Session;
use crate::gate::leaving;

impl Session {
    /// A call as it is proposed to the gate.
    pub(super) fn proposed<'c>(&self, spec: &ToolSpec, call: &'c ToolCall) -> Cow<'c, ToolCall> {
        leaving::proposed(&self.house.protections.of(self.store.id()), spec, call)
    }

    /// What a person should see before it leaves.
    pub(super) fn carries(&self, spec: &ToolSpec, args: &Value) -> Vec<Carried> {
        leaving::carried(&self.house.leaving, &self.house.protections.of(self.store.id()), spec, args)
    }

    /// Whether a person changed what the agent asked for; what the workspace masks in it is nobody's change.
    pub(super) fn is_edited(&self, asked: &ToolCall, ran: &ToolCall) -> bool {
        let proposed = |spec: &ToolSpec| self.proposed(spec, asked).args == ran.args;
        asked.args != ran.args && !self.granted(&ran.tool).is_some_and(|tool| proposed(tool.spec()))
    }
}
