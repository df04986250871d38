//! Prompts of the resolution agent.

use domain::procedure::Procedure;
use serde::Serialize;

use crate::{PromptError, Rendered, Untrusted, library::render};

/// What the agent is told before anything else.
#[derive(Serialize)]
pub struct ResolutionSystem<'a> {
    /// What the workspace calls itself.
    pub workspace: &'a str,
    /// The day the run started, `2026-01-31`.
    pub today: &'a str,
    pub ticket: TicketFacts<'a>,
    pub customer: Option<CustomerFacts<'a>>,
    pub procedures: &'a [Procedure],
}

#[derive(Serialize)]
pub struct TicketFacts<'a> {
    pub number: i64,
    pub channel: &'a str,
    pub subject: Untrusted<'a>,
}

#[derive(Serialize)]
pub struct CustomerFacts<'a> {
    pub name: Untrusted<'a>,
    pub tier: Untrusted<'a>,
    pub locale: Untrusted<'a>,
    pub contact: Option<ContactFacts<'a>>,
    pub fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
pub struct ContactFacts<'a> {
    pub name: Untrusted<'a>,
    pub email: Untrusted<'a>,
}

#[derive(Serialize)]
pub struct Field<'a> {
    pub name: Untrusted<'a>,
    pub value: Untrusted<'a>,
}

pub fn resolution_system(inputs: ResolutionSystem<'_>) -> Result<Rendered, PromptError> {
    render("resolution/system", inputs)
}

/// What the customer reads when a person takes over. It goes out with the handoff and never alone.
#[derive(Serialize)]
pub struct HandoffMessage {
    /// The customer asked for a person.
    pub wanted: bool,
}

pub fn handoff_message(inputs: HandoffMessage) -> Result<Rendered, PromptError> {
    render("resolution/handoff_message", inputs)
}

/// What a customer reads who may harm themselves, when a person takes over. It goes out with the handoff
/// and never alone, and no model writes a word of it.
#[derive(Serialize)]
pub struct HandoffCare<'a> {
    /// Of the customer's words, such as `de`; English where there is no text in it.
    pub language: &'a str,
    /// Where to find help, in the operator's words; empty for the numbers of the text itself.
    pub help: &'a str,
}

pub fn handoff_care(inputs: HandoffCare<'_>) -> Result<Rendered, PromptError> {
    render("resolution/handoff_care", inputs)
}

/// What the person who takes over reads. For people: nothing in it goes to a model.
#[derive(Serialize)]
pub struct HandoffSummary<'a> {
    pub reason: &'a str,
    pub subject: &'a str,
    pub said: Vec<Said<'a>>,
    pub done: Vec<Done<'a>>,
    pub draft: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Said<'a> {
    pub who: &'a str,
    pub text: String,
}

#[derive(Serialize)]
pub struct Done<'a> {
    pub tool: &'a str,
    pub status: &'a str,
    pub detail: String,
}

pub fn handoff_summary(inputs: HandoffSummary<'_>) -> Result<Rendered, PromptError> {
    render("resolution/handoff_summary", inputs)
}
