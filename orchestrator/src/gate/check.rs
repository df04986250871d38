//! A look at a policy before it is used: what is wrong with it, what never matches, what contradicts
//! itself, and what is dangerous.
//!
//! Mistakes are found by reading the document; the rest by judging imagined calls, in every combination
//! of what its conditions tell apart. So a finding says what was seen among those, and that nothing was
//! found is no proof.

mod masking;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use domain::{
    permission::Permissions,
    policy::{Answer, Then, Trust},
    tool::Risk,
    user::Role,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::imagined::World;
use super::{
    Gate,
    facts::{BANDS, FINDINGS},
    imagined::{ANY_AMOUNT, CHANNELS, Imagined, WEEKDAYS},
    rules::CompiledRule,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PolicyLevel")]
pub enum Level {
    /// The policy cannot be used.
    Error,
    /// It can, and somebody should look at it first.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PolicyFlaw")]
pub enum Flaw {
    /// It does not compile.
    Invalid,
    /// It says a word that nothing has.
    UnknownWord,
    /// It cannot be evaluated for calls that come to it.
    Fails,
    Unreachable,
    Contradictory,
    Dangerous,
    HeldBack,
    /// The check ended before it could tell.
    Unfinished,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyFinding")]
pub struct Finding {
    pub level: Level,
    pub flaw: Flaw,
    /// None when it is about the whole document.
    pub rule: Option<String>,
    /// What is the matter and what to do.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyReport")]
pub struct Report {
    /// The worst first.
    pub findings: Vec<Finding>,
    pub rules: usize,
    /// How many imagined calls were judged, and of how many that differ.
    pub calls: u64,
    pub of: u64,
}

impl Report {
    /// Of a check that did not come to an end.
    pub fn failed(why: &str) -> Self {
        let text = format!("the check failed: {why}");
        let finding = Finding { level: Level::Error, flaw: Flaw::Invalid, rule: None, text };
        Self { findings: vec![finding], rules: 0, calls: 0, of: 0 }
    }

    /// Whether it can be used.
    pub fn is_usable(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }

    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

/// Times that a rule is evaluated, all in all.
const MOST_EVALUATED: u64 = 2_000_000;

/// What one rule did among the imagined calls.
#[derive(Default)]
struct Seen {
    matched: Vec<bool>,
    /// It was the first to match.
    won: u64,
    /// It was the first not to pass the call on, and could not be evaluated.
    failed: u64,
    /// It could be evaluated.
    worked: u64,
    error: String,
    /// Rules that took what it matches before it.
    taken_by: BTreeSet<usize>,
    /// Tools that it lets run: whatever the amount, however unsure, although they cannot be undone.
    any_amount: BTreeSet<String>,
    unsure: BTreeSet<String>,
    final_: BTreeSet<String>,
    /// It wins with untrusted arguments, or with something to hold back.
    untrusted: bool,
    carrying: bool,
    /// It asks about money or what cannot be undone.
    weighty: bool,
    /// The check ended before it was tried on enough calls.
    untold: bool,
}

/// Ends early, with what it has seen until then, once `stop` says so.
pub fn check(text: &str, world: &World, stop: &AtomicBool) -> Report {
    let gate = match Gate::compile(text) {
        Ok(gate) => gate,
        Err(wrong) => {
            let finding = |one: super::Wrong| Finding {
                level: Level::Error,
                flaw: Flaw::Invalid,
                rule: one.rule,
                text: one.why,
            };
            let findings = wrong.into_iter().map(finding).collect();
            return Report { findings, rules: 0, calls: 0, of: 0 };
        }
    };
    let reads = gate.rules.iter().filter_map(|rule| Some(&rule.condition.as_ref()?.reads));
    let imagined = Imagined::of(reads, world);
    let mut seen: Vec<Seen> = gate.rules.iter().map(|_| Seen::default()).collect();
    let mut calls = 0;
    let most = MOST_EVALUATED / (gate.rules.len() as u64).max(1);
    let look = |calls: &mut u64, call: &super::facts::Call, seen: &mut [Seen]| {
        let goes_on = *calls < most && !stop.load(Ordering::Relaxed);
        if goes_on {
            *calls += 1;
            judge(&gate, call, seen);
        }
        goes_on
    };
    for call in imagined.calls() {
        if !look(&mut calls, &call, &mut seen) {
            break;
        }
    }
    // A rule that has not decided yet may ask for a combination that is too rare to be among them: what it
    // alone tells apart is few.
    for (at, rule) in gate.rules.iter().enumerate() {
        if let Some(condition) = rule.condition.as_ref().filter(|_| seen[at].won == 0) {
            for call in Imagined::of(std::iter::once(&condition.reads), world).calls() {
                if !look(&mut calls, &call, &mut seen) {
                    seen[at].untold = true;
                    break;
                }
            }
        }
    }
    let mut findings = Vec::new();
    for rule in &gate.rules {
        words(rule, world, &mut findings);
    }
    for (at, rule) in gate.rules.iter().enumerate() {
        of_rule(&gate, at, rule, &seen, (calls, world), &mut findings);
    }
    of_all(&gate, &seen, &mut findings);
    masking::look(&gate.masking, &mut findings);
    findings.sort_by_key(|finding| finding.level);
    Report { findings, rules: gate.rules.len(), calls, of: imagined.total().max(calls) }
}

fn judge(gate: &Gate, call: &super::facts::Call, seen: &mut [Seen]) {
    let context = call.context(&gate.env);
    let mut first: Option<usize> = None;
    for (at, rule) in gate.rules.iter().enumerate() {
        let result = rule.matches(&context);
        let this = &mut seen[at];
        this.matched.push(result == Ok(true));
        match &result {
            Ok(_) => this.worked += 1,
            Err(error) => {
                if first.is_none() {
                    this.failed += 1;
                }
                this.error.clone_from(error);
            }
        }
        if result == Ok(false) {
            continue;
        }
        match first {
            Some(before) if result == Ok(true) => {
                this.taken_by.insert(before);
            }
            Some(_) => {}
            None => {
                first = Some(at);
                if result == Ok(true) {
                    won(rule, call, this, gate);
                }
            }
        }
    }
}

fn won(rule: &CompiledRule, call: &super::facts::Call, this: &mut Seen, gate: &Gate) {
    this.won += 1;
    let facts = &call.facts;
    let weighty = facts.risk == Risk::Irreversible || facts.amount.is_some_and(|cents| cents >= 0);
    if let Answer::Ask { .. } = rule.answer(&gate.policy.default) {
        this.weighty |= weighty;
    }
    if rule.rule.then != Then::Run || call.holds.always_asks {
        return;
    }
    this.untrusted |= facts.origin == Trust::Untrusted;
    this.carrying |= !facts.findings.is_empty();
    let leaves = matches!(facts.risk, Risk::Outward | Risk::Irreversible);
    if facts.amount == Some(ANY_AMOUNT) {
        this.any_amount.insert(facts.tool.clone());
    }
    if leaves && facts.confidence <= 0.0 {
        this.unsure.insert(facts.tool.clone());
    }
    if facts.risk == Risk::Irreversible && facts.amount == Some(-1) {
        this.final_.insert(facts.tool.clone());
    }
}

/// Words that stand beside a variable and that it never is.
fn words(rule: &CompiledRule, world: &World, findings: &mut Vec<Finding>) {
    let Some(condition) = &rule.condition else { return };
    let risks = ["read", "reversible", "outward", "irreversible"];
    let bands = BANDS.map(|(word, _)| word);
    let closed: [(&str, &[&str]); 8] = [
        ("risk", &risks),
        ("band", &bands),
        ("origin", &["trusted", "untrusted"]),
        ("channel", &CHANNELS),
        ("weekday", &WEEKDAYS),
        ("carries", &["link", "secret", "prompt"]),
        ("findings", &FINDINGS),
        ("autonomy", &["none", "shadow", "draft", "ask", "act"]),
    ];
    let mut say = |text: String| {
        let rule = Some(rule.rule.name.clone());
        findings.push(Finding { level: Level::Warning, flaw: Flaw::UnknownWord, rule, text });
    };
    for (variable, known) in closed {
        let texts = condition.reads.texts.get(variable).into_iter().flatten();
        for text in texts.filter(|text| !text.is_empty() && !known.iter().any(|word| word.contains(*text))) {
            say(format!("`{variable}` is never \"{text}\"; it is {}", known.join(", ")));
        }
    }
    for text in condition.reads.texts.get("tool").into_iter().flatten() {
        if !world.tools.iter().any(|spec| spec.name.contains(text.as_str())) {
            say(format!("there is no tool \"{text}\" now; `countersign tools list` shows what there is"));
        }
    }
    for text in condition.reads.texts.get("agent").into_iter().flatten() {
        if !world.agents.iter().any(|(name, _)| name.contains(text.as_str())) {
            let names: Vec<&str> = world.agents.iter().map(|(name, _)| name.as_str()).collect();
            say(format!("there is no agent \"{text}\"; there are: {}", names.join(", ")));
        }
    }
}

fn of_rule(
    gate: &Gate,
    at: usize,
    rule: &CompiledRule,
    seen: &[Seen],
    (calls, world): (u64, &World),
    findings: &mut Vec<Finding>,
) {
    let this = &seen[at];
    let mut say = |level: Level, flaw: Flaw, text: String| {
        findings.push(Finding { level, flaw, rule: Some(rule.rule.name.clone()), text });
    };
    let name = |at: &usize| gate.rules[*at].rule.name.clone();
    let unconditional = gate.rules[..at].iter().position(|before| before.condition.is_none());
    if this.worked == 0 && calls > 0 && !rule.reads("args") {
        let text =
            format!("it cannot be evaluated, so it refuses every call that comes to it: {}", this.error);
        say(Level::Error, Flaw::Fails, text);
        return;
    }
    if this.failed > 0 {
        let text = format!(
            "it cannot be evaluated for {} of {calls} imagined calls, and refuses those: {}; ask first, as in \
             `has(args.name) && args.name == …`",
            this.failed, this.error
        );
        say(Level::Warning, Flaw::Fails, text);
    }
    let twin = (0..at).find(|before| seen[*before].matched == this.matched && this.matched.contains(&true));
    if let Some(twin) = twin.filter(|_| this.won == 0) {
        let (other, same) = (name(&twin), gate.rules[twin].rule.then == rule.rule.then);
        match same {
            true => say(
                Level::Warning,
                Flaw::Unreachable,
                format!("it matches what `{other}` matches and comes after it; take one of them away"),
            ),
            false => say(
                Level::Warning,
                Flaw::Contradictory,
                format!(
                    "it matches what `{other}` matches, which says `{}`, and says `{}`: the first one wins; take one \
                     of them away or let their conditions differ",
                    gate.rules[twin].rule.then.as_str(),
                    rule.rule.then.as_str()
                ),
            ),
        }
    } else if let Some(before) = unconditional {
        let text =
            format!("it never matches: `{}` before it has no condition and takes every call", name(&before));
        say(Level::Warning, Flaw::Unreachable, text);
    } else if this.untold || calls == 0 {
        let text = "the check ended before it could tell whether this rule ever decides".to_owned();
        say(Level::Note, Flaw::Unfinished, text);
    } else if this.won == 0 && !this.taken_by.is_empty() {
        let by: Vec<String> = this.taken_by.iter().map(name).collect();
        let text = format!(
            "it never decides any of {calls} imagined calls: what it matches is taken before it by `{}`; put it \
             before, or take it away",
            by.join("`, `")
        );
        say(Level::Warning, Flaw::Unreachable, text);
    } else if this.won == 0 && this.failed == 0 {
        let text = format!("it never matches any of {calls} imagined calls; look at its condition");
        say(Level::Warning, Flaw::Unreachable, text);
    }
    dangers(rule, this, gate, world, say);
}

fn dangers(
    rule: &CompiledRule,
    this: &Seen,
    gate: &Gate,
    world: &World,
    mut say: impl FnMut(Level, Flaw, String),
) {
    let of = |tools: &BTreeSet<String>| -> String {
        // Names that somebody knows rather than those that stand for all others.
        let known: Vec<&str> =
            tools.iter().map(String::as_str).filter(|name| world.tool(name).is_some()).collect();
        match known.as_slice() {
            [] => "calls".to_owned(),
            names => format!("`{}` and what is like it", names[..names.len().min(3)].join("`, `")),
        }
    };
    if rule.rule.then == Then::Run && rule.condition.is_none() {
        let text = "it lets every call run that comes to it; say in `when` which".to_owned();
        say(Level::Warning, Flaw::Dangerous, text);
    }
    if !this.any_amount.is_empty() {
        let text = format!(
            "it lets {} run whatever the amount; bound it, as in `amount <= 5000`",
            of(&this.any_amount)
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
    if !this.final_.is_empty() {
        let text = format!("it lets {} run, which cannot be undone; let it ask", of(&this.final_));
        say(Level::Warning, Flaw::Dangerous, text);
    }
    if !this.unsure.is_empty() {
        let text = format!(
            "it lets {} leave the house however unsure the agent is; bound it, as in `band == \"auto\"`",
            of(&this.unsure)
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
    if this.untrusted && rule.reads("origin") {
        let text = "it would let calls run whose protected arguments nobody trusted gave; they wait for a person all \
                    the same, whatever a rule says"
            .to_owned();
        say(Level::Note, Flaw::HeldBack, text);
    }
    if this.carrying && (rule.reads("carries") || rule.reads("findings")) {
        let text = "it would let calls run that carry a strange link, a secret or a value of no source; they wait for \
                    a person all the same, whatever a rule says"
            .to_owned();
        say(Level::Note, Flaw::HeldBack, text);
    }
    let terms = rule.rule.ask.as_ref().unwrap_or(&gate.policy.default);
    if this.weighty && is_weak(&terms.role) {
        let text = format!(
            "it lets the role {} decide on money or what cannot be undone; ask a reviewer or higher",
            terms.role.as_str()
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
}

/// Whether a built-in role may less than a reviewer. A workspace that asks a role of its own means it.
fn is_weak(role: &Role) -> bool {
    let reviewer = Permissions::of(&Role::Reviewer).unwrap_or_default();
    Permissions::of(role).is_some_and(|may| !may.covers(reviewer))
}

fn of_all(gate: &Gate, seen: &[Seen], findings: &mut Vec<Finding>) {
    let mut say = |level: Level, flaw: Flaw, text: String| {
        findings.push(Finding { level, flaw, rule: None, text });
    };
    let default = &gate.policy.default;
    if is_weak(&default.role) {
        let text = format!(
            "`default` lets the role {} decide on whatever no rule matches and on all that is held back; ask a \
             reviewer or higher",
            default.role.as_str()
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
    if !seen.iter().any(|this| this.weighty) {
        let text = format!(
            "no rule asks about money or what cannot be undone; such calls are asked about as `default` says (role \
             {}) unless a rule lets them run or refuses",
            default.role.as_str()
        );
        say(Level::Note, Flaw::Dangerous, text);
    }
}

#[cfg(test)]
#[path = "check/tests.rs"]
mod tests;
