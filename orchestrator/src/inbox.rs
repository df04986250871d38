//! The queue of approvals: how it is set up, and which earlier decisions are like one that waits.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    approval::Approval,
    tending::{MAX_NOTE, MAX_UNDO_SECONDS},
};
use rag::likeness::{likeness, terms};
use serde::{Deserialize, Serialize};

/// Reasons that may be offered.
const MOST_REASONS: usize = 30;
/// How long somebody is taken to look at an approval after the last sign of it.
pub const CLAIM: Duration = Duration::from_secs(2 * 60);
/// How alike an earlier one has to be to be shown, 0 to 1.
const ALIKE: f32 = 0.3;

/// How people work on approvals.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalsConfig {
    pub undo_seconds: u64,
    pub reject_reasons: Vec<String>,
    pub mail: ApprovalMailConfig,
}

/// Mails about approvals, to people who ask for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalMailConfig {
    /// What somebody looks at within this time is not mailed.
    pub after_seconds: u64,
    /// To one person; what is beyond comes in one list.
    pub at_most_an_hour: u32,
    /// What is pressing: so many cents at stake, or so many minutes to the deadline.
    pub pressing_cents: i64,
    pub pressing_minutes: u64,
    /// Whether mails hold a link to decide with.
    pub links: bool,
}

impl ApprovalMailConfig {
    fn check(&self) -> Result<(), String> {
        const DAY: u64 = 24 * 60 * 60;
        if self.after_seconds > DAY || self.pressing_minutes > 60 * 24 * 7 {
            return Err("approvals.mail.after_seconds may be a day, pressing_minutes a week".to_owned());
        }
        if self.at_most_an_hour == 0 || self.at_most_an_hour > 100 {
            return Err(
                "approvals.mail.at_most_an_hour is 1 to 100; people switch their mails off in their account"
                    .to_owned(),
            );
        }
        if self.pressing_cents < 0 {
            return Err("approvals.mail.pressing_cents is 0 or more".to_owned());
        }
        Ok(())
    }
}

impl ApprovalsConfig {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.undo_seconds > MAX_UNDO_SECONDS {
            return Err(format!("approvals.undo_seconds may be {MAX_UNDO_SECONDS}"));
        }
        let fits = |reason: &String| !reason.trim().is_empty() && reason.chars().count() <= MAX_NOTE;
        if self.reject_reasons.len() > MOST_REASONS || !self.reject_reasons.iter().all(fits) {
            return Err(format!(
                "approvals.reject_reasons may hold {MOST_REASONS}, of 1 to {MAX_NOTE} characters each"
            ));
        }
        self.mail.check()
    }

    pub fn undo(&self) -> Duration {
        Duration::from_secs(self.undo_seconds)
    }
}

fn words(approval: &Approval) -> BTreeMap<String, i64> {
    let preview = &approval.preview;
    let values = preview.fields.iter().map(|field| field.value.as_str());
    let texts = [preview.title.as_str()].into_iter().chain(values).chain(preview.body.as_deref());
    terms(&texts.collect::<Vec<_>>().join(" "))
}

fn amount(approval: &Approval) -> Option<f32> {
    let cents = approval.facts.as_ref()?.amount?;
    (cents > 0).then_some(cents as f32)
}

/// How like each other two calls of one tool are, 0 to 1: by their words, by their amounts (a fourth of which, or
/// four times, is another matter), by what the customer wants and by who asks.
fn alike(one: &Approval, words_of_one: &BTreeMap<String, i64>, other: &Approval) -> f32 {
    let same = |yes: bool| if yes { 1.0 } else { 0.0 };
    let said = likeness(words_of_one, &words(other));
    let intent = same(one.intent == other.intent);
    let agent = same(one.agent == other.agent);
    match (amount(one), amount(other)) {
        (Some(a), Some(b)) => {
            let near = (1.0 - (a / b).log2().abs() / 2.0).max(0.0);
            0.35 * said + 0.35 * near + 0.2 * intent + 0.1 * agent
        }
        (None, None) => 0.7 * said + 0.2 * intent + 0.1 * agent,
        _ => 0.5 * said,
    }
}

/// Those of `earlier` that are most like `one`, with how like they are; the most alike first, of equals the one
/// that came first.
pub fn precedents(one: &Approval, earlier: Vec<Approval>, most: usize) -> Vec<(Approval, f32)> {
    let own = words(one);
    let mut found: Vec<(Approval, f32)> = earlier
        .into_iter()
        .filter(|other| other.id != one.id && other.question == one.question)
        .map(|other| {
            let like = alike(one, &own, &other);
            (other, like)
        })
        .filter(|(_, like)| *like >= ALIKE)
        .collect();
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    found.truncate(most);
    found
}
